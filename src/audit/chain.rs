//! The chain is followed from its first line to its last: pure.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{
    KEPT_DAYS, Line,
    line::{hash, nothing},
};
use crate::document::Timestamp;

/// Where the chain is broken, in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// The file and the line in it: `2023-04.jsonl 第 12 行`.
    pub place: String,
    /// What was found there.
    pub what: String,
}

/// What a verification came to. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verified {
    /// How many lines were read.
    pub lines: u64,
    /// The time of the first line.
    pub first: Option<Timestamp>,
    /// The time of the last.
    pub last: Option<Timestamp>,
    /// The hash of the last line: whoever notes it down can tell later that nothing before it was changed.
    pub head: String,
    /// Where the chain is broken; empty when all is whole.
    pub breaks: Vec<Break>,
}

impl Verified {
    /// Whether nothing was altered or left out.
    pub fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }
}

/// The last line as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: String,
}

/// Follows the chain through `files`, oldest first, each with its name. `head` is the end that the store remembers.
pub(super) fn follow(files: &[(String, Vec<u8>)], head: Option<&Head>, now: Timestamp) -> Verified {
    let mut walk = Walk { found: Verified::default(), before: None, head_seen: head.is_none() };
    for (name, bytes) in files {
        for (n, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
            walk.step(&format!("{name} 第 {} 行", n + 1), line, head, now);
        }
        if bytes.last().is_some_and(|last| *last != b'\n') {
            walk.broken(name.clone(), "最后一行没有写完");
        }
    }
    if let (false, Some(head)) = (walk.head_seen, head) {
        let place = files.last().map_or_else(|| "audit 目录".to_owned(), |(name, _)| name.clone());
        walk.broken(place, &format!("结尾缺少记录：应有第 {} 条", head.seq));
    }
    walk.found.head = walk.before.map_or_else(nothing, |(_, hash)| hash);
    walk.found
}

struct Walk {
    found: Verified,
    /// Number and hash of the line before.
    before: Option<(u64, String)>,
    head_seen: bool,
}

impl Walk {
    fn broken(&mut self, place: String, what: &str) {
        self.found.breaks.push(Break { place, what: what.to_owned() });
    }

    fn step(&mut self, place: &str, bytes: &[u8], head: Option<&Head>, now: Timestamp) {
        self.found.lines += 1;
        let own = hash(bytes);
        self.head_seen |= head.is_some_and(|head| head.hash == own);
        let Ok(line) = serde_json::from_slice::<Line>(bytes) else {
            self.broken(place.to_owned(), "这一行读不懂，被改动过");
            // What comes after is held against the line as it stands.
            let seq = self.before.as_ref().map_or(0, |(seq, _)| *seq) + 1;
            self.before = Some((seq, own));
            return;
        };
        match &self.before {
            Some((_, hash)) if *hash != line.prev => self.broken(place.to_owned(), "与上一行接不上：上一行被改动、删去或调换过"),
            Some((seq, _)) if seq + 1 != line.seq => self.broken(place.to_owned(), "编号不连续"),
            Some(_) => {}
            None => self.first(place, &line, now),
        }
        self.found.first.get_or_insert(line.time);
        self.found.last = Some(line.time);
        self.before = Some((line.seq, own));
    }

    /// Older lines may have been carried off, but not too early.
    fn first(&mut self, place: &str, line: &Line, now: Timestamp) {
        if line.seq == 1 && line.prev != nothing() {
            self.broken(place.to_owned(), "第 1 条之前不应还有记录");
        }
        if line.seq != 1 && now.since(line.time) < Duration::days(KEPT_DAYS) {
            self.broken(place.to_owned(), &format!("更早的记录不在了，而留存不足 {KEPT_DAYS} 天"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Deed, Outcome};

    fn at(days: i64) -> Timestamp {
        Timestamp::parse("2023-04-03T18:00:00+08:00").unwrap().plus(Duration::days(days))
    }

    fn chain(lines: u64) -> (Vec<Vec<u8>>, Head) {
        let (mut written, mut prev) = (Vec::new(), nothing());
        for seq in 1..=lines {
            let deed = Deed::new("day.excuse", format!("第 {seq} 号")).because("平台中断");
            let line = Line::new((seq, &prev), at(0), &Actor::at_the_socket("wangfang"), &deed, Outcome::Done);
            let bytes = serde_json::to_vec(&line).unwrap();
            prev = hash(&bytes);
            written.push(bytes);
        }
        (written, Head { seq: lines, hash: prev })
    }

    fn breaks(lines: &[Vec<u8>], head: &Head) -> Vec<String> {
        let bytes: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        let found = follow(&[("2023-04.jsonl".to_owned(), bytes)], Some(head), at(1));
        found.breaks.into_iter().map(|broken| format!("{} {}", broken.place, broken.what)).collect()
    }

    #[test]
    fn a_whole_chain_is_whole_and_each_kind_of_tampering_names_its_line() {
        let (lines, head) = chain(5);
        assert_eq!(breaks(&lines, &head), [""; 0]);

        let mut altered = lines.clone();
        let text = String::from_utf8(altered[1].clone()).unwrap().replace("平台中断", "忘记");
        altered[1] = text.into_bytes();
        assert_eq!(breaks(&altered, &head), ["2023-04.jsonl 第 3 行 与上一行接不上：上一行被改动、删去或调换过"]);

        let mut deleted = lines.clone();
        deleted.remove(2);
        assert_eq!(breaks(&deleted, &head).len(), 1);
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert!(!breaks(&swapped, &head).is_empty());
        assert_eq!(breaks(&lines[..4], &head), ["2023-04.jsonl 结尾缺少记录：应有第 5 条"]);
        let mut last = lines.clone();
        last[4] = String::from_utf8(last[4].clone()).unwrap().replace("平台中断", "忘记").into_bytes();
        assert_eq!(breaks(&last, &head), ["2023-04.jsonl 结尾缺少记录：应有第 5 条"], "the last line has no next one to name it");
        let mut nonsense = lines.clone();
        nonsense[0] = b"{}".to_vec();
        assert_eq!(breaks(&nonsense, &head).len(), 2);
    }

    #[test]
    fn what_was_carried_off_in_time_is_no_break_and_too_early_is_one() {
        let (lines, head) = chain(3);
        let bytes: Vec<u8> = lines[1..].iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        let files = [("2023-04.jsonl".to_owned(), bytes)];
        assert_eq!(follow(&files, Some(&head), at(179)).breaks.len(), 1);
        assert!(follow(&files, Some(&head), at(181)).is_whole());
    }

    #[test]
    fn numbers_of_people_are_masked_in_what_they_typed() {
        let deed = Deed::new("document.hold", "王大锤370302199001011236.xml").because("电话 13912345678");
        let line = Line::new((1, ""), at(0), &Actor::at_the_socket("a"), &deed, Outcome::Done);
        let text = serde_json::to_string(&line).unwrap();
        assert!(!text.contains("370302199001011236") && !text.contains("13912345678"), "{text}");
    }
}
