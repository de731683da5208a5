//! Grouping, repeats, escalation, quiet hours, inhibition, flapping, silences.

use chrono::Duration;

use super::{
    super::{NotDone, Silence, Step, Why},
    World, at, document, wrong,
};
use crate::alert::{Condition, Form, Kind, Level};

fn whys(world: &World) -> Vec<Why> {
    world.told.iter().flat_map(|(_, d)| d.episodes.iter().map(|t| t.why)).collect()
}

#[test]
fn what_begins_together_is_told_in_one_message_a_level() {
    let mut world = World::at("2026-11-20T10:00");
    world.wrong = vec![wrong(Kind::Account, Level::Red), wrong(Kind::Store, Level::Red), wrong(Kind::ClockSkew, Level::Yellow)];
    world.until("2026-11-20T10:05");
    assert_eq!(world.told.len(), 2, "{:?}", world.lines());
    assert_eq!(world.told[0].1.episodes.len(), 2);
    assert_eq!(world.told[0].0.since(at("2026-11-20T10:00")), Duration::seconds(40));
}

#[test]
fn what_nobody_claims_goes_to_the_head_and_to_the_leader() {
    let mut world = World::at("2026-11-20T10:00");
    world.wrong = vec![wrong(Kind::Folder, Level::Red)];
    world.until("2026-11-20T14:10");
    insta::assert_snapshot!(world.lines().join("\n"));
}

#[test]
fn a_yellow_one_goes_up_as_well_in_the_hours_of_the_office_and_what_can_wait_does_not() {
    let mut world = World::at("2026-11-20T10:00");
    world.wrong = vec![wrong(Kind::ClockSkew, Level::Yellow)];
    world.until("2026-11-20T11:40");
    let steps: Vec<Step> = world.told.iter().map(|(_, d)| d.step).collect();
    assert_eq!(steps, [Step::Group, Step::Head, Step::Leader], "{:?}", world.lines());
    // Told ten minutes before the quiet hours it goes nowhere before the morning.
    let mut world = World::at("2026-11-19T19:50");
    world.wrong = vec![wrong(Kind::ClockSkew, Level::Yellow)];
    world.until("2026-11-20T07:59");
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    let mut world = World::at("2026-11-20T08:00");
    world.wrong = vec![Condition { can_wait: true, ..wrong(Kind::Reminder, Level::Yellow) }];
    world.until("2026-11-20T17:00");
    assert_eq!(world.lines().len(), 1, "{:?}", world.lines());
}

#[test]
fn a_claim_stops_repeats_and_escalation_for_two_hours() {
    let mut world = World::at("2026-11-20T10:00");
    world.wrong = vec![wrong(Kind::Platform, Level::Orange)];
    world.until("2026-11-20T10:10");
    let id = world.told[0].1.episodes[0].id.clone();
    world.ledger.claim(&id, "王工", world.now).unwrap();
    world.until("2026-11-20T12:09");
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    world.until("2026-11-20T12:12");
    assert_eq!(whys(&world), [Why::Begun, Why::Again], "the claim is over");
    world.until("2026-11-20T12:45");
    assert_eq!(world.told.last().unwrap().1.step, Step::Head);
    assert_eq!(world.ledger.claim("A-0101-01", "王工", world.now), Err(NotDone::NoSuch));
}

#[test]
fn overdue_is_repeated_on_working_days_only_across_the_national_holiday() {
    let mut world = World::at("2026-09-30T17:00");
    let end = at("2026-10-09T00:00");
    while world.now < end {
        world.wrong = document("甲", "2026-09-30T17:30", "2026-09-30T17:10", world.now).into_iter().collect();
        world.look();
        world.now = world.now.plus(Duration::seconds(20));
    }
    insta::assert_snapshot!(world.lines().join("\n"));
}

#[test]
fn in_the_quiet_hours_only_red_goes_out_and_the_rest_waits_for_the_morning() {
    // A Friday evening; Monday is worked.
    let mut world = World::at("2026-11-20T21:00");
    world.wrong = vec![wrong(Kind::Platform, Level::Orange), wrong(Kind::Folder, Level::Red), wrong(Kind::Backup, Level::Yellow)];
    world.until("2026-11-20T21:10");
    assert_eq!(world.told.len(), 1);
    // The backup is made before anybody heard of it.
    world.wrong.pop();
    world.until("2026-11-23T08:29");
    assert!(world.told.iter().all(|(_, d)| d.level == Level::Red), "{:?}", world.lines());
    world.until("2026-11-23T08:31");
    let (when, digest) = world.told.iter().find(|(_, d)| d.form == Form::Digest).unwrap();
    assert_eq!((*when, digest.episodes.len(), digest.episodes[0].why), (at("2026-11-23T08:30"), 1, Why::Begun));
}

#[test]
fn a_make_up_working_saturday_is_no_quiet_day_and_a_holiday_monday_is() {
    // 2026-02-14 is worked for the Spring Festival, 2026-02-16 is off.
    for (day, heard) in [("2026-02-14", true), ("2026-02-16", false)] {
        let mut world = World::at(&format!("{day}T10:00"));
        world.wrong = vec![wrong(Kind::ClockSkew, Level::Yellow)];
        world.until(&format!("{day}T11:00"));
        assert_eq!(!world.told.is_empty(), heard, "{day}");
    }
}

#[test]
fn a_platform_that_is_down_hides_doubt_and_nothing_hides_what_is_overdue() {
    let mut world = World::at("2026-11-20T17:25");
    let end = at("2026-11-20T17:40");
    while world.now < end {
        world.wrong = vec![wrong(Kind::Platform, Level::Red), wrong(Kind::InDoubt, Level::Orange)];
        world.wrong.extend(document("甲", "2026-11-20T17:30", "2026-11-20T10:00", world.now));
        world.look();
        world.now = world.now.plus(Duration::seconds(20));
    }
    let kinds: Vec<Kind> =
        world.told.iter().flat_map(|(_, d)| &d.episodes).map(|t| world.ledger.episode(&t.id).unwrap().key.kind).collect();
    assert!(!kinds.contains(&Kind::InDoubt) && kinds.contains(&Kind::Overdue) && kinds.contains(&Kind::Deadline), "{kinds:?}");
    world.wrong = vec![wrong(Kind::InDoubt, Level::Orange)];
    for n in 0..3 {
        // Three good answers end the outage.
        let seen = crate::alert::Observation {
            conditions: world.wrong.clone(),
            looked: [(Kind::Platform, world.now)].into(),
            ..Default::default()
        };
        assert!(world.ledger.open.keys().any(|k| k.kind == Kind::Platform), "after {n} answers");
        let now = world.now;
        drop(world.ledger.look(&seen, now, now, &world.hours.clone()));
        world.now = now.plus(Duration::seconds(1));
    }
    assert!(!world.ledger.open.keys().any(|k| k.kind == Kind::Platform));
    world.until("2026-11-20T17:45");
    let last = &world.told.iter().flat_map(|(_, d)| &d.episodes).rfind(|t| t.why == Why::Begun).unwrap().id;
    assert_eq!(world.ledger.episode(last).unwrap().key.kind, Kind::InDoubt, "what was hidden is told when the reason for it is gone");
}

#[test]
fn what_keeps_coming_back_is_told_once_as_such() {
    let mut world = World::at("2026-11-20T10:00");
    for minute in (0..60).step_by(10) {
        world.wrong = vec![wrong(Kind::Stalled, Level::Red)];
        world.until(&format!("2026-11-20T10:{:02}", minute + 5));
        world.wrong.clear();
        if minute < 50 {
            world.until(&format!("2026-11-20T10:{:02}", minute + 10));
        }
    }
    world.until("2026-11-20T12:30");
    insta::assert_snapshot!(world.lines().join("\n"));
}

#[test]
fn a_resolution_is_told_only_to_those_who_heard_of_it() {
    let mut world = World::at("2026-11-20T10:00");
    world.delivers = false;
    world.wrong = vec![wrong(Kind::Account, Level::Red)];
    world.until("2026-11-20T10:10");
    world.wrong.clear();
    world.until("2026-11-20T10:20");
    assert_eq!(whys(&world), [Why::Begun]);
    // A letter that was under way arrives after all.
    let id = world.told[0].1.episodes[0].id.clone();
    let (now, hours) = (world.now, world.hours.clone());
    world.ledger.delivered(&[id], now, &hours);
    world.until("2026-11-20T10:25");
    assert_eq!(whys(&world), [Why::Begun, Why::Resolved]);
}

/// A letter about something that looks ahead to 17:30 arrives at 17:40, over since `ended`: what is told then.
fn told_after_a_late_letter(kind: Kind, ended: &str) -> Vec<Why> {
    let mut world = World::at("2026-11-20T17:20");
    world.delivers = false;
    let ahead = wrong(kind, Level::Red).before(at("2026-11-20T17:30"));
    world.wrong = vec![if kind == Kind::Deadline { ahead.since(at("2026-11-20T10:00")) } else { ahead }];
    world.until(ended);
    assert_eq!(world.told.len(), 1, "{kind:?}: {:?}", world.lines());
    let id = world.told[0].1.episodes[0].id.clone();
    world.wrong.clear();
    world.restarts = true;
    world.until("2026-11-20T17:40");
    let (now, hours) = (world.now, world.hours.clone());
    world.ledger.delivered(&[id], now, &hours);
    // The morning's digest has nothing to add.
    world.until("2026-11-23T09:00");
    whys(&world).split_off(1)
}

#[test]
fn a_letter_that_arrives_after_the_cut_off_is_not_followed_by_the_word_that_all_is_well() {
    for kind in [Kind::Deadline, Kind::Forecast, Kind::Absent] {
        assert_eq!(told_after_a_late_letter(kind, "2026-11-20T17:30"), [], "{kind:?}: the cut-off ended it");
        assert_eq!(told_after_a_late_letter(kind, "2026-11-20T17:25"), [Why::Resolved], "{kind:?}: it was well in time");
    }
    assert_eq!(told_after_a_late_letter(Kind::Platform, "2026-11-20T17:30"), [Why::Resolved], "that looks ahead to nothing");
}

#[test]
fn a_cut_off_in_the_quiet_hours_leaves_no_word_for_the_morning_that_all_is_well() {
    let mut world = World::at("2026-11-19T18:00");
    let ahead = |level| vec![wrong(Kind::Forecast, level).before(at("2026-11-19T21:00"))];
    world.wrong = ahead(Level::Yellow);
    world.until("2026-11-19T20:10");
    // It rises when only red goes out, and waits for the morning; then the cut-off passes.
    world.wrong = ahead(Level::Orange);
    world.until("2026-11-19T20:59");
    world.wrong.clear();
    world.now = at("2026-11-19T21:00");
    world.until("2026-11-20T09:00");
    assert!(whys(&world).contains(&Why::Begun) && !whys(&world).contains(&Why::Resolved), "{:?}", world.lines());
}

#[test]
fn what_could_not_be_looked_at_is_not_over() {
    let mut world = World::at("2026-11-20T10:00");
    world.wrong = vec![wrong(Kind::Overdue, Level::Red)];
    world.until("2026-11-20T10:01");
    world.wrong.clear();
    world.unseen = [Kind::Overdue].into();
    world.until("2026-11-20T10:20");
    assert!(world.ledger.open.keys().any(|k| k.kind == Kind::Overdue));
}

#[test]
fn a_silence_needs_a_reason_and_an_end_and_overdue_is_never_silent_beyond_the_day() {
    let mut world = World::at("2026-11-20T10:00");
    let silence = |kind, until, why: &str| Silence {
        kind,
        scope: None,
        at: at("2026-11-20T10:00"),
        until: at(until),
        why: why.into(),
        by: "王工".into(),
    };
    assert_eq!(world.ledger.silence(silence(Kind::Folder, "2026-11-20T12:00", " ")), Err(NotDone::NoReason));
    assert_eq!(world.ledger.silence(silence(Kind::Folder, "2026-11-20T10:00", "维护")), Err(NotDone::Past));
    assert_eq!(world.ledger.silence(silence(Kind::Overdue, "2026-11-21T00:30", "维护")), Err(NotDone::Overdue));
    world.ledger.silence(silence(Kind::Folder, "2026-11-20T12:00", "维护")).unwrap();
    world.ledger.silence(silence(Kind::Overdue, "2026-11-21T00:00", "平台已通知")).unwrap();
    world.wrong = vec![wrong(Kind::Folder, Level::Red), wrong(Kind::Overdue, Level::Red)];
    world.until("2026-11-20T11:59");
    assert_eq!(world.told, []);
    world.until("2026-11-20T12:01");
    assert_eq!(world.told.len(), 1);
    world.until("2026-11-20T23:59");
    let overdue = |world: &World| world.ledger.open.values().find(|e| e.key.kind == Kind::Overdue).unwrap().told;
    assert_eq!(overdue(&world), None);
    world.until("2026-11-21T00:01");
    assert!(overdue(&world).is_some(), "the day is over");
}

#[test]
fn that_all_is_well_is_said_once_a_day_holidays_included_and_made_up_for() {
    let mut world = World::at("2026-09-29T12:00");
    world.hours.reassure = crate::config::DayTime::parse("17:40");
    world.until("2026-10-04T12:00");
    // The program does not run at 17:40 of the fourth.
    world.now = at("2026-10-04T19:00");
    world.restarts = true;
    world.until("2026-10-05T12:00");
    let times: Vec<_> = world.told.iter().map(|(at, d)| (at.beijing().format("%m-%d %H:%M").to_string(), d.form)).collect();
    let expected = ["09-29 17:40", "09-30 17:40", "10-01 17:40", "10-02 17:40", "10-03 17:40", "10-04 19:00"];
    assert_eq!(times, expected.map(|time| (time.to_owned(), Form::Reassure)));
}

#[test]
fn a_storm_of_five_thousand_is_one_message_and_late_comers_wait_five_minutes() {
    let mut world = World::at("2026-11-20T17:40");
    let overdue = |n: usize| document(&format!("文书{n}"), "2026-11-20T17:30", "2026-11-20T10:00", at("2026-11-20T17:40")).unwrap();
    world.wrong = (0..5_000).map(overdue).collect();
    world.until("2026-11-20T17:41");
    assert_eq!(world.told.len(), 1);
    for n in 5_000..5_006 {
        world.wrong.push(overdue(n));
        world.look();
        world.now = world.now.plus(Duration::seconds(40));
    }
    assert_eq!(world.told.len(), 1, "{:?}", world.lines());
    world.until("2026-11-20T17:50");
    assert_eq!(whys(&world), [Why::Begun, Why::Joined]);
}

#[test]
fn a_year_of_looks_passes_in_a_moment_and_nothing_grows() {
    let mut world = World::at("2026-01-01T00:00");
    let end = at("2027-01-01T00:00");
    let mut hour = 0;
    while world.now < end {
        world.wrong = if hour % 7 == 0 { vec![wrong(Kind::ClockSkew, Level::Yellow), wrong(Kind::Folder, Level::Red)] } else { Vec::new() };
        for _ in 0..4 {
            world.look();
            world.now = world.now.plus(Duration::minutes(15));
        }
        hour += 1;
    }
    assert!(world.ledger.past.len() <= super::super::PAST);
    assert!(serde_json::to_string(&world.ledger.rest).unwrap().len() < 4_000);
}
