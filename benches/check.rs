//! The check alone, against libxml2 in the same run: documents a second of processor time, decoding, schema, facts and all rules included.
//!
//! Both are measured by the processor time of their whole process, so that a busy machine slows neither in the figures.
//!
//! `cargo bench --bench check`; the peer is Python's lxml (Debian: `python3-lxml`), which parses and validates with the schema parsed once.
//! Another interpreter can be named in `DANGRI_PYTHON`. The ratio asked for is 0.35.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures real time and prints it")]

#[expect(dead_code, reason = "each benchmark takes of the stage what it needs")]
mod stage;

use std::{path::Path, process::Command, sync::Arc};

use chrono::NaiveDate;
use dangri::check::{Checker, Context, Settings, Tree, Verdict, Worker, schema::Labels};

/// So many different drafts are checked in turn: what is remembered of one must not make the next one cheap.
const DRAFTS: usize = 2_000;
const BUNDLE: &str = "config/platform/shandong";
const SECONDS: f64 = 3.0;
const WANTED: f64 = 0.35;

const PEER: &str = r"
import os, sys, time
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
drafts = [open(entry.path, 'rb').read() for entry in os.scandir(sys.argv[2]) if entry.name.endswith('.xml')]
for data in drafts:
    assert schema.validate(etree.fromstring(data)), schema.error_log
best = 0.0
for _ in range(3):
    start, n = time.process_time(), 0
    while time.process_time() - start < float(sys.argv[3]) / 3:
        for m in range(20):
            assert schema.validate(etree.fromstring(drafts[(n + m) % len(drafts)]))
        n += 20
    best = max(best, n / (time.process_time() - start))
print(best)
";

/// How often `work` can be done in a second of processor time: the best of three runs, as the machine is shared.
fn per_second(mut work: impl FnMut(usize)) -> f64 {
    let used = || stage::cpu_secs(std::process::id());
    let mut best: f64 = 0.0;
    for _ in 0..3 {
        let (start, mut done) = (used(), 0);
        while used() - start < SECONDS / 3.0 {
            for _ in 0..20 {
                work(done % DRAFTS);
                done += 1;
            }
        }
        best = best.max(done as f64 / (used() - start));
    }
    best
}

fn main() {
    let Ok(checker) = Checker::load(Path::new(BUNDLE), Settings::default()) else {
        println!("{BUNDLE} cannot be read");
        std::process::exit(1);
    };
    let checker = Arc::new(checker);
    checker.at_work(measure);
}

fn measure(worker: &Worker<'_>) {
    let office = stage::Office::new("", "");
    office.fill(DRAFTS, false);
    let files = std::fs::read_dir(office.folder()).into_iter().flatten().flatten().map(|entry| entry.path());
    let drafts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ext| ext == "xml")).filter_map(|path| std::fs::read(path).ok()).collect();
    assert_eq!(drafts.len(), DRAFTS);
    let context = Context::alone(NaiveDate::from_ymd_opt(2023, 4, 3).unwrap_or_default());
    let whole = per_second(|n| assert!(matches!(worker.check(&drafts[n], &context), Verdict::Fit(_))));
    println!("documents           {DRAFTS} different ones, {} bytes on average", drafts.iter().map(Vec::len).sum::<usize>() / DRAFTS);
    println!("check, all of it    {whole:.0} documents/s");
    let reading = per_second(|n| assert!(worker.read(&drafts[n]).is_ok()));
    println!("  without the rules {reading:.0} documents/s");
    let texts: Vec<Arc<str>> = drafts.iter().map(|draft| Arc::from(String::from_utf8_lossy(draft))).collect();
    let labels = Arc::new(Labels::default());
    let trees = per_second(|n| assert!(Tree::parse(Arc::clone(&texts[n]), Arc::clone(&labels)).is_ok()));
    println!("  one tree          {:.1} µs", 1e6 / trees);

    let python = std::env::var("DANGRI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let entry = format!("{BUNDLE}/dangri-document.xsd");
    let peer = Command::new(&python).args(["-c", PEER, &entry]).arg(office.folder()).arg(SECONDS.to_string()).output();
    let peer: Option<f64> = peer.ok().and_then(|said| String::from_utf8(said.stdout).ok()?.trim().parse().ok());
    match peer {
        Some(peer) => {
            println!("libxml2 (lxml)      {peer:.0} documents/s");
            println!("ratio               {:.2} (wanted: {WANTED})", whole / peer);
            if whole / peer < WANTED {
                std::process::exit(1);
            }
        }
        None => println!("libxml2             not measured: {python} has no lxml (package python3-lxml)"),
    }
}
