//! A second look at a document whose elements are not where they belong.
//!
//! Once a child is missing or strange, the validator does not know what comes after it and leaves it unjudged. So that the author hears of
//! everything at once, the structure is mended in a copy, strange elements left out, missing ones put in empty and misplaced ones moved, and
//! the copy is judged.

use std::{ops::Range, sync::Arc};

use crate::check::schema::Violation;

/// One change to the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Leaves out what stands in this range.
    Remove(Range<usize>),
    /// Takes what stands in a range elsewhere, with whatever else is changed in it.
    Move {
        /// What.
        from: Range<usize>,
        /// Before which byte it goes; outside of the range.
        to: usize,
    },
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
    /// The pieces of the copy in order: where each begins, and where it began in the original, unless it was put in.
    pieces: Vec<(usize, Option<usize>)>,
}

/// What comes in before a byte.
#[derive(Clone)]
enum Arrival<'e> {
    New(&'e str),
    Moved(Range<usize>),
}

/// The copy as it is being written.
struct Copy<'e> {
    original: &'e str,
    /// In the order of where they come in.
    arrivals: Vec<(usize, Arrival<'e>)>,
    /// What does not stay where it is, in order.
    gone: Vec<Range<usize>>,
    text: String,
    pieces: Vec<(usize, Option<usize>)>,
}

impl Copy<'_> {
    fn put(&mut self, text: &str, origin: Option<usize>) {
        if !text.is_empty() {
            self.pieces.push((self.text.len(), origin));
            self.text.push_str(text);
        }
    }

    fn keep(&mut self, range: Range<usize>) -> Option<()> {
        let original = self.original;
        self.put(original.get(range.clone())?, Some(range.start));
        Some(())
    }

    /// Writes what stands in `range`, with the changes inside of it; those at its ends are of what surrounds it.
    fn write(&mut self, range: Range<usize>) -> Option<()> {
        let mut at = range.start;
        let mut arrival = self.arrivals.partition_point(|(to, _)| *to <= range.start);
        let mut gone = self.gone.partition_point(|gone| gone.start <= range.start);
        loop {
            let comes = self.arrivals.get(arrival).filter(|(to, _)| *to < range.end).cloned();
            let goes = self.gone.get(gone).filter(|gone| gone.start < range.end).cloned();
            match (comes, goes) {
                (Some((to, what)), goes) if goes.as_ref().is_none_or(|goes| to <= goes.start) => {
                    self.keep(at..to)?;
                    at = to;
                    arrival += 1;
                    match what {
                        Arrival::New(text) => self.put(text, None),
                        Arrival::Moved(from) => self.write(from)?,
                    }
                }
                (_, Some(goes)) => {
                    self.keep(at..goes.start)?;
                    at = goes.end;
                    // What would have changed inside of it is gone with it, or moved with it.
                    arrival += self.arrivals.get(arrival..)?.partition_point(|(to, _)| *to < at);
                    gone += self.gone.get(gone..)?.partition_point(|inner| inner.start < at);
                }
                _ => return self.keep(at..range.end),
            }
        }
    }
}

impl SecondLook {
    pub(super) fn of(text: &str, edits: &[Edit]) -> Option<Self> {
        let (mut arrivals, mut gone) = (Vec::new(), Vec::new());
        for edit in edits {
            match edit {
                Edit::Remove(range) => gone.push(range.clone()),
                Edit::Move { from, to } => {
                    gone.push(from.clone());
                    arrivals.push((*to, Arrival::Moved(from.clone())));
                }
                Edit::Insert { at, text } => arrivals.push((*at, Arrival::New(text))),
            }
        }
        // Sorting is stable: what goes to one place keeps its order.
        arrivals.sort_by_key(|(to, _)| *to);
        gone.sort_by_key(|gone| (gone.start, std::cmp::Reverse(gone.end)));
        let mut copy = Copy { original: text, arrivals, gone, text: String::with_capacity(text.len()), pieces: Vec::new() };
        copy.write(0..text.len())?;
        Some(Self { text: Arc::from(copy.text), pieces: copy.pieces })
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
        let piece = self.pieces.partition_point(|(at, _)| *at <= offset).checked_sub(1)?;
        let (at, origin) = *self.pieces.get(piece)?;
        Some(origin? + (offset - at))
    }
}
