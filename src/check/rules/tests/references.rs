use super::{Case, fails, judge, passes};

const DAY: &str = "2023-04-18";

pub(super) fn cases() -> Vec<Case> {
    let order = "<OrderRef><Number>（淄）应急责改〔2023〕12号</Number><Date>2023-04-03</Date></OrderRef>";
    let enterprise = |uscc: &str, name: &str| format!("<Enterprise><Name>{name}</Name><Uscc>{uscc}</Uscc></Enterprise>");
    let ours = enterprise("91370302MA3CE5H79R", "淄博般阳机械有限公司");
    let items = |list: &str, major: &str| {
        format!(
            "<Problems><Problem no=\"1\">甲</Problem><Problem no=\"2\">乙</Problem></Problems><MajorItems>{major}</MajorItems><ItemsToFix>{list}</ItemsToFix>"
        )
    };
    let remedy = |days: &str, months: &str, court: &str| {
        format!("<Remedy><ReviewDays>{days}</ReviewDays><Court>{court}</Court><SuitMonths>{months}</SuitMonths></Remedy>")
    };
    vec![
        passes("REF-1", "rectify_review", DAY, order),
        passes("REF-1", "rectify_review", DAY, order).beside("rectify_order", "2023-04-03", ""),
        // Untidy on one side still means the same document.
        passes("REF-1", "rectify_review", DAY, &order.replace("〔2023〕12", "[2023]第012")).beside("rectify_order", "2023-04-03", ""),
        fails("REF-1", "rectify_review", DAY, order, "（淄）应急责改〔2023〕12号").beside("insp_record", "2023-04-03", ""),
        fails("REF-1", "penalty_org", DAY, "<NoticeRef><Number>（淄）应急罚告〔2023〕9号</Number></NoticeRef>", "没有找到").beside(
            "penalty_notice",
            "2023-04-03",
            "",
        ),
        fails(
            "REF-1",
            "service_receipt",
            DAY,
            "<Rows><Row><DocumentNumber>（淄）应急罚〔2023〕9号</DocumentNumber></Row></Rows>",
            "没有找到",
        )
        .beside("penalty_org", "2023-04-03", ""),
        passes("REF-2", "rectify_review", DAY, order).beside("rectify_order", "2023-04-03", ""),
        fails("REF-2", "rectify_review", DAY, order, "2023年4月4日").beside("rectify_order", "2023-04-04", ""),
        fails("REF-2", "rectify_review", DAY, order, "现场检查记录")
            .beside("insp_record", "2023-04-03", "")
            .whose("DocumentNumber", "（淄）应急责改〔2023〕12号"),
        fails(
            "REF-2",
            "penalty_org",
            DAY,
            "<CaseRef><FilingNumber>（淄）应急立〔2023〕12号</FilingNumber><FilingDate>2023-03-01</FilingDate></CaseRef>",
            "2023年3月2日",
        )
        .beside("case_filing", "2023-03-02", ""),
        passes("REF-3", "rectify_order", DAY, &ours).beside("insp_record", DAY, &ours),
        fails("REF-3", "rectify_order", DAY, &ours, "91330000755918469E").beside(
            "insp_record",
            DAY,
            &enterprise("91330000755918469E", "浙江某厂"),
        ),
        passes("REF-4", "rectify_order", DAY, &enterprise("91370302MA3CE5H79R", "淄博(般阳)机械有限公司")).beside(
            "insp_record",
            DAY,
            &enterprise("91370302MA3CE5H79R", "淄博（般阳）机械有限公司"),
        ),
        fails("REF-4", "rectify_order", DAY, &ours, "淄博般阳机械厂").beside(
            "insp_record",
            DAY,
            &enterprise("91370302MA3CE5H79R", "淄博般阳机械厂"),
        ),
        passes("REF-5", "rectify_order", DAY, &items("<Item no=\"1\"/><Item no=\"2\"/>", "2")),
        fails("REF-5", "rectify_order", DAY, &items("<Item no=\"3\"/>", ""), "第3项"),
        fails("REF-5", "rectify_order", DAY, &items("<Item no=\"1\"/>", "1 4"), "第4项"),
        passes("REM-1", "rectify_order", DAY, &remedy("60", "6", "淄川区人民法院")),
        fails("REM-1", "rectify_order", DAY, &remedy("30", "6", "淄川区人民法院"), "60日"),
        fails("REM-1", "penalty_org", DAY, &remedy("60", "3", "淄川区人民法院"), "6个月"),
        passes("REM-2", "rectify_order", DAY, &remedy("60", "6", "淄川区人民法院")),
        fails("REM-2", "rectify_order", DAY, &remedy("60", "6", "淄川区人民政府"), "人民法院"),
    ]
}

#[test]
fn references_and_remedies_are_judged() {
    judge(&cases());
}
