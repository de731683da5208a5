//! Those who judge: threads of their own, each with the schemas compiled, that read drafts and hold them against schema and rules.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use chrono::NaiveDate;
use tokio::{runtime::Handle, sync::oneshot};

use super::notes::blocking;
use crate::{
    check::{self, CaseDocument, Checker, Context, Roster, Verdict, too_big},
    day::book::DayBook,
    document::{ContentHash, Facts, Record, Source, State, Timestamp},
    queue::{Arrival, Judged, Queue},
    store::{Listing, StoreError},
    watch::{Sighted, Unread, Verdicts, read_whole},
};

/// The other documents of a case that are looked at while one is judged, at most; a case has a few dozen.
const CASE_LIMIT: usize = 200;

/// A batch that is not back after this long, in real time, holds a draft that the quick way hangs on; honest ones take milliseconds.
const LONGEST: Duration = Duration::from_secs(60);

/// What became of one file that was ready.
pub(super) enum Looked {
    /// It was read and judged.
    Arrived(Sighted, Box<Arrival>),
    /// It is not finished after all, or cannot be read now: the watcher was told and settles it again.
    NotNow,
    /// The check gave no verdict: a defect of ours. It is looked at again when it changes or at the next start.
    NotChecked(Sighted),
}

/// Those who judge, as many as were ever needed at once.
pub(super) struct Judges {
    checker: Arc<Checker>,
    /// Keeps the roster.
    book: Arc<DayBook>,
    /// Threads that wait for a batch.
    idle: Mutex<Vec<mpsc::Sender<Task>>>,
    queue: Arc<Queue>,
    verdicts: Verdicts,
}

/// A batch for a thread, and where its outcome is awaited.
struct Task {
    /// Whose batch it is: between two batches a thread holds on to nothing of the store's.
    judges: Arc<Judges>,
    judging: Judging,
    batch: Vec<Sighted>,
    outcome: oneshot::Sender<Result<Vec<Looked>, StoreError>>,
}

/// When, up to what size, and through which runtime a batch is judged.
#[derive(Clone)]
struct Judging {
    now: Timestamp,
    most: u64,
    handle: Handle,
}

impl Judges {
    /// Judges over what the queue keeps.
    pub(super) fn new((checker, book): (Arc<Checker>, Arc<DayBook>), queue: Arc<Queue>, verdicts: Verdicts) -> Arc<Self> {
        Arc::new(Self { checker, book, idle: Mutex::default(), queue, verdicts })
    }

    /// Reads and judges a batch of drafts of at most `most` bytes each, on a thread that keeps its schemas for the next.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn judge(self: Arc<Self>, batch: Vec<Sighted>, now: Timestamp, most: u64) -> Result<Vec<Looked>, StoreError> {
        let judging = Judging { now, most, handle: Handle::current() };
        let (outcome, wait) = oneshot::channel();
        let task = Task { judges: Arc::clone(&self), judging: judging.clone(), batch: batch.clone(), outcome };
        let judge = match self.seat() {
            Ok(judge) => judge,
            Err(error) => {
                tracing::error!(%error, "no thread to judge drafts on; they are judged the long way");
                return self.judge_the_long_way(batch, judging).await;
            }
        };
        // A thread that is gone lets the wait fail.
        drop(judge.send(task));
        if let Ok(Ok(looked)) = tokio::time::timeout(LONGEST, wait).await {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(judge);
            return looked;
        }
        // The thread is left to itself; each draft is now judged with a limit of its own.
        tracing::error!(drafts = batch.len(), "a batch of drafts was not judged in time; it is judged the long way");
        self.judge_the_long_way(batch, judging).await
    }

    async fn judge_the_long_way(self: Arc<Self>, batch: Vec<Sighted>, judging: Judging) -> Result<Vec<Looked>, StoreError> {
        let work = move || Ok(self.judge_batch(&self.checker.worker(), batch, &judging));
        blocking(work).await.unwrap_or_else(|error| Err(StoreError::Failed(format!("a batch was broken off: {error}"))))
    }

    /// A thread that waits for a batch: one that is idle, or a new one. It ends with us.
    fn seat(&self) -> std::io::Result<mpsc::Sender<Task>> {
        if let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(idle);
        }
        let (tasks, inbox) = mpsc::channel::<Task>();
        let checker = Arc::clone(&self.checker);
        std::thread::Builder::new().name("judge".to_owned()).spawn(move || {
            checker.at_work(|worker| {
                while let Ok(Task { judges, judging, batch, outcome }) = inbox.recv() {
                    let looked = judges.judge_batch(worker, batch, &judging);
                    drop(judges);
                    // Nobody waits any more when this took too long.
                    drop(outcome.send(looked));
                }
            });
        })?;
        Ok(tasks)
    }

    fn judge_batch(&self, worker: &check::Worker<'_>, batch: Vec<Sighted>, at: &Judging) -> Result<Vec<Looked>, StoreError> {
        let mut siblings: HashMap<String, Vec<CaseDocument>> = HashMap::new();
        batch.into_iter().map(|sighted| self.judge_one(worker, sighted, at, &mut siblings)).collect()
    }

    fn judge_one(
        &self,
        worker: &check::Worker<'_>,
        sighted: Sighted,
        at: &Judging,
        siblings: &mut HashMap<String, Vec<CaseDocument>>,
    ) -> Result<Looked, StoreError> {
        let Judging { now, most, ref handle } = *at;
        let bytes = match read_whole(&sighted, most) {
            Ok(bytes) => bytes,
            Err(Unread::TooBig { size, cap }) => {
                let judged = Judged::Unfit { facts: None, findings: vec![*too_big(size, cap)] };
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
        let mut found = Surroundings { roster: self.book.roster(), ..Surroundings::default() };
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
                match handle.block_on(store.body(record.id())) {
                    Ok(body) => found.case.extend(self.checker.case_document(of, &body)),
                    // The rest of the case is judged all the same; what is damaged is told of elsewhere.
                    Err(error) if error.stands_alone() => tracing::warn!(document.id = %record.id(), %error, "judged without it"),
                    Err(error) => return Err(error),
                }
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
    roster: Option<Arc<Roster>>,
}

impl Surroundings {
    fn context(&self, today: NaiveDate) -> Context<'_> {
        Context { today, case: &self.case, same_number: &self.same_number, roster: self.roster.as_deref() }
    }
}

fn source_of(sighted: &Sighted, file: ContentHash, now: Timestamp) -> Source {
    Source { path: sighted.path.clone(), file, bytes: sighted.size, modified: sighted.modified, first_seen: sighted.first_seen.min(now) }
}
