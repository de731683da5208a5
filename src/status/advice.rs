//! What to do about a document, in one Chinese sentence.

use crate::document::{HoldCause, Record, State, Timestamp};

use super::Need;

/// What a person should do about a document in its present state; short enough to stand in a table.
pub fn advice(record: &Record) -> &'static str {
    match record.state {
        State::Unfit => "改好草稿并保存",
        State::Returned => "按平台意见改好并保存",
        State::HeldWaiting | State::HeldUnsure | State::HeldReceived => match record.hold {
            Some(HoldCause::BaseData) => "请平台补录后解除暂停",
            Some(HoldCause::Conflict) => "核对平台记录，改文号或忽略",
            Some(HoldCause::SchemaVersion) => "更新格式包后解除暂停",
            Some(HoldCause::Drift) => "要更正就解除暂停，否则忽略",
            Some(HoldCause::Lane) => "由区级人员在平台上录入",
            Some(HoldCause::Defect) => "请联系技术人员",
            Some(HoldCause::Operator) | None => "可办理时解除暂停",
        },
        State::Corrupt => "放回草稿，或运行 dangri repair",
        State::Unsure => "正在向平台查询",
        State::Waiting | State::Sending | State::Received => "仍在办理",
        State::Entered | State::Superseded | State::Ignored => "无需操作",
    }
}

/// Why it is where it is, without repeating the state's own word.
pub fn brief(record: &Record) -> &str {
    match record.reason.strip_prefix("平台退回（") {
        Some(rest) if record.state == State::Returned => rest.split_once("）：").map_or(rest.trim_end_matches('）'), |(_, said)| said),
        _ => &record.reason,
    }
}

/// Where a state stands among those that need a person: the worst first.
const fn rank(state: State) -> u8 {
    match state {
        State::Corrupt => 0,
        State::Returned => 1,
        State::Unfit => 2,
        State::HeldWaiting | State::HeldUnsure | State::HeldReceived => 3,
        State::Unsure => 4,
        _ => 5,
    }
}

/// The row for a document that a person must see to.
pub(super) fn need(record: &Record, now: Timestamp) -> Need {
    let facts = record.birth.facts.as_ref();
    Need {
        kind: facts.map_or_else(String::new, |facts| facts.kind_name.clone()),
        author: facts.map_or_else(String::new, |facts| facts.author.0.clone()),
        id: record.id(),
        title: record.title(),
        state: record.state,
        label: record.state.label().to_owned(),
        reason: brief(record).to_owned(),
        advice: advice(record).to_owned(),
        cut_off: record.birth.cut_off,
        overdue: record.birth.cut_off <= now,
        since: record.since,
    }
}

/// The order of the rows: first what stands still until somebody acts, of these the overdue, then by state and cut-off; and by id, so
/// that a redraw does not shuffle.
pub(super) fn worst_first(needs: &mut [Need]) {
    needs.sort_by_key(|n| (!n.state.needs_a_person(), !n.overdue, rank(n.state), n.cut_off, n.id));
}
