//! People: officers, certificates, reviewers, signatures (domain.md §3.5).

use std::collections::HashSet;

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, spoken},
};
use crate::document::Severity;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("PER-1", &[("officers", ParamKind::Count)], enough_officers),
    Predicate::with("PER-2", &[("words", ParamKind::Texts)], certificates_shown),
    Predicate::new("PER-3", officers_are_on_the_roster),
    Predicate::with("PER-4", &[("digits", ParamKind::Count)], certificate_format),
    Predicate::new("PER-5", experts_are_not_officers),
    Predicate::new("PER-6", reviewers_are_not_officers),
    Predicate::new("PER-7", penalty_documents_by_the_district),
    Predicate::new("PER-8", chair_is_not_an_officer),
    Predicate::new("PER-9", signatures_are_the_officers),
    Predicate::new("PER-10", refusal_has_a_witness),
];

fn enough_officers(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(block) = paper.node("Officers") else {
        return;
    };
    // Who only assists holds no certificate and does not count; a number without a digit (“无”) is none.
    let holds = |certificate: &str| certificate.chars().any(char::is_numeric);
    let acting = paper.officers.iter().filter(|officer| officer.node.value("Role") != Some("assist") && holds(officer.certificate));
    let (mut names, mut certificates) = (HashSet::new(), HashSet::new());
    for officer in acting {
        names.insert(officer.name);
        certificates.insert(officer.certificate);
    }
    let (count, wanted) = (names.len().min(certificates.len()), notes.count("officers"));
    if count < wanted as usize {
        notes.at(&block).value(&format!("{count}人")).wanted(format!("不少于{wanted}人")).with("count", count.to_string()).say();
    }
}

fn certificates_shown(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(node) = paper.node("CertificatesShown") else {
        return;
    };
    let text = node.text();
    // “没有出示证件” says the contrary.
    let is_said = |(at, _): (usize, &str)| !text[..at].ends_with(['没', '未']) && !text[..at].ends_with("没有");
    if !notes.rule.params.texts("words").any(|word| text.match_indices(word).any(is_said)) {
        notes.at(&node).say();
    }
}

fn officers_are_on_the_roster(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(roster) = paper.context.roster else {
        return;
    };
    let day = paper.date.unwrap_or(paper.context.today);
    // Annex 1 names town officers alone: a roster without anybody of a level says nothing of that level.
    let kept = |level: &str| roster.holders.values().any(|holder| holder.level.code() == level);
    for officer in paper.officers.iter().filter(|officer| officer.node.value("Role") != Some("assist")) {
        let detail = match roster.holders.get(officer.certificate) {
            None if !kept(officer.level) => continue,
            None => "执法证号不在本单位执法人员名册中".to_owned(),
            Some(holder) if holder.name != officer.name => "执法证号在名册中是另一个人的".to_owned(),
            Some(holder) => match (holder.valid_from, holder.valid_to) {
                (Some(from), _) if day < from => format!("执法证自{}起才有效", spoken(from)),
                (_, Some(to)) if to < day => format!("执法证已于{}过期", spoken(to)),
                _ => continue,
            },
        };
        let node = officer.node.child("CertificateNo").unwrap_or(officer.node);
        notes.at(&node).with("name", officer.name).with("detail", detail).say();
    }
}

fn certificate_format(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let digits = notes.count("digits");
    for officer in &paper.officers {
        let fits = officer.certificate.len() == digits as usize && officer.certificate.bytes().all(|b| b.is_ascii_digit());
        if let Some(node) = officer.node.child("CertificateNo").filter(|_| !fits) {
            notes.at(&node).wanted(format!("{digits}位数字")).say();
        }
    }
}

/// Experts advise: neither this document nor another of the inspection names one as an officer (notice, 执法＋专家).
fn experts_are_not_officers(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let here = paper.root.all("Experts/Expert/Name");
    let elsewhere = paper.context.case.iter().flat_map(|other| other.tree.root().all("Experts/Expert/Name"));
    let experts: HashSet<&str> = here.iter().copied().chain(elsewhere).map(|name| name.text()).collect();
    for officer in paper.officers.iter().filter(|officer| experts.contains(officer.name)) {
        let node = officer.node.child("Name").unwrap_or(officer.node);
        notes.at(&node).with("name", officer.name).say();
    }
}

/// Whose name it is, if an officer's of this document or of another document of its case.
fn officer_s_name(paper: &Paper<'_>, name: &str) -> Option<String> {
    if paper.has_officer(name) {
        return Some("本案执法人员".to_owned());
    }
    // The officers of an inspection are those of the case only once it is filed.
    let case = paper.text("Header/CaseId").filter(|_| !name.is_empty())?;
    let same = paper.context.case.iter().filter(|other| other.facts.case_id.as_deref() == Some(case));
    let mut naming = same.filter(|other| other.tree.root().all("Officers/Officer/Name").iter().any(|officer| officer.text() == name));
    naming.next().map(|other| format!("本案“{}”的执法人员", other.facts.title()))
}

fn reviewers_are_not_officers(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for path in ["LegalReview/Name", "Review/Name", "Approval/Name"] {
        if let Some(node) = paper.node(path)
            && let Some(whose) = officer_s_name(paper, node.text())
        {
            let step = node.parent().map_or_else(String::new, |step| step.label());
            notes.at(&node).with("name", node.text()).with("whose", whose).with("step", step).say();
        }
    }
}

fn penalty_documents_by_the_district(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Header/AuthorLevel").filter(|node| node.text() == "town") {
        notes.at(&node).value("镇办").wanted("区级").say();
    }
}

fn chair_is_not_an_officer(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("HearingRef/Held/Chair").filter(|node| officer_s_name(paper, node.text()).is_some()) {
        notes.at(&node).with("name", node.text()).say();
    }
}

fn signatures_are_the_officers(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(block) = paper.node("Signatures") else {
        return;
    };
    if paper.officers.is_empty() {
        return;
    }
    let mut signed = 0;
    for signature in block.children_named("OfficerSignature") {
        let Some(name) = signature.child("Name") else {
            continue;
        };
        if paper.has_officer(name.text()) {
            signed += 1;
        } else {
            notes.at(&name).with("detail", format!("签名的“{}”不在执法人员之列", name.text())).say();
        }
    }
    if signed < 2 && paper.officers.len() >= 2 {
        notes.at(&block).value(&format!("{signed}人签名")).wanted("两名以上执法人员签名").with("detail", "签名的执法人员不足两人").say();
    }
}

fn refusal_has_a_witness(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Signatures/Refused").filter(|node| node.child("Witness").is_none()) {
        notes.at(&node).at_most(Severity::Warning).say();
    }
}
