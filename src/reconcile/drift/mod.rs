//! The drift guard: what is entered should stay what it is, on the platform as well as here.
//!
//! Three things can move under an entered document. The local draft: the watcher sees that, and the document's own history says so. The
//! platform's copy: [`ReadBack`] asks for the digest of every document entered lately and compares. The platform's schema: the daemon asks
//! which version is in force, holds what waits and what was entered lately against the new one, and keeps here what would fail, before it
//! does. All of it is facts below `drift/`, so that it survives a restart and anybody can show it.

mod copies;
#[cfg(test)]
mod tests;

pub use copies::{Done, ReadBack};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    document::{ContentHash, DocumentId, Timestamp},
    store::{Store, StoreError},
};

/// Copies that are not what was entered, one fact each.
const COPIES: &str = "drift/copy/";
/// The last reading back.
const RUN: &str = "drift/run";
/// The platform's schema.
const SCHEMA: &str = "drift/schema";

/// So many days after its entry a document counts as entered lately.
pub const RECENT_DAYS: i64 = 30;

/// How many copies are named one by one.
const MOST_COPIES: usize = 500;

/// What is wrong with the platform's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Differs {
    /// Its digest is another.
    Content,
    /// The platform does not know the document any more.
    Gone,
    /// The platform has sent it back after it was entered.
    Returned,
    /// The platform is looking at it again.
    Reopened,
}

impl Differs {
    /// What people are told.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Content => "平台上的内容与本机存件不同",
            Self::Gone => "平台上查不到了",
            Self::Returned => "录入后被平台退回",
            Self::Reopened => "录入后平台又在审核",
        }
    }
}

/// A copy that is not what was entered. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyDrift {
    /// The document.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// What is wrong.
    pub what: Differs,
    /// Since when it was seen.
    pub since: Timestamp,
    /// When it was seen last.
    pub seen: Timestamp,
    /// The digest that the platform gives, where it gives one.
    pub theirs: Option<ContentHash>,
}

/// The last reading back. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it ended.
    pub at: Timestamp,
    /// How many copies were compared.
    pub compared: u64,
    /// Why it did not come to its end, in Chinese; empty when it did.
    #[serde(default)]
    pub unfinished: String,
}

/// What the platform's schema means for our documents. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaDrift {
    /// The version in force, or announced.
    pub version: String,
    /// From when it counts.
    pub effective_from: NaiveDate,
    /// SHA-256 of the platform's bundle, as it says.
    pub digest: String,
    /// When the bundle was seen to have changed though the version did not.
    #[serde(default)]
    pub rewritten: Option<Timestamp>,
    /// Whether the office has a bundle of this version.
    pub has_bundle: bool,
    /// From when our bundle of this version counts, where we have one.
    #[serde(default)]
    pub bundle_from: Option<NaiveDate>,
    /// When this was found out.
    pub checked_at: Timestamp,
    /// How many documents were held against it.
    pub checked: u64,
    /// How many of them name an older version in their head, which this one does not take.
    #[serde(default)]
    pub old_heads: u64,
    /// How many would fail.
    pub would_fail: u64,
    /// The first of them.
    pub failing: Vec<WouldFail>,
}

/// A document that would fail under the new schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldFail {
    /// The document.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// Whether it is entered already; else it waits.
    pub entered: bool,
    /// The first thing that is wrong, in Chinese.
    pub finding: String,
}

/// Everything that is known of drift.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Drift {
    /// Copies that are not what was entered.
    pub copies: Vec<CopyDrift>,
    /// The last reading back.
    pub run: Option<Run>,
    /// The platform's schema, when it was asked for at least once.
    pub schema: Option<SchemaDrift>,
}

impl Drift {
    /// What the store remembers. What cannot be read is found out anew by the next run.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known(store: &dyn Store) -> Result<Self, StoreError> {
        let copies = store.recall_all(COPIES, None, MOST_COPIES).await?;
        Ok(Self {
            copies: copies.iter().filter_map(|(_, value)| serde_json::from_str(value).ok()).collect(),
            run: store.recall(RUN).await?.and_then(|text| serde_json::from_str(&text).ok()),
            schema: schema(store).await?,
        })
    }
}

/// What is known of the platform's schema.
///
/// # Errors
/// When the store fails.
pub async fn schema(store: &dyn Store) -> Result<Option<SchemaDrift>, StoreError> {
    Ok(store.recall(SCHEMA).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Remembers what is known of the platform's schema.
///
/// # Errors
/// When the store fails.
pub async fn remember_schema(store: &dyn Store, schema: &SchemaDrift) -> Result<(), StoreError> {
    let text = serde_json::to_string(schema).map_err(|error| StoreError::Failed(error.to_string()))?;
    store.remember(SCHEMA, &text).await
}
