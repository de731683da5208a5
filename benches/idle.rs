//! What dangri costs while there is nothing to do: an empty queue, a quiet folder, a platform that has no news.
//!
//! `cargo build --release --workspace && cargo bench --bench idle` takes a minute and a half, and ends with 1 when a limit is missed.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures real time and prints it")]

#[expect(dead_code, reason = "each benchmark takes of the stage what it needs")]
mod stage;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use dangri::document::State;
use stage::{Limits, Office, count, mock};

/// Drafts in the folder, all of them entered.
const DRAFTS: usize = 100;

fn main() -> ExitCode {
    let mut limits = Limits::default();
    let (_mock, address) = mock(&[]);
    let office = Office::new(&address, "");
    println!("空闲：队列是空的，目录里 {DRAFTS} 份草稿都已录入，没有动静");
    {
        let _busy = office.start(&[]);
        office.fill(DRAFTS, false);
        office.until(Instant::now(), |status| count(status, State::Entered) == DRAFTS as u64);
    }
    let daemon = office.start(&[]);
    let begun = Instant::now();
    office.until(begun, |status| status.folder.files == DRAFTS as u64 && status.counts.values().sum::<u64>() == DRAFTS as u64);
    // The first looks are over, and whatever was held for them is let go.
    std::thread::sleep(Duration::from_secs(20));
    let before = daemon.cpu_nanos();
    std::thread::sleep(Duration::from_secs(60));
    let used = (daemon.cpu_nanos() - before) as f64 / 1e9;
    let (peak, now) = daemon.memory();
    println!("    一分钟用处理器 {used:.3} 秒；常驻内存 {:.1} MB，最高 {:.1} MB", mb(now), mb(peak));
    limits.at_most("一分钟的处理器时间（秒）", used, 0.1);
    limits.at_most("常驻内存（MB）", mb(now), 20.0);
    limits.kept()
}

fn mb(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
