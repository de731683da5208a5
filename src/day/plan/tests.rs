use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::{
    config::Campaign,
    day::{difference::Difference, sheet::Imported, towns::Towns},
};

fn campaign() -> Campaign {
    let day = |text: &str| text.parse().unwrap();
    Campaign {
        name: "集中检查".into(),
        announced: Some(day("2023-03-22")),
        prepare: Some((day("2023-03-24"), day("2023-03-31"))),
        inspect: Some((day("2023-04-01"), day("2023-04-21"))),
        groups: 3,
        per_group: 15,
        sectors: ["机械", "建材"].map(str::to_owned).to_vec(),
        uninspected_years: 3,
        roster_by: None,
        report_by: None,
    }
}

fn towns() -> Towns {
    Towns(["双杨镇", "昆仑镇", "般阳路街道"].map(str::to_owned).to_vec())
}

fn csv(text: &str) -> Imported<PlanLine> {
    read(text.as_bytes(), &campaign(), &towns()).unwrap()
}

const HEAD: &str = "组别,企业名称,统一社会信用代码,镇办,计划检查日期,执法人员,专家,行业,上次检查日期\n";
const FIRST: &str = "1,甲机械有限公司,91370302MA3CE5H79R,双杨,4月3日,张三、李四,王五,机械,\n";
const SECOND: &str = "第二检查组,乙建材经营部,92370302MA3DEM0196,昆仑镇,2023/4/4,赵六 钱七,,建材,2019-05-01\n";

#[test]
fn a_list_becomes_lines() {
    let read = csv(&[HEAD, FIRST, SECOND, "合计,2,,,,,,,\n填表人：,,,,,,,,\n"].concat());
    assert_eq!((read.errors, read.warnings, read.skipped), (vec![], vec![], 0));
    let first = &read.lines[0];
    assert_eq!((first.group.as_str(), first.town.as_str(), first.day.to_string().as_str()), ("第一组", "双杨镇", "2023-04-03"));
    assert_eq!((first.officers.len(), first.experts.as_slice()), (2, &["王五".to_owned()][..]));
    assert_eq!((read.lines[1].group.as_str(), read.lines[1].officers.len()), ("第二组", 2));
}

#[test]
fn what_is_wrong_is_said_in_its_place_and_the_other_rows_go_on() {
    let rows = [
        HEAD,
        FIRST,
        "1,丙公司,3.70302E+17,双杨镇,4月5日,,,,\n",
        ",丁公司,91370302MA3CE5H79,双杨镇,四月,,,,\n",
        FIRST,
        "2,戊公司,91370302MA3CE5H79X,张店区,2023-03-28,,,化工,2021-06-01\n",
        "2,己公司,370302198506151000,昆仑镇,2023-04-06,,,,\n",
        SECOND,
    ];
    let read = csv(&rows.concat());
    let told = |remarks: &[crate::day::sheet::Remark]| remarks.iter().map(|r| format!("{}：{}\n", r.place(), r.said)).collect::<String>();
    assert_eq!((read.lines.len(), read.skipped), (3, 4));
    insta::assert_snapshot!(format!("不能导入\n{}请核对\n{}", told(&read.errors), told(&read.warnings)));
}

#[test]
fn a_workbook_with_groups_merged_down_and_a_code_typed_as_a_number() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("封面").unwrap().write(0, 0, "检查活动").unwrap();
    let sheet = book.add_worksheet().set_name("名单").unwrap();
    let plain = Format::new();
    for (at, label) in (0..).zip(["检查组", "企业名称", "信用代码", "检查时间"]) {
        sheet.write(0, at, label).unwrap();
    }
    sheet.merge_range(1, 0, 2, 0, "第一组", &plain).unwrap();
    for (row, code) in [(1, "91370302MA3CE5H79R"), (2, "92370302MA3DEM0196")] {
        sheet.write(row, 1, "某公司").unwrap();
        sheet.write(row, 2, code).unwrap();
        sheet.write(row, 3, "2023-04-03").unwrap();
    }
    sheet.write(3, 0, "第三组").unwrap();
    sheet.write(3, 1, "数字公司").unwrap();
    sheet.write(3, 2, 370_302_198_506_151_236_f64).unwrap();
    sheet.write(3, 3, "2023-04-03").unwrap();
    let read = read(&book.save_to_buffer().unwrap(), &campaign(), &towns()).unwrap();
    assert_eq!(read.lines.iter().map(|line| line.group.as_str()).collect::<Vec<_>>(), ["第一组", "第一组"]);
    assert_eq!(read.errors.len(), 1);
    assert_eq!(read.errors[0].place(), "“名单”第 4 行 C 列“统一社会信用代码”");
    assert!(read.errors[0].said.contains("丢失精度"));
}

#[test]
fn reading_the_same_list_again_changes_nothing_and_a_new_one_says_what_it_changes() {
    let before = csv(&[HEAD, FIRST, SECOND].concat()).lines;
    assert!(Difference::of(&before, &before).is_nothing());
    let moved = SECOND.replace("2023/4/4", "2023/4/6");
    let after = csv(&[HEAD, &FIRST.replace("1,甲", "3,甲"), &moved].concat()).lines;
    let difference = Difference::of(&before, &after);
    assert_eq!((difference.added.len(), difference.removed.len(), difference.same), (1, 1, 0));
    assert_eq!(difference.changed[0].what, ["检查组：第一组 → 第三组"]);
}

#[test]
fn the_template_is_read_back_as_it_was_written() {
    let read = read(&template().unwrap(), &Campaign { inspect: None, ..campaign() }, &towns()).unwrap();
    assert_eq!((read.lines.len(), read.errors, read.warnings), (2, vec![], vec![]));
    assert_eq!(read.lines[0].uscc, "91370302MA3CE5H79R");
}

#[test]
fn a_table_of_something_else_says_which_columns_it_lacks() {
    let said = read("姓名,电话\n张三,1\n".as_bytes(), &campaign(), &towns()).unwrap_err().to_string();
    assert!(said.contains("检查组、企业名称、统一社会信用代码、计划检查日期"), "{said}");
}
