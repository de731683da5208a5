//! The concrete parts, built from the configuration, and what goes wrong while they are.

use std::sync::Arc;

use crate::{
    check::{self, BundleProblem, Checker},
    clock::SharedClock,
    config::{Config, Problem},
    document::Timestamp,
    platform::{Access, Exchange, ExchangeLog, FileExchangeLog, Gated, HttpPlatform, Platform, Profile, Surroundings},
    publication::Warnings,
    queue::Queue,
    reconcile::{self, publication::Follower},
    report::{self, Reports},
    status::{Office, Vitals},
    store::{self, JournalStore, OpenError, Opened, Store, StoreError},
    watch::{Watcher, notes::Notes},
};

/// Everything that the daemon is made of.
pub struct Parts {
    /// Where records rest.
    pub store: Arc<JournalStore>,
    /// What can be seen.
    pub vitals: Arc<Vitals>,
    /// The other side.
    pub platform: Arc<dyn Platform>,
    /// Who judges drafts.
    pub checker: Arc<Checker>,
    /// Who looks through the folder.
    pub watcher: Watcher,
    /// Who writes beside drafts.
    pub notes: Arc<Notes>,
    /// The platform's profile.
    pub profile: Profile,
    /// Where exchanges are kept; closed last.
    pub exchanges: Arc<FileExchangeLog>,
    /// What opening the store found.
    pub opened: Opened,
}

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed while starting.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration, the profile or the bundle has mistakes.
    #[error("{0:?}")]
    Problems(Vec<Problem>),
    /// Something else on this machine.
    #[error("{what}: {error}")]
    Machine {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        error: std::io::Error,
    },
}

impl StartError {
    /// The exit code of operators' manual B5.
    pub fn code(&self) -> u8 {
        match self {
            Self::Open(OpenError::Held { .. }) => 7,
            Self::Open(OpenError::NewerFormat { .. }) => 8,
            Self::Open(OpenError::Store(StoreError::Damaged(_))) => 9,
            Self::Open(OpenError::Store(StoreError::Failed(_) | StoreError::Full(_))) | Self::Store(_) => 74,
            Self::Problems(_) | Self::Open(OpenError::NotLocal { .. }) => 2,
            Self::Open(_) | Self::Machine { .. } => 1,
        }
    }

    /// What people are told, in Chinese, each line with what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Open(OpenError::Held { holder }) => {
                format!("另一个 dangri 正在使用同一个数据目录（{holder}）。\n请先停止那一个，或者改用别的数据目录；本次未作任何改动。")
            }
            Self::Open(OpenError::NewerFormat { found, known }) => format!(
                "数据由较新版本（格式 {found}）写入，本版本只认识到 {known}。\n为保护数据，程序退出，未作任何改动。请换回较新的版本。"
            ),
            Self::Open(OpenError::NotLocal { kind }) => {
                format!("数据目录放在了网络或特殊文件系统（{kind}）上，断电时可能丢失数据。\n请把 [state] path 改到本机硬盘上。")
            }
            Self::Open(OpenError::NotEmpty(path)) => format!("{path} 不是空目录。\n请换一个空目录。"),
            Self::Open(OpenError::Store(error)) | Self::Store(error) => {
                format!("数据目录打不开：{error}\n请运行 dangri verify 查看，必要时运行 dangri repair；原数据不会被删除。")
            }
            Self::Problems(problems) => problems.iter().map(|p| format!("{} {}：{}\n    {}\n", p.key, p.value, p.why, p.fix)).collect(),
            Self::Machine { what, error } => format!("启动失败（{what}）：{error}\n请检查磁盘和权限后重试。"),
        }
    }

    /// Logs it and answers the exit code.
    pub fn told(&self) -> u8 {
        for line in self.words().lines() {
            tracing::error!("{line}");
        }
        self.code()
    }
}

/// Keeps exchanges, and lets the vitals know how quick the last good answer was.
struct Listening {
    log: Arc<FileExchangeLog>,
    vitals: Arc<Vitals>,
}

impl ExchangeLog for Listening {
    fn keep(&self, exchange: Exchange) {
        if exchange.code.as_deref() == Some("00") {
            self.vitals.answered(exchange.at, exchange.took_ms);
        }
        self.log.keep(exchange);
    }
}

/// What the configuration names and only reading shows to be sound.
struct Named {
    profile: Profile,
    checker: Checker,
    access: Access,
}

/// Reads the platform's profile, its forms and rules, and what lets us in; all that is wrong with them at once.
fn named(config: &Config) -> Result<Named, Vec<Problem>> {
    let mut problems = Vec::new();
    let profile = Profile::read(&config.platform.profile).map_err(|found| problems.extend(found)).ok();
    let checker = checker(config).map_err(|found| problems.extend(found)).ok();
    let access = Access::of(&config.office, &config.platform).map_err(|found| problems.extend(found)).ok();
    if let (Some(profile), Some(access)) = (&profile, &access) {
        problems.extend(HttpPlatform::problems(profile, access));
    }
    match (profile, checker, access) {
        (Some(profile), Some(checker), Some(access)) if problems.is_empty() => Ok(Named { profile, checker, access }),
        _ => Err(problems),
    }
}

/// What would keep a daemon from starting though its configuration reads well: profile, forms, rules, certificates.
pub fn rehearse(config: &Config) -> Vec<Problem> {
    named(config).err().unwrap_or_default()
}

/// Opens everything that `config` names. The store comes first: who does not hold it touches nothing else.
///
/// # Errors
/// [`StartError`].
pub(super) fn parts(config: &Config, clock: &SharedClock) -> Result<Parts, StartError> {
    let Named { profile, checker, access } = named(config).map_err(StartError::Problems)?;
    let settings = store::Settings {
        segment_bytes: config.store.segment_bytes,
        low_water_bytes: low_water(config),
        archive: config.retention.archive.clone(),
        ..store::Settings::default()
    };
    let journal = JournalStore::open(&config.state, settings, clock.now())?;
    let opened = journal.opened().clone();
    let exchanges = FileExchangeLog::of(config).map_err(|error| StartError::Machine { what: "打开往来记录", error })?;
    let exchanges = Arc::new(exchanges);
    let vitals = vitals(config, &profile, clock.now());
    let around = Surroundings {
        clock: Arc::clone(clock),
        log: Arc::new(Listening { log: Arc::clone(&exchanges), vitals: Arc::clone(&vitals) }),
        login_book: Some(config.state.join("login.json")),
    };
    let platform = HttpPlatform::new(profile.clone(), access, around).map_err(StartError::Problems)?;
    Ok(Parts {
        store: Arc::new(journal),
        vitals,
        platform: Arc::new(platform),
        checker: Arc::new(checker),
        watcher: Watcher::new(&config.folder),
        notes: Arc::new(Notes::new(&config.folder)),
        profile,
        exchanges,
        opened,
    })
}

/// The free room below which intake stops: the larger of the configured bytes and share of the disk.
fn low_water(config: &Config) -> Option<u64> {
    let room = rustix::fs::statvfs(&config.state).ok()?;
    let share = room.f_blocks.saturating_mul(room.f_frsize) / 100 * u64::from(config.store.low_water_percent);
    Some(config.store.low_water_bytes.max(share))
}

fn checker(config: &Config) -> Result<Checker, Vec<Problem>> {
    let settings = check::Settings::of(config)?;
    Checker::load(&config.platform.profile, settings).map_err(|found| found.into_iter().map(of_bundle).collect())
}

fn of_bundle(found: BundleProblem) -> Problem {
    let value = found.file.display().to_string();
    Problem { value, ..Problem::new("platform.profile", found.what, found.advice) }
}

/// The vitals of a daemon that starts now.
fn vitals(config: &Config, profile: &Profile, now: Timestamp) -> Arc<Vitals> {
    let midnight = Timestamp::start_of(now.beijing_day());
    let office = Office {
        name: config.office.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        started: now,
        cut_off: config.day.cut_off.on(now.beijing_day()).since(midnight),
        target: config.day.target.on(now.beijing_day()).since(midnight),
    };
    let vitals = Arc::new(Vitals::new(office));
    vitals.folder(|facts| facts.path = config.folder.path.display().to_string());
    vitals.platform(|facts| facts.address = config.platform.base_url.clone().unwrap_or_else(|| profile.address.clone()));
    vitals
}

/// The reports of the office.
pub(super) fn reports(config: &Config, store: &Arc<dyn Store>, checker: &Arc<Checker>) -> Arc<Reports> {
    let campaign = &config.campaign;
    let settings = report::Settings {
        unit: config.office.name.clone(),
        campaign: campaign.name.clone(),
        campaign_enterprises: u64::from(campaign.groups) * u64::from(campaign.per_group),
        report_by: campaign.report_by,
    };
    Arc::new(Reports::new(Arc::clone(store), Arc::clone(checker), settings))
}

/// Who follows decisions to their publication.
///
/// # Errors
/// [`StartError`] when the calendar cannot be read.
pub(super) fn follower(config: &Config, queue: &Arc<Queue>, platform: &Arc<Gated>) -> Result<Arc<Follower>, StartError> {
    let calendar = config.day.working_days().map_err(StartError::Problems)?;
    let settings = reconcile::publication::Settings {
        uscc: config.office.uscc.clone(),
        office: config.office.name.clone(),
        appear_within: config.publication.appear_within,
        warnings: if config.publication.warnings_exempt { Warnings::Exempt } else { Warnings::Publish },
    };
    let clock = Arc::clone(queue.clock());
    Ok(Arc::new(Follower::new(Arc::clone(queue), Arc::clone(platform) as _, clock, Arc::new(calendar), settings)))
}
