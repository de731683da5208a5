//! Every behaviour of contract §8.

use std::io::ErrorKind;
use std::time::Duration;

use dangri_mocks::{Action, Endpoint, ErrorItem, Moment, Processing, RetryAfter, Rule, Setup};

use crate::harness::{Desk, Line, Paper, Reply, setup};

async fn first(action: Action) -> (Desk, Paper, std::io::Result<Reply>) {
    let mut desk = Desk::open(setup()).await;
    desk.platform.script(Rule::new(Endpoint::Put, action));
    let paper = Paper::record(1);
    let answer = desk.try_put(&paper).await;
    (desk, paper, answer)
}

fn is_cut(answer: &std::io::Result<Reply>) -> bool {
    answer.as_ref().is_err_and(|e| {
        matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
    })
}

#[tokio::test]
async fn a_reset_before_during_or_after_the_body_keeps_nothing() {
    for at in [Moment::BeforeBody, Moment::DuringBody, Moment::AfterBody] {
        let (mut desk, paper, answer) = first(Action::Reset { at }).await;
        assert!(is_cut(&answer), "{at:?}: {answer:?}");
        assert_eq!(desk.look_up(&paper).await.code(), "18", "{at:?}");
        assert_eq!(desk.put(&paper).await.status, 202, "the rule was for once");
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_drop_is_a_close() {
    let (_, _, answer) = first(Action::Reset { at: Moment::AfterBody }).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (_, _, answer) = first(Action::DropWithoutCommit).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_leaves_the_document_there() {
    for reset in [false, true] {
        let (mut desk, paper, answer) = first(Action::CommitThenDrop { reset }).await;
        assert!(is_cut(&answer), "{answer:?}");
        assert_eq!(desk.look_up(&paper).await.states(), ["entered"]);
        assert_eq!(desk.put(&paper).await.status, 200, "the first receipt again");
    }
}

#[tokio::test]
async fn an_answer_lost_without_a_commit_leaves_nothing() {
    let (mut desk, paper, answer) = first(Action::DropWithoutCommit).await;
    assert!(is_cut(&answer), "{answer:?}");
    assert_eq!(desk.look_up(&paper).await.code(), "18");
    assert_eq!(desk.platform.books().requests().iter().filter(|r| r.outcome == "dropped, nothing kept").count(), 1);
}

#[tokio::test]
async fn statuses_come_with_and_without_an_envelope_before_and_after_the_commit() {
    for status in [408, 429, 500, 502, 503, 504] {
        for code in [None, Some("04".to_owned())] {
            for committing in [false, true] {
                let action = Action::Status { status, code: code.clone(), retry_after: None, committing };
                let (mut desk, paper, answer) = first(action).await;
                let answer = answer.unwrap();
                assert_eq!((answer.status, answer.code()), (status, code.as_deref().unwrap_or("")));
                let looked = if committing { "00" } else { "18" };
                assert_eq!(desk.look_up(&paper).await.code(), looked, "{status} {code:?} {committing}");
            }
        }
    }
}

#[tokio::test]
async fn retry_after_is_seconds_or_a_date_or_whatever_was_told() {
    for (retry, header) in [
        (RetryAfter::Seconds(30), "30"),
        (RetryAfter::Date(60), "Mon, 03 Apr 2023 09:21:11 GMT"),
        (RetryAfter::Text("-5".into()), "-5"),
        (RetryAfter::Text("soon".into()), "soon"),
    ] {
        let action = Action::Status { status: 503, code: Some("05".into()), retry_after: Some(retry), committing: false };
        let (_, _, answer) = first(action).await;
        assert_eq!(answer.unwrap().header("retry-after"), Some(header));
    }
}

#[tokio::test]
async fn the_books_know_who_did_not_wait() {
    let mut desk = Desk::open(setup()).await;
    let busy = Action::Status { status: 503, code: Some("05".into()), retry_after: Some(RetryAfter::Remaining), committing: false };
    desk.platform.script(Rule::new(Endpoint::Any, busy).lasting(10));
    assert_eq!(desk.get("/schema").await.header("retry-after"), Some("10"));
    desk.pass(4);
    assert_eq!(desk.put(&Paper::record(1)).await.header("retry-after"), Some("6"));
    let counters = desk.platform.books().counters();
    assert_eq!((counters.begun_while_busy, counters.puts_begun_while_busy), (1, 1));
    assert_eq!(desk.platform.books().begun_while_busy(Duration::ZERO).len(), 1);
    desk.pass(6);
    assert_eq!(desk.put(&Paper::record(1)).await.code(), "00");
    assert_eq!(desk.platform.books().counters().begun_while_busy, 1, "the time was over");
}

#[tokio::test]
async fn pages_that_are_no_answer() {
    let (mut desk, paper, answer) = first(Action::Html { committing: true }).await;
    let page = answer.unwrap();
    assert_eq!((page.status, page.code()), (200, ""));
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.body.contains("登录"));
    assert_eq!(desk.look_up(&paper).await.code(), "00");
    let (mut desk, paper, answer) = first(Action::Empty { committing: false }).await;
    let page = answer.unwrap();
    assert_eq!((page.status, page.body.as_str()), (200, ""));
    assert_eq!(desk.look_up(&paper).await.code(), "18");
    let other =
        Action::Page { status: 200, content_type: "application/xml".into(), body: "<Response><Code>00</Code>".into(), committing: false };
    let (_, _, answer) = first(other).await;
    assert_eq!(answer.unwrap().body, "<Response><Code>00</Code>");
}

#[tokio::test]
async fn the_code_may_be_spelt_in_other_ways() {
    for text in ["0", "200", "成功"] {
        let (_, _, answer) = first(Action::CodeAs { text: text.into() }).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.code()), (202, text));
    }
}

#[tokio::test]
async fn an_answer_may_come_twice() {
    let mut desk = Desk::open(setup()).await;
    desk.platform.script(Rule::new(Endpoint::Put, Action::AnswerTwice));
    let mut line = Line::open(desk.platform.address()).await.unwrap();
    let paper = Paper::record(1);
    line.send(&paper.ask().bearer(&desk.token).bytes()).await.unwrap();
    let (one, two) = (line.answer(false).await.unwrap(), line.answer(false).await.unwrap());
    assert_eq!((one.status, &one.body), (202, &two.body));
    assert_eq!(desk.put(&Paper::record(2)).await.status, 202);
    assert_eq!(desk.platform.books().submission(&paper.id()).unwrap().puts, 1);
}

#[tokio::test]
async fn an_answer_may_name_another_document() {
    let (_, paper, answer) = first(Action::NameAnother { id: "c".repeat(32) }).await;
    let answer = answer.unwrap();
    assert_eq!(answer.between("<SubmissionId>", "</SubmissionId>"), Some("c".repeat(32).as_str()));
    assert_ne!(paper.id(), "c".repeat(32));
}

#[tokio::test]
async fn an_answer_may_drip_or_break_off() {
    let started = tokio::time::Instant::now();
    let (_, _, answer) = first(Action::SlowDrip { bytes: 60, every_ms: 5 }).await;
    assert_eq!(answer.unwrap().code(), "00");
    assert!(started.elapsed() > Duration::from_millis(20), "{:?}", started.elapsed());
    let (mut desk, paper, answer) = first(Action::Truncate { after: 80 }).await;
    assert!(is_cut(&answer), "{answer:?}");
    assert_eq!(desk.look_up(&paper).await.code(), "00");
}

#[tokio::test]
async fn a_delay_delays() {
    let started = tokio::time::Instant::now();
    let (_, _, answer) = first(Action::Delay { ms: 40 }).await;
    assert_eq!(answer.unwrap().code(), "00");
    assert!(started.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn what_needs_the_document_to_match_is_done_all_the_same() {
    let mut desk = Desk::open(setup()).await;
    for action in [Action::ExpireTokens, Action::Delay { ms: 30 }] {
        desk.platform.script(Rule::new(Endpoint::Put, action).of_kind("insp_record"));
    }
    let started = tokio::time::Instant::now();
    assert_eq!(desk.put(&Paper::record(1)).await.code(), "00");
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert_eq!(desk.get("/schema").await.code(), "03");
}

#[tokio::test]
async fn the_server_time_may_be_wrong() {
    let mut desk = Desk::open(setup()).await;
    desk.platform.script(Rule::new(Endpoint::Schema, Action::ServerTime { offset: -2820 }));
    let time = |r: &Reply| r.between("<ServerTime>", "</ServerTime>").map(str::to_owned);
    assert_eq!(time(&desk.get("/schema").await).as_deref(), Some("2023-04-03T16:33:11+08:00"));
    assert_eq!(time(&desk.get("/schema").await).as_deref(), Some("2023-04-03T17:20:11+08:00"));
}

#[tokio::test]
async fn a_document_may_be_returned_later_with_errors() {
    let processing = Processing { checking: (Duration::from_secs(30), Duration::from_secs(30)), ..Processing::default() };
    let mut desk = Desk::open(Setup { processing, ..setup() }).await;
    let error = ErrorItem::new("E1203", "统一社会信用代码校验位错误").at("/d:InspectionRecord/d:Enterprise/d:Uscc", 14);
    desk.platform.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![error] }).of_kind("insp_record").nth(2));
    let papers: Vec<Paper> = (1..=3).map(Paper::record).collect();
    for paper in &papers {
        assert_eq!(desk.put(paper).await.status, 202);
    }
    desk.pass(29);
    assert_eq!(desk.look_up(&papers[1]).await.states(), ["checking"]);
    desk.pass(1);
    let returned = desk.look_up(&papers[1]).await;
    assert_eq!((returned.states(), returned.attribute("line")), (vec!["returned"], Some("14")));
    assert!(!returned.body.contains("EnteredAt"), "{}", returned.body);
    assert_eq!(desk.look_up(&papers[2]).await.states(), ["entered"]);
}

#[tokio::test]
async fn a_document_may_be_held_in_checking_until_released() {
    let (mut desk, paper, _) = first(Action::HoldInChecking).await;
    desk.pass(7000);
    assert_eq!(desk.look_up(&paper).await.states(), ["checking"]);
    assert!(desk.platform.release(&paper.id(), Vec::new()));
    assert_eq!(desk.look_up(&paper).await.states(), ["entered"]);
}

#[tokio::test]
async fn every_synchronous_refusal_can_be_told_with_its_errors() {
    for (code, status) in
        [("10", 422), ("11", 422), ("12", 422), ("13", 409), ("14", 409), ("15", 403), ("17", 409), ("05", 503), ("04", 500), ("02", 401)]
    {
        let errors = vec![ErrorItem::new("E77", "自定的理由")];
        let action = Action::Refuse { code: code.into(), message: Some("自定的话".into()), errors };
        let (mut desk, paper, answer) = first(action).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.code()), (status, code));
        assert!(answer.body.contains("自定的话"), "{}", answer.body);
        assert_eq!(answer.body.contains("E77"), matches!(code, "10" | "11" | "12"));
        assert_eq!(answer.body.contains("<Receipt>"), code == "13");
        assert_eq!(answer.body.contains("<Schema "), code == "17");
        assert_eq!(desk.look_up(&paper).await.code(), "18");
    }
}

#[tokio::test]
async fn connections_are_refused_and_accepted_again_on_the_same_port() {
    let mut desk = Desk::open(setup()).await;
    desk.platform.refuse_connections().await;
    desk.hang_up();
    let refused = Line::open(desk.platform.address()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    desk.platform.accept_connections().await;
    assert_eq!(desk.get("/schema").await.code(), "00", "with the token of before");
}

#[tokio::test]
async fn a_rule_refuses_connections_for_a_while() {
    let (mut desk, paper, answer) = first(Action::RefuseConnections { ms: 50 }).await;
    assert!(is_cut(&answer), "{answer:?}");
    let mut refused = 0;
    let reply = loop {
        match desk.try_put(&paper).await {
            Ok(reply) => break reply,
            Err(_) => refused += 1,
        }
    };
    assert_eq!(reply.code(), "00");
    assert!(refused > 0);
}

#[tokio::test]
async fn the_schema_changes_in_the_middle_of_the_day() {
    let mut desk = Desk::open(setup()).await;
    let change = Action::ChangeSchema { version: "2023.2".into(), accepts: vec!["2023.2".into()] };
    desk.platform.script(Rule::new(Endpoint::Put, change).nth(2));
    assert_eq!(desk.put(&Paper::record(1)).await.code(), "00");
    assert_eq!(desk.put(&Paper::record(2)).await.code(), "17");
    assert_eq!(desk.get("/schema").await.attribute("version"), Some("2023.2"));
}

#[tokio::test]
async fn a_believable_platform_is_moody_the_same_way_for_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let clock = dangri_mocks::MockClock::manual(crate::harness::noon());
        let mut believable = Setup::believable(11);
        // Real waiting has no place in a test; the rest of the temper stays.
        believable.rules.retain(|r| !matches!(r.action, Action::Delay { .. }));
        let mut desk = Desk::open(Setup { clock, ..believable }).await;
        let mut told = Vec::new();
        for n in 1..=30 {
            let answer = desk.try_put(&Paper::record(n)).await;
            told.push(answer.map_or_else(|e| e.kind().to_string(), |r| r.code().to_owned()));
            desk.pass(1);
        }
        desk.pass(60);
        let states: Vec<_> = desk.platform.books().submissions().iter().map(|s| s.state).collect();
        runs.push((told, states));
    }
    assert_eq!(runs[0], runs[1]);
    let (told, states) = &runs[0];
    assert_eq!(told.iter().filter(|t| *t == "05").count(), 6, "{told:?}");
    assert_eq!(told.iter().filter(|t| !matches!(t.as_str(), "00" | "05")).count(), 1, "one lost answer: {told:?}");
    assert_eq!(states.iter().filter(|s| **s == dangri_mocks::State::Returned).count(), 1, "{states:?}");
}
