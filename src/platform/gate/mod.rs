//! The one fact "the platform is down since": whether a request may begin, and how many at once.
//!
//! ```text
//! Admitting ── five failures in a row, or at once on Retry-After or a refused credential ──► Refusing
//!     ▲                                                                                        │ probe_at
//!     └── Recovering 1, 2, 4 … at once ◄── an answer ── Probing ◄── `GET /schema`, one at a time ┘
//!                    └───────── a failure ──► Refusing, twice as long ◄── a failure ──┘
//! ```
//!
//! While it refuses nothing is leased and nothing is looked up, so an outage burns no attempts and costs one request a minute, however long
//! it lasts and however much waits. Here is the state machine, pure, with time passed in; [`SharedGate`] is what all who make requests share,
//! [`Gated`] the platform behind it, and [`Prober`] finds out when it is back.

mod door;
mod probe;

use chrono::Duration;

use crate::document::{Cause, Failure, Timestamp};

pub use door::{Gated, SharedGate};
pub use probe::Prober;

/// So many failures in a row, of whatever documents, are the platform's and not the documents'.
pub const FAILURES_IN_A_ROW: u32 = 5;

/// From so many at once on, the ramp is over.
const RAMP_ENDS: usize = 16;

/// The first wait for a probe, and the longest: a platform that is back is noticed within this time.
const FIRST_WAIT: Duration = Duration::seconds(5);
const LONGEST_WAIT: Duration = Duration::seconds(60);

/// How long a refused credential is left alone where the platform's client does not say: only a person can mend it.
const CREDENTIAL_WAIT: Duration = Duration::minutes(20);

/// What a request is for. A platform can take no documents and answer questions all the same: its answers to questions say little about
/// the next document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A document is sent.
    Sendings,
    /// Something is asked: the feed, a look-up, the publications.
    Questions,
}

/// Whether something may be sent or asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// So many may be under way.
    Go {
        /// All requests of the lane under way, old and new.
        at_most: usize,
    },
    /// Nothing, before this moment; earlier only when the gate says that it opened.
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
    /// Nothing is sent and nothing asked.
    Refusing {
        /// Since when.
        since: Timestamp,
        /// When the next probe may go.
        probe_at: Timestamp,
        /// Why.
        why: Cause,
    },
    /// One question finds out.
    Probing {
        /// Since when nothing else is sent.
        since: Timestamp,
        /// Why.
        why: Cause,
    },
}

/// How many requests of a lane may be under way.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    at_most: usize,
    /// Answers since the last step.
    answers: usize,
}

impl Ramp {
    const OVER: Self = Self { at_most: usize::MAX, answers: 0 };
    const BEGINS: Self = Self { at_most: 1, answers: 0 };

    fn is_over(self) -> bool {
        self.at_most == usize::MAX
    }

    fn answered(&mut self) {
        if self.is_over() {
            return;
        }
        self.answers += 1;
        if self.answers >= self.at_most {
            *self = match self.at_most * 2 {
                more if more > RAMP_ENDS => Self::OVER,
                more => Self { at_most: more, answers: 0 },
            };
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Shut {
    probe_at: Timestamp,
    why: Cause,
    probing: bool,
}

/// The gate before the platform.
#[derive(Debug, Clone)]
pub struct Gate {
    shut: Option<Shut>,
    /// When the present outage began, or the one that the ramp follows.
    since: Timestamp,
    sendings: Ramp,
    questions: Ramp,
    /// A sending failed, and none was answered since: answers to questions do not prove that documents are taken.
    in_doubt: bool,
    /// Failures in a row while nothing is held back, of sendings and of questions.
    failures: [u32; 2],
    /// How often it shut before its ramp was over.
    again: u32,
    /// What the handshake was refused for, in Chinese, where that is what keeps it shut: no waiting mends it.
    refusal: Option<String>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            shut: None,
            since: Timestamp::MIN,
            sendings: Ramp::OVER,
            questions: Ramp::OVER,
            in_doubt: false,
            failures: [0; 2],
            again: 0,
            refusal: None,
        }
    }
}

impl Gate {
    /// Where it stands.
    pub fn state(&self) -> GateState {
        let since = self.since;
        match self.shut {
            Some(Shut { why, probing: true, .. }) => GateState::Probing { since, why },
            Some(Shut { probe_at, why, .. }) => GateState::Refusing { since, probe_at, why },
            // Questions are answered as ever, and there was no document to try it with.
            None if self.questions.is_over() && self.sendings.answers == 0 && self.sendings.at_most == 1 => GateState::Admitting,
            None => match self.sendings.at_most.min(self.questions.at_most) {
                usize::MAX => GateState::Admitting,
                at_most => GateState::Recovering { at_most },
            },
        }
    }

    /// Since when the platform counts as down, and why; `None` while all is well.
    pub fn down_since(&self) -> Option<(Timestamp, Cause)> {
        self.shut.map(|shut| (self.since, shut.why))
    }

    /// What the handshake was refused for, in Chinese, while that keeps it shut.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref().filter(|_| self.shut.is_some())
    }

    /// Whether a request of `lane` may begin at `now`.
    pub fn permit(&self, lane: Lane, now: Timestamp) -> Permit {
        match self.shut {
            None => Permit::Go { at_most: self.ramp(lane).at_most },
            Some(shut) if !shut.probing && now < shut.probe_at => Permit::NotBefore(shut.probe_at),
            Some(_) => Permit::NotBefore(now.plus(LONGEST_WAIT)),
        }
    }

    /// When the next probe is due, while it refuses and none is under way.
    pub fn next_probe(&self) -> Option<Timestamp> {
        self.shut.filter(|shut| !shut.probing).map(|shut| shut.probe_at)
    }

    /// Whether a probe is due at `now`; then it is under way, and whoever asked makes it and tells ([`Gate::probed`]).
    pub fn take_probe(&mut self, now: Timestamp) -> bool {
        let Some(shut) = self.shut.as_mut().filter(|shut| !shut.probing) else { return false };
        // A wait longer than any that is ever set can only mean that the clock was set back.
        let due = now >= shut.probe_at || shut.probe_at.since(now) > Duration::hours(1);
        if due {
            (shut.probing, shut.probe_at) = (true, now);
        }
        due
    }

    /// Hears what became of the probe. Its answer opens the gate, to one request at a time.
    pub fn probed(&mut self, heard: Heard<'_>, now: Timestamp) {
        let Some(shut) = self.shut.as_mut().filter(|shut| shut.probing) else { return };
        let why = shut.why;
        shut.probing = false;
        // A wait that the platform asked for while the probe was under way stands.
        let open = shut.probe_at <= now;
        let (why, wait) = match heard {
            Heard::Answer if open => return self.shut = None,
            Heard::Answer => return,
            Heard::Failure(failure) => match weight(failure) {
                Weight::Alive if open => return self.shut = None,
                Weight::Alive => return,
                Weight::None => (why, None),
                Weight::One | Weight::Refused => (failure.cause, None),
                Weight::Shut(wait) => (failure.cause, Some(wait)),
            },
        };
        self.hear_refusal(heard);
        self.again = self.again.saturating_add(1);
        self.refuse(now, why, wait);
    }

    /// Hears what became of a request of `lane`.
    pub fn heard(&mut self, lane: Lane, heard: Heard<'_>, now: Timestamp) {
        match heard {
            Heard::Answer => self.answered(lane),
            Heard::Failure(failure) => match weight(failure) {
                Weight::None => {}
                Weight::Alive => self.answered(lane),
                Weight::One => self.failed(lane, failure, now),
                Weight::Shut(wait) => self.shut(lane, now, failure.cause, Some(wait)),
                Weight::Refused => {
                    self.hear_refusal(heard);
                    self.shut(lane, now, failure.cause, None);
                }
            },
        }
    }

    fn hear_refusal(&mut self, heard: Heard<'_>) {
        self.refusal = match heard {
            Heard::Failure(failure) if is_refusal(failure) => Some(failure.said.clone()),
            _ => None,
        };
    }

    /// A person says that it is mended: the next probe may find out at once.
    pub fn look_again(&mut self, now: Timestamp) {
        if let Some(shut) = &mut self.shut {
            shut.probe_at = now;
        }
    }

    fn ramp(&self, lane: Lane) -> Ramp {
        match lane {
            Lane::Sendings => self.sendings,
            Lane::Questions => self.questions,
        }
    }

    fn answered(&mut self, lane: Lane) {
        if self.shut.is_some() {
            // The answer to a request from before the gate shut: a wait that the platform asked for stands all the same, and a probe
            // will tell soon enough otherwise.
            return;
        }
        self.failures[lane as usize] = 0;
        if lane == Lane::Sendings {
            self.failures = [0; 2];
            self.in_doubt = false;
        }
        if !self.in_doubt {
            self.sendings.answered();
        }
        self.questions.answered();
    }

    fn failed(&mut self, lane: Lane, failure: &Failure, now: Timestamp) {
        if self.shut.is_some() {
            // One more of those that were under way.
            return;
        }
        self.failures[lane as usize] += 1;
        if !self.ramp(lane).is_over() || self.failures.iter().sum::<u32>() >= FAILURES_IN_A_ROW {
            self.shut(lane, now, failure.cause, None);
        }
    }

    /// Refuses from now on, for `wait` or what the outages before call for.
    fn shut(&mut self, lane: Lane, now: Timestamp, why: Cause, wait: Option<Duration>) {
        if self.shut.is_none() {
            // Whoever fails on the ramp shows that the outage is not over.
            if self.ramp(lane).is_over() {
                (self.since, self.again) = (now, 0);
            } else {
                self.again = self.again.saturating_add(1);
            }
        }
        self.in_doubt |= lane == Lane::Sendings;
        self.failures = [0; 2];
        (self.sendings, self.questions) = (Ramp::BEGINS, Ramp::BEGINS);
        self.refuse(now, why, wait);
    }

    /// Never shortens a wait that stands.
    fn refuse(&mut self, now: Timestamp, why: Cause, wait: Option<Duration>) {
        let wait =
            wait.unwrap_or_else(|| FIRST_WAIT.checked_mul(1 << self.again.min(6)).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT)));
        let standing = self.shut.map_or(Timestamp::MIN, |shut| shut.probe_at);
        let probing = self.shut.is_some_and(|shut| shut.probing);
        self.shut = Some(Shut { probe_at: now.plus(wait).max(standing), why, probing });
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
    /// That it does not let us in: the next request would fare no better.
    Refused,
}

/// Whether the handshake was refused ([`super::handshake`]).
fn is_refusal(failure: &Failure) -> bool {
    failure.code.starts_with("tls_")
}

fn weight(failure: &Failure) -> Weight {
    let asked = failure.retry_after_secs.map(|secs| Duration::seconds(secs.min(3_600).cast_signed()));
    match (failure.cause, asked) {
        // Whatever it was, the platform asked to be left alone.
        (cause, Some(wait)) if cause != Cause::Order => Weight::Shut(wait.max(FIRST_WAIT)),
        // Nothing can be sent with this credential, and trying could lock the account.
        (Cause::Credential, _) => Weight::Shut(CREDENTIAL_WAIT),
        _ if is_refusal(failure) => Weight::Refused,
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
mod tests;
