//! `Retry-After`, in seconds or as a date (contract §1; faults row 21).

use std::sync::Mutex;
use std::sync::PoisonError;

use chrono::{DateTime, Duration, Utc};

use crate::document::Timestamp;

/// How many seconds the platform asks us to stay away, at most `longest`. A date counts from the platform's own clock. Nothing for what is
/// past, negative or no time at all.
pub(super) fn seconds(text: &str, their_now: Timestamp, longest: u64) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that do not fit are merely a very long time.
        return Some(text.parse().unwrap_or(u64::MAX).min(longest)).filter(|secs| *secs > 0);
    }
    let until = date(text)?.since(their_now);
    // Rounded up: a moment too late is polite, a moment too early is not.
    u64::try_from((until.num_milliseconds() + 999).div_euclid(1_000)).ok().filter(|secs| *secs > 0).map(|secs| secs.min(longest))
}

/// A date of an HTTP header.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(text).ok().map(|t| Timestamp::from(t.with_timezone(&Utc)))
}

/// Until when no request may begin.
#[derive(Default)]
pub(super) struct Quiet(Mutex<Option<Timestamp>>);

impl Quiet {
    /// No request begins before `secs` have passed; never shortens what stands.
    pub(super) fn keep(&self, now: Timestamp, secs: u64) {
        let until = now.plus(Duration::seconds(i64::try_from(secs).unwrap_or(0)));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = (*kept).max(Some(until));
    }

    /// How many seconds are left of it. More than `longest` can only mean that the clock was set back; then it is over.
    pub(super) fn left(&self, now: Timestamp, longest: u64) -> Option<u64> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = (*kept)?.since(now).num_milliseconds();
        let left = u64::try_from(left).ok().filter(|left| *left > 0);
        match left.map(|millis| millis.div_ceil(1_000)) {
            Some(secs) if secs <= longest => Some(secs),
            _ => {
                *kept = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_it_is_understood_or_left_aside() {
        let now = Timestamp::parse("2023-04-03T17:00:00+08:00").unwrap();
        for (text, secs) in [
            ("120", Some(120)),
            (" 5 ", Some(5)),
            ("0", None),
            ("-5", None),
            ("315360000", Some(3_600)),
            ("99999999999999999999999999", Some(3_600)),
            ("Mon, 03 Apr 2023 09:01:30 GMT", Some(90)),
            ("Mon, 03 Apr 2023 08:59:30 GMT", None),
            ("Wed, 03 Apr 2033 09:00:00 GMT", None), // the weekday is wrong
            ("Sun, 03 Apr 2033 09:00:00 GMT", Some(3_600)),
            ("soon", None),
            ("", None),
            ("1.5", None),
        ] {
            assert_eq!(seconds(text, now, 3_600), secs, "{text:?}");
        }
    }

    #[test]
    fn a_later_shorter_wish_does_not_shorten_the_first_and_a_clock_set_back_ends_it() {
        let quiet = Quiet::default();
        let at = |secs: i64| Timestamp::from_millis(secs * 1_000);
        assert_eq!(quiet.left(at(0), 3_600), None);
        quiet.keep(at(0), 100);
        quiet.keep(at(10), 5);
        assert_eq!(quiet.left(at(20), 3_600), Some(80));
        assert_eq!(quiet.left(at(100), 3_600), None);
        quiet.keep(at(10_000), 100);
        assert_eq!(quiet.left(at(0), 3_600), None);
    }
}
