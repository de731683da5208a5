//! Values that do not fit their field: one sentence for each constraint of the recommendation.

use super::{Subject, Words};
use crate::{
    check::{
        mask,
        schema::{Field, validate::Violation},
    },
    document::Finding,
};

/// The finding for one violation that is not about which children stand where.
pub(super) fn said(subject: &Subject<'_>, violation: &Violation) -> Finding {
    let empty = subject.value().trim().is_empty();
    match violation.constraint.as_str() {
        "cvc-complex-type.4" => missing_attribute(subject, &violation.detail),
        "cvc-complex-type.3.2.1" | "cvc-complex-type.3.2.2" => strange_attribute(subject),
        "cvc-minLength-valid"
        | "cvc-length-valid"
        | "cvc-pattern-valid"
        | "cvc-enumeration-valid"
        | "cvc-datatype-valid"
        | "cvc-datatype-valid.1.2.1"
        | "cvc-minInclusive-valid"
            if empty =>
        {
            not_filled(subject)
        }
        "cvc-enumeration-valid" => not_listed(subject),
        "cvc-pattern-valid" | "cvc-datatype-valid" | "cvc-datatype-valid.1.2.1" | "cvc-simple-type" => {
            ill_written(subject, &violation.constraint)
        }
        other => {
            let mut finding = subject.finding(rule_of(other), words(subject, other, &violation.detail));
            if other == "cvc-complex-type.2.3" {
                finding.place = subject.node.text_place().unwrap_or(finding.place);
            }
            finding
        }
    }
}

/// The short name of a constraint in the ids of findings: `maxLength`.
fn rule_of(constraint: &str) -> &str {
    let short = constraint.strip_prefix("cvc-").unwrap_or(constraint);
    short.strip_suffix("-valid").unwrap_or(short)
}

fn three(message: impl Into<String>, wanted: impl Into<String>, advice: impl Into<String>) -> Words {
    Words { message: message.into(), wanted: wanted.into(), advice: advice.into() }
}

fn words(subject: &Subject<'_>, constraint: &str, detail: &str) -> Words {
    let numbers = numbers(detail);
    let (found, bound) = (numbers.first().copied().unwrap_or(0), numbers.get(1).copied().unwrap_or(0));
    let limit = quoted(detail).nth(1).unwrap_or_default();
    let label = label(subject);
    match constraint {
        "cvc-maxLength-valid" => three(
            format!("内容有 {found} 个字，超过了 {bound} 个字"),
            format!("不超过 {bound} 个字"),
            format!("请删减至少 {} 个字。", found.saturating_sub(bound)),
        ),
        "cvc-minLength-valid" => {
            three(format!("内容只有 {found} 个字，至少要 {bound} 个字"), format!("不少于 {bound} 个字"), "请补充完整。")
        }
        "cvc-length-valid" => three(format!("内容有 {found} 个字，应当正好 {bound} 个字"), format!("{bound} 个字"), "请核对后重新填写。"),
        "cvc-minInclusive-valid" => three(format!("数值太小，不能小于 {limit}"), format!("不小于 {limit}"), CHECK_AGAIN),
        "cvc-maxInclusive-valid" => three(format!("数值太大，不能大于 {limit}"), format!("不大于 {limit}"), CHECK_AGAIN),
        "cvc-minExclusive-valid" => three(format!("数值太小，必须大于 {limit}"), format!("大于 {limit}"), CHECK_AGAIN),
        "cvc-maxExclusive-valid" => three(format!("数值太大，必须小于 {limit}"), format!("小于 {limit}"), CHECK_AGAIN),
        "cvc-totalDigits-valid" => three(format!("数字有 {found} 位，最多 {bound} 位"), format!("不超过 {bound} 位"), CHECK_AGAIN),
        "cvc-fractionDigits-valid" => {
            three(format!("小数有 {found} 位，最多 {bound} 位"), format!("小数不超过 {bound} 位"), "请按规定的位数填写。")
        }
        "cvc-elt.1" => unknown_root(subject),
        "cvc-complex-type.2.1" | "cvc-type.3.1.2" => three("这一项应当为空", "没有内容", "请删去里面的内容。"),
        "cvc-complex-type.2.3" => {
            three(format!("“{label}”里直接写了文字"), "文字写在下一级的各项里", "请把文字移到对应的项目里，或者删去。")
        }
        "cvc-attribute.4" | "cvc-elt.5.2.2" | "cvc-elt.5.2.2.1" | "cvc-elt.5.2.2.2" => {
            let fixed = quoted(detail).nth(1).unwrap_or_default();
            three(format!("应为固定值“{fixed}”"), fixed.to_owned(), format!("请改为“{fixed}”。"))
        }
        "cvc-elt.2" | "cvc-type.2" => three("这一项不能直接使用，要写明具体的类型", "具体的类型", "请对照表单改用具体的项目。"),
        "cvc-elt.3.1" | "cvc-elt.3.2.1" | "cvc-elt.3.2.2" => three("这一项不能标为空（xsi:nil）", "填写内容", "请去掉 xsi:nil，填写内容。"),
        "cvc-elt.4.1" | "cvc-elt.4.2" | "cvc-elt.4.3" | "cvc-attribute.5" => {
            three("写明的类型（xsi:type）不对", "表单允许的类型", "请去掉 xsi:type，或者改为表单允许的类型。")
        }
        "cvc-id.2" => three("标识与别处重复", "全文唯一", "请改用一个没有用过的标识。"),
        "cvc-id.1" => three("引用的标识在文书里找不到", "已有的标识", "请核对引用的是哪一项。"),
        "cvc-identity-constraint.4.2.1" => three("缺少用来区分的编号", "每一项都有编号", "请补上编号。"),
        "cvc-identity-constraint.4.2.2" => three("编号与同类的另一项重复", "编号不重复", "请改正重复的编号。"),
        "cvc-identity-constraint.4.3" => three("引用的编号在文书里找不到", "已有的编号", "请核对引用的是哪一项。"),
        _ => three(format!("“{label}”不符合表单的规定"), String::new(), "请对照表单核对这一项。"),
    }
}

const CHECK_AGAIN: &str = "请核对数字后重新填写。";

fn label(subject: &Subject<'_>) -> String {
    subject.attribute.map_or_else(|| subject.node.label(), |attr| attr.label())
}

fn missing_attribute(subject: &Subject<'_>, detail: &str) -> Finding {
    let name = quoted(detail).next().unwrap_or_default();
    let name = name.rsplit(['}', ':']).next().unwrap_or(name);
    let field = subject.node.tree().labels().field(&subject.node).and_then(|field| field.attribute(name));
    let label = field.map_or(name, |field| field.label_or_name()).to_owned();
    let mut finding = subject.finding(
        "missing",
        three(format!("“{}”缺少“{label}”", subject.node.label()), "必填", format!("请补上“{label}”（{name}=\"…\"）。")),
    );
    finding.path = format!("{}/@{name}", subject.node.path());
    finding.label = label;
    finding.value = String::new();
    finding
}

fn strange_attribute(subject: &Subject<'_>) -> Finding {
    let name = subject.attribute.map(|attr| attr.name()).unwrap_or_default();
    subject.finding("unexpected", three(format!("“{}”不应有“{name}”这个属性", subject.node.label()), "", format!("请删去属性 {name}。")))
}

fn not_filled(subject: &Subject<'_>) -> Finding {
    let wanted = example(subject).map_or_else(|| "必填".to_owned(), |example| format!("必填，{example}"));
    subject.finding("empty", three("没有填写", wanted, format!("请填写“{}”。", label(subject))))
}

fn not_listed(subject: &Subject<'_>) -> Finding {
    const MOST: usize = 24;
    let choices = subject.field().map(|field| field.choices()).unwrap_or_default();
    let value = subject.value();
    let shown = |choice: &super::super::Choice| match choice.label.as_str() {
        "" => choice.value.clone(),
        label => format!("{}（{label}）", choice.value),
    };
    let mut wanted = choices.iter().take(MOST).map(shown).collect::<Vec<_>>().join("、");
    if choices.len() > MOST {
        wanted.push_str(&format!("等 {} 种", choices.len()));
    }
    let meant = choices
        .iter()
        .find(|choice| !value.is_empty() && (choice.label == value || choice.value.eq_ignore_ascii_case(value)))
        .or_else(|| only(choices.iter().filter(|choice| is_like(&choice.label, value))));
    let advice = match meant {
        Some(choice) => format!("请改为 {}。", shown(choice)),
        None => "请从规定的几种里选一种。".to_owned(),
    };
    let value = mask::shown(value, &subject.node.path());
    let wanted = if wanted.is_empty() { String::new() } else { format!("以下之一：{wanted}") };
    subject.finding("enumeration", three(format!("“{value}”不在规定的范围里"), wanted, advice))
}

/// One of two words is part of the other: 男 and 男性, 警告 and 警告类.
fn is_like(label: &str, value: &str) -> bool {
    !label.is_empty() && !value.is_empty() && (label.contains(value) || value.contains(label))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// A value whose form is wrong: a date that is none, a number with a unit, a code with a wrong length.
fn ill_written(subject: &Subject<'_>, constraint: &str) -> Finding {
    let value = subject.value();
    let built_in = subject.field().and_then(|field| field.built_in()).unwrap_or_default();
    let what = match built_in {
        "date" => "不是正确的日期",
        "dateTime" => "不是正确的时间",
        "time" => "不是正确的钟点",
        "decimal" | "float" | "double" => "不是正确的数字",
        "boolean" => "只能填 true（是）或 false（否）",
        "base64Binary" | "hexBinary" => "附件内容损坏",
        name if is_integer(name) => "不是正确的整数",
        _ => "写法不对",
    };
    let what = wrong_length(subject).unwrap_or_else(|| what.to_owned());
    let tidy = tidied(value, built_in).or_else(|| folded(subject));
    let example = example(subject);
    let advice = match (tidy, &example) {
        (Some(tidy), _) => format!("请改为 {tidy}。"),
        _ if matches!(built_in, "date" | "dateTime") && looks_dated(value) => "请核对年月日，这一天或这个时刻不存在。".to_owned(),
        (None, Some(_)) => format!("请核对“{}”，照要求的样子重新填写。", label(subject)),
        (None, None) => match subject.field().and_then(|field| field.remark()) {
            Some(remark) => format!("{}。", remark.trim_end_matches('。')),
            None => format!("请核对“{}”后重新填写。", label(subject)),
        },
    };
    let wanted = example.unwrap_or_default();
    subject.finding(rule_of(constraint), three(what, wanted, advice))
}

fn is_integer(name: &str) -> bool {
    name.ends_with("nteger") || matches!(name, "int" | "long" | "short" | "byte") || name.starts_with("unsigned")
}

/// A value of the field as it should look.
fn example(subject: &Subject<'_>) -> Option<String> {
    let field = subject.field()?;
    if let Some(described) = field.pattern().and_then(described) {
        return Some(described);
    }
    let example = match field.built_in()? {
        "date" => "2023-04-03",
        "dateTime" => "2023-04-03T09:30:00+08:00",
        "time" => "09:30:00",
        "decimal" => "3000.00",
        "boolean" => "true 或 false",
        name if is_integer(name) => "12",
        _ => {
            let pattern = field.pattern()?;
            return Some(remarks(field).unwrap_or_else(|| format!("照表单规定的写法（用式子表示是 {pattern}）")));
        }
    };
    Some(format!("形如 {example}"))
}

/// How the form describes what is written there: the remark on the type that has the pattern, and the field's own.
fn remarks(field: Field<'_>) -> Option<String> {
    let (of_type, own) = (field.pattern_remark(), field.remark());
    let parts: Vec<&str> =
        of_type.into_iter().chain(own.filter(|own| of_type != Some(own))).map(|part| part.trim_end_matches('。')).collect();
    (!parts.is_empty()).then(|| parts.join("；"))
}

/// What is wrong with a code whose pattern asks for a fixed length.
fn wrong_length(subject: &Subject<'_>) -> Option<String> {
    let (_, length, what) = fixed_length(subject.field()?.pattern()?)?;
    let found = subject.value().chars().count();
    (found != length).then(|| format!("有 {found} 位，应为 {length} {what}"))
}

/// A plain pattern in words: `[0-9]{6}` is 6 位数字.
fn described(pattern: &str) -> Option<String> {
    fixed_length(pattern).map(|(_, length, what)| format!("{length} {what}"))
}

/// The class, the length and the words of a pattern that is one class repeated.
fn fixed_length(pattern: &str) -> Option<(&str, usize, &'static str)> {
    let (class, rest) = pattern.split_once("]{")?;
    let length = rest.strip_suffix('}')?.parse().ok()?;
    let what = match class {
        "[0-9" => "位数字",
        "[0-9A-Z" => "位数字或大写字母",
        "[0-9a-f" => "位小写十六进制字符",
        "[A-Z" => "位大写字母",
        _ => return None,
    };
    Some((class, length, what))
}

fn looks_dated(value: &str) -> bool {
    value.len() >= 10 && value.as_bytes()[..4].iter().all(u8::is_ascii_digit) && value.as_bytes()[4] == b'-'
}

/// The value as it was probably meant, where that is beyond doubt.
fn tidied(value: &str, built_in: &str) -> Option<String> {
    let narrow: String = value.chars().map(narrow).collect();
    let narrow = narrow.trim();
    let tidy = match built_in {
        "date" => match numbers_of_time(narrow)?.as_slice() {
            [year, month, day] => chrono::NaiveDate::from_ymd_opt(i32::try_from(*year).ok()?, *month, *day)?.to_string(),
            _ => return None,
        },
        "dateTime" => {
            let bare = narrow.strip_suffix("+08:00").unwrap_or(narrow);
            let (date, time) = match numbers_of_time(bare)?.as_slice() {
                [year, month, day, hour, minute] => ([*year, *month, *day], [*hour, *minute, 0]),
                [year, month, day, hour, minute, second] => ([*year, *month, *day], [*hour, *minute, *second]),
                _ => return None,
            };
            chrono::NaiveDate::from_ymd_opt(i32::try_from(date[0]).ok()?, date[1], date[2])?
                .and_hms_opt(time[0], time[1], time[2])?
                .format("%Y-%m-%dT%H:%M:%S+08:00")
                .to_string()
        }
        name if name == "decimal" || is_integer(name) => {
            let number: String = narrow.trim_end_matches('元').chars().filter(|c| !matches!(c, ',' | ' ')).collect();
            let plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
            number.parse::<f64>().ok().filter(|_| plain)?;
            number
        }
        "boolean" => match narrow {
            "是" | "TRUE" | "True" | "有" => "true".to_owned(),
            "否" | "FALSE" | "False" | "无" => "false".to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    (tidy != value).then_some(tidy)
}

/// A code of a fixed length as it was probably meant: half-width, without spaces and in the right case. `None` where that is not the code
/// either, or is nothing to be shown in full.
fn folded(subject: &Subject<'_>) -> Option<String> {
    let (class, length, _) = fixed_length(subject.field()?.pattern()?)?;
    let value = subject.value();
    let plain = value.chars().map(narrow).filter(|c| !c.is_whitespace() && *c != '-');
    let folded: String = match (class.contains("A-Z"), class.contains("a-f")) {
        (true, _) => plain.map(|c| c.to_ascii_uppercase()).collect(),
        (_, true) => plain.map(|c| c.to_ascii_lowercase()).collect(),
        _ => plain.collect(),
    };
    let fits = |c: char| match class {
        "[0-9" => c.is_ascii_digit(),
        "[0-9A-Z" => c.is_ascii_digit() || c.is_ascii_uppercase(),
        "[0-9a-f" => matches!(c, '0'..='9' | 'a'..='f'),
        _ => c.is_ascii_uppercase(),
    };
    let is_code = folded.chars().count() == length && folded.chars().all(fits);
    (is_code && folded != value && mask::shown(&folded, &subject.node.path()) == folded).then_some(folded)
}

/// The numbers of a date or time, the year first, however they are set apart; `None` when there is anything else.
fn numbers_of_time(text: &str) -> Option<Vec<u32>> {
    let known = |c: char| c.is_ascii_digit() || "年月日时点分秒-/.:T ".contains(c);
    if !text.chars().all(known) {
        return None;
    }
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    if parts.first()?.len() != 4 {
        return None;
    }
    parts.iter().map(|part| part.parse().ok()).collect()
}

/// Full-width digits, letters and signs in their half-width form.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '．' | '，' | '－' | '／' | '：' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        '\u{3000}' => ' ',
        other => other,
    }
}

fn unknown_root(subject: &Subject<'_>) -> Words {
    let node = &subject.node;
    if node.parent().is_some() {
        return three(format!("没有“{}”这一项", node.label()), "", "请删去这一项；如果它是新版表单的内容，请核对表单版本。");
    }
    let labels = node.tree().labels();
    let mut known: Vec<String> = labels.roots().filter_map(|(_, label)| label.map(str::to_owned)).collect();
    known.sort();
    let home = labels.namespace_of_root(node.name());
    if let Some(namespace) = home.filter(|_| node.parent().is_none()) {
        return three(
            "文书的命名空间不对",
            namespace,
            format!("请把开头改为 <{} xmlns=\"{namespace}\">，或者从制作软件里重新导出。", node.name()),
        );
    }
    let wanted = if known.is_empty() || known.len() > 40 {
        "表单里有的文书".to_owned()
    } else {
        format!("以下之一：{}", known.join("、"))
    };
    three(format!("不认识的文书种类“{}”", node.name()), wanted, "请核对是不是放错了文件，或者制作软件的表单版本不对。")
}

/// The numbers in a message of the validator, in order.
fn numbers(detail: &str) -> Vec<u64> {
    detail.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// The quoted parts of a message of the validator, in order.
fn quoted(detail: &str) -> impl Iterator<Item = &str> {
    detail.split('\'').skip(1).step_by(2)
}
