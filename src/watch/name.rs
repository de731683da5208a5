//! Names of files as people see them, and back.
//!
//! A name is bytes, and never trusted: what is not printable is escaped, so that two different names never look the same and no name
//! can break a line, a terminal or the direction of writing (fault 51).

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A path below the watched folder as 16 bytes, for the memory of what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathKey([u8; 16]);

impl PathKey {
    /// The key of a path as it is on the disk.
    pub fn of(path: &[u8]) -> Self {
        let digest = Sha256::digest(path);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

/// The path as text: bytes that are not UTF-8 as `\xNN`, what cannot be printed as `\u{…}`, a backslash as `\\`.
pub fn display(path: &[u8]) -> String {
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => shown.push_str("\\\\"),
                c if crate::telemetry::is_unsafe(c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            write!(shown, "\\x{byte:02x}").unwrap_or_default();
        }
    }
    shown
}

/// The path as it is on the disk; `None` for text that [`display`] never writes.
pub fn from_display(shown: &str) -> Option<Vec<u8>> {
    let mut path = Vec::with_capacity(shown.len());
    let mut rest = shown;
    while let Some(at) = rest.find('\\') {
        path.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        rest = match escape.as_bytes().first()? {
            b'\\' => {
                path.push(b'\\');
                &escape[1..]
            }
            b'x' => {
                path.push(u8::from_str_radix(escape.get(1..3)?, 16).ok()?);
                &escape[3..]
            }
            b'u' => {
                let (code, rest) = escape.strip_prefix("u{")?.split_once('}')?;
                let c = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
                path.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest
            }
            _ => return None,
        };
    }
    path.extend_from_slice(rest.as_bytes());
    Some(path)
}

/// What a name's shape says of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Something that editors, systems or dangri itself leave behind.
    Litter,
    /// With this extension, lower case; empty without one.
    Extension([u8; 8]),
}

/// What a file's name says of it (domain.md §7.1).
pub fn shape(name: &[u8]) -> Shape {
    const OURS: [&str; 3] = [super::notes::REASON, super::notes::RECEIPT, "_当日状态.txt"];
    const PREFIXES: [&[u8]; 2] = [b".", b"~$"];
    const SUFFIXES: [&[u8]; 5] = [b".tmp", b".part", b".crdownload", b".bak", b"~"];
    const NAMES: [&[u8]; 2] = [b"thumbs.db", b"desktop.ini"];
    let lower = name.to_ascii_lowercase();
    let litter = PREFIXES.iter().any(|p| lower.starts_with(p))
        || SUFFIXES.iter().any(|s| lower.ends_with(s))
        || NAMES.contains(&lower.as_slice())
        || OURS.iter().any(|s| name.ends_with(s.as_bytes()));
    if litter {
        return Shape::Litter;
    }
    let mut extension = [0; 8];
    if let Some(dot) = lower.iter().rposition(|b| *b == b'.')
        && let Some(space) = extension.get_mut(..lower.len() - dot - 1)
    {
        space.copy_from_slice(&lower[dot + 1..]);
    }
    Shape::Extension(extension)
}

/// Folders that systems keep for themselves.
pub fn is_system_folder(name: &[u8]) -> bool {
    name.starts_with(b".")
        || [b"$RECYCLE.BIN".as_slice(), b"System Volume Information", b"lost+found", b"@eaDir", b"#recycle"].contains(&name)
}

/// An extension in the form of [`Shape::Extension`]; `None` when it is too long to be one.
pub fn extension(word: &str) -> Option<[u8; 8]> {
    let mut extension = [0; 8];
    extension.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    Some(extension)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_name_breaks_a_line_or_turns_the_writing_round() {
        assert_eq!(display("检查/现场 1.xml".as_bytes()), "检查/现场 1.xml");
        assert_eq!(display(b"a\nb\xff\\c"), "a\\u{a}b\\xff\\\\c");
        assert_eq!(display("\u{202E}lmx.exe".as_bytes()), "\\u{202e}lmx.exe");
    }

    #[test]
    fn litter_is_told_from_drafts_by_name() {
        for name in [
            "~$检查.docx",
            ".~检查.xml",
            "~WRL0001.tmp",
            "a.TMP",
            "a.xml.part",
            "Thumbs.db",
            "desktop.ini",
            ".DS_Store",
            "检查.xml.退回原因.txt",
            "检查.xml.录入回执.txt",
            "_当日状态.txt",
            ".dangri-folder",
        ] {
            assert_eq!(shape(name.as_bytes()), Shape::Litter, "{name}");
        }
        let xml = Shape::Extension(extension("xml").unwrap());
        for name in ["（淄）应急检记〔2023〕1号.xml", "副本 (1).XML", "-a.xml", "a.b.xml"] {
            assert_eq!(shape(name.as_bytes()), xml, "{name}");
        }
        assert_eq!(shape(b"no extension"), Shape::Extension([0; 8]));
        assert_eq!(shape(b"a.verylongextension"), Shape::Extension([0; 8]));
    }

    proptest! {
        #[test]
        fn what_is_shown_leads_back_to_the_bytes(path in proptest::collection::vec(any::<u8>(), 0..40)) {
            let shown = display(&path);
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert_eq!(from_display(&shown), Some(path));
        }
    }
}
