//! Closing a case: not before the penalty is executed, and only for what was decided (domain.md §3.7, DAT-17).

use chrono::NaiveDate;

use super::{
    Predicate,
    paper::{Notes, Paper, spoken},
    yuan::Yuan,
};
use crate::document::DocumentNumber;

pub(super) static PREDICATES: &[Predicate] = &[Predicate::new("DAT-17", closed_after_execution)];

fn closed_after_execution(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(closed) = paper.date else {
        return;
    };
    if let Some((node, decided)) = paper.day("DecisionRef/Date").filter(|(_, decided)| *decided > closed) {
        let detail = format!("处罚决定（{}）晚于结案", spoken(decided));
        notes.at(&node).wanted(format!("不晚于{}", spoken(closed))).with("detail", detail).say();
        return;
    }
    if !executed_by(paper, notes, closed) && !says_when(paper, notes) {
        paid_in_full(paper, notes);
        less_than_decided(paper, notes);
    }
}

/// Says so when the execution ends after the case was closed.
fn executed_by(paper: &Paper<'_>, notes: &mut Notes<'_>, closed: NaiveDate) -> bool {
    let late = ["Execution/PaidDate", "Execution/EndedDate"].into_iter().filter_map(|path| paper.day(path)).find(|(_, day)| *day > closed);
    if let Some((node, _)) = late {
        notes.at(&node).wanted(format!("不晚于{}", spoken(closed))).with("detail", "执行完毕晚于结案").say();
    }
    late.is_some()
}

/// Says so when the state of the execution asks for a day that is not there.
fn says_when(paper: &Paper<'_>, notes: &mut Notes<'_>) -> bool {
    let Some(state) = paper.node("Execution/State") else {
        return false;
    };
    let has = |path: &str| paper.node(path).is_some();
    let missing = match state.text() {
        "paid" | "paid_by_instalment" if !has("Execution/PaidDate") => "缴清日期",
        "enforced" if !has("Execution/PaidDate") && !has("Execution/EndedDate") => "执行完毕的日期",
        "ended" if !has("Execution/EndedDate") => "执行终结日期",
        _ => return false,
    };
    notes.at(&state).wanted(format!("填写{missing}")).with("detail", format!("没有填写{missing}")).say();
    true
}

fn paid_in_full(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let state = paper.text("Execution/State");
    let (Some((_, due)), Some((node, paid))) = (paper.money("Execution/DueYuan"), paper.money("Execution/PaidYuan")) else {
        return;
    };
    if matches!(state, None | Some("paid" | "paid_by_instalment")) && paid < due {
        let short = Yuan::fen(due.in_fen() - paid.in_fen());
        notes.at(&node).wanted(format!("{}元", due.figures())).with("detail", format!("还差{}元没有缴清", short.figures())).say();
    }
}

/// What is due is at least the fine of the decision that is closed, if the case has it; an additional fine makes it more (AMT-7).
fn less_than_decided(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(number) = paper.text("DecisionRef/Number") else {
        return;
    };
    let is_meant = |theirs: &str| DocumentNumber::matches(theirs, number);
    let decision = paper.context.case.iter().find(|other| other.facts.number.as_deref().is_some_and(is_meant));
    let Some(fine) = decision.and_then(|other| Yuan::parse(other.tree.text("FineYuan")?)).filter(|fine| *fine > Yuan::default()) else {
        return;
    };
    let wanted = format!("不少于{}元", fine.figures());
    if let Some((node, due)) = paper.money("Execution/DueYuan") {
        if due < fine {
            notes.at(&node).wanted(wanted).with("detail", format!("应缴金额少于处罚决定的罚款{}元", fine.figures())).say();
        }
    } else if let Some(node) = paper.node("Execution/State").filter(|state| state.text() == "nothing_to_execute") {
        let detail = format!("处罚决定有罚款{}元，执行情况却是没有需要执行的内容", fine.figures());
        notes.at(&node).wanted("按处罚决定填写执行情况").with("detail", detail).say();
    }
}
