//! The stage: a folder, a platform and a daemon, all on one fast clock. Nothing here is a dummy but the platform and the people.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration as Span,
};

use anyhow::Context as _;
use dangri_mocks::{
    MockClock, Platform, Processing, Running as Mock, Setup,
    sink::{Demands, Sink},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
};

use super::{bundle, drawn, week};
use crate::{
    clock::{Clock as _, ScaledClock, SharedClock},
    config::{self, Config},
    daemon::Running,
    document::Timestamp,
    telemetry,
    watch::{marker, notes},
};

/// The office of the drafts.
pub(super) const OFFICE: &str = "淄川区应急管理局";
/// Its credit code.
const USCC: &str = "113703020042700086";

/// The log's file in the demo's folder.
pub(super) const LOG: &str = "dangri.log";

/// Everything that is at work.
pub(super) struct Stage {
    /// The folder that holds all of it.
    pub home: PathBuf,
    /// The clock of daemon and platform.
    pub clock: Arc<ScaledClock>,
    /// The platform.
    pub mock: Mock,
    /// The robot of the group that is alerted.
    pub robot: Sink,
    /// The daemon.
    pub daemon: Running,
}

impl Stage {
    /// Furnishes `home` and starts everything, with the clock at `at`; with a console at `console`, where one is wanted.
    pub(super) async fn set(home: PathBuf, at: Timestamp, plan: &week::Plan, console: Option<SocketAddr>) -> anyhow::Result<Self> {
        // It stands still until the story begins.
        let clock = ScaledClock::starting(at, 1);
        fs::create_dir_all(home.join("drafts"))?;
        log_to(&home, clock.clone())?;
        marker::place(&home.join("drafts"), ".dangri-folder")?;
        bundle::unpack_profile(&home.join("platform"))?;
        fs::write(home.join(drawn::FILE), drawn::list(plan))?;
        let mock = Platform::start(setup(&home, &clock, plan)).await.context("模拟平台没有启动")?;
        let robot = Sink::open(clock_of(&clock), Demands::default()).await.context("模拟的值班群没有启动")?;
        let config = furnish(&home, &mock, &robot, console)?;
        let shared: SharedClock = clock.clone();
        let daemon = Running::open(config, shared).await.map_err(|error| anyhow::anyhow!(error.words()))?;
        Ok(Self { home, clock, mock, robot, daemon })
    }

    /// The watched folder.
    pub(super) fn drafts(&self) -> PathBuf {
        self.home.join("drafts")
    }

    /// The configuration that the daemon runs with.
    pub(super) fn config(&self) -> PathBuf {
        self.home.join("dangri.toml")
    }

    /// Puts a draft into the folder, as a copy from a stick arrives; it bears the time of the demo's clock.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.drafts().join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&path, bytes)?;
        let millis = u64::try_from(self.clock.now().millis()).unwrap_or(0);
        fs::File::options().append(true).open(path)?.set_modified(std::time::UNIX_EPOCH + Span::from_millis(millis))
    }

    /// Where the note beside a draft stands, if there is one.
    pub(super) fn note(&self, path: &str) -> Option<PathBuf> {
        let note = self.drafts().join(format!("{path}{}", notes::REASON));
        fs::metadata(&note).is_ok_and(|about| about.is_file()).then_some(note)
    }

    /// Ends the daemon and the platform; says how the daemon ended.
    pub(super) async fn strike(self) -> u8 {
        self.daemon.stop();
        let code = self.daemon.ended().await;
        self.mock.shutdown().await;
        code
    }
}

/// The log goes into a file, for the screen is taken; a process that logs elsewhere already goes on doing so.
fn log_to(home: &Path, clock: SharedClock) -> io::Result<()> {
    let file = fs::File::create(home.join(LOG))?;
    let subscriber = telemetry::subscriber(telemetry::LogFormat::Text, tracing::Level::INFO, false, clock, Arc::new(file));
    // On a clock that leaps from evening to evening every loop seems to have been silent; there is no watchdog to feed anyway.
    let pulse = Targets::new().with_target("dangri::daemon::pulse", LevelFilter::OFF).with_default(LevelFilter::TRACE);
    let subscriber = subscriber.with(pulse);
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("the demo logs where the process logged before");
    }
    Ok(())
}

/// The demo's clock, for those who do not know dangri.
fn clock_of(clock: &Arc<ScaledClock>) -> MockClock {
    let told = Arc::clone(clock);
    MockClock::following(move || chrono::DateTime::from_timestamp_millis(told.now().millis()).unwrap_or_default())
}

/// The platform as an office knows it: it takes minutes, and answers late now and then.
fn setup(home: &Path, clock: &Arc<ScaledClock>, plan: &week::Plan) -> Setup {
    Setup {
        clock: clock_of(clock),
        bundle_dir: Some(home.join("platform")),
        wait_for_attachments: false,
        visibility_delay: Span::from_secs(60),
        processing: Processing {
            received: (Span::from_secs(20), Span::from_secs(60)),
            checking: (Span::from_secs(40), Span::from_secs(160)),
            seed: week::SEED,
        },
        publish_after: Span::from_secs(1_800),
        // Longer than the week: while the clock leaps, no login is under way whose time could then seem wrong.
        token_life: Span::from_secs(30 * 86_400),
        rules: plan.rules.clone(),
        ..Setup::default()
    }
}

/// Writes the configuration and its secret, and reads it back as the daemon would.
fn furnish(home: &Path, mock: &Mock, robot: &Sink, console: Option<SocketAddr>) -> anyhow::Result<Config> {
    let secret = home.join("secret");
    fs::write(&secret, "demo-secret\n")?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let file = home.join("dangri.toml");
    fs::write(&file, text(&mock.base_url(), robot.address(), &console.map_or_else(String::new, |at| at.to_string())))?;
    config::read(&file).map_err(|problems| anyhow::anyhow!("演示用的配置有误：{problems}"))
}

fn text(base_url: &str, robot: &str, http: &str) -> String {
    let (name, uscc) = (OFFICE, USCC);
    format!(
        r#"# dangri demo 写的演示配置；每一项的说明见 config/dangri.toml。

[office]
name = "{name}"
uscc = "{uscc}"

[folder]
path = "drafts"
# 演示的钟走得快：一分钟不到十分之一秒。
sweep_secs = 60
settle_secs = 60

[state]
path = "state"

[platform]
profile = "platform"
base_url = "{base_url}"
app_id = "demo-app"
secret = {{ file = "secret" }}
results_secs = 60

[day]
# 三个组回来得晚，内部目标定在晚上十点。
target = "22:00"

[campaign]
name = "全区安全生产分片集中执法检查"
announced = "2023-03-22"
prepare_from = "2023-03-24"
prepare_to = "2023-03-31"
inspect_from = "2023-04-01"
inspect_to = "2023-04-21"

[alert]
# 一天办完了才报平安。
reassure = "23:50"

[[alert.channels]]
name = "值班群"
kind = "wecom"
key = {{ file = "secret" }}
base = "{robot}"

[store]
segment_mib = 16
low_water_mib = 64
low_water_percent = 0

[control]
# 只有加了 --keep 才开网页控制台。
http = "{http}"
"#
    )
}
