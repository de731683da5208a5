//! The catalogue and the code agree, and the catalogue can be edited.

use std::collections::BTreeSet;

use super::{
    super::{BadCatalogue, Catalogue, Exceptions, Ground, RuleSet, catalogue, predicates},
    Case, Context, Kind, Severity, TODAY, all_on, amounts, codes, days, fails, forms, ground, judge, passes, people, publicity, references,
    soft, stale, tree, wording,
};

/// Every case of the families beside this file.
fn every_case() -> Vec<Case> {
    [
        codes::cases(),
        people::cases(),
        amounts::cases(),
        stale::cases(),
        days::cases(),
        references::cases(),
        forms::cases(),
        wording::cases(),
        publicity::cases(),
        soft::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn catalogue_and_code_agree_one_to_one() {
    let catalogued: Vec<String> = Catalogue::embedded().unwrap().rules.into_iter().map(|rule| rule.id).collect();
    let coded: Vec<&str> = predicates().map(|predicate| predicate.id).collect();
    let (once, known): (BTreeSet<&str>, BTreeSet<&str>) =
        (catalogued.iter().map(String::as_str).collect(), coded.iter().copied().collect());
    assert_eq!(once, known);
    assert_eq!((catalogued.len(), coded.len()), (once.len(), known.len()), "an id stands twice");
}

#[test]
fn every_rule_has_a_case_that_breaks_it_and_one_that_does_not() {
    let cases = every_case();
    for predicate in predicates() {
        let of_rule = || cases.iter().filter(|case| case.rule == predicate.id);
        assert!(of_rule().any(|case| case.wanted.is_some()), "{} has no failing case", predicate.id);
        assert!(of_rule().any(|case| case.wanted.is_none()), "{} has no passing case", predicate.id);
    }
}

#[test]
fn the_shipped_catalogue_loads_and_prints() {
    let shipped = catalogue().unwrap();
    assert!(RuleSet::new(shipped.clone(), ground()).is_ok());
    let printed = shipped.to_string();
    assert_eq!(printed.lines().count(), shipped.rules.len());
    assert!(printed.contains("STALE-4\t必须改\t复议机关\t自2024-01-01\t行政复议法（2023年修订）第二十四条"));
    assert!(printed.contains("S-13\t停用\t") && !printed.contains("S-16\t停用\t"));
}

#[test]
fn the_words_of_the_catalogue_are_whole() {
    for rule in Catalogue::embedded().unwrap().rules {
        for text in [&rule.title_zh, &rule.message_zh, &rule.fix_zh] {
            assert!(!text.is_empty(), "{}", rule.id);
            assert!(!text.is_ascii(), "{} must be Chinese", rule.id);
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{}", rule.id);
        }
        assert!(rule.message_zh.ends_with('。') && rule.fix_zh.ends_with('。'), "{}", rule.id);
        assert!(rule.effective_from.is_none() || rule.effective_to.is_none() || rule.effective_from <= rule.effective_to);
    }
}

fn set(text: &str) -> Result<RuleSet, Vec<BadCatalogue>> {
    RuleSet::new(Catalogue::parse(text).unwrap(), ground())
}

const SPOT: &str = r#"
[[rule]]
id = "AMT-1"
title_zh = "限额"
severity = "warning"
applies_to = ["spot_penalty_org"]
message_zh = "{detail}。"
fix_zh = "应{wanted}。"
[rule.params]
person_yuan = 200
unit_yuan = 1000
kinds = ["fine"]
"#;

#[test]
fn severity_threshold_and_switch_are_the_profiles() {
    let case = fails("AMT-1", "spot_penalty_org", "2023-04-03", "<Enterprise/><FineYuan>2000</FineYuan>", "1000");
    let findings = case.findings(&set(SPOT).unwrap());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Warning);
    assert!(findings[0].advice.contains("不超过1000元"));
    assert!(case.findings(&set(&SPOT.replace("severity", "enabled = false\nseverity")).unwrap()).is_empty());
    assert!(case.findings(&set(&SPOT.replace("unit_yuan = 1000", "unit_yuan = 2000")).unwrap()).is_empty());
}

#[test]
fn all_mistakes_of_a_catalogue_are_told_at_once() {
    let text = SPOT
        .replace("unit_yuan = 1000", "unit_yuan = -1\ncolour = 1")
        .replace("kinds = [\"fine\"]", "")
        .replace("spot_penalty_org", "spot_penalty_orgs");
    let text = format!("{text}\n{}", SPOT.replace("AMT-1", "AMT-99"));
    let faults = set(&text).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "规则 AMT-1 的参数 unit_yuan 应为不小于 0 的整数",
            "规则 AMT-1 的参数 kinds 没有写",
            "规则 AMT-1 的参数 colour 是多余的",
            "规则 AMT-1 的 applies_to 写了“spot_penalty_orgs”，没有这种文书",
            "规则 AMT-99 这个版本的程序不认识",
        ]
    );
    assert_eq!(set(&format!("{SPOT}{SPOT}")).unwrap_err(), [BadCatalogue::Twice("AMT-1".to_owned())]);
    assert!(matches!(Catalogue::parse("[[rule]]\nid = 1"), Err(BadCatalogue::Format(_))));
}

#[test]
fn a_rule_is_chosen_by_the_documents_date_never_by_todays() {
    let clause = "<Remedy><ReviewAuthority>淄博市应急管理局</ReviewAuthority></Remedy>";
    judge(&[
        passes("STALE-4", "rectify_order", "2023-12-31", clause),
        fails("STALE-4", "rectify_order", "2024-01-01", clause, "人民政府"),
        fails("DAT-6", "case_filing", "2026-01-31", "<UrgentEvidenceDate>2026-01-20</UrgentEvidenceDate>", "2026年1月26日"),
        passes("DAT-6", "case_filing", "2026-02-01", "<UrgentEvidenceDate>2026-01-20</UrgentEvidenceDate>"),
    ]);
}

#[test]
fn an_unknown_kind_has_no_rules() {
    let rules = all_on();
    let tree = tree("<Order xmlns=\"urn:other\"/>");
    assert_eq!(rules.judge(&Kind::new("order"), &tree, &Context::alone(TODAY.parse().unwrap())), []);
}

#[test]
fn a_soft_rule_lets_pass_what_a_reason_is_on_record_for_and_law_never_does() {
    let of = |exceptions: &str| {
        let ground = Ground { exceptions: Exceptions::parse(exceptions).unwrap(), ..ground() };
        RuleSet::new(Catalogue::embedded().unwrap(), ground)
    };
    let by_a_town = fails("PER-7", "penalty_notice", "2023-04-03", "", "区级").header("AuthorLevel", "town");
    let severity = |exceptions: &str| by_a_town.findings(&of(exceptions).unwrap())[0].severity;
    assert_eq!(severity("rule,number,reason\n"), Severity::Error);
    assert_eq!(severity("rule,number,reason\nPER-7,（淄）应急罚告〔2023〕13号,借调\n"), Severity::Error);
    let granted = "rule,number,reason\nPER-7,(淄)应急罚告[2023]12号,借调人员，大队负责人同意\n";
    let granted = by_a_town.findings(&of(&granted.replace("，大", "；大")).unwrap());
    assert_eq!((granted[0].severity, granted[0].advice.as_str()), (Severity::Info, "已准予破例：借调人员；大队负责人同意"));
    let law = of("rule,number,reason\nPER-1,（淄）应急罚告〔2023〕12号,人手不够\n").unwrap_err();
    assert_eq!(law, [BadCatalogue::NotSoft("PER-1".to_owned())]);
    for incomplete in ["PER-7,（淄）应急罚告〔2023〕12号,\n", "PER-7,,理由\n", ",（淄）应急罚告〔2023〕12号,理由\n"]
    {
        assert!(Exceptions::parse(&format!("rule,number,reason\n{incomplete}")).is_err(), "{incomplete}");
    }
    assert!(Catalogue::embedded().unwrap().rules.iter().all(|rule| !rule.soft || rule.law_ref.starts_with("通知")), "law is never soft");
}

#[test]
fn the_year_in_a_number_is_the_documents_or_the_cases_as_the_office_sets_it() {
    let of = |years: &str| {
        let text = include_str!("../../../../config/platform/shandong/rules.toml");
        let with = text.replace("year_of = [\"document\", \"case_filing\"]", &format!("year_of = {years}"));
        set(&with)
    };
    let filed = "<CaseRef><FilingDate>2023-12-20</FilingDate></CaseRef>";
    let numbered = |year: u16, body: &str| {
        passes("DAT-19", "penalty_org", "2024-01-10", body).header("DocumentNumber", &format!("（淄）应急罚〔{year}〕12号"))
    };
    for (years, own, of_the_case, unknown) in
        [("[\"document\", \"case_filing\"]", 0, 0, 0), ("[\"document\"]", 0, 1, 0), ("[\"case_filing\"]", 1, 0, 0)]
    {
        let rules = of(years).unwrap();
        let found = [numbered(2024, filed), numbered(2023, filed), numbered(2024, "")].map(|case| case.findings(&rules).len());
        assert_eq!(found, [own, of_the_case, unknown], "{years}");
    }
    for wrong in ["[]", "[\"fiscal\"]", "\"document\""] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}
