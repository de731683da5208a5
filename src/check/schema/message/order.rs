//! Elements that stand in another order than the form's.

use std::collections::HashSet;

use super::{
    Words, finding,
    second::Edit,
    structure::{Told, is},
};
use crate::check::{schema::Field, tree::Node};

/// So many misplaced children of one element are told; whoever mends those will have seen the order.
const MOST: usize = 20;

/// The misplaced children, as few as will put all in order, and how to move them. What `told` puts in goes where the moved ones leave it.
///
/// Done one after the other as they are told, the moves give the form's order.
pub(super) fn out_of_order(parent: &Node<'_>, wanted: &[Field<'_>], told: &mut [Told]) -> Vec<Told> {
    let gone: HashSet<usize> = told.iter().flat_map(|told| &told.edits).filter_map(removed).collect();
    let rank = |node: Node<'_>| wanted.iter().position(|field| is(&node, field));
    let children: Vec<Node<'_>> = parent.children().filter(|child| !gone.contains(&child.offset())).collect();
    // An element of which the form says nothing may stand anywhere or not; then nothing can be said of the order.
    let Some(ranks) = children.iter().map(|child| rank(*child)).collect::<Option<Vec<usize>>>() else {
        return Vec::new();
    };
    let stays = longest_run(&ranks);
    let misplaced: Vec<usize> = (0..ranks.len()).filter(|child| !stays[*child]).collect();
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|child| ranks[*child]);
    let say = |child: &usize| {
        let here = children[*child];
        let place = order.iter().position(|other| other == child).unwrap_or_default();
        // Only what stays, or was moved before it, stands where it belongs when this one is moved.
        let known = |other: &&usize| ranks[**other] != ranks[*child] && (stays[**other] || *other < child);
        let next = order[place..].iter().find(known);
        let before = order[..place].iter().rev().find(known);
        let (other, side) = match (next, before) {
            (Some(next), _) if next < child => (next, "之前"),
            (_, Some(before)) => (before, "之后"),
            (Some(next), None) => (next, "之前"),
            (None, None) => (child, "原处"),
        };
        let other = children[*other].label();
        let words = Words {
            message: format!("“{}”的位置不对", here.label()),
            wanted: format!("放在“{other}”{side}"),
            advice: format!("请把“{}”移到“{other}”{side}。", here.label()),
        };
        Told::new(here.offset(), finding("order", here.place(), here.path(), here.label(), here.text(), words))
    };
    let mut said: Vec<Told> = misplaced.iter().take(MOST).map(say).collect();
    if let (Some(first), Some(last)) = (said.first_mut(), children.last()) {
        first.edits = moves(&children, &ranks, &stays, last.span().end, told);
    }
    said
}

const fn removed(edit: &Edit) -> Option<usize> {
    match edit {
        Edit::Remove(range) => Some(range.start),
        Edit::Move { .. } | Edit::Insert { .. } => None,
    }
}

/// The moves, and with them what `told` puts in, in the form's order.
fn moves(children: &[Node<'_>], ranks: &[usize], stays: &[bool], end: usize, told: &mut [Told]) -> Vec<Edit> {
    let staying: Vec<usize> = (0..ranks.len()).filter(|child| stays[*child]).collect();
    let to = |rank: usize| {
        let next = staying.partition_point(|child| ranks[*child] <= rank);
        staying.get(next).map_or(end, |child| children[*child].offset())
    };
    let mut edits: Vec<(usize, Edit)> = Vec::new();
    for child in (0..ranks.len()).filter(|child| !stays[*child]) {
        edits.push((ranks[child], Edit::Move { from: children[child].span(), to: to(ranks[child]) }));
    }
    for told in told {
        let Some(rank) = told.rank else {
            continue;
        };
        for edit in told.edits.drain(..) {
            let edit = match edit {
                Edit::Insert { text, .. } => Edit::Insert { at: to(rank), text },
                other => other,
            };
            edits.push((rank, edit));
        }
    }
    edits.sort_by_key(|(rank, _)| *rank);
    edits.into_iter().map(|(_, edit)| edit).collect()
}

/// Which of them stay so that the most do and none stands before a lesser one; where there is a choice, what stands first.
fn longest_run(ranks: &[usize]) -> Vec<bool> {
    // From the end: the first of the best run of each length so far, and what follows each one.
    let mut firsts: Vec<usize> = Vec::new();
    let mut follows: Vec<Option<usize>> = vec![None; ranks.len()];
    for here in (0..ranks.len()).rev() {
        let length = firsts.partition_point(|first| ranks[*first] >= ranks[here]);
        follows[here] = length.checked_sub(1).and_then(|shorter| firsts.get(shorter).copied());
        match firsts.get_mut(length) {
            Some(first) => *first = here,
            None => firsts.push(here),
        }
    }
    let mut stays = vec![false; ranks.len()];
    let mut next = firsts.last().copied();
    while let Some(here) = next {
        stays[here] = true;
        next = follows[here];
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_stay_as_can_and_those_that_stand_first() {
        for (ranks, stays) in [
            (vec![0, 1, 2], vec![true, true, true]),
            (vec![1, 0, 2], vec![true, false, true]),
            (vec![3, 2, 1, 0, 4], vec![true, false, false, false, true]),
            (vec![3, 0, 1, 2], vec![false, true, true, true]),
            (vec![1, 0, 1, 1], vec![true, false, true, true]),
            (vec![], vec![]),
        ] {
            assert_eq!(longest_run(&ranks), stays, "{ranks:?}");
        }
    }
}
