//! `dangri status`: the whole picture, once or each second.

use std::io::{self, Write as _};

use chrono::Duration;

use super::{args::StatusArgs, envelope, place::Place, terminal::Terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, client::SOON},
    status::{Exit, Problem, Status, text, text::Colour},
};

const SCHEMA: &str = "dangri.status/1";

/// Shows the picture. Answers the exit code of the worst that it shows.
pub(super) fn run(args: &StatusArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    if args.watch { watch(args, place, to) } else { once(args, place, to) }
}

/// The daemon's picture of itself.
pub(super) fn fetch(place: &Place) -> Result<Status, AskError> {
    let mut found = None;
    place.ask(Ask::Status, SOON, |answer| {
        if let Answer::Status(status) = answer {
            found = Some(*status);
        }
        Ok(())
    })?;
    found.ok_or(AskError::CutShort)
}

fn once(args: &StatusArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let fetched = fetch(place);
    let exit = match &fetched {
        Ok(status) => status.exit(),
        Err(error) => error.problem().exit(),
    };
    match fetched {
        Ok(status) if args.json => envelope::write(to, SCHEMA, status.at, exit, Some(&status), &status.problems())?,
        Ok(status) => to.out.write_all(text::render(&status, to.style).as_bytes())?,
        Err(error) if args.json => return envelope::failure(to, true, SCHEMA, SystemClock.now(), &error.problem()),
        Err(error) => to.out.write_all(absent(&error.problem(), to.style).as_bytes())?,
    }
    to.out.flush()?;
    Ok(exit)
}

/// What stands in the place of a picture when there is none.
fn absent(problem: &Problem, style: text::Style) -> String {
    format!("{} 当日 dangri — {}\n  → {}\n", style.paint(Colour::Red, "○"), problem.message, problem.hint)
}

/// Draws anew each second until Ctrl-C; then answers as `status` would have at the last look.
fn watch(args: &StatusArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let over_and_over = to.style.colour && !args.json;
    runtime.block_on(async {
        let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
        loop {
            if over_and_over {
                // Home and clear to the end; what is drawn next takes the place of the old.
                write!(to.out, "\u{1b}[H\u{1b}[J")?;
            }
            let exit = once(args, place, to)?;
            if over_and_over {
                writeln!(to.out, "\n  {}", to.style.paint(Colour::Grey, "每秒刷新，按 Ctrl-C 结束"))?;
                to.out.flush()?;
            }
            tokio::select! {
                stopped = &mut stop => return stopped.map(|()| exit),
                () = SystemClock.sleep_until(SystemClock.now().plus(Duration::seconds(1))) => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_does_not_run_is_told_of_plainly() {
        insta::assert_snapshot!(absent(&AskError::NotRunning.problem(), text::Style::PLAIN));
    }
}
