//! One frame: a header of 72 bytes, JSON, and bytes.
//!
//! All numbers are little-endian. Frames begin at multiples of eight.
//!
//! ```text
//!  0 magic "DGR1"        12 length of the JSON   24 sequence number       40 document id (16)       64 matter
//!  4 header's CRC32C     16 length of the bytes  32 first number of the   56 segment and            65 state before, 255: none
//!  8 the JSON's CRC32C   20 document's version      commit it belongs to  60 offset of its previous 68 the bytes' CRC32C
//! ```
//!
//! The header's checksum begins with the segment's salt, so that no frame can be smuggled in within another's bytes.

use std::sync::Arc;

use crate::document::DocumentId;

/// The version of this format; a journal of a newer one is refused.
pub(in crate::store) const FORMAT: u32 = 1;
pub(super) const HEADER: usize = 72;
const MAGIC: [u8; 4] = *b"DGR1";

/// Where a frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(in crate::store) struct Pos {
    /// The segment's number, from 1; 0 is nowhere.
    pub segment: u32,
    /// The offset in it.
    pub offset: u32,
}

impl Pos {
    /// Nowhere.
    pub(in crate::store) const NONE: Self = Self { segment: 0, offset: 0 };
}

impl std::fmt::Display for Pos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "segment {} offset {}", self.segment, self.offset)
    }
}

/// What a frame is about. Part of the format: numbers are never given anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::store) enum Matter {
    /// The head of a segment.
    Segment = 1,
    /// The birth and first entry of a document, and its bytes.
    Birth = 2,
    /// A further entry.
    Entry = 3,
    /// A small named fact.
    Fact = 4,
    /// A document's bytes once more, after the first copy was damaged.
    Bytes = 5,
    /// A record as it stood when the segment of its history was archived.
    Summary = 6,
}

impl Matter {
    fn of(byte: u8) -> Option<Self> {
        [Self::Segment, Self::Birth, Self::Entry, Self::Fact, Self::Bytes, Self::Summary].into_iter().find(|m| *m as u8 == byte)
    }
}

/// What stands at the front of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Header {
    pub head_crc: u32,
    pub body_crc: u32,
    pub head_len: u32,
    pub body_len: u32,
    pub version: u32,
    pub seq: u64,
    pub batch: u64,
    pub id: DocumentId,
    pub prev: Pos,
    pub matter: Matter,
    pub was: u8,
}

impl Header {
    pub(super) fn write(&self, salt: u32, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[0; 4]);
        for n in [self.head_crc, self.head_len, self.body_len, self.version] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.batch.to_le_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&self.prev.segment.to_le_bytes());
        out.extend_from_slice(&self.prev.offset.to_le_bytes());
        out.extend_from_slice(&[self.matter as u8, self.was, 0, 0]);
        out.extend_from_slice(&self.body_crc.to_le_bytes());
        let crc = header_crc(salt, &out[start + 8..start + HEADER]);
        out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads a header; `None` when the bytes are not one.
    pub(super) fn read(salt: u32, bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        if bytes[..4] != MAGIC || u32_at(bytes, 4)? != header_crc(salt, &bytes[8..]) {
            return None;
        }
        Some(Self {
            head_crc: u32_at(bytes, 8)?,
            body_crc: u32_at(bytes, 68)?,
            head_len: u32_at(bytes, 12)?,
            body_len: u32_at(bytes, 16)?,
            version: u32_at(bytes, 20)?,
            seq: u64_at(bytes, 24)?,
            batch: u64_at(bytes, 32)?,
            id: DocumentId::from_bytes(bytes[40..56].try_into().ok()?),
            prev: Pos { segment: u32_at(bytes, 56)?, offset: u32_at(bytes, 60)? },
            matter: Matter::of(bytes[64])?,
            was: bytes[65],
        })
    }

    /// How many bytes follow the header, without the padding.
    pub(super) fn payload(&self) -> usize {
        self.head_len as usize + self.body_len as usize
    }

    /// How far it is to the next frame.
    pub(super) fn stride(&self) -> usize {
        stride(self.payload())
    }
}

pub(super) fn stride(payload: usize) -> usize {
    (HEADER + payload).next_multiple_of(8)
}

fn header_crc(salt: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(salt, bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A frame that was read back whole.
#[derive(Debug, Clone)]
pub(in crate::store) struct Frame {
    pub pos: Pos,
    pub header: Header,
    /// The JSON.
    pub head: Vec<u8>,
    /// The bytes; left out by a scan.
    pub body: Vec<u8>,
}

impl Frame {
    /// How far it is to the next frame.
    pub(in crate::store) fn stride(&self) -> u64 {
        self.header.stride() as u64
    }
}

/// The document's previous frame, as far as it is known before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Prev {
    /// It stands there already, or there is none.
    At(Pos),
    /// It is the frame with this index in the same commit.
    Here(usize),
}

/// A frame to be written.
#[derive(Debug, Clone)]
pub(in crate::store) struct Draft {
    pub matter: Matter,
    pub id: DocumentId,
    pub version: u32,
    pub was: u8,
    pub prev: Prev,
    pub head: Vec<u8>,
    pub body: Arc<[u8]>,
}

impl Draft {
    /// A frame about no document.
    pub(in crate::store) fn about_none(matter: Matter, head: Vec<u8>) -> Self {
        let id = DocumentId::from_bytes([0; 16]);
        Self { matter, id, version: 0, was: u8::MAX, prev: Prev::At(Pos::NONE), head, body: Arc::from([]) }
    }

    /// How much room it takes.
    pub(in crate::store) fn stride(&self) -> usize {
        stride(self.head.len() + self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            head_crc: 1,
            body_crc: 11,
            head_len: 2,
            body_len: 3,
            version: 4,
            seq: 5,
            batch: 6,
            id: DocumentId::from_bytes([7; 16]),
            prev: Pos { segment: 8, offset: 9 },
            matter: Matter::Entry,
            was: 10,
        }
    }

    #[test]
    fn a_header_reads_as_it_was_written_and_no_single_bit_may_change() {
        let mut bytes = Vec::new();
        header().write(99, &mut bytes);
        assert_eq!(bytes.len(), HEADER);
        assert_eq!(Header::read(99, &bytes), Some(header()));
        for bit in 0..HEADER * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(99, &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn a_header_of_another_segment_is_none() {
        let mut bytes = Vec::new();
        header().write(99, &mut bytes);
        assert_eq!(Header::read(98, &bytes), None);
    }
}
