//! The order of days in an inspection (domain.md §3.7, DAT-1 to DAT-5).

use chrono::Days;

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_at, day_of, spoken},
};
use crate::document::DocumentNumber;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("DAT-1", approved_then_begun_then_ended),
    Predicate::new("DAT-2", record_is_of_the_day),
    Predicate::new("DAT-3", order_is_of_the_day),
    Predicate::new("DAT-4", deadline_after_order),
    Predicate::new("DAT-5", review_after_order),
    Predicate::with("DAT-5A", &[("days", ParamKind::Count)], review_in_time),
];

fn approved_then_begun_then_ended(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let (Some((_, start)), Some((node, end))) = (paper.moment("Start"), paper.moment("End"))
        && start >= end
    {
        let wanted = format!("晚于{}", start.format("%Y年%-m月%-d日%H时%M分"));
        notes.at(&node).wanted(wanted).with("detail", "结束时间不晚于开始时间").say();
    }
    let begin = paper.day("CheckTime").or_else(|| paper.day("Start"));
    let Some((_, begin)) = begin else {
        return;
    };
    if let Some((node, approved)) = paper.day("Approval/Date")
        && approved > begin
    {
        notes.at(&node).wanted(format!("不晚于{}", spoken(begin))).with("detail", "方案在检查之后才审批").say();
    }
    let plan = paper.context.case.iter().filter(|_| paper.kind == "insp_record").find(|other| other.facts.kind.code() == "insp_plan");
    if let Some((_, approved)) = plan.and_then(|plan| day_at(plan.tree.root(), "Approval/Date"))
        && let Some(node) = paper.node("Start")
        && approved > begin
    {
        notes
            .at(&node)
            .wanted(format!("不早于{}", spoken(approved)))
            .with("detail", format!("现场检查方案{}才批准，检查在批准之前", spoken(approved)))
            .say();
    }
}

fn record_is_of_the_day(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((_, start)), Some((end_node, end))) = (paper.day("Start"), paper.day("End")) else {
        return;
    };
    if start > end {
        // DAT-1 says so.
        return;
    }
    if start != end && paper.node("MultiDayReason").is_none() {
        notes.at(&end_node).wanted("同日结束，或者填写跨日检查原因").with("detail", "检查跨了日，没有说明原因").say();
    }
    if let Some((node, day)) = paper.day("Header/DocumentDate")
        && day != end
    {
        notes.at(&node).wanted(spoken(end)).with("detail", "记录日期不是检查当日").say();
    }
}

fn order_is_of_the_day(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((asked, inspected)) = paper.day("InspectionDate") else {
        return;
    };
    if let Some((node, day)) = paper.day("Header/DocumentDate")
        && day != inspected
    {
        let order = if day < inspected { "早于" } else { "晚于" };
        let detail = format!("文书日期{order}检查日期{}", spoken(inspected));
        notes.at(&node).wanted(spoken(inspected)).with("detail", detail).say();
    }
    let records = paper.context.case.iter().filter(|other| other.facts.kind.code() == "insp_record");
    let of_this = records.filter(|other| other.facts.inspection_id.as_deref() == paper.text("Header/InspectionId"));
    let days: Vec<_> =
        of_this.filter_map(|other| Some((day_at(other.tree.root(), "Start")?.1, day_at(other.tree.root(), "End")?.1))).collect();
    if let Some((start, _)) = days.first().filter(|_| days.iter().all(|(start, end)| inspected < *start || inspected > *end)) {
        let detail = format!("检查日期与现场检查记录（{}）不同", spoken(*start));
        notes.at(&asked).wanted(spoken(*start)).with("detail", detail).say();
    }
}

fn deadline_after_order(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(day) = paper.date else {
        return;
    };
    for path in ["Deadline", "NewDeadline"] {
        if let Some((node, deadline)) = paper.day(path)
            && deadline <= day
        {
            notes.at(&node).wanted(format!("晚于{}", spoken(day))).say();
        }
    }
    let items = paper.node("ItemsToFix").into_iter().flat_map(|items| items.children_named("Item"));
    for deadline in items.filter_map(|item| item.attribute("deadline")) {
        if day_of(deadline.value()).is_some_and(|deadline| deadline <= day) {
            notes.at_attr(&deadline).wanted(format!("晚于{}", spoken(day))).say();
        }
    }
}

fn review_after_order(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let (Some((_, ordered)), Some((node, day))) = (paper.day("OrderRef/Date"), paper.day("Header/DocumentDate"))
        && day < ordered
    {
        notes.at(&node).wanted(format!("不早于{}", spoken(ordered))).with("ordered", spoken(ordered)).say();
    }
}

/// The deadline is the reference's own, or a granted delay's, or that of the order in the case.
fn review_in_time(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, day)) = paper.day("Header/DocumentDate") else {
        return;
    };
    let of_order = || {
        let number = paper.text("OrderRef/Number")?;
        let order = paper
            .context
            .case
            .iter()
            .find(|other| other.facts.number.as_deref().is_some_and(|theirs| DocumentNumber::matches(theirs, number)))?;
        day_at(order.tree.root(), "Deadline")
    };
    let deadline = paper.day("Delay/NewDeadline").or_else(|| paper.day("OrderRef/Deadline")).or_else(of_order);
    let Some((_, deadline)) = deadline else {
        return;
    };
    let last = deadline.checked_add_days(Days::new(u64::from(notes.count("days"))));
    if let Some(last) = last.filter(|last| day > *last) {
        notes.at(&node).wanted(format!("不晚于{}", spoken(last))).with("deadline", spoken(deadline)).say();
    }
}
