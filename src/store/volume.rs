//! The volume that the state folder lies on: whether it can be trusted with a journal, and how much room it has.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The name of a file system on which a sync is not a promise, by the magic number that `statfs` gives; `None` for any other.
///
/// The numbers are those of Linux' `magic.h` and of the file systems' own sources.
pub fn remote_file_system(magic: u64) -> Option<&'static str> {
    // Some kernels hand 32-bit numbers with the high bit set as negative ones.
    match magic & 0xffff_ffff {
        0xff53_4d42 => Some("cifs"),
        0xfe53_4d42 => Some("smb2"),
        0x517b => Some("smb"),
        0x6969 => Some("nfs"),
        0x6573_5546 => Some("fuse"),
        0x0102_1997 => Some("9p"),
        0x5346_414f => Some("afs"),
        0x00c3_6400 => Some("ceph"),
        0x564c => Some("ncp"),
        _ => None,
    }
}

/// The remote file system that `dir` lies on, if it does.
pub(super) fn remote(dir: &Path) -> io::Result<Option<&'static str>> {
    let magic = rustix::fs::statfs(dir)?.f_type;
    Ok(remote_file_system(u64::from_ne_bytes(magic.to_ne_bytes())))
}

/// Room on a volume, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub free: u64,
    pub whole: u64,
}

/// How much room there is for unprivileged writers.
pub(super) fn room(dir: &Path) -> io::Result<Room> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(Room { free: stat.f_bavail.saturating_mul(stat.f_frsize), whole: stat.f_blocks.saturating_mul(stat.f_frsize) })
}

/// A file that holds room which can be let go when the disk is full, so that what is under way can still be recorded.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    pub(super) fn new(dir: &Path, bytes: u64) -> Self {
        Self { path: dir.join("ballast"), bytes }
    }

    /// Takes the room, if it is not held and there is four times as much.
    pub(super) fn take(&self, room: Room) {
        let held = fs::metadata(&self.path).is_ok_and(|m| m.len() >= self.bytes);
        if held || self.bytes == 0 || room.free < self.bytes.saturating_mul(4) {
            return;
        }
        let taken = OpenOptions::new().write(true).create(true).truncate(true).open(&self.path).and_then(|file: File| {
            rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, self.bytes).map_err(io::Error::from)
        });
        if let Err(error) = taken {
            tracing::debug!(%error, "no ballast could be taken");
            self.release();
        }
    }

    /// Lets the room go; says whether there was any.
    pub(super) fn release(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_refused_and_local_disks_are_not() {
        for (magic, name) in [(0xff53_4d42, "cifs"), (0xfe53_4d42, "smb2"), (0x6969, "nfs"), (0x6573_5546, "fuse")] {
            assert_eq!(remote_file_system(magic), Some(name));
        }
        assert_eq!(remote_file_system(0xffff_ffff_ff53_4d42), Some("cifs"));
        // ext4, xfs, btrfs, tmpfs, zfs, overlayfs.
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x2fc1_2fc1, 0x794c_7630] {
            assert_eq!(remote_file_system(local), None);
        }
    }

    #[test]
    fn ballast_is_let_go_once() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(dir.path(), 4096);
        ballast.take(Room { free: 8192, whole: 8192 });
        assert!(!ballast.release(), "too little room for ballast");
        ballast.take(Room { free: 1 << 20, whole: 1 << 20 });
        assert!(ballast.release());
        assert!(!ballast.release());
    }
}
