//! The state folder: who holds it, how the last process left it, and what was found damaged in it.
//!
//! ```text
//! lock                    held by the running process: its id and start
//! left.json               how the index was left, and under which boot of the machine
//! journal/                the record (see `journal`)
//! index/                  the index over it; may be lost at any time
//! index.damaged-1/        an index that could not be used, kept for a look; the newest two
//! set-aside/              torn ends of the journal
//! damage.jsonl            what was found damaged, one JSON line each
//! ballast                 room to let go when the disk is full
//! ```

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{DamageReport, journal::sync_dir};
use crate::document::{DocumentId, Timestamp};

/// The folder's paths.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder, readable for its owner only.
    pub(super) fn make(dir: &Path) -> io::Result<Self> {
        let folder = Self(dir.to_owned());
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(dir)?;
        // One that was there may be open to all; where it is not ours to close, its owner has decided.
        drop(fs::set_permissions(dir, fs::Permissions::from_mode(0o700)));
        builder.create(folder.journal())?;
        sync_dir(dir)?;
        if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        Ok(folder)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    pub(super) fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    pub(super) fn set_aside(&self) -> PathBuf {
        self.0.join("set-aside")
    }

    fn damage(&self) -> PathBuf {
        self.0.join("damage.jsonl")
    }

    fn left(&self) -> PathBuf {
        self.0.join("left.json")
    }

    /// Moves an unusable index out of the way; the newest two are kept.
    pub(super) fn set_index_aside(&self) -> io::Result<()> {
        let aside = |n: u32| self.0.join(format!("index.damaged-{n}"));
        remove_folder(&aside(2))?;
        match fs::rename(aside(1), aside(2)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match fs::rename(self.index(), aside(1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Throws an index away that nothing is wrong with but its age.
    pub(super) fn drop_index(&self) -> io::Result<()> {
        remove_folder(&self.index())
    }

    pub(super) fn read_left(&self) -> Option<Left> {
        serde_json::from_slice(&fs::read(self.left()).ok()?).ok()
    }

    pub(super) fn write_left(&self, left: &Left) -> io::Result<()> {
        let unborn = self.0.join("left.json.new");
        let mut file = File::create(&unborn)?;
        file.write_all(&serde_json::to_vec(left)?)?;
        file.sync_all()?;
        fs::rename(&unborn, self.left())?;
        sync_dir(&self.0)
    }

    pub(super) fn read_damage(&self) -> Vec<DamageReport> {
        let text = fs::read_to_string(self.damage()).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<DamageLine>(line).ok());
        lines.map(|l| DamageReport { place: l.place, what: l.what, id: l.id }).collect()
    }

    pub(super) fn note_damage(&self, report: &DamageReport) -> io::Result<()> {
        let line = DamageLine { place: report.place.clone(), what: report.what.clone(), id: report.id };
        let mut file = OpenOptions::new().append(true).create(true).open(self.damage())?;
        file.write_all(&[serde_json::to_vec(&line)?, b"\n".to_vec()].concat())?;
        file.sync_all()
    }

    /// Puts the list of damages away once a repair has dealt with them.
    pub(super) fn settle_damage(&self) -> io::Result<()> {
        match fs::rename(self.damage(), self.0.join("damage.settled.jsonl")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_dir(&self.0),
        }
    }
}

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[derive(Serialize, Deserialize)]
struct DamageLine {
    place: String,
    what: String,
    id: Option<DocumentId>,
}

/// How the last process left the index.
///
/// What sled wrote is in the machine's memory as soon as the write returns, so that a kill loses none of it; only when the machine itself
/// went down may any part be missing. A clean end has it synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    /// The boot of the machine that it ran under, where that is known.
    pub boot: Option<String>,
    /// After a clean end, the number of the journal's last frame.
    pub clean: Option<u64>,
}

impl Left {
    /// Whether what is in the index can be built on, under this boot.
    pub(super) fn index_is_whole(&self, boot: Option<&str>) -> bool {
        self.clean.is_some() || (boot.is_some() && self.boot.as_deref() == boot)
    }
}

/// The machine's present boot, where it can be told.
pub(super) fn this_boot() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|text| text.trim().to_owned())
}

/// The folder, held.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Why the folder could not be held.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another process holds it; what it says of itself.
    Held(String),
    Io(io::Error),
}

impl Lock {
    /// Takes the folder, as long as the process lives; the kernel lets it go when the process ends in whatever way.
    pub(super) fn take(dir: &Path, now: Timestamp) -> Result<Self, LockError> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join("lock"));
        let mut file = open.map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(LockError::Io)?;
                return Err(LockError::Held(holder.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        let told = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{} {now}", std::process::id()));
        told.map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}
