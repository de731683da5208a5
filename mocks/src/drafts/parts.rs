//! Blocks that documents share.

use super::enterprises::{Enterprise, Office};
use super::people::{Officer, Person};
use super::random::Random;
use super::xml::Xml;
use chrono::{Datelike, NaiveDate, NaiveTime};

/// A document's XML with what its header says, before encoding.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub kind: &'static str,
    pub title: &'static str,
    pub number: Option<String>,
    pub date: NaiveDate,
    /// Header/InspectionId or Header/CaseId.
    pub thread: String,
    pub xml: String,
}

/// Which place in the week a document takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot<'a> {
    pub office: &'a Office,
    /// 1 to 3.
    pub group: u8,
    pub seq: u32,
    pub date: NaiveDate,
}

/// What goes into a header and differs from document to document.
#[derive(Debug)]
pub(super) struct Heading<'a> {
    pub kind: &'static str,
    pub number: Option<&'a str>,
    pub date: NaiveDate,
    pub inspection: Option<&'a str>,
    pub case: Option<&'a str>,
    pub author: Officer,
}

/// `（代字）应急<word>〔year〕seq号`.
pub(super) fn number(office: &Office, word: &str, date: NaiveDate, seq: u32) -> String {
    format!("（{}）应急{word}〔{}〕{seq}号", office.abbreviation, date.year())
}

/// A moment in Beijing time, in whole seconds.
pub(super) fn moment(date: NaiveDate, time: NaiveTime) -> String {
    format!("{date}T{time}+08:00")
}

/// 2023年4月3日.
pub(super) fn spoken(date: NaiveDate) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

pub(super) fn header(x: &mut Xml, random: &mut Random, office: &Office, heading: &Heading<'_>) {
    let draft_id = random.uuid();
    x.group("Header", |x| {
        x.leaf("DraftId", &draft_id);
        x.leaf("Kind", heading.kind);
        if let Some(number) = heading.number {
            x.leaf("DocumentNumber", number);
        }
        x.group("IssuingOrg", |x| {
            x.leaf("Name", &office.name);
            x.leaf("Uscc", &office.credit_code);
        });
        x.leaf("DocumentDate", &heading.date.to_string());
        if let Some(id) = heading.inspection {
            x.leaf("InspectionId", id);
        }
        if let Some(id) = heading.case {
            x.leaf("CaseId", id);
        }
        x.leaf("AuthorLevel", heading.author.level);
        x.group("Author", |x| {
            x.leaf("Name", heading.author.name);
            x.leaf("User", heading.author.user);
        });
        x.leaf("SchemaVersion", "2023.1");
    });
}

/// Name to town of an inspected enterprise; what its kind adds is written by `more`.
pub(super) fn enterprise(x: &mut Xml, e: &Enterprise, more: impl FnOnce(&mut Xml)) {
    x.group("Enterprise", |x| {
        x.leaf("Name", &e.name);
        x.leaf("Uscc", &e.credit_code);
        x.leaf("Address", &e.address);
        x.leaf("Town", e.town_code());
        more(x);
    });
}

/// An enterprise as the party of a case.
pub(super) fn party_enterprise(x: &mut Xml, e: &Enterprise) {
    enterprise(x, e, |x| {
        x.leaf("Postcode", "255100");
        x.leaf("LegalRep", &e.legal_rep);
        x.leaf("Duty", "法定代表人");
        x.leaf("Phone", &e.phone);
    });
}

/// A person as the party of a case or as the one questioned, of the enterprise `e`, on `day`.
pub(super) fn party_person(x: &mut Xml, p: &Person, e: &Enterprise, day: NaiveDate) {
    x.group("Party", |x| {
        x.leaf("Name", &p.name);
        x.leaf("Sex", if p.male { "male" } else { "female" });
        x.leaf("Age", &p.age(day).to_string());
        x.leaf("IdKind", "id_card");
        x.leaf("IdNumber", &p.id_number);
        x.leaf("HomeAddress", &p.home);
        x.leaf("Employer", &e.name);
        x.leaf("EmployerUscc", &e.credit_code);
        x.leaf("Duty", &p.duty);
        x.leaf("EmployerAddress", &e.address);
        x.leaf("Postcode", "255100");
        x.leaf("Phone", &p.phone);
    });
}

/// The first officer leads, the others take part.
pub(super) fn officers(x: &mut Xml, officers: &[Officer]) {
    x.group("Officers", |x| {
        for (index, officer) in officers.iter().enumerate() {
            x.group("Officer", |x| {
                x.leaf("Name", officer.name);
                x.leaf("CertificateNo", officer.certificate);
                x.leaf("Level", officer.level);
                x.leaf("Role", if index == 0 { "lead" } else { "member" });
            });
        }
    });
}

/// The sentence by which certificates are shown (行政处罚法 art. 55, 安全生产法 art. 67).
pub(super) fn certificates_shown(office: &Office, officers: &[Officer]) -> String {
    let mut names = String::new();
    let mut numbers = String::new();
    for officer in officers {
        if !names.is_empty() {
            names.push('、');
            numbers.push('、');
        }
        names.push_str(officer.name);
        numbers.push_str(officer.certificate);
    }
    format!("我们是{}行政执法人员{names}，证件号码为{numbers}，现出示证件，请过目确认。对方已看清证件，无异议。", office.name)
}

pub(super) fn citations(x: &mut Xml, name: &str, list: &[(&str, &str)], text: Option<&str>) {
    x.group(name, |x| {
        for (law, article) in list {
            x.group("Citation", |x| {
                x.leaf("Law", law);
                x.leaf("Article", article);
            });
        }
        if let Some(text) = text {
            x.leaf("Text", text);
        }
    });
}

pub(super) fn step(x: &mut Xml, name: &str, opinion: &str, who: &str, date: NaiveDate) {
    x.group(name, |x| {
        x.leaf("Opinion", opinion);
        x.leaf("Name", who);
        x.leaf("Date", &date.to_string());
    });
}

/// Review by the people's government of the same level within 60 days, or suit within six months.
pub(super) fn remedy(x: &mut Xml, office: &Office) {
    x.group("Remedy", |x| {
        x.leaf("ReviewAuthority", &office.review_authority);
        x.leaf("ReviewDays", "60");
        x.leaf("Court", &office.court);
        x.leaf("SuitMonths", "6");
    });
}

/// The officers' signatures and the party's, or the note of a refusal.
pub(super) fn signatures(x: &mut Xml, officers: &[Officer], party: (&str, &str), refused: bool, date: NaiveDate) {
    let day = date.to_string();
    x.group("Signatures", |x| {
        for officer in officers {
            x.group("OfficerSignature", |x| {
                x.leaf("Name", officer.name);
                x.leaf("Date", &day);
            });
        }
        if refused {
            x.group("Refused", |x| {
                x.leaf("Note", "单位现场负责人对检查情况无异议，但拒绝签名，执法人员已向单位负责人报告并记录在案。");
                x.leaf("Witness", "辛见山");
            });
        } else {
            x.group("PartySignature", |x| {
                x.leaf("Name", party.0);
                x.leaf("Duty", party.1);
                x.leaf("Date", &day);
            });
        }
    });
}

pub(super) fn reference(x: &mut Xml, name: &str, number: &str, date: NaiveDate) {
    x.group(name, |x| {
        x.leaf("Number", number);
        x.leaf("Date", &date.to_string());
    });
}

/// A reference to a recording: its name, digest and span.
pub(super) fn recording(x: &mut Xml, random: &mut Random, name: &str, start: &str, end: &str) {
    let digest = random.hex(64);
    x.empty("Recording", &[("name", name), ("digest", &digest), ("start", start), ("end", end)]);
}
