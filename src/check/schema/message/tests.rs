use std::{path::Path, sync::Arc};

use crate::check::{Checker, Context, Settings, Verdict, Worker};

const XMLNS: &str = "xmlns=\"urn:dangri:document:1\"";

fn worker() -> Worker<'static> {
    Arc::new(Checker::load(Path::new("config/platform/shandong"), Settings::default()).unwrap()).worker()
}

/// What the check says when the first `from` of a fit draft becomes `to`: rule, wanted, advice.
fn said(worker: &Worker<'_>, from: &str, to: &str) -> (String, String, String) {
    let text = std::fs::read_to_string("mocks/drafts/fit/insp_record.xml").unwrap();
    let (before, rest) = text.split_once(&format!("<{from}>")).unwrap();
    let (_, after) = rest.split_once(&format!("</{from}>")).unwrap();
    let spoilt = format!("{before}<{from}>{to}</{from}>{after}");
    let verdict = worker.check(spoilt.as_bytes(), &Context::alone(chrono::NaiveDate::from_ymd_opt(2024, 6, 3).unwrap()));
    let finding = verdict.findings().iter().find(|finding| finding.rule.starts_with("XSD-")).cloned().unwrap();
    (finding.rule, finding.wanted, finding.advice)
}

#[test]
fn a_value_that_was_meant_well_is_told_how_to_write_it() {
    let worker = worker();
    for (field, value, meant) in [
        ("DocumentDate", "2023年4月3日", "请改为 2023-04-03。"),
        ("DocumentDate", "２０２３/4/3", "请改为 2023-04-03。"),
        ("Start", "2023-04-03 9:30", "请改为 2023-04-03T09:30:00+08:00。"),
        ("Start", "2023年4月3日9时30分", "请改为 2023-04-03T09:30:00+08:00。"),
        ("Pages", "１2", "请改为 12。"),
        ("Category", "设施设备类", "请改为 facility（设施设备类）。"),
        ("AuthorLevel", "District", "请改为 district（区级）。"),
        ("DocumentDate", "2023-02-30", "请核对年月日，这一天或这个时刻不存在。"),
        ("DocumentDate", "", "请填写“文书日期”。"),
    ] {
        let (_, wanted, advice) = said(&worker, field, value);
        assert_eq!(advice, meant, "{field}: {value}");
        assert!(!wanted.is_empty(), "{field}: {value}");
    }
}

#[test]
fn lengths_are_counted_in_characters_and_told() {
    let worker = worker();
    let (rule, wanted, advice) = said(&worker, "Place", &"车".repeat(53));
    assert_eq!((rule.as_str(), wanted.as_str(), advice.as_str()), ("XSD-maxLength", "不超过 50 个字", "请删减至少 3 个字。"));
}

#[test]
fn a_document_of_an_unknown_kind_or_namespace_is_told_which_there_are() {
    let worker = worker();
    let context = Context::alone(chrono::NaiveDate::from_ymd_opt(2024, 6, 3).unwrap());
    let verdict = |text: &str| worker.check(text.as_bytes(), &context);
    let Verdict::Unfit { findings, .. } = verdict(&format!("<Nothing {XMLNS}/>")) else { panic!() };
    assert!(findings[0].wanted.contains("现场检查记录"), "{findings:?}");
    let Verdict::Unfit { findings, .. } = verdict("<InspectionRecord/>") else { panic!() };
    assert!(findings[0].advice.contains(XMLNS), "{findings:?}");
}
