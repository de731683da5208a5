//! The queue against a plain model of the world: whatever authors, platform, operators, crashes and time do in whatever order, nothing is
//! lost, nothing is sent that may have been kept, nothing is called entered that is not, and in the end nothing is left lying.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use chrono::Duration;
use dangri::{
    check::{self, CheckedDraft, Checker, Context, Verdict},
    clock::{Clock as _, ManualClock, SharedClock},
    document::{Cause, Class, ContentHash, DocumentId, Event, Failure, Receipt, Record, Refusal, Source, State, Timestamp},
    platform::{SightedState, Sighting, Submitted},
    queue::{Arrival, Judged, Lease, Operation, Outcome, Queue, QueueSettings, Sought},
    store::{JournalStore, Listing, MemoryStore, Settings, Store},
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};

use crate::harness::{CASE_SIX, SAMPLE_SIX, USCC, profile, record, reworded, samples};

/// The platform's `VisibilityDelay`.
const DELAY: Duration = Duration::seconds(120);

/// Every draft in each of its versions: three of their own, then an inspection's five, the last of a third version that bears the first's number.
fn versions() -> &'static [Vec<CheckedDraft>] {
    static VERSIONS: OnceLock<Vec<Vec<CheckedDraft>>> = OnceLock::new();
    VERSIONS.get_or_init(|| {
        let checker = Arc::new(Checker::load(&profile(), check::Settings::default()).unwrap());
        let judge = |bytes: &[u8]| match checker.worker().check(bytes, &Context::alone(CASE_SIX[..10].parse().unwrap())) {
            Verdict::Fit(draft) => draft,
            other => panic!("{other:?}"),
        };
        let mut all: Vec<Vec<CheckedDraft>> = (0..3)
            .map(|seed| {
                let first = record(seed);
                let second = reworded(&first);
                [&first, &second, &reworded(&second)].map(|bytes| judge(bytes)).to_vec()
            })
            .collect();
        all.extend(samples("inspection").into_iter().map(|(_, bytes)| vec![judge(&bytes)]));
        all
    })
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Op {
    /// An author saves a version of a draft, at its own path or at that of a copy.
    Save { draft: usize, version: usize, copy: bool },
    /// An author saves something unfit there.
    SaveBad { draft: usize, version: usize },
    /// A draft is deleted.
    Delete { draft: usize },
    /// The uploader leases.
    Lease { limit: usize },
    /// A request ends.
    Answer { which: usize, how: How },
    /// The process is killed; each request under way was or was not kept.
    Crash { kept: u8 },
    /// The reconciler looks up what is due; the platform may be down.
    LookUp { down: bool },
    /// The feed shows the state of a submission.
    Feed { which: usize },
    /// The platform is done with a submission.
    Process { which: usize, returned: bool },
    /// An operator acts.
    Operate { which: usize, operation: Operation },
    /// Time passes.
    Pass { secs: i64 },
}

/// How a request ends.
#[derive(Debug, Clone, Copy)]
enum How {
    Answered,
    AnswerLost,
    NeverArrived,
    Busy,
    TooEarly,
    NoBaseData,
    Refused,
    Recalled,
}

fn op() -> impl Strategy<Value = Op> {
    let drafts = versions().len();
    let how = prop_oneof![
        6 => Just(How::Answered), 3 => Just(How::AnswerLost), 3 => Just(How::NeverArrived), 2 => Just(How::Busy),
        1 => Just(How::TooEarly), 1 => Just(How::NoBaseData), 1 => Just(How::Refused), 1 => Just(How::Recalled),
    ];
    let operation = prop_oneof![
        Just(Operation::Retry),
        Just(Operation::Hold),
        Just(Operation::Release),
        Just(Operation::Ignore),
        Just(Operation::TakeUp)
    ];
    prop_oneof![
        6 => (0..drafts, 0..3_usize, prop::bool::weighted(0.1)).prop_map(|(draft, version, copy)| Op::Save { draft, version, copy }),
        1 => (0..drafts, 0..2_usize).prop_map(|(draft, version)| Op::SaveBad { draft, version }),
        1 => (0..drafts).prop_map(|draft| Op::Delete { draft }),
        6 => (1..5_usize).prop_map(|limit| Op::Lease { limit }),
        9 => (0..8_usize, how).prop_map(|(which, how)| Op::Answer { which, how }),
        1 => any::<u8>().prop_map(|kept| Op::Crash { kept }),
        4 => prop::bool::weighted(0.2).prop_map(|down| Op::LookUp { down }),
        3 => (0..8_usize).prop_map(|which| Op::Feed { which }),
        5 => (0..8_usize, prop::bool::weighted(0.2)).prop_map(|(which, returned)| Op::Process { which, returned }),
        3 => (0..12_usize, operation).prop_map(|(which, operation)| Op::Operate { which, operation }),
        4 => prop_oneof![0..200_i64, 3_000..20_000_i64].prop_map(|secs| Op::Pass { secs }),
    ]
}

/// A submission as the platform holds it.
struct Kept {
    state: SightedState,
    digest: ContentHash,
    key: (String, String),
    supersedes: Option<DocumentId>,
    /// When it can be seen.
    visible: Timestamp,
}

/// The world around a queue.
struct World {
    clock: Arc<ManualClock>,
    store: Arc<dyn Store>,
    queue: Queue,
    /// Where a journal store lies; a store in memory survives a crash as it is.
    dir: Option<PathBuf>,
    under_way: Vec<Lease>,
    there: BTreeMap<DocumentId, Kept>,
    order: Vec<DocumentId>,
    admitted: Vec<DocumentId>,
}

fn open(dir: Option<&PathBuf>, now: Timestamp) -> Arc<dyn Store> {
    match dir {
        Some(dir) => {
            let settings = Settings { segment_bytes: 4 << 20, ballast_bytes: 0, low_water_bytes: Some(0), ..Settings::default() };
            Arc::new(JournalStore::open(dir, settings, now).unwrap())
        }
        None => Arc::new(MemoryStore::new()),
    }
}

fn queue(store: &Arc<dyn Store>, clock: &Arc<ManualClock>) -> Queue {
    let settings = QueueSettings {
        sender_uscc: USCC.into(),
        visibility_delay: DELAY,
        ask_after: Duration::seconds(60),
        cut_off: Duration::hours(24),
        upload_penalties: true,
    };
    Queue::new(Arc::clone(store), Arc::clone(clock) as SharedClock, settings)
}

fn unknown() -> Submitted {
    Submitted::Failed(Failure::new(Class::Unknown, Cause::NoAnswer, "reset"))
}

impl World {
    fn new(dir: Option<PathBuf>) -> Self {
        let clock = ManualClock::at(Timestamp::parse(SAMPLE_SIX).unwrap());
        let store = open(dir.as_ref(), clock.now());
        let queue = queue(&store, &clock);
        Self { clock, store, queue, dir, under_way: Vec::new(), there: BTreeMap::new(), order: Vec::new(), admitted: Vec::new() }
    }

    async fn records(&self) -> Vec<Record> {
        self.queue.walk(&Listing::All, usize::MAX).await.unwrap()
    }

    async fn happens(&mut self, op: &Op) {
        match *op {
            Op::Save { draft, version, copy } => {
                let all = &versions()[draft];
                let fit = all[version % all.len()].clone();
                let path = if copy { format!("副本{draft}.xml") } else { format!("{draft}.xml") };
                let source = self.source(path, fit.digest());
                let arrived = self.queue.admit(vec![Arrival { source, judged: Judged::Fit(fit) }]).await.unwrap();
                if arrived[0].record.birth.digest.is_some() {
                    self.admitted.push(arrived[0].record.id());
                }
            }
            Op::SaveBad { draft, version } => {
                let source = self.source(format!("{draft}.xml"), &ContentHash::of(&[b'x', version as u8]));
                self.queue.admit(vec![Arrival { source, judged: Judged::Unfit { facts: None, findings: Vec::new() } }]).await.unwrap();
            }
            Op::Delete { draft } => {
                let path = format!("{draft}.xml");
                if let Some(record) = self.queue.latest_at(&path).await.unwrap() {
                    self.queue.draft_gone(&record, &path).await.unwrap();
                }
            }
            Op::Lease { limit } => self.lease(limit).await,
            Op::Answer { which, how } => self.answer(which, how).await,
            Op::Crash { kept } => self.crash(kept).await,
            Op::LookUp { down } => self.look_up(down).await,
            Op::Feed { which } => {
                let Some(id) = nth(&self.order, which) else { return };
                let Some(record) = self.store.get(id).await.unwrap() else { return };
                // The reconciler keeps rows of what is under way for later.
                if !matches!(record.state, State::Sending | State::Waiting) {
                    let said = Ok(Some(self.sighting(id)));
                    self.queue.heard(&[Sought { record, asked_at: self.clock.now(), said }]).await.unwrap();
                }
            }
            Op::Process { which, returned } => {
                let Some(id) = nth(&self.order, which) else { return };
                self.process(id, returned);
            }
            Op::Operate { which, operation } => {
                if let Some(record) = nth(&self.records().await, which) {
                    self.queue.operate(&record, operation, "张工", "原因").await.unwrap();
                }
            }
            Op::Pass { secs } => self.clock.advance(Duration::seconds(secs)),
        }
    }

    fn source(&self, path: String, file: &ContentHash) -> Source {
        let now = self.clock.now();
        Source { path, file: *file, bytes: 9, modified: now, first_seen: now }
    }

    async fn lease(&mut self, limit: usize) {
        for lease in self.queue.lease(limit).await.unwrap() {
            let id = lease.record.id();
            assert!(self.under_way.iter().all(|other| other.record.id() != id), "I3: two live leases of {id}");
            assert_eq!(Some(ContentHash::of(&lease.body)), lease.record.birth.digest, "I4: other bytes than were admitted");
            let live = self.there.get(&id).is_some_and(|kept| kept.state != SightedState::Returned);
            assert!(!live, "P2: {id} is sent though the platform has it");
            self.nothing_earlier_is_under_way(&lease.record).await;
            let history = self.store.history(id).await.unwrap();
            let doubt = history.iter().rposition(|e| matches!(e.event, Event::NotHeard { .. } | Event::Doubted { .. }));
            let word = history.iter().rposition(|e| matches!(e.event, Event::FoundAbsent { .. } | Event::SentBack { .. }));
            assert!(doubt <= word, "I5: {id} is sent again without a look-up: {history:?}");
            self.under_way.push(lease);
        }
    }

    async fn nothing_earlier_is_under_way(&self, leased: &Record) {
        let Some(facts) = &leased.birth.facts else { return };
        let Some(case) = facts.case_key() else { return };
        for other in self.queue.walk(&Listing::Case(case.to_owned()), usize::MAX).await.unwrap() {
            let earlier = other.birth.facts.as_ref().is_some_and(|f| f.rank < facts.rank) && other.state.is_moving();
            assert!(!earlier, "{} goes before {} of the same case", leased.title(), other.title());
        }
    }

    /// The platform takes it, or says why not; as a platform that enters again what is sent again.
    fn take(&mut self, lease: &Lease) -> Submitted {
        let record = &lease.record;
        let (id, facts) = (record.id(), record.birth.facts.as_ref().unwrap());
        let receipt = Receipt { receipt_no: "R".into(), received_at: self.clock.now() };
        let key = (facts.kind.to_string(), facts.document_key());
        let live = |kept: &Kept| !matches!(kept.state, SightedState::Returned | SightedState::Superseded);
        if let Some(kept) = self.there.get(&id) {
            assert_eq!(kept.state, SightedState::Returned, "P2: {id} was sent twice");
            return Submitted::Acknowledged(receipt);
        }
        let holder = self.there.iter().find(|(other, kept)| kept.key == key && live(kept) && Some(**other) != record.supersedes);
        if let Some((holder, _)) = holder {
            return Submitted::NumberHeld { holder: *holder, receipt };
        }
        let visible = self.clock.now().plus(DELAY - Duration::seconds(1));
        let kept =
            Kept { state: SightedState::Received, digest: record.birth.digest.unwrap(), key, supersedes: record.supersedes, visible };
        self.there.insert(id, kept);
        self.order.push(id);
        Submitted::Acknowledged(receipt)
    }

    async fn answer(&mut self, which: usize, how: How) {
        if self.under_way.is_empty() {
            return;
        }
        let lease = self.under_way.remove(which % self.under_way.len());
        let failed = |class, cause, code: &str| Submitted::Failed(Failure::new(class, cause, code));
        let submitted = match how {
            How::Answered => self.take(&lease),
            How::AnswerLost => {
                self.take(&lease);
                unknown()
            }
            How::NeverArrived => unknown(),
            How::Busy => failed(Class::Passing, Cause::Busy, "05"),
            How::TooEarly => failed(Class::Passing, Cause::Order, "14"),
            How::NoBaseData => failed(Class::Held, Cause::BaseData, "12"),
            How::Refused => Submitted::Refused { cause: Cause::Rule, code: "11".into(), refusals: Vec::new() },
            How::Recalled => return self.queue.recall(vec![lease]).await.unwrap(),
        };
        let holder = match &submitted {
            Submitted::NumberHeld { holder, .. } => Some(Ok(Some(self.sighting(*holder)))),
            _ => None,
        };
        self.queue.settle(vec![Outcome { record: lease.record, submitted, holder }]).await.unwrap();
    }

    async fn crash(&mut self, kept: u8) {
        for (n, lease) in std::mem::take(&mut self.under_way).into_iter().enumerate() {
            if kept >> (n % 8) & 1 == 1 {
                self.take(&lease);
            }
        }
        if self.dir.is_some() {
            // The lock goes with the last owner.
            self.store = Arc::new(MemoryStore::new());
            self.queue = queue(&self.store, &self.clock);
            self.store = open(self.dir.as_ref(), self.clock.now());
            self.queue = queue(&self.store, &self.clock);
        }
        self.queue.recover().await.unwrap();
    }

    async fn look_up(&mut self, down: bool) {
        let asked_at = self.clock.now();
        for state in [State::Unsure, State::Received] {
            for due in self.store.due(state, asked_at, 99).await.unwrap() {
                let record = self.store.get(due.id).await.unwrap().unwrap();
                let seen = self.there.get(&due.id).is_some_and(|kept| kept.visible <= asked_at);
                let said = match (down, seen) {
                    (true, _) => Err(Failure::new(Class::Passing, Cause::Busy, "05")),
                    (false, true) => Ok(Some(self.sighting(due.id))),
                    (false, false) => Ok(None),
                };
                self.queue.heard(&[Sought { record, asked_at, said }]).await.unwrap();
            }
        }
    }

    fn sighting(&self, id: DocumentId) -> Sighting {
        let kept = &self.there[&id];
        let entered = matches!(kept.state, SightedState::Entered | SightedState::Superseded);
        let refusals = match kept.state {
            SightedState::Returned => vec![Refusal { code: "E1".into(), path: None, line: None, message: "不对".into() }],
            _ => Vec::new(),
        };
        let entered_at = entered.then(|| self.clock.now());
        Sighting { id, state: kept.state, entry_no: None, entered_at, digest: Some(kept.digest), refusals }
    }

    fn process(&mut self, id: DocumentId, returned: bool) {
        let Some(kept) = self.there.get_mut(&id).filter(|kept| kept.state == SightedState::Received) else { return };
        kept.state = if returned { SightedState::Returned } else { SightedState::Entered };
        let old = kept.supersedes.filter(|_| !returned);
        if let Some(old) = old.and_then(|old| self.there.get_mut(&old)).filter(|old| old.state != SightedState::Returned) {
            old.state = SightedState::Superseded;
        }
    }

    /// What must be true after whatever happened.
    async fn holds(&self) {
        let records = self.records().await;
        for id in &self.admitted {
            assert!(records.iter().any(|r| r.id() == *id), "I1: {id} is lost");
        }
        let counts = self.store.counts().await.unwrap();
        for state in State::ALL {
            let n = records.iter().filter(|r| r.state == state).count() as u64;
            assert_eq!(counts.get(&state).copied().unwrap_or(0), n, "I8: the count of {state:?}");
        }
        for record in &records {
            let id = record.id();
            assert!(!record.reason.is_empty(), "I2: {id} is {:?} without a reason", record.state);
            let under_way = self.under_way.iter().any(|lease| lease.record.id() == id);
            assert_eq!(record.state == State::Sending, under_way, "I3: {id} is {:?}", record.state);
            if record.state == State::Entered {
                let there = self.there.get(&id).map(|kept| kept.state);
                assert!(matches!(there, Some(SightedState::Entered | SightedState::Superseded)), "I6: {id} is {there:?} there");
            }
            let history = self.store.history(id).await.unwrap();
            let mut replayed = Record::begin(record.birth.clone(), &history[0]).unwrap();
            for entry in &history[1..] {
                replayed = replayed.after(entry).unwrap();
            }
            assert_eq!(&replayed, record, "I7: the history of {id}");
        }
        self.the_agenda_agrees(&records).await;
    }

    /// Two live entries for one number would be one document entered twice.
    fn nothing_is_doubled_there(&self) {
        let live = |kept: &&Kept| !matches!(kept.state, SightedState::Returned | SightedState::Superseded);
        let mut keys: Vec<_> = self.there.values().filter(live).map(|kept| &kept.key).collect();
        keys.sort();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "P2: {keys:?}");
    }

    /// I8: whatever moves by itself is due sooner or later, and only what waits for an earlier document of its case is in no list.
    async fn the_agenda_agrees(&self, records: &[Record]) {
        for state in [State::Waiting, State::Unsure, State::Received] {
            let due = self.store.due(state, Timestamp::MAX, usize::MAX).await.unwrap();
            self.store.due(state, self.clock.now(), 1).await.unwrap();
            for record in records.iter().filter(|r| r.state == state) {
                let listed = due.iter().filter(|d| d.id == record.id()).count();
                let kept_back = state == State::Waiting && listed == 0 && self.waits_for_its_case(record, records);
                assert!(listed == 1 || kept_back, "I8: {} is {state:?} and due {listed} times", record.id());
            }
            assert!(due.iter().all(|d| records.iter().any(|r| r.id() == d.id && r.state == state)), "I8: due, but not {state:?}");
        }
    }

    fn waits_for_its_case(&self, record: &Record, records: &[Record]) -> bool {
        let Some(facts) = &record.birth.facts else { return false };
        let of_case = records.iter().filter(|r| r.state.blocks_its_case()).filter_map(|r| r.birth.facts.as_ref());
        facts.case_key().is_some() && of_case.into_iter().any(|f| f.case_key() == facts.case_key() && f.rank < facts.rank)
    }

    /// Nothing goes wrong any more: then nothing may be left lying.
    async fn drains(&mut self) {
        // Past every cut-off: a case that waits for a person no longer keeps its later documents back.
        self.clock.set(Timestamp::parse("2023-06-01T00:00:00+08:00").unwrap());
        for _ in 0..400 {
            self.lease(4).await;
            while !self.under_way.is_empty() {
                self.answer(0, How::Answered).await;
            }
            for id in self.order.clone() {
                self.process(id, false);
            }
            self.look_up(false).await;
            if self.records().await.iter().all(|r| !r.state.is_moving()) {
                return;
            }
            self.clock.advance(Duration::seconds(61));
        }
        panic!(
            "I13: something moves for ever: {:?}",
            self.records().await.iter().map(|r| (r.title(), r.state, &r.reason)).collect::<Vec<_>>()
        );
    }
}

fn nth<T: Clone>(all: &[T], n: usize) -> Option<T> {
    (!all.is_empty()).then(|| all[n % all.len()].clone())
}

fn lives(ops: &[Op], dir: Option<PathBuf>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(dir);
        for op in ops {
            world.happens(op).await;
            world.holds().await;
        }
        world.drains().await;
        world.holds().await;
        world.nothing_is_doubled_there();
    });
}

/// So many cases, or as many as a longer hunt asks for (`PROPTEST_CASES`).
fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/model.seeds"))),
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(192))]
    #[test]
    fn the_queue_keeps_its_promises_in_memory(ops in prop::collection::vec(op(), 1..70)) {
        lives(&ops, None);
    }
}

proptest! {
    #![proptest_config(config(12))]
    #[test]
    fn the_queue_keeps_its_promises_over_the_journal(ops in prop::collection::vec(op(), 1..50)) {
        let dir = tempfile::tempdir().unwrap();
        lives(&ops, Some(dir.path().join("state")));
    }
}
