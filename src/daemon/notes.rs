//! What authors find beside their drafts follows what became of them.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Duration;

use super::stop::Stop;
use crate::{
    check::{
        Checker,
        explain::{self, About, Occasion},
    },
    clock::{SharedClock, Signal, Work},
    document::{DocumentId, Event, Record, State, Timestamp},
    queue::Queue,
    store::StoreError,
    watch::notes::Notes,
};

/// How long after a note could not be written it is tried again.
const AGAIN: Duration = Duration::minutes(1);

/// Documents whose notes may have to change. Bounded by the number of documents that change between two looks.
#[derive(Default)]
struct Changed(Mutex<Vec<DocumentId>>);

/// Where loops say that a record changed.
pub(super) struct Board {
    changed: Changed,
    signal: Arc<Signal>,
    archive: bool,
    receipts: bool,
}

impl Board {
    /// A board; `receipts` and `archive` tell whether entered documents are of interest.
    pub(super) fn new(clock: &SharedClock, receipts: bool, archive: bool) -> Arc<Self> {
        Arc::new(Self { changed: Changed::default(), signal: Signal::new(clock), archive, receipts })
    }

    /// The signal that the writer rests on.
    pub(super) fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    /// A record changed; only states that leave something beside the draft are of interest.
    pub(super) fn tell(&self, record: &Record) {
        let path = &record.birth.source.path;
        tracing::debug!(document.id = %record.id(), document.state = ?record.state, draft.path = %path, "a document changed");
        let wanted = match record.state {
            State::Unfit | State::Returned | State::Superseded | State::Ignored => true,
            State::Entered => self.receipts || self.archive,
            _ => false,
        };
        if wanted {
            self.tell_of(record.id());
        }
    }

    /// Something was done to a document by hand.
    pub(super) fn tell_of(&self, id: DocumentId) {
        self.changed.0.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        self.signal.raise();
    }

    fn take(&self) -> Vec<DocumentId> {
        std::mem::take(&mut *self.changed.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes and removes the files beside drafts.
pub(super) struct Writer {
    board: Arc<Board>,
    queue: Arc<Queue>,
    notes: Arc<Notes>,
    checker: Arc<Checker>,
    work: Work,
    clock: SharedClock,
}

impl Writer {
    /// A writer of what the board tells.
    pub(super) fn new(board: Arc<Board>, queue: Arc<Queue>, notes: Arc<Notes>, checker: Arc<Checker>, clock: SharedClock) -> Self {
        let work = Work::begin(&clock);
        Self { board, queue, notes, checker, work, clock }
    }

    /// Writes until the daemon stops, and what is left then.
    ///
    /// # Errors
    /// When the store fails: the daemon must end.
    pub(super) async fn run(self, beat: impl Fn(Timestamp), stop: Arc<Stop>) -> Result<(), StoreError> {
        // What could not be done while the share was away or read-only.
        let (mut left, mut again) = (BTreeSet::new(), self.clock.now());
        loop {
            let mut changed = self.board.take();
            let now = self.clock.now();
            if now >= again {
                changed.extend(&left);
                again = now.plus(AGAIN);
            }
            for id in &changed {
                match self.write(*id).await? {
                    Ok(()) => drop(left.remove(id)),
                    // A read-only share is no fault of the document's: the reason stands in the store and is shown everywhere else (faults 58).
                    Err(error) if left.insert(*id) => {
                        tracing::warn!(document.id = %id, %error, "what stands beside a draft could not be changed; it is tried each minute");
                    }
                    Err(error) => tracing::debug!(document.id = %id, %error, "what stands beside a draft still cannot be changed"),
                }
            }
            beat(self.clock.now());
            if changed.is_empty() {
                if stop.decided() {
                    return Ok(());
                }
                self.work.rest(self.clock.now().plus(AGAIN), self.board.signal()).await;
            }
        }
    }

    /// Writes or removes what stands beside a draft; answers how that went.
    async fn write(&self, id: DocumentId) -> Result<io::Result<()>, StoreError> {
        let Some(record) = self.queue.store().get(id).await? else { return Ok(Ok(())) };
        let path = record.birth.source.path.clone();
        // The version that counts speaks for the draft, whichever of them changed.
        let record = self.queue.latest_at(&path).await?.unwrap_or(record);
        let at_home = record.birth.source.path == path;
        let notes = Arc::clone(&self.notes);
        let done = match record.state {
            State::Unfit | State::Returned if at_home => {
                let Some(text) = self.reason_text(&record).await? else { return Ok(Ok(())) };
                blocking(move || notes.write_reason(&path, &text)).await
            }
            State::Entered if at_home => {
                let text = receipt_text(&record);
                blocking(move || notes.entered(&path, &text)).await
            }
            State::Corrupt => Ok(()),
            // What is on its way, or out of the way, needs no mending any more.
            _ => blocking(move || notes.remove_reason(&path)).await,
        };
        Ok(done)
    }

    /// The text of the note: what the check found, or what the platform objects to, whichever was last; `None` when that cannot be read
    /// back, and the note that stands there is the better one.
    async fn reason_text(&self, record: &Record) -> Result<Option<String>, StoreError> {
        let history = match self.queue.store().history_within_reach(record.id()).await {
            Ok((history, _)) => history,
            Err(error) if error.stands_alone() => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = About { file: &record.birth.source.path, facts: record.birth.facts.as_ref() };
        for entry in history.iter().rev() {
            match &entry.event {
                Event::JudgedUnfit { findings } => return Ok(Some(plain(&explain::note(about, Occasion::Check, findings, entry.at)))),
                Event::SentBack { refusals, .. } => {
                    // Without the bytes the platform's words are told all the same.
                    let body = match self.queue.store().body(record.id()).await {
                        Err(error) if error.stands_alone() => None,
                        body => Some(body?),
                    };
                    let facts = record.birth.facts.clone();
                    let document = facts.zip(body).and_then(|(facts, body)| self.checker.case_document(facts, &body));
                    let findings = explain::refusals(refusals, document.as_ref().map(|d| &*d.tree));
                    return Ok(Some(plain(&explain::note(about, Occasion::Platform, &findings, entry.at))));
                }
                _ => {}
            }
        }
        Ok(Some(record.reason.clone()))
    }
}

/// The note as text; the folder's writer gives it its byte order mark and line ends.
fn plain(note: &[u8]) -> String {
    String::from_utf8_lossy(note).trim_start_matches('\u{FEFF}').replace("\r\n", "\n")
}

/// What stands beside an entered draft, where the office wants it.
fn receipt_text(record: &Record) -> String {
    let facts = record.birth.facts.as_ref();
    let kind = facts.map_or("", |f| f.kind_name.as_str());
    let receipt = record.receipt.as_ref().map_or("", |r| r.receipt_no.as_str());
    let receipt = if receipt.is_empty() { "（回执在途中丢失，平台已确认录入）" } else { receipt };
    let entry = record.entry.as_ref();
    let number = entry.and_then(|e| e.entry_no.as_deref()).unwrap_or("（平台未给出）");
    let at = entry.map_or_else(String::new, |e| crate::status::words::full(e.entered_at));
    let late = if entry.is_some_and(|e| e.entered_at > record.birth.cut_off) { "是" } else { "否" };
    format!(
        "录入回执\n\n文书：{kind}　{}\n文件：{}\n平台受理号：{receipt}\n平台录入号：{number}\n录入时间（平台时钟，北京时间）：{at}\n逾期补录：{late}\n摘要（SHA-256）：{}\n",
        record.title(),
        record.birth.source.path,
        record.birth.digest.map_or_else(String::new, |d| d.to_string()),
    )
}

/// Runs file work off the runtime's threads; a panic in it is an error like any other.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
}
