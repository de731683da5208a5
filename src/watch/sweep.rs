//! The full look through the folder: the truth, where the system's events are only hints (domain.md §7.2).

use std::{io, mem::MaybeUninit, os::fd::OwnedFd, sync::Arc};

use chrono::Duration;
use rustix::fs::{AtFlags, FileType, OFlags, RawDir, Stat, statat};

use super::{
    LEASE, Odd, Offer, PATIENCE, Sighted, Slow, Sweep,
    memory::{Entry, Memory, Stage},
    name::{self, PathKey, Shape},
    root::Root,
    settle::{Stamp, is_still, since},
};
use crate::document::Timestamp;

/// How deep folders may lie.
const DEEPEST: usize = 32;

/// At most so many oddities and slow files are named; the rest are only counted.
const NAMED: usize = 100;

/// At most so many files are handed over by one sweep, so that a hundred thousand drafts do not stand in memory at once.
pub(super) const BATCH: usize = 16_384;

/// From when on a file that is not finished is named, in seconds.
const SLOW_SECS: i64 = 60;

/// What a walk goes by.
pub(super) struct Rules<'w> {
    pub take: &'w [[u8; 8]],
    pub advise: &'w [[u8; 8]],
    pub settle: Duration,
    pub round: u32,
    pub now: Timestamp,
}

/// One walk through the folder.
pub(super) struct Walk<'w> {
    rules: Rules<'w>,
    memory: &'w mut Memory,
    root: Arc<Root>,
    /// The path that the walk is at, below the root.
    path: Vec<u8>,
    pub sweep: Sweep,
    /// Whether every folder could be read.
    pub complete: bool,
    progress: &'w dyn Fn(u64),
}

impl<'w> Walk<'w> {
    pub(super) fn new(rules: Rules<'w>, memory: &'w mut Memory, root: Arc<Root>, progress: &'w dyn Fn(u64)) -> Self {
        Self { rules, memory, root, path: Vec::new(), sweep: Sweep::default(), complete: true, progress }
    }

    /// Looks through everything.
    pub(super) fn go(&mut self) {
        match self.root.fd().try_clone() {
            Ok(fd) => self.folder(&fd, 0),
            Err(error) => self.unreadable(&error),
        }
    }

    fn folder(&mut self, fd: &OwnedFd, depth: usize) {
        let names = match Names::read(fd) {
            Ok(names) => names,
            Err(error) => return self.unreadable(&error),
        };
        let length = self.path.len();
        for (kind, name) in names.sorted() {
            self.path.truncate(length);
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name);
            self.one(fd, kind, name, depth);
        }
        self.path.truncate(length);
    }

    fn one(&mut self, fd: &OwnedFd, kind: FileType, name: &[u8], depth: usize) {
        let offer = match kind {
            FileType::Directory => return self.inner(name, depth),
            _ => match name::shape(name) {
                Shape::Litter => return,
                Shape::Extension(extension) => self.offer(extension),
            },
        };
        let known = kind != FileType::Unknown;
        if known && offer.is_none() && kind == FileType::RegularFile {
            self.sweep.ignored += 1;
            return;
        }
        let about = match statat(fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(about) => about,
            // Renamed or deleted between the listing and the look.
            Err(rustix::io::Errno::NOENT) => return,
            Err(error) => return self.unreadable(&error.into()),
        };
        match (FileType::from_raw_mode(about.st_mode), offer) {
            (FileType::Directory, _) => self.inner(name, depth),
            (FileType::RegularFile, None) => self.sweep.ignored += 1,
            (FileType::RegularFile, Some(_)) if about.st_nlink > 1 => self.odd("硬链接"),
            (FileType::RegularFile, Some(offer)) => self.file(&about, offer),
            (FileType::Symlink, _) => self.odd("符号链接"),
            (FileType::Fifo | FileType::Socket, _) => self.odd("管道"),
            _ => self.odd("设备"),
        }
    }

    fn inner(&mut self, name: &[u8], depth: usize) {
        if name::is_system_folder(name) {
            return;
        }
        if depth >= DEEPEST {
            return self.odd("目录层数太多");
        }
        match self.root.open_beneath(&self.path, OFlags::DIRECTORY) {
            Ok(fd) => self.folder(&fd, depth + 1),
            Err(error) => match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
                Some(rustix::io::Errno::NOENT) => {}
                Some(rustix::io::Errno::XDEV) => self.odd("另一个挂载点"),
                Some(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => self.odd("符号链接"),
                _ => self.unreadable(&error),
            },
        }
    }

    fn offer(&self, extension: [u8; 8]) -> Option<Offer> {
        if self.rules.take.contains(&extension) {
            Some(Offer::Draft)
        } else if self.rules.advise.contains(&extension) {
            Some(Offer::Advise)
        } else {
            None
        }
    }

    /// What is to be done about one file that might be a draft.
    fn file(&mut self, about: &Stat, offer: Offer) {
        self.sweep.files += 1;
        if self.sweep.files.is_multiple_of(256) {
            (self.progress)(self.sweep.files);
        }
        let Rules { now, round, settle, .. } = self.rules;
        let stamp = Stamp::of(about, self.root.believed);
        let key = PathKey::of(&self.path);
        let mut fresh = None;
        let entry = match self.memory.get(key) {
            Some(entry) => entry,
            None => fresh.insert(Entry::new(key, stamp.short(), now, round)),
        };
        entry.round = round;
        if entry.stamp != stamp.short() {
            if matches!(entry.stage, Stage::Judged | Stage::Handed | Stage::Passed) {
                // A new version, whose own time begins.
                entry.first_seen = now;
            }
            entry.stage = Stage::Settling;
        }
        entry.since = since(Some((entry.stamp, entry.since)), stamp.short(), now);
        entry.stamp = stamp.short();
        let wait = match entry.stage {
            Stage::Judged | Stage::Passed => None,
            Stage::Settling => Some(settle),
            Stage::Unfinished => Some(PATIENCE),
            Stage::Handed => Some(LEASE),
        };
        let patience_over = entry.stage == Stage::Unfinished;
        let ready = wait.is_some_and(|wait| is_still(entry.since, now, wait));
        let hand = ready && self.sweep.ready.len() < BATCH;
        let before = *entry;
        if hand {
            entry.stage = Stage::Handed;
            entry.since = now;
        }
        self.memory.extend(fresh);
        if hand {
            let sighted = self.sighted(&before, stamp, offer, patience_over);
            self.sweep.ready.push(sighted);
        } else if ready {
            self.sweep.more = true;
        } else {
            self.count(&before, wait);
        }
    }

    fn sighted(&self, entry: &Entry, stamp: Stamp, offer: Offer, patience_over: bool) -> Sighted {
        Sighted {
            key: entry.key,
            path: name::display(&self.path),
            size: stamp.size,
            modified: stamp.modified(),
            first_seen: entry.first_seen,
            offer,
            patience_over,
            stamp,
            raw: self.path.as_slice().into(),
            root: Arc::clone(&self.root),
        }
    }

    fn count(&mut self, entry: &Entry, wait: Option<Duration>) {
        match entry.stage {
            Stage::Judged | Stage::Passed => self.sweep.known += 1,
            Stage::Handed => self.sweep.handed += 1,
            Stage::Settling | Stage::Unfinished => {
                self.sweep.settling += 1;
                if let Some(wait) = wait {
                    self.sweep.again_by(entry.since.plus(wait));
                }
                let waited = self.rules.now.since(entry.first_seen);
                if waited >= Duration::seconds(SLOW_SECS) && self.sweep.slow.len() < NAMED {
                    self.sweep.slow.push(Slow { path: name::display(&self.path), since: entry.first_seen });
                }
            }
        }
    }

    fn odd(&mut self, what: &'static str) {
        self.sweep.odd_count += 1;
        if self.sweep.odd.len() < NAMED {
            self.sweep.odd.push(Odd { path: name::display(&self.path), what: what.to_owned() });
        }
    }

    fn unreadable(&mut self, error: &io::Error) {
        self.complete = false;
        if self.sweep.unreadable.len() < NAMED {
            self.sweep.unreadable.push(Odd { path: name::display(&self.path), what: error.kind().to_string() });
        }
    }
}

/// The names in one folder, in one block of bytes: a folder may hold a hundred thousand.
struct Names {
    bytes: Vec<u8>,
    spans: Vec<(FileType, u32, u16)>,
}

impl Names {
    fn read(fd: &OwnedFd) -> io::Result<Self> {
        let mut names = Self { bytes: Vec::new(), spans: Vec::new() };
        rustix::fs::seek(fd, rustix::fs::SeekFrom::Start(0))?;
        let mut room = vec![MaybeUninit::uninit(); 32 * 1024];
        let mut folder = RawDir::new(fd, &mut room);
        while let Some(entry) = folder.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let start = u32::try_from(names.bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
            let length = u16::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidData)?;
            names.bytes.extend_from_slice(name);
            names.spans.push((entry.file_type(), start, length));
        }
        let bytes = &names.bytes;
        names.spans.sort_unstable_by(|a, b| Self::slice(bytes, a).cmp(Self::slice(bytes, b)));
        Ok(names)
    }

    fn slice<'b>(bytes: &'b [u8], span: &(FileType, u32, u16)) -> &'b [u8] {
        let start = span.1 as usize;
        &bytes[start..start + usize::from(span.2)]
    }

    fn sorted(&self) -> impl Iterator<Item = (FileType, &[u8])> {
        self.spans.iter().map(|span| (span.0, Self::slice(&self.bytes, span)))
    }
}
