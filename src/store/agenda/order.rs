//! Many documents in few bytes: each is kept once, and lists of them are numbers in order.
//!
//! A hundred thousand may wait, and each stands in two lists. In trees that hold what they sort by, each of those places costs some ninety
//! bytes; here it is four, and what is sorted by stands once on the [`Shelf`].

use std::cmp::Ordering;

use super::Item;
use crate::document::Timestamp;

/// So many numbers of a list lie together at most; half as many after they were divided.
const TOGETHER: usize = 512;
/// So many documents lie together.
const BOARD: usize = 1024;

/// The number of a document on its shelf.
pub(super) type Number = u32;

/// A document, and when it wakes; `None` while it stands in no list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub item: Item,
    pub wake: Option<Timestamp>,
}

/// Documents by number.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    boards: Vec<Vec<Kept>>,
    free: Vec<Number>,
}

impl Shelf {
    fn place(number: Number) -> (usize, usize) {
        let at = number as usize;
        (at / BOARD, at % BOARD)
    }

    pub(super) fn put(&mut self, kept: Kept) -> Number {
        if let Some(number) = self.free.pop() {
            *self.at_mut(number) = kept;
            return number;
        }
        if self.boards.last().is_none_or(|board| board.len() == BOARD) {
            self.boards.push(Vec::with_capacity(BOARD));
        }
        let before = (self.boards.len() - 1) * BOARD;
        let board = &mut self.boards[before / BOARD];
        board.push(kept);
        Number::try_from(before + board.len() - 1).unwrap_or(Number::MAX)
    }

    pub(super) fn at(&self, number: Number) -> &Kept {
        let (board, at) = Self::place(number);
        &self.boards[board][at]
    }

    pub(super) fn at_mut(&mut self, number: Number) -> &mut Kept {
        let (board, at) = Self::place(number);
        &mut self.boards[board][at]
    }

    /// The number may be given anew.
    pub(super) fn release(&mut self, number: Number) {
        self.free.push(number);
    }
}

/// Numbers in the order of what a function makes of them; always the same function, and no two with the same outcome.
#[derive(Debug, Default)]
pub(super) struct Order {
    chunks: Vec<Vec<Number>>,
}

impl Order {
    /// Where `key` stands, or would: the chunk, and the place in it.
    fn find<K: Ord>(&self, key: &K, of: impl Fn(Number) -> K) -> (usize, Result<usize, usize>) {
        let chunk = self.chunks.partition_point(|chunk| of(chunk[0]) <= *key).saturating_sub(1);
        let at = self.chunks.get(chunk).map_or(Err(0), |chunk| chunk.binary_search_by(|number| of(*number).cmp(key)));
        (chunk, at)
    }

    pub(super) fn insert<K: Ord>(&mut self, number: Number, of: impl Fn(Number) -> K) {
        let (mut chunk, at) = self.find(&of(number), &of);
        let Err(mut at) = at else { return };
        let Some(here) = self.chunks.get_mut(chunk) else { return self.chunks.push(vec![number]) };
        if here.len() == TOGETHER {
            // Most come last; those fill one chunk after the other.
            let tail = if at == TOGETHER { Vec::with_capacity(TOGETHER) } else { here.split_off(TOGETHER / 2) };
            if at >= here.len() {
                at -= here.len();
                chunk += 1;
                self.chunks.insert(chunk, tail);
            } else {
                self.chunks.insert(chunk + 1, tail);
            }
        }
        self.chunks[chunk].insert(at, number);
    }

    /// Takes out what stands at `key`.
    pub(super) fn remove<K: Ord>(&mut self, key: &K, of: impl Fn(Number) -> K) -> Option<Number> {
        let (chunk, at) = self.find(key, of);
        let number = self.chunks.get_mut(chunk)?.remove(at.ok()?);
        self.tidy(chunk);
        Some(number)
    }

    pub(super) fn pop_first(&mut self) -> Option<Number> {
        let number = self.chunks.first_mut()?.remove(0);
        self.tidy(0);
        Some(number)
    }

    /// An empty chunk goes, and a small one joins the next.
    fn tidy(&mut self, chunk: usize) {
        let next = self.chunks.get(chunk + 1).map_or(TOGETHER, Vec::len);
        match self.chunks[chunk].len() {
            0 => drop(self.chunks.remove(chunk)),
            here if here + next <= TOGETHER / 2 => {
                let next = self.chunks.remove(chunk + 1);
                self.chunks[chunk].extend(next);
            }
            _ => {}
        }
    }

    pub(super) fn first(&self) -> Option<Number> {
        self.chunks.first().map(|chunk| chunk[0])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Number> + '_ {
        self.chunks.iter().flatten().copied()
    }

    /// All from the first on that does not come before what `place` says.
    pub(super) fn from(&self, place: impl Fn(Number) -> Ordering) -> impl Iterator<Item = Number> + '_ {
        let chunk = self.chunks.partition_point(|chunk| place(chunk[0]).is_lt()).saturating_sub(1);
        let at = self.chunks.get(chunk).map_or(0, |chunk| chunk.partition_point(|number| place(*number).is_lt()));
        self.chunks.get(chunk..).unwrap_or_default().iter().flatten().skip(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_order_holds_what_a_tree_would(steps in proptest::collection::vec((any::<bool>(), 0_u32..6_000), 1..6_000), backwards: bool) {
            let of = |number: Number| if backwards { u32::MAX - number } else { number };
            let (mut order, mut tree) = (Order::default(), BTreeSet::new());
            for (comes, number) in steps {
                if comes {
                    order.insert(number, of);
                    tree.insert(of(number));
                } else {
                    prop_assert_eq!(order.remove(&of(number), of).is_some(), tree.remove(&of(number)));
                }
            }
            let held = |numbers: Vec<Number>| numbers.into_iter().map(of).collect::<Vec<_>>();
            prop_assert_eq!(held(order.iter().collect()), tree.iter().copied().collect::<Vec<_>>());
            let middle = of(3_000);
            prop_assert_eq!(held(order.from(|number| of(number).cmp(&middle)).collect()), tree.range(middle..).copied().collect::<Vec<_>>());
            while let Some(first) = order.pop_first() {
                prop_assert_eq!(Some(of(first)), tree.pop_first());
                prop_assert!(order.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= TOGETHER));
            }
            prop_assert!(tree.is_empty());
        }
    }

    #[test]
    fn those_that_come_in_order_leave_no_room_between_them() {
        let mut order = Order::default();
        (0..5_120).for_each(|number| order.insert(number, |number| number));
        assert_eq!(order.chunks.len(), 10);
    }
}
