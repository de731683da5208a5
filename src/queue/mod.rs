//! The queue: where a fit draft is kept until it is entered, and where all other rooms meet.
//!
//! What is promised: what `admit` said yes to is never lost (P1); the intention to send is on record before a byte leaves, and after a
//! doubt nothing is sent before a look-up (P2); no deadline drops a document, it only makes dangri try harder (DESIGN §3).
//!
//! What a crash leaves, and who mends it:
//!
//! | killed | left behind | mended by |
//! | --- | --- | --- |
//! | before `admit` answered | a draft in the folder, perhaps a record | the next sweep: `admit` says New or Same |
//! | after it | Waiting | ordinary work |
//! | after `lease`, before or during the sending, or before the outcome was settled | Sending | [`Queue::recover`]: Unsure, and a look-up decides |
//! | after the outcome was settled | what the outcome led to | ordinary work |

mod arrival;
mod operate;
mod outcome;
pub mod schedule;

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use uuid::Uuid;

use crate::{
    clock::SharedClock,
    document::{Actor, Cause, Class, DocumentId, Entry, Event, Failure, Record, State, Timestamp},
    store::{Change, RESTORED_AT, Store, StoreError},
};

pub use arrival::{Arrival, Arrived, Judged};
pub use operate::{Operated, Operation, Selection};
pub use outcome::{Outcome, Sought, word_of};

/// The fact that remembers which restored backup has been put in doubt already.
const RESTORE_SETTLED: &str = "queue.restore_settled";

/// What the queue must know of its surroundings; all from the configuration.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// Our own credit code: part of every submission id (contract §3).
    pub sender_uscc: String,
    /// The platform's `VisibilityDelay` (contract §4): absence counts only this long after the last attempt ended.
    pub visibility_delay: Duration,
    /// How long after a receipt we ask by ourselves what became of it, should the feed stay silent.
    pub ask_after: Duration,
    /// The office's cut-off, counted from the start of the day: 24 h is midnight (DESIGN §4.2).
    pub cut_off: Duration,
    /// Whether penalty documents are uploaded, or only checked and reconciled (DESIGN §4.1).
    pub upload_penalties: bool,
}

/// A document whose sending is on record. Settle it with an [`Outcome`]; one that is lost is found by [`Queue::recover`] at the next start.
#[must_use = "a lease that is not settled stays in Sending until the next start"]
#[derive(Debug, Clone)]
pub struct Lease {
    /// The record, in Sending.
    pub record: Arc<Record>,
    /// The document's bytes.
    pub body: Arc<[u8]>,
    /// The attempt's request id.
    pub request: Uuid,
}

/// Told of every record that a loop changed, so that its author hears of it.
pub type Told = Arc<dyn Fn(&Record) + Send + Sync>;

/// The queue over a store.
pub struct Queue {
    store: Arc<dyn Store>,
    clock: SharedClock,
    settings: QueueSettings,
}

impl Queue {
    /// A queue over `store`.
    pub fn new(store: Arc<dyn Store>, clock: SharedClock, settings: QueueSettings) -> Self {
        Self { store, clock, settings }
    }

    /// The store beneath, for reading.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The settings it works by.
    pub fn settings(&self) -> &QueueSettings {
        &self.settings
    }

    /// The clock that it keeps.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The present moment by the clock that the queue keeps.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Leases at most `limit` documents that are due: their sending is on record, flushed, when this returns (I6).
    ///
    /// # Errors
    /// When the store fails; nothing was leased then.
    pub async fn lease(&self, limit: usize) -> Result<Vec<Lease>, StoreError> {
        let now = self.now();
        let due = self.store.due(State::Waiting, now, limit).await?;
        let mut changes = Vec::with_capacity(due.len());
        let mut requests = BTreeMap::new();
        for found in due {
            let Some(record) = self.store.get(found.id).await? else { continue };
            let request = Uuid::new_v4();
            requests.insert(record.id(), request);
            let event = Event::Leased { attempt: record.attempts.saturating_add(1), request };
            changes.push(self.change(&record, Actor::Daemon, event));
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let mut leased = Vec::with_capacity(changes.len());
        for applied in self.store.apply(changes).await? {
            match applied {
                Ok(record) => leased.push(record),
                // Somebody else moved it meanwhile: it is theirs.
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let ids: Vec<_> = leased.iter().map(Record::id).collect();
        let mut leases = Vec::with_capacity(leased.len());
        for (record, body) in leased.into_iter().zip(self.store.bodies(&ids).await) {
            let request = requests.get(&record.id()).copied().unwrap_or_default();
            leases.extend(self.furnish(record, body, request).await?);
        }
        Ok(leases)
    }

    /// Adds the bytes to a leased record. Bytes that cannot be read back make it Corrupt and are told of; they are never sent (I5).
    async fn furnish(&self, record: Record, body: Result<Arc<[u8]>, StoreError>, request: Uuid) -> Result<Option<Lease>, StoreError> {
        match body {
            Ok(body) => Ok(Some(Lease { record: Arc::new(record), body, request })),
            Err(StoreError::Archived(file)) => {
                let event = Event::Damaged { why: format!("存件已归档在 {file}，现在读不到") };
                self.end_leases(vec![(&record, Actor::Daemon, event)]).await?;
                Ok(None)
            }
            Err(StoreError::Damaged(what)) => {
                tracing::error!(document.id = %record.id(), damage = %what, "the kept bytes of a document cannot be read back");
                let event = Event::Damaged { why: format!("本机存件损坏：{what}") };
                self.end_leases(vec![(&record, Actor::Daemon, event)]).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives leases back that were never sent, without counting an attempt.
    ///
    /// # Errors
    /// When the store fails; the leases stay in Sending then and are looked up at the next start.
    pub async fn recall(&self, leases: Vec<Lease>) -> Result<(), StoreError> {
        if leases.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let ends = leases.iter().map(|l| (&*l.record, Actor::Daemon, Event::Recalled { due: now })).collect();
        self.end_leases(ends).await.map(drop)
    }

    /// At start: whatever was being sent when the process ended may or may not have arrived, and after a restored backup that is true of
    /// everything on its way. Returns how many must be looked up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let failure = Failure::new(Class::Unknown, Cause::Interrupted, "重启");
        let due = self.now().plus(self.settings.visibility_delay);
        let mut found = self.put_in_doubt(State::Sending, &Event::NotHeard { failure, due }).await?;
        let restored = self.store.recall(RESTORED_AT).await?;
        if restored.is_some() && restored != self.store.recall(RESTORE_SETTLED).await? {
            let doubted = self.doubt();
            for state in [State::Waiting, State::Received, State::HeldWaiting, State::HeldReceived] {
                found += self.put_in_doubt(state, &doubted).await?;
            }
            self.store.remember(RESTORE_SETTLED, restored.as_deref().unwrap_or_default()).await?;
        }
        Ok(found)
    }

    /// That the books were restored, and the platform may know more than they do.
    fn doubt(&self) -> Event {
        Event::Doubted { why: "数据由备份恢复，先向平台核实".into(), due: self.now() }
    }

    /// Applies `event` to every record in `state`; returns how many there were.
    async fn put_in_doubt(&self, state: State, event: &Event) -> Result<usize, StoreError> {
        let mut found = 0;
        loop {
            let page = self.store.page(&crate::store::Listing::InState(state), None, 256).await?;
            if page.records.is_empty() {
                return Ok(found);
            }
            let changes: Vec<_> = page.records.iter().map(|r| self.change(r, Actor::Daemon, event.clone())).collect();
            found += changes.len();
            for applied in self.store.apply(changes).await? {
                applied?;
            }
        }
    }

    /// The change that `event` makes to `record`, now.
    pub(crate) fn change(&self, record: &Record, by: Actor, event: Event) -> Change {
        Change { id: record.id(), seen: record.version, entry: Entry { at: self.now(), by, event } }
    }

    /// The change that a sighting of its notice makes to the decision `id` at the version `seen`, now.
    pub fn sighting(&self, id: DocumentId, seen: u32, event: Event) -> Change {
        Change { id, seen, entry: Entry { at: self.now(), by: Actor::Platform, event } }
    }

    /// Applies one change; a stale one answers `None`.
    pub(crate) async fn apply_one(&self, record: &Record, by: Actor, event: Event) -> Result<Option<Record>, StoreError> {
        let applied = self.store.apply(vec![self.change(record, by, event)]).await?;
        match applied.into_iter().next() {
            Some(Ok(record)) => Ok(Some(record)),
            Some(Err(StoreError::Stale { .. })) | None => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }
}
