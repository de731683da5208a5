//! The working-day calendar (domain.md §6): data in holiday-cn's JSON format, four years embedded, newer ones from a folder.
//!
//! Which days are worked is announced year by year in November. Past the last year known nothing is guessed: every question
//! about such a day is answered with [`Uncovered`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::Deserialize;

const EMBEDDED: [(&str, &str); 4] = [
    ("2023.json", include_str!("../../config/calendar/2023.json")),
    ("2024.json", include_str!("../../config/calendar/2024.json")),
    ("2025.json", include_str!("../../config/calendar/2025.json")),
    ("2026.json", include_str!("../../config/calendar/2026.json")),
];

/// Which days are worked, for the years whose notice is known.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    /// Years whose notice has been read.
    years: BTreeSet<i32>,
    /// The days that the notices name: true is off, false a make-up working day. A notice may name days of the December before.
    named: BTreeMap<NaiveDate, bool>,
    /// What is covered without a gap.
    coverage: Option<Coverage>,
    /// Its working days, in order: a period within it is counted by two look-ups, however long it is.
    worked: Vec<NaiveDate>,
}

/// The first and the last day that the calendar can answer for without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The first day.
    pub first: NaiveDate,
    /// The last day. Its own last days may yet be touched by the next year's notice, which comes out in November.
    pub last: NaiveDate,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}

/// A day that the calendar cannot answer for: its year's notice has not been loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the working-day calendar does not cover {day}")]
pub struct Uncovered {
    /// The first day that could not be judged.
    pub day: NaiveDate,
    /// What the calendar does cover; absent for an empty one.
    pub coverage: Option<Coverage>,
}

/// A calendar file that could not be taken; said in Chinese to whoever put it there.
#[derive(Debug, thiserror::Error)]
#[error("日历文件 {} {cause}", path.display())]
pub struct BadCalendar {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub cause: BadCalendarCause,
}

/// Why a calendar file could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum BadCalendarCause {
    /// It could not be read.
    #[error("读不出来（{0}）")]
    Io(#[from] io::Error),
    /// It is not JSON of the format.
    #[error("不是日历文件的格式（{0}）")]
    Json(#[from] serde_json::Error),
    /// It names a day that its year's notice cannot name.
    #[error("是{year}年的，却写了{day}")]
    StrayDay {
        /// The day.
        day: NaiveDate,
        /// The file's year.
        year: i32,
    },
}

#[derive(Deserialize)]
struct YearFile {
    year: i32,
    days: Vec<NamedDay>,
}

#[derive(Deserialize)]
struct NamedDay {
    date: NaiveDate,
    #[serde(rename = "isOffDay")]
    is_off: bool,
}

impl Calendar {
    /// The calendar that ships with the program: 2023 to 2026.
    ///
    /// # Errors
    /// Only if the shipped data were damaged, which a test rules out.
    pub fn embedded() -> Result<Self, BadCalendar> {
        let mut calendar = Self::default();
        for (name, text) in EMBEDDED {
            calendar.add(Path::new(name), text)?;
        }
        Ok(calendar)
    }

    /// Adds the files `*.json` of `folder`; a year given there replaces what was known of it.
    ///
    /// # Errors
    /// The first file that cannot be read or is not in the format; the calendar is then unchanged.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, BadCalendar> {
        let failed = |path: &Path, cause: io::Error| BadCalendar { path: path.to_owned(), cause: cause.into() };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|e| failed(folder, e))? {
            let path = entry.map_err(|e| failed(folder, e))?.path();
            if path.extension().is_some_and(|e| e == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            self.add(&path, &text)?;
        }
        Ok(self)
    }

    /// Adds one year's file. A file without days, as published before the notice is out, leaves its year uncovered.
    ///
    /// # Errors
    /// When `text` is not in the format; `path` is for the error only.
    pub fn add(&mut self, path: &Path, text: &str) -> Result<(), BadCalendar> {
        let bad = |cause| BadCalendar { path: path.to_owned(), cause };
        let file: YearFile = serde_json::from_str(text).map_err(|e| bad(e.into()))?;
        let stray = file.days.iter().find(|day| {
            let late_december = day.date.year() == file.year - 1 && day.date.month() == 12;
            day.date.year() != file.year && !late_december
        });
        if let Some(day) = stray {
            return Err(bad(BadCalendarCause::StrayDay { day: day.date, year: file.year }));
        }
        if file.days.is_empty() {
            return Ok(());
        }
        if self.years.contains(&file.year) {
            self.named.retain(|day, _| day.year() != file.year);
        }
        self.years.insert(file.year);
        self.named.extend(file.days.iter().map(|day| (day.date, day.is_off)));
        self.coverage = self.covered();
        let days = self.coverage.into_iter().flat_map(|known| known.first.iter_days().take_while(move |day| *day <= known.last));
        self.worked = days.filter(|day| self.is_working_day(*day).is_ok_and(|worked| worked)).collect();
        Ok(())
    }

    /// What the calendar covers without a gap, from its first year on; `None` for an empty one.
    pub fn coverage(&self) -> Option<Coverage> {
        self.coverage
    }

    fn covered(&self) -> Option<Coverage> {
        let first = *self.years.first()?;
        let last = (first..).take_while(|year| self.years.contains(year)).last()?;
        Some(Coverage { first: NaiveDate::from_ymd_opt(first, 1, 1)?, last: NaiveDate::from_ymd_opt(last, 12, 31)? })
    }

    /// Whether `day` is worked.
    ///
    /// # Errors
    /// [`Uncovered`] when the notice for its year is not known.
    pub fn is_working_day(&self, day: NaiveDate) -> Result<bool, Uncovered> {
        if let Some(off) = self.named.get(&day) {
            return Ok(!off);
        }
        if !self.years.contains(&day.year()) {
            return Err(self.uncovered(day));
        }
        Ok(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }

    /// The last day of a period of `count` working days that begins with an event on `start`: the day of the event is not counted.
    ///
    /// # Errors
    /// [`Uncovered`] as soon as a day of the period is.
    pub fn plus_working_days(&self, start: NaiveDate, count: u32) -> Result<NaiveDate, Uncovered> {
        if count > 0 && self.covers(start) {
            let end = usize::try_from(count).ok().and_then(|count| self.worked.get(self.worked_to(start) + count - 1));
            if let Some(end) = end {
                return Ok(*end);
            }
        }
        let mut day = start;
        let mut left = count;
        while left > 0 {
            day = self.after(day)?;
            if self.is_working_day(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// The last day of a period of `count` calendar days after `start`: the day of the event is not counted, and a period that would end
    /// on a day off ends on the next working day (民事诉讼法第八十五条).
    ///
    /// # Errors
    /// [`Uncovered`] when the last day is.
    pub fn plus_calendar_days(&self, start: NaiveDate, count: u32) -> Result<NaiveDate, Uncovered> {
        let end = start.checked_add_days(Days::new(count.into())).ok_or_else(|| self.uncovered(start))?;
        self.rolled(end)
    }

    /// `day` itself when it is worked, else the next working day.
    ///
    /// # Errors
    /// [`Uncovered`] when one of the days looked at is.
    pub fn rolled(&self, mut day: NaiveDate) -> Result<NaiveDate, Uncovered> {
        while !self.is_working_day(day)? {
            day = self.after(day)?;
        }
        Ok(day)
    }

    /// How many working days lie after `start`, up to and with `end`; 0 when `end` is not after `start`.
    ///
    /// # Errors
    /// [`Uncovered`] as soon as a day between is.
    pub fn working_days_between(&self, start: NaiveDate, end: NaiveDate) -> Result<u32, Uncovered> {
        if self.covers(start) && self.covers(end) {
            let count = self.worked_to(end).saturating_sub(self.worked_to(start));
            return Ok(u32::try_from(count).unwrap_or(u32::MAX));
        }
        let mut count = 0;
        let mut day = start;
        while day < end {
            day = self.after(day)?;
            count += u32::from(self.is_working_day(day)?);
        }
        Ok(count)
    }

    fn covers(&self, day: NaiveDate) -> bool {
        self.coverage.is_some_and(|known| known.first <= day && day <= known.last)
    }

    /// How many working days of the coverage lie up to and with `day`.
    fn worked_to(&self, day: NaiveDate) -> usize {
        self.worked.partition_point(|worked| *worked <= day)
    }

    fn after(&self, day: NaiveDate) -> Result<NaiveDate, Uncovered> {
        day.succ_opt().ok_or_else(|| self.uncovered(day))
    }

    fn uncovered(&self, day: NaiveDate) -> Uncovered {
        Uncovered { day, coverage: self.coverage() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn calendar() -> Calendar {
        Calendar::embedded().unwrap()
    }

    #[test]
    fn the_deadlines_of_the_domain_reference_come_out() {
        let calendar = calendar();
        for (start, count, end) in [
            ("2022-12-30", 7, "2023-01-11"),
            ("2023-04-01", 7, "2023-04-12"),
            ("2023-04-03", 7, "2023-04-13"),
            ("2023-04-14", 7, "2023-04-24"),
            ("2023-04-21", 7, "2023-05-04"),
            ("2023-04-21", 5, "2023-04-27"),
            ("2023-09-28", 7, "2023-10-13"),
            ("2024-02-08", 7, "2024-02-23"),
            ("2025-01-27", 7, "2025-02-12"),
            ("2026-02-13", 7, "2026-03-02"),
            ("2026-09-30", 20, "2026-11-03"),
        ] {
            assert_eq!(calendar.plus_working_days(day(start), count), Ok(day(end)), "{start} + {count}");
        }
    }

    #[test]
    fn each_year_has_its_count_of_working_days() {
        let calendar = calendar();
        for (year, count) in [(2023, 249), (2024, 251), (2025, 248), (2026, 248)] {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let worked = first.iter_days().take_while(|d| d.year() == year).filter(|d| calendar.is_working_day(*d).unwrap()).count();
            assert_eq!(worked, count, "{year}");
        }
    }

    #[test]
    fn late_december_may_stand_in_the_next_years_file() {
        let calendar = calendar();
        assert_eq!(calendar.is_working_day(day("2022-12-31")), Ok(false));
        assert!(calendar.is_working_day(day("2022-12-30")).is_err());
        // A notice for 2027 that makes a Saturday of December 2026 a working day.
        let mut longer = calendar;
        let text = r#"{"year":2027,"papers":[],"days":[{"name":"元旦","date":"2026-12-26","isOffDay":false},{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
        longer.add(Path::new("2027.json"), text).unwrap();
        assert_eq!(longer.is_working_day(day("2026-12-26")), Ok(true));
        assert_eq!(longer.coverage().unwrap().last, day("2027-12-31"));
    }

    #[test]
    fn nothing_is_computed_past_the_coverage() {
        let calendar = calendar();
        assert_eq!(calendar.coverage(), Some(Coverage { first: day("2023-01-01"), last: day("2026-12-31") }));
        let refused = calendar.plus_working_days(day("2026-12-29"), 7).unwrap_err();
        assert_eq!(refused.day, day("2027-01-01"));
        assert_eq!(refused.coverage, calendar.coverage());
        assert!(calendar.plus_calendar_days(day("2026-12-25"), 15).is_err());
        assert!(calendar.working_days_between(day("2026-12-25"), day("2027-01-04")).is_err());
        assert!(Calendar::default().is_working_day(day("2023-04-03")).is_err());
    }

    #[test]
    fn a_year_whose_notice_is_not_out_is_not_covered() {
        let mut calendar = calendar();
        calendar.add(Path::new("2027.json"), r#"{"year":2027,"papers":[],"days":[]}"#).unwrap();
        assert_eq!(calendar.coverage().unwrap().last, day("2026-12-31"));
    }

    #[test]
    fn a_newer_file_in_a_folder_replaces_its_year() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"year":2026,"papers":["x"],"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true}]}"#;
        fs::write(folder.path().join("2026.json"), text).unwrap();
        fs::write(folder.path().join("readme.txt"), "no calendar").unwrap();
        let calendar = calendar().with_folder(folder.path()).unwrap();
        assert_eq!(calendar.is_working_day(day("2026-02-16")), Ok(true));
        assert_eq!(calendar.is_working_day(day("2025-01-28")), Ok(false));
    }

    #[test]
    fn a_damaged_or_mislabelled_file_is_refused() {
        let mut calendar = calendar();
        for text in [
            "{",
            r#"{"year":2027}"#,
            r#"{"year":2027,"days":[{"date":"2027-02-30","isOffDay":true}]}"#,
            r#"{"year":2027,"days":[{"date":"2025-01-01","isOffDay":true}]}"#,
        ] {
            assert!(calendar.add(Path::new("x.json"), text).is_err(), "{text}");
        }
        assert_eq!(calendar.coverage().unwrap().last, day("2026-12-31"));
    }

    #[test]
    fn a_period_of_calendar_days_rolls_off_a_holiday() {
        let calendar = calendar();
        // 2023-04-14 + 15 is 29 April, the first day of the May holiday, which ends on 3 May.
        assert_eq!(calendar.plus_calendar_days(day("2023-04-14"), 15), Ok(day("2023-05-04")));
        assert_eq!(calendar.plus_calendar_days(day("2023-04-03"), 15), Ok(day("2023-04-18")));
        // 2023-04-23 is a Sunday that is worked.
        assert_eq!(calendar.plus_calendar_days(day("2023-04-08"), 15), Ok(day("2023-04-23")));
    }

    proptest! {
        #[test]
        fn counting_on_and_counting_back_agree(offset in 0u64..1300, count in 0u32..60) {
            let calendar = calendar();
            let start = day("2023-01-01") + Days::new(offset);
            let end = calendar.plus_working_days(start, count).unwrap();
            prop_assert_eq!(calendar.working_days_between(start, end), Ok(count));
            if count > 0 {
                prop_assert!(calendar.is_working_day(end).unwrap());
            }
            prop_assert!(calendar.plus_working_days(start, count + 1).unwrap() > end);
        }

        #[test]
        fn periods_are_those_that_are_counted_day_by_day(offset in 0u64..1600, length in 0u64..1600, count in 1u32..400) {
            // From before what is covered to after it.
            let calendar = calendar();
            let start = day("2022-11-15") + Days::new(offset);
            let end = start + Days::new(length);
            let days = || start.iter_days().skip(1);
            let one_by_one = days().take_while(|d| *d <= end).map(|d| calendar.is_working_day(d)).try_fold(0, |n, worked| Ok(n + u32::from(worked?)));
            prop_assert_eq!(calendar.working_days_between(start, end), one_by_one);
            let mut left = count;
            let reached = days().find_map(|d| match calendar.is_working_day(d) {
                Ok(worked) => { left -= u32::from(worked); (left == 0).then_some(Ok(d)) }
                Err(uncovered) => Some(Err(uncovered)),
            });
            prop_assert_eq!(Some(calendar.plus_working_days(start, count)), reached);
        }

        #[test]
        fn a_rolled_day_is_worked_and_skips_none(offset in 0u64..1440) {
            let calendar = calendar();
            let from = day("2023-01-01") + Days::new(offset);
            let rolled = calendar.rolled(from).unwrap();
            prop_assert!(calendar.is_working_day(rolled).unwrap());
            prop_assert!(from.iter_days().take_while(|d| *d < rolled).all(|d| !calendar.is_working_day(d).unwrap()));
        }
    }
}
