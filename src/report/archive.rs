//! The only part that reads the store: records and bytes become readings.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use super::reading::{Reading, Text};
use crate::{
    check::{Checker, rules::CodeList},
    document::{DocumentId, Facts, Record, State},
    store::{Listing, Store, StoreError},
};

/// How many records are read at a time.
const PAGE: usize = 500;
/// So many documents are held at once when all are gone through, unless one enterprise has more.
const HELD: usize = 256;

/// All documents of the office, read when they are asked for. Nothing of them is kept: an office may have a hundred thousand.
pub struct Archive {
    store: Arc<dyn Store>,
    checker: Arc<Checker>,
}

/// Which documents stand, enterprise by enterprise.
pub struct Standing {
    /// By what its party is known by, and its id.
    places: Vec<(u64, DocumentId)>,
    /// Another one when any of them has changed.
    pub mark: u64,
}

impl Archive {
    /// The archive over `store`, read in the words of the checker's bundle.
    pub fn new(store: Arc<dyn Store>, checker: Arc<Checker>) -> Self {
        Self { store, checker }
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
            readings.extend(self.read(page.records).await?);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(that_count(readings)),
            }
        }
    }

    /// Which documents stand now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let (mut places, mut mark, mut after) = (Vec::new(), DefaultHasher::new(), None);
        loop {
            let page = self.store.page(&Listing::All, after.as_ref(), PAGE).await?;
            for record in page.records.iter().filter(|record| stands(record)) {
                (record.id(), record.version).hash(&mut mark);
                places.push((self.party(record).await?, record.id()));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        // Those of one enterprise stay in the order in which they came: of two that say the same the later counts.
        places.sort_by_key(|(party, _)| *party);
        Ok(Standing { places, mark: mark.finish() })
    }

    /// Shows `each` all documents that stand, some enterprises at a time: what belongs together comes together, and is let go again.
    ///
    /// # Errors
    /// As [`Archive::readings`].
    pub async fn by_enterprise(&self, standing: &Standing, mut each: impl FnMut(&[Reading]) + Send) -> Result<(), StoreError> {
        let mut some = Vec::new();
        for of_one in standing.places.chunk_by(|a, b| a.0 == b.0) {
            for (_, id) in of_one {
                some.extend(self.store.get(*id).await?);
            }
            if some.len() >= HELD {
                each(&that_count(self.read(std::mem::take(&mut some)).await?));
            }
        }
        each(&that_count(self.read(some).await?));
        Ok(())
    }

    /// What the party of a record is known by: its credit code, or for a person without one that of the enterprise in the same case.
    async fn party(&self, record: &Record) -> Result<u64, StoreError> {
        let facts = record.birth.facts.as_ref();
        let uscc = |facts: Option<&Facts>| facts.and_then(|facts| facts.party_uscc.clone());
        let mut known = uscc(facts);
        if let (None, Some(key)) = (&known, facts.and_then(Facts::case_key)) {
            let case = self.store.page(&Listing::Case(key.to_owned()), None, PAGE).await?;
            known = case.records.iter().find_map(|other| uscc(other.birth.facts.as_ref()));
        }
        let mut hasher = DefaultHasher::new();
        known.or_else(|| facts.map(|facts| facts.party.0.clone())).hash(&mut hasher);
        Ok(hasher.finish())
    }

    async fn with_bodies(&self, records: Vec<Record>) -> Result<Vec<(Record, Arc<[u8]>)>, StoreError> {
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        let mut found = Vec::with_capacity(ids.len());
        for (record, body) in records.into_iter().zip(self.store.bodies(&ids).await) {
            match body {
                Ok(body) => found.push((record, body)),
                // The others are reported all the same (law 9).
                Err(error) if error.stands_alone() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// What stands in those of some records that stand, read on a thread that may take its time.
    async fn read(&self, records: Vec<Record>) -> Result<Vec<Reading>, StoreError> {
        let stand: Vec<_> = records.into_iter().filter(stands).collect();
        let bodies = self.with_bodies(stand.iter().filter(|record| has_bytes(record)).cloned().collect()).await?;
        let checker = Arc::clone(&self.checker);
        let read = tokio::task::spawn_blocking(move || {
            let one = |(record, body): (Record, Arc<[u8]>)| {
                let facts = record.birth.facts.clone()?;
                let kind = facts.kind.code().to_owned();
                let document = checker.case_document(facts, &body)?;
                Some((record.id(), Text::of(&kind, &document.tree)))
            };
            bodies.into_iter().filter_map(one).collect::<HashMap<_, _>>()
        });
        // A document that cannot be read as one is told of by its facts.
        let mut read = read.await.unwrap_or_default();
        let of = |record: &Record| {
            let text = read.remove(&record.id()).or_else(|| Some(Text::of_facts(record.birth.facts.as_ref()?)))?;
            Reading::of(record, Arc::new(text))
        };
        Ok(stand.iter().filter_map(of).collect())
    }
}

/// A correction that is on its way stands beside what it corrects; until it is entered, that is what counts.
fn that_count(mut readings: Vec<Reading>) -> Vec<Reading> {
    let entered: HashSet<_> = readings.iter().filter(|r: &&Reading| r.is_entered()).filter_map(named).collect();
    readings.retain(|reading| reading.is_entered() || named(reading).is_none_or(|name| !entered.contains(&name)));
    readings
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
