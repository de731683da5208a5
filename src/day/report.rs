//! What a day came to: the figures that are closed and acknowledged in the evening, and every document that is not simply entered.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Excuse, Standing};
use crate::document::{DocumentId, State, Timestamp};

/// The figures of one day. `expected = drafted + absent`; every drafted document is in exactly one of the figures after it.
/// Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReport {
    /// The day.
    pub day: NaiveDate,
    /// When the figures were taken, by dangri's clock.
    pub at: Timestamp,
    /// Whether it is a working day; `None` where the calendar does not reach, for nothing is guessed.
    pub working_day: Option<bool>,
    /// The office's own aim.
    pub target: Timestamp,
    /// The end of same-day entry.
    pub cut_off: Timestamp,
    /// Whether the cut-off has passed, by the stricter clock.
    pub over: bool,
    /// 应录入: the drafted ones, and one for each planned inspection that has no record.
    pub expected: u64,
    /// 已起草: the documents of this day that are known and count.
    pub drafted: u64,
    /// 按时录入, by the platform's clock.
    pub on_time: u64,
    /// 逾期补录: entered after the day, by the platform's clock.
    pub late: u64,
    /// 退回: unfit, or returned by the platform.
    pub returned: u64,
    /// 待核实: nobody knows yet whether the platform has it.
    pub unknown: u64,
    /// 暂停, and damaged ones.
    pub held: u64,
    /// 在途: waiting, being sent, or received and not entered.
    pub on_the_way: u64,
    /// Not entered in time, entered since or not.
    pub missed: u64,
    /// How many of those have a reason on record.
    pub excused: u64,
    /// Found only after their day was over.
    pub found_late: u64,
    /// 计划检查: inspections that the plan names for this day; `None` without a plan.
    pub planned: Option<u64>,
    /// Planned ones whose record is known.
    pub recorded: u64,
    /// Planned ones whose record is entered.
    pub recorded_entered: u64,
    /// Inspections of this day that are not in the plan (S-31), where there is one.
    pub outside_plan: u64,
    /// Planned inspections without a record.
    pub absent: Vec<Absent>,
    /// Planned inspections that were made on another day.
    pub elsewhere: Vec<Elsewhere>,
    /// Numbers that were left out of a series: a second sign that something is missing.
    pub gaps: Vec<Gap>,
    /// Documents that are not simply entered on time, worst first, at most [`ROWS`].
    pub rows: Vec<DayRow>,
    /// How many such documents there are.
    pub rows_total: u64,
    /// When the platform could not be reached on this day: from, until (`None` while it lasts).
    pub outages: Vec<(Timestamp, Option<Timestamp>)>,
    /// Who confirmed the day, last.
    pub acknowledged: Option<Acknowledgement>,
    /// Whether the figures have changed since.
    pub changed_since: bool,
    /// Whether there were too many documents to look at each; the figures are then lower bounds.
    pub at_least: bool,
}

/// How many documents a report names one by one.
pub const ROWS: usize = 300;

impl DayReport {
    /// The report of a day of which nothing is known.
    pub const fn nothing(day: NaiveDate, at: Timestamp) -> Self {
        Self {
            day,
            at,
            working_day: None,
            target: at,
            cut_off: at,
            over: false,
            expected: 0,
            drafted: 0,
            on_time: 0,
            late: 0,
            returned: 0,
            unknown: 0,
            held: 0,
            on_the_way: 0,
            missed: 0,
            excused: 0,
            found_late: 0,
            planned: None,
            recorded: 0,
            recorded_entered: 0,
            outside_plan: 0,
            absent: Vec::new(),
            elsewhere: Vec::new(),
            gaps: Vec::new(),
            rows: Vec::new(),
            rows_total: 0,
            outages: Vec::new(),
            acknowledged: None,
            changed_since: false,
            at_least: false,
        }
    }

    /// What a confirmation stands for: expected, on time, late, not entered.
    pub const fn figures(&self) -> [u64; 4] {
        [self.expected, self.on_time, self.late, self.open()]
    }

    /// Whether nothing is left to do or to explain.
    pub const fn clean(&self) -> bool {
        self.on_time == self.expected && self.gaps.is_empty()
    }

    /// Documents that are not entered yet.
    pub const fn open(&self) -> u64 {
        self.returned + self.unknown + self.held + self.on_the_way
    }

    /// Missed ones without a reason on record.
    pub const fn unexplained(&self) -> u64 {
        self.missed.saturating_sub(self.excused)
    }
}

/// A document that is not simply entered on time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// Its id.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// Its kind's Chinese name; empty when it could not be read.
    pub kind: String,
    /// Its state.
    pub state: State,
    /// How it stands to its deadline.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether it was found only after its day was over.
    pub found_late: bool,
    /// Why it is not entered, or was late, in Chinese; without a party's name.
    pub reason: String,
    /// The exception that a person put on record, last.
    pub excuse: Option<Excuse>,
}

/// A planned inspection that has no record yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// The inspection group.
    pub group: String,
    /// The enterprise.
    pub enterprise: String,
    /// Its unified social credit code.
    pub uscc: String,
    /// Its 镇办.
    pub town: String,
    /// The officers who were to go there.
    pub officers: Vec<String>,
    /// Other documents of that inspection that are there, by kind (`现场检查方案`); the record alone is missing then.
    pub has: Vec<String>,
}

/// A planned inspection that was made on another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The enterprise.
    pub enterprise: String,
    /// Its unified social credit code.
    pub uscc: String,
    /// The day on which it was inspected.
    pub day: NaiveDate,
}

/// Serials that nobody has seen, between such as were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The number before the gap, as a document bears it.
    pub after: String,
    /// The first serial that is missing.
    pub from: u32,
    /// The last one.
    pub to: u32,
}

/// Somebody looked at a day and confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The day.
    pub day: NaiveDate,
    /// When, by dangri's clock.
    pub at: Timestamp,
    /// Who, the login name.
    pub by: String,
    /// What was remarked; may be empty.
    pub note: String,
    /// What was confirmed: expected, on time, late, not entered.
    pub figures: [u64; 4],
}
