//! The rules: what the law and the forms ask of one document or one case (domain.md §3).
//!
//! The [`Catalogue`] is data, the predicates are code, and they meet by id when a profile is loaded. A rule is chosen by the document's
//! own date, never by today's. Rules are silent about what is not there: that an element is missing is the schema's to say.

mod amounts;
mod catalogue;
mod closing;
mod codes;
mod days_before_decision;
mod days_of_cases;
mod days_of_inspections;
mod forms;
mod ground;
mod load;
mod numbers;
mod paper;
mod people;
mod personal;
mod publicity;
mod references;
mod soft;
mod stale;
mod wording;

pub mod citation;
pub mod citizen_id;
pub mod credit_code;

pub use crate::document::yuan;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

pub use catalogue::{BadCatalogue, Catalogue, ParamKind, Params, Rule};
pub use ground::{AllowList, BadList, CodeList, Exceptions, Ground, KindWords};

use self::paper::{Notes, Paper};
use super::{Context, Tree};
use crate::document::{Finding, Kind, Lane, Severity};

/// A predicate of this program, and the parameters it wants of the catalogue.
struct Predicate {
    id: &'static str,
    params: &'static [(&'static str, ParamKind)],
    judge: fn(&Paper<'_>, &mut Notes<'_>),
}

impl Predicate {
    const fn new(id: &'static str, judge: fn(&Paper<'_>, &mut Notes<'_>)) -> Self {
        Self { id, params: &[], judge }
    }

    const fn with(id: &'static str, params: &'static [(&'static str, ParamKind)], judge: fn(&Paper<'_>, &mut Notes<'_>)) -> Self {
        Self { id, params, judge }
    }
}

/// Every predicate of this program.
fn predicates() -> impl Iterator<Item = &'static Predicate> {
    [
        codes::PREDICATES,
        numbers::PREDICATES,
        people::PREDICATES,
        amounts::PREDICATES,
        stale::PREDICATES,
        days_of_inspections::PREDICATES,
        days_before_decision::PREDICATES,
        days_of_cases::PREDICATES,
        closing::PREDICATES,
        references::PREDICATES,
        forms::PREDICATES,
        wording::PREDICATES,
        publicity::PREDICATES,
        soft::PREDICATES,
    ]
    .into_iter()
    .flatten()
}

/// The catalogue that ships with the program, for printing.
///
/// # Errors
/// Only if the shipped data were damaged, which a test rules out.
pub fn catalogue() -> Result<Catalogue, BadCatalogue> {
    Catalogue::embedded()
}

/// The rules of one profile, ready to judge.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Loaded>,
    /// For each kind the rules that apply to it, in the catalogue's order.
    by_kind: HashMap<String, Vec<u16>>,
    ground: Ground,
}

struct Loaded {
    rule: Rule,
    judge: fn(&Paper<'_>, &mut Notes<'_>),
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.rule.id)
    }
}

impl RuleSet {
    /// Binds the rules of `catalogue` to their predicates, kind by kind.
    ///
    /// # Errors
    /// All mistakes of the catalogue at once.
    pub fn new(catalogue: Catalogue, ground: Ground) -> Result<Self, Vec<BadCatalogue>> {
        let known: HashMap<&str, &Predicate> = predicates().map(|p| (p.id, p)).collect();
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        let soft: HashSet<String> = catalogue.rules.iter().filter(|rule| rule.soft).map(|rule| rule.id.clone()).collect();
        let mut set = Self { rules: Vec::new(), by_kind: HashMap::new(), ground };
        for rule in catalogue.rules {
            let Some(predicate) = known.get(rule.id.as_str()) else {
                faults.push(BadCatalogue::UnknownRule(rule.id));
                continue;
            };
            if !seen.insert(rule.id.clone()) {
                faults.push(BadCatalogue::Twice(rule.id));
                continue;
            }
            rule.params.check(&rule.id, predicate.params, &mut faults);
            let kinds = set.kinds_of(&rule, &mut faults);
            if !rule.enabled {
                continue;
            }
            // The catalogue has some hundred rules.
            let Ok(index) = u16::try_from(set.rules.len()) else { break };
            for kind in kinds {
                set.by_kind.entry(kind).or_default().push(index);
            }
            set.rules.push(Loaded { rule, judge: predicate.judge });
        }
        let excepted: BTreeSet<&str> = set.ground.exceptions.rules().filter(|rule| !soft.contains(*rule)).collect();
        faults.extend(excepted.into_iter().map(|rule| BadCatalogue::NotSoft(rule.to_owned())));
        if faults.is_empty() { Ok(set) } else { Err(faults) }
    }

    fn kinds_of(&self, rule: &Rule, faults: &mut Vec<BadCatalogue>) -> HashSet<String> {
        let mut kinds = HashSet::new();
        for word in &rule.applies_to {
            let lane = match word.as_str() {
                "*" => None,
                "lane:A" => Some(Lane::Inspection),
                "lane:B" => Some(Lane::Penalty),
                code => {
                    if !self.ground.kinds.contains_key(code) {
                        faults.push(BadCatalogue::UnknownKind { rule: rule.id.clone(), kind: code.to_owned() });
                    }
                    kinds.insert(code.to_owned());
                    continue;
                }
            };
            let of_lane = self.ground.kinds.iter().filter(|(_, words)| lane.is_none_or(|lane| words.lane == lane));
            kinds.extend(of_lane.map(|(code, _)| code.clone()));
        }
        kinds
    }

    /// What the rules have to say about a document of `kind`, in the catalogue's order. Pure: the same in, the same out.
    pub fn judge(&self, kind: &Kind, tree: &Tree, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some(rules) = self.by_kind.get(kind.code()) else {
            return findings;
        };
        let paper = Paper::new(kind.code(), tree.root(), context, &self.ground);
        let day = paper.date.unwrap_or(context.today);
        for index in rules {
            let loaded = &self.rules[usize::from(*index)];
            if loaded.rule.in_force(day) {
                let known = findings.len();
                (loaded.judge)(&paper, &mut Notes { rule: &loaded.rule, out: &mut findings });
                if loaded.rule.soft && findings.len() > known {
                    self.except(&paper, &mut findings[known..]);
                }
            }
        }
        findings
    }

    /// Lets a soft rule's findings pass where a reason for it is on record; the reason stays with the document.
    fn except(&self, paper: &Paper<'_>, findings: &mut [Finding]) {
        let Some((_, number)) = &paper.number else { return };
        for finding in findings {
            if let Some(reason) = self.ground.exceptions.reason(&finding.rule, &number.text) {
                finding.severity = Severity::Info;
                finding.advice = format!("已准予破例：{reason}");
            }
        }
    }

    /// The number that a rule's parameter holds; `None` when the rule is not there or switched off.
    pub fn count(&self, rule: &str, param: &str) -> Option<u32> {
        let loaded = self.rules.iter().find(|loaded| loaded.rule.id == rule)?;
        Some(loaded.rule.params.count(param))
    }

    /// What the rules stand on.
    pub const fn ground(&self) -> &Ground {
        &self.ground
    }
}
