//! When a login may be tried. Pure: an account that locks after five refusals must never come near that (contract §2; faults row 23).

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::document::Timestamp;

/// Refusals in a row after which only a person lets the next login be tried.
pub(super) const MOST_REFUSALS_IN_A_ROW: u32 = 2;

/// Logins in any hour once a refusal has been heard in it.
pub(super) const MOST_LOGINS_AN_HOUR: usize = 3;

/// How far the clocks may be apart before the platform refuses a signature for it (contract §2).
const CLOCK_TOLERANCE: Duration = Duration::seconds(300);

/// The book of logins and refusals. Kept on disk as well, lest restarts add up to a locked account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoginBook {
    /// Which account and secret this speaks of; a new secret begins a new book.
    pub(super) account: String,
    /// Refusals in a row.
    pub(super) refused_in_a_row: u32,
    /// When the credential was last refused.
    pub(super) last_refusal: Option<Timestamp>,
    /// Signatures are dated by the platform's clock, because the clocks are so far apart that it would refuse ours.
    pub(super) clocks_apart: bool,
    /// The logins of the last hour, oldest first.
    pub(super) logins: Vec<Timestamp>,
}

/// Whether a login may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayLogIn {
    /// Now.
    Yes,
    /// Not before this moment.
    NotBefore(Timestamp),
    /// Not before a person says so.
    AskAPerson,
}

impl LoginBook {
    /// An empty book.
    pub(super) fn of(account: String) -> Self {
        Self { account, ..Self::default() }
    }

    /// Whether a login may be tried at `now`.
    pub(super) fn may_log_in(&self, now: Timestamp) -> MayLogIn {
        if self.refused_in_a_row >= MOST_REFUSALS_IN_A_ROW {
            return MayLogIn::AskAPerson;
        }
        let Some(refused) = self.last_refusal else {
            return MayLogIn::Yes;
        };
        // A third of an hour between a refusal and the next try; at once only where there is something new to try.
        let mut not_before = Timestamp::MIN;
        if self.refused_in_a_row > 0 && !self.clocks_apart {
            not_before = refused.plus(Duration::minutes(20));
        }
        let recent: Vec<_> = self.logins.iter().filter(|at| now.since(**at) < Duration::hours(1)).collect();
        if now.since(refused) < Duration::hours(1) && recent.len() >= MOST_LOGINS_AN_HOUR {
            let oldest = recent[recent.len() - MOST_LOGINS_AN_HOUR];
            not_before = not_before.max(oldest.plus(Duration::hours(1)));
        }
        if now >= not_before { MayLogIn::Yes } else { MayLogIn::NotBefore(not_before) }
    }

    /// A login is about to be tried.
    pub(super) fn tried(&mut self, now: Timestamp) {
        self.logins.retain(|at| now.since(*at) < Duration::hours(1) && *at <= now);
        self.logins.push(now);
    }

    /// The credential was refused (02), at `/token` or with a token of ours; `skew` is platform minus local. Clocks that are apart are worth
    /// one more try by the other clock; where that was the platform's, its word about the time was no help and ours counts again.
    pub(super) fn refused(&mut self, now: Timestamp, skew: Option<Duration>) {
        self.refused_in_a_row = self.refused_in_a_row.saturating_add(1);
        self.last_refusal = Some(now);
        self.clocks_apart = !self.clocks_apart && skew.is_some_and(|skew| skew.abs() > CLOCK_TOLERANCE);
    }

    /// The platform accepted us: a login at `/token`, where no token of ours was refused since.
    pub(super) fn accepted(&mut self) {
        self.refused_in_a_row = 0;
    }

    /// A person looked into it: the next login may be tried, the hourly limit stays.
    pub(super) fn release(&mut self) {
        self.refused_in_a_row = 0;
        self.clocks_apart = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_permanent_refusal_costs_two_logins_and_then_waits_for_a_person() {
        let mut book = LoginBook::default();
        let mut tries = Vec::new();
        for minute in 0..100_000 {
            if book.may_log_in(at(minute)) == MayLogIn::Yes {
                book.tried(at(minute));
                book.refused(at(minute), None);
                tries.push(minute);
            }
        }
        assert_eq!(tries, [0, 20]);
        assert_eq!(book.may_log_in(at(100_000)), MayLogIn::AskAPerson);
    }

    #[test]
    fn a_person_who_releases_again_and_again_still_gets_three_logins_an_hour() {
        let mut book = LoginBook::default();
        let mut tries = Vec::new();
        for minute in 0..240 {
            book.release();
            if book.may_log_in(at(minute)) == MayLogIn::Yes {
                book.tried(at(minute));
                book.refused(at(minute), None);
                tries.push(minute);
            }
        }
        assert!(tries.iter().all(|t| tries.iter().filter(|u| (*t..*t + 60).contains(*u)).count() <= 3));
        assert_eq!(tries[..4], [0, 1, 2, 60]);
    }

    #[test]
    fn clocks_that_are_apart_are_worth_one_more_try_at_once() {
        let mut book = LoginBook::default();
        book.tried(at(0));
        book.refused(at(0), Some(Duration::minutes(-9)));
        assert_eq!(book.may_log_in(at(0)), MayLogIn::Yes);
        book.tried(at(0));
        book.refused(at(0), Some(Duration::minutes(-9)));
        assert_eq!(book.may_log_in(at(0)), MayLogIn::AskAPerson);
    }

    #[test]
    fn logins_without_a_refusal_are_not_counted_against_anybody() {
        let mut book = LoginBook::default();
        for minute in 0..30 {
            assert_eq!(book.may_log_in(at(minute)), MayLogIn::Yes);
            book.tried(at(minute));
            book.accepted();
        }
    }

    #[test]
    fn a_clock_set_back_does_not_lock_us_out_for_long() {
        let mut book = LoginBook::default();
        for _ in 0..3 {
            book.tried(at(600_000));
            book.refused(at(600_000), None);
            book.release();
        }
        book.tried(at(0));
        assert_eq!(book.logins, [at(0)]);
    }
}
