//! Kept documents are sent: lease, send, settle.
//!
//! One loop leases ahead in batches and starts the sendings; each sending puts its outcome aside; a second loop settles what has gathered
//! in one commit. So a document costs a fraction of a sync, while nothing leaves before its intention is on record.

mod settle;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;
use tokio::task::JoinSet;

use crate::{
    clock::{SharedClock, Signal, Work},
    document::{Cause, Class, Failure, State, Timestamp},
    platform::{
        Gated, Platform as _, Submission, Submitted,
        gate::{Lane, Permit},
    },
    queue::{Lease, Outcome, Queue},
    store::StoreError,
};

pub use settle::Settler;

/// What sendings and loops share.
pub struct Shared {
    queue: Arc<Queue>,
    platform: Arc<Gated>,
    clock: SharedClock,
    flight: Mutex<Flight>,
    /// Something finished, or something may be due.
    wake: Arc<Signal>,
    /// An outcome waits to be settled.
    settle: Arc<Signal>,
}

#[derive(Default)]
struct Flight {
    /// Requests under way.
    under_way: usize,
    /// Outcomes that are not on record yet.
    outcomes: Vec<Outcome>,
}

impl Shared {
    /// What the loops of one uploader share.
    pub fn new(queue: Arc<Queue>, platform: Arc<Gated>, clock: SharedClock) -> Arc<Self> {
        let (wake, settle) = (Signal::new(&clock), Signal::new(&clock));
        platform.gate().wakes(&wake);
        Arc::new(Self { queue, platform, clock, flight: Mutex::default(), wake, settle })
    }

    /// The signal that something may be due now.
    pub fn wake(&self) -> Arc<Signal> {
        Arc::clone(&self.wake)
    }

    /// The signal that outcomes wait to be settled.
    pub fn settling(&self) -> Arc<Signal> {
        Arc::clone(&self.settle)
    }

    /// How many requests are under way.
    pub fn under_way(&self) -> usize {
        self.flight().under_way
    }

    fn flight(&self) -> MutexGuard<'_, Flight> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> bool {
        let flight = self.flight();
        flight.under_way == 0 && flight.outcomes.is_empty()
    }
}

/// The longest that a loop rests, so that its silence means something.
pub const LONGEST_REST: Duration = Duration::seconds(60);

/// Leases and sends.
pub struct Uploader {
    shared: Arc<Shared>,
    /// Requests under way at most.
    at_once: usize,
    /// Leased and not yet sent.
    ready: VecDeque<Lease>,
    /// Requests under way; they end with the uploader, as they would with the process.
    sendings: JoinSet<()>,
    work: Work,
}

impl Uploader {
    /// An uploader that has at most `at_once` requests under way.
    pub fn new(shared: Arc<Shared>, at_once: usize) -> Self {
        let work = Work::begin(&shared.clock);
        Self { shared, at_once: at_once.max(1), ready: VecDeque::new(), sendings: JoinSet::new(), work }
    }

    /// Sends whatever is due until `stopping` says so, then gives back what was not sent and waits for what is under way.
    ///
    /// # Errors
    /// When the store fails: the daemon must end.
    pub async fn run(mut self, beat: impl Fn(Timestamp), stopping: impl Fn() -> bool) -> Result<(), StoreError> {
        while !stopping() {
            let wake = self.turn().await?;
            let now = self.shared.clock.now();
            beat(now);
            let wake = wake.min(now.plus(LONGEST_REST));
            self.work.rest(wake, &self.shared.wake).await;
        }
        self.shared.queue.recall(self.ready.drain(..).collect()).await?;
        while !self.shared.idle() {
            let soon = self.shared.clock.now().plus(Duration::seconds(1));
            self.work.rest(soon, &self.shared.wake).await;
        }
        Ok(())
    }

    /// Starts what may start now; says when to look again.
    async fn turn(&mut self) -> Result<Timestamp, StoreError> {
        // Those that are over: only the set itself would remember them.
        while self.sendings.try_join_next().is_some() {}
        loop {
            let now = self.shared.clock.now();
            let allowed = match self.shared.platform.gate().permit(Lane::Sendings) {
                Permit::Go { at_most } => at_most.min(self.at_once),
                Permit::NotBefore(moment) => {
                    // Nothing may leave: what was leased ahead waits in the queue, where an operator sees it as waiting.
                    self.shared.queue.recall(self.ready.drain(..).collect()).await?;
                    return Ok(moment.max(now.plus(Duration::milliseconds(10))));
                }
            };
            let under_way = self.shared.under_way();
            let free = allowed.saturating_sub(under_way);
            if free == 0 {
                // A sending that ends raises the signal.
                return Ok(Timestamp::MAX);
            }
            let more = self.refill(allowed).await?;
            if self.ready.is_empty() {
                return self.next_due(now).await;
            }
            for lease in self.ready.drain(..free.min(self.ready.len())).collect::<Vec<_>>() {
                self.start(lease);
            }
            if !more && self.ready.is_empty() {
                return self.next_due(now).await;
            }
        }
    }

    /// Leases ahead once fewer than half a window are ready, so that one sync serves many. Says whether more may be due.
    async fn refill(&mut self, allowed: usize) -> Result<bool, StoreError> {
        // While the platform only recovers, nothing is leased that could not be sent at once.
        let window = if allowed < self.at_once { allowed } else { self.at_once * 2 };
        if self.ready.len() * 2 > window || self.shared.queue.store().unwell().is_some() {
            return Ok(false);
        }
        let wanted = window - self.ready.len();
        let leased = self.shared.queue.lease(wanted).await?;
        let more = leased.len() == wanted;
        self.ready.extend(leased);
        Ok(more)
    }

    async fn next_due(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let next = self.shared.queue.store().next_due(State::Waiting).await?;
        // A store that is not well is asked again before long; otherwise whoever makes something due raises the signal.
        let retry = self.shared.queue.store().unwell().map(|_| now.plus(Duration::seconds(5)));
        let far = Timestamp::MAX;
        Ok(next.unwrap_or(far).min(retry.unwrap_or(far)).max(now.plus(Duration::milliseconds(10))))
    }

    fn start(&mut self, lease: Lease) {
        let mut sending = Sending::begin(&self.shared, lease);
        self.sendings.spawn(async move { sending.carry_out().await });
    }
}

/// One request under way. However it ends, even by a panic, its outcome is put aside for the settler.
struct Sending {
    shared: Arc<Shared>,
    lease: Lease,
    submitted: Option<Submitted>,
    holder: Option<Result<Option<crate::platform::Sighting>, Failure>>,
    /// Counted as at work until the outcome is handed over.
    _work: Work,
}

impl Sending {
    fn begin(shared: &Arc<Shared>, lease: Lease) -> Self {
        shared.flight().under_way += 1;
        Self { shared: Arc::clone(shared), lease, submitted: None, holder: None, _work: Work::begin(&shared.clock) }
    }

    async fn carry_out(&mut self) {
        let submission = Submission {
            record: Arc::clone(&self.lease.record),
            body: Arc::clone(&self.lease.body),
            request: self.lease.request,
            sent_at: self.shared.clock.now(),
        };
        let submitted = self.shared.platform.submit(&submission).await;
        if let Submitted::NumberHeld { holder, .. } = &submitted {
            self.holder = Some(self.shared.platform.look_up(*holder).await);
        }
        self.submitted = Some(submitted);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let submitted =
            self.submitted.take().unwrap_or_else(|| Submitted::Failed(Failure::new(Class::Unknown, Cause::Interrupted, "中断")));
        let outcome = Outcome { record: Arc::clone(&self.lease.record), submitted, holder: self.holder.take() };
        let mut flight = self.shared.flight();
        flight.under_way -= 1;
        flight.outcomes.push(outcome);
        drop(flight);
        self.shared.settle.raise();
        self.shared.wake.raise();
    }
}

#[cfg(test)]
mod tests;
