//! Very many fit inspection records, for benchmarks.

use super::enterprises::{Enterprise, Office};
use super::inspection::Inspection;
use super::parts::Slot;
use super::pieces::{Draft, draft};
use super::random::Random;
use chrono::{Duration, NaiveDate, NaiveTime};

/// Serials a year has room for in a document number of five digits.
const SERIALS: u32 = 99_999;

/// `n` fit inspection records dated `date`, each the only document of its inspection, each about `bytes_about` long.
///
/// From about 6,000 bytes on the length is kept. Numbers are unique: past 99,999 the office's abbreviation changes.
pub fn bulk(n: usize, seed: u64, date: NaiveDate, bytes_about: usize) -> Bulk {
    Bulk { left: n, nth: 0, random: Random::new(seed), office: Office::default(), date, bytes_about }
}

/// The iterator of [`bulk`].
#[derive(Debug, Clone)]
pub struct Bulk {
    left: usize,
    nth: u32,
    random: Random,
    office: Office,
    date: NaiveDate,
    bytes_about: usize,
}

impl Iterator for Bulk {
    type Item = Draft;

    fn next(&mut self) -> Option<Draft> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let seq = self.nth % SERIALS + 1;
        if seq == 1 {
            let turn = (self.nth / SERIALS) as usize;
            self.office.abbreviation = ["淄", "淄川", "淄川应", "淄应", "川", "川应"][turn % 6].to_owned();
        }
        let random = &mut self.random;
        let enterprise = Enterprise::invent(random, self.nth as usize);
        let start = NaiveTime::MIN + Duration::minutes(i64::from(510 + random.below(120)));
        let group = u8::try_from(self.nth % 3).unwrap_or(0) + 1;
        let mut inspection = Inspection::invent(random, enterprise, self.date, start, group, seq);
        inspection.findings.truncate(2);
        inspection.id = format!("JC-{}-{:07}", self.date.format("%Y%m%d"), self.nth + 1);
        let written = inspection.record_about(random, &self.office, self.bytes_about);
        self.nth += 1;
        let slot = Slot { office: &self.office, group, seq, date: self.date };
        Some(draft(written, slot, inspection.end + Duration::minutes(6)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Bulk {}
