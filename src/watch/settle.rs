//! Is a file finished? Pure: what was seen before, what is seen now, and the format's own end.

use chrono::Duration;

use crate::document::Timestamp;

/// What identifies a version of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Modification time by the file's own clock, in nanoseconds since the epoch.
    pub modified_ns: i64,
    /// Time of the last change of anything about it; 0 where the share invents it.
    pub changed_ns: i64,
    /// The inode; 0 where the share invents it.
    pub inode: u64,
}

impl Stamp {
    /// Of a file's status. Of network shares only size and modification time are believed: some invent inodes anew after each mount.
    pub fn of(about: &rustix::fs::Stat, believed: bool) -> Self {
        let nanos = |secs: i64, nanos: i64| secs.saturating_mul(1_000_000_000).saturating_add(nanos);
        Self {
            size: u64::try_from(about.st_size).unwrap_or(0),
            modified_ns: nanos(about.st_mtime, i64::from(about.st_mtime_nsec as u32)),
            changed_ns: if believed { nanos(about.st_ctime, i64::from(about.st_ctime_nsec as u32)) } else { 0 },
            inode: if believed { about.st_ino } else { 0 },
        }
    }

    /// The modification time; evidence, not truth.
    pub fn modified(&self) -> Timestamp {
        Timestamp::from_millis(self.modified_ns.div_euclid(1_000_000))
    }

    /// Eight bytes to remember it by.
    pub fn short(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// Since when a file looks as it does now. A clock that stepped back starts the wait again, rather than making it endless.
pub fn since(before: Option<(u64, Timestamp)>, stamp: u64, now: Timestamp) -> Timestamp {
    match before {
        Some((old, since)) if old == stamp && since <= now => since,
        _ => now,
    }
}

/// Whether a file that has looked the same since `since` has done so long enough. With no time to settle, one look suffices.
pub fn is_still(since: Timestamp, now: Timestamp, settle: Duration) -> bool {
    now.since(since) >= settle
}

/// Whether the format's own end is there. What has no end of its own, or is not what its name says, has ended: the check will say
/// what it is. An empty file has not begun.
pub fn has_ended(bytes: &[u8]) -> bool {
    match bytes {
        [] => false,
        [b'P', b'K', 3, 4, ..] => zip_has_ended(bytes),
        [0xFF, 0xFE, rest @ ..] => xml_has_ended(&narrow(rest, 0)),
        [0xFE, 0xFF, rest @ ..] => xml_has_ended(&narrow(rest, 1)),
        [b'<', 0, ..] => xml_has_ended(&narrow(bytes, 0)),
        [0, b'<', ..] => xml_has_ended(&narrow(bytes, 1)),
        [0xEF, 0xBB, 0xBF, rest @ ..] => xml_has_ended(rest),
        _ => xml_has_ended(bytes),
    }
}

/// How much of each end of a UTF-16 file is looked at, in bytes; a document's root element begins well within.
const LOOK: usize = 16 * 1024;

/// The low bytes of UTF-16, enough to find tags by; characters beyond Latin-1 become 0x80 so that none looks like a bracket.
fn narrow(bytes: &[u8], low: usize) -> Vec<u8> {
    let pair = |p: &[u8]| {
        if p.len() < 2 {
            0
        } else if p[1 - low] == 0 {
            p[low]
        } else {
            0x80
        }
    };
    if bytes.len() <= 2 * LOOK {
        return bytes.chunks(2).map(pair).collect();
    }
    let tail = (bytes.len() - LOOK) & !1;
    bytes[..LOOK].chunks(2).chain(bytes[tail..].chunks(2)).map(pair).collect()
}

/// Whether the root element is closed and nothing but comments, instructions and white space follow.
fn xml_has_ended(text: &[u8]) -> bool {
    let Some(root) = root_name(text) else {
        // A prolog that breaks off, or nothing that resembles XML; of the latter there is nothing to wait for.
        return !text.trim_ascii_start().starts_with(b"<");
    };
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_end();
        let opening: &[u8] = if rest.ends_with(b"-->") {
            b"<!--"
        } else if rest.ends_with(b"?>") {
            b"<?"
        } else {
            break;
        };
        match rest.windows(opening.len()).rposition(|w| w == opening) {
            Some(at) => rest = &rest[..at],
            None => return false,
        }
    }
    let Some(inside) = rest.strip_suffix(b">") else {
        return false;
    };
    let Some(tag) = inside.iter().rposition(|b| *b == b'<').map(|at| &inside[at + 1..]) else {
        return false;
    };
    match tag.strip_prefix(b"/") {
        Some(name) => name.trim_ascii_end() == root,
        // The root may have no content at all.
        None => tag.ends_with(b"/") && tag.starts_with(root),
    }
}

/// The name of the first element.
fn root_name(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let at = rest.iter().position(|b| *b == b'<')?;
        rest = &rest[at + 1..];
        let skip: &[u8] = match rest {
            [b'!', b'-', b'-', ..] => b"-->",
            [b'!', ..] => b">",
            [b'?', ..] => b"?>",
            _ => break,
        };
        let at = rest.windows(skip.len()).position(|w| w == skip)?;
        rest = &rest[at + skip.len()..];
    }
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))?;
    (end > 0).then(|| &rest[..end])
}

/// Whether the end-of-central-directory record stands at the end, its comment included.
fn zip_has_ended(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let from = bytes.len().saturating_sub(RECORD + usize::from(u16::MAX));
    bytes[from..].windows(RECORD).rev().zip(0..).any(|(record, behind): (_, usize)| {
        record.starts_with(b"PK\x05\x06") && usize::from(u16::from_le_bytes([record[20], record[21]])) == behind
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str =
        "<?xml version=\"1.0\"?>\n<!-- <x> -->\n<d:Record xmlns:d=\"urn:dangri:document:1\"><a>检查</a></d:Record >\n<!-- end -->\r\n";

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn every_cut_of_a_document_is_seen_to_be_unfinished() {
        let content = XML.find("</d:Record >").unwrap() + "</d:Record >".len();
        let comment = content + "\n".len()..XML.trim_end().len();
        for cut in 0..=XML.len() {
            if XML.is_char_boundary(cut) {
                // Behind the root only a comment that broke off is unfinished.
                let whole = cut >= content && !(comment.start + 1..comment.end).contains(&cut);
                assert_eq!(has_ended(&XML.as_bytes()[..cut]), whole, "{}", &XML[..cut]);
                for big in [false, true] {
                    assert_eq!(has_ended(&utf16(&XML[..cut], big)), whole || cut == 0, "utf-16 {}", &XML[..cut]);
                }
            }
        }
    }

    #[test]
    fn zeros_that_a_copier_put_there_beforehand_are_no_end() {
        let mut bytes = XML.as_bytes().to_vec();
        bytes.extend([0; 100]);
        assert!(!has_ended(&bytes));
        assert!(!has_ended(b"<a><a></a>"[..6].as_ref()));
        assert!(has_ended(b"<a/>") && has_ended(b"<a b='1'/>\n") && !has_ended(b"<a><b/>"));
    }

    #[test]
    fn a_zip_ends_with_its_directory() {
        let mut zip = b"PK\x03\x04 content PK\x01\x02".to_vec();
        assert!(!has_ended(&zip));
        zip.extend(b"PK\x05\x06");
        zip.extend([0; 16]);
        assert!(!has_ended(&zip));
        zip.extend([3, 0]);
        assert!(!has_ended(&zip));
        zip.extend(b"abc");
        assert!(has_ended(&zip));
    }

    #[test]
    fn what_is_not_what_its_name_says_is_not_waited_for() {
        assert!(has_ended(b"\xD0\xCF\x11\xE0 old Word"));
        assert!(has_ended("随便写的".as_bytes()));
        assert!(has_ended(b"%PDF-1.4"));
        assert!(!has_ended(b""));
    }

    #[test]
    fn the_wait_begins_again_with_every_change_and_with_a_clock_that_steps_back() {
        let t = |s: i64| Timestamp::from_millis(s * 1000);
        assert_eq!(since(None, 1, t(10)), t(10));
        assert_eq!(since(Some((1, t(10))), 1, t(15)), t(10));
        assert_eq!(since(Some((1, t(10))), 2, t(15)), t(15));
        assert_eq!(since(Some((1, t(10))), 1, t(5)), t(5));
        assert!(is_still(t(10), t(15), Duration::seconds(5)));
        assert!(!is_still(t(10), t(14), Duration::seconds(5)));
        assert!(is_still(t(10), t(10), Duration::zero()));
    }
}
