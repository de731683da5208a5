//! What a newly read list changes about what stands in the books.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A line of a list that is kept.
pub trait Line: Clone + PartialEq {
    /// Where it is kept: two lines of one key speak of the same thing.
    fn key(&self) -> String;

    /// What people call it.
    fn title(&self) -> String;

    /// What it says besides its key, by label.
    fn said(&self) -> Vec<(&'static str, String)>;
}

/// What changes from one list to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference<L> {
    /// Lines that are new.
    pub added: Vec<L>,
    /// Lines that say something else now.
    pub changed: Vec<LineChange<L>>,
    /// Lines that are no longer there.
    pub removed: Vec<L>,
    /// How many stay as they are.
    pub same: u64,
}

/// A line that says something else now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange<L> {
    /// The line as it is now.
    pub line: L,
    /// What changed, `检查组：第一组 → 第二组`, one each.
    pub what: Vec<String>,
}

impl<L: Line> Difference<L> {
    /// What `after` changes about `before`.
    pub fn of(before: &[L], after: &[L]) -> Self {
        let mut old: BTreeMap<String, &L> = before.iter().map(|line| (line.key(), line)).collect();
        let mut difference = Self { added: Vec::new(), changed: Vec::new(), removed: Vec::new(), same: 0 };
        for line in after {
            match old.remove(&line.key()) {
                None => difference.added.push(line.clone()),
                Some(was) if was == line => difference.same += 1,
                Some(was) => difference.changed.push(LineChange { line: line.clone(), what: what(was, line) }),
            }
        }
        difference.removed = old.into_values().cloned().collect();
        difference
    }

    /// Whether nothing changes.
    pub const fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

fn what<L: Line>(was: &L, is: &L) -> Vec<String> {
    let shown = |text: String| if text.is_empty() { "（空）".to_owned() } else { text };
    let changed = was.said().into_iter().zip(is.said()).filter(|((_, was), (_, is))| was != is);
    changed.map(|((label, was), (_, is))| format!("{label}：{} → {}", shown(was), shown(is))).collect()
}
