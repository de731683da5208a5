//! The ledger of open loops: 问题整改、执法处罚、处罚公示“三到位” (S-27).
//!
//! An inspection is closed when every finding is reviewed as rectified, every suspected violation has a case with an outcome (a decision,
//! or none for a reason on record), and every decision is published or lawfully exempt. What belongs together is read from the documents:
//!
//! - an order belongs to the inspection that it names, or to the record that it refers to; a finding is in it with the same words, or under
//!   the same number where the words are nobody else's;
//! - a review belongs to the order that it refers to, and speaks of an item by its words or its number;
//! - a case belongs to the inspection that one of its documents names, else to the inspection of the same enterprise on the day on which
//!   the act was found; it deals with the suspected findings whose articles it cites, and with all of them where it cites none of theirs
//!   and is the only case.
//!
//! A fine's payment is on record only in 结案审批表. Service, payment and closing are followed as well; they are no part of the 三到位.

mod build;
mod cases;
mod leg;
mod rectify;
pub mod terms;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use cases::{CaseLine, CaseTerms};
pub use leg::{Leg, Standing, Step, Urgency};
pub use terms::Terms;

/// How a decision's publication stands, as far as it was reconciled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Publication {
    /// It is shown and right.
    Shown {
        /// Since when.
        day: NaiveDate,
    },
    /// It need not be published.
    Exempt {
        /// Why, in Chinese.
        why: String,
    },
    /// It was published, and its publication has ended lawfully.
    Ended {
        /// Why, in Chinese.
        why: String,
    },
    /// It is shown and wrong.
    Wrong {
        /// What differs, in Chinese.
        what: String,
    },
    /// It is not shown.
    NotShown,
    /// It could not be seen.
    Unseen {
        /// Why, in Chinese.
        why: String,
    },
}

/// What is known of publications, by the canonical number of the decision.
pub type Publications = HashMap<String, Publication>;

/// The ledger at one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The day.
    pub today: NaiveDate,
    /// Every loop, the worst first.
    pub loops: Vec<Loop>,
}

/// One inspection of one enterprise with what follows from it, or a case whose inspection is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loop {
    /// The number of the record, else of an order, else of the case.
    pub number: String,
    /// The enterprise's name.
    pub enterprise: String,
    /// Its credit code; empty when no document gives one.
    pub uscc: String,
    /// The code of its 镇办; empty when no document gives one.
    pub town: String,
    /// The day of the inspection, or on which the act was found.
    pub day: NaiveDate,
    /// Its findings.
    pub findings: Vec<FindingLine>,
    /// Its cases.
    pub cases: Vec<CaseLine>,
    /// 问题整改到位: every finding is reviewed as rectified.
    pub rectified: bool,
    /// 执法处罚到位: every suspected violation has a case outcome.
    pub punished: bool,
    /// 处罚公示到位: every decision is published or lawfully exempt.
    pub published: bool,
    /// What is missing, the worst first.
    pub missing: Vec<Missing>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    /// Its number in the record.
    pub no: String,
    /// What was found.
    pub text: String,
    /// The code of its category.
    pub category: String,
    /// What was decided: `fixed_on_spot`, `order`, `measure`, `case`.
    pub disposition: String,
    /// The number of the case that deals with it, where it is a suspected violation and there is one.
    pub case: Option<String>,
    /// Its legs.
    pub legs: Vec<Leg>,
}

/// An open leg, and what it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which leg.
    pub step: Step,
    /// What it concerns: `问题2、5`, or the number of the case.
    pub about: String,
    /// The number of the document that waits for this leg: the record, the order, the decision.
    pub number: String,
    /// Since when it is the next thing to do.
    pub since: NaiveDate,
    /// Until when it must be done, where law or order says so.
    pub due: Option<NaiveDate>,
    /// How pressing it is.
    pub urgency: Urgency,
    /// How it stands, in Chinese.
    pub said: String,
    /// What to do, in Chinese.
    pub advice: String,
}

impl Loop {
    /// Whether the 三到位 are reached (S-27).
    pub const fn is_closed(&self) -> bool {
        self.rectified && self.punished && self.published
    }

    /// Whether nothing at all is left to do.
    pub const fn is_finished(&self) -> bool {
        self.is_closed() && self.missing.is_empty()
    }

    /// How pressing its worst open leg is.
    pub fn urgency(&self) -> Option<Urgency> {
        self.missing.first().map(|missing| missing.urgency)
    }
}
