//! A backlog after a long outage: how fast drafts are taken while the platform is down, what the waiting ones cost in memory, and how soon
//! the first of them leaves after a kill, with the index intact and without one.
//!
//! `cargo build --release --workspace && cargo bench --bench backlog [-- --documents 100000 --peer 100000]` ends with 1 when a limit is
//! missed. The peer needs python3-lxml and python3-requests.
#![expect(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark measures real time and prints it")]

#[expect(dead_code, reason = "each benchmark takes of the stage what it needs")]
mod stage;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use stage::{Limits, Office, Process, argument, free_port, fsyncs, mock_at, peer, uploads};

fn main() -> ExitCode {
    let documents = argument("--documents").unwrap_or(100_000);
    let mut limits = Limits::default();
    println!("积压：{documents} 份约 6 KB 的草稿，平台不通");
    fsyncs();
    // Nobody listens here until the platform comes back.
    let port = free_port();
    let office = Office::new(&format!("http://127.0.0.1:{port}"), "[store]\nlow_water_mib = 64\nlow_water_percent = 1\n");
    office.fill(documents, true);
    let ours = intake(&office, documents, &mut limits);
    if let Some(theirs) = theirs(argument("--peer").unwrap_or(documents)) {
        limits.at_least("收件速度与对照程序之比", ours / theirs, 3.0);
    }
    waiting(&office, documents, &mut limits);
    restart(&office, port, "强杀后重启，索引完好", 1.0, &mut limits);
    std::fs::remove_dir_all(office.home.path().join("state/index")).unwrap();
    restart(&office, port, "强杀后重启，索引全失", 10.0, &mut limits);
    limits.kept()
}

/// Takes all drafts while nobody answers; documents a second. The daemon is killed, not stopped.
fn intake(office: &Office, documents: usize, limits: &mut Limits) -> f64 {
    let begun = Instant::now();
    let daemon = office.start(&[]);
    let seconds = office.until(begun, |status| status.counts.values().sum::<u64>() >= documents as u64);
    let rate = documents as f64 / seconds;
    println!("dangri 收件：{seconds:.1} 秒，每秒 {rate:.0} 份；处理器 {:.1} 秒", daemon.cpu_secs());
    memory(&daemon, "收完时", limits);
    rate
}

fn theirs(documents: usize) -> Option<f64> {
    let office = Office::new("", "");
    office.fill(documents, false);
    let figures = peer(&office.folder(), "http://127.0.0.1:9", true)?;
    println!("对照收件（Python：lxml + sqlite3 FULL）：{figures}");
    figures["per_second"].as_f64()
}

/// Started anew while still nobody answers: everything waits, and the daemon goes through it all for terms that end.
fn waiting(office: &Office, documents: usize, limits: &mut Limits) {
    let daemon = office.start(&[]);
    let begun = Instant::now();
    office.until(begun, |status| status.folder.files >= documents as u64);
    // As long as it has work of its own to do, at most a minute and a half.
    let mut used = 0.0;
    while begun.elapsed().as_secs() < 90 && (begun.elapsed().as_secs() < 20 || daemon.cpu_secs() - used > 0.5) {
        used = daemon.cpu_secs();
        std::thread::sleep(Duration::from_secs(3));
    }
    println!("平台不通时重启：{:.0} 秒后安静下来，处理器 {:.1} 秒", begun.elapsed().as_secs_f64(), daemon.cpu_secs());
    memory(&daemon, "全部等着，看过一遍", limits);
}

/// From the start of the process to the first document that reaches the platform.
fn restart(office: &Office, port: u16, what: &str, limit: f64, limits: &mut Limits) {
    let (_mock, admin) = mock_at(port, &[]);
    let begun = Instant::now();
    let daemon = office.start(&[]);
    while uploads(admin) == 0 {
        assert!(begun.elapsed().as_secs() < 300, "nothing was sent");
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}：{seconds:.2} 秒后第一份到达平台；处理器 {:.2} 秒", daemon.cpu_secs());
    limits.at_most(what, seconds, limit);
    memory(&daemon, what, limits);
}

fn memory(daemon: &Process, when: &str, limits: &mut Limits) {
    let (peak, now) = daemon.memory();
    println!("    内存（{when}）：常驻 {} MB，最高 {} MB", now / 1024, peak / 1024);
    limits.at_most("最高常驻内存（MB）", peak as f64 / 1024.0, 96.0);
}
