//! A store that forgets when the process ends: for dry runs and for tests of other rooms.
//!
//! It is also the laws of [`super::Store`] in their plainest form: every question is answered by looking at everything.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    Admission, Change, Cursor, DamageReport, Due, Fact, Listing, Newcomer, Page, Store, StoreError,
    keys::{self, Arrival},
    must_be_what_was_taken,
};
use crate::document::{DocumentId, Entry, Event, Record, State, Timestamp};

/// Records in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kept: BTreeMap<DocumentId, Kept>,
    facts: BTreeMap<String, String>,
    asked: BTreeMap<State, Timestamp>,
    damaged: BTreeMap<DocumentId, String>,
    broken: Option<StoreError>,
    last_arrival: Arrival,
}

#[derive(Debug)]
struct Kept {
    record: Record,
    arrival: Arrival,
    history: Vec<Entry>,
    body: Arc<[u8]>,
    other_paths: Vec<String>,
}

/// The lowest ranks in a case: of a document on its way by itself, and of one that keeps later ones back.
type Fronts = (Option<u16>, Option<u16>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call answers `error`, until `None` mends it; for tests of what the daemon does then.
    pub fn break_with(&self, error: Option<StoreError>) {
        self.lock().broken = error;
    }

    /// Makes a record unreadable; for tests of law 9.
    pub fn damage(&self, id: DocumentId, what: &str) {
        self.lock().damaged.insert(id, what.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sound(&self) -> Result<MutexGuard<'_, Inner>, StoreError> {
        let inner = self.lock();
        match &inner.broken {
            Some(error) => Err(error.clone()),
            None => Ok(inner),
        }
    }
}

impl Inner {
    fn readable(&self, id: DocumentId) -> Result<Option<&Kept>, StoreError> {
        match self.damaged.get(&id) {
            Some(what) => Err(StoreError::Damaged(what.clone())),
            None => Ok(self.kept.get(&id)),
        }
    }

    fn known(&self, id: DocumentId) -> Result<&Kept, StoreError> {
        self.readable(id)?.ok_or(StoreError::Unknown(id))
    }

    fn admit(&mut self, newcomer: Newcomer) -> Result<Admission, StoreError> {
        if let Some(kept) = self.readable(newcomer.birth.id)? {
            return Ok(Admission::Same(kept.record.clone()));
        }
        let record = Record::begin(newcomer.birth, &newcomer.entry)?;
        self.last_arrival += 1;
        let kept = Kept {
            record: record.clone(),
            arrival: self.last_arrival,
            history: vec![newcomer.entry],
            body: newcomer.body,
            other_paths: Vec::new(),
        };
        self.kept.insert(record.id(), kept);
        Ok(Admission::New(record))
    }

    fn change(&mut self, change: Change) -> Result<Record, StoreError> {
        let id = change.id;
        let known = self.known(id)?;
        if known.record.version != change.seen {
            return Err(StoreError::Stale { id, seen: change.seen, now: known.record.version });
        }
        let next = known.record.after(&change.entry)?;
        if let Some(kept) = self.kept.get_mut(&id) {
            kept.record = next.clone();
            if let Event::AlsoSeenAt { path } = &change.entry.event {
                kept.other_paths.push(path.clone());
            }
            kept.history.push(change.entry);
        }
        Ok(next)
    }

    fn fronts(&self) -> HashMap<u64, Fronts> {
        let lower = |at: Option<u16>, rank: u16| Some(at.map_or(rank, |r| r.min(rank)));
        let mut fronts: HashMap<u64, Fronts> = HashMap::new();
        for kept in self.kept.values() {
            let (state, rank) = (kept.record.state, keys::rank(&kept.record));
            if let Some(case) = keys::case(&kept.record).filter(|_| state.blocks_its_case()) {
                let front = fronts.entry(case).or_default();
                front.1 = lower(front.1, rank);
                if state.is_moving() {
                    front.0 = lower(front.0, rank);
                }
            }
        }
        fronts
    }

    /// Every record of `state` that will be due without anything else happening, with the moment.
    fn wakes(&self, state: State) -> Vec<(Timestamp, &Kept)> {
        let fronts = self.fronts();
        let front = |record: &Record| keys::case(record).and_then(|case| fronts.get(&case).copied()).unwrap_or_default();
        self.kept
            .values()
            .filter(|kept| kept.record.state == state)
            .filter_map(|kept| {
                let (moving, blocking) = front(&kept.record);
                Some((keys::wake(&kept.record, moving, blocking)?, kept))
            })
            .collect()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn admit(&self, newcomers: Vec<Newcomer>) -> Result<Vec<Admission>, StoreError> {
        let mut inner = self.sound()?;
        for newcomer in &newcomers {
            if inner.readable(newcomer.birth.id)?.is_none() {
                Record::begin(newcomer.birth.clone(), &newcomer.entry)?;
            }
        }
        newcomers.into_iter().map(|n| inner.admit(n)).collect()
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let mut inner = self.sound()?;
        Ok(changes.into_iter().map(|c| inner.change(c)).collect())
    }

    async fn get(&self, id: DocumentId) -> Result<Option<Record>, StoreError> {
        Ok(self.sound()?.readable(id)?.map(|kept| kept.record.clone()))
    }

    async fn body(&self, id: DocumentId) -> Result<Arc<[u8]>, StoreError> {
        let body = Arc::clone(&self.sound()?.known(id)?.body);
        Ok(body)
    }

    async fn supply(&self, id: DocumentId, body: Arc<[u8]>) -> Result<(), StoreError> {
        let mut inner = self.sound()?;
        let kept = inner.kept.get_mut(&id).ok_or(StoreError::Unknown(id))?;
        must_be_what_was_taken(&kept.record, &body)?;
        kept.body = body;
        inner.damaged.remove(&id);
        Ok(())
    }

    async fn history(&self, id: DocumentId) -> Result<Vec<Entry>, StoreError> {
        Ok(self.sound()?.known(id)?.history.clone())
    }

    async fn due(&self, state: State, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        let mut inner = self.sound()?;
        inner.asked.insert(state, now);
        let mut due = inner.wakes(state);
        due.retain(|(wake, _)| *wake <= now);
        due.sort_by_cached_key(|(_, kept)| keys::urgency(&kept.record, kept.arrival));
        Ok(due.iter().take(limit).map(|(_, kept)| Due { id: kept.record.id(), state, cut_off: kept.record.birth.cut_off }).collect())
    }

    async fn next_due(&self, state: State) -> Result<Option<Timestamp>, StoreError> {
        let inner = self.sound()?;
        let asked = inner.asked.get(&state).copied();
        let wakes = inner.wakes(state).into_iter().map(|(wake, _)| wake);
        Ok(wakes.filter(|wake| Some(*wake) > asked).min())
    }

    async fn page(&self, listing: &Listing, after: Option<&Cursor>, limit: usize) -> Result<Page, StoreError> {
        let inner = self.sound()?;
        let belongs = |kept: &Kept| match listing {
            Listing::InState(state) => kept.record.state == *state,
            Listing::Path(path) if kept.other_paths.contains(path) => true,
            other => keys::lasting(&kept.record).iter().any(|own| keys::prefix(own) == keys::prefix(other)),
        };
        let mut places: Vec<(Cursor, &Kept)> = inner
            .kept
            .values()
            .filter(|kept| belongs(kept) && !inner.damaged.contains_key(&kept.record.id()))
            .map(|kept| (keys::place(listing, &kept.record, kept.arrival), kept))
            .filter(|(place, _)| after.is_none_or(|after| place > after))
            .collect();
        places.sort_by(|a, b| a.0.cmp(&b.0));
        let more = places.len() > limit;
        places.truncate(limit);
        Ok(Page {
            next: places.last().filter(|_| more).map(|(place, _)| place.clone()),
            records: places.iter().map(|(_, k)| k.record.clone()).collect(),
        })
    }

    async fn counts(&self) -> Result<BTreeMap<State, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for kept in self.sound()?.kept.values() {
            *counts.entry(kept.record.state).or_default() += 1;
        }
        Ok(counts)
    }

    async fn remember_all(&self, facts: Vec<Fact>) -> Result<(), StoreError> {
        facts.iter().try_for_each(Fact::fits)?;
        let mut inner = self.sound()?;
        for fact in facts {
            match fact.value {
                Some(value) => inner.facts.insert(fact.name, value),
                None => inner.facts.remove(&fact.name),
            };
        }
        Ok(())
    }

    async fn recall(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.sound()?.facts.get(name).cloned())
    }

    async fn recall_all(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        let inner = self.sound()?;
        let named = inner.facts.iter().filter(|(name, _)| name.starts_with(prefix) && after.is_none_or(|after| name.as_str() > after));
        Ok(named.take(limit).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    async fn damaged(&self) -> Result<Vec<DamageReport>, StoreError> {
        let inner = self.sound()?;
        let reports = inner.damaged.iter().map(|(id, what)| DamageReport { place: "memory".into(), what: what.clone(), id: Some(*id) });
        Ok(reports.collect())
    }

    fn unwell(&self) -> Option<String> {
        self.lock().broken.as_ref().map(ToString::to_string)
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{Backend, store_contract};

    struct InMemory(Arc<MemoryStore>);

    impl Backend for InMemory {
        fn new() -> Self {
            Self(Arc::new(MemoryStore::new()))
        }

        fn open(&mut self) -> Arc<dyn Store> {
            self.0.clone()
        }

        fn damage(&mut self, id: DocumentId) {
            self.0.damage(id, "on purpose");
        }
    }

    store_contract!(in_memory, InMemory);

    #[tokio::test]
    async fn a_broken_store_answers_every_question_with_its_error() {
        let store = MemoryStore::new();
        store.break_with(Some(StoreError::Full("test".into())));
        let now = Timestamp::MAX;
        assert!(store.due(State::Waiting, now, 9).await.is_err());
        assert!(store.counts().await.is_err());
        assert!(store.page(&Listing::All, None, 9).await.is_err());
        assert!(store.unwell().is_some());
    }
}
