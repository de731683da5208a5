//! Exceptions from same-day entry: the notice says 原则上, in principle (S-19). A person gives the reason, and it stands for ever.

use serde::{Deserialize, Serialize};

use crate::document::{Record, Timestamp};

/// Why a document may be late, as a person put it on record. Never changed and never struck out; a later one stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excuse {
    /// Which document: its kind's code and its number or draft id, so that a corrected version keeps it.
    pub document: String,
    /// What people call the document.
    pub title: String,
    /// When it was put on record, by dangri's clock.
    pub at: Timestamp,
    /// By whom, the login name.
    pub by: String,
    /// The reason, in the person's words.
    pub reason: String,
}

/// The key under which a document's excuses stand: the same for every version of it.
pub fn key(record: &Record) -> String {
    match &record.birth.facts {
        Some(facts) => format!("{}/{}", facts.kind, facts.document_key()),
        None => format!("-/{}", record.id()),
    }
}

/// The longest reason that is kept, in characters.
pub const LONGEST: usize = 500;

/// A reason as it is put on record; `None` when nothing was said.
pub fn reason(said: &str) -> Option<String> {
    let said = said.trim();
    (!said.is_empty()).then(|| said.chars().take(LONGEST).collect())
}
