//! The policy, word by word, over whole months: time is a number here.

mod ladder;
mod manners;

use std::collections::BTreeSet;

use chrono::Duration;

use super::*;
use crate::{
    alert::{Condition, Kind, Observation},
    calendar::Calendar,
    config::DayTime,
};

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{text}:00+08:00")).unwrap()
}

fn hours() -> Hours {
    let time = |text| DayTime::parse(text).unwrap();
    Hours {
        calendar: Calendar::embedded().unwrap(),
        quiet_from: time("20:00"),
        quiet_to: time("08:00"),
        digest: time("08:30"),
        reassure: None,
    }
}

/// An office whose world is set by hand and looked at every twenty seconds.
pub(super) struct World {
    pub(super) ledger: Ledger,
    pub(super) hours: Hours,
    pub(super) now: Timestamp,
    /// What is wrong.
    pub(super) wrong: Vec<Condition>,
    pub(super) unseen: BTreeSet<Kind>,
    /// What went out: when, and what.
    pub(super) told: Vec<(Timestamp, Dispatch)>,
    /// Whether channels deliver.
    pub(super) delivers: bool,
    /// Whether the program is started again at every look.
    pub(super) restarts: bool,
}

impl World {
    pub(super) fn at(text: &str) -> Self {
        Self {
            ledger: Ledger::default(),
            hours: hours(),
            now: at(text),
            wrong: Vec::new(),
            unseen: BTreeSet::new(),
            told: Vec::new(),
            delivers: true,
            restarts: false,
        }
    }

    /// Looks once, now.
    pub(super) fn look(&mut self) {
        if self.restarts {
            self.restart();
        }
        let seen = Observation { conditions: self.wrong.clone(), unseen: self.unseen.clone(), ..Observation::default() };
        let dispatches = self.ledger.look(&seen, self.now, self.now, &self.hours);
        for dispatch in dispatches {
            if self.delivers {
                let ids: Vec<String> = dispatch.episodes.iter().map(|t| t.id.clone()).collect();
                self.ledger.delivered(&ids, self.now, &self.hours);
            }
            self.told.push((self.now, dispatch));
        }
    }

    /// Everything is written down and read back, as by another process.
    fn restart(&mut self) {
        let open = self.ledger.open.values().map(|e| serde_json::to_string(e).unwrap()).collect::<Vec<_>>();
        let past = self.ledger.past.iter().map(|e| serde_json::to_string(e).unwrap()).collect::<Vec<_>>();
        let rest = serde_json::to_string(&self.ledger.rest).unwrap();
        let read = |text: &String| serde_json::from_str::<Episode>(text).unwrap();
        self.ledger = Ledger {
            open: open.iter().map(read).map(|e| (e.key.clone(), e)).collect(),
            past: past.iter().map(read).collect(),
            rest: serde_json::from_str(&rest).unwrap(),
        };
    }

    /// Looks every twenty seconds until a moment.
    pub(super) fn until(&mut self, text: &str) {
        let end = at(text);
        while self.now < end {
            self.look();
            self.now = self.now.plus(Duration::seconds(20)).min(end);
        }
        self.look();
    }

    /// What went out, a line each: `11-23 13:30:20 Alert 黄 Group Rung(FourHours)`.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(at, dispatch): &(Timestamp, Dispatch)| {
            let told: Vec<_> = dispatch.episodes.iter().map(|t| format!("{} {:?}", t.id, t.why)).collect();
            let (time, level) = (at.beijing().format("%m-%d %H:%M:%S"), dispatch.level.label());
            format!("{time} {:?} {level} {:?} {}", dispatch.form, dispatch.step, told.join(", "))
        };
        self.told.iter().map(line).collect()
    }
}

/// A condition of one object.
pub(super) fn wrong(kind: Kind, level: Level) -> Condition {
    Condition::new(kind, level, "", kind.label())
}

/// A document that is not entered before its cut-off; what the eye would say of it at `now`.
pub(super) fn document(name: &str, cut_off: &str, seen: &str, now: Timestamp) -> Option<Condition> {
    let (cut_off, seen) = (at(cut_off), at(seen));
    let kind = if cut_off <= now { Kind::Overdue } else { Kind::Deadline };
    let near = cut_off.since(now) <= Duration::hours(4);
    let level = if kind == Kind::Overdue { Level::Red } else { Level::Yellow };
    near.then(|| Condition::new(kind, level, name, name).before(cut_off).since(seen))
}
