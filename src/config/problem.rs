//! One mistake in the configuration, said so that it can be mended without a manual.

use std::{fmt, io, path::Path};

use serde::Serialize;

/// Something in the configuration that is wrong or deserves a look. All texts are Chinese; a secret's value never stands in any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line in the file, from 1; `None` when the mistake is that something is not there, or lies outside the file.
    pub line: Option<usize>,
    /// The key, `folder.settle_secs`; a section's name; or empty for the file as a whole.
    pub key: String,
    /// What was written, shortened; empty when nothing was, or when it might be a secret.
    pub value: String,
    /// Why it cannot stand.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// The longest part of a value that is repeated, in characters.
const SHOWN: usize = 60;

impl Problem {
    /// A problem with a key.
    pub fn new(key: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line: None, key: key.into(), value: String::new(), why: why.into(), fix: fix.into() }
    }

    /// The same, with the line that it stands on.
    #[must_use]
    pub fn at(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }

    /// The same, with the value that was written. Not for secrets.
    #[must_use]
    pub fn saying(mut self, value: &str) -> Self {
        let masked = crate::redact::mask(value);
        // An address can carry a password in front of its host.
        if masked.contains("://") && masked.contains('@') {
            return self;
        }
        let shown: String = masked.chars().take(SHOWN).collect();
        self.value = crate::telemetry::escape(&shown).into_owned();
        if masked.chars().nth(SHOWN).is_some() {
            self.value.push('…');
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "第 {line} 行 ")?;
        }
        f.write_str(if self.key.is_empty() { "配置文件" } else { &self.key })?;
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, "\n   原因：{}\n   办法：{}", self.why, self.fix)
    }
}

/// Every problem that stands in the way, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Writes the list as people see it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print(&self, file: &Path, to: &mut dyn io::Write) -> io::Result<()> {
        writeln!(to, "配置 {} 有 {} 处问题：", file.display(), self.0.len())?;
        print_list(&self.0, to)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}. {problem}", n + 1)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Writes problems or reminders, numbered.
pub(crate) fn print_list(problems: &[Problem], to: &mut dyn io::Write) -> io::Result<()> {
    for (n, problem) in problems.iter().enumerate() {
        writeln!(to, "{}. {problem}", n + 1)?;
    }
    Ok(())
}

/// The known word nearest to a mistyped one, when it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known.into_iter().map(|k| (distance(word, k), k)).filter(|(d, _)| *d <= allowed).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replace = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replace.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_that_was_meant() {
        let known = ["settle_secs", "sweep_secs", "path"];
        assert_eq!(nearest("setle_secs", known), Some("settle_secs"));
        assert_eq!(nearest("paht", known), None);
        assert_eq!(nearest("pth", known), Some("path"));
        assert_eq!(nearest("webhook", known), None);
        assert_eq!(distance("", "abc"), 3);
    }
}
