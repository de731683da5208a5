//! One inspection of one enterprise, and the scheme that it begins with.

use super::calendar;
use super::enterprises::{Enterprise, Office};
use super::findings::{Disposition, FINDINGS, Finding};
use super::parts::{self, Heading, Written};
use super::people::{self, EXPERTS, Officer};
use super::random::Random;
use super::xml::Xml;
use chrono::{Datelike, Days, Duration, NaiveDate, NaiveTime};

/// Everything that the documents of one inspection say.
#[derive(Debug, Clone)]
pub(super) struct Inspection {
    pub id: String,
    pub seq: u32,
    pub date: NaiveDate,
    pub start: NaiveTime,
    pub end: NaiveTime,
    pub enterprise: Enterprise,
    pub officers: Vec<Officer>,
    pub experts: Vec<[&'static str; 3]>,
    pub findings: Vec<(Finding, Disposition)>,
    pub recorder: String,
    pub refused: bool,
    /// Until when the order gives time.
    pub deadline: NaiveDate,
}

impl Inspection {
    /// Invents an inspection by `group` (1 to 3) on `date`, beginning about `start`; `seq` is the serial its documents share.
    pub(super) fn invent(random: &mut Random, enterprise: Enterprise, date: NaiveDate, start: NaiveTime, group: u8, seq: u32) -> Self {
        let mut officers = people::GROUPS[usize::from(group.clamp(1, 3)) - 1].to_vec();
        officers.push(people::TOWN_OFFICERS[enterprise.town]);
        let expert = random.below(5) as usize;
        let mut experts = vec![EXPERTS[expert]];
        if random.chance(40) {
            experts.push(EXPERTS[expert + 1]);
        }
        let count = random.between(4, 7);
        let findings = choose_findings(random, count);
        Self {
            id: format!("JC-{}-{seq:05}", date.year()),
            seq,
            date,
            start,
            end: start + Duration::minutes(i64::from(random.between(118, 165))),
            experts,
            findings,
            recorder: format!("DSJ-{group}{:02}", random.between(1, 6)),
            refused: random.chance(6),
            deadline: calendar::working_or_before(date + Days::new(u64::from(random.between(15, 28)))),
            enterprise,
            officers,
        }
    }

    pub(super) fn heading<'a>(&'a self, kind: &'static str, number: &'a str, date: NaiveDate, author: usize) -> Heading<'a> {
        Heading { kind, number: Some(number), date, inspection: Some(&self.id), case: None, author: self.officers[author] }
    }

    pub(super) fn of(&self, wanted: Disposition) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |(_, d)| *d == wanted).map(|(f, _)| f)
    }

    /// Whether something was decided that an order or measures must follow.
    pub(super) fn has(&self, wanted: Disposition) -> bool {
        self.of(wanted).next().is_some()
    }

    /// The number of its record, to which other documents point.
    pub(super) fn record_number(&self, office: &Office) -> String {
        parts::number(office, "检记", self.date, self.seq)
    }

    pub(super) fn plan(&self, random: &mut Random, office: &Office) -> Written {
        let number = parts::number(office, "检查", self.date, self.seq);
        let e = &self.enterprise;
        let mut x = Xml::document("InspectionPlan");
        parts::header(&mut x, random, office, &self.heading("insp_plan", &number, self.date, 0));
        parts::enterprise(&mut x, e, |x| {
            x.leaf("Industry", e.industry);
            x.leaf("Contact", &e.safety_manager);
            x.leaf("Phone", &e.phone);
        });
        parts::officers(&mut x, &self.officers);
        x.leaf("CheckTime", &parts::moment(self.date, self.start));
        x.group("Content", |x| {
            for item in [
                "主要负责人履行安全生产职责情况",
                "动火、有限空间等危险作业管理情况",
                "特种作业人员持证上岗情况",
                "劳务派遣和灵活用工人员安全管理情况",
                "安全风险辨识管控和事故隐患排查治理情况",
                "外来施工安全管理情况",
                "现场作业和安全设施设备管理情况",
            ] {
                x.leaf("Item", item);
            }
        });
        x.leaf("Method", "查阅资料、现场检查、询问");
        x.leaf("ChecklistRef", "山东省重点行业领域安全生产执法检查表");
        x.leaf("PlanRef", &format!("{}年度执法检查计划（集中执法检查）", self.date.year()));
        let before = calendar::shift(self.date, -1);
        parts::step(&mut x, "Review", "拟同意按此方案检查，请领导审批。", people::REVIEWER, before);
        parts::step(&mut x, "Approval", "同意。", people::APPROVER, self.date);
        Written {
            thread: self.id.clone(),
            kind: "insp_plan",
            title: "现场检查方案",
            number: Some(number),
            date: self.date,
            xml: x.finish("InspectionPlan"),
        }
    }
}

/// Different findings, at least two of which need an order.
fn choose_findings(random: &mut Random, count: u32) -> Vec<(Finding, Disposition)> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut orders = 0;
    let stock = u32::try_from(FINDINGS.len()).unwrap_or(0);
    while chosen.len() < count as usize || orders < 2 {
        let index = random.below(stock) as usize;
        if !chosen.contains(&index) {
            orders += usize::from(FINDINGS[index].usual == Disposition::Order);
            chosen.push(index);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|index| (FINDINGS[index], FINDINGS[index].usual)).collect()
}
