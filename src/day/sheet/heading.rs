//! Which column is which: guessed by the words of the heading, which may be merged, of several lines, and below a title.

use super::{Cell, Sheet, cell};

/// A column that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What it is called in messages and in the template.
    pub label: &'static str,
    /// Words that a heading may have; the longest that fits decides.
    pub words: &'static [&'static str],
    /// Whether no row makes sense without it.
    pub needed: bool,
}

/// Where a sheet's heading is and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The first row below it, from 0.
    pub first_row: usize,
    /// For each column that was looked for, where it is, from 0.
    pub places: Vec<Option<usize>>,
}

/// How far down a heading is looked for, and how many lines it may have.
const DEEPEST: usize = 20;
const LINES: usize = 3;

/// The heading of a sheet.
///
/// # Errors
/// The labels of the needed columns that are missing in the heading that comes nearest.
pub fn find(sheet: &Sheet, columns: &[Column]) -> Result<Heading, Vec<&'static str>> {
    let mut best: Option<(usize, Heading)> = None;
    for start in 0..sheet.rows.len().min(DEEPEST) {
        if is_title(&sheet.rows[start]) {
            continue;
        }
        for lines in 1..=LINES.min(sheet.rows.len() - start) {
            let more = &sheet.rows[start + 1..start + lines];
            if more.iter().any(|row| is_data(row)) {
                break;
            }
            let places = places(&sheet.rows[start..start + lines], columns);
            let found = places.iter().flatten().count();
            if best.as_ref().is_none_or(|(most, _)| found > *most) {
                best = Some((found, Heading { first_row: start + lines, places }));
            }
        }
    }
    let missing = |heading: &Heading| -> Vec<&'static str> {
        columns
            .iter()
            .zip(&heading.places)
            .filter(|(column, place)| column.needed && place.is_none())
            .map(|(column, _)| column.label)
            .collect()
    };
    match best {
        Some((_, heading)) if missing(&heading).is_empty() => Ok(heading),
        Some((_, heading)) => Err(missing(&heading)),
        None => Err(columns.iter().filter(|column| column.needed).map(|column| column.label).collect()),
    }
}

/// The best column for each field; no column serves two.
fn places(lines: &[Vec<Cell>], columns: &[Column]) -> Vec<Option<usize>> {
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut matches = Vec::new();
    for place in 0..width {
        let parts = parts(lines, place);
        let whole = parts.concat();
        for (nth, column) in columns.iter().enumerate() {
            let fits = |word: &&&str| whole.contains(**word);
            if let Some(word) = column.words.iter().filter(fits).max_by_key(|word| word.len()) {
                let exact = parts.iter().any(|part| part == word);
                matches.push((exact, word.len(), std::cmp::Reverse(place), nth));
            }
        }
    }
    matches.sort_unstable();
    let mut places = vec![None; columns.len()];
    let mut taken = vec![false; width];
    for (_, _, std::cmp::Reverse(place), nth) in matches.into_iter().rev() {
        if places[nth].is_none() && !taken[place] {
            places[nth] = Some(place);
            taken[place] = true;
        }
    }
    places
}

/// What the lines of a heading say of one column, without what a merged cell repeats, without white space and without what is in brackets.
fn parts(lines: &[Vec<Cell>], place: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for line in lines {
        let said = line.get(place).map(Cell::shown).unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_whitespace()).collect();
        let bare = said.split(['（', '(']).next().unwrap_or_default().to_owned();
        let said = if bare.is_empty() { said } else { bare };
        if !said.is_empty() && parts.last() != Some(&said) {
            parts.push(said);
        }
    }
    parts
}

/// One text over the whole row.
fn is_title(row: &[Cell]) -> bool {
    let mut said: Vec<String> = row.iter().filter(|cell| !cell.is_empty()).map(Cell::shown).collect();
    said.dedup();
    said.len() < 2
}

/// Dates, numbers and long rows of digits stand in data, not in headings.
fn is_data(row: &[Cell]) -> bool {
    row.iter().any(|cell| match cell {
        Cell::Number(_) | Cell::Date(_) => true,
        Cell::Text(text) => {
            let mut run = 0;
            cell::tidy(text).chars().any(|c| {
                run = if c.is_ascii_digit() { run + 1 } else { 0 };
                run >= 4
            })
        }
        Cell::Empty | Cell::Error => false,
    })
}
