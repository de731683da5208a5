//! A second look at a document whose elements are not where they belong.
//!
//! Once a child is missing or strange, the validator does not know what comes after it and leaves it unjudged. So that the author hears of
//! everything at once, the structure is mended in a copy, strange elements blanked and missing ones put in empty, and the copy is judged.

use std::{ops::Range, sync::Arc};

use crate::check::schema::Violation;

/// One change to the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Blanks what stands in this range.
    Remove(Range<usize>),
    /// Puts a text in before this byte.
    Insert {
        /// Where.
        at: usize,
        /// What.
        text: String,
    },
}

/// The mended copy.
#[derive(Debug)]
pub(in crate::check) struct SecondLook {
    /// The copy to judge.
    pub(in crate::check) text: Arc<str>,
    /// Where in the copy something was put in, and how long it is; in order.
    inserted: Vec<(usize, usize)>,
}

impl SecondLook {
    pub(super) fn of(text: &str, edits: &[Edit]) -> Option<Self> {
        let mut bytes = text.as_bytes().to_vec();
        let mut insertions: Vec<(usize, &str)> = Vec::new();
        for edit in edits {
            match edit {
                Edit::Remove(range) => {
                    for byte in bytes.get_mut(range.clone())?.iter_mut().filter(|byte| **byte != b'\n') {
                        *byte = b' ';
                    }
                }
                Edit::Insert { at, text } => insertions.push((*at, text)),
            }
        }
        // Sorting is stable: what goes to one place keeps its order.
        insertions.sort_by_key(|(at, _)| *at);
        let removed = |at: usize| edits.iter().any(|edit| matches!(edit, Edit::Remove(range) if range.start < at && at < range.end));
        let blanked = String::from_utf8(bytes).ok()?;
        let mut copy = String::with_capacity(blanked.len() + 64 * insertions.len());
        let mut inserted = Vec::new();
        let mut from = 0;
        for (at, text) in insertions.into_iter().filter(|(at, _)| !removed(*at)) {
            copy.push_str(blanked.get(from..at)?);
            inserted.push((copy.len(), text.len()));
            copy.push_str(text);
            from = at;
        }
        copy.push_str(blanked.get(from..)?);
        Some(Self { text: Arc::from(copy), inserted })
    }

    /// What was found in the copy and concerns the original, in the original's places.
    pub(in crate::check) fn in_original(&self, violations: Vec<Violation>) -> Vec<Violation> {
        violations
            .into_iter()
            .filter_map(|mut violation| {
                violation.at = self.original(violation.at)?;
                violation.child = match violation.child {
                    None => None,
                    Some(child) => Some(self.original(child)?),
                };
                Some(violation)
            })
            .collect()
    }

    fn original(&self, offset: usize) -> Option<usize> {
        let mut shift = 0;
        for (at, length) in &self.inserted {
            if offset < *at {
                break;
            }
            if offset < at + length {
                return None;
            }
            shift += length;
        }
        Some(offset - shift)
    }
}
