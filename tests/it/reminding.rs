//! Terms of law and the platform's copies reach people through the alerts: in the morning, once a day, by number, until it is done.

use chrono::Duration;
use dangri::{
    alert::{Kind, desk},
    document::{State, Timestamp},
};
use dangri_mocks::{
    Action, Endpoint, Publishing, Rule,
    drafts::{self, Thread},
};

use crate::{
    harness::{Furnishing, Office, edited, record},
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

/// The daemon sleeps until `moment` and then has a few minutes.
async fn leap(office: &mut Office, moment: &str) {
    assert_eq!(office.stop().await, 0);
    let at = Timestamp::parse(&format!("{moment}+08:00")).unwrap();
    while office.clock.step(at).await < at {}
    office.start().await;
    office.pass(Duration::minutes(3)).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_is_not_published_is_told_of_in_the_morning_red_on_the_fifth_and_seventh_day() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    // A Friday; its seven working days end after the May holiday, on 4 May.
    let mut office = open(office("2023-04-21T15:00:00+08:00", &[&channel]), &time).await;
    office.script(Rule::new(Endpoint::Put, Action::Publish(Publishing { never: true, ..Publishing::default() })).of_kind("penalty_org"));
    let decision = drafts::single(5, "penalty_org", "2023-04-21".parse().unwrap()).unwrap().bytes;
    enter(&office, "决定书.xml", &decision).await;
    let number = office.record("决定书.xml").await.title();
    until(&office, "2023-04-21T19:30:00").await;
    assert_eq!(told(&sink.texts(), "未公示"), Vec::<String>::new(), "the day is not over");
    let mut fresh = Vec::new();
    // 23 April is a Sunday that is worked; 27 and 28 April are its fifth and sixth working day, 4 May its seventh.
    for moment in ["2023-04-23T07:40:00", "2023-04-23T08:45:00", "2023-04-27T07:40:00", "2023-04-27T08:45:00", "2023-05-04T08:45:00"] {
        leap(&mut office, moment).await;
        fresh.push(told(&sink.texts(), "未公示").last().cloned().unwrap_or_default());
    }
    assert_eq!(fresh[0], "", "it waits for the digest");
    assert!(fresh[1].contains("■ 黄 未公示 1 件") && fresh[1].contains(&number), "{}", fresh[1]);
    assert!(!fresh[2].contains("红"), "{}", fresh[2]);
    assert!(fresh[3].contains("红 未公示 1 件") && fresh[3].contains("还剩 2 个工作日"), "{}", fresh[3]);
    assert!(fresh[4].contains("今天是法定七个工作日的最后一天"), "{}", fresh[4]);
    let party = party(&decision);
    assert!(!sink.texts().iter().any(|text| text.contains(&party)), "{:#?}", sink.texts());
    office.close().await;
}

/// The ledger's reminders as `dangri loop --json` has them: key and text.
async fn reminders(office: &Office) -> Vec<(String, String)> {
    let said = office.dangri(&office.folder(), &["loop", "--json"]).await;
    let envelope: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let all = envelope["data"]["reminders"].as_array().unwrap();
    all.iter().map(|one| (one["key"].as_str().unwrap().to_owned(), one["text"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fine_that_is_not_paid_is_to_be_demanded_and_ten_days_after_the_demand_the_court_is_named() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-11-29T17:00:00+08:00", &[&channel]), &time).await;
    let drafts = Thread::new(7, "2023-04-06".parse().unwrap()).drafts();
    for (draft, n) in drafts.iter().filter(|draft| draft.kind != "case_close").zip(0..) {
        enter(&office, &format!("{n}.xml"), &draft.bytes).await;
    }
    let of = |all: &[(String, String)], word: &str| all.iter().filter(|(key, _)| key.starts_with(word)).cloned().collect::<Vec<_>>();
    let before = reminders(&office).await;
    let demand = of(&before, "demand/");
    assert!(demand.len() == 1 && demand[0].1.contains("还没有催告：催告书最迟2024年2月8日送达"), "{before:#?}");
    until(&office, "2023-11-30T08:45:00").await;
    assert!(!told(&sink.texts(), "还没有催告").is_empty(), "{:#?}", sink.texts());
    // The demand is served, and its receipt entered.
    let receipt = drafts.iter().rfind(|draft| draft.kind == "service_receipt").unwrap();
    let text = std::str::from_utf8(&receipt.bytes).unwrap();
    let rows = text[text.find("<Row ").unwrap()..text.rfind("</Row>").unwrap()].to_owned();
    let kind = crate::harness::element(&rows.as_bytes()[rows.rfind("<DocumentKind>").unwrap()..], "DocumentKind");
    let number = crate::harness::element(&receipt.bytes, "DocumentNumber");
    let served = crate::harness::element(&rows.as_bytes()[rows.rfind("<ServedDate>").unwrap()..], "ServedDate");
    let date = crate::harness::element(&receipt.bytes, "DocumentDate");
    let bytes = edited(&receipt.bytes, &number, &number.replace("号", "9号"));
    let bytes = edited(&bytes, &format!("<DocumentKind>{kind}<"), "<DocumentKind>enforce_warning<");
    let bytes = edited(&bytes, &format!("<ServedDate>{served}<"), "<ServedDate>2023-11-30<");
    let bytes = edited(&bytes, &format!("<DocumentDate>{date}<"), "<DocumentDate>2023-11-30<");
    enter(&office, "催告回执.xml", &bytes).await;
    let waiting = reminders(&office).await;
    assert!(of(&waiting, "demand/").is_empty(), "{waiting:#?}");
    assert!(of(&waiting, "demanded/").len() == 1, "{waiting:#?}");
    assert!(of(&waiting, "demanded/")[0].1.contains("2023年12月10日起可以申请法院强制执行"), "{waiting:#?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_is_taken_away_at_the_end_it_gave_itself_is_over_and_one_that_is_taken_away_before_is_told_of() {
    for (days, over, day) in [(366, true, "2024-04-22"), (360, false, "2024-04-18")] {
        let time = Time::default();
        let (_sink, channel) = group(&time, "值班群", "group").await;
        let mut office = open(office("2023-04-21T15:00:00+08:00", &[&channel]), &time).await;
        let how = Publishing { withdrawn_after: Some(days * 86_400), ..Publishing::default() };
        office.script(Rule::new(Endpoint::Put, Action::Publish(how)).of_kind("penalty_org"));
        enter(&office, "决定书.xml", &drafts::single(5, "penalty_org", "2023-04-21".parse().unwrap()).unwrap().bytes).await;
        let ask = ["reconcile", "--from", "2023-04-21", "--to", "2023-04-21", "--json"];
        office.pass(Duration::minutes(30)).await;
        assert_eq!(office.dangri(&office.folder(), &ask).await.code, 0);
        leap(&mut office, &format!("{day}T10:00:00")).await;
        let said = office.dangri(&office.folder(), &ask).await;
        assert_eq!(said.code, if over { 0 } else { 3 }, "{days}: {}", said.out);
        let doc = office.dangri(&office.folder(), &["doc", &office.record("决定书.xml").await.title()]).await;
        assert_eq!((doc.out.contains("公示期满"), doc.out.contains("被撤下")), (over, !over), "{days}: {}", doc.out);
        office.close().await;
    }
}
