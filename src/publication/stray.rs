//! Notices of ours that nobody of their window waits for.
//!
//! They are decisions of other days, published under wrong ones, or decisions that nobody here knows. What was seen in one reading alone is
//! no ground for an alarm, whichever of the two it is.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Ledger, Reading, Row, Verdict, Wanted};
use crate::document::{ContentHash, Timestamp};

/// The most of them that are kept one by one.
const MOST_KEPT: usize = 500;
/// The most of them that are counted exactly.
const MOST_COUNTED: usize = 10_000;

/// A published decision of ours that is not among those looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Its number as published.
    pub number: String,
    /// The day of decision as published.
    pub decided: Option<NaiveDate>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// SHA-256 of the row's text.
    pub evidence: ContentHash,
}

impl Extra {
    fn of(row: &Row) -> Self {
        Self {
            number: row.get("CF_WSH").chars().take(60).collect(),
            decided: row.decided(),
            published_at: row.published_at,
            url: row.url.clone(),
            evidence: row.evidence(),
        }
    }
}

/// A notice that nobody of its window waits for, with its row, and what the readings of that window saw of it.
#[derive(Debug, Clone)]
pub struct Stray {
    /// What is told of it, if it is nobody's.
    pub extra: Extra,
    row: Row,
    /// The readings of its window, and whether each of them saw it.
    readings: Vec<(Reading, bool)>,
}

impl Stray {
    /// The row that the readings saw whose bits are set in `seen`.
    pub(super) fn of(row: Row, seen: u8, readings: &[Reading]) -> Self {
        let readings = readings.iter().enumerate().map(|(nth, reading)| (reading.clone(), seen & bit(nth) != 0)).collect();
        Self { extra: Extra::of(&row), row, readings }
    }

    /// Whether every reading of its window came to its end and saw it, so that people may be told of it.
    pub fn is_confirmed(&self) -> bool {
        self.readings.iter().all(|(reading, seen)| *seen && matches!(reading, Reading::Whole(_)))
    }

    /// What it says of a decision of another day, by no more readings than saw it.
    pub fn verdict_on(&self, wanted: Wanted, now: Timestamp) -> Option<Verdict> {
        let mut ledger = Ledger::new(vec![wanted], self.readings.len());
        for (reading, seen) in &self.readings {
            if *seen {
                ledger.take(&self.row, false);
            }
            ledger.end(reading.clone());
        }
        ledger.close(now).0.pop()
    }
}

/// The strays of a window while it is read.
#[derive(Debug, Default)]
pub(super) struct Strays {
    rows: Vec<(u64, Row)>,
    /// In which readings each was seen, by its identity.
    seen: HashMap<u64, u8>,
}

impl Strays {
    /// One more, or one once more, in the reading of `bit`.
    pub(super) fn take(&mut self, row: &Row, bit: u8) {
        let identity = row.identity();
        if let Some(seen) = self.seen.get_mut(&identity) {
            *seen |= bit;
        } else if self.seen.len() < MOST_COUNTED {
            self.seen.insert(identity, bit);
            if self.rows.len() < MOST_KEPT {
                self.rows.push((identity, row.clone()));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// All that are kept one by one, and how many every one of the `readings` saw, kept or not.
    pub(super) fn close(self, readings: &[Reading]) -> (Vec<Stray>, usize) {
        let whole = readings.iter().all(|reading| matches!(reading, Reading::Whole(_)));
        let count = if whole { self.seen.values().filter(|seen| u16::from(**seen) == all(readings.len())).count() } else { 0 };
        let stray = |(identity, row)| Stray::of(row, self.seen.get(&identity).copied().unwrap_or_default(), readings);
        (self.rows.into_iter().map(stray).collect(), count)
    }
}

/// The bit of the `nth` reading, from 0; those past the eighth share one.
pub(super) fn bit(nth: usize) -> u8 {
    1 << nth.min(7)
}

/// The bits of the first `n` readings.
pub(super) fn all(n: usize) -> u16 {
    (1 << n.min(8)) - 1
}
