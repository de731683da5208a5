//! What the forecast is made of, read from the books.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::DayBook;
use crate::{
    day::{
        Deadline, Forecast, Outlook,
        forecast::{Pace, RECEIPTS, Went},
        strict_now,
    },
    document::{Record, State, Timestamp},
    store::{Listing, StoreError},
};

/// How many documents with an earlier cut-off are counted in one page, and how many pages.
const AHEAD: usize = 100;
const PAGES: usize = 20;
/// A document that failed so often counts by its own history and not by the pace of the others.
const SETBACKS: u32 = 3;
/// An earlier document of a case keeps later ones back until so long before their cut-off (the store's law 6).
const CASE_WAITS: Duration = Duration::hours(2);

/// How the platform stands at this moment, as the gate knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlatformNow {
    /// Since when it counts as down.
    pub down_since: Option<Timestamp>,
    /// Before when nothing is sent: the next probe, or what it asked for.
    pub not_before: Option<Timestamp>,
    /// Its clock minus ours.
    pub skew_millis: Option<i64>,
}

impl DayBook {
    /// The forecast for a day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forecast(&self, day: NaiveDate, platform: PlatformNow) -> Result<Forecast, StoreError> {
        let (records, _) = self.documents(day).await?;
        Ok(Forecast::of(&self.outlook(day, platform, &records).await?))
    }

    pub(super) async fn outlook(&self, day: NaiveDate, platform: PlatformNow, records: &[Record]) -> Result<Outlook, StoreError> {
        let cut_off = self.settings.hours.cut_off(day);
        let mut ahead = 0;
        for state in [State::Waiting, State::Sending, State::Unsure] {
            // Earliest cut-off first: those of the day itself end the counting.
            let mut after = None;
            for _ in 0..PAGES {
                let page = self.store.page(&Listing::InState(state), after.as_ref(), AHEAD).await?;
                let before = page.records.iter().take_while(|record| record.birth.cut_off < cut_off).count();
                ahead += before as u64;
                match page.next {
                    Some(next) if before == AHEAD => after = Some(next),
                    _ => break,
                }
            }
        }
        let pace = self.pace(day, records, platform.skew_millis).await?;
        let of_the_day: Vec<&Record> = records.iter().filter(|record| Deadline::of(record, &self.settings.hours).day == day).collect();
        let mut outlook = outlook(&of_the_day, self.now(), day, cut_off, platform);
        outlook.silent_since = outlook.silent_since.map(|since| since.max(self.opened));
        (outlook.ahead, outlook.pace) = (ahead, pace);
        Ok(outlook)
    }

    /// The pace of the last documents of this day, and of yesterday's while today has few.
    async fn pace(&self, day: NaiveDate, records: &[Record], skew_millis: Option<i64>) -> Result<Pace, StoreError> {
        let mut went: Vec<Went> = records.iter().filter_map(|record| gone(record, skew_millis)).collect();
        if let Some(before) = day.pred_opt().filter(|_| went.len() < RECEIPTS / 4) {
            went.extend(self.walk(&Listing::Day(before), 500).await?.0.iter().filter_map(|record| gone(record, skew_millis)));
        }
        Ok(Pace::of(&went))
    }
}

/// A document as it went, by the platform's clock.
fn gone(record: &Record, skew_millis: Option<i64>) -> Option<Went> {
    let there = |at: Timestamp| at.plus(Duration::milliseconds(skew_millis.unwrap_or(0)));
    let received = record.receipt.as_ref()?.received_at;
    Some(Went { ready: there(record.birth.due), received, entered: record.entry.as_ref().map(|entry| entry.entered_at) })
}

/// The outlook over the documents of a day, without pace and those ahead. Pure.
fn outlook(records: &[&Record], now: Timestamp, day: NaiveDate, cut_off: Timestamp, platform: PlatformNow) -> Outlook {
    let behind = |at: Timestamp| at.plus(Duration::milliseconds(-platform.skew_millis.unwrap_or(0)));
    let strict = strict_now(now, platform.skew_millis);
    let kept_back = kept_back(records, now, cut_off);
    let mut outlook = Outlook {
        now: strict,
        day,
        cut_off,
        waiting: 0,
        ahead: 0,
        received: Vec::new(),
        stuck: 0,
        laggards: Vec::new(),
        silent_since: None,
        down_since: platform.down_since,
        not_before: platform.not_before,
        pace: Pace::default(),
    };
    let last_receipt = records.iter().filter_map(|record| record.receipt.as_ref()).map(|receipt| behind(receipt.received_at)).max();
    let mut ready: Option<Timestamp> = None;
    for record in records {
        match record.state {
            State::Waiting | State::Sending | State::Unsure if record.setbacks >= SETBACKS => outlook.laggards.push(record.birth.due),
            State::Waiting | State::Sending | State::Unsure => {
                outlook.waiting += 1;
                if record.state != State::Waiting || record.due <= now && !kept_back.contains(&record.id()) {
                    let since = record.birth.due.max(last_receipt.unwrap_or(Timestamp::MIN));
                    ready = Some(ready.map_or(since, |ready| ready.min(since)));
                }
            }
            State::Received => {
                outlook.received.extend(record.receipt.as_ref().map(|receipt| receipt.received_at));
            }
            State::Unfit | State::Returned | State::HeldWaiting | State::HeldUnsure | State::HeldReceived | State::Corrupt => {
                outlook.stuck += 1;
            }
            State::Entered | State::Superseded | State::Ignored => {}
        }
    }
    outlook.silent_since = ready;
    outlook
}

/// Documents that an earlier one of their case keeps back, which is nobody's silence.
fn kept_back(records: &[&Record], now: Timestamp, cut_off: Timestamp) -> BTreeSet<crate::document::DocumentId> {
    let place = |record: &Record| {
        let facts = record.birth.facts.as_ref()?;
        Some((facts.case_key()?.to_owned(), facts.rank))
    };
    if cut_off.since(now) < CASE_WAITS {
        return BTreeSet::new();
    }
    let blocking: Vec<_> = records.iter().filter(|record| record.state.blocks_its_case()).filter_map(|record| place(record)).collect();
    let waits = |record: &&&Record| {
        place(record).is_some_and(|(case, rank)| blocking.iter().any(|(other, before)| *other == case && *before < rank))
    };
    records.iter().filter(waits).map(|record| record.id()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{day::samples, document::Receipt};
    use samples::{at, record};

    const DAY: &str = "2023-04-12";

    fn seen(records: &[Record], now: &str, platform: PlatformNow) -> Outlook {
        let records: Vec<&Record> = records.iter().collect();
        outlook(&records, at(now), DAY.parse().unwrap(), at("2023-04-13 00:00:00"), platform)
    }

    fn waiting(n: u64, since: &str) -> Record {
        let mut record = record(n, at("2023-04-12 16:00:00"));
        (record.birth.due, record.due) = (at(since), at(since));
        record
    }

    #[test]
    fn each_state_has_its_place() {
        let in_state = |n, state| Record { state, ..waiting(n, "2023-04-12 18:00:00") };
        let mut received = in_state(5, State::Received);
        received.receipt = Some(Receipt { receipt_no: "H1".into(), received_at: at("2023-04-12 18:03:00") });
        let mut slow = in_state(6, State::Waiting);
        slow.setbacks = 3;
        let records = [
            in_state(1, State::Waiting),
            in_state(2, State::Unsure),
            in_state(3, State::Returned),
            in_state(4, State::Entered),
            received,
            slow,
        ];
        let outlook = seen(&records, "2023-04-12 18:10:00", PlatformNow::default());
        assert_eq!((outlook.waiting, outlook.stuck, outlook.received.len(), outlook.laggards.len()), (2, 1, 1, 1));
        assert_eq!(outlook.silent_since, Some(at("2023-04-12 18:03:00")), "since the last receipt");
    }

    #[test]
    fn a_document_kept_back_by_its_case_is_not_the_platforms_silence() {
        let mut first = waiting(1, "2023-04-12 18:00:00");
        first.state = State::Returned;
        let mut second = waiting(2, "2023-04-12 18:00:00");
        for (rank, record) in [(20, &mut first), (40, &mut second)] {
            let facts = record.birth.facts.as_mut().unwrap();
            (facts.rank, facts.inspection_id) = (rank, Some("JC-9".into()));
        }
        let records = [first, second];
        assert_eq!(seen(&records, "2023-04-12 20:00:00", PlatformNow::default()).silent_since, None);
        // Two hours before the end it goes on without the other (law 6), and silence counts.
        assert!(seen(&records, "2023-04-12 22:30:00", PlatformNow::default()).silent_since.is_some());
    }

    #[test]
    fn a_platform_that_is_ahead_shortens_the_day() {
        let ahead = PlatformNow { skew_millis: Some(240_000), ..PlatformNow::default() };
        assert_eq!(seen(&[], "2023-04-12 23:57:00", ahead).now, at("2023-04-13 00:01:00"));
    }
}
