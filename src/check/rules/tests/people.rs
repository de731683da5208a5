use std::collections::HashMap;

use super::{Case, fails, judge, passes};
use crate::{
    check::{Holder, Roster},
    document::AuthorLevel,
};

const DAY: &str = "2023-04-03";

fn officer(name: &str, certificate: &str) -> String {
    format!("<Officer><Name>{name}</Name><CertificateNo>{certificate}</CertificateNo><Level>district</Level><Role>member</Role></Officer>")
}

fn officers(list: &[(&str, &str)]) -> String {
    let list: String = list.iter().map(|(name, certificate)| officer(name, certificate)).collect();
    format!("<Officers>{list}</Officers>")
}

fn two() -> String {
    officers(&[("岳明川", "15030200101"), ("栾一帆", "15030200102")])
}

fn roster() -> Roster {
    let holder = |name: &str, from: Option<&str>, to: Option<&str>| Holder {
        name: name.to_owned(),
        level: AuthorLevel::District,
        valid_from: from.and_then(|day| day.parse().ok()),
        valid_to: to.and_then(|day| day.parse().ok()),
    };
    Roster {
        holders: HashMap::from([
            ("15030200101".to_owned(), holder("岳明川", Some("2020-01-01"), Some("2025-12-31"))),
            ("15030200102".to_owned(), holder("栾一帆", None, None)),
        ]),
    }
}

pub(super) fn cases() -> Vec<Case> {
    let with = |more: &str| format!("{}{more}", two());
    let mut cases = vec![
        passes("PER-1", "onsite_measure", DAY, &two()),
        fails("PER-1", "onsite_measure", DAY, &officers(&[("岳明川", "15030200101")]), "只有1人"),
        fails("PER-1", "onsite_measure", DAY, &officers(&[("岳明川", "15030200101"), ("岳明川", "15030200101")]), "只有1人"),
        fails("PER-1", "onsite_measure", DAY, &officers(&[("岳明川", "15030200101"), ("栾一帆", "15030200101")]), "不少于2人"),
        fails("PER-1", "onsite_measure", DAY, &two().replacen("member", "assist", 1), "协助人员不算"),
        fails("PER-2", "insp_record", DAY, "<CertificatesShown>已向被检查单位说明来意。</CertificatesShown>", "现出示证件"),
        fails("PER-2", "insp_record", DAY, "<CertificatesShown>执法人员没有出示证件。</CertificatesShown>", "现出示证件"),
        passes("PER-2", "insp_record", DAY, "<CertificatesShown>先前未出示证件，现出示证件。</CertificatesShown>"),
        fails("PER-1", "onsite_measure", DAY, &officers(&[("岳明川", "15030200101"), ("栾一帆", "无")]), "只有1人"),
        passes("PER-2", "insp_record", DAY, "<CertificatesShown>我们是执法人员，现出示证件，请过目。</CertificatesShown>"),
        passes("PER-3", "insp_record", DAY, &two()),
        passes("PER-3", "insp_record", DAY, &two()).roster(roster()),
        fails("PER-3", "insp_record", "2026-01-04", &two(), "2025年12月31日过期").roster(roster()),
        fails("PER-3", "insp_record", "2019-12-31", &two(), "2020年1月1日起").roster(roster()),
        fails("PER-3", "insp_record", DAY, &officers(&[("国承业", "15030200101")]), "另一个人").roster(roster()),
        fails("PER-3", "insp_record", DAY, &officers(&[("国承业", "15030200109")]), "不在本单位").roster(roster()),
        passes("PER-3", "insp_record", DAY, &two().replace("district", "town"))
            .roster(Roster { holders: HashMap::from([("1".to_owned(), roster().holders["15030200101"].clone())]) }),
        fails("PER-4", "insp_record", DAY, &officers(&[("国承业", "鲁C-1234")]), "11位数字"),
        passes("PER-4", "insp_record", DAY, &two()),
        fails("PER-5", "insp_record", DAY, &with("<Experts><Expert><Name>栾一帆</Name></Expert></Experts>"), "栾一帆"),
        passes("PER-5", "insp_record", DAY, &with("<Experts><Expert><Name>耿维扬</Name></Expert></Experts>")),
        fails("PER-7", "penalty_notice", DAY, "", "区级").header("AuthorLevel", "town"),
        passes("PER-7", "penalty_notice", DAY, ""),
        passes("PER-7", "insp_record", DAY, "").header("AuthorLevel", "town"),
        fails("PER-8", "penalty_org", DAY, &with("<HearingRef><Held><Chair>岳明川</Chair></Held></HearingRef>"), "主持"),
        passes("PER-8", "penalty_org", DAY, &with("<HearingRef><Held><Chair>景和平</Chair></Held></HearingRef>")),
        fails(
            "PER-9",
            "insp_record",
            DAY,
            &with("<Signatures><OfficerSignature><Name>国承业</Name></OfficerSignature></Signatures>"),
            "国承业",
        ),
        fails(
            "PER-9",
            "insp_record",
            DAY,
            &with("<Signatures><OfficerSignature><Name>岳明川</Name></OfficerSignature></Signatures>"),
            "不足两人",
        ),
        passes(
            "PER-9",
            "insp_record",
            DAY,
            &with(
                "<Signatures><OfficerSignature><Name>岳明川</Name></OfficerSignature><OfficerSignature><Name>栾一帆</Name></OfficerSignature></Signatures>",
            ),
        ),
        fails("PER-10", "insp_record", DAY, "<Signatures><Refused><Note>拒签</Note></Refused></Signatures>", "见证人"),
        passes("PER-10", "insp_record", DAY, "<Signatures><Refused><Note>拒签</Note><Witness>辛见山</Witness></Refused></Signatures>"),
    ];
    for (kind, step) in [
        ("insp_plan", "Review"),
        ("insp_plan", "Approval"),
        ("case_filing", "LegalReview"),
        ("penalty_org", "Approval"),
        ("case_close", "Review"),
    ] {
        cases.push(fails("PER-6", kind, DAY, &with(&format!("<{step}><Name>岳明川</Name></{step}>")), "岳明川"));
        cases.push(passes("PER-6", kind, DAY, &with(&format!("<{step}><Name>齐怀瑾</Name></{step}>"))));
    }
    cases.extend(of_the_case());
    cases
}

/// The officers of one document are those of its case.
fn of_the_case() -> Vec<Case> {
    let with = |more: &str| format!("{}{more}", two());
    let investigator = officers(&[("国承业", "15030200103")]);
    let reviewed_by = |name: &str| with(&format!("<LegalReview><Name>{name}</Name></LegalReview>"));
    let heard_by = |name: &str| with(&format!("<HearingRef><Held><Chair>{name}</Chair></Held></HearingRef>"));
    vec![
        fails("PER-5", "rectify_order", DAY, &two(), "栾一帆").beside(
            "insp_record",
            DAY,
            "<Experts><Expert><Name>栾一帆</Name></Expert></Experts>",
        ),
        fails("PER-6", "penalty_org", DAY, &reviewed_by("国承业"), "本案“")
            .of_case("AJ-1")
            .beside("inquiry_record", DAY, &investigator)
            .whose_case("AJ-1"),
        passes("PER-6", "penalty_org", DAY, &reviewed_by("国承业"))
            .of_case("AJ-1")
            .beside("inquiry_record", DAY, &investigator)
            .whose_case("AJ-2"),
        fails("PER-8", "penalty_org", DAY, &heard_by("国承业"), "国承业")
            .of_case("AJ-1")
            .beside("inquiry_record", DAY, &investigator)
            .whose_case("AJ-1"),
    ]
}

#[test]
fn people_are_judged() {
    judge(&cases());
}
