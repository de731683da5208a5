//! One enterprise from the visit to the closed case: an inspection with every disposition, its reviews, and the penalty that follows.

use super::calendar;
use super::case::{Against, Case};
use super::enterprises::{Enterprise, Office};
use super::findings::{Disposition, FINDINGS, Finding, ORG_OFFENCES};
use super::inspection::Inspection;
use super::orders::Reviewed;
use super::parts::Slot;
use super::pieces::{self, Draft};
use super::random::Random;
use chrono::{Duration, NaiveDate, NaiveTime};

/// The offence that a visit finds and a case punishes: training, with a fine that reaches the hearing threshold.
const OFFENCE: usize = 3;

/// A thread to be drafted; set what differs, then take [`Thread::drafts`].
#[derive(Debug, Clone)]
pub struct Thread {
    seed: u64,
    inspected: NaiveDate,
    unfinished: bool,
}

impl Thread {
    /// An inspection on `inspected` (that day, or the working day before), all of whose problems are mended by the order's deadline.
    pub fn new(seed: u64, inspected: NaiveDate) -> Self {
        Self { seed, inspected: calendar::working_or_before(inspected), unfinished: false }
    }

    /// The first review finds the last problem not mended.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.unfinished = true;
        self
    }

    /// The fourteen drafts in the law's order, from the scheme to the closing; kinds as in [`super::KINDS`], two reviews among them: of the
    /// order, then of the measures.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut random = Random::new(self.seed);
        let office = Office::default();
        let serial = 600 + u32::try_from(self.seed % 300).unwrap_or(0);
        let start = NaiveTime::MIN + Duration::minutes(550);
        let enterprise = Enterprise::invent(&mut random, usize::try_from(self.seed % 600).unwrap_or(0));
        let mut visit = Inspection::invent(&mut random, enterprise.clone(), self.inspected, start, 1, serial);
        visit.refused = false;
        visit.findings = findings();
        let mut ordered = visit.clone();
        for (_, disposition) in &mut ordered.findings {
            if *disposition == Disposition::Case {
                *disposition = Disposition::Order;
            }
        }
        // A case's days are counted from its decision: the visit is 27 working days before it.
        let slot = Slot { office: &office, group: 1, seq: serial, date: calendar::shift(self.inspected, 27) };
        let mut case = Case::with_document_on(&mut random, slot, enterprise, ORG_OFFENCES[OFFENCE], Against::Enterprise, "penalty_org");
        case.person.name.clone_from(&case.enterprise.legal_rep);
        let of_order = Reviewed { date: visit.deadline, of: Disposition::Order, word: "责改", serial, unfinished: self.unfinished };
        let of_measure = Reviewed { of: Disposition::Measure, word: "现决", serial: serial + 300, unfinished: false, ..of_order };
        let mut written = vec![
            visit.plan(&mut random, &office),
            visit.record(&mut random, &office),
            visit.measure(&mut random, &office),
            ordered.order(&mut random, &office),
            ordered.review_of(&mut random, &office, of_order),
            visit.review_of(&mut random, &office, of_measure),
        ];
        written.extend(case.whole(&mut random, &office));
        let at = NaiveTime::MIN + Duration::minutes(1010);
        written.into_iter().map(|written| pieces::draft(written, slot, at)).collect()
    }
}

/// One of each disposition, and a second to be ordered.
fn findings() -> Vec<(Finding, Disposition)> {
    let wanted = ["facility", "worksite", "facility", "certificate", "training"];
    let usual = [Disposition::Order, Disposition::OnSpot, Disposition::Measure, Disposition::Order, Disposition::Case];
    let pairs = wanted.iter().zip(usual);
    pairs
        .filter_map(|(category, usual)| FINDINGS.iter().find(|f| f.category == *category && f.usual == usual).map(|f| (*f, usual)))
        .collect()
}
