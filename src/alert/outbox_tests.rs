//! When letters go: the channel's limit, the rush, a robot's block, and the way to the next channel.

use super::*;
use crate::config::{Robot, RobotMake, SecretRef};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-23T{text}+08:00")).unwrap()
}

fn robot(name: &str, turn: Turn) -> Channel {
    let robot = Robot {
        make: RobotMake::WeCom,
        base: "http://127.0.0.1:9".into(),
        key: SecretRef::File("key".into()),
        sign: None,
        keyword: String::new(),
        ca_file: None,
    };
    Channel { name: name.into(), turn, least: Least::Everything, means: Means::Robot(robot) }
}

fn alert(level: Level, n: usize) -> Dispatch {
    let episodes = vec![Told { id: format!("A-1123-{n:02}"), why: crate::alert::Why::Begun }];
    Dispatch { form: Form::Alert, level, step: Step::Group, episodes }
}

/// The robot's answer when it is visited too often (130101): nothing for ten minutes.
fn too_fast() -> Refused {
    Refused { title: "x".into(), said: "130101 发送过快".into(), not_before: Some(Duration::minutes(10)) }
}

fn broken() -> Refused {
    Refused { title: "x".into(), said: "连不上".into(), not_before: None }
}

/// Sends whatever may go at `now`, with this answer; how many went.
fn sent(outbox: &mut Outbox, channels: &[Channel], now: Timestamp, answer: &Result<String, Refused>) -> Vec<String> {
    let due = outbox.take_due(channels, now);
    for letter in &due {
        outbox.settle(letter.no, answer.clone(), now);
    }
    due.into_iter().map(|letter| letter.channel).collect()
}

#[test]
fn the_eleventh_letter_of_a_minute_waits_until_the_first_is_a_minute_old() {
    let (channels, mut outbox) = ([robot("群", Turn::Group)], Outbox::default());
    let taken = Ok("x".to_owned());
    for n in 0..10 {
        let now = at(&format!("10:10:{n:02}"));
        outbox.post(&alert(Level::Red, n), None, &channels, &[], now);
        assert_eq!(sent(&mut outbox, &channels, now, &taken).len(), 1, "{n}");
    }
    outbox.post(&alert(Level::Red, 10), None, &channels, &[], at("10:10:20"));
    assert_eq!(sent(&mut outbox, &channels, at("10:10:20"), &taken).len(), 0);
    assert_eq!(outbox.next_due(&channels, at("10:10:20")), Some(at("10:11:00")));
    assert_eq!(sent(&mut outbox, &channels, at("10:10:59"), &taken).len(), 0);
    assert_eq!(sent(&mut outbox, &channels, at("10:11:00"), &taken).len(), 1);
}

#[test]
fn around_the_hour_and_the_half_hour_only_red_is_sent_to_a_robot() {
    let channels = [robot("群", Turn::Group)];
    for (now, free) in [("10:29:10", "10:31:00"), ("10:30:00", "10:31:00"), ("10:59:59", "11:01:00"), ("11:00:30", "11:01:00")] {
        let mut outbox = Outbox::default();
        outbox.post(&alert(Level::Orange, 1), None, &channels, &[], at(now));
        assert_eq!(outbox.next_due(&channels, at(now)), Some(at(free)), "{now}");
        outbox.post(&alert(Level::Red, 2), None, &channels, &[], at(now));
        assert_eq!(outbox.next_due(&channels, at(now)), Some(at(now)), "{now}: red does not wait");
    }
    let mut outbox = Outbox::default();
    outbox.post(&alert(Level::Orange, 1), None, &channels, &[], at("10:31:00"));
    assert_eq!(outbox.next_due(&channels, at("10:31:00")), Some(at("10:31:00")));
}

#[test]
fn the_end_of_a_limit_that_falls_into_the_rush_is_put_beside_it_too() {
    let (channels, mut outbox) = ([robot("群", Turn::Group)], Outbox::default());
    for n in 0..10 {
        outbox.post(&alert(Level::Red, n), None, &channels, &[], at("10:28:30"));
        assert_eq!(sent(&mut outbox, &channels, at("10:28:30"), &Ok("x".into())).len(), 1);
    }
    outbox.post(&alert(Level::Orange, 11), None, &channels, &[], at("10:28:40"));
    assert_eq!(outbox.next_due(&channels, at("10:28:40")), Some(at("10:31:00")));
}

#[test]
fn a_robot_that_was_visited_too_often_is_left_alone_by_new_letters_too() {
    let (channels, mut outbox) = ([robot("群", Turn::Group)], Outbox::default());
    outbox.post(&alert(Level::Red, 1), None, &channels, &[], at("10:10:00"));
    assert_eq!(sent(&mut outbox, &channels, at("10:10:00"), &Err(too_fast())).len(), 1);
    // The program is started again: the block is written down with the channel.
    outbox.health = serde_json::from_str(&serde_json::to_string(&outbox.health).unwrap()).unwrap();
    for (n, level) in [(2, Level::Orange), (3, Level::Red)] {
        outbox.post(&alert(level, n), None, &channels, &[], at("10:11:00"));
    }
    assert_eq!(outbox.next_due(&channels, at("10:11:00")), Some(at("10:20:00")));
    assert_eq!(sent(&mut outbox, &channels, at("10:19:59"), &Ok("x".into())), Vec::<String>::new());
    assert_eq!(sent(&mut outbox, &channels, at("10:20:00"), &Ok("x".into())).len(), 1);
    assert_eq!(outbox.health["群"].not_before, None, "what it took ends the block");
}

#[test]
fn a_trial_does_not_wait_for_the_end_of_a_block_and_a_clock_that_is_set_back_ends_it() {
    let (channels, mut outbox) = ([robot("群", Turn::Group)], Outbox::default());
    outbox.post(&alert(Level::Red, 1), None, &channels, &[], at("10:10:00"));
    sent(&mut outbox, &channels, at("10:10:00"), &Err(too_fast()));
    assert_eq!(outbox.next_due(&channels, at("08:10:00")), Some(at("08:10:00")), "the clock is two hours back");
    outbox.try_out(&channels[0], at("10:12:00"));
    assert_eq!(outbox.next_due(&channels, at("10:12:00")), Some(at("10:12:00")), "somebody waits for it");
}

#[test]
fn what_waits_for_a_blocked_robot_goes_to_the_next_channel_after_two_minutes() {
    let (channels, mut outbox) = ([robot("群", Turn::Group), robot("备用", Turn::Spare)], Outbox::default());
    outbox.post(&alert(Level::Red, 1), None, &channels, &[], at("10:10:00"));
    sent(&mut outbox, &channels, at("10:10:00"), &Err(too_fast()));
    outbox.letters.clear();
    outbox.post(&alert(Level::Red, 2), None, &channels, &[], at("10:11:00"));
    assert!(!outbox.pass_on(&channels, at("10:12:59")));
    assert!(outbox.pass_on(&channels, at("10:13:00")));
    assert_eq!(sent(&mut outbox, &channels, at("10:13:00"), &Ok("x".into())), ["备用"]);
}

#[test]
fn what_a_channel_refuses_is_tried_again_and_goes_to_the_next_one_when_it_counts_as_failed() {
    let (channels, mut outbox) = ([robot("群", Turn::Group), robot("备用", Turn::Spare)], Outbox::default());
    outbox.post(&alert(Level::Red, 1), None, &channels, &[], at("10:10:00"));
    for (now, next) in [("10:10:00", "10:10:05"), ("10:10:05", "10:10:15"), ("10:10:15", "10:10:35")] {
        assert!(!outbox.pass_on(&channels, at(now)), "{now}");
        assert_eq!(sent(&mut outbox, &channels, at(now), &Err(broken())), ["群"], "{now}");
        assert_eq!(outbox.next_due(&channels, at(now)), Some(at(next)), "{now}");
    }
    // Three failures: nobody waits for the two minutes to end.
    assert!(outbox.pass_on(&channels, at("10:10:16")));
    assert_eq!(sent(&mut outbox, &channels, at("10:10:16"), &Ok("x".into())), ["备用"]);
    assert!(!outbox.pass_on(&channels, at("10:20:00")), "only once");
    assert_eq!(outbox.letters.len(), 1, "and the first channel still gets it when it works again");
}
