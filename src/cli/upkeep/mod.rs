//! `dangri verify`, `repair`, `backup` and `restore`: the store as a whole.
//!
//! Verification and backup go through the daemon while it runs, for only one process may hold the store; repair and restoration need it
//! stopped.

mod salvage;

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{
    REHEARSED,
    args::{FolderArg, JsonArg, RepairArgs},
    envelope,
    place::Place,
    queue::failed,
    terminal::Terminal,
};
use crate::{
    audit,
    clock::{Clock as _, SystemClock},
    config::Config,
    control::{Answer, Ask, AskError, UpkeepReport, client::AS_LONG_AS_IT_TAKES, reports},
    status::{Exit, Problem, words},
    store::{self, JournalStore, OpenError, Store as _, StoreError},
};

const VERIFY: &str = "dangri.verify/1";
const REPAIR: &str = "dangri.repair/1";
const BACKUP: &str = "dangri.backup/1";
const RESTORE: &str = "dangri.restore/1";

/// Reads everything and says whether it is whole: 0, or 9 when it is not.
pub(super) fn verify(args: JsonArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let report = match through_the_daemon(Ask::Verify, place, to, args.json) {
        Ok(report) => Ok(report),
        Err(AskError::NotRunning) => offline(place, true, async |config| {
            let store = open(config)?;
            let found = store.verify().await;
            store.close().await?;
            Ok(UpkeepReport::of_verification(&found?))
        }),
        Err(error) => return failed(error, args.json, to),
    };
    told(report, VERIFY, args.json, to)
}

/// Copies everything.
pub(super) fn backup(args: &FolderArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    // The daemon has another working folder than the person at the terminal.
    let folder = std::path::absolute(&args.folder)?;
    if is_occupied(&folder) {
        let message = format!("{} 不是空目录，没有备份", shown(&folder));
        return told(Err(Problem::new(Exit::Usage, 14, message, "换一个新目录")), BACKUP, args.json, to);
    }
    if args.dry_run {
        return told(Ok(rehearsed(format!("会备份到 {}。", shown(&folder)))), BACKUP, args.json, to);
    }
    let report = match through_the_daemon(Ask::Backup { to: folder.clone() }, place, to, args.json) {
        Ok(report) => Ok(report),
        Err(AskError::NotRunning) => offline(place, true, async |config| {
            let store = open(config)?;
            let copied = store.backup(&folder, SystemClock.now()).await;
            store.close().await?;
            let copied = copied?;
            audit::copy(&config.state, &folder).map_err(|error| not_copied(&error))?;
            Ok(UpkeepReport::of_backup(&copied, &folder))
        }),
        Err(error) => return failed(error, args.json, to),
    };
    told(report, BACKUP, args.json, to)
}

/// Mends what can be mended.
pub(super) fn repair(args: RepairArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let report = match must_be_stopped(place) {
        Some(problem) => Err(problem),
        None if args.dry_run => return verify(JsonArg { json: args.json }, place, to),
        None => offline(place, true, async |config| {
            let mut salvage = salvage::Sources::of(config);
            let done = store::repair(&config.state, settings(config), &mut salvage, SystemClock.now()).await?;
            Ok(UpkeepReport::of_repair(&done))
        }),
    };
    told(report, REPAIR, args.json, to)
}

/// Puts a backup back.
pub(super) fn restore(args: &FolderArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let folder = std::path::absolute(&args.folder)?;
    let report = match must_be_stopped(place).or_else(|| no_folder(&folder)) {
        Some(problem) => Err(problem),
        None if args.dry_run => place.read().and_then(|config| {
            let state = &config.state;
            if is_occupied(state) {
                return Err(reports::not_opened(&OpenError::NotEmpty(state.display().to_string())));
            }
            Ok(rehearsed(format!("会从 {} 恢复到 {}。", shown(&folder), shown(state))))
        }),
        None => offline(place, false, async |config| {
            let backup = store::restore(&folder, &config.state, settings(config), SystemClock.now()).await?;
            audit::copy(&folder, &config.state).map_err(|error| not_copied(&error))?;
            Ok(UpkeepReport::of_restoration(&backup, &folder))
        }),
    };
    told(report, RESTORE, args.json, to)
}

/// Whether something lies in a folder already.
fn is_occupied(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn shown(path: &Path) -> String {
    words::plain(&path.display().to_string())
}

/// What would be done, and was not.
fn rehearsed(said: String) -> UpkeepReport {
    UpkeepReport { well: true, said: vec![said, REHEARSED.into()], data: serde_json::json!({ "dry_run": true }) }
}

/// Works on the store in this process; the store's own lock keeps a daemon from starting meanwhile.
fn offline(
    place: &Place,
    wants_store: bool,
    work: impl AsyncFnOnce(&Config) -> Result<UpkeepReport, OpenError>,
) -> Result<UpkeepReport, Problem> {
    let config = place.read()?;
    if let Some(problem) = no_store(&config).filter(|_| wants_store) {
        return Err(problem);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Problem::new(Exit::Failed, 8, "程序环境准备不了", "检查内存和系统限制后再试"))?;
    runtime.block_on(work(&config)).map_err(|error| reports::not_opened(&error))
}

fn not_copied(error: &io::Error) -> OpenError {
    StoreError::Failed(format!("the audit log could not be copied: {error}")).into()
}

fn settings(config: &Config) -> store::Settings {
    let (segment_bytes, archive) = (config.store.segment_bytes, config.retention.archive.clone());
    store::Settings { segment_bytes, archive, ..store::Settings::default() }
}

fn open(config: &Config) -> Result<JournalStore, OpenError> {
    JournalStore::open(&config.state, settings(config), SystemClock.now())
}

/// Opening where there is no store would make an empty one, and an empty one is always well.
fn no_store(config: &Config) -> Option<Problem> {
    let error = std::fs::read_dir(config.state.join("journal")).err()?;
    let shown = words::plain(&config.state.display().to_string());
    let (said, hint) = match error.kind() {
        io::ErrorKind::NotFound => (format!("{shown} 里还没有数据"), "检查配置里的数据目录；新装的程序运行后才有数据".to_owned()),
        kind => (format!("{shown} 读不出来（{}）", words::trouble(kind)), "请用 sudo 运行，并检查磁盘".to_owned()),
    };
    Some(Problem::new(Exit::Failed, 10, said, hint))
}

fn through_the_daemon(ask: Ask, place: &Place, to: &mut Terminal<'_>, quiet: bool) -> Result<UpkeepReport, AskError> {
    let mut report = None;
    place.ask(ask, AS_LONG_AS_IT_TAKES, |answer| {
        match answer {
            Answer::Report(found) => report = Some(found),
            Answer::Note(note) if !quiet => writeln!(to.err, "{note}")?,
            _ => {}
        }
        Ok(())
    })?;
    report.ok_or(AskError::CutShort)
}

/// Why the store cannot be worked on, if a daemon holds it.
fn must_be_stopped(place: &Place) -> Option<Problem> {
    match super::status::fetch(place) {
        Err(AskError::NotRunning) => None,
        Err(AskError::Refused(problem)) if problem.exit() == Exit::Usage => Some(problem),
        _ => Some(Problem::new(Exit::StoreInUse, 1, "程序正在运行，数据由它使用", "先停止程序：systemctl stop dangri")),
    }
}

fn no_folder(folder: &Path) -> Option<Problem> {
    let there = std::fs::metadata(folder).is_ok_and(|about| about.is_dir());
    (!there).then(|| Problem::new(Exit::Usage, 5, format!("没有 {} 这个目录", folder.display()), "写明备份所在的目录"))
}

fn told(done: Result<UpkeepReport, Problem>, schema: &str, json: bool, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let now = SystemClock.now();
    let report = match done {
        Ok(report) => report,
        Err(problem) => return envelope::failure(to, json, schema, now, &problem),
    };
    let exit = if report.well { Exit::Well } else { Exit::StoreDamaged };
    if json {
        envelope::write(to, schema, now, exit, Some(&report.data), &[])?;
    } else {
        report.said.iter().try_for_each(|line| writeln!(to.out, "{line}"))?;
    }
    Ok(exit)
}
