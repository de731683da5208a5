use chrono::{Datelike as _, Days, NaiveDate};

use super::{super::samples, *};
use crate::{calendar::Calendar, document::Lane};
use samples::{at, record};

const HOURS: Hours = Hours { cut_off: Duration::hours(24), target: Duration::hours(20) };

fn standing(record: &Record, now: Timestamp, skew: Option<i64>) -> Standing {
    Deadline::of(record, &HOURS).standing(record, now, skew)
}

/// Midnights that have been got wrong before: year's end, leap day, month's end, a make-up working Sunday, the eve of a holiday.
const MIDNIGHTS: [&str; 6] = ["2023-12-31", "2024-02-29", "2023-04-03", "2023-04-23", "2025-01-27", "2026-12-31"];

#[test]
fn every_minute_of_the_two_days_round_a_midnight_stands_as_the_notice_says() {
    for text in MIDNIGHTS {
        let day: NaiveDate = text.parse().unwrap();
        let noon = Timestamp::start_of(day).plus(Duration::hours(12));
        let open = record(1, noon);
        for minute in 0..2 * 24 * 60 {
            let now = Timestamp::start_of(day).plus(Duration::minutes(minute));
            let left = (24 * 60 - minute) * 60;
            let wanted = match minute {
                0..1_200 => Standing::Open { left_secs: left },
                1_200..1_440 => Standing::PastTarget { left_secs: left },
                _ => Standing::Overdue { late_secs: -left },
            };
            assert_eq!(standing(&open, now, None), wanted, "{now}");
            // The platform's own word decides, minute by minute, by its date alone.
            let entered = samples::entered(record(1, noon), now);
            let said = standing(&entered, now.plus(Duration::days(3)), None);
            assert_eq!(said.missed(), now.beijing_day() != day, "{now}");
            assert!(said.entered() && !said.open());
        }
    }
}

#[test]
fn the_last_second_of_the_day_is_in_time_and_midnight_is_not() {
    let open = record(1, at("2023-04-03 11:00:00"));
    for (moment, late) in [
        ("2023-04-03 23:59:59", None),
        ("2023-04-04 00:00:00", Some(0)),
        ("2023-04-04 00:00:01", Some(1)),
        ("2023-04-07 09:00:00", Some(291_600)),
    ] {
        let wanted = match late {
            None => Standing::OnTime { entered_at: at(moment) },
            Some(late_secs) => Standing::Late { entered_at: at(moment), late_secs },
        };
        let entered = samples::entered(open.clone(), at(moment));
        assert_eq!(standing(&entered, at("2023-04-09 09:00:00"), None), wanted, "{moment}");
    }
}

#[test]
fn of_two_clocks_that_differ_the_stricter_counts_until_the_platform_has_spoken() {
    let open = record(1, at("2023-04-03 11:00:00"));
    // The platform is three minutes ahead: its day is over before ours.
    let ahead = Some(180_000);
    assert_eq!(standing(&open, at("2023-04-03 23:56:59"), ahead), Standing::PastTarget { left_secs: 1 });
    assert_eq!(standing(&open, at("2023-04-03 23:57:00"), ahead), Standing::Overdue { late_secs: 0 });
    // It is three minutes behind: our own day is over, and nobody may lean on the other clock.
    let behind = Some(-180_000);
    assert_eq!(standing(&open, at("2023-04-03 23:59:59"), behind), Standing::PastTarget { left_secs: 1 });
    assert_eq!(standing(&open, at("2023-04-04 00:00:00"), behind), Standing::Overdue { late_secs: 0 });
    // Entered at 23:59 by the platform's clock, two minutes past midnight by ours: in time.
    let entered = samples::entered(open, at("2023-04-03 23:59:00"));
    assert!(matches!(standing(&entered, at("2023-04-04 00:02:00"), behind), Standing::OnTime { .. }));
    for skew in [-7_200_000, -1, 0, 1, 59_000, 7_200_000] {
        for minute in 0..2_880 {
            let now = at("2023-04-03 00:00:00").plus(Duration::minutes(minute));
            assert!(strict_now(now, Some(skew)) >= now && strict_now(now, Some(skew)) >= now.plus(Duration::milliseconds(skew)));
        }
    }
}

#[test]
fn a_draft_that_comes_on_a_later_day_is_late_from_the_start() {
    let deadline = Deadline::of(&record(1, at("2023-04-03 11:00:00")), &HOURS);
    assert!(!deadline.found_late(at("2023-04-03 23:59:59")));
    assert!(deadline.found_late(at("2023-04-04 00:00:00")));
    assert!(deadline.found_late(at("2023-04-21 08:00:00")));
}

#[test]
fn each_kind_has_its_own_day() {
    let (third, fourth) = ("2023-04-03".parse().unwrap(), "2023-04-04".parse().unwrap());
    // An inspection that went on past midnight belongs to the day on which it ended.
    let night = record(1, at("2023-04-04 00:40:00"));
    let deadline = Deadline::of(&night, &HOURS);
    assert_eq!((deadline.day, deadline.runs_from), (fourth, Some(at("2023-04-04 00:40:00"))));
    assert_eq!(deadline.cut_off, at("2023-04-05 00:00:00"));
    let review = samples::of_kind(record(2, at("2023-04-03 11:00:00")), "rectify_review", Lane::Inspection, fourth);
    assert_eq!(Deadline::of(&review, &HOURS).day, fourth);
    let decision = samples::of_kind(record(3, at("2023-04-03 11:00:00")), "penalty_org", Lane::Penalty, fourth);
    assert_eq!((Deadline::of(&decision, &HOURS).day, Deadline::of(&decision, &HOURS).runs_from), (fourth, None));
    // A file that cannot be read belongs to the day on which it came.
    let unreadable = samples::unreadable(record(4, at("2023-04-03 11:00:00")));
    assert_eq!(Deadline::of(&unreadable, &HOURS).day, third);
}

#[test]
fn an_office_whose_day_ends_earlier_is_measured_by_that() {
    let hours = Hours { cut_off: Duration::minutes(17 * 60 + 30), target: Duration::hours(20) };
    let mut early = record(1, at("2023-04-03 11:00:00"));
    early.birth.cut_off = hours.cut_off("2023-04-03".parse().unwrap());
    let deadline = Deadline::of(&early, &hours);
    assert_eq!(deadline.target, deadline.cut_off, "an aim after the end of the day is none");
    assert_eq!(deadline.standing(&early, at("2023-04-03 17:29:59"), None), Standing::Open { left_secs: 1 });
    assert_eq!(deadline.standing(&early, at("2023-04-03 17:30:00"), None), Standing::Overdue { late_secs: 0 });
}

#[test]
fn what_was_replaced_or_put_aside_is_asked_of_no_more() {
    for state in [State::Superseded, State::Ignored] {
        let mut gone = record(1, at("2023-04-03 11:00:00"));
        gone.state = state;
        assert_eq!(standing(&gone, at("2023-04-09 09:00:00"), None), Standing::Dropped);
    }
}

/// Four years, every day: the same-day clock is one of calendar days, worked or not, and needs no calendar; whether the day is worked is
/// a question for the calendar, which refuses where it does not reach.
#[test]
fn every_day_of_four_years_ends_once_and_the_calendar_answers_or_refuses() {
    let calendar = Calendar::embedded().unwrap();
    let mut day: NaiveDate = "2023-01-01".parse().unwrap();
    let mut worked = 0;
    while day.year() < 2027 {
        let open = record(1, Timestamp::start_of(day).plus(Duration::hours(23)));
        let end = Deadline::of(&open, &HOURS).cut_off;
        assert_eq!(end, Timestamp::start_of(day + Days::new(1)), "{day}");
        assert!(standing(&open, end.plus(Duration::milliseconds(-1)), None).open());
        assert!(standing(&open, end, None).missed());
        worked += u32::from(calendar.is_working_day(day).unwrap());
        day = day + Days::new(1);
    }
    assert_eq!(worked, 249 + 251 + 248 + 248);
    assert!(calendar.is_working_day(day).is_err(), "2027 is not announced, and nothing is guessed");
    let late = record(1, at("2027-01-01 10:00:00"));
    assert!(matches!(standing(&late, at("2027-01-01 12:00:00"), None), Standing::Open { .. }), "the day itself still ends at midnight");
}
