//! How the program is linked.

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Rust links with the lld that it brings along there, which folds functions of the same code into one: a third of a megabyte less to load.
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("TARGET", "x86_64-unknown-linux-gnu") && is("PROFILE", "release") && brings_lld() {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}

/// Whether this compiler brings its own linker; a distribution's may not, and the linker of the system does not know the word.
fn brings_lld() -> bool {
    let asked = env::var_os("RUSTC").and_then(|rustc| Command::new(rustc).args(["--print", "sysroot"]).output().ok());
    let sysroot = asked.and_then(|answer| String::from_utf8(answer.stdout).ok()).unwrap_or_default();
    !sysroot.is_empty() && Path::new(sysroot.trim()).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld").metadata().is_ok()
}
