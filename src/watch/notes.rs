//! The files beside a draft: at most two, ours alone, and gone when they have served (DESIGN §4.9).
//!
//! A share that cannot be written is no fault of the document's: every call fails softly, and the reason stands in the store and is
//! shown everywhere else (fault 58).

use std::{
    io::{self, Read as _, Write as _},
    os::fd::OwnedFd,
    path::PathBuf,
};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, openat, renameat, unlinkat};

use super::{name, root::Root};
use crate::config::{AfterEntry, Folder};

/// The end of a note's name: why a draft came back.
pub const REASON: &str = ".退回原因.txt";
/// The end of a note's name: that the document is entered.
pub const RECEIPT: &str = ".录入回执.txt";

/// The last line of each of our files. Only files that carry it are ever replaced or removed.
const SIGNATURE: &str = "（当日 dangri 自动生成，会自动更新或删除，请勿在此修改）";

/// The largest note that is read back, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The longest name on common filesystems, in bytes.
const LONGEST_NAME: usize = 255;

/// Writes and removes the files beside drafts. Paths are those of `Source::path`.
#[derive(Debug, Clone)]
pub struct Notes {
    folder: PathBuf,
    marker: String,
    reasons: bool,
    receipts: bool,
    status: bool,
    archive: Option<PathBuf>,
}

impl Notes {
    /// Notes as the configuration wants them.
    pub fn new(folder: &Folder) -> Self {
        Self {
            folder: folder.path.clone(),
            marker: folder.marker.clone(),
            reasons: folder.side_files,
            receipts: folder.receipt_files,
            status: folder.status_file,
            archive: match &folder.after_entry {
                AfterEntry::Leave => None,
                AfterEntry::Archive(path) => Some(path.clone()),
            },
        }
    }

    /// Writes why the draft at `path` came back, in place of what stood there.
    ///
    /// # Errors
    /// When the share is not there or cannot be written, or a file of somebody else's bears the note's name.
    pub fn write_reason(&self, path: &str, text: &str) -> io::Result<()> {
        if self.reasons { self.write(path, REASON, text) } else { Ok(()) }
    }

    /// Removes the reason; without one, nothing.
    ///
    /// # Errors
    /// As for [`Self::write_reason`].
    pub fn remove_reason(&self, path: &str) -> io::Result<()> {
        self.remove(path, REASON)
    }

    /// Whether the line about the day is wanted in the folder.
    pub const fn wants_status(&self) -> bool {
        self.status
    }

    /// Writes the line about the day, `_当日状态.txt`, in place of the one before.
    ///
    /// # Errors
    /// As for [`Self::write_reason`].
    pub fn write_status(&self, text: &str) -> io::Result<()> {
        if self.status { self.write("_当日状态", ".txt", text) } else { Ok(()) }
    }

    /// The draft's document is entered: the reason goes, the receipt comes if wanted, and the draft moves to the archive if wanted.
    ///
    /// # Errors
    /// As for [`Self::write_reason`]; what could be done is done.
    pub fn entered(&self, path: &str, text: &str) -> io::Result<()> {
        let removed = self.remove_reason(path);
        let written = if self.receipts { self.write(path, RECEIPT, text) } else { Ok(()) };
        let moved = self.archive.as_ref().map_or(Ok(()), |archive| self.archive(path, archive));
        removed.and(written).and(moved)
    }

    /// Removes all that is ours beside a draft that is no longer there.
    ///
    /// # Errors
    /// As for [`Self::write_reason`].
    pub fn remove_all(&self, path: &str) -> io::Result<()> {
        self.remove(path, REASON).and(self.remove(path, RECEIPT))
    }

    /// The folder that holds the draft, open, and the draft's name. An unmounted share gets no notes.
    fn place(&self, path: &str) -> io::Result<(OwnedFd, Vec<u8>)> {
        let raw = name::from_display(path).ok_or(io::ErrorKind::InvalidInput)?;
        let root = Root::open(&self.folder)?;
        if !root.has_file(&self.marker) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "共享目录不可用"));
        }
        let (fd, name) = root.parent(&raw)?;
        Ok((fd, name.to_vec()))
    }

    fn write(&self, path: &str, suffix: &str, text: &str) -> io::Result<()> {
        let (folder, draft) = self.place(path)?;
        let target = note_name(&draft, suffix);
        let content = content(text);
        match ours(&folder, &target)? {
            Some(old) if old == content => return Ok(()),
            _ => {}
        }
        // A name that the sweep and other programs pass over; one writer at a time, so that it may always be the same.
        let aside = format!(".~dangri-{:08x}.tmp", crc32c::crc32c(&target));
        unlink(&folder, aside.as_bytes())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, aside.as_str(), flags, Mode::from_raw_mode(0o644))?;
        let done =
            std::fs::File::from(file).write_all(&content).and_then(|()| Ok(renameat(&folder, aside.as_str(), &folder, target.as_slice())?));
        if done.is_err() {
            unlink(&folder, aside.as_bytes()).unwrap_or_default();
        }
        done
    }

    fn remove(&self, path: &str, suffix: &str) -> io::Result<()> {
        let (folder, draft) = match self.place(path) {
            // With its folder the note is gone as well.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
            place => place?,
        };
        let target = note_name(&draft, suffix);
        match ours(&folder, &target) {
            Ok(Some(_)) => unlink(&folder, &target),
            Ok(None) => Ok(()),
            // Somebody else's file is none of our business.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Moves an entered draft to the archive, under its own path; a file that stands there already is never overwritten.
    fn archive(&self, path: &str, archive: &std::path::Path) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt as _;
        let (folder, draft) = self.place(path)?;
        let raw = name::from_display(path).ok_or(io::ErrorKind::InvalidInput)?;
        let target = archive.join(std::ffi::OsStr::from_bytes(&raw));
        let home = target.parent().unwrap_or(archive);
        std::fs::create_dir_all(home)?;
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(&folder, draft.as_slice(), rustix::fs::CWD, &target, flags) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The note's name: the draft's whole name and the suffix, shortened where the two do not fit.
fn note_name(draft: &[u8], suffix: &str) -> Vec<u8> {
    let mut name = draft.to_vec();
    if draft.len() + suffix.len() > LONGEST_NAME {
        let mark = format!("~{:08x}", crc32c::crc32c(draft));
        let mut end = LONGEST_NAME - suffix.len() - mark.len();
        // Not in the middle of a character.
        while end > 0 && draft[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        name.truncate(end);
        name.extend_from_slice(mark.as_bytes());
    }
    name.extend_from_slice(suffix.as_bytes());
    name
}

/// UTF-8 with a byte order mark and Windows line ends, so that every editor of an office opens it.
fn content(text: &str) -> Vec<u8> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.trim_end().replace('\n', "\r\n");
    format!("\u{feff}{text}\r\n\r\n{SIGNATURE}\r\n").into_bytes()
}

/// What our file of this name says; `None` when there is none.
///
/// # Errors
/// `AlreadyExists` when the name is taken by something that is not ours.
fn ours(folder: &OwnedFd, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let taken = || io::Error::new(io::ErrorKind::AlreadyExists, "同名文件不是本程序写的，没有改动它");
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = match openat(folder, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Err(taken()),
        Err(error) => return Err(error.into()),
    };
    if FileType::from_raw_mode(fstat(&fd)?.st_mode) != FileType::RegularFile {
        return Err(taken());
    }
    let mut bytes = Vec::new();
    std::fs::File::from(fd).take(LARGEST).read_to_end(&mut bytes)?;
    let end = bytes.trim_ascii_end();
    // A file of no bytes is a write of ours that a power cut undid.
    if bytes.is_empty() || end.ends_with(SIGNATURE.as_bytes()) { Ok(Some(bytes)) } else { Err(taken()) }
}

fn unlink(folder: &OwnedFd, name: &[u8]) -> io::Result<()> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
