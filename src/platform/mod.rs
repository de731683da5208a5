//! The seam to the other side: the provincial platform.
//!
//! Outcomes are facts about what the platform may hold, not HTTP: whatever could not be understood is [`Class::Unknown`], never a success
//! and never a refusal (contract §1).

mod access;
mod answer;
pub mod classify;
pub mod codes;
pub mod gate;
mod handshake;
mod http;
mod log;
mod login;
mod profile;
mod remote;
mod retry_after;
mod sign;
#[cfg(test)]
mod tests;
mod token;
pub mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::document::{Cause, ContentHash, DocumentId, Failure, Kind, Receipt, Record, Refusal, Timestamp};

pub use access::Access;
pub use gate::{Gated, SharedGate};
pub use log::{FileExchangeLog, NoExchangeLog, exchanges_of};
pub use profile::{Credential, Limits, Paths, Profile, Scheme};
pub use remote::{HttpPlatform, Surroundings};
pub use sign::Algorithm;
pub use wire::{Publication, PublicationPage, PublicationState};

/// A document on its way, with everything that stands in `Head` (contract §3).
#[derive(Debug, Clone)]
pub struct Submission {
    /// The record, whose id is the submission id.
    pub record: Arc<Record>,
    /// The document's bytes, unchanged on every attempt.
    pub body: Arc<[u8]>,
    /// This attempt's `X-Request-Id`.
    pub request: Uuid,
    /// This attempt's `SentAt`.
    pub sent_at: Timestamp,
}

/// What a submission came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// The platform acknowledged it (00).
    Acknowledged(Receipt),
    /// Final, to the author: 10, 11, 15.
    Refused {
        /// Why, by kind.
        cause: Cause,
        /// The platform's code.
        code: String,
        /// The platform's errors; empty when it gave none.
        refusals: Vec<Refusal>,
    },
    /// The number is held by another submission (13).
    NumberHeld {
        /// The holder's submission id.
        holder: DocumentId,
        /// The holder's receipt.
        receipt: Receipt,
    },
    /// Anything else; what follows stands in its class.
    Failed(Failure),
}

/// What the platform says of a submission (contract §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The submission.
    pub id: DocumentId,
    /// What became of it.
    pub state: SightedState,
    /// The entry's number.
    pub entry_no: Option<String>,
    /// When it was entered, by the platform's clock.
    pub entered_at: Option<Timestamp>,
    /// The digest of the bytes that the platform holds.
    pub digest: Option<ContentHash>,
    /// Why it was returned.
    pub refusals: Vec<Refusal>,
}

/// The platform's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SightedState {
    /// received.
    Received,
    /// checking.
    Checking,
    /// entered.
    Entered,
    /// returned.
    Returned,
    /// superseded.
    Superseded,
}

/// One page of the results feed (contract §4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedPage {
    /// What changed.
    pub sightings: Vec<Sighting>,
    /// The cursor to ask with next time.
    pub next: String,
    /// Whether more is ready now.
    pub more: bool,
}

/// The schema that the platform has in force (contract §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaInForce {
    /// The current version.
    pub version: String,
    /// From when it counts.
    pub effective_from: NaiveDate,
    /// SHA-256 of the platform's bundle.
    pub digest: String,
    /// Every version it still accepts.
    pub accepts: Vec<String>,
}

/// One exchange with the platform as it was, for the record: masked, shortened, no document body and no token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exchange {
    /// The request's `X-Request-Id`.
    pub request: Uuid,
    /// The document concerned, where one is.
    pub document: Option<DocumentId>,
    /// Method and path.
    pub call: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// The platform's code; `None` when there was no envelope.
    pub code: Option<String>,
    /// The answer's text, masked and at most 8 KiB; or what the transport said.
    pub answer: String,
}

/// Keeps exchanges (masked raw answers per attempt, domain.md §5 item 7). Must not block for long and must not fail.
pub trait ExchangeLog: Send + Sync + 'static {
    /// Keeps one.
    fn keep(&self, exchange: Exchange);
}

/// How the platform's clock stands to ours, from the last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// Platform minus local, in milliseconds.
    pub millis: i64,
    /// When it was measured.
    pub at: Timestamp,
}

/// The other side.
#[async_trait]
pub trait Platform: Send + Sync + 'static {
    /// Submits (contract §3). Never fails otherwise than by its outcome.
    async fn submit(&self, submission: &Submission) -> Submitted;

    /// What became of a submission; `Ok(None)` when the platform answers 18, which is evidence of absence only when asked late enough.
    ///
    /// # Errors
    /// A [`Failure`] whenever the answer could not be had or understood.
    async fn look_up(&self, id: DocumentId) -> Result<Option<Sighting>, Failure>;

    /// All submissions of ours under a number.
    ///
    /// # Errors
    /// As for `look_up`.
    async fn look_up_number(&self, number: &str, kind: &Kind) -> Result<Vec<Sighting>, Failure>;

    /// A page of the results feed after `cursor`; from the beginning when `None`. An unknown cursor is asked for again from the beginning.
    ///
    /// # Errors
    /// As for `look_up`.
    async fn feed(&self, cursor: Option<&str>) -> Result<FeedPage, Failure>;

    /// The schema in force.
    ///
    /// # Errors
    /// As for `look_up`.
    async fn schema(&self) -> Result<SchemaInForce, Failure>;

    /// A page of publications decided from `from` to `to`, both inclusive, after `cursor` (contract §5).
    ///
    /// # Errors
    /// As for `look_up`.
    async fn publications(&self, from: NaiveDate, to: NaiveDate, cursor: Option<&str>) -> Result<PublicationPage, Failure>;

    /// How the clocks stand to each other; `None` before the first answer.
    fn skew(&self) -> Option<Skew>;
}
