//! Full and failing disks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dangri::{
    document::Timestamp,
    store::{
        JournalStore, Settings, Store as _, StoreError,
        samples::{Sample, change, leased},
    },
};

use crate::{child::Worker, not_shown::not_shown};

/// Whether a program ran and succeeded.
pub(crate) fn ran(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// A mounted file system; dropped, it is mounted no more.
pub(crate) struct Mount(PathBuf);

impl Mount {
    pub(crate) fn new(at: &Path, arguments: &[&str]) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut all = arguments.to_vec();
        all.push(at.to_str().unwrap());
        ran("mount", &all).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !ran("umount", &[self.0.to_str().unwrap()]) {
            ran("umount", &["--lazy", self.0.to_str().unwrap()]);
        }
    }
}

fn settings() -> Settings {
    Settings { segment_bytes: 256 << 10, low_water_bytes: Some(0), ballast_bytes: 0, boot: Some("one".into()), ..Settings::default() }
}

#[tokio::test]
async fn a_full_disk_refuses_whole_commits_and_works_again_once_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(&place.path().join("small"), &["-t", "tmpfs", "-o", "size=12m", "tmpfs"]) else {
        return not_shown("mounting a small tmpfs needs root; that a full disk refuses whole commits");
    };
    let dir = place.path().join("small/state");
    let store = JournalStore::open(&dir, settings(), Timestamp::from_millis(0)).unwrap();
    let mut taken = 0;
    let refused = loop {
        match store.admit(vec![big(taken).newcomer(), big(taken + 1).newcomer()]).await {
            Ok(_) => taken += 2,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Full(_)), "{refused:?}");
    assert!(taken > 20, "{taken}");
    assert!(store.unwell().is_some());
    for n in [taken, taken + 1] {
        assert_eq!(store.get(big(n).id()).await.unwrap(), None, "half of a refused commit was kept");
    }
    // A small change may still fit into the room set aside; whatever it answers is true.
    let outcome = store.apply(vec![change(&big(0), 1, leased(1))]).await;
    let version = store.get(big(0).id()).await.unwrap().unwrap().version;
    assert_eq!(version, if outcome.is_ok() { 2 } else { 1 });
    // It cannot be made room for here, so the volume grows.
    assert!(ran("mount", &["-o", "remount,size=24m", place.path().join("small").to_str().unwrap()]));
    for n in taken..taken + 4 {
        store.admit(vec![big(n).newcomer()]).await.unwrap();
    }
    assert_eq!(store.unwell(), None);
    drop(store);
    let store = JournalStore::open(&dir, settings(), Timestamp::from_millis(0)).unwrap();
    for n in 0..taken + 4 {
        assert_eq!(*store.body(big(n).id()).await.unwrap(), *big(n).body());
    }
    assert_eq!(store.verify().await.unwrap().problems, []);
}

fn big(n: u64) -> Sample {
    let mut sample = Sample::new(n);
    sample.bytes = 60_000;
    sample
}

#[tokio::test]
async fn below_the_low_water_mark_nothing_new_is_taken_and_everything_else_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = JournalStore::open(dir.path(), settings(), Timestamp::from_millis(0)).unwrap();
    store.admit(vec![Sample::new(1).newcomer()]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let thirsty = Settings { low_water_bytes: Some(u64::MAX), ..settings() };
    let store = JournalStore::open(dir.path(), thirsty, Timestamp::from_millis(0)).unwrap();
    assert!(matches!(store.admit(vec![Sample::new(2).newcomer()]).await, Err(StoreError::Full(_))));
    // What is known already is answered all the same.
    store.admit(vec![Sample::new(1).newcomer()]).await.unwrap();
    store.apply(vec![change(&Sample::new(1), 1, leased(1))]).await.unwrap().remove(0).unwrap();
    assert_eq!(store.unwell(), None);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_synced_or_answered_any_more() {
    let place = tempfile::tempdir().unwrap();
    let trace = place.path().join("trace");
    if !ran("strace", &["-V"]) || !ran("strace", &["-o", "/dev/null", "true"]) {
        return not_shown("strace is missing or not allowed here; that after a failed sync nothing is answered");
    }
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=40+", "-o"]);
    strace.arg(&trace).arg(std::env::current_exe().unwrap());
    let dir = place.path().join("state");
    let mut worker = Worker::start_under(strace, &dir);
    let mut said = Vec::new();
    while let Some(line) = worker.line() {
        said.push(line);
    }
    worker.child.wait().unwrap();
    assert_eq!(said.iter().filter(|line| line.ends_with("refused failed")).count(), 4, "{said:?}");
    assert!(said.iter().any(|line| line.ends_with("still failed")), "{said:?}");
    let calls = fs::read_to_string(&trace).unwrap();
    assert_eq!(calls.matches("INJECTED").count(), 1, "the journal was synced again after a failed sync");
    // The next process finds everything that was acknowledged.
    let store = crate::child::open(&dir, "one").unwrap();
    let found = crate::child::account(&store, &worker.acknowledged, false).await;
    assert_eq!(found.whole, worker.acknowledged.len());
    assert!(found.whole > 0);
}
