//! The process that works until it is killed, and what its acknowledgements promise.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use dangri::{
    document::{DocumentId, Event, Record, State, Timestamp},
    store::{
        JournalStore, Listing, OpenError, Settings, Store, StoreError,
        samples::{Sample, acknowledged, change, confirmed, leased},
    },
};

const DIR: &str = "STORE_FAULTS_DIR";
const NAME: &str = "child::a_process_to_be_killed";

/// Small segments, so that they are changed often; no ballast; the boot of the machine as the test will have it.
pub(crate) fn settings(boot: &str) -> Settings {
    Settings { segment_bytes: 64 << 10, low_water_bytes: Some(0), ballast_bytes: 0, boot: Some(boot.into()), ..Settings::default() }
}

pub(crate) fn open(dir: &Path, boot: &str) -> Result<JournalStore, OpenError> {
    JournalStore::open(dir, settings(boot), Timestamp::from_millis(0))
}

pub(crate) fn sample(n: u64) -> Sample {
    let mut sample = Sample::new(n);
    // Now and then one that fills a good part of a segment.
    sample.bytes = if n.is_multiple_of(17) { 30_000 } else { 700 };
    sample
}

/// The events of a life, after its admission.
pub(crate) fn life() -> [Event; 3] {
    [leased(1), acknowledged(9), confirmed()]
}

/// Not a test: the process that the others start and kill. Says `ack N VERSION` after each acknowledgement.
#[test]
fn a_process_to_be_killed() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    say("opening");
    let store = Arc::new(open(&dir, "one").unwrap());
    say("open");
    runtime.block_on(async {
        let known = store.counts().await.unwrap().values().sum::<u64>();
        // Never the numbers of an earlier process.
        let first = known * 1000;
        #[expect(clippy::disallowed_methods, reason = "they are awaited below")]
        let tasks: Vec<_> = (0..4).map(|task| tokio::spawn(work(store.clone(), first + task))).collect();
        for task in tasks {
            let error = task.await.unwrap();
            say(&format!("refused {}", if matches!(error, StoreError::Failed(_)) { "failed" } else { "otherwise" }));
        }
        // Once failed, for ever failed.
        let again = store.admit(vec![sample(999_999).newcomer()]).await;
        say(if matches!(again, Err(StoreError::Failed(_))) { "still failed" } else { "not failed" });
    });
}

async fn work(store: Arc<JournalStore>, first: u64) -> StoreError {
    let mut n = first;
    loop {
        if let Err(error) = live(&store, n).await {
            return error;
        }
        n += 4;
    }
}

async fn live(store: &JournalStore, n: u64) -> Result<(), StoreError> {
    let sample = sample(n);
    store.admit(vec![sample.newcomer()]).await?;
    say(&format!("ack {n} 1"));
    for (event, seen) in life().into_iter().zip(1..) {
        store.apply(vec![change(&sample, seen, event)]).await?.remove(0)?;
        say(&format!("ack {n} {}", seen + 1));
    }
    Ok(())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

/// A child at work.
pub(crate) struct Worker {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The last version acknowledged of each document.
    pub(crate) acknowledged: BTreeMap<u64, u32>,
}

impl Worker {
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_under(Command::new(std::env::current_exe().unwrap()), dir)
    }

    /// Started by `command`, to which the program's arguments are added.
    pub(crate) fn start_under(mut command: Command, dir: &Path) -> Self {
        command.args([NAME, "--exact", "--nocapture"]).env(DIR, dir).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, acknowledged: BTreeMap::new() }
    }

    /// The next line that it says itself.
    pub(crate) fn line(&mut self) -> Option<String> {
        let line = self.lines.next()?.unwrap();
        if let Some((n, version)) = line.strip_prefix("ack ").and_then(|rest| rest.split_once(' ')) {
            self.acknowledged.insert(n.parse().unwrap(), version.parse().unwrap());
        }
        Some(line)
    }

    /// Reads until it said `line`, or so many more acknowledgements.
    pub(crate) fn until(&mut self, wanted: &str, mut acknowledgements: usize) {
        while acknowledgements > 0 {
            let line = self.line().expect("the child ended by itself");
            if line.ends_with(wanted) {
                return;
            }
            acknowledgements -= usize::from(line.starts_with("ack "));
        }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // What it had said before counts.
        while self.line().is_some() {}
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// What became of the acknowledged documents.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) whole: usize,
    pub(crate) reported: usize,
}

/// Every acknowledged document is there, whole and no younger than acknowledged; or, where `damage` is to be expected, reported.
pub(crate) async fn account(store: &dyn Store, acknowledged: &BTreeMap<u64, u32>, damage: bool) -> Account {
    let mut account = Account::default();
    let mut listed = BTreeMap::new();
    for state in State::ALL {
        let page = store.page(&Listing::InState(state), None, 100_000).await.unwrap();
        listed.extend(page.records.iter().map(|record| (record.id(), state)));
    }
    for (n, version) in acknowledged {
        match whole(store, *n, *version, &listed).await {
            Ok(()) => account.whole += 1,
            Err(why) => {
                let reports = store.damaged().await.unwrap();
                let told = reports.iter().any(|report| report.id.is_none_or(|id| id == sample(*n).id()));
                assert!(damage && told, "document {n} at version {version}: {why}; reports: {reports:?}");
                account.reported += 1;
            }
        }
    }
    account
}

async fn whole(store: &dyn Store, n: u64, version: u32, listed: &BTreeMap<DocumentId, State>) -> Result<(), String> {
    let sample = sample(n);
    let text = |error: StoreError| error.to_string();
    let record = store.get(sample.id()).await.map_err(text)?.ok_or("lost")?;
    if record.version < version {
        return Err(format!("only at version {}", record.version));
    }
    if *store.body(sample.id()).await.map_err(text)? != *sample.body() {
        return Err("other bytes".into());
    }
    let history = store.history(sample.id()).await.map_err(text)?;
    let born = Record::begin(record.birth.clone(), &history[0]).map_err(|e| e.to_string())?;
    let replayed = history[1..].iter().try_fold(born, |r, e| r.after(e)).map_err(|e| e.to_string())?;
    if replayed != record {
        return Err("the history does not add up".into());
    }
    if listed.get(&record.id()) == Some(&record.state) { Ok(()) } else { Err("not listed in its state".into()) }
}
