//! What single forms ask beside their fields: service, questioning, seals (domain.md §1.4).

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper},
};
use crate::{check::Node, document::DocumentNumber};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("SRV-1", &[("methods", ParamKind::Texts)], substitute_states_the_relation),
    Predicate::with("SRV-2", &[("methods", ParamKind::Texts)], lien_has_a_witness),
    Predicate::with("SRV-3", &[("methods", ParamKind::Texts), ("servers", ParamKind::Count)], two_servers),
    Predicate::new("SRV-4", kind_fits_the_number),
    Predicate::with("INQ-1", &[("words", ParamKind::Texts)], recusal_was_asked),
    Predicate::new("INQ-2", each_page_is_signed),
    Predicate::new("SEAL-1", is_sealed),
];

/// The lines of a receipt that were served in one of the rule's ways, each with its number.
fn rows_by_method<'a>(paper: &Paper<'a>, notes: &Notes<'_>) -> Vec<(Node<'a>, &'a str)> {
    let is_meant = |row: &Node<'a>| row.value("Method").is_some_and(|method| notes.rule.params.texts("methods").any(|m| m == method));
    let rows = paper.root.all("Rows/Row").into_iter().filter(is_meant);
    rows.map(|row| (row, row.attr("no").unwrap_or_default())).collect()
}

/// Who takes a document for another states the relation; the form's own note lets it stand in the remark.
fn substitute_states_the_relation(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for (row, no) in rows_by_method(paper, notes) {
        if row.child("Relation").is_none() && row.child("Remark").is_none() {
            notes.at(&row.child("Recipient").unwrap_or(row)).wanted("代收人与受送达人的关系").with("no", no).say();
        }
    }
}

/// What is left behind is witnessed, or recorded by picture, which the remark then says.
fn lien_has_a_witness(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for (row, no) in rows_by_method(paper, notes) {
        if row.child("Witness").is_none() && row.child("Remark").is_none() {
            let wanted = "见证人姓名，或者在备注里写明拒收情况和拍照、录像情况";
            notes.at(&row.child("Method").unwrap_or(row)).value("留置送达").wanted(wanted).with("no", no).say();
        }
    }
}

fn two_servers(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let wanted = notes.count("servers");
    for (row, no) in rows_by_method(paper, notes) {
        let mut names: Vec<&str> = row.children_named("Server").map(|server| server.text()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() < wanted as usize {
            let node = row.child("Server").unwrap_or(row);
            let count = names.len().to_string();
            notes.at(&node).wanted(format!("{wanted}名以上送达人")).with("no", no).with("count", count).say();
        }
    }
}

/// The word in a number tells the kind of its document.
fn kind_fits_the_number(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for row in paper.root.all("Rows/Row") {
        let (Some(code), Some(node)) = (row.value("DocumentKind"), row.child("DocumentNumber")) else {
            continue;
        };
        let (Some(kind), Some(number)) = (paper.ground.kinds.get(code), DocumentNumber::read(node.text()).number) else {
            continue;
        };
        // Kinds may share a word, as decisions on organisations and on persons do.
        let other = paper.ground.kinds.values().filter(|other| other.word == number.word).map(|other| other.name.as_str()).min();
        if let Some(other) = other.filter(|_| kind.word != number.word) {
            let no = row.attr("no").unwrap_or_default();
            notes.at(&node).wanted(kind.word.clone()).with("no", no).with("kind", kind.name.clone()).with("other", other).say();
        }
    }
}

fn recusal_was_asked(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(block) = paper.node("Recusal") else {
        return;
    };
    let question = block.child("Question").unwrap_or(block);
    if !notes.rule.params.texts("words").any(|word| question.text().contains(word)) {
        notes.at(&question).wanted("“是否申请回避”的问话").say();
    }
}

fn each_page_is_signed(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("EachPageSigned").filter(|node| is_no(node))
        && paper.node("Signatures/Refused").is_none()
    {
        notes.at(&node).value("否").say();
    }
}

fn is_sealed(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Seal").filter(is_no) {
        notes.at(&node).value("否").say();
    }
}

fn is_no(node: &Node<'_>) -> bool {
    matches!(node.text(), "false" | "0")
}
