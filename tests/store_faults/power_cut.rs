//! Power cuts: a file system in a file, of which a copy is taken at some moment. The copy is what a disk would have received by then; what
//! the machine only had in memory is lost. (A drive that loses its own cache is not modelled.)

use std::{fs, path::Path, process::Command};

use dangri::store::Store as _;

use crate::{
    child::{Worker, account, open},
    disk::{Mount, ran},
    not_shown::not_shown,
};

const CUTS_A_RUN: usize = 25;
const RUNS: usize = 4;

fn signal(worker: &Worker, name: &str) {
    assert!(ran("kill", &[name, &worker.child.id().to_string()]));
}

/// Waits until the kernel says that the process stands still.
fn stop(worker: &Worker) {
    signal(worker, "-STOP");
    let stat = format!("/proc/{}/stat", worker.child.id());
    while !fs::read_to_string(&stat).unwrap().rsplit(')').next().unwrap().trim_start().starts_with('T') {
        std::thread::yield_now();
    }
}

fn formatted(image: &Path) -> bool {
    let made = fs::File::create(image).and_then(|file| file.set_len(48 << 20));
    made.is_ok() && ran("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()])
}

#[tokio::test]
async fn a_hundred_power_cuts_lose_nothing_that_was_acknowledged() {
    let place = tempfile::tempdir().unwrap();
    let mut cuts = 0;
    for run in 0..RUNS {
        let image = place.path().join(format!("image-{run}"));
        let live = place.path().join("live");
        let mounted = formatted(&image).then(|| Mount::new(&live, &["-o", "loop", image.to_str().unwrap()])).flatten();
        let Some(_mount) = mounted else {
            return not_shown("a file system in a file needs mkfs.ext4, root and a loop device; that a power cut loses nothing");
        };
        let mut worker = Worker::start(&live.join("state"));
        worker.until("open", 1);
        for cut in 0..CUTS_A_RUN {
            worker.until("never", 1 + (cut * 7 + run * 3) % 12);
            stop(&worker);
            let copy = place.path().join("copy");
            let copied = Command::new("cp").args(["--reflink=auto", "--sparse=always"]).args([&image, &copy]).status();
            assert!(copied.unwrap().success());
            signal(&worker, "-CONT");
            let after = place.path().join("after");
            let Some(_second) = Mount::new(&after, &["-o", "loop", copy.to_str().unwrap()]) else {
                panic!("the copy of cut {cut} in run {run} cannot be mounted");
            };
            // Every other time the index is taken for whole, as if the machine had not gone down: it must prove itself.
            let boot = if cut % 2 == 0 { "two" } else { "one" };
            let store = open(&after.join("state"), boot).unwrap_or_else(|e| panic!("run {run}, cut {cut}: {e}"));
            let found = account(&store, &worker.acknowledged, false).await;
            assert_eq!(found.whole, worker.acknowledged.len());
            assert_eq!(store.damaged().await.unwrap(), [], "run {run}, cut {cut}");
            cuts += 1;
        }
        worker.kill();
    }
    assert_eq!(cuts, CUTS_A_RUN * RUNS);
}
