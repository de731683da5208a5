//! How values stand in the index: a version byte, a checksum, and the value.

use serde::{Deserialize, Serialize};

use crate::store::journal::Trouble;

/// The version of records and of the summary. An index of another one is rebuilt from the journal.
const VERSION: u8 = 4;

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Trouble> {
    let mut bytes = postcard::to_extend(value, front()).map_err(|e| Trouble::Io(format!("encoding for the index: {e}")))?;
    seal(&mut bytes);
    Ok(bytes)
}

/// What every value begins with: the version, and room for the checksum.
pub(in crate::store) fn front() -> Vec<u8> {
    vec![VERSION, 0, 0, 0, 0]
}

/// How long that is.
pub(in crate::store) const FRONT: usize = 5;

/// Fills the checksum in.
pub(in crate::store) fn seal(bytes: &mut [u8]) {
    let crc = crc32c::crc32c(&bytes[FRONT..]);
    bytes[1..FRONT].copy_from_slice(&crc.to_le_bytes());
}

/// What follows the front, if it is what was written.
pub(in crate::store) fn check(bytes: &[u8]) -> Result<&[u8], Trouble> {
    let damaged = |what: &str| Trouble::Damaged(format!("the index: {what}"));
    let (front, rest) = bytes.split_at_checked(FRONT).ok_or_else(|| damaged("a record is cut off"))?;
    if front[0] != VERSION {
        return Err(damaged("a record of another version"));
    }
    if front[1..] != crc32c::crc32c(rest).to_le_bytes() {
        return Err(damaged("a record's checksum is wrong"));
    }
    Ok(rest)
}

pub(super) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Trouble> {
    postcard::from_bytes(check(bytes)?).map_err(|e| Trouble::Damaged(format!("the index: {e}")))
}
