//! An inspection week of three groups as the files that the officers' laptops leave in the folder.

use super::enterprises::{Enterprise, Office};
use super::findings::Disposition;
use super::inspection::Inspection;
use super::parts::{Slot, Written};
use super::pieces::{self, Draft};
use super::random::Random;
use super::{calendar, defects};
use chrono::{Duration, NaiveDate, NaiveTime};

/// What the visits add in turn to their own documents.
const MORE: [&str; 13] = [
    "spot_penalty_org",
    "rectify_review",
    "case_filing",
    "penalty_org",
    "inquiry_record",
    "service_receipt",
    "preserve_notice",
    "penalty_notice",
    "spot_penalty_person",
    "case_close",
    "hearing_notice",
    "penalty_person",
    "rectify_review",
];

/// A week to be drafted; set what differs from the defaults, then take [`Week::drafts`].
#[derive(Debug, Clone)]
pub struct Week {
    seed: u64,
    first_day: NaiveDate,
    days: u32,
    drafts_total: usize,
    share_unfit: f64,
    office: Office,
    finished_by: Option<NaiveTime>,
}

impl Week {
    /// Sixty drafts over the five working days from `first_day` on (itself included whatever day it is), 15 % of them unfit.
    pub fn new(seed: u64, first_day: NaiveDate) -> Self {
        Self { seed, first_day, days: 5, drafts_total: 60, share_unfit: 0.15, office: Office::default(), finished_by: None }
    }

    /// How many drafts.
    #[must_use]
    pub fn drafts_total(mut self, total: usize) -> Self {
        self.drafts_total = total;
        self
    }

    /// Which part of them has one defect each, 0.0 to 1.0.
    #[must_use]
    pub fn share_unfit(mut self, share: f64) -> Self {
        self.share_unfit = share.clamp(0.0, 1.0);
        self
    }

    /// Over how many days, at least one. One day puts every draft on `first_day`.
    #[must_use]
    pub fn days(mut self, days: u32) -> Self {
        self.days = days.max(1);
        self
    }

    /// No visit ends and no draft is saved after `time` of its day, for which `time` must be 04:00 or later.
    #[must_use]
    pub fn finished_by(mut self, time: NaiveTime) -> Self {
        self.finished_by = Some(time);
        self
    }

    /// The issuing office; Zichuan's bureau unless set.
    #[must_use]
    pub fn office(mut self, office: Office) -> Self {
        self.office = office;
        self
    }

    /// The drafts in the order of their saving.
    pub fn drafts(&self) -> std::vec::IntoIter<Draft> {
        let mut random = Random::new(self.seed);
        let mut drafts = Vec::with_capacity(self.drafts_total + 8);
        let visits = (self.drafts_total / 4).max(1);
        let mut nth = 0;
        while drafts.len() < self.drafts_total {
            let day = self.day(nth, visits);
            visit(&mut random, self, nth, day, &mut drafts);
            nth += 1;
        }
        drafts.truncate(self.drafts_total);
        self.spoil(&mut random, &mut drafts);
        drafts.sort_by(|a, b| (a.drafted_at, &a.file_name).cmp(&(b.drafted_at, &b.file_name)));
        drafts.into_iter()
    }

    fn day(&self, nth: usize, visits: usize) -> NaiveDate {
        let index = (nth * self.days as usize / visits).min(self.days as usize - 1);
        calendar::shift(self.first_day, i32::try_from(index).unwrap_or(0))
    }

    /// Gives the wanted share one defect each, every defect once before any comes twice.
    fn spoil(&self, random: &mut Random, drafts: &mut [Draft]) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 0 to 1 of a length stays within it")]
        let mut wanted = (drafts.len() as f64 * self.share_unfit).round() as usize;
        let all: Vec<&'static defects::Defect> = defects::all().collect();
        let mut used = vec![0_u32; all.len()];
        let mut misses = 0;
        while wanted > 0 && misses < 10_000 {
            let draft = &mut drafts[random.below(u32::try_from(self.drafts_total).unwrap_or(u32::MAX)) as usize];
            let round = used.iter().copied().min().unwrap_or(0) + misses / 2_000;
            let fitting: Vec<usize> = (0..used.len()).filter(|&i| used[i] <= round && all[i].suits_a_week(draft.kind)).collect();
            if !draft.fit || fitting.is_empty() {
                misses += 1;
                continue;
            }
            let chosen = *random.pick(&fitting);
            let defect = all[chosen];
            let whole = draft.bytes.clone();
            let Some(spoilt) = String::from_utf8(whole.clone()).ok().and_then(|text| defect.apply(&text)) else {
                misses += 1;
                continue;
            };
            used[chosen] += 1;
            draft.bytes = spoilt;
            draft.mended = Some(whole);
            draft.fit = false;
            draft.defect = Some(defect.name);
            draft.rule = Some(defect.rule());
            wanted -= 1;
        }
    }
}

/// What the `nth` visit leaves: the inspection's documents and one more, so that every kind turns up in a week.
fn visit(random: &mut Random, week: &Week, nth: usize, day: NaiveDate, drafts: &mut Vec<Draft>) {
    let office = &week.office;
    let group = u8::try_from(nth % 3).unwrap_or(0) + 1;
    let turn = u32::try_from(nth).unwrap_or(0);
    let slot = Slot { office, group, seq: 101 + turn, date: day };
    let afternoon = nth / 3 % 2 == 1;
    let mut minute = if afternoon { 820 } else { 535 } + i64::from(random.below(40));
    if let Some(time) = week.finished_by {
        // A visit takes at most 165 minutes, its last draft is saved 30 later, and its scheme 40 minutes before it.
        minute = minute.min((time - NaiveTime::MIN).num_minutes() - 195).max(40);
    }
    let start = NaiveTime::MIN + Duration::minutes(minute);
    let enterprise = Enterprise::invent(random, nth);
    let inspection = Inspection::invent(random, enterprise, day, start, group, slot.seq);
    let mut keep = |written: Written, minutes: i64| {
        drafts.push(pieces::draft(written, slot, inspection.end + Duration::minutes(minutes)));
    };
    let length = (inspection.end - inspection.start).num_minutes();
    keep(inspection.plan(random, office), -length - 40);
    keep(inspection.record(random, office), 6);
    if inspection.has(Disposition::Measure) {
        keep(inspection.measure(random, office), 11);
    }
    keep(inspection.order(random, office), 17);
    let more = MORE[nth % MORE.len()];
    if more.starts_with("spot_penalty") {
        let spot = pieces::spot(random, slot, inspection.enterprise.clone(), more, inspection.end, &inspection.id);
        keep(spot.decide(random, office), 30);
        return;
    }
    // Reviews and cases go back to enterprises inspected in the weeks before, with serials of their own.
    let slot = Slot { seq: 1 + turn, ..slot };
    let enterprise = Enterprise::invent(random, nth + 300);
    if let Some(written) = pieces::after_inspection(random, slot, enterprise, more) {
        keep(written, 30);
    }
}
