//! Blocks of keys: what the index packs some dozens of keys into, because sled's memory goes by the number of entries.

use std::collections::BTreeMap;

use super::{
    index::{FRONT, check, front, seal},
    journal::Trouble,
};

/// What keys of blocks begin with.
pub(super) const BLOCK: u8 = b'B';
/// A block is divided when it would be longer than this, in bytes.
const LENGTH: usize = 1400;

/// Keys and values, in order.
pub(super) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// The key of a block that begins with `first`.
pub(super) fn key(first: &[u8]) -> Vec<u8> {
    [&[BLOCK], first].concat()
}

/// A block's entries.
pub(super) fn read(value: &[u8]) -> Result<Entries, Trouble> {
    let malformed = || Trouble::Damaged("the index: a block of keys is malformed".into());
    let mut rest = check(value)?;
    let mut entries = Entries::new();
    while let Some((lengths, more)) = rest.split_at_checked(2) {
        let (key, more) = more.split_at_checked(lengths[0].into()).ok_or_else(malformed)?;
        let (value, more) = more.split_at_checked(lengths[1].into()).ok_or_else(malformed)?;
        entries.insert(key.to_vec(), value.to_vec());
        rest = more;
    }
    Ok(entries)
}

/// A block as it is to be written: as several where it has grown too long, and gone where it has no entries.
pub(super) fn write(block_key: &[u8], entries: &Entries) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut blocks = Vec::new();
    if entries.is_empty() {
        blocks.push((block_key.to_vec(), None));
        return blocks;
    }
    let (mut at, mut value) = (block_key.to_vec(), front());
    for (name, entry) in entries {
        if value.len() + 2 + name.len() + entry.len() > LENGTH && value.len() > FRONT {
            seal(&mut value);
            blocks.push((std::mem::replace(&mut at, key(name)), Some(std::mem::replace(&mut value, front()))));
        }
        value.extend([name.len(), entry.len()].map(|n| u8::try_from(n).unwrap_or(u8::MAX)));
        value.extend_from_slice(name);
        value.extend_from_slice(entry);
    }
    seal(&mut value);
    blocks.push((at, Some(value)));
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_grew_too_long_is_divided_and_loses_nothing() {
        let entries: Entries = (0..200_u32).map(|n| (n.to_be_bytes().to_vec(), vec![1; 16])).collect();
        let blocks = write(b"B", &entries);
        assert!(blocks.len() > 2);
        let mut found = Entries::new();
        for (at, value) in &blocks {
            let part = read(value.as_ref().unwrap()).unwrap();
            assert!(part.keys().all(|k| key(k) >= *at));
            found.extend(part);
        }
        assert_eq!(found, entries);
        assert_eq!(write(b"B", &Entries::new()), [(b"B".to_vec(), None)]);
    }
}
