//! What was surely never kept: most drafts are new, and sled need not be asked seven times to say so.
//!
//! A Bloom filter over the ids of records and over what listings are asked by. It is whole from the start in a new index; in one that was
//! found it fills beside the work ([`super::Index::recall`]) and says nothing until then.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{document::DocumentId, store::keys};

/// Half a megabyte: at 100,000 documents one new thing in a hundred is looked for in vain, at a million every second one.
const WORDS: usize = 1 << 16;
/// So many bits stand for one thing.
const PROBES: u64 = 6;

/// Which things may be there.
#[derive(Debug)]
pub(super) struct Sieve {
    words: Box<[AtomicU64]>,
    whole: AtomicBool,
}

impl Sieve {
    /// One that has met nothing; `whole` says that there is nothing else to be met.
    pub(super) fn new(whole: bool) -> Self {
        Self { words: (0..WORDS).map(|_| AtomicU64::new(0)).collect(), whole: AtomicBool::new(whole) }
    }

    /// From here on everything that is there was met.
    pub(super) fn complete(&self) {
        self.whole.store(true, Ordering::Release);
    }

    /// Whether a record was surely never kept.
    pub(super) fn lacks_record(&self, id: DocumentId) -> bool {
        self.lacks(b'r', id.as_bytes())
    }

    /// Whether nothing was ever kept under what a listing's keys begin with.
    pub(super) fn lacks_named(&self, prefix: &[u8]) -> bool {
        keys::is_named(prefix) && self.lacks(prefix[0], &prefix[1..])
    }

    /// A record is there.
    pub(super) fn meet_record(&self, id: DocumentId) {
        self.meet(b'r', id.as_bytes());
    }

    /// A key of a listing is there.
    pub(super) fn meet_key(&self, key: &[u8]) {
        if keys::is_named(key) {
            self.meet(key[0], &key[1..keys::NAMED]);
        }
    }

    fn lacks(&self, tag: u8, name: &[u8]) -> bool {
        let lacks = |(word, bit): (usize, u64)| self.words[word].load(Ordering::Relaxed) & bit == 0;
        self.whole.load(Ordering::Acquire) && places(tag, name).any(lacks)
    }

    fn meet(&self, tag: u8, name: &[u8]) {
        for (word, bit) in places(tag, name) {
            self.words[word].fetch_or(bit, Ordering::Relaxed);
        }
    }
}

/// Where the bits of a thing are: names are digests or random already, so mixing them a little is enough.
fn places(tag: u8, name: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let (left, right) = name.split_at(name.len() / 2);
    let part = |bytes: &[u8]| bytes.iter().fold(u64::from(tag), |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let mix = |sum: u64| (sum ^ (sum >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (start, stride) = (mix(part(left)) ^ part(right), mix(part(right)) | 1);
    (0..PROBES).map(move |n| {
        let at = start.wrapping_add(stride.wrapping_mul(n)) >> 42;
        (usize::try_from(at >> 6).unwrap_or(0) % WORDS, 1 << (at & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Listing;

    fn prefix(n: u32) -> Vec<u8> {
        keys::prefix(&Listing::Path(format!("周检/{n}.xml")))
    }

    #[test]
    fn what_was_met_is_never_lacking_and_of_the_rest_nearly_all_is() {
        let sieve = Sieve::new(true);
        for n in 0..100_000 {
            sieve.meet_key(&[&prefix(n)[..], &[0; 8]].concat());
        }
        assert!((0..100_000).all(|n| !sieve.lacks_named(&prefix(n))));
        let taken_for_there = (100_000..200_000).filter(|n| !sieve.lacks_named(&prefix(*n))).count();
        assert!(taken_for_there < 100, "{taken_for_there} of 100,000 are looked for in vain");
    }

    #[test]
    fn one_that_has_not_met_everything_says_nothing() {
        let sieve = Sieve::new(false);
        assert!(!sieve.lacks_named(&prefix(1)));
        sieve.complete();
        assert!(sieve.lacks_named(&prefix(1)));
        assert!(!sieve.lacks_named(&keys::prefix(&Listing::All)), "what has no name is not its business");
    }
}
