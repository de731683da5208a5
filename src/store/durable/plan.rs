//! Working out what a commit will say, before anything is written.

use std::{
    collections::{HashMap, hash_map},
    sync::Arc,
};

use super::{
    BODY_LIMIT,
    replay::{BirthHead, born},
};
use crate::{
    document::{DocumentId, Entry, Event, Record},
    store::{
        Admission, Change, Fact, Newcomer, StoreError,
        agenda::Item,
        index::{Changes, Counts, Slot, Told},
        journal::{Draft, Matter, Pos, Prev},
        keys,
    },
};

/// A newcomer, with its JSON already written by whoever brings it.
pub(in crate::store) struct Arrival {
    head: BirthHead,
    json: Vec<u8>,
    body: Arc<[u8]>,
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Failed(format!("writing JSON: {error}")))
}

impl Arrival {
    pub(super) fn of(newcomer: Newcomer) -> Result<Self, StoreError> {
        if newcomer.body.len() > BODY_LIMIT {
            return Err(StoreError::TooLarge(format!("{} bytes of {}", newcomer.body.len(), newcomer.birth.id)));
        }
        let head = BirthHead { birth: newcomer.birth, entry: newcomer.entry };
        Ok(Self { json: json(&head)?, head, body: newcomer.body })
    }

    pub(super) fn id(&self) -> DocumentId {
        self.head.birth.id
    }

    /// How much it adds to a commit.
    pub(super) fn bytes(&self) -> usize {
        self.json.len() + self.body.len()
    }
}

/// A change, with its JSON already written.
pub(in crate::store) struct Step {
    id: DocumentId,
    seen: u32,
    entry: Entry,
    json: Vec<u8>,
}

impl Step {
    pub(super) fn of(change: Change) -> Result<Self, StoreError> {
        Ok(Self { json: json(&change.entry)?, id: change.id, seen: change.seen, entry: change.entry })
    }
}

/// Where a document's frames are, some of them not yet written.
#[derive(Debug, Clone)]
struct Working {
    slot: Slot,
    was: Option<Item>,
    last: Option<usize>,
    bytes: Option<usize>,
}

/// One commit in the making: the frames to be written, and the records as they will be.
#[derive(Default)]
pub(super) struct Plan {
    pub drafts: Vec<Draft>,
    working: HashMap<DocumentId, Working>,
    paths: Vec<(DocumentId, String)>,
    facts: Vec<Fact>,
}

/// Looks a record up in the index.
pub(super) type LookUp<'a> = &'a mut dyn FnMut(DocumentId) -> Result<Option<Slot>, StoreError>;

impl Plan {
    /// How much room its frames take.
    pub(super) fn bytes(&self) -> usize {
        self.drafts.iter().map(Draft::stride).sum()
    }

    fn record(&mut self, id: DocumentId, look_up: LookUp<'_>) -> Result<Option<&Working>, StoreError> {
        Ok(match self.working.entry(id) {
            hash_map::Entry::Occupied(known) => Some(known.into_mut()),
            hash_map::Entry::Vacant(vacant) => match look_up(id)? {
                Some(slot) => Some(vacant.insert(Working { was: Some(slot.item()), slot, last: None, bytes: None })),
                None => None,
            },
        })
    }

    /// Whether any of them is not kept yet.
    pub(super) fn any_new(&mut self, newcomers: &[Arrival], look_up: LookUp<'_>) -> Result<bool, StoreError> {
        for newcomer in newcomers {
            if self.record(newcomer.id(), look_up)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Newcomers, all or none.
    pub(super) fn admit(&mut self, newcomers: Vec<Arrival>, look_up: LookUp<'_>) -> Result<Vec<Admission>, StoreError> {
        // Whatever is impossible must be found before the first of them is planned.
        let mut begun = Vec::with_capacity(newcomers.len());
        for newcomer in &newcomers {
            begun.push(match self.record(newcomer.id(), look_up)? {
                Some(_) => None,
                None => Some(Record::begin(newcomer.head.birth.clone(), &newcomer.head.entry)?),
            });
        }
        let pairs = newcomers.into_iter().zip(begun);
        pairs.map(|(newcomer, record)| self.admit_one(newcomer, record)).collect()
    }

    fn admit_one(&mut self, newcomer: Arrival, record: Option<Record>) -> Result<Admission, StoreError> {
        let id = newcomer.id();
        if let Some(known) = self.working.get(&id) {
            return Ok(Admission::Same(known.slot.record.clone()));
        }
        let record = record.ok_or(StoreError::Unknown(id))?;
        let here = self.drafts.len();
        self.drafts.push(Draft {
            matter: Matter::Birth,
            id,
            version: record.version,
            was: u8::MAX,
            prev: Prev::At(Pos::NONE),
            head: newcomer.json,
            body: newcomer.body,
        });
        let slot = born(record.clone(), Pos::NONE, 0);
        self.working.insert(id, Working { slot, was: None, last: Some(here), bytes: Some(here) });
        Ok(Admission::New(record))
    }

    /// One change.
    pub(super) fn apply(&mut self, step: Step, look_up: LookUp<'_>) -> Result<Record, StoreError> {
        let Step { id, seen, entry, json } = step;
        let known = self.record(id, look_up)?.ok_or(StoreError::Unknown(id))?;
        let record = &known.slot.record;
        if record.version != seen {
            return Err(StoreError::Stale { id, seen, now: record.version });
        }
        let next = record.after(&entry)?;
        let draft = Draft {
            matter: Matter::Entry,
            id,
            version: next.version,
            was: keys::state(record.state),
            prev: known.last.map_or(Prev::At(known.slot.last()), Prev::Here),
            head: json,
            body: Arc::from([]),
        };
        let here = self.drafts.len();
        self.drafts.push(draft);
        if let Event::AlsoSeenAt { path } = entry.event {
            self.paths.push((id, path));
        }
        if let Some(known) = self.working.get_mut(&id) {
            known.slot.record = next.clone();
            known.last = Some(here);
        }
        Ok(next)
    }

    /// Facts, all or none.
    pub(super) fn remember(&mut self, facts: Vec<Fact>) -> Result<(), StoreError> {
        let frames = facts.iter().map(|fact| Ok(Draft::about_none(Matter::Fact, json(fact)?))).collect::<Result<Vec<_>, StoreError>>()?;
        self.drafts.extend(frames);
        self.facts.extend(facts);
        Ok(())
    }

    /// What the index must be told once the frames stand at `places`, the first of them with the number `seq`.
    pub(super) fn changes(self, places: &[Pos], seq: u64, counts: &mut Counts) -> Changes {
        let mut changes = Changes { facts: self.facts, ..Changes::default() };
        let mut arrivals = HashMap::new();
        for (id, working) in self.working {
            let Some(last) = working.last else { continue };
            let mut slot = working.slot;
            let place = |index: usize| places.get(index).map_or((0, 0), |pos| (pos.segment, pos.offset));
            slot.last = place(last);
            if let Some(first) = working.bytes {
                slot.bytes = place(first);
                slot.arrival = seq + first as u64;
            }
            counts.change(working.was.map(|item| item.state), slot.record.state);
            arrivals.insert(id, slot.arrival);
            let stays = working.was == Some(slot.item());
            changes.slots.push(Told { was: working.was, slot, stays });
        }
        for (id, path) in self.paths {
            if let Some(arrival) = arrivals.get(&id) {
                changes.paths.push((id, *arrival, path));
            }
        }
        changes
    }
}
