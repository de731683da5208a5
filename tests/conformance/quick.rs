//! The quick way to a yes against the long way: whatever is done to a document, one never lets pass what the other does not.

use std::fs;

use dangri::check::{Verdict, Worker};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_assert_eq, prop_oneof,
    sample::select,
    test_runner::{Config, TestRunner},
};

use super::{checker, verdict};

/// Pieces of XML that are harmless in one place and break a document in another.
const PIECES: &[&str] = &[
    "<!-- a -->",
    "<!-- a -- b -->",
    "<!---->",
    "]]>",
    "&#1;",
    "&#65;",
    "&amp;",
    "&nbsp;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    " a='1'",
    " a='<'",
    " xmlns:p=''",
    " xmlns:p='urn:p'",
    " xmlns=''",
    " xmlns:xml='urn:x'",
    " xml:lang='zh'",
    "<?x y?>",
    "<?xml version='1.0'?>",
    "<![CDATA[甲]]>",
    "<!DOCTYPE a>",
    "\u{1}",
    "\u{7f}",
    "\u{feff}",
    "\u{fffe}",
    "\u{3000}",
    "\u{a0}",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "/",
    "=",
    ":",
    "!",
    "-",
    "0",
    "A",
    "王",
    "<a/>",
    "</a>",
];

#[derive(Debug, Clone)]
enum Change {
    Insert(usize, &'static str),
    Remove(usize, usize),
    Put(usize, char),
    /// Which element once more behind itself.
    Twice(usize),
    /// Which element not at all.
    Without(usize),
    /// Which element in the place of which other.
    Instead(usize, usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let insert = (any::<usize>(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece));
    let remove = (any::<usize>(), 1_usize..12).prop_map(|(at, count)| Change::Remove(at, count));
    let put = (any::<usize>(), any::<char>()).prop_map(|(at, c)| Change::Put(at, c));
    let twice = any::<usize>().prop_map(Change::Twice);
    let without = any::<usize>().prop_map(Change::Without);
    let instead = (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::Instead(from, to));
    vec(prop_oneof![4 => insert, 1 => remove, 1 => put, 2 => twice, 2 => without, 1 => instead], 1..3)
}

/// The elements of a text that still reads as one, from the `<` of their start tags to the `>` of their end tags, in characters.
fn elements(text: &[char]) -> Vec<std::ops::Range<usize>> {
    let (mut open, mut found, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(begin) = text[at..].iter().position(|c| *c == '<').map(|n| at + n) {
        let Some(end) = text[begin..].iter().position(|c| *c == '>').map(|n| begin + n + 1) else { break };
        match text.get(begin + 1) {
            Some('/') => found.extend(open.pop().map(|begin| begin..end)),
            Some('?' | '!') => {}
            _ if text[end - 2] == '/' => found.push(begin..end),
            _ => open.push(begin),
        }
        at = end;
    }
    found
}

fn changed(document: &str, changes: &[Change]) -> String {
    let mut text: Vec<char> = document.chars().collect();
    for change in changes {
        match *change {
            Change::Insert(at, piece) => {
                let at = at % text.len();
                text.splice(at..at, piece.chars());
            }
            Change::Remove(at, count) => {
                let at = at % text.len();
                text.drain(at..(at + count).min(text.len()));
            }
            Change::Put(at, c) => {
                let at = at % text.len();
                text[at] = c;
            }
            Change::Twice(nth) | Change::Without(nth) | Change::Instead(_, nth) => {
                let elements = elements(&text);
                if elements.is_empty() {
                    continue;
                }
                let one = elements[nth % elements.len()].clone();
                let instead = match *change {
                    Change::Twice(_) => [&text[one.clone()], &text[one.clone()]].concat(),
                    Change::Instead(from, _) => text[elements[from % elements.len()].clone()].to_vec(),
                    _ => Vec::new(),
                };
                text.splice(one, instead);
            }
        }
    }
    text.into_iter().collect()
}

fn passes(worker: &Worker<'_>, text: &str) -> bool {
    matches!(verdict(worker, text.as_bytes()), Verdict::Fit(_) | Verdict::FitsSchemaOnly { .. })
}

/// Changes a document in `cases` ways; says how many of them still pass.
fn both_ways_agree(folder: &str, file: &str, cases: u32) -> u32 {
    let checker = checker(folder);
    let document = fs::read_to_string(file).unwrap();
    let long = checker.worker();
    let passed = std::cell::Cell::new(0);
    checker.at_work(|quick| {
        assert!(passes(quick, &document), "{file}");
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&changes(), |changes| {
            let text = changed(&document, &changes);
            let quickly = passes(quick, &text);
            passed.set(passed.get() + u32::from(quickly));
            prop_assert_eq!(quickly, passes(&long, &text), "{}", text);
            Ok(())
        });
        outcome.unwrap();
    });
    passed.get()
}

#[test]
fn whatever_is_done_to_a_record_both_ways_say_the_same() {
    let passed = both_ways_agree("config/platform/shandong", "mocks/drafts/fit/insp_record.xml", 600);
    assert!(passed > 20, "only {passed} passed: agreeing was easy");
}

#[test]
fn whatever_is_done_to_a_form_of_any_kind_both_ways_say_the_same() {
    for file in fs::read_dir("mocks/drafts/fit").unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|ext| ext == "xml") && fs::read_to_string(&file).is_ok() {
            both_ways_agree("config/platform/shandong", file.to_str().unwrap(), 60);
        }
    }
}

#[test]
fn a_form_that_holds_itself_is_no_deeper_known_than_it_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("nested.xsd");
    let text = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:n" targetNamespace="urn:n" elementFormDefault="qualified">
        <xs:complexType name="Part"><xs:sequence><xs:element name="Part" type="Part" minOccurs="0"/></xs:sequence></xs:complexType>
        <xs:element name="Part" type="Part"/></xs:schema>"#;
    fs::write(&schema, text).unwrap();
    let nested = |depth: usize| format!("<Part xmlns=\"urn:n\">{}{}</Part>", "<Part>".repeat(depth), "</Part>".repeat(depth));
    let checker = checker(schema.to_str().unwrap());
    let long = checker.worker();
    checker.at_work(|quick| {
        for depth in [0, 1, 2, 1, 40, 90, 9_000] {
            assert_eq!(passes(quick, &nested(depth)), passes(&long, &nested(depth)), "{depth}");
        }
    });
}

#[test]
fn whatever_is_done_to_a_foreign_document_both_ways_say_the_same() {
    both_ways_agree("tests/conformance/order-x", "tests/conformance/order-x/document-1.xml", 100);
}
