//! What of a penalty decision will be public: whether every column of the 双公示 template can be filled, and whether something would come to
//! light that must not (domain.md §2.1, §2.5, §2.6).

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper},
    personal::{self, Number, What},
    yuan::Yuan,
};
use crate::{
    check::Node,
    document::Severity,
    publication::{Category, Column, Need},
};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("PUB-1", every_column_is_filled),
    Predicate::new("PUB-2", what_the_penalty_calls_for_is_filled),
    Predicate::new("PUB-3", every_column_holds_its_text),
    Predicate::with("PUB-4", &[("duties", ParamKind::Texts)], sole_traders_are_organisations),
    Predicate::new("PUB-5", |paper, notes| no_number(paper, notes, What::Identity)),
    Predicate::new("PUB-6", |paper, notes| no_number(paper, notes, What::Phone)),
    Predicate::new("PUB-7", |paper, notes| no_number(paper, notes, What::Account)),
];

/// The texts that are published as they stand.
const PUBLIC: [&str; 8] =
    ["Enterprise/Name", "Enterprise/LegalRep", "Party/Name", "Facts", "Violated/Text", "Basis/Text", "PenaltyText", "LicenceNote"];

/// The element that a column is made of, and the block that it should stand in.
fn source(column: &str) -> Option<(&'static str, &'static str)> {
    Some(match column {
        "CF_XDR_MC" => ("Name", "Enterprise"),
        "CF_XDR_SHXYM" | "CF_XDR_GSZC" => ("Uscc", "Enterprise"),
        "CF_FRDB" => ("LegalRep", "Enterprise"),
        "CF_XDR_ZJLX" => ("IdKind", "Party"),
        "CF_XDR_ZJHM" => ("IdNumber", "Party"),
        "CF_WSH" => ("DocumentNumber", "Header"),
        "CF_WFXW" => ("Violated", ""),
        "CF_SY" => ("Facts", ""),
        "CF_YJ" => ("Basis", ""),
        "CF_CFLB" => ("PenaltyKinds", ""),
        "CF_NR" => ("PenaltyText", ""),
        "CF_NR_FK" => ("FineYuan", ""),
        "CF_NR_WFFF" => ("ConfiscatedYuan", ""),
        "CF_NR_ZKDX" => ("LicenceNote", ""),
        "CF_JDRQ" | "CF_GSJZQ" => ("DocumentDate", "Header"),
        "CF_CFJG" | "CF_SJLY" => ("Name", "Header/IssuingOrg"),
        "CF_CFJGDM" | "CF_SJLYDM" => ("Uscc", "Header/IssuingOrg"),
        _ => return None,
    })
}

/// The element of a column, else the block where it is missing.
fn place<'a>(paper: &Paper<'a>, column: &str) -> Option<Node<'a>> {
    let (name, block) = source(column)?;
    let block = if block == "Enterprise" && paper.against_person() { "Party" } else { block };
    let block = if block.is_empty() { paper.root } else { paper.node(block)? };
    Some(block.child(name).unwrap_or(block))
}

/// 数据来源单位 is the authority itself: what is wrong with it is said once.
fn once(column: &Column) -> bool {
    !matches!(column.field, "CF_SJLY" | "CF_SJLYDM")
}

fn every_column_is_filled(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decision) = paper.decision() else { return };
    let empty = |column: &&Column| column.need == Need::Always && decision.field(column.field).trim().is_empty();
    for column in decision.columns().iter().filter(empty).filter(|column| once(column)) {
        let label = match column.field {
            "CF_FRDB" if decision.category == Category::SoleTrader => "法定代表人（个体工商户填经营者）",
            _ => column.label,
        };
        if let Some(node) = place(paper, column.field) {
            notes.at(&node).wanted(label).with("column", label).say();
        }
    }
}

/// That a fine has no amount at all is AMT-9's to say; here an amount of nothing is.
fn what_the_penalty_calls_for_is_filled(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decision) = paper.decision() else { return };
    let wanted = |column: &&Column| column.need == Need::Where && decision.calls_for(column.field);
    for column in decision.columns().iter().filter(wanted) {
        let value = decision.field(column.field);
        if !value.trim().is_empty() && Yuan::parse_wan(&value) != Some(Yuan::default()) {
            continue;
        }
        let Some(node) = source(column.field).and_then(|(name, block)| paper.node(block).unwrap_or(paper.root).child(name)) else {
            continue;
        };
        let found = if value.trim().is_empty() { "没有" } else { "是零" };
        let note = notes.at(&node).wanted(column.label).with("column", column.label).with("found", found);
        // A party without a code is lawful; somebody must add the other number where it is published.
        if column.field == "CF_XDR_GSZC" { note.at_most(Severity::Warning).say() } else { note.say() }
    }
}

fn every_column_holds_its_text(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decision) = paper.decision() else { return };
    for column in decision.columns().iter().filter(|column| once(column)) {
        let length = decision.field(column.field).chars().count();
        if length > column.most
            && let Some(node) = place(paper, column.field)
        {
            let most = format!("不超过 {} 个字", column.most);
            notes.at(&node).wanted(most).with("column", column.label).with("length", length.to_string()).say();
        }
    }
}

/// A decision against the operator of a sole trader belongs among the organisations, with the trader as its party (domain.md §2.5).
fn sole_traders_are_organisations(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(code), Some(duty)) = (paper.node("Party/EmployerUscc"), paper.text("Party/Duty")) else { return };
    if code.text().starts_with("92") && notes.rule.params.texts("duties").any(|word| duty.contains(word)) {
        notes.at(&code).wanted("行政处罚决定书（单位）").say();
    }
}

/// No number of this sort stands in a text that is published, but the officers' own certificates and the account of the fine.
fn no_number(paper: &Paper<'_>, notes: &mut Notes<'_>, what: What) {
    let account = paper.text("Payment/Account").map(personal::digits).unwrap_or_default();
    let known = |number: &Number| number.digits == account || paper.officers.iter().any(|officer| officer.certificate == number.digits);
    for node in PUBLIC.iter().filter_map(|path| paper.node(path)) {
        for number in personal::numbers(node.text()).into_iter().filter(|number| number.what == what && !known(number)) {
            let mut note = notes.at(&node).value(&number.covered());
            if let Some(place) = node.place_within(number.at) {
                note = note.placed(place);
            }
            note.say();
        }
    }
}
