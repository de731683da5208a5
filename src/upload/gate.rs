//! The one fact "the platform is down since": whether anything may be sent, and how much at once. Pure; time is passed in.
//!
//! ```text
//! Admitting ── five failures in a row, or at once on Retry-After or a refused credential ──► Refusing
//!     ▲                                                                                        │ probe_at
//!     └── Recovering 1, 2, 4 … at once ◄── an answer ── Probing, one at a time ◄───────────────┘
//!                    └───────── a failure ──► Refusing, twice as long ◄── a failure ──┘
//! ```
//!
//! While it refuses nothing is leased, so an outage burns no attempts however long it lasts.

use chrono::Duration;

use crate::document::{Cause, Failure, Timestamp};

/// So many failures in a row, of whatever documents, are the platform's and not the documents'.
pub const FAILURES_IN_A_ROW: u32 = 5;

/// From so many at once on, the ramp is over.
const RAMP_ENDS: usize = 16;

/// The first wait for a probe, and the longest: a platform that is back is noticed within this time.
const FIRST_WAIT: Duration = Duration::seconds(5);
const LONGEST_WAIT: Duration = Duration::seconds(60);

/// How long a refused credential is left alone where the platform's client does not say: only a person can mend it.
const CREDENTIAL_WAIT: Duration = Duration::minutes(20);

/// Whether something may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// So many may be under way.
    Go {
        /// All requests under way, old and new.
        at_most: usize,
    },
    /// Nothing, before this moment.
    NotBefore(Timestamp),
}

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// It failed.
    Failure(&'a Failure),
    /// The platform answered and meant it, be it a refusal.
    Answer,
}

/// Where the gate stands, for status and alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    /// All is well.
    Admitting,
    /// The platform is back; more and more may be sent.
    Recovering {
        /// At once, for now.
        at_most: usize,
    },
    /// Nothing is sent.
    Refusing {
        /// Since when.
        since: Timestamp,
        /// When the next probe may go.
        probe_at: Timestamp,
        /// Why.
        why: Cause,
    },
    /// One request at a time finds out.
    Probing {
        /// Since when nothing else is sent.
        since: Timestamp,
        /// Why.
        why: Cause,
    },
}

/// The gate before the platform.
#[derive(Debug, Clone)]
pub struct Gate {
    state: GateState,
    /// Failures in a row while admitting; probes that failed otherwise.
    failures: u32,
    /// Answers since the ramp's last step.
    answers: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self { state: GateState::Admitting, failures: 0, answers: 0 }
    }
}

impl Gate {
    /// Where it stands.
    pub const fn state(&self) -> GateState {
        self.state
    }

    /// Since when the platform counts as down, and why; `None` while all is well.
    pub const fn down_since(&self) -> Option<(Timestamp, Cause)> {
        match self.state {
            GateState::Refusing { since, why, .. } | GateState::Probing { since, why } => Some((since, why)),
            GateState::Admitting | GateState::Recovering { .. } => None,
        }
    }

    /// Whether something may be sent at `now`. The first question after the wait is over begins the probing.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        match self.state {
            GateState::Admitting => Permit::Go { at_most: usize::MAX },
            GateState::Recovering { at_most } => Permit::Go { at_most },
            GateState::Probing { .. } => Permit::Go { at_most: 1 },
            GateState::Refusing { since, probe_at, why } => {
                // A wait longer than any that is ever set can only mean that the clock was set back.
                if now < probe_at && probe_at.since(now) <= Duration::hours(1) {
                    return Permit::NotBefore(probe_at);
                }
                self.state = GateState::Probing { since, why };
                Permit::Go { at_most: 1 }
            }
        }
    }

    /// Hears what became of a request.
    pub fn heard(&mut self, heard: Heard<'_>, now: Timestamp) {
        match heard {
            Heard::Answer => self.answered(),
            Heard::Failure(failure) => match weight(failure) {
                Weight::None => {}
                Weight::Alive => self.answered(),
                Weight::One => self.failed(failure, now),
                Weight::Shut(wait) => self.shut(now, failure.cause, Some(wait)),
            },
        }
    }

    /// A person says that it is mended: the next request may find out at once.
    pub fn look_again(&mut self, now: Timestamp) {
        if let GateState::Refusing { since, why, .. } = self.state {
            self.state = GateState::Refusing { since, probe_at: now, why };
        }
    }

    fn answered(&mut self) {
        match self.state {
            GateState::Admitting => self.failures = 0,
            GateState::Probing { .. } => {
                self.state = GateState::Recovering { at_most: 1 };
                self.answers = 0;
                // The probe's answer is the ramp's first.
                self.answered();
            }
            GateState::Recovering { at_most } => {
                self.answers += 1;
                if self.answers >= at_most {
                    self.answers = 0;
                    self.state = match at_most * 2 {
                        more if more > RAMP_ENDS => {
                            self.failures = 0;
                            GateState::Admitting
                        }
                        more => GateState::Recovering { at_most: more },
                    };
                }
            }
            // The answer to a request from before the gate shut: a wait that the platform asked for stands all the same, and a probe
            // will tell soon enough otherwise.
            GateState::Refusing { .. } => {}
        }
    }

    fn failed(&mut self, failure: &Failure, now: Timestamp) {
        match self.state {
            GateState::Admitting => {
                self.failures += 1;
                if self.failures >= FAILURES_IN_A_ROW {
                    self.failures = 0;
                    self.shut(now, failure.cause, None);
                }
            }
            GateState::Probing { .. } | GateState::Recovering { .. } => {
                self.failures = self.failures.saturating_add(1);
                self.shut(now, failure.cause, None);
            }
            // One more of those that were under way.
            GateState::Refusing { .. } => {}
        }
    }

    /// Refuses from now on, for `wait` or what the failed probes call for; never shortens a wait that stands.
    fn shut(&mut self, now: Timestamp, why: Cause, wait: Option<Duration>) {
        let wait =
            wait.unwrap_or_else(|| FIRST_WAIT.checked_mul(1 << self.failures.min(6)).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT)));
        let mut probe_at = now.plus(wait);
        let mut since = now;
        match self.state {
            GateState::Refusing { since: earlier, probe_at: standing, .. } => {
                since = earlier;
                probe_at = probe_at.max(standing);
            }
            GateState::Probing { since: earlier, .. } => since = earlier,
            GateState::Admitting | GateState::Recovering { .. } => {}
        }
        self.state = GateState::Refusing { since, probe_at, why };
    }
}

/// What a failure says of the platform as a whole.
enum Weight {
    /// Nothing: it happened on our side.
    None,
    /// That it is there and answers.
    Alive,
    /// One failure more.
    One,
    /// Not to send anything for so long.
    Shut(Duration),
}

fn weight(failure: &Failure) -> Weight {
    let asked = failure.retry_after_secs.map(|secs| Duration::seconds(secs.min(3_600).cast_signed()));
    match (failure.cause, asked) {
        // Whatever it was, the platform asked to be left alone.
        (cause, Some(wait)) if cause != Cause::Order => Weight::Shut(wait.max(FIRST_WAIT)),
        // Nothing can be sent with this credential, and trying could lock the account.
        (Cause::Credential, _) => Weight::Shut(CREDENTIAL_WAIT),
        (Cause::Unreachable | Cause::NoAnswer | Cause::Nonsense | Cause::PlatformError | Cause::Busy | Cause::Token, _) => Weight::One,
        (
            Cause::Defect
            | Cause::Schema
            | Cause::Rule
            | Cause::BaseData
            | Cause::Conflict
            | Cause::Order
            | Cause::Permission
            | Cause::SchemaVersion,
            _,
        ) => {
            // Our own checks before sending use these causes too; those say nothing of the platform.
            if failure.code == "local" { Weight::None } else { Weight::Alive }
        }
        (Cause::Interrupted | Cause::Vanished | Cause::Unreadable, _) => Weight::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Class;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000)
    }

    fn failure(cause: Cause) -> Failure {
        Failure::new(Class::Passing, cause, "x")
    }

    fn asked(cause: Cause, secs: u64) -> Failure {
        Failure { retry_after_secs: Some(secs), ..failure(cause) }
    }

    fn shut_gate(why: Cause) -> Gate {
        let mut gate = Gate::default();
        for _ in 0..FAILURES_IN_A_ROW {
            assert_ne!(gate.permit(at(0)), Permit::NotBefore(at(5)));
            gate.heard(Heard::Failure(&failure(why)), at(0));
        }
        gate
    }

    /// A platform that is down from second 100 to second 4000; the gate is asked every second and one request takes no time.
    #[test]
    fn an_outage_of_an_hour_costs_few_requests_and_ends_with_a_ramp() {
        let mut gate = Gate::default();
        let (mut requests, mut story) = (Vec::new(), Vec::new());
        let mut last = gate.state();
        for second in 0..4_200 {
            if let Permit::Go { at_most } = gate.permit(at(second)) {
                for _ in 0..at_most.min(8) {
                    let down = (100..4_000).contains(&second);
                    let failed = failure(Cause::Unreachable);
                    gate.heard(if down { Heard::Failure(&failed) } else { Heard::Answer }, at(second));
                    requests.push((second, down));
                }
            }
            if std::mem::discriminant(&gate.state()) != std::mem::discriminant(&last)
                || matches!(gate.state(), GateState::Recovering { .. }) && gate.state() != last
            {
                story.push(format!("{second}: {:?}", gate.state()));
                last = gate.state();
            }
        }
        let wasted = requests.iter().filter(|(_, down)| *down).count();
        assert!(wasted < 80, "{wasted} requests into the outage");
        let first_after = requests.iter().find(|(second, _)| *second >= 4_000).unwrap();
        assert!(first_after.0 <= 4_060, "{first_after:?}");
        let at_once: Vec<_> =
            (first_after.0..first_after.0 + 6).map(|second| requests.iter().filter(|(s, _)| *s == second).count()).collect();
        assert_eq!(at_once, [1, 2, 4, 8, 8, 8]);
        insta::assert_snapshot!(story.iter().filter(|line| !line.contains("Probing")).map(String::as_str).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn five_failures_of_any_documents_shut_it_and_one_answer_between_them_does_not() {
        let mut gate = Gate::default();
        for _ in 0..3 {
            for _ in 0..FAILURES_IN_A_ROW - 1 {
                gate.heard(Heard::Failure(&failure(Cause::NoAnswer)), at(0));
            }
            gate.heard(Heard::Answer, at(0));
        }
        assert_eq!(gate.state(), GateState::Admitting);
        assert_eq!(shut_gate(Cause::NoAnswer).permit(at(0)), Permit::NotBefore(at(5)));
    }

    #[test]
    fn a_wait_that_the_platform_asks_for_shuts_it_at_once_and_is_not_cut_short() {
        let mut gate = Gate::default();
        gate.heard(Heard::Failure(&asked(Cause::Busy, 300)), at(0));
        gate.heard(Heard::Failure(&asked(Cause::Busy, 10)), at(1));
        gate.heard(Heard::Answer, at(2));
        gate.heard(Heard::Failure(&failure(Cause::NoAnswer)), at(3));
        assert_eq!(gate.permit(at(299)), Permit::NotBefore(at(300)));
        assert_eq!(gate.permit(at(300)), Permit::Go { at_most: 1 });
        assert_eq!(gate.down_since(), Some((at(0), Cause::Busy)));
    }

    #[test]
    fn a_refused_credential_shuts_it_at_once_until_a_person_says_so_or_much_later() {
        let mut gate = Gate::default();
        gate.heard(Heard::Failure(&failure(Cause::Credential)), at(0));
        assert_eq!(gate.permit(at(60)), Permit::NotBefore(at(1_200)));
        gate.look_again(at(61));
        assert_eq!(gate.permit(at(61)), Permit::Go { at_most: 1 });
    }

    #[test]
    fn a_documents_own_trouble_is_not_the_platforms() {
        let mut gate = Gate::default();
        for _ in 0..100 {
            for cause in [Cause::Order, Cause::BaseData, Cause::Defect, Cause::SchemaVersion] {
                gate.heard(Heard::Failure(&failure(cause)), at(0));
            }
            gate.heard(Heard::Failure(&failure(Cause::Interrupted)), at(0));
        }
        assert_eq!(gate.state(), GateState::Admitting);
        // Nor does a refusal mend a gate before its time, or an interruption open it.
        let mut gate = shut_gate(Cause::NoAnswer);
        gate.permit(at(5));
        gate.heard(Heard::Failure(&failure(Cause::Interrupted)), at(5));
        assert!(matches!(gate.state(), GateState::Probing { .. }));
    }

    #[test]
    fn a_failure_while_recovering_shuts_it_for_longer() {
        let mut gate = shut_gate(Cause::NoAnswer);
        assert_eq!(gate.permit(at(5)), Permit::Go { at_most: 1 });
        gate.heard(Heard::Answer, at(5));
        assert_eq!(gate.permit(at(5)), Permit::Go { at_most: 2 });
        gate.heard(Heard::Failure(&failure(Cause::NoAnswer)), at(6));
        assert_eq!(gate.permit(at(6)), Permit::NotBefore(at(16)));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_shut() {
        let mut gate = Gate::default();
        gate.heard(Heard::Failure(&asked(Cause::Busy, 3_600)), at(1_000_000));
        assert_eq!(gate.permit(at(0)), Permit::Go { at_most: 1 });
    }
}
