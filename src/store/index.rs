//! The index over the journal, in sled: the only file that names it.
//!
//! sled's `flush` does not make anything durable on Linux, a kill while it opens can leave it unopenable, and a truncated file is silently
//! an older one. None of that matters here, because the index may be lost at any time: each commit of the journal becomes one batch, which
//! sled keeps whole or not at all, and carries the place in the journal that it reflects. Records carry a version byte and a checksum.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    Cursor, Listing,
    agenda::Item,
    journal::{Pos, Trouble},
    keys::{self, Arrival},
};
use crate::document::{DocumentId, Record, State, Timestamp};

/// The version of records and of the summary.
const VERSION: u8 = 1;
/// Records above this are told of in the log: sled is made for small ones.
const RECORD_LIMIT: usize = 4096;
const SUMMARY: &[u8] = b"m";

/// A record and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slot {
    pub last: (u32, u32),
    pub bytes: (u32, u32),
    pub arrival: Arrival,
    pub record: Record,
}

impl Slot {
    /// The document's newest frame.
    pub(super) fn last(&self) -> Pos {
        Pos { segment: self.last.0, offset: self.last.1 }
    }

    /// The frame that holds its bytes.
    pub(super) fn bytes(&self) -> Pos {
        Pos { segment: self.bytes.0, offset: self.bytes.1 }
    }

    pub(super) fn item(&self) -> Item {
        Item::of(&self.record, self.arrival)
    }
}

/// How many records there are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts([u64; 13]);

impl Counts {
    pub(super) fn change(&mut self, old: Option<State>, new: State) {
        if let Some(old) = old {
            let slot = &mut self.0[usize::from(keys::state(old))];
            *slot = slot.saturating_sub(1);
        }
        self.0[usize::from(keys::state(new))] += 1;
    }

    pub(super) fn of(&self, state: State) -> u64 {
        self.0[usize::from(keys::state(state))]
    }

    pub(super) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(super) fn map(&self) -> BTreeMap<State, u64> {
        State::ALL.into_iter().map(|s| (s, self.of(s))).filter(|(_, n)| *n > 0).collect()
    }
}

/// What the index reflects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Summary {
    /// The number of the last frame.
    pub seq: u64,
    /// Where the last frame begins: segment and offset.
    pub last: (u32, u32),
    /// Where the next frame goes.
    pub end: (u32, u32),
    /// How many records there are in each state.
    pub counts: Counts,
}

/// What one commit of the journal changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Records, each with what the agenda knew of it before, if it did.
    pub slots: Vec<(Option<Item>, Slot)>,
    /// Further paths at which documents were seen.
    pub paths: Vec<(DocumentId, Arrival, String)>,
    /// Facts.
    pub facts: Vec<(String, String)>,
}

impl Changes {
    /// One record, in the state that it was in.
    pub(super) fn of_one(slot: Slot) -> Self {
        Self { slots: vec![(Some(slot.item()), slot)], ..Self::default() }
    }
}

/// The index.
#[derive(Debug, Clone)]
pub(super) struct Index {
    tree: sled::Db,
}

fn trouble(error: &sled::Error) -> Trouble {
    match error {
        sled::Error::Io(error) => Trouble::of(error, "the index"),
        other => Trouble::Damaged(format!("the index: {other}")),
    }
}

/// sled panics on some damage; that is an answer like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, Trouble> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome.map_err(|error| trouble(&error)),
        Err(_) => Err(Trouble::Damaged("the index: sled panicked".into())),
    }
}

impl Index {
    /// Opens what is there, or begins anew.
    pub(super) fn open(dir: &Path, cache: u64) -> Result<Self, Trouble> {
        // A half-written snapshot would be taken for corruption for ever; snapshots are derived from the log.
        remove_snapshots(dir, |name| name.ends_with(".generating"));
        let first = Self::try_open(dir, cache);
        if !matches!(first, Err(Trouble::Damaged(_))) {
            return first;
        }
        remove_snapshots(dir, |_| true);
        Self::try_open(dir, cache)
    }

    fn try_open(dir: &Path, cache: u64) -> Result<Self, Trouble> {
        let config = sled::Config::new().path(dir).flush_every_ms(None).cache_capacity(cache);
        Ok(Self { tree: guarded(|| config.open())? })
    }

    /// What it reflects; `None` when it is new.
    pub(super) fn summary(&self) -> Result<Option<Summary>, Trouble> {
        match guarded(|| self.tree.get(SUMMARY))? {
            Some(bytes) => decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn slot(&self, id: DocumentId) -> Result<Option<Slot>, Trouble> {
        match guarded(|| self.tree.get(record_key(id)))? {
            Some(bytes) => decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn fact(&self, name: &str) -> Result<Option<String>, Trouble> {
        match guarded(|| self.tree.get(fact_key(name)))? {
            Some(bytes) => decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    /// All changes of one commit, whole or not at all.
    pub(super) fn commit(&self, changes: &Changes, summary: &Summary) -> Result<(), Trouble> {
        let mut batch = sled::Batch::default();
        for (was, slot) in &changes.slots {
            let record = &slot.record;
            let id = record.id();
            let in_state = |state| listing_key(&Listing::InState(state), record, slot.arrival);
            if let Some(was) = was.filter(|was| was.state != record.state) {
                batch.remove(in_state(was.state));
            }
            batch.insert(in_state(record.state), state_value(&slot.item()));
            if was.is_none() {
                for listing in keys::lasting(record) {
                    batch.insert(listing_key(&listing, record, slot.arrival), id.as_bytes());
                }
            }
            let bytes = encode(slot)?;
            if bytes.len() > RECORD_LIMIT {
                tracing::warn!(document = %id, bytes = bytes.len(), "a record is larger than the index is made for");
            }
            batch.insert(&record_key(id)[..], bytes);
        }
        for (id, arrival, path) in &changes.paths {
            let mut key = keys::prefix(&Listing::Path(path.clone()));
            key.extend_from_slice(&(!arrival).to_be_bytes());
            batch.insert(key, id.as_bytes());
        }
        for (name, value) in &changes.facts {
            batch.insert(fact_key(name), encode(value)?);
        }
        batch.insert(SUMMARY, encode(summary)?);
        guarded(|| self.tree.apply_batch(batch))
    }

    /// At most `limit` ids of a listing after `after`, each with its place.
    pub(super) fn ids(&self, listing: &Listing, after: Option<&Cursor>, limit: usize) -> Result<Vec<(Cursor, DocumentId)>, Trouble> {
        let prefix = keys::prefix(listing);
        let start = after.map(|after| [&prefix[..], after].concat());
        guarded(|| {
            let range = match &start {
                Some(start) => self.tree.range::<&[u8], _>((std::ops::Bound::Excluded(&start[..]), std::ops::Bound::Unbounded)),
                None => self.tree.range::<&[u8], _>(&prefix[..]..),
            };
            let mut found = Vec::new();
            for entry in range.take(limit) {
                let (key, value) = entry?;
                let Some(place) = key.strip_prefix(&prefix[..]) else { break };
                if let Some(id) = id_in(&value) {
                    found.push((place.to_vec(), id));
                }
            }
            Ok(found)
        })
    }

    /// All of a state, as the agenda wants them.
    pub(super) fn items(&self, state: State) -> Result<Vec<Item>, Trouble> {
        let prefix = keys::prefix(&Listing::InState(state));
        let found = guarded(|| {
            let entries = self.tree.scan_prefix(&prefix);
            entries.map(|entry| entry.map(|(key, value)| read_item(state, &key[prefix.len()..], &value))).collect::<Result<Vec<_>, _>>()
        })?;
        let whole: Option<Vec<Item>> = found.into_iter().collect();
        whole.ok_or_else(|| Trouble::Damaged("the index: a key by state is malformed".into()))
    }

    /// Every record's key and whether its record is whole, in slices of `limit`; goes on after `after`.
    pub(super) fn walk(&self, after: Option<DocumentId>, limit: usize) -> Result<Vec<(DocumentId, bool)>, Trouble> {
        let start = after.map_or_else(|| vec![b'r'], |id| record_key(id).to_vec());
        guarded(|| {
            let range = self.tree.range::<&[u8], _>((std::ops::Bound::Excluded(&start[..]), std::ops::Bound::Excluded(&b"s"[..])));
            let mut found = Vec::new();
            for entry in range.take(limit) {
                let (key, value) = entry?;
                if let Some(id) = id_in(&key[1..]) {
                    found.push((id, check(&value).is_ok()));
                }
            }
            Ok(found)
        })
    }

    /// Writes everything out. Not a promise; it shortens the replay at the next start.
    pub(super) fn flush(&self) -> Result<(), Trouble> {
        guarded(|| self.tree.flush().map(|_| ()))
    }
}

fn remove_snapshots(dir: &Path, which: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.starts_with("snap.") && which(name) {
            // One that stays is found again by the open that follows.
            drop(fs::remove_file(&path));
        }
    }
}

fn record_key(id: DocumentId) -> [u8; 17] {
    let mut key = [b'r'; 17];
    key[1..].copy_from_slice(id.as_bytes());
    key
}

fn fact_key(name: &str) -> Vec<u8> {
    [b"f", name.as_bytes()].concat()
}

fn listing_key(listing: &Listing, record: &Record, arrival: Arrival) -> Vec<u8> {
    let mut key = keys::prefix(listing);
    key.extend_from_slice(&keys::place(listing, record, arrival));
    key
}

fn id_in(bytes: &[u8]) -> Option<DocumentId> {
    Some(DocumentId::from_bytes(bytes.get(..16)?.try_into().ok()?))
}

fn state_value(item: &Item) -> Vec<u8> {
    let mut value = item.id.as_bytes().to_vec();
    value.extend_from_slice(&item.due.millis().to_be_bytes());
    if let Some(case) = item.case {
        value.extend_from_slice(&case.to_be_bytes());
    }
    value
}

fn read_item(state: State, place: &[u8], value: &[u8]) -> Option<Item> {
    let millis = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?));
    let number = |bytes: &[u8]| Some(u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?));
    Some(Item {
        id: id_in(value)?,
        state,
        due: Timestamp::from_millis(millis(&value[16..])?),
        cut_off: Timestamp::from_millis((number(place)? ^ (1 << 63)).cast_signed()),
        rank: u16::from_be_bytes(place.get(8..10)?.try_into().ok()?),
        arrival: number(place.get(10..)?)?,
        case: if value.len() > 24 { Some(number(&value[24..])?) } else { None },
    })
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Trouble> {
    let front = vec![VERSION, 0, 0, 0, 0];
    let mut bytes = postcard::to_extend(value, front).map_err(|e| Trouble::Io(format!("encoding for the index: {e}")))?;
    let crc = crc32c::crc32c(&bytes[5..]);
    bytes[1..5].copy_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

fn check(bytes: &[u8]) -> Result<&[u8], Trouble> {
    let damaged = |what: &str| Trouble::Damaged(format!("the index: {what}"));
    let (front, rest) = bytes.split_at_checked(5).ok_or_else(|| damaged("a record is cut off"))?;
    if front[0] != VERSION {
        return Err(damaged("a record of another version"));
    }
    if front[1..] != crc32c::crc32c(rest).to_le_bytes() {
        return Err(damaged("a record's checksum is wrong"));
    }
    Ok(rest)
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Trouble> {
    postcard::from_bytes(check(bytes)?).map_err(|e| Trouble::Damaged(format!("the index: {e}")))
}
