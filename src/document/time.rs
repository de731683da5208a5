//! Moments in time, to the millisecond.

use std::fmt;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The offset of Beijing time, in seconds east of Greenwich. China has had no daylight saving since 1991, and no document is older.
const BEIJING_SECS: i32 = 8 * 3600;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 with +08:00 in text formats and as a number in binary ones. Arithmetic saturates, for a queue subtracts times for a living.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment: due at once, whatever the clock says.
    pub const MIN: Self = Self(i64::MIN / 4);
    /// The latest moment: never due.
    pub const MAX: Self = Self(i64::MAX / 4);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Parses RFC 3339 text with any offset.
    ///
    /// # Errors
    /// The parser's own when the text is not RFC 3339.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(|t| Self(t.timestamp_millis()))
    }

    /// The same moment on a Beijing wall clock.
    pub fn beijing(self) -> DateTime<FixedOffset> {
        let utc = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        match FixedOffset::east_opt(BEIJING_SECS) {
            Some(offset) => utc.with_timezone(&offset),
            None => utc.fixed_offset(),
        }
    }

    /// The Beijing calendar day that this moment falls on.
    pub fn beijing_day(self) -> NaiveDate {
        self.beijing().date_naive()
    }

    /// Midnight, Beijing time, at the start of `day`.
    pub fn start_of(day: NaiveDate) -> Self {
        let naive = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        Self(naive - i64::from(BEIJING_SECS) * 1000)
    }

    /// RFC 3339 in whole seconds with +08:00, as the exchange contract writes times (contract §3).
    pub fn to_contract(self) -> String {
        self.beijing().to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// This moment and `span` later; saturates.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.num_milliseconds()).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The span from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::milliseconds(self.0.saturating_sub(earlier.0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(t: DateTime<Utc>) -> Self {
        Self(t.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.beijing().to_rfc3339_opts(SecondsFormat::Millis, false))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text).map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_beijing_time_and_read_back() {
        let t = Timestamp::parse("2023-04-03T09:20:11Z").unwrap();
        assert_eq!(t.to_string(), "2023-04-03T17:20:11.000+08:00");
        assert_eq!(t.to_contract(), "2023-04-03T17:20:11+08:00");
        let json = serde_json::to_string(&t).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), t);
    }

    #[test]
    fn the_day_begins_at_beijing_midnight() {
        let day = NaiveDate::from_ymd_opt(2023, 4, 3).unwrap();
        let start = Timestamp::start_of(day);
        assert_eq!(start.to_contract(), "2023-04-03T00:00:00+08:00");
        assert_eq!(start.beijing_day(), day);
        assert_eq!(start.plus(Duration::milliseconds(-1)).beijing_day(), day.pred_opt().unwrap());
    }

    #[test]
    fn arithmetic_at_the_edges_saturates() {
        assert_eq!(Timestamp::MAX.plus(Duration::days(36_500)), Timestamp::MAX);
        assert!(Timestamp::MIN.since(Timestamp::MAX) < Duration::zero());
    }
}
