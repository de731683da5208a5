//! The exchange's XML, and nowhere else: how a package is written and how an answer is read (contract §1, §3 to §6).
//!
//! Reading is strict, because the outcome of an attempt hangs on it: the elements in the contract's order, none twice, none unknown, one
//! root in the exchange's namespace, well-formed to the end. Whatever is not exactly that is [`NotAnAnswer`], and then nobody knows.

mod cursor;
mod package;
mod response;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use super::{FeedPage, SchemaInForce, Sighting};
use crate::document::{DocumentId, Receipt, Refusal, Timestamp};

pub use package::{HeadParts, Package};
pub use response::read;

/// The namespace of the exchange (contract §1).
pub const EXCHANGE: &str = "urn:dangri:exchange:1";

/// The longest answer that is read, in bytes; a page of 500 results is far below it (faults row 30).
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How many of the platform's errors about one document are kept; nobody mends more in one go, and the journal keeps every one.
pub const MOST_REFUSALS: usize = 100;

/// How many characters of one sentence of the platform are kept.
pub const MOST_WORDS: usize = 1_000;

/// Why some bytes are not an answer of the platform. For developers; people are told what came instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an answer: {0}")]
pub struct NotAnAnswer(pub String);

/// What every answer carries (contract §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The code as it stands; what it means is the profile's table.
    pub code: String,
    /// The platform's sentence, at most [`MOST_WORDS`] characters.
    pub message: String,
    /// The platform's clock.
    pub server_time: Timestamp,
    /// What it carries beyond that.
    pub payload: Payload,
}

/// The one element that an answer may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    None,
    /// A token (§2).
    Token(Grant),
    /// A receipt (§3), with the submission it names.
    Receipt(DocumentId, Receipt),
    /// What became of one submission (§4).
    Result(Sighting),
    /// A page of the feed, or all submissions of a number (§4).
    Results(FeedPage),
    /// A page of publications (§5).
    Publications(PublicationPage),
    /// The schema in force (§6).
    Schema(SchemaInForce),
    /// What is wrong with a document (§3).
    Errors(Vec<Refusal>),
}

/// A token and how long it holds (contract §2). Its value never reaches a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// What stands behind `Bearer`.
    pub value: String,
    /// For how long, in seconds from the answer.
    pub expires_in: u64,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grant(***, {} s)", self.expires_in)
    }
}

/// A page of publications (contract §5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicationPage {
    /// The notices.
    pub publications: Vec<Publication>,
    /// The cursor to ask with next time.
    pub next: String,
    /// Whether more of the window is ready.
    pub more: bool,
    /// Up to when the list is complete, by the platform's clock; without it nothing can be called absent.
    pub complete_to: Option<Timestamp>,
}

/// One notice as published (contract §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Where it stands.
    pub state: PublicationState,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// When it was withdrawn or repaired.
    pub withdrawn_at: Option<Timestamp>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// The CF_ fields of domain.md §2.1 by name, in the order they came.
    pub fields: Vec<(String, String)>,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicationState {
    /// published.
    Published,
    /// withdrawn.
    Withdrawn,
    /// repaired (信用修复).
    Repaired,
}

/// A day as the contract writes it.
fn day(text: &str) -> Result<NaiveDate, NotAnAnswer> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| NotAnAnswer(format!("{text:?} is not a date")))
}
