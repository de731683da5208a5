//! A kept document is sent: every answer and what follows, the platform's bad hours, the legal order.

use std::time::Duration as Span;

use chrono::Duration;
use dangri::{
    document::{HoldCause, Record, State, Timestamp},
    queue::Operation,
    status::GateState,
};
use dangri_mocks::{Account, Action, Endpoint, ErrorItem, Registers, RetryAfter, Rule};

use crate::harness::{CASE_SIX, Furnishing, Office, element, record, reworded, samples};

fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

fn refuse(code: &str) -> Action {
    let errors = vec![ErrorItem::new("E2107", "检查时间与平台登记的检查计划不一致")];
    Action::Refuse { code: code.into(), message: None, errors }
}

fn put_some(office: &Office, n: u64) {
    for seed in 0..n {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_refuses_for_good_goes_back_to_its_author() {
    let office = Office::open().await;
    for (seed, code) in ["10", "11", "15"].into_iter().enumerate() {
        let bytes = record(seed as u64);
        office.script(Rule::new(Endpoint::Put, refuse(code)).numbered(element(&bytes, "DocumentNumber")).always());
        office.put(&format!("{code}.xml"), &bytes);
    }
    office.pass(minutes(5)).await;
    for code in ["10", "11", "15"] {
        let name = format!("{code}.xml");
        assert_eq!(office.state(&name).await, Some(State::Returned), "{code}");
        let note = office.note(&name).unwrap_or_else(|| panic!("no note after {code}"));
        assert!(code == "15" || note.contains("检查时间与平台登记的检查计划不一致"), "{note}");
    }
    let puts = office.mock.books().counters().puts;
    office.pass(Duration::hours(3)).await;
    assert_eq!(office.mock.books().counters().puts, puts, "nobody tries again what was refused for good");
    // The mended version is another submission.
    office.mock.be_good();
    office.put("10.xml", &reworded(&record(0)));
    office.pass(minutes(3)).await;
    assert_eq!(office.state("10.xml").await, Some(State::Entered));
    assert_eq!(office.note("10.xml"), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_base_data_waits_for_a_person_and_then_goes_again() {
    let nobody = Registers { enterprises: Some(std::collections::BTreeSet::new()), officers: None };
    let office = Furnishing::default().platform(|setup| setup.registers = nobody).open().await;
    put_some(&office, 1);
    office.pass(minutes(30)).await;
    let held = office.record("0.xml").await;
    assert_eq!((held.state, held.hold), (State::HeldWaiting, Some(HoldCause::BaseData)));
    assert!(held.reason.contains("企业"), "{}", held.reason);
    assert_eq!(office.mock.books().counters().puts, 1);
    office.mock.set_registers(Registers::default());
    office.operate("0.xml", Operation::Release, "企业已登记").await.unwrap();
    office.pass(minutes(2)).await;
    assert_eq!(office.state("0.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_others_hold_with_other_content_is_for_a_person() {
    // Somebody typed the document into the platform's own form before.
    let first = Office::open().await;
    put_some(&first, 1);
    first.pass(minutes(2)).await;
    let mut office = first;
    // Another machine of the office takes over with an empty store, and the draft is not quite the same.
    assert_eq!(office.stop().await, 0);
    std::fs::rename(office.state_folder(), office.state_folder().with_extension("old")).unwrap();
    office.put("0.xml", &reworded(&record(0)));
    office.start().await;
    office.pass(minutes(10)).await;
    let held = office.record("0.xml").await;
    assert_eq!((held.state, held.hold), (State::HeldWaiting, Some(HoldCause::Conflict)));
    assert_eq!(office.mock.books().submissions().len(), 1);
    // With the very same draft it is the same entry.
    office.put("0.xml", &record(0));
    office.pass(minutes(10)).await;
    assert_eq!(office.state("0.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().submissions().len(), 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_came_too_early_for_its_case_goes_later_and_holds_up_nobody() {
    let office = Office::open().await;
    office.script(Rule::new(Endpoint::Put, refuse("14")).numbered(element(&record(0), "DocumentNumber")).times(6));
    put_some(&office, 8);
    office.pass(minutes(1)).await;
    assert_eq!(office.state("0.xml").await, Some(State::Waiting));
    for seed in 1..8 {
        assert_eq!(office.state(&format!("{seed}.xml")).await, Some(State::Entered));
    }
    office.pass(minutes(20)).await;
    assert_eq!(office.state("0.xml").await, Some(State::Entered));
    assert_eq!(office.record("0.xml").await.attempts, 7);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_defect_of_ours_is_held_and_raised_and_not_repeated() {
    let office = Office::open().await;
    for (seed, code) in ["01", "16"].into_iter().enumerate() {
        let number = element(&record(seed as u64), "DocumentNumber");
        office.script(Rule::new(Endpoint::Put, refuse(code)).numbered(number).times(1));
    }
    put_some(&office, 2);
    office.pass(Duration::hours(2)).await;
    for name in ["0.xml", "1.xml"] {
        let held = office.record(name).await;
        assert_eq!((held.state, held.hold), (State::HeldWaiting, Some(HoldCause::Defect)), "{name}");
    }
    assert_eq!(office.status().await.needs_you.total, 2);
    assert_eq!(office.mock.books().counters().puts, 2);
    for name in ["0.xml", "1.xml"] {
        office.operate(name, Operation::Release, "程序已更新").await.unwrap();
    }
    office.drain().await;
    office.all_are(State::Entered).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_version_that_is_gone_holds_all_of_it_and_costs_few_attempts() {
    let office = Office::open().await;
    office.mock.set_schema("2024.1", &["2024.1"]);
    put_some(&office, 90);
    office.pass(minutes(20)).await;
    let records = office.records().await;
    let held = |r: &Record| r.state == State::HeldWaiting && r.hold == Some(HoldCause::SchemaVersion);
    assert!(records.iter().all(held), "{:?}", records.iter().filter(|r| !held(r)).map(|r| (r.state, &r.reason)).collect::<Vec<_>>());
    let puts = office.mock.books().counters().puts;
    // Those that were under way, or whose turn came before the first answer was put on record.
    // One batch of outcomes (32), the window leased ahead (8) and what was under way (4), and as many again while that batch was put on record.
    assert!(puts < 88, "{puts} attempts");
    office.mock.set_schema("2024.1", &["2024.1", "2023.1"]);
    for seed in 0..90 {
        office.operate(&format!("{seed}.xml"), Operation::Release, "平台恢复接收旧版").await.unwrap();
    }
    office.drain().await;
    office.all_are(State::Entered).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_credential_stops_everything_before_the_account_is_locked() {
    let office = Furnishing::default().platform(|setup| setup.accounts = vec![Account::new("demo-app", "another-secret")]).open().await;
    put_some(&office, 20);
    office.pass(Duration::hours(5) + Duration::seconds(30)).await;
    let books = office.mock.books();
    let accounts = books.accounts();
    assert!(accounts.iter().all(|account| !account.locked), "{accounts:?}");
    assert!(books.counters().token_calls <= 4, "{} logins", books.counters().token_calls);
    assert_eq!(books.counters().puts, 0);
    office.all_are(State::Waiting).await;
    assert_eq!(office.status().await.platform.gate, GateState::Refused);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_costs_one_login_however_many_uploads_are_under_way() {
    let office = Furnishing::default().with("[upload]\nat_once = 8\n").open().await;
    office.put("先.xml", &record(100));
    office.pass(minutes(1)).await;
    assert_eq!(office.mock.books().counters().tokens, 1);
    office.mock.expire_tokens();
    put_some(&office, 40);
    office.drain().await;
    office.all_are(State::Entered).await;
    assert_eq!(office.mock.books().counters().tokens, 2);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_begins_before_the_time_that_the_platform_asked_for() {
    let statuses = [(503, Some("05")), (429, Some("05")), (503, None), (429, None), (502, None)];
    for (n, (status, code)) in statuses.into_iter().enumerate() {
        for wait in [RetryAfter::Seconds(300), RetryAfter::Date(300)] {
            let office = Furnishing::default().with("[upload]\nat_once = 1\n").open().await;
            let action = Action::Status { status, code: code.map(str::to_owned), retry_after: Some(wait.clone()), committing: false };
            let on = if n % 2 == 0 { Endpoint::Put } else { Endpoint::Results };
            office.script(Rule::new(on, action).times(1));
            put_some(&office, 6);
            office.pass(minutes(4)).await;
            let asked =
                office.mock.books().requests().into_iter().find(|r| r.outcome == code.map_or(format!("page {status}"), str::to_owned));
            let asked = asked.unwrap_or_else(|| panic!("{status} {code:?} was not met")).at;
            office.drain().await;
            // The clock stands while requests are under way, so whoever began at another moment could have known.
            let early: Vec<_> = office.mock.books().begun_while_busy(Span::ZERO).into_iter().filter(|r| r.at != asked).collect();
            assert!(early.is_empty(), "{status} {code:?} {wait:?} at {asked}: {early:?}");
            office.all_are(State::Entered).await;
            office.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_makes_no_sense_does_not_stop_the_day() {
    for text in ["-5", "soon", "315360000", ""] {
        let office = Office::open().await;
        let retry_after = Some(RetryAfter::Text(text.into()));
        office.script(Rule::new(Endpoint::Put, Action::Status { status: 503, code: None, retry_after, committing: false }).times(1));
        put_some(&office, 2);
        office.pass(minutes(62)).await;
        office.all_are(State::Entered).await;
        office.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_until_half_an_hour_before_the_cut_off_makes_nothing_late() {
    let down = Action::Status { status: 502, code: None, retry_after: None, committing: false };
    // Down before the daemon says its first word, so that it cannot have logged in.
    let outage = Rule::new(Endpoint::Any, down).lasting(3 * 3_600);
    let office = Furnishing::at("2023-04-03T20:30:00+08:00").platform(|setup| setup.rules.push(outage)).open().await;
    put_some(&office, 60);
    office.pass(minutes(175)).await;
    office.all_are(State::Waiting).await;
    assert!(office.status().await.platform.down_since.is_some());
    let requests = office.mock.books().requests().len();
    assert!(requests < 500, "{requests} requests into the outage");
    let attempts = office.records().await.iter().map(|record| record.attempts).max();
    office.pass(minutes(34)).await;
    office.all_are(State::Entered).await;
    for record in office.records().await {
        assert!(record.entry.as_ref().unwrap().entered_at < record.birth.cut_off, "{} is late", record.title());
    }
    assert!(attempts < Some(200), "one document bore the whole outage: {attempts:?} attempts");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_past_midnight_everything_is_sent_on_though_late() {
    let office = Furnishing::at("2023-04-03T22:00:00+08:00").open().await;
    office.mock.refuse_connections().await;
    put_some(&office, 30);
    office.pass(Duration::hours(6)).await;
    office.all_are(State::Waiting).await;
    let status = office.status().await;
    assert_eq!(status.counts.values().sum::<u64>(), 30);
    office.mock.accept_connections().await;
    office.pass(minutes(20)).await;
    office.all_are(State::Entered).await;
    for record in office.records().await {
        assert!(record.entry.as_ref().unwrap().entered_at > record.birth.cut_off);
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_of_a_case_go_in_their_legal_order_and_the_platform_never_says_too_early() {
    let slow = Furnishing::at(CASE_SIX).platform(|setup| setup.case_order = true);
    let mut office = slow.open().await;
    // So that the first look finds them all.
    office.stop().await;
    office.script(Rule::new(Endpoint::Put, Action::Process { received: 3, checking: 4 }).always());
    let mut files: Vec<_> = samples("case").into_iter().map(|file| ("case", file)).collect();
    files.extend(samples("inspection").into_iter().map(|file| ("inspection", file)));
    for (folder, (name, bytes)) in &files {
        office.put(&format!("{folder}/{name}"), bytes);
    }
    office.start().await;
    office.drain().await;
    office.all_are(State::Entered).await;
    let books = office.mock.books();
    assert_eq!(books.counters().calls.get("put 14"), None);
    let mut entered: Vec<(String, String)> = Vec::new();
    for record in office.records().await {
        let there = books.submission(&record.id().to_string()).unwrap();
        entered.push((there.history[0].0.clone(), record.birth.source.path.clone()));
    }
    for folder in ["case", "inspection"] {
        let mut of_it: Vec<_> = entered.iter().filter(|(_, path)| path.starts_with(folder)).collect();
        of_it.sort();
        assert!(of_it.is_sorted_by_key(|(_, path)| path), "{of_it:#?}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_cases_go_at_the_same_time_but_never_more_than_allowed() {
    let office = Furnishing::default().with("[upload]\nat_once = 3\n").open().await;
    office.script(Rule::new(Endpoint::Put, Action::Delay { ms: 20 }).always());
    put_some(&office, 24);
    office.drain().await;
    office.all_are(State::Entered).await;
    let most = office.mock.books().counters().most_puts_at_once;
    assert!((2..=3).contains(&most), "{most} at once");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_earliest_cut_off_goes_first() {
    let office = Furnishing::default().with("[upload]\nat_once = 1\n").open().await;
    office.mock.refuse_connections().await;
    let of = |seed: u64, day: &str| dangri_mocks::drafts::single(seed, "insp_record", day.parse().unwrap()).unwrap().bytes;
    office.put("今天.xml", &of(1, "2023-04-03"));
    office.pass(minutes(1)).await;
    office.put("昨天.xml", &of(2, "2023-04-02"));
    office.pass(minutes(30)).await;
    office.mock.accept_connections().await;
    office.drain().await;
    let there = office.mock.books().submissions();
    let cut_offs: Vec<Timestamp> = {
        let records = office.records().await;
        there.iter().map(|s| records.iter().find(|r| r.id().to_string() == s.id).unwrap().birth.cut_off).collect()
    };
    assert_eq!(cut_offs.len(), 2);
    assert!(cut_offs.is_sorted(), "{cut_offs:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_one_acknowledged_is_followed_at_once() {
    let office = Office::open().await;
    office.put("1.xml", &record(1));
    office.pass(minutes(1)).await;
    for name in ["2.xml", "3.xml"] {
        office.put(name, &record(u64::from(name.as_bytes()[0] - b'0')));
    }
    office.pass(minutes(2)).await;
    for name in ["1.xml", "2.xml", "3.xml"] {
        let life = office.life(name).await;
        let when = |event: &str| life.iter().find(|entry| entry.event.name() == event).map(|entry| entry.at);
        let (sent, entered) = (when("acknowledged").unwrap(), when("entry_confirmed").unwrap());
        assert!(entered.since(sent) <= Duration::milliseconds(100), "{name}: {} ms", entered.since(sent).num_milliseconds());
    }
    office.close().await;
}
