use super::*;

const CSV: &str = "序号,行政处罚决定书文号,行政相对人名称,统一社会信用代码,罚款金额（万元）,处罚决定日期,当前状态\n\
                   1,（淄）应急罚〔2023〕1205号,淄博盛泉纺织有限公司,91370302MAR40AT52G,8,2023/4/14,0\n\
                   ,,,,,,\n\
                   2,（淄）应急罚〔2023〕1206号,淄博鑫峪水泥制品有限公司,91370302MA287DKP36,1.2,2023-04-17,1\n";

#[test]
fn a_list_is_read_by_its_headings_in_any_encoding() {
    let (gb, _, _) = encoding_rs::GB18030.encode(CSV);
    let bom = format!("\u{feff}{}", CSV.replace('\n', "\r\n"));
    for bytes in [CSV.as_bytes(), &gb, bom.as_bytes(), CSV.replace(',', "\t").as_bytes()] {
        let list = read(bytes).unwrap();
        assert_eq!((list.rows.len(), list.columns), (2, 6));
        assert_eq!(list.rows[0].get("CF_WSH"), "（淄）应急罚〔2023〕1205号");
        assert_eq!(list.rows[1].state, RowState::Withdrawn);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(list.days(), Some((day("2023-04-14"), day("2023-04-17"))));
        assert_ne!(list.rows[0].url, list.rows[1].url, "each line is a notice of its own");
    }
}

#[test]
fn headings_may_stand_below_a_title() {
    let list = read(format!("某某区行政处罚公示,,\n导出时间：2023-04-20,,\n{CSV}").as_bytes()).unwrap();
    assert_eq!(list.rows.len(), 2);
}

#[test]
fn what_is_no_list_is_refused_with_what_to_do() {
    for (bytes, wanted) in
        [(&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], BadList::OldFormat), (b"a,b\n1,2\n", BadList::NoHeadings), (b"", BadList::NoHeadings)]
    {
        let bad = read(bytes).unwrap_err();
        assert_eq!(bad, wanted);
        assert!(!bad.why().is_empty() && !bad.hint().is_empty());
    }
    assert!(matches!(read(b"PK\x03\x04broken"), Err(BadList::Unreadable(_))));
    assert!(matches!(read(b"\xff\xff\xff"), Err(BadList::Unreadable(_))));
}

#[test]
fn a_code_that_was_saved_as_a_number_has_lost_its_end_and_is_refused() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, heading) in ["行政处罚决定书文号", "统一社会信用代码", "罚款金额（万元）"].iter().enumerate() {
        sheet.write(0, u16::try_from(at).unwrap(), *heading).unwrap();
    }
    sheet.write(1, 0, "（淄）应急罚〔2023〕1号").unwrap();
    sheet.write(1, 2, 1.0185).unwrap();
    let whole = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(whole.rows[0].get("CF_NR_FK"), "1.0185", "what was typed, to the last digit");
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write(1, 1, 91_370_302_123_456_780.0).unwrap();
    assert!(matches!(read(&book.save_to_buffer().unwrap()), Err(BadList::LostDigits(_))));
}
