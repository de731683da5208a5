//! The terms of law and form that the ledger counts with: the figures of the rule catalogue, so that there is one place for each.

use std::sync::Arc;

use chrono::{Days, Months, NaiveDate};

use crate::{
    calendar::Calendar,
    check::{Checker, rules::CodeList},
};

/// How many days before its end a term is warned of, where nothing else is said.
pub const WARN_DAYS: i64 = 3;

/// The terms (domain.md §3.7).
#[derive(Debug, Clone)]
pub struct Terms {
    /// The working days.
    pub calendar: Arc<Calendar>,
    /// A review comes within so many days after the deadline (DAT-5A).
    pub review_days: u32,
    /// A decision comes within so many days after the filing (DAT-12, 行政处罚法 art. 60).
    pub decision_days: u32,
    /// And is warned of after so many (DAT-12A).
    pub decision_warn_days: u32,
    /// A decision is served within so many working days (DAT-13, art. 61).
    pub service_working_days: u32,
    /// A fine is paid within so many days of receipt (DAT-15, art. 67).
    pub payment_days: u32,
    /// A decision is published within so many working days (DAT-14, 安全生产法 art. 78).
    pub publication_working_days: u32,
    /// A hearing may be asked for within so many working days (DAT-8, art. 64).
    pub hearing_working_days: u32,
    /// The party is told of a hearing so many working days before it (DAT-10, art. 64).
    pub invitation_working_days: u32,
    /// An act is not punished that was found so many years after its end (DAT-18, art. 36), or so many where life or health was harmed.
    pub limit_years: (u32, u32),
    /// The court is asked to enforce so many days after a demand was served (DAT-16, 行政强制法 art. 54).
    pub demand_days: u32,
    /// Preserved evidence is dealt with within so many working days (DAT-7, arts. 56 and 85).
    pub preserve_working_days: u32,
    /// A suit may be brought within so many months of service (行政诉讼法 art. 46; as the decisions say).
    pub suit_months: u32,
    /// The court is asked to enforce within so many months after that (行政强制法 art. 53).
    pub enforce_months: u32,
    /// From this fine on a person is offered a hearing, in yuan (AMT-3).
    pub person_yuan: u32,
    /// And an organisation.
    pub unit_yuan: u32,
    /// The kinds of penalty, with their column `hearing`.
    pub penalty_kinds: CodeList,
}

impl Terms {
    /// Those of the newest rules that `checker` has; the law's own figures where a rule is switched off.
    pub fn of(checker: &Checker, penalty_kinds: CodeList) -> Self {
        let count = |rule: &str, param: &str, law: u32| checker.rule_count(rule, param).unwrap_or(law);
        Self {
            calendar: Arc::clone(checker.calendar()),
            review_days: count("DAT-5A", "days", 10),
            decision_days: count("DAT-12", "days", 90),
            decision_warn_days: count("DAT-12A", "warn_days", 75),
            service_working_days: count("DAT-13", "working_days", 7),
            payment_days: count("DAT-15", "days", 15),
            publication_working_days: 7,
            hearing_working_days: count("DAT-8", "working_days", 5),
            invitation_working_days: count("DAT-10", "working_days", 7),
            limit_years: (count("DAT-18", "years", 2), count("DAT-18", "years_harm", 5)),
            demand_days: 10,
            preserve_working_days: count("DAT-7", "working_days", 7),
            suit_months: count("REM-1", "suit_months", 6),
            enforce_months: 3,
            person_yuan: count("AMT-3", "person_yuan", 20_000),
            unit_yuan: count("AMT-3", "unit_yuan", 50_000),
            penalty_kinds,
        }
    }

    /// `count` working days after `day`; `None` past what the calendar covers, for nothing is guessed.
    pub fn working(&self, day: NaiveDate, count: u32) -> Option<NaiveDate> {
        self.calendar.plus_working_days(day, count).ok()
    }

    /// `count` calendar days after `day`, rolled off a holiday; `None` past what the calendar covers.
    pub fn days(&self, day: NaiveDate, count: u32) -> Option<NaiveDate> {
        self.calendar.plus_calendar_days(day, count).ok()
    }

    /// `count` plain days after `day`.
    pub fn plain(day: NaiveDate, count: u32) -> Option<NaiveDate> {
        day.checked_add_days(Days::new(count.into()))
    }

    /// When the court may be asked at the latest, for a decision served on `served`: three months after the term for a suit has ended.
    pub fn enforce_by(&self, served: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let from = served.checked_add_months(Months::new(self.suit_months))?;
        Some((from, from.checked_add_months(Months::new(self.enforce_months))?))
    }
}
