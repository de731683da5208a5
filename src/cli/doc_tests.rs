use super::*;
use crate::{
    day::Excuse,
    document::{Actor, Cause, Class, Entry, Event, Failure, Place as Spot, Receipt, Record, Severity, Timestamp},
    platform::Exchange,
    store::samples::Sample,
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn finding() -> Finding {
    Finding {
        rule: "DAT-3".into(),
        severity: Severity::Warning,
        place: Spot { line: 41, column: 9 },
        path: "InspectionRecord/Deadline".into(),
        label: "整改期限".into(),
        value: "2026年11月24日".into(),
        message: "只给一个工作日".into(),
        wanted: "三个工作日以上".into(),
        advice: "请核对期限是否合适".into(),
        law: "规程第八条".into(),
    }
}

fn life(entered: bool, now: Timestamp) -> Told {
    let request = uuid::Uuid::from_u64_pair(2, 1);
    let mut birth = Sample::new(7).newcomer().birth;
    birth.cut_off = at("1970-01-02T00:00:00+08:00");
    let entry = |time: &str, by, event| Entry { at: at(time), by, event };
    let due = at("1970-01-01T09:01:00+08:00");
    let busy = Failure { said: "系统维护".into(), ..Failure::new(Class::Passing, Cause::Busy, "05") };
    let receipt = Receipt { receipt_no: "SD19700101000017".into(), received_at: due };
    let mut history = vec![
        entry("1970-01-01T09:00:00+08:00", Actor::Daemon, Event::Taken { findings: vec![finding()], held: None, supersedes: None }),
        entry("1970-01-01T09:00:01+08:00", Actor::Daemon, Event::Leased { attempt: 1, request }),
        entry("1970-01-01T09:00:02+08:00", Actor::Platform, Event::Deferred { failure: busy, due }),
    ];
    if entered {
        let leased = Event::Leased { attempt: 2, request: uuid::Uuid::from_u64_pair(2, 2) };
        history.push(entry("1970-01-01T09:01:00+08:00", Actor::Daemon, leased));
        history.push(entry("1970-01-01T09:01:01+08:00", Actor::Platform, Event::Acknowledged { receipt, due }));
        let entered = Event::EntryConfirmed { entry_no: Some("LR-88".into()), entered_at: at("1970-01-01T09:03:00+08:00") };
        history.push(entry("1970-01-01T09:03:30+08:00", Actor::Platform, entered));
    }
    let first = Record::begin(birth, &history[0]).unwrap();
    let record = history[1..].iter().fold(first, |record, entry| record.after(entry).unwrap());
    let exchange = Exchange {
        request,
        document: Some(record.id()),
        call: "PUT /submissions/…".into(),
        at: at("1970-01-01T09:00:01+08:00"),
        took_ms: 1_812,
        status: Some(503),
        code: Some("05".into()),
        answer: "{\"Code\":\"05\",\n \"Message\":\"系统维护\"}".into(),
    };
    let attempts = story::attempts(&history, std::slice::from_ref(&exchange));
    let advice = crate::status::advice::advice(&record).to_owned();
    let others = if entered { vec![Row::of(&Record::begin(Sample::new(8).newcomer().birth, &history[0]).unwrap(), due)] } else { vec![] };
    let excuse = Excuse {
        document: "insp_record/x".into(),
        title: record.title(),
        at: due,
        by: "zhang".into(),
        reason: "检查组次日才回到办公室".into(),
    };
    let excuses = if entered { vec![] } else { vec![excuse] };
    Told { at: now, record, notice: None, advice, history, attempts, exchanges: vec![exchange], others, excuses, notes: vec![] }
}

#[test]
fn the_life_of_an_entered_document_reads_like_this() {
    insta::assert_snapshot!(tell(&life(true, at("1970-01-01T12:00:00+08:00")), Style::PLAIN));
}

#[test]
fn a_receipt_that_was_lost_is_no_word_of_the_platform() {
    let mut known = life(true, at("1970-01-01T12:00:00+08:00"));
    known.record.receipt = Some(Receipt::lost(at("1970-01-01T09:01:01+08:00")));
    let told = tell(&known, Style::PLAIN);
    let line = told.lines().find(|line| line.contains("回执:")).unwrap();
    assert_eq!(line.trim(), "回执: 没有收到（本机时间 1970-01-01 09:01:01 向平台查询，得知已接收）");
}

#[test]
fn the_life_of_a_late_document_reads_like_this() {
    let mut late = life(false, at("1970-01-02T03:00:00+08:00"));
    late.record.draft_present = false;
    late.notes.push("往来记录读不出来（无权访问）".into());
    insta::assert_snapshot!(tell(&late, Style::PLAIN));
}
