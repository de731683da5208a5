use super::*;
use crate::day::sheet::Imported;

fn towns() -> Towns {
    Towns(["般阳路街道", "双杨镇", "开发区"].map(str::to_owned).to_vec())
}

fn csv(rows: &str) -> Imported<RosterLine> {
    let text = format!("抽调执法人员统计表,,,,\n姓名,工作单位及职务,执法证号,手机号码,备注\n{rows}");
    read(text.as_bytes(), &towns()).unwrap()
}

#[test]
fn annex_1_becomes_holders_with_their_towns() {
    let read = csv(
        "张三,双杨镇安环办科员,15030200101,13800005678,\n李四,般阳路街道办事处安环办主任,15030200102,,\n王五,执法大队监察一室主任,15030200103,,\n",
    );
    assert_eq!((read.errors, read.warnings), (vec![], vec![]));
    let towns_of: Vec<_> = read.lines.iter().map(|line| (line.town.as_str(), line.level)).collect();
    assert_eq!(towns_of, [("双杨镇", AuthorLevel::Town), ("般阳路街道", AuthorLevel::Town), ("", AuthorLevel::District)]);
    assert_eq!(missing_towns(&read.lines, &towns()), ["开发区"]);
    assert_eq!(read.lines[0].masked_phone(), "138****5678");
    let roster = for_the_check(&read.lines).unwrap();
    assert_eq!(roster.holders["15030200101"].name, "张三");
    assert!(for_the_check(&[]).is_none(), "an empty roster misses nobody");
}

#[test]
fn what_is_wrong_with_a_row_is_said_without_repeating_numbers() {
    let read = csv(
        "张三,某单位,15030200101,,\n李四,双杨镇安环办,,1380000567,\n王五,双杨镇安环办,1.50302E+17,,\n赵六,开发区安环部,15030200104,138000,\n钱七,开发区安环部,15030200104,,\n",
    );
    let told = |remarks: &[crate::day::sheet::Remark]| remarks.iter().map(|r| format!("{}：{}\n", r.place(), r.said)).collect::<String>();
    let told = format!("不能导入\n{}请核对\n{}", told(&read.errors), told(&read.warnings));
    assert!(!told.contains("138000"));
    insta::assert_snapshot!(told);
}

#[test]
fn the_template_of_annex_1_is_read_back_with_its_validity() {
    let read = read(&template().unwrap(), &towns()).unwrap();
    assert_eq!((read.lines.len(), read.errors), (2, vec![]));
    assert_eq!(read.lines[0].valid_to, "2026-12-31".parse().ok());
    assert_eq!(read.lines[1].level, AuthorLevel::District);
}

#[test]
fn nothing_personal_is_in_the_debug_form() {
    let line = csv("张三,双杨镇安环办,15030200101,13800005678,\n").lines.remove(0);
    let shown = format!("{line:?}");
    assert!(!shown.contains("张三") && !shown.contains("15030200101") && !shown.contains("1380000"), "{shown}");
}
