//! One check from end to end.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use chrono::NaiveDate;

use super::{
    CaseDocument, CheckedDraft, Context, Tree, Verdict,
    bundle::{Bundle, BundleProblem},
    decode, facts, header,
    rules::RuleSet,
    schema::{Report, SchemaValidator, SureSchema, Unreadable, Violation, XsdValidator, message},
};
use crate::{
    calendar::Calendar,
    config::{Config, Problem},
    document::{Facts, Finding, Severity},
};

/// What an office sets about the check.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest draft that is read, in bytes; the exchange contract takes 10 MiB.
    pub most_bytes: usize,
    /// The working days that the rules count with.
    pub calendar: Arc<Calendar>,
}

impl Settings {
    /// Those of an office: its own calendar, and the largest file that it takes, up to what the exchange contract takes.
    ///
    /// # Errors
    /// A calendar that cannot be taken.
    pub fn of(config: &Config) -> Result<Self, Vec<Problem>> {
        let most = usize::try_from(config.folder.max_file_bytes).unwrap_or(usize::MAX);
        Ok(Self { most_bytes: most.min(Self::default().most_bytes), calendar: Arc::new(config.day.working_days()?) })
    }
}

impl Default for Settings {
    fn default() -> Self {
        // The shipped calendar is read back by a test; without one no deadline would be checked, and the rules would say so.
        Self { most_bytes: 10 << 20, calendar: Arc::new(Calendar::embedded().unwrap_or_default()) }
    }
}

/// Knows every live version of a platform's schema bundle; shared by all who check.
#[derive(Debug)]
pub struct Checker {
    /// Newest first; never empty.
    versions: Vec<Bundle>,
    /// For each version its rules, if it has any.
    rules: Vec<Option<RuleSet>>,
    settings: Settings,
}

/// Checks drafts, one at a time; each thread that checks has its own, with validators of its own.
#[derive(Debug)]
pub struct Worker<'s> {
    checker: Arc<Checker>,
    validators: Vec<XsdValidator>,
    /// The quick way to a yes, for each version; empty where there is only the long way.
    sure: &'s [Option<SureSchema<'s>>],
}

/// A draft that was read and not yet judged: enough is known of it to look up what surrounds it.
#[derive(Debug)]
pub struct Draft {
    tree: Arc<Tree>,
    version: usize,
    facts: Option<Facts>,
    findings: Vec<Finding>,
}

impl Draft {
    /// What it is, as far as it could be read. With it, the caller finds the other documents of its case.
    pub const fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// What it says.
    pub const fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }
}

impl Checker {
    /// Reads the bundle in `folder`, with all its versions, or the schema that begins with an XSD file.
    ///
    /// # Errors
    /// All problems of the bundle, in Chinese.
    pub fn load(folder: &Path, settings: Settings) -> Result<Self, Vec<BundleProblem>> {
        let versions = Bundle::load_all(folder)?;
        let mut problems = Vec::new();
        let mut rules = Vec::new();
        for bundle in &versions {
            match RuleSet::of_bundle(bundle, Arc::clone(&settings.calendar)) {
                Ok(loaded) => rules.push(loaded),
                Err(more) => problems.extend(more),
            }
        }
        if problems.is_empty() { Ok(Self { versions, rules, settings }) } else { Err(problems) }
    }

    /// The versions, newest first.
    pub fn versions(&self) -> &[Bundle] {
        &self.versions
    }

    /// The working days that the rules count with.
    pub const fn calendar(&self) -> &Arc<Calendar> {
        &self.settings.calendar
    }

    /// The number that the newest rules give a parameter of a rule; `None` when there is no such rule or it is switched off.
    pub fn rule_count(&self, rule: &str, param: &str) -> Option<u32> {
        self.rules.first()?.as_ref()?.count(rule, param)
    }

    /// Someone who checks the long way, at three times the cost; good for a few drafts.
    pub fn worker(self: &Arc<Self>) -> Worker<'static> {
        let validators = self.versions.iter().map(|bundle| XsdValidator::new(bundle.schema.clone())).collect();
        Worker { checker: Arc::clone(self), validators, sure: &[] }
    }

    /// Does `work` with someone who checks many drafts on this thread. The schemas are compiled first, which takes some milliseconds.
    pub fn at_work<T>(self: &Arc<Self>, work: impl FnOnce(&Worker<'_>) -> T) -> T {
        let sets: Vec<_> = self.versions.iter().map(|bundle| (bundle.schema.compiled(), bundle.schema.is_regular())).collect();
        let sure: Vec<_> = sets.iter().map(|(set, regular)| set.as_ref().map(|set| SureSchema::of(set, *regular))).collect();
        let Worker { checker, validators, .. } = self.worker();
        work(&Worker { checker, validators, sure: &sure })
    }

    /// Reads a document back that passed its check before, as part of a case. `None` when it cannot be read any more.
    pub fn case_document(&self, facts: Facts, body: &[u8]) -> Option<CaseDocument> {
        let text = std::str::from_utf8(body).ok()?;
        let version = self.version_of_date(Some(facts.document_date));
        let tree = Tree::parse(Arc::from(text), Arc::clone(&self.versions[version].labels)).ok()?;
        Some(CaseDocument { facts, tree: Arc::new(tree) })
    }

    /// The version that a document's own date calls for; the oldest for one dated before all, the newest for one without a date.
    fn version_of_date(&self, date: Option<NaiveDate>) -> usize {
        let Some(date) = date else {
            return 0;
        };
        self.versions.iter().position(|bundle| bundle.effective_from <= date).unwrap_or(self.versions.len() - 1)
    }
}

impl Worker<'_> {
    /// Checks a draft by itself and in its surroundings.
    pub fn check(&self, bytes: &[u8], context: &Context<'_>) -> Verdict {
        match self.read(bytes) {
            Ok(draft) => self.judge(draft, context),
            Err(verdict) => verdict,
        }
    }

    /// Checks a document's bytes under a version, whatever its date calls for; `None` when the bundle has no such version.
    pub fn check_under(&self, version: &str, bytes: &[u8], context: &Context<'_>) -> Option<Verdict> {
        let version = self.checker.versions.iter().position(|bundle| bundle.version == version)?;
        let text = match decode::decode(bytes, self.checker.settings.most_bytes) {
            Ok(decoded) => decoded.text,
            Err(finding) => return Some(unfit(*finding)),
        };
        Some(match self.hold_against(version, &text) {
            Ok((tree, findings)) => self.judge(self.draft(tree, version, findings), context),
            Err(verdict) => verdict,
        })
    }

    /// Decodes a draft, holds it against the schema and reads its facts.
    ///
    /// # Errors
    /// The verdict, when there is no document to judge.
    #[expect(clippy::result_large_err, reason = "the verdict is what was asked for, and is handed on at once")]
    pub fn read(&self, bytes: &[u8]) -> Result<Draft, Verdict> {
        let decoded = decode::decode(bytes, self.checker.settings.most_bytes).map_err(|finding| unfit(*finding))?;
        let text = decoded.text;
        let guessed = self.checker.version_of_date(early_date(&text));
        let (tree, findings) = self.hold_against(guessed, &text)?;
        let date = tree.text("Header/DocumentDate").and_then(|date| date.parse().ok());
        let version = if date.is_some() { self.checker.version_of_date(date) } else { guessed };
        if version == guessed {
            return Ok(self.draft(tree, version, findings));
        }
        // Something that looked like the date was not it.
        let (tree, findings) = self.hold_against(version, &text)?;
        Ok(self.draft(tree, version, findings))
    }

    /// The largest draft that is read, in bytes.
    pub fn most_bytes(&self) -> u64 {
        self.checker.settings.most_bytes as u64
    }

    /// Judges a draft by the rules, in its surroundings.
    pub fn judge(&self, draft: Draft, context: &Context<'_>) -> Verdict {
        let bundle = &self.checker.versions[draft.version];
        let Draft { tree, facts, mut findings, .. } = draft;
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut found = header::findings(&tree, bundle);
            if let (Some(rules), Some(entry)) = (&self.checker.rules[draft.version], bundle.kind_of_root(tree.root().name())) {
                found.extend(rules.judge(&entry.kind, &tree, context));
            }
            found
        }));
        let Ok(more) = judged else {
            return Verdict::NotChecked { why: "a rule crashed".to_owned() };
        };
        // Where a value stands says nothing of the value.
        let spoken: HashSet<String> =
            findings.iter().filter(|finding| finding.rule != "XSD-order").map(|finding| finding.path.clone()).collect();
        findings.extend(more.into_iter().filter(|finding| !spoken.contains(&finding.path)));
        findings.sort_by_key(|finding| finding.place);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Verdict::Unfit { facts, findings };
        }
        match facts {
            Some(facts) => Verdict::Fit(CheckedDraft::new(facts, document_bytes(&tree), findings)),
            None if !bundle.has_kinds() => Verdict::FitsSchemaOnly { findings },
            None => Verdict::NotChecked { why: "the schema lets pass what no facts can be read from".to_owned() },
        }
    }

    fn draft(&self, tree: Arc<Tree>, version: usize, findings: Vec<Finding>) -> Draft {
        let facts = facts::facts(&tree, &self.checker.versions[version]);
        Draft { tree, version, facts, findings }
    }

    /// Adds what the validator could not see while elements were missing or out of place.
    ///
    /// With it the elements whose children still did not fit when what was missing or strange among them had been mended.
    fn look_again(&self, version: usize, tree: &Tree, mut violations: Vec<Violation>) -> (Vec<Violation>, HashSet<usize>) {
        let mut still = HashSet::new();
        // Mending one level may bring the next to light; three levels are as deep as forms go wrong.
        for _ in 0..3 {
            let Some(look) = message::second_look(tree, &violations, &still) else {
                break;
            };
            let Report::Breaks(more) = self.validators[version].validate(&look.text) else {
                break;
            };
            let known = violations.len() + still.len();
            for new in look.in_original(more) {
                let same = |old: &Violation| old.at == new.at && old.constraint == new.constraint && old.attribute == new.attribute;
                if !violations.iter().any(same) {
                    violations.push(new);
                } else if message::is_structural(&new) {
                    still.insert(new.at);
                }
            }
            if violations.len() + still.len() == known {
                break;
            }
        }
        (violations, still)
    }

    /// The document as a tree, and what the schema of a version has against it.
    #[expect(clippy::result_large_err, reason = "the verdict is what was asked for, and is handed on at once")]
    fn hold_against(&self, version: usize, text: &Arc<str>) -> Result<(Arc<Tree>, Vec<Finding>), Verdict> {
        let labels = Arc::clone(&self.checker.versions[version].labels);
        let tree = Tree::parse(Arc::clone(text), labels).map(Arc::new);
        let surely =
            self.sure.get(version).and_then(Option::as_ref).zip(tree.as_ref().ok()).is_some_and(|(schema, tree)| schema.fits(tree));
        let report = if surely { Report::Fits } else { self.validators[version].validate(text) };
        let violations = match report {
            Report::Fits => Vec::new(),
            Report::Breaks(violations) => violations,
            Report::Unreadable(why) => return Err(unreadable(text, &why)),
            Report::NotChecked(why) => return Err(Verdict::NotChecked { why }),
        };
        let tree = tree.map_err(|e| Verdict::NotChecked { why: format!("two parsers disagree at byte {}", e.at) })?;
        let (violations, still) = self.look_again(version, &tree, violations);
        let findings = message::findings(&tree, &violations, &still);
        if findings.is_empty() && !violations.is_empty() {
            return Err(Verdict::NotChecked { why: "the schema's violations could not be placed".to_owned() });
        }
        Ok((tree, findings))
    }
}

/// The document bytes of contract §3: from the `<` of the root's start tag to the `>` of its end tag, in UTF-8. The root has nothing round it
/// to inherit from, so every namespace that it needs is declared on itself or below.
fn document_bytes(tree: &Tree) -> Arc<[u8]> {
    Arc::from(&tree.source().as_bytes()[tree.root().span()])
}

fn unfit(finding: Finding) -> Verdict {
    Verdict::Unfit { facts: None, findings: vec![finding] }
}

fn unreadable(text: &str, why: &Unreadable) -> Verdict {
    unfit(*message::unreadable(text, why))
}

/// What is most likely the document's date, found without parsing; it only chooses the version to begin with.
fn early_date(text: &str) -> Option<NaiveDate> {
    let (_, after) = text.split_once("DocumentDate>")?;
    after.trim_start().get(..10)?.parse().ok()
}
