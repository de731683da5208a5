//! What is remembered of each path: 64 bytes, whether or not its name is long.

use super::name::PathKey;
use crate::document::{DocumentId, Timestamp};

/// How far dangri is with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It still changes, or has not looked the same for long enough.
    Settling,
    /// It holds still, but its format's end is missing; it is looked at again when it changes, or once patience is over.
    Unfinished,
    /// It was handed over; the verdict is awaited.
    Handed,
    /// It was judged.
    Judged,
    /// It is none of ours.
    Passed,
}

/// One path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub key: PathKey,
    /// [`super::settle::Stamp::short`] of what was seen last.
    pub stamp: u64,
    pub first_seen: Timestamp,
    /// Since when it looks so; for a handed one, when it was handed.
    pub since: Timestamp,
    /// The document that it became; meaningful when `judged_as`.
    id: DocumentId,
    /// The sweep that saw it last.
    pub round: u32,
    pub stage: Stage,
    judged_as: bool,
}

const _: () = assert!(size_of::<Entry>() <= 64);

impl Entry {
    pub(super) fn new(key: PathKey, stamp: u64, now: Timestamp, round: u32) -> Self {
        Self {
            key,
            stamp,
            first_seen: now,
            since: now,
            id: DocumentId::from_bytes([0; 16]),
            round,
            stage: Stage::Settling,
            judged_as: false,
        }
    }

    pub(super) fn id(&self) -> Option<DocumentId> {
        self.judged_as.then_some(self.id)
    }

    /// The document that it became; `settled` when it still looks as it did when it was judged.
    pub(super) fn judge(&mut self, id: Option<DocumentId>, settled: bool) {
        if settled {
            self.stage = Stage::Judged;
        }
        self.judged_as = id.is_some();
        self.id = id.unwrap_or(self.id);
    }
}

/// All paths, sorted by key: a table of exactly their size, where a hash map would keep up to half its room empty.
#[derive(Default)]
pub(super) struct Memory {
    entries: Vec<Entry>,
    /// Paths first seen in the running sweep.
    fresh: Vec<Entry>,
}

impl Memory {
    /// The entry of a path that an earlier sweep saw.
    pub(super) fn get(&mut self, key: PathKey) -> Option<&mut Entry> {
        let at = self.entries.binary_search_by(|e| e.key.cmp(&key)).ok()?;
        self.entries.get_mut(at)
    }

    /// Remembers a path for the first time.
    pub(super) fn extend(&mut self, entry: Option<Entry>) {
        self.fresh.extend(entry);
    }

    /// Ends a sweep: what it added becomes part of the table, and what `keep` does not want is forgotten.
    pub(super) fn close(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
        if !self.fresh.is_empty() {
            self.entries.reserve_exact(self.fresh.len());
            self.entries.append(&mut self.fresh);
            self.fresh = Vec::new();
            self.entries.sort_unstable_by_key(|e| e.key);
        }
        if self.entries.capacity() > self.entries.len() * 2 + 1024 {
            self.entries.shrink_to_fit();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
