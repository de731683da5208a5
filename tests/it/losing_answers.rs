//! Nobody knows whether the platform kept it: every way to lose an answer, on a platform where a second sending would be a second entry.

use chrono::Duration;
use dangri::{document::State, queue::Operation};
use dangri_mocks::{Action, Endpoint, ErrorItem, Moment, Processing, Rule, State as There};

use crate::harness::{Furnishing, Office, element, record, reworded};

fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

/// A platform that enters again what is sent again.
async fn unforgiving() -> Office {
    Furnishing::default().platform(|setup| setup.idempotent = false).open().await
}

/// Every way in which the two calls after the first go wrong, and every document entered exactly once in the end.
async fn survives(actions: &[Action]) {
    for action in actions {
        let office = unforgiving().await;
        office.script(Rule::new(Endpoint::Put, action.clone()).nth(2).times(2));
        for seed in 0..5 {
            office.put(&format!("{seed}.xml"), &record(seed));
        }
        let took = office.drain().await;
        for record in office.records().await {
            assert_eq!(record.state, State::Entered, "{action:?}: {}", record.reason);
        }
        assert!(took <= Duration::hours(1), "{action:?} took {took}");
        office.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_is_looked_up_before_anything_is_sent_again() {
    survives(&[
        Action::CommitThenDrop { reset: true },
        Action::CommitThenDrop { reset: false },
        Action::DropWithoutCommit,
        Action::Reset { at: Moment::BeforeBody },
        Action::Reset { at: Moment::DuringBody },
        Action::Reset { at: Moment::AfterBody },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_platform_or_of_a_proxy_says_nothing_of_what_was_kept() {
    for committing in [true, false] {
        let status = |status, code: Option<&str>| Action::Status { status, code: code.map(str::to_owned), retry_after: None, committing };
        survives(&[
            status(500, Some("04")),
            status(500, None),
            status(502, None),
            status(502, Some("04")),
            status(504, None),
            status(503, None),
            status(408, None),
        ])
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_no_answer_is_neither_success_nor_refusal() {
    for committing in [true, false] {
        survives(&[
            Action::Html { committing },
            Action::Empty { committing },
            Action::Page { status: 404, content_type: "text/html".into(), body: "<html>not here</html>".into(), committing },
        ])
        .await;
    }
    let code = |text: &str| Action::CodeAs { text: text.into() };
    survives(&[code("0"), code("200"), code("成功"), Action::Truncate { after: 60 }, Action::AnswerTwice]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_names_another_document_is_no_answer() {
    survives(&[Action::NameAnother { id: "0123456789abcdef0123456789abcdef".into() }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_there_yet_is_no_absence_however_much_one_hurries() {
    let office = unforgiving().await;
    office.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).times(1));
    office.script(Rule::new(Endpoint::Put, Action::VisibleLate { seconds: 115 }).times(1));
    office.put("记录.xml", &record(1));
    while office.state("记录.xml").await != Some(State::Unsure) {
        office.pass(Duration::seconds(2)).await;
    }
    for _ in 0..5 {
        assert_eq!(office.operate("记录.xml", Operation::Retry, "急").await, Ok(State::Unsure));
        office.pass(Duration::seconds(10)).await;
    }
    assert_eq!(office.state("记录.xml").await, Some(State::Unsure));
    assert!(office.mock.books().counters().calls["get_document 18"] >= 5);
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().counters().puts, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_answers_the_question_nothing_is_sent_again() {
    let mut office = unforgiving().await;
    office.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: false }).times(1));
    let down = || Action::Status { status: 502, code: None, retry_after: None, committing: false };
    office.script(Rule::new(Endpoint::GetDocument, down()).lasting(2 * 3_600));
    office.script(Rule::new(Endpoint::Results, down()).lasting(2 * 3_600));
    office.put("记录.xml", &record(2));
    for _ in 0..3 {
        office.pass(minutes(30)).await;
        assert_eq!(office.state("记录.xml").await, Some(State::Unsure));
        office.crash().await;
        office.start().await;
    }
    assert_eq!(office.mock.books().counters().puts, 1);
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().counters().puts, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_did_not_arrive_is_sent_again_once_that_is_certain() {
    let office = unforgiving().await;
    office.script(Rule::new(Endpoint::Put, Action::DropWithoutCommit).times(1));
    office.put("记录.xml", &record(3));
    office.pass(Duration::seconds(115)).await;
    assert_eq!((office.state("记录.xml").await, office.mock.books().counters().puts), (Some(State::Unsure), 1));
    office.pass(minutes(2)).await;
    assert_eq!((office.state("记录.xml").await, office.mock.books().counters().puts), (Some(State::Entered), 2));
    assert!(office.events("记录.xml").await.contains(&"found_absent"));
    office.close().await;
}

/// Contract §4: absence counts only while a document that is known to be there can be seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_has_lost_sight_of_everything_says_nothing_about_one_document() {
    let office = unforgiving().await;
    office.put("先.xml", &record(30));
    office.pass(minutes(2)).await;
    assert_eq!(office.state("先.xml").await, Some(State::Entered));
    let unknown = Action::Status { status: 404, code: Some("18".into()), retry_after: None, committing: false };
    office.script(Rule::new(Endpoint::GetDocument, unknown).lasting(3_600));
    office.script(Rule::new(Endpoint::Results, Action::Rows { repeat: 0, skip: 1_000 }).lasting(3_600));
    office.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).times(1));
    office.put("后.xml", &record(31));
    office.pass(minutes(55)).await;
    assert_eq!((office.state("后.xml").await, office.mock.books().counters().puts), (Some(State::Unsure), 2));
    assert!(office.mock.books().counters().calls["get_document 18"] >= 4, "the document and the known one were asked for");
    office.drain().await;
    assert_eq!((office.state("后.xml").await, office.mock.books().counters().puts), (Some(State::Entered), 2));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_doubt_does_not_make_a_later_silence_certain() {
    let office = unforgiving().await;
    office.script(Rule::new(Endpoint::Put, Action::DropWithoutCommit).times(1));
    office.script(Rule::new(Endpoint::Put, Action::VisibleLate { seconds: 110 }).nth(2).always());
    office.put("记录.xml", &record(8));
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().counters().puts, 2, "it was received the second time, and only not visible yet");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_of_the_platform_that_tells_nonsense_locks_no_account() {
    for offset in [7_200, -7_200, 86_400 * 400] {
        let short = Furnishing::default().platform(|setup| setup.token_life = std::time::Duration::from_secs(600));
        let office = short.open().await;
        office.script(Rule::new(Endpoint::Any, Action::ServerTime { offset }).always());
        office.put("甲.xml", &record(4));
        office.pass(minutes(30)).await;
        office.put("乙.xml", &record(5));
        office.drain().await;
        let books = office.mock.books();
        assert!(books.accounts().iter().all(|account| !account.locked), "{offset}: {:?}", books.accounts());
        office.all_are(State::Entered).await;
        office.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_the_feed_never_shows_are_asked_for() {
    let slow = Processing { received: (Default::default(), std::time::Duration::from_secs(40)), ..Processing::default() };
    let office = Furnishing::default().platform(|setup| setup.processing = slow).open().await;
    office.script(Rule::new(Endpoint::Results, Action::Rows { repeat: 3, skip: 2 }).rate(0.7, 11));
    for seed in 0..30 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    office.drain().await;
    office.all_are(State::Entered).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn received_is_not_entered_however_long_the_platform_checks() {
    let office = Office::open().await;
    office.script(Rule::new(Endpoint::Put, Action::HoldInChecking).times(1));
    office.put("记录.xml", &record(6));
    office.pass(Duration::days(3)).await;
    let held = office.record("记录.xml").await;
    assert_eq!((held.state, held.entry.is_none()), (State::Received, true));
    assert!(office.mock.release(&held.id().to_string(), Vec::new()));
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().counters().puts, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_later_is_mended_under_a_new_id_and_entered() {
    let mut office = unforgiving().await;
    let bytes = record(7);
    let errors = vec![ErrorItem::new("E2107", "检查地点与登记不符")];
    office.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors }).numbered(element(&bytes, "DocumentNumber")).times(1));
    office.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).times(1));
    office.put("记录.xml", &bytes);
    office.drain().await;
    let returned = office.record("记录.xml").await;
    assert_eq!(returned.state, State::Returned);
    assert!(office.note("记录.xml").unwrap().contains("检查地点与登记不符"));
    office.crash().await;
    office.start().await;
    office.pass(minutes(2)).await;
    assert!(office.note("记录.xml").is_some());
    office.put("记录.xml", &reworded(&bytes));
    office.drain().await;
    let entered = office.record("记录.xml").await;
    assert_eq!(entered.state, State::Entered);
    assert_ne!(entered.id(), returned.id());
    assert_eq!(office.note("记录.xml"), None);
    let there = office.mock.books().submissions();
    assert_eq!(there.iter().map(|s| s.state).collect::<Vec<_>>(), [There::Returned, There::Entered]);
    office.close().await;
}
