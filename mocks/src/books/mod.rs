//! The books: what the platform took, how often, what it showed; and the verdict over them.

mod ledger;
mod records;
mod verdict;

pub(crate) use ledger::{Ledger, Outcome};
pub use records::{Admitted, Counters, Fault, RequestRecord, SubmissionRecord, Verdict};

use std::sync::Arc;
use std::time::Duration;

use crate::answer::hex;
use crate::clock::stamp;
use crate::platform::Shared;
use crate::token::AccountState;
use crate::world::State;

/// A handle to the books of a running platform.
#[derive(Clone)]
pub struct Books(pub(crate) Arc<Shared>);

impl Books {
    /// Running totals.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut c = self.0.ledger().counters.clone();
        c.repeated_puts = self.0.world().submissions.iter().map(|s| u64::from(s.puts - 1)).sum();
        c.tokens = c.calls.get("token 00").copied().unwrap_or(0);
        c
    }

    /// The calls, oldest first (the last [`Setup::keep_requests`](crate::Setup::keep_requests) of them).
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.ledger().requests()
    }

    /// Calls that were begun before a `Retry-After` was over and more than `grace` of real time after it was told.
    #[must_use]
    pub fn begun_while_busy(&self, grace: Duration) -> Vec<RequestRecord> {
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.requests().into_iter().filter(|r| r.while_busy_ms.is_some_and(|ms| ms >= grace)).collect()
    }

    /// Every submission as it stands now, in the order in which they were taken.
    #[must_use]
    pub fn submissions(&self) -> Vec<SubmissionRecord> {
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        world.submissions.iter().map(record).collect()
    }

    /// One submission.
    #[must_use]
    pub fn submission(&self, id: &str) -> Option<SubmissionRecord> {
        let id = crate::answer::unhex(id)?;
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        world.by_id(&id).map(record)
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountState> {
        self.0.accounts().states()
    }
}

fn record(s: &crate::world::Submission) -> SubmissionRecord {
    const STATES: [State; 5] = [State::Received, State::Checking, State::Entered, State::Returned, State::Superseded];
    SubmissionRecord {
        id: hex(&s.head.id),
        app_id: s.head.app.clone(),
        sender: s.head.sender.clone(),
        kind: s.head.kind.clone(),
        number: s.head.number.clone(),
        draft_id: s.head.draft.clone(),
        digest: hex(&s.head.digest),
        supersedes: s.head.supersedes.map(|id| hex(&id)),
        receipt_no: s.receipt().number,
        state: s.state,
        entry_no: s.entry_no(),
        entered_at: s.entered_at.map(stamp),
        errors: s.errors.clone(),
        waiting_for: s.waiting.clone(),
        puts: s.puts,
        copies: s.copies,
        history: s.history.iter().map(|(at, state)| (stamp(*at), *state)).collect(),
        shown: STATES.iter().map(|st| (st.name(), s.shown[*st as usize])).filter(|(_, n)| *n > 0).collect(),
        body: s.body.as_deref().map(str::to_owned),
    }
}
