//! The columns of the 双公示 templates: 26 for organisations, 20 for persons (domain.md §2.1).

/// When a column must be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Always,
    /// When the decision has what the column is for.
    Where,
    /// Never required.
    Free,
    /// Never filled: the legal representative's own number is nobody's business (domain.md §2.1, column 9).
    Never,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// `CF_WSH`.
    pub field: &'static str,
    /// What stands above it in the template.
    pub label: &'static str,
    /// The most characters that it takes.
    pub most: usize,
    /// Whether it must be filled.
    pub need: Need,
}

const fn column(field: &'static str, label: &'static str, most: usize, need: Need) -> Column {
    Column { field, label, most, need }
}

const NAME: Column = column("CF_XDR_MC", "行政相对人名称", 200, Need::Always);

/// The template for organisations; sole traders stand there as well, with 个体工商户 as a remark (domain.md §2.5).
pub const ORGANISATION: [Column; 26] = template([
    NAME,
    column("CF_XDR_SHXYM", "行政相对人代码_1(统一社会信用代码)", 18, Need::Always),
    column("CF_XDR_GSZC", "行政相对人代码_2(工商注册号)", 50, Need::Where),
    column("CF_XDR_ZZJG", "行政相对人代码_3(组织机构代码)", 9, Need::Free),
    column("CF_XDR_SWDJ", "行政相对人代码_4(税务登记号)", 20, Need::Free),
    column("CF_XDR_SYDW", "行政相对人代码_5(事业单位证书号)", 12, Need::Free),
    column("CF_XDR_SHZZ", "行政相对人代码_6(社会组织登记证号)", 50, Need::Free),
    column("CF_FRDB", "法定代表人", 50, Need::Always),
    column("CF_FR_SFZH", "法定代表人身份证号", 64, Need::Never),
]);

/// The template for natural persons.
pub const PERSON: [Column; 20] =
    template([NAME, column("CF_XDR_ZJLX", "证件类型", 64, Need::Always), column("CF_XDR_ZJHM", "证件号码", 64, Need::Always)]);

/// A template: columns of its own, then those that both end with.
const fn template<const OWN: usize, const ALL: usize>(own: [Column; OWN]) -> [Column; ALL] {
    assert!(OWN + SHARED.len() == ALL);
    let mut all = [NAME; ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < OWN { own[at] } else { SHARED[at - OWN] };
        at += 1;
    }
    all
}

/// What both templates end with.
const SHARED: [Column; 17] = [
    column("CF_WSH", "行政处罚决定书文号", 128, Need::Always),
    column("CF_WFXW", "违法行为类型", 2000, Need::Always),
    column("CF_SY", "违法事实", 5000, Need::Always),
    column("CF_YJ", "处罚依据", 2048, Need::Always),
    column("CF_CFLB", "处罚类别", 100, Need::Always),
    column("CF_NR", "处罚内容", 4000, Need::Always),
    column("CF_NR_FK", "罚款金额（万元）", 19, Need::Where),
    column("CF_NR_WFFF", "没收违法所得、没收非法财物的金额（万元）", 19, Need::Where),
    column("CF_NR_ZKDX", "暂扣或吊销证照名称及编号", 200, Need::Where),
    column("CF_JDRQ", "处罚决定日期", 10, Need::Always),
    column("CF_YXQ", "处罚有效期", 10, Need::Always),
    column("CF_GSJZQ", "公示截止期", 10, Need::Always),
    column("CF_CFJG", "处罚机关", 200, Need::Always),
    column("CF_CFJGDM", "处罚机关统一社会信用代码", 18, Need::Always),
    column("CF_SJLY", "数据来源单位", 200, Need::Always),
    column("CF_SJLYDM", "数据来源单位统一社会信用代码", 18, Need::Always),
    column("BZ", "备注", 512, Need::Free),
];

/// Other headings that stand for a field on older and other sites' lists; brackets, blanks and `（必填）` are folded away before.
const ALSO: [(&str, &str); 46] = [
    ("当事人名称", "CF_XDR_MC"),
    ("当事人", "CF_XDR_MC"),
    ("被处罚单位", "CF_XDR_MC"),
    ("被处罚人", "CF_XDR_MC"),
    ("企业名称", "CF_XDR_MC"),
    ("单位名称", "CF_XDR_MC"),
    ("行政相对人", "CF_XDR_MC"),
    ("行政相对人类别", "CF_XDR_LB"),
    ("统一社会信用代码", "CF_XDR_SHXYM"),
    ("行政相对人统一社会信用代码", "CF_XDR_SHXYM"),
    ("行政相对人代码1", "CF_XDR_SHXYM"),
    ("组织机构代码", "CF_XDR_ZZJG"),
    ("工商登记码", "CF_XDR_GSZC"),
    ("工商注册号", "CF_XDR_GSZC"),
    ("税务登记号", "CF_XDR_SWDJ"),
    ("居民身份证号", "CF_XDR_ZJHM"),
    ("身份证号", "CF_XDR_ZJHM"),
    ("法定代表人姓名", "CF_FRDB"),
    ("法人姓名", "CF_FRDB"),
    ("法定代表人证件号码", "CF_FR_ZJHM"),
    ("文号", "CF_WSH"),
    ("决定书文号", "CF_WSH"),
    ("处罚决定书文号", "CF_WSH"),
    ("行政处罚决定文书号", "CF_WSH"),
    ("处罚决定文号", "CF_WSH"),
    ("违法行为", "CF_WFXW"),
    ("处罚名称", "CF_WFXW"),
    ("案件名称", "CF_WFXW"),
    ("处罚事由", "CF_SY"),
    ("主要违法事实", "CF_SY"),
    ("处罚类别1", "CF_CFLB"),
    ("处罚种类", "CF_CFLB"),
    ("处罚结果", "CF_NR"),
    ("罚款金额", "CF_NR_FK"),
    ("处罚金额万元", "CF_NR_FK"),
    ("罚款金额元", "FINE_YUAN"),
    ("处罚金额元", "FINE_YUAN"),
    ("没收金额", "CF_NR_WFFF"),
    ("决定日期", "CF_JDRQ"),
    ("处罚日期", "CF_JDRQ"),
    ("作出处罚决定的日期", "CF_JDRQ"),
    ("公示截止日期", "CF_GSJZQ"),
    ("作出行政处罚的机关名称", "CF_CFJG"),
    ("处罚决定机关", "CF_CFJG"),
    ("当前状态", "CF_ZT"),
    ("地方编码", "DFBM"),
];

/// The field that a heading stands for; `None` for one that no template and no site is known to have.
///
/// Of the templates new and old (domain.md §2.1), by the field's own name, or by what other sites write. `FINE_YUAN` is a fine in yuan,
/// which no template has and some sites show.
pub fn column_of(heading: &str) -> Option<&'static str> {
    let bare = bare(heading);
    let all = || ORGANISATION.iter().chain(&PERSON);
    let by_name = all().find(|c| c.field.eq_ignore_ascii_case(&bare)).map(|c| c.field);
    let by_label = || all().find(|c| self::bare(c.label) == bare).map(|c| c.field);
    let by_another = || ALSO.iter().find(|(also, field)| *also == bare || field.eq_ignore_ascii_case(&bare)).map(|(_, field)| *field);
    by_name.or_else(by_label).or_else(by_another)
}

/// A heading without blanks, stars, brackets and the remark that it must be filled; `_` stays, for fields are named with it.
fn bare(heading: &str) -> String {
    let text: String = heading.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊' | '\u{feff}')).collect();
    let text = text.replace("（必填）", "").replace("(必填)", "").replace("（选填）", "").replace("(选填)", "");
    let plain = if text.starts_with("CF_") || text.starts_with("cf_") { text } else { text.replace(['_', '：', ':'], "") };
    plain.chars().filter(|c| !matches!(c, '（' | '）' | '(' | ')' | '【' | '】')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_of_the_templates_is_known_in_any_dress() {
        for column in ORGANISATION.iter().chain(&PERSON) {
            assert_eq!(column_of(column.label), Some(column.field), "{}", column.label);
            assert_eq!(column_of(column.field), Some(column.field));
            let dressed = format!(" *{}（必填） ", column.label.replace('（', "(").replace('）', ")"));
            assert_eq!(column_of(&dressed), Some(column.field), "{dressed}");
        }
    }

    #[test]
    fn headings_of_the_old_template_and_of_other_sites_are_known() {
        for (heading, field) in [
            ("处罚事由", "CF_SY"),
            ("处罚类别1", "CF_CFLB"),
            ("处罚结果", "CF_NR"),
            ("统一社会信用代码", "CF_XDR_SHXYM"),
            ("法定代表人姓名", "CF_FRDB"),
            ("罚款金额（元）", "FINE_YUAN"),
            ("罚款金额(万元)", "CF_NR_FK"),
            ("公示截止期", "CF_GSJZQ"),
            ("cf_wsh", "CF_WSH"),
        ] {
            assert_eq!(column_of(heading), Some(field), "{heading}");
        }
        assert_eq!(column_of("序号"), None);
        assert_eq!(column_of(""), None);
    }

    #[test]
    fn no_column_stands_twice() {
        for template in [&ORGANISATION[..], &PERSON[..]] {
            for (at, column) in template.iter().enumerate() {
                assert!(!template[..at].iter().any(|c| c.field == column.field || c.label == column.label), "{}", column.field);
            }
        }
    }
}
