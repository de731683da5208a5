//! The commands, one file each: arguments in, words and an exit code out.
//!
//! Only this room prints. Whatever a person sees is Chinese, also when the arguments are wrong; numbers of the exit codes stand in
//! [`Exit`].

mod alert;
mod alert_args;
mod args;
mod audit;
pub mod check;
pub mod config;
mod day;
mod doc;
mod doctor;
mod envelope;
mod export;
mod help;
pub mod init;
mod ledger;
mod list_args;
mod people_args;
mod place;
mod plan;
mod publication_args;
mod publications;
mod queue;
mod reconcile;
mod status;
mod terminal;
mod upkeep;
mod user;

#[cfg(test)]
mod readme_tests;

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
};

use crate::{
    check::Settings,
    clock::{Clock as _, SystemClock},
    config::Problems,
    demo,
    status::{Exit, Problem},
};

use args::{Command, ConfigCommand};
use place::Place;
use terminal::Terminal;

/// The last line of whatever was only tried (`--dry-run`).
const REHEARSED: &str = "只是试运行，什么也没有做。";

/// Runs the command that the arguments name and answers the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    // Neither stream is locked: a daemon's log writes to stderr from other threads.
    let mut terminal = Terminal::new(io::BufWriter::new(io::stdout()), io::stderr(), colour, terminal::columns());
    let code = match help::parse(arguments) {
        Ok(cli) if cli.quiet && cli.command.ends_by_itself() => {
            let mut kept = Vec::new();
            let mut inner = Terminal::new(&mut kept, io::stderr(), colour, terminal.style.columns);
            let code = dispatch(cli.command, &Place::new(cli.config, cli.socket), &mut inner);
            drop(inner);
            // What is well is not worth a word.
            code.and_then(|code| if code == Exit::Well.code() { Ok(code) } else { terminal.out.write_all(&kept).map(|()| code) })
        }
        Ok(cli) => dispatch(cli.command, &Place::new(cli.config, cli.socket), &mut terminal),
        Err(told) => terminal.told(&told).map(|()| told.exit.code()),
    };
    match code.and_then(|code| terminal.out.flush().map(|()| code)) {
        Ok(code) => code,
        // A reader that has seen enough (`| head`) is no failure; anything else that keeps words from being written is.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Well.code(),
        Err(_) => Exit::Failed.code(),
    }
}

fn dispatch(command: Command, place: &Place, to: &mut Terminal<'_>) -> io::Result<u8> {
    let exit = match command {
        Command::Status(args) => status::run(&args, place, to)?,
        Command::Queue(args) => queue::run(args, place, to)?,
        Command::Alert(args) => alert::run(args, place, to)?,
        Command::Watch(args) if args.once => {
            return started(crate::daemon::ask_once(&place.config(), args.peer).map(|heard| alert::heard(&heard, to)), to);
        }
        Command::Watch(args) => return started(crate::daemon::watch(&place.config(), args.peer), to),
        Command::Doc(args) => doc::run(&args, place, to)?,
        Command::Loop(args) => ledger::run(&args, place, to)?,
        Command::Export(args) => export::run(&args, place, to)?,
        Command::Day(args) => day::run(args, place, to)?,
        Command::Plan { command } => plan::plan(command, place, to)?,
        Command::Roster { command } => plan::roster(command, place, to)?,
        Command::Reconcile(args) => reconcile::run(&args, place, to)?,
        Command::Doctor(args) => doctor::run(args, place, to)?,
        Command::Verify(args) => upkeep::verify(args, place, to)?,
        Command::Repair(args) => upkeep::repair(args, place, to)?,
        Command::Backup(args) => upkeep::backup(&args, place, to)?,
        Command::Restore(args) => upkeep::restore(&args, place, to)?,
        Command::User { command } => user::run(command, place, to)?,
        Command::Audit { command } => audit::run(&command, place, to)?,
        Command::Check(args) => return check_files(args, place, to),
        Command::Config(args) => {
            let (file, now) = (place.config(), SystemClock.now());
            return match args.command {
                ConfigCommand::Check(args) => config::check(&file, now, args.json, &mut to.out),
                ConfigCommand::Show(args) => config::show(&file, args.json, &mut to.out),
            };
        }
        Command::Init { dry_run } => return init::run(&place.config(), dry_run, &mut to.out),
        Command::Run => return started(crate::daemon::run(&place.config()), to),
        Command::Demo(args) => return started(demo(args, to), to),
    };
    Ok(exit.code())
}

/// Redrawn in place where that is possible.
fn demo(args: args::DemoArgs, to: &mut Terminal<'_>) -> anyhow::Result<u8> {
    let place = io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let options = demo::Options { keep: args.keep, speed: args.speed, folder: args.folder, live: place && !args.plain, style: to.style };
    let shown = demo::run(&options, &mut to.out);
    // A reader that has seen enough is no failure.
    match shown {
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => Ok(Exit::Well.code()),
        shown => shown,
    }
}

/// What a daemon ended with, or why it could not begin.
fn started(ended: anyhow::Result<u8>, to: &mut Terminal<'_>) -> io::Result<u8> {
    match ended {
        Ok(code) => Ok(code),
        Err(error) => {
            let problem = Problem::new(Exit::Failed, 9, format!("程序启动不了：{error:#}"), "请联系技术人员，并附上这句话");
            to.problem(&problem)?;
            Ok(Exit::Failed.code())
        }
    }
}

/// Checks under the profile that is named, else the configured one, else the one that lies beside the program, else the one within it.
fn check_files(args: args::CheckArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<u8> {
    let office = crate::config::read(&place.config()).ok();
    let settings = match office.as_ref().map(Settings::of) {
        Some(Err(problems)) => {
            Problems(problems).print(&place.config(), &mut to.err)?;
            return Ok(Exit::Usage.code());
        }
        Some(Ok(settings)) => settings,
        None => Settings::default(),
    };
    let configured = || office.map(|office| office.platform.profile);
    let carried = tempfile::Builder::new().prefix("dangri-profile-").tempdir()?;
    let profile = match args.profile.or_else(configured).or_else(check::standard_profile) {
        Some(profile) => profile,
        None => {
            demo::unpack_profile(carried.path())?;
            carried.path().to_owned()
        }
    };
    let args = check::Args { files: args.files, json: args.json, profile, settings };
    check::run(&args, SystemClock.now(), &mut to.out)
}
