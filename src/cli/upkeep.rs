//! `dangri verify`, `repair`, `backup` and `restore`: the store as a whole.
//!
//! Verification and backup go through the daemon while it runs, for only one process may hold the store; repair and restoration need it
//! stopped.

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{
    args::{FolderArg, JsonArg},
    envelope,
    place::Place,
    queue::failed,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, UpkeepReport, client::AS_LONG_AS_IT_TAKES},
    status::{Exit, Problem},
};

const VERIFY: &str = "dangri.verify/1";
const REPAIR: &str = "dangri.repair/1";
const BACKUP: &str = "dangri.backup/1";
const RESTORE: &str = "dangri.restore/1";

/// Reads everything and says whether it is whole: 0, or 9 when it is not.
pub(super) fn verify(args: JsonArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match through_the_daemon(Ask::Verify, place, to, args.json) {
        Err(AskError::NotRunning) => told(offline("通读数据"), VERIFY, args.json, to),
        Err(error) => failed(error, args.json, to),
        Ok(report) => told(Ok(report), VERIFY, args.json, to),
    }
}

/// Copies everything.
pub(super) fn backup(args: &FolderArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    // The daemon has another working folder than the person at the terminal.
    let folder = std::path::absolute(&args.folder)?;
    match through_the_daemon(Ask::Backup { to: folder }, place, to, args.json) {
        Err(AskError::NotRunning) => told(offline("备份数据"), BACKUP, args.json, to),
        Err(error) => failed(error, args.json, to),
        Ok(report) => told(Ok(report), BACKUP, args.json, to),
    }
}

/// Mends what can be mended.
pub(super) fn repair(args: JsonArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match must_be_stopped(place) {
        Some(problem) => envelope::failure(to, args.json, REPAIR, SystemClock.now(), &problem),
        None => told(offline("修复数据"), REPAIR, args.json, to),
    }
}

/// Puts a backup back.
pub(super) fn restore(args: &FolderArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let problem = must_be_stopped(place).or_else(|| no_folder(&args.folder));
    match problem {
        Some(problem) => envelope::failure(to, args.json, RESTORE, SystemClock.now(), &problem),
        None => told(offline("恢复数据"), RESTORE, args.json, to),
    }
}

/// DISPATCH: the store's own verify, repair, backup and restore take this place when they land.
fn offline(what: &str) -> Result<UpkeepReport, Problem> {
    Err(Problem::new(Exit::Failed, 8, format!("程序没有运行时还不能{what}"), "请升级程序，或先启动程序再执行"))
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
