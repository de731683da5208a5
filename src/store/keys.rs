//! The order of things, as bytes: keys that sort the way listings and the queue want them.

use chrono::{Datelike as _, NaiveDate};
use sha2::{Digest as _, Sha256};

use super::Listing;
use crate::document::{DocumentNumber, Record, State, Timestamp};

/// How long before its own cut-off a document no longer waits for documents of its case that only a person can move (law 6).
pub(super) const LAST_STRETCH: chrono::Duration = chrono::Duration::hours(2);

/// The place of a document in the order of its arrival; never given twice.
pub(super) type Arrival = u64;

/// A moment as eight bytes that sort like the moments.
pub(super) fn moment(t: Timestamp) -> [u8; 8] {
    (t.millis().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// A text as sixteen bytes: names of any length, and none of them readable in the index.
pub(super) fn text(words: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(words.as_bytes())[..16]);
    short
}

/// The case that a document belongs to, as a number; equal for equal cases.
pub(super) fn case(record: &Record) -> Option<u64> {
    let key = record.birth.facts.as_ref()?.case_key()?;
    let short = text(key);
    Some(short[..8].iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// Its place in the legal order of its case; a draft that could not be read comes last.
pub(super) fn rank(record: &Record) -> u16 {
    record.birth.facts.as_ref().map_or(u16::MAX, |f| f.rank)
}

/// Its inspection day; where the check did not read that far, the day on which its file was first seen.
pub(super) fn day(record: &Record) -> NaiveDate {
    record.birth.facts.as_ref().map_or_else(|| record.birth.source.first_seen.beijing_day(), crate::document::Facts::inspection_day)
}

/// A state as one byte; part of the index's format, so numbers are never given anew.
pub(super) const fn state(state: State) -> u8 {
    match state {
        State::Unfit => 0,
        State::Waiting => 1,
        State::Sending => 2,
        State::Unsure => 3,
        State::Received => 4,
        State::Entered => 5,
        State::Returned => 6,
        State::HeldWaiting => 7,
        State::HeldUnsure => 8,
        State::HeldReceived => 9,
        State::Superseded => 10,
        State::Ignored => 11,
        State::Corrupt => 12,
    }
}

/// The state of a byte that [`state`] gave.
pub(super) fn state_of(byte: u8) -> Option<State> {
    State::ALL.into_iter().find(|s| state(*s) == byte)
}

/// What all keys of a listing begin with.
pub(super) fn prefix(listing: &Listing) -> Vec<u8> {
    let named = |tag: u8, words: &str| [&[tag][..], &text(words)].concat();
    match listing {
        Listing::InState(s) => vec![b's', state(*s)],
        Listing::Number(number) => named(b'n', &DocumentNumber::name(number)),
        Listing::Path(path) => named(b'p', path),
        Listing::Case(case) => named(b'c', case),
        Listing::Author(author) => named(b'o', author),
        Listing::Draft(draft) => [&[b'd'][..], draft.as_bytes()].concat(),
        Listing::Day(day) => [&[b'y'][..], &day.num_days_from_ce().to_be_bytes()].concat(),
        Listing::All => vec![b'a'],
    }
}

/// How long the keys' beginnings are that name what is asked for.
pub(super) const NAMED: usize = 17;

/// Whether a key belongs to a listing of what has one path, number, draft id or case.
pub(super) fn is_named(key: &[u8]) -> bool {
    key.len() >= NAMED && matches!(key[0], b'n' | b'p' | b'c' | b'd')
}

/// Where a record stands within a listing; the end of its key there, and the listing's cursor.
pub(super) fn place(listing: &Listing, record: &Record, arrival: Arrival) -> Vec<u8> {
    match listing {
        Listing::InState(_) => urgency(record, arrival),
        Listing::Number(_) | Listing::Path(_) | Listing::Draft(_) => (!arrival).to_be_bytes().to_vec(),
        Listing::Case(_) => [&rank(record).to_be_bytes()[..], &arrival.to_be_bytes()].concat(),
        Listing::Author(_) | Listing::Day(_) | Listing::All => arrival.to_be_bytes().to_vec(),
    }
}

/// Earliest cut-off, then rank, then arrival (law 6).
pub(super) fn urgency(record: &Record, arrival: Arrival) -> Vec<u8> {
    [&moment(record.birth.cut_off)[..], &rank(record).to_be_bytes(), &arrival.to_be_bytes()].concat()
}

/// The listings that a record stands in for ever, from its birth on.
pub(super) fn lasting(record: &Record) -> Vec<Listing> {
    let mut listings = vec![Listing::All, Listing::Day(day(record)), Listing::Path(record.birth.source.path.clone())];
    if let Some(facts) = &record.birth.facts {
        listings.push(Listing::Draft(facts.draft_id));
        listings.push(Listing::Author(facts.author.0.clone()));
        if let Some(number) = &facts.number {
            listings.push(Listing::Number(number.clone()));
        }
        if let Some(case) = facts.case_key() {
            listings.push(Listing::Case(case.to_owned()));
        }
    }
    listings
}

/// From when on a record is due (laws 5 and 6); `None` while an earlier document of its case keeps it back, and for a state in which
/// nothing is due. `moving` and `blocking` are the lowest ranks in its case of a document on its way by itself, and of one that keeps
/// later ones back.
pub(super) fn wake(record: &Record, moving: Option<u16>, blocking: Option<u16>) -> Option<Timestamp> {
    match record.state {
        State::Unsure | State::Received => Some(record.due),
        State::Waiting => waiting_wake(record.due, record.birth.cut_off, rank(record), moving, blocking),
        _ => None,
    }
}

/// [`wake`] for a waiting document.
pub(super) fn waiting_wake(due: Timestamp, cut_off: Timestamp, rank: u16, moving: Option<u16>, blocking: Option<u16>) -> Option<Timestamp> {
    if moving.is_some_and(|first| first < rank) {
        return None;
    }
    if blocking.is_some_and(|first| first < rank) {
        // Less than two hours left: from the millisecond after the cut-off less two hours.
        let stretch = cut_off.plus(chrono::Duration::milliseconds(1) - LAST_STRETCH);
        return Some(due.max(stretch));
    }
    Some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_and_after_1970_sort_as_bytes() {
        let mut moments = [Timestamp::MIN, Timestamp::MAX]
            .into_iter()
            .chain([-1, 0, 1, i64::from(u32::MAX)].map(Timestamp::from_millis))
            .collect::<Vec<_>>();
        moments.sort();
        assert!(moments.is_sorted_by_key(|t| moment(*t)));
    }

    #[test]
    fn every_state_has_a_byte_of_its_own() {
        for s in State::ALL {
            assert_eq!(state_of(state(s)), Some(s));
        }
    }

    #[test]
    fn a_stuck_predecessor_counts_only_until_the_last_two_hours() {
        let (due, cut_off) = (Timestamp::from_millis(5), Timestamp::from_millis(9_000_000));
        let stretch = Timestamp::from_millis(9_000_000 - 7_200_000 + 1);
        assert_eq!(waiting_wake(due, cut_off, 2, None, Some(1)), Some(stretch));
        assert_eq!(waiting_wake(due, cut_off, 2, None, Some(2)), Some(due));
        assert_eq!(waiting_wake(due, cut_off, 2, Some(1), Some(1)), None);
        assert_eq!(waiting_wake(due, cut_off, 2, Some(2), Some(2)), Some(due));
    }
}
