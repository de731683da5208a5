//! When to try again. Pure: the same question has the same answer, also after a restart.

use std::time::Duration as Span;

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};
use chrono::Duration;

use crate::document::Timestamp;

/// The first interval.
const INITIAL: Span = Span::from_secs(5);

/// The longest `Retry-After` that is obeyed (faults row 21).
const LONGEST_RETRY_AFTER_SECS: u64 = 3_600;

/// No try is closer than this, not even right before the cut-off.
const SHORTEST: Duration = Duration::seconds(2);

/// The longest interval at `now`: it shrinks as the cut-off nears, and past it the document is late already but must not wait long (DESIGN §3).
fn longest(now: Timestamp, cut_off: Timestamp) -> Span {
    let left = cut_off.since(now);
    if left <= Duration::zero() {
        Span::from_secs(5 * 60)
    } else if left <= Duration::minutes(15) {
        Span::from_secs(30)
    } else if left <= Duration::hours(2) {
        Span::from_secs(2 * 60)
    } else {
        Span::from_secs(10 * 60)
    }
}

/// When to try again after a failure that followed `setbacks` others, by the clock `now`.
///
/// There is no limit to the number of tries. `jitter_seed` takes up to a quarter off the interval, always the same for the same document and
/// setback, so that a thousand documents that failed together do not come back together. A try that would fall past the cut-off is made before
/// it, for that is the last one in time. `retry_after`, in seconds and clamped to an hour, is a minimum: only the platform itself may put a
/// try off past the cut-off.
pub fn next_due(setbacks: u32, now: Timestamp, cut_off: Timestamp, jitter_seed: u64, retry_after: Option<u64>) -> Timestamp {
    let interval = interval(setbacks, longest(now, cut_off));
    let mut wait = shortened(interval, jitter_seed, setbacks).max(SHORTEST);
    let left = cut_off.since(now);
    if left > Duration::zero() && wait >= left {
        wait = (left / 2).max(SHORTEST);
    }
    let asked = retry_after.unwrap_or(0).min(LONGEST_RETRY_AFTER_SECS);
    now.plus(wait.max(Duration::seconds(asked.cast_signed())))
}

/// The interval by the backoff crate, which here is a calculator only: its own loop would hold a document in memory, its own jitter goes past
/// the cap, and its default gives up after a quarter of an hour.
fn interval(setbacks: u32, longest: Span) -> Span {
    let mut policy: ExponentialBackoff = ExponentialBackoffBuilder::new()
        .with_initial_interval(INITIAL)
        .with_multiplier(2.0)
        .with_randomization_factor(0.0)
        .with_max_interval(longest)
        .with_max_elapsed_time(None)
        .build();
    // Where `setbacks` steps of it would lead; 2^20 times five seconds is past every cap.
    policy.current_interval = (INITIAL * (1 << setbacks.min(20))).min(longest);
    policy.next_backoff().unwrap_or(longest).min(longest)
}

/// Up to a quarter less, by the seed.
fn shortened(interval: Span, seed: u64, setbacks: u32) -> Duration {
    let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    let off = mixed(seed ^ (u64::from(setbacks) << 32)) % (millis / 4).max(1);
    Duration::milliseconds((millis - off).cast_signed())
}

/// The finaliser of splitmix64: neighbouring seeds come out far apart.
const fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// A document that fails all evening and all night.
    #[test]
    fn a_nights_tries_come_closer_until_the_cut_off_and_go_on_after_it() {
        let cut_off = at("2023-04-04T00:00:00+08:00");
        let mut now = at("2023-04-03T20:00:00+08:00");
        let mut tries = Vec::new();
        for setbacks in 0.. {
            now = next_due(setbacks, now, cut_off, 42, None);
            if now > at("2023-04-04T00:30:00+08:00") {
                break;
            }
            tries.push(now.beijing().format("%H:%M:%S%.3f").to_string());
        }
        insta::assert_snapshot!(tries.join("\n"));
    }

    #[test]
    fn the_platforms_wish_is_a_minimum_and_may_pass_the_cut_off() {
        let now = at("2023-04-03T23:59:00+08:00");
        let cut_off = at("2023-04-04T00:00:00+08:00");
        for (wish, least, most) in [(0, 2, 30), (10, 10, 30), (600, 600, 600), (999_999, 3_600, 3_600)] {
            let wait = next_due(9, now, cut_off, 1, Some(wish)).since(now).num_seconds();
            assert!((least..=most).contains(&wait), "{wish}: {wait}");
        }
    }

    #[test]
    fn documents_that_failed_together_do_not_come_back_together() {
        let now = at("2023-04-03T12:00:00+08:00");
        let cut_off = at("2023-04-04T00:00:00+08:00");
        let mut tries: Vec<_> = (0..1_000).map(|seed| next_due(12, now, cut_off, seed, None).since(now).num_seconds()).collect();
        tries.sort_unstable();
        tries.dedup();
        assert!(tries.len() > 100, "{}", tries.len());
    }

    proptest! {
        #[test]
        fn a_try_is_never_now_never_past_its_cap_and_before_the_cut_off_if_it_can_be(
            setbacks in prop_oneof![0_u32..30, Just(u32::MAX)],
            left_ms in -100_000_000_i64..100_000_000,
            seed: u64,
        ) {
            let now = at("2023-04-03T12:00:00+08:00");
            let cut_off = now.plus(Duration::milliseconds(left_ms));
            let due = next_due(setbacks, now, cut_off, seed, None);
            let wait = due.since(now);
            prop_assert!(wait >= SHORTEST);
            prop_assert!(wait.to_std().unwrap() <= longest(now, cut_off).max(Span::from_secs(2)));
            if now < cut_off && SHORTEST < cut_off.since(now) {
                prop_assert!(due < cut_off);
            }
            prop_assert_eq!(due, next_due(setbacks, now, cut_off, seed, None));
        }

        #[test]
        fn no_numbers_break_it(setbacks: u32, now: i64, cut_off: i64, seed: u64, wish: Option<u64>) {
            next_due(setbacks, Timestamp::from_millis(now / 8), Timestamp::from_millis(cut_off / 8), seed, wish);
        }
    }
}
