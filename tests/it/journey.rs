//! From the folder to the platform, and back to the author.

use chrono::{Duration, NaiveDate};
use dangri::document::State;
use dangri_mocks::{Action, Endpoint, ErrorItem, Rule, drafts};

use crate::harness::Office;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 4, 3).unwrap()
}

fn record(seed: u64) -> Vec<u8> {
    drafts::single(seed, "insp_record", day()).unwrap().bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_in_the_folder_becomes_an_entry_on_the_platform() {
    let office = Office::open().await;
    office.put("第一组/检查记录.xml", &record(1));
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state("第一组/检查记录.xml").await, Some(State::Entered));
    assert_eq!(office.note("第一组/检查记录.xml"), None);
    assert_eq!(std::fs::read(office.folder().join("第一组/检查记录.xml")).unwrap(), record(1), "the draft is untouched");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_draft_gets_a_note_beside_it_that_goes_when_it_is_mended() {
    let office = Office::open().await;
    let good = String::from_utf8(record(2)).unwrap();
    let bad = good.replacen("<Uscc>9", "<Uscc>8", 1);
    assert_ne!(bad, good);
    office.put("记录.xml", bad.as_bytes());
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Unfit));
    let note = office.note("记录.xml").expect("a note beside the draft");
    assert!(note.starts_with('\u{feff}') && note.contains("统一社会信用代码"), "{note}");
    office.put("记录.xml", good.as_bytes());
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.note("记录.xml"), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_leads_to_one_entry() {
    let office = Office::open().await;
    office.mock.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).times(1));
    office.put("记录.xml", &record(3));
    office.pass(Duration::minutes(10)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_returns_comes_back_to_the_author() {
    let office = Office::open().await;
    let error = ErrorItem::new("E2107", "检查时间与平台登记的检查计划不一致").at("/d:InspectionRecord/d:Start", 1);
    office.mock.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![error] }).times(1));
    office.put("记录.xml", &record(4));
    office.pass(Duration::minutes(10)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Returned));
    let note = office.note("记录.xml").expect("a note beside the draft");
    assert!(note.contains("检查时间与平台登记的检查计划不一致"), "{note}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_nothing_is_lost_and_nothing_is_doubled() {
    let mut office = Office::open().await;
    for seed in 10..30 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    office.mock.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).times(3));
    office.pass(Duration::seconds(3)).await;
    office.crash().await;
    office.start().await;
    office.pass(Duration::minutes(20)).await;
    for seed in 10..30 {
        assert_eq!(office.state(&format!("{seed}.xml")).await, Some(State::Entered), "{seed}");
    }
    office.close().await;
}
