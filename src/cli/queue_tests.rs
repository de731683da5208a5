use super::*;
use crate::{
    document::{ContentHash, DocumentId},
    status::{AgeRow, text::Style},
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(n: u8, title: &str, state: State, reason: &str, overdue: bool) -> Row {
    Row {
        id: DocumentId::of_unfit("sample", &ContentHash::of(&[n])),
        title: title.into(),
        kind: "现场检查记录".into(),
        state,
        label: state.label().into(),
        since: at("2026-11-23T13:58:00+08:00"),
        reason: reason.into(),
        advice: String::new(),
        cut_off: at("2026-11-23T17:30:00+08:00"),
        overdue,
        due: None,
        attempts: 0,
        path: "第一组/现场检查记录\u{1b}[2J.xml".into(),
        document: String::new(),
    }
}

fn rows() -> Vec<Row> {
    vec![
        row(1, "（淄）应急检记〔2026〕118号", State::Unfit, "统一社会信用代码：校验位不对", false),
        row(2, "（淄）应急检记〔2026〕115号", State::Waiting, "检查通过，等待上传", true),
    ]
}

fn written(write: impl FnOnce(&mut Terminal<'_>) -> io::Result<()>) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal::new(&mut out, &mut err, false, Style::PLAIN.columns);
    write(&mut terminal).unwrap();
    drop(terminal);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_list_reads_like_this() {
    insta::assert_snapshot!(written(|to| write_rows(&rows(), 1_204, at("2026-11-23T14:18:06+08:00"), to)));
}

#[test]
fn an_empty_list_says_so() {
    assert_eq!(written(|to| write_rows(&[], 0, at("2026-11-23T14:18:06+08:00"), to)), "没有符合的文书。\n");
}

#[test]
fn the_table_of_ages_reads_like_this() {
    let row = |state, total, by_age, not_sorted| AgeRow { state, total, by_age, not_sorted };
    let ages = AgeTable {
        rows: vec![
            row(State::Unfit, 2, [0, 0, 1, 0, 0, 1], 0),
            row(State::Waiting, 98_204, [1_204, 3_000, 796, 0, 0, 0], 93_204),
            row(State::HeldUnsure, 1, [0, 0, 0, 1, 0, 0], 0),
        ],
    };
    insta::assert_snapshot!(shape_of(&ages));
    assert_eq!(shape_of(&AgeTable::default()), "没有在办的文书。");
}

#[test]
fn an_act_that_waits_for_confirmation_reads_like_this() {
    let preview = Preview {
        operation: Operation::Hold,
        count: 10_000,
        more: true,
        by_state: [(State::Unfit, 1), (State::Waiting, 9_999)].into(),
        first: rows(),
    };
    insta::assert_snapshot!(unconfirmed(&preview));
}

#[test]
fn what_was_done_is_told_and_why_not() {
    let operated = |now, refused: &str| Operated {
        id: DocumentId::of_unfit("sample", &ContentHash::of(b"")),
        title: "（淄）应急检记〔2026〕118号".into(),
        was: State::Waiting,
        now,
        refused: refused.into(),
    };
    let lines = [
        told(&operated(Some(State::HeldWaiting), ""), Operation::Hold),
        told(&operated(Some(State::Waiting), ""), Operation::Retry),
        told(&operated(None, "没有暂停，无需解除"), Operation::Release),
    ];
    insta::assert_snapshot!(lines.join("\n"));
    let all = [operated(Some(State::HeldWaiting), "")];
    let part = [operated(Some(State::HeldWaiting), ""), operated(None, "x")];
    let unknown = [Problem::new(Exit::Failed, 2, "没有找到", "")];
    assert_eq!(outcome(&all, &[], &[]), Exit::Well);
    assert_eq!(outcome(&part, &[], &[]), Exit::NeedsPerson);
    assert_eq!(outcome(&all, &[], &unknown), Exit::NeedsPerson);
    assert_eq!(outcome(&[], &[], &unknown), Exit::Failed);
}

#[test]
fn filters_are_states_in_chinese_or_english_and_else_names() {
    let of = |words: &[&str]| selections(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), "在办");
    assert_eq!(of(&["退回"]), [Selection::InStates(vec![State::Unfit, State::Returned])]);
    assert_eq!(of(&["暂停"]), [Selection::InStates(vec![State::HeldWaiting, State::HeldUnsure, State::HeldReceived])]);
    assert_eq!(of(&["waiting", "待核实"]), [Selection::InStates(vec![State::Waiting, State::Unsure])]);
    let named = Selection::Named("（淄）应急检记〔2026〕118号".into());
    assert_eq!(of(&["（淄）应急检记〔2026〕118号", "异常件"]), [named, Selection::InStates(vec![State::Corrupt])]);
    let Selection::InStates(open) = of(&[]).remove(0) else { panic!("not states") };
    assert!(open.iter().all(|s| !s.is_at_rest()) && open.len() == 10);
    assert_eq!(of(&["全部"]), [Selection::InStates(State::ALL.to_vec())]);
}
