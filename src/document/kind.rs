//! Kinds of document, and the two lanes they travel in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of a kind of document, `insp_record`; which kinds exist, and what they are called, is data of the schema bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(String);

impl Kind {
    /// The kind of this code.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of the notice's two streams a kind belongs to (DESIGN §4.1; domain.md §0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Inspection documents: entered the same day.
    #[serde(rename = "A")]
    Inspection,
    /// Penalty documents: made by district officers, published at once.
    #[serde(rename = "B")]
    Penalty,
}

/// The level of the office that a document's author belongs to (contract §3, `AuthorLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorLevel {
    /// 区级.
    District,
    /// 镇办.
    Town,
}

impl AuthorLevel {
    /// The word on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Town => "town",
        }
    }
}
