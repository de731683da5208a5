//! From the folder to Entered, with durable receipts: dangri against the mock platform, and the straightforward Python peer against another.
//!
//! `cargo build --release --workspace && cargo bench --bench end_to_end [-- --documents 5000]` ends with 1 when a limit is missed; needs
//! python3-lxml and python3-requests for the peer, strace for the syncs.
#![expect(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark measures real time and prints it")]

#[expect(dead_code, reason = "each benchmark takes of the stage what it needs")]
mod stage;

use std::{process::ExitCode, time::Instant};

use dangri::document::State;
use stage::{Limits, Office, argument, count, fsyncs, mock, peer};

/// From so many syncs a second on, the disk is one that the least rate is asked of.
const FAST_DISK: f64 = 2_500.0;

fn main() -> ExitCode {
    let mut limits = Limits::default();
    let documents = argument("--documents").unwrap_or(5_000);
    println!("端到端：{documents} 份约 6 KB 的草稿，从目录到已录入");
    let disk = fsyncs();
    let ours = ours(documents);
    if disk >= FAST_DISK {
        limits.at_least("每秒录入的份数", ours, 2_000.0);
    }
    if let Some(theirs) = theirs(documents) {
        limits.at_least("端到端速度与对照程序之比", ours / theirs, 4.0);
    }
    syncs(documents.min(2_000), &mut limits);
    latency(&mut limits);
    limits.kept()
}

fn ours(documents: usize) -> f64 {
    let (mock, address) = mock(&[]);
    let office = Office::new(&address, "[upload]\nat_once = 64\n");
    office.fill(documents, false);
    let begun = Instant::now();
    let daemon = office.start(&[]);
    let (mut taken, mut sent) = (0.0, 0.0);
    let seconds = office.until(begun, |status| {
        let waiting = count(status, State::Waiting) + count(status, State::Sending);
        let known: u64 = status.counts.values().sum();
        if taken == 0.0 && known >= documents as u64 {
            taken = begun.elapsed().as_secs_f64();
        }
        if taken > 0.0 && sent == 0.0 && waiting == 0 {
            sent = begun.elapsed().as_secs_f64();
        }
        count(status, State::Entered) == documents as u64
    });
    let rate = documents as f64 / seconds;
    println!("dangri：{seconds:.2} 秒，每秒 {rate:.0} 份；收件完成于 {taken:.2} 秒，上传完成于 {sent:.2} 秒");
    let (ours, other) = (daemon.cpu_secs(), mock.cpu_secs());
    println!(
        "    CPU：dangri {ours:.2} 秒，模拟平台 {other:.2} 秒，两核共 {:.2} 秒；内存峰值 {} MB",
        seconds * 2.0,
        daemon.memory().0 / 1024
    );
    let limit = if ours + other > seconds * 1.7 {
        "处理器"
    } else if sent - taken > taken * 0.5 {
        "上传（平台应答）"
    } else {
        "磁盘同步"
    };
    println!("    瓶颈：{limit}");
    rate
}

fn theirs(documents: usize) -> Option<f64> {
    let (_mock, address) = mock(&[]);
    let office = Office::new(&address, "");
    office.fill(documents, false);
    let figures = peer(&office.folder(), &address, false)?;
    println!("对照（Python：lxml + sqlite3 FULL + requests 8 线程）：{figures}");
    figures["per_second"].as_f64()
}

/// Syncs a document at 64 in flight, counted by the kernel.
fn syncs(documents: usize, limits: &mut Limits) {
    let (_mock, address) = mock(&[]);
    let office = Office::new(&address, "[upload]\nat_once = 64\n");
    office.fill(documents, false);
    let report = office.home.path().join("strace.txt");
    let shown = report.display().to_string();
    let wrap = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync,sync_file_range,syncfs,msync", "-o", &shown];
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        println!("没有 strace，未计同步次数");
        return;
    }
    let begun = Instant::now();
    let mut traced = office.start(&wrap);
    office.until(begun, |status| count(status, State::Entered) == documents as u64);
    // strace prints its table when the traced program ends.
    let child = std::process::Command::new("pkill").args(["-TERM", "-P", &traced.0.id().to_string()]).status();
    drop(child);
    drop(traced.0.wait());
    let table = std::fs::read_to_string(&report).unwrap_or_default();
    let calls: u64 = table
        .lines()
        .filter(|line| line.contains("fsync") || line.contains("fdatasync"))
        .filter_map(|line| line.split_whitespace().nth(3).and_then(|n| n.parse::<u64>().ok()))
        .sum();
    println!("同时 64 件：{documents} 份共同步 {calls} 次");
    limits.at_least("同步次数", calls as f64, 1.0);
    limits.at_most("每份的同步次数", calls as f64 / documents as f64, 0.25);
}

/// A slow platform: 100 ms an answer, 8 at once, so at most 80 a second.
fn latency(limits: &mut Limits) {
    let rules = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(rules.path(), r#"[{"on":"put","action":{"do":"delay","ms":100},"times":"always"}]"#).unwrap();
    let (_mock, address) = mock(&["--rules", &rules.path().display().to_string()]);
    let office = Office::new(&address, "[upload]\nat_once = 8\n");
    office.fill(800, false);
    let _daemon = office.start(&[]);
    let begun = Instant::now();
    let first = office.until(begun, |status| count(status, State::Received) + count(status, State::Entered) >= 80);
    let last = office.until(begun, |status| count(status, State::Received) + count(status, State::Entered) >= 720);
    let rate = 640.0 / (last - first);
    println!("平台每次应答 100 毫秒、同时 8 件：每秒 {rate:.1} 份");
    limits.at_least("与上限每秒 80 份之比", rate / 80.0, 0.95);
}
