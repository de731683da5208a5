//! How a campaign stands: group by group and trade by trade, against what its notice says (S-05, S-07, S-10 to S-12).
//!
//! Figures to look at, never quotas that the program pushes: inspections may not be set as targets (domain.md §0.1).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    DayBook, evidence,
    rows::{self, PlanRow},
};
use crate::{config::Campaign, day::plan::PlanLine, store::StoreError};

/// How a campaign stands. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Progress {
    /// The campaign's name; empty without one.
    pub campaign: String,
    /// The days whose inspections count; `None` where every day does.
    pub counted: Option<(NaiveDate, NaiveDate)>,
    /// How many groups the notice names.
    pub groups_wanted: u32,
    /// How many enterprises each group is to inspect at least, by the notice.
    pub per_group: u32,
    /// Group by group.
    pub groups: Vec<GroupProgress>,
    /// Trade by trade: its name, planned, inspected.
    pub sectors: Vec<(String, u64, u64)>,
    /// Enterprises that are planned.
    pub planned: u64,
    /// Planned enterprises that were inspected, on whatever day counts.
    pub inspected: u64,
    /// Of these, such whose record is entered.
    pub entered: u64,
    /// Enterprises that were inspected and are in no plan (S-31).
    pub outside_plan: u64,
    /// Inspections on days that do not count, such as those of the first phase (S-07).
    pub not_counted: u64,
    /// What deserves a look, in Chinese.
    pub notes: Vec<String>,
}

/// One group. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct GroupProgress {
    /// Its name.
    pub group: String,
    /// Who leads it, where the plan says so.
    pub leader: String,
    /// How many officers the plan names.
    pub officers: u64,
    /// How many experts.
    pub experts: u64,
    /// Enterprises that are planned for it.
    pub planned: u64,
    /// Of these, inspected.
    pub inspected: u64,
    /// Of these, with a record that is entered.
    pub entered: u64,
}

/// An inspection that is known: the enterprise's code, the day, whether its record is entered.
pub(super) type Inspection = (String, NaiveDate, bool);

impl DayBook {
    /// How the campaign stands, as far as the plan and the records say, and what became of each line of the plan.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn progress(&self) -> Result<(Progress, Vec<PlanRow>), StoreError> {
        let plan = self.plan().await?;
        let campaign = &self.settings.campaign;
        let today = self.now().beijing_day();
        let planned_days = plan.iter().map(|line| line.day);
        let from = planned_days.clone().chain(campaign.prepare.map(|(from, _)| from)).chain(campaign.inspect.map(|(from, _)| from)).min();
        let to = planned_days.chain(campaign.inspect.map(|(_, to)| to)).max();
        let mut inspections = Vec::new();
        if let Some((from, to)) = from.zip(to) {
            for day in from.iter_days().take_while(|day| *day <= to.min(today)) {
                let (records, _) = self.documents(day).await?;
                for document in evidence::documents(&records, &self.settings, self.now(), None) {
                    if let Some(uscc) = evidence::inspected(document.record) {
                        inspections.push((uscc.to_owned(), day, document.standing.entered()));
                    }
                }
            }
        }
        Ok((progress(campaign, &plan, &inspections), rows::rows(&plan, &inspections, campaign, self.now())))
    }
}

/// The progress that follows from plan and inspections. Pure.
pub(super) fn progress(campaign: &Campaign, plan: &[PlanLine], inspections: &[Inspection]) -> Progress {
    let mut done: BTreeMap<&str, bool> = BTreeMap::new();
    let mut not_counted = 0;
    for (uscc, day, entered) in inspections {
        if campaign.counts(*day) {
            *done.entry(uscc).or_default() |= entered;
        } else {
            not_counted += 1;
        }
    }
    let mut progress = Progress {
        campaign: campaign.name.clone(),
        counted: campaign.inspect,
        groups_wanted: campaign.groups,
        per_group: campaign.per_group,
        not_counted,
        ..Progress::default()
    };
    let lines: BTreeMap<&str, &PlanLine> = plan.iter().map(|line| (line.uscc.as_str(), line)).collect();
    let mut groups: BTreeMap<&str, (GroupProgress, BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    let mut sectors: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (uscc, line) in &lines {
        let (group, officers, experts) = groups.entry(&line.group).or_default();
        let sector = sectors.entry(sector(campaign, line)).or_default();
        let inspected = done.get(uscc);
        officers.extend(line.officers.iter().map(String::as_str));
        experts.extend(line.experts.iter().map(String::as_str));
        if group.leader.is_empty() {
            group.leader.clone_from(&line.leader);
        }
        group.planned += 1;
        group.inspected += u64::from(inspected.is_some());
        group.entered += u64::from(inspected == Some(&true));
        sector.0 += 1;
        sector.1 += u64::from(inspected.is_some());
    }
    let named = groups.into_iter().map(|(name, (group, officers, experts))| GroupProgress {
        group: name.to_owned(),
        officers: officers.len() as u64,
        experts: experts.len() as u64,
        ..group
    });
    progress.groups = named.collect();
    progress.groups.sort_by_key(|group| (place(&group.group), group.group.clone()));
    progress.sectors = sectors.into_iter().map(|(name, (planned, inspected))| (name.to_owned(), planned, inspected)).collect();
    progress.planned = lines.len() as u64;
    progress.inspected = progress.groups.iter().map(|group| group.inspected).sum();
    progress.entered = progress.groups.iter().map(|group| group.entered).sum();
    progress.outside_plan = done.keys().filter(|uscc| !lines.contains_key(*uscc)).count() as u64;
    progress.notes = notes(campaign, &progress);
    progress.notes.extend(about_the_list(campaign, plan));
    progress
}

fn sector<'a>(campaign: &'a Campaign, line: &'a PlanLine) -> &'a str {
    let known = campaign.sectors.iter().find(|sector| line.sector.contains(sector.as_str()));
    match known {
        Some(sector) => sector,
        None if line.sector.is_empty() => "未填写",
        None => "其他",
    }
}

/// 第一组 before 第二组, though 一 is not before 二 everywhere.
fn place(group: &str) -> usize {
    const DIGITS: &str = "一二三四五六七八九十";
    let digit = group.chars().find(|c| DIGITS.contains(*c));
    digit.and_then(|digit| DIGITS.chars().position(|c| c == digit)).unwrap_or(usize::MAX)
}

fn notes(campaign: &Campaign, progress: &Progress) -> Vec<String> {
    let mut notes = Vec::new();
    if campaign.name.is_empty() || progress.groups.is_empty() {
        return notes;
    }
    let groups = progress.groups.len();
    if groups as u64 != u64::from(campaign.groups) {
        notes.push(format!("通知定 {} 个检查组，计划里有 {groups} 个", campaign.groups));
    }
    for group in &progress.groups {
        if group.planned < u64::from(campaign.per_group) {
            notes.push(format!("{}计划 {} 家，通知写明每组至少 {} 家", group.group, group.planned, campaign.per_group));
        }
        if group.officers == 1 {
            notes.push(format!("{}只列了 1 名执法人员，现场检查须两人以上", group.group));
        }
        if group.officers > 0 && group.experts == 0 {
            notes.push(format!("{}没有列专家，通知要求“执法+专家”", group.group));
        }
    }
    if progress.not_counted > 0 {
        notes.push(format!("有 {} 次检查不在集中检查阶段，没有计入", progress.not_counted));
    }
    notes
}

/// What the notice asks of the list as such: published in time, and enterprises that examine themselves first (S-08, S-09).
fn about_the_list(campaign: &Campaign, plan: &[PlanLine]) -> Vec<String> {
    let Some((begin, _)) = campaign.inspect.filter(|_| !campaign.name.is_empty() && !plan.is_empty()) else { return Vec::new() };
    let mut notes = Vec::new();
    let mut note = |count: usize, said: &str| {
        if count > 0 {
            notes.push(format!("{count} 家{said}"));
        }
    };
    note(plan.iter().filter(|line| line.published.is_none()).count(), "没有写名单的公布日期；抽取名单应当及时公布");
    note(plan.iter().filter(|line| line.published.is_some_and(|day| day >= begin)).count(), "的名单在集中检查开始以后才公布");
    note(plan.iter().filter(|line| !line.has_examined_itself()).count(), "没有写明已经完成自查");
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn campaign() -> Campaign {
        Campaign {
            name: "集中检查".into(),
            inspect: Some((day("2023-04-01"), day("2023-04-21"))),
            groups: 3,
            per_group: 2,
            sectors: ["机械", "建材"].map(str::to_owned).to_vec(),
            ..Campaign::default()
        }
    }

    fn line(group: &str, uscc: &str, sector: &str) -> PlanLine {
        PlanLine {
            group: group.into(),
            enterprise: format!("企业{uscc}"),
            uscc: uscc.into(),
            town: String::new(),
            day: day("2023-04-03"),
            leader: "国承业".into(),
            officers: vec!["甲".into(), "乙".into()],
            experts: vec!["丙".into()],
            sector: sector.into(),
            last_inspected: None,
            batch: String::new(),
            note: String::new(),
            published: Some(day("2023-03-24")),
            self_check: "是".into(),
        }
    }

    #[test]
    fn each_group_and_trade_is_counted_against_the_notice() {
        let plan = [line("第二组", "A", "机械制造"), line("第一组", "B", "建材"), line("第一组", "C", "化工"), line("第一组", "D", "")];
        let done = [
            ("A".to_owned(), day("2023-04-05"), true),
            ("B".to_owned(), day("2023-04-03"), false),
            // An inspection of the first phase does not count, and one that nobody planned is told apart.
            ("C".to_owned(), day("2023-03-28"), true),
            ("X".to_owned(), day("2023-04-06"), true),
        ];
        let progress = progress(&campaign(), &plan, &done);
        let groups: Vec<_> = progress.groups.iter().map(|g| (g.group.as_str(), g.planned, g.inspected, g.entered, g.officers)).collect();
        assert_eq!(groups, [("第一组", 3, 1, 0, 2), ("第二组", 1, 1, 1, 2)]);
        assert_eq!((progress.planned, progress.inspected, progress.entered, progress.outside_plan, progress.not_counted), (4, 2, 1, 1, 1));
        let sectors: BTreeSet<_> = progress.sectors.iter().map(|(name, planned, done)| (name.as_str(), *planned, *done)).collect();
        assert_eq!(sectors, BTreeSet::from([("机械", 1, 1), ("建材", 1, 1), ("其他", 1, 0), ("未填写", 1, 0)]));
        insta::assert_snapshot!(progress.notes.join("\n"), @r"
        通知定 3 个检查组，计划里有 2 个
        第二组计划 1 家，通知写明每组至少 2 家
        有 1 次检查不在集中检查阶段，没有计入
        ");
    }

    #[test]
    fn a_list_should_be_published_before_and_the_enterprises_examine_themselves() {
        let mut plan = [line("第一组", "A", ""), line("第一组", "B", ""), line("第二组", "C", "")];
        assert_eq!(about_the_list(&campaign(), &plan), Vec::<String>::new());
        plan[0].published = None;
        plan[1].published = Some(day("2023-04-01"));
        (plan[1].self_check, plan[2].self_check) = ("未完成".into(), String::new());
        insta::assert_snapshot!(about_the_list(&campaign(), &plan).join("\n"), @r"
        1 家没有写名单的公布日期；抽取名单应当及时公布
        1 家的名单在集中检查开始以后才公布
        2 家没有写明已经完成自查
        ");
        assert_eq!(about_the_list(&Campaign::default(), &plan), Vec::<String>::new(), "without a campaign nothing is asked");
    }
}
