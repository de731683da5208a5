//! The journal: every event, and the bytes of every taken document, in the order in which they were made durable.
//!
//! A folder of segments, each named after its number and a salt: `00000007-5f3a9c01.journal`. A segment is a row of frames (see [`frame`])
//! followed by zeros up to the length set aside for it. Frames carry sequence numbers without a gap across segments, and each names the
//! first number of the commit that it was written with: what was torn by a power cut, and never acknowledged, can be told from what was
//! damaged later. A closed segment is never changed.

mod frame;
mod recover;
mod scan;
mod segment;
mod tail;

pub(super) use frame::{Draft, FORMAT, Frame, Header, Matter, Pos, Prev};
pub(super) use recover::{Damage, Reading, cut, read_on};
pub(super) use scan::{Found, Scan};
#[cfg(test)]
pub(super) use segment::rewrite_head;
pub(super) use segment::{Segment, SegmentHead, Segments, header_at, newer_format, sync_dir};
pub(super) use tail::Tail;

/// Why the journal could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// No room; nothing was written.
    #[error("no room: {0}")]
    Full(String),
    /// A read, write or sync failed.
    #[error("{0}")]
    Io(String),
    /// What stands there is not what was written.
    #[error("{0}")]
    Damaged(String),
    /// It is in an archived segment that cannot be opened now.
    #[error("archived in {0}")]
    Away(String),
}

impl Trouble {
    /// Tells a full disk from a failing one.
    pub(super) fn of(error: &std::io::Error, doing: &str) -> Self {
        use std::io::ErrorKind as K;
        if matches!(error.kind(), K::StorageFull | K::QuotaExceeded) {
            Self::Full(format!("{doing}: {error}"))
        } else {
            Self::Io(format!("{doing}: {error}"))
        }
    }
}
