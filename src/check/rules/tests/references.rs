use super::{Case, fails, judge, passes};

const DAY: &str = "2023-04-18";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_one_document();
    cases.extend(of_the_case());
    cases.extend(of_a_review());
    cases
}

fn of_one_document() -> Vec<Case> {
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

fn of_the_case() -> Vec<Case> {
    let enterprise = |uscc: &str, name: &str| format!("<Enterprise><Name>{name}</Name><Uscc>{uscc}</Uscc></Enterprise>");
    let ours = enterprise("91370302MA3CE5H79R", "淄博般阳机械有限公司");
    let at = |address: &str| format!("<Enterprise><Address>{address}</Address></Enterprise>");
    let told =
        "<NoticeRef><Number>（淄）应急罚告〔2023〕12号</Number><Date>2023-04-03</Date><ServedDate>2023-04-04</ServedDate></NoticeRef>";
    let row = |served: &str| {
        format!(
            "<Rows><Row><DocumentNumber>（淄）应急罚告〔2023〕12号</DocumentNumber><DocumentDate>2023-04-03</DocumentDate>\
             <ServedDate>{served}</ServedDate></Row></Rows>"
        )
    };
    vec![
        // A case is one enterprise's, as an inspection is.
        fails("REF-3", "penalty_org", DAY, &ours, "同一案件的")
            .of_case("AJ-1")
            .beside("case_filing", DAY, &enterprise("91330000755918469E", "浙江某厂"))
            .whose("InspectionId", "JC-2")
            .whose_case("AJ-1"),
        passes("REF-3", "penalty_org", DAY, &ours)
            .of_case("AJ-1")
            .beside("case_filing", DAY, &enterprise("91330000755918469E", "浙江某厂"))
            .whose("InspectionId", "JC-2")
            .whose_case("AJ-2"),
        passes("REF-6", "insp_record", DAY, &at("淄川区般阳路1号")).beside("insp_plan", DAY, &at("淄川区般阳路 1号")),
        fails("REF-6", "insp_record", DAY, &at("淄川区般阳路1号"), "淄川区般阳路2号").beside("insp_plan", DAY, &at("淄川区般阳路2号")),
        passes(
            "DAT-23",
            "penalty_notice",
            DAY,
            "<CaseRef><FilingNumber>（淄）应急立〔2023〕12号</FilingNumber><FilingDate>2023-04-18</FilingDate></CaseRef>",
        ),
        fails(
            "DAT-23",
            "penalty_notice",
            DAY,
            "<CaseRef><FilingNumber>（淄）应急立〔2023〕12号</FilingNumber><FilingDate>2023-04-19</FilingDate></CaseRef>",
            "不晚于2023年4月18日",
        ),
        passes("REF-2", "penalty_org", DAY, told).beside("penalty_notice", "2023-04-03", "").beside(
            "service_receipt",
            "2023-04-04",
            &row("2023-04-04"),
        ),
        fails("REF-2", "penalty_org", DAY, told, "送达日期是2023年4月5日").beside("penalty_notice", "2023-04-03", "").beside(
            "service_receipt",
            "2023-04-04",
            &row("2023-04-05"),
        ),
    ]
}

fn of_a_review() -> Vec<Case> {
    let order = "<OrderRef><Number>（淄）应急责改〔2023〕12号</Number><Date>2023-04-03</Date></OrderRef>";
    let both = "<Item no=\"1\"/><Item no=\"2\"/>";
    let ordered =
        format!("<Problems><Problem no=\"1\">甲</Problem><Problem no=\"2\">乙</Problem></Problems><ItemsToFix>{both}</ItemsToFix>");
    let reviewed = |items: &[&str]| {
        let items: String = items.iter().map(|no| format!("<Item no=\"{no}\"/>")).collect();
        format!("{order}<Items>{items}</Items>")
    };
    vec![
        passes("REF-7", "rectify_review", DAY, &reviewed(&["1", "2"])).beside("rectify_order", "2023-04-03", &ordered),
        fails("REF-7", "rectify_review", DAY, &reviewed(&["1"]), "第2项没有复查结果").beside("rectify_order", "2023-04-03", &ordered),
        fails("REF-7", "rectify_review", DAY, &reviewed(&["1", "2", "3"]), "第3项不是").beside("rectify_order", "2023-04-03", &ordered),
        fails("REF-7", "rectify_review", DAY, &reviewed(&["1", "1"]), "写了两次"),
        // What an order does not number cannot be held against a review.
        passes("REF-7", "rectify_review", DAY, &reviewed(&["1"])).beside("rectify_order", "2023-04-03", ""),
    ]
}

#[test]
fn references_and_remedies_are_judged() {
    judge(&cases());
}
