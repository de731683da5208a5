//! A list of published decisions that somebody exported from a site: xlsx, or csv in UTF-8 or GB18030 (operators.md B3).

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use chrono::NaiveDate;

use super::{Row, RowState, column_of};

/// The most rows of one list.
const MOST_ROWS: usize = 200_000;
/// So many rows from the top are looked through for the one that holds the headings.
const HEADINGS_WITHIN: usize = 20;

/// A list as it was read.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Its rows, those without any value left out.
    pub rows: Vec<Row>,
    /// How many of its columns were recognised.
    pub columns: usize,
}

/// Why a file is no list that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    /// The old binary format, or the one of another office suite.
    #[error("an old spreadsheet format")]
    OldFormat,
    /// It cannot be read as the spreadsheet that it says it is.
    #[error("not a spreadsheet: {0}")]
    Unreadable(String),
    /// No row holds headings that are known.
    #[error("no known headings")]
    NoHeadings,
    /// A column of numbers in which digits were lost.
    #[error("digits were lost in column {0}")]
    LostDigits(String),
    /// More rows than anybody publishes.
    #[error("too many rows")]
    TooLong,
}

impl BadList {
    /// What people are told.
    pub fn why(&self) -> String {
        match self {
            Self::OldFormat => "是旧格式的表格（.xls 或 .et）".to_owned(),
            Self::Unreadable(_) => "不是能读的表格".to_owned(),
            Self::NoHeadings => "找不到认得的栏目名（至少要有文号，或行政相对人名称和处罚决定日期）".to_owned(),
            Self::LostDigits(label) => format!("“{label}”一栏存成了数字，后几位已经丢失"),
            Self::TooLong => format!("超过 {MOST_ROWS} 行"),
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::OldFormat => "用 WPS 或 Excel 另存为 .xlsx 再试",
            Self::Unreadable(_) => "从网站重新导出，或用 WPS 另存为 .xlsx 再试",
            Self::NoHeadings => "表头要有 行政处罚决定书文号、行政相对人名称、处罚决定日期 等栏目",
            Self::LostDigits(_) => "把这一栏设为文本格式后重新导出",
            Self::TooLong => "按日期分几次导出",
        }
    }
}

impl List {
    /// The first and the last day of decision in it.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let days = self.rows.iter().filter_map(Row::decided);
        days.clone().min().zip(days.max())
    }
}

/// Reads a list, whatever the file is called.
///
/// # Errors
/// [`BadList`] with what to tell people.
pub fn read(bytes: &[u8]) -> Result<List, BadList> {
    let table = if bytes.starts_with(b"PK\x03\x04") {
        spreadsheet(bytes)?
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(BadList::OldFormat);
    } else {
        separated(bytes)?
    };
    list(&table)
}

fn spreadsheet(bytes: &[u8]) -> Result<Vec<Vec<Data>>, BadList> {
    let unreadable = |error: &dyn std::fmt::Display| BadList::Unreadable(error.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
    let mut table = Vec::new();
    // The templates have one sheet for organisations and one for persons.
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|e| unreadable(&e))?;
        table.extend(range.rows().map(<[Data]>::to_vec));
        if table.len() > MOST_ROWS {
            return Err(BadList::TooLong);
        }
    }
    Ok(table)
}

fn separated(bytes: &[u8]) -> Result<Vec<Vec<Data>>, BadList> {
    let text = text_of(bytes).ok_or_else(|| BadList::Unreadable("neither UTF-8 nor GB18030".to_owned()))?;
    let first = text.lines().next().unwrap_or_default();
    let most = |c: char| first.matches(c).count();
    let separator = [b'\t', b';', b','].into_iter().max_by_key(|c| most(char::from(*c))).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut table = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| BadList::Unreadable(error.to_string()))?;
        if table.len() > MOST_ROWS {
            return Err(BadList::TooLong);
        }
        table.push(record.iter().map(|cell| Data::String(cell.to_owned())).collect());
    }
    Ok(table)
}

/// Decodes UTF-8, with or without a mark, UTF-16 with one, else GB18030, strictly.
fn text_of(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]).map(Into::into);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
}

/// The rows below each row of headings; a further row of headings begins the next sheet.
fn list(table: &[Vec<Data>]) -> Result<List, BadList> {
    let mut headings: Option<Vec<Option<(&'static str, String)>>> = None;
    let mut found = List::default();
    let mut since = 0;
    for (nth, cells) in table.iter().enumerate() {
        if let Some(known) = headings_of(cells) {
            found.columns = found.columns.max(known.iter().flatten().count());
            headings = Some(known);
            continue;
        }
        match &headings {
            None if since > HEADINGS_WITHIN => return Err(BadList::NoHeadings),
            None => since += 1,
            Some(headings) => found.rows.extend(row(headings, cells, nth)?),
        }
    }
    if headings.is_some() { Ok(found) } else { Err(BadList::NoHeadings) }
}

/// The fields of a row of headings; `None` for any other row.
fn headings_of(cells: &[Data]) -> Option<Vec<Option<(&'static str, String)>>> {
    let known: Vec<_> = cells
        .iter()
        .map(|cell| {
            let label = cell.to_string();
            column_of(&label).map(|field| (field, label))
        })
        .collect();
    let has = |field: &str| known.iter().flatten().any(|(f, _)| *f == field);
    (has("CF_WSH") || (has("CF_XDR_MC") && has("CF_JDRQ"))).then_some(known)
}

fn row(headings: &[Option<(&'static str, String)>], cells: &[Data], nth: usize) -> Result<Option<Row>, BadList> {
    let mut fields = Vec::new();
    let mut state = RowState::Published;
    for (heading, cell) in headings.iter().zip(cells) {
        let Some((field, label)) = heading else { continue };
        let value = value(cell, field, label)?;
        // CF_ZT: 0 正常, 1 撤销 (domain.md §2.2).
        if field == &"CF_ZT" && (value == "1" || value.contains('撤')) {
            state = RowState::Withdrawn;
        }
        fields.push(((*field).to_owned(), value));
    }
    if fields.iter().all(|(_, value)| value.is_empty()) {
        return Ok(None);
    }
    // A list has no addresses: each of its lines is a notice of its own.
    let url = Some(format!("第 {} 行", nth + 1));
    Ok(Some(Row { state, published_at: None, withdrawn_at: None, url, fields }))
}

fn value(cell: &Data, field: &str, label: &str) -> Result<String, BadList> {
    let code = matches!(field, "CF_XDR_SHXYM" | "CF_XDR_ZJHM" | "CF_CFJGDM" | "CF_SJLYDM" | "CF_FR_ZJHM");
    Ok(match cell {
        Data::Empty => String::new(),
        Data::DateTime(date) => date.as_datetime().map_or_else(String::new, |date| date.date().to_string()),
        // Fifteen digits and more do not survive as a number (operators.md B3).
        Data::Float(_) | Data::Int(_) if code => return Err(BadList::LostDigits(label.to_owned())),
        // The shortest text that gives the same number again is what was typed.
        Data::Float(number) if field == "CF_JDRQ" || field == "CF_GSJZQ" => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        other => other.to_string().trim().trim_start_matches('\'').to_owned(),
    })
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
