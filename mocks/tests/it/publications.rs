//! Published decisions (contract §5).

use std::collections::BTreeMap;
use std::time::Duration;

use dangri_mocks::{Action, Endpoint, Publishing, Rule, Setup};

use crate::harness::{Desk, Paper, setup};

const WINDOW: &str = "/publications?from=2023-04-01&to=2023-04-30";

fn decision(n: u32) -> Paper {
    let inside = format!(
        "<Header><IssuingOrg><Name>某区应急管理局</Name><Uscc>11370302004221234A</Uscc></IssuingOrg>\
         <DocumentDate>2023-04-{n:02}</DocumentDate></Header>\
         <Enterprise><Name>某机械有限公司</Name><Uscc>91370302MA3C4D5E6F</Uscc></Enterprise>\
         <Facts>未按规定培训</Facts><PenaltyKinds><PenaltyKind>warning</PenaltyKind><PenaltyKind>fine</PenaltyKind></PenaltyKinds>\
         <PenaltyText>警告并处罚款</PenaltyText><FineYuan>10185.00</FineYuan>"
    );
    Paper::of("penalty_org", Some(&format!("（兰）应急罚〔2023〕{n}号")), "PenaltyOrg", &inside)
}

fn numbers(body: &str) -> Vec<&str> {
    body.split("<CF_WSH>").skip(1).filter_map(|p| p.split('<').next()).collect()
}

async fn publish_as(desk: &mut Desk, n: u32, how: Publishing) {
    desk.platform.script(Rule::new(Endpoint::Put, Action::Publish(how)));
    assert_eq!(desk.put(&decision(n)).await.code(), "00");
}

#[tokio::test]
async fn an_entered_decision_is_published_with_its_own_values() {
    let mut desk = Desk::open(Setup { publish_after: Duration::from_secs(60), ..setup() }).await;
    desk.put(&decision(3)).await;
    desk.put(&Paper::record(1)).await;
    assert!(numbers(&desk.get(WINDOW).await.body).is_empty());
    desk.pass(60);
    let page = desk.get(WINDOW).await;
    for want in [
        "<CF_WSH>（兰）应急罚〔2023〕3号</CF_WSH>",
        "<CF_XDR_MC>某机械有限公司</CF_XDR_MC>",
        "<CF_XDR_LB>法人及非法人组织</CF_XDR_LB>",
        "<CF_XDR_SHXYM>91370302MA3C4D5E6F</CF_XDR_SHXYM>",
        "<CF_NR_FK>1.0185</CF_NR_FK>",
        "<CF_CFLB>警告；罚款</CF_CFLB>",
        "<CF_JDRQ>2023-04-03</CF_JDRQ>",
        "<CF_GSJZQ>2024-04-03</CF_GSJZQ>",
        "state=\"published\" published-at=\"2023-04-03T17:21:11+08:00\"",
        "complete-to=\"2023-04-03T17:21:11+08:00\"",
    ] {
        assert!(page.body.contains(want), "{want} in {}", page.body);
    }
    assert_eq!(numbers(&page.body).len(), 1, "records are not published");
}

#[tokio::test]
async fn windows_are_decision_dates_both_inclusive_and_own_their_cursors() {
    let mut desk = Desk::open(setup()).await;
    for n in 1..=5 {
        desk.put(&decision(n)).await;
    }
    let narrow = desk.get("/publications?from=2023-04-02&to=2023-04-04&limit=2").await;
    assert_eq!(numbers(&narrow.body).len(), 2);
    assert_eq!(narrow.attribute("more"), Some("true"));
    let cursor = narrow.attribute("next").unwrap().to_owned();
    let rest = desk.get(format!("/publications?from=2023-04-02&to=2023-04-04&after={cursor}")).await;
    assert_eq!((numbers(&rest.body), rest.attribute("more")), (vec!["（兰）应急罚〔2023〕4号"], Some("false")));
    for bad in [
        format!("{WINDOW}&after={cursor}"),
        "/publications?from=2023-04-02".into(),
        "/publications?from=2023-04-02&to=2023-04-01".into(),
        "/publications?from=2023-4-2&to=2023-04-30".into(),
        "/publications?from=2023-02-30&to=2023-04-30".into(),
    ] {
        assert_eq!(desk.get(bad.as_str()).await.code(), "01", "{bad}");
    }
}

#[tokio::test]
async fn publication_goes_wrong_in_every_way_that_is_asked() {
    let mut desk = Desk::open(setup()).await;
    publish_as(&mut desk, 1, Publishing { never: true, ..Publishing::default() }).await;
    publish_as(&mut desk, 2, Publishing { twice: true, ..Publishing::default() }).await;
    let alter = BTreeMap::from([("CF_NR_FK".into(), "10185".into()), ("CF_SY".into(), String::new())]);
    publish_as(&mut desk, 3, Publishing { alter, ..Publishing::default() }).await;
    publish_as(&mut desk, 4, Publishing { shifted: true, ..Publishing::default() }).await;
    publish_as(&mut desk, 5, Publishing { after: 30, ..Publishing::default() }).await;
    let page = desk.get(WINDOW).await.body;
    let seen = numbers(&page);
    assert!(!seen.contains(&"（兰）应急罚〔2023〕1号"), "never");
    assert_eq!(seen.iter().filter(|n| **n == "（兰）应急罚〔2023〕2号").count(), 2, "twice");
    let third = page.split("<Publication ").find(|p| p.contains("〔2023〕3号")).unwrap();
    assert!(third.contains("<CF_NR_FK>10185</CF_NR_FK>") && !third.contains("CF_SY>"), "altered: {third}");
    let fourth = page.split("<Publication ").find(|p| p.contains("〔2023〕4号")).unwrap();
    assert!(!fourth.contains("<CF_WSH>（兰）应急罚〔2023〕4号"), "shifted: {fourth}");
    assert!(!seen.contains(&"（兰）应急罚〔2023〕5号"));
    desk.pass(30);
    assert!(numbers(&desk.get(WINDOW).await.body).contains(&"（兰）应急罚〔2023〕5号"), "after a delay");
}

#[tokio::test]
async fn a_row_keeps_its_place_when_it_is_withdrawn_or_repaired() {
    let mut desk = Desk::open(setup()).await;
    publish_as(&mut desk, 1, Publishing { withdrawn_after: Some(10), ..Publishing::default() }).await;
    publish_as(&mut desk, 2, Publishing { repaired_after: Some(20), ..Publishing::default() }).await;
    desk.put(&decision(3)).await;
    let states =
        |body: &str| -> Vec<String> { body.split(" state=\"").skip(1).filter_map(|p| p.split('"').next()).map(str::to_owned).collect() };
    assert_eq!(states(&desk.get(WINDOW).await.body), ["published"; 3]);
    desk.pass(20);
    assert_eq!(desk.platform.end_publication("（兰）应急罚〔2023〕3号", false), 1);
    let page = desk.get(WINDOW).await.body;
    assert_eq!(states(&page), ["withdrawn", "repaired", "withdrawn"]);
    assert!(page.contains("withdrawn-at=\"2023-04-03T17:20:21+08:00\""), "{page}");
    assert_eq!(numbers(&page), ["（兰）应急罚〔2023〕1号", "（兰）应急罚〔2023〕2号", "（兰）应急罚〔2023〕3号"]);
}

#[tokio::test]
async fn complete_to_may_stand_still() {
    let mut desk = Desk::open(Setup { publication_lag: Duration::from_secs(3600), ..setup() }).await;
    assert_eq!(desk.get(WINDOW).await.attribute("complete-to"), Some("2023-04-03T16:20:11+08:00"));
    desk.platform.set_complete_to(Some(crate::harness::noon()));
    desk.pass(7000);
    assert_eq!(desk.get(WINDOW).await.attribute("complete-to"), Some("2023-04-03T17:20:11+08:00"));
}

#[tokio::test]
async fn pages_of_notices_repeat_and_skip_rows_when_told() {
    let mut desk = Desk::open(setup()).await;
    for n in 1..=4 {
        desk.put(&decision(n)).await;
    }
    desk.platform.script(Rule::new(Endpoint::Publications, Action::Rows { repeat: 0, skip: 1 }));
    let first = desk.get(format!("{WINDOW}&limit=2")).await;
    assert_eq!(numbers(&first.body), ["（兰）应急罚〔2023〕2号", "（兰）应急罚〔2023〕3号"]);
    desk.platform.script(Rule::new(Endpoint::Publications, Action::Rows { repeat: 1, skip: 0 }));
    let cursor = first.attribute("next").unwrap().to_owned();
    let second = desk.get(format!("{WINDOW}&limit=2&after={cursor}")).await;
    assert_eq!(numbers(&second.body), ["（兰）应急罚〔2023〕3号", "（兰）应急罚〔2023〕4号"]);
}
