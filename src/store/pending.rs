//! The index's newest changes, which sled does not have yet.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use super::{
    Listing,
    index::{Changes, Slot, Summary, Told, state_value},
    keys,
};
use crate::document::{DocumentId, Record, State};

/// Changes that rest in memory until sled is told of them. A kill loses them, and the journal tells them again.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Records, each with the state that sled has it in.
    pub docs: HashMap<DocumentId, (Option<State>, Box<Slot>)>,
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

    /// Takes in what a commit changed; `met` is shown every key that comes.
    pub(super) fn take(&mut self, changes: Changes, summary: &Summary, met: &mut dyn FnMut(&[u8])) {
        for Told { was, slot, stays } in changes.slots {
            let before = was.map(|item| item.state);
            if !stays {
                self.take_keys(before, &slot, met);
            }
            match self.docs.entry(slot.record.id()) {
                Entry::Occupied(mut known) => *known.get_mut().1 = slot,
                Entry::Vacant(new) => drop(new.insert((before, Box::new(slot)))),
            }
        }
        for (id, arrival, path) in changes.paths {
            let mut key = keys::prefix(&Listing::Path(path));
            key.extend_from_slice(&(!arrival).to_be_bytes());
            met(&key);
            self.keys.insert(key, Some(id.as_bytes().to_vec()));
        }
        self.facts.extend(changes.facts.into_iter().map(|fact| (fact.name, fact.value)));
        self.summary = summary.clone();
    }

    fn take_keys(&mut self, before: Option<State>, slot: &Slot, met: &mut dyn FnMut(&[u8])) {
        let (record, arrival) = (&slot.record, slot.arrival);
        if let Some(before) = before.filter(|before| *before != record.state) {
            self.keys.insert(full_key(&Listing::InState(before), record, arrival), None);
        }
        self.keys.insert(full_key(&Listing::InState(record.state), record, arrival), Some(state_value(&slot.item())));
        if before.is_none() {
            for listing in keys::lasting(record) {
                let key = full_key(&listing, record, arrival);
                met(&key);
                self.keys.insert(key, Some(record.id().as_bytes().to_vec()));
            }
        }
    }
}

fn full_key(listing: &Listing, record: &Record, arrival: keys::Arrival) -> Vec<u8> {
    let mut key = keys::prefix(listing);
    key.extend_from_slice(&keys::place(listing, record, arrival));
    key
}
