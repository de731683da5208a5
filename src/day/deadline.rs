//! The same-day clock of one document (S-19): which day it belongs to, when that day ends, and how the document stands to it.
//!
//! | kind | its day |
//! | --- | --- |
//! | 现场检查记录 | the day on which the inspection ended, by the record itself |
//! | 检查方案, 现场处理措施, 责令整改 | the day of the inspection that the document names |
//! | 整改复查, and whatever names no inspection | the document's own date |
//! | penalty documents (lane B) | the document's own date: they are made on the platform (S-28, S-29) |
//!
//! The day ends strictly: with a cut-off of 24:00, what is entered at 00:00:00 belongs to the next day. Where the platform said when a
//! document was entered, that decides; until then the stricter of the two clocks counts ([`strict_now`]).

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::document::{Facts, Record, State, Timestamp};

/// When an office's day ends, counted from its midnight (DESIGN §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// When same-day entry ends; 24 h is midnight.
    pub cut_off: Duration,
    /// The office's own, earlier aim.
    pub target: Duration,
}

impl Hours {
    /// The cut-off of `day`.
    pub fn cut_off(&self, day: NaiveDate) -> Timestamp {
        Timestamp::start_of(day).plus(self.cut_off)
    }

    /// The office's own aim on `day`.
    pub fn target(&self, day: NaiveDate) -> Timestamp {
        Timestamp::start_of(day).plus(self.target)
    }
}

/// The moment that counts while nobody has said when a document was entered: the later one of dangri's clock and the platform's.
///
/// The platform's decides in the end, and ours is the only one that can be read without it. `skew_millis` is the platform's minus ours.
pub fn strict_now(now: Timestamp, skew_millis: Option<i64>) -> Timestamp {
    now.max(now.plus(Duration::milliseconds(skew_millis.unwrap_or(0))))
}

/// When a document must be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The day that it belongs to.
    pub day: NaiveDate,
    /// The end of the inspection, where the document names the moment: from here on the clock runs.
    pub runs_from: Option<Timestamp>,
    /// The office's own aim on that day.
    pub target: Timestamp,
    /// The end of same-day entry: entered at this moment is too late already.
    pub cut_off: Timestamp,
}

impl Deadline {
    /// The deadline of a record. Its cut-off is the one that was in force when it was taken.
    pub fn of(record: &Record, hours: &Hours) -> Self {
        let cut_off = record.birth.cut_off;
        let facts = record.birth.facts.as_ref();
        let day = facts.map_or_else(|| cut_off.plus(Duration::milliseconds(-1)).beijing_day(), Facts::inspection_day);
        let runs_from = facts.filter(|facts| facts.kind.code() == "insp_record").and_then(|facts| facts.inspection_end);
        Self { day, runs_from, target: hours.target(day).min(cut_off), cut_off }
    }

    /// How a record stands to it at `now`, by dangri's clock; the platform's clock minus ours is `skew_millis`.
    pub fn standing(&self, record: &Record, now: Timestamp, skew_millis: Option<i64>) -> Standing {
        if let Some(entry) = &record.entry {
            let late = entry.entered_at.since(self.cut_off);
            return if late < Duration::zero() {
                Standing::OnTime { entered_at: entry.entered_at }
            } else {
                Standing::Late { entered_at: entry.entered_at, late_secs: late.num_seconds() }
            };
        }
        if matches!(record.state, State::Superseded | State::Ignored) {
            return Standing::Dropped;
        }
        let left = self.cut_off.since(strict_now(now, skew_millis));
        match (left > Duration::zero(), now < self.target) {
            (false, _) => Standing::Overdue { late_secs: -left.num_seconds() },
            (true, false) => Standing::PastTarget { left_secs: left.num_seconds() },
            (true, true) => Standing::Open { left_secs: left.num_seconds() },
        }
    }

    /// Whether a draft that was first seen at `first_seen` was late from the start: the day was over before dangri could know of it.
    pub fn found_late(&self, first_seen: Timestamp) -> bool {
        first_seen >= self.cut_off
    }
}

/// How a document stands to its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// Not entered; the office's own aim lies ahead.
    Open {
        /// Seconds left to the cut-off, by the stricter clock.
        left_secs: i64,
    },
    /// Not entered, past the office's own aim and before the cut-off.
    PastTarget {
        /// Seconds left to the cut-off, by the stricter clock.
        left_secs: i64,
    },
    /// Not entered, and the cut-off has passed.
    Overdue {
        /// Seconds since the cut-off, by the stricter clock.
        late_secs: i64,
    },
    /// Entered on its day, by the platform's clock.
    OnTime {
        /// When.
        entered_at: Timestamp,
    },
    /// Entered after its day, by the platform's clock.
    Late {
        /// When.
        entered_at: Timestamp,
        /// Seconds after the cut-off.
        late_secs: i64,
    },
    /// It need not be entered any more: a later version took its place, or a person put it aside.
    Dropped,
}

impl Standing {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open { .. } => "未到期",
            Self::PastTarget { .. } => "今日将到期",
            Self::Overdue { .. } => "已逾期",
            Self::OnTime { .. } => "按时录入",
            Self::Late { .. } => "逾期补录",
            Self::Dropped => "不再要求",
        }
    }

    /// Whether the document missed its day, entered since or not.
    pub const fn missed(self) -> bool {
        matches!(self, Self::Overdue { .. } | Self::Late { .. })
    }

    /// Whether the document is entered.
    pub const fn entered(self) -> bool {
        matches!(self, Self::OnTime { .. } | Self::Late { .. })
    }

    /// Whether it is still to be entered.
    pub const fn open(self) -> bool {
        matches!(self, Self::Open { .. } | Self::PastTarget { .. } | Self::Overdue { .. })
    }
}

#[cfg(test)]
#[path = "deadline_tests.rs"]
mod tests;
