use super::{Case, fails, judge, passes};
use crate::document::Severity;

const DAY: &str = "2023-05-10";

fn kinds(list: &[&str]) -> String {
    let list: String = list.iter().map(|kind| format!("<PenaltyKind>{kind}</PenaltyKind>")).collect();
    format!("<PenaltyKinds>{list}</PenaltyKinds>")
}

fn fine(yuan: &str) -> String {
    format!("{}<FineYuan>{yuan}</FineYuan>", kinds(&["fine"]))
}

/// A decision against an organisation.
fn unit(body: &str) -> String {
    format!("<Enterprise/><PenaltyText/>{body}")
}

/// A decision against a person.
fn person(body: &str) -> String {
    format!("<Party/><PenaltyText/>{body}")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = on_the_spot();
    cases.extend(hearings());
    cases.extend(figures());
    cases.extend(contents());
    cases
}

fn on_the_spot() -> Vec<Case> {
    let collected = |fine: &str, reason: &str, asked: &str, amount: &str| {
        format!(
            "<FineYuan>{fine}</FineYuan><PaymentMode>on_spot</PaymentMode><SpotCollection><Reason>{reason}</Reason>\
             <RequestedByParty>{asked}</RequestedByParty><AmountYuan>{amount}</AmountYuan><ReceiptNumber>1</ReceiptNumber></SpotCollection>"
        )
    };
    let (org, one) = ("spot_penalty_org", "spot_penalty_person");
    vec![
        passes("AMT-1", org, DAY, &unit(&fine("3000.00"))),
        fails("AMT-1", org, DAY, &unit(&fine("3000.01")), "对单位不超过3000元"),
        passes("AMT-1", one, DAY, &person(&fine("200"))),
        fails("AMT-1", one, DAY, &person(&fine("201")), "对个人不超过200元"),
        passes("AMT-1", one, DAY, &person(&kinds(&["warning"]))),
        fails("AMT-1", one, DAY, &person(&kinds(&["stop_production"])), "责令停产停业"),
        passes("AMT-2", one, DAY, &collected("100.00", "up_to_100", "false", "100")),
        fails("AMT-2", one, DAY, &collected("200", "up_to_100", "false", "200"), "不超过100元"),
        passes("AMT-2", one, DAY, &collected("200", "hard_to_enforce", "false", "200")),
        passes("AMT-2", one, DAY, &collected("200", "remote", "true", "200")),
        fails("AMT-2", one, DAY, &collected("200", "remote", "false", "200"), "当事人提出"),
        fails("AMT-2", one, DAY, &collected("100", "up_to_100", "false", "50"), "数额不同"),
        fails("AMT-2", one, DAY, "<FineYuan>100</FineYuan><PaymentMode>on_spot</PaymentMode>", "收据"),
        fails("AMT-2", one, DAY, &collected("100", "up_to_100", "false", "100").replace("on_spot", "within_15_days"), "缴至银行"),
        passes("AMT-2", org, DAY, "<FineYuan>2000</FineYuan><PaymentMode>within_15_days</PaymentMode>"),
    ]
}

fn hearings() -> Vec<Case> {
    let heard = "<HearingRef><Number>（淄）应急听告〔2023〕12号</Number></HearingRef><LegalReview/><CollectiveDiscussion/>";
    let mut cases = Vec::new();
    for rule in ["AMT-3", "REV-1", "REV-2"] {
        cases.extend([
            fails(rule, "penalty_org", DAY, &unit(&fine("50000.00")), "达到50000元"),
            passes(rule, "penalty_org", DAY, &unit(&fine("49999.99"))),
            passes(rule, "penalty_org", DAY, &unit(&format!("{}{heard}", fine("50000")))),
            fails(rule, "penalty_person", DAY, &person(&fine("20000")), "达到20000元"),
            passes(rule, "penalty_person", DAY, &person(&fine("19999"))),
            fails(rule, "penalty_org", DAY, &unit(&kinds(&["warning", "stop_production"])), "责令停产停业"),
            fails(
                rule,
                "penalty_org",
                DAY,
                &unit(&format!("{}<ConfiscatedYuan>60000</ConfiscatedYuan>", kinds(&["confiscate_gains"]))),
                "没收60000元",
            ),
            passes(rule, "penalty_org", DAY, &unit(&kinds(&["warning", "suspend_licence"]))),
        ]);
    }
    cases
}

fn figures() -> Vec<Case> {
    let both = |figures: &str, upper: &str| format!("<FineYuan>{figures}</FineYuan><FineUpper>{upper}</FineUpper>");
    let told =
        |told: &str| format!("<NoticeRef><Number>（淄）应急罚告〔2023〕12号</Number>{told}</NoticeRef><FineYuan>20000.00</FineYuan>");
    vec![
        passes("AMT-4", "penalty_org", DAY, &told("<FineYuan>20000</FineYuan>")),
        passes("AMT-4", "penalty_org", DAY, &told("<FineYuan>30000</FineYuan>")),
        fails("AMT-4", "penalty_org", DAY, &told("<FineYuan>10000</FineYuan>"), "高于告知的10000元"),
        fails("AMT-4", "penalty_org", DAY, &told(""), "告知书上的罚款数额15000元").beside(
            "penalty_notice",
            "2023-04-20",
            "<FineYuan>15000</FineYuan>",
        ),
        fails("AMT-4", "penalty_org", DAY, &told("<FineYuan>20000</FineYuan>"), "告知书上的罚款数额15000元").beside(
            "penalty_notice",
            "2023-04-20",
            "<FineYuan>15000</FineYuan>",
        ),
        passes("AMT-4", "penalty_org", DAY, &told("")).beside("penalty_notice", "2023-04-20", "<FineYuan>20000</FineYuan>"),
        passes("AMT-4", "penalty_org", DAY, &told("")),
        passes("AMT-5", "penalty_org", DAY, &both("20000.00", "贰万元整")),
        passes("AMT-5", "penalty_org", DAY, &both("20000", "人民币贰万圆整")),
        passes("AMT-5", "penalty_notice", DAY, &both("1005.50", "壹仟零伍元伍角")),
        fails("AMT-5", "penalty_org", DAY, &both("20000.00", "贰仟元整"), "应为“贰万元整”"),
        fails("AMT-5", "penalty_org", DAY, &both("20000.00", "两万元"), "读不通"),
        fails("AMT-5", "penalty_org", DAY, "<FineYuan>20000</FineYuan>", "没有大写").only(Severity::Warning),
        fails("AMT-5", "penalty_org", DAY, "<FineUpper>贰万元整</FineUpper>", "没有小写").only(Severity::Warning),
        passes("AMT-7", "penalty_org", DAY, "<Payment><OverdueDaily>3</OverdueDaily></Payment>"),
        passes("AMT-7", "penalty_org", DAY, "<Payment><OverdueDaily>3.0</OverdueDaily></Payment>"),
        fails("AMT-7", "penalty_org", DAY, "<Payment><OverdueDaily>5</OverdueDaily></Payment>", "每日3％"),
        fails("AMT-7", "case_close", DAY, "<Execution><DueYuan>40000.01</DueYuan></Execution>", "不超过40000元").beside(
            "penalty_org",
            "2023-04-20",
            "<FineYuan>20000</FineYuan>",
        ),
        passes("AMT-7", "case_close", DAY, "<Execution><DueYuan>40000</DueYuan></Execution>").beside(
            "penalty_org",
            "2023-04-20",
            "<FineYuan>20000</FineYuan>",
        ),
        // Served on 8 May, the term ends on 23 May; six days late are 18 %.
        passes("AMT-7", "case_close", "2023-06-05", &executed("70800", "2023-05-29")).beside("penalty_org", "2023-05-05", SERVED),
        fails("AMT-7", "case_close", "2023-06-05", &executed("70800.01", "2023-05-29"), "逾期6日").beside(
            "penalty_org",
            "2023-05-05",
            SERVED,
        ),
        fails("AMT-7", "case_close", "2023-06-05", &executed("60000.01", "2023-05-23"), "按期缴清").beside(
            "penalty_org",
            "2023-05-05",
            SERVED,
        ),
        passes("AMT-7", "case_close", "2023-06-05", &executed("60000", "2023-05-23")).beside("penalty_org", "2023-05-05", SERVED),
        fails("AMT-7", "case_close", "2023-12-05", &executed("120000.01", "2023-11-29"), "超过了罚款本数").beside(
            "penalty_org",
            "2023-05-05",
            SERVED,
        ),
    ]
}

const SERVED: &str = "<FineYuan>60000</FineYuan><Service><ServedDate>2023-05-08</ServedDate></Service>";

fn executed(due: &str, paid: &str) -> String {
    format!("<Execution><DueYuan>{due}</DueYuan><PaidDate>{paid}</PaidDate></Execution>")
}

fn contents() -> Vec<Case> {
    let cited = |article: &str, yuan: &str| {
        format!(
            "<Basis><Citation><Law>中华人民共和国安全生产法</Law><Article>{article}</Article></Citation></Basis><FineYuan>{yuan}</FineYuan>"
        )
    };
    let paid = "<Payment><Days>15</Days></Payment>";
    vec![
        fails("AMT-8", "penalty_person", DAY, &person(&cited("第九十四条第一款", "10000")), "20000元至100000元"),
        passes("AMT-8", "penalty_person", DAY, &person(&cited("第九十四条第一款", "20000"))),
        // However the law's name is written, it is told without a second pair of marks.
        fails(
            "AMT-8",
            "penalty_person",
            DAY,
            &person(&cited("第九十四条第一款", "10000").replace("<Law>", "<Law>《").replace("</Law>", "》（2021年修正）</Law>")),
            "《中华人民共和国安全生产法》第九十四条",
        ),
        fails("AMT-8", "penalty_org", DAY, &unit(&cited("第九十七条第五项", "200001")), "0元至200000元"),
        passes("AMT-8", "penalty_org", DAY, &unit(&cited("第一百条", "1"))),
        passes("AMT-9", "penalty_org", DAY, &unit(&format!("{}{paid}", fine("20000")))),
        fails("AMT-9", "penalty_org", DAY, &unit(&kinds(&["fine"])), "却没有罚款金额"),
        fails("AMT-9", "penalty_org", DAY, &unit(&fine("20000")), "没有缴款方式"),
        fails("AMT-9", "penalty_org", DAY, &unit(&format!("{}<FineYuan>20000</FineYuan>{paid}", kinds(&["warning"]))), "却没有罚款"),
        fails("AMT-9", "penalty_org", DAY, &unit(&kinds(&["confiscate_goods"])), "没收金额"),
        fails("AMT-9", "penalty_org", DAY, &unit(&kinds(&["revoke_licence"])), "证照名称及编号"),
        fails("AMT-9", "penalty_org", DAY, &unit(&kinds(&["other"])), "没有写明名称"),
        passes("AMT-9", "penalty_notice", DAY, &format!("<Enterprise/>{}", fine("20000"))),
        passes("AMT-9", "spot_penalty_person", DAY, &person(&format!("{}<PaymentMode>on_spot</PaymentMode>", fine("100")))),
    ]
}

#[test]
fn amounts_are_judged() {
    judge(&cases());
}
