//! Reading the platform's copies back.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use tokio::task::JoinSet;

use super::{COPIES, CopyDrift, Differs, RECENT_DAYS, RUN, Run};
use crate::{
    clock::SharedClock,
    document::{DocumentId, Failure, Record, State, Timestamp},
    platform::{Platform, SightedState, Sighting},
    store::{Fact, Listing, Store, StoreError},
};

/// A document that the platform showed within this time makes its "unknown here" about others count (contract §4).
const KNOWN_WITHIN: Duration = Duration::seconds(60);
/// How many facts go into one commit.
const TOGETHER: usize = 200;

/// What one reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Copies that were compared.
    pub compared: u64,
    /// Of these, such as are not what was entered.
    pub differ: u64,
    /// Whether every copy was reached.
    pub whole: bool,
}

/// Compares what the platform holds with what was entered. Takes no input, changes no document, and is safe to repeat.
pub struct ReadBack {
    store: Arc<dyn Store>,
    platform: Arc<dyn Platform>,
    clock: SharedClock,
    at_once: usize,
}

/// What a look-up says of a copy.
enum Seen {
    /// It is what was entered, or lawfully replaced.
    Same,
    /// It is not.
    Differs(Differs, Option<crate::document::ContentHash>),
    /// The answer says nothing.
    Nothing,
}

impl ReadBack {
    /// A reader over the store and the platform with at most `at_once` questions under way.
    pub fn new(store: Arc<dyn Store>, platform: Arc<dyn Platform>, clock: SharedClock, at_once: usize) -> Self {
        Self { store, platform, clock, at_once: at_once.max(1) }
    }

    /// Looks every document up that was entered within the last [`RECENT_DAYS`] days. A platform that does not answer ends the reading;
    /// what was known of the copies that were not reached stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn activate(&self) -> Result<Done, StoreError> {
        let begun = self.clock.now();
        let mut known: BTreeMap<DocumentId, CopyDrift> = BTreeMap::new();
        for (_, value) in self.store.recall_below(COPIES).await? {
            if let Ok(copy) = serde_json::from_str::<CopyDrift>(&value) {
                known.insert(copy.id, copy);
            }
        }
        let recent = self.recent(begun).await?;
        let mut facts = self.no_longer_entered(&known).await?;
        let (mut done, mut shown, mut unfinished) = (Done { whole: true, ..Done::default() }, None, String::new());
        for batch in recent.chunks(self.at_once) {
            let answers = self.ask(batch).await;
            if answers.iter().any(|(_, said)| matches!(said, Ok(Some(_)))) {
                shown = Some(self.clock.now());
            }
            for (record, said) in answers {
                match said {
                    Ok(sighting) => self.note(&record, self.judge(&record, sighting.as_ref(), shown), &mut known, &mut facts, &mut done),
                    Err(failure) => failure.cause.label().clone_into(&mut unfinished),
                }
            }
            if !unfinished.is_empty() {
                done.whole = false;
                break;
            }
        }
        let run = Run { at: self.clock.now(), compared: done.compared, unfinished };
        facts.push(fact(RUN.to_owned(), &run)?);
        for together in facts.chunks(TOGETHER) {
            self.store.remember_all(together.to_vec()).await?;
        }
        Ok(done)
    }

    /// Documents entered lately, by the platform's clock.
    async fn recent(&self, now: Timestamp) -> Result<Vec<Record>, StoreError> {
        let (since, mut after, mut recent) = (now.plus(Duration::days(-RECENT_DAYS)), None, Vec::new());
        loop {
            let page = self.store.page(&Listing::InState(State::Entered), after.as_ref(), 500).await?;
            recent.extend(page.records.into_iter().filter(|r| r.entry.as_ref().is_some_and(|entry| entry.entered_at >= since)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(recent),
            }
        }
    }

    /// What was told of documents that are not entered any more, because they were corrected, is over.
    async fn no_longer_entered(&self, known: &BTreeMap<DocumentId, CopyDrift>) -> Result<Vec<Fact>, StoreError> {
        let mut over = Vec::new();
        for id in known.keys() {
            if self.store.get(*id).await?.is_none_or(|record| record.state != State::Entered) {
                over.push(Fact::struck_out(format!("{COPIES}{id}")));
            }
        }
        Ok(over)
    }

    async fn ask(&self, batch: &[Record]) -> Vec<(Record, Result<Option<Sighting>, Failure>)> {
        let mut asks = JoinSet::new();
        for record in batch.iter().cloned() {
            let platform = Arc::clone(&self.platform);
            asks.spawn(async move {
                let said = platform.look_up(record.id()).await;
                (record, said)
            });
        }
        asks.join_all().await
    }

    fn judge(&self, record: &Record, sighting: Option<&Sighting>, shown: Option<Timestamp>) -> Seen {
        let Some(sighting) = sighting else {
            let counts = shown.is_some_and(|at| self.clock.now().since(at) <= KNOWN_WITHIN);
            return if counts { Seen::Differs(Differs::Gone, None) } else { Seen::Nothing };
        };
        match (sighting.state, sighting.digest) {
            (SightedState::Superseded, _) => Seen::Same,
            (_, Some(theirs)) if Some(theirs) != record.birth.digest => Seen::Differs(Differs::Content, Some(theirs)),
            (SightedState::Returned, theirs) => Seen::Differs(Differs::Returned, theirs),
            (SightedState::Received | SightedState::Checking, theirs) => Seen::Differs(Differs::Reopened, theirs),
            (SightedState::Entered, Some(_)) => Seen::Same,
            (SightedState::Entered, None) => Seen::Nothing,
        }
    }

    fn note(&self, record: &Record, seen: Seen, known: &mut BTreeMap<DocumentId, CopyDrift>, facts: &mut Vec<Fact>, done: &mut Done) {
        let (id, now) = (record.id(), self.clock.now());
        let name = format!("{COPIES}{id}");
        match seen {
            Seen::Nothing => return,
            Seen::Same => {
                if known.remove(&id).is_some() {
                    tracing::info!(document.id = %id, "the platform's copy is what was entered again");
                    facts.push(Fact::struck_out(name));
                }
            }
            Seen::Differs(what, theirs) => {
                let since = known.get(&id).filter(|copy| copy.what == what).map_or(now, |copy| copy.since);
                if since == now {
                    tracing::error!(document.id = %id, drift = ?what, "the platform's copy is not what was entered");
                }
                let copy = CopyDrift { id, title: record.title(), what, since, seen: now, theirs };
                facts.extend(fact(name, &copy));
                known.insert(id, copy);
                done.differ += 1;
            }
        }
        done.compared += 1;
    }
}

fn fact(name: String, value: &impl serde::Serialize) -> Result<Fact, StoreError> {
    serde_json::to_string(value).map(|text| Fact::new(name, text)).map_err(|error| StoreError::Failed(error.to_string()))
}
