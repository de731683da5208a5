//! The policy of operators' manual B6: conditions become episodes, and episodes are told. Pure: time is passed in, and the whole state can
//! be written down and read back at any moment, so that a restart changes nothing.
//!
//! ```text
//! conditions ─ ripe ─► episode ─ rung, begun, joined, rose, again, escalated ─► waiting 30 s ─► one message a level ─► outbox
//!                        │                               └─ quiet hours, can wait ─► the morning's digest ──────────────┘
//!                        └─ missed long enough ─► past ─ delivered before? ─► resolved
//! ```

mod acts;
mod episode;
mod look;
mod telling;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Hours, Key, Level};
use crate::document::Timestamp;

pub use acts::{NotDone, Silence};
pub use episode::{Claim, Episode, Rung, Step};
pub use telling::{Dispatch, Form, Told, Why};

/// How many past episodes are remembered.
const PAST: usize = 300;

/// All episodes, and what of them is still to be told.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Those that go on.
    pub open: BTreeMap<Key, Episode>,
    /// Those that are over, the newest last.
    pub past: VecDeque<Episode>,
    /// Everything else.
    pub rest: Rest,
}

/// What the ledger remembers besides episodes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rest {
    /// What has been seen but not for long enough, since when, at how many looks, the last of them.
    #[serde(default)]
    budding: Vec<Bud>,
    /// The rungs told before each cut-off, by the cut-off.
    #[serde(default)]
    ladders: BTreeMap<String, BTreeSet<Rung>>,
    /// When episodes of a key began within the last hour.
    #[serde(default)]
    starts: Vec<(Key, Timestamp)>,
    /// What is to go out together.
    #[serde(default)]
    waiting: Vec<telling::Group>,
    /// Episodes that wait for the morning, by id.
    #[serde(default)]
    digest: BTreeSet<String>,
    /// The day of the last digest.
    #[serde(default)]
    digested: Option<NaiveDate>,
    /// The day on which it was last said that all is well.
    #[serde(default)]
    reassured: Option<NaiveDate>,
    /// What is not to be told of for a while.
    #[serde(default)]
    pub silences: Vec<Silence>,
    /// The day of the last number given to an episode, and the number.
    #[serde(default)]
    numbered: Option<(NaiveDate, u32)>,
}

/// Something seen that has not lasted long enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Bud {
    key: Key,
    object: String,
    since: Timestamp,
    looks: u8,
    looked: Timestamp,
}

impl Ledger {
    /// The episode of this id, going on or over.
    pub fn episode(&self, id: &str) -> Option<&Episode> {
        self.open.values().find(|e| e.id == id).or_else(|| self.past.iter().rev().find(|e| e.id == id))
    }

    fn open_mut(&mut self, id: &str) -> Option<&mut Episode> {
        self.open.values_mut().find(|e| e.id == id)
    }

    /// `A-1123-07`: the day, and a number that begins anew each day.
    fn number(&mut self, now: Timestamp) -> String {
        let day = now.beijing_day();
        // A clock that was set back goes on counting where it was on that day, or an id could be given twice.
        let same = format!("A-{}-", day.format("%m%d"));
        let used = self.open.values().chain(&self.past).filter_map(|e| e.id.strip_prefix(&same)?.parse::<u32>().ok()).max();
        let last = self.rest.numbered.filter(|(numbered, _)| *numbered == day).map(|(_, n)| n);
        let next = used.max(last).unwrap_or(0) + 1;
        self.rest.numbered = Some((day, next));
        format!("{same}{next:02}")
    }

    /// When a look is worth while without anything new being seen; never later than `at_most`.
    pub fn next_look(&self, now: Timestamp, at_most: Timestamp, hours: &Hours) -> Timestamp {
        let groups = self.rest.waiting.iter().map(|group| group.since.plus(telling::TOGETHER));
        let today = [hours.digest_today(now), hours.reassure.map(|time| time.on(now.beijing_day()))];
        let cut_offs = self.open.values().filter_map(|e| e.cut_off);
        let rungs = cut_offs.flat_map(|cut_off| Rung::ALL.map(|rung| cut_off.plus(-rung.before())).into_iter().chain([cut_off]));
        let moments = groups.chain(today.into_iter().flatten()).chain(rungs);
        moments.filter(|moment| *moment > now).min().map_or(at_most, |next| next.min(at_most))
    }

    /// The worst level that goes on.
    pub fn worst(&self) -> Level {
        self.open.values().map(|e| e.level).max().unwrap_or_default()
    }
}
