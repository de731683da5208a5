//! A case's documents outside the penalty itself: filing, questioning, preservation, service, closing.

use super::calendar;
use super::case::{Against, Case};
use super::enterprises::Office;
use super::findings::{PENALTY_LAW, SAFETY_LAW};
use super::parts::{self, Written};
use super::people;
use super::random::Random;
use super::xml::Xml;
use chrono::NaiveTime;

impl Case {
    /// All documents of an ordinary case with a hearing notice, from filing to closing, in their legal order.
    pub(super) fn whole(&self, random: &mut Random, office: &Office) -> Vec<Written> {
        vec![
            self.filing(random, office),
            self.inquiry(random, office),
            self.preserve(random, office),
            self.notice(random, office),
            self.hearing_notice(random, office),
            self.decide(random, office),
            self.receipt(random, office),
            self.close(random, office),
        ]
    }

    pub(super) fn filing(&self, random: &mut Random, office: &Office) -> Written {
        let (number, date) = (self.filing_number(office), self.filed());
        let mut x = Xml::document("CaseFiling");
        parts::header(&mut x, random, office, &self.heading("case_filing", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        x.leaf("CaseName", &self.name(true));
        x.leaf("Cause", &format!("涉嫌{}", self.offence.cause));
        x.leaf("Source", "集中执法检查中发现");
        x.leaf("FoundDate", &self.found().to_string());
        self.act(&mut x);
        x.leaf(
            "Summary",
            &format!(
                "{}，我局执法人员对{}进行执法检查时，发现{}{}，涉嫌违反安全生产法律规定，现场已拍照取证。",
                parts::spoken(self.found()),
                self.enterprise.name,
                if self.against == Against::Person { &self.person.name } else { "该单位" },
                self.offence.found
            ),
        );
        parts::citations(&mut x, "Suspected", &[(SAFETY_LAW, self.offence.violated)], None);
        x.leaf("OfficerOpinion", "当事人的行为涉嫌违法，属我局管辖，未超过处罚时效，建议立案调查。");
        x.leaf("OfficerDate", &date.to_string());
        parts::step(&mut x, "LegalReview", "符合立案条件。", people::LEGAL_REVIEWER, date);
        parts::step(&mut x, "Review", "拟同意立案，请领导审批。", people::REVIEWER, date);
        parts::step(&mut x, "Approval", "同意立案。", people::APPROVER, date);
        Written {
            thread: self.id.clone(),
            kind: "case_filing",
            title: "立案审批表",
            number: Some(number),
            date,
            xml: x.finish("CaseFiling"),
        }
    }

    pub(super) fn inquiry(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.on("inquiry_record");
        let p = &self.person;
        let at = |hour, minute| parts::moment(date, NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default());
        let mut x = Xml::document("InquiryRecord");
        parts::header(&mut x, random, office, &self.heading("inquiry_record", None, date));
        parts::enterprise(&mut x, &self.enterprise, |_| {});
        parts::party_person(&mut x, p, &self.enterprise, date);
        parts::officers(&mut x, &self.officers);
        x.leaf("Start", &at(9, 5));
        x.leaf("End", &at(10, 20));
        x.leaf("Round", "1");
        x.leaf("Place", "淄川区应急管理局执法大队询问室");
        x.leaf("RecordedBy", self.officers[1].name);
        x.leaf("CertificatesShown", &parts::certificates_shown(office, &self.officers));
        x.leaf("Subject", &self.name(true));
        x.leaf("RightsTold", "你应当如实回答询问，并协助调查，不得阻挠；你有权核对笔录，有遗漏或者差错的可以要求补充、更正。");
        exchange(&mut x, "Recusal", "你认为我们与本案有直接利害关系的，有权申请回避。你是否申请回避？", "我听清楚了，不申请回避。");
        x.group("Dialogue", |x| {
            exchange(
                x,
                "Exchange",
                "请介绍你的姓名、工作单位和职务。",
                &format!("我叫{}，在{}工作，任{}。", p.name, self.enterprise.name, p.duty),
            );
            exchange(
                x,
                "Exchange",
                &format!("{}，我局检查时发现{}，是否属实？", parts::spoken(self.found()), self.offence.found),
                "属实。",
            );
            exchange(x, "Exchange", "为什么会出现这种情况？", "我们对安全生产工作重视不够，对法律规定学习不到位，有关人员没有落实责任。");
            exchange(x, "Exchange", "目前整改情况怎样？", "检查后我们立即召开会议，制定了整改方案，明确了责任人和完成时间，正在整改。");
            exchange(x, "Exchange", "你还有什么要补充的吗？", "没有了。");
        });
        parts::recording(&mut x, random, "询问录像.mp4", &at(9, 0), &at(10, 25));
        parts::signatures(&mut x, &self.officers, (&p.name, &p.duty), false, date);
        x.leaf("EachPageSigned", "true");
        Written {
            thread: self.id.clone(), kind: "inquiry_record", title: "询问笔录", number: None, date, xml: x.finish("InquiryRecord")
        }
    }

    pub(super) fn preserve(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.on("preserve_notice");
        let number = parts::number(office, "先保通", date, self.seq);
        let mut x = Xml::document("PreserveNotice");
        parts::header(&mut x, random, office, &self.heading("preserve_notice", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        x.leaf("SuspectedAct", &format!("涉嫌{}", self.offence.cause));
        parts::citations(&mut x, "Basis", &[(PENALTY_LAW, "第五十六条")], None);
        x.group("Items", |x| {
            for (no, name, unit, quantity) in
                [("1", "安全生产教育培训登记簿", "本", "2"), ("2", "事故隐患排查治理台账", "本", "1"), ("3", "监控硬盘录像机", "台", "1")]
            {
                x.group_with("Item", &[("no", no)], |x| {
                    x.leaf("Name", name);
                    x.leaf("Condition", "完好");
                    x.leaf("Unit", unit);
                    x.leaf("Quantity", quantity);
                });
            }
        });
        x.leaf("Place", &format!("{}安全管理办公室", self.enterprise.name));
        x.leaf("Keeper", &self.enterprise.safety_manager);
        x.leaf("DisposalDueDate", &calendar::shift(date, 6).to_string());
        parts::signatures(&mut x, &self.officers, (&self.enterprise.legal_rep, "法定代表人"), false, date);
        x.leaf("Seal", "true");
        Written {
            thread: self.id.clone(),
            kind: "preserve_notice",
            title: "先行登记保存证据通知书",
            number: Some(number),
            date,
            xml: x.finish("PreserveNotice"),
        }
    }

    /// The receipt for the documents served so far; one a case.
    pub(super) fn receipt(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.served();
        let number = parts::number(office, "回", date, self.seq);
        let mut x = Xml::document("ServiceReceipt");
        parts::header(&mut x, random, office, &self.heading("service_receipt", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        self.case_ref(&mut x, office, false);
        let mut rows = vec![("penalty_notice", "行政处罚告知书", "罚告", self.on("penalty_notice"), self.notified())];
        if self.hearing {
            rows.push(("hearing_notice", "行政处罚听证告知书", "听告", self.on("hearing_notice"), self.notified()));
        }
        let kind = if self.against == Against::Person { "penalty_person" } else { "penalty_org" };
        rows.push((kind, "行政处罚决定书", "罚", self.decision, self.served()));
        x.group("Rows", |x| {
            for (index, (kind, name, word, made, served)) in rows.into_iter().enumerate() {
                x.group_with("Row", &[("no", &(index + 1).to_string())], |x| {
                    x.leaf("DocumentKind", kind);
                    x.leaf("DocumentName", name);
                    x.leaf("DocumentNumber", &parts::number(office, word, made, self.seq));
                    x.leaf("DocumentDate", &made.to_string());
                    x.leaf("Recipient", &self.person.name);
                    x.leaf("ServedDate", &served.to_string());
                    x.leaf("Place", &self.enterprise.address);
                    x.leaf("Method", "direct");
                    x.leaf("Server", self.officers[0].name);
                    x.leaf("Server", people::CLERK);
                });
            }
        });
        Written {
            thread: self.id.clone(),
            kind: "service_receipt",
            title: "文书送达回执",
            number: Some(number),
            date,
            xml: x.finish("ServiceReceipt"),
        }
    }

    pub(super) fn close(&self, random: &mut Random, office: &Office) -> Written {
        let date = self.on("case_close");
        let number = parts::number(office, "结", date, self.seq);
        let paid = calendar::shift(self.decision, 6);
        let fine = format!("{}.00", self.offence.fine);
        let mut x = Xml::document("CaseClose");
        parts::header(&mut x, random, office, &self.heading("case_close", Some(&number), date));
        self.party(&mut x, date);
        parts::officers(&mut x, &self.officers);
        self.case_ref(&mut x, office, false);
        parts::reference(&mut x, "DecisionRef", &parts::number(office, "罚", self.decision, self.seq), self.decision);
        x.leaf("Result", &format!("对{}处人民币{}罚款的行政处罚。", self.party_name(), super::yuan::upper(self.offence.fine)));
        x.group("Execution", |x| {
            x.leaf("State", "paid");
            x.leaf("Text", &format!("当事人已于{}将罚款全部缴至代收银行。", parts::spoken(paid)));
            x.leaf("DueYuan", &fine);
            x.leaf("PaidYuan", &fine);
            x.leaf("PaidDate", &paid.to_string());
            x.leaf("ReceiptNumber", &format!("鲁财罚{:08}", random.below(100_000_000)));
        });
        x.leaf("OfficerOpinion", "本案处罚决定已经履行完毕，违法行为已经改正，建议结案。");
        x.leaf("OfficerDate", &calendar::shift(date, -1).to_string());
        parts::step(&mut x, "LegalReview", "符合结案条件。", people::LEGAL_REVIEWER, date);
        parts::step(&mut x, "Review", "拟同意结案。", people::APPROVER, date);
        parts::step(&mut x, "Approval", "同意结案。", people::DIRECTOR, date);
        Written {
            thread: self.id.clone(), kind: "case_close", title: "结案审批表", number: Some(number), date, xml: x.finish("CaseClose")
        }
    }
}

fn exchange(x: &mut Xml, name: &str, question: &str, answer: &str) {
    x.group(name, |x| {
        x.leaf("Question", question);
        x.leaf("Answer", answer);
    });
}
