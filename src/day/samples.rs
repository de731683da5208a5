//! Invented records for the tests of this room.

use chrono::Duration;

use crate::{
    document::{Birth, ContentHash, EntryMark, Kind, Lane, Record, State, Timestamp},
    store::samples::Sample,
};

/// A moment in Beijing: `2023-04-03 18:00:00`.
pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{}+08:00", text.replace(' ', "T"))).unwrap()
}

/// The birth of an inspection record whose inspection ended at `end`, with a cut-off of 24:00 and first seen at its end.
pub(super) fn birth(n: u64, end: Timestamp) -> Birth {
    let mut birth = Sample::new(n).newcomer().birth;
    let day = end.beijing_day();
    birth.cut_off = Timestamp::start_of(day).plus(Duration::hours(24));
    birth.source.first_seen = end;
    if let Some(facts) = &mut birth.facts {
        facts.document_date = day;
        facts.inspection_end = Some(end);
        facts.inspection_id = Some(format!("JC-{n}"));
    }
    birth
}

/// The same as a record that waits.
pub(super) fn record(n: u64, end: Timestamp) -> Record {
    let entry = Sample::new(n).newcomer().entry;
    Record::begin(birth(n, end), &entry).unwrap()
}

/// The same, of another kind and lane, dated `day`.
pub(super) fn of_kind(mut record: Record, kind: &str, lane: Lane, day: chrono::NaiveDate) -> Record {
    if let Some(facts) = &mut record.birth.facts {
        (facts.kind, facts.lane, facts.document_date, facts.inspection_end) = (Kind::new(kind), lane, day, None);
    }
    record.birth.cut_off = Timestamp::start_of(day).plus(Duration::hours(24));
    record
}

/// The same, entered.
pub(super) fn entered(mut record: Record, entered_at: Timestamp) -> Record {
    record.state = State::Entered;
    record.entry = Some(EntryMark { entry_no: Some("LR-1".into()), entered_at });
    record
}

/// The same, of a file that could not be read so far.
pub(super) fn unreadable(mut record: Record) -> Record {
    record.birth.facts = None;
    record.birth.digest = None;
    record.birth.source.file = ContentHash::of(b"x");
    record.state = State::Unfit;
    record
}
