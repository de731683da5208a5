//! From the visit to the closed case: each leg is missing until its document is entered, and nothing else closes it.

use chrono::Duration;
use dangri::{document::State, store::Fact};
use dangri_mocks::{Action, Endpoint, Rule, drafts::Thread};
use serde_json::Value;

use crate::harness::{Furnishing, Office};

/// After the last day of the thread.
const JUNE: &str = "2023-06-01T09:00:00+08:00";

/// The ledger as the command gives it to machines.
async fn ledger(office: &Office) -> Value {
    let said = office.dangri(&office.folder(), &["loop", "--json"]).await;
    let value: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
    assert_eq!(value["schema"], "dangri.loop/1");
    value["data"].clone()
}

/// The legs that the only loop lacks, publication aside: it is followed by others.
fn lacks(ledger: &Value) -> Vec<String> {
    assert_eq!(ledger["loops"].as_array().unwrap().len(), 1, "{ledger:#}");
    let missing = ledger["loops"][0]["missing"].as_array().unwrap();
    let mut steps: Vec<_> = missing.iter().map(|m| m["step"].as_str().unwrap().to_owned()).filter(|step| step != "publication").collect();
    steps.sort();
    steps.dedup();
    steps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_leg_is_missing_until_its_document_comes_in_and_then_the_loop_closes() {
    let office = Furnishing::at(JUNE).open().await;
    let drafts = Thread::new(7, "2023-04-06".parse().unwrap()).drafts();
    let expected: [&[&str]; 14] = [
        &[],
        &["filing", "order"],
        &["filing", "order", "review"],
        &["filing", "review"],
        &["filing", "review"],
        &["filing"],
        &["notice"],
        &["notice"],
        &["notice"],
        &["hearing"],
        &["decision"],
        &["service"],
        &["payment"],
        &[],
    ];
    for ((at, draft), lacking) in drafts.iter().enumerate().zip(expected) {
        office.put(&format!("{at:02}.xml"), &draft.bytes);
        office.pass(Duration::minutes(2)).await;
        assert_eq!(office.state(&format!("{at:02}.xml")).await, Some(State::Entered), "{}", draft.file_name);
        let ledger = ledger(&office).await;
        if at == 0 {
            assert_eq!(ledger["total"], 0, "a scheme is no inspection yet");
        } else {
            assert_eq!(lacks(&ledger), lacking, "after {}", draft.kind);
        }
    }
    // Reconciliation has seen the decision where it should be.
    let decision = office.record("11.xml").await;
    let number = decision.birth.facts.as_ref().unwrap().number.clone().unwrap();
    let seen = format!(
        r#"{{"id":"{id}","number":"{number}","date":"2023-05-16","outcome":"matched","since":"2023-06-01T09:00:00+08:00","published_at":"2023-05-16T17:00:00+08:00"}}"#,
        id = decision.id()
    );
    office.daemon().queue.store().remember_all(vec![Fact::new(format!("publication/decision/{}", decision.id()), seen)]).await.unwrap();
    let closed = ledger(&office).await;
    let one = &closed["loops"][0];
    assert_eq!([&one["rectified"], &one["punished"], &one["published"]], [true, true, true], "{one:#}");
    assert_eq!((&closed["open"], &closed["finished"]), (&Value::from(0), &Value::from(1)));
    let told = office.dangri(&office.folder(), &["loop", "--open"]).await;
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("已办结 1") && told.out.contains("没有未办完的"), "{}", told.out);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_told_with_since_when_and_what_to_do_the_worst_first() {
    let office = Furnishing::at(JUNE).open().await;
    let day = "2023-04-06".parse().unwrap();
    // Decided and not served; visited and nothing more; and a review that the platform sends back.
    for (seed, upto) in [(7, 12), (8, 2), (9, 4)] {
        for (at, draft) in Thread::new(seed, day).drafts().into_iter().take(upto).enumerate() {
            office.put(&format!("{seed}/{at:02}.xml"), &draft.bytes);
            office.pass(Duration::seconds(40)).await;
        }
    }
    office.script(Rule::new(Endpoint::Put, Action::Refuse { code: "11".into(), message: None, errors: vec![] }).times(1));
    office.put("9/04.xml", &Thread::new(9, day).drafts()[4].bytes);
    office.pass(Duration::minutes(2)).await;
    let told = office.dangri(&office.folder(), &["loop", "--open"]).await;
    assert_eq!(told.code, 3, "terms have passed: {}{}", told.out, told.err);
    // How publication stands is followed elsewhere and changes with it.
    let lines: Vec<_> = told.out.lines().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].contains("缺 公示") {
            at += 3
        } else {
            kept.push(lines[at]);
            at += 1
        }
    }
    insta::assert_snapshot!(kept.join("\n"));
    office.close().await;
}
