//! A settled draft is read, judged and taken, or its author is told what to mend.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{Duration, NaiveDate};
use tokio::{runtime::Handle, task::JoinSet};

use super::{
    notes::{Board, blocking},
    stop::Stop,
};
use crate::{
    check::{self, CaseDocument, Checker, Context, Verdict},
    clock::{SharedClock, Signal, Work},
    config::{Config, Disk},
    document::{ContentHash, DocumentId, Facts, Finding, Place, Record, Severity, Source, State, Timestamp},
    queue::{Arrival, Judged, Queue},
    status::{FolderState, Vitals},
    store::{Listing, StoreError},
    watch::{Hints, ShareState, Sighted, Sweep, Unread, Verdicts, Watcher, read_whole},
};

/// So many drafts are judged and taken together: one commit for all of them.
const BATCH: usize = 64;

/// The other documents of a case that are looked at while one is judged, at most; a case has a few dozen.
const CASE_LIMIT: usize = 200;

/// The least time between two looks through the folder.
const SWEEP_GAP: Duration = Duration::milliseconds(200);

/// The longest that intake rests, so that its silence means something.
const LONGEST_REST: Duration = Duration::seconds(60);

/// Takes drafts in.
pub(super) struct Intake {
    queue: Arc<Queue>,
    judges: Arc<Judges>,
    watcher: Arc<Mutex<Watcher>>,
    verdicts: Verdicts,
    board: Arc<Board>,
    vitals: Arc<Vitals>,
    clock: SharedClock,
    work: Work,
    /// How many batches are judged at once.
    at_once: usize,
    most_bytes: u64,
    sweep_every: Duration,
    folder: PathBuf,
    /// Whether the system's hints are listened to; on network shares there are none to be had.
    hints: bool,
}

/// What became of one file that was ready.
enum Looked {
    /// It was read and judged.
    Arrived(Sighted, Box<Arrival>),
    /// It is not finished after all, or cannot be read now: the watcher was told and settles it again.
    NotNow,
    /// The check gave no verdict: a defect of ours. It is looked at again when it changes or at the next start.
    NotChecked(Sighted),
}

impl Intake {
    /// An intake as `config` wants it.
    pub(super) fn new(
        config: &Config,
        queue: Arc<Queue>,
        checker: Arc<Checker>,
        watcher: Watcher,
        board: Arc<Board>,
        vitals: Arc<Vitals>,
    ) -> Self {
        let clock = Arc::clone(queue.clock());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let at_once = config.check.workers.map_or(cores, std::num::NonZeroUsize::get);
        Self {
            judges: Arc::new(Judges { checker, idle: Mutex::default(), queue: Arc::clone(&queue), verdicts: watcher.verdicts() }),
            queue,
            verdicts: watcher.verdicts(),
            watcher: Arc::new(Mutex::new(watcher)),
            board,
            vitals,
            work: Work::begin(&clock),
            clock,
            at_once,
            most_bytes: config.folder.max_file_bytes,
            sweep_every: Watcher::pace(&config.folder),
            folder: config.folder.path.clone(),
            hints: !matches!(Disk::of(&config.folder.path), Disk::Network(_)),
        }
    }

    /// Sweeps until the daemon stops; `signal` is raised by whoever knows of something new, `uploads` whenever something was taken.
    ///
    /// # Errors
    /// When the store fails: the daemon must end. A full disk only stops the intake.
    pub(super) async fn run(
        self,
        signal: Arc<Signal>,
        uploads: Arc<Signal>,
        beat: impl Fn(Timestamp),
        stop: Arc<Stop>,
    ) -> Result<(), StoreError> {
        let mut hints = self.hints.then(|| Hints::new(&self.folder, Arc::clone(&signal)));
        while !stop.decided() {
            let begun = self.clock.now();
            let (next, share_is_there) = self.round(&uploads, &stop).await?;
            beat(self.clock.now());
            if let Some(hints) = &mut hints
                && share_is_there != hints.are_heard()
            {
                // After the share was away, the system says nothing of what took its place.
                hints.listen();
            }
            self.work.rest(next.min(begun.plus(LONGEST_REST)), &signal).await;
            // A burst of hints is one reason to look, not a thousand.
            let soonest = begun.plus(SWEEP_GAP);
            while self.clock.now() < soonest && !stop.decided() {
                self.work.rest(soonest, &signal).await;
            }
        }
        Ok(())
    }

    /// One look through the folder; says when the next is due, and whether the share is there.
    async fn round(&self, uploads: &Signal, stop: &Stop) -> Result<(Timestamp, bool), StoreError> {
        let (watcher, now) = (Arc::clone(&self.watcher), self.clock.now());
        let swept = blocking(move || Ok(watcher.lock().unwrap_or_else(PoisonError::into_inner).sweep(now))).await;
        let sweep = match swept {
            Ok(sweep) => sweep,
            Err(error) => {
                tracing::error!(%error, "a sweep of the folder broke off");
                return Ok((now.plus(self.sweep_every), false));
            }
        };
        self.show(&sweep, now);
        let share_is_there = sweep.share == ShareState::Ready;
        for id in sweep.gone.iter().filter_map(|gone| gone.id) {
            self.gone(id).await?;
        }
        let usual = now.plus(self.sweep_every);
        let mut next = if sweep.more { now } else { sweep.look_again.map_or(usual, |soon| usual.min(soon)) };
        match self.take_all(sweep.ready, uploads, stop).await {
            Ok(()) => self.stopped_because(None),
            Err(StoreError::Full(why)) => {
                // Nothing was acknowledged, so the drafts simply stay in the folder until there is room (faults 4).
                tracing::error!(disk = why, "no room to take drafts in; uploads go on");
                self.stopped_because(Some("磁盘空间不足，暂停收件".into()));
                next = usual;
            }
            Err(error) => return Err(error),
        }
        Ok((next, share_is_there))
    }

    fn show(&self, sweep: &Sweep, now: Timestamp) {
        let (state, said) = match &sweep.share {
            ShareState::Ready => (FolderState::Watched, String::new()),
            ShareState::Unavailable(why) => (FolderState::Unavailable, why.clone()),
        };
        self.vitals.folder(|facts| {
            facts.state = state;
            facts.said = said;
            facts.last_sweep = Some(now);
            facts.files = sweep.files;
            facts.settling = sweep.settling as u64;
        });
    }

    fn stopped_because(&self, why: Option<String>) {
        self.vitals.folder(|facts| facts.intake_stopped = why);
    }

    /// A draft is no longer there. What was taken goes on; what was unfit has nothing left to mend.
    async fn gone(&self, id: DocumentId) -> Result<(), StoreError> {
        let Some(record) = self.queue.store().get(id).await? else { return Ok(()) };
        let path = record.birth.source.path.clone();
        if let Some(record) = self.queue.draft_gone(&record, &path).await? {
            self.board.tell(&record);
        }
        Ok(())
    }

    /// Judges batch by batch, several at once, and takes each as it comes back: judging and the disk work at the same time.
    async fn take_all(&self, ready: Vec<Sighted>, uploads: &Signal, stop: &Stop) -> Result<(), StoreError> {
        let mut batches = self.unknown(ready).await?.into_iter();
        let mut judging = JoinSet::new();
        loop {
            while judging.len() < self.at_once && !stop.decided() {
                let batch: Vec<_> = batches.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    break;
                }
                let (judges, now, most) = (Arc::clone(&self.judges), self.clock.now(), self.most_bytes);
                let handle = Handle::current();
                judging.spawn_blocking(move || judges.judge(batch, now, most, &handle));
            }
            let Some(judged) = judging.join_next().await else { return Ok(()) };
            match judged {
                Ok(Ok(looked)) => self.take(looked, uploads).await?,
                Ok(Err(error)) => return Err(error),
                Err(error) => tracing::error!(%error, "a batch of drafts could not be judged; it is tried again at the next start"),
            }
        }
    }

    /// After a restart the watcher remembers nothing: what stands in the books with the same size and time need not be read again.
    async fn unknown(&self, ready: Vec<Sighted>) -> Result<Vec<Sighted>, StoreError> {
        let mut unknown = Vec::with_capacity(ready.len());
        for sighted in ready {
            let known = self.queue.latest_at(&sighted.path).await?.filter(|record| {
                let source = &record.birth.source;
                source.bytes == sighted.size && source.modified == sighted.modified && record.state != State::Corrupt
            });
            match known {
                Some(record) => {
                    self.verdicts.judged(&sighted, Some(record.id()));
                    // Should the last run have ended before its note was written.
                    self.board.tell(&record);
                }
                None => unknown.push(sighted),
            }
        }
        Ok(unknown)
    }

    async fn take(&self, looked: Vec<Looked>, uploads: &Signal) -> Result<(), StoreError> {
        let mut sighted = Vec::with_capacity(looked.len());
        let mut arrivals = Vec::with_capacity(looked.len());
        for look in looked {
            match look {
                Looked::Arrived(seen, arrival) => {
                    sighted.push(seen);
                    arrivals.push(*arrival);
                }
                Looked::NotNow => {}
                Looked::NotChecked(seen) => self.verdicts.judged(&seen, None),
            }
        }
        let arrived = self.queue.admit(arrivals).await?;
        for (seen, arrived) in sighted.iter().zip(arrived) {
            self.verdicts.judged(seen, Some(arrived.record.id()));
            // What stands beside the draft must speak of the version that counts now.
            arrived.closed.iter().for_each(|closed| self.board.tell(closed));
            self.board.tell(&arrived.record);
        }
        uploads.raise();
        Ok(())
    }
}

/// Those who judge: one validator each, kept for the next batch.
struct Judges {
    checker: Arc<Checker>,
    idle: Mutex<Vec<check::Worker>>,
    queue: Arc<Queue>,
    verdicts: Verdicts,
}

/// When, up to what size, and through which runtime a batch is judged.
struct Judging<'a> {
    now: Timestamp,
    most: u64,
    handle: &'a Handle,
}

impl Judges {
    /// Reads and judges a batch; on a thread of its own, which may wait for the store.
    fn judge(&self, batch: Vec<Sighted>, now: Timestamp, most: u64, handle: &Handle) -> Result<Vec<Looked>, StoreError> {
        let spare = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = spare.unwrap_or_else(|| self.checker.worker());
        let mut looked = Vec::with_capacity(batch.len());
        let mut siblings: HashMap<String, Vec<CaseDocument>> = HashMap::new();
        let at = Judging { now, most, handle };
        for sighted in batch {
            looked.push(self.judge_one(&worker, sighted, &at, &mut siblings)?);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        Ok(looked)
    }

    fn judge_one(
        &self,
        worker: &check::Worker,
        sighted: Sighted,
        at: &Judging<'_>,
        siblings: &mut HashMap<String, Vec<CaseDocument>>,
    ) -> Result<Looked, StoreError> {
        let Judging { now, most, handle } = *at;
        let bytes = match read_whole(&sighted, most) {
            Ok(bytes) => bytes,
            Err(Unread::TooBig { size, cap }) => {
                let judged = Judged::Unfit { facts: None, findings: vec![too_big(size, cap)] };
                let source = source_of(&sighted, ContentHash::of(sighted.path.as_bytes()), now);
                return Ok(Looked::Arrived(sighted, Box::new(Arrival { source, judged })));
            }
            Err(why) => {
                tracing::debug!(draft.path = %sighted.path, %why, "a draft cannot be read yet");
                self.verdicts.unread(&sighted, &why);
                return Ok(Looked::NotNow);
            }
        };
        let source = source_of(&sighted, ContentHash::of(&bytes), now);
        let mut tree = None;
        let verdict = match worker.read(&bytes) {
            Ok(draft) => {
                tree = Some(Arc::clone(draft.tree()));
                let surroundings = self.surroundings(draft.facts(), siblings, handle)?;
                worker.judge(draft, &surroundings.context(now.beijing_day()))
            }
            Err(verdict) => verdict,
        };
        let judged = match verdict {
            Verdict::Fit(draft) => {
                if let (Some(key), Some(tree)) = (draft.facts().case_key(), tree) {
                    let document = CaseDocument { facts: draft.facts().clone(), tree };
                    siblings.entry(key.to_owned()).or_default().push(document);
                }
                Judged::Fit(draft)
            }
            Verdict::Unfit { facts, findings } => Judged::Unfit { facts, findings },
            Verdict::FitsSchemaOnly { .. } | Verdict::NotChecked { .. } => {
                tracing::error!(draft.path = %sighted.path, verdict = ?verdict, "a draft could not be checked; it is not valid and not refused");
                return Ok(Looked::NotChecked(sighted));
            }
        };
        Ok(Looked::Arrived(sighted, Box::new(Arrival { source, judged })))
    }

    /// What stands in the books, and in the same batch, about the case of a draft.
    fn surroundings(
        &self,
        facts: Option<&Facts>,
        siblings: &HashMap<String, Vec<CaseDocument>>,
        handle: &Handle,
    ) -> Result<Surroundings, StoreError> {
        let mut found = Surroundings::default();
        let Some(facts) = facts else { return Ok(found) };
        let store = self.queue.store();
        if let Some(number) = &facts.number {
            let same = handle.block_on(self.queue.walk(&Listing::Number(number.clone()), CASE_LIMIT))?;
            let others = same.into_iter().filter(|r| r.state != State::Superseded).filter_map(|r| r.birth.facts);
            found.same_number = others.filter(|f| f.draft_id != facts.draft_id).collect();
        }
        if let Some(key) = facts.case_key() {
            let records = handle.block_on(self.queue.walk(&Listing::Case(key.to_owned()), CASE_LIMIT))?;
            for record in records.into_iter().filter(|r| counts_for_its_case(r, facts)) {
                let Some(of) = record.birth.facts.clone() else { continue };
                let body = handle.block_on(store.body(record.id()))?;
                found.case.extend(self.checker.case_document(of, &body));
            }
            let batch = siblings.get(key).into_iter().flatten();
            found.case.extend(batch.filter(|s| s.facts.draft_id != facts.draft_id).cloned());
        }
        Ok(found)
    }
}

/// Whether a record is a document of the case that still stands, and another one than the draft in question.
fn counts_for_its_case(record: &Record, of: &Facts) -> bool {
    let stands = !matches!(record.state, State::Unfit | State::Superseded | State::Ignored | State::Corrupt | State::Returned);
    stands && record.birth.facts.as_ref().is_some_and(|f| f.draft_id != of.draft_id)
}

#[derive(Default)]
struct Surroundings {
    case: Vec<CaseDocument>,
    same_number: Vec<Facts>,
}

impl Surroundings {
    fn context(&self, today: NaiveDate) -> Context<'_> {
        Context { today, case: &self.case, same_number: &self.same_number, roster: None }
    }
}

fn source_of(sighted: &Sighted, file: ContentHash, now: Timestamp) -> Source {
    Source { path: sighted.path.clone(), file, bytes: sighted.size, modified: sighted.modified, first_seen: sighted.first_seen.min(now) }
}

fn too_big(size: u64, cap: u64) -> Finding {
    let mib = |bytes: u64| format!("{} MB", bytes.div_ceil(1 << 20));
    Finding {
        rule: "FILE-SIZE".into(),
        severity: Severity::Error,
        place: Place::default(),
        path: String::new(),
        label: "文件".into(),
        value: mib(size),
        message: "文件太大，没有读取".into(),
        wanted: format!("不超过 {}", mib(cap)),
        advice: "请把照片等附件从文书里拿出来单独存放，再保存".into(),
        law: String::new(),
    }
}
