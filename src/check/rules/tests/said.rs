//! What every rule says, as its author reads it: each failing case of the families beside this file, with the labels of the shipped forms.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use super::{
    super::Catalogue, Case, Finding, Labels, RuleSet, Severity, all_on, amounts, codes, days, forms, people, publicity, references, soft,
    stale, wording,
};
use crate::check::{
    Verdict,
    bundle::Bundle,
    explain::{About, terminal},
};

/// The words of the shipped forms.
fn labels() -> Arc<Labels> {
    let bundles = Bundle::load_all(Path::new("config/platform/shandong")).unwrap();
    Arc::clone(&bundles[0].labels)
}

/// What the rules say of the failing cases of a family, each sentence once, in the catalogue's order; the ids of those that spoke.
fn spoken(rules: &RuleSet, labels: &Arc<Labels>, cases: &[Case]) -> (String, BTreeSet<String>) {
    let (mut text, mut ids) = (String::new(), BTreeSet::new());
    for rule in rules.rules.iter().map(|loaded| &loaded.rule) {
        let mut findings: Vec<Finding> = Vec::new();
        for case in cases.iter().filter(|case| case.rule == rule.id && case.wanted.is_some()) {
            for finding in case.findings_under(rules, labels) {
                assert!(!finding.label.is_ascii(), "{} speaks of {}, which no form has", rule.id, finding.path);
                if findings
                    .iter()
                    .all(|said| (&said.message, &said.wanted, &said.advice) != (&finding.message, &finding.wanted, &finding.advice))
                {
                    findings.push(finding);
                }
            }
        }
        if !findings.is_empty() {
            ids.insert(rule.id.clone());
            let about = About { file: &format!("{} {}", rule.id, rule.title_zh), facts: None };
            let stops = findings.iter().any(|finding| finding.severity == Severity::Error);
            let verdict = if stops { Verdict::Unfit { facts: None, findings } } else { Verdict::FitsSchemaOnly { findings } };
            text += &terminal(about, &verdict);
            text.push('\n');
        }
    }
    (text, ids)
}

#[test]
fn every_rule_of_the_catalogue_reads_like_this() {
    let (rules, labels) = (all_on(), labels());
    let mut heard = BTreeSet::new();
    for (family, cases) in [
        ("codes", codes::cases()),
        ("people", people::cases()),
        ("amounts", amounts::cases()),
        ("stale", stale::cases()),
        ("days", days::cases()),
        ("references", references::cases()),
        ("forms", forms::cases()),
        ("wording", wording::cases()),
        ("publicity", publicity::cases()),
        ("soft", soft::cases()),
    ] {
        let (text, ids) = spoken(&rules, &labels, &cases);
        heard.extend(ids);
        insta::assert_snapshot!(family, text);
    }
    let catalogued: BTreeSet<String> = Catalogue::embedded().unwrap().rules.into_iter().map(|rule| rule.id).collect();
    assert_eq!(heard, catalogued, "a rule of the catalogue is in no snapshot");
}
