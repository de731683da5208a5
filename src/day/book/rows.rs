//! The plan, line by line, with what became of each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{config::Campaign, day::plan::PlanLine, document::Timestamp};

/// A line of the plan and what became of it. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// The line.
    pub line: PlanLine,
    /// What became of it.
    pub became: Became,
    /// The day on which the inspection was, where it was.
    pub inspected_on: Option<NaiveDate>,
}

/// What became of a planned inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// 无记录: its day has come, and there is no record.
    Absent,
    /// 未到期: its day lies ahead.
    Ahead,
    /// 有记录: a record is known and not entered.
    Recorded,
    /// 已录入.
    Entered,
}

impl Became {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Absent => "无记录",
            Self::Ahead => "未到期",
            Self::Recorded => "有记录",
            Self::Entered => "已录入",
        }
    }
}

/// The plan with what became of each line. Pure.
pub(super) fn rows(plan: &[PlanLine], inspections: &[super::standing::Inspection], campaign: &Campaign, now: Timestamp) -> Vec<PlanRow> {
    let mut done: BTreeMap<&str, Vec<(NaiveDate, bool)>> = BTreeMap::new();
    for (uscc, day, entered) in inspections {
        done.entry(uscc).or_default().push((*day, *entered));
    }
    let row = |line: &PlanLine| {
        let of_it = done.get(line.uscc.as_str()).map_or(&[][..], Vec::as_slice);
        let found = of_it.iter().find(|(day, _)| *day == line.day).or_else(|| of_it.iter().find(|(day, _)| campaign.counts(*day)));
        let became = match found {
            Some((_, true)) => Became::Entered,
            Some((_, false)) => Became::Recorded,
            None if line.day > now.beijing_day() => Became::Ahead,
            None => Became::Absent,
        };
        PlanRow { line: line.clone(), became, inspected_on: found.map(|(day, _)| *day) }
    };
    plan.iter().map(row).collect()
}
