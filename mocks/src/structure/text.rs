//! Shapes of simple values: lengths, enumerations, dates and numbers; patterns are left alone.

/// What a simple value must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextRule {
    pub(crate) shape: Shape,
    pub(crate) shortest: Option<usize>,
    pub(crate) longest: Option<usize>,
    pub(crate) values: Option<Vec<String>>,
}

/// The primitive behind a simple type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Anything, blanks kept.
    #[default]
    Raw,
    /// Anything, blanks collapsed.
    Token,
    Date,
    DateTime,
    Decimal,
    Integer,
    Boolean,
}

/// Why a value does not fit.
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl TextRule {
    /// The rule of a built-in type.
    pub(crate) fn builtin(name: &str) -> Self {
        let shape = match name {
            "date" => Shape::Date,
            "dateTime" => Shape::DateTime,
            "decimal" => Shape::Decimal,
            "integer" | "int" | "long" | "short" | "byte" | "nonNegativeInteger" | "positiveInteger" | "unsignedInt" | "unsignedLong"
            | "unsignedShort" | "unsignedByte" => Shape::Integer,
            "boolean" => Shape::Boolean,
            "string" | "normalizedString" | "anySimpleType" | "anyType" => Shape::Raw,
            _ => Shape::Token,
        };
        Self { shape, ..Self::default() }
    }

    /// What is wrong with a value, if anything.
    pub(crate) fn fault(&self, value: &str) -> Option<Fault> {
        let fault = |code, message: String| Some(Fault { code, message });
        let trimmed = value.trim_matches([' ', '\t', '\r', '\n']);
        let fits = match self.shape {
            Shape::Raw | Shape::Token => true,
            Shape::Date => is_date(trimmed),
            Shape::DateTime => is_date_time(trimmed),
            Shape::Decimal => is_decimal(trimmed, true),
            Shape::Integer => is_decimal(trimmed, false),
            Shape::Boolean => matches!(trimmed, "true" | "false" | "0" | "1"),
        };
        if !fits {
            return fault("E1204", "内容格式不正确".to_owned());
        }
        if let Some(values) = &self.values {
            let same = |v: &String| {
                if self.shape == Shape::Raw { v == value } else { v == trimmed }
            };
            if !values.iter().any(same) {
                return fault("E1203", "内容不在允许的取值之内".to_owned());
            }
        }
        if self.shortest.is_none() && self.longest.is_none() {
            return None;
        }
        // No text has more characters than bytes, nor fewer than a third: most need not be counted.
        let plenty = self.shape == Shape::Token && self.longest.is_none_or(|m| trimmed.len() <= m);
        if plenty && self.shortest.is_none_or(|m| m <= 1) {
            return (trimmed.is_empty() && self.shortest == Some(1))
                .then(|| Fault { code: "E1202", message: "内容为空或过短".to_owned() });
        }
        let length = if self.shape == Shape::Raw { value.chars().count() } else { collapsed_length(trimmed) };
        if self.longest.is_some_and(|m| length > m) {
            return fault("E1201", format!("内容过长：{length} 字，最多 {} 字", self.longest.unwrap_or(0)));
        }
        if self.shortest.is_some_and(|m| length < m) {
            return fault("E1202", "内容为空或过短".to_owned());
        }
        None
    }
}

fn collapsed_length(text: &str) -> usize {
    let mut blank = false;
    text.chars()
        .filter(|c| {
            let is_blank = matches!(c, ' ' | '\t' | '\r' | '\n');
            let counts = !(is_blank && blank);
            blank = is_blank;
            counts
        })
        .count()
}

fn is_date(s: &str) -> bool {
    let zone = s.get(10..).unwrap_or("?");
    s.get(..10).is_some_and(is_day) && is_zone(zone)
}

/// Two digits as a number.
fn two(b: &[u8]) -> Option<u32> {
    match b {
        [t @ b'0'..=b'9', u @ b'0'..=b'9'] => Some(u32::from(t - b'0') * 10 + u32::from(u - b'0')),
        _ => None,
    }
}

/// YYYY-MM-DD of a day that exists; by hand, because a format string costs more than all the rest of a document.
fn is_day(s: &str) -> bool {
    let b = s.as_bytes();
    if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
        return false;
    }
    let (Some(century), Some(year), Some(month), Some(day)) = (two(&b[..2]), two(&b[2..4]), two(&b[5..7]), two(&b[8..])) else {
        return false;
    };
    let year = i32::try_from(century * 100 + year).unwrap_or(0);
    chrono::NaiveDate::from_ymd_opt(year, month, day).is_some()
}

fn is_clock(s: &str) -> bool {
    let b = s.as_bytes();
    if b.len() != 8 || b[2] != b':' || b[5] != b':' {
        return false;
    }
    match (two(&b[..2]), two(&b[3..5]), two(&b[6..])) {
        (Some(24), Some(0), Some(0)) => true,
        (Some(h), Some(m), Some(s)) => h < 24 && m < 60 && s < 60,
        _ => false,
    }
}

fn is_date_time(s: &str) -> bool {
    let Some((date, time)) = s.split_once('T') else { return false };
    let Some(clock) = time.get(..8) else { return false };
    let rest = time.get(8..).unwrap_or("");
    let zone = rest.strip_prefix('.').map_or(rest, |r| r.trim_start_matches(|c: char| c.is_ascii_digit()));
    is_day(date) && is_clock(clock) && is_zone(zone)
}

fn is_zone(z: &str) -> bool {
    let b = z.as_bytes();
    z.is_empty() || z == "Z" || (b.len() == 6 && matches!(b[0], b'+' | b'-') && b[3] == b':')
}

fn is_decimal(s: &str, fraction: bool) -> bool {
    let s = s.strip_prefix(['+', '-']).unwrap_or(s);
    let (whole, part) = s.split_once('.').unwrap_or((s, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()) && (fraction || !s.contains('.'))
}
