//! One cell: what stands in it, and what is meant by it.

use chrono::{Datelike as _, Days, NaiveDate};

/// A cell as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, as it stands.
    Text(String),
    /// A number; a spreadsheet keeps fifteen digits of it.
    Number(f64),
    /// A day.
    Date(NaiveDate),
    /// A formula that came to an error.
    Error,
}

/// Why a cell does not give what is wanted of it. Said in Chinese, for the row's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// A long number that was kept as a number.
    #[error("被当成数字保存，后几位已丢失精度；请把这一列设为“文本”，照证照重新填写")]
    Precision,
    /// It is no day.
    #[error("看不出是哪一天；请写成 2023-04-03 这样")]
    Day,
    /// A day without a year, and nothing says which.
    #[error("没有写年份；请写成 2023-04-03 这样")]
    Year,
    /// A formula's error.
    #[error("是公式错误值；请改成实际内容")]
    Formula,
}

/// From here on a spreadsheet's number has lost digits: it keeps fifteen.
const FIFTEEN_DIGITS: f64 = 1e15;

impl Cell {
    /// Whether nothing stands there but white space.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => tidy(text).is_empty(),
            _ => false,
        }
    }

    /// What stands there, for people, in one line.
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => tidy(text),
            Self::Number(number) => plain_number(*number),
            Self::Date(day) => day.to_string(),
            Self::Error => "#错误".into(),
        }
    }

    /// Text, in one line with single spaces.
    ///
    /// # Errors
    /// [`Lost`] for a number too long to be one, or a formula's error.
    pub fn text(&self) -> Result<String, Lost> {
        match self {
            Self::Error => Err(Lost::Formula),
            Self::Number(number) if number.abs() >= FIFTEEN_DIGITS => Err(Lost::Precision),
            Self::Text(text) if is_scientific(text) => Err(Lost::Precision),
            other => Ok(other.shown()),
        }
    }

    /// A code: text without any white space, full-width letters and digits made plain, in capitals.
    ///
    /// # Errors
    /// The same as [`Cell::text`].
    pub fn code(&self) -> Result<String, Lost> {
        Ok(self.text()?.chars().filter(|c| !c.is_whitespace()).map(half_width).collect::<String>().to_uppercase())
    }

    /// A day; `None` for an empty cell. `year` stands in where only month and day are written.
    ///
    /// # Errors
    /// [`Lost::Day`], [`Lost::Year`] or [`Lost::Formula`].
    pub fn day(&self, year: Option<i32>) -> Result<Option<NaiveDate>, Lost> {
        match self {
            Self::Date(day) => Ok(Some(*day)),
            Self::Error => Err(Lost::Formula),
            Self::Number(serial) => serial_day(*serial).map(Some).ok_or(Lost::Day),
            other if other.is_empty() => Ok(None),
            Self::Text(text) => written_day(&tidy(text), year).map(Some),
            Self::Empty => Ok(None),
        }
    }

    /// Names, apart by 、 or any of the usual marks.
    ///
    /// # Errors
    /// The same as [`Cell::text`].
    pub fn names(&self) -> Result<Vec<String>, Lost> {
        let text = self.text()?;
        let parts = text.split(['、', ',', '，', ';', '；', '/', ' ', '\u{3000}', '|']);
        Ok(parts.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

/// One line: white space of any kind becomes one space, marks without width go.
pub(super) fn tidy(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !matches!(c, '\u{feff}' | '\u{200b}' | '\u{200e}' | '\u{200f}')).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn plain_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < FIFTEEN_DIGITS { format!("{number:.0}") } else { format!("{number}") }
}

/// `3.70302E+17`, as text files from a spreadsheet have it.
fn is_scientific(text: &str) -> bool {
    let text = text.trim().to_ascii_uppercase();
    text.split_once("E+").is_some_and(|(head, tail)| {
        let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        number(head) && tail.parse::<u32>().is_ok_and(|zeros| zeros >= 11)
    })
}

/// The day of a spreadsheet's serial number, in the years that can be meant.
fn serial_day(serial: f64) -> Option<NaiveDate> {
    if !(36_526.0..73_051.0).contains(&serial) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range looked at above")]
    let days = serial as u64;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))
}

/// `2023-04-03`, `2023/4/3`, `2023.4.3`, `2023年4月3日`, `20230403`, with a time behind or not; `4月3日` with a year from elsewhere.
fn written_day(text: &str, year: Option<i32>) -> Result<NaiveDate, Lost> {
    let plain: String = text.chars().map(half_width).collect();
    let parts: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let numbers: Vec<u32> = parts.iter().map_while(|part| part.parse().ok()).collect();
    let made = |y: i32, m: u32, d: u32| NaiveDate::from_ymd_opt(y, m, d).filter(|day| (2000..2100).contains(&day.year())).ok_or(Lost::Day);
    match (parts.first().map_or(0, |first| first.len()), numbers.as_slice()) {
        (8, [all, ..]) => made(i32::try_from(all / 10_000).map_err(|_| Lost::Day)?, all / 100 % 100, all % 100),
        (4, [y, m, d, ..]) => made(i32::try_from(*y).map_err(|_| Lost::Day)?, *m, *d),
        (1 | 2, [m, d, ..]) if plain.contains('月') || numbers.len() == 2 => made(year.ok_or(Lost::Year)?, *m, *d),
        _ => Err(Lost::Day),
    }
}
