//! An office in a test: a folder, the daemon, the mock platform, one clock for both. Closing it refuses leftovers, and letting go of it
//! unclosed is refused.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::Duration;
use dangri::{
    clock::{Clock as _, ManualClock, SharedClock},
    config::Config,
    control::{self, Answer, Ask},
    daemon::Running,
    document::{Entry, Record, State, Timestamp},
    queue::{Operation, Selection},
    status::{Gatherer, Status},
    store::Listing,
};
use dangri_mocks::{Admitted, MockClock, Platform, Rule, Running as Mock, Setup, drafts};

/// The office of the sample drafts.
pub(crate) const USCC: &str = "113703020042700086";

/// Six o'clock on the sample day, when the officers come back.
pub(crate) const SIX: &str = "2023-04-03T18:00:00+08:00";

/// Six o'clock on the day of the sample files in `mocks/drafts`.
pub(crate) const SAMPLE_SIX: &str = "2023-04-14T18:00:00+08:00";

/// Six o'clock on the day on which the sample case is closed.
pub(crate) const CASE_SIX: &str = "2023-05-31T18:00:00+08:00";

/// A fit inspection record of the sample day, an inspection of its own for each seed.
pub(crate) fn record(seed: u64) -> Vec<u8> {
    drafts::single(seed, "insp_record", SIX[..10].parse().unwrap()).unwrap().bytes
}

/// The same document with every `from` written as `to`; it must change something.
pub(crate) fn edited(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    let edited = text.replace(from, to);
    assert!(edited != text, "{from} is not there");
    edited.into_bytes()
}

/// The same document, fit as well, with another place.
pub(crate) fn reworded(bytes: &[u8]) -> Vec<u8> {
    edited(bytes, "<Place>", "<Place>厂区")
}

/// What stands in an element of that name, the first one.
pub(crate) fn element(bytes: &[u8], name: &str) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap();
    rest.split_once("</").unwrap().0.to_owned()
}

/// The sample files of a folder of `mocks/drafts`, in the order of their names.
pub(crate) fn samples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/drafts").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    files.iter().map(|f| (f.file_name().into_string().unwrap(), std::fs::read(f.path()).unwrap())).collect()
}

/// The platform's profile that the project carries.
pub(crate) fn profile() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong")
}

/// Stands for what must be closed and held against the platform's books before a test may end: dropped, it fails the test.
pub(crate) struct Unclosed(pub(crate) &'static str);

impl Unclosed {
    /// It was closed.
    pub(crate) const fn closed(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unclosed {
    fn drop(&mut self) {
        // One that fails has enough to tell.
        assert!(std::thread::panicking(), "the test ends without closing its {}, so nobody looked for leftovers", self.0);
    }
}

/// An office at work.
pub(crate) struct Office {
    /// The clock of everything here.
    pub(crate) clock: Arc<ManualClock>,
    /// The platform.
    pub(crate) mock: Mock,
    /// The daemon; `None` while it is down.
    pub(crate) daemon: Option<Running>,
    home: tempfile::TempDir,
    extra: String,
    profile: PathBuf,
    http: String,
    below: String,
    unclosed: Unclosed,
}

/// What came of a command.
pub(crate) struct Said {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it said.
    pub(crate) out: String,
    /// What it complained of.
    pub(crate) err: String,
}

/// How an office is furnished, before it opens.
pub(crate) struct Furnishing {
    /// When it opens.
    pub(crate) at: Timestamp,
    /// The platform; its clock is set here.
    pub(crate) setup: Setup,
    /// More of `dangri.toml`.
    pub(crate) extra: String,
    /// The profile that the daemon checks under.
    pub(crate) profile: PathBuf,
    /// Where it listens over HTTP; empty for not at all, for offices of other tests stand beside it.
    pub(crate) http: String,
    /// More of `[folder]`.
    pub(crate) folder: String,
    /// What already stands in the office's home, as a zip; its platform is another one, and this one cannot be reached.
    pub(crate) standing: Option<PathBuf>,
}

impl Default for Furnishing {
    fn default() -> Self {
        Self {
            at: Timestamp::parse(SIX).unwrap(),
            setup: Setup::default(),
            extra: String::new(),
            profile: profile(),
            http: String::new(),
            folder: String::new(),
            standing: None,
        }
    }
}

impl Furnishing {
    /// At the moment `at`.
    pub(crate) fn at(at: &str) -> Self {
        Self { at: Timestamp::parse(at).unwrap(), ..Self::default() }
    }

    /// With more of `dangri.toml`.
    pub(crate) fn with(mut self, extra: &str) -> Self {
        self.extra.push_str(extra);
        self
    }

    /// Checking under another profile.
    pub(crate) fn checking(mut self, profile: &Path) -> Self {
        self.profile = profile.to_owned();
        self
    }

    /// Listening at this address.
    pub(crate) fn listening(mut self, http: &str) -> Self {
        self.http = http.to_owned();
        self
    }

    /// With a platform set up otherwise.
    pub(crate) fn platform(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        change(&mut self.setup);
        self
    }

    /// Opens the office: the folder with its marker, the platform, the daemon.
    pub(crate) async fn open(self) -> Office {
        let clock = ManualClock::at(self.at);
        let told = Arc::clone(&clock);
        let now = move || chrono::DateTime::from_timestamp_millis(told.now().millis()).unwrap();
        let setup = Setup { clock: MockClock::following(now), bundle_dir: Some(profile()), wait_for_attachments: false, ..self.setup };
        let mock = Platform::start(setup).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("drafts")).unwrap();
        dangri::watch::marker::place(&home.path().join("drafts"), ".dangri-folder").unwrap();
        let secret = home.path().join("secret");
        std::fs::write(&secret, "demo-secret").unwrap();
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        if let Some(zip) = &self.standing {
            zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap().extract(home.path()).unwrap();
            mock.refuse_connections().await;
        }
        let Self { extra, profile, http, folder: below, .. } = self;
        let unclosed = Unclosed("office");
        let mut office = Office { clock, mock, daemon: None, home, extra, profile, http, below, unclosed };
        office.start().await;
        office
    }
}

impl Office {
    /// An office with a faultless platform.
    pub(crate) async fn open() -> Self {
        Furnishing::default().open().await
    }

    /// Starts the daemon over what stands on the disk.
    pub(crate) async fn start(&mut self) {
        let clock: SharedClock = self.clock.clone();
        self.daemon = Some(Running::open(self.config(), clock).await.unwrap());
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> Config {
        let text = format!(
            r#"
[office]
name = "淄川区应急管理局"
uscc = "{USCC}"
[folder]
path = "drafts"
settle_secs = 1
{}
[state]
path = "state"
[store]
segment_mib = 4
low_water_mib = 64
low_water_percent = 0
[platform]
profile = "{}"
base_url = "{}"
app_id = "demo-app"
secret = {{ file = "secret" }}
[control]
http = "{}"
{}
"#,
            self.below,
            self.profile.display(),
            self.mock.base_url(),
            self.http,
            self.extra
        );
        Config::parse(&text, self.home.path()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The watched folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("drafts")
    }

    /// Where folder and state lie.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The state folder.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The daemon.
    pub(crate) fn daemon(&self) -> &Running {
        self.daemon.as_ref().unwrap()
    }

    /// Puts a draft into the folder, as a copy from a stick arrives.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// What stands beside a draft, if anything does.
    pub(crate) fn note(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder().join(format!("{name}.退回原因.txt"))).ok()
    }

    /// The present moment here.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets `span` pass, never faster than the work gets done.
    pub(crate) async fn pass(&self, span: Duration) {
        let until = self.clock.now().plus(span);
        while self.clock.step(until).await < until {}
        self.clock.settled().await;
    }

    /// Every record, oldest first.
    pub(crate) async fn records(&self) -> Vec<Record> {
        self.daemon().queue.walk(&Listing::All, usize::MAX).await.unwrap()
    }

    /// The state of the newest document found at `name`.
    pub(crate) async fn state(&self, name: &str) -> Option<State> {
        self.daemon().queue.latest_at(name).await.unwrap().map(|record| record.state)
    }

    /// The newest document found at `name`.
    pub(crate) async fn record(&self, name: &str) -> Record {
        self.daemon().queue.latest_at(name).await.unwrap().unwrap_or_else(|| panic!("{name} was not taken"))
    }

    /// The life of the newest document found at `name`.
    pub(crate) async fn life(&self, name: &str) -> Vec<Entry> {
        let id = self.record(name).await.id();
        self.daemon().queue.store().history(id).await.unwrap()
    }

    /// The names of the events of that life.
    pub(crate) async fn events(&self, name: &str) -> Vec<&'static str> {
        self.life(name).await.iter().map(|entry| entry.event.name()).collect()
    }

    /// What an operator does at the command line, through the control socket, to the document that counts at `name`; why not, if not.
    pub(crate) async fn operate(&self, name: &str, operation: Operation, why: &str) -> Result<State, String> {
        let wanted = Selection::Named(self.record(name).await.id().to_string());
        let ask = Ask::Operate { wanted, operation, why: why.to_owned(), confirmed: false };
        let socket = self.config().control_socket;
        let mut done = Err(String::new());
        tokio::task::spawn_blocking(move || {
            let asked = control::ask(&socket, ask, None, None, |answer| {
                if let Answer::Done(operated) = answer {
                    done = operated.now.ok_or(operated.refused);
                }
                Ok(())
            });
            match asked {
                Ok(()) => done,
                Err(error) => Err(format!("{:?}", error.problem())),
            }
        })
        .await
        .unwrap()
    }

    /// Runs the real command in the folder `at` against the daemon.
    pub(crate) async fn dangri(&self, at: &Path, arguments: &[&str]) -> Said {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dangri"));
        command.current_dir(at).arg("--socket").arg(self.config().control_socket).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What `dangri status` shows this moment.
    pub(crate) async fn status(&self) -> Status {
        let daemon = self.daemon();
        daemon.refresh();
        Gatherer::new(Arc::clone(daemon.queue.store()), Arc::clone(&daemon.vitals)).gather(self.clock.now()).await
    }

    /// Lets time pass until nothing moves by itself any more, a day at most; says how long it took.
    pub(crate) async fn drain(&self) -> Duration {
        let begun = self.clock.now();
        for minutes in [1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 480] {
            self.pass(Duration::minutes(minutes)).await;
            if self.records().await.iter().all(|record| !record.state.is_moving()) {
                break;
            }
        }
        self.clock.now().since(begun)
    }

    /// Tells the platform what to do wrong.
    pub(crate) fn script(&self, rule: Rule) {
        self.mock.script(rule);
    }

    /// Every document is in `state`.
    pub(crate) async fn all_are(&self, state: State) {
        for record in self.records().await {
            assert_eq!(record.state, state, "{}: {}", record.birth.source.path, record.reason);
        }
    }

    /// Ends the daemon as SIGTERM would; the clock keeps going so that loops that wait for it can end.
    pub(crate) async fn stop(&mut self) -> u8 {
        let Some(daemon) = self.daemon.take() else { return 0 };
        daemon.stop();
        daemon.ended().await
    }

    /// Ends the daemon as a power cut would: nothing is finished.
    pub(crate) async fn crash(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.crash().await;
        }
    }

    /// Closes an office whose documents another platform knows, so that there are no books to compare.
    pub(crate) async fn close_without_books(mut self) {
        assert_eq!(self.stop().await, 0, "the daemon did not end well");
        self.mock.shutdown().await;
        self.unclosed.closed();
    }

    /// Closes the office: no lease is left, and the platform's books agree with ours: each document that we call entered was entered
    /// exactly once, and nothing was that we did not admit.
    pub(crate) async fn close(mut self) {
        let records = self.records().await;
        let silent: Vec<_> = self.status().await.loops.into_iter().filter(|l| l.stalled).collect();
        assert!(silent.is_empty(), "loops that stand still: {silent:?}");
        assert_eq!(self.stop().await, 0, "the daemon did not end well");
        let left: Vec<_> = records.iter().filter(|r| r.state == State::Sending).map(Record::title).collect();
        assert!(left.is_empty(), "leases left open: {left:?}");
        let entered = records.iter().filter(|r| r.entry.is_some()).map(|r| Admitted::Id(r.id().to_string()));
        let verdict = self.mock.books().verdict(&entered.collect::<Vec<_>>());
        assert!(verdict.ok, "the platform's books disagree: {verdict:#?}");
        self.mock.shutdown().await;
        self.unclosed.closed();
    }
}
