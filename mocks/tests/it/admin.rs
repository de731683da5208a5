//! The admin port does what test code does.

use serde_json::{Value, json};

use dangri_mocks::Setup;

use crate::harness::{Ask, Desk, Line, Paper, setup};

async fn admin(desk: &Desk, method: &'static str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = desk.platform.admin_url().unwrap();
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    let mut line = Line::open(address).await.unwrap();
    let ask = Ask::new(method, path).with("Host", "127.0.0.1").body(body.map(|b| b.to_string()).unwrap_or_default());
    let mut bytes = String::from_utf8(ask.bytes()).unwrap();
    bytes = bytes.replacen("Host: mock\r\n", "", 1);
    line.send(bytes.as_bytes()).await.unwrap();
    let reply = line.answer(false).await.unwrap();
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

#[tokio::test]
async fn rules_the_clock_and_the_books_can_be_reached() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    let rule = json!({"on": "put", "matching": {"kind": "insp_record"}, "action": {"do": "hold_in_checking"}});
    let (status, told) = admin(&desk, "POST", "/rules", Some(rule)).await;
    assert_eq!((status, &told["id"]), (200, &json!(1)));
    desk.put(&paper).await;
    let (_, rules) = admin(&desk, "GET", "/rules", None).await;
    assert_eq!(rules[0]["fired"], json!(1));
    let (_, held) = admin(&desk, "GET", &format!("/books/submissions/{}", paper.id()), None).await;
    assert_eq!(held["state"], json!("checking"));
    let (_, now) = admin(&desk, "POST", "/clock", Some(json!({"advance_seconds": 60}))).await;
    assert_eq!(now["now"], json!("2023-04-03T17:21:11+08:00"));
    let (status, _) = admin(&desk, "POST", &format!("/submissions/{}/release", paper.id()), None).await;
    assert_eq!(status, 200);
    let admitted = json!({"admitted": [{"kind": "insp_record", "number": paper.number}]});
    let (_, verdict) = admin(&desk, "POST", "/books/verdict", Some(admitted)).await;
    assert_eq!((&verdict["ok"], &verdict["entered"]), (&json!(true), &json!(1)));
    let (_, verdict) = admin(&desk, "POST", "/books/verdict", Some(json!({"admitted": []}))).await;
    assert_eq!(verdict["faults"][0]["fault"], json!("not_admitted"));
    let (_, counters) = admin(&desk, "GET", "/books/counters", None).await;
    assert_eq!(counters["puts"], json!(1));
    let (_, requests) = admin(&desk, "GET", "/books/requests", None).await;
    assert_eq!(requests.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn everything_else_can_be_told_too() {
    let mut desk = Desk::open(setup()).await;
    for (path, body) in [
        ("/tokens/expire", None),
        ("/accounts/demo-app/unlock", None),
        ("/schema", Some(json!({"version": "2024.1", "accepts": ["2024.1"]}))),
        ("/registers", Some(json!({"enterprises": null, "officers": []}))),
        ("/publications/end", Some(json!({"number": "x"}))),
        ("/publications/complete-to", Some(json!({"at": "2023-04-03T17:00:00+08:00"}))),
    ] {
        assert_eq!(admin(&desk, "POST", path, body).await.0, 200, "{path}");
    }
    assert_eq!(desk.get("/schema").await.code(), "03");
    desk.log_in().await;
    assert_eq!(desk.get("/schema").await.attribute("version"), Some("2024.1"));
    assert_eq!(admin(&desk, "POST", "/connections/refuse", None).await.0, 200);
    assert_eq!(admin(&desk, "POST", "/connections/accept", None).await.0, 200, "the admin port stays open");
    let (_, index) = admin(&desk, "GET", "/", None).await;
    assert_eq!(index["管理接口"].as_object().unwrap().len(), 22);
}

#[tokio::test]
async fn what_the_platform_keeps_can_be_made_to_differ_from_what_was_sent() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    assert!(desk.look_up(&paper).await.body.contains(&paper.digest()));
    let alter = format!("/submissions/{}/alter", paper.id());
    assert_eq!(admin(&desk, "POST", &alter, None).await.0, 200);
    let kept = desk.look_up(&paper).await;
    assert!(kept.body.contains("Digest") && !kept.body.contains(&paper.digest()), "{}", kept.body);
}

#[tokio::test]
async fn nonsense_is_refused_in_words() {
    let desk = Desk::open(setup()).await;
    let (status, said) = admin(&desk, "POST", "/rules", Some(json!({"on": "put", "action": {"do": "explode"}}))).await;
    assert_eq!(status, 400);
    assert!(said["error"].as_str().unwrap().contains("无法读取 JSON"));
    assert_eq!(admin(&desk, "GET", "/nothing", None).await.0, 404);
    assert_eq!(admin(&desk, "DELETE", "/rules/9", None).await.0, 404);
}

#[tokio::test]
async fn only_this_machine_may_ask() {
    let everywhere = Setup { admin: Some("0.0.0.0:0".parse().unwrap()), ..setup() };
    assert!(dangri_mocks::Platform::start(everywhere).await.is_err());
    let desk = Desk::open(setup()).await;
    let url = desk.platform.admin_url().unwrap();
    let mut line = Line::open(url.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    let reply = line.ask(Ask::get("/")).await.unwrap();
    assert_eq!(reply.status, 421, "a name that is not this machine's");
}

#[test]
fn every_rule_and_action_of_the_readme_can_be_read() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let rules: Vec<&str> = text.lines().filter(|l| l.ends_with("/rules")).filter_map(|l| l.split('\'').nth(1)).collect();
    assert_eq!(rules.len(), 3);
    for rule in rules {
        serde_json::from_str::<dangri_mocks::Rule>(rule).unwrap_or_else(|e| panic!("{rule}: {e}"));
    }
    let table = text.split("| --- | --- |").nth(1).unwrap().split("\n\n").next().unwrap();
    for name in table.lines().filter_map(|l| l.split('|').nth(1)).flat_map(|c| c.split('`').skip(1).step_by(2)) {
        let known = serde_json::from_value::<dangri_mocks::Action>(json!({"do": name})).err().map(|e| e.to_string());
        let moment = ["before_body", "during_body", "after_body"].contains(&name) || name == "Retry-After" || name == "committing";
        assert!(moment || !known.is_some_and(|e| e.contains("unknown variant")), "{name}");
    }
}
