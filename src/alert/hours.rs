//! The hours: when only red goes out, when the digest is due, when something is told again. Pure.

use chrono::{Duration, NaiveDate, NaiveTime, Timelike as _};

use super::{Again, Level};
use crate::{calendar::Calendar, config::DayTime, document::Timestamp};

/// The office's hours.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Which days are worked.
    pub calendar: Calendar,
    /// From when on only red goes out.
    pub quiet_from: DayTime,
    /// Until when.
    pub quiet_to: DayTime,
    /// When the digest goes out.
    pub digest: DayTime,
    /// When it is said that all is well.
    pub reassure: Option<DayTime>,
}

/// What the morning's digest told is not told again at nine.
const MORNING: Duration = Duration::hours(2);
/// The times of the table for what is overdue.
const OVERDUE_TIMES: [(u32, u32); 2] = [(8, 30), (14, 0)];

impl Hours {
    /// Whether `day` is worked. A day that no notice covers counts as worked: nothing is held back on a guess.
    fn worked(&self, day: NaiveDate) -> bool {
        self.calendar.is_working_day(day).unwrap_or(true)
    }

    /// Whether only red goes out at `now`: 20:00 to 08:00, and all day when it is not worked.
    pub fn quiet(&self, now: Timestamp) -> bool {
        let day = now.beijing_day();
        let (from, to) = (self.quiet_from.on(day), self.quiet_to.on(day));
        let night = if from > to { now >= from || now < to } else { (from..to).contains(&now) };
        night || !self.worked(day)
    }

    /// Whether something of this level must wait at `now`.
    pub fn holds_back(&self, level: Level, now: Timestamp) -> bool {
        level < Level::Red && self.quiet(now)
    }

    /// The digest's moment on the day of `now`, if that day is worked.
    pub fn digest_today(&self, now: Timestamp) -> Option<Timestamp> {
        let day = now.beijing_day();
        self.worked(day).then(|| self.digest.on(day))
    }

    /// The first moment after `now` at which something goes on that was told `told` for the first time and `last` most recently.
    pub fn again(&self, again: Again, told: Timestamp, last: Timestamp) -> Option<Timestamp> {
        match again {
            Again::Never => None,
            Again::Every(span) => Some(last.plus(span)),
            Again::DailyAtNine => (0..=1).map(|days| at(last.beijing_day() + Duration::days(days), 9, 0)).find(|t| t.since(last) > MORNING),
            Again::Overdue => {
                let early = [30, 120].map(|minutes| told.plus(Duration::minutes(minutes)));
                early.into_iter().find(|t| *t > last).or_else(|| self.next_overdue_time(last))
            }
        }
    }

    /// The next 08:30 or 14:00 of a working day after `last`.
    fn next_overdue_time(&self, last: Timestamp) -> Option<Timestamp> {
        let today = last.beijing_day();
        // The longest holiday with its neighbours has less than two weeks.
        let days = (0..15).map(|n| today + Duration::days(n)).filter(|day| self.worked(*day));
        days.flat_map(|day| OVERDUE_TIMES.map(|(hour, minute)| at(day, hour, minute))).find(|t| *t > last)
    }

    /// Whether the calendar covers today, and in December also the year to come.
    pub fn calendar_lacks(&self, now: Timestamp) -> Option<i32> {
        use chrono::Datelike as _;
        let today = now.beijing_day();
        let lacks = |day: NaiveDate| self.calendar.is_working_day(day).is_err().then(|| day.year());
        let next = NaiveDate::from_ymd_opt(today.year() + 1, 1, 4).filter(|_| today.month() == 12);
        lacks(today).or_else(|| next.and_then(lacks))
    }
}

fn at(day: NaiveDate, hour: u32, minute: u32) -> Timestamp {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    Timestamp::start_of(day).plus(Duration::seconds(i64::from(time.num_seconds_from_midnight())))
}

/// When a robot may be visited from `now` on: never in the minutes around the hour and the half hour, when everybody does (B3).
pub(super) fn beside_the_rush(now: Timestamp) -> Timestamp {
    let minute = now.beijing().minute();
    let wait = match minute {
        0 | 30 => 1,
        29 | 59 => 2,
        _ => return now,
    };
    Timestamp::from_millis(now.millis().div_euclid(60_000) * 60_000).plus(Duration::minutes(wait))
}

/// The Monday of the week of `day`: the duty list goes by weeks.
pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike as _;
    day - Duration::days(i64::from(day.weekday().num_days_from_monday()))
}
