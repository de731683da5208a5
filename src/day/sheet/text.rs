//! Tables as text: commas, semicolons or tabs between, in UTF-8 with or without a mark, UTF-16 with one, or GB18030.

use std::borrow::Cow;

use super::{BadSheet, COLUMNS, Cell, ROWS, Sheet};

/// Reads a text file.
///
/// # Errors
/// [`BadSheet`].
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BadSheet> {
    let text = decoded(bytes)?;
    if text.trim_start().starts_with('<') {
        return Err(BadSheet::NoTable("网页或 XML 文件"));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(&text)).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for record in reader.records().take(ROWS as usize) {
        let record = record.map_err(|_| BadSheet::NoTable("一段文字"))?;
        // An empty line is a row all the same, or the rows would be counted otherwise than the reader's own program does.
        let at = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0)).saturating_sub(1);
        if rows.len() < at && at < ROWS as usize && !text.contains('"') {
            rows.resize(at, Vec::new());
        }
        rows.push(record.iter().take(COLUMNS as usize).map(cell).collect());
    }
    Ok(vec![Sheet { name: String::new(), rows }])
}

fn cell(text: &str) -> Cell {
    // `="370302…"` and a leading apostrophe are how people keep a spreadsheet from turning codes into numbers.
    let bare = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')).or_else(|| text.strip_prefix('\'')).unwrap_or(text);
    if bare.trim().is_empty() { Cell::Empty } else { Cell::Text(bare.to_owned()) }
}

fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, BadSheet> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]).ok_or(BadSheet::Encoding);
    }
    if bytes.contains(&0) {
        return Err(BadSheet::Encoding);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(BadSheet::Encoding)
}

/// Of comma, tab and semicolon the one that most of the first lines have.
fn delimiter(text: &str) -> u8 {
    let count = |mark: char| text.lines().take(10).map(|line| line.matches(mark).count()).sum::<usize>();
    let marks = [(count(','), b','), (count('\t'), b'\t'), (count(';'), b';')];
    marks.iter().max_by_key(|(count, _)| *count).map_or(b',', |(_, mark)| *mark)
}
