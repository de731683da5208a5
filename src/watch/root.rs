//! The watched folder, held open: everything in it is reached from here, and nothing outside of it can be.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};

use crate::config::Disk;

/// The watched folder, open.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    path: PathBuf,
    /// Whether inodes and change times mean anything here.
    pub believed: bool,
    /// Whether the system lacks `openat2` (before Linux 5.6, or forbidden by a filter).
    walk: AtomicBool,
}

/// Never waits for the other end of a pipe, never follows a link at the end, never becomes a controlling terminal.
const SAFE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

const BENEATH: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV);

impl Root {
    /// Opens the folder; a link to it is the administrator's affair.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(CWD, path, flags, Mode::empty())?;
        let believed = matches!(Disk::of(path), Disk::Local | Disk::Network("NFS"));
        Ok(Self { fd, path: path.to_owned(), believed, walk: AtomicBool::new(false) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    pub(super) fn about(&self) -> io::Result<Stat> {
        Ok(fstat(&self.fd)?)
    }

    /// Opens something below for reading, without following any link.
    pub(super) fn open_beneath(&self, path: &[u8], extra: OFlags) -> io::Result<OwnedFd> {
        if !self.walk.load(Ordering::Relaxed) {
            // EAGAIN means that a folder on the way was being renamed.
            for _ in 0..8 {
                match openat2(&self.fd, path, SAFE | extra, Mode::empty(), BENEATH) {
                    Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
                        self.walk.store(true, Ordering::Relaxed);
                        break;
                    }
                    Err(rustix::io::Errno::AGAIN) => {}
                    done => return Ok(done?),
                }
            }
        }
        self.open_by_steps(path, extra)
    }

    /// The same for old systems: each part of the path by itself.
    fn open_by_steps(&self, path: &[u8], extra: OFlags) -> io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut parts = path.split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            if part.is_empty() || part == b"." || part == b".." {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let flags = if parts.peek().is_some() { SAFE | OFlags::DIRECTORY } else { SAFE | extra };
            let from = at.as_ref().map_or(self.fd.as_fd(), |fd| fd.as_fd());
            at = Some(openat(from, part, flags, Mode::empty())?);
        }
        at.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// The folder that holds `path`, open, and the name in it.
    pub(super) fn parent<'p>(&self, path: &'p [u8]) -> io::Result<(OwnedFd, &'p [u8])> {
        match path.iter().rposition(|b| *b == b'/') {
            Some(at) => Ok((self.open_beneath(&path[..at], OFlags::DIRECTORY)?, &path[at + 1..])),
            None => Ok((self.fd.try_clone()?, path)),
        }
    }

    /// Whether a regular file of this name stands at the top.
    pub(super) fn has_file(&self, name: &str) -> bool {
        statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::RegularFile)
    }
}
