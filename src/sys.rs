//! The one room where the compiler's word is not enough (faults.md C): what only the system can do, in as few lines as it takes.
#![expect(unsafe_code, reason = "there is no safe way to tell the system that memory is not needed for now")]

use std::{fs, io};

use rustix::mm::{Advice, madvise};

/// Gives the pages of the program's code back to the system, and those of its libraries; answers with how many bytes it spoke of.
///
/// Starting takes four fifths of the code (reading the settings, compiling schemas and patterns, rebuilding an index), going on takes a
/// few hundred kilobytes. What is needed again comes back from the file by itself, at the price of a page fault.
///
/// # Errors
/// When the system does not show what the process has mapped, or does not take the advice.
pub fn let_go_of_code() -> io::Result<usize> {
    let mut spoken_of = 0;
    for (start, length) in fs::read_to_string("/proc/self/maps")?.lines().filter_map(code) {
        // SAFETY: the mapping is private, of a file, executable and not writable, so each of its pages holds what the file holds and is
        // read from there again when it is next touched; nothing that lives in it can be lost.
        unsafe { madvise(start as *mut _, length, Advice::LinuxDontNeed) }?;
        spoken_of += length;
    }
    Ok(spoken_of)
}

/// Where a line of `/proc/self/maps` says that a file's code lies, and how long it is: `start-end r-xp offset device inode path`.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let (permissions, file) = (words.next()?, words.nth(2)?);
    let [start, end] = [start, end].map(|at| usize::from_str_radix(at, 16).ok());
    let (start, length) = (start?, end?.checked_sub(start?)?);
    (permissions == "r-xp" && file != "0").then_some((start, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_let_go() {
        assert_eq!(code("55d0c0a00000-55d0c1c00000 r-xp 00300000 fe:00 131 /usr/bin/dangri"), Some((0x55d0_c0a0_0000, 0x120_0000)));
        for other in [
            "55d0c0700000-55d0c0a00000 r--p 00000000 fe:00 131 /usr/bin/dangri",
            "55d0c1c00000-55d0c1d00000 rw-p 01500000 fe:00 131 /usr/bin/dangri",
            "7ffd1b1f0000-7ffd1b1f2000 r-xp 00000000 00:00 0 [vdso]",
            "7f0000000000-7f0000100000 rwxp 00000000 fe:00 131 /tmp/written",
            "55d0c1d00000-55d0c0a00000 r-xp 00300000 fe:00 131 /usr/bin/dangri",
            "nonsense",
            "",
        ] {
            assert_eq!(code(other), None, "{other}");
        }
    }

    #[test]
    fn the_program_goes_on_after_its_code_was_let_go() {
        let before = crate::document::ContentHash::of(b"the same");
        assert!(let_go_of_code().is_ok_and(|bytes| bytes > 0));
        assert_eq!(crate::document::ContentHash::of(b"the same"), before);
    }
}
