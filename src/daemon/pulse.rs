//! The daemon feels its own pulse: what is known of gate, clocks and disk goes to the vitals, and the service manager's watchdog is fed
//! only while every loop has beaten in time (faults 17).

use std::{path::PathBuf, sync::Arc};

use chrono::Duration;

use super::stop::Stop;
use crate::{
    clock::{SharedClock, Signal, Work},
    document::Cause,
    platform::{Gated, Platform as _, gate::GateState},
    status::{Vitals, vitals},
    store::StoreError,
};

/// How often it looks.
const EVERY: Duration = Duration::seconds(5);

/// Looks after the vitals.
pub(super) struct Pulse {
    /// Where what is learnt goes.
    pub(super) vitals: Arc<Vitals>,
    /// The platform and the gate before it.
    pub(super) platform: Arc<Gated>,
    /// The state folder, for the room on its disk.
    pub(super) state: PathBuf,
    /// The time.
    pub(super) clock: SharedClock,
    /// How many uploads there are at once at most: a ramp that allows as many holds nobody back any more.
    pub(super) at_once: usize,
}

impl Pulse {
    /// Puts what is known now where it can be seen. Cheap: no network.
    pub(super) fn refresh(&self) {
        let gate = self.platform.gate().state();
        let (skew, refusal) = (self.platform.skew(), self.platform.gate().refusal());
        self.vitals.platform(|facts| {
            facts.skew_millis = skew.map(|s| s.millis);
            if let Some(skew) = skew {
                facts.last_success = facts.last_success.max(Some(skew.at));
            }
            let heard = facts.last_success.is_some();
            (facts.gate, facts.down_since, facts.next_try, facts.said) = match gate {
                GateState::Admitting if heard => (vitals::GateState::Open, None, None, String::new()),
                GateState::Admitting => (vitals::GateState::Untried, None, None, String::new()),
                GateState::Recovering { at_most } if at_most >= self.at_once => (vitals::GateState::Open, None, None, String::new()),
                GateState::Recovering { at_most } => (vitals::GateState::Probing, None, None, format!("恢复中，同时 {at_most} 件")),
                GateState::Probing { since, why } => {
                    (vitals::GateState::Probing, Some(since), None, refusal.unwrap_or_else(|| why.label().to_owned()))
                }
                GateState::Refusing { since, probe_at, why } => {
                    let state = if why == Cause::Credential { vitals::GateState::Refused } else { vitals::GateState::Down };
                    (state, Some(since), Some(probe_at), refusal.unwrap_or_else(|| why.label().to_owned()))
                }
            };
        });
        if let Ok(room) = rustix::fs::statvfs(&self.state) {
            self.vitals.disk_free(room.f_bavail.saturating_mul(room.f_frsize));
        }
    }

    /// Beats until the daemon stops.
    pub(super) async fn run(self: Arc<Self>, stop: Arc<Stop>, signal: Arc<Signal>) -> Result<(), StoreError> {
        let work = Work::begin(&self.clock);
        while !stop.decided() {
            self.refresh();
            if self.vitals.alive(self.clock.now()) {
                feed(&[sd_notify::NotifyState::Watchdog]);
            } else {
                tracing::error!("a loop has been silent for too long; the watchdog is not fed");
            }
            work.rest(self.clock.now().plus(EVERY), &signal).await;
        }
        Ok(())
    }
}

/// Tells the service manager, where there is one.
pub(super) fn feed(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
