//! The log: one line an event, to standard error, for people or for machines; and the one spelling of every field.
//!
//! Every text that leaves goes through [`crate::redact::mask`], and control characters are escaped, so that a file's name cannot
//! forge a line (fault 64). Fields stand on events; spans are not printed.

use std::{
    borrow::Cow,
    fmt,
    io::{self, IsTerminal as _},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer as _, Registry,
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
};

use crate::{clock::SharedClock, document::Timestamp, redact};

/// The spelling of each field; `info!({ field::DOCUMENT_ID } = %id, "…")`.
pub mod field {
    /// A document's id, 32 hexadecimal characters.
    pub const DOCUMENT_ID: &str = "document.id";
    /// A document's number, canonical.
    pub const DOCUMENT_NUMBER: &str = "document.number";
    /// A document's kind, `insp_record`.
    pub const DOCUMENT_KIND: &str = "document.kind";
    /// A document's state.
    pub const DOCUMENT_STATE: &str = "document.state";
    /// A draft's path below the watched folder, escaped.
    pub const DRAFT_PATH: &str = "draft.path";
    /// Which attempt, from 1.
    pub const ATTEMPT_NO: &str = "attempt.no";
    /// The request's `X-Request-Id`.
    pub const REQUEST_ID: &str = "request.id";
    /// The platform's code or the transport's short name.
    pub const PLATFORM_CODE: &str = "platform.code";
    /// Seconds until the next step.
    pub const DUE_IN_SECS: &str = "due_in_secs";
    /// Seconds until the cut-off; negative past it.
    pub const CUT_OFF_IN_SECS: &str = "cut_off_in_secs";
    /// How long something took, in milliseconds.
    pub const TOOK_MS: &str = "took_ms";
    /// How many.
    pub const COUNT: &str = "count";
    /// What went wrong.
    pub const ERROR: &str = "error";
    /// The store's journal segment.
    pub const SEGMENT: &str = "store.segment";
    /// The program's version.
    pub const VERSION: &str = "version";
    /// The watched folder.
    pub const FOLDER: &str = "folder";
    /// The platform's base address.
    pub const PLATFORM_ADDRESS: &str = "platform.address";
    /// How an alert is told: news, a repetition, the digest.
    pub const ALERT_FORM: &str = "alert.form";
    /// How loud an alert is.
    pub const ALERT_LEVEL: &str = "alert.level";
    /// Which of the daemon's tasks.
    pub const TASK: &str = "task";
    /// Who asked for it: an operator's login name.
    pub const OPERATOR: &str = "operator";
    /// Why, as recorded.
    pub const REASON: &str = "reason";
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: Beijing time, coloured only on a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// The text on one line: control characters and marks that turn the direction of writing are escaped.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character would break a line, a terminal or the direction of writing.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

/// Starts the log for the whole process, to standard error, and sends what panics say through it.
///
/// # Errors
/// When a log was started before.
pub fn start(format: LogFormat, level: Level, clock: SharedClock) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let colour = io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(format, level, colour, clock, io::stderr))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("?");
        tracing::error!(place, said, "程序内部出错");
    }));
    Ok(())
}

/// The log as a subscriber, to any writer. Other crates are heard from warnings up only.
pub fn subscriber<W>(format: LogFormat, level: Level, colour: bool, clock: SharedClock, to: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let others = LevelFilter::from_level(level).min(LevelFilter::WARN);
    let wanted = Targets::new().with_target("dangri", level).with_default(others);
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines { format, colour: colour && format == LogFormat::Text, clock })
        .with_writer(Masking(to))
        .with_filter(wanted);
    Registry::default().with(lines)
}

/// Writes one event as one line.
struct Lines {
    format: LogFormat,
    colour: bool,
    clock: SharedClock,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let now = self.clock.now();
        let level = *event.metadata().level();
        match self.format {
            LogFormat::Text => self.text(&mut to, now, level, &said),
            LogFormat::Json => json(&mut to, now, level, event.metadata().target(), said),
        }
    }
}

impl Lines {
    fn text(&self, to: &mut Writer<'_>, now: Timestamp, level: Level, said: &Said) -> fmt::Result {
        let time = now.beijing().format("%Y-%m-%d %H:%M:%S%.3f");
        if self.colour {
            let colour = match level {
                Level::ERROR => 31,
                Level::WARN => 33,
                Level::INFO => 32,
                _ => 90,
            };
            write!(to, "\x1b[2m{time}\x1b[0m \x1b[{colour}m{level:>5}\x1b[0m ")?;
        } else {
            write!(to, "{time} {level:>5} ")?;
        }
        to.write_str(&escape(&said.message))?;
        for (name, value) in &said.fields {
            match value {
                serde_json::Value::String(text) => write!(to, " {name}={}", escape(text))?,
                other => write!(to, " {name}={other}")?,
            }
        }
        to.write_char('\n')
    }
}

fn json(to: &mut Writer<'_>, now: Timestamp, level: Level, target: &str, said: Said) -> fmt::Result {
    let mut line = serde_json::Map::new();
    line.insert("time".into(), now.to_string().into());
    line.insert("level".into(), level.as_str().into());
    line.insert("target".into(), target.into());
    line.insert("message".into(), redact::mask(&said.message).into());
    for (name, value) in said.fields {
        // Masked before it is written: stars in a bare number would not be JSON.
        let text = match &value {
            serde_json::Value::String(text) => redact::mask(text).into_owned().into(),
            other => match redact::mask(&other.to_string()) {
                Cow::Owned(masked) => masked.into(),
                Cow::Borrowed(_) => value,
            },
        };
        // What every line begins with is not a field's to change.
        line.entry(name).or_insert(text);
    }
    writeln!(to, "{}", serde_json::Value::Object(line))
}

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, serde_json::Value)>,
}

impl Said {
    fn keep(&mut self, field: &Field, value: serde_json::Value) {
        self.fields.push((field.name(), value));
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message.push_str(&format!("{value:?}"));
        } else {
            self.keep(field, format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.keep(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }
}

/// Masks whatever is written: the last door, behind every formatter.
struct Masking<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Masking<W> {
    type Writer = MaskingWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter(self.0.make_writer())
    }
}

/// A writer that masks each piece it is given; the log gives it whole lines.
struct MaskingWriter<W>(W);

impl<W: io::Write> io::Write for MaskingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(redact::mask(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::clock::ManualClock;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, act: impl FnOnce()) -> String {
        let kept = Kept::default();
        let clock = ManualClock::at(Timestamp::parse("2023-04-03T17:20:11+08:00").unwrap());
        let to = kept.clone();
        let subscriber = subscriber(format, Level::INFO, false, clock, move || to.clone());
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_for_people_is_in_beijing_time_with_its_fields() {
        let line = logged(LogFormat::Text, || {
            tracing::info!({ field::DOCUMENT_ID } = "ab12", { field::ATTEMPT_NO } = 2, "已接收");
        });
        assert_eq!(line, "2023-04-03 17:20:11.000  INFO 已接收 document.id=ab12 attempt.no=2\n");
    }

    #[test]
    fn what_every_line_begins_with_is_not_a_fields_to_change() {
        let json = logged(LogFormat::Json, || tracing::info!(level = "Red", time = "now", target = "elsewhere", "告警"));
        let line: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((line["level"].as_str(), line["time"].as_str()), (Some("INFO"), Some("2023-04-03T17:20:11.000+08:00")));
        assert_ne!(line["target"], "elsewhere");
    }

    #[test]
    fn a_files_name_cannot_forge_a_line() {
        let name = "a\n2023-04-03 ERROR 假\x1b[31m\u{202E}lmx";
        let text = logged(LogFormat::Text, || tracing::info!({ field::DRAFT_PATH } = name, "收取"));
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains(['\x1b', '\u{202E}']));
        let json = logged(LogFormat::Json, || tracing::info!({ field::DRAFT_PATH } = name, "收取"));
        assert_eq!(json.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(line["draft.path"], name);
        assert_eq!(line["time"], "2023-04-03T17:20:11.000+08:00");
    }

    #[test]
    fn a_canary_planted_anywhere_does_not_leave() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = logged(format, || {
                tracing::warn!(
                    number = 13_812_345_678_u64,
                    text = "370302199001011238",
                    debug = ?Some("6222021234567890128"),
                    "当事人电话13812345678 {}",
                    "Bearer eyJhbGciOi"
                );
                tracing::info!(name: "other", target: "dangri::x", "370302199001011238");
            });
            for canary in ["13812345678", "370302199001011238", "6222021234567890128", "eyJ"] {
                assert!(!lines.contains(canary), "{lines}");
            }
            assert_eq!(lines.lines().count(), 2);
            if format == LogFormat::Json {
                for line in lines.lines() {
                    serde_json::from_str::<serde_json::Value>(line).unwrap();
                }
            }
        }
    }

    #[test]
    fn other_crates_are_heard_from_warnings_up() {
        let lines = logged(LogFormat::Text, || {
            tracing::info!(target: "hyper", "quiet");
            tracing::warn!(target: "hyper", "loud");
        });
        assert!(!lines.contains("quiet") && lines.contains("loud"));
    }
}
