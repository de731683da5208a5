//! What the benchmarks share: drafts in a folder, the mock platform and the daemon as processes of their own, and a look at both.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use dangri::{
    control::{Answer, Ask, ask},
    document::State,
    status::Status,
};

/// The office of the sample drafts.
pub(crate) const USCC: &str = "113703020042700086";

/// The processor time that a process has used, all threads together, in seconds.
pub(crate) fn cpu_secs(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// The processor time that the present threads of a process have used, in nanoseconds, by the scheduler's own count.
pub(crate) fn cpu_nanos(process: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    stats.filter_map(|stat| stat.split(' ').next().and_then(|n| n.parse::<u64>().ok())).sum()
}

/// A process that is killed when its time is over.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        // One that has ended by itself cannot be killed again.
        drop(self.0.kill());
        drop(self.0.wait());
    }

    /// Its peak and present resident memory in KiB.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let read = |key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split_whitespace().nth(1)).and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        (read("VmHWM:"), read("VmRSS:"))
    }

    /// The processor time that it has used, in nanoseconds, by the scheduler's own count.
    pub(crate) fn cpu_nanos(&self) -> u64 {
        cpu_nanos(self.0.id())
    }

    /// The processor time that it has used, in seconds.
    pub(crate) fn cpu_secs(&self) -> f64 {
        cpu_secs(self.0.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The profile that the project carries.
pub(crate) fn profile() -> PathBuf {
    root().join("config/platform/shandong")
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_or(0, |a| a.port())
}

/// The mock platform beside this benchmark's own program, in a process of its own; its address.
pub(crate) fn mock(more: &[&str]) -> (Process, String) {
    let port = free_port();
    (mock_at(port, more).0, format!("http://127.0.0.1:{port}"))
}

/// The same at a port; with the port that its books can be asked at.
pub(crate) fn mock_at(port: u16, more: &[&str]) -> (Process, u16) {
    let admin = free_port();
    let mut command = Command::new(program("mock-platform"));
    command
        .args(["--listen", &format!("127.0.0.1:{port}"), "--admin", &format!("127.0.0.1:{admin}"), "--bundle"])
        .arg(profile())
        .args(more);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the mock platform starts: cargo build --release --workspace");
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("its first line");
    // It goes on talking; with nobody to listen it would end.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    (Process(child), admin)
}

/// How many uploads the mock platform has seen begin, asked at its administration port.
pub(crate) fn uploads(admin: u16) -> u64 {
    use std::io::{Read as _, Write as _};
    let asked = std::net::TcpStream::connect(("127.0.0.1", admin)).and_then(|mut stream| {
        stream.write_all(b"GET /books/counters HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = asked.unwrap_or_default();
    let json = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<serde_json::Value>(body).ok());
    json.and_then(|counters| counters["puts"].as_u64()).unwrap_or(0)
}

/// A program of this workspace, built for release.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("our own path");
    here.parent().and_then(Path::parent).expect("target/release").join(name)
}

/// An office on the disk.
pub(crate) struct Office {
    /// Everything below.
    pub(crate) home: tempfile::TempDir,
    /// Its platform's address.
    pub(crate) base_url: String,
    /// More of `dangri.toml`, such as `[upload]`.
    pub(crate) extra: String,
    /// The platform's profile.
    pub(crate) profile: PathBuf,
}

impl Office {
    /// An office whose folder is empty.
    pub(crate) fn new(base_url: &str, extra: &str) -> Self {
        let home = tempfile::Builder::new().prefix("dangri-bench").tempdir_in(root().join("target")).expect("a folder");
        std::fs::create_dir(home.path().join("drafts")).expect("a folder");
        dangri::watch::marker::place(&home.path().join("drafts"), ".dangri-folder").expect("a marker");
        let secret = home.path().join("secret");
        std::fs::write(&secret, "demo-secret").expect("a secret");
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its permissions");
        Self { home, base_url: base_url.to_owned(), extra: extra.to_owned(), profile: profile() }
    }

    /// Where drafts go.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("drafts")
    }

    /// The control socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("state/control.sock")
    }

    /// Writes `n` fit drafts of about 6 KB, 1,000 to a folder where `nested`.
    pub(crate) fn fill(&self, n: usize, nested: bool) {
        let day = chrono::NaiveDate::from_ymd_opt(2023, 4, 3).expect("a day");
        for (i, draft) in dangri_mocks::drafts::bulk(n, 1, day, 6_000).enumerate() {
            let folder = if nested { self.folder().join(format!("{:03}", i / 1_000)) } else { self.folder() };
            if nested && i % 1_000 == 0 {
                std::fs::create_dir(&folder).expect("a folder");
            }
            std::fs::write(folder.join(format!("{i:06}.xml")), &draft.bytes).expect("a draft");
        }
    }

    /// Writes the configuration and starts `dangri run`, through `wrap` (such as strace) where given.
    pub(crate) fn start(&self, wrap: &[&str]) -> Process {
        let config = self.home.path().join("dangri.toml");
        let text = format!(
            "[office]\nname = \"淄川区应急管理局\"\nuscc = \"{USCC}\"\n[folder]\npath = \"drafts\"\nsettle_secs = 0\nsweep_secs = 2\n[state]\npath = \"state\"\n\
             [platform]\nprofile = \"{}\"\nbase_url = \"{}\"\napp_id = \"demo-app\"\nsecret = {{ file = \"secret\" }}\nresults_secs = 1\n[log]\nlevel = \"error\"\n[control]\nhttp = \"127.0.0.1:{}\"\n{}",
            self.profile.display(),
            self.base_url,
            free_port(),
            self.extra
        );
        std::fs::write(&config, text).expect("the configuration");
        let dangri = program("dangri");
        let mut command = match wrap.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&dangri);
                command
            }
            None => Command::new(&dangri),
        };
        Process(command.args(["run", "--config"]).arg(&config).spawn().expect("dangri starts"))
    }

    /// What the daemon shows; `None` before it listens.
    pub(crate) fn status(&self) -> Option<Box<Status>> {
        let mut status = None;
        let asked = ask(&self.socket(), Ask::Status, None, Some(Duration::from_secs(10)), |answer| {
            if let Answer::Status(found) = answer {
                status = Some(found);
            }
            Ok(())
        });
        asked.ok().and(status)
    }

    /// Waits until `enough` of the daemon's counts; returns the seconds since `begun`.
    pub(crate) fn until(&self, begun: Instant, mut enough: impl FnMut(&Status) -> bool) -> f64 {
        loop {
            if self.status().is_some_and(|status| enough(&status)) {
                return begun.elapsed().as_secs_f64();
            }
            assert!(begun.elapsed() < Duration::from_secs(600), "not done after ten minutes: {:?}", self.status().map(|s| s.counts));
            // Often enough to be exact, and seldom enough not to be part of what is measured.
            std::thread::sleep(Duration::from_millis(25));
        }
    }
}

/// A number given on the command line.
pub(crate) fn argument(name: &str) -> Option<usize> {
    let args: Vec<_> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).and_then(|n| n.parse().ok())
}

/// What this disk gives: synced writes of 4 KiB a second, one after another.
pub(crate) fn fsyncs() -> f64 {
    use std::io::Write as _;
    let mut file = tempfile::tempfile_in(root().join("target")).expect("a file");
    file.set_len(64 << 20).expect("room");
    let begun = Instant::now();
    for _ in 0..500 {
        file.write_all(&[1; 4096]).and_then(|()| file.sync_data()).expect("a disk that works");
    }
    let rate = 500.0 / begun.elapsed().as_secs_f64();
    println!("本机磁盘：每秒 {rate:.0} 次 fdatasync");
    rate
}

/// The limits that were asked for, and whether all were kept.
#[derive(Default)]
pub(crate) struct Limits {
    missed: u32,
}

impl Limits {
    /// `found` must not be more than `limit`.
    pub(crate) fn at_most(&mut self, what: &str, found: f64, limit: f64) {
        self.judge(found <= limit, &format!("{what}：{found:.3}，要求不超过 {limit}"));
    }

    /// `found` must not be less than `limit`.
    pub(crate) fn at_least(&mut self, what: &str, found: f64, limit: f64) {
        self.judge(found >= limit, &format!("{what}：{found:.3}，要求不少于 {limit}"));
    }

    fn judge(&mut self, kept: bool, said: &str) {
        println!("  {} {said}", if kept { "✔" } else { "✘" });
        self.missed += u32::from(!kept);
    }

    /// The exit code.
    pub(crate) fn kept(self) -> ExitCode {
        if self.missed == 0 {
            return ExitCode::SUCCESS;
        }
        println!("有 {} 项没有达到", self.missed);
        ExitCode::FAILURE
    }
}

/// How many documents are in a state.
pub(crate) fn count(status: &Status, state: State) -> u64 {
    status.count(&[state])
}

/// The straightforward peer's figures; `None`, with a word, where its Python packages are not installed.
pub(crate) fn peer(folder: &Path, base_url: &str, intake_only: bool) -> Option<serde_json::Value> {
    let database = folder.parent().expect("a parent").join("peer.sqlite");
    // The distribution's Python has the distribution's packages; another may stand before it on the path.
    let has_packages =
        |python: &&str| Command::new(python).args(["-c", "import lxml, requests"]).output().is_ok_and(|o| o.status.success());
    let python = ["python3", "/usr/bin/python3"].iter().find(|python| has_packages(python)).unwrap_or(&"python3");
    let mut command = Command::new(python);
    command.arg(root().join("benches/peer/peer.py")).args(intake_only.then_some("--intake-only"));
    command.args([folder, &database]).arg(base_url).arg(profile().join("dangri-document.xsd")).arg(USCC);
    let output = command.output().expect("python3 runs");
    if !output.status.success() {
        println!("对照程序没有运行（需要 python3-lxml 和 python3-requests）：{}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}
