//! What an attempt or a look-up came to, and the one event that follows from it.

use std::sync::Arc;

use super::{Queue, schedule};
use crate::{
    document::{Actor, Cause, Class, Event, Failure, HoldCause, Receipt, Record, State, Timestamp},
    platform::{SightedState, Sighting, Submitted},
    store::{Change, StoreError},
};

/// What became of a lease.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The record as it was leased.
    pub record: Arc<Record>,
    /// What the platform said.
    pub submitted: Submitted,
    /// For a number that another submission holds: what the platform says of the holder.
    pub holder: Option<Result<Option<Sighting>, Failure>>,
}

/// What a look-up said of a document.
#[derive(Debug, Clone)]
pub struct Sought {
    /// The record as it stood when the platform was asked.
    pub record: Record,
    /// When the platform was asked.
    pub asked_at: Timestamp,
    /// What it said; `Ok(None)` is code 18.
    pub said: Result<Option<Sighting>, Failure>,
}

impl Queue {
    /// Settles leases, all in one commit. A record that is no longer Sending (the feed was quicker) is left as it is.
    ///
    /// # Errors
    /// When the store fails; the documents are then in Sending and looked up at the next start.
    pub async fn settle(&self, outcomes: Vec<Outcome>) -> Result<Vec<Record>, StoreError> {
        let ends = outcomes.iter().map(|o| (&*o.record, actor_of(&o.submitted), self.event_of(o))).collect();
        self.end_leases(ends).await
    }

    /// Applies the events that end leases. A line that came into the history meanwhile (the draft was moved, a copy was seen) must not keep
    /// an end from being recorded: nobody else would ever take the document out of Sending.
    pub(super) async fn end_leases(&self, mut ends: Vec<(&Record, Actor, Event)>) -> Result<Vec<Record>, StoreError> {
        let mut ended = Vec::with_capacity(ends.len());
        let mut versions: Vec<u32> = ends.iter().map(|(record, ..)| record.version).collect();
        while !ends.is_empty() {
            let mut changes = Vec::with_capacity(ends.len());
            for ((record, by, event), seen) in ends.iter().zip(&versions) {
                changes.push(Change { seen: *seen, ..self.change(record, by.clone(), event.clone()) });
            }
            let mut again = (Vec::new(), Vec::new());
            for (end, applied) in ends.into_iter().zip(self.store.apply(changes).await?) {
                match applied {
                    Ok(record) => ended.push(record),
                    Err(StoreError::Stale { id, .. }) => {
                        let same_lease = |r: &Record| r.state == State::Sending && r.attempts == end.0.attempts;
                        if let Some(now) = self.store.get(id).await?.filter(same_lease) {
                            again.0.push(end);
                            again.1.push(now.version);
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            (ends, versions) = again;
        }
        Ok(ended)
    }

    /// Enters what look-ups or the feed said, all in one commit; returns the records that changed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heard(&self, sought: &[Sought]) -> Result<Vec<Record>, StoreError> {
        let changes = sought.iter().filter_map(|s| Some(self.change(&s.record, Actor::Platform, self.event_of_sought(s)?))).collect();
        self.apply_all(changes).await
    }

    async fn apply_all(&self, changes: Vec<Change>) -> Result<Vec<Record>, StoreError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let mut settled = Vec::with_capacity(changes.len());
        for applied in self.store.apply(changes).await? {
            match applied {
                Ok(record) => settled.push(record),
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(settled)
    }

    /// When to try again after a failure.
    fn again(&self, record: &Record, failure: &Failure) -> Timestamp {
        let seed = u64::from_le_bytes(record.id().as_bytes()[..8].try_into().unwrap_or_default());
        schedule::next_due(record.setbacks, self.now(), record.birth.cut_off, seed, failure.retry_after_secs)
    }

    fn event_of(&self, outcome: &Outcome) -> Event {
        let record = &outcome.record;
        match &outcome.submitted {
            Submitted::Acknowledged(receipt) => Event::Acknowledged { receipt: receipt.clone(), due: self.ask_at() },
            Submitted::Refused { cause, code, refusals } => {
                Event::SentBack { cause: *cause, code: code.clone(), refusals: refusals.clone() }
            }
            Submitted::NumberHeld { holder, .. } => self.event_of_holder(record, &holder.to_string(), outcome.holder.as_ref()),
            Submitted::Failed(failure) => self.event_of_failure(record, failure),
        }
    }

    fn event_of_failure(&self, record: &Record, failure: &Failure) -> Event {
        match failure.class {
            // Nothing is burnt by a request that was never made.
            Class::Passing if failure.never_left() => Event::Recalled { due: self.now() },
            Class::Passing => Event::Deferred { failure: failure.clone(), due: self.again(record, failure) },
            Class::Unknown => Event::NotHeard { failure: failure.clone(), due: self.now().plus(self.settings.visibility_delay) },
            Class::Held | Class::Final => {
                let cause = match failure.cause {
                    Cause::BaseData => HoldCause::BaseData,
                    Cause::SchemaVersion => HoldCause::SchemaVersion,
                    Cause::Conflict => HoldCause::Conflict,
                    _ => HoldCause::Defect,
                };
                Event::Held { cause, why: format!("{} {}", failure.code, failure.said).trim().to_owned() }
            }
        }
    }

    /// The number is held by another submission (13): the same content counts as entered; other content is for a person.
    fn event_of_holder(&self, record: &Record, holder: &str, said: Option<&Result<Option<Sighting>, Failure>>) -> Event {
        match said {
            Some(Ok(Some(sighting))) if sighting.digest.is_some() && sighting.digest == record.birth.digest => {
                match (sighting.state, sighting.entered_at) {
                    (SightedState::Entered, Some(entered_at)) => Event::EntryConfirmed { entry_no: sighting.entry_no.clone(), entered_at },
                    _ => {
                        let failure = Failure::new(Class::Passing, Cause::Conflict, "13");
                        Event::Deferred { due: self.again(record, &failure), failure }
                    }
                }
            }
            Some(Ok(_)) => Event::Held {
                cause: HoldCause::Conflict,
                why: format!("平台上已有同一文号的另一份内容（受理号 {holder}），请核对"),
            },
            // The holder could not be looked up; nothing of ours was kept, so the attempt is simply made again later.
            Some(Err(failure)) => Event::Deferred { due: self.again(record, failure), failure: failure.clone() },
            None => {
                let failure = Failure::new(Class::Passing, Cause::Conflict, "13");
                Event::Deferred { due: self.again(record, &failure), failure }
            }
        }
    }

    /// The event that a look-up or a row of the feed means for a record; `None` when it says nothing new.
    fn event_of_sought(&self, sought: &Sought) -> Option<Event> {
        let record = &sought.record;
        match &sought.said {
            Ok(Some(sighting)) => self.event_of_sighting(record, sighting),
            Ok(None) => self.event_of_absence(record, sought.asked_at),
            Err(failure) => Some(Event::StillUnclear { failure: Some(failure.clone()), due: self.again(record, failure) }),
        }
    }

    /// 18 is absence only when asked `VisibilityDelay` after the last attempt ended (contract §4).
    fn event_of_absence(&self, record: &Record, asked_at: Timestamp) -> Option<Event> {
        let ended = match (record.state, record.doubt_since) {
            // An earlier attempt may have ended in doubt long ago; the one that was acknowledged ended when it was.
            (State::Received, doubt) => doubt.map_or(record.since, |doubt| doubt.max(record.since)),
            (_, doubt) => doubt.unwrap_or(record.since),
        };
        let certain_from = ended.plus(self.settings.visibility_delay);
        if asked_at < certain_from {
            return Some(Event::StillUnclear { failure: None, due: certain_from });
        }
        if record.state == State::Received {
            tracing::error!(document.id = %record.id(), "the platform no longer knows a document that it had acknowledged; it will be sent again");
        }
        record.state.after(&Event::FoundAbsent { due: self.now() }).is_ok().then(|| Event::FoundAbsent { due: self.now() })
    }

    fn event_of_sighting(&self, record: &Record, sighting: &Sighting) -> Option<Event> {
        if let Some(event) = word_of(record, sighting, self.now(), self.ask_at()) {
            return record.state.after(&event).is_ok().then_some(event);
        }
        let event = match sighting.state {
            SightedState::Entered if sighting.digest.is_none() || sighting.entered_at.is_none() => {
                let failure = Failure {
                    said: "平台称已录入，但未给出摘要或时间".into(),
                    ..Failure::new(Class::Unknown, Cause::Nonsense, "00")
                };
                Event::StillUnclear { due: self.again(record, &failure), failure: Some(failure) }
            }
            _ if is_of_another(record, sighting) => {
                Event::Held { cause: HoldCause::Conflict, why: "平台上的内容与本机存件不一致，请核对".into() }
            }
            _ => Event::StillUnclear { failure: None, due: self.ask_later(record) },
        };
        record.state.after(&event).is_ok().then_some(event)
    }

    fn ask_at(&self) -> Timestamp {
        self.now().plus(self.settings.ask_after)
    }

    /// Asks again later and later: the feed is the usual way, this only makes sure.
    fn ask_later(&self, record: &Record) -> Timestamp {
        let step = i32::try_from(record.setbacks.min(4)).unwrap_or(4);
        self.now().plus(self.settings.ask_after * (1 << step))
    }
}

/// What a sighting says of a record for certain; `None` when it leaves the matter open, or is of other bytes than ours. One that the platform
/// has taken is asked about again at `ask_at`.
pub fn word_of(record: &Record, sighting: &Sighting, now: Timestamp, ask_at: Timestamp) -> Option<Event> {
    if is_of_another(record, sighting) {
        return None;
    }
    match sighting.state {
        // Entered is true only from the platform's own word about our digest (P6).
        SightedState::Entered => {
            sighting.digest?;
            Some(Event::EntryConfirmed { entry_no: sighting.entry_no.clone(), entered_at: sighting.entered_at? })
        }
        SightedState::Returned => {
            let code = sighting.refusals.first().map_or_else(|| "10".to_owned(), |r| r.code.clone());
            Some(Event::SentBack { cause: Cause::Rule, code, refusals: sighting.refusals.clone() })
        }
        SightedState::Superseded => Some(Event::SupersededThere { by: None }),
        // The receipt itself was lost on the way; that it was received is the platform's word all the same.
        SightedState::Received | SightedState::Checking if matches!(record.state, State::Unsure | State::HeldUnsure | State::Corrupt) => {
            let known = record.receipt.clone().filter(|_| record.state == State::Corrupt);
            Some(Event::Acknowledged { receipt: known.unwrap_or_else(|| Receipt::lost(now)), due: ask_at })
        }
        SightedState::Received | SightedState::Checking => None,
    }
}

fn is_of_another(record: &Record, sighting: &Sighting) -> bool {
    sighting.digest.is_some() && sighting.digest != record.birth.digest
}

fn actor_of(submitted: &Submitted) -> Actor {
    match submitted {
        Submitted::Failed(_) => Actor::Daemon,
        _ => Actor::Platform,
    }
}
