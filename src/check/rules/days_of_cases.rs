//! The order of days in a penalty case (domain.md §3.7, DAT-6 to DAT-21).

use chrono::{Days, Months, NaiveDate};

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_at, spoken},
    yuan::Yuan,
};
use crate::{check::Node, document::Severity};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("DAT-6", &[("days", ParamKind::Count)], filed_soon_after_urgent_evidence),
    Predicate::with("DAT-7", &[("working_days", ParamKind::Count)], evidence_dealt_with_in_time),
    Predicate::with("DAT-8", &[("working_days", ParamKind::Count)], told_before_decided),
    Predicate::with("DAT-9", &[("days", ParamKind::Count)], time_to_make_a_statement),
    Predicate::with("DAT-10", &[("working_days", ParamKind::Count)], invited_to_the_hearing_in_time),
    Predicate::new("DAT-11", reviewed_before_decided),
    Predicate::with("DAT-12", &[("days", ParamKind::Count)], decided_within_the_term),
    Predicate::with("DAT-12A", &[("days", ParamKind::Count), ("warn_days", ParamKind::Count)], term_is_running_out),
    Predicate::with("DAT-13", &[("working_days", ParamKind::Count), ("kinds", ParamKind::Texts)], served_in_time),
    Predicate::with("DAT-15", &[("days", ParamKind::Count)], payment_term),
    Predicate::new("DAT-17", closed_after_execution),
    Predicate::with("DAT-18", &[("years", ParamKind::Count), ("years_harm", ParamKind::Count)], not_time_barred),
    Predicate::with("DAT-20", &[("days", ParamKind::Count), ("methods", ParamKind::Texts)], public_service),
    Predicate::new("DAT-21", steps_in_order),
    Predicate::new("DAT-22", act_begins_before_it_ends),
];

fn filed_soon_after_urgent_evidence(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((_, urgent)), Some((node, filed))) = (paper.day("UrgentEvidenceDate"), paper.day("Header/DocumentDate")) else {
        return;
    };
    let days = notes.count("days");
    if filed <= urgent + Days::new(u64::from(days)) {
        return;
    }
    match paper.ground.calendar.plus_calendar_days(urgent, days) {
        Ok(last) if filed > last => notes.at(&node).wanted(format!("不晚于{}", spoken(last))).say(),
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn evidence_dealt_with_in_time(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, due)), Some(day)) = (paper.day("DisposalDueDate"), paper.date) else {
        return;
    };
    match paper.ground.calendar.plus_working_days(day, notes.count("working_days")) {
        Ok(last) if due > last => notes.at(&node).wanted(format!("不晚于{}", spoken(last))).with("detail", "超过了法定期限").say(),
        Ok(_) if due < day => notes.at(&node).wanted(format!("不早于{}", spoken(day))).with("detail", "早于通知书日期").say(),
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn told_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decided) = paper.date else {
        return;
    };
    let waived = paper.day("NoticeRef/StatementWaivedDate").is_some_and(|(_, waived)| waived <= decided);
    if let Some((node, served)) = paper.day("NoticeRef/ServedDate") {
        // On one day only when the party has waived its statement.
        if served > decided || (served == decided && !waived) {
            notes.at(&node).wanted(format!("早于{}", spoken(decided))).with("detail", "告知书送达不早于处罚决定").say();
        } else if paper.day("NoticeRef/Date").is_some_and(|(_, made)| made > served) {
            notes.at(&node).wanted("不早于告知书日期").with("detail", "告知书送达早于告知书日期").say();
        }
    }
    let Some(hearing) = paper.node("HearingRef") else {
        return;
    };
    if let Some((node, held)) = day_at(hearing, "Held/HeldDate") {
        if held > decided {
            notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("detail", "听证晚于处罚决定").say();
        }
        return;
    }
    if let Some((node, waived)) = day_at(hearing, "Waived/Date") {
        if waived > decided {
            notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("detail", "放弃听证晚于处罚决定").say();
        }
        return;
    }
    let Some((node, served)) = day_at(hearing, "ServedDate") else {
        return;
    };
    match paper.ground.calendar.plus_working_days(served, notes.count("working_days")) {
        Ok(last) if decided <= last => {
            notes
                .at(&node)
                .wanted(format!("在{}以后再作决定", spoken(last)))
                .with("detail", format!("申请听证的期限到{}才满，决定作早了", spoken(last)))
                .say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn time_to_make_a_statement(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(decided), Some((node, served))) = (paper.date, paper.day("NoticeRef/ServedDate")) else {
        return;
    };
    let made = matches!(paper.text("NoticeRef/StatementMade"), Some("true" | "1"));
    let waived = paper.day("NoticeRef/StatementWaivedDate").is_some_and(|(_, waived)| waived <= decided);
    // What comes before the notice is DAT-8's to say.
    if made || waived || served >= decided {
        return;
    }
    match paper.ground.calendar.plus_calendar_days(served, notes.count("days")) {
        Ok(last) if decided <= last => {
            notes.at(&node).wanted(format!("在{}以后再作决定，或者填写放弃陈述申辩日期", spoken(last))).with("last", spoken(last)).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn invited_to_the_hearing_in_time(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, invited)), Some((_, held))) = (paper.day("HearingRef/Held/MeetingNoticeDate"), paper.day("HearingRef/Held/HeldDate"))
    else {
        return;
    };
    let wanted = notes.count("working_days");
    match paper.ground.calendar.working_days_between(invited, held) {
        Ok(days) if days < wanted => {
            notes.at(&node).wanted(format!("听证{wanted}个工作日前")).with("days", days.to_string()).with("held", spoken(held)).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn reviewed_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decided) = paper.date else {
        return;
    };
    for path in ["LegalReview/Date", "CollectiveDiscussion/Date"] {
        if let Some((node, day)) = paper.day(path)
            && day > decided
        {
            let step = step_of(node);
            notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("step", step).say();
        }
    }
}

/// The last day for a decision: the term, approved extensions, and time that does not count.
fn term_with_extensions(paper: &Paper<'_>, days: u32) -> u32 {
    let extra = |name: &str| paper.root.children_named(name).filter_map(|node| node.value("Days")?.parse::<u32>().ok()).sum::<u32>();
    days.saturating_add(extra("Extension")).saturating_add(extra("ExcludedTime"))
}

fn decided_within_the_term(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(decided), Some((node, filed))) = (paper.date, paper.day("CaseRef/FilingDate")) else {
        return;
    };
    if filed > decided {
        notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("detail", "立案晚于处罚决定").say();
        return;
    }
    let days = term_with_extensions(paper, notes.count("days"));
    if decided <= filed + Days::new(u64::from(days)) {
        return;
    }
    // Past the plain term only a holiday at its end can still save it.
    match paper.ground.calendar.plus_calendar_days(filed, days) {
        Ok(last) if decided > last => {
            let detail = format!("立案到决定共{}日，超过{days}日", (decided - filed).num_days());
            notes.at(&node).wanted(format!("在{}前作出决定，或者填写经批准的延期", spoken(last))).with("detail", detail).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn term_is_running_out(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(day), Some((node, filed))) = (paper.date, paper.day("CaseRef/FilingDate")) else {
        return;
    };
    let gone = (day - filed).num_days();
    let term = notes.count("days");
    if gone < i64::from(notes.count("warn_days")) {
        return;
    }
    match paper.ground.calendar.plus_calendar_days(filed, term) {
        Ok(last) => notes.at(&node).wanted(format!("{}前作出决定", spoken(last))).with("gone", gone.to_string()).say(),
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn served_in_time(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let (Some(made), Some((node, served))) = (paper.date, paper.day("Service/ServedDate")) {
        served_between(paper, notes, made, node, served, true);
    }
    let rows = paper.node("Rows").into_iter().flat_map(|rows| rows.children_named("Row"));
    for row in rows {
        if let (Some((_, made)), Some((node, served))) = (day_at(row, "DocumentDate"), day_at(row, "ServedDate")) {
            let kind = row.value("DocumentKind").unwrap_or_default();
            let has_term = notes.rule.params.texts("kinds").any(|known| known == kind);
            served_between(paper, notes, made, node, served, has_term);
        }
    }
}

fn served_between(paper: &Paper<'_>, notes: &mut Notes<'_>, made: NaiveDate, node: Node<'_>, served: NaiveDate, has_term: bool) {
    if served < made {
        notes.at(&node).wanted(format!("不早于{}", spoken(made))).with("detail", "送达早于文书日期").say();
        return;
    }
    let days = notes.count("working_days");
    // A week of calendar days never has more working days than that.
    if !has_term || served <= made + Days::new(u64::from(days)) {
        return;
    }
    match paper.ground.calendar.plus_working_days(made, days) {
        Ok(last) if served > last => {
            notes
                .at(&node)
                .wanted(format!("不晚于{}", spoken(last)))
                .with("detail", format!("决定后{days}个工作日到{}止，送达晚了", spoken(last)))
                .say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn payment_term(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let days = notes.count("days");
    if let Some(node) = paper.node("Payment/Days")
        && node.text().parse::<u32>().is_ok_and(|written| written != days)
    {
        notes.at(&node).wanted(format!("{days}日")).with("detail", format!("写的是{}日", node.text())).say();
    }
    let (Some((_, served)), Some((node, deadline))) = (paper.day("Service/ServedDate"), paper.day("Service/PaymentDeadline")) else {
        return;
    };
    let plain = served + Days::new(u64::from(days));
    if deadline == plain {
        return;
    }
    match paper.ground.calendar.rolled(plain) {
        Ok(rolled) if deadline != rolled => {
            notes.at(&node).wanted(spoken(rolled)).with("detail", format!("收到之日起{days}日到{}", spoken(rolled))).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn closed_after_execution(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(closed), Some(state)) = (paper.date, paper.node("Execution/State")) else {
        return;
    };
    if let Some((node, decided)) = paper.day("DecisionRef/Date").filter(|(_, decided)| *decided > closed) {
        let detail = format!("处罚决定（{}）晚于结案", spoken(decided));
        notes.at(&node).wanted(format!("不晚于{}", spoken(closed))).with("detail", detail).say();
        return;
    }
    for path in ["Execution/PaidDate", "Execution/EndedDate"] {
        if let Some((node, day)) = paper.day(path)
            && day > closed
        {
            notes.at(&node).wanted(format!("不晚于{}", spoken(closed))).with("detail", "执行完毕晚于结案").say();
            return;
        }
    }
    let missing = match state.text() {
        "paid" | "paid_by_instalment" => paper.node("Execution/PaidDate").is_none().then_some("缴清日期"),
        "enforced" => {
            (paper.node("Execution/PaidDate").is_none() && paper.node("Execution/EndedDate").is_none()).then_some("执行完毕的日期")
        }
        "ended" => paper.node("Execution/EndedDate").is_none().then_some("执行终结日期"),
        _ => None,
    };
    if let Some(missing) = missing {
        notes.at(&state).wanted(format!("填写{missing}")).with("detail", format!("没有填写{missing}")).say();
        return;
    }
    let yuan = |path: &str| paper.money(path).map(|(_, yuan)| yuan);
    let (due, paid) = (yuan("Execution/DueYuan"), yuan("Execution/PaidYuan"));
    if let (Some(due), Some(paid), "paid" | "paid_by_instalment") = (due, paid, state.text())
        && paid < due
        && let Some(node) = paper.node("Execution/PaidYuan")
    {
        let short = Yuan::fen(due.in_fen() - paid.in_fen());
        notes.at(&node).wanted(format!("{}元", due.figures())).with("detail", format!("还差{}元没有缴清", short.figures())).say();
    }
}

fn not_time_barred(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((_, ended)), Some((node, found))) = (paper.day("Act/End"), paper.day("Act/FoundDate")) else {
        return;
    };
    let harm = matches!(paper.text("Act/HarmToLife"), Some("true" | "1"));
    let years = notes.count(if harm { "years_harm" } else { "years" });
    let last = ended.checked_add_months(Months::new(years.saturating_mul(12)));
    if let Some(last) = last.filter(|last| found > *last) {
        notes.at(&node).wanted(format!("不晚于{}", spoken(last))).with("years", years.to_string()).with("ended", spoken(ended)).say();
    }
}

fn public_service(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let rows = paper.node("Rows").into_iter().flat_map(|rows| rows.children_named("Row"));
    for node in rows.chain(paper.node("Service")).filter_map(|row| row.child("Method")) {
        if notes.rule.params.texts("methods").any(|method| method == node.text()) {
            let days = notes.count("days").to_string();
            notes.at(&node).value("公告送达").with("days", days).say();
        }
    }
}

/// What the step is called that a date belongs to; a date that stands in the document itself has only its own name.
fn step_of(date: Node<'_>) -> String {
    let step = date.parent().filter(|step| step.parent().is_some());
    step.unwrap_or(date).label()
}

/// 承办人 → 法制审核 → 审核 → 审批, none before the last; the approval not after the document, except a scheme's, which DAT-1 watches.
fn steps_in_order(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((approval, approved)) = paper.day("Approval/Date") else {
        return;
    };
    for path in ["OfficerDate", "LegalReview/Date", "Review/Date"] {
        if let Some((node, day)) = paper.day(path)
            && day > approved
        {
            notes.at(&node).wanted(format!("不晚于{}", spoken(approved))).with("detail", format!("{}晚于审批", step_of(node))).say();
        }
    }
    if let Some(day) = paper.date.filter(|day| approved > *day && paper.node("CheckTime").is_none()) {
        notes.at(&approval).at_most(Severity::Warning).wanted(format!("不晚于{}", spoken(day))).with("detail", "审批晚于文书日期").say();
    }
}

fn act_begins_before_it_ends(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let (Some((node, began)), Some((_, ended))) = (paper.day("Act/Start"), paper.day("Act/End"))
        && began > ended
    {
        notes.at(&node).wanted(format!("不晚于{}", spoken(ended))).say();
    }
}
