//! One episode: from when something is raised until it is over.

use std::collections::BTreeSet;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Condition, Key, Kind, Level},
    document::Timestamp,
};

/// How long 认领 stops repeats and escalation.
pub(super) const CLAIM: Duration = Duration::hours(2);
/// How many lines of an episode are kept to be shown.
const LINES: usize = 10;

/// How far up an episode has been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 经办人/群.
    #[default]
    Group,
    /// 科室负责人.
    Head,
    /// 分管领导.
    Leader,
}

impl Step {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Group => "经办人",
            Self::Head => "科室负责人",
            Self::Leader => "分管领导",
        }
    }
}

/// A rung of the ladder before a cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// T−4 h.
    FourHours,
    /// T−2 h.
    TwoHours,
    /// T−30 min; a claim does not stop it.
    HalfHour,
}

impl Rung {
    /// From the first to the last.
    pub const ALL: [Self; 3] = [Self::FourHours, Self::TwoHours, Self::HalfHour];

    /// How long before the cut-off.
    pub const fn before(self) -> Duration {
        match self {
            Self::FourHours => Duration::hours(4),
            Self::TwoHours => Duration::hours(2),
            Self::HalfHour => Duration::minutes(30),
        }
    }

    /// 黄, 橙, 红; before a cut-off at midnight 红 by definition, for it lies in the quiet hours.
    pub fn level(self, cut_off: Timestamp) -> Level {
        let midnight = cut_off == Timestamp::start_of(cut_off.beijing_day());
        match self {
            _ if midnight => Level::Red,
            Self::FourHours => Level::Yellow,
            Self::TwoHours => Level::Orange,
            Self::HalfHour => Level::Red,
        }
    }
}

/// Who has taken an episode upon himself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub by: String,
    /// When; it holds for two hours.
    pub at: Timestamp,
}

/// One object of an episode as messages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The object.
    pub object: String,
    /// What is said of it.
    pub said: String,
    /// Whom of the people it concerns first.
    #[serde(default)]
    pub concerns: Option<String>,
}

/// Something that is wrong, from when it is raised until it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// `A-1123-07`, so that a repeat is seen as one.
    pub id: String,
    /// What it is about.
    pub key: Key,
    /// Since when.
    pub began: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Whether the cut-off that it looked ahead to ended it: what it was about is overdue now, or absent for good, and not well.
    #[serde(default)]
    pub lapsed: bool,
    /// How loud it is now.
    pub level: Level,
    /// How loud it was at its worst.
    pub peak: Level,
    /// The first of its objects, the worst first.
    pub lines: Vec<Line>,
    /// How many objects it has.
    pub count: u64,
    /// What to do.
    pub advice: String,
    /// The cut-off that it is about.
    pub cut_off: Option<Timestamp>,
    /// The objects that have been told, by a short hash.
    pub known: BTreeSet<u32>,
    /// When it was first handed out.
    pub told: Option<Timestamp>,
    /// When it was last.
    pub last_told: Option<Timestamp>,
    /// How loud it was then.
    pub told_level: Level,
    /// How often it was told again.
    pub repeats: u32,
    /// Whether any channel has delivered any of it.
    pub delivered: bool,
    /// How far up it has been taken.
    pub step: Step,
    /// Who has taken it upon himself; the last one.
    pub claim: Option<Claim>,
    /// Whether it keeps coming back.
    pub flapping: bool,
    /// How many looks have missed it since it was last seen.
    pub missed: u8,
    /// Since when it is missed.
    pub missed_since: Option<Timestamp>,
    /// The look that missed it last.
    pub missed_at: Option<Timestamp>,
    /// Whether all of it can wait for the digest.
    pub can_wait: bool,
}

impl Episode {
    pub(super) fn begun(id: String, key: Key, now: Timestamp) -> Self {
        Self {
            id,
            key,
            began: now,
            ended: None,
            lapsed: false,
            level: Level::Info,
            peak: Level::Info,
            lines: Vec::new(),
            count: 0,
            advice: String::new(),
            cut_off: None,
            known: BTreeSet::new(),
            told: None,
            last_told: None,
            told_level: Level::Info,
            repeats: 0,
            delivered: false,
            step: Step::Group,
            claim: None,
            flapping: false,
            missed: 0,
            missed_since: None,
            missed_at: None,
            can_wait: false,
        }
    }

    /// Takes in what is seen of it now, the earliest-ripe first.
    pub(super) fn see(&mut self, seen: &[&Condition], now: Timestamp) {
        (self.missed, self.missed_since, self.missed_at) = (0, None, None);
        let since = seen.iter().filter_map(|c| c.since).min();
        self.began = self.began.min(since.unwrap_or(self.began)).min(now);
        let level = seen.iter().map(|c| c.level).max().unwrap_or(self.level);
        // The ladder's level is that of the rung it has come to.
        self.level = if self.key.kind == Kind::Deadline { level.max(self.level) } else { level };
        self.peak = self.peak.max(self.level);
        self.count = seen.iter().map(|c| c.count).sum();
        self.cut_off = seen.iter().find_map(|c| c.cut_off);
        self.advice = seen.first().map_or_else(String::new, |c| c.advice.clone());
        self.can_wait = seen.iter().all(|c| c.can_wait);
        let line = |c: &&Condition| Line { object: c.object.clone(), said: c.line.clone(), concerns: c.concerns.clone() };
        self.lines = seen.iter().take(LINES).map(line).collect();
        let present: BTreeSet<u32> = seen.iter().map(|c| mark(&c.object)).collect();
        self.known.retain(|known| present.contains(known));
        // A clock that was set back must not put off what is due by the old one.
        self.told = self.told.map(|at| at.min(now));
        self.last_told = self.last_told.map(|at| at.min(now));
        if let Some(claim) = &mut self.claim {
            claim.at = claim.at.min(now);
        }
    }

    /// Ends it at `at`, as seen when the stricter of the clocks showed `strict`.
    pub(super) fn end(&mut self, at: Timestamp, strict: Timestamp) {
        self.ended = Some(at);
        // A cut-off that passes does not make things well.
        let near = matches!(self.key.kind, Kind::Deadline | Kind::Forecast | Kind::Absent);
        self.lapsed = near && self.cut_off.is_some_and(|cut_off| cut_off <= strict);
    }

    /// Until when repeats and escalation rest.
    pub fn claimed_until(&self) -> Option<Timestamp> {
        self.claim.as_ref().map(|claim| claim.at.plus(CLAIM))
    }

    /// Whether somebody has it in hand at `now`.
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        self.claimed_until().is_some_and(|until| now < until)
    }

    /// All objects count as told from now on.
    pub(super) fn mark_told(&mut self, now: Timestamp, objects: impl Iterator<Item = u32>) {
        self.told.get_or_insert(now);
        self.last_told = Some(now);
        self.told_level = self.level;
        self.known.extend(objects);
    }
}

/// A short hash of an object's name.
pub(super) fn mark(object: &str) -> u32 {
    crc32c::crc32c(object.as_bytes())
}
