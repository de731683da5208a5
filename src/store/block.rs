//! Blocks of keys: what the index packs some dozens of keys into, because sled's memory goes by the number of entries.

use std::iter::Peekable;

use super::{
    index::{FRONT, check, front, seal},
    journal::Trouble,
};

/// What keys of blocks begin with.
pub(super) const BLOCK: u8 = b'B';
/// A block is divided when it would be longer than this, in bytes.
const LENGTH: usize = 1400;

/// Keys and values, in order.
pub(super) type Entries<'b> = Vec<(&'b [u8], &'b [u8])>;

/// The key of a block that begins with `first`.
pub(super) fn key(first: &[u8]) -> Vec<u8> {
    [&[BLOCK], first].concat()
}

/// A block without entries.
pub(super) fn empty() -> Vec<u8> {
    let mut value = front();
    seal(&mut value);
    value
}

/// A block's entries.
pub(super) fn read(value: &[u8]) -> Result<Entries<'_>, Trouble> {
    let malformed = || Trouble::Damaged("the index: a block of keys is malformed".into());
    let mut rest = check(value)?;
    let mut entries = Entries::with_capacity(rest.len() / 32);
    while let Some((lengths, more)) = rest.split_at_checked(2) {
        let (key, more) = more.split_at_checked(lengths[0].into()).ok_or_else(malformed)?;
        let (value, more) = more.split_at_checked(lengths[1].into()).ok_or_else(malformed)?;
        entries.push((key, value));
        rest = more;
    }
    Ok(entries)
}

/// A block with newer entries, in order, put in, in place of old ones of the same key, and taken out where they have no value. As it is to be
/// written: as several where it has grown too long, and gone where it has no entries.
pub(super) fn write<'a>(
    block_key: &[u8],
    old: &[(&'a [u8], &'a [u8])],
    newer: impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut blocks = Vec::new();
    let (mut at, mut value) = (block_key.to_vec(), front());
    for (name, entry) in merged(old.iter().copied().peekable(), newer.peekable()) {
        if value.len() + 2 + name.len() + entry.len() > LENGTH && value.len() > FRONT {
            seal(&mut value);
            blocks.push((std::mem::replace(&mut at, key(name)), Some(std::mem::replace(&mut value, front()))));
        }
        value.extend([name.len(), entry.len()].map(|n| u8::try_from(n).unwrap_or(u8::MAX)));
        value.extend_from_slice(name);
        value.extend_from_slice(entry);
    }
    if value.len() == FRONT {
        return vec![(block_key.to_vec(), None)];
    }
    seal(&mut value);
    blocks.push((at, Some(value)));
    blocks
}

fn merged<'a>(
    mut old: Peekable<impl Iterator<Item = (&'a [u8], &'a [u8])>>,
    mut newer: Peekable<impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>>,
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    std::iter::from_fn(move || {
        loop {
            let before = |(name, _): &(&[u8], &[u8])| newer.peek().is_none_or(|(newer, _)| *name < newer.as_slice());
            if let Some(entry) = old.next_if(before) {
                return Some(entry);
            }
            let (name, value) = newer.next()?;
            // Of one key only the newer entry counts.
            old.next_if(|(known, _)| *known == name.as_slice());
            if let Some(value) = value {
                return Some((name, value));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Newer = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    #[test]
    fn a_block_that_grew_too_long_is_divided_and_loses_nothing() {
        let newer: Newer = (0..200_u32).map(|n| (n.to_be_bytes().to_vec(), Some(vec![1; 16]))).collect();
        let blocks = write(b"B", &[], newer.iter());
        assert!(blocks.len() > 2);
        let mut found = Newer::new();
        for (at, value) in &blocks {
            let value = value.as_ref().unwrap();
            let part = read(value).unwrap();
            assert!(part.iter().all(|(k, _)| key(k) >= *at));
            found.extend(part.iter().map(|(k, v)| (k.to_vec(), Some(v.to_vec()))));
        }
        assert_eq!(found, newer);
        assert_eq!(write(b"B", &[], Newer::new().iter()), [(b"B".to_vec(), None)]);
    }

    #[test]
    fn newer_entries_take_the_place_of_old_ones_or_take_them_out() {
        let entry = |name: &[u8], value: &[u8]| (name.to_vec(), Some(value.to_vec()));
        let first = write(b"B", &[], Newer::from([entry(b"b", b"1"), entry(b"d", b"1"), entry(b"f", b"1")]).iter());
        let first = first[0].1.clone().unwrap();
        let newer = Newer::from([entry(b"a", b"2"), (b"b".to_vec(), None), entry(b"d", b"2"), (b"e".to_vec(), None), entry(b"g", b"2")]);
        let second = write(b"B", &read(&first).unwrap(), newer.iter());
        let second = second[0].1.clone().unwrap();
        let wanted: [(&[u8], &[u8]); 4] = [(b"a", b"2"), (b"d", b"2"), (b"f", b"1"), (b"g", b"2")];
        assert_eq!(read(&second).unwrap(), wanted);
        let none: Newer = wanted.iter().map(|(name, _)| (name.to_vec(), None)).collect();
        assert_eq!(write(b"B", &read(&second).unwrap(), none.iter()), [(b"B".to_vec(), None)]);
    }
}
