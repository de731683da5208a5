//! The on-site inspection record.

use super::enterprises::Office;
use super::findings::Disposition;
use super::inspection::Inspection;
use super::parts::{self, Written};
use super::random::Random;
use super::xml::Xml;
use chrono::Duration;

impl Inspection {
    pub(super) fn record(&self, random: &mut Random, office: &Office) -> Written {
        self.record_about(random, office, 0)
    }

    /// The record; findings are repeated in turn until it has about `bytes`.
    pub(super) fn record_about(&self, random: &mut Random, office: &Office, bytes: usize) -> Written {
        let number = self.record_number(office);
        let e = &self.enterprise;
        let mut x = Xml::document("InspectionRecord");
        let author = if random.chance(30) { 2 } else { 0 };
        parts::header(&mut x, random, office, &self.heading("insp_record", &number, self.date, author));
        parts::enterprise(&mut x, e, |x| {
            x.leaf("LegalRep", &e.legal_rep);
            x.leaf("Duty", "法定代表人");
            x.leaf("Phone", &e.phone);
        });
        parts::officers(&mut x, &self.officers);
        x.group("Experts", |x| {
            for [name, employer, field] in &self.experts {
                x.group("Expert", |x| {
                    x.leaf("Name", name);
                    x.leaf("Employer", employer);
                    x.leaf("Field", field);
                });
            }
        });
        x.leaf("Place", "生产车间、仓库、配电室及安全管理资料室");
        x.leaf("Start", &parts::moment(self.date, self.start));
        x.leaf("End", &parts::moment(self.date, self.end));
        parts::reference(&mut x, "PlanRef", &parts::number(office, "检查", self.date, self.seq), self.date);
        x.leaf("CertificatesShown", &parts::certificates_shown(office, &self.officers));
        x.leaf("RecorderId", &self.recorder);
        self.meetings(&mut x, random);
        self.present(&mut x);
        // Where findings are repeated for length, their count is not the inspection's own.
        let found = if bytes == 0 { format!("共发现问题{}项", self.findings.len()) } else { "发现的问题见清单".to_owned() };
        let day = parts::spoken(self.date);
        x.leaf("Situation", &format!("检查组于{day}对{}的安全管理资料和生产现场进行了检查，{found}，已当场向企业负责人反馈。", e.name));
        self.findings(&mut x, bytes);
        x.group("OnTheSpot", |x| {
            let at = parts::moment(self.date, self.end);
            for (name, done) in [
                ("Informed", true),
                ("Fixed", self.has(Disposition::OnSpot)),
                ("Issued", self.has(Disposition::Order) || self.has(Disposition::Measure)),
                ("Investigated", self.has(Disposition::Case)),
                ("EvidenceFixed", self.has(Disposition::Case)),
            ] {
                if done {
                    x.leaf_with(name, &[("at", &at)], "true");
                } else {
                    x.leaf(name, "false");
                }
            }
        });
        parts::signatures(&mut x, &self.officers, (&e.legal_rep, "法定代表人"), self.refused, self.date);
        x.leaf("Pages", "3");
        Written {
            thread: self.id.clone(),
            kind: "insp_record",
            title: "现场检查记录",
            number: Some(number),
            date: self.date,
            xml: x.finish("InspectionRecord"),
        }
    }

    /// The four steps of the notice, one after the other between start and end.
    fn meetings(&self, x: &mut Xml, random: &mut Random) {
        let at = |minutes: i64| parts::moment(self.date, self.start + Duration::minutes(minutes));
        let end = parts::moment(self.date, self.end);
        let before_end = |minutes: i64| parts::moment(self.date, self.end - Duration::minutes(minutes));
        x.group("Meetings", |x| {
            for (name, from, to, recorded) in [
                ("Opening", at(0), at(12), Some("启动会")),
                ("OnSite", at(13), before_end(45), None),
                ("Communication", before_end(44), before_end(21), None),
                ("Summary", before_end(20), end.clone(), Some("总结会")),
            ] {
                x.group(name, |x| {
                    x.leaf("Start", &from);
                    x.leaf("End", &to);
                    if let Some(title) = recorded {
                        parts::recording(x, random, &format!("{title}_{}.mp4", self.recorder), &from, &to);
                    }
                });
            }
        });
    }

    fn present(&self, x: &mut Xml) {
        let e = &self.enterprise;
        x.group("Present", |x| {
            for (role, name, duty) in [
                ("EnterpriseHead", &e.legal_rep, "法定代表人"),
                ("SafetyManager", &e.safety_manager, "安全科科长"),
                ("Operator", &e.operator, e.operator_post),
            ] {
                x.group(role, |x| {
                    x.leaf("Name", name);
                    x.leaf("Duty", duty);
                });
            }
        });
    }

    fn findings(&self, x: &mut Xml, bytes: usize) {
        // Signatures and the five booleans still to come take about this much.
        const REST: usize = 1050;
        x.group("Findings", |x| {
            let mut written = 0;
            while written < self.findings.len() || x.len() + REST < bytes {
                let (finding, disposition) = &self.findings[written % self.findings.len()];
                written += 1;
                let no = written.to_string();
                let raised_by = if written % 2 == 0 { self.experts[0][0] } else { self.officers[0].name };
                x.group_with("Finding", &[("no", &no)], |x| {
                    x.leaf("Text", finding.text);
                    x.leaf("Category", finding.category);
                    parts::citations(x, "Basis", &[(finding.law, finding.article)], None);
                    x.leaf("RaisedBy", raised_by);
                    x.leaf("Disposition", disposition.code());
                    if *disposition == Disposition::Case {
                        x.group("Evidence", |x| {
                            x.leaf("Evidence", "现场照片3张，执法人员与企业负责人已签名确认");
                            x.leaf("Evidence", "相关台账复印件2页，加盖企业公章");
                        });
                    }
                });
            }
        });
    }
}
