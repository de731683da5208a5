//! Outcomes are put on record, many in one commit.

use std::{mem, sync::Arc};

use chrono::Duration;

use super::Shared;
use crate::{
    clock::{Signal, Work},
    document::{Cause, HoldCause, Record, Timestamp},
    platform::Submitted,
    queue::{Outcome, Told},
    store::StoreError,
};

/// How long an outcome waits for company. It is no danger: until it is on record the document counts as Sending, and a crash in between
/// ends in a look-up. The journal itself never waits.
const GATHER: Duration = Duration::milliseconds(4);

/// So many outcomes do not wait any longer.
const ENOUGH: usize = 32;

/// Puts outcomes on record.
pub struct Settler {
    shared: Arc<Shared>,
    /// Raised after each commit: something can be followed now.
    follow: Arc<Signal>,
    told: Told,
    work: Work,
}

impl Settler {
    /// A settler; `follow` is raised after each commit, `told` hears of every record that changed.
    pub fn new(shared: Arc<Shared>, follow: Arc<Signal>, told: Told) -> Self {
        let work = Work::begin(&shared.clock);
        Self { shared, follow, told, work }
    }

    /// Settles until `stopping` says so and nothing is left.
    ///
    /// # Errors
    /// When the store fails: the daemon must end.
    pub async fn run(self, beat: impl Fn(Timestamp), stopping: impl Fn() -> bool) -> Result<(), StoreError> {
        loop {
            beat(self.shared.clock.now());
            if self.waiting() == 0 {
                if stopping() && self.shared.under_way() == 0 {
                    return Ok(());
                }
                let soon = self.shared.clock.now().plus(Duration::seconds(5));
                self.work.rest(soon, &self.shared.settle).await;
                continue;
            }
            let until = self.shared.clock.now().plus(GATHER);
            while self.waiting() < ENOUGH && self.shared.clock.now() < until && !stopping() {
                self.work.rest(until, &self.shared.settle).await;
            }
            let outcomes = mem::take(&mut self.shared.flight().outcomes);
            self.settle(outcomes).await?;
        }
    }

    fn waiting(&self) -> usize {
        self.shared.flight().outcomes.len()
    }

    async fn settle(&self, outcomes: Vec<Outcome>) -> Result<(), StoreError> {
        outcomes.iter().for_each(note);
        let settled = self.shared.queue.settle(outcomes).await?;
        for record in &settled {
            if record.hold == Some(HoldCause::SchemaVersion) {
                self.hold_version(record).await?;
            }
            (self.told)(record);
        }
        self.follow.raise();
        self.shared.wake.raise();
        Ok(())
    }

    /// A schema version is no longer accepted (17): hold all of that version rather than be refused one by one.
    async fn hold_version(&self, first: &Record) -> Result<(), StoreError> {
        let Some(version) = first.birth.facts.as_ref().map(|f| f.schema_version.clone()) else { return Ok(()) };
        let held = self.shared.queue.hold_version(&version, &first.reason).await?;
        tracing::error!(schema.version = version, held, "the platform no longer accepts this schema version; all documents of it are held");
        Ok(())
    }
}

/// One line a setback; a success is the platform's business and stands in the history.
fn note(outcome: &Outcome) {
    let id = outcome.record.id();
    let attempt = outcome.record.attempts;
    match &outcome.submitted {
        Submitted::Failed(f) if matches!(f.cause, Cause::Defect | Cause::Credential | Cause::SchemaVersion) => {
            tracing::error!(document.id = %id, attempt.no = attempt, cause = ?f.cause, platform.code = f.code, "an attempt failed and a person must look");
        }
        Submitted::Failed(f) => {
            tracing::info!(document.id = %id, attempt.no = attempt, cause = ?f.cause, class = ?f.class, platform.code = f.code, "an attempt failed");
        }
        Submitted::Refused { cause, code, .. } => {
            tracing::info!(document.id = %id, attempt.no = attempt, ?cause, code, "the platform sent the document back");
        }
        Submitted::NumberHeld { holder, .. } => {
            tracing::warn!(document.id = %id, attempt.no = attempt, holder.id = %holder, "the number is held by another submission");
        }
        Submitted::Acknowledged(_) => tracing::debug!(document.id = %id, attempt.no = attempt, "the platform acknowledged the document"),
    }
}
