//! When something recurs: cron expressions, always in Beijing time.

use chrono::{TimeZone as _, Utc};

use crate::document::Timestamp;

/// A recurring moment. Five fields (分 时 日 月 星期), six with seconds first, or seven with the year last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    source: String,
    cron: cron::Schedule,
}

/// Why an expression cannot stand; Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ScheduleError {
    /// Why.
    pub why: String,
    /// What to write.
    pub fix: String,
}

impl Schedule {
    /// Reads an expression.
    ///
    /// Weekdays are taken by name only: the library behind counts them from Sunday = 1, everyone else from Monday = 1. Day of the
    /// month and day of the week cannot both be limited, for half of the world reads that as "and", the other half as "or".
    ///
    /// # Errors
    /// [`ScheduleError`] when it is malformed, ambiguous, or never comes.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let seconds_first = match fields.len() {
            5 => format!("0 {}", fields.join(" ")),
            6 | 7 => fields.join(" "),
            n => {
                return Err(error(
                    format!("要有 5 栏（分 时 日 月 星期），这里是 {n} 栏"),
                    "例如每天 2:30 写 \"30 2 * * *\"，工作日 8:10 写 \"10 8 * * MON-FRI\"",
                ));
            }
        };
        let parts: Vec<&str> = seconds_first.split(' ').collect();
        let (day, weekday) = (parts[3], parts[5]);
        if weekday.bytes().any(|b| b.is_ascii_digit()) {
            return Err(error("星期不能写数字：各家程序的数法不同，写了会错日子", "写英文缩写，例如 MON-FRI、SAT、MON,WED"));
        }
        if !matches!(day, "*" | "?") && !matches!(weekday, "*" | "?") {
            return Err(error("“日”和“星期”只能限定一个", "另一栏写 *，需要两种就分两条写"));
        }
        if parts.iter().any(|p| p.split(',').any(|p| p.ends_with("/0"))) {
            return Err(error("间隔不能是 0", "例如每 15 分钟写 */15"));
        }
        let cron: cron::Schedule =
            seconds_first.parse().map_err(|_| error("看不懂这个时间表", "五栏依次是 分 时 日 月 星期，例如每天 2:30 写 \"30 2 * * *\""))?;
        let schedule = Self { source: fields.join(" "), cron };
        // Any expression that ever comes comes within the eight years round a leap day.
        match Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).single() {
            Some(past) if schedule.next_after(past.into()).is_none() => {
                Err(error("这个时间永远不会到", "检查“日”和“月”，例如 2 月没有 31 日"))
            }
            _ => Ok(schedule),
        }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first moment strictly after `moment`; `None` when there is none any more.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let next = self.cron.after(&moment.beijing()).next()?;
        Some(Timestamp::from_millis(next.timestamp_millis()))
    }

    /// The next `count` moments after `moment`.
    pub fn upcoming(&self, moment: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(moment), |at| self.next_after(*at)).take(count).collect()
    }
}

fn error(why: impl Into<String>, fix: &str) -> ScheduleError {
    ScheduleError { why: why.into(), fix: fix.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn five_fields_are_minute_hour_day_month_weekday_in_beijing() {
        let schedule = Schedule::parse("30 2 * * MON-FRI").unwrap();
        // 2023-04-07 is a Friday.
        let next = schedule.upcoming(at("2023-04-07T02:30:00+08:00"), 2);
        assert_eq!(next[0], at("2023-04-10T02:30:00+08:00"));
        assert_eq!(next[1], at("2023-04-11T02:30:00+08:00"));
    }

    #[test]
    fn what_would_be_misread_is_refused_with_the_way_to_write_it() {
        for (text, word) in [
            ("0 9 * * 1-5", "MON-FRI"),
            ("0 9 1 * MON", "写 *"),
            ("0 9", "5 栏"),
            ("0 9 31 2 *", "永远"),
            ("99 9 * * *", "看不懂"),
            ("*/0 9 * * *", "间隔"),
            ("0 9 * * MON#2", "数字"),
        ] {
            let error = Schedule::parse(text).unwrap_err();
            assert!(format!("{}{}", error.why, error.fix).contains(word), "{text}: {error:?}");
        }
    }

    fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
        let one = (low..=high).prop_map(|n| n.to_string());
        let range = (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
        let step = (2..=high.min(20)).prop_map(|n| format!("*/{n}"));
        prop_oneof![
            3 => Just("*".to_owned()),
            3 => one.clone(),
            1 => range,
            1 => step,
            1 => (one.clone(), one).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    fn weekday() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => Just("MON-FRI".to_owned()),
            1 => Just("SAT".to_owned()),
            1 => Just("MON,WED,SUN".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn a_second_implementation_finds_the_same_moments(
            fields in (field(0, 59), field(0, 23), field(1, 28), field(1, 12), weekday()),
            start in 1_680_000_000_i64..1_800_000_000,
        ) {
            let (minute, hour, mut day, month, weekday) = fields;
            if weekday != "*" { day = "*".to_owned(); }
            // Of steps in the days of the month both agree; croner counts them from 1 as well.
            let text = format!("{minute} {hour} {day} {month} {weekday}");
            let ours = Schedule::parse(&text).unwrap();
            let theirs: croner::Cron = text.parse().unwrap();
            let mut mine = Timestamp::from_millis(start * 1000);
            let mut moment = mine.beijing();
            for _ in 0..3 {
                moment = theirs.find_next_occurrence(&moment, false).unwrap();
                mine = ours.next_after(mine).unwrap();
                prop_assert_eq!(mine.secs(), moment.timestamp(), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9*/,?A-Z# ]{0,24}") {
            drop(Schedule::parse(&text));
        }
    }
}
