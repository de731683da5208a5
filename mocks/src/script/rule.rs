//! Which calls a rule is about, and how often it fires.

use serde::{Deserialize, Serialize};

use super::action::Action;

/// Which calls a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /token`
    Token,
    /// `PUT /documents/{submission-id}`
    Put,
    /// `GET /documents/{submission-id}`
    GetDocument,
    /// `GET /documents?number=…&kind=…`
    ByNumber,
    /// `GET /results`
    Results,
    /// `GET /publications`
    Publications,
    /// `GET /schema`
    Schema,
    /// everything under `/attachments`
    Attachments,
    /// an address or method that the contract does not have
    Unknown,
    /// every call
    Any,
}

/// What narrows a rule down; every part given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matching {
    /// Only documents of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only this document number (canonical).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Only this submission id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule starts with the nth call that fits (1 is the first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// How often a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// This many times.
    Count(u64),
    /// Every time.
    Always,
    /// With probability `p`, the same calls for the same seed.
    Rate {
        /// 0.0 to 1.0
        p: f64,
        /// Seed of the choice.
        seed: u64,
    },
    /// From its first firing on, for this many seconds of the platform's clock.
    For {
        /// Seconds.
        seconds: u64,
    },
}

/// One instruction: on these calls, do this, this often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which calls.
    pub on: Endpoint,
    /// Which of them.
    #[serde(default)]
    pub matching: Matching,
    /// What happens.
    pub action: Action,
    /// How often; once when left out.
    #[serde(default = "once")]
    pub times: Times,
}

fn once() -> Times {
    Times::Count(1)
}

impl Rule {
    /// A rule that fires once.
    #[must_use]
    pub fn new(on: Endpoint, action: Action) -> Self {
        Self { on, matching: Matching::default(), action, times: once() }
    }

    /// Fires `n` times.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = Times::Count(n);
        self
    }

    /// Fires every time.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = Times::Always;
        self
    }

    /// Fires with probability `p`.
    #[must_use]
    pub fn rate(mut self, p: f64, seed: u64) -> Self {
        self.times = Times::Rate { p, seed };
        self
    }

    /// Fires for `seconds` of the platform's clock from its first firing on.
    #[must_use]
    pub fn lasting(mut self, seconds: u64) -> Self {
        self.times = Times::For { seconds };
        self
    }

    /// Only documents of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<String>) -> Self {
        self.matching.kind = Some(kind.into());
        self
    }

    /// Only this document number.
    #[must_use]
    pub fn numbered(mut self, number: impl Into<String>) -> Self {
        self.matching.number = Some(number.into());
        self
    }

    /// Only this submission.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.matching.id = Some(id.into());
        self
    }

    /// Starts with the nth call that fits.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.matching.nth = Some(n);
        self
    }

    pub(super) fn needs_the_document(&self) -> bool {
        self.matching.kind.is_some() || self.matching.number.is_some()
    }
}
