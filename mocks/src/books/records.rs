//! What the books show, and the faults that a verdict finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::script::{Endpoint, ErrorItem};
use crate::world::State;

/// One call as the books show it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// Running number from 1.
    pub seq: u64,
    /// `X-Request-Id`, if it carried one.
    pub request_id: Option<String>,
    /// Which call.
    pub endpoint: Endpoint,
    /// Method, path and query.
    pub target: String,
    /// When its head was read, by the platform's clock.
    pub at: String,
    /// A code, `page 200`, or how it was cut.
    pub outcome: String,
    /// Real milliseconds since the answer with `Retry-After` that it should have heeded.
    pub while_busy_ms: Option<u64>,
}

/// Running totals.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Calls by endpoint and outcome: `put 00`, `token 02`.
    pub calls: BTreeMap<String, u64>,
    /// Calls to `/token`.
    pub token_calls: u64,
    /// Tokens given out.
    pub tokens: u64,
    /// PUTs whose head was read.
    pub puts: u64,
    /// PUTs of a submission that was already held.
    pub repeated_puts: u64,
    /// PUTs at the same time, at most.
    pub most_puts_at_once: u64,
    /// Calls begun before a `Retry-After` was over, by the platform's clock.
    pub begun_while_busy: u64,
    /// Of these, PUTs.
    pub puts_begun_while_busy: u64,
    /// Request ids that came more than once.
    pub repeated_request_ids: u64,
}

/// One submission as the books show it.
#[derive(Debug, Clone, Serialize)]
pub struct SubmissionRecord {
    /// Submission id.
    pub id: String,
    /// Account.
    pub app_id: String,
    /// Sender.
    pub sender: String,
    /// Kind.
    pub kind: String,
    /// Document number, if the kind has one.
    pub number: Option<String>,
    /// Draft id, if it was sent.
    pub draft_id: Option<String>,
    /// Digest of the bytes.
    pub digest: String,
    /// The submission that it corrects.
    pub supersedes: Option<String>,
    /// Receipt number.
    pub receipt_no: String,
    /// Where it stands.
    pub state: State,
    /// Entry number, once entered.
    pub entry_no: Option<String>,
    /// Time of entry, once entered.
    pub entered_at: Option<String>,
    /// Why it was or will be returned.
    pub errors: Vec<ErrorItem>,
    /// Digests of attachments that are still to come.
    pub waiting_for: Vec<String>,
    /// How often it was PUT.
    pub puts: u32,
    /// Entries made of it; more than one only on a platform that is not idempotent.
    pub copies: u32,
    /// States with their times.
    pub history: Vec<(String, State)>,
    /// How often each state was shown.
    pub shown: BTreeMap<&'static str, u32>,
    /// The document bytes, where the setup keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A document that should be on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Admitted {
    /// By submission id.
    Id(String),
    /// By kind and number (or draft id).
    Key {
        /// Kind.
        kind: String,
        /// Number, or draft id for kinds without a number.
        number: String,
    },
}

/// What is wrong with the platform's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Admitted, but nothing entered.
    NotEntered {
        /// Which.
        admitted: Admitted,
        /// What the platform holds instead, if anything.
        state: Option<State>,
    },
    /// Entered more than once.
    EnteredTwice {
        /// Which.
        admitted: Admitted,
        /// How often.
        entries: u32,
    },
    /// Entered, but never admitted.
    NotAdmitted {
        /// Its submission id.
        id: String,
        /// Its kind.
        kind: String,
        /// Number or draft id.
        key: String,
    },
    /// Two live entries for one sender, kind and key.
    TwoLive {
        /// Sender.
        sender: String,
        /// Kind.
        kind: String,
        /// Number or draft id.
        key: String,
        /// Their submission ids.
        ids: Vec<String>,
    },
}

/// The judgement over the books.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// No fault at all.
    pub ok: bool,
    /// Entries on the platform, superseded ones included.
    pub entered: usize,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}
