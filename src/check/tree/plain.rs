//! Plain documents: well-formed beyond doubt, because they use only the simplest of what XML allows.
//!
//! The tree's parser is quick-xml, which takes more than a well-formed document. What is plain needs no second reading by a strict parser;
//! whatever is not (processing instructions, CDATA, numeric references, prefixed attributes, names beyond ASCII and CJK, …) may be perfectly
//! well-formed and is simply read the long way. So every doubt here is a no.

use super::build::is_space;

/// More attributes than this on one tag are not plain.
const MOST_ATTRIBUTES: usize = 16;

/// Whether a text has only characters that XML 1.0 allows, and no byte order mark in it.
pub(super) fn characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let allowed = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r');
    // U+FEFF, U+FFFE and U+FFFF begin with this byte, as the full-width forms do.
    let strange = |at: usize| matches!(bytes[at..], [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..]);
    // Without an early end inside a chunk, the compiler looks at many bytes at once.
    let all_allowed = |chunk: &[u8]| chunk.iter().fold(true, |so_far, byte| so_far & allowed(byte));
    bytes.chunks(64).all(all_allowed) && memchr::memchr_iter(0xEF, bytes).all(|at| !strange(at))
}

/// Whether an XML declaration is of the usual form: version 1.0, and what encoding, where the text begins.
pub(super) fn declaration(raw: &str, start: usize) -> bool {
    let encoding = |rest: &str| -> Option<()> {
        let name = rest.strip_prefix(" encoding=\"")?.strip_suffix("\"?>")?;
        let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        (letters && name.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(())
    };
    let rest = raw.strip_prefix("<?xml version=\"1.0\"");
    start == 0 && rest.is_some_and(|rest| rest == "?>" || encoding(rest).is_some())
}

/// Whether a comment is plain: it stands beside the root element, and has no two hyphens in it.
pub(super) fn comment(raw: &str, beside_root: bool) -> bool {
    let inside = raw.strip_prefix("<!--").and_then(|raw| raw.strip_suffix("-->"));
    beside_root && inside.is_some_and(|inside| !inside.contains("--") && !inside.ends_with('-'))
}

/// Whether character data is plain.
pub(super) fn text(raw: &str) -> bool {
    memchr::memchr(b']', raw.as_bytes()).is_none_or(|at| !raw[at..].contains("]]>"))
}

/// Whether a reference is to one of the five predefined entities.
pub(super) fn reference(name: &str) -> bool {
    matches!(name, "amp" | "lt" | "gt" | "quot" | "apos")
}

/// Whether a start tag, from `<` to `>`, is plain. Namespaces are declared on the root only.
pub(super) fn tag(raw: &str, is_root: bool) -> bool {
    let Some(inside) = raw.strip_prefix('<').and_then(|raw| raw.strip_suffix('>')) else { return false };
    // Nearly all tags of a draft are a name and nothing else.
    let bare = inside.starts_with(|c: char| c.is_ascii_alphabetic()) && inside.bytes().all(|b| b.is_ascii_alphanumeric());
    bare || inside_tag(inside.strip_suffix('/').unwrap_or(inside), is_root).is_some()
}

fn inside_tag(inside: &str, is_root: bool) -> Option<()> {
    let (prefix, _, mut rest) = qualified(inside)?;
    if prefix.is_some_and(is_reserved) {
        return None;
    }
    let mut names = [(false, ""); MOST_ATTRIBUTES];
    for known in 0..=MOST_ATTRIBUTES {
        let after = rest.trim_start_matches(is_space);
        if after.is_empty() {
            return Some(());
        }
        if after.len() == rest.len() || known == MOST_ATTRIBUTES {
            return None;
        }
        let (prefix, local, value) = qualified(after)?;
        let value = value.strip_prefix('=')?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, more) = value[1..].split_once(quote)?;
        if value.contains(['<', '&', '\t', '\n', '\r']) {
            return None;
        }
        let declares = prefix == Some("xmlns") || (prefix.is_none() && local == "xmlns");
        let allowed = if declares { is_root && may_be_bound(prefix.map(|_| local), value) } else { prefix.is_none() };
        if !allowed {
            return None;
        }
        let name = (declares, local);
        if names[..known].contains(&name) {
            return None;
        }
        names[known] = name;
        rest = more;
    }
    None
}

/// Whether a plain document may bind this prefix, or the default, to this namespace.
fn may_be_bound(prefix: Option<&str>, namespace: &str) -> bool {
    let reserved = ["http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"];
    !namespace.is_empty() && !reserved.contains(&namespace) && !prefix.is_some_and(is_reserved)
}

fn is_reserved(prefix: &str) -> bool {
    prefix.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("xml"))
}

/// A qualified name of simple letters: its prefix, its local name, and what follows.
fn qualified(text: &str) -> Option<(Option<&str>, &str, &str)> {
    let (first, rest) = unqualified(text)?;
    match rest.strip_prefix(':') {
        Some(rest) => {
            let (local, rest) = unqualified(rest)?;
            Some((Some(first), local, rest))
        }
        None => Some((None, first, rest)),
    }
}

fn unqualified(text: &str) -> Option<(&str, &str)> {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || ('\u{4E00}'..='\u{9FFF}').contains(&c);
    if !text.starts_with(starts) {
        return None;
    }
    let end = text.find(|c: char| !(starts(c) || c.is_ascii_digit() || matches!(c, '-' | '.'))).unwrap_or(text.len());
    Some(text.split_at(end))
}
