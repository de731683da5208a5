//! The gate as all who make requests share it, and the platform behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{Gate, GateState, Heard, Lane, Permit};
use crate::{
    clock::{SharedClock, Signal},
    document::{Cause, Class, DocumentId, Failure, Kind, Timestamp},
    platform::{FeedPage, Platform, PublicationPage, SchemaInForce, Sighting, Skew, Submission, Submitted},
};

/// One gate for the whole process: what one hears of the platform, all know.
pub struct SharedGate {
    gate: Mutex<Gate>,
    pub(super) clock: SharedClock,
    /// Raised when the prober must look again.
    pub(super) probe: Arc<Signal>,
    /// Raised when the gate opened.
    opened: Mutex<Vec<Arc<Signal>>>,
}

impl SharedGate {
    /// An open gate. Somebody must run its [`Prober`](super::Prober), or it never opens again once it shut.
    pub fn new(clock: &SharedClock) -> Arc<Self> {
        let (gate, opened) = (Mutex::default(), Mutex::default());
        Arc::new(Self { gate, clock: Arc::clone(clock), probe: Signal::new(clock), opened })
    }

    /// Whether a request of `lane` may begin now.
    pub fn permit(&self, lane: Lane) -> Permit {
        self.gate().permit(lane, self.clock.now())
    }

    /// Where it stands.
    pub fn state(&self) -> GateState {
        self.gate().state()
    }

    /// What the handshake was refused for, in Chinese, while that keeps the gate shut.
    pub fn refusal(&self) -> Option<String> {
        self.gate().refusal().map(str::to_owned)
    }

    /// A person says that the platform is mended, or that something should go on now.
    pub fn look_again(&self) {
        self.gate().look_again(self.clock.now());
        self.probe.raise();
    }

    /// The signal on which the prober rests.
    pub fn probing(&self) -> Arc<Signal> {
        Arc::clone(&self.probe)
    }

    /// From now on `signal` is raised whenever the gate opens.
    pub fn wakes(&self, signal: &Arc<Signal>) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(signal));
    }

    pub(super) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self, lane: Lane, heard: Heard<'_>) {
        self.change(|gate, now| gate.heard(lane, heard, now));
    }

    /// Changes the gate, and lets those know whom it concerns.
    pub(super) fn change(&self, change: impl FnOnce(&mut Gate, Timestamp)) {
        let (before, after) = {
            let mut gate = self.gate();
            let before = (gate.down_since(), gate.next_probe());
            change(&mut gate, self.clock.now());
            (before, (gate.down_since(), gate.next_probe()))
        };
        match (before.0, after.0) {
            (None, Some((since, cause))) => {
                tracing::warn!(?cause, %since, "the platform counts as down; nothing is sent or asked until a probe is answered");
            }
            (Some((since, _)), None) => {
                tracing::info!(%since, "the platform answers again");
                self.opened.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|signal| signal.raise());
            }
            _ => {}
        }
        if after.1.is_some() && after.1 != before.1 {
            self.probe.raise();
        }
    }
}

/// The platform behind the gate: whatever becomes of a request is heard, and while the gate is shut none begins.
pub struct Gated {
    platform: Arc<dyn Platform>,
    gate: Arc<SharedGate>,
}

impl Gated {
    /// `platform` behind `gate`.
    pub fn new(platform: Arc<dyn Platform>, gate: Arc<SharedGate>) -> Arc<Self> {
        Arc::new(Self { platform, gate })
    }

    /// The gate.
    pub fn gate(&self) -> &Arc<SharedGate> {
        &self.gate
    }

    /// Why a request of `lane` must not begin now, if so.
    fn closed(&self, lane: Lane) -> Option<Failure> {
        match self.gate.permit(lane) {
            Permit::Go { .. } => None,
            Permit::NotBefore(_) => {
                let (_, why) = self.gate.gate().down_since()?;
                Some(Failure { said: "平台中断，未发出请求".into(), ..Failure::new(Class::Passing, why, Failure::GATE) })
            }
        }
    }

    /// Asks something, if it may be asked now.
    async fn ask<T: Send>(&self, question: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, Failure> {
        if let Some(closed) = self.closed(Lane::Questions) {
            return Err(closed);
        }
        let answer = question.await;
        self.gate.heard(Lane::Questions, answer.as_ref().map_or_else(Heard::Failure, |_| Heard::Answer));
        answer
    }
}

#[async_trait]
impl Platform for Gated {
    async fn submit(&self, submission: &Submission) -> Submitted {
        if let Some(closed) = self.closed(Lane::Sendings) {
            return Submitted::Failed(closed);
        }
        let submitted = self.platform.submit(submission).await;
        let heard = match &submitted {
            Submitted::Failed(failure) => Heard::Failure(failure),
            _ => Heard::Answer,
        };
        self.gate.heard(Lane::Sendings, heard);
        submitted
    }

    async fn look_up(&self, id: DocumentId) -> Result<Option<Sighting>, Failure> {
        self.ask(self.platform.look_up(id)).await
    }

    async fn look_up_number(&self, number: &str, kind: &Kind) -> Result<Vec<Sighting>, Failure> {
        self.ask(self.platform.look_up_number(number, kind)).await
    }

    async fn feed(&self, cursor: Option<&str>) -> Result<FeedPage, Failure> {
        self.ask(self.platform.feed(cursor)).await
    }

    async fn schema(&self) -> Result<SchemaInForce, Failure> {
        self.ask(self.platform.schema()).await
    }

    async fn publications(&self, from: NaiveDate, to: NaiveDate, cursor: Option<&str>) -> Result<PublicationPage, Failure> {
        if let Some(closed) = self.closed(Lane::Questions) {
            return Err(closed);
        }
        let answer = self.platform.publications(from, to, cursor).await;
        // A list of notices that is out of order says nothing about the rest of the platform.
        match &answer {
            Err(failure) if matches!(failure.cause, Cause::Nonsense | Cause::PlatformError | Cause::Defect) => {}
            answer => self.gate.heard(Lane::Questions, answer.as_ref().map_or_else(Heard::Failure, |_| Heard::Answer)),
        }
        answer
    }

    fn skew(&self) -> Option<Skew> {
        self.platform.skew()
    }
}
