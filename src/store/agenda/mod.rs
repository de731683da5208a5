//! What is due, and what waits for what: a view in memory of the index's keys by state, loaded when the store opens.
//!
//! Documents kept back by an earlier one of their case (law 6) stand in no list at all until the front of the case moves on, so that any
//! number of them costs nothing to those who ask what is due.

mod order;

use std::{cmp::Ordering, collections::BTreeSet, ops::Bound};

use self::order::{Kept, Number, Order, Shelf};
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
    /// By cut-off, rank and arrival.
    ready: Order,
    /// By when they wake, and arrival.
    later: Order,
}

fn urgency(shelf: &Shelf) -> impl Fn(Number) -> (Timestamp, u16, Arrival) + '_ {
    |number| urgency_of(&shelf.at(number).item)
}

fn urgency_of(item: &Item) -> (Timestamp, u16, Arrival) {
    (item.cut_off, item.rank, item.arrival)
}

fn waking(shelf: &Shelf) -> impl Fn(Number) -> (Option<Timestamp>, Arrival) + '_ {
    |number| (shelf.at(number).wake, shelf.at(number).item.arrival)
}

impl Way {
    /// Takes in one that wakes.
    fn put(&mut self, shelf: &Shelf, number: Number) {
        if shelf.at(number).wake <= self.asked {
            self.ready.insert(number, urgency(shelf));
        } else {
            self.later.insert(number, waking(shelf));
        }
    }

    /// Lets go of the one that is like `item` and wakes at `wake`.
    fn take(&mut self, shelf: &Shelf, item: &Item, wake: Timestamp) -> Option<Number> {
        if Some(wake) <= self.asked {
            self.ready.remove(&urgency_of(item), urgency(shelf))
        } else {
            self.later.remove(&(Some(wake), item.arrival), waking(shelf))
        }
    }

    fn ask(&mut self, shelf: &Shelf, now: Timestamp) {
        let before = self.asked.replace(now);
        if before.is_some_and(|before| now < before) {
            // The clock stepped back.
            let early: Vec<_> = self.ready.iter().filter(|number| shelf.at(*number).wake > Some(now)).collect();
            for number in early {
                self.ready.remove(&urgency_of(&shelf.at(number).item), urgency(shelf));
                self.later.insert(number, waking(shelf));
            }
        }
        while self.later.first().is_some_and(|number| shelf.at(number).wake <= Some(now)) {
            if let Some(number) = self.later.pop_first() {
                self.ready.insert(number, urgency(shelf));
            }
        }
    }
}

/// A place in a case: the case, rank, arrival.
type InCase = (u64, u16, Arrival);

/// What is due, and what waits for what.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    shelf: Shelf,
    waiting: Way,
    unsure: Way,
    received: Way,
    /// Those of a case that are on their way by themselves, by their place in it.
    moving: Order,
    stuck: BTreeSet<InCase>,
}

fn in_case(item: &Item) -> Option<InCase> {
    item.case.map(|case| (case, item.rank, item.arrival))
}

fn case_order(shelf: &Shelf) -> impl Fn(Number) -> Option<InCase> + '_ {
    |number| in_case(&shelf.at(number).item)
}

impl Agenda {
    /// With these, in any order.
    pub(super) fn load(items: Vec<Item>) -> Self {
        let mut agenda = Self::default();
        let numbers: Vec<_> = items.iter().map(|item| agenda.join(item)).collect();
        drop(items);
        for number in numbers.into_iter().flatten() {
            let item = agenda.shelf.at(number).item;
            let front = agenda.front(item.case);
            agenda.place(number, item.wake(front));
        }
        agenda
    }

    /// A record came, or changed.
    pub(super) fn change(&mut self, old: Option<Item>, new: Item) {
        let front_before = self.front(new.case);
        if let Some(old) = old {
            self.leave(&old, front_before);
        }
        let number = self.join(&new);
        let front = self.front(new.case);
        if let Some(case) = new.case.filter(|_| front != front_before) {
            self.shift(case, front_before, front, new.arrival);
        }
        if let Some(number) = number {
            self.place(number, new.wake(front));
        }
    }

    /// At most `limit` that are due.
    pub(super) fn due(&mut self, state: State, now: Timestamp, limit: usize) -> Vec<Due> {
        let (shelf, Some(way)) = self.way(state) else { return Vec::new() };
        way.ask(shelf, now);
        let due = way.ready.iter().take(limit).map(|number| &shelf.at(number).item);
        due.map(|item| Due { id: item.id, state, cut_off: item.cut_off }).collect()
    }

    /// When the next becomes due.
    pub(super) fn next_due(&mut self, state: State) -> Option<Timestamp> {
        let (shelf, way) = self.way(state);
        way?.later.first().and_then(|number| shelf.at(number).wake)
    }

    /// Takes over what was asked so far from the agenda that this one replaces.
    pub(super) fn asked_like(mut self, other: &Self) -> Self {
        for (mine, theirs) in
            [(&mut self.waiting, &other.waiting), (&mut self.unsure, &other.unsure), (&mut self.received, &other.received)]
        {
            if let Some(now) = theirs.asked {
                mine.ask(&self.shelf, now);
            }
        }
        self
    }

    fn way(&mut self, state: State) -> (&Shelf, Option<&mut Way>) {
        let way = match state {
            State::Waiting => Some(&mut self.waiting),
            State::Unsure => Some(&mut self.unsure),
            State::Received => Some(&mut self.received),
            _ => None,
        };
        (&self.shelf, way)
    }

    /// Puts one where it is found when it wakes.
    fn place(&mut self, number: Number, wake: Option<Timestamp>) {
        let kept = self.shelf.at_mut(number);
        let state = kept.item.state;
        kept.wake = wake.filter(|_| matches!(state, State::Waiting | State::Unsure | State::Received));
        if kept.wake.is_some()
            && let (shelf, Some(way)) = self.way(state)
        {
            way.put(shelf, number);
        } else if self.shelf.at(number).item.case.is_none() {
            // Nothing leads to it any more.
            self.shelf.release(number);
        }
    }

    fn front(&self, case: Option<u64>) -> Front {
        let Some(case) = case else { return Front::default() };
        let first = self.in_case(case, (Bound::Unbounded, Bound::Unbounded)).next();
        let moving = first.map(|number| self.shelf.at(number).item.rank);
        let stuck = self.stuck.range((case, 0, 0)..=(case, u16::MAX, Arrival::MAX)).next().map(|(_, rank, _)| *rank);
        let blocking = match (moving, stuck) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Front { moving, blocking }
    }

    /// Those of a case that are moving, with ranks after the one bound and up to the other.
    fn in_case(&self, case: u64, (after, upto): (Bound<u16>, Bound<u16>)) -> impl Iterator<Item = Number> + '_ {
        let start = match after {
            Bound::Excluded(rank) => (case, rank, Arrival::MAX),
            _ => (case, 0, 0),
        };
        let order = case_order(&self.shelf);
        let before = move |number| match order(number).cmp(&Some(start)) {
            Ordering::Equal => Ordering::Greater,
            other => other,
        };
        self.moving.from(before).take_while(move |number| {
            let item = &self.shelf.at(*number).item;
            item.case == Some(case) && !matches!(upto, Bound::Included(upto) if item.rank > upto)
        })
    }

    /// Puts one on the shelf, if anything is to be found there again, and in its case.
    fn join(&mut self, item: &Item) -> Option<Number> {
        let moves = item.state.is_moving();
        if let (Some(place), false) = (in_case(item), moves)
            && item.state.blocks_its_case()
        {
            self.stuck.insert(place);
        }
        if !moves {
            return None;
        }
        let number = self.shelf.put(Kept { item: *item, wake: None });
        if item.case.is_some() {
            self.moving.insert(number, case_order(&self.shelf));
        }
        Some(number)
    }

    /// Forgets one that was in a case with such a front.
    fn leave(&mut self, old: &Item, front: Front) {
        if let Some(place) = in_case(old) {
            self.stuck.remove(&place);
        }
        if !old.state.is_moving() {
            return;
        }
        let of_case = in_case(old).and_then(|place| self.moving.remove(&Some(place), case_order(&self.shelf)));
        // What a case knows of it is newer than what its caller does.
        let known = of_case.map_or(*old, |number| self.shelf.at(number).item);
        let wake = of_case.map_or_else(|| old.wake(front), |number| self.shelf.at(number).wake);
        let of_way = match (wake, self.way(known.state)) {
            (Some(wake), (shelf, Some(way))) => way.take(shelf, &known, wake),
            _ => None,
        };
        if let Some(number) = of_case.or(of_way) {
            self.shelf.release(number);
        }
    }

    /// The front of a case moved: those whose turn it concerns find their new places. `except` is placed by the caller.
    fn shift(&mut self, case: u64, before: Front, after: Front, except: Arrival) {
        let ranks =
            [before.moving, after.moving, before.blocking, after.blocking].map(|rank| rank.map_or(u32::from(u16::MAX) + 1, u32::from));
        let (low, high) = ranks.iter().fold((u32::MAX, 0), |(low, high), r| (low.min(*r), high.max(*r)));
        let upper = u16::try_from(high).unwrap_or(u16::MAX);
        let Ok(lower) = u16::try_from(low) else { return };
        let waits = |number: &Number| {
            let item = &self.shelf.at(*number).item;
            item.state == State::Waiting && item.arrival != except
        };
        let concerned: Vec<_> = self.in_case(case, (Bound::Excluded(lower), Bound::Included(upper))).filter(waits).collect();
        for number in concerned {
            let Kept { item, wake } = *self.shelf.at(number);
            let now = item.wake(after);
            if wake != now {
                if let Some(wake) = wake {
                    self.waiting.take(&self.shelf, &item, wake);
                }
                self.place(number, now);
            }
        }
    }
}
