//! What a validator found, said so that the author of a draft can mend it.

mod order;
mod second;
mod structure;
#[cfg(test)]
mod tests;
mod unreadable;
mod value;

use std::collections::{BTreeMap, HashSet};

pub(in crate::check) use second::SecondLook;
pub(in crate::check) use unreadable::unreadable;

use super::{Field, validate::Violation};
use crate::{
    check::{
        mask,
        tree::{Attr, Node, Tree},
    },
    document::{Finding, Place, Severity},
};

/// A copy of the document with its structure mended, for a second look; `None` when its structure is sound or cannot be mended. `still` are
/// the elements whose children did not fit although that was done before.
pub(in crate::check) fn second_look(tree: &Tree, violations: &[Violation], still: &HashSet<usize>) -> Option<SecondLook> {
    let mut parents = HashSet::new();
    let mut edits = Vec::new();
    for violation in violations.iter().filter(|violation| is_structural(violation)) {
        let Some(node) = tree.node_at(violation.at).filter(|_| parents.insert(violation.at)) else {
            continue;
        };
        let child = violation.child.and_then(|at| tree.node_at(at));
        edits.extend(structure::findings(&node, child, still.contains(&violation.at)).into_iter().flat_map(|told| told.edits));
    }
    if edits.is_empty() { None } else { SecondLook::of(tree.source(), &edits) }
}

/// Whether a violation is of the children that an element has, and no value's.
pub(in crate::check) fn is_structural(violation: &Violation) -> bool {
    violation.constraint == "cvc-complex-type.2.4"
}

/// The findings for what the validator found in `tree`, in the order of the text, one for each thing to mend; `still` as in
/// [`second_look`].
pub(in crate::check) fn findings(tree: &Tree, violations: &[Violation], still: &HashSet<usize>) -> Vec<Finding> {
    let mut found = Gathered { still: still.clone(), ..Gathered::default() };
    let told = violations.iter().filter(|violation| is_structural(violation));
    found.muddled = told.map(|violation| violation.at).collect();
    for violation in violations {
        let Some(node) = tree.node_at(violation.at) else {
            continue;
        };
        found.take(tree, node, violation);
    }
    found.in_order()
}

#[derive(Default)]
struct Gathered {
    /// By byte offset, then by order of arrival.
    findings: BTreeMap<(usize, usize), Finding>,
    /// Parents whose children do not fit the content model.
    muddled: HashSet<usize>,
    /// Those of them whose children did not fit although what was missing or strange was mended.
    still: HashSet<usize>,
    /// Those of them whose children have been spoken of.
    parents: HashSet<usize>,
    /// Fields that something has been said of: an empty date is one mistake, not two.
    said: HashSet<(usize, String)>,
    /// Where children that should not stand there begin and end.
    strangers: Vec<std::ops::Range<usize>>,
    /// Where elements begin and end whose type is not known.
    untyped: Vec<std::ops::Range<usize>>,
}

impl Gathered {
    fn take(&mut self, tree: &Tree, node: Node<'_>, violation: &Violation) {
        if is_structural(violation) {
            if self.parents.insert(violation.at) {
                let child = violation.child.and_then(|at| tree.node_at(at));
                for told in structure::findings(&node, child, self.still.contains(&violation.at)) {
                    self.strangers.extend(told.edits.into_iter().filter_map(|edit| match edit {
                        second::Edit::Remove(range) => Some(range),
                        second::Edit::Insert { .. } | second::Edit::Move { .. } => None,
                    }));
                    // What more is said of an element that has no place here would only confuse.
                    if matches!(told.finding.rule.as_str(), "XSD-unexpected" | "XSD-choice") {
                        self.said.insert((told.at, String::new()));
                    }
                    self.put(told.at, told.finding);
                }
            }
            return;
        }
        // Once a child has lost its place, the validator does not know the ones after it; that is no mistake of theirs.
        if violation.constraint == "cvc-elt.1" && node.parent().is_some_and(|parent| self.muddled.contains(&parent.offset())) {
            return;
        }
        // Nor can it compare numbers that it has not read.
        if violation.constraint.starts_with("cvc-identity-constraint") && !self.muddled.is_empty() {
            return;
        }
        let attribute = violation
            .attribute
            .as_ref()
            .and_then(|(namespace, name)| node.attributes().find(|attr| attr.name() == name && attr.namespace() == namespace));
        let key = (violation.at, attribute.map(|attr| attr.name().to_owned()).unwrap_or_default());
        if matches!(violation.constraint.as_str(), "cvc-type.2" | "cvc-elt.2" | "cvc-elt.4.1" | "cvc-elt.4.2" | "cvc-elt.4.3") {
            // What an element of no usable type holds cannot be judged.
            self.untyped.push(node.span());
        }
        let said = value::said(&Subject { node, attribute }, violation);
        // Two missing attributes of one element are two things to mend; two complaints about one value are one.
        if violation.constraint == "cvc-complex-type.4" || self.said.insert(key) {
            self.put(violation.at, said);
        }
    }

    fn put(&mut self, at: usize, finding: Finding) {
        let number = self.findings.len();
        self.findings.insert((at, number), finding);
    }

    fn in_order(self) -> Vec<Finding> {
        let Self { findings, strangers, untyped, .. } = self;
        findings
            .into_iter()
            .filter(|((at, _), _)| !untyped.iter().any(|range| range.start < *at && *at < range.end))
            .filter(|((at, _), finding)| {
                matches!(finding.rule.as_str(), "XSD-unexpected" | "XSD-repeated") || !strangers.iter().any(|range| range.contains(at))
            })
            .map(|(_, finding)| finding)
            .collect()
    }
}

/// What a finding is about: an element, or one of its attributes.
struct Subject<'t> {
    node: Node<'t>,
    attribute: Option<Attr<'t>>,
}

impl<'t> Subject<'t> {
    fn value(&self) -> &'t str {
        self.attribute.map_or_else(|| self.node.text(), |attr| attr.value())
    }

    fn field(&self) -> Option<Field<'t>> {
        let field = self.node.tree().labels().field(&self.node)?;
        match self.attribute {
            None => Some(field),
            Some(attr) => field.attribute(attr.name()),
        }
    }

    fn finding(&self, rule: &str, words: Words) -> Finding {
        let (place, path, label) = match self.attribute {
            None => (self.node.place(), self.node.path(), self.node.label()),
            Some(attr) => (attr.place(), attr.path(), attr.label()),
        };
        finding(rule, place, path, label, self.value(), words)
    }
}

/// What is said of a field: what is wrong, what is wanted, what to do.
struct Words {
    message: String,
    wanted: String,
    advice: String,
}

fn finding(rule: &str, place: Place, path: String, label: String, value: &str, words: Words) -> Finding {
    Finding {
        rule: format!("XSD-{rule}"),
        severity: Severity::Error,
        place,
        value: mask::shown(value, &path),
        path,
        label,
        message: words.message,
        wanted: words.wanted,
        advice: words.advice,
        law: String::new(),
    }
}
