//! What follows an inspection: measures, the order to rectify, and its review.

use super::calendar;
use super::enterprises::Office;
use super::findings::{self, Disposition, Finding};
use super::inspection::Inspection;
use super::parts::{self, Written};
use super::random::Random;
use super::xml::Xml;
use chrono::NaiveDate;

/// What is reviewed, when, and how it comes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reviewed {
    pub date: NaiveDate,
    /// Which findings.
    pub of: Disposition,
    /// The number word of what ordered them.
    pub word: &'static str,
    /// The serial of the review.
    pub serial: u32,
    /// Whether the last item is not mended.
    pub unfinished: bool,
}

impl Inspection {
    pub(super) fn measure(&self, random: &mut Random, office: &Office) -> Written {
        let number = parts::number(office, "现决", self.date, self.seq);
        let e = &self.enterprise;
        let mut x = Xml::document("OnsiteMeasure");
        parts::header(&mut x, random, office, &self.heading("onsite_measure", &number, self.date, 0));
        parts::enterprise(&mut x, e, |_| {});
        parts::officers(&mut x, &self.officers);
        x.leaf("InspectionDate", &self.date.to_string());
        parts::reference(&mut x, "RecordRef", &self.record_number(office), self.date);
        problems(&mut x, self.of(Disposition::Measure));
        parts::citations(&mut x, "Basis", &[(findings::SAFETY_LAW, "第六十五条第一款第三项")], None);
        x.group("Measures", |x| {
            x.leaf_with("Measure", &[("kind", "remove_hazard")], "责令立即排除上述事故隐患。");
            x.leaf_with("Measure", &[("kind", "stop_use")], "隐患排除前，责令停止使用相关设施设备，经审查同意后方可恢复使用。");
        });
        parts::remedy(&mut x, office);
        parts::signatures(&mut x, &self.officers, (&e.legal_rep, "法定代表人"), self.refused, self.date);
        x.leaf("Seal", "true");
        Written {
            thread: self.id.clone(),
            kind: "onsite_measure",
            title: "现场处理措施决定书",
            number: Some(number),
            date: self.date,
            xml: x.finish("OnsiteMeasure"),
        }
    }

    pub(super) fn order(&self, random: &mut Random, office: &Office) -> Written {
        let number = parts::number(office, "责改", self.date, self.seq);
        let e = &self.enterprise;
        let mut x = Xml::document("RectifyOrder");
        parts::header(&mut x, random, office, &self.heading("rectify_order", &number, self.date, 0));
        parts::enterprise(&mut x, e, |_| {});
        parts::officers(&mut x, &self.officers);
        x.leaf("InspectionDate", &self.date.to_string());
        parts::reference(&mut x, "RecordRef", &self.record_number(office), self.date);
        problems(&mut x, self.of(Disposition::Order));
        let deadline = self.deadline.to_string();
        x.group("ItemsToFix", |x| {
            for no in 1..=self.of(Disposition::Order).count() {
                x.empty("Item", &[("no", &no.to_string()), ("deadline", &deadline)]);
            }
        });
        x.leaf("Deadline", &deadline);
        parts::citations(
            &mut x,
            "Basis",
            &[(findings::SAFETY_LAW, "第六十五条第一款第二项")],
            Some("对检查中发现的安全生产违法行为，责令限期改正。"),
        );
        parts::remedy(&mut x, office);
        parts::signatures(&mut x, &self.officers, (&e.legal_rep, "法定代表人"), self.refused, self.date);
        x.leaf("Seal", "true");
        x.leaf("Copies", "2");
        Written {
            thread: self.id.clone(),
            kind: "rectify_order",
            title: "责令限期整改指令书",
            number: Some(number),
            date: self.date,
            xml: x.finish("RectifyOrder"),
        }
    }

    /// The review of its order, on `date`, not before the order.
    pub(super) fn review(&self, random: &mut Random, office: &Office, date: NaiveDate) -> Written {
        let unfinished = random.chance(20);
        self.review_of(random, office, Reviewed { date, of: Disposition::Order, word: "责改", serial: self.seq, unfinished })
    }

    /// A review of its order or of its measures.
    pub(super) fn review_of(&self, random: &mut Random, office: &Office, reviewed: Reviewed) -> Written {
        let Reviewed { date, of, word, serial, unfinished } = reviewed;
        let number = parts::number(office, "复查", date, serial);
        let e = &self.enterprise;
        let last = self.of(of).count();
        let mut x = Xml::document("RectifyReview");
        parts::header(&mut x, random, office, &self.heading("rectify_review", &number, date, 1));
        parts::enterprise(&mut x, e, |_| {});
        parts::officers(&mut x, &self.officers);
        x.group("OrderRef", |x| {
            x.leaf("Number", &parts::number(office, word, self.date, self.seq));
            x.leaf("Date", &self.date.to_string());
            x.leaf("Deadline", &self.deadline.to_string());
        });
        x.group("Items", |x| {
            for (index, finding) in self.of(of).enumerate() {
                let open = unfinished && index + 1 == last;
                x.group_with("Item", &[("no", &(index + 1).to_string())], |x| {
                    x.leaf("Text", finding.text);
                    x.leaf("Result", if open { "not_fixed" } else { "fixed" });
                    x.leaf("Opinion", if open { "正在整改，未完成。" } else { "经现场核查，已整改。" });
                });
            }
        });
        if unfinished {
            x.leaf("Opinion", "除最后一项外均已整改合格，该项责令继续整改。");
            x.leaf("NewDeadline", &calendar::shift(date, 10).to_string());
        } else {
            x.leaf("Opinion", "经复查，责令限期整改的各项问题均已整改合格。");
        }
        parts::signatures(&mut x, &self.officers, (&e.legal_rep, "法定代表人"), false, date);
        x.leaf("Seal", "true");
        Written {
            thread: self.id.clone(),
            kind: "rectify_review",
            title: "整改复查意见书",
            number: Some(number),
            date,
            xml: x.finish("RectifyReview"),
        }
    }
}

fn problems<'a>(x: &mut Xml, list: impl Iterator<Item = &'a Finding>) {
    x.group("Problems", |x| {
        for (index, finding) in list.enumerate() {
            x.leaf_with("Problem", &[("no", &(index + 1).to_string())], finding.text);
        }
    });
}
