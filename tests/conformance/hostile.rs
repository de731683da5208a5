//! Input made to hurt: refused in words, within bounds, and never taken for a document.

use std::fmt::Write as _;

use super::{verdict, worker};
use dangri::check::{Verdict, Worker};

fn refused(worker: &Worker<'_>, what: &str, bytes: &[u8], rule: &str) {
    match verdict(worker, bytes) {
        Verdict::Unfit { findings, .. } => {
            assert!(findings.len() <= 100, "{what}: {} findings", findings.len());
            assert!(findings.iter().any(|finding| finding.rule.starts_with(rule)), "{what}: {:?}", findings.first());
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn hostile_documents_are_refused_kindly() {
    const XMLNS: &str = "xmlns=\"urn:zf:doc:1\"";
    let worker = worker("chinese");
    let bomb = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><a>&b;</a>";
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    let mut attributes = String::from("<a ");
    let mut declarations = String::from("<a ");
    for number in 0..100_000 {
        write!(attributes, "k{number}=\"\" ").unwrap();
        write!(declarations, "xmlns:n{number}=\"u{number}\" ").unwrap();
    }
    let wrong = format!("<决定书 {XMLNS}>{}</决定书>", "<错/>".repeat(300_000));
    let wrong_ended = format!("<决定书 {XMLNS}>{}", "<错/>".repeat(1000));
    let digits = format!("<决定书 {XMLNS}><金额>{}</金额></决定书>", "9".repeat(5_000_000));
    let attribute = format!("<决定书 {XMLNS} 版本=\"{}\"/>", "9".repeat(100_000));
    let long_name = format!("<{}/>", "名".repeat(1000));
    for (what, text, rule) in [
        ("an entity bomb", bomb, "XML-DTD"),
        ("an external entity", external, "XML-DTD"),
        ("100,000 nested elements", &deep, "XML-DEEP"),
        ("100,000 attributes", &(attributes + "/>"), "XML-MANY"),
        ("100,000 namespace declarations", &(declarations + "/>"), "XML-MANY"),
        ("300,000 wrong elements", &wrong, "XML-MANY"),
        ("1,000 wrong elements and no end", &wrong_ended, "XML-"),
        ("a number of five million digits", &digits, "XML-LONG"),
        ("a long attribute", &attribute, "XML-LONG"),
        ("a long name", &long_name, "XML-LONG"),
        ("two roots", "<a/><b/>", "XML-ROOT"),
        ("a control character", "<a>\u{1}</a>", "XML-CHAR"),
        ("an entity nobody declared", "<a>&nbsp;</a>", "XML-REF"),
        ("a bare ampersand", "<a>甲 & 乙</a>", "XML-REF"),
        ("a document that was cut", "<a><b>", "XML-CUT"),
        ("an end tag of another element", "<a></b>", "XML-TAG"),
        ("a prefix nobody declared", "<p:a/>", "XML-PREFIX"),
        ("the same attribute twice", "<a k='1' k='2'/>", "XML-TWICE"),
        ("no document", "<!-- -->", "XML-"),
    ] {
        refused(&worker, what, text.as_bytes(), rule);
    }
    refused(&worker, "an oversized file", &vec![b' '; (10 << 20) + 1], "FILE-SIZE");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn a_document_with_bytes_exchanged_gets_a_verdict(changes in proptest::collection::vec((0_usize..1500, proptest::num::u8::ANY), 1..6)) {
        thread_local! {
            static WORKER: Worker<'static> = worker("chinese");
        }
        let mut bytes = std::fs::read("tests/conformance/chinese/决定书.xml").unwrap();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let verdict = WORKER.with(|worker| verdict(worker, &bytes));
        assert!(!matches!(verdict, Verdict::NotChecked { .. } | Verdict::Fit(_)), "{verdict:?}");
    }
}
