//! The one room where the compiler's word is not enough (faults A8.8): what only the system can do, in as few lines as it takes.
#![expect(
    unsafe_code,
    reason = "there is no safe way to tell the allocator how to keep house, and the system that memory is not needed for now"
)]

use std::{fs, io};

use rustix::mm::{Advice, madvise};

/// Where all memory comes from, in the daemon as in its tests and benchmarks.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How the allocator keeps house. Left to itself it keeps what was freed for ten seconds, in four arenas a core: while a backlog was taken
/// in (benches/backlog) that was more than all that was in use. One arena is enough where few threads ask, and giving back after a tenth
/// of a second costs no time that can be measured.
// SAFETY: the name is the one that jemalloc asks for its settings (`je_malloc_conf`, with the prefix of the crate that builds it), and
// what stands there is what it expects: a pointer to text that ends with a zero byte and lives for ever.
#[unsafe(export_name = "_rjem_malloc_conf")]
#[used]
pub static ALLOCATOR_CONF: &[u8; 62] = b"narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0,tcache_max:4096\0";

/// Gives the pages of the program's code back to the system, and those of its libraries; answers with how many bytes it spoke of.
///
/// Starting touches most of the code (reading the settings, compiling schemas and patterns, opening an index), going on less than half of
/// it. What is needed again comes back from the file by itself, at the price of a page fault.
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
        let sorted = || {
            let mut words: Vec<String> = (0..50).map(|n| format!("{:02}", n * 37 % 50)).collect();
            words.sort();
            words.join(" ")
        };
        let before = sorted();
        assert!(let_go_of_code().is_ok_and(|bytes| bytes > 0));
        assert_eq!(sorted(), before);
    }
}
