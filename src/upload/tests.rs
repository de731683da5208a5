//! Sending and following together, on a clock that stands still until every task rests, against a platform of a few lines.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use chrono::Duration;

use super::{Settler, Shared, Uploader};
use crate::{
    clock::{ManualClock, SharedClock, Signal},
    document::{Cause, Class, ContentHash, DocumentId, Failure, Kind, Receipt, State, Timestamp},
    platform::{
        FeedPage, Gated, Platform, PublicationPage, SchemaInForce, SharedGate, SightedState, Sighting, Skew, Submission, Submitted,
        gate::Prober,
    },
    queue::{Queue, QueueSettings},
    reconcile::{Pace, Reconciler},
    store::{MemoryStore, samples::Sample},
};

/// What the platform does with the next submission.
enum Act {
    Keep,
    KeepAndFallSilent,
    FallSilent,
    Answer(Submitted),
}

#[derive(Default)]
struct Books {
    script: VecDeque<Act>,
    kept: BTreeMap<DocumentId, ContentHash>,
    submissions: Vec<DocumentId>,
}

struct Scripted {
    clock: SharedClock,
    books: Mutex<Books>,
}

impl Scripted {
    fn sighting(&self, id: DocumentId, digest: ContentHash) -> Sighting {
        let entered_at = Some(self.clock.now());
        Sighting { id, state: SightedState::Entered, entry_no: Some("E1".into()), entered_at, digest: Some(digest), refusals: vec![] }
    }
}

#[async_trait]
impl Platform for Scripted {
    async fn submit(&self, submission: &Submission) -> Submitted {
        let mut books = self.books.lock().unwrap();
        let id = submission.record.id();
        books.submissions.push(id);
        let act = books.script.pop_front().unwrap_or(Act::Keep);
        if matches!(act, Act::Keep | Act::KeepAndFallSilent) {
            books.kept.insert(id, ContentHash::of(&submission.body));
        }
        match act {
            Act::Keep => Submitted::Acknowledged(Receipt { receipt_no: "R1".into(), received_at: self.clock.now() }),
            Act::KeepAndFallSilent | Act::FallSilent => Submitted::Failed(Failure::new(Class::Unknown, Cause::NoAnswer, "超时")),
            Act::Answer(submitted) => submitted,
        }
    }

    async fn look_up(&self, id: DocumentId) -> Result<Option<Sighting>, Failure> {
        let digest = self.books.lock().unwrap().kept.get(&id).copied();
        Ok(digest.map(|digest| self.sighting(id, digest)))
    }

    async fn look_up_number(&self, _: &str, _: &Kind) -> Result<Vec<Sighting>, Failure> {
        Ok(vec![])
    }

    async fn feed(&self, _: Option<&str>) -> Result<FeedPage, Failure> {
        let kept = self.books.lock().unwrap().kept.clone();
        let sightings = kept.into_iter().map(|(id, digest)| self.sighting(id, digest)).collect();
        Ok(FeedPage { sightings, next: String::new(), more: false })
    }

    async fn schema(&self) -> Result<SchemaInForce, Failure> {
        let effective_from = START[..10].parse().unwrap();
        Ok(SchemaInForce { version: "2023.1".into(), effective_from, digest: String::new(), accepts: vec![] })
    }

    async fn publications(&self, _: chrono::NaiveDate, _: chrono::NaiveDate, _: Option<&str>) -> Result<PublicationPage, Failure> {
        Ok(PublicationPage::default())
    }

    fn skew(&self) -> Option<Skew> {
        None
    }
}

/// An office in memory: the three loops over one queue.
struct Office {
    clock: Arc<ManualClock>,
    platform: Arc<Scripted>,
    queue: Arc<Queue>,
    stopping: Arc<AtomicBool>,
    signals: Vec<Arc<Signal>>,
    loops: tokio::task::JoinSet<()>,
}

const START: &str = "2023-04-03T18:00:00+08:00";

impl Office {
    fn open(script: Vec<Act>) -> Self {
        let manual = ManualClock::at(Timestamp::parse(START).unwrap());
        let clock: SharedClock = manual.clone();
        let platform = Arc::new(Scripted { clock: clock.clone(), books: Mutex::new(Books { script: script.into(), ..Books::default() }) });
        let settings = QueueSettings {
            sender_uscc: "113703020042700086".into(),
            visibility_delay: Duration::seconds(120),
            ask_after: Duration::seconds(60),
            cut_off: Duration::hours(24),
            upload_penalties: true,
        };
        let queue = Arc::new(Queue::new(Arc::new(MemoryStore::new()), clock.clone(), settings));
        let gate = SharedGate::new(&clock);
        let prober = Prober::new(gate.clone(), platform.clone());
        let gated = Gated::new(platform.clone(), gate.clone());
        let shared = Shared::new(queue.clone(), gated.clone(), clock.clone());
        let follow = Signal::new(&clock);
        gate.wakes(&follow);
        let signals = vec![shared.wake(), follow.clone(), shared.settle.clone(), gate.probing()];
        let stopping = Arc::new(AtomicBool::new(false));
        let told: crate::queue::Told = Arc::new(|_| {});
        let pace = Pace { feed_every: Duration::seconds(5), feed_idle: Duration::seconds(60), at_once: 4 };
        let uploader = Uploader::new(shared.clone(), 4);
        let settler = Settler::new(shared.clone(), follow.clone(), told.clone());
        let reconciler = Reconciler::new(queue.clone(), gated, clock, pace, told, shared.wake());
        let mut loops = tokio::task::JoinSet::new();
        let stop = || {
            let stopping = stopping.clone();
            move || stopping.load(Ordering::Acquire)
        };
        let (a, b, c, d) = (stop(), stop(), stop(), stop());
        loops.spawn(async move { prober.run(|_| {}, d).await });
        loops.spawn(async move { uploader.run(|_| {}, a).await.unwrap() });
        loops.spawn(async move { settler.run(|_| {}, b).await.unwrap() });
        loops.spawn(async move { reconciler.run(follow, |_| {}, c).await.unwrap() });
        Self { clock: manual, platform, queue, stopping, signals, loops }
    }

    async fn take(&self, samples: &[Sample]) {
        let newcomers = samples.iter().map(Sample::newcomer).collect();
        self.queue.store().admit(newcomers).await.unwrap();
        self.signals[0].raise();
    }

    /// Lets time pass, never faster than the work gets done.
    async fn until(&self, moment: &str) {
        let moment = Timestamp::parse(moment).unwrap();
        while self.clock.step(moment).await < moment {}
        self.clock.settled().await;
    }

    async fn state(&self, sample: &Sample) -> State {
        self.queue.store().get(sample.id()).await.unwrap().unwrap().state
    }

    fn submissions(&self) -> usize {
        self.platform.books.lock().unwrap().submissions.len()
    }

    /// Stops as the daemon does and refuses leftovers.
    async fn close(mut self) {
        self.stopping.store(true, Ordering::Release);
        self.signals.iter().for_each(|s| s.raise());
        while self.loops.join_next().await.transpose().unwrap().is_some() {}
        let sending = self.queue.store().counts().await.unwrap().get(&State::Sending).copied().unwrap_or(0);
        assert_eq!(sending, 0, "a lease was left open");
    }
}

fn samples(n: u64) -> Vec<Sample> {
    let cut_off = Timestamp::parse("2023-04-04T00:00:00+08:00").unwrap().millis();
    (0..n).map(|n| Sample { cut_off, ..Sample::new(n) }).collect()
}

#[tokio::test]
async fn what_is_due_is_entered_and_sent_once() {
    let office = Office::open(vec![]);
    let samples = samples(40);
    office.take(&samples).await;
    office.until("2023-04-03T18:01:00+08:00").await;
    for sample in &samples {
        assert_eq!(office.state(sample).await, State::Entered);
    }
    assert_eq!(office.submissions(), 40);
    office.close().await;
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_not_sent_again() {
    let office = Office::open(vec![Act::KeepAndFallSilent]);
    let samples = samples(1);
    office.take(&samples).await;
    office.until("2023-04-03T18:10:00+08:00").await;
    assert_eq!(office.state(&samples[0]).await, State::Entered);
    assert_eq!(office.submissions(), 1);
    office.close().await;
}

#[tokio::test]
async fn an_upload_that_never_arrived_is_sent_again_once_absence_is_certain() {
    let office = Office::open(vec![Act::FallSilent]);
    let samples = samples(1);
    office.take(&samples).await;
    office.until("2023-04-03T18:01:59+08:00").await;
    assert_eq!(office.state(&samples[0]).await, State::Unsure, "18 within the visibility delay is no absence");
    assert_eq!(office.submissions(), 1);
    office.until("2023-04-03T18:10:00+08:00").await;
    assert_eq!(office.state(&samples[0]).await, State::Entered);
    assert_eq!(office.submissions(), 2);
    office.close().await;
}

#[tokio::test]
async fn a_later_document_of_a_case_waits_for_the_earlier_one() {
    let office = Office::open(vec![]);
    let mut pair = samples(2);
    pair[0] = pair[0].clone().in_case("J-1", 30);
    pair[1] = pair[1].clone().in_case("J-1", 20);
    office.take(&pair).await;
    office.until("2023-04-03T18:05:00+08:00").await;
    assert_eq!(office.platform.books.lock().unwrap().submissions, [pair[1].id(), pair[0].id()]);
    office.close().await;
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_author_and_is_not_repeated() {
    let refused = Submitted::Refused { cause: Cause::Schema, code: "10".into(), refusals: vec![] };
    let office = Office::open(vec![Act::Answer(refused)]);
    let samples = samples(1);
    office.take(&samples).await;
    office.until("2023-04-04T18:00:00+08:00").await;
    assert_eq!(office.state(&samples[0]).await, State::Returned);
    assert_eq!(office.submissions(), 1);
    office.close().await;
}

#[tokio::test]
async fn missing_base_data_waits_for_a_person() {
    let missing = Submitted::Failed(Failure::new(Class::Held, Cause::BaseData, "12"));
    let office = Office::open(vec![Act::Answer(missing)]);
    let samples = samples(1);
    office.take(&samples).await;
    office.until("2023-04-04T18:00:00+08:00").await;
    assert_eq!(office.state(&samples[0]).await, State::HeldWaiting);
    assert_eq!(office.submissions(), 1);
    office.close().await;
}
