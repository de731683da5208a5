//! What is due, and what waits for what: a view in memory of the index's keys by state, loaded when the store opens.
//!
//! Documents kept back by an earlier one of their case (law 6) stand in no list at all until the front of the case moves on, so that any
//! number of them costs nothing to those who ask what is due.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use super::{
    Due,
    keys::{self, Arrival},
};
use crate::document::{DocumentId, Record, State, Timestamp};

/// What the agenda must know of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub id: DocumentId,
    pub state: State,
    pub due: Timestamp,
    pub cut_off: Timestamp,
    pub rank: u16,
    pub arrival: Arrival,
    pub case: Option<u64>,
}

impl Item {
    pub(super) fn of(record: &Record, arrival: Arrival) -> Self {
        Self {
            id: record.id(),
            state: record.state,
            due: record.due,
            cut_off: record.birth.cut_off,
            rank: keys::rank(record),
            arrival,
            case: keys::case(record),
        }
    }

    fn wake(&self, front: Front) -> Option<Timestamp> {
        match self.state {
            State::Waiting => keys::waiting_wake(self.due, self.cut_off, self.rank, front.moving, front.blocking),
            State::Unsure | State::Received => Some(self.due),
            _ => None,
        }
    }
}

/// The lowest ranks of a case: of a document on its way by itself, and of one that keeps later ones back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Front {
    moving: Option<u16>,
    blocking: Option<u16>,
}

/// Those of one state.
#[derive(Debug, Default)]
struct Way {
    /// The `now` of the last question; what wakes by then is ready.
    asked: Option<Timestamp>,
    ready: BTreeMap<(Timestamp, u16, Arrival), (Timestamp, DocumentId)>,
    later: BTreeMap<(Timestamp, Arrival), (Timestamp, u16, DocumentId)>,
}

impl Way {
    fn put(&mut self, item: &Item, wake: Timestamp) {
        if Some(wake) <= self.asked {
            self.ready.insert((item.cut_off, item.rank, item.arrival), (wake, item.id));
        } else {
            self.later.insert((wake, item.arrival), (item.cut_off, item.rank, item.id));
        }
    }

    fn take(&mut self, item: &Item, wake: Timestamp) {
        if Some(wake) <= self.asked {
            self.ready.remove(&(item.cut_off, item.rank, item.arrival));
        } else {
            self.later.remove(&(wake, item.arrival));
        }
    }

    fn ask(&mut self, now: Timestamp) {
        let before = self.asked.replace(now);
        if before.is_some_and(|before| now < before) {
            // The clock stepped back.
            let early: Vec<_> = self.ready.iter().filter(|(_, (wake, _))| *wake > now).map(|(k, v)| (*k, *v)).collect();
            for ((cut_off, rank, arrival), (wake, id)) in early {
                self.ready.remove(&(cut_off, rank, arrival));
                self.later.insert((wake, arrival), (cut_off, rank, id));
            }
        }
        let still_later = self.later.split_off(&(now.plus(chrono::Duration::milliseconds(1)), 0));
        for ((wake, arrival), (cut_off, rank, id)) in std::mem::replace(&mut self.later, still_later) {
            self.ready.insert((cut_off, rank, arrival), (wake, id));
        }
    }
}

/// A place in a case: the case, rank, arrival.
type InCase = (u64, u16, Arrival);

/// What is due, and what waits for what.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    waiting: Way,
    unsure: Way,
    received: Way,
    moving: BTreeMap<InCase, Option<(Timestamp, Timestamp, DocumentId)>>,
    stuck: BTreeSet<InCase>,
}

impl Agenda {
    /// With these, in any order.
    pub(super) fn load(items: Vec<Item>) -> Self {
        let mut agenda = Self::default();
        for item in &items {
            agenda.join_case(item);
        }
        for item in items {
            let front = agenda.front(item.case);
            agenda.place(&item, item.wake(front));
        }
        agenda
    }

    /// A record came, or changed.
    pub(super) fn change(&mut self, old: Option<Item>, new: Item) {
        let front_before = self.front(new.case);
        if let Some(old) = old {
            if let (Some(wake), Some(way)) = (old.wake(front_before), self.way(old.state)) {
                way.take(&old, wake);
            }
            self.leave_case(&old);
        }
        self.join_case(&new);
        let front = self.front(new.case);
        if let Some(case) = new.case.filter(|_| front != front_before) {
            self.shift(case, front_before, front, new.arrival);
        }
        self.place(&new, new.wake(front));
    }

    /// At most `limit` that are due.
    pub(super) fn due(&mut self, state: State, now: Timestamp, limit: usize) -> Vec<Due> {
        let Some(way) = self.way(state) else { return Vec::new() };
        way.ask(now);
        let due = way.ready.iter().take(limit);
        due.map(|((cut_off, ..), (_, id))| Due { id: *id, state, cut_off: *cut_off }).collect()
    }

    /// When the next becomes due.
    pub(super) fn next_due(&mut self, state: State) -> Option<Timestamp> {
        self.way(state)?.later.first_key_value().map(|((wake, _), _)| *wake)
    }

    /// Takes over what was asked so far from the agenda that this one replaces.
    pub(super) fn asked_like(mut self, other: &Self) -> Self {
        for (mine, theirs) in
            [(&mut self.waiting, &other.waiting), (&mut self.unsure, &other.unsure), (&mut self.received, &other.received)]
        {
            if let Some(now) = theirs.asked {
                mine.ask(now);
            }
        }
        self
    }

    fn way(&mut self, state: State) -> Option<&mut Way> {
        match state {
            State::Waiting => Some(&mut self.waiting),
            State::Unsure => Some(&mut self.unsure),
            State::Received => Some(&mut self.received),
            _ => None,
        }
    }

    fn place(&mut self, item: &Item, wake: Option<Timestamp>) {
        if let (Some(wake), Some(way)) = (wake, self.way(item.state)) {
            way.put(item, wake);
        }
    }

    fn front(&self, case: Option<u64>) -> Front {
        let Some(case) = case else { return Front::default() };
        let all = (case, 0, 0)..=(case, u16::MAX, Arrival::MAX);
        let moving = self.moving.range(all.clone()).next().map(|((_, rank, _), _)| *rank);
        let stuck = self.stuck.range(all).next().map(|(_, rank, _)| *rank);
        let blocking = match (moving, stuck) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Front { moving, blocking }
    }

    fn join_case(&mut self, item: &Item) {
        let Some(case) = item.case else { return };
        let place = (case, item.rank, item.arrival);
        if item.state.is_moving() {
            let waits = (item.state == State::Waiting).then_some((item.due, item.cut_off, item.id));
            self.moving.insert(place, waits);
        } else if item.state.blocks_its_case() {
            self.stuck.insert(place);
        }
    }

    fn leave_case(&mut self, item: &Item) {
        let Some(case) = item.case else { return };
        let place = (case, item.rank, item.arrival);
        self.moving.remove(&place);
        self.stuck.remove(&place);
    }

    /// The front of a case moved: those whose turn it concerns find their new places. `except` is placed by the caller.
    fn shift(&mut self, case: u64, before: Front, after: Front, except: Arrival) {
        let ranks =
            [before.moving, after.moving, before.blocking, after.blocking].map(|rank| rank.map_or(u32::from(u16::MAX) + 1, u32::from));
        let (low, high) = ranks.iter().fold((u32::MAX, 0), |(low, high), r| (low.min(*r), high.max(*r)));
        let upper = u16::try_from(high).unwrap_or(u16::MAX);
        let Ok(lower) = u16::try_from(low) else { return };
        let range = (Bound::Excluded((case, lower, Arrival::MAX)), Bound::Included((case, upper, Arrival::MAX)));
        let concerned: Vec<Item> = self
            .moving
            .range(range)
            .filter(|((_, _, arrival), _)| *arrival != except)
            .filter_map(|(&(case, rank, arrival), waits)| {
                let (due, cut_off, id) = (*waits)?;
                Some(Item { id, state: State::Waiting, due, cut_off, rank, arrival, case: Some(case) })
            })
            .collect();
        for item in concerned {
            let (was, is) = (item.wake(before), item.wake(after));
            if was != is {
                if let Some(wake) = was {
                    self.waiting.take(&item, wake);
                }
                self.place(&item, is);
            }
        }
    }
}
