//! Where words go: text for people and JSON for machines to stdout, complaints to stderr.

use std::io::{self, Write};

use crate::status::{Problem, text::Style};

use super::help::Told;

/// Both streams and how they may be drawn on.
pub(super) struct Terminal<'t> {
    /// What was asked for.
    pub(super) out: Box<dyn Write + 't>,
    /// What went wrong.
    pub(super) err: Box<dyn Write + 't>,
    /// Colours and width.
    pub(super) style: Style,
}

impl<'t> Terminal<'t> {
    /// A terminal; `columns` is how wide it is.
    pub(super) fn new(out: impl Write + 't, err: impl Write + 't, colour: bool, columns: usize) -> Self {
        Self { out: Box::new(out), err: Box::new(err), style: Style { colour, columns } }
    }

    /// Help goes to stdout, a complaint to stderr.
    pub(super) fn told(&mut self, told: &Told) -> io::Result<()> {
        let to = if told.exit == crate::status::Exit::Well { &mut self.out } else { &mut self.err };
        to.write_all(told.text.as_bytes())?;
        to.flush()
    }

    /// Says what went wrong and what to do.
    pub(super) fn problem(&mut self, problem: &Problem) -> io::Result<()> {
        writeln!(self.err, "✘ {}（{}）", problem.message, problem.code)?;
        if !problem.hint.is_empty() {
            writeln!(self.err, "  → {}", problem.hint)?;
        }
        Ok(())
    }
}

/// How many columns the terminal has: by the terminal itself, else by COLUMNS, else as many as a page needs.
pub(super) fn columns() -> usize {
    let by_terminal = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|n| *n > 0);
    let by_variable = || std::env::var("COLUMNS").ok().and_then(|n| n.parse().ok());
    by_terminal.or_else(by_variable).unwrap_or(Style::PLAIN.columns).clamp(60, 240)
}
