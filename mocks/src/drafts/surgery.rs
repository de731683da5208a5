//! Cutting and sewing in the text of a document that this room wrote: one element a line, no element inside one of its own name
//! except as its only layer.

use chrono::{Days, NaiveDate};

/// Where an element lies: its line, and its content.
struct Span {
    line: std::ops::Range<usize>,
    content: std::ops::Range<usize>,
}

/// Finds the first element at the end of `path` (`Enterprise/Uscc`), each name inside or after the one before.
fn find(text: &str, path: &str) -> Option<Span> {
    let mut from = 0;
    let mut name = "";
    let mut tag = 0;
    for part in path.split('/') {
        name = part;
        let start = format!("<{part}");
        loop {
            tag = from + text[from..].find(&start)?;
            from = tag + start.len();
            if text[from..].starts_with(['>', ' ', '/']) {
                break;
            }
        }
        from += text[from..].find('>')? + 1;
    }
    let line_start = text[..tag].rfind('\n').map_or(0, |at| at + 1);
    let (content, close) = if text[..from].ends_with("/>") {
        (from..from, from)
    } else {
        let end = format!("</{name}>");
        let at = from + text[from..].find(&end)?;
        (from..at, at + end.len())
    };
    let line_end = close + text[close..].find('\n')? + 1;
    Some(Span { line: line_start..line_end, content })
}

/// The text of an element.
pub(super) fn get<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    find(text, path).map(|span| &text[span.content])
}

/// The document with another text in an element.
pub(super) fn set(text: &str, path: &str, value: &str) -> Option<String> {
    let span = find(text, path)?;
    Some(format!("{}{value}{}", &text[..span.content.start], &text[span.content.end..]))
}

/// The same, from the text that stood there.
pub(super) fn map(text: &str, path: &str, change: impl FnOnce(&str) -> String) -> Option<String> {
    let value = change(get(text, path)?);
    set(text, path, &value)
}

/// The document without an element.
pub(super) fn remove(text: &str, path: &str) -> Option<String> {
    let span = find(text, path)?;
    Some(format!("{}{}", &text[..span.line.start], &text[span.line.end..]))
}

/// The document with `xml` in place of an element.
pub(super) fn replace(text: &str, path: &str, xml: &str) -> Option<String> {
    let span = find(text, path)?;
    Some(format!("{}{xml}\n{}", &text[..span.line.start], &text[span.line.end..]))
}

/// The document with `xml` after an element.
pub(super) fn after(text: &str, path: &str, xml: &str) -> Option<String> {
    let span = find(text, path)?;
    Some(format!("{}{xml}\n{}", &text[..span.line.end], &text[span.line.end..]))
}

/// The document with an element moved behind another that follows it.
pub(super) fn behind(text: &str, path: &str, other: &str) -> Option<String> {
    let element = text[find(text, path)?.line].trim_end().to_owned();
    after(&remove(text, path)?, other, &element)
}

/// A day as `YYYY-MM-DD`, `days` later (earlier, if negative).
pub(super) fn days_later(day: &str, days: i64) -> Option<String> {
    let day: NaiveDate = day.parse().ok()?;
    let moved = if days < 0 { day - Days::new(days.unsigned_abs()) } else { day + Days::new(days.unsigned_abs()) };
    Some(moved.to_string())
}

/// The document with the day at `path` set `days` after the day at `base`.
pub(super) fn set_day(text: &str, path: &str, base: &str, days: i64) -> Option<String> {
    set(text, path, &days_later(get(text, base)?.get(..10)?, days)?)
}

/// The document with every `from` changed to `to`; none if there is no `from`.
pub(super) fn swap(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<R>\n  <Items>\n    <Item no=\"1\">a</Item>\n  </Items>\n  <B>\n    <Item>b</Item>\n  </B>\n</R>\n";

    #[test]
    fn elements_are_found_by_path_and_not_by_the_beginning_of_a_longer_name() {
        assert_eq!(get(TEXT, "Item"), Some("a"));
        assert_eq!(get(TEXT, "B/Item"), Some("b"));
        assert_eq!(get(TEXT, "C"), None);
        assert_eq!(set(TEXT, "B/Item", "x").as_deref().and_then(|t| get(t, "B/Item")), Some("x"));
        assert_eq!(remove(TEXT, "Items").as_deref(), Some("<R>\n  <B>\n    <Item>b</Item>\n  </B>\n</R>\n"));
        assert_eq!(
            behind(TEXT, "Items", "B").as_deref(),
            Some("<R>\n  <B>\n    <Item>b</Item>\n  </B>\n  <Items>\n    <Item no=\"1\">a</Item>\n  </Items>\n</R>\n")
        );
        assert_eq!(days_later("2023-03-01", -1).as_deref(), Some("2023-02-28"));
    }
}
