use super::{Case, Severity, all_on, fails, judge, passes, tree};
use crate::{check::Context, document::Kind};

const DAY: &str = "2023-05-10";

/// A whole decision against an enterprise, with `change` in place of the element of that name.
fn org(name: &str, change: &str) -> String {
    let parts = [
        (
            "Enterprise",
            "<Enterprise><Name>淄博盛泉纺织有限公司</Name><Uscc>91370302MAR40AT52G</Uscc><LegalRep>毕德胜</LegalRep></Enterprise>",
        ),
        ("Officers", "<Officers><Officer><Name>岳明川</Name><CertificateNo>15030200101</CertificateNo></Officer></Officers>"),
        ("Facts", "<Facts>2023年3月7日检查时发现，未建立安全风险分级管控制度。</Facts>"),
        ("Violated", "<Violated><Citation><Law>中华人民共和国安全生产法</Law><Article>第四十一条第一款</Article></Citation></Violated>"),
        ("Basis", "<Basis><Citation><Law>中华人民共和国安全生产法</Law><Article>第一百零一条</Article></Citation></Basis>"),
        ("PenaltyKinds", "<PenaltyKinds><PenaltyKind>fine</PenaltyKind></PenaltyKinds>"),
        ("PenaltyText", "<PenaltyText>处人民币捌万元整罚款。</PenaltyText>"),
        ("FineYuan", "<FineYuan>80000.00</FineYuan>"),
        ("Payment", "<Payment><Account>801100201421000066</Account></Payment>"),
    ];
    parts.iter().map(|(known, text)| if *known == name { change } else { text }).collect()
}

fn facts(text: &str) -> String {
    org("Facts", &format!("<Facts>{text}</Facts>"))
}

fn person(duty: &str, code: &str) -> String {
    org(
        "Enterprise",
        &format!(
            "<Party><Name>赵宗亮</Name><IdKind>id_card</IdKind><IdNumber>370302198506151236</IdNumber><EmployerUscc>{code}</EmployerUscc><Duty>{duty}</Duty></Party>"
        ),
    )
}

fn enterprise(name: &str, code: &str, operator: &str) -> String {
    org("Enterprise", &format!("<Enterprise><Name>{name}</Name><Uscc>{code}</Uscc>{operator}</Enterprise>"))
}

pub(super) fn cases() -> Vec<Case> {
    let kind = "penalty_org";
    let all = [columns(kind), sole_traders(), identities(kind), phones(kind), accounts(kind)];
    all.into_iter().flatten().collect()
}

fn columns(kind: &'static str) -> Vec<Case> {
    let whole = org("", "");
    let warned = "<PenaltyKinds><PenaltyKind>warning</PenaltyKind></PenaltyKinds>";
    let suspended = "<PenaltyKinds><PenaltyKind>suspend_licence</PenaltyKind></PenaltyKinds><LicenceNote> </LicenceNote>";
    let long = "违法".repeat(2_501);
    let none = "00000000000000000X";
    vec![
        passes("PUB-1", kind, DAY, &whole),
        passes("PUB-1", "penalty_person", DAY, &person("车间主任", "91370302MAR40AT52G")),
        fails("PUB-1", kind, DAY, &enterprise("淄博盛泉纺织有限公司", "91370302MAR40AT52G", ""), "法定代表人"),
        fails("PUB-1", kind, DAY, &enterprise("淄川盛泉纺织店", "92370302MA3DEM0196", ""), "个体工商户填经营者"),
        fails("PUB-1", kind, DAY, &org("Facts", "<Facts> </Facts>"), "违法事实"),
        fails("PUB-1", kind, DAY, &org("Violated", "<Violated/>"), "违法行为类型"),
        fails("PUB-1", "penalty_person", DAY, &org("Enterprise", "<Party><Name>赵宗亮</Name><IdKind>id_card</IdKind></Party>"), "证件号码"),
        passes("PUB-2", kind, DAY, &whole),
        passes("PUB-2", kind, DAY, &org("PenaltyKinds", warned)),
        fails("PUB-2", kind, DAY, &org("FineYuan", "<FineYuan>0.00</FineYuan>"), "罚款金额（万元）"),
        fails("PUB-2", kind, DAY, &org("PenaltyKinds", suspended), "暂扣或吊销证照"),
        fails("PUB-2", kind, DAY, &enterprise("临时项目部", none, "<LegalRep>毕德胜</LegalRep>"), "工商注册号").only(Severity::Warning),
        passes("PUB-3", kind, DAY, &facts(&"违法".repeat(2_500))),
        fails("PUB-3", kind, DAY, &facts(&long), "5002"),
        fails("PUB-3", kind, DAY, &enterprise("名".repeat(201).as_str(), "91370302MAR40AT52G", "<LegalRep>毕</LegalRep>"), "不超过 200"),
    ]
}

fn sole_traders() -> Vec<Case> {
    vec![
        passes("PUB-4", "penalty_person", DAY, &person("车间主任", "92370302MA3DEM0196")),
        passes("PUB-4", "penalty_person", DAY, &person("经营者", "91370302MAR40AT52G")),
        fails("PUB-4", "penalty_person", DAY, &person("经营者", "92370302MA3DEM0196"), "决定书（单位）"),
    ]
}

fn identities(kind: &'static str) -> Vec<Case> {
    let named = enterprise("淄博盛泉纺织有限公司", "91370302MAR40AT52G", "<LegalRep>毕德胜370302198506151236</LegalRep>");
    vec![
        passes("PUB-5", kind, DAY, &facts("2023年3月7日，统一社会信用代码113703020042700086、91370302MAR40AT52G。")),
        passes("PUB-5", "penalty_person", DAY, &person("车间主任", "91370302MAR40AT52G")),
        fails("PUB-5", kind, DAY, &facts("证人赵某（370302198506151236）证实"), "370302********1236"),
        fails("PUB-5", kind, DAY, &facts("证人赵某，３７０３０２ １９８５０６１５ １２３６。"), "370302********1236"),
        fails("PUB-5", kind, DAY, &org("PenaltyText", "<PenaltyText>对11010519491231002x罚款</PenaltyText>"), "PenaltyText"),
        fails("PUB-5", kind, DAY, &named, "LegalRep”要公示"),
    ]
}

fn phones(kind: &'static str) -> Vec<Case> {
    vec![
        passes("PUB-6", kind, DAY, &facts("2023-04-03，执法证号15030200101，产品编号20230403001。")),
        fails("PUB-6", kind, DAY, &facts("安全员张某（13812345678）"), "138****5678"),
        fails("PUB-6", kind, DAY, &facts("安全员张某 138-1234-5678"), "138****5678"),
        fails("PUB-6", kind, DAY, &org("Basis", "<Basis><Text>电话0533-5181234</Text></Basis>"), "053****1234"),
    ]
}

fn accounts(kind: &'static str) -> Vec<Case> {
    vec![
        passes("PUB-7", kind, DAY, &org("PenaltyText", "<PenaltyText>缴至账号801100201421000066。</PenaltyText>")),
        fails("PUB-7", kind, DAY, &facts("货款打入张某的卡6222 0210 0111 6245 702"), "***************5702"),
        fails("PUB-7", kind, DAY, &org("PenaltyText", "<PenaltyText>缴至账号801100201421000067。</PenaltyText>"), "0067"),
    ]
}

#[test]
fn what_will_be_public_is_judged() {
    judge(&cases());
}

#[test]
fn the_place_is_that_of_the_number_itself() {
    let case = fails("PUB-6", "penalty_org", DAY, &facts("二 电话13812345678"), "138");
    let tree = tree(&case.xml);
    let found = all_on().judge(&Kind::new("penalty_org"), &tree, &Context::alone(super::TODAY.parse().unwrap()));
    let finding = found.iter().find(|finding| finding.rule == "PUB-6").unwrap();
    let line = case.xml.lines().nth(finding.place.line as usize - 1).unwrap();
    let column: String = line.chars().skip(finding.place.column as usize - 1).take(11).collect();
    assert_eq!(column, "13812345678");
    assert!(found.iter().all(|finding| !format!("{finding:?}").contains("13812345678")), "covered everywhere");
}
