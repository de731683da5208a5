//! The order of days in a penalty case (domain.md §3.7): its terms, service, and approval.

use chrono::{Days, Months, NaiveDate};

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_at, spoken},
};
use crate::{check::Node, document::Severity};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("DAT-6", &[("days", ParamKind::Count)], filed_soon_after_urgent_evidence),
    Predicate::with("DAT-7", &[("working_days", ParamKind::Count)], evidence_dealt_with_in_time),
    Predicate::with("DAT-12", &[("days", ParamKind::Count)], decided_within_the_term),
    Predicate::with("DAT-12A", &[("days", ParamKind::Count), ("warn_days", ParamKind::Count)], term_is_running_out),
    Predicate::with("DAT-13", &[("working_days", ParamKind::Count), ("kinds", ParamKind::Texts)], served_in_time),
    Predicate::with("DAT-15", &[("days", ParamKind::Count)], payment_term),
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
        Ok(last) => {
            // A day that has passed is no advice.
            let (detail, advice) = if day > last {
                (format!("办案期限{}已满", spoken(last)), "请核对有没有经批准的延期，没有的马上报告负责人".to_owned())
            } else {
                ("办案期限将满".to_owned(), format!("请在{}前作出决定，来不及的先办延期审批", spoken(last)))
            };
            notes.at(&node).with("gone", gone.to_string()).with("detail", detail).with("advice", advice).say();
        }
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
pub(super) fn step_of(date: Node<'_>) -> String {
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
