//! The program as the service manager runs it: a process of its own over a real folder, against the mock platform, in real time. Nothing
//! here waits for time to pass; what is waited for is a line of the log, a word to the service manager, a call, or the end of the process.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, net::UnixDatagram},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use dangri_mocks::{Admitted, Platform, Running as Mock, Setup};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{USCC, Unclosed, profile};

/// After so long a silence a test has failed; only a broken program is ever waited for that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of this build's, on a disk: the system's folder for temporary files may lie in memory, where dangri keeps nothing.
pub(crate) fn home() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// An office on the disk, with the platform that it speaks to.
pub(crate) struct Site {
    pub(crate) home: tempfile::TempDir,
    pub(crate) mock: Mock,
    /// What the daemon tells the service manager.
    manager: UnixDatagram,
    unclosed: Unclosed,
}

impl Site {
    /// An office whose folder is empty; `extra` is more of `dangri.toml`.
    pub(crate) async fn new(extra: &str) -> Self {
        let home = home();
        let mock = Platform::start(Setup { bundle_dir: Some(profile()), wait_for_attachments: false, ..Setup::default() }).await.unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::create_dir(at("drafts")).unwrap();
        dangri::watch::marker::place(&at("drafts"), ".dangri-folder").unwrap();
        std::fs::write(at("secret"), "demo-secret").unwrap();
        std::fs::set_permissions(at("secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
        impatient_profile(&at("platform"));
        let manager = UnixDatagram::bind(at("notify")).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let text = format!(
            "[office]\nname = \"淄川区应急管理局\"\nuscc = \"{USCC}\"\n[folder]\npath = \"drafts\"\nsettle_secs = 1\n[state]\npath = \"state\"\n[control]\nhttp = \"\"\n\
             [store]\nsegment_mib = 4\nlow_water_mib = 64\nlow_water_percent = 0\n[platform]\nprofile = \"platform\"\nbase_url = \"{}\"\napp_id = \"demo-app\"\nsecret = {{ file = \"secret\" }}\n\
             results_secs = 1\n[log]\nformat = \"json\"\nlevel = \"debug\"\n{extra}",
            mock.base_url()
        );
        std::fs::write(at("dangri.toml"), text).unwrap();
        Self { home, mock, manager, unclosed: Unclosed("site") }
    }

    /// Puts a draft into the folder.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.home.path().join("drafts").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The note beside a draft, if there is one.
    pub(crate) fn note(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.home.path().join("drafts").join(format!("{path}.退回原因.txt"))).ok()
    }

    /// Starts `dangri run` through `wrap`, such as strace, where that is given.
    pub(crate) fn start_through(&self, wrap: &[&str]) -> Daemon {
        let words = [wrap, &[env!("CARGO_BIN_EXE_dangri"), "run", "--config", "dangri.toml"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.home.path()).env("NOTIFY_SOCKET", self.home.path().join("notify"));
        Daemon::spawn(&mut command)
    }

    /// Starts `dangri run` and waits until it says that it is ready.
    pub(crate) fn start(&self) -> Daemon {
        let mut daemon = self.start_through(&[]);
        if let Err(error) = self.heard("READY=1") {
            daemon.kill();
            panic!("it never was ready: {error}, {:#?}", daemon.said);
        }
        daemon
    }

    /// Waits until the service manager is told `wanted`.
    pub(crate) fn hears(&self, wanted: &str) {
        self.heard(wanted).unwrap_or_else(|error| panic!("{wanted} was never said: {error}"));
    }

    fn heard(&self, wanted: &str) -> std::io::Result<()> {
        let mut bytes = [0; 4096];
        loop {
            let length = self.manager.recv(&mut bytes)?;
            if std::str::from_utf8(&bytes[..length]).unwrap().lines().any(|line| line == wanted) {
                return Ok(());
            }
        }
    }

    /// Runs another command of dangri's here.
    pub(crate) fn dangri(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dangri"));
        command.args(arguments).args(["--config", "dangri.toml"]).current_dir(self.home.path()).env_remove("NOTIFY_SOCKET");
        command.output().unwrap()
    }

    /// How many documents are in each state, as `dangri status` shows it to machines; and what it ended with.
    pub(crate) fn status(&self) -> (i32, BTreeMap<String, u64>) {
        let output = self.dangri(&["status", "--json"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), serde_json::from_value(said["data"]["counts"].clone()).unwrap())
    }

    /// Ends the daemon as the service manager does, and closes.
    pub(crate) async fn closes_with(self, daemon: &mut Daemon) {
        kill_process(daemon.pid(), Signal::TERM).unwrap();
        assert_eq!(daemon.ended(), 0, "{:#?}", daemon.said);
        self.closes(&[daemon]).await;
    }

    /// The platform's books agree: what the daemons, which have ended, called entered was entered exactly once, and nothing else was.
    pub(crate) async fn closes(self, daemons: &[&Daemon]) {
        let documents = daemons.iter().flat_map(|daemon| &daemon.documents);
        let entered: Vec<_> = documents.filter(|(_, d)| d.1 == "Entered").map(|(id, _)| Admitted::Id(id.clone())).collect();
        let verdict = self.mock.books().verdict(&entered);
        assert!(verdict.ok, "{verdict:#?}");
        self.mock.shutdown().await;
        self.unclosed.closed();
    }
}

/// The profile that the project carries, of a platform that shows a second later what it took: nobody wants to wait two minutes.
fn impatient_profile(to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(profile()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    let file = to.join("profile.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("visibility_delay_secs = 120", "visibility_delay_secs = 1");
    assert!(changed != text);
    std::fs::write(file, changed).unwrap();
}

/// A daemon at work, killed when a test lets go of it.
pub(crate) struct Daemon {
    child: Child,
    lines: Receiver<String>,
    /// Id, path and state of every document that it spoke of.
    pub(crate) documents: BTreeMap<String, (String, String)>,
    /// All that it said, as far as it was listened to.
    pub(crate) said: Vec<String>,
}

impl Daemon {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let from = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, documents: BTreeMap::new(), said: Vec::new() }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Listens to one line; `false` when no more will come.
    fn listen(&mut self) -> bool {
        let Ok(line) = self.lines.recv_timeout(PATIENCE) else { return false };
        if let Ok(said) = serde_json::from_str::<Value>(&line) {
            let text = |name: &str| said[name].as_str().map(str::to_owned);
            if let (Some(id), Some(path), Some(state)) = (text("document.id"), text("draft.path"), text("document.state")) {
                self.documents.insert(id, (path, state));
            }
        }
        self.said.push(line);
        true
    }

    /// Listens until it has said enough.
    pub(crate) fn until(&mut self, enough: impl Fn(&Self) -> bool) {
        while !enough(self) {
            assert!(self.listen(), "it says no more: {:#?}\n{:#?}", self.said, self.documents);
        }
    }

    /// Listens until it has said `part` of a line.
    pub(crate) fn says(&mut self, part: &str) {
        self.until(|daemon| daemon.said.iter().any(|line| line.contains(part)));
    }

    /// The state of the document at `path` that it spoke of last, if it did.
    pub(crate) fn state(&self, path: &str) -> Option<&str> {
        let at = |d: &&(String, String)| d.0 == path && d.1 != "Superseded";
        self.documents.values().find(at).map(|d| d.1.as_str())
    }

    /// Listens until the documents at all of `paths` are in `state`.
    pub(crate) fn has(&mut self, state: &str, paths: &[&str]) {
        self.until(|daemon| paths.iter().all(|path| daemon.state(path) == Some(state)));
    }

    /// Kills it as a power cut would, and hears what it said before.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.listen() {}
    }

    /// Waits until it has ended; what with.
    pub(crate) fn ended(&mut self) -> i32 {
        while self.listen() {}
        let status = self.child.wait().unwrap();
        status.code().unwrap_or_else(|| panic!("no exit code, but {status}: {:#?}", self.said))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended cannot be killed; its process is waited for either way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
