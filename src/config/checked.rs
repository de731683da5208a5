//! What dangri means by its configuration: only legal values, every limit named.

use std::{
    fmt,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use chrono::{Duration, NaiveDate};

use super::{alert::Alert, campaign::Campaign, problem::Problem, raw::Setting, schedule::Schedule, secret::SecretRef};
use crate::{
    calendar::{BadCalendar, Calendar},
    document::Timestamp,
    telemetry::LogFormat,
};

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who enters documents.
    pub office: Office,
    /// The watched folder.
    pub folder: Folder,
    /// Where dangri keeps everything that must survive it.
    pub state: PathBuf,
    /// The other side.
    pub platform: Platform,
    /// How documents are sent.
    pub upload: Upload,
    /// The working day.
    pub day: Day,
    /// The campaign of inspections that is on.
    pub campaign: Campaign,
    /// The check.
    pub check: Check,
    /// The journal and its index.
    pub store: Store,
    /// Backups.
    pub backup: Backup,
    /// How long things are kept.
    pub retention: Retention,
    /// The publication of decisions.
    pub publication: Publication,
    /// What recurs.
    pub schedule: Schedules,
    /// The log.
    pub log: Log,
    /// The control socket; a local one.
    pub control_socket: PathBuf,
    /// Where a browser or a watcher may ask.
    pub console: Console,
    /// Who is told, and how.
    pub alert: Alert,
    /// What does not stand in the way but deserves a look.
    pub warnings: Vec<Problem>,
    /// Every setting in force and where it comes from.
    pub settings: Vec<Setting>,
}

/// Who enters documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The authority's name as it stands on documents and reports.
    pub name: String,
    /// The unit inside it that runs this; may be empty.
    pub unit: String,
    /// Its unified social credit code, the `SenderUscc` of contract §3; its check digit is right.
    pub uscc: String,
}

/// What becomes of a draft once its document is entered (promise P4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterEntry {
    /// It stays where it is.
    Leave,
    /// It is moved into this folder, which lies outside the watched one.
    Archive(PathBuf),
}

/// The watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The folder; absolute, or relative to where dangri was started when the configuration was.
    pub path: PathBuf,
    /// The name of the file that proves that the share is there.
    pub marker: String,
    /// How often the whole folder is looked through, on a local disk.
    pub sweep: Duration,
    /// The same, on a network mount, where the system tells nothing.
    pub sweep_network: Duration,
    /// How long a file must stay the same before it counts as finished. Zero is for tests: one look suffices.
    pub settle: Duration,
    /// Larger files are refused without reading, in bytes.
    pub max_file_bytes: u64,
    /// Extensions that are drafts; lower case, without the dot.
    pub take: Vec<String>,
    /// Extensions of office files that are not drafts but whose authors are told how to save them; lower case, without the dot.
    pub advise: Vec<String>,
    /// Whether `<name>.退回原因.txt` is written.
    pub side_files: bool,
    /// Whether `<name>.录入回执.txt` is written.
    pub receipt_files: bool,
    /// Whether `_当日状态.txt` is written into the folder each minute.
    pub status_file: bool,
    /// What becomes of an entered draft.
    pub after_entry: AfterEntry,
}

/// The other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The folder with the platform's profile, schema bundle, code lists and rules.
    pub profile: PathBuf,
    /// Takes the place of the profile's address; without a slash at its end.
    pub base_url: Option<String>,
    /// The account.
    pub app_id: String,
    /// Its shared secret.
    pub secret: SecretRef,
    /// The roots that the platform's certificate must lead to, PEM; the system's when `None`.
    pub ca_file: Option<PathBuf>,
    /// The client certificate (PEM) and its key, where the platform wants one.
    pub client: Option<ClientCertificate>,
    /// The proxy; `http://host:port`.
    pub proxy: Option<String>,
    /// How often results are asked for while anything is on its way.
    pub results: Duration,
}

/// A client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The key, PEM.
    pub key: SecretRef,
}

/// What happens to penalty documents (DESIGN §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PenaltyLane {
    /// They are uploaded like the others.
    Upload,
    /// They are only compared with what the platform shows.
    ReconcileOnly,
}

/// How documents are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// How many requests are under way at once at most.
    pub at_once: NonZeroUsize,
    /// What happens to penalty documents.
    pub penalty_lane: PenaltyLane,
}

/// The working day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// When same-day entry ends, on the inspection's day.
    pub cut_off: DayTime,
    /// The office's own, earlier aim, from which it warns.
    pub target: DayTime,
    /// A folder with calendars newer than the embedded ones.
    pub calendar: Option<PathBuf>,
    /// How the office counts its documents.
    pub serials: Serials,
}

impl Day {
    /// The shipped calendar, and what the office has put beside it.
    ///
    /// # Errors
    /// A file that cannot be taken, as a problem of the configuration.
    pub fn working_days(&self) -> Result<Calendar, Vec<Problem>> {
        let read = || match &self.calendar {
            Some(folder) => Calendar::embedded()?.with_folder(folder),
            None => Calendar::embedded(),
        };
        read().map_err(|found: BadCalendar| {
            let problem = Problem::new("day.calendar_dir", found.to_string(), "请换上完好的日历文件，或者把这一项留空用内置日历");
            vec![problem.saying(&found.path.display().to_string())]
        })
    }
}

/// How an office gives serials (domain.md §1.3); a serial that is left out is a sign that a document is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serials {
    /// The documents of one inspection share a serial, and so do those of one case.
    Shared,
    /// Each kind has a counter of its own.
    Separate,
    /// Nothing is to be concluded from them.
    Off,
}

/// A time of day in Beijing, in minutes after midnight, 24:00 included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime(u16);

impl DayTime {
    /// Reads `20:00` up to `24:00`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |s: &str| {
            let digits = (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
            if digits { s.parse::<u16>().ok() } else { None }
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 24 * 60).then_some(Self(total))
    }

    /// The end of the day.
    pub(super) const fn midnight() -> Self {
        Self(24 * 60)
    }

    /// This time on `day`.
    pub fn on(self, day: NaiveDate) -> Timestamp {
        Timestamp::start_of(day).plus(Duration::minutes(i64::from(self.0)))
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// The check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How many threads judge drafts; `None` for as many as there are cores.
    pub workers: Option<NonZeroUsize>,
}

/// The journal and its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The size of a journal segment in bytes.
    pub segment_bytes: u64,
    /// Below this much free room intake stops, in bytes.
    pub low_water_bytes: u64,
    /// Or below this share of the disk, in percent; the larger counts.
    pub low_water_percent: u8,
}

/// Backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Where they go; `None` for no backups.
    pub path: Option<PathBuf>,
    /// How many are kept.
    pub keep: NonZeroUsize,
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Raw answers of the platform and audit lines are kept this long; 180 days at least (网络安全法).
    pub exchanges: Duration,
    /// Segments of the journal stay beside the store at least this long after the last thing that happened to any document in them.
    pub journal: Duration,
    /// Where they go then; `None` for nowhere, and they stay.
    pub archive: Option<PathBuf>,
}

/// The publication of decisions (行政处罚“双公示”).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// How long after its entry a decision should be public; before that nobody is told that it is not.
    pub appear_within: Duration,
    /// Whether decisions of nothing but 警告 or 通报批评 are lawfully not public (domain.md §2.4).
    pub warnings_exempt: bool,
}

/// What recurs; `None` for never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedules {
    /// Comparing the decisions of the last weeks with the platform's publications.
    pub publication: Option<Schedule>,
    /// The same for all that can still be public.
    pub publication_full: Option<Schedule>,
    /// Asking which schema the platform has in force.
    pub schema_check: Option<Schedule>,
    /// Reading the platform's copies back.
    pub read_back: Option<Schedule>,
    /// Backups.
    pub backup: Option<Schedule>,
    /// Reading the whole journal.
    pub verify: Option<Schedule>,
    /// Carrying old segments of the journal off.
    pub archive: Option<Schedule>,
}

impl Schedules {
    /// Each by the key that sets it.
    pub fn each(&self) -> [(&'static str, Option<&Schedule>); 7] {
        [
            ("publication", self.publication.as_ref()),
            ("publication_full", self.publication_full.as_ref()),
            ("schema_check", self.schema_check.as_ref()),
            ("read_back", self.read_back.as_ref()),
            ("backup", self.backup.as_ref()),
            ("verify", self.verify.as_ref()),
            ("archive", self.archive.as_ref()),
        ]
    }
}

/// The log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// The least weight that is written.
    pub level: tracing::Level,
}

/// Where a browser or a watcher may ask over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// The address to listen at; `None` for not at all.
    pub listen: Option<std::net::SocketAddr>,
    /// Host names besides this machine's own that a request may be addressed to (faults A8.1).
    pub hosts: Vec<String>,
}

/// The longest path that a local socket can have, in bytes.
pub(super) const LONGEST_SOCKET: usize = 107;

/// Whether `inner` lies in `outer` or is it, by their spelling.
pub(super) fn lies_in(inner: &Path, outer: &Path) -> bool {
    !outer.as_os_str().is_empty() && inner.starts_with(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_ends_at_24_00_which_is_the_next_midnight() {
        let day = NaiveDate::from_ymd_opt(2023, 4, 3).unwrap();
        let end = DayTime::parse("24:00").unwrap();
        assert_eq!(end.on(day).to_contract(), "2023-04-04T00:00:00+08:00");
        assert_eq!(DayTime::parse("8:05").unwrap().to_string(), "08:05");
        for wrong in ["24:01", "20", "20:60", "+8:00", "20：00", "123:0"] {
            assert_eq!(DayTime::parse(wrong), None, "{wrong}");
        }
    }
}
