//! The index over the journal, in sled: the only file that names it.
//!
//! sled's `flush` does not make anything durable on Linux, a kill while it opens can leave it unopenable, and a truncated file is silently
//! an older one. None of that matters here, because the index may be lost at any time: it knows which place in the journal it reflects, and
//! whatever comes after that is told to it again. The newest changes rest in memory ([`Pending`]) and go to sled some thousands at a time,
//! so that a document that passes through quickly is written once. Records carry a version byte and a checksum.

mod kept;
mod seal;
mod sieve;

use std::{
    collections::BTreeMap,
    fs,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError, RwLock, RwLockReadGuard},
};

pub(in crate::store) use self::{
    kept::{Changes, Counts, Slot, Summary, Told},
    seal::{FRONT, check, front, seal},
};
use self::{
    seal::{decode, encode},
    sieve::Sieve,
};
use super::{
    Cursor, Listing,
    agenda::Item,
    block::{self, BLOCK},
    journal::Trouble,
    keys,
    pending::Pending,
};
use crate::document::{DocumentId, State, Timestamp};

/// Records above this are told of in the log: sled is made for small ones.
const RECORD_LIMIT: usize = 4096;
const SUMMARY: &[u8] = b"m";
const COUNTS: &[u8] = b"k";
/// So many documents are gathered before sled is told of them.
pub(in crate::store) const GATHER: usize = 4096;
/// So many changes are one batch: sled holds on to all that a batch replaces until the batch is done.
const BATCH: usize = 32;

/// The index.
#[derive(Debug)]
pub(in crate::store) struct Index {
    tree: sled::Db,
    pending: RwLock<Pending>,
    /// How many records of each state sled has.
    written: Mutex<Counts>,
    sieve: Sieve,
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
    pub(in crate::store) fn open(dir: &Path, cache: u64) -> Result<Self, Trouble> {
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
        let tree = guarded(|| config.open())?;
        let written = match guarded(|| tree.get(COUNTS))? {
            Some(bytes) => decode(&bytes)?,
            None => Counts::default(),
        };
        let summary = match guarded(|| tree.get(SUMMARY))? {
            Some(bytes) => decode(&bytes)?,
            None => Summary::default(),
        };
        let sieve = Sieve::new(guarded(|| Ok(tree.is_empty()))?);
        let pending = Pending { summary: Summary { counts: written, ..summary }, ..Pending::default() };
        Ok(Self { tree, pending: RwLock::new(pending), written: Mutex::new(written), sieve })
    }

    fn pending(&self) -> RwLockReadGuard<'_, Pending> {
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it reflects; a new one reflects nothing.
    pub(in crate::store) fn summary(&self) -> Summary {
        self.pending().summary.clone()
    }

    /// How many records sled has.
    pub(in crate::store) fn written(&self) -> u64 {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).total()
    }

    pub(in crate::store) fn slot(&self, id: DocumentId) -> Result<Option<Slot>, Trouble> {
        if self.sieve.lacks_record(id) {
            return Ok(None);
        }
        if let Some((_, slot)) = self.pending().docs.get(&id) {
            return Ok(Some(Slot::clone(slot)));
        }
        match guarded(|| self.tree.get(record_key(id)))? {
            Some(bytes) => decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    pub(in crate::store) fn fact(&self, name: &str) -> Result<Option<String>, Trouble> {
        if let Some(value) = self.pending().facts.get(name) {
            return Ok(value.clone());
        }
        match guarded(|| self.tree.get(fact_key(name)))? {
            Some(bytes) => decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    /// At most `limit` facts whose names begin with `prefix` and come after `after`, sled's and the pending ones as one.
    pub(in crate::store) fn facts(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, Trouble> {
        let pending = self.pending();
        let start = match after.filter(|after| *after >= prefix) {
            Some(after) => Bound::Excluded(after),
            None => Bound::Included(prefix),
        };
        let mut fresh =
            pending.facts.range::<str, _>((start, Bound::Unbounded)).take_while(|(name, _)| name.starts_with(prefix)).peekable();
        let written = self.tree.range((start.map(fact_key), Bound::Unbounded));
        let mut written = written.take_while(|entry| entry.as_ref().map_or(true, |(key, _)| key.starts_with(&fact_key(prefix)))).peekable();
        let mut found = Vec::new();
        while found.len() < limit {
            let entry = guarded(|| written.next_if(|_| true).transpose())?;
            let old = match entry {
                Some((key, value)) => Some((fact_name(&key)?, value)),
                None => None,
            };
            // Whatever is pending before the next written one, or takes its place, comes first.
            let before = |name: &str| old.as_ref().is_none_or(|(old, _)| name <= old.as_str());
            let mut replaced = false;
            while let Some((name, value)) = fresh.next_if(|(name, _)| before(name)) {
                replaced |= old.as_ref().is_some_and(|(old, _)| old == name);
                found.extend(value.as_ref().map(|value| (name.clone(), value.clone())));
            }
            match old {
                Some((name, value)) if !replaced => found.push((name, decode(&value)?)),
                Some(_) => {}
                None => break,
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Takes in the changes of one commit; says how many documents and facts are not in sled yet. At [`GATHER`] of them it is time to [`Index::flush`].
    pub(in crate::store) fn commit(&self, changes: Changes, summary: &Summary) -> usize {
        let mut pending = self.pending.write().unwrap_or_else(PoisonError::into_inner);
        changes.slots.iter().for_each(|told| self.sieve.meet_record(told.slot.record.id()));
        pending.take(changes, summary, &mut |key| self.sieve.meet_key(key));
        pending.docs.len() + pending.facts.len()
    }

    /// Writes what is pending to sled. In which order matters: whatever part of it a kill leaves, telling it the same frames again gives the
    /// same index. Keys first, for they may be written twice; then records, each batch with the counts that it leads to; and only then the
    /// place in the journal that all this reflects.
    pub(in crate::store) fn flush(&self) -> Result<(), Trouble> {
        let pending = self.pending();
        if pending.is_empty() {
            return Ok(());
        }
        self.write_keys(&pending.keys)?;
        let mut written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // In the tree's own order each leaf is fetched once, not once for every record on it.
        let mut docs: Vec<_> = pending.docs.values().collect();
        docs.sort_unstable_by_key(|(_, slot)| slot.record.id());
        for some in docs.chunks(BATCH) {
            let mut batch = sled::Batch::default();
            for (was, slot) in some {
                let bytes = encode(&**slot)?;
                if bytes.len() > RECORD_LIMIT {
                    tracing::warn!(document.id = %slot.record.id(), bytes = bytes.len(), "a record is larger than the index is made for");
                }
                written.change(*was, slot.record.state);
                batch.insert(&record_key(slot.record.id())[..], bytes);
            }
            batch.insert(COUNTS, encode(&written)?);
            guarded(|| self.tree.apply_batch(batch))?;
            *self.written.lock().unwrap_or_else(PoisonError::into_inner) = written;
        }
        let mut batch = sled::Batch::default();
        for (name, value) in &pending.facts {
            match value {
                Some(value) => batch.insert(fact_key(name), encode(value)?),
                None => batch.remove(fact_key(name)),
            }
        }
        batch.insert(SUMMARY, encode(&pending.summary)?);
        guarded(|| self.tree.apply_batch(batch))?;
        drop(pending);
        self.pending.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// Writes everything out to the file.
    pub(in crate::store) fn write_out(&self) -> Result<(), Trouble> {
        self.flush()?;
        guarded(|| self.tree.flush().map(|_| ()))
    }

    /// Keys live in blocks of some dozens, each from its own key up to the next block's: sled spends half a kilobyte of memory on every
    /// sixteen entries, and there are eight keys to a document.
    fn write_keys(&self, keys: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<(), Trouble> {
        let mut batch = sled::Batch::default();
        let mut gathered = 0;
        let mut rest = keys.iter().peekable();
        while let Some((first, _)) = rest.peek() {
            let (block_key, block) = self.block_of(first)?;
            let next = guarded(|| self.tree.get_gt(&block_key))?.map(|(key, _)| key).filter(|key| key.first() == Some(&BLOCK));
            let belongs = |key: &[u8]| next.as_ref().is_none_or(|next| key < &next[1..]);
            let newer = std::iter::from_fn(|| rest.next_if(|(key, _)| belongs(key)));
            gathered += 1;
            for (key, value) in block::write(&block_key, &block::read(&block)?, newer) {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            if gathered % BATCH == 0 {
                guarded(|| self.tree.apply_batch(std::mem::take(&mut batch)))?;
            }
        }
        guarded(|| self.tree.apply_batch(batch))
    }

    /// The block that a key belongs to: its own key, and what it holds.
    fn block_of(&self, key: &[u8]) -> Result<(Vec<u8>, sled::IVec), Trouble> {
        let wanted = block::key(key);
        let found = guarded(|| self.tree.range(&[BLOCK][..]..=&wanted[..]).next_back().transpose())?;
        Ok(found.map_or_else(|| (vec![BLOCK], block::empty().into()), |(key, value)| (key.to_vec(), value)))
    }

    /// All keys from `start` on that begin with `prefix`, with their values, sled's and the pending ones as one; until `each` says stop.
    fn scan(&self, prefix: &[u8], start: Bound<&[u8]>, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Trouble> {
        let pending = self.pending();
        let mut fresh = pending.keys.range::<[u8], _>((start, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix)).peekable();
        let (Bound::Included(from) | Bound::Excluded(from)) = start else { return Ok(()) };
        let (first, _) = self.block_of(from)?;
        let mut blocks = self.tree.range(first..);
        while let Some(entry) = guarded(|| blocks.next().transpose())? {
            if entry.0.first() != Some(&BLOCK) || (entry.0.len() > 1 && &entry.0[1..] > prefix && !entry.0[1..].starts_with(prefix)) {
                break;
            }
            for (key, value) in block::read(&entry.1)? {
                let begun = match start {
                    Bound::Excluded(start) => key > start,
                    _ => key >= from,
                };
                if !begun || !key.starts_with(prefix) {
                    continue;
                }
                while let Some((newer, value)) = fresh.next_if(|(newer, _)| newer[..] < *key) {
                    if value.as_ref().is_some_and(|value| !each(newer, value)) {
                        return Ok(());
                    }
                }
                let go_on = match fresh.next_if(|(newer, _)| newer[..] == *key) {
                    Some((_, Some(newer))) => each(key, newer),
                    Some((_, None)) => true,
                    None => each(key, value),
                };
                if !go_on {
                    return Ok(());
                }
            }
        }
        for (key, value) in fresh {
            if value.as_ref().is_some_and(|value| !each(key, value)) {
                break;
            }
        }
        Ok(())
    }

    /// At most `limit` ids of a listing after `after`, each with its place.
    pub(in crate::store) fn ids(
        &self,
        listing: &Listing,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<(Cursor, DocumentId)>, Trouble> {
        let prefix = keys::prefix(listing);
        let from = after.map(|after| [&prefix[..], after].concat());
        let start = from.as_ref().map_or(Bound::Included(&prefix[..]), |from| Bound::Excluded(&from[..]));
        let mut found = Vec::new();
        if limit == 0 || self.sieve.lacks_named(&prefix) {
            return Ok(found);
        }
        self.scan(&prefix, start, &mut |key, value| {
            if let Some(id) = id_in(value) {
                found.push((key[prefix.len()..].to_vec(), id));
            }
            found.len() < limit
        })?;
        Ok(found)
    }

    /// Shows all of a state, as the agenda wants them.
    pub(in crate::store) fn items(&self, state: State, each: &mut dyn FnMut(Item)) -> Result<(), Trouble> {
        let prefix = keys::prefix(&Listing::InState(state));
        let mut malformed = false;
        self.scan(&prefix, Bound::Included(&prefix), &mut |key, value| {
            match read_item(state, &key[prefix.len()..], value) {
                Some(item) => each(item),
                None => malformed = true,
            }
            !malformed
        })?;
        if malformed { Err(Trouble::Damaged("the index: a key by state is malformed".into())) } else { Ok(()) }
    }

    /// Meets the keys of at most `limit` blocks after the one at `after`, so that what is not among all of them is known to be new; where it
    /// got to, or `None` at the end.
    pub(in crate::store) fn recall(&self, after: Option<&[u8]>, limit: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let start = after.map_or(Bound::Included(&[BLOCK][..]), Bound::Excluded);
        let mut blocks = self.tree.range::<&[u8], _>((start, Bound::Excluded(&[BLOCK + 1][..]))).take(limit);
        let mut last = None;
        while let Some((key, value)) = guarded(|| blocks.next().transpose())? {
            block::read(&value)?.iter().for_each(|(key, _)| self.sieve.meet_key(key));
            last = Some(key.to_vec());
        }
        Ok(last)
    }

    /// All that is there was recalled and walked through.
    pub(in crate::store) fn recalled(&self) {
        self.sieve.complete();
    }

    /// Every record's key and whether its record is whole, in slices of `limit`; goes on after `after`.
    pub(in crate::store) fn walk(&self, after: Option<DocumentId>, limit: usize) -> Result<Vec<(DocumentId, bool)>, Trouble> {
        let start = after.map_or_else(|| vec![b'r'], |id| record_key(id).to_vec());
        guarded(|| {
            let range = self.tree.range::<&[u8], _>((Bound::Excluded(&start[..]), Bound::Excluded(&b"s"[..])));
            let mut found = Vec::new();
            for entry in range.take(limit) {
                let (key, value) = entry?;
                if let Some(id) = id_in(&key[1..]) {
                    self.sieve.meet_record(id);
                    found.push((id, check(&value).is_ok()));
                }
            }
            Ok(found)
        })
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

fn fact_name(key: &[u8]) -> Result<String, Trouble> {
    let name = key.get(1..).and_then(|name| std::str::from_utf8(name).ok());
    name.map(str::to_owned).ok_or_else(|| Trouble::Damaged("the index: a fact without a name".into()))
}

fn id_in(bytes: &[u8]) -> Option<DocumentId> {
    Some(DocumentId::from_bytes(bytes.get(..16)?.try_into().ok()?))
}

pub(in crate::store) fn state_value(item: &Item) -> Vec<u8> {
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
