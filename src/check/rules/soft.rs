//! What the notice asks of an inspection beyond the law (domain.md §4, S-13 to S-25). Soft: what it finds is told of, and keeps no
//! document from being entered; the profile turns any of it off.

use super::{
    Predicate,
    paper::{Notes, Paper, moment_of},
};
use crate::check::Node;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("S-13", a_district_officer_is_there),
    Predicate::new("S-16", four_meetings_in_order),
    Predicate::new("S-17", three_parties_are_present),
    Predicate::new("S-18", an_expert_is_there),
    Predicate::new("S-20", each_finding_has_its_basis),
    Predicate::new("S-21", each_finding_has_its_disposition),
    Predicate::new("S-23", a_recorder_is_carried),
    Predicate::new("S-24", meetings_are_recorded),
    Predicate::new("S-25", on_the_spot_means_before_the_end),
];

const MEETINGS: [&str; 4] = ["Opening", "OnSite", "Communication", "Summary"];

fn a_district_officer_is_there(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Officers").filter(|_| !paper.officers.iter().any(|officer| officer.level == "district")) {
        notes.at(&node).say();
    }
}

fn four_meetings_in_order(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(meetings) = paper.node("Meetings") else {
        notes.at(&paper.root).value("").with("detail", "没有填写四个环节").say();
        return;
    };
    let mut last = None;
    for name in MEETINGS {
        let Some(meeting) = meetings.child(name) else {
            notes.at(&meetings).with("detail", "四个环节没有填全").say();
            return;
        };
        let at = |part: &str| meeting.value(part).and_then(moment_of);
        let (start, end) = (at("Start"), at("End"));
        if start.zip(end).is_some_and(|(start, end)| start > end) || last.zip(start).is_some_and(|(last, start)| start < last) {
            notes.at(&meeting).with("detail", format!("“{}”的时间顺序不对", meeting.label())).say();
            return;
        }
        last = end.or(start).or(last);
    }
}

fn three_parties_are_present(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for role in ["EnterpriseHead", "SafetyManager", "Operator"] {
        let Some(node) = paper.node("Present").and_then(|present| present.child(role)) else {
            continue;
        };
        if node.child("Name").is_none() && node.child("AbsenceReason").is_none() {
            notes.at(&node).with("who", node.label()).say();
        }
    }
}

fn an_expert_is_there(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if paper.node("Experts/Expert").is_none() {
        notes.at(&paper.root).value("").say();
    }
}

fn findings<'a>(paper: &Paper<'a>) -> impl Iterator<Item = Node<'a>> {
    paper.node("Findings").into_iter().flat_map(|findings| findings.children_named("Finding"))
}

fn no_of(finding: &Node<'_>) -> String {
    finding.attribute("no").map_or_else(String::new, |no| no.value().to_owned())
}

/// Who raised a problem names its basis, and is one of those who inspected.
fn each_finding_has_its_basis(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let experts: Vec<&str> = paper
        .node("Experts")
        .into_iter()
        .flat_map(|experts| experts.children_named("Expert"))
        .filter_map(|expert| expert.value("Name"))
        .collect();
    for finding in findings(paper) {
        let no = no_of(&finding);
        let named = |citation: &Node<'_>| ["Law", "Article"].iter().all(|part| citation.value(part).is_some_and(|said| !said.is_empty()));
        let basis = finding.child("Basis");
        if !basis.is_some_and(|basis| basis.children_named("Citation").any(|citation| named(&citation))) {
            notes.at(&basis.unwrap_or(finding)).value("").with("detail", format!("第{no}项问题没有写明依据的法规和条款")).say();
        }
        match finding.child("RaisedBy").filter(|who| !who.text().is_empty()) {
            None => notes.at(&finding).value("").with("detail", format!("第{no}项问题没有写明由谁提出")).say(),
            Some(who) if !paper.has_officer(who.text()) && !experts.contains(&who.text()) => {
                notes.at(&who).with("detail", format!("第{no}项问题的提出人不是参加检查的执法人员或者专家")).say();
            }
            Some(_) => {}
        }
    }
}

/// Each finding has a disposition; an order or measure stands for findings of the record that call for it.
fn each_finding_has_its_disposition(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for finding in findings(paper).filter(|finding| finding.value("Disposition").is_none_or(str::is_empty)) {
        notes.at(&finding).value("").with("detail", format!("第{}项问题没有写明处置意见", no_of(&finding))).say();
    }
    let (called_for, word) = match paper.kind {
        "rectify_order" => ("order", "责令限期整改"),
        "onsite_measure" => ("measure", "现场处理措施"),
        _ => return,
    };
    let Some(problems) = paper.node("Problems") else { return };
    let records: Vec<_> = paper.context.case.iter().filter(|other| other.facts.kind.code() == "insp_record").collect();
    let Some(record) = records.first() else { return };
    let listed = record.tree.root().find("Findings").into_iter().flat_map(|list| list.children_named("Finding"));
    let such = listed.filter(|finding| finding.value("Disposition") == Some(called_for)).count();
    let stated = problems.children_named("Problem").count();
    if such < stated {
        let detail = format!("本文书列了{stated}项问题，检查记录里处置意见为{word}的只有{such}项");
        notes.at(&problems).value(&format!("{stated}项")).with("detail", detail).say();
    }
}

fn a_recorder_is_carried(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if paper.node("RecorderId").is_none() {
        notes.at(&paper.root).value("").say();
    }
}

fn meetings_are_recorded(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(meetings) = paper.node("Meetings") else {
        return;
    };
    for meeting in ["Opening", "Summary"].iter().filter_map(|name| meetings.child(name)) {
        if meeting.child("Recording").is_none() {
            notes.at(&meeting).with("who", meeting.label()).say();
        }
    }
}

fn on_the_spot_means_before_the_end(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let end = paper.moment("End").map(|(_, end)| end);
    for act in paper.node("OnTheSpot").into_iter().flat_map(|acts| acts.children()) {
        let late = |at: &str| moment_of(at).zip(end).is_some_and(|(at, end)| at > end);
        if let Some(at) = act.attribute("at").filter(|at| late(at.value())) {
            notes.at_attr(&at).with("detail", format!("“{}”晚于检查结束", act.label())).say();
        }
    }
    let suspected = |finding: &Node<'_>| finding.value("Disposition") == Some("case") && finding.find("Evidence/Evidence").is_none();
    for finding in paper.node("Findings").into_iter().flat_map(|findings| findings.children_named("Finding")).filter(suspected) {
        let node = finding.child("Disposition").unwrap_or(finding);
        notes.at(&node).with("detail", "拟立案查处的问题没有当场固定证据").say();
    }
}
