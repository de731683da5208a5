//! The store that outlives the process: the journal is the record, the index is found again from it.

mod answers;
mod opening;
mod plan;
mod replay;
mod walk;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use tokio::sync::oneshot;

pub(super) use self::replay::{BirthHead, SummaryHead};
use self::writer::Writer;
pub(super) use self::writer::{Extent, Request};
use super::{
    DamageReport, Fact, StoreError,
    agenda::Agenda,
    folder::{Folder, LockError},
    index::{Counts, Index, Slot},
    journal::{Frame, Matter, Pos, Segments, Trouble},
    verify::mended_fact,
    volume::Ballast,
};
use crate::document::{ContentHash, DocumentId, Entry, Timestamp};

/// The fact that holds when the store was last restored from a backup, or lost acknowledged entries: milliseconds since 1970.
///
/// Whatever was taken before that moment may be on the platform without the store knowing, and must be looked up before it is sent (DESIGN P2).
pub const RESTORED_AT: &str = "restored_at";
/// The fact that counts how often the store was restored.
pub const GENERATION: &str = "generation";

/// The most that one document may have, in bytes.
const BODY_LIMIT: usize = 1 << 30;

/// How a [`JournalStore`] is kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How large a segment of the journal is, in bytes.
    pub segment_bytes: u64,
    /// How much of the index sled keeps in memory, in bytes on disk; in memory they are about four times as many.
    pub index_cache_bytes: u64,
    /// Below so many free bytes on the volume nothing new is admitted; by default 256 MiB, or 2 % of a volume on which that is less.
    pub low_water_bytes: Option<u64>,
    /// How much room is held back for recording what is under way when the disk is full, in bytes; 0 for none.
    pub ballast_bytes: u64,
    /// Where old segments go ([`JournalStore::archive`]); `None` for nowhere.
    pub archive: Option<PathBuf>,
    /// The machine's boot, where it shall not be read from the system; tests of power cuts say here that the machine went down.
    pub boot: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            index_cache_bytes: 1 << 20,
            low_water_bytes: None,
            ballast_bytes: 16 << 20,
            archive: None,
            boot: None,
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the state folder is held by another process: {holder}")]
    Held {
        /// What that process says of itself: its id and when it started.
        holder: String,
    },
    /// A newer program wrote it (exit code 8); nothing was changed.
    #[error("the store was written in format {found}, and this program knows formats up to {known}")]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// It lies on a share, where a sync promises nothing.
    #[error("the state folder must be on a local disk, not on {kind}")]
    NotLocal {
        /// The kind of file system.
        kind: &'static str,
    },
    /// A backup was to be restored over something.
    #[error("{0} is not empty")]
    NotEmpty(String),
    /// Anything that can also go wrong later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble.into())
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Full(what) => Self::Full(what),
            Trouble::Io(what) => Self::Failed(what),
            Trouble::Damaged(what) => Self::Damaged(what),
            Trouble::Away(file) => Self::Archived(file),
        }
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held(holder) => Self::Held { holder },
            LockError::Io(error) => Trouble::of(&error, "taking the lock").into(),
        }
    }
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Whether the last process ended cleanly.
    pub clean: bool,
    /// Why the index was rebuilt from the journal, if it was.
    pub rebuilt: Option<String>,
    /// How many frames of the journal the index had to be told of.
    pub replayed: u64,
    /// How many bytes of a torn, never acknowledged end were cut.
    pub cut_bytes: u64,
    /// How many damages were found that had been acknowledged.
    pub damages: usize,
}

/// What the callers and the writer share.
pub(in crate::store) struct Shared {
    pub(in crate::store) folder: Folder,
    pub(in crate::store) settings: Settings,
    pub(in crate::store) segments: Segments,
    ballast: Ballast,
    /// `None` while the disk is too full for it.
    index: RwLock<Option<Arc<Index>>>,
    agenda: Mutex<Agenda>,
    counts: Mutex<Counts>,
    damages: Mutex<Vec<DamageReport>>,
    /// Why nothing can be done any more.
    failed: Mutex<Option<String>>,
    /// Why nothing can be done until there is room.
    full: Mutex<Option<String>>,
    closing: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(in crate::store) fn index(&self) -> Result<Arc<Index>, StoreError> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.clone().ok_or_else(|| StoreError::Full("the index has no room".into()))
    }

    fn sound(&self) -> Result<(), StoreError> {
        if self.closing.load(Ordering::Acquire) {
            return Err(StoreError::Failed("the store is closed".into()));
        }
        match &*lock(&self.failed) {
            Some(why) => Err(StoreError::Failed(why.clone())),
            None => Ok(()),
        }
    }

    /// Keeps a report of damage, once, and durably if that is possible.
    pub(in crate::store) fn report(&self, report: DamageReport) {
        let mut damages = lock(&self.damages);
        if damages.iter().any(|known| known.place == report.place && known.id == report.id) {
            return;
        }
        tracing::error!(place = %report.place, what = %report.what, document.id = ?report.id, "something in the store is damaged");
        if let Err(error) = self.folder.note_damage(&report) {
            tracing::warn!(%error, "a damage could not be noted");
        }
        damages.push(report);
    }

    /// The frame read at `pos`, which must be of this document.
    fn checked(&self, id: DocumentId, pos: Pos, read: Result<Frame, Trouble>) -> Result<Frame, StoreError> {
        let read = read.and_then(|frame| {
            if frame.header.id == id { Ok(frame) } else { Err(Trouble::Damaged(format!("{pos}: a frame of another document"))) }
        });
        read.map_err(|trouble| {
            if let Trouble::Damaged(what) = &trouble {
                self.report(DamageReport { place: pos.to_string(), what: what.clone(), id: Some(id) });
            }
            trouble.into()
        })
    }

    pub(in crate::store) fn read_body(&self, slot: &Slot) -> Result<Vec<u8>, StoreError> {
        let (id, pos) = (slot.record.id(), slot.bytes());
        let body = self.checked(id, pos, self.segments.read(pos))?.body;
        match slot.record.birth.digest {
            Some(digest) if ContentHash::of(&body) != digest => {
                let what = "the bytes are not those of the document's digest".to_owned();
                self.report(DamageReport { place: pos.to_string(), what: what.clone(), id: Some(id) });
                Err(StoreError::Damaged(what))
            }
            _ => Ok(body),
        }
    }

    /// The history as far back as it can be read, and the archive's file that has the part before it, if that cannot be reached.
    pub(in crate::store) fn read_history(&self, slot: &Slot) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let id = slot.record.id();
        let mut entries = Vec::new();
        let (mut at, mut away) = (slot.last(), None);
        while at != Pos::NONE {
            let frame = match self.checked(id, at, self.segments.read_head(at)) {
                Err(StoreError::Archived(file)) => {
                    away = Some(file);
                    break;
                }
                read => read?,
            };
            let entry = match frame.header.matter {
                Matter::Birth => serde_json::from_slice::<BirthHead>(&frame.head).map(|head| head.entry),
                _ => serde_json::from_slice(&frame.head),
            };
            entries.push(entry.map_err(|error| StoreError::Damaged(format!("{at}: {error}")))?);
            at = frame.header.prev;
        }
        entries.reverse();
        Ok((entries, away))
    }
}

/// Documents in a folder on a local disk.
pub struct JournalStore {
    shared: Arc<Shared>,
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    opened: Opened,
    /// Held by whoever reads or moves whole segments.
    pub(in crate::store) upkeep: tokio::sync::Mutex<()>,
}

impl JournalStore {
    pub(in crate::store) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Opens the store in `dir`, or begins one there. Blocks for as long as it takes to bring the index up to the journal.
    ///
    /// # Errors
    /// Every [`OpenError`].
    pub fn open(dir: &Path, settings: Settings, now: Timestamp) -> Result<Self, OpenError> {
        let mut parts = opening::open(dir, &settings, now)?;
        // What a repair made good is no news.
        parts.damages.retain(|damage| !parts.index.fact(&mended_fact(damage).name).is_ok_and(|known| known.is_some()));
        let lost = !parts.damages.is_empty();
        let ballast = Ballast::new(dir, settings.ballast_bytes);
        if let Ok(room) = super::volume::room(dir) {
            ballast.take(room);
        }
        let damages = parts.folder.read_damage();
        parts.opened.damages = parts.damages.len();
        let opened = parts.opened.clone();
        let shared = Arc::new(Shared {
            folder: parts.folder,
            settings,
            segments: parts.segments,
            ballast,
            index: RwLock::new(Some(Arc::new(parts.index))),
            agenda: Mutex::new(parts.agenda),
            counts: Mutex::new(parts.summary.counts),
            damages: Mutex::new(damages),
            failed: Mutex::new(None),
            full: Mutex::new(None),
            closing: AtomicBool::new(false),
        });
        for damage in parts.damages {
            shared.report(damage);
        }
        let mut writer = Writer::new(Arc::clone(&shared), parts.tail, parts.summary, parts.lock, parts.boot);
        if lost {
            writer.write_facts(vec![Fact::new(RESTORED_AT, now.millis().to_string())])?;
        }
        if let Some(why) = &opened.rebuilt {
            tracing::warn!(%why, frames = opened.replayed, "the index was rebuilt from the journal");
        }
        let (requests, inbox) = mpsc::channel();
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let started = |e: std::io::Error| OpenError::Store(StoreError::Failed(format!("starting a thread: {e}")));
        let walker = Arc::clone(&shared);
        let mend = requests.clone();
        let threads = vec![
            thread("journal").spawn(move || writer.run(&inbox)).map_err(started)?,
            thread("index-walk").spawn(move || walk::walk_index(&walker, &mend)).map_err(started)?,
        ];
        Ok(Self {
            shared,
            requests: Mutex::new(Some(requests)),
            threads: Mutex::new(threads),
            opened,
            upkeep: tokio::sync::Mutex::default(),
        })
    }

    /// What opening found.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Asks the writer for something and waits for its answer.
    pub(in crate::store) async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request + Send) -> Result<T, StoreError> {
        let (answer, outcome) = oneshot::channel();
        let gone = || StoreError::Failed("the store is closed".into());
        {
            let requests = lock(&self.requests);
            let sender = requests.as_ref().ok_or_else(gone)?;
            sender.send(request(answer)).map_err(|_| gone())?;
        }
        outcome.await.map_err(|_| match self.shared.sound() {
            Err(why) => why,
            Ok(()) => gone(),
        })
    }

    /// Does what may have to wait for the disk where it holds nobody up.
    pub(in crate::store) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.sound()?;
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        done.map_err(|error| StoreError::Failed(format!("a read was broken off: {error}")))?
    }

    /// The record's slot; a damaged one is mended from the journal first.
    pub(in crate::store) async fn slot(&self, id: DocumentId) -> Result<Option<Slot>, StoreError> {
        self.shared.sound()?;
        match self.shared.index()?.slot(id) {
            Err(Trouble::Damaged(_)) => self.ask(|answer| Request::Mend { id, answer: Some(answer) }).await?,
            other => Ok(other?),
        }
    }

    /// The index cannot be used any more: the process must start anew and rebuild it.
    fn distrust(&self, why: &str) {
        if let Some(requests) = &*lock(&self.requests) {
            // A writer that is gone has told everybody so already.
            drop(requests.send(Request::Distrust { why: why.to_owned() }));
        }
    }

    async fn known(&self, id: DocumentId) -> Result<Slot, StoreError> {
        self.slot(id).await?.ok_or(StoreError::Unknown(id))
    }

    fn end(&self) {
        self.shared.closing.store(true, Ordering::Release);
        drop(lock(&self.requests).take());
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Drop for JournalStore {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
