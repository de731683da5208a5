//! Finding out when the platform is back, with the gentlest question of the contract.

use std::sync::Arc;

use chrono::Duration;
use tokio::task::JoinSet;

use super::{Heard, SharedGate};
use crate::{
    clock::Work,
    document::{Cause, Class, Failure, Timestamp},
    platform::Platform,
};

/// The longest that the prober rests, so that its silence means something.
const LONGEST_REST: Duration = Duration::seconds(60);

/// Asks for the schema in force (contract §6), one question at a time, whenever the gate says that a probe is due. No document is put at
/// stake for it.
pub struct Prober {
    gate: Arc<SharedGate>,
    /// The platform itself: nobody else gets past the gate.
    platform: Arc<dyn Platform>,
    /// The probe under way; it ends with the prober.
    probes: JoinSet<()>,
    work: Work,
}

impl Prober {
    /// A prober of `platform` for `gate`.
    pub fn new(gate: Arc<SharedGate>, platform: Arc<dyn Platform>) -> Self {
        let work = Work::begin(&gate.clock);
        Self { gate, platform, probes: JoinSet::new(), work }
    }

    /// Probes until `stopping` says so.
    pub async fn run(mut self, beat: impl Fn(Timestamp), stopping: impl Fn() -> bool) {
        let signal = self.gate.probing();
        while !stopping() {
            let now = self.gate.clock.now();
            beat(now);
            while self.probes.try_join_next().is_some() {}
            let due = self.gate.gate().take_probe(now);
            if due {
                self.begin();
            }
            let soon = now.plus(LONGEST_REST);
            let wake = self.gate.gate().next_probe().map_or(soon, |next| next.min(soon));
            self.work.rest(wake, &signal).await;
        }
    }

    fn begin(&mut self) {
        let (platform, probe) = (Arc::clone(&self.platform), Probe::begin(&self.gate));
        self.probes.spawn(async move {
            let answer = platform.schema().await;
            probe.end(answer.as_ref().map_or_else(Heard::Failure, |_| Heard::Answer));
        });
    }
}

/// A probe under way. However it ends, even by a panic, the gate hears of it.
struct Probe {
    gate: Arc<SharedGate>,
    told: bool,
    /// Counted as at work until the gate has heard.
    _work: Work,
}

impl Probe {
    fn begin(gate: &Arc<SharedGate>) -> Self {
        Self { gate: Arc::clone(gate), told: false, _work: Work::begin(&gate.clock) }
    }

    fn end(mut self, heard: Heard<'_>) {
        if let Heard::Failure(failure) = heard {
            tracing::debug!(cause = ?failure.cause, platform.code = failure.code, "the platform is still down");
        }
        self.told = true;
        self.gate.change(|gate, now| gate.probed(heard, now));
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if !self.told {
            let failure = Failure::new(Class::Passing, Cause::Interrupted, "中断");
            self.gate.change(|gate, now| gate.probed(Heard::Failure(&failure), now));
        }
    }
}
