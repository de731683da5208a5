//! Notices and decisions of penalties, by ordinary procedure and on the spot.

use super::calendar;
use super::case::{Against, Case};
use super::enterprises::{Enterprise, Office};
use super::findings::{Offence, PENALTY_LAW, SAFETY_LAW};
use super::parts::{self, Heading, Written};
use super::people::{self, Officer, Person};
use super::random::Random;
use super::xml::Xml;
use super::yuan;
use chrono::{NaiveDate, NaiveTime};

impl Case {
    fn fine_text(&self) -> String {
        format!("人民币{}（¥{}.00）罚款", yuan::upper(self.offence.fine), self.offence.fine)
    }

    fn facts(&self, x: &mut Xml, office: &Office) {
        x.leaf(
            "Facts",
            &format!(
                "经查，{}，我局执法人员在{}（{}）进行执法检查时，发现{}{}。上述行为至检查之日仍在持续。",
                parts::spoken(self.found()),
                self.enterprise.name,
                self.enterprise.address,
                self.you(),
                self.offence.found
            ),
        );
        x.group("Evidences", |x| {
            x.leaf("Evidence", &format!("现场检查记录，文号{}", parts::number(office, "检记", self.found(), self.seq)));
            x.leaf("Evidence", &format!("对{}的询问笔录1份", self.person.name));
            x.leaf("Evidence", "现场照片3张");
            x.leaf("Evidence", "营业执照复印件1份");
        });
    }

    fn violated_and_basis(&self, x: &mut Xml) {
        parts::citations(x, "Violated", &[(SAFETY_LAW, self.offence.violated)], None);
        parts::citations(x, "Basis", &[(SAFETY_LAW, self.offence.basis)], None);
        x.group("PenaltyKinds", |x| x.leaf("PenaltyKind", "fine"));
    }

    fn fine(&self, x: &mut Xml) {
        x.leaf("FineYuan", &format!("{}.00", self.offence.fine));
        x.leaf("FineUpper", &yuan::upper(self.offence.fine));
    }

    /// What both notices have in common up to the term.
    fn notice_body(&self, x: &mut Xml, office: &Office) {
        self.case_ref(x, office, true);
        self.facts(x, office);
        self.violated_and_basis(x);
        x.leaf("ProposedPenalty", &format!("拟对{}作出{}的行政处罚。", self.you(), self.fine_text()));
        self.fine(x);
    }

    fn contact(&self, x: &mut Xml, office: &Office) {
        x.group("Contact", |x| {
            x.leaf("Address", &office.address);
            x.leaf("Name", self.officers[0].name);
            x.leaf("Phone", &office.phone);
            x.leaf("Postcode", "255100");
        });
        x.leaf("Seal", "true");
    }

    pub(super) fn notice(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.on("penalty_notice");
        let number = parts::number(office, "罚告", date, self.seq);
        let mut x = Xml::document("PenaltyNotice");
        parts::header(&mut x, random, office, &self.heading("penalty_notice", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        self.notice_body(&mut x, office);
        x.leaf("StatementDays", "3");
        parts::citations(
            &mut x,
            "RightsBasis",
            &[(PENALTY_LAW, "第四十四条"), (PENALTY_LAW, "第四十五条")],
            Some("有权进行陈述和申辩；逾期未提出的，视为放弃。"),
        );
        self.contact(&mut x, office);
        Written {
            thread: self.id.clone(),
            kind: "penalty_notice",
            title: "行政处罚告知书",
            number: Some(number),
            date,
            xml: x.finish("PenaltyNotice"),
        }
    }

    pub(super) fn hearing_notice(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.on("hearing_notice");
        let number = parts::number(office, "听告", date, self.seq);
        let mut x = Xml::document("HearingNotice");
        parts::header(&mut x, random, office, &self.heading("hearing_notice", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        self.notice_body(&mut x, office);
        x.leaf("RequestWorkingDays", "5");
        parts::citations(
            &mut x,
            "RightsBasis",
            &[(PENALTY_LAW, "第六十三条"), (PENALTY_LAW, "第六十四条")],
            Some("要求听证的，应当在被告知后五个工作日内提出。"),
        );
        self.contact(&mut x, office);
        Written {
            thread: self.id.clone(),
            kind: "hearing_notice",
            title: "行政处罚听证告知书",
            number: Some(number),
            date,
            xml: x.finish("HearingNotice"),
        }
    }

    pub(super) fn decide(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.decision;
        let number = parts::number(office, "罚", date, self.seq);
        let (kind, root, title) = match self.against {
            Against::Enterprise => ("penalty_org", "PenaltyOrg", "行政处罚决定书（单位）"),
            Against::Person => ("penalty_person", "PenaltyPerson", "行政处罚决定书（个人）"),
        };
        let mut x = Xml::document(root);
        parts::header(&mut x, random, office, &self.heading(kind, Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        self.facts(&mut x, office);
        self.case_ref(&mut x, office, false);
        self.act(&mut x);
        self.notice_refs(&mut x, office);
        let before = calendar::shift(date, -1);
        parts::step(
            &mut x,
            "LegalReview",
            "事实清楚，证据确凿，适用法律正确，程序合法，处罚适当，同意提出的处罚意见。",
            people::LEGAL_REVIEWER,
            calendar::shift(date, -2),
        );
        x.group("CollectiveDiscussion", |x| {
            x.leaf("Date", &before.to_string());
            x.leaf("Host", people::DIRECTOR);
            for member in people::MEMBERS {
                x.leaf("Member", member);
            }
            x.leaf("Conclusion", &format!("一致同意给予{}的行政处罚。", self.fine_text()));
        });
        parts::step(&mut x, "Review", "拟同意处罚意见，请领导审批。", people::REVIEWER, before);
        parts::step(&mut x, "Approval", "同意。", people::DIRECTOR, date);
        self.violated_and_basis(&mut x);
        x.leaf("PenaltyText", &format!("决定对{}给予{}的行政处罚。", self.you(), self.fine_text()));
        self.fine(&mut x);
        payment(&mut x, office);
        parts::remedy(&mut x, office);
        x.leaf("Seal", "true");
        Written { thread: self.id.clone(), kind, title, number: Some(number), date, xml: x.finish(root) }
    }

    fn notice_refs(&self, x: &mut Xml, office: &Office) {
        let noticed = self.on("penalty_notice");
        x.group("NoticeRef", |x| {
            x.leaf("Number", &parts::number(office, "罚告", noticed, self.seq));
            x.leaf("Date", &noticed.to_string());
            x.leaf("ServedDate", &self.notified().to_string());
            x.leaf("FineYuan", &format!("{}.00", self.offence.fine));
            x.leaf("StatementMade", "false");
        });
        if self.hearing {
            x.group("HearingRef", |x| {
                x.leaf("Number", &parts::number(office, "听告", noticed, self.seq));
                x.leaf("Date", &noticed.to_string());
                x.leaf("ServedDate", &self.notified().to_string());
                x.group("NotRequested", |x| x.leaf("Note", "当事人在法定期限内未要求听证。"));
            });
        }
    }
}

/// Fifteen days from receipt, three per cent a day after (行政处罚法 arts. 67, 72).
fn payment(x: &mut Xml, office: &Office) {
    x.group("Payment", |x| {
        x.leaf("Days", "15");
        x.leaf("Bank", &office.bank);
        x.leaf("Account", &office.account);
        x.leaf("OverdueDaily", "3");
    });
}

/// A penalty decided on the spot during an inspection.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub inspection_id: String,
    pub seq: u32,
    pub date: NaiveDate,
    pub at: NaiveTime,
    pub enterprise: Enterprise,
    /// The party, unless the enterprise is.
    pub person: Option<Person>,
    pub offence: Offence,
    pub officers: Vec<Officer>,
}

impl Spot {
    pub(super) fn decide(&self, random: &mut Random, office: &Office) -> Written {
        let number = parts::number(office, "罚当", self.date, self.seq);
        let (kind, root, title, you) = match self.person {
            None => ("spot_penalty_org", "SpotPenaltyOrg", "行政（当场）处罚决定书（单位）", "你单位"),
            Some(_) => ("spot_penalty_person", "SpotPenaltyPerson", "行政（当场）处罚决定书（个人）", "你"),
        };
        let fine = self.offence.fine;
        let mut x = Xml::document(root);
        parts::header(
            &mut x,
            random,
            office,
            &Heading {
                kind,
                number: Some(&number),
                date: self.date,
                inspection: Some(&self.inspection_id),
                case: None,
                author: self.officers[0],
            },
        );
        match &self.person {
            None => parts::party_enterprise(&mut x, &self.enterprise),
            Some(person) => parts::party_person(&mut x, person, &self.enterprise, self.date),
        }
        parts::officers(&mut x, &self.officers);
        x.leaf("Place", &self.enterprise.address);
        x.leaf("ActAt", &parts::moment(self.date, self.at));
        x.leaf(
            "Facts",
            &format!(
                "{}，我局执法人员在{}（{}）进行执法检查时，发现{you}{}，事实确凿。",
                parts::spoken(self.date),
                self.enterprise.name,
                self.enterprise.address,
                self.offence.found
            ),
        );
        x.group("Evidences", |x| {
            x.leaf("Evidence", "现场照片2张");
            x.leaf("Evidence", "现场检查记录");
        });
        parts::citations(&mut x, "Violated", &[(SAFETY_LAW, self.offence.violated)], None);
        parts::citations(&mut x, "Basis", &[(SAFETY_LAW, self.offence.basis), (PENALTY_LAW, "第五十一条")], None);
        x.group("PenaltyKinds", |x| x.leaf("PenaltyKind", "fine"));
        x.leaf("CertificatesShown", &parts::certificates_shown(office, &self.officers));
        x.leaf("StatementMade", "false");
        x.leaf("PenaltyText", &format!("决定对{you}当场给予人民币{}（¥{fine}.00）罚款的行政处罚。", yuan::upper(fine)));
        x.leaf("FineYuan", &format!("{fine}.00"));
        x.leaf("FineUpper", &yuan::upper(fine));
        let signer = if let Some(person) = &self.person {
            // One hundred yuan or less may be collected at once (art. 68); the receipt is of the ministry of finance (art. 70).
            x.leaf("PaymentMode", "on_spot");
            x.group("SpotCollection", |x| {
                x.leaf("Reason", "up_to_100");
                x.leaf("RequestedByParty", "false");
                x.leaf("AmountYuan", &format!("{fine}.00"));
                x.leaf("ReceiptNumber", &format!("鲁财罚{:08}", random.below(100_000_000)));
            });
            (person.name.as_str(), person.duty.as_str())
        } else {
            x.leaf("PaymentMode", "within_15_days");
            payment(&mut x, office);
            (self.enterprise.legal_rep.as_str(), "法定代表人")
        };
        parts::remedy(&mut x, office);
        parts::signatures(&mut x, &self.officers, signer, false, self.date);
        x.leaf("Seal", "true");
        x.leaf("ReportedDate", &self.date.to_string());
        Written { thread: self.inspection_id.clone(), kind, title, number: Some(number), date: self.date, xml: x.finish(root) }
    }
}
