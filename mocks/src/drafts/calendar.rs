//! Working days as the State Council announced them, enough for the dates of sample documents.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Year, month, day.
type Ymd = (i32, u32, u32);

/// First and last day off, from the yearly notices.
const OFF: &[(Ymd, Ymd)] = &[
    ((2022, 12, 31), (2023, 1, 2)),
    ((2023, 1, 21), (2023, 1, 27)),
    ((2023, 4, 5), (2023, 4, 5)),
    ((2023, 4, 29), (2023, 5, 3)),
    ((2023, 6, 22), (2023, 6, 24)),
    ((2023, 9, 29), (2023, 10, 6)),
    ((2024, 1, 1), (2024, 1, 1)),
    ((2024, 2, 10), (2024, 2, 17)),
    ((2024, 4, 4), (2024, 4, 6)),
    ((2024, 5, 1), (2024, 5, 5)),
    ((2024, 6, 10), (2024, 6, 10)),
    ((2024, 9, 15), (2024, 9, 17)),
    ((2024, 10, 1), (2024, 10, 7)),
    ((2025, 1, 1), (2025, 1, 1)),
    ((2025, 1, 28), (2025, 2, 4)),
    ((2025, 4, 4), (2025, 4, 6)),
    ((2025, 5, 1), (2025, 5, 5)),
    ((2025, 5, 31), (2025, 6, 2)),
    ((2025, 10, 1), (2025, 10, 8)),
    ((2026, 1, 1), (2026, 1, 3)),
    ((2026, 2, 15), (2026, 2, 23)),
    ((2026, 4, 4), (2026, 4, 6)),
    ((2026, 5, 1), (2026, 5, 5)),
    ((2026, 6, 19), (2026, 6, 21)),
    ((2026, 9, 25), (2026, 9, 27)),
    ((2026, 10, 1), (2026, 10, 7)),
];

/// Saturdays and Sundays that are worked.
const MADE_UP: &[Ymd] = &[
    (2023, 1, 28),
    (2023, 1, 29),
    (2023, 4, 23),
    (2023, 5, 6),
    (2023, 6, 25),
    (2023, 10, 7),
    (2023, 10, 8),
    (2024, 2, 4),
    (2024, 2, 18),
    (2024, 4, 7),
    (2024, 4, 28),
    (2024, 5, 11),
    (2024, 9, 14),
    (2024, 9, 29),
    (2024, 10, 12),
    (2025, 1, 26),
    (2025, 2, 8),
    (2025, 4, 27),
    (2025, 9, 28),
    (2025, 10, 11),
    (2026, 1, 4),
    (2026, 2, 14),
    (2026, 2, 28),
    (2026, 5, 9),
    (2026, 9, 20),
    (2026, 10, 10),
];

/// Whether offices work on `day`. Outside 2023 to 2026 only Saturdays and Sundays are known.
pub(super) fn is_working(day: NaiveDate) -> bool {
    let key = (day.year(), day.month(), day.day());
    if MADE_UP.contains(&key) {
        return true;
    }
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    !weekend && !OFF.iter().any(|(from, to)| (*from..=*to).contains(&key))
}

/// `day` itself if it is worked, else the last working day before it.
pub(super) fn working_or_before(mut day: NaiveDate) -> NaiveDate {
    while !is_working(day) {
        day = day - Days::new(1);
    }
    day
}

/// `count` working days after `day` (before it, if negative); the day itself does not count.
pub(super) fn shift(mut day: NaiveDate, count: i32) -> NaiveDate {
    let mut left = count.abs();
    while left > 0 {
        day = if count > 0 { day + Days::new(1) } else { day - Days::new(1) };
        if is_working(day) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn terms_of_working_days_end_where_the_reference_table_says() {
        for (event, count, last) in [
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
            assert_eq!(shift(day(event), count), day(last), "{event} + {count}");
        }
        assert_eq!(shift(day("2023-04-13"), -7), day("2023-04-03"));
        assert_eq!(working_or_before(day("2023-04-05")), day("2023-04-04"));
    }
}
