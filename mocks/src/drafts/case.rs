//! One penalty case: who, what and when.

use super::calendar;
use super::enterprises::{Enterprise, Office};
use super::findings::Offence;
use super::parts::{self, Heading, Slot};
use super::people::{self, Officer, Person};
use super::random::Random;
use super::xml::Xml;
use chrono::{Datelike, Days, NaiveDate};

/// Whom the case is against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    Enterprise,
    Person,
}

/// Working days from each step to the decision; the law's order with room to spare (行政处罚法 arts. 44, 60 to 64).
const STEPS: [(&str, i32); 8] = [
    ("case_filing", -26),
    ("inquiry_record", -24),
    ("preserve_notice", -26),
    ("penalty_notice", -10),
    ("hearing_notice", -10),
    ("decision", 0),
    ("service_receipt", 2),
    ("case_close", 8),
];

/// Everything that the documents of one case say.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub id: String,
    pub seq: u32,
    pub against: Against,
    pub enterprise: Enterprise,
    /// The party of a case against a person, else the one questioned.
    pub person: Person,
    pub offence: Offence,
    pub officers: Vec<Officer>,
    pub decision: NaiveDate,
    /// Whether the fine reaches the hearing threshold.
    pub hearing: bool,
}

impl Case {
    /// A case whose document of `kind` falls on the slot's day, or on the last working day before it.
    pub(super) fn with_document_on(
        random: &mut Random,
        slot: Slot<'_>,
        enterprise: Enterprise,
        offence: Offence,
        against: Against,
        kind: &str,
    ) -> Self {
        let Slot { group, seq, date: day, .. } = slot;
        let step = if kind.starts_with("penalty_") && kind != "penalty_notice" { "decision" } else { kind };
        let offset = STEPS.iter().find(|(name, _)| *name == step).map_or(0, |(_, days)| *days);
        let decision = calendar::shift(calendar::working_or_before(day), -offset);
        let (name, male, duty) = match against {
            Against::Enterprise => (enterprise.legal_rep.clone(), enterprise.legal_rep_male, "法定代表人"),
            Against::Person if offence.basis.starts_with("第九十四条") => {
                (enterprise.legal_rep.clone(), enterprise.legal_rep_male, "法定代表人")
            }
            Against::Person => (enterprise.safety_manager.clone(), true, "安全科科长"),
        };
        let threshold = if against == Against::Person { 20_000 } else { 50_000 };
        let mut person = Person::invent(random, name, male, duty, decision);
        person.phone.clone_from(&enterprise.phone);
        Self {
            id: format!("AJ-{}-{seq:04}", decision.year()),
            seq,
            against,
            person,
            hearing: offence.fine >= threshold,
            offence,
            officers: people::GROUPS[usize::from(group.clamp(1, 3)) - 1].to_vec(),
            enterprise,
            decision,
        }
    }

    /// When the act was found: the inspection's day.
    pub(super) fn found(&self) -> NaiveDate {
        calendar::shift(self.decision, -27)
    }

    pub(super) fn filed(&self) -> NaiveDate {
        self.on("case_filing")
    }

    pub(super) fn on(&self, step: &str) -> NaiveDate {
        let offset = STEPS.iter().find(|(name, _)| *name == step).map_or(0, |(_, days)| *days);
        calendar::shift(self.decision, offset)
    }

    /// Notices are served on the next working day.
    pub(super) fn notified(&self) -> NaiveDate {
        calendar::shift(self.on("penalty_notice"), 1)
    }

    /// The decision is served on the second working day after it, within the seven of art. 61.
    pub(super) fn served(&self) -> NaiveDate {
        self.on("service_receipt")
    }

    /// 涉嫌 before the decision, without it afterwards.
    pub(super) fn name(&self, suspected: bool) -> String {
        format!("{}{}{}案", self.party_name(), if suspected { "涉嫌" } else { "" }, self.offence.cause)
    }

    pub(super) fn party_name(&self) -> &str {
        match self.against {
            Against::Enterprise => &self.enterprise.name,
            Against::Person => &self.person.name,
        }
    }

    /// 你单位 or 你.
    pub(super) fn you(&self) -> &'static str {
        if self.against == Against::Person { "你" } else { "你单位" }
    }

    pub(super) fn party(&self, x: &mut Xml, day: NaiveDate) {
        match self.against {
            Against::Enterprise => parts::party_enterprise(x, &self.enterprise),
            Against::Person => parts::party_person(x, &self.person, &self.enterprise, day),
        }
    }

    pub(super) fn heading<'a>(&'a self, kind: &'static str, number: Option<&'a str>, date: NaiveDate) -> Heading<'a> {
        Heading { kind, number, date, inspection: None, case: Some(&self.id), author: self.officers[0] }
    }

    pub(super) fn filing_number(&self, office: &Office) -> String {
        parts::number(office, "立", self.filed(), self.seq)
    }

    pub(super) fn case_ref(&self, x: &mut Xml, office: &Office, suspected: bool) {
        x.group("CaseRef", |x| {
            x.leaf("CaseName", &self.name(suspected));
            x.leaf("FilingNumber", &self.filing_number(office));
            x.leaf("FilingDate", &self.filed().to_string());
        });
    }

    /// When the act began, ended and was found.
    pub(super) fn act(&self, x: &mut Xml) {
        let found = self.found();
        x.group("Act", |x| {
            x.leaf("Start", &(found - Days::new(40)).to_string());
            x.leaf("End", &found.to_string());
            x.leaf("FoundDate", &found.to_string());
            x.leaf("HarmToLife", "false");
        });
    }
}
