use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

const LOOKED_FOR: [Column; 4] = [
    Column { label: "企业名称", words: &["企业名称", "企业"], needed: true },
    Column { label: "信用代码", words: &["统一社会信用代码", "信用代码"], needed: true },
    Column { label: "日期", words: &["检查日期", "日期"], needed: true },
    Column { label: "专家", words: &["专家"], needed: false },
];

fn csv(text: &str) -> Sheet {
    read(text.as_bytes()).unwrap().remove(0)
}

fn places(sheet: &Sheet) -> (usize, Vec<Option<usize>>) {
    let heading = find(sheet, &LOOKED_FOR).unwrap();
    (heading.first_row, heading.places)
}

#[test]
fn a_heading_is_found_below_a_title_whatever_the_order_of_its_columns() {
    let plain = csv("序号,检查日期,企业名称,统一社会信用代码\n1,2023-04-03,甲,9137\n");
    assert_eq!(places(&plain), (1, vec![Some(2), Some(3), Some(1), None]));
    let titled =
        csv("全区重点企业检查计划表,,,\n（2023年4月）,,,\n企业名称,统一社会\u{a0}信用代码（18位）,检查日期,专 家\n甲,9137,2023-04-03,耿\n");
    assert_eq!(places(&titled), (3, vec![Some(0), Some(1), Some(2), Some(3)]));
}

#[test]
fn a_heading_of_two_lines_with_merged_cells_is_read_as_one() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    sheet.merge_range(0, 0, 0, 4, "重点企业检查计划（企业名单）", &bold).unwrap();
    sheet.merge_range(1, 0, 2, 0, "序\n号", &bold).unwrap();
    sheet.merge_range(1, 1, 1, 2, "企业", &bold).unwrap();
    sheet.write(2, 1, "名称").unwrap();
    sheet.write(2, 2, "信用代码").unwrap();
    sheet.merge_range(1, 3, 2, 3, "检查\n日期", &bold).unwrap();
    sheet.merge_range(1, 4, 2, 4, "专家", &bold).unwrap();
    sheet.write(3, 1, "甲").unwrap();
    sheet.write(3, 2, "91370302MA3CE5H79R").unwrap();
    let sheets = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(places(&sheets[0]), (3, vec![Some(1), Some(2), Some(3), Some(4)]));
}

#[test]
fn what_is_missing_in_the_nearest_heading_is_named() {
    let sheet = csv("企业名称,负责人,专家\n甲,乙,丙\n");
    assert_eq!(find(&sheet, &LOOKED_FOR), Err(vec!["信用代码", "日期"]));
    assert_eq!(find(&Sheet::default(), &LOOKED_FOR), Err(vec!["企业名称", "信用代码", "日期"]));
}

#[test]
fn text_is_read_in_the_encodings_that_offices_have() {
    let text = "企业名称,信用代码,检查日期\n䶮记机械,91370302MA3CE5H79R,2023-04-03\n";
    let (gb18030, _, lossy) = encoding_rs::GB18030.encode(text);
    assert!(!lossy);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes));
    for bytes in [text.as_bytes().to_vec(), [b"\xef\xbb\xbf", text.as_bytes()].concat(), gb18030.into_owned(), utf16] {
        let sheet = read(&bytes).unwrap().remove(0);
        assert_eq!(sheet.cell(1, 0), &Cell::Text("䶮记机械".into()));
        assert_eq!(places(&sheet).0, 1);
    }
    assert_eq!(read(b"\xff\xff\xff\x80").unwrap_err(), BadSheet::Encoding);
}

#[test]
fn a_code_that_was_kept_as_a_number_is_refused_and_not_guessed() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, 370_302_198_506_151_236_f64).unwrap();
    sheet.write(0, 1, 15_030_200_101_f64).unwrap();
    let cells = read(&book.save_to_buffer().unwrap()).unwrap().remove(0).rows.remove(0);
    assert_eq!(cells[0].code(), Err(Lost::Precision));
    assert_eq!(cells[1].code().as_deref(), Ok("15030200101"));
    assert_eq!(Cell::Text("3.70302E+17".into()).code(), Err(Lost::Precision));
    assert_eq!(Cell::Text(" ９1370302\u{a0}MA3ce5H79R\n".into()).code().as_deref(), Ok("91370302MA3CE5H79R"));
    assert_eq!(csv("=\"91370302MA3CE5H79R\",'0012").rows[0], [Cell::Text("91370302MA3CE5H79R".into()), Cell::Text("0012".into())]);
}

#[test]
fn days_are_read_in_every_way_in_which_they_are_written() {
    let day = |cell: &Cell| cell.day(Some(2023)).map(|day| day.map(|day| day.to_string()));
    let text = |text: &str| day(&Cell::Text(text.into()));
    for written in [
        "2023-04-03",
        "2023/4/3",
        "2023.4.3",
        "2023年4月3日",
        "20230403",
        "２０２３年４月３日 09:00",
        "4月3日",
        "4.3",
        "2023-04-03T09:00:00",
    ] {
        assert_eq!(text(written), Ok(Some("2023-04-03".into())), "{written}");
    }
    assert_eq!(day(&Cell::Number(45_019.0)), Ok(Some("2023-04-03".into())));
    for wrong in ["2023-02-30", "待定", "13月1日", "1899-01-01", "3"] {
        assert_eq!(text(wrong), Err(Lost::Day), "{wrong}");
    }
    assert_eq!(Cell::Text("4月3日".into()).day(None), Err(Lost::Year));
    assert_eq!(day(&Cell::Text(" \u{3000}".into())), Ok(None));
    let mut book = Workbook::new();
    let format = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    book.add_worksheet().write_with_format(0, 0, ExcelDateTime::from_ymd(2024, 2, 29).unwrap(), &format).unwrap();
    let sheet = read(&book.save_to_buffer().unwrap()).unwrap().remove(0);
    assert_eq!(day(sheet.cell(0, 0)), Ok(Some("2024-02-29".into())));
}

#[test]
fn what_is_no_table_is_turned_away_with_the_way_out() {
    let said = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert!(said(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").contains("另存为"));
    assert!(said(b"%PDF-1.4").contains("PDF"));
    assert!(said(b"").contains("空的"));
    assert!(said(b"<html></html>").contains("网页"));
    assert!(said(b"PK\x03\x04broken").contains("不完整"));
    assert!(said(&vec![b'a'; LARGEST + 1]).contains("太大"));
}

#[test]
fn a_cell_far_out_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "企业名称").unwrap();
    sheet.write(1_048_575, 16_383, "远").unwrap();
    let sheet = read(&book.save_to_buffer().unwrap()).unwrap().remove(0);
    assert_eq!(sheet.rows.len(), 1);
}

#[test]
fn columns_have_the_letters_that_spreadsheets_show() {
    for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
        assert_eq!(letters(column), name);
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400), head in 0_usize..4) {
        let starts: [&[u8]; 4] = [b"", b"PK\x03\x04", b"\xff\xfe", b"a,b\n"];
        if let Ok(sheets) = read(&[starts[head], &bytes].concat()) {
            sheets.iter().for_each(|sheet| drop(find(sheet, &LOOKED_FOR)));
        }
    }
}
