//! How fast and how large the store is: events per second, restart and rebuild with a backlog, memory.
//!
//! `cargo bench --bench store` prints one line per figure, beside the figure that is asked for. Every part that measures memory or a restart
//! runs in a process of its own, started from this same program; the backlog's process is killed, not stopped.

#![expect(clippy::disallowed_methods, reason = "a benchmark looks at the real clock")]
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark is a program for one reader")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use dangri::{
    document::{Event, State, Timestamp},
    store::{
        JournalStore, Settings, Store,
        samples::{Sample, acknowledged, change, confirmed, leased},
    },
};

/// Documents in the backlog.
const BACKLOG: u64 = 100_000;
/// Bytes of one document.
const BYTES: usize = 6_000;
/// Requests under way at once.
const AT_ONCE: u64 = 64;

fn main() {
    let part = std::env::var("STORE_BENCH_PART").unwrap_or_default();
    let dir = std::env::var_os("STORE_BENCH_DIR").map(PathBuf::from);
    match (part.as_str(), dir) {
        ("fill", Some(dir)) => fill(&dir),
        ("open", Some(dir)) => open_and_tell(&dir),
        _ => everything(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn open(dir: &Path) -> JournalStore {
    JournalStore::open(dir, Settings::default(), Timestamp::from_millis(0)).unwrap()
}

fn sample(n: u64) -> Sample {
    let mut sample = Sample::new(n);
    sample.bytes = BYTES;
    // Three documents to a case, in legal order.
    sample.in_case(&format!("C-{}", n / 3), u16::try_from(n % 3).unwrap())
}

fn everything() {
    let place = tempfile::Builder::new().prefix("dangri-store-bench").tempdir_in(".").unwrap();
    fsyncs(place.path());
    lives(&place.path().join("lives"));
    let dir = place.path().join("backlog");
    let mut filler = part("fill", &dir);
    let mut lines = BufReader::new(filler.stdout.take().unwrap()).lines();
    println!("{}", lines.next().unwrap().unwrap());
    filler.kill().unwrap();
    filler.wait().unwrap();
    tell("restart after kill -9, index intact (asked: first answer well under 1 s)", &dir);
    tell("once more", &dir);
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    tell("restart without an index (asked: under 10 s)", &dir);
    tell("empty store", &place.path().join("empty"));
}

/// What the disk gives: the yardstick of all that follows.
fn fsyncs(dir: &Path) {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::create(dir.join("sync")).unwrap();
    file.set_len(1 << 20).unwrap();
    let begin = Instant::now();
    for n in 0..300_u64 {
        file.write_all_at(&[1; 512], n * 512).unwrap();
        file.sync_data().unwrap();
    }
    println!("the disk: {:.0} syncs/s", 300.0 / begin.elapsed().as_secs_f64());
}

/// Whole lives of documents, with 64 requests under way at once: four events each.
fn lives(dir: &Path) {
    const EACH: u64 = 300;
    let runtime = runtime();
    let store = Arc::new(open(dir));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|task| {
            let store = store.clone();
            runtime.spawn(async move {
                for n in 0..EACH {
                    live(&*store, &sample((task * EACH + n) * 3)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    let took = begin.elapsed();
    let events = AT_ONCE * EACH * 4;
    println!("whole lives, {AT_ONCE} at once: {:.0} events/s (asked: 10,000)", per_second(events, took));
    println!("  processor per event, all threads: {:.0} µs", cpu_micros() / f64::from(u32::try_from(events).unwrap()));
    runtime.block_on(store.close()).unwrap();
    drop(store);
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    let (begin, cpu) = (Instant::now(), cpu_micros());
    let store = open(dir);
    let events = f64::from(u32::try_from(events).unwrap());
    println!(
        "telling the index, reading the journal included: {:.1} µs an event, {:.1} µs of processor (asked: 40)",
        begin.elapsed().as_secs_f64() * 1e6 / events,
        (cpu_micros() - cpu) / events,
    );
    drop(store);
    std::fs::remove_dir_all(dir).unwrap();
}

async fn live(store: &dyn Store, sample: &Sample) {
    store.admit(vec![sample.newcomer()]).await.unwrap();
    let events: [Event; 3] = [leased(1), acknowledged(9), confirmed()];
    for (event, seen) in events.into_iter().zip(1..) {
        store.apply(vec![change(sample, seen, event)]).await.unwrap().remove(0).unwrap();
    }
}

fn part(name: &str, dir: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("STORE_BENCH_PART", name).env("STORE_BENCH_DIR", dir);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn tell(what: &str, dir: &Path) {
    let child = part("open", dir).wait_with_output().unwrap();
    println!("{what}:\n  {}", String::from_utf8(child.stdout).unwrap().trim().replace('\n', "\n  "));
}

fn fill(dir: &Path) {
    let runtime = runtime();
    let store = open(dir);
    let begin = Instant::now();
    for first in (0..BACKLOG).step_by(50) {
        let newcomers = (first..(first + 50).min(BACKLOG)).map(|n| sample(n).newcomer()).collect();
        runtime.block_on(store.admit(newcomers)).unwrap();
    }
    let rate = per_second(BACKLOG, begin.elapsed());
    println!("taking {BACKLOG} documents of {BYTES} bytes, 50 to a commit: {rate:.0}/s, then {}", memory());
    // Waits to be killed.
    drop(std::io::stdin().read(&mut [0]));
}

fn open_and_tell(dir: &Path) {
    let before = memory();
    let begin = Instant::now();
    let store = open(dir);
    let opened = begin.elapsed();
    let runtime = runtime();
    let due = runtime.block_on(store.due(State::Waiting, Timestamp::from_millis(1), 8)).unwrap();
    let answered = begin.elapsed();
    println!("open after {opened:.0?}, first {} due after {answered:.0?}; {:?}", due.len(), store.opened());
    for due in &due {
        runtime.block_on(store.body(due.id)).unwrap();
    }
    println!("bytes of {} read after {:.0?}", due.len(), begin.elapsed());
    // Gives the walk through the index its time.
    std::thread::sleep(Duration::from_secs(2));
    println!("before: {before}; now: {}", memory());
}

fn per_second(events: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(events).unwrap()) / took.as_secs_f64()
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("?").trim().to_owned();
    format!("resident {} (peak {})", line("VmRSS:"), line("VmHWM:"))
}

fn cpu_micros() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit(')').next().unwrap();
    let ticks = |n: usize| after.split_whitespace().nth(n).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) * 10_000.0
}
