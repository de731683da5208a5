//! Terms of law and the platform's copies reach people through the alerts: in the morning, once a day, by number, until it is done.

use chrono::Duration;
use dangri::{
    alert::{Kind, desk},
    document::State,
};
use dangri_mocks::drafts::Thread;

use crate::{
    harness::{Furnishing, Office, record},
    telling::{Time, ask, group, office, open, until},
};

/// What was told of `word`.
fn told(texts: &[String], word: &str) -> Vec<String> {
    texts.iter().filter(|text| text.contains(word)).cloned().collect()
}

async fn enter(office: &Office, name: &str, bytes: &[u8]) {
    office.put(name, bytes);
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state(name).await, Some(State::Entered), "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_is_due_is_reminded_of_once_each_morning_until_it_is_entered() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    // A Thursday: the order's term ended long ago.
    let office = open(office("2023-06-01T07:40:00+08:00", &[&channel]), &time).await;
    let drafts = Thread::new(7, "2023-04-06".parse().unwrap()).drafts();
    for (draft, name) in drafts.iter().zip(["方案.xml", "记录.xml", "处理.xml", "责改.xml"]) {
        enter(&office, name, &draft.bytes).await;
    }
    let order = office.record("责改.xml").await.title();
    until(&office, "2023-06-01T08:29:00").await;
    assert_eq!(told(&sink.texts(), "期限提醒"), Vec::<String>::new(), "nobody is woken for what can be done in the morning");
    until(&office, "2023-06-01T08:45:00").await;
    let first = told(&sink.texts(), "期限提醒");
    assert_eq!(first.len(), 1, "{:#?}", sink.texts());
    assert!(first[0].contains(&order) && first[0].contains("已超期"), "{}", first[0]);
    assert!(!first[0].contains(&party(&drafts[1].bytes)), "{}", first[0]);
    until(&office, "2023-06-01T12:00:00").await;
    assert_eq!(told(&sink.texts(), "第 2 次提醒"), Vec::<String>::new(), "what the digest told is not told again at nine");
    until(&office, "2023-06-02T09:02:00").await;
    assert_eq!(told(&sink.texts(), "第 2 次提醒").len(), 1, "{:#?}", sink.texts());
    enter(&office, "复查.xml", &drafts[4].bytes).await;
    office.pass(Duration::minutes(15)).await;
    let over = told(&sink.texts(), "已恢复 期限提醒");
    assert_eq!(over.len(), 1, "{:#?}", sink.texts());
    assert!(over[0].contains("历时"), "{}", over[0]);
    office.close().await;
}

fn party(record: &[u8]) -> String {
    let at = std::str::from_utf8(record).unwrap().find("<Enterprise>").unwrap();
    crate::harness::element(&record[at..], "Name")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_altered_on_the_platform_is_told_of_until_it_is_right_again() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let furnishing: Furnishing = office("2023-04-03T18:00:00+08:00", &[&channel]);
    let office = open(furnishing, &time).await;
    office.put("甲.xml", &record(1));
    office.drain().await;
    let written = office.record("甲.xml").await;
    assert!(office.mock.alter(&written.id().to_string(), true));
    until(&office, "2023-04-04T09:10:00").await;
    let told_of = told(&sink.texts(), "平台内容不符");
    assert!(told_of[0].contains(&written.title()) && told_of[0].contains("平台上的内容与本机存件不同"), "{}", told_of[0]);
    assert!(office.mock.alter(&written.id().to_string(), false));
    // The fifth is a holiday: that it is over waits for the next digest, and is seen by whoever looks.
    until(&office, "2023-04-05T08:00:00").await;
    let seen = ask(&office, desk::Ask::List).await;
    let open = |answer: &desk::Answer| matches!(answer, desk::Answer::Episode(row) if row.kind == Kind::Drift);
    assert!(!seen.iter().any(open), "{seen:#?}");
    office.close().await;
}
