//! References to other documents of the case, the party they share, and the remedies that must be named.

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_of, spoken},
};
use crate::{check::Node, document::DocumentNumber};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("REF-1", referred_to_exists),
    Predicate::new("REF-2", referred_to_agrees),
    Predicate::new("REF-3", one_inspection_one_enterprise),
    Predicate::new("REF-4", one_code_one_name),
    Predicate::new("REF-5", items_are_among_the_problems),
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
    ("Rows/Row", "DocumentNumber", "DocumentDate", &[]),
];

/// A reference of the document under judgement.
struct Reference<'a> {
    number: Node<'a>,
    date: Option<Node<'a>>,
    kinds: &'static [&'static str],
}

fn references<'a>(paper: &Paper<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (path, number, date, kinds) in REFERENCES {
        for node in paper.root.all(path) {
            if let Some(number) = node.child(number) {
                found.push(Reference { number, date: node.child(date), kinds });
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
    }
}

fn one_inspection_one_enterprise(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(inspection), Some(uscc)) = (paper.text("Header/InspectionId"), paper.node("Enterprise/Uscc")) else {
        return;
    };
    let other = paper.context.case.iter().find(|other| {
        other.facts.inspection_id.as_deref() == Some(inspection)
            && other.tree.text("Enterprise/Uscc").is_some_and(|theirs| theirs != uscc.text())
    });
    if let Some(other) = other {
        notes.at(&uscc).wanted(other.tree.text("Enterprise/Uscc").unwrap_or_default()).with("other", other.facts.title()).say();
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
