use std::{path::Path, sync::Arc};

use super::*;
use crate::check::{Checker, Context, Settings};

/// A draft with one mistake of each common sort.
fn spoilt() -> Vec<u8> {
    let text = std::fs::read_to_string("mocks/drafts/fit/insp_record.xml").unwrap();
    let (before, rest) = text.split_once("<CertificatesShown>").unwrap();
    let (_, after) = rest.split_once("</CertificatesShown>").unwrap();
    format!("{before}{after}")
        .replacen("<Level>district", "<Level>区级", 1)
        .replacen("</Officers>", "</Officers><Weather>晴</Weather>", 1)
        .replacen("<DocumentDate>", "<DocumentDate>2023年4月3日 ", 1)
        .replacen("<Phone>", "<Phone>13812345678、13812345678、13812345678、", 1)
        .into_bytes()
}

fn verdict(bytes: &[u8]) -> Verdict {
    let checker = Checker::load(Path::new("config/platform/shandong"), Settings::default()).unwrap();
    Arc::new(checker).worker().check(bytes, &Context::alone(chrono::NaiveDate::from_ymd_opt(2024, 6, 3).unwrap()))
}

#[test]
fn the_terminal_tells_everything_about_a_draft() {
    let verdict = verdict(&spoilt());
    insta::assert_snapshot!(terminal(About { file: "检查记录.xml", facts: verdict.facts() }, &verdict));
}

#[test]
fn the_note_beside_a_draft_can_be_read_with_notepad_and_leads_on() {
    let verdict = verdict(&spoilt());
    let at = Timestamp::parse("2023-04-14T10:30:00+08:00").unwrap();
    let bytes = note(About { file: "检查记录.xml", facts: verdict.facts() }, Occasion::Check, verdict.findings(), at);
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap()).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(!text.contains("13812345678"), "a telephone number is covered");
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}

#[test]
fn a_program_gets_the_findings_as_json() {
    let verdict = verdict(b"<a><b></a>");
    insta::assert_json_snapshot!(json(About { file: "a.xml", facts: None }, &verdict));
}

#[test]
fn what_the_platform_objects_to_is_told_by_label_and_place() {
    let text = std::fs::read_to_string("mocks/drafts/fit/insp_record.xml").unwrap();
    let Verdict::Fit(draft) = verdict(text.as_bytes()) else { panic!() };
    let checker = Checker::load(Path::new("config/platform/shandong"), Settings::default()).unwrap();
    let tree = checker.case_document(draft.facts().clone(), draft.body()).unwrap().tree;
    let objection = |path: Option<&str>| Refusal {
        code: "E1203".into(),
        path: path.map(str::to_owned),
        line: Some(14),
        message: "统一社会信用代码校验位错误".into(),
    };
    let findings = refusals(&[objection(Some("/d:InspectionRecord/d:Enterprise[1]/d:Uscc")), objection(None)], Some(&tree));
    assert_eq!((findings[0].label.as_str(), findings[1].label.as_str()), ("统一社会信用代码", "平台意见"));
    assert!(findings[0].value.len() == 18 && findings[0].place.column > 0);
    assert_eq!(findings[1].place.line, 14);
}
