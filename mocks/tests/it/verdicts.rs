//! The books give a verdict, and it can be bad.

use dangri_mocks::{Action, Admitted, Endpoint, ErrorItem, Fault, Rule, Setup, State};

use crate::harness::{Desk, Paper, setup};

fn key(paper: &Paper) -> Admitted {
    Admitted::Key { kind: paper.kind.clone(), number: paper.number.clone().unwrap() }
}

#[tokio::test]
async fn every_admitted_document_must_be_entered() {
    let mut desk = Desk::open(setup()).await;
    let papers: Vec<Paper> = (1..=3).map(Paper::record).collect();
    desk.put(&papers[0]).await;
    desk.platform.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![ErrorItem::new("E1", "退回")] }));
    desk.put(&papers[1]).await;
    let admitted: Vec<Admitted> = vec![Admitted::Id(papers[0].id()), Admitted::Id(papers[1].id()), key(&papers[2])];
    let verdict = desk.platform.books().verdict(&admitted);
    assert!(!verdict.ok);
    assert_eq!(
        verdict.faults,
        [
            Fault::NotEntered { admitted: admitted[1].clone(), state: Some(State::Returned) },
            Fault::NotEntered { admitted: admitted[2].clone(), state: None },
        ]
    );
    assert!(desk.platform.books().verdict(&admitted[..1]).ok);
}

#[tokio::test]
async fn nothing_may_be_entered_that_was_not_admitted() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    let verdict = desk.platform.books().verdict(&[]);
    assert!(matches!(&verdict.faults[..], [Fault::NotAdmitted { id, .. }] if *id == paper.id()), "{:?}", verdict.faults);
}

#[tokio::test]
async fn a_repeat_on_a_platform_that_is_not_idempotent_is_a_second_entry() {
    let mut desk = Desk::open(Setup { idempotent: false, ..setup() }).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    let admitted = [key(&paper)];
    assert!(desk.platform.books().verdict(&admitted).ok);
    desk.put(&paper).await;
    let verdict = desk.platform.books().verdict(&admitted);
    assert_eq!(verdict.faults, [Fault::EnteredTwice { admitted: admitted[0].clone(), entries: 2 }]);
    assert_eq!(desk.platform.books().counters().repeated_puts, 1);
}

#[tokio::test]
async fn two_live_entries_for_one_key_are_a_fault() {
    let mut desk = Desk::open(setup()).await;
    // A kind without a number is not guarded by code 13.
    let one = Paper::of("inquiry_record", None, "InquiryRecord", "<A/>");
    let two = Paper::of("inquiry_record", None, "InquiryRecord", "<B/>");
    desk.put(&one).await;
    desk.put(&two).await;
    let verdict = desk.platform.books().verdict(&[Admitted::Id(one.id()), Admitted::Id(two.id())]);
    assert!(matches!(&verdict.faults[..], [Fault::TwoLive { ids, .. }] if ids.len() == 2), "{:?}", verdict.faults);
}

#[tokio::test]
async fn a_correction_replaces_its_entry_and_the_verdict_is_good() {
    let mut desk = Desk::open(setup()).await;
    let first = Paper::record(1);
    desk.put(&first).await;
    let mut second = first.clone();
    second.document = first.document.replace("车间", "仓库");
    second.supersedes = Some(first.id());
    desk.put(&second).await;
    assert!(desk.platform.books().verdict(&[key(&first)]).ok, "by number they are one");
    assert!(desk.platform.books().verdict(&[Admitted::Id(first.id()), Admitted::Id(second.id())]).ok);
}

#[tokio::test]
async fn the_books_show_what_was_taken_how_often_and_what_was_shown() {
    let mut desk = Desk::open(Setup { keep_bodies: true, ..setup() }).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    desk.put(&paper).await;
    desk.look_up(&paper).await;
    let held = desk.platform.books().submission(&paper.id()).unwrap();
    assert_eq!((held.puts, held.body.as_deref()), (2, Some(paper.document.as_str())));
    assert_eq!((held.shown.get("entered"), held.state), (Some(&1), State::Entered));
    let counters = desk.platform.books().counters();
    assert_eq!((counters.puts, counters.repeated_puts, counters.tokens, counters.most_puts_at_once), (2, 1, 1, 1));
    assert_eq!(counters.calls.get("put 00"), Some(&2));
    let again = crate::harness::Ask::get("/schema").with("X-Request-Id", "same");
    desk.call(again).await.unwrap();
    desk.call(crate::harness::Ask::get("/schema").with("X-Request-Id", "same")).await.unwrap();
    assert_eq!(desk.platform.books().counters().repeated_request_ids, 1);
}

#[tokio::test]
async fn puts_at_the_same_time_are_counted() {
    let desk = Desk::open(setup()).await;
    desk.platform.script(Rule::new(Endpoint::Put, Action::Delay { ms: 30 }).always());
    let mut calls = tokio::task::JoinSet::new();
    for n in 1..=4 {
        let (address, token) = (desk.platform.address(), desk.token.clone());
        calls.spawn(async move {
            let mut line = crate::harness::Line::open(address).await.unwrap();
            line.ask(Paper::record(n).ask().bearer(&token)).await.unwrap().code().to_owned()
        });
    }
    assert_eq!(calls.join_all().await, ["00"; 4]);
    assert_eq!(desk.platform.books().counters().most_puts_at_once, 4);
}

#[tokio::test]
async fn several_platforms_in_one_process_know_nothing_of_each_other() {
    let mut one = Desk::open(setup()).await;
    let mut two = Desk::open(setup()).await;
    one.put(&Paper::record(1)).await;
    assert_eq!(two.look_up(&Paper::record(1)).await.code(), "18");
    let address = one.platform.address();
    one.platform.shutdown().await;
    assert!(crate::harness::Line::open(address).await.is_err(), "the port is free");
    assert_eq!(two.get("/schema").await.code(), "00");
}
