//! The days of a run, cut into windows that overlap when they are read.

use chrono::{Days, Duration, NaiveDate};

use crate::publication::Row;

/// How many days of decisions one window is about.
const WIDTH: u64 = 31;
/// How many days more are read on either side: a notice may bear a day that is off by a few.
const OVERLAP: u64 = 3;
/// How far back anything can still be public: three years, and a little.
pub(super) const LONGEST: Duration = Duration::days(3 * 366 + 31);

/// The days of decision that one reading is about, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

impl Window {
    /// The days that are read.
    pub(super) fn wide(self) -> (NaiveDate, NaiveDate) {
        let from = self.from.checked_sub_days(Days::new(OVERLAP)).unwrap_or(self.from);
        (from, self.to.checked_add_days(Days::new(OVERLAP)).unwrap_or(self.to))
    }

    /// Whether it is about `day`.
    pub(super) fn holds(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }

    /// Whether a row that nobody waits for is this window's to tell of: its day lies in it, or it shows none that can be read.
    pub(super) fn holds_row(self, row: &Row) -> bool {
        row.decided().is_none_or(|day| self.holds(day))
    }
}

/// The windows from `first` to `last`, in order, without a gap; none when `first` is later.
pub(super) fn of(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = Window> {
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let from = next.filter(|from| *from <= last)?;
        let to = from.checked_add_days(Days::new(WIDTH - 1)).map_or(last, |to| to.min(last));
        next = to.succ_opt();
        Some(Window { from, to })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn windows_leave_no_day_out_and_none_twice() {
        let windows: Vec<_> = of(day("2023-01-01"), day("2023-03-05")).collect();
        assert_eq!(windows.len(), 3);
        assert_eq!((windows[0].from, windows[0].to, windows[1].from), (day("2023-01-01"), day("2023-01-31"), day("2023-02-01")));
        assert_eq!(windows[2].to, day("2023-03-05"));
        assert_eq!(windows[1].wide(), (day("2023-01-29"), day("2023-03-06")));
        assert_eq!(of(day("2023-03-05"), day("2023-03-05")).count(), 1);
        assert_eq!(of(day("2023-03-06"), day("2023-03-05")).count(), 0);
    }
}
