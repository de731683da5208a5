use super::{Case, fails, judge, passes};

const DAY: &str = "2023-05-10";

pub(super) fn cases() -> Vec<Case> {
    let facts = |text: &str| format!("<Facts>{text}</Facts>");
    let org = "penalty_org";
    let cited = |article: &str| {
        format!("<Violated><Citation><Law>中华人民共和国安全生产法</Law><Article>{article}</Article></Citation></Violated>")
    };
    let finding = |article: &str| {
        format!("<Findings><Finding no=\"1\"><Basis><Citation><Article>{article}</Article></Citation></Basis></Finding></Findings>")
    };
    vec![
        passes("TXT-1", org, DAY, &facts("违反《安全生产法》第四十一条，依据《安全生产法》第一百零一条。")),
        fails("TXT-1", org, DAY, &facts("违反《安全生产法第四十一条。"), "成对"),
        fails("TXT-1", org, DAY, &facts("违反安全生产法》第四十一条，《"), "成对"),
        fails("TXT-1", "insp_record", DAY, "<Situation>参照《检查表</Situation><Place>》车间</Place>", "成对"),
        passes("TXT-2", org, DAY, &facts("事实清楚，证据确凿。经查……属实。")),
        fails("TXT-2", org, DAY, &facts("事实清楚，，证据确凿。"), "“，，”"),
        fails("TXT-2", "insp_record", DAY, "<Situation>检查完毕。。</Situation>", "“。。”"),
        passes("TXT-3", org, DAY, &facts("2023年4月3日检查，4月10日复查，型号GB2760-2014。")),
        fails("TXT-3", org, DAY, &facts("2023年4月3日检查，2023-04-10复查。"), "2023-04-10"),
        fails("TXT-3", org, DAY, &facts("2023年4月3日检查，2023.4.10复查。"), "2023.4.10"),
        passes("TXT-3", org, DAY, &facts("2023-04-03检查，2023-04-10复查。")),
        passes("TXT-4", org, DAY, "<PenaltyText>处人民币贰万元整（¥20,000.00）罚款。</PenaltyText><FineYuan>20000.00</FineYuan>"),
        fails("TXT-4", org, DAY, "<PenaltyText>处人民币5万元罚款。</PenaltyText><FineYuan>20000</FineYuan>", "5万元"),
        fails("TXT-4", org, DAY, "<PenaltyText>处罚款50,000元。</PenaltyText><FineYuan>20000</FineYuan>", "50,000元"),
        fails("TXT-4", org, DAY, "<PenaltyText>处人民币伍万元整罚款。</PenaltyText><FineYuan>20000</FineYuan>", "伍万元整"),
        passes("TXT-4", org, DAY, "<PenaltyText>依照2万元以上10万元以下的幅度，处2万元罚款。</PenaltyText><FineYuan>20000</FineYuan>"),
        fails("TXT-4", org, DAY, "<PenaltyText>处罚款（￥2000）。</PenaltyText><FineYuan>20000.00</FineYuan>", "“￥2000”"),
        passes(
            "TXT-4",
            org,
            DAY,
            "<PenaltyText>罚款¥20000，没收¥500。</PenaltyText><FineYuan>20000</FineYuan><ConfiscatedYuan>500</ConfiscatedYuan>",
        ),
        passes("TXT-5", org, DAY, &cited("第四十一条第二款")),
        passes("TXT-5", org, DAY, &cited("第41条")),
        fails("TXT-5", org, DAY, &cited("有关规定"), "有关规定"),
        fails("TXT-5", "insp_record", DAY, &finding("总则"), "第几条"),
        passes("TXT-5", "insp_record", DAY, &finding("第四十三条")),
        passes("TXT-6", org, DAY, &facts("2023年4月3日，淄博般阳机械有限公司")),
        fails("TXT-6", org, DAY, &facts("某某公司存在问题"), "某某"),
        fails("TXT-6", "insp_record", DAY, "<Situation>×××公司</Situation>", "×××"),
        passes("TXT-7", org, DAY, &facts("2023年4月3日，在你单位检查时发现。")),
        fails("TXT-7", org, DAY, &facts("在你单位检查时发现。"), "时间"),
        passes("TXT-8", "case_filing", DAY, "<CaseName>淄博般阳机械有限公司涉嫌未如实记录案</CaseName>"),
        fails("TXT-8", "case_filing", DAY, "<CaseName>淄博般阳机械有限公司未如实记录案</CaseName>", "涉嫌"),
    ]
}

#[test]
fn wording_is_judged() {
    judge(&cases());
}
