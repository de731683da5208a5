//! A draft is noticed.
//!
//! [`Watcher::sweep`] looks the whole folder through and hands over every file that has settled; [`read::read_whole`] takes its bytes,
//! or says why not yet; [`Verdicts`] hears what became of it, so that it is not handed over again until it changes. Hints from the
//! system only make the next sweep sooner. Nothing here moves, edits or deletes a draft (promise P4).

mod hint;
pub mod marker;
mod memory;
pub mod name;
pub mod notes;
pub mod read;
mod root;
pub mod settle;
mod sweep;
#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::Duration;

pub use hint::Hints;
pub use name::PathKey;
pub use read::{Unread, read_whole};
pub use settle::Stamp;

use crate::{
    config::{Disk, Folder},
    document::{DocumentId, Timestamp},
};
use memory::{Memory, Stage};
use root::Root;

/// How long a file that holds still may lack its format's end before the check is to say what is wrong with it (fault 56).
pub const PATIENCE: Duration = Duration::minutes(10);

/// How long a verdict may stay out before a file is handed over again: whoever had it is dead.
pub const LEASE: Duration = Duration::minutes(10);

/// What a file's extension makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// A draft.
    Draft,
    /// An office file that is no draft; its author is told how to save it.
    Advise,
}

/// A file that has settled.
#[derive(Debug, Clone)]
pub struct Sighted {
    /// Its path's key.
    pub key: PathKey,
    /// Its path below the folder, as people see it and as `Source::path` keeps it.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time by its own clock.
    pub modified: Timestamp,
    /// When this version was first seen.
    pub first_seen: Timestamp,
    /// What its extension makes of it.
    pub offer: Offer,
    /// Whether it is to be read even though its format's end is missing.
    pub patience_over: bool,
    stamp: Stamp,
    raw: Box<[u8]>,
    root: Arc<Root>,
}

impl Sighted {
    /// Where it lies on this machine.
    pub fn absolute(&self) -> PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        self.root.path().join(std::ffi::OsStr::from_bytes(&self.raw))
    }
}

/// Something in the folder that is no plain file, or cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Its path as people see it; empty for the folder itself.
    pub path: String,
    /// What it is.
    pub what: String,
}

/// A file that takes long to be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow {
    /// Its path as people see it.
    pub path: String,
    /// Since when it has been waited for.
    pub since: Timestamp,
}

/// A file that was there and is not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Its path's key.
    pub key: PathKey,
    /// The document that it had become, if any.
    pub id: Option<DocumentId>,
}

/// How the folder stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ShareState {
    /// It is there.
    #[default]
    Ready,
    /// It is not, or not surely; nothing is inferred from what is not seen in it. Why, in Chinese.
    Unavailable(String),
}

/// What one sweep saw.
#[derive(Debug, Default)]
pub struct Sweep {
    /// How the folder stands.
    pub share: ShareState,
    /// Files that have settled, in order of their paths; at most 16,384.
    pub ready: Vec<Sighted>,
    /// Whether more have settled: sweep again as soon as these are dealt with.
    pub more: bool,
    /// How many files might be drafts.
    pub files: u64,
    /// How many of them are not finished yet.
    pub settling: usize,
    /// How many are handed over and not judged yet.
    pub handed: usize,
    /// How many are judged and unchanged.
    pub known: usize,
    /// How many other files were passed over; litter is not counted.
    pub ignored: usize,
    /// What is not a plain file; the first hundred.
    pub odd: Vec<Odd>,
    /// How many such there are.
    pub odd_count: usize,
    /// What could not be read; the first hundred. While there is any, nothing counts as gone.
    pub unreadable: Vec<Odd>,
    /// Files not finished for longer than a minute; the first hundred.
    pub slow: Vec<Slow>,
    /// Files missing in two sweeps in a row, both of which saw everything.
    pub gone: Vec<Gone>,
    /// When a file that is settling now may have settled.
    pub look_again: Option<Timestamp>,
}

impl Sweep {
    fn again_by(&mut self, moment: Timestamp) {
        self.look_again = Some(self.look_again.map_or(moment, |before| before.min(moment)));
    }
}

enum Word {
    Judged(Option<DocumentId>),
    Unfinished,
    Again,
    Passed,
}

/// Where whoever was handed a file says what became of it. Cheap to clone; bounded by what was handed over.
#[derive(Clone, Default)]
pub struct Verdicts(Arc<Mutex<Vec<(PathKey, u64, Word)>>>);

impl Verdicts {
    fn say(&self, sighted: &Sighted, word: Word) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        words.push((sighted.key, sighted.stamp.short(), word));
    }

    /// It was judged; not to be handed over again until it changes. With the document that stands for it, for [`Gone`].
    pub fn judged(&self, sighted: &Sighted, id: Option<DocumentId>) {
        self.say(sighted, Word::Judged(id));
    }

    /// It could not be read; it is settled again, or passed over when it is not a plain file.
    pub fn unread(&self, sighted: &Sighted, why: &Unread) {
        self.say(
            sighted,
            match why {
                Unread::Unfinished => Word::Unfinished,
                Unread::Gone | Unread::Changed | Unread::Busy(_) | Unread::Forbidden => Word::Again,
                Unread::TooBig { .. } | Unread::Odd => Word::Passed,
            },
        );
    }

    /// The check or the store could not deal with it now; it is handed over again once it has settled anew.
    pub fn again(&self, sighted: &Sighted) {
        self.say(sighted, Word::Again);
    }
}

/// How far a running sweep is; readable while the share hangs.
#[derive(Debug, Default)]
pub struct Progress(AtomicU64);

impl Progress {
    /// How many files the running sweep has looked at, or the last one in all.
    pub fn files(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Watches one folder. All calls may block for as long as the share does: run them off the async threads.
pub struct Watcher {
    folder: PathBuf,
    marker: String,
    settle: Duration,
    take: Vec<[u8; 8]>,
    advise: Vec<[u8; 8]>,
    memory: Memory,
    verdicts: Verdicts,
    progress: Arc<Progress>,
    /// How many sweeps saw everything.
    round: u32,
}

impl Watcher {
    /// A watcher that has seen nothing yet.
    pub fn new(folder: &Folder) -> Self {
        let extensions = |words: &[String]| words.iter().filter_map(|w| name::extension(w)).collect();
        Self {
            folder: folder.path.clone(),
            marker: folder.marker.clone(),
            settle: folder.settle,
            take: extensions(&folder.take),
            advise: extensions(&folder.advise),
            memory: Memory::default(),
            verdicts: Verdicts::default(),
            progress: Arc::default(),
            round: 0,
        }
    }

    /// Where to say what became of what was handed over.
    pub fn verdicts(&self) -> Verdicts {
        self.verdicts.clone()
    }

    /// How far a running sweep is.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// How many paths are remembered, at 64 bytes each.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// How long to rest between sweeps when nothing hints at a change: network shares hint at nothing.
    pub fn pace(folder: &Folder) -> Duration {
        match Disk::of(&folder.path) {
            Disk::Local | Disk::Memory(_) => folder.sweep,
            Disk::Network(_) => folder.sweep_network,
        }
    }

    /// Looks the whole folder through.
    pub fn sweep(&mut self, now: Timestamp) -> Sweep {
        self.hear(now);
        let root = match self.open() {
            Ok(root) => root,
            Err(why) => return Sweep { share: ShareState::Unavailable(why), ..Sweep::default() },
        };
        let rules = sweep::Rules { take: &self.take, advise: &self.advise, settle: self.settle, round: self.round, now };
        let progress = |files| self.progress.0.store(files, Ordering::Relaxed);
        let mut walk = sweep::Walk::new(rules, &mut self.memory, Arc::clone(&root), &progress);
        walk.go();
        let (mut sweep, complete) = (walk.sweep, walk.complete);
        progress(sweep.files);
        // The share may have gone while it was looked through: then what is missing says nothing.
        let still = self
            .open()
            .is_ok_and(|again| matches!((again.about(), root.about()), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)));
        if !still {
            sweep.share = ShareState::Unavailable(format!("共享目录 {} 时有时无，请检查挂载和网络", self.folder.display()));
        }
        let mut gone = Vec::new();
        if complete && still {
            self.round = self.round.saturating_add(1);
        }
        let round = self.round;
        self.memory.close(|entry| {
            let here = !(complete && still) || entry.round.saturating_add(3) > round;
            if !here {
                gone.push(Gone { key: entry.key, id: entry.id() });
            }
            here
        });
        sweep.gone = gone;
        sweep
    }

    fn open(&self) -> Result<Arc<Root>, String> {
        let shown = self.folder.display();
        let root = Root::open(&self.folder).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("共享目录不可用：没有目录 {shown}，请检查是否已挂载"),
            std::io::ErrorKind::PermissionDenied => format!("共享目录不可用：无权打开 {shown}"),
            kind => format!("共享目录不可用：{shown} 打不开（{kind}）"),
        })?;
        if root.has_file(&self.marker) {
            Ok(Arc::new(root))
        } else {
            Err(format!(
                "共享目录不可用：{shown} 里没有目录标记 {}。可能是共享没有挂载，请先检查；不要手工创建标记，确需重新放入请运行 dangri init",
                self.marker
            ))
        }
    }

    /// Takes in what was said of files handed over.
    fn hear(&mut self, now: Timestamp) {
        let words = std::mem::take(&mut *self.verdicts.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (key, stamp, word) in words {
            let Some(entry) = self.memory.get(key) else { continue };
            // A file that has changed since settles again whatever is said of its former version.
            let same = entry.stamp == stamp;
            match word {
                Word::Judged(id) => entry.judge(id, same),
                Word::Passed if same => entry.stage = Stage::Passed,
                Word::Unfinished if same => entry.stage = Stage::Unfinished,
                Word::Again if same => {
                    entry.stage = Stage::Settling;
                    entry.since = now;
                }
                _ => {}
            }
        }
    }
}
