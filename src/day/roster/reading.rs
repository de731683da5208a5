//! Annex 1 becomes lines, row by row.

use std::collections::BTreeMap;

use super::{CERTIFICATE, COLUMNS, FROM, LEVEL, NAME, NOTE, PHONE, RosterLine, TO, TOWN, UNIT};
use crate::{
    day::{
        sheet::{self, BadSheet, Imported, Row},
        towns::Towns,
    },
    document::AuthorLevel,
};

/// What a district's own units are called; everything else belongs to a 镇办 or must say its level.
const DISTRICT: [&str; 7] = ["执法大队", "应急管理局", "应急局", "监察室", "监察一室", "审理室", "区级"];

/// Reads a roster; `towns` are the district's.
///
/// # Errors
/// [`BadSheet`] when the file is no table with the columns of annex 1.
pub fn read(bytes: &[u8], towns: &Towns) -> Result<Imported<RosterLine>, BadSheet> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    sheet::rows(bytes, &COLUMNS, |row| {
        let line = line(row, towns)?;
        let number = row.number();
        if let Some(before) = seen.insert(line.certificate.clone(), number) {
            row.wrong(CERTIFICATE, format!("与第 {before} 行的执法证号相同；请核对是谁的"));
            return None;
        }
        Some(line)
    })
}

fn line(row: &mut Row<'_>, towns: &Towns) -> Option<RosterLine> {
    let name = row.needed(NAME);
    let unit = row.needed(UNIT);
    let certificate = row.needed_code(CERTIFICATE);
    let phone = phone(row);
    let (written_town, written_level) = (row.text(TOWN), row.text(LEVEL));
    let named = towns.named(&written_town).or_else(|| towns.named(&unit)).map(str::to_owned);
    if !written_town.is_empty() && towns.named(&written_town).is_none() {
        row.doubtful(TOWN, format!("“{written_town}”不在本区镇办名单里，请核对"));
    }
    let says = |words: &[&str], text: &str| words.iter().any(|word| text.contains(word));
    let level = match written_level.as_str() {
        "" if named.is_some() => AuthorLevel::Town,
        "" if says(&DISTRICT, &unit) => AuthorLevel::District,
        "" => {
            row.wrong(UNIT, "看不出是区级还是哪个镇办；请写全单位名称，或加一列“级别”填“区级”或“镇办”");
            return None;
        }
        level if says(&["区", "县"], level) => AuthorLevel::District,
        level if says(&["镇", "街", "乡"], level) => AuthorLevel::Town,
        _ => {
            row.wrong(LEVEL, "请填“区级”或“镇办”");
            return None;
        }
    };
    let (valid_from, valid_to) = (row.day(FROM, None), row.day(TO, None));
    if valid_from.zip(valid_to).is_some_and(|(from, to)| from > to) {
        row.wrong(TO, "有效期止早于有效期起；请核对");
    }
    let town = if level == AuthorLevel::District { String::new() } else { named.unwrap_or(written_town) };
    let note = row.text(NOTE);
    row.is_right().then_some(RosterLine { name, unit, certificate, phone, note, town, level, valid_from, valid_to })
}

/// A mobile number; one of another shape is only told of, and never repeated.
fn phone(row: &mut Row<'_>) -> String {
    let phone = row.text(PHONE).replace([' ', '-'], "");
    let mobile = phone.len() == 11 && phone.starts_with('1') && phone.bytes().all(|b| b.is_ascii_digit());
    if !phone.is_empty() && !mobile {
        row.doubtful(PHONE, "不像 11 位手机号码，请核对");
    }
    phone
}
