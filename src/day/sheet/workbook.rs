//! Workbooks (xlsx), cell by cell.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{DataRef, Dimensions, Reader as _, Xlsx, XlsxError};
use chrono::NaiveDate;

use super::{BadSheet, COLUMNS, Cell, ROWS, Sheet};

/// What a workbook may come to once unpacked, in bytes.
const UNPACKED: u64 = 256 << 20;

/// Reads every sheet of a workbook.
///
/// # Errors
/// [`BadSheet`].
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BadSheet> {
    fits(bytes)?;
    // A reader of files from anywhere must not end the daemon, whatever stands in them.
    catch_unwind(AssertUnwindSafe(|| sheets(bytes))).unwrap_or(Err(BadSheet::Broken("内容有误")))
}

/// Whether it is a workbook at all, and one that does not burst when unpacked.
fn fits(bytes: &[u8]) -> Result<(), BadSheet> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| BadSheet::Broken("文件不完整"))?;
    let mut unpacked = 0_u64;
    let mut names = Vec::new();
    for nth in 0..archive.len() {
        let file = archive.by_index_raw(nth).map_err(|_| BadSheet::Broken("文件不完整"))?;
        unpacked = unpacked.saturating_add(file.size());
        names.extend(file.name().map(|name| name.into_owned()));
    }
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    match () {
        () if unpacked > UNPACKED => Err(BadSheet::TooLarge),
        () if has("xl/") => Ok(()),
        () if has("word/") => Err(BadSheet::NoTable("文字文稿（.docx）")),
        () if has("OFD.xml") => Err(BadSheet::NoTable("版式文件（.ofd）")),
        () => Err(BadSheet::NoTable("压缩文件")),
    }
}

fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, BadSheet> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let merged = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        let mut sheet = Sheet { name: name.clone(), rows: Vec::new() };
        // A chart has a name among the sheets and no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = cell.get_position();
            if row < ROWS && column < COLUMNS {
                put(&mut sheet, row, column, value(cell.get_value()));
            }
        }
        merged.iter().for_each(|region| cover(&mut sheet, region));
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn put(sheet: &mut Sheet, row: u32, column: u32, value: Cell) {
    if value == Cell::Empty {
        return;
    }
    let (row, column) = (row as usize, column as usize);
    if sheet.rows.len() <= row {
        sheet.rows.resize(row + 1, Vec::new());
    }
    let cells = &mut sheet.rows[row];
    if cells.len() <= column {
        cells.resize(column + 1, Cell::Empty);
    }
    cells[column] = value;
}

/// A merged cell says the same of every place that it covers.
fn cover(sheet: &mut Sheet, region: &Dimensions) {
    let ((top, left), (bottom, right)) = (region.start, region.end);
    let said = sheet.cell(top as usize, left as usize).clone();
    let (bottom, right) = (bottom.min(ROWS - 1), right.min(COLUMNS - 1));
    // A region as large as a sheet, of an empty cell or not, is a slip and not a table.
    if said == Cell::Empty || u64::from(bottom.saturating_sub(top)) * u64::from(right.saturating_sub(left)) > 100_000 {
        return;
    }
    for row in top..=bottom {
        for column in left..=right {
            put(sheet, row, column, said.clone());
        }
    }
}

fn value(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        #[expect(clippy::cast_precision_loss, reason = "what is too long for a double was so before it was written")]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(yes) => Cell::Text(if *yes { "是" } else { "否" }.to_owned()),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).map_or(Cell::Number(at.as_f64()), Cell::Date)
        }
        DataRef::DateTime(at) => Cell::Number(at.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::Error(_) => Cell::Error,
    }
}

fn broken(error: &XlsxError) -> BadSheet {
    BadSheet::Broken(match error {
        XlsxError::Password => "文件设了打开密码",
        XlsxError::Zip(_) | XlsxError::Io(_) => "文件不完整",
        _ => "内容有误",
    })
}
