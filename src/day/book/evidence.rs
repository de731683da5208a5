//! Everything that is known of one day, and the figures that follow from it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{DaySettings, Outage};
use crate::{
    day::{
        Absent, Acknowledgement, DayReport, DayRow, Deadline, Excuse, Gap, Standing, excuse,
        plan::PlanLine,
        report::{Elsewhere, ROWS},
        strict_now,
    },
    document::{Record, State, Timestamp},
};

/// Everything that is known of one day.
pub(super) struct Evidence<'a> {
    pub(super) settings: &'a DaySettings,
    pub(super) day: NaiveDate,
    pub(super) now: Timestamp,
    pub(super) skew_millis: Option<i64>,
    pub(super) records: Vec<Record>,
    pub(super) at_least: bool,
    /// The plan of the day; `None` without any plan.
    pub(super) plan: Option<Vec<PlanLine>>,
    /// Where planned enterprises were inspected instead, by code.
    pub(super) elsewhere: BTreeMap<String, NaiveDate>,
    /// The last excuse of each document, by [`excuse::key`].
    pub(super) excuses: BTreeMap<String, Excuse>,
    pub(super) outages: Vec<Outage>,
    pub(super) acknowledged: Option<Acknowledgement>,
    pub(super) gaps: Vec<Gap>,
}

/// A document of the day: the version that counts, and what its versions say together.
pub(super) struct Document<'a> {
    pub(super) record: &'a Record,
    pub(super) standing: Standing,
    pub(super) first_seen: Timestamp,
}

/// The documents among `records`, each by the version that counts; those that are asked of no more are left out.
pub(super) fn documents<'a>(records: &'a [Record], settings: &DaySettings, now: Timestamp, skew_millis: Option<i64>) -> Vec<Document<'a>> {
    let mut versions: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records {
        versions.entry(excuse::key(record)).or_default().push(record);
    }
    let mut documents = Vec::with_capacity(versions.len());
    for versions in versions.into_values() {
        let dropped = |record: &&&Record| matches!(record.state, State::Superseded | State::Ignored);
        let counts = versions
            .iter()
            .find(|record| record.state == State::Entered)
            .or_else(|| versions.iter().find(|record| !dropped(record)))
            .or_else(|| versions.iter().find(|record| record.entry.is_some()));
        let Some(record) = counts else { continue };
        let standing = |record: &Record| Deadline::of(record, &settings.hours).standing(record, now, skew_millis);
        // What was entered in time and corrected later was entered in time.
        let in_time = versions.iter().map(|record| standing(record)).find(|standing| matches!(standing, Standing::OnTime { .. }));
        let first_seen = versions.iter().map(|record| record.birth.source.first_seen).min().unwrap_or(now);
        documents.push(Document { record, standing: in_time.unwrap_or_else(|| standing(record)), first_seen });
    }
    documents
}

/// The code of the enterprise whose inspection record this is.
pub(super) fn inspected(record: &Record) -> Option<&str> {
    let facts = record.birth.facts.as_ref()?;
    (facts.kind.code() == "insp_record").then_some(facts.party_uscc.as_deref()).flatten()
}

impl Evidence<'_> {
    /// The figures.
    pub(super) fn report(self) -> DayReport {
        let hours = self.settings.hours;
        let (target, cut_off) = (hours.target(self.day), hours.cut_off(self.day));
        let documents = documents(&self.records, self.settings, self.now, self.skew_millis);
        let mut report = DayReport {
            day: self.day,
            at: self.now,
            working_day: self.settings.calendar.is_working_day(self.day).ok(),
            target,
            cut_off,
            over: strict_now(self.now, self.skew_millis) >= cut_off,
            gaps: self.gaps.clone(),
            outages: self.outages.iter().map(|outage| (outage.from, outage.until)).collect(),
            at_least: self.at_least,
            ..DayReport::nothing(self.day, self.now)
        };
        for document in &documents {
            self.count(document, &mut report);
        }
        self.hold_against_the_plan(&documents, &mut report);
        report.expected = report.drafted + report.absent.len() as u64;
        report.rows.sort_by_key(rank);
        report.rows_total = report.rows.len() as u64;
        report.rows.truncate(ROWS);
        report.changed_since = self.acknowledged.as_ref().is_some_and(|ack| ack.figures != report.figures());
        report.acknowledged = self.acknowledged;
        report
    }

    fn count(&self, document: &Document<'_>, report: &mut DayReport) {
        let Document { record, standing, first_seen } = document;
        report.drafted += 1;
        let figure = match (standing, record.state) {
            (Standing::OnTime { .. }, _) => &mut report.on_time,
            (Standing::Late { .. }, _) => &mut report.late,
            (_, State::Unfit | State::Returned) => &mut report.returned,
            (_, State::Unsure) => &mut report.unknown,
            (_, State::HeldWaiting | State::HeldUnsure | State::HeldReceived | State::Corrupt) => &mut report.held,
            _ => &mut report.on_the_way,
        };
        *figure += 1;
        let found_late = Deadline::of(record, &self.settings.hours).found_late(*first_seen);
        let excuse = self.excuses.get(&excuse::key(record)).cloned();
        report.missed += u64::from(standing.missed());
        report.excused += u64::from(standing.missed() && excuse.is_some());
        report.found_late += u64::from(found_late);
        if !matches!(standing, Standing::OnTime { .. }) || excuse.is_some() {
            report.rows.push(DayRow {
                id: record.id(),
                title: record.title(),
                kind: record.birth.facts.as_ref().map_or_else(String::new, |facts| facts.kind_name.clone()),
                state: record.state,
                standing: *standing,
                found_late,
                reason: self.why(document, found_late),
                excuse,
            });
        }
    }

    /// Why a document is not entered, or was late: found late, kept back by an outage, or what stands in its record.
    fn why(&self, document: &Document<'_>, found_late: bool) -> String {
        let Document { record, standing, first_seen } = document;
        if found_late {
            return format!("{} 才放进文件夹，当天已过", first_seen.beijing().format("%m-%d %H:%M"));
        }
        if standing.missed()
            && !matches!(record.state, State::Unfit | State::Returned)
            && record.hold.is_none()
            && let Some(outage) = self.outages.iter().find(|outage| outage.within(*first_seen, record.birth.cut_off).is_some())
        {
            let time = |at: Timestamp| at.beijing().format("%H:%M").to_string();
            let until = outage.until.map_or_else(|| "尚未恢复".to_owned(), |until| format!("{} 恢复", time(until)));
            return format!("平台 {} 起中断（{}），{until}", time(outage.from), outage.why);
        }
        record.reason.clone()
    }

    /// Which planned inspections have a record, and which have none (S-28, S-31).
    fn hold_against_the_plan(&self, documents: &[Document<'_>], report: &mut DayReport) {
        let Some(plan) = &self.plan else { return };
        let record_of = |uscc: &str| documents.iter().find(|document| inspected(document.record) == Some(uscc));
        let planned: BTreeSet<&str> = plan.iter().map(|line| line.uscc.as_str()).collect();
        let outside = documents.iter().filter_map(|document| inspected(document.record)).filter(|uscc| !planned.contains(uscc));
        report.outside_plan = outside.collect::<BTreeSet<_>>().len() as u64;
        report.planned = Some(plan.len() as u64);
        for line in plan {
            if let Some(document) = record_of(&line.uscc) {
                report.recorded += 1;
                report.recorded_entered += u64::from(document.standing.entered());
            } else if let Some(day) = self.elsewhere.get(&line.uscc) {
                report.elsewhere.push(Elsewhere { enterprise: line.enterprise.clone(), uscc: line.uscc.clone(), day: *day });
            } else {
                let of_it = documents.iter().filter_map(|document| document.record.birth.facts.as_ref());
                let has = of_it.filter(|facts| facts.party_uscc.as_ref() == Some(&line.uscc)).map(|facts| facts.kind_name.clone());
                report.absent.push(Absent {
                    group: line.group.clone(),
                    enterprise: line.enterprise.clone(),
                    uscc: line.uscc.clone(),
                    town: line.town.clone(),
                    officers: line.officers.clone(),
                    has: has.collect(),
                });
            }
        }
        report.absent.sort_by(|a, b| (&a.group, &a.enterprise).cmp(&(&b.group, &b.enterprise)));
    }
}

/// Worst first: late and unexplained, late, not entered, the rest.
fn rank(row: &DayRow) -> (u8, String) {
    let rank = match (&row.standing, row.excuse.is_some()) {
        (Standing::Overdue { .. }, false) => 0,
        (Standing::Overdue { .. }, true) => 1,
        (Standing::PastTarget { .. } | Standing::Open { .. }, _) => 2,
        (Standing::Late { .. }, false) => 3,
        (Standing::Late { .. }, true) => 4,
        _ => 5,
    };
    (rank, row.title.clone())
}
