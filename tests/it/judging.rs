//! The sample drafts under `mocks/drafts/`, judged by the shipped profile: the fit pass, and each unfit one gives its one expected error.

#![expect(clippy::unwrap_used, reason = "a sample that cannot be read has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use chrono::{Days, NaiveDate};
use dangri::{
    check::{CaseDocument, Checker, Context, Settings, Verdict, Worker},
    document::{Finding, Severity},
};
use dangri_mocks::drafts;
use serde::Deserialize;

static CHECKER: LazyLock<Arc<Checker>> = LazyLock::new(|| {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    Arc::new(Checker::load(&profile, Settings::default()).unwrap())
});

/// Some day after every sample, the one dated in the future left out.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, 1).unwrap()
}

fn sample_folder(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/drafts").join(folder)
}

/// The drafts of a folder, by name.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(sample_folder(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")));
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

fn told(finding: &Finding) -> String {
    format!("{} {} {}:{} {}（{}）", finding.rule, finding.path, finding.place.line, finding.place.column, finding.message, finding.wanted)
}

fn alone(worker: &Worker, file: &Path) -> Verdict {
    worker.check(&fs::read(file).unwrap(), &Context::alone(today()))
}

#[derive(Deserialize)]
struct Index {
    draft: Vec<Spoilt>,
}

#[derive(Deserialize)]
struct Spoilt {
    file: String,
    expect: String,
    #[serde(default)]
    rule: String,
    /// The element at fault, where the index says.
    path: Option<String>,
}

fn index(folder: &str) -> Index {
    let index: Index = toml::from_str(&fs::read_to_string(sample_folder(folder).join("index.toml")).unwrap()).unwrap();
    let listed: BTreeSet<String> = index.draft.iter().map(|draft| draft.file.clone()).collect();
    let present: BTreeSet<String> = files(folder).iter().map(|file| name(file)).collect();
    assert_eq!(listed, present, "the index of {folder} does not list its files");
    index
}

impl Spoilt {
    /// Whether `rule` is the one that should speak; an index may name a family.
    fn is_said_by(&self, rule: &str) -> bool {
        if self.rule.is_empty() {
            return self.expect == "schema" && rule.starts_with("XSD-");
        }
        rule == self.rule || rule.strip_prefix(self.rule.as_str()).is_some_and(|rest| rest.starts_with('-'))
    }
}

#[test]
fn fit_drafts_pass_without_a_word() {
    let (worker, mut wrong) = (CHECKER.worker(), Vec::new());
    for file in ["fit", "odd-names"].into_iter().flat_map(files) {
        match alone(&worker, &file) {
            Verdict::Fit(draft) if draft.findings().is_empty() => {}
            verdict => wrong.push(format!("{}: {:?}", name(&file), verdict.findings().iter().map(told).collect::<Vec<_>>())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unfit_draft_gives_its_one_expected_error() {
    let (worker, mut wrong) = (CHECKER.worker(), Vec::new());
    for spoilt in index("unfit").draft {
        let verdict = alone(&worker, &sample_folder("unfit").join(&spoilt.file));
        let errors: Vec<&Finding> = verdict.findings().iter().filter(|finding| finding.severity == Severity::Error).collect();
        // One mistake may show in two fields, as when both notices of a law's articles are stale; it is one rule's all the same.
        let rules: BTreeSet<&str> = errors.iter().map(|finding| finding.rule.as_str()).collect();
        let there = spoilt.path.as_ref().is_none_or(|path| errors.iter().any(|finding| finding.path == *path));
        let expected = there && rules.len() == 1 && rules.iter().all(|rule| spoilt.is_said_by(rule));
        if !expected || !matches!(verdict, Verdict::Unfit { .. }) {
            let said: Vec<String> = verdict.findings().iter().map(told).collect();
            wrong.push(format!("{}: expected {} {}, said {said:#?} {}", spoilt.file, spoilt.expect, spoilt.rule, kind_of(&verdict)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn kind_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fit(_) => "and let it pass".to_owned(),
        Verdict::NotChecked { why } => format!("and did not check: {why}"),
        Verdict::Unfit { .. } | Verdict::FitsSchemaOnly { .. } => String::new(),
    }
}

#[test]
fn a_draft_that_only_earns_a_warning_passes_with_it() {
    let (worker, mut wrong) = (CHECKER.worker(), Vec::new());
    for spoilt in index("warned").draft {
        let verdict = alone(&worker, &sample_folder("warned").join(&spoilt.file));
        let warned = verdict.findings().iter().any(|finding| finding.severity == Severity::Warning && spoilt.is_said_by(&finding.rule));
        if !warned || !matches!(verdict, Verdict::Fit(_)) {
            let said: Vec<String> = verdict.findings().iter().map(told).collect();
            wrong.push(format!("{}: expected {}, said {said:#?} {}", spoilt.file, spoilt.rule, kind_of(&verdict)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Judges a folder's documents in order, each beside those before it.
fn in_order(folder: &str) -> Vec<String> {
    let worker = CHECKER.worker();
    let mut before: Vec<CaseDocument> = Vec::new();
    let mut said = Vec::new();
    for file in files(folder) {
        let context = Context { case: &before, ..Context::alone(today()) };
        let verdict = worker.check(&fs::read(&file).unwrap(), &context);
        said.extend(verdict.findings().iter().map(|finding| format!("{}: {}", name(&file), told(finding))));
        match verdict {
            Verdict::Fit(draft) => {
                let (facts, body, ..) = draft.into_parts();
                before.push(CHECKER.case_document(facts, &body).unwrap());
            }
            verdict => said.push(format!("{}: not fit {}", name(&file), kind_of(&verdict))),
        }
    }
    said
}

#[test]
fn a_whole_inspection_and_a_whole_case_agree_with_themselves() {
    assert_eq!(in_order("inspection"), Vec::<String>::new());
    assert_eq!(in_order("case"), Vec::<String>::new());
}

#[test]
fn a_document_of_another_inspection_is_noticed() {
    let inspection = files("inspection");
    let worker = CHECKER.worker();
    let plan = alone(&worker, &inspection[0]);
    let Verdict::Fit(plan) = plan else { panic!("the plan is fit") };
    let (facts, body, ..) = plan.into_parts();
    let before = [CHECKER.case_document(facts, &body).unwrap()];
    // A review beside a plan only: the order that it refers to is not there.
    let context = Context { case: &before, ..Context::alone(today()) };
    let verdict = worker.check(&fs::read(inspection.last().unwrap()).unwrap(), &context);
    assert!(verdict.findings().iter().any(|finding| finding.rule == "REF-1"), "{:?}", verdict.findings());
}

#[test]
fn a_fit_document_of_every_kind_is_fit_in_every_year() {
    let worker = CHECKER.worker();
    let mut wrong = Vec::new();
    // Days round holidays, and on both sides of the changes of law of 2024 and 2026.
    for (seed, day) in (1..).zip(["2023-09-28", "2024-02-08", "2025-01-27", "2026-02-13", "2026-09-30"]) {
        let day: NaiveDate = day.parse().unwrap();
        for kind in drafts::KINDS {
            let draft = drafts::single(seed, kind, day).unwrap();
            let context = Context::alone(day + Days::new(60));
            let verdict = worker.check(&draft.bytes, &context);
            if !matches!(verdict, Verdict::Fit(_)) || !verdict.findings().is_empty() {
                wrong.push(format!("{kind} of {day}: {:#?}", verdict.findings().iter().map(told).collect::<Vec<_>>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_week_of_drafts_is_judged_as_it_was_meant() {
    let worker = CHECKER.worker();
    let first_day: NaiveDate = "2023-04-03".parse().unwrap();
    let context = Context::alone(first_day + Days::new(60));
    let mut wrong = Vec::new();
    for draft in [1, 2].into_iter().flat_map(|seed| drafts::Week::new(seed, first_day).share_unfit(0.3).drafts()) {
        let verdict = worker.check(&draft.bytes, &context);
        if matches!(verdict, Verdict::Fit(_)) != draft.fit {
            let said: Vec<String> = verdict.findings().iter().map(told).collect();
            wrong.push(format!("{} ({:?}): {said:#?} {}", draft.file_name, draft.defect, kind_of(&verdict)));
        }
        let mended = draft.mended.as_ref().map(|bytes| worker.check(bytes, &context));
        if mended.as_ref().is_some_and(|verdict| !matches!(verdict, Verdict::Fit(_))) {
            wrong.push(format!("{} mended: {:?}", draft.file_name, mended));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is taken into custody is weighed and measured as well as counted.
#[test]
fn evidence_may_be_of_any_quantity_above_nothing() {
    let worker = CHECKER.worker();
    let fit = fs::read_to_string(sample_folder("fit").join("preserve_notice.xml")).unwrap();
    let with = |quantity: &str| fit.replacen("<Quantity>2<", &format!("<Quantity>{quantity}<"), 1);
    for (quantity, fits) in [("1500", true), ("2.5", true), ("0", false), ("-1", false), ("0.0001", false)] {
        let draft = with(quantity);
        assert!(quantity == "2" || draft != fit);
        let verdict = worker.check(draft.as_bytes(), &Context::alone(today()));
        assert_eq!(matches!(verdict, Verdict::Fit(_)), fits, "{quantity}: {verdict:?}");
    }
}
