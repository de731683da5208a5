//! A sent document is followed until the platform says what became of it.
//!
//! The results feed is the usual way; look-ups settle every doubt and make sure of what the feed never mentioned. An activation takes no
//! input and is safe to repeat, so the way after a crash is the usual way.

pub mod drift;
pub mod publication;

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use tokio::sync::Semaphore;

use crate::{
    clock::{SharedClock, Signal, Work},
    document::{Cause, Class, DocumentId, Failure, Record, State, Timestamp},
    platform::{
        Gated, Platform as _, Sighting,
        gate::{Lane, Permit},
    },
    queue::{Queue, Sought, Told},
    store::{Listing, StoreError},
};

/// The name under which the feed's cursor is remembered.
const CURSOR: &str = "feed.cursor";

/// The longest that the reconciler rests, so that its silence means something.
const LONGEST_REST: Duration = Duration::seconds(60);

/// And the shortest, whatever is due.
const SHORTEST_REST: Duration = Duration::milliseconds(50);

/// So many look-ups are put on record together.
const BATCH: usize = 256;

/// How many early sightings are kept for documents whose own outcome is still being settled; more are left to look-ups.
const EARLY_LIMIT: usize = 4_096;

/// How the reconciler paces itself; from the configuration.
#[derive(Debug, Clone)]
pub struct Pace {
    /// The least time between two readings of the feed while something is under way.
    pub feed_every: Duration,
    /// The time between two readings when nothing is.
    pub feed_idle: Duration,
    /// How many look-ups at once.
    pub at_once: usize,
}

/// What one activation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activation {
    /// Rows of the feed that were read.
    pub rows: usize,
    /// Look-ups that were made.
    pub look_ups: usize,
    /// Records that changed.
    pub changed: usize,
}

/// The least time between two readings of the feed, whatever has happened.
const FEED_SOONEST: Duration = Duration::milliseconds(250);

/// How the feed was read lately.
struct FeedPace {
    /// When it was read last.
    read_at: Timestamp,
    /// How long that took; readings take a tenth of the time at most.
    took: Duration,
    /// Readings in a row without news.
    quiet: u32,
    /// How many documents had been acknowledged by then, entered ones included.
    acknowledged: u64,
    /// Whether it could not be read.
    failed: bool,
}

/// Follows what was sent.
pub struct Reconciler {
    queue: Arc<Queue>,
    platform: Arc<Gated>,
    clock: SharedClock,
    pace: Pace,
    early: BTreeMap<DocumentId, Sighting>,
    /// A document of ours that the platform showed last.
    seen_there: Option<DocumentId>,
    feed: FeedPace,
    told: Told,
    /// Raised when something changed: a document that waited for it may be due now.
    wake: Arc<Signal>,
    work: Work,
}

impl Reconciler {
    /// A reconciler over the queue and the platform; `told` hears of every record that changed, and `wake` is raised then.
    pub fn new(queue: Arc<Queue>, platform: Arc<Gated>, clock: SharedClock, pace: Pace, told: Told, wake: Arc<Signal>) -> Self {
        let work = Work::begin(&clock);
        let feed = FeedPace { read_at: Timestamp::MIN, took: Duration::zero(), quiet: 0, acknowledged: 0, failed: false };
        Self { queue, platform, clock, pace, early: BTreeMap::new(), seen_there: None, feed, told, wake, work }
    }

    /// Reads the feed if its time has come, then looks up whatever is due; while the platform counts as down, neither.
    ///
    /// # Errors
    /// When the store fails. A platform that does not answer is no error here: what it left open stays due.
    pub async fn activate(&mut self) -> Result<Activation, StoreError> {
        let mut done = Activation::default();
        self.settle_early(&mut done).await?;
        if self.allowed().is_err() {
            return Ok(done);
        }
        let (next, acknowledged) = self.next_feed().await?;
        let begun = self.clock.now();
        if begun >= next {
            self.read_feed(&mut done).await?;
            let (took, quiet) = (self.clock.now().since(begun), if done.rows == 0 { self.feed.quiet.saturating_add(1) } else { 0 });
            self.feed = FeedPace { read_at: self.clock.now(), took, quiet, acknowledged, ..self.feed };
        }
        for state in [State::Unsure, State::Received] {
            self.look_up_due(state, &mut done).await?;
        }
        Ok(done)
    }

    /// Activates whenever something is due, until `stopping` says so.
    ///
    /// # Errors
    /// When the store fails: the daemon must end.
    pub async fn run(mut self, signal: Arc<Signal>, beat: impl Fn(Timestamp), stopping: impl Fn() -> bool) -> Result<(), StoreError> {
        while !stopping() {
            let done = self.activate().await?;
            if done != Activation::default() {
                tracing::debug!(feed.rows = done.rows, look_ups = done.look_ups, changed = done.changed, "followed what was sent");
            }
            beat(self.clock.now());
            let wake = self.next_wake().await?;
            self.work.rest(wake, &signal).await;
        }
        Ok(())
    }

    async fn next_wake(&self) -> Result<Timestamp, StoreError> {
        let store = self.queue.store();
        let mut wake = self.next_feed().await?.0.min(self.clock.now().plus(LONGEST_REST));
        if !self.early.is_empty() {
            wake = wake.min(self.clock.now().plus(self.pace.feed_every));
        }
        if let Err(not_before) = self.allowed() {
            // Whatever is due stays due; the gate raises our signal when it opens.
            return Ok(not_before.min(self.clock.now().plus(LONGEST_REST)).max(self.clock.now().plus(SHORTEST_REST)));
        }
        for state in [State::Unsure, State::Received] {
            if let Some(due) = store.next_due(state).await? {
                wake = wake.min(due);
            }
        }
        // A platform that refuses look-ups must not make us spin.
        Ok(wake.max(self.clock.now().plus(SHORTEST_REST)))
    }

    /// How many questions may be under way at once; else the moment before which there may be none.
    fn allowed(&self) -> Result<usize, Timestamp> {
        match self.platform.gate().permit(Lane::Questions) {
            Permit::Go { at_most } => Ok(at_most.min(self.pace.at_once).max(1)),
            Permit::NotBefore(moment) => Err(moment),
        }
    }

    /// When the feed is read next, and how many documents are acknowledged by now. Soon after new acknowledgements, and at once after the
    /// last of them, for there is no more company to wait for; then later and later while it brings nothing new, seldom while nothing is on
    /// its way.
    async fn next_feed(&self) -> Result<(Timestamp, u64), StoreError> {
        let counts = self.queue.store().counts().await?;
        let count = |states: &[State]| states.iter().filter_map(|s| counts.get(s)).sum::<u64>();
        let acknowledged = count(&[State::Received, State::Entered, State::Returned, State::HeldReceived]);
        let under_way = count(&[State::Sending, State::Received, State::Unsure, State::HeldReceived, State::HeldUnsure]);
        let on_the_way = count(&[State::Sending, State::Waiting]);
        let soonest = if on_the_way == 0 { SHORTEST_REST } else { FEED_SOONEST.max(self.feed.took * 10) }.min(self.pace.feed_every);
        let interval = if under_way == 0 && acknowledged == self.feed.acknowledged {
            self.pace.feed_idle
        } else if acknowledged != self.feed.acknowledged {
            soonest
        } else {
            (soonest * (1 << self.feed.quiet.min(8))).min(self.pace.feed_every)
        };
        // With nothing else under way the feed alone shows that the platform is away, and people are to know soon.
        let interval = if self.feed.failed { interval.min(self.pace.feed_every) } else { interval };
        Ok((self.feed.read_at.plus(interval), acknowledged))
    }

    async fn read_feed(&mut self, done: &mut Activation) -> Result<(), StoreError> {
        let store = Arc::clone(self.queue.store());
        let mut cursor = store.recall(CURSOR).await?;
        self.feed.failed = false;
        loop {
            let page = match self.platform.feed(cursor.as_deref()).await {
                Ok(page) => page,
                Err(failure) => {
                    self.feed.failed = true;
                    tracing::info!(cause = ?failure.cause, platform.code = failure.code, "the results feed could not be read");
                    return Ok(());
                }
            };
            done.rows += page.sightings.len();
            self.take_in(page.sightings, done).await?;
            let moved = cursor.as_deref() != Some(page.next.as_str()) && !page.next.is_empty();
            if moved {
                store.remember(CURSOR, &page.next).await?;
                cursor = Some(page.next);
            }
            if !page.more || !moved {
                return Ok(());
            }
        }
    }

    /// Matches rows of the feed with our records; a row about one that is being settled this moment is kept for the next activation.
    async fn take_in(&mut self, sightings: Vec<Sighting>, done: &mut Activation) -> Result<(), StoreError> {
        let asked_at = self.clock.now();
        let mut sought = Vec::with_capacity(sightings.len());
        for sighting in sightings {
            let Some(record) = self.queue.store().get(sighting.id).await? else { continue };
            self.seen_there = Some(sighting.id);
            if matches!(record.state, State::Sending | State::Waiting) {
                if self.early.len() < EARLY_LIMIT {
                    self.early.insert(sighting.id, sighting);
                }
                continue;
            }
            sought.push(Sought { record, asked_at, said: Ok(Some(sighting)) });
        }
        self.hear(&sought, done).await
    }

    async fn settle_early(&mut self, done: &mut Activation) -> Result<(), StoreError> {
        let early = std::mem::take(&mut self.early);
        if early.is_empty() {
            return Ok(());
        }
        self.take_in(early.into_values().collect(), done).await
    }

    async fn look_up_due(&mut self, state: State, done: &mut Activation) -> Result<(), StoreError> {
        loop {
            let Ok(at_once) = self.allowed() else { return Ok(()) };
            // While the platform recovers, no more than it may be asked at once.
            let batch = if at_once < self.pace.at_once { at_once } else { BATCH };
            let due = self.queue.store().due(state, self.clock.now(), batch).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut records = Vec::with_capacity(due.len());
            for found in due {
                records.extend(self.queue.store().get(found.id).await?);
            }
            let mut sought = self.look_up_all(records, at_once).await;
            done.look_ups += sought.len();
            self.question_absence(&mut sought).await?;
            let platform_is_down = sought.iter().any(|s| s.said.is_err());
            let before = done.changed;
            self.hear(&sought, done).await?;
            if platform_is_down || done.changed == before {
                return Ok(());
            }
        }
    }

    /// Looks up with at most `at_once` requests under way. Those for which the gate shut meanwhile were not asked, and stay due as they were.
    async fn look_up_all(&self, records: Vec<Record>, at_once: usize) -> Vec<Sought> {
        let permits = Arc::new(Semaphore::new(at_once));
        let mut asks = tokio::task::JoinSet::new();
        for record in records {
            let (platform, permits, clock) = (Arc::clone(&self.platform), Arc::clone(&permits), Arc::clone(&self.clock));
            asks.spawn(async move {
                // The semaphore is never closed; without a permit the question is simply not asked this time.
                let _permit = permits.acquire_owned().await.ok()?;
                let asked_at = clock.now();
                let said: Result<_, Failure> = platform.look_up(record.id()).await;
                let asked = !said.as_ref().is_err_and(Failure::never_left);
                asked.then_some(Sought { record, asked_at, said })
            });
        }
        let mut sought = Vec::new();
        while let Some(answer) = asks.join_next().await {
            // A look-up that panicked leaves its document due.
            sought.extend(answer.ok().flatten());
        }
        sought
    }

    /// 18 counts as absence only if the platform shows a document that is known to be there at the same time (contract §4): one that has
    /// lost sight of everything has not lost ours alone. Without any such document its word stands.
    async fn question_absence(&mut self, sought: &mut Vec<Sought>) -> Result<(), StoreError> {
        let there = |s: &Sought| matches!(s.said, Ok(Some(_))).then(|| s.record.id());
        if let Some(seen) = sought.iter().find_map(there) {
            self.seen_there = Some(seen);
            return Ok(());
        }
        if !sought.iter().any(|s| matches!(s.said, Ok(None))) {
            return Ok(());
        }
        let Some(known) = self.known_there(sought).await? else { return Ok(()) };
        let failure = match self.platform.look_up(known).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {
                tracing::warn!(document.id = %known, "the platform does not show a document that is known to be there; its word about others does not count");
                let said = "平台连已知在案的文书也查不到，“查无此件”暂不当真".into();
                Failure { said, ..Failure::new(Class::Unknown, Cause::Nonsense, "18") }
            }
            Err(failure) if failure.never_left() => {
                // Nobody can say; they stay due as they were.
                sought.retain(|s| !matches!(s.said, Ok(None)));
                return Ok(());
            }
            Err(failure) => failure,
        };
        sought.iter_mut().filter(|s| matches!(s.said, Ok(None))).for_each(|s| s.said = Err(failure.clone()));
        Ok(())
    }

    /// A document that the platform has for certain and that is not itself in question.
    async fn known_there(&self, sought: &[Sought]) -> Result<Option<DocumentId>, StoreError> {
        let in_question = |id: &DocumentId| sought.iter().any(|s| s.record.id() == *id);
        if let Some(seen) = self.seen_there.filter(|id| !in_question(id)) {
            return Ok(Some(seen));
        }
        let entered = self.queue.store().page(&Listing::InState(State::Entered), None, 1).await?;
        Ok(entered.records.first().map(Record::id))
    }

    async fn hear(&self, sought: &[Sought], done: &mut Activation) -> Result<(), StoreError> {
        let changed = self.queue.heard(sought).await?;
        done.changed += changed.len();
        changed.iter().for_each(|record| (self.told)(record));
        if !changed.is_empty() {
            self.wake.raise();
        }
        Ok(())
    }
}
