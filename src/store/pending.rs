//! The index's newest changes, which sled does not have yet.

use std::collections::{BTreeMap, HashMap};

use super::{
    Listing,
    index::{Changes, Slot, Summary, state_value},
    keys,
};
use crate::document::{DocumentId, Record, State};

/// Changes that rest in memory until sled is told of them. A kill loses them, and the journal tells them again.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Records, each with the state that sled has it in.
    pub docs: HashMap<DocumentId, (Option<State>, Slot)>,
    /// Keys of listings, with their values; `None` where a key goes.
    pub keys: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Facts; `None` where one was struck out.
    pub facts: BTreeMap<String, Option<String>>,
    /// What the index reflects with all this.
    pub summary: Summary,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.docs.is_empty() && self.keys.is_empty() && self.facts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.docs.clear();
        self.keys.clear();
        self.facts.clear();
    }

    pub(super) fn take(&mut self, changes: &Changes, summary: &Summary) {
        for (before, slot) in &changes.slots {
            let (record, arrival) = (&slot.record, slot.arrival);
            let id = record.id();
            let before = before.map(|item| item.state);
            if let Some(before) = before.filter(|before| *before != record.state) {
                self.keys.insert(full_key(&Listing::InState(before), record, arrival), None);
            }
            self.keys.insert(full_key(&Listing::InState(record.state), record, arrival), Some(state_value(&slot.item())));
            if before.is_none() {
                for listing in keys::lasting(record) {
                    self.keys.insert(full_key(&listing, record, arrival), Some(id.as_bytes().to_vec()));
                }
            }
            match self.docs.get_mut(&id) {
                Some((_, known)) => known.clone_from(slot),
                None => {
                    self.docs.insert(id, (before, slot.clone()));
                }
            }
        }
        for (id, arrival, path) in &changes.paths {
            let mut key = keys::prefix(&Listing::Path(path.clone()));
            key.extend_from_slice(&(!arrival).to_be_bytes());
            self.keys.insert(key, Some(id.as_bytes().to_vec()));
        }
        self.facts.extend(changes.facts.iter().map(|fact| (fact.name.clone(), fact.value.clone())));
        self.summary = summary.clone();
    }
}

fn full_key(listing: &Listing, record: &Record, arrival: keys::Arrival) -> Vec<u8> {
    let mut key = keys::prefix(listing);
    key.extend_from_slice(&keys::place(listing, record, arrival));
    key
}
