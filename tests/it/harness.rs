//! An office in a test: a folder, the daemon, the mock platform, one clock for both. Closing it refuses leftovers.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::Duration;
use dangri::{
    clock::{Clock as _, ManualClock, SharedClock},
    config::Config,
    daemon::Running,
    document::{Record, State, Timestamp},
    store::Listing,
};
use dangri_mocks::{Admitted, MockClock, Platform, Running as Mock, Setup};

/// The office of the sample drafts.
pub(crate) const USCC: &str = "113703020042700086";

/// Six o'clock on the sample day, when the officers come back.
pub(crate) const SIX: &str = "2023-04-03T18:00:00+08:00";

/// The platform's profile that the project carries.
pub(crate) fn profile() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong")
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
}

/// How an office is furnished, before it opens.
pub(crate) struct Furnishing {
    /// When it opens.
    pub(crate) at: Timestamp,
    /// The platform; its clock is set here.
    pub(crate) setup: Setup,
    /// More of `dangri.toml`.
    pub(crate) extra: String,
}

impl Default for Furnishing {
    fn default() -> Self {
        Self { at: Timestamp::parse(SIX).unwrap(), setup: Setup::default(), extra: String::new() }
    }
}

impl Furnishing {
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
        let mut office = Office { clock, mock, daemon: None, home, extra: self.extra };
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
[state]
path = "state"
[platform]
profile = "{}"
base_url = "{}"
app_id = "demo-app"
secret = {{ file = "secret" }}
{}
"#,
            profile().display(),
            self.mock.base_url(),
            self.extra
        );
        Config::parse(&text, self.home.path()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The watched folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("drafts")
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

    /// Closes the office: no lease is left, and the platform's books agree with ours: each document that we call entered was entered
    /// exactly once, and nothing was that we did not admit.
    pub(crate) async fn close(mut self) {
        let records = self.records().await;
        assert_eq!(self.stop().await, 0, "the daemon did not end well");
        let left: Vec<_> = records.iter().filter(|r| r.state == State::Sending).map(Record::title).collect();
        assert!(left.is_empty(), "leases left open: {left:?}");
        let entered = records.iter().filter(|r| r.entry.is_some()).map(|r| Admitted::Id(r.id().to_string()));
        let verdict = self.mock.books().verdict(&entered.collect::<Vec<_>>());
        assert!(verdict.ok, "the platform's books disagree: {verdict:#?}");
        self.mock.shutdown().await;
    }
}
