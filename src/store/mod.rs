//! The seam to where records rest.
//!
//! The laws, by number; `contract` proves them for every backend:
//!
//! 1. *Durable on return.* What `admit` or `apply` answered `Ok` to survives a kill and a power cut.
//! 2. *Admission is idempotent.* A second `admit` of the same id answers `Same` and changes nothing.
//! 3. *Compare-and-set.* A change names the version it saw; a stale one fails alone, the rest of its batch goes through.
//! 4. *One live lease.* Of two concurrent changes at one version, exactly one succeeds.
//! 5. *Every moving record is due exactly once.* `due` names each record in Waiting, Unsure or Received whose time has come, and no other.
//! 6. *Due is ordered and bounded:* earliest cut-off, then rank, then arrival. A Waiting document is not due while its case has a document
//!    of lower rank in a state that [`blocks_its_case`](State::blocks_its_case); once less than two hours are left to its own cut-off, only
//!    those [on their way by themselves](State::is_moving) still count, and one that waits for a person no longer does.
//! 7. *History replays to the state.* Replaying `history` gives the record of `get`.
//! 8. *Bytes are what was taken.* `body` returns exactly the admitted bytes or an error, never others; `supply` puts those back that cannot
//!    be read any more, and no others.
//! 9. *A damaged record stands alone.* It is reported by `damaged`, and everything else still works.
//! 10. *A page is stable while others write:* walking a listing by cursor misses nothing that stood there all along, and repeats nothing.
//! 11. *An error is never an empty queue.* A read that fails is an error.
//! 12. *Names resolve.* A number (however it is written, [`DocumentNumber::name`](crate::document::DocumentNumber::name)), a path, a case, a
//!     draft id lead to the records that carry them, newest first.
//! 13. *Facts are kept together.* All facts of one call are durable on return, or none is; a name holds the value given last, or nothing once
//!     it was struck out; names are listed in their byte order.

mod agenda;
mod archive;
mod backup;
mod block;
#[cfg(test)]
pub(crate) mod contract;
mod durable;
mod folder;
mod index;
mod journal;
mod keys;
mod memory;
mod pending;
mod repair;
pub mod samples;
mod verify;
mod volume;

pub use archive::Archived;
pub use backup::{Backup, BackupFile, restore};
pub use durable::{GENERATION, JournalStore, OpenError, Opened, RESTORED_AT, Settings};
pub use memory::MemoryStore;
pub use repair::{Repaired, Salvage, repair};
pub use verify::Verification;
pub use volume::remote_file_system;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::document::{Birth, ContentHash, DocumentId, Entry, IllegalMove, Record, State, Timestamp};

/// What a store cannot do, and why.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The record is no longer at the version that the change saw.
    #[error("{id} is at version {now}, not {seen}")]
    Stale {
        /// The document.
        id: DocumentId,
        /// The version that the change saw.
        seen: u32,
        /// The version it is at.
        now: u32,
    },
    /// No record of that id.
    #[error("{0} is not in the store")]
    Unknown(DocumentId),
    /// The change is impossible; a defect.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// No room on the disk; nothing was written.
    #[error("no room on the disk: {0}")]
    Full(String),
    /// The store refuses all work because a write or a sync failed; the process must end and start anew (exit code 74).
    #[error("the store failed: {0}")]
    Failed(String),
    /// What was read is damaged.
    #[error("damaged: {0}")]
    Damaged(String),
    /// It lies in an archived segment that cannot be reached now: the archive's file.
    #[error("archived in {0}, which cannot be reached now")]
    Archived(String),
    /// More than this place is made for; a defect of the caller, and nothing was written.
    #[error("too large: {0}")]
    TooLarge(String),
}

impl StoreError {
    /// Whether only the one document that was asked for cannot be had, and everything else is well (law 9).
    pub const fn stands_alone(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Archived(_) | Self::Unknown(_))
    }
}

/// The most that a fact may take, name and value together, in bytes.
pub const FACT_LIMIT: usize = 64 << 10;

/// How many facts [`Store::recall_below`] reads at a time.
const FACTS_PAGE: usize = 500;

/// A small named value that a room keeps beside the documents: the feed's cursor, a line of the plan, an alert's episode.
///
/// Names are paths, `plan/2023-04/…`; a room alone writes below its own first step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value; `None` strikes it out.
    pub value: Option<String>,
}

impl Fact {
    /// A fact that holds from now on.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }

    /// A fact that holds no longer.
    pub fn struck_out(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None }
    }

    /// Whether it is small enough.
    fn fits(&self) -> Result<(), StoreError> {
        let bytes = self.name.len() + self.value.as_ref().map_or(0, String::len);
        if bytes > FACT_LIMIT { Err(StoreError::TooLarge(format!("the fact {}", self.name))) } else { Ok(()) }
    }
}

/// What became of an admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is kept now.
    New(Record),
    /// It had been kept before; the record as it stands.
    Same(Record),
}

/// A document to be kept for the first time.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// How it begins.
    pub birth: Birth,
    /// Its first history entry: `Taken` or `JudgedUnfit`.
    pub entry: Entry,
    /// The document's bytes as they will be sent; empty for an unfit draft.
    pub body: Arc<[u8]>,
}

/// A change to a record, to be applied only if it is still at `seen`.
#[derive(Debug, Clone)]
pub struct Change {
    /// The document.
    pub id: DocumentId,
    /// The version that the change was decided on.
    pub seen: u32,
    /// What happened.
    pub entry: Entry,
}

/// A record that is due, with what the queue must know before it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The document.
    pub id: DocumentId,
    /// Where it stands: Waiting, Unsure or Received.
    pub state: State,
    /// Its cut-off.
    pub cut_off: Timestamp,
}

/// Which records a listing wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// All in a state, earliest cut-off first.
    InState(State),
    /// All of a normalised number, newest first.
    Number(String),
    /// All that were found at a path, newest first.
    Path(String),
    /// All of a case or inspection, in legal order.
    Case(String),
    /// All of a draft id, newest first.
    Draft(uuid::Uuid),
    /// All of an author, by name, oldest first.
    Author(String),
    /// All whose inspection day is this one.
    Day(chrono::NaiveDate),
    /// All, oldest first.
    All,
}

/// Where to go on with a listing. Opaque; valid for the listing it came from.
pub type Cursor = Vec<u8>;

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// Something in the store that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageReport {
    /// Where: a segment and offset, or an index key.
    pub place: String,
    /// What was found.
    pub what: String,
    /// The document concerned, where that is known.
    pub id: Option<DocumentId>,
}

/// Where records rest.
///
/// Async, and compare-and-set by version, so that a database server fits behind it as well; no transaction handle
/// or lock ever leaves it, and nothing may assume that only one process uses it.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps newcomers, all in one durable commit; answers in order (laws 1, 2).
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Failed`] when nothing was kept.
    async fn admit(&self, newcomers: Vec<Newcomer>) -> Result<Vec<Admission>, StoreError>;

    /// Applies changes, all that can be in one durable commit; answers in order, each with its own outcome (laws 1, 3, 4).
    ///
    /// # Errors
    /// The outer error means that nothing was changed.
    async fn apply(&self, changes: Vec<Change>) -> Result<Vec<Result<Record, StoreError>>, StoreError>;

    /// The record of this id.
    async fn get(&self, id: DocumentId) -> Result<Option<Record>, StoreError>;

    /// The document's bytes (law 8).
    async fn body(&self, id: DocumentId) -> Result<Arc<[u8]>, StoreError>;

    /// Keeps a document's bytes once more where they cannot be read back, found again in a draft say; durable on return (law 8).
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when they are not those that were taken, by their digest.
    async fn supply(&self, id: DocumentId, body: Arc<[u8]>) -> Result<(), StoreError>;

    /// The bytes of many documents, in the order asked for; each by itself, as [`Store::body`] would answer it.
    async fn bodies(&self, ids: &[DocumentId]) -> Vec<Result<Arc<[u8]>, StoreError>> {
        let mut bodies = Vec::with_capacity(ids.len());
        for id in ids {
            bodies.push(self.body(*id).await);
        }
        bodies
    }

    /// The whole history, oldest first (law 7).
    async fn history(&self, id: DocumentId) -> Result<Vec<Entry>, StoreError>;

    /// The history as far back as it can be read, oldest first, and where the part before it is archived, if that cannot be reached now.
    ///
    /// # Errors
    /// Those of [`Store::history`], but not [`StoreError::Archived`].
    async fn history_within_reach(&self, id: DocumentId) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        Ok((self.history(id).await?, None))
    }

    /// At most `limit` records of `state` that are due at `now` (laws 5, 6). Another change of a document's case can make it due or keep it
    /// back, so the question is worth asking anew after changes, not only when [`Store::next_due`] says so.
    async fn due(&self, state: State, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError>;

    /// When the next record of `state` that was not yet due at the `now` of the last [`Store::due`] of that state (the beginning of time, if
    /// nobody has asked yet) becomes due by the mere passing of time; `None` when none does.
    async fn next_due(&self, state: State) -> Result<Option<Timestamp>, StoreError>;

    /// A page of at most `limit` records (laws 10, 12).
    async fn page(&self, listing: &Listing, after: Option<&Cursor>, limit: usize) -> Result<Page, StoreError>;

    /// How many records are in each state. Cheap.
    async fn counts(&self) -> Result<BTreeMap<State, u64>, StoreError>;

    /// Durably remembers small named facts, all in one commit; at most [`FACT_LIMIT`] bytes each (law 13).
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], and those of a write; then none of them is kept.
    async fn remember_all(&self, facts: Vec<Fact>) -> Result<(), StoreError>;

    /// Durably remembers one fact: see [`Store::remember_all`].
    ///
    /// # Errors
    /// The same.
    async fn remember(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.remember_all(vec![Fact::new(name, value)]).await
    }

    /// A fact remembered before.
    async fn recall(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// At most `limit` facts whose names begin with `prefix` and come after the name `after`, in the order of their names (law 13).
    async fn recall_all(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, StoreError>;

    /// All facts whose names begin with `prefix`, in the order of their names (law 13). Read page by page, so that no writer waits for long.
    async fn recall_below(&self, prefix: &str) -> Result<Vec<(String, String)>, StoreError> {
        let mut found: Vec<(String, String)> = Vec::new();
        loop {
            let page = self.recall_all(prefix, found.last().map(|(name, _)| name.as_str()), FACTS_PAGE).await?;
            let whole = page.len() < FACTS_PAGE;
            found.extend(page);
            if whole {
                return Ok(found);
            }
        }
    }

    /// What is damaged (law 9).
    async fn damaged(&self) -> Result<Vec<DamageReport>, StoreError>;

    /// Why the store is not well, if it is not: asked before admitting and before sending. No I/O.
    fn unwell(&self) -> Option<String>;

    /// Finishes what is under way and closes.
    async fn close(&self) -> Result<(), StoreError>;
}

/// Refuses bytes that are not those of the record, by their digest (law 8).
fn must_be_what_was_taken(record: &Record, body: &[u8]) -> Result<(), StoreError> {
    if record.birth.digest == Some(ContentHash::of(body)) {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("these are not the bytes that were taken as {}", record.id())))
}
