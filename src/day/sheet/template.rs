//! Empty tables to be filled in: every cell text, so that no code loses its last digits (operators.md B3).

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use super::Column;

/// How many rows below the heading are set up as text.
const PREPARED: u32 = 500;

/// A template could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the template cannot be written: {0}")]
pub struct BadTemplate(#[from] XlsxError);

/// A table to be filled in.
#[derive(Debug)]
pub struct Template<'a> {
    /// The line above.
    pub title: &'a str,
    /// The columns.
    pub columns: &'a [Column],
    /// Their widths in characters.
    pub widths: &'a [u16],
    /// Rows that show how.
    pub examples: Vec<Vec<String>>,
    /// What else must be known; on a sheet of its own.
    pub notes: &'a [&'a str],
}

impl Template<'_> {
    /// The workbook's bytes.
    ///
    /// # Errors
    /// [`BadTemplate`].
    pub fn write(&self) -> Result<Vec<u8>, BadTemplate> {
        let mut book = Workbook::new();
        let last = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(0);
        let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
        let heading = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter)
            .set_border(FormatBorder::Thin)
            .set_background_color(Color::RGB(0x00DD_E8F5));
        let text = Format::new().set_num_format("@").set_border(FormatBorder::Thin).set_text_wrap();
        let example = text.clone().set_font_color(Color::Gray);
        let sheet = book.add_worksheet().set_name("填写")?;
        sheet.merge_range(0, 0, 0, last, self.title, &title)?;
        sheet.set_row_height(0, 28)?;
        for (at, column) in (0..).zip(self.columns) {
            let label = if column.needed { format!("{}*", column.label) } else { column.label.to_owned() };
            sheet.write_string_with_format(1, at, &label, &heading)?;
            sheet.set_column_width(at, self.widths.get(usize::from(at)).copied().unwrap_or(14))?;
            for row in 0..PREPARED {
                sheet.write_blank(2 + row, at, &text)?;
            }
        }
        for (row, cells) in (2..).zip(&self.examples) {
            for (at, cell) in (0..).zip(cells) {
                sheet.write_string_with_format(row, at, cell, &example)?;
            }
        }
        sheet.set_freeze_panes(2, 0)?.set_repeat_rows(0, 1)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&C第 &P 页 共 &N 页");
        let help = book.add_worksheet().set_name("说明")?;
        help.set_column_width(0, 90)?;
        for (row, note) in (0..).zip(self.notes) {
            help.write_string(row, 0, *note)?;
        }
        Ok(book.save_to_buffer()?)
    }
}
