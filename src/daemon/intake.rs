//! A settled draft is read, judged and taken, or its author is told what to mend.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Duration;
use tokio::task::JoinSet;

use super::{
    judges::{Judges, Looked},
    notes::{Board, blocking},
    stop::Stop,
};
use crate::{
    check::Checker,
    clock::{SharedClock, Signal, Work},
    config::{Config, Disk},
    day::book::DayBook,
    document::{DocumentId, State, Timestamp},
    queue::Queue,
    status::{FolderState, Vitals},
    store::StoreError,
    watch::{Hints, ShareState, Sighted, Sweep, Verdicts, Watcher},
};

/// So many drafts are judged and taken together: one commit for all of them.
const BATCH: usize = 64;

/// The least time between two looks through the folder.
const SWEEP_GAP: Duration = Duration::milliseconds(200);

/// The longest that intake rests, so that its silence means something.
const LONGEST_REST: Duration = Duration::seconds(60);

/// After so many looks that found nothing, the quiet is taken to last.
const QUIET: u32 = 3;

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

/// Who goes on with what was taken.
pub(super) struct Onward {
    /// Sends it.
    pub(super) upload: Arc<Signal>,
    /// Asks the platform about what was found again, and may be known there.
    pub(super) follow: Arc<Signal>,
}

/// What one look through the folder came to.
struct Look {
    /// When the next is due.
    next: Timestamp,
    share_is_there: bool,
    /// Whether there was anything to judge.
    found: bool,
    /// Whether there was so much of it that the next look follows at once.
    rush: bool,
}

/// What starting and a burst of drafts needed, and the quiet after them does not.
fn let_go() {
    if let Err(error) = dangri_sys::let_go_of_code() {
        tracing::debug!(%error, "the system does not take the program's code back");
    }
}

impl Intake {
    /// An intake as `config` wants it.
    pub(super) fn new(
        config: &Config,
        queue: Arc<Queue>,
        (checker, book): (Arc<Checker>, Arc<DayBook>),
        watcher: Watcher,
        board: Arc<Board>,
        vitals: Arc<Vitals>,
    ) -> Self {
        let clock = Arc::clone(queue.clock());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let at_once = config.check.workers.map_or(cores, std::num::NonZeroUsize::get);
        Self {
            judges: Judges::new((checker, book), Arc::clone(&queue), watcher.verdicts()),
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

    /// Sweeps until the daemon stops; `signal` is raised by whoever knows of something new, `onward` whenever something was taken.
    ///
    /// # Errors
    /// When the store fails: the daemon must end. A full disk only stops the intake.
    pub(super) async fn run(
        self,
        signal: Arc<Signal>,
        onward: Onward,
        beat: impl Fn(Timestamp),
        stop: Arc<Stop>,
    ) -> Result<(), StoreError> {
        let mut hints = self.hints.then(|| Hints::new(&self.folder, Arc::clone(&signal)));
        let mut quiet = 0;
        while !stop.decided() {
            let begun = self.clock.now();
            let Look { next, share_is_there, found, rush } = self.round(&mut hints, &onward, &stop).await?;
            quiet = if found { 0 } else { quiet + 1 };
            if quiet == QUIET {
                let_go();
            }
            beat(self.clock.now());
            if let Some(hints) = &mut hints
                && !rush
                && share_is_there != hints.are_heard()
            {
                // After the share was away, the system says nothing of what took its place; and after a rush there is quiet to listen in.
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

    /// One look through the folder.
    async fn round(&self, hints: &mut Option<Hints>, onward: &Onward, stop: &Stop) -> Result<Look, StoreError> {
        let (watcher, now) = (Arc::clone(&self.watcher), self.clock.now());
        let swept = blocking(move || Ok(watcher.lock().unwrap_or_else(PoisonError::into_inner).sweep(now))).await;
        let sweep = match swept {
            Ok(sweep) => sweep,
            Err(error) => {
                tracing::error!(%error, "a sweep of the folder broke off");
                return Ok(Look { next: now.plus(self.sweep_every), share_is_there: false, found: false, rush: false });
            }
        };
        self.show(&sweep, now);
        let share_is_there = sweep.share == ShareState::Ready;
        for id in sweep.gone.iter().filter_map(|gone| gone.id) {
            self.gone(id).await?;
        }
        let usual = now.plus(self.sweep_every);
        let mut next = if sweep.more { now } else { sweep.look_again.map_or(usual, |soon| usual.min(soon)) };
        let found = !sweep.ready.is_empty();
        if found {
            tracing::info!(count = sweep.ready.len(), "drafts have settled and are looked at");
        }
        let rush = sweep.ready.len() > BATCH;
        if rush {
            hints.iter_mut().for_each(Hints::stop);
            next = now;
            let_go();
        }
        match self.take_all(sweep.ready, onward, stop).await {
            Ok(()) => self.stopped_because(None),
            Err(StoreError::Full(why)) => {
                // Nothing was acknowledged, so the drafts simply stay in the folder until there is room (faults 4).
                tracing::error!(disk = why, "no room to take drafts in; uploads go on");
                self.stopped_because(Some("磁盘空间不足，暂停收件".into()));
                next = usual;
            }
            Err(error) => return Err(error),
        }
        Ok(Look { next, share_is_there, found, rush })
    }

    fn show(&self, sweep: &Sweep, now: Timestamp) {
        let (state, said) = match &sweep.share {
            ShareState::Ready => (FolderState::Watched, String::new()),
            ShareState::Unavailable(why) => (FolderState::Unavailable, why.clone()),
        };
        let mut was = state;
        self.vitals.folder(|facts| {
            was = std::mem::replace(&mut facts.state, state);
            facts.said.clone_from(&said);
            facts.last_sweep = Some(now);
            facts.files = sweep.files;
            facts.settling = sweep.settling as u64;
        });
        match (was == state, &sweep.share) {
            (true, _) => {}
            (false, ShareState::Ready) => tracing::info!(count = sweep.files, "the folder is watched"),
            (false, ShareState::Unavailable(why)) => tracing::warn!(%why, "the folder cannot be watched; it is looked for again"),
        }
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
    async fn take_all(&self, ready: Vec<Sighted>, onward: &Onward, stop: &Stop) -> Result<(), StoreError> {
        let mut ready = ready.into_iter();
        let mut judging = JoinSet::new();
        self.fill(&mut judging, &mut ready, stop).await?;
        while let Some(judged) = judging.join_next().await {
            // Whoever is free judges the next batch while this one is written.
            self.fill(&mut judging, &mut ready, stop).await?;
            match judged {
                Ok(Ok(looked)) => self.take(looked, onward).await?,
                Ok(Err(error)) => return Err(error),
                Err(error) => tracing::error!(%error, "a batch of drafts could not be judged; it is tried again at the next start"),
            }
        }
        Ok(())
    }

    /// Gives every judge a batch of what is not in the books.
    async fn fill(
        &self,
        judging: &mut JoinSet<Result<Vec<Looked>, StoreError>>,
        ready: &mut std::vec::IntoIter<Sighted>,
        stop: &Stop,
    ) -> Result<(), StoreError> {
        while judging.len() < self.at_once && !stop.decided() {
            let mut batch = Vec::with_capacity(BATCH.min(ready.len()));
            while batch.len() < BATCH
                && let Some(sighted) = ready.next()
            {
                if !self.is_known(&sighted).await? {
                    batch.push(sighted);
                }
            }
            if batch.is_empty() {
                break;
            }
            judging.spawn(Arc::clone(&self.judges).judge(batch, self.clock.now(), self.most_bytes));
        }
        Ok(())
    }

    /// After a restart the watcher remembers nothing: what stands in the books with the same size and time need not be read again.
    async fn is_known(&self, sighted: &Sighted) -> Result<bool, StoreError> {
        let known = self.queue.latest_at(&sighted.path).await?.filter(|record| {
            let source = &record.birth.source;
            source.bytes == sighted.size && source.modified == sighted.modified && record.state != State::Corrupt
        });
        if let Some(record) = &known {
            self.verdicts.judged(sighted, Some(record.id()));
            // Should the last run have ended before its note was written.
            self.board.tell(record);
        }
        Ok(known.is_some())
    }

    async fn take(&self, looked: Vec<Looked>, onward: &Onward) -> Result<(), StoreError> {
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
            if arrived.record.state == State::Unsure {
                onward.follow.raise();
            }
        }
        onward.upload.raise();
        Ok(())
    }
}
