//! What can be seen of the daemon: one snapshot, three renderings (terminal, JSON, console).
//!
//! [`Gatherer`] makes a [`Status`] of what the store holds and what the daemon's loops have put into [`Vitals`]; [`Status::problems`] says
//! what is wrong with it, worst first, and with that the exit code. Everything here is pure but the gathering itself, and nothing prints.

pub mod advice;
pub mod day_text;
pub mod dossier;
mod drift;
pub mod exit;
pub mod gather;
pub mod lights;
pub mod problems;
mod scan;
pub mod story;
pub mod text;
pub mod vitals;
pub mod words;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    day::book::Glance,
    document::{DocumentId, State, Timestamp},
    publication::Figures,
    reconcile::drift::Drift,
};

pub use exit::Exit;
pub use gather::Gatherer;
pub use problems::Problem;
pub use vitals::{Beat, ChannelFacts, FolderFacts, FolderState, GateState, Office, PlatformFacts, SchemaFacts, Vitals};

/// The whole picture at one moment. Within `dangri.status/1` fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// When the picture was taken, by dangri's clock.
    pub at: Timestamp,
    /// The program's version.
    pub version: String,
    /// The office's name.
    pub office: String,
    /// The daemon's process id.
    pub pid: u32,
    /// When the daemon started.
    pub started: Timestamp,
    /// Today's figures.
    pub today: Today,
    /// The watched folder.
    pub folder: FolderFacts,
    /// The platform.
    pub platform: PlatformFacts,
    /// Free bytes on the disk that holds the state folder; `None` until it was looked at.
    pub disk_free_bytes: Option<u64>,
    /// The store.
    pub store: StoreStatus,
    /// How many documents are in each state; states without any are left out.
    pub counts: BTreeMap<State, u64>,
    /// How long the open documents have been where they are.
    pub ages: AgeTable,
    /// What a person must see to.
    pub needs_you: NeedsYou,
    /// What moved under entered documents: on the platform, or in its schema.
    #[serde(default)]
    pub drift: Drift,
    /// How the publication of decisions stands; `None` until it was reckoned.
    #[serde(default)]
    pub publication: Option<Figures>,
    /// The daemon's loops.
    pub loops: Vec<LoopStatus>,
    /// The plan of the day, the forecast and unconfirmed days; `None` until they were looked at.
    #[serde(default)]
    pub day: Option<Glance>,
    /// How the alert channels fare, in the order in which they are configured.
    #[serde(default)]
    pub channels: Vec<ChannelFacts>,
    /// How many alerts go on.
    #[serde(default)]
    pub alerts: u64,
}

/// Today's figures: of the documents whose inspection day is today, except `overdue`, which counts every day's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// The day, in Beijing.
    pub day: NaiveDate,
    /// 应录入: all that are known and neither superseded nor put aside.
    pub expected: u64,
    /// 已录入.
    pub entered: u64,
    /// 上传中: waiting, being sent, or received and not entered yet.
    pub on_the_way: u64,
    /// 退回: unfit or returned by the platform.
    pub sent_back: u64,
    /// 待核实.
    pub unsure: u64,
    /// 暂停, and damaged ones.
    pub held: u64,
    /// 逾期: not entered though the cut-off has passed, whatever the day.
    pub overdue: u64,
    /// When today's documents must be entered at the latest.
    pub cut_off: Timestamp,
    /// The office's own, earlier aim (`[day] target`).
    #[serde(default)]
    pub target: Timestamp,
    /// Whether there were too many documents to look at each; the figures are then lower bounds.
    pub at_least: bool,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct StoreStatus {
    /// Why it is not well, if it is not; in Chinese.
    pub unwell: Option<String>,
    /// The same as the store itself puts it, for those who mend it.
    pub unwell_detail: Option<String>,
    /// How many damaged places it knows of.
    pub damage: u64,
    /// When the last backup ended.
    pub last_backup: Option<Timestamp>,
}

/// The upper edges of the age columns in seconds, and their headings; the last column has no edge.
pub const AGES: [(&str, i64); 6] =
    [("<5分", 300), ("<20分", 1_200), ("<1时", 3_600), ("<6时", 21_600), ("<1日", 86_400), ("1日以上", i64::MAX)];

/// How long open documents have been in their state, in the columns of [`AGES`]: where the column grows, there is the bottleneck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AgeTable {
    /// One row for each state that has any, in the order of a document's life.
    pub rows: Vec<AgeRow>,
}

/// One state's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeRow {
    /// The state.
    pub state: State,
    /// How many in all.
    pub total: u64,
    /// How many of each age, in the columns of [`AGES`].
    pub by_age: [u64; 6],
    /// How many were not looked at one by one, because there are too many.
    pub not_sorted: u64,
}

/// What a person must see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct NeedsYou {
    /// The worst, at most [`NEEDS_SHOWN`].
    pub rows: Vec<Need>,
    /// How many there are in all.
    pub total: u64,
    /// How many of them have been in doubt for longer than [`problems::UNSURE_TOLERATED`].
    pub in_doubt: u64,
}

/// How many documents `needs_you` names one by one.
pub const NEEDS_SHOWN: usize = 10;

/// One document that a person must see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Its id.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// Its state.
    pub state: State,
    /// The state's word.
    pub label: String,
    /// Its kind's Chinese name; empty when it could not be read.
    #[serde(default)]
    pub kind: String,
    /// The officer who drafted it; empty when it could not be read.
    #[serde(default)]
    pub author: String,
    /// Why it is there, in Chinese.
    pub reason: String,
    /// What to do, in Chinese.
    pub advice: String,
    /// Its cut-off.
    pub cut_off: Timestamp,
    /// Whether the cut-off has passed.
    pub overdue: bool,
    /// Since when it is in its state.
    pub since: Timestamp,
}

/// One of the daemon's loops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopStatus {
    /// The name in logs.
    pub name: String,
    /// The word for people.
    pub label: String,
    /// When it last showed that it is alive.
    pub last: Timestamp,
    /// Whether it has been silent for longer than it ever should.
    pub stalled: bool,
}

impl Status {
    /// How many documents are in any of `states`.
    pub fn count(&self, states: &[State]) -> u64 {
        states.iter().filter_map(|s| self.counts.get(s)).sum()
    }
}

#[cfg(test)]
pub(crate) mod samples;
