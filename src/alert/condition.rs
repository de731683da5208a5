//! What is wrong at one moment, each with a key: the plain form in which every room says it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Kind, Level};
use crate::document::{DocumentId, Timestamp};

/// One thing that is wrong. It is raised once it has lasted, repeated while it does, and resolved when nobody says it any more.
///
/// Texts are Chinese, one line, and without personal data: document numbers and fixed words, never a party's or drafter's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which line of the table.
    pub kind: Kind,
    /// Sets episodes of one kind apart, where they must be: the cut-off's moment, a day. With `kind` it is the episode's key.
    pub scope: String,
    /// What it is about within the episode: a document's id, a channel's name. One that joins an open episode is news.
    pub object: String,
    /// For how many objects it stands; more than one only where there are too many to name.
    pub count: u64,
    /// How loud.
    pub level: Level,
    /// What is said: `（淄）应急检记〔2026〕31号 退回：不符合平台规则`.
    pub line: String,
    /// What to do, one sentence; may be empty.
    pub advice: String,
    /// Since when, where that is known; otherwise it counts from when it is first said.
    pub since: Option<Timestamp>,
    /// How long it must have lasted before anybody is told.
    pub patience: Duration,
    /// The cut-off that it is about.
    pub cut_off: Option<Timestamp>,
    /// Whom of `[[alert.people]]` it concerns first, by name.
    pub concerns: Option<String>,
    /// Whether it can wait for the morning's digest whatever the hour.
    pub can_wait: bool,
}

impl Condition {
    /// A condition that is told at once.
    pub fn new(kind: Kind, level: Level, object: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            kind,
            scope: String::new(),
            object: object.into(),
            count: 1,
            level,
            line: line.into(),
            advice: String::new(),
            since: None,
            patience: Duration::zero(),
            cut_off: None,
            concerns: None,
            can_wait: false,
        }
    }

    /// The same, with what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// The same, lasting since `since`.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// The same, told only once it has lasted for `span`.
    #[must_use]
    pub fn after(mut self, span: Duration) -> Self {
        self.patience = span;
        self
    }

    /// The same, standing for so many objects that are not told apart.
    #[must_use]
    pub fn counting(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// The same, in an episode of its own for each `scope`.
    #[must_use]
    pub fn apart(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// The same, about this cut-off, and in an episode of its own for each.
    #[must_use]
    pub fn before(mut self, cut_off: Timestamp) -> Self {
        self.cut_off = Some(cut_off);
        self.scope = cut_off.to_contract();
        self
    }

    /// The episode that it belongs to.
    pub fn key(&self) -> Key {
        Key { kind: self.kind, scope: self.scope.clone() }
    }
}

/// What an episode is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Which line of the table.
    pub kind: Kind,
    /// What sets it apart.
    pub scope: String,
}

/// All that was seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// What is wrong.
    pub conditions: Vec<Condition>,
    /// Kinds that could not be looked at: what was known of them stays as it was. A failed read is never good news.
    pub unseen: BTreeSet<Kind>,
    /// When a kind was last really looked at, for those that must be seen or missed at several looks.
    pub looked: BTreeMap<Kind, Timestamp>,
}

/// What another room has to say: the day, the publication. The daemon hands sources to the alerter.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Everything that is wrong at `now` by this room's knowledge, each time anew: what is not said any more is over.
    async fn contribute(&self, now: Timestamp) -> Contribution;
}

/// What a [`Source`] says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contribution {
    /// What is wrong, what could not be looked at, when was looked.
    pub seen: Observation,
    /// Late documents whose reason is on record, besides those of `dangri day excuse`: they are not told of as overdue any more.
    pub excused: BTreeSet<DocumentId>,
}
