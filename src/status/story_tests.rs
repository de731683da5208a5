use super::super::samples::at;
use super::*;
use crate::document::{Actor, Cause, Class, ContentHash, DocumentId, Finding, HoldCause, Place, Receipt, Refusal};

fn finding(severity: Severity) -> Finding {
    Finding {
        rule: "USCC-1".into(),
        severity,
        place: Place { line: 12, column: 9 },
        path: "InspectionRecord/Enterprise/Uscc".into(),
        label: "统一社会信用代码".into(),
        value: "9137".into(),
        message: "校验位不对".into(),
        wanted: String::new(),
        advice: "请核对营业执照".into(),
        law: String::new(),
    }
}

/// At least one of every event; the match makes sure that a new one is not forgotten.
#[expect(clippy::too_many_lines, reason = "a list of every event, one after the other")]
fn every_event() -> Vec<Event> {
    let due = at("2026-11-23T14:05:30+08:00");
    let id = DocumentId::of_unfit("a", &ContentHash::of(b"a"));
    let busy = Failure { said: "系统维护".into(), ..Failure::new(Class::Passing, Cause::Busy, "05") };
    let silent = Failure::new(Class::Unknown, Cause::NoAnswer, "timeout");
    let receipt = Receipt { receipt_no: "SD2026112300017".into(), received_at: due };
    let refusal = |code: &str, message: &str| Refusal { code: code.into(), path: None, line: None, message: message.into() };
    let why = || "企业正在补录".to_owned();
    let events = vec![
        Event::JudgedUnfit { findings: vec![finding(Severity::Error), finding(Severity::Error), finding(Severity::Warning)] },
        Event::Taken { findings: vec![], held: None, supersedes: None },
        Event::Taken { findings: vec![finding(Severity::Warning)], held: Some(HoldCause::Lane), supersedes: Some(id) },
        Event::Leased { attempt: 2, request: uuid::Uuid::from_u64_pair(1, 2) },
        Event::Recalled { due },
        Event::Deferred { failure: busy, due },
        Event::Deferred { failure: Failure::new(Class::Passing, Cause::Unreachable, "refused"), due: at("2026-11-24T08:00:00+08:00") },
        Event::NotHeard { failure: silent.clone(), due },
        Event::Doubted { why: "从备份恢复".into(), due },
        Event::StillUnclear { failure: Some(silent), due },
        Event::StillUnclear { failure: None, due },
        Event::Acknowledged { receipt, due },
        Event::Acknowledged { receipt: Receipt::lost(due), due },
        Event::EntryConfirmed { entry_no: Some("LR-88".into()), entered_at: due },
        Event::EntryConfirmed { entry_no: None, entered_at: due },
        Event::FoundAbsent { due: at("2026-11-23T14:00:00+08:00") },
        Event::SentBack {
            cause: Cause::Rule,
            code: "11".into(),
            refusals: vec![refusal("E1203", "整改期限早于检查日期"), refusal("E1207", "处罚种类必填")],
        },
        Event::SentBack { cause: Cause::Permission, code: "15".into(), refusals: vec![] },
        Event::Held { cause: HoldCause::Operator, why: why() },
        Event::Held { cause: HoldCause::BaseData, why: String::new() },
        Event::Released { why: why(), due },
        Event::Released { why: String::new(), due },
        Event::Hurried { due },
        Event::ReplacedBy { by: id },
        Event::SupersededThere { by: Some(id) },
        Event::SupersededThere { by: None },
        Event::Drifted { now: ContentHash::of(b"b") },
        Event::AlsoSeenAt { path: "第二组/副本\u{1b}[2J.xml".into() },
        Event::DraftGone { path: "第一组/a.xml".into() },
        Event::PutAside { why: why() },
        Event::TakenUpAgain { why: why() },
        Event::TakenUpAgain { why: String::new() },
        Event::Damaged { why: "校验和不符".into() },
        Event::Restored { from: "第一组/a.xml".into(), due },
        Event::PublicationSeen { said: "已公示，与决定书一致".into(), published_at: Some(due), evidence: None },
        Event::PublicationSeen { said: "曾经公示，现在清单上没有了".into(), published_at: None, evidence: None },
    ];
    let named = |event: &Event| match event {
        Event::JudgedUnfit { .. } => 0,
        Event::Taken { .. } => 1,
        Event::Leased { .. } => 2,
        Event::Recalled { .. } => 3,
        Event::Deferred { .. } => 4,
        Event::NotHeard { .. } => 5,
        Event::Doubted { .. } => 6,
        Event::StillUnclear { .. } => 7,
        Event::Acknowledged { .. } => 8,
        Event::EntryConfirmed { .. } => 9,
        Event::FoundAbsent { .. } => 10,
        Event::SentBack { .. } => 11,
        Event::Held { .. } => 12,
        Event::Released { .. } => 13,
        Event::Hurried { .. } => 14,
        Event::ReplacedBy { .. } => 15,
        Event::SupersededThere { .. } => 16,
        Event::Drifted { .. } => 17,
        Event::AlsoSeenAt { .. } => 18,
        Event::DraftGone { .. } => 19,
        Event::PutAside { .. } => 20,
        Event::TakenUpAgain { .. } => 21,
        Event::Damaged { .. } => 22,
        Event::Restored { .. } => 23,
        Event::PublicationSeen { .. } => 24,
    };
    let kinds: std::collections::BTreeSet<_> = events.iter().map(named).collect();
    assert_eq!(kinds.len(), 25, "an event without a sample");
    events
}

fn entry(time: &str, by: Actor, event: Event) -> Entry {
    Entry { at: at(time), by, event }
}

#[test]
fn every_event_has_its_sentence() {
    let told = |event| sentence(&entry("2026-11-23T14:05:00+08:00", Actor::Daemon, event));
    let sentences: Vec<_> = every_event().into_iter().map(told).collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn a_sentence_names_who() {
    let by = [Actor::Daemon, Actor::Platform, Actor::Author, Actor::Operator("zhangwei".into())];
    let told = |by| sentence(&entry("2026-11-23T14:05:00+08:00", by, Event::PutAside { why: "重复".into() }));
    insta::assert_snapshot!(by.map(told).join("\n"));
}

#[test]
fn an_attempt_is_put_together_from_history_and_exchanges() {
    let (first, second) = (uuid::Uuid::from_u64_pair(1, 1), uuid::Uuid::from_u64_pair(1, 2));
    let due = at("2026-11-23T14:06:00+08:00");
    let history = [
        entry("2026-11-23T14:05:00+08:00", Actor::Daemon, Event::Taken { findings: vec![], held: None, supersedes: None }),
        entry("2026-11-23T14:05:01+08:00", Actor::Daemon, Event::Leased { attempt: 1, request: first }),
        entry("2026-11-23T14:05:01+08:00", Actor::Author, Event::DraftGone { path: "a.xml".into() }),
        entry(
            "2026-11-23T14:05:02+08:00",
            Actor::Platform,
            Event::Deferred { failure: Failure::new(Class::Passing, Cause::Busy, "05"), due },
        ),
        entry("2026-11-23T14:06:00+08:00", Actor::Daemon, Event::Leased { attempt: 2, request: second }),
    ];
    let exchange = Exchange {
        request: first,
        document: None,
        call: "PUT /submissions/…".into(),
        at: at("2026-11-23T14:05:01+08:00"),
        took_ms: 812,
        status: Some(503),
        code: Some("05".into()),
        answer: "系统维护".into(),
    };
    let found = attempts(&history, &[exchange]);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].no, found[0].took_ms, found[0].status, found[0].said.as_str()), (1, Some(812), Some(503), "系统维护"));
    assert_eq!(found[0].result, "没有传成：平台繁忙或维护（05），14:06:00 再试");
    assert_eq!((found[1].result.as_str(), found[1].took_ms), ("正在上传", None));
}
