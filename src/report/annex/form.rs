//! How the tables look: A4 across, the header on every page, room for signatures, ready for the printer.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::{Heading, NotMade};
use crate::{document::Timestamp, report::words};

/// ISO A4 in the spreadsheet's numbering.
const A4: u8 = 9;
/// What a table's row is high, in points; a second line in a cell adds [`LINE`].
const ROW: f64 = 21.0;
const LINE: f64 = 13.5;
/// Columns of a body font's Chinese character, in pixels.
const CHARACTER_PX: u32 = 14;
/// The rows above a table: 附件N, title, unit and period.
pub const TOP: u32 = 3;

/// A column: its heading and its width in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The heading as printed.
    pub label: &'static str,
    /// The width in pixels; all together about a thousand fill A4 across.
    pub width_px: u32,
}

/// A table that is being drawn.
pub struct Form {
    book: Workbook,
    sheet: Worksheet,
    widths: Vec<u32>,
    body: Format,
    text: Format,
    bold: Format,
    plain: Format,
    head: Format,
    next: u32,
}

/// What stands in a cell.
pub enum Cell {
    /// A number, in the middle.
    Number(f64),
    /// Words, in the middle.
    Middle(String),
    /// Longer text, from the left.
    Text(String),
}

impl Form {
    /// A form with its title and column widths; the table's header comes next.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn new(name: &str, annex: &str, title: &str, heading: &Heading, columns: &[Column]) -> Result<Self, NotMade> {
        let font = |size: f64| Format::new().set_font_name("宋体").set_font_size(size).set_align(FormatAlign::VerticalCenter);
        let boxed = |format: Format| format.set_border(FormatBorder::Thin).set_text_wrap();
        let mut book = Workbook::new();
        let created = date_of(heading.made_at)?;
        book.set_properties(&DocProperties::new().set_title(title).set_company(heading.unit.as_str()).set_creation_datetime(&created));
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?;
        sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
        sheet.set_margins(0.4, 0.4, 0.6, 0.7, 0.3, 0.35).set_footer("&C&\"宋体\"&10第 &P 页 共 &N 页");
        for (at, column) in (0..).zip(columns) {
            sheet.set_column_width_pixels(at, column.width_px)?;
        }
        let last = last_of(columns.len());
        sheet.write_string_with_format(0, 0, annex, &font(12.0).set_font_name("黑体"))?;
        sheet.set_row_height(0, 18)?;
        sheet.merge_range(1, 0, 1, last, title, &font(18.0).set_font_name("黑体").set_align(FormatAlign::Center))?;
        sheet.set_row_height(1, 34)?;
        let made = words::spoken(heading.made_at.beijing_day());
        let period =
            if heading.dated { format!("统计期间：{}        ", words::period(heading.from, heading.to)) } else { String::new() };
        let line = format!("填报单位：{}        {period}填报日期：{made}", heading.unit);
        sheet.merge_range(2, 0, 2, last, &line, &font(11.0))?;
        sheet.set_row_height(2, 22)?;
        Ok(Self {
            book,
            sheet,
            widths: columns.iter().map(|column| column.width_px).collect(),
            body: boxed(font(10.5)).set_align(FormatAlign::Center),
            text: boxed(font(10.5)).set_align(FormatAlign::Left).set_indent(1),
            bold: boxed(font(10.5)).set_align(FormatAlign::Center).set_bold(),
            plain: font(11.0),
            head: boxed(font(10.5)).set_font_name("黑体").set_align(FormatAlign::Center),
            next: TOP,
        })
    }

    /// A header of one row.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn header(&mut self, columns: &[Column], height: f64) -> Result<(), NotMade> {
        for (at, column) in (0..).zip(columns) {
            self.sheet.write_string_with_format(self.next, at, column.label, &self.head)?;
        }
        self.sheet.set_row_height(self.next, height)?;
        self.end_of_header(1)
    }

    /// A header of two rows: the columns of `under` stand below `over`, all others take both rows.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn header_in_two(&mut self, columns: &[Column], over: &str, under: std::ops::Range<usize>, height: f64) -> Result<(), NotMade> {
        let (first, second) = (self.next, self.next + 1);
        let (begin, end) = (last_of(under.start + 1), last_of(under.end));
        self.sheet.merge_range(first, begin, first, end, over, &self.head)?;
        for (at, column) in (0..).zip(columns) {
            if under.contains(&usize::from(at)) {
                self.sheet.write_string_with_format(second, at, column.label, &self.head)?;
            } else {
                self.sheet.merge_range(first, at, second, at, column.label, &self.head)?;
            }
        }
        self.sheet.set_row_height(first, ROW)?;
        self.sheet.set_row_height(second, height)?;
        self.end_of_header(2)
    }

    fn end_of_header(&mut self, rows: u32) -> Result<(), NotMade> {
        let last = self.next + rows - 1;
        self.sheet.set_repeat_rows(self.next, last)?;
        self.sheet.set_freeze_panes(last + 1, 0)?;
        self.next = last + 1;
        Ok(())
    }

    /// One row.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), NotMade> {
        let (body, text) = (self.body.clone(), self.text.clone());
        self.put(cells, &body, &text)
    }

    /// The row of sums.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn sums(&mut self, cells: &[Cell]) -> Result<(), NotMade> {
        let bold = self.bold.clone();
        self.put(cells, &bold, &bold)
    }

    fn put(&mut self, cells: &[Cell], middle: &Format, left: &Format) -> Result<(), NotMade> {
        let mut lines = 1;
        for ((at, cell), width) in (0..).zip(cells).zip(&self.widths) {
            match cell {
                Cell::Number(number) => self.sheet.write_number_with_format(self.next, at, *number, middle)?,
                Cell::Middle(text) => self.sheet.write_string_with_format(self.next, at, text, middle)?,
                Cell::Text(text) => self.sheet.write_string_with_format(self.next, at, text, left)?,
            };
            if let Cell::Middle(text) | Cell::Text(text) = cell {
                lines = lines.max(lines_of(text, *width));
            }
        }
        self.sheet.set_row_height(self.next, ROW + LINE * f64::from(lines - 1))?;
        self.next += 1;
        Ok(())
    }

    /// A line below the table, across all columns.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn below(&mut self, line: &str) -> Result<(), NotMade> {
        let last = last_of(self.widths.len());
        let whole: u32 = self.widths.iter().sum();
        let format = self.plain.clone().set_text_wrap();
        self.sheet.merge_range(self.next, 0, self.next, last, line, &format)?;
        self.sheet.set_row_height(self.next, ROW + LINE * f64::from(lines_of(line, whole) - 1))?;
        self.next += 1;
        Ok(())
    }

    /// The finished file.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn finish(mut self) -> Result<Vec<u8>, NotMade> {
        self.book.push_worksheet(self.sheet);
        Ok(self.book.save_to_buffer()?)
    }
}

fn date_of(at: Timestamp) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_timestamp(at.secs())
}

fn last_of(columns: usize) -> u16 {
    u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX)
}

/// How many lines a text takes in a cell of this width; a little more rather than a little less.
fn lines_of(text: &str, width_px: u32) -> u32 {
    // The margin of a cell, and the indent of longer text.
    let room = width_px.saturating_sub(18).max(CHARACTER_PX);
    let of_line = |line: &str| {
        let px: u32 = line.chars().map(|c| if c.is_ascii() { CHARACTER_PX / 2 + 1 } else { CHARACTER_PX }).sum();
        px.div_ceil(room).max(1)
    };
    text.split('\n').map(of_line).sum()
}
