use proptest::prelude::*;

use super::{super::samples::at, *};

fn outlook(now: &str) -> Outlook {
    Outlook {
        now: at(now),
        day: "2023-04-12".parse().unwrap(),
        cut_off: at("2023-04-13 00:00:00"),
        waiting: 3,
        ahead: 0,
        received: Vec::new(),
        stuck: 0,
        laggards: Vec::new(),
        silent_since: None,
        down_since: None,
        not_before: None,
        pace: Pace { each: Some(Duration::seconds(4)), to_entry: Some(Duration::seconds(150)) },
    }
}

/// Receipts as they were recorded on an ordinary evening, one every few seconds, each entered two to three minutes later.
fn recorded(from: &str, gaps: &[i64]) -> Vec<Went> {
    let mut received = at(from);
    let ready = received;
    gaps.iter()
        .map(|gap| {
            received = received.plus(Duration::seconds(*gap));
            Went { ready, received, entered: Some(received.plus(Duration::seconds(120 + gap * 2))) }
        })
        .collect()
}

/// An evening as the daemon recorded it (`tests/it/foretelling.rs`): what went, and when the platform counted as down.
struct Trace {
    went: Vec<Went>,
    down: (Timestamp, Timestamp),
}

impl Trace {
    fn read(text: &str) -> Self {
        let moment = |text: &str| Timestamp::parse(text).unwrap_or_else(|_| panic!("{text}"));
        let (mut went, mut down) = (Vec::new(), None);
        for line in text.lines().skip(1) {
            match line.split(',').collect::<Vec<_>>()[..] {
                ["document", ready, received, entered] => {
                    went.push(Went { ready: moment(ready), received: moment(received), entered: Some(moment(entered)) });
                }
                ["outage", from, "", until] => down = Some((moment(from), moment(until))),
                _ => panic!("{line}"),
            }
        }
        Self { went, down: down.unwrap() }
    }

    /// What could be known of it at `now`.
    fn at(&self, now: Timestamp, cut_off: Timestamp) -> Forecast {
        let known: Vec<&Went> = self.went.iter().filter(|w| w.ready <= now).collect();
        let waiting: Vec<&&Went> = known.iter().filter(|w| w.received > now).collect();
        let there = known.iter().filter(|w| w.received <= now);
        let last = there.clone().map(|w| w.received).max();
        let silent_since = waiting.iter().map(|w| w.ready).min().map(|ready| last.map_or(ready, |last| last.max(ready)));
        let received = there.clone().filter(|w| w.entered > Some(now)).map(|w| w.received).collect();
        let lately: Vec<Went> = there.map(|w| Went { entered: w.entered.filter(|at| *at <= now), ..**w }).collect();
        Forecast::of(&Outlook {
            now,
            cut_off,
            day: "2023-04-03".parse().unwrap(),
            waiting: waiting.len() as u64,
            received,
            silent_since,
            down_since: (self.down.0..self.down.1).contains(&now).then_some(self.down.0),
            pace: Pace::of(&lately),
            ..outlook("2023-04-12 20:00:00")
        })
    }

    /// Every minute from six until the cut-off at midnight at which it fired, and how many it said would miss it.
    fn fired(&self, cut_off: Timestamp) -> Vec<(Timestamp, u64)> {
        let minutes = (0..360).map(|minute| at("2023-04-03 18:00:00").plus(Duration::minutes(minute)));
        minutes.map(|now| self.at(now, cut_off)).filter(Forecast::fires).map(|f| (f.at, f.will_miss)).collect()
    }

    fn missed(&self, cut_off: Timestamp) -> u64 {
        self.went.iter().filter(|w| w.entered >= Some(cut_off)).count() as u64
    }
}

#[test]
fn on_a_recorded_evening_it_fires_long_before_the_miss_goes_on_until_it_and_says_how_many_it_truly_was() {
    let (trace, cut_off) = (Trace::read(include_str!("traces/outage.csv")), at("2023-04-04 00:00:00"));
    let fired = trace.fired(cut_off);
    assert_eq!((trace.went.len(), trace.missed(cut_off)), (32, 8), "this is what happened");
    let (first, _) = fired[0];
    assert!(cut_off.since(first) >= Duration::minutes(45) && first.since(trace.down.0) >= Duration::minutes(30), "{fired:?}");
    // Once it has fired it fires at every minute until the end.
    assert_eq!(i64::try_from(fired.len()).unwrap(), cut_off.since(first).num_minutes(), "{fired:?}");
    assert!(fired.is_sorted_by_key(|(_, count)| *count), "as more come, more will miss: {fired:?}");
    assert_eq!(fired.last().unwrap().1, trace.missed(cut_off), "{fired:?}");
}

#[test]
fn on_a_recorded_evening_with_a_hiccup_it_never_fires_and_a_shorter_evening_would_have_been_foretold() {
    let (trace, cut_off) = (Trace::read(include_str!("traces/calm.csv")), at("2023-04-04 00:00:00"));
    assert!(trace.down.1.since(trace.down.0) >= Duration::minutes(5), "it was no clean evening");
    assert_eq!((trace.missed(cut_off), trace.fired(cut_off)), (0, Vec::new()));
    // The same hiccup minutes before an earlier cut-off is another matter: it says so, and what was then under way was too late.
    let early = trace.down.0.plus(Duration::minutes(5));
    let fired = trace.at(early.plus(-Duration::minutes(1)), early);
    assert!(fired.fires() && trace.went.iter().any(|w| w.ready < early && w.entered > Some(early)), "{fired:?}");
}

#[test]
fn an_ordinary_evening_is_silent() {
    let mut calm = outlook("2023-04-12 18:40:00");
    calm.pace = Pace::of(&recorded("2023-04-12 18:05:00", &[3, 4, 2, 5, 3, 3, 6, 2, 4, 3]));
    let forecast = Forecast::of(&calm);
    assert_eq!((forecast.will_miss, forecast.said(), forecast.resumes_at), (0, None, None));
    assert!(forecast.measured && forecast.done_at < Some(at("2023-04-12 18:45:00")), "{forecast:?}");
}

#[test]
fn an_outage_fires_while_there_is_time_and_a_hiccup_in_the_afternoon_does_not() {
    let down = |now: &str, since: &str| {
        let mut down = outlook(now);
        down.down_since = Some(at(since));
        Forecast::of(&down)
    };
    assert!(!down("2023-04-12 15:10:00", "2023-04-12 15:05:00").fires());
    // Down since 20:42, minute by minute: once it fires it goes on until the cut-off, and it fires first when as long again would be too long.
    let mut first = None;
    for minute in 0..198 {
        let now = at("2023-04-12 20:42:00").plus(Duration::minutes(minute));
        let forecast = Forecast::of(&Outlook { now, down_since: Some(at("2023-04-12 20:42:00")), ..outlook("2023-04-12 20:42:00") });
        assert!(first.is_none() || forecast.fires(), "{now}");
        if forecast.fires() && first.is_none() {
            first = Some(now);
            assert_eq!(forecast.said().as_deref(), Some("照此速度，3 件将赶不上 24:00"));
        }
    }
    assert_eq!(first, Some(at("2023-04-12 22:20:00")), "an hour and forty minutes before the miss");
    let late = down("2023-04-12 23:30:00", "2023-04-12 20:42:00");
    assert_eq!(late.said().as_deref(), Some("照此速度，3 件将赶不上 24:00"));
    assert_eq!(late.resume_by, Some(at("2023-04-12 23:57:18").plus(Duration::milliseconds(-1))));
}

#[test]
fn what_the_platform_asked_for_counts_though_the_outage_is_young() {
    let mut asked = outlook("2023-04-12 23:10:00");
    asked.down_since = Some(at("2023-04-12 23:09:30"));
    assert!(!Forecast::of(&asked).fires());
    asked.not_before = Some(at("2023-04-13 00:09:30"));
    assert_eq!(Forecast::of(&asked).will_miss, 3);
    assert_eq!(Forecast::of(&asked).resumes_at, Some(at("2023-04-13 00:09:30")));
}

#[test]
fn a_queue_that_is_too_long_for_the_pace_says_how_many_are_left_behind() {
    let mut long = outlook("2023-04-12 23:00:00");
    // Recorded on a bad evening: a minute each, and once a quarter of an hour, which the usual pace leaves out.
    long.pace = Pace::of(&recorded("2023-04-12 22:00:00", &[60, 58, 62, 900, 61, 59, 60, 60, 63, 57]));
    assert!((55_000..=62_000).contains(&Forecast::of(&long).each_ms), "{:?}", long.pace);
    long.waiting = 40;
    assert_eq!(Forecast::of(&long).said(), None);
    long.ahead = 30;
    let forecast = Forecast::of(&long);
    assert!((10..=16).contains(&forecast.will_miss), "{forecast:?}");
    long.ahead = 1_000;
    assert_eq!(Forecast::of(&long).will_miss, 40, "only those of the day miss its end");
}

#[test]
fn a_platform_that_takes_requests_and_answers_none_counts_as_stuck() {
    let mut silent = outlook("2023-04-12 23:20:00");
    silent.silent_since = Some(at("2023-04-12 23:18:30"));
    assert!(!Forecast::of(&silent).fires(), "a minute and a half are nothing");
    silent.silent_since = Some(at("2023-04-12 22:30:00"));
    assert_eq!(Forecast::of(&silent).will_miss, 3);
}

#[test]
fn received_documents_count_until_the_platform_has_entered_them() {
    let mut checking = outlook("2023-04-12 23:58:00");
    checking.waiting = 0;
    checking.received = vec![at("2023-04-12 23:50:00"), at("2023-04-12 23:56:00"), at("2023-04-12 23:57:40")];
    let forecast = Forecast::of(&checking);
    // The first is five and a half minutes over its time, the last needs two and a half more.
    assert_eq!((forecast.on_the_way, forecast.will_miss), (3, 2), "{forecast:?}");
}

#[test]
fn nothing_measured_is_said_and_taken_to_be_slow() {
    let mut first = outlook("2023-04-12 23:55:00");
    first.pace = Pace::of(&[]);
    let forecast = Forecast::of(&first);
    assert!(!forecast.measured && forecast.each_ms == 30_000);
    assert_eq!(forecast.will_miss, 0);
    first.waiting = 12;
    assert_eq!(Forecast::of(&first).will_miss, 4);
}

#[test]
fn those_that_wait_for_a_person_are_told_apart_and_do_not_fire_alone() {
    let mut stuck = outlook("2023-04-12 21:00:00");
    stuck.stuck = 2;
    assert_eq!(Forecast::of(&stuck).said(), None);
    stuck.down_since = Some(at("2023-04-12 18:00:00"));
    assert_eq!(Forecast::of(&stuck).said().as_deref(), Some("照此速度，3 件将赶不上 24:00；另有 2 件等人处理"));
}

#[test]
fn a_document_that_fails_again_and_again_counts_by_its_own_history() {
    let mut lagging = outlook("2023-04-12 22:00:00");
    lagging.laggards = vec![at("2023-04-12 21:30:00"), at("2023-04-12 18:00:00")];
    let forecast = Forecast::of(&lagging);
    assert_eq!((forecast.on_the_way, forecast.will_miss), (5, 1), "{forecast:?}");
}

#[test]
fn after_the_cut_off_nothing_is_foretold() {
    let over = Forecast::of(&outlook("2023-04-13 00:00:00"));
    assert_eq!((over.will_miss, over.fires(), over.said()), (3, false, None));
}

proptest! {
    #[test]
    fn a_later_look_at_the_same_outage_is_never_more_hopeful(minute in 0i64..190, waiting in 1u64..400, each in 1i64..120) {
        let at_minute = |minute: i64| Forecast::of(&Outlook {
            now: at("2023-04-12 20:42:00").plus(Duration::minutes(minute)),
            down_since: Some(at("2023-04-12 20:42:00")),
            waiting,
            pace: Pace { each: Some(Duration::seconds(each)), to_entry: None },
            ..outlook("2023-04-12 20:42:00")
        }).will_miss;
        prop_assert!(at_minute(minute) <= at_minute(minute + 5));
        prop_assert!(at_minute(minute) <= waiting);
    }

    #[test]
    fn no_numbers_break_it(now: i64, cut_off: i64, waiting: u64, ahead: u64, since: Option<i64>, each: i64, received in prop::collection::vec(any::<i64>(), 0..4)) {
        let moment = |n: i64| Timestamp::from_millis(n / 8);
        let forecast = Forecast::of(&Outlook {
            now: moment(now), day: "2023-04-12".parse().unwrap(), cut_off: moment(cut_off), waiting: waiting / 4, ahead: ahead / 4, stuck: 0, laggards: Vec::new(),
            received: received.into_iter().map(moment).collect(), silent_since: since.map(moment), down_since: None, not_before: None,
            pace: Pace { each: Some(Duration::milliseconds(each / 1_000_000)), to_entry: None },
        });
        prop_assert!(forecast.will_miss <= forecast.on_the_way);
    }
}
