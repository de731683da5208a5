//! Mending what can be mended, once the store is known to be damaged.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;

use super::{
    Change, Fact, JournalStore, Listing, OpenError, RESTORED_AT, Settings, Store as _, StoreError,
    folder::{Folder, Lock},
    verify::mended_fact,
};
use crate::document::{Actor, ContentHash, DocumentId, Entry, Event, Record, State, Timestamp};

/// Where lost things may be found again.
#[async_trait]
pub trait Salvage: Send {
    /// The bytes of the document as they were taken: from the watched folder, from a backup. They are used only if they have its digest.
    fn bytes(&mut self, record: &Record) -> Option<Vec<u8>>;

    /// What the platform says of a document whose bytes are lost, as an event; `None` when it does not have it.
    ///
    /// # Errors
    /// Why it cannot be asked now, in Chinese.
    async fn word(&mut self, record: &Record) -> Result<Option<Event>, String>;
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// How many documents the store has.
    pub documents: u64,
    /// Those whose bytes were found again.
    pub mended: Vec<DocumentId>,
    /// Those whose bytes are lost and not needed: the platform has the document, it was closed, or its author has to write it anew.
    pub settled: Vec<DocumentId>,
    /// Those whose bytes are lost; the ones that were on their way are Corrupt now, for a person to look at.
    pub lost: Vec<DocumentId>,
    /// Why the platform could not be asked about some of the lost, in Chinese; `None` when it was asked about all.
    pub unasked: Option<String>,
    /// Those of which the journal says too little to make a record; the folder's draft, if it is there, will be taken anew.
    pub orphaned: Vec<DocumentId>,
    /// How many damaged places stay as they are and count as mended from now on, for what stood there is made good or not needed.
    pub made_good: usize,
}

/// Rebuilds the index from the journal, finds lost bytes again where `salvage` has them, and marks the rest; not while a daemon runs.
///
/// Whatever was taken before is looked up before it is sent from now on ([`RESTORED_AT`]).
///
/// # Errors
/// Those of opening, and of writes.
pub async fn repair(dir: &Path, settings: Settings, salvage: &mut dyn Salvage, now: Timestamp) -> Result<Repaired, OpenError> {
    set_index_aside(dir, now)?;
    let store = JournalStore::open(dir, settings, now)?;
    let mut done = Repaired::default();
    let mut after = None;
    loop {
        let page = store.page(&Listing::All, after.as_ref(), 128).await?;
        for record in page.records {
            done.documents += 1;
            repair_one(&store, record, salvage, now, &mut done).await?;
        }
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    for id in store.damaged().await?.into_iter().filter_map(|damage| damage.id) {
        if !done.orphaned.contains(&id) && store.get(id).await?.is_none() {
            done.orphaned.push(id);
        }
    }
    let mut facts = dealt_with(&store, &done).await?;
    done.made_good = facts.len();
    facts.push(Fact::new(RESTORED_AT, now.millis().to_string()));
    store.remember_all(facts).await?;
    store.aside(|shared| shared.folder.settle_damage().map_err(|e| StoreError::Failed(e.to_string()))).await?;
    store.close().await?;
    Ok(done)
}

/// The facts that what is damaged and stays so, for a closed segment is never changed, has been dealt with. What is lost is not among it.
async fn dealt_with(store: &JournalStore, done: &Repaired) -> Result<Vec<Fact>, StoreError> {
    let mut damages = store.verify().await?.problems;
    damages.extend(store.damaged().await?);
    damages.retain(|damage| !damage.id.is_some_and(|id| done.lost.contains(&id) || done.orphaned.contains(&id)));
    let facts: BTreeMap<_, _> = damages.iter().map(mended_fact).map(|fact| (fact.name.clone(), fact)).collect();
    Ok(facts.into_values().collect())
}

fn set_index_aside(dir: &Path, now: Timestamp) -> Result<(), OpenError> {
    let failed = |error: std::io::Error| OpenError::Store(StoreError::Failed(format!("setting the index aside: {error}")));
    let folder = Folder::make(dir).map_err(failed)?;
    let _lock = Lock::take(dir, now)?;
    folder.set_index_aside().map_err(failed)
}

async fn repair_one(
    store: &JournalStore,
    record: Record,
    salvage: &mut dyn Salvage,
    now: Timestamp,
    done: &mut Repaired,
) -> Result<(), StoreError> {
    let why = match store.body(record.id()).await {
        // What is in the archive and cannot be reached is not lost.
        Ok(_) | Err(StoreError::Archived(_)) => return Ok(()),
        Err(StoreError::Damaged(why)) => why,
        Err(error) => return Err(error),
    };
    let id = record.id();
    let found = salvage.bytes(&record).filter(|bytes| Some(ContentHash::of(bytes)) == record.birth.digest);
    if let Some(bytes) = &found {
        let body: Arc<[u8]> = bytes.as_slice().into();
        store.supply(id, body).await?;
    }
    let mut record = record;
    if record.state.is_moving() {
        record = step(store, &record, Actor::Daemon, Event::Damaged { why }, now).await?;
    }
    match (found, record.state) {
        (Some(_), state) => {
            done.mended.push(id);
            // What was on its way is to be looked up first.
            if state == State::Corrupt {
                step(store, &record, Actor::Daemon, Event::Restored { from: "dangri repair".into(), due: now }, now).await?;
            }
        }
        (None, State::Corrupt) => ask_for(store, &record, salvage, now, done).await?,
        (None, state) if state.is_at_rest() || matches!(state, State::Unfit | State::Returned) => done.settled.push(id),
        (None, _) => done.lost.push(id),
    }
    Ok(())
}

/// Asks the platform for a document whose bytes are lost: what it has need not be sent again.
async fn ask_for(
    store: &JournalStore,
    record: &Record,
    salvage: &mut dyn Salvage,
    now: Timestamp,
    done: &mut Repaired,
) -> Result<(), StoreError> {
    match salvage.word(record).await {
        Ok(Some(word)) if record.state.after(&word).is_ok() => {
            step(store, record, Actor::Platform, word, now).await?;
            done.settled.push(record.id());
        }
        Ok(_) => done.lost.push(record.id()),
        Err(why) => {
            done.lost.push(record.id());
            done.unasked = Some(why);
        }
    }
    Ok(())
}

async fn step(store: &JournalStore, record: &Record, by: Actor, event: Event, now: Timestamp) -> Result<Record, StoreError> {
    let entry = Entry { at: now, by, event };
    let mut outcome = store.apply(vec![Change { id: record.id(), seen: record.version, entry }]).await?;
    outcome.pop().unwrap_or(Err(StoreError::Unknown(record.id())))
}
