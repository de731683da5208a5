use super::{Case, fails, judge, passes};

const DAY: &str = "2023-04-03";

fn enterprise(uscc: &str) -> String {
    format!("<Enterprise><Name>淄博般阳机械有限公司</Name><Uscc>{uscc}</Uscc><Town>370302001</Town></Enterprise>")
}

fn person(number: &str, sex: &str, age: &str) -> String {
    format!("<Party><Name>王建国</Name><Sex>{sex}</Sex><Age>{age}</Age><IdKind>id_card</IdKind><IdNumber>{number}</IdNumber></Party>")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = credit_codes();
    cases.extend(citizens());
    cases.extend(numbers());
    cases.extend(lists());
    cases
}

fn credit_codes() -> Vec<Case> {
    let org = |code: &str| enterprise(code);
    let mut cases: Vec<Case> = [
        "91330000755918469E",
        "11230500001755309F",
        "91230500MA1B3N1N2M",
        "91370302MA3CE5H79R",
        "92370302MA3DEM0196",
        "113703020042700086",
    ]
    .iter()
    .flat_map(|code| [passes("USCC-1", "insp_record", DAY, &org(code)), passes("USCC-2", "insp_record", DAY, &org(code))])
    .collect();
    // Fitted to its last character, so that only the organisation code is wrong.
    let fitted = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .map(|last| format!("91370302MA3CE5H78{last}"))
        .find(|code| matches!(super::super::credit_code::check(code), Err(super::super::credit_code::BadCreditCode::OrganisationDigit(_))))
        .unwrap_or_default();
    cases.extend([
        fails("USCC-1", "insp_record", DAY, &org("91370302MA3CE5H79X"), "第18位应为“R”"),
        fails("USCC-1", "insp_record", DAY, &org("9137O302MA3CE5H79R"), "字母“O”"),
        fails("USCC-1", "penalty_person", DAY, "<Party><EmployerUscc>91370302MA3CE5H79X</EmployerUscc></Party>", "第18位"),
        fails("USCC-1", "rectify_order", DAY, "", "第18位").header("Uscc", "113703020042700087"),
        // Real in spite of its check character, and on the office's allow-list.
        passes("USCC-1", "insp_record", DAY, &org("91350100M0001TGQXM")),
        // Shape is the schema's to say.
        passes("USCC-1", "insp_record", DAY, &org("91370302MA3CE5H7")),
        fails("USCC-2", "insp_record", DAY, &org(&fitted), "第17位应为“9”"),
        passes("USCC-2", "insp_record", DAY, &org("91370302MA3CE5H79X")),
        fails("USCC-3", "insp_record", DAY, &org("Y1370302MA3CE5H79R"), "Y1"),
        fails("USCC-3", "insp_record", DAY, &org("92370302MA3DEM0196"), "个体工商户"),
        passes("USCC-3", "insp_record", DAY, &org("91370302MA3CE5H79R")),
        passes("USCC-3", "insp_record", DAY, &org("92370302MA3DEM0196").replace("机械有限公司", "机械加工厂")),
        fails("USCC-4", "insp_record", DAY, "", "11开头").header("Uscc", "91370302MA3CE5H79R"),
        passes("USCC-4", "insp_record", DAY, ""),
    ]);
    cases
}

fn citizens() -> Vec<Case> {
    let mut cases: Vec<Case> = ["11010519491231002X", "440524188001010014", "370302198001010016", "370302198506151236"]
        .iter()
        .map(|number| passes("IDN-1", "inquiry_record", DAY, &person(number, "male", "40")))
        .collect();
    cases.extend([
        fails("IDN-1", "inquiry_record", DAY, &person("370302198506151237", "male", "37"), "370302********1237"),
        fails("IDN-1", "penalty_person", DAY, &person("370302198502311237", "male", "37"), "出生日期不存在"),
        fails("IDN-1", "penalty_person", DAY, &person("37030219850615123", "male", "37"), "18位"),
        fails("IDN-1", "penalty_person", DAY, &person("370302202406151237", "male", "37"), "晚于文书日期"),
        passes("IDN-1", "penalty_person", DAY, &person("G12345678", "male", "37").replace("id_card", "passport")),
        fails("IDN-2", "inquiry_record", DAY, &person("370302198506151236", "female", "37"), "男"),
        fails("IDN-2", "inquiry_record", DAY, &person("11010519491231002X", "male", "73"), "女"),
        passes("IDN-2", "inquiry_record", DAY, &person("370302198506151236", "male", "37")),
        fails("IDN-3", "inquiry_record", DAY, &person("370302198506151236", "male", "38"), "37岁"),
        // The birthday falls on 15 June.
        passes("IDN-3", "inquiry_record", "2023-06-14", &person("370302198506151236", "male", "37")),
        fails("IDN-3", "inquiry_record", "2023-06-15", &person("370302198506151236", "male", "37"), "38岁"),
        // A wrong number says nothing about age and sex.
        passes("IDN-2", "inquiry_record", DAY, &person("370302198506151237", "female", "1")),
        passes("IDN-3", "inquiry_record", DAY, &person("370302198506151237", "female", "1")),
    ]);
    cases
}

fn numbers() -> Vec<Case> {
    let record = |number: &str, words| fails("NUM-2", "insp_record", DAY, "", words).header("DocumentNumber", number);
    vec![
        passes("NUM-1", "insp_record", DAY, ""),
        fails("NUM-1", "insp_record", DAY, "", "（代字）应急检记〔2023〕12号").header("DocumentNumber", "（淄）检记〔2023〕12号"),
        fails("NUM-1", "case_filing", DAY, "", "预立案").header("DocumentNumber", "预立案"),
        fails("NUM-1", "insp_record", DAY, "", "应急检记").header("DocumentNumber", "市场【2019】1号"),
        fails("NUM-1", "insp_record", DAY, "", "应急检记").header("DocumentNumber", "（淄）安监检记〔2023〕12号"),
        passes("NUM-1", "insp_record", DAY, "").header("DocumentNumber", "(淄)应急检记[2023]第012号"),
        passes("NUM-1", "inquiry_record", DAY, ""),
        passes("NUM-2", "insp_record", DAY, ""),
        record("（淄）应急检记〔2023〕12 号", "空格"),
        record("（淄）应急检记[2023](7)号", "（淄）应急检记〔2023〕7号"),
        record("（淄 ）应急检记[2023]（7）号", "序号外加了括号"),
        record("（淄）应急检记【2023】1号", "括号写法不规范"),
        record("（淄）应急检记﹝2023﹞1号", "（淄）应急检记〔2023〕1号"),
        record("（淄）应急检记〖2023〗1号", "（淄）应急检记〔2023〕1号"),
        record("（淄）应急检记〔２０２３〕１号", "全角数字"),
        record("（淄）应急检记字〔2023〕第1号", "（淄）应急检记〔2023〕1号"),
        record("淄川应急检记〔2023〕1号", "机关代字没有加括号"),
        record("（淄）应急检记〔2023〕012号", "多了零"),
        fails("NUM-3", "rectify_order", DAY, "", "（淄）应急责改〔2023〕12号").header("DocumentNumber", "（淄）应急检记〔2023〕12号"),
        passes("NUM-3", "rectify_order", DAY, ""),
        passes("NUM-3", "rectify_order", DAY, "").header("DocumentNumber", "(淄)应急责改[2023]12号"),
        fails("NUM-4", "rectify_order", DAY, "", "同案文书")
            .beside("insp_record", DAY, "")
            .whose("DocumentNumber", "（川）应急检记〔2023〕12号"),
        fails("NUM-4", "rectify_order", DAY, "", "信用代码").beside("insp_record", DAY, "").whose("Uscc", "11230500001755309F"),
        passes("NUM-4", "rectify_order", DAY, "").beside("insp_record", DAY, ""),
        fails("NUM-5", "rectify_order", DAY, &enterprise("91370302MA3CE5H79R"), "另一当事人2023年4月1日的").namesake(
            "rectify_order",
            "2023-04-01",
            &enterprise("91330000755918469E"),
        ),
        passes("NUM-5", "rectify_order", DAY, &enterprise("91370302MA3CE5H79R")).namesake(
            "rectify_order",
            DAY,
            &enterprise("91370302MA3CE5H79R"),
        ),
        fails("NUM-5", "penalty_person", DAY, "<Party><Name>王建国</Name></Party>", "另一当事人").namesake(
            "penalty_person",
            DAY,
            "<Party><Name>李永刚</Name></Party>",
        ),
        fails("NUM-6", "rectify_order", DAY, &enterprise("91370302MA3CE5H79R"), "同一当事人").namesake(
            "rectify_order",
            DAY,
            &enterprise("91370302MA3CE5H79R"),
        ),
        passes("NUM-6", "rectify_order", DAY, &enterprise("91370302MA3CE5H79R")),
        // Equal serials across kinds are how offices number, and no finding at all.
        passes("NUM-5", "rectify_order", DAY, "").beside("insp_record", DAY, ""),
        passes("NUM-6", "rectify_order", DAY, "").beside("insp_record", DAY, ""),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        fails("CODE-1", "insp_record", DAY, "<Enterprise><Town>370302999</Town></Enterprise>", "370302999"),
        passes("CODE-1", "insp_record", DAY, "<Enterprise><Town>370302KFQ</Town></Enterprise>"),
        fails("CODE-2", "insp_plan", DAY, "<Enterprise><Industry>mining</Industry></Enterprise>", "mining"),
        passes("CODE-2", "insp_plan", DAY, "<Enterprise><Industry>foundry</Industry></Enterprise>"),
        fails(
            "CODE-3",
            "service_receipt",
            DAY,
            "<Rows><Row><Method>direct</Method></Row><Row><Method>pigeon</Method></Row></Rows>",
            "pigeon",
        ),
        passes("CODE-3", "penalty_org", DAY, "<Service><Method>lien</Method></Service>"),
    ]
}

#[test]
fn codes_and_numbers_are_judged() {
    judge(&cases());
}
