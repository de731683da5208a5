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
    s.get(..10).is_some_and(|d| chrono::NaiveDate::parse_from_str(d, "%Y-%m-%d").is_ok()) && is_zone(zone)
}

fn is_date_time(s: &str) -> bool {
    let Some((date, time)) = s.split_once('T') else {
        return false;
    };
    let Some(clock) = time.get(..8) else {
        return false;
    };
    let rest = time.get(8..).unwrap_or("");
    let zone = rest.strip_prefix('.').map_or(rest, |r| r.trim_start_matches(|c: char| c.is_ascii_digit()));
    let hour_24 = clock == "24:00:00";
    date.len() == 10 && is_date(date) && (hour_24 || chrono::NaiveTime::parse_from_str(clock, "%H:%M:%S").is_ok()) && is_zone(zone)
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
