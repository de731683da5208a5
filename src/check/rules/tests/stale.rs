use super::{Case, fails, judge, passes};

const DAY: &str = "2023-05-10";

fn cites(block: &str, law: &str, articles: &[&str], text: &str) -> String {
    let list: String =
        articles.iter().map(|article| format!("<Citation><Law>{law}</Law><Article>{article}</Article></Citation>")).collect();
    let text = if text.is_empty() { String::new() } else { format!("<Text>{text}</Text>") };
    format!("<{block}>{list}{text}</{block}>")
}

fn rights(articles: &[&str]) -> String {
    cites("RightsBasis", "中华人民共和国行政处罚法", articles, "")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = articles();
    cases.extend(free_text());
    cases.extend(wordings());
    cases
}

fn articles() -> Vec<Case> {
    let law = "中华人民共和国行政处罚法";
    vec![
        passes("STALE-1", "penalty_notice", DAY, &rights(&["第四十四条", "第四十五条"])),
        fails("STALE-1", "penalty_notice", DAY, &rights(&["第四十四条", "第三十二条"]), "第四十五条"),
        fails("STALE-1", "penalty_notice", DAY, &rights(&["第31条"]), "第四十四条"),
        passes("STALE-1", "penalty_notice", "2021-07-14", &rights(&["第三十一条", "第三十二条"])),
        fails("STALE-1", "penalty_notice", "2021-07-15", &rights(&["第三十一条"]), "第四十四条"),
        passes("STALE-1", "hearing_notice", DAY, &rights(&["第六十三条", "第六十四条"])),
        fails("STALE-1", "hearing_notice", DAY, &rights(&["第四十二条"]), "第六十三条、第六十四条"),
        fails("STALE-1", "preserve_notice", DAY, &cites("Basis", law, &["第三十七条第二款"], ""), "第五十六条"),
        passes("STALE-1", "preserve_notice", DAY, &cites("Basis", law, &["第五十六条"], "")),
        fails("STALE-1", "spot_penalty_org", DAY, &cites("Basis", law, &["第三十三条"], ""), "第五十一条"),
        passes("STALE-1", "spot_penalty_org", DAY, &cites("Basis", law, &["第五十一条"], "")),
        fails("STALE-1", "penalty_org", DAY, &cites("Basis", law, &["第三十八条"], ""), "第五十七条"),
        // 第三十二条 of the new law is about lighter penalties and rightly cited by decisions.
        passes("STALE-1", "penalty_org", DAY, &cites("Basis", law, &["第三十二条"], "")),
        // So it may be by a notice, whose rights stand in a block of their own; and a spot penalty's new articles are old numbers too.
        passes("STALE-1", "penalty_notice", DAY, &cites("Basis", law, &["第三十二条"], "")),
        passes("STALE-1", "hearing_notice", DAY, &cites("Basis", law, &["第三十二条"], "")),
        passes("STALE-1", "penalty_org", DAY, &cites("Basis", law, &["第三十二条"], "已听取其陈述，依法从轻处罚")),
        passes("STALE-1", "spot_penalty_org", DAY, &cites("Basis", law, &["第五十一条"], "当场处罚，逾期每日加处罚款")),
        passes("STALE-1", "spot_penalty_org", DAY, &cites("Basis", law, &["第三十三条"], "首次违法且及时改正，不予处罚")),
        // However the law's name is written.
        fails("STALE-1", "penalty_notice", DAY, &cites("RightsBasis", "《中华人民共和国行政处罚法》", &["第三十一条"], ""), "第四十四条"),
        fails("STALE-1", "penalty_notice", DAY, &cites("RightsBasis", "行政处罚法（2017年修正）", &["第三十一条"], ""), "第四十四条"),
        // The same numbers of other laws mean nothing here.
        passes("STALE-1", "preserve_notice", DAY, &cites("Basis", "中华人民共和国安全生产法", &["第三十七条"], "")),
        fails("STALE-1", "penalty_org", DAY, &cites("Violated", law, &["第四十六条"], "到期不缴纳罚款"), "第六十七条"),
    ]
}

fn free_text() -> Vec<Case> {
    let facts = |text: &str| format!("<Facts>{text}</Facts>");
    let org = "penalty_org";
    vec![
        fails("STALE-1", org, DAY, &facts("根据《中华人民共和国行政处罚法》第四十二条，你单位有权要求听证。"), "第六十三条"),
        fails("STALE-1", org, DAY, &facts("依照《行政处罚法》第三十二条的规定，当事人作了陈述和申辩。"), "第四十五条"),
        fails("STALE-1", org, DAY, &facts("依照《行政处罚法》第三十一条，已告知当事人。"), "第四十四条"),
        fails("STALE-1", org, DAY, &facts("依照《行政处罚法》第三十三条当场作出决定。"), "第五十一条"),
        fails("STALE-1", org, DAY, &facts("依照《行政处罚法》第37条先行登记保存。"), "第五十六条"),
        fails("STALE-1", org, DAY, &facts("按《行政处罚法》第三十七条，执法人员不得少于两人。"), "第四十二条、第五十五条"),
        fails("STALE-1", org, DAY, &facts("按《行政处罚法》第四十条在七日内送达。"), "第六十一条"),
        fails("STALE-1", org, DAY, &facts("按《行政处罚法》第四十六条，十五日内缴纳。"), "第六十七条"),
        fails("STALE-1", org, DAY, &facts("按《行政处罚法》第五十二条批准延期缴款。"), "第六十六条"),
        fails("STALE-1", org, DAY, &facts("按《行政处罚法》第五十一条每日加处罚款。"), "第七十二条"),
        // The new law's own numbers.
        passes("STALE-1", org, DAY, &facts("根据《行政处罚法》第四十二条，由两名执法人员检查。按第五十一条当场处罚。")),
        passes("STALE-1", org, DAY, &facts("根据《行政处罚法》第四十四条、第四十五条、第六十三条告知听证和陈述申辩的权利。")),
        passes("STALE-1", org, DAY, &facts("违反《安全生产法》第三十一条，已告知当事人。")),
        // Sentences keep to themselves.
        passes("STALE-1", org, DAY, &facts("根据《行政处罚法》第三十三条不予处罚。当场反馈了情况。")),
    ]
}

fn wordings() -> Vec<Case> {
    let remedy = |authority: &str| format!("<Remedy><ReviewAuthority>{authority}</ReviewAuthority></Remedy>");
    let measures = "安全生产违法行为行政处罚办法";
    vec![
        fails("STALE-2", "hearing_notice", DAY, "<RequestWorkingDays>3</RequestWorkingDays>", "5个工作日"),
        passes("STALE-2", "hearing_notice", DAY, "<RequestWorkingDays>5</RequestWorkingDays>"),
        passes("STALE-2", "hearing_notice", "2021-07-14", "<RequestWorkingDays>3</RequestWorkingDays>"),
        fails("STALE-2", "hearing_notice", DAY, "<RightsBasis><Text>要求听证的，应当在被告知后三日内提出。</Text></RightsBasis>", "三日内"),
        passes("STALE-2", "hearing_notice", DAY, "<RightsBasis><Text>要求听证的，应当在被告知后五个工作日内提出。</Text></RightsBasis>"),
        passes(
            "STALE-2",
            "hearing_notice",
            DAY,
            "<RightsBasis><Text>可在三日内进行陈述、申辩；要求听证的，应当在被告知后五个工作日内提出。</Text></RightsBasis>",
        ),
        passes(
            "STALE-2",
            "hearing_notice",
            DAY,
            "<RightsBasis><Text>可在三日内陈述、申辩，并可在五个工作日内要求听证。</Text></RightsBasis>",
        ),
        fails("STALE-2", "hearing_notice", DAY, "<RightsBasis><Text>要求听证的，应当在三日以内提出。</Text></RightsBasis>", "三日以内"),
        passes("STALE-2", "penalty_notice", DAY, "<RightsBasis><Text>有权要求听证;可在三日内陈述。</Text></RightsBasis>"),
        fails("STALE-2", "hearing_notice", DAY, "<RightsBasis><Text>可在收到本告知书后３天内提出听证申请。</Text></RightsBasis>", "3天内"),
        fails("STALE-2", "penalty_notice", DAY, "<RightsBasis><Text>要求听证的，应当在三日内提出。</Text></RightsBasis>", "三日内"),
        passes("STALE-2", "penalty_notice", DAY, "<RightsBasis><Text>可在三日内进行陈述、申辩，有权要求听证。</Text></RightsBasis>"),
        fails("STALE-4", "penalty_org", "2024-03-12", &remedy("淄川区人民政府或者淄博市应急管理局"), "本级人民政府"),
        passes(
            "STALE-5",
            "penalty_org",
            "2026-03-02",
            "<Facts>依照《安全生产违法行为行政处罚办法》（应急管理部令第18号）第二十条办理。</Facts>",
        ),
        fails("STALE-3", "rectify_order", DAY, "", "安全生产监督管理").header("Name", "淄川区安全生产监督管理局"),
        passes("STALE-3", "rectify_order", DAY, ""),
        fails("STALE-3", "rectify_order", DAY, "", "安监").header("DocumentNumber", "（淄）安监责改〔2023〕12号"),
        passes("STALE-3", "rectify_order", "2018-05-10", "").header("Name", "淄川区安全生产监督管理局"),
        fails("STALE-4", "penalty_org", "2024-03-12", &remedy("淄博市应急管理局"), "本级人民政府"),
        fails("STALE-4", "penalty_org", "2024-03-12", &remedy("上一级应急管理部门"), "本级人民政府"),
        passes("STALE-4", "penalty_org", "2024-03-12", &remedy("淄川区人民政府")),
        passes("STALE-4", "penalty_org", "2023-12-31", &remedy("淄博市应急管理局")),
        fails("STALE-5", "penalty_org", "2026-02-01", &cites("Basis", measures, &["第四十五条"], ""), "第四十五条"),
        passes("STALE-5", "penalty_org", "2026-01-31", &cites("Basis", measures, &["第四十五条"], "")),
        fails(
            "STALE-5",
            "penalty_org",
            "2026-03-02",
            "<Facts>依照《安全生产违法行为行政处罚办法》第三十三条办理。</Facts>",
            "应急管理部令第18号",
        ),
        fails(
            "STALE-5",
            "penalty_org",
            "2026-03-02",
            "<Facts>依照《安全生产违法行为\n    行政处罚办法》第三十三条办理。</Facts>",
            "第18号",
        ),
        fails("STALE-5", "penalty_org", "2026-03-02", &cites("Basis", "总局令第15号", &["第四十五条"], ""), "第四十五条"),
        passes("STALE-5", "penalty_org", "2026-01-31", &cites("Basis", "总局令第15号", &["第四十五条"], "")),
        passes("STALE-5", "penalty_org", "2026-03-02", &cites("Basis", "中华人民共和国安全生产法", &["第九十七条"], "")),
    ]
}

#[test]
fn stale_forms_are_judged() {
    judge(&cases());
}
