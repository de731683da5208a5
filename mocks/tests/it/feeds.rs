//! Look-ups and the feed of results (contract §4).

use std::time::Duration;

use dangri_mocks::{Account, Action, Endpoint, Processing, Rule, Setup};

use crate::harness::{Desk, Paper, Reply, setup};

fn seconds(s: u64) -> (Duration, Duration) {
    (Duration::from_secs(s), Duration::from_secs(s))
}

fn encode(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.body.split("<SubmissionId>").skip(1).map(|p| p[..32].to_owned()).collect()
}

#[tokio::test]
async fn a_submission_goes_through_its_states_by_the_clock() {
    let processing = Processing { received: seconds(10), checking: seconds(20), seed: 0 };
    let mut desk = Desk::open(Setup { processing, ..setup() }).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    assert_eq!(desk.look_up(&paper).await.states(), ["received"]);
    desk.pass(10);
    assert_eq!(desk.look_up(&paper).await.states(), ["checking"]);
    desk.pass(3600);
    let entered = desk.look_up(&paper).await;
    assert_eq!(entered.states(), ["entered"]);
    let at = entered.between("<EnteredAt>", "</EnteredAt>");
    assert_eq!(at, Some("2023-04-03T17:20:41+08:00"), "when it happened, not when it was asked");
}

#[tokio::test]
async fn a_submission_becomes_visible_after_the_delay_and_not_before() {
    let mut desk = Desk::open(Setup { visibility_delay: Duration::from_secs(120), ..setup() }).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    desk.pass(119);
    let hidden = desk.look_up(&paper).await;
    assert_eq!((hidden.status, hidden.code()), (404, "18"));
    let number = format!("/documents?kind=insp_record&number={}", encode(paper.number.as_ref().unwrap()));
    assert!(ids(&desk.get(number.as_str()).await).is_empty());
    assert!(ids(&desk.get("/results?limit=500").await).is_empty());
    assert_eq!(desk.put(&paper).await.status, 200, "but it is there");
    desk.pass(1);
    assert_eq!(desk.look_up(&paper).await.states(), ["entered"]);
    assert_eq!(ids(&desk.get(number).await), [paper.id()]);
    assert_eq!(ids(&desk.get("/results?limit=500").await), [paper.id()], "the feed shows it once it can be seen");
}

#[tokio::test]
async fn one_document_may_be_visible_later_than_others() {
    let mut desk = Desk::open(setup()).await;
    let late = Paper::record(7);
    desk.platform.script(Rule::new(Endpoint::Put, Action::VisibleLate { seconds: 60 }).numbered(late.number.clone().unwrap()));
    for n in 6..=8 {
        desk.put(&Paper::record(n)).await;
    }
    assert_eq!(desk.look_up(&late).await.code(), "18");
    assert_eq!(desk.look_up(&Paper::record(6)).await.code(), "00");
    desk.pass(60);
    assert_eq!(desk.look_up(&late).await.code(), "00");
}

#[tokio::test]
async fn a_look_up_by_number_shows_the_callers_own() {
    let accounts = vec![Account::new("demo-app", "demo-secret"), Account::new("other", "x")];
    let mut desk = Desk::open(Setup { accounts, ..setup() }).await;
    let paper = Paper::record(1);
    let path = format!("/documents?number={}&kind=insp_record", encode(paper.number.as_ref().unwrap()));
    let none = desk.get(path.as_str()).await;
    assert_eq!((none.code(), none.body.contains("<Results></Results>")), ("00", true), "none counts like 18: {}", none.body);
    desk.put(&paper).await;
    assert_eq!(ids(&desk.get(path.as_str()).await), [paper.id()]);
    for bad in [
        "/documents?kind=insp_record".to_owned(),
        format!("/documents?number={}", encode("（兰）应急检记〔2023〕1号")),
        format!("/documents?kind=insp_record&number={}", encode("（兰）应急检记[2023]1号")),
        format!("{path}&x=1"),
        format!("{path}&kind=insp_record"),
    ] {
        assert_eq!(desk.get(bad.as_str()).await.code(), "01", "{bad}");
    }
}

#[tokio::test]
async fn the_feed_tells_every_change_once_in_order() {
    let processing = Processing { received: seconds(10), checking: seconds(10), seed: 0 };
    let mut desk = Desk::open(Setup { processing, ..setup() }).await;
    let empty = desk.get("/results?limit=10").await;
    assert_eq!((empty.attribute("next"), empty.attribute("more")), (Some(""), Some("false")));
    let papers: Vec<Paper> = (1..=3).map(Paper::record).collect();
    for paper in &papers {
        desk.put(paper).await;
    }
    let page = desk.get("/results?limit=2").await;
    assert_eq!((ids(&page), page.attribute("more")), (vec![papers[0].id(), papers[1].id()], Some("true")));
    let cursor = page.attribute("next").unwrap().to_owned();
    desk.pass(10);
    let rest = desk.get(format!("/results?after={cursor}&limit=500")).await;
    assert_eq!(ids(&rest), [2, 0, 1, 2].map(|n: usize| papers[n].id()), "the change and then the next changes");
    assert_eq!(rest.states(), ["checking"; 4], "each as it is at the time of reading");
    let cursor = rest.attribute("next").unwrap().to_owned();
    assert_eq!(rest.attribute("more"), Some("false"), "next is there even so");
    let nothing = desk.get(format!("/results?after={cursor}")).await;
    assert_eq!(nothing.attribute("next"), Some(cursor.as_str()), "an empty page repeats the cursor");
    desk.pass(10);
    let entered = desk.get(format!("/results?after={cursor}")).await;
    assert_eq!(entered.states(), ["entered"; 3]);
}

#[tokio::test]
async fn limits_and_cursors_are_checked() {
    let mut desk = Desk::open(setup()).await;
    for n in 1..=502 {
        desk.put(&Paper::record(n)).await;
    }
    for (query, rows) in [("", 500), ("?limit=1", 1), ("?limit=500", 500), ("?limit=100000", 500), ("?after=", 500)] {
        let page = desk.get(format!("/results{query}")).await;
        assert_eq!((page.code(), ids(&page).len()), ("00", rows), "{query}");
    }
    for bad in ["?limit=0", "?limit=-1", "?limit=x", "?after=r999999", "?after=zzz", "?after=r01", "?since=1", "?limit=1&limit=2"] {
        let reply = desk.get(format!("/results{bad}")).await;
        assert_eq!((reply.status, reply.code()), (400, "01"), "{bad}");
    }
}

#[tokio::test]
async fn a_moving_list_repeats_and_skips_rows_when_told() {
    let mut desk = Desk::open(setup()).await;
    let papers: Vec<Paper> = (1..=6).map(Paper::record).collect();
    for paper in &papers {
        desk.put(paper).await;
    }
    let own: Vec<String> = papers.iter().map(Paper::id).collect();
    let first = desk.get("/results?limit=2").await;
    let cursor = first.attribute("next").unwrap().to_owned();
    desk.platform.script(Rule::new(Endpoint::Results, Action::Rows { repeat: 1, skip: 0 }));
    desk.platform.script(Rule::new(Endpoint::Results, Action::Rows { repeat: 0, skip: 1 }));
    let repeated = desk.get(format!("/results?limit=2&after={cursor}")).await;
    assert_eq!(ids(&repeated), own[1..3]);
    let skipped = desk.get(format!("/results?limit=2&after={cursor}")).await;
    assert_eq!(ids(&skipped), own[3..5]);
}
