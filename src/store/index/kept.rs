//! What the index keeps: records with their places, counts, and how far in the journal it has come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    document::{DocumentId, Record, State},
    store::{
        Fact,
        agenda::Item,
        journal::Pos,
        keys::{self, Arrival},
    },
};

/// A record and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Slot {
    pub last: (u32, u32),
    pub bytes: (u32, u32),
    pub arrival: Arrival,
    pub record: Record,
}

impl Slot {
    /// The document's newest frame.
    pub(in crate::store) fn last(&self) -> Pos {
        Pos { segment: self.last.0, offset: self.last.1 }
    }

    /// The frame that holds its bytes.
    pub(in crate::store) fn bytes(&self) -> Pos {
        Pos { segment: self.bytes.0, offset: self.bytes.1 }
    }

    pub(in crate::store) fn item(&self) -> Item {
        Item::of(&self.record, self.arrival)
    }
}

/// How many records there are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::store) struct Counts([u64; 13]);

impl Counts {
    pub(in crate::store) fn change(&mut self, old: Option<State>, new: State) {
        if let Some(old) = old {
            let slot = &mut self.0[usize::from(keys::state(old))];
            *slot = slot.saturating_sub(1);
        }
        self.0[usize::from(keys::state(new))] += 1;
    }

    pub(in crate::store) fn of(&self, state: State) -> u64 {
        self.0[usize::from(keys::state(state))]
    }

    pub(in crate::store) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(in crate::store) fn map(&self) -> BTreeMap<State, u64> {
        State::ALL.into_iter().map(|s| (s, self.of(s))).filter(|(_, n)| *n > 0).collect()
    }
}

/// What the index reflects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::store) struct Summary {
    /// The number of the last frame.
    pub seq: u64,
    /// Where the last frame begins: segment and offset.
    pub last: (u32, u32),
    /// Where the next frame goes.
    pub end: (u32, u32),
    /// How many records there are in each state.
    pub counts: Counts,
}

/// A record as a commit leaves it.
#[derive(Debug)]
pub(in crate::store) struct Told {
    /// What the agenda knew of it before, if it did.
    pub was: Option<Item>,
    pub slot: Slot,
    /// Whether it stands in every listing as it did, so that its keys need not be written. Never so of what is told again or mended: then
    /// nobody knows what the index has.
    pub stays: bool,
}

/// What one commit of the journal changes.
#[derive(Debug, Default)]
pub(in crate::store) struct Changes {
    /// Records.
    pub slots: Vec<Told>,
    /// Further paths at which documents were seen.
    pub paths: Vec<(DocumentId, Arrival, String)>,
    /// Facts.
    pub facts: Vec<Fact>,
}

impl Changes {
    /// One record, in the state that it was in.
    pub(in crate::store) fn of_one(slot: Slot) -> Self {
        Self { slots: vec![Told { was: Some(slot.item()), slot, stays: false }], ..Self::default() }
    }
}
