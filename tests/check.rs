//! The check from outside: sample drafts of every kind, fit and unfit, through the bundle that ships with the program.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path, sync::Arc};

use chrono::NaiveDate;
use dangri::{
    check::{CaseDocument, Checker, Context, Settings, Verdict},
    document::{ContentHash, Severity},
};

const BUNDLE: &str = "config/platform/shandong";
const DRAFTS: &str = "mocks/drafts";

fn checker() -> Arc<Checker> {
    Arc::new(Checker::load(Path::new(BUNDLE), Settings::default()).unwrap())
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, 3).unwrap()
}

/// The drafts of one folder, by name.
fn drafts(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut drafts: Vec<(String, Vec<u8>)> = fs::read_dir(Path::new(DRAFTS).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    drafts.sort();
    assert!(!drafts.is_empty());
    drafts
}

#[test]
fn every_fit_sample_is_fit_whatever_its_kind_and_encoding() {
    let worker = checker().worker();
    let mut kinds = std::collections::BTreeSet::new();
    for (name, bytes) in drafts("fit") {
        match worker.check(&bytes, &Context::alone(today())) {
            Verdict::Fit(draft) => {
                kinds.insert(draft.facts().kind.code().to_owned());
                assert!(draft.body().starts_with(b"<") && draft.body().ends_with(b">"), "{name}");
                assert_eq!(*draft.digest(), ContentHash::of(draft.body()), "{name}");
                let again = worker.check(draft.body(), &Context::alone(today()));
                assert!(matches!(&again, Verdict::Fit(again) if again.body() == draft.body()), "{name}: what is sent is fit itself");
            }
            other => panic!("{name}: {other:#?}"),
        }
    }
    assert_eq!(kinds.len(), 16, "{kinds:?}");
}

#[test]
fn every_unfit_sample_is_unfit_for_the_reason_that_was_put_into_it() {
    let index: toml::Table = fs::read_to_string(Path::new(DRAFTS).join("unfit/index.toml")).unwrap().parse().unwrap();
    let worker = checker().worker();
    let drafts = drafts("unfit");
    let mut wrong = Vec::new();
    for entry in index["draft"].as_array().unwrap() {
        let said = |key: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        let (_, bytes) = drafts.iter().find(|(name, _)| name == said("file")).unwrap();
        let verdict = worker.check(bytes, &Context::alone(today()));
        let Verdict::Unfit { findings, .. } = &verdict else {
            wrong.push(format!("{}: {:?}", said("file"), verdict.findings()));
            continue;
        };
        let errors: Vec<&str> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).map(|finding| finding.rule.as_str()).collect();
        let fits = match said("expect") {
            "file" => errors.len() == 1 && (errors[0].starts_with("FILE-") || errors[0].starts_with("XML-")),
            "schema" => errors.iter().any(|rule| rule.starts_with("XSD-") || rule.starts_with("HEAD-")),
            _ => errors.iter().any(|rule| rule.starts_with(said("rule"))),
        };
        if !fits {
            wrong.push(format!("{}: wanted {} {}, got {errors:?}", said("file"), said("expect"), said("rule")));
        }
        for finding in findings {
            assert!(!finding.message.is_ascii(), "{finding:?}");
            assert!(!finding.advice.is_empty(), "{finding:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_warned_sample_is_fit_and_says_what_to_look_at() {
    let worker = checker().worker();
    for (name, bytes) in drafts("warned") {
        let verdict = worker.check(&bytes, &Context::alone(today()));
        assert!(matches!(&verdict, Verdict::Fit(draft) if !draft.findings().is_empty()), "{name}: {verdict:#?}");
    }
}

#[test]
fn the_documents_of_one_case_are_fit_in_each_others_company() {
    let checker = checker();
    let worker = checker.worker();
    let drafts = drafts("case");
    let bodies: Vec<CaseDocument> = drafts
        .iter()
        .map(|(name, bytes)| match worker.check(bytes, &Context::alone(today())) {
            Verdict::Fit(draft) => checker.case_document(draft.facts().clone(), draft.body()).unwrap(),
            other => panic!("{name}: {other:#?}"),
        })
        .collect();
    for (index, (name, bytes)) in drafts.iter().enumerate() {
        let case: Vec<CaseDocument> =
            bodies.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, document)| document.clone()).collect();
        let context = Context { case: &case, ..Context::alone(today()) };
        let verdict = worker.check(bytes, &context);
        assert!(matches!(verdict, Verdict::Fit(_)), "{name}: {verdict:#?}");
    }
}

#[test]
fn an_unfinished_draft_is_never_fit() {
    let worker = checker().worker();
    for (name, bytes) in drafts("half-written") {
        let verdict = worker.check(&bytes, &Context::alone(today()));
        assert!(matches!(verdict, Verdict::Unfit { .. }), "{name}: {verdict:#?}");
    }
}

#[test]
fn one_checker_serves_many_threads_with_the_same_verdicts() {
    let checker = checker();
    let drafts = drafts("fit");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let worker = checker.worker();
                for (name, bytes) in &drafts {
                    assert!(matches!(worker.check(bytes, &Context::alone(today())), Verdict::Fit(_)), "{name}");
                }
            });
        }
    });
}
