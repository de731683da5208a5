//! Row by row below the heading: what is wrong with a cell is said with its place, and the other rows go on.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{BadSheet, Cell, Column, Heading, Lost, Sheet, find, letters, read};

/// How many remarks are kept; a file that is wrong throughout says so soon enough.
const REMARKS: usize = 500;

/// Something about a cell that its author must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The sheet's name; empty for a text file.
    pub sheet: String,
    /// The row, from 1, as spreadsheets count.
    pub row: usize,
    /// The column's letters and label, `C 列“统一社会信用代码”`; empty when the whole row is meant.
    pub column: String,
    /// What is wrong and what to do, in Chinese.
    pub said: String,
}

impl Remark {
    /// The place in words: `第 5 行 C 列“统一社会信用代码”`.
    pub fn place(&self) -> String {
        let sheet = if self.sheet.is_empty() { String::new() } else { format!("“{}”", self.sheet) };
        let column = if self.column.is_empty() { String::new() } else { format!(" {}", self.column) };
        format!("{sheet}第 {} 行{column}", self.row)
    }
}

/// What a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported<L> {
    /// The rows that can be taken.
    pub lines: Vec<L>,
    /// Why others cannot.
    pub errors: Vec<Remark>,
    /// What deserves a look and stands in nobody's way.
    pub warnings: Vec<Remark>,
    /// How many rows cannot be taken.
    pub skipped: usize,
}

/// One row while it is read.
#[derive(Debug)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    heading: &'a Heading,
    columns: &'a [Column],
    at: usize,
    errors: Vec<Remark>,
    warnings: Vec<Remark>,
}

impl Row<'_> {
    /// The cell of a column; an empty one where the sheet has no such column.
    pub fn cell(&self, column: usize) -> &Cell {
        self.heading.places[column].map_or(&Cell::Empty, |place| self.sheet.cell(self.at, place))
    }

    /// The row's number, as spreadsheets count.
    pub const fn number(&self) -> usize {
        self.at + 1
    }

    /// Text; empty where nothing stands.
    pub fn text(&mut self, column: usize) -> String {
        let text = self.cell(column).text();
        self.taken(column, text)
    }

    /// Text that must be there.
    pub fn needed(&mut self, column: usize) -> String {
        let text = self.text(column);
        self.must_be_there(column, text.is_empty());
        text
    }

    /// A code that must be there.
    pub fn needed_code(&mut self, column: usize) -> String {
        let code = self.cell(column).code();
        let lost = code.is_err();
        let code = self.taken(column, code);
        self.must_be_there(column, code.is_empty() && !lost);
        code
    }

    /// A day, where one is written.
    pub fn day(&mut self, column: usize, year: Option<i32>) -> Option<NaiveDate> {
        let day = self.cell(column).day(year);
        self.taken(column, day)
    }

    /// A day that must be there.
    pub fn needed_day(&mut self, column: usize, year: Option<i32>) -> Option<NaiveDate> {
        let nothing = self.cell(column).is_empty();
        self.must_be_there(column, nothing);
        self.day(column, year)
    }

    /// Names.
    pub fn names(&mut self, column: usize) -> Vec<String> {
        let names = self.cell(column).names();
        self.taken(column, names)
    }

    /// The row cannot be taken.
    pub fn wrong(&mut self, column: usize, said: impl Into<String>) {
        let remark = self.remark(Some(column), said.into());
        self.errors.push(remark);
    }

    /// The row can be taken, but deserves a look.
    pub fn doubtful(&mut self, column: usize, said: impl Into<String>) {
        let remark = self.remark(Some(column), said.into());
        self.warnings.push(remark);
    }

    /// Whether nothing has been found wrong so far.
    pub const fn is_right(&self) -> bool {
        self.errors.is_empty()
    }

    fn must_be_there(&mut self, column: usize, missing: bool) {
        if missing {
            self.wrong(column, "是空的，请补填");
        }
    }

    fn taken<T: Default>(&mut self, column: usize, read: Result<T, Lost>) -> T {
        read.unwrap_or_else(|lost| {
            self.wrong(column, lost.to_string());
            T::default()
        })
    }

    fn remark(&self, column: Option<usize>, said: String) -> Remark {
        let place = column.and_then(|column| Some((self.heading.places[column]?, self.columns[column].label)));
        let column = place.map_or_else(String::new, |(place, label)| format!("{} 列“{label}”", letters(place)));
        Remark { sheet: self.sheet.name.clone(), row: self.number(), column, said }
    }

    /// Sums, signatures and notes below a table are no rows of it.
    fn is_beside_the_table(&self) -> bool {
        const FIRST_WORDS: [&str; 9] = ["合计", "总计", "小计", "填表", "审核", "说明", "备注", "注：", "制表"];
        let row = self.sheet.rows.get(self.at).map_or(&[][..], Vec::as_slice);
        let first = row.iter().find(|cell| !cell.is_empty()).map(Cell::shown);
        let mut needed = self.columns.iter().zip(&self.heading.places).filter(|(column, _)| column.needed);
        let whole = needed.all(|(_, place)| place.is_some_and(|place| !self.sheet.cell(self.at, place).is_empty()));
        first.is_none_or(|first| !whole && FIRST_WORDS.iter().any(|word| first.starts_with(word)))
    }
}

/// Reads the first sheet that has all needed columns, row by row; `line` answers `None` for a row that it found wrong.
///
/// # Errors
/// [`BadSheet`] when the file is no table, or none with these columns.
pub fn rows<L>(bytes: &[u8], columns: &[Column], mut line: impl FnMut(&mut Row<'_>) -> Option<L>) -> Result<Imported<L>, BadSheet> {
    let sheets = read(bytes)?;
    let mut missing: Option<Vec<&'static str>> = None;
    for sheet in &sheets {
        let heading = match find(sheet, columns) {
            Ok(heading) => heading,
            Err(labels) => {
                if missing.as_ref().is_none_or(|before| labels.len() < before.len()) {
                    missing = Some(labels);
                }
                continue;
            }
        };
        let mut imported = Imported { lines: Vec::new(), errors: Vec::new(), warnings: Vec::new(), skipped: 0 };
        for at in heading.first_row..sheet.rows.len() {
            let mut row = Row { sheet, heading: &heading, columns, at, errors: Vec::new(), warnings: Vec::new() };
            if row.is_beside_the_table() {
                continue;
            }
            match line(&mut row).filter(|_| row.errors.is_empty()) {
                Some(line) => imported.lines.push(line),
                None => imported.skipped += 1,
            }
            imported.errors.append(&mut row.errors);
            imported.warnings.append(&mut row.warnings);
        }
        imported.errors.truncate(REMARKS);
        imported.warnings.truncate(REMARKS);
        return Ok(imported);
    }
    Err(missing.map_or(BadSheet::Empty, BadSheet::NoHeading))
}
