//! Takes a settled file's bytes: whole, or not at all.

use std::{
    fs::File,
    io::{self, Read as _},
};

use rustix::{
    fs::{FileType, OFlags, fstat},
    io::Errno,
};

use super::{
    Sighted,
    settle::{Stamp, has_ended},
};

/// Why a file was not read. All but the last three right themselves: the next sweep settles it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is gone or was renamed.
    #[error("文件已移走")]
    Gone,
    /// It changed since it was sighted, or while it was read.
    #[error("文件正在改动")]
    Changed,
    /// It holds still, but the end of its format is missing.
    #[error("等待写完")]
    Unfinished,
    /// Somebody has it locked, or the share does not answer now.
    #[error("文件被占用（{0}）")]
    Busy(io::ErrorKind),
    /// Nobody let us read it.
    #[error("无权读取")]
    Forbidden,
    /// It is larger than the cap; nothing was read.
    #[error("超过上限：{size} 字节，上限 {cap} 字节")]
    TooBig {
        /// Its size in bytes.
        size: u64,
        /// The cap in bytes.
        cap: u64,
    },
    /// A link, a pipe or a device stands there now.
    #[error("不是普通文件")]
    Odd,
}

/// Reads a sighted file whole. The bytes are those of the version that was sighted: status before and after reading must be the same.
///
/// # Errors
/// [`Unread`] says why not, and must be told to [`super::Verdicts::unread`].
pub fn read_whole(sighted: &Sighted, cap: u64) -> Result<Vec<u8>, Unread> {
    if sighted.stamp.size > cap {
        return Err(Unread::TooBig { size: sighted.stamp.size, cap });
    }
    let fd = sighted.root.open_beneath(&sighted.raw, OFlags::empty()).map_err(|e| told(&e))?;
    let before = fstat(&fd).map_err(|e| told(&e.into()))?;
    if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile || before.st_nlink > 1 {
        return Err(Unread::Odd);
    }
    if Stamp::of(&before, sighted.root.believed) != sighted.stamp {
        return Err(Unread::Changed);
    }
    let size = usize::try_from(sighted.stamp.size).unwrap_or(usize::MAX);
    // One byte more, so that a file that grew shows itself in the same read that meets the end.
    let mut bytes = Vec::with_capacity(size.saturating_add(1));
    let file = File::from(fd);
    (&file).take(sighted.stamp.size + 1).read_to_end(&mut bytes).map_err(|e| told(&e))?;
    let after = fstat(&file).map_err(|e| told(&e.into()))?;
    if Stamp::of(&after, sighted.root.believed) != sighted.stamp || bytes.len() != size {
        return Err(Unread::Changed);
    }
    if !sighted.patience_over && !has_ended(&bytes) {
        return Err(Unread::Unfinished);
    }
    Ok(bytes)
}

fn told(error: &io::Error) -> Unread {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT | Errno::NOTDIR | Errno::STALE) => Unread::Gone,
        Some(Errno::LOOP | Errno::XDEV | Errno::NXIO | Errno::ISDIR) => Unread::Odd,
        Some(Errno::ACCESS | Errno::PERM) => Unread::Forbidden,
        _ => Unread::Busy(error.kind()),
    }
}
