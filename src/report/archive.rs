//! The only part that reads the store: records and bytes become readings.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::reading::{Reading, Text};
use crate::{
    check::{Checker, rules::CodeList},
    document::{DocumentId, Record, State},
    store::{Listing, Store, StoreError},
};

/// How many records are read at a time.
const PAGE: usize = 500;

/// All documents of the office, read once each: what stands in a document never changes, so it is kept as long as the daemon runs.
pub struct Archive {
    store: Arc<dyn Store>,
    checker: Arc<Checker>,
    read: Mutex<HashMap<DocumentId, Arc<Text>>>,
}

impl Archive {
    /// The archive over `store`, read in the words of the checker's bundle.
    pub fn new(store: Arc<dyn Store>, checker: Arc<Checker>) -> Self {
        Self { store, checker, read: Mutex::default() }
    }

    /// The store behind it.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Who knows the bundle.
    pub fn checker(&self) -> &Arc<Checker> {
        &self.checker
    }

    /// A code list of the newest bundle; an empty one when it has none of that name.
    pub fn list(&self, name: &str) -> CodeList {
        let text = self.checker.versions().first().and_then(|bundle| bundle.lists.get(name));
        // The lists were parsed when the bundle was loaded.
        text.and_then(|text| CodeList::parse(text).ok()).unwrap_or_default()
    }

    /// The names of a code list of the newest bundle, in its order.
    pub fn names(&self, name: &str) -> Vec<String> {
        let list = self.list(name);
        let text = self.checker.versions().first().and_then(|bundle| bundle.lists.get(name)).map_or("", |text| text);
        let codes = text.lines().skip(1).filter_map(|line| line.split(',').next());
        codes.filter_map(|code| list.cell(code.trim(), "name")).map(str::to_owned).collect()
    }

    /// Every document that still stands: neither replaced nor put aside.
    ///
    /// # Errors
    /// When the store fails. A single document whose bytes cannot be read back is told of by its facts alone.
    pub async fn readings(&self) -> Result<Vec<Reading>, StoreError> {
        let mut readings = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.page(&Listing::All, after.as_ref(), PAGE).await?;
            let stand: Vec<_> = page.records.into_iter().filter(stands).collect();
            let unread: Vec<_> = stand.iter().filter(|r| self.kept(r.id()).is_none() && has_bytes(r)).cloned().collect();
            self.read(self.with_bodies(unread).await?).await;
            readings.extend(stand.iter().filter_map(|record| {
                let text = self.kept(record.id()).or_else(|| Some(Arc::new(Text::of_facts(record.birth.facts.as_ref()?))))?;
                Reading::of(record, text)
            }));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        // A correction that is on its way stands beside what it corrects; until it is entered, that is what counts.
        let entered: HashSet<_> = readings.iter().filter(|r: &&Reading| r.is_entered()).filter_map(named).collect();
        readings.retain(|reading| reading.is_entered() || named(reading).is_none_or(|name| !entered.contains(&name)));
        Ok(readings)
    }

    fn kept(&self, id: DocumentId) -> Option<Arc<Text>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    async fn with_bodies(&self, records: Vec<Record>) -> Result<Vec<(Record, Arc<[u8]>)>, StoreError> {
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        let mut found = Vec::with_capacity(ids.len());
        for (record, body) in records.into_iter().zip(self.store.bodies(&ids).await) {
            match body {
                Ok(body) => found.push((record, body)),
                // It stands alone (law 9): the others are reported all the same.
                Err(StoreError::Damaged(_) | StoreError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Reads documents on a thread that may take its time.
    async fn read(&self, bodies: Vec<(Record, Arc<[u8]>)>) {
        if bodies.is_empty() {
            return;
        }
        let checker = Arc::clone(&self.checker);
        let read = tokio::task::spawn_blocking(move || {
            let one = |(record, body): &(Record, Arc<[u8]>)| {
                let facts = record.birth.facts.clone()?;
                let kind = facts.kind.code().to_owned();
                let document = checker.case_document(facts, body)?;
                Some((record.id(), Arc::new(Text::of(&kind, &document.tree))))
            };
            bodies.iter().filter_map(one).collect::<Vec<_>>()
        });
        // A document that cannot be read as one is told of by its facts.
        if let Ok(read) = read.await {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(read);
        }
    }
}

fn stands(record: &Record) -> bool {
    !matches!(record.state, State::Superseded | State::Ignored) && record.birth.facts.is_some()
}

/// What tells a document of a kind, number and party from others.
fn named(reading: &Reading) -> Option<(String, String, String)> {
    Some((reading.kind.clone(), reading.number.clone()?, reading.text.enterprise.uscc.clone()))
}

/// An unfit draft was never taken, and damaged bytes are no bytes.
fn has_bytes(record: &Record) -> bool {
    !matches!(record.state, State::Unfit | State::Corrupt) && record.birth.digest.is_some()
}
