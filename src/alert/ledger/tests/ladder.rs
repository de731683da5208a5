//! The ladder before a cut-off, and what comes after it.

use chrono::Duration;
use proptest::prelude::*;

use super::{
    super::{Rung, Why},
    World, at, document,
};
use crate::{alert::Kind, document::Timestamp};

/// The world goes on with one document that is never entered.
fn live(world: &mut World, cut_off: &str, seen: &str, end: &str) {
    let end = at(end);
    while world.now <= end {
        world.wrong = document("甲", cut_off, seen, world.now).into_iter().collect();
        world.look();
        world.now = world.now.plus(Duration::seconds(20));
    }
}

#[test]
fn a_document_that_is_never_entered_climbs_the_ladder_and_is_then_overdue_for_days() {
    let mut world = World::at("2026-11-20T09:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-24T15:00");
    insta::assert_snapshot!(world.lines().join("\n"));
}

#[test]
fn before_a_cut_off_at_midnight_every_rung_is_red_and_goes_out_in_the_quiet_hours() {
    let mut world = World::at("2026-11-20T16:00");
    live(&mut world, "2026-11-21T00:00", "2026-11-20T16:00", "2026-11-21T03:00");
    insta::assert_snapshot!(world.lines().join("\n"));
}

#[test]
fn overdue_is_told_within_a_minute_of_every_cut_off_of_a_year() {
    // 31 December, the leap day and make-up working days among them.
    let mut day = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    while day.to_string().as_str() < "2025-01-02" {
        let mut world = World::at(&format!("{day}T23:58"));
        let cut_off = (day + chrono::Days::new(1)).to_string() + "T00:00";
        let end = (day + chrono::Days::new(1)).to_string() + "T00:02";
        live(&mut world, &cut_off, &format!("{day}T23:50"), &end);
        let overdue = world.told.iter().find(|(_, d)| d.episodes.iter().any(|t| t.why == Why::Begun)).unwrap();
        assert!(overdue.0.since(at(&cut_off)) <= Duration::minutes(1), "{day}");
        day = day + chrono::Days::new(1);
    }
}

#[test]
fn a_document_that_came_after_a_rung_is_told_at_the_next_one() {
    let mut world = World::at("2026-11-20T14:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T14:00", "2026-11-20T16:00");
    let whys: Vec<_> = world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect();
    assert_eq!(whys, [Why::Rung(Rung::TwoHours)]);
}

#[test]
fn a_claim_stops_the_rungs_but_the_last() {
    let mut world = World::at("2026-11-20T13:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T13:45");
    let id = world.told[0].1.episodes[0].id.clone();
    world.ledger.claim(&id, "王工", world.now).unwrap();
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T15:44");
    assert_eq!(world.told.len(), 1, "the second rung is stopped");
    world.ledger.claim(&id, "王工", world.now).unwrap();
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T17:20");
    let whys: Vec<_> = world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect();
    assert_eq!(whys, [Why::Rung(Rung::FourHours), Why::Rung(Rung::HalfHour)]);
}

#[test]
fn when_all_are_entered_in_time_it_is_over_and_when_the_cut_off_passes_it_is_not() {
    let mut world = World::at("2026-11-20T13:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T15:00");
    world.wrong.clear();
    world.until("2026-11-20T15:30");
    assert_eq!(world.told.last().unwrap().1.episodes[0].why, Why::Resolved);
    let mut world = World::at("2026-11-20T17:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T17:40");
    assert!(world.told.iter().all(|(_, d)| d.episodes.iter().all(|t| t.why != Why::Resolved)), "{:?}", world.lines());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the clock does, and however often the program is started again: each rung that it did not jump over once, and overdue once.
    #[test]
    fn each_rung_is_told_once_and_only_once_under_clock_jumps_and_restarts(
        jumps in proptest::collection::vec((0_i64..60 * 9, -240_i64..240), 0..6), restarts: bool,
    ) {
        let mut world = World::at("2026-11-20T09:00");
        world.restarts = restarts;
        let (cut_off, seen) = ("2026-11-20T17:30", "2026-11-20T09:30");
        let (mut steps, mut left): (i64, Vec<_>) = (0, jumps);
        // The rungs that came by the clock's own pace, and when; and when it jumped.
        let (mut highest, mut came, mut jumped): (Timestamp, Vec<(Rung, i64)>, Vec<i64>) = (world.now, Vec::new(), Vec::new());
        // Nine hours of true time, whatever the clock shows; then at least to ten minutes past the cut-off.
        while steps < 9 * 180 || world.now < at("2026-11-20T17:40") {
            if let Some(place) = left.iter().position(|(minute, _)| minute * 3 <= steps) {
                let (_, by) = left.swap_remove(place);
                world.now = world.now.plus(Duration::minutes(by)).max(at("2026-11-20T09:00"));
                jumped.push(steps);
            }
            let reached = |rung: &Rung| (highest..world.now).contains(&at(cut_off).plus(-rung.before() + Duration::milliseconds(-1)));
            came.extend(Rung::ALL.into_iter().filter(reached).map(|rung| (rung, steps)));
            highest = highest.max(world.now);
            world.wrong = document("甲", cut_off, seen, world.now).into_iter().collect();
            world.look();
            world.now = world.now.plus(Duration::seconds(20));
            steps += 1;
        }
        let told: Vec<Why> = world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect();
        for rung in Rung::ALL {
            prop_assert!(told.iter().filter(|why| **why == Why::Rung(rung)).count() <= 1, "{:?}", world.lines());
        }
        // A jump at that moment, or in the minute in which news waits for company, may take a rung away.
        for (rung, step) in came.into_iter().filter(|(_, step)| !jumped.iter().any(|jump| (*step..step + 4).contains(jump))) {
            prop_assert!(told.contains(&Why::Rung(rung)), "{rung:?} at step {step}, jumps at {jumped:?}: {:?}", world.lines());
        }
        let is_overdue = |id: &str| world.ledger.episode(id).is_some_and(|e| e.key.kind == Kind::Overdue);
        let overdue: Vec<Why> =
            world.told.iter().flat_map(|(_, d)| &d.episodes).filter(|t| is_overdue(&t.id)).map(|t| t.why).collect();
        prop_assert_eq!(overdue.iter().filter(|why| **why == Why::Begun).count(), 1, "{:?}", world.lines());
        prop_assert!(!told.contains(&Why::Resolved), "a clock that is set back enters nothing: {:?}", world.lines());
        prop_assert!(world.ledger.open.keys().any(|key| key.kind == Kind::Overdue));
    }
}

#[test]
fn the_nearest_rung_that_has_come_is_told_after_a_night_without_the_program() {
    let mut world = World::at("2026-11-20T12:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T12:10");
    world.now = at("2026-11-20T16:00");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T10:00", "2026-11-20T16:10");
    let whys: Vec<_> = world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect();
    assert_eq!(whys, [Why::Rung(Rung::TwoHours)], "one message, not two");
}

/// Days whose ends have been got wrong before: year's end twice, the leap day, make-up working days, the eves of holidays.
const ENDS: [&str; 6] = ["2023-12-31", "2024-02-29", "2024-02-04", "2023-04-23", "2025-01-27", "2026-12-31"];

/// A whole evening and the day after it, every minute of them looked at three times, and the program started again at every look.
fn evening(day: &str) -> World {
    let next = |days| (day.parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(days)).to_string();
    let mut world = World::at(&format!("{day}T19:00"));
    world.restarts = true;
    live(&mut world, &(next(1) + "T00:00"), &format!("{day}T19:10"), &(next(1) + "T14:10"));
    world
}

#[test]
fn each_rung_comes_once_before_every_midnight_that_matters_and_overdue_once_after_it() {
    for day in ENDS {
        let world = evening(day);
        let times = |wanted: Why| -> Vec<Timestamp> {
            world.told.iter().filter(|(_, d)| d.episodes.iter().any(|t| t.why == wanted)).map(|(at, _)| *at).collect()
        };
        let midnight = at(&format!("{day}T23:59")).plus(Duration::minutes(1));
        for rung in Rung::ALL {
            let told = times(Why::Rung(rung));
            assert_eq!(told.len(), 1, "{day} {rung:?}: {:?}", world.lines());
            let late = told[0].since(midnight.plus(-rung.before()));
            assert!((Duration::zero()..=Duration::minutes(1)).contains(&late), "{day} {rung:?}: {late}");
        }
        let overdue = times(Why::Begun);
        assert_eq!(overdue.len(), 1, "{day}: {:?}", world.lines());
        assert!((Duration::zero()..=Duration::minutes(1)).contains(&overdue[0].since(midnight)), "{day}: {:?}", world.lines());
        // Half an hour, two hours, and then only at the times of worked days.
        let again: Vec<_> = times(Why::Again).iter().map(|at| at.since(midnight).num_minutes()).collect();
        assert_eq!(again[..2], [30, 120], "{day}: {:?}", world.lines());
        for minutes in &again[2..] {
            let moment = midnight.plus(Duration::minutes(*minutes));
            assert!(!world.hours.quiet(moment), "{day}: {moment} is not worked");
            assert!(["08:30", "14:00"].contains(&&*moment.beijing().format("%H:%M").to_string()), "{day}: {moment}");
        }
    }
}

#[test]
fn a_month_of_evenings_tells_each_rung_once_an_evening_and_nothing_between() {
    let mut day = chrono::NaiveDate::from_ymd_opt(2023, 4, 1).unwrap();
    let mut world = World::at("2023-04-01T00:00");
    while day < chrono::NaiveDate::from_ymd_opt(2023, 5, 4).unwrap() {
        let next = (day + chrono::Days::new(1)).to_string() + "T00:00";
        world.now = at(&format!("{day}T19:50"));
        live(&mut world, &next, &format!("{day}T19:00"), &format!("{day}T23:58"));
        // It is entered two minutes before midnight.
        world.wrong.clear();
        world.until(&next);
        day = day + chrono::Days::new(1);
    }
    let whys: Vec<Why> = world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect();
    for rung in Rung::ALL {
        assert_eq!(whys.iter().filter(|why| **why == Why::Rung(rung)).count(), 33, "{rung:?}");
    }
    assert_eq!(whys.iter().filter(|why| **why == Why::Resolved).count(), 33);
    assert!(!whys.contains(&Why::Begun) && !world.ledger.open.keys().any(|key| key.kind == Kind::Overdue), "nothing was late");
}

#[test]
fn in_a_year_that_no_notice_covers_nothing_is_held_back_on_a_guess() {
    // 2027 is not announced: whether New Year's Day is worked is not known here.
    let world = evening("2027-01-01");
    let overdue = world.told.iter().filter(|(_, d)| d.episodes.iter().any(|t| t.why == Why::Begun)).count();
    assert_eq!(overdue, 1, "{:?}", world.lines());
    assert_eq!(world.hours.calendar_lacks(at("2027-01-01T10:00")), Some(2027));
    assert_eq!(world.hours.calendar_lacks(at("2026-12-01T10:00")), Some(2027), "and it is said in December");
    assert_eq!(world.hours.calendar_lacks(at("2026-11-30T10:00")), None);
}

#[test]
fn a_clock_set_back_to_before_the_ladder_tells_of_nothing_that_is_over() {
    // Told at T−4 h; then the clock is set back by five hours, and comes to the same moment again.
    let mut world = World::at("2026-11-20T13:20");
    live(&mut world, "2026-11-20T17:30", "2026-11-20T08:00", "2026-11-20T13:35");
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    world.now = at("2026-11-20T08:35");
    world.restarts = true;
    live(&mut world, "2026-11-20T17:30", "2026-11-20T08:00", "2026-11-20T13:40");
    assert_eq!(world.told.len(), 1, "it was entered nowhere: {:?}", world.lines());
    // What is entered meanwhile is told of once the clock no longer is the excuse.
    world.now = at("2026-11-20T08:35");
    world.wrong.clear();
    world.until("2026-11-20T13:29");
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    world.until("2026-11-20T13:40");
    assert_eq!(world.told.last().unwrap().1.episodes[0].why, Why::Resolved, "{:?}", world.lines());
}

#[test]
fn planned_visits_without_a_record_are_not_there_because_the_clock_was_set_back_to_before_they_are_asked_for() {
    let mut world = World::at("2026-11-20T20:00");
    world.wrong = vec![super::wrong(Kind::Absent, crate::alert::Level::Red).before(at("2026-11-21T00:00"))];
    world.until("2026-11-20T20:02");
    world.now = at("2026-11-20T19:00");
    world.wrong.clear();
    world.until("2026-11-20T20:00");
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    world.until("2026-11-20T20:05");
    assert_eq!(world.told.last().unwrap().1.episodes[0].why, Why::Resolved, "{:?}", world.lines());
}
