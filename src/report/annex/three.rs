//! 附件3 拟立案行政处罚案件统计表 (domain.md §4.1): every case by ordinary procedure that is intended or filed, with its present progress.

use chrono::NaiveDate;

use super::{
    Heading, Made, NotMade, Note,
    form::{Cell, Column, Form},
};
use crate::{
    check::rules::CodeList,
    document::Yuan,
    report::{
        Ledger,
        ledger::{CaseLine, Leg, Loop, Standing, Step},
        words,
    },
};

const TITLE: &str = "拟立案行政处罚案件统计表";
/// What the form itself says below.
const REMARK: &str = "填表说明：1.本表用于执法检查结束后，汇总所有拟立案处罚的一般程序行政处罚案件有关情况；2.本表由各检查组填写，各检查组组长督促汇总、核实后报大队审理室。";

const COLUMNS: [Column; 6] = [
    Column { label: "序号", width_px: 44 },
    Column { label: "企业名称", width_px: 214 },
    Column { label: "违法行为描述", width_px: 316 },
    Column { label: "镇办", width_px: 96 },
    Column { label: "已（拟）处罚金额\n（万元）", width_px: 124 },
    Column { label: "目前进展情况", width_px: 226 },
];

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annex3 {
    /// The lines, by the day on which the act was found.
    pub rows: Vec<Row>,
    /// Penalties on the spot of the period, which do not belong here.
    pub on_the_spot: usize,
}

/// One case, decided, filed or intended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The enterprise.
    pub enterprise: String,
    /// 违法行为描述.
    pub act: String,
    /// Its 镇办.
    pub town: String,
    /// The fine, decided or proposed.
    pub fine: Option<Yuan>,
    /// 目前进展情况.
    pub progress: String,
    found: NaiveDate,
}

impl Annex3 {
    /// Compiles the cases whose act was found within `from` and `to`, and the suspected violations of that time that are not filed yet.
    /// The ledger must be one of entered documents.
    pub fn of(ledger: &Ledger, from: NaiveDate, to: NaiveDate, towns: &CodeList) -> Self {
        let mut table = Self::default();
        for one in &ledger.loops {
            let town = towns.cell(&one.town, "name").unwrap_or(&one.town);
            for case in one.cases.iter().filter(|case| (from..=to).contains(&case.found.unwrap_or(one.day))) {
                if case.on_the_spot {
                    table.on_the_spot += 1;
                } else {
                    table.rows.push(of_case(one, case, town));
                }
            }
            if (from..=to).contains(&one.day) {
                let unfiled = one.findings.iter().filter(|finding| finding.disposition == "case" && finding.case.is_none());
                table.rows.extend(unfiled.map(|finding| Row {
                    enterprise: one.enterprise.clone(),
                    act: finding.text.clone(),
                    town: town.to_owned(),
                    fine: None,
                    progress: "拟立案".into(),
                    found: one.day,
                }));
            }
        }
        table.rows.sort_by(|a, b| (a.found, &a.enterprise).cmp(&(b.found, &b.enterprise)));
        table
    }

    /// The sum of the fines that are known.
    pub fn sum(&self) -> Yuan {
        Yuan::fen(self.rows.iter().filter_map(|row| row.fine).map(Yuan::in_fen).sum())
    }

    /// What was counted, and what was left out.
    pub fn notes(&self, not_entered: &[String]) -> Vec<Note> {
        let known = self.rows.iter().filter(|row| row.fine.is_some()).count();
        let mut notes =
            vec![Note::well(format!("一般程序案件 {} 件，其中 {known} 件已有金额，合计 {} 万元。", self.rows.len(), self.sum().wan()))];
        if self.on_the_spot > 0 {
            notes.push(Note::well(format!("当场处罚 {} 件不属于一般程序，没有列入。", self.on_the_spot)));
        }
        if !not_entered.is_empty() {
            let first: Vec<_> = not_entered.iter().take(5).map(String::as_str).collect();
            let more = if not_entered.len() > 5 { "等" } else { "" };
            notes.push(Note::look(format!(
                "另有 {} 份案件文书还没有录入平台，没有计入：{}{more}。录入后请重新导出。",
                not_entered.len(),
                first.join("、")
            )));
        }
        notes
    }

    /// The file.
    ///
    /// # Errors
    /// [`NotMade`], a defect.
    pub fn make(&self, heading: &Heading, not_entered: &[String]) -> Result<Made, NotMade> {
        let mut form = Form::new("附件3", "附件3", TITLE, heading, &COLUMNS)?;
        form.header(&COLUMNS, 36.0)?;
        let money = |fine: Option<Yuan>| match fine.and_then(|fine| fine.wan().parse::<f64>().ok()) {
            Some(wan) => Cell::Number(wan),
            None => Cell::Middle(String::new()),
        };
        for (no, row) in (1_u32..).zip(&self.rows) {
            form.row(&[
                Cell::Number(no.into()),
                Cell::Text(row.enterprise.clone()),
                Cell::Text(row.act.clone()),
                Cell::Middle(row.town.clone()),
                money(row.fine),
                Cell::Text(row.progress.clone()),
            ])?;
        }
        let blank = || Cell::Middle(String::new());
        form.sums(&[blank(), Cell::Middle("合计".into()), blank(), blank(), money(Some(self.sum())), blank()])?;
        form.below(REMARK)?;
        form.below("填表人：                                组长：                                审核人：")?;
        let file_name = format!("附件3 拟立案行政处罚案件统计表（{}）.xlsx", words::period(heading.from, heading.to));
        Ok(Made { file_name, bytes: form.finish()?, notes: self.notes(not_entered) })
    }
}

fn of_case(one: &Loop, case: &CaseLine, town: &str) -> Row {
    Row {
        enterprise: one.enterprise.clone(),
        act: case.cause.clone(),
        town: town.to_owned(),
        fine: Yuan::parse_wan(&case.fine_wan),
        progress: progress(case),
        found: case.found.unwrap_or(one.day),
    }
}

/// How far a case has come, in the words of the form.
pub fn progress(case: &CaseLine) -> String {
    let leg = |step: Step| case.legs.iter().find(|leg| leg.step == step);
    let done = |step: Step| leg(step).filter(|leg| leg.standing == Standing::Done);
    let on = |leg: &Leg| leg.since.map_or_else(String::new, words::spoken);
    if let Some(close) = done(Step::Close) {
        let how = if leg(Step::Decision).is_some_and(|leg| leg.standing == Standing::NotNeeded) { "，不予处罚" } else { "" };
        return format!("{}结案{how}", on(close));
    }
    if let Some(decision) = done(Step::Decision) {
        let word = |step: Step, yes: &str, no: &str| match leg(step).map(|leg| leg.standing) {
            Some(Standing::Done) => format!("，{yes}"),
            Some(Standing::Missing | Standing::OnTheWay | Standing::Later) => format!("，{no}"),
            _ => String::new(),
        };
        let served = word(Step::Service, "已送达", "待送达");
        let published = word(Step::Publication, "已公示", "待公示");
        let paid = word(Step::Payment, "已缴款", "待缴款");
        return format!("{}作出处罚决定{served}{published}{paid}", on(decision));
    }
    if let Some(told) = done(Step::Hearing).or_else(|| done(Step::Notice)) {
        return format!("{}告知，待作出处罚决定", on(told));
    }
    match done(Step::Filing) {
        Some(filing) => format!("{}立案，调查取证中", on(filing)),
        None => "拟立案".into(),
    }
}
