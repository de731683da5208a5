//! References to other documents of the case, the party they share, and the remedies that must be named.

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_at, day_of, spoken},
};
use crate::{check::Node, document::DocumentNumber};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("REF-1", referred_to_exists),
    Predicate::new("REF-2", referred_to_agrees),
    Predicate::new("REF-3", one_enterprise),
    Predicate::new("REF-4", one_code_one_name),
    Predicate::new("REF-5", items_are_among_the_problems),
    Predicate::new("REF-6", address_is_the_scheme_s),
    Predicate::new("REF-7", review_goes_item_by_item),
    Predicate::new("DAT-23", referred_to_came_first),
    Predicate::with("REM-1", &[("review_days", ParamKind::Count), ("suit_months", ParamKind::Count)], remedy_terms),
    Predicate::new("REM-2", remedy_court),
];

/// Where documents refer to others: the element that holds number and date, and the kinds that may be meant.
const REFERENCES: [(&str, &str, &str, &[&str]); 8] = [
    ("OrderRef", "Number", "Date", &["rectify_order", "onsite_measure"]),
    ("PlanRef", "Number", "Date", &["insp_plan"]),
    ("RecordRef", "Number", "Date", &["insp_record"]),
    ("CaseRef", "FilingNumber", "FilingDate", &["case_filing"]),
    ("NoticeRef", "Number", "Date", &["penalty_notice"]),
    ("HearingRef", "Number", "Date", &["hearing_notice"]),
    ("DecisionRef", "Number", "Date", &["penalty_org", "penalty_person", "spot_penalty_org", "spot_penalty_person"]),
    (RECEIPT_ROW, "DocumentNumber", "DocumentDate", &[]),
];

/// A line of a receipt.
const RECEIPT_ROW: &str = "Rows/Row";

/// A reference of the document under judgement.
struct Reference<'a> {
    path: &'static str,
    node: Node<'a>,
    number: Node<'a>,
    date: Option<Node<'a>>,
    kinds: &'static [&'static str],
}

fn references<'a>(paper: &Paper<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (path, number, date, kinds) in REFERENCES {
        for node in paper.root.all(path) {
            if let Some(number) = node.child(number) {
                found.push(Reference { path, node, number, date: node.child(date), kinds });
            }
        }
    }
    found
}

fn referred_to_exists(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    // Judged by itself a document cannot know.
    if paper.context.case.is_empty() {
        return;
    }
    for reference in references(paper) {
        let text = reference.number.text();
        if !paper.context.case.iter().any(|other| other.facts.number.as_deref().is_some_and(|theirs| DocumentNumber::matches(theirs, text)))
        {
            notes.at(&reference.number).say();
        }
    }
}

fn referred_to_agrees(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if paper.context.case.is_empty() {
        return;
    }
    for reference in references(paper) {
        let text = reference.number.text();
        let named = |theirs: &str| DocumentNumber::matches(theirs, text);
        let Some(other) = paper.context.case.iter().find(|other| other.facts.number.as_deref().is_some_and(named)) else {
            continue;
        };
        let facts = &other.facts;
        if !reference.kinds.is_empty() && !reference.kinds.contains(&facts.kind.code()) {
            notes.at(&reference.number).with("detail", format!("这个编号是一份{}", facts.kind_name)).say();
        }
        if let Some(date) = reference.date
            && day_of(date.text()).is_some_and(|day| day != facts.document_date)
        {
            notes
                .at(&date)
                .wanted(spoken(facts.document_date))
                .with("detail", format!("{}的日期是{}", text, spoken(facts.document_date)))
                .say();
        }
        served_as_the_receipt_says(paper, notes, &reference);
    }
}

/// The day of service that a decision names for a notice is the one on the receipt of the case.
fn served_as_the_receipt_says(paper: &Paper<'_>, notes: &mut Notes<'_>, reference: &Reference<'_>) {
    let Some((node, served)) = day_at(reference.node, "ServedDate").filter(|_| reference.path != RECEIPT_ROW) else {
        return;
    };
    let receipts = paper.context.case.iter().filter(|other| other.facts.kind.code() == "service_receipt");
    let rows: Vec<_> = receipts.flat_map(|receipt| receipt.tree.root().all(RECEIPT_ROW)).collect();
    let is_meant =
        |row: &&Node<'_>| row.value("DocumentNumber").is_some_and(|theirs| DocumentNumber::matches(theirs, reference.number.text()));
    let days: Vec<_> = rows.iter().filter(is_meant).filter_map(|row| Some(day_at(*row, "ServedDate")?.1)).collect();
    if let Some(day) = days.first().filter(|_| !days.contains(&served)) {
        let detail = format!("送达回执上{}的送达日期是{}", reference.number.text(), spoken(*day));
        notes.at(&node).wanted(spoken(*day)).with("detail", detail).say();
    }
}

/// What a document refers to was there before it.
fn referred_to_came_first(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(own) = paper.date else {
        return;
    };
    // A receipt is begun before the last of what it serves is made, and DAT-17 watches what is closed.
    for reference in references(paper).iter().filter(|reference| ![RECEIPT_ROW, "DecisionRef"].contains(&reference.path)) {
        if let Some(date) = reference.date.filter(|date| day_of(date.text()).is_some_and(|day| day > own)) {
            notes.at(&date).wanted(format!("不晚于{}", spoken(own))).say();
        }
    }
}

fn one_enterprise(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(uscc) = paper.node("Enterprise/Uscc") else {
        return;
    };
    let (inspection, case) = (paper.text("Header/InspectionId"), paper.text("Header/CaseId"));
    let others = paper.context.case.iter().filter(|other| other.tree.text("Enterprise/Uscc").is_some_and(|theirs| theirs != uscc.text()));
    for other in others {
        let is = |ours: Option<&str>, theirs: Option<&str>| ours.is_some() && ours == theirs;
        let (same, what) = if is(inspection, other.facts.inspection_id.as_deref()) {
            ("同一次检查", "检查编号")
        } else if is(case, other.facts.case_id.as_deref()) {
            ("同一案件", "案件编号")
        } else {
            continue;
        };
        let wanted = other.tree.text("Enterprise/Uscc").unwrap_or_default();
        notes.at(&uscc).wanted(wanted).with("other", other.facts.title()).with("same", same).with("what", what).say();
        return;
    }
}

fn one_code_one_name(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(uscc), Some(name)) = (paper.text("Enterprise/Uscc"), paper.node("Enterprise/Name")) else {
        return;
    };
    let other = paper.context.case.iter().find(|other| {
        other.tree.text("Enterprise/Uscc") == Some(uscc)
            && other.tree.text("Enterprise/Name").is_some_and(|theirs| !same_name(theirs, name.text()))
    });
    if let Some(other) = other {
        notes.at(&name).wanted(other.tree.text("Enterprise/Name").unwrap_or_default()).with("other", other.facts.title()).say();
    }
}

/// The record's address is the scheme's (domain.md §1.4, insp_record).
fn address_is_the_scheme_s(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(address) = paper.node("Enterprise/Address") else {
        return;
    };
    let plans = paper.context.case.iter().filter(|other| other.facts.kind.code() == "insp_plan");
    let mut of_this = plans.filter(|other| other.facts.inspection_id.as_deref() == paper.text("Header/InspectionId"));
    let differs = |theirs: &str| !same_name(theirs, address.text());
    if let Some((plan, theirs)) = of_this.find_map(|plan| Some((plan, plan.tree.text("Enterprise/Address").filter(|a| differs(a))?))) {
        notes.at(&address).wanted(theirs).with("other", plan.facts.title()).say();
    }
}

/// Names are compared with brackets of both widths as one.
fn same_name(a: &str, b: &str) -> bool {
    let fold = |c: char| match c {
        '(' => '（',
        ')' => '）',
        c => c,
    };
    a.chars().filter(|c| !c.is_whitespace()).map(fold).eq(b.chars().filter(|c| !c.is_whitespace()).map(fold))
}

/// An order's items, and those called major, are among its numbered problems.
fn items_are_among_the_problems(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(problems) = paper.node("Problems") else {
        return;
    };
    let known = |no: &str| problems.children_named("Problem").any(|problem| problem.attr("no") == Some(no));
    let items = paper.node("ItemsToFix").into_iter().flat_map(|items| items.children_named("Item"));
    for no in items.filter_map(|item| item.attribute("no")) {
        if !known(no.value()) {
            notes.at_attr(&no).with("no", no.value()).say();
        }
    }
    if let Some(major) = paper.node("MajorItems") {
        for no in major.text().split_whitespace().filter(|no| !known(no)) {
            notes.at(&major).with("no", no).say();
        }
    }
}

/// A review speaks of every item that was ordered, once, and of no other.
fn review_goes_item_by_item(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(block) = paper.node("Items") else {
        return;
    };
    let mut reviewed = Vec::new();
    for no in block.children_named("Item").filter_map(|item| item.attribute("no")) {
        if reviewed.contains(&no.value()) {
            notes.at_attr(&no).wanted("每项一次").with("detail", format!("第{}项写了两次", no.value())).say();
        }
        reviewed.push(no.value());
    }
    let Some(number) = paper.text("OrderRef/Number") else {
        return;
    };
    let is_meant = |theirs: &str| DocumentNumber::matches(theirs, number);
    let order = paper.context.case.iter().find(|other| other.facts.number.as_deref().is_some_and(is_meant));
    let Some(order) = order.filter(|order| order.facts.kind.code() == "rectify_order") else {
        return;
    };
    let ordered: Vec<&str> = order.tree.root().all("ItemsToFix/Item").iter().filter_map(|item| item.attr("no")).collect();
    if ordered.is_empty() {
        return;
    }
    let wanted = format!("第{}项", ordered.join("、"));
    for no in block.children_named("Item").filter_map(|item| item.attribute("no")).filter(|no| !ordered.contains(&no.value())) {
        notes.at_attr(&no).wanted(wanted.clone()).with("detail", format!("第{}项不是责令整改的项目", no.value())).say();
    }
    let left: Vec<&str> = ordered.iter().copied().filter(|no| !reviewed.contains(no)).collect();
    if !left.is_empty() {
        let detail = format!("责令整改的第{}项没有复查结果", left.join("、"));
        notes.at(&block).value("").wanted(wanted).with("detail", detail).say();
    }
}

fn remedy_terms(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for (path, wanted, unit) in
        [("Remedy/ReviewDays", notes.count("review_days"), "日"), ("Remedy/SuitMonths", notes.count("suit_months"), "个月")]
    {
        if let Some(node) = paper.node(path)
            && node.text().parse::<u32>().is_ok_and(|written| written != wanted)
        {
            notes.at(&node).wanted(format!("{wanted}{unit}")).with("written", format!("{}{unit}", node.text())).say();
        }
    }
}

fn remedy_court(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Remedy/Court").filter(|node| !node.text().ends_with("法院")) {
        notes.at(&node).wanted("有管辖权的人民法院").say();
    }
}
