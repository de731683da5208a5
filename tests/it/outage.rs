//! The platform is away for hours: how little that costs, and that everything is entered once after it.

use std::collections::BTreeMap;

use chrono::Duration;
use dangri::{
    document::{Record, State, Timestamp},
    queue::Operation,
    status::GateState,
};
use dangri_mocks::{Action, Endpoint, ErrorItem, RetryAfter, Rule};

use crate::harness::{Furnishing, Office, SIX, element, record};

fn seconds(n: i64) -> Duration {
    Duration::seconds(n)
}

/// What happens on the platform to the documents of the morning, by the last digit of their seed.
fn fate(seed: u64) -> Option<Action> {
    match seed % 10 {
        // Kept, and the answer lost; and lost altogether.
        1 | 2 => Some(Action::CommitThenDrop { reset: true }),
        4 => Some(Action::DropWithoutCommit),
        // Received, and not entered before somebody looks into it.
        3 | 6 => Some(Action::HoldInChecking),
        7 if seed == 7 => Some(Action::Refuse { code: "10".into(), message: None, errors: vec![ErrorItem::new("E1", "日期不符")] }),
        7 if seed == 17 => Some(Action::Refuse { code: "12".into(), message: None, errors: vec![] }),
        _ => None,
    }
}

/// Forty documents as far as the platform let them come, and twenty more that never left.
async fn sixty(office: &Office, begins: impl AsyncFnOnce()) {
    for seed in 0..40 {
        let bytes = record(seed);
        if let Some(action) = fate(seed) {
            office.script(Rule::new(Endpoint::Put, action).numbered(element(&bytes, "DocumentNumber")).times(1));
        }
        office.put(&format!("{seed}.xml"), &bytes);
        office.pass(seconds(2)).await;
    }
    begins().await;
    for seed in 40..60 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
}

fn by_state(records: &[Record]) -> BTreeMap<State, usize> {
    let mut counts = BTreeMap::new();
    records.iter().for_each(|record| *counts.entry(record.state).or_insert(0) += 1);
    counts
}

/// No document was set back by waiting.
fn unchanged(early: &[Record], late: &[Record]) {
    for (early, late) in early.iter().zip(late) {
        assert_eq!((early.attempts, early.setbacks, early.state), (late.attempts, late.setbacks, late.state), "{}", late.title());
    }
}

fn down() -> Action {
    Action::Status { status: 502, code: None, retry_after: None, committing: false }
}

/// The bound: a probe a minute, each of at most two requests (the token that runs out meanwhile is asked for as well), and the handful by
/// which it was noticed. Before the gate was asked by all, the look-ups of these documents alone were some thousands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hours_without_the_platform_cost_a_request_a_minute_whatever_waits() {
    let office = Furnishing::default().platform(|setup| setup.idempotent = false).open().await;
    sixty(&office, async || {
        office.script(Rule::new(Endpoint::Any, down()).lasting(3 * 3_600));
    })
    .await;
    let begun = office.clock_now();
    let before = office.mock.books().requests().len();
    office.pass(seconds(30)).await;
    let early = office.records().await;
    let states = by_state(&early);
    for state in [State::Waiting, State::Unsure, State::Received, State::Entered, State::Returned, State::HeldWaiting] {
        assert!(states.contains_key(&state), "{state:?} is not among {states:?}");
    }
    assert_eq!(early.len(), 60);
    office.pass(begun.plus(Duration::hours(3)).since(office.clock_now()) - seconds(1)).await;
    assert!(office.status().await.platform.down_since.is_some());
    let during = office.mock.books().requests()[before..].to_vec();
    assert!(during.len() <= 200, "{} requests into the outage", during.len());
    let after_noticing = during.iter().filter(|r| Timestamp::parse(&r.at).unwrap() > begun.plus(seconds(30)));
    let at_stake: Vec<_> = after_noticing.filter(|r| !matches!(r.endpoint, Endpoint::Schema | Endpoint::Token)).collect();
    assert!(at_stake.is_empty(), "only probes are made: {at_stake:?}");
    unchanged(&early, &office.records().await);
    assert!(early.iter().all(|record| record.attempts <= 1), "an attempt was made in vain");
    let over = begun.plus(Duration::hours(3));
    office.pass(Duration::minutes(3)).await;
    let put = office.mock.books().requests()[before..].iter().find(|r| r.endpoint == Endpoint::Put && r.outcome == "00").cloned();
    let first = Timestamp::parse(&put.unwrap().at).unwrap().since(over);
    assert!(first <= seconds(61), "the first upload came {first} after the platform was back");
    finish(office).await;
}

/// Everything that can be is entered; closing the office holds the platform's books against ours: each exactly once.
async fn finish(office: Office) {
    office.drain().await;
    for submission in office.mock.books().submissions() {
        office.mock.release(&submission.id, Vec::new());
    }
    office.operate("17.xml", Operation::Release, "企业已登记").await.unwrap();
    office.drain().await;
    assert_eq!(by_state(&office.records().await), BTreeMap::from([(State::Entered, 59), (State::Returned, 1)]));
    assert_eq!(office.mock.books().counters().repeated_puts, 0);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_be_left_alone_holds_for_the_feed_for_look_ups_and_for_the_token() {
    for on in [Endpoint::Put, Endpoint::Results] {
        let office = Furnishing::default().platform(|setup| setup.idempotent = false).open().await;
        sixty(&office, async || {
            office.mock.expire_tokens();
            let retry_after = Some(RetryAfter::Seconds(900));
            office.script(Rule::new(on, Action::Status { status: 503, code: Some("05".into()), retry_after, committing: false }).times(1));
        })
        .await;
        office.pass(seconds(30)).await;
        let noticed = office.records().await;
        office.pass(Duration::minutes(14)).await;
        let early: Vec<_> = office.mock.books().begun_while_busy(std::time::Duration::ZERO);
        // The clock stands while requests are under way, so whoever began at another moment could have known.
        let shut_at = office.mock.books().requests().iter().rfind(|r| r.outcome == "05").unwrap().at.clone();
        let early: Vec<_> = early.into_iter().filter(|r| r.at != shut_at).collect();
        assert!(early.is_empty(), "{on:?}: {early:?}");
        assert!(by_state(&noticed)[&State::Unsure] >= 3);
        unchanged(&noticed, &office.records().await);
        office.pass(Duration::minutes(6)).await;
        finish(office).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_only_takes_no_documents_is_tried_with_one_at_a_time() {
    let office = Furnishing::at(SIX).open().await;
    office.script(Rule::new(Endpoint::Put, down()).lasting(3_600));
    for seed in 0..20 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    office.pass(Duration::minutes(58)).await;
    let puts = office.mock.books().counters().puts;
    assert!(puts <= 75, "{puts} documents were tried");
    office.pass(Duration::minutes(10)).await;
    office.all_are(State::Entered).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_shows_within_minutes_though_there_is_nothing_to_send() {
    let office = Office::open().await;
    office.put("记录.xml", &record(1));
    office.pass(Duration::minutes(30)).await;
    assert_eq!(office.status().await.platform.gate, GateState::Open);
    let away = Action::Status { status: 502, code: None, retry_after: None, committing: false };
    office.script(Rule::new(Endpoint::Any, away).always());
    // It asks for news every five minutes; once that fails it asks again soon, and does not wait for five such rounds.
    office.pass(Duration::minutes(10)).await;
    assert_eq!(office.status().await.platform.gate, GateState::Down);
    office.close().await;
}
