//! The 双公示 template, filled in, for offices that file it by hand (domain.md §2.1, §2.5).
//!
//! Receivers compare the header cell by cell and refuse a file for one bad row: so the header is the first row, nothing stands above or
//! beside it, codes and dates are text, and what lacks is told before anybody uploads it.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{Category, Column, Decision, Need, ORGANISATION, PERSON};
use crate::document::Yuan;

/// The sheet of organisations and sole traders.
pub const OF_ORGANISATIONS: &str = "法人及非法人组织";
/// The sheet of natural persons.
pub const OF_PERSONS: &str = "自然人";
/// The most columns of a sheet that are wide.
const LONG: [&str; 5] = ["CF_WFXW", "CF_SY", "CF_YJ", "CF_NR", "BZ"];

/// The workbook of `decisions`: both sheets, each with its header, in the order given.
///
/// # Errors
/// When the writer refuses.
pub fn write<'d>(decisions: impl Iterator<Item = &'d Decision> + Clone) -> Result<Vec<u8>, XlsxError> {
    let person = |decision: &&Decision| decision.category == Category::Person;
    let mut book = Workbook::new();
    book.push_worksheet(sheet(OF_ORGANISATIONS, &ORGANISATION, decisions.clone().filter(|d| !person(d)))?);
    book.push_worksheet(sheet(OF_PERSONS, &PERSON, decisions.filter(person))?);
    book.save_to_buffer()
}

fn sheet<'d>(name: &str, columns: &[Column], decisions: impl Iterator<Item = &'d Decision>) -> Result<Worksheet, XlsxError> {
    let (head, text) = (Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Center), Format::new().set_num_format("@"));
    // Six places are what the column holds, and what a fen is in 万元.
    let amount = Format::new().set_num_format("0.######");
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, if LONG.contains(&column.field) { 40 } else { 20 })?;
        sheet.write_string_with_format(0, at, column.label, &head)?;
    }
    for (row, decision) in (1..).zip(decisions) {
        for (at, column) in (0..).zip(columns) {
            let value = decision.field(column.field);
            match Yuan::parse_wan(&value).filter(|_| is_amount(column)).and_then(|_| value.parse::<f64>().ok()) {
                Some(number) => sheet.write_number_with_format(row, at, number, &amount)?,
                None => sheet.write_string_with_format(row, at, &value, &text)?,
            };
        }
    }
    Ok(sheet)
}

fn is_amount(column: &Column) -> bool {
    matches!(column.field, "CF_NR_FK" | "CF_NR_WFFF")
}

/// The columns that must be filled and are not, by their labels.
pub fn lacking(decision: &Decision) -> Vec<&'static str> {
    let wanted = |column: &&Column| match column.need {
        Need::Always => true,
        Need::Where => decision.calls_for(column.field),
        Need::Free | Need::Never => false,
    };
    let empty = |column: &&Column| decision.field(column.field).trim().is_empty();
    decision.columns().iter().filter(wanted).filter(empty).map(|column| column.label).collect()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader as _, Xlsx};

    use super::*;
    use crate::publication::sheet;

    fn decision(kind: &str) -> Decision {
        let bytes = std::fs::read(format!("mocks/drafts/fit/{kind}.xml")).unwrap();
        let at = bytes.windows(2).rposition(|two| two == b"?>").map_or(0, |at| at + 2);
        Decision::read(&bytes[at..]).unwrap()
    }

    fn cells(bytes: Vec<u8>, name: &str) -> Vec<Vec<Data>> {
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), [OF_ORGANISATIONS, OF_PERSONS]);
        book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
    }

    #[test]
    fn organisations_have_twenty_six_columns_and_persons_twenty() {
        let all = [decision("penalty_org"), decision("penalty_person")];
        let bytes = write(all.iter()).unwrap();
        for (name, columns, decision) in [(OF_ORGANISATIONS, &ORGANISATION[..], &all[0]), (OF_PERSONS, &PERSON[..], &all[1])] {
            let rows = cells(bytes.clone(), name);
            assert_eq!(rows.len(), 2);
            let head: Vec<String> = rows[0].iter().map(ToString::to_string).collect();
            assert_eq!(head, columns.iter().map(|column| column.label).collect::<Vec<_>>());
            for (cell, column) in rows[1].iter().zip(columns) {
                assert_eq!(cell.to_string(), decision.field(column.field), "{}", column.field);
                assert_eq!(
                    matches!(cell, Data::Float(_)),
                    is_amount(column) && !decision.field(column.field).is_empty(),
                    "{}",
                    column.field
                );
            }
        }
    }

    #[test]
    fn the_legal_representatives_number_is_in_no_file() {
        let decision = decision("penalty_org");
        let rows = cells(write([&decision].into_iter()).unwrap(), OF_ORGANISATIONS);
        let at = rows[0].iter().position(|cell| *cell == "法定代表人身份证号").unwrap();
        assert!(rows[1][at].to_string().is_empty());
    }

    #[test]
    fn what_was_written_is_read_back_as_a_list() {
        let all = [decision("penalty_org"), decision("penalty_person")];
        let list = sheet::read(&write(all.iter()).unwrap()).unwrap();
        assert_eq!((list.rows.len(), list.columns), (2, 26));
        for (row, decision) in list.rows.iter().zip(&all) {
            assert_eq!((row.get("CF_WSH"), row.decided()), (decision.number.as_str(), Some(decision.date)));
            assert_eq!(row.get("CF_NR_FK"), decision.field("CF_NR_FK"));
        }
    }

    #[test]
    fn what_lacks_is_named() {
        let whole = decision("penalty_org");
        assert_eq!(lacking(&whole), [""; 0]);
        let lame = Decision { fine: None, facts: " ".into(), ..whole };
        assert_eq!(lacking(&lame), ["违法事实", "罚款金额（万元）"]);
    }
}
