use super::{Case, fails, judge, passes};

const DAY: &str = "2023-04-03";

pub(super) fn cases() -> Vec<Case> {
    let receipt = "service_receipt";
    let row =
        |method: &str, more: &str| format!("<Rows><Row no=\"1\"><Recipient>亓兰芳</Recipient><Method>{method}</Method>{more}</Row></Rows>");
    let servers = |names: &[&str]| -> String { names.iter().map(|name| format!("<Server>{name}</Server>")).collect() };
    let of = |kind: &str, number: &str| {
        format!("<Rows><Row no=\"1\"><DocumentKind>{kind}</DocumentKind><DocumentNumber>{number}</DocumentNumber></Row></Rows>")
    };
    let asked = |question: &str| format!("<Recusal><Question>{question}</Question><Answer>不申请。</Answer></Recusal>");
    vec![
        fails("SRV-1", receipt, DAY, &row("substitute", ""), "关系"),
        passes("SRV-1", receipt, DAY, &row("substitute", "<Relation>门卫</Relation>")),
        passes("SRV-1", receipt, DAY, &row("substitute", "<Remark>代收人是法定代表人的妻子</Remark>")),
        passes("SRV-1", receipt, DAY, &row("direct", "")),
        fails("SRV-2", receipt, DAY, &row("lien", ""), "见证人"),
        passes("SRV-2", receipt, DAY, &row("lien", "<Witness>孙启明</Witness>")),
        passes("SRV-2", receipt, DAY, &row("lien", "<Remark>拒绝签收，已全程录像</Remark>")),
        fails("SRV-3", receipt, DAY, &row("direct", &servers(&["岳明川"])), "只有1人"),
        fails("SRV-3", receipt, DAY, &row("lien", &servers(&["岳明川", "岳明川"])), "2名以上"),
        passes("SRV-3", receipt, DAY, &row("direct", &servers(&["岳明川", "栾一帆"]))),
        passes("SRV-3", receipt, DAY, &row("mail", &servers(&["岳明川"]))),
        fails("SRV-4", receipt, DAY, &of("penalty_notice", "（淄）应急罚〔2023〕12号"), "行政处罚决定书"),
        fails("SRV-4", receipt, DAY, &of("penalty_org", "（淄）应急责改〔2023〕12号"), "责令限期整改指令书"),
        passes("SRV-4", receipt, DAY, &of("penalty_org", "（淄）应急罚〔2023〕12号")),
        // Kinds that are not in the bundle are served as well.
        passes("SRV-4", receipt, DAY, &of("transfer_letter", "（淄）应急移〔2023〕12号")),
        fails("INQ-1", "inquiry_record", DAY, &asked("你听清楚了吗？"), "回避"),
        passes("INQ-1", "inquiry_record", DAY, &asked("你是否申请我们回避？")),
        fails("INQ-2", "inquiry_record", DAY, "<EachPageSigned>false</EachPageSigned>", "逐页"),
        passes("INQ-2", "inquiry_record", DAY, "<EachPageSigned>true</EachPageSigned>"),
        passes("INQ-2", "inquiry_record", DAY, "<Signatures><Refused/></Signatures><EachPageSigned>0</EachPageSigned>"),
        fails("SEAL-1", "penalty_org", DAY, "<Seal>false</Seal>", "盖章"),
        passes("SEAL-1", "penalty_org", DAY, "<Seal>1</Seal>"),
    ]
}

#[test]
fn forms_are_filled_in_as_they_ask() {
    judge(&cases());
}
