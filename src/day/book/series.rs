//! Serials that were left out of a series: a second sign that a document is missing (domain.md §1.3). Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::Serials,
    day::Gap,
    document::{DocumentNumber, Lane},
};

/// A series longer than this without a document is a new beginning or a slip of the hand, and told of as one.
const LONGEST: u32 = 200;

/// One number that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// The number.
    pub(super) number: DocumentNumber,
    /// Its lane: inspections and cases are counted apart.
    pub(super) lane: Lane,
    /// Whether its document belongs to the day in question.
    pub(super) of_the_day: bool,
}

/// The gaps right before the numbers of the day. `seen` is what was seen on that day and in the time before it.
pub(super) fn gaps(seen: &[Seen], policy: Serials) -> Vec<Gap> {
    if policy == Serials::Off {
        return Vec::new();
    }
    let mut series: BTreeMap<_, BTreeMap<u32, (&DocumentNumber, bool)>> = BTreeMap::new();
    for Seen { number, lane, of_the_day } in seen {
        let word = if policy == Serials::Separate { number.word.as_str() } else { "" };
        let of = series.entry((&number.org, number.year, *lane == Lane::Penalty, word)).or_default();
        let (_, today) = of.entry(number.seq).or_insert((number, false));
        *today |= of_the_day;
    }
    let mut gaps = Vec::new();
    for of in series.values() {
        for ((before, (number, _)), (after, (_, today))) in of.iter().zip(of.iter().skip(1)) {
            if *today && after - before > 1 && after - before <= LONGEST {
                gaps.push(Gap { after: number.to_string(), from: before + 1, to: after - 1 });
            }
        }
    }
    gaps
}

/// The numbers that would close a gap, to be looked for before it is told of: under the words that its series was seen with.
pub(super) fn candidates(gap: &Gap, seen: &[Seen], policy: Serials) -> Vec<(u32, Vec<String>)> {
    let Some(after) = DocumentNumber::strict(&gap.after) else { return Vec::new() };
    let same = |s: &&Seen| s.number.org == after.org && s.number.year == after.year;
    let words: BTreeSet<&str> = match policy {
        Serials::Separate => BTreeSet::from([after.word.as_str()]),
        _ => seen.iter().filter(same).map(|s| s.number.word.as_str()).collect(),
    };
    let named = |seq: u32, word: &str| DocumentNumber { seq, word: word.to_owned(), ..after.clone() }.to_string();
    (gap.from..=gap.to).map(|seq| (seq, words.iter().map(|word| named(seq, word)).collect())).collect()
}

/// What is left of a gap once some of its serials were found elsewhere.
pub(super) fn without(gap: &Gap, found: &BTreeSet<u32>) -> Vec<Gap> {
    let mut left: Vec<Gap> = Vec::new();
    for seq in (gap.from..=gap.to).filter(|seq| !found.contains(seq)) {
        match left.last_mut().filter(|last| last.to + 1 == seq) {
            Some(last) => last.to = seq,
            None => left.push(Gap { after: gap.after.clone(), from: seq, to: seq }),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(numbers: &[(&str, bool)]) -> Vec<Seen> {
        let of = |(text, of_the_day): &(&str, bool)| {
            let number = DocumentNumber::strict(text).unwrap();
            let lane = if ["罚", "立"].contains(&number.word.as_str()) { Lane::Penalty } else { Lane::Inspection };
            Seen { number, lane, of_the_day: *of_the_day }
        };
        numbers.iter().map(of).collect()
    }

    fn told(gaps: &[Gap]) -> Vec<(u32, u32)> {
        gaps.iter().map(|gap| (gap.from, gap.to)).collect()
    }

    const NUMBERS: [(&str, bool); 6] = [
        ("（淄）应急检记〔2023〕10号", false),
        ("（淄）应急责改〔2023〕11号", false),
        ("（淄）应急检记〔2023〕12号", true),
        ("（淄）应急检记〔2023〕15号", true),
        ("（淄）应急罚〔2023〕3号", true),
        ("（淄）应急立〔2023〕5号", true),
    ];

    #[test]
    fn a_serial_left_out_before_a_number_of_the_day_is_a_gap() {
        let seen = seen(&NUMBERS);
        assert_eq!(told(&gaps(&seen, Serials::Shared)), [(13, 14), (4, 4)]);
        assert_eq!(told(&gaps(&seen, Serials::Separate)), [(11, 11), (13, 14)]);
        assert_eq!(gaps(&seen, Serials::Off), []);
        assert_eq!(gaps(&seen, Serials::Shared)[0].after, "（淄）应急检记〔2023〕12号");
    }

    #[test]
    fn a_gap_is_told_of_once_on_the_day_whose_number_shows_it() {
        let mut later = seen(&NUMBERS);
        later.iter_mut().for_each(|s| s.of_the_day = false);
        later.extend(seen(&[("（淄）应急检记〔2023〕16号", true)]));
        assert_eq!(gaps(&later, Serials::Shared), []);
        later.extend(seen(&[("（淄）应急检记〔2023〕1600号", true), ("（淄）应急检记〔2024〕2号", true)]));
        assert_eq!(gaps(&later, Serials::Shared), [], "a new beginning is no gap");
    }

    #[test]
    fn what_is_found_elsewhere_closes_the_gap() {
        let seen = seen(&NUMBERS);
        let gap = Gap { after: "（淄）应急检记〔2023〕12号".into(), from: 13, to: 16 };
        let first = candidates(&gap, &seen, Serials::Shared).remove(0);
        assert!(first.1.contains(&"（淄）应急责改〔2023〕13号".to_owned()), "{first:?}");
        assert_eq!(candidates(&gap, &seen, Serials::Separate)[3], (16, vec!["（淄）应急检记〔2023〕16号".to_owned()]));
        assert_eq!(told(&without(&gap, &BTreeSet::from([14]))), [(13, 13), (15, 16)]);
    }
}
