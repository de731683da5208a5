//! Where the story is shown: redrawn in place on a terminal, or line by line into a pipe.

use std::io::{self, Write};

use super::{
    eyes::Picture,
    view::{frame, line, weekday},
};
use crate::status::text::{Colour, Style};

/// Another screen, no cursor, no wrapping: nothing of the terminal's own text is touched.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// Where the story is shown. Dropped, by whatever way, it leaves the terminal as it was.
pub(super) struct Face<'o> {
    out: &'o mut dyn Write,
    style: Style,
    live: bool,
    /// How many happenings a pipe has been told.
    told: usize,
    last: Vec<String>,
}

impl<'o> Face<'o> {
    /// Begins to show, in place if `live`.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn begin(out: &'o mut dyn Write, style: Style, live: bool) -> io::Result<Self> {
        if live {
            out.write_all(ENTER.as_bytes())?;
        }
        Ok(Self { out, style, live, told: 0, last: Vec::new() })
    }

    /// Shows the picture.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn show(&mut self, picture: &Picture) -> io::Result<()> {
        if self.live { self.redraw(picture) } else { self.lines(picture) }
    }

    fn redraw(&mut self, picture: &Picture) -> io::Result<()> {
        let (columns, rows) = size();
        let style = Style { columns, ..self.style };
        let lines = frame(picture, rows, style);
        if self.last == lines {
            return Ok(());
        }
        let mut text = String::from("\u{1b}[H");
        for line in lines.iter().take(rows) {
            text += &format!("{line}\u{1b}[K\r\n");
        }
        // No line end after the last line, or a full screen would scroll.
        text.truncate(text.len() - 2);
        text += "\u{1b}[J";
        self.last = lines;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn lines(&mut self, picture: &Picture) -> io::Result<()> {
        let fresh = picture.told.saturating_sub(self.told).min(picture.happenings.len());
        for happening in picture.happenings.iter().skip(picture.happenings.len() - fresh) {
            let day = happening.at.beijing();
            writeln!(self.out, "{}{}", day.format("%m-%d"), line(happening, Style { columns: usize::MAX, ..self.style }))?;
        }
        self.told = picture.told;
        self.out.flush()
    }

    /// A heading, for a pipe; the live view shows the same as its caption.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn heading(&mut self, picture: &Picture) -> io::Result<()> {
        if self.live {
            return Ok(());
        }
        let day = picture.now.beijing_day();
        let heading = format!("== {} {}  {}", day.format("%Y-%m-%d"), weekday(day), picture.caption);
        writeln!(self.out, "\n{}", self.style.paint(Colour::Blue, &heading))
    }

    /// Goes on line by line, on the terminal's own screen.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn go_plain(&mut self, told: usize) -> io::Result<()> {
        self.restore()?;
        self.told = told;
        Ok(())
    }

    /// Where to write what follows the story.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        self.out
    }

    fn restore(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.live) {
            self.out.write_all(LEAVE.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }
}

impl Drop for Face<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        drop(self.restore());
    }
}

/// Columns and rows of the terminal.
fn size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let of = |n: Option<u16>, usual: usize| n.map(usize::from).filter(|n| *n > 0).unwrap_or(usual);
    (of(size.map(|s| s.ws_col), 80).clamp(60, 200), of(size.map(|s| s.ws_row), 24).max(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_its_cursor_back_by_whatever_way_the_story_ends() {
        let mut out = Vec::new();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _face = Face::begin(&mut out, Style::PLAIN, true).unwrap();
            panic!("a defect");
        }));
        assert!(ended.is_err());
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with(ENTER) && text.ends_with(LEAVE), "{text:?}");
    }

    #[test]
    fn a_pipe_gets_no_escapes() {
        let mut out = Vec::new();
        drop(Face::begin(&mut out, Style::PLAIN, false).unwrap());
        assert!(out.is_empty());
    }
}
