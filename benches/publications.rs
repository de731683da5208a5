//! Decisions held against what is published: 10,000 against 10,000 in one window, by the running daemon over HTTP.
//!
//! `cargo build --release --workspace && cargo bench --bench publications [-- --decisions 10000]` ends with 1 when a limit is missed. What is
//! measured is the daemon's own processor time from the question to the answer: reading the pages, matching, and keeping what was found. The
//! first run keeps a standing and an entry in the history of each decision; the second finds nothing new. How much of it is the network's,
//! which the limit allows for, is told but not taken off: the same pages are read once more by the daemon's own client in this process.
#![expect(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark measures real time and prints it")]

#[expect(dead_code, reason = "each benchmark takes of the stage what it needs")]
mod stage;

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use chrono::NaiveDate;
use dangri::{
    clock::SystemClock,
    control::{Answer, Ask, ask, publicity::Compared},
    document::State,
    platform::{Access, HttpPlatform, NoExchangeLog, Platform as _, Profile, Surroundings},
    publication::Outcome,
};
use dangri_mocks::drafts;
use stage::{Limits, Office, Process, USCC, argument, count, cpu_nanos, mock, profile};

/// More seeds than this in a row would give a number twice.
const OF_A_KIND: u64 = 6_000;
/// Nothing is compared but when it is asked for, and nothing is waited for.
const BY_HAND: &str =
    "[upload]\nat_once = 64\n[publication]\nappear_within_mins = 1\n[schedule]\npublication = \"\"\npublication_full = \"\"\n";

fn main() -> ExitCode {
    let decisions = argument("--decisions").unwrap_or(10_000);
    let mut limits = Limits::default();
    println!("公示核对：{decisions} 件决定，平台公示清单 {decisions} 条，同一时段");
    let few = compare(500, decisions, Some(&mut limits));
    let many = compare(20, decisions, None);
    println!("每页 500 条时常驻内存多用 {few:.1} MB，每页 20 条（页数为 25 倍）时多用 {many:.1} MB");
    limits.at_most("页数 25 倍时多用的内存（MB）", many - few, 4.0);
    limits.kept()
}

/// Enters the decisions, compares them twice, and answers by how many MB the peak of the memory grew with it.
fn compare(page: u32, decisions: usize, limits: Option<&mut Limits>) -> f64 {
    let (_mock, address) = mock(&[]);
    let mut office = Office::new(&address, BY_HAND);
    office.profile = paged(&office.home.path().join("profile"), page);
    fill(&office.folder(), decisions as u64);
    let begun = Instant::now();
    let daemon = office.start(&[]);
    office.until(begun, |status| count(status, State::Entered) == decisions as u64);
    let before = daemon.memory().0;
    let (first, found) = reconcile(&office, &daemon);
    let (second, again) = reconcile(&office, &daemon);
    for compared in [&found, &again] {
        let matched = compared.notices.iter().filter(|notice| notice.outcome == Outcome::Matched).count();
        assert_eq!((matched, compared.extra_count), (decisions, 0), "{}", compared.trouble);
    }
    let grown = daemon.memory().0.saturating_sub(before) as f64 / 1024.0;
    println!("每页 {page} 条，共 {} 页：第一次处理器 {first:.2} 秒，第二次 {second:.2} 秒", found.pages);
    if let Some(limits) = limits {
        println!("  其中网络收发和清单解析：{:.2} 秒（同一客户端把同样的页单独读一遍）", read_alone(&office, decisions));
        limits.at_most("第一次核对的处理器时间（秒）", first, 1.0);
        limits.at_most("再次核对的处理器时间（秒）", second, 1.0);
    }
    grown
}

/// One comparison of the window, in seconds of the daemon's processor time.
fn reconcile(office: &Office, daemon: &Process) -> (f64, Compared) {
    let begun = daemon.cpu_nanos();
    let (mut notices, mut compared) = (Vec::new(), Compared::default());
    let days = Some((day(), day()));
    ask(&office.socket(), Ask::Reconcile { days }, None, None, |answer| {
        match answer {
            Answer::Notice(notice) => notices.push(*notice),
            Answer::Compared(found) => compared = *found,
            _ => {}
        }
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{:?}", error.problem()));
    (daemon.cpu_nanos().saturating_sub(begun) as f64 / 1e9, Compared { notices, ..compared })
}

/// The same list read once more and nothing done with it, in seconds of this process's processor time.
fn read_alone(office: &Office, decisions: usize) -> f64 {
    let access = Access {
        base_url: Some(office.base_url.clone()),
        sender_uscc: USCC.to_owned(),
        app_id: "demo-app".to_owned(),
        secret: "demo-secret".to_owned().into(),
        ca_file: None,
        client: None,
        proxy: None,
    };
    let around = Surroundings { clock: Arc::new(SystemClock), log: Arc::new(NoExchangeLog), login_book: None };
    let platform = HttpPlatform::new(Profile::read(&office.profile).unwrap(), access, around).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (from, to) = (day() - chrono::Days::new(3), day() + chrono::Days::new(3));
    runtime.block_on(async {
        let (mut rows, mut after) = (0, None);
        let begun = cpu_nanos(std::process::id());
        loop {
            let page = platform.publications(from, to, after.as_deref()).await.unwrap();
            rows += page.publications.len();
            if !page.more {
                break;
            }
            after = Some(page.next);
        }
        let spent = cpu_nanos(std::process::id()).saturating_sub(begun);
        assert_eq!(rows, decisions);
        spent as f64 / 1e9
    })
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 4, 21).unwrap()
}

/// Decisions against organisations, and against persons once the numbers of those have run out.
fn fill(folder: &Path, decisions: u64) {
    for n in 0..decisions {
        let kind = if n < OF_A_KIND { "penalty_org" } else { "penalty_person" };
        let draft = drafts::single(n, kind, day()).unwrap();
        std::fs::write(folder.join(format!("{n:06}.xml")), draft.bytes).unwrap();
    }
}

/// The profile with `page` rows a page.
fn paged(folder: &Path, page: u32) -> std::path::PathBuf {
    std::fs::create_dir(folder).unwrap();
    for entry in std::fs::read_dir(profile()).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let file = folder.join("profile.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, text.replace("page = 500", &format!("page = {page}"))).unwrap();
    folder.to_owned()
}
