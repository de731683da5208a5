//! A schema with Chinese names, a document that fits it, and small changes to that document of which the verdict is known.

use std::fs;

use dangri::check::Verdict;

use super::{fits, verdict, worker};

/// A change and whether the document still fits: what is replaced, by what.
const CHANGES: &[(bool, &str, &str, &str)] = &[
    (true, "nothing is changed", "", ""),
    (true, "a person instead of a unit", "<文:单位>淄川某某机械厂</文:单位>", "<文:姓名>阿依古丽·买买提</文:姓名><文:年龄>35</文:年龄>"),
    (true, "a name of twenty characters outside the basic plane", "淄川某某机械厂", "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷"),
    (true, "white space round a token", "<文:类别>罚款", "<文:类别>\n  罚款 "),
    (true, "a nil remark", "<文:备注>已<文:重点>当场</文:重点>告知</文:备注>", "<文:备注 xsi:nil=\"true\"/>"),
    (true, "a number in the union", "<文:数值>无", "<文:数值>-7"),
    (true, "base64 broken over lines", "aGVsbG8=", "aGVs\n    bG8="),
    (true, "an element of another namespace at the end", "</文:决定书>", "<o:别的 xmlns:o=\"urn:o\" k=\"1\">x</o:别的></文:决定书>"),
    (true, "optional parts left out", "  <文:时刻>2023-04-03T09:30:00+08:00</文:时刻>\n  <文:期限>P15D</文:期限>\n", ""),
    (
        true,
        "another prefix bound to the same namespace",
        "<文:查封>一号库房</文:查封>",
        "<乙:扣押 xmlns:乙=\"urn:zf:doc:1\">电机</乙:扣押>",
    ),
    (false, "a number without its brackets", "（淄川）应急罚〔2023〕12号", "淄川应急罚〔2023〕12号"),
    (false, "a number with a leading zero", "12号", "012号"),
    (false, "a name that is too long", "淄川某某机械厂", "淄川某某机械厂淄川某某机械厂淄川某某机械厂"),
    (false, "a name of one character", "淄川某某机械厂", "厂"),
    (false, "a person's name with a digit", "<文:单位>淄川某某机械厂</文:单位>", "<文:姓名>张3</文:姓名><文:年龄>35</文:年龄>"),
    (false, "too young", "<文:单位>淄川某某机械厂</文:单位>", "<文:姓名>张三</文:姓名><文:年龄>13</文:年龄>"),
    (false, "too old", "<文:单位>淄川某某机械厂</文:单位>", "<文:姓名>张三</文:姓名><文:年龄>120</文:年龄>"),
    (false, "a person without an age", "<文:单位>淄川某某机械厂</文:单位>", "<文:姓名>张三</文:姓名>"),
    (false, "both unit and person", "</文:单位>", "</文:单位><文:姓名>张三</文:姓名><文:年龄>35</文:年龄>"),
    (false, "a day that does not exist", "<文:日期>2023-04-03", "<文:日期>2023-02-30"),
    (false, "a date with slashes", "<文:日期>2023-04-03", "<文:日期>2023/4/3"),
    (false, "a time without seconds", "T09:30:00+08:00", "T09:30+08:00"),
    (false, "a duration in words", "P15D", "15日"),
    (false, "three decimals", "50000.00", "50000.005"),
    (false, "too many digits", "50000.00", "12345678901.00"),
    (false, "an amount of nothing", "50000.00", "0.00"),
    (false, "full-width digits", "50000.00", "５００００"),
    (false, "a category not on the list", "<文:类别>罚款", "<文:类别>批评"),
    (false, "four labels", "甲 乙 丙", "甲 乙 丙 丁"),
    (false, "a value of no member of the union", "<文:数值>无", "<文:数值>有"),
    (false, "evidence of the abstract type", " xsi:type=\"文:书证\"", ""),
    (false, "evidence of an unknown type", "文:书证", "文:口供"),
    (false, "evidence with the parts of another type", "文:书证", "文:物证"),
    (false, "no pages", "<文:页数>3</文:页数>", "<文:页数>0</文:页数>"),
    (false, "a required attribute left out", " 封存=\"true\"", ""),
    (false, "a boolean in Chinese", "封存=\"true\"", "封存=\"是\""),
    (false, "two pieces of evidence of one name", "电机", "台账"),
    (false, "the abstract head of the group", "文:查封", "文:措施"),
    (false, "a strange element in mixed content", "文:重点", "文:次要"),
    (false, "nil where it is not allowed", "<文:类别>罚款</文:类别>", "<文:类别 xsi:nil=\"true\"/>"),
    (false, "a key twice", "编号=\"2\"", "编号=\"1\""),
    (false, "a reference to no key", "引自=\"1\"", "引自=\"9\""),
    (false, "a fixed attribute changed", "版本=\"1.0\"", "版本=\"2.0\""),
    (false, "an attribute nobody declared", "版本=\"1.0\"", "版本=\"1.0\" 页码=\"1\""),
    (false, "a reference to no ID", "关联=\"甲\"", "关联=\"乙\""),
    (false, "base64 of an impossible length", "aGVsbG8=", "aGVsb"),
    (
        false,
        "elements in the wrong order",
        "  <文:日期>2023-04-03</文:日期>\n  <文:时刻>2023-04-03T09:30:00+08:00</文:时刻>\n",
        "  <文:时刻>2023-04-03T09:30:00+08:00</文:时刻>\n  <文:日期>2023-04-03</文:日期>\n",
    ),
    (false, "a child of another namespace", "<文:日期>2023-04-03</文:日期>", "<日期>2023-04-03</日期>"),
    (false, "text between elements", "  <文:日期>", "  日期：<文:日期>"),
    (false, "another root", "文:决定书", "文:通知书"),
];

fn changed(document: &str, from: &str, to: &str) -> String {
    if from.is_empty() {
        return document.to_owned();
    }
    assert!(document.contains(from), "{from}");
    // A root is changed at both ends.
    if from == "文:决定书" || from == "文:查封" || from == "文:重点" {
        document.replace(from, to)
    } else {
        document.replacen(from, to, 1)
    }
}

#[test]
fn documents_with_chinese_names_get_the_verdict_of_the_recommendation() {
    let document = fs::read_to_string("tests/conformance/chinese/决定书.xml").unwrap();
    let worker = worker("chinese");
    let (mut good, mut bad) = (0, 0);
    for (fit, what, from, to) in CHANGES {
        let text = changed(&document, from, to);
        assert_eq!(fits(&worker, text.as_bytes()), *fit, "{what}: {:#?}", verdict(&worker, text.as_bytes()).findings());
        if *fit { good += 1 } else { bad += 1 }
    }
    assert!(good >= 10 && bad >= 38, "{good} and {bad}");
}

#[test]
fn each_defect_is_one_finding_on_the_line_where_it_stands() {
    let document = fs::read_to_string("tests/conformance/chinese/决定书.xml").unwrap();
    let worker = worker("chinese");
    for (fit, what, from, to) in CHANGES {
        // Another type asks for other parts, and has no room for the ones there.
        if *fit || *what == "evidence with the parts of another type" {
            continue;
        }
        let text = changed(&document, from, to);
        let Verdict::Unfit { findings, .. } = verdict(&worker, text.as_bytes()) else { panic!("{what}") };
        assert_eq!(findings.len(), 1, "{what}: {findings:#?}");
        // The validator names only the element in whose scope a reference finds nothing.
        if *what == "a reference to no key" {
            continue;
        }
        let line = document[..document.find(from).unwrap()].matches('\n').count() + 1;
        let found = usize::try_from(findings[0].place.line).unwrap();
        assert!(found.abs_diff(line) <= 1, "{what}: found on line {found}, stands on {line}");
    }
}
