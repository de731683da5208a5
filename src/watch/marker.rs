//! The marker: a file that proves that the share is there.
//!
//! An unmounted share is an empty folder, and an empty folder is not a hundred deleted drafts. The marker is placed once, by
//! `dangri init`; nobody, dangri least of all, may place it when it is missed (fault 46).

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
};

/// What the marker says to whoever opens it.
const TEXT: &str = "\u{feff}当日 dangri 目录标记\r\n\r\n本文件用来确认这个共享目录在线，请勿删除、移动或复制到别处。\r\n误删后请运行 dangri init 重新放入。\r\n";

/// Places the marker for the first time; one that stands there stays as it is.
///
/// # Errors
/// Those of the folder: missing, or not writable.
pub fn place(folder: &Path, name: &str) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).open(folder.join(name));
    match made {
        Ok(mut file) => file.write_all(TEXT.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
