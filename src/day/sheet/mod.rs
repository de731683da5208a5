//! Tables that people send: xlsx, or text with commas, as offices really write them (domain.md §7.1).
//!
//! Read cell by cell, so that a file with one cell far out costs nothing; merged cells count for every place they cover. A long number
//! that a spreadsheet kept as a number has lost its last digits, and is said so rather than guessed.

mod cell;
mod heading;
mod rows;
pub mod template;
mod text;
mod workbook;

pub use cell::{Cell, Lost};
pub use heading::{Column, Heading, find};
pub use rows::{Imported, Remark, Row, rows};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 8 << 20;
/// How many rows of a sheet are read.
const ROWS: u32 = 20_000;
/// How many columns of a row are read.
const COLUMNS: u32 = 200;

/// One sheet, from its first row and column on.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Its name; the file's for one without sheets.
    pub name: String,
    /// Its rows; the first is row 1.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// The cell of a row and column, both from 0.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        self.rows.get(row).and_then(|cells| cells.get(column)).unwrap_or(&Cell::Empty)
    }
}

/// Why a file is no table that can be read. Said in Chinese to whoever brought it, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSheet {
    /// It is larger than [`LARGEST`].
    #[error("文件太大，没有读取；请只留下名单那一张表再导入")]
    TooLarge,
    /// It has nothing in it.
    #[error("文件是空的；请检查是不是拿错了文件")]
    Empty,
    /// The old formats of Excel and WPS.
    #[error("这是旧格式（.xls 或 .et）；请在 WPS 或 Excel 里另存为“Excel 工作簿（.xlsx）”再导入")]
    OldFormat,
    /// Something else that is known not to be a table.
    #[error("这是{0}，不是表格；请导入 .xlsx 或 .csv")]
    NoTable(&'static str),
    /// An xlsx that cannot be read.
    #[error("这个 .xlsx 读不出来（{0}）；请用 WPS 或 Excel 打开，另存一份再导入")]
    Broken(&'static str),
    /// Text in no encoding that is known.
    #[error("文字编码认不出来；请另存为“CSV UTF-8”再导入")]
    Encoding,
    /// No sheet has the columns that are needed; these are missing in the one that comes nearest.
    #[error("表头里没有找到：{}；请对照模板，把列名写完整", .0.join("、"))]
    NoHeading(Vec<&'static str>),
}

/// Reads every sheet of a file; what it is, its bytes say and not its name.
///
/// # Errors
/// [`BadSheet`].
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BadSheet> {
    if bytes.len() > LARGEST {
        return Err(BadSheet::TooLarge);
    }
    match bytes {
        [] => Err(BadSheet::Empty),
        [b'P', b'K', ..] => workbook::read(bytes),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(BadSheet::OldFormat),
        [b'%', b'P', b'D', b'F', ..] => Err(BadSheet::NoTable("PDF 文件")),
        [b'{', b'\\', b'r', b't', b'f', ..] => Err(BadSheet::NoTable("文字文稿（.rtf）")),
        _ => text::read(bytes),
    }
}

/// The name of a column as spreadsheets write it, from 0: `A`, `Z`, `AA`.
pub fn letters(column: usize) -> String {
    let mut name = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        name.insert(0, char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    name.into_iter().collect()
}

#[cfg(test)]
mod tests;
