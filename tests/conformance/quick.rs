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
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let insert = (any::<usize>(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece));
    let remove = (any::<usize>(), 1_usize..12).prop_map(|(at, count)| Change::Remove(at, count));
    let put = (any::<usize>(), any::<char>()).prop_map(|(at, c)| Change::Put(at, c));
    vec(prop_oneof![4 => insert, 1 => remove, 1 => put], 1..3)
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
fn whatever_is_done_to_a_foreign_document_both_ways_say_the_same() {
    both_ways_agree("tests/conformance/order-x", "tests/conformance/order-x/document-1.xml", 100);
}
