//! What the daemon's loops know about themselves and the world, put where `status` can see it.
//!
//! Each loop calls a setter when it learns something; nobody waits for anybody. Facts change a few times a second at most, so one lock
//! that is held for a copy is enough.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::LoopStatus;
use crate::{day::book::Glance, document::Timestamp, publication::Figures};

/// What does not change while the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The office's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The process id.
    pub pid: u32,
    /// When the daemon started.
    pub started: Timestamp,
    /// The cut-off, counted from the start of the day: 24 h is midnight.
    pub cut_off: Duration,
    /// The office's own, earlier aim, counted in the same way; from then on what is missing is told of.
    pub target: Duration,
}

/// How the watched folder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderState {
    /// It has not been looked at yet.
    #[default]
    NotSeen,
    /// It is there and is swept.
    Watched,
    /// It is there but its marker is not: most likely the share is not mounted (faults 46).
    NoMarker,
    /// It cannot be read.
    Unavailable,
}

impl FolderState {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSeen => "尚未查看",
            Self::Watched => "正常",
            Self::NoMarker => "标记文件不见了",
            Self::Unavailable => "不可用",
        }
    }
}

/// What is known of the watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FolderFacts {
    /// Its path.
    pub path: String,
    /// How it stands.
    pub state: FolderState,
    /// What went wrong, in Chinese; empty when nothing did.
    pub said: String,
    /// When the last sweep ended.
    pub last_sweep: Option<Timestamp>,
    /// How many files that sweep saw.
    pub files: u64,
    /// How many of them are still being written.
    pub settling: u64,
    /// Why no new draft is taken at present, in Chinese, if that is so (disk low, store unwell).
    pub intake_stopped: Option<String>,
}

/// How the gate to the platform stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Nothing has been sent or asked yet.
    #[default]
    Untried,
    /// Sending.
    Open,
    /// The platform is down; nothing is sent but a probe now and then.
    Down,
    /// A probe is under way, or sending is being taken up again step by step.
    Probing,
    /// The platform refuses our credentials; nothing is sent until a person has acted.
    Refused,
}

impl GateState {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Untried => "尚未联系",
            Self::Open => "正常",
            Self::Down => "连不上",
            Self::Probing => "正在恢复",
            Self::Refused => "不认账号",
        }
    }
}

/// The schema versions on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFacts {
    /// The version of our bundle.
    pub ours: String,
    /// The version that the platform has in force; `None` until it was asked.
    pub theirs: Option<String>,
    /// Whether the platform still accepts ours.
    pub accepted: bool,
}

/// What is known of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlatformFacts {
    /// Its address.
    pub address: String,
    /// How the gate stands.
    pub gate: GateState,
    /// Why, in Chinese: `平台故障（502），14:05 再试`; empty when all is well.
    pub said: String,
    /// Since when it is down.
    pub down_since: Option<Timestamp>,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
    /// How long the last good answer took, in milliseconds.
    pub latency_ms: Option<u64>,
    /// When the last good answer came.
    pub last_success: Option<Timestamp>,
    /// The schema versions.
    pub schema: Option<SchemaFacts>,
    /// The platform's clock minus ours, in milliseconds.
    pub skew_millis: Option<i64>,
    /// How many days the first certificate to expire is still valid, where one is used.
    pub certificate_days: Option<i64>,
}

/// How one alert channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelFacts {
    /// Its name.
    pub name: String,
    /// Whether it counts as failed (operators.md B6: three failures, or ten minutes).
    pub failed: bool,
    /// What it said when it failed last, in Chinese; empty when all is well.
    pub said: String,
    /// When it last delivered.
    pub last_success: Option<Timestamp>,
}

/// A sign of life of one loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The loop's name in logs: `sweep`.
    pub name: &'static str,
    /// The word for people: `巡视目录`.
    pub label: &'static str,
    /// The longest that it may be silent while all is well; a loop that rests until something is due must beat all the same.
    pub longest_silence: Duration,
}

/// Where the loops put what they know.
#[derive(Debug)]
pub struct Vitals {
    office: Office,
    facts: Mutex<Facts>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) folder: FolderFacts,
    pub(super) platform: PlatformFacts,
    pub(super) disk_free_bytes: Option<u64>,
    pub(super) last_backup: Option<Timestamp>,
    pub(super) day: Option<Glance>,
    pub(super) channels: Vec<ChannelFacts>,
    pub(super) alerts: u64,
    pub(super) publication: Option<Figures>,
    beats: Vec<(Beat, Timestamp)>,
}

impl Vitals {
    /// Vitals of which nothing is known yet but the office.
    pub fn new(office: Office) -> Self {
        Self { office, facts: Mutex::default() }
    }

    /// What does not change.
    pub const fn office(&self) -> &Office {
        &self.office
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn facts(&self) -> Facts {
        self.lock().clone()
    }

    /// Changes what is known of the folder.
    pub fn folder(&self, change: impl FnOnce(&mut FolderFacts)) {
        change(&mut self.lock().folder);
    }

    /// Changes what is known of the platform.
    pub fn platform(&self, change: impl FnOnce(&mut PlatformFacts)) {
        change(&mut self.lock().platform);
    }

    /// A good answer came at `at` after `took_ms` milliseconds.
    pub fn answered(&self, at: Timestamp, took_ms: u64) {
        let mut facts = self.lock();
        facts.platform.last_success = Some(at);
        facts.platform.latency_ms = Some(took_ms);
    }

    /// The state folder's disk has `bytes` left.
    pub fn disk_free(&self, bytes: u64) {
        self.lock().disk_free_bytes = Some(bytes);
    }

    /// What is known of the platform.
    pub fn platform_facts(&self) -> PlatformFacts {
        self.lock().platform.clone()
    }

    /// What the day looks like.
    pub fn day(&self, glance: Glance) {
        self.lock().day = Some(glance);
    }

    /// How the publication of decisions stands.
    pub fn publication(&self, figures: Figures) {
        self.lock().publication = Some(figures);
    }

    /// A backup ended well at `at`.
    pub fn backed_up(&self, at: Timestamp) {
        self.lock().last_backup = Some(at);
    }

    /// The alert channels fare like this, and so many alerts go on.
    pub fn alerts(&self, channels: Vec<ChannelFacts>, open: u64) {
        let mut facts = self.lock();
        (facts.channels, facts.alerts) = (channels, open);
    }

    /// A loop shows that it is alive. Its first beat also makes it known.
    pub fn beat(&self, beat: Beat, at: Timestamp) {
        let mut facts = self.lock();
        match facts.beats.iter_mut().find(|(known, _)| known.name == beat.name) {
            Some(known) => *known = (beat, at),
            None => facts.beats.push((beat, at)),
        }
    }

    /// The loops in the order in which they first beat.
    pub fn loops(&self, now: Timestamp) -> Vec<LoopStatus> {
        let facts = self.lock();
        let status = |(beat, last): &(Beat, Timestamp)| LoopStatus {
            name: beat.name.to_owned(),
            label: beat.label.to_owned(),
            last: *last,
            stalled: now.since(*last) > beat.longest_silence,
        };
        facts.beats.iter().map(status).collect()
    }

    /// Whether every loop has beaten in time: what the watchdog is fed on (faults 17).
    pub fn alive(&self, now: Timestamp) -> bool {
        self.loops(now).iter().all(|l| !l.stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_is_silent_for_too_long_is_stalled_until_it_beats_again() {
        let start = Timestamp::from_millis(0);
        let vitals = Vitals::new(Office {
            name: String::new(),
            version: String::new(),
            pid: 1,
            started: start,
            cut_off: Duration::hours(24),
            target: Duration::hours(20),
        });
        assert!(vitals.alive(start));
        let sweep = Beat { name: "sweep", label: "巡视目录", longest_silence: Duration::seconds(60) };
        vitals.beat(sweep, start);
        assert!(vitals.alive(start.plus(Duration::seconds(60))));
        let late = start.plus(Duration::seconds(61));
        assert!(!vitals.alive(late));
        assert_eq!(vitals.loops(late)[0].label, "巡视目录");
        vitals.beat(sweep, late);
        assert!(vitals.alive(late));
        assert_eq!(vitals.loops(late).len(), 1);
    }
}
