//! Will what is on its way be there before the day ends? From the queue, the recent pace, the outage so far and what the platform asked.
//!
//! Pure. An outage is taken to last as long again as it has lasted, and never less than the platform asked us to stay away; a pace is what
//! the last receipts really took. So the forecast fires while there is time, and is silent about a hiccup in the afternoon.

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::document::Timestamp;

/// The time that a document takes where nothing has been measured yet.
pub const UNMEASURED: Duration = Duration::seconds(30);

/// The least time that a document is taken to need: receipts carry whole seconds.
const QUICKEST: Duration = Duration::milliseconds(100);

/// How many receipts the pace is taken from.
pub const RECEIPTS: usize = 20;

/// A platform that answers nothing for so long, and for so many documents' time, counts as stuck though no request failed.
const SILENT: (Duration, i32) = (Duration::minutes(3), 10);

/// What the forecast is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The moment that counts, by the stricter clock.
    pub now: Timestamp,
    /// The day in question.
    pub day: NaiveDate,
    /// Its cut-off.
    pub cut_off: Timestamp,
    /// Documents of the day that are still to be sent, or in doubt.
    pub waiting: u64,
    /// Documents that go before them: whose cut-off is earlier.
    pub ahead: u64,
    /// Since when each document of the day that was received has been waiting for its entry, by the platform's clock.
    pub received: Vec<Timestamp>,
    /// Documents of the day that wait for a person.
    pub stuck: u64,
    /// Since when each document that has failed several times by itself could have been sent; not among `waiting`.
    pub laggards: Vec<Timestamp>,
    /// Since when there has been something to send and no receipt; `None` when there is nothing to send.
    pub silent_since: Option<Timestamp>,
    /// Since when the platform counts as down.
    pub down_since: Option<Timestamp>,
    /// Before this moment nothing is sent: the next probe, or what the platform asked for (`Retry-After`).
    pub not_before: Option<Timestamp>,
    /// What was measured.
    pub pace: Pace,
}

/// How fast documents have gone lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// The time from one receipt to the next while there was something to send; `None` when nothing was measured.
    pub each: Option<Duration>,
    /// The time from receipt to entry; `None` when nothing was measured.
    pub to_entry: Option<Duration>,
}

/// One document as it went, for [`Pace::of`]. All moments by the platform's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Went {
    /// When it could have been sent.
    pub ready: Timestamp,
    /// When the platform received it.
    pub received: Timestamp,
    /// When it was entered, if it was.
    pub entered: Option<Timestamp>,
}

impl Pace {
    /// The pace of the last [`RECEIPTS`] documents, in any order. A document's time begins when it could have been sent or when the one
    /// before it was received, whichever is later; the slowest fifth is left out, so that one outage does not count as the usual pace.
    pub fn of(went: &[Went]) -> Self {
        let mut went = went.to_vec();
        went.sort_by_key(|w| w.received);
        let mut each = Vec::new();
        for (nth, w) in went.iter().enumerate() {
            let before = nth.checked_sub(1).and_then(|nth| went.get(nth)).map_or(w.ready, |before| before.received.max(w.ready));
            each.push(w.received.since(before).max(Duration::zero()));
        }
        let each = each.split_off(each.len().saturating_sub(RECEIPTS));
        let to_entry = went.iter().rev().filter_map(|w| Some(w.entered?.since(w.received).max(Duration::zero()))).take(RECEIPTS).collect();
        Self { each: usual(each).map(|each| each.max(QUICKEST)), to_entry: usual(to_entry) }
    }
}

/// The mean without the slowest fifth.
fn usual(mut spans: Vec<Duration>) -> Option<Duration> {
    spans.sort_unstable();
    spans.truncate(spans.len() - spans.len() / 5);
    let count = i32::try_from(spans.len()).ok().filter(|count| *count > 0)?;
    Some(spans.iter().sum::<Duration>() / count)
}

/// What is to be expected of a day. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// When it was made, by the stricter clock.
    pub at: Timestamp,
    /// The day.
    pub day: NaiveDate,
    /// Its cut-off.
    pub cut_off: Timestamp,
    /// Documents of the day that are on their way: not entered, and nobody need act.
    pub on_the_way: u64,
    /// How many of them will miss the cut-off at this pace.
    pub will_miss: u64,
    /// Documents of the day that will miss it unless a person acts.
    pub stuck: u64,
    /// When the last one on its way will be entered at this pace; `None` when none is on its way.
    pub done_at: Option<Timestamp>,
    /// When sending is expected to go on, where it is interrupted.
    pub resumes_at: Option<Timestamp>,
    /// When sending must go on at the latest so that all come in time; `None` when none is on its way. May lie in the past.
    pub resume_by: Option<Timestamp>,
    /// Milliseconds from one document to the next at this pace.
    pub each_ms: i64,
    /// Whether the pace was measured; else it is [`UNMEASURED`].
    pub measured: bool,
}

impl Forecast {
    /// The forecast of an outlook.
    pub fn of(outlook: &Outlook) -> Self {
        let each = outlook.pace.each.unwrap_or(UNMEASURED).max(QUICKEST);
        let to_entry = outlook.pace.to_entry.unwrap_or(UNMEASURED);
        let resumes_at = outlook.resumes_at(each);
        let begin = resumes_at.unwrap_or(outlook.now);
        // What is there at the end of the day is entered strictly before the cut-off.
        let sending = outlook.cut_off.since(begin).num_milliseconds() - to_entry.num_milliseconds() - 1;
        let in_time = u64::try_from(sending.div_euclid(each.num_milliseconds())).unwrap_or(0);
        let late = (outlook.ahead + outlook.waiting).saturating_sub(in_time).min(outlook.waiting);
        let entries = outlook.received.iter().map(|received| entry_of(*received, outlook.now, to_entry));
        let slow = u64::try_from(entries.clone().filter(|at| *at >= outlook.cut_off).count()).unwrap_or(u64::MAX);
        let laggards = outlook.laggards.iter().map(|ready| begin.max(outlook.now.plus(outlook.now.since(*ready).max(Duration::zero()))));
        let lagging = u64::try_from(laggards.clone().filter(|at| *at >= outlook.cut_off).count()).unwrap_or(u64::MAX);
        let all = times(each, outlook.ahead + outlook.waiting);
        let last_sent = (outlook.waiting > 0).then(|| begin.plus(all).plus(to_entry));
        let others = outlook.received.len() + outlook.laggards.len();
        let on_the_way = outlook.waiting + u64::try_from(others).unwrap_or(u64::MAX);
        Self {
            at: outlook.now,
            day: outlook.day,
            cut_off: outlook.cut_off,
            on_the_way,
            // After the cut-off there is nothing left to foretell: what is not there has missed it.
            will_miss: if outlook.now >= outlook.cut_off { on_the_way } else { late + slow + lagging },
            stuck: outlook.stuck,
            done_at: last_sent.into_iter().chain(entries).chain(laggards).max(),
            resumes_at,
            resume_by: (outlook.waiting > 0).then(|| outlook.cut_off.plus(-all).plus(-to_entry).plus(Duration::milliseconds(-1))),
            each_ms: each.num_milliseconds(),
            measured: outlook.pace.each.is_some(),
        }
    }

    /// Whether something will miss the cut-off at this pace, while there still is time.
    pub fn fires(&self) -> bool {
        self.will_miss > 0 && self.at < self.cut_off
    }

    /// What people are told: `照此速度，3 件将赶不上 24:00`; `None` when there is nothing to say.
    pub fn said(&self) -> Option<String> {
        let end = clock_time(self.cut_off, self.day);
        match (self.fires(), self.stuck) {
            (true, 0) => Some(format!("照此速度，{} 件将赶不上 {end}", self.will_miss)),
            (true, stuck) => Some(format!("照此速度，{} 件将赶不上 {end}；另有 {stuck} 件等人处理", self.will_miss)),
            (false, _) => None,
        }
    }
}

impl Outlook {
    /// When sending goes on; `None` while it is not interrupted.
    fn resumes_at(&self, each: Duration) -> Option<Timestamp> {
        let again = |since: Timestamp| self.now.plus(self.now.since(since).max(Duration::zero()));
        let down = self.down_since.map(again);
        let stuck = self.silent_since.filter(|since| {
            let silent = self.now.since(*since);
            self.down_since.is_none() && silent > SILENT.0 && silent > each * SILENT.1
        });
        let resumes = down.or_else(|| stuck.map(again));
        let asked = self.not_before.filter(|at| *at > self.now);
        resumes.max(asked).or(resumes)
    }
}

/// When a received document will be entered: after the usual time, and if that has passed, after as long again as it is over it.
fn entry_of(received: Timestamp, now: Timestamp, to_entry: Duration) -> Timestamp {
    let usual = received.plus(to_entry);
    if usual > now { usual } else { now.plus(now.since(usual)) }
}

fn times(each: Duration, count: u64) -> Duration {
    let millis = each.num_milliseconds().saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
    Duration::milliseconds(millis.min(i64::MAX / 4_000_000))
}

/// The time of a cut-off as seen from its day: `17:30`; midnight at its end is `24:00`.
pub(super) fn clock_time(at: Timestamp, day: NaiveDate) -> String {
    if day.succ_opt() == Some(at.beijing_day()) && at == Timestamp::start_of(at.beijing_day()) {
        return "24:00".into();
    }
    at.beijing().format("%H:%M").to_string()
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
