//! 平安报: what it says of a day, by the store, the plan and the cut-off.

use super::*;
use crate::{
    calendar::Calendar,
    clock::ManualClock,
    config::DayTime,
    day::book::{DaySettings, Instruction},
    document::{Actor, DocumentId, Entry, Event, Receipt},
    status::Office,
    store::{
        Change, MemoryStore, Newcomer,
        samples::{Sample, entry},
    },
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2023-04-03T{text}+08:00")).unwrap()
}

/// An audit log before its first line.
struct NothingYet;

#[async_trait]
impl Witness for NothingYet {
    async fn end(&self) -> (u64, String) {
        (0, String::new())
    }
}

const ENTERPRISES: [&str; 2] = ["91370302MA3CE5H79R", "92370302MA3DEM0196"];

/// An office whose day ends at 17:30, with a plan for two enterprises.
async fn office() -> (Arc<MemoryStore>, OfficeEye) {
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::at(at("17:40:00")));
    let hours = crate::day::Hours { cut_off: Duration::minutes(17 * 60 + 30), target: Duration::hours(16) };
    let book = Arc::new(DayBook::new(store.clone(), clock.clone(), DaySettings { hours, ..DaySettings::default() }));
    let [one, two] = ENTERPRISES;
    let plan = format!(
        "组别,企业名称,统一社会信用代码,镇办,计划检查日期,执法人员\n\
         一,甲机械有限公司,{one},双杨镇,2023-04-03,张三、李四\n二,乙建材经营部,{two},昆仑镇,2023-04-03,王五、赵六\n"
    );
    let instruction = Instruction { file: "计划.csv".into(), keep: false, confirmed: false, dry_run: false };
    assert!(book.import_plan(plan.as_bytes(), &instruction, "zhang").await.unwrap().unwrap().applied);
    let vitals = Arc::new(Vitals::new(Office {
        name: "某某区应急管理局".into(),
        version: "1".into(),
        pid: 1,
        started: at("08:00:00"),
        cut_off: hours.cut_off,
        target: hours.target,
    }));
    let time = |text| DayTime::parse(text).unwrap();
    let hours = Hours {
        calendar: Calendar::embedded().unwrap(),
        quiet_from: time("20:00"),
        quiet_to: time("08:00"),
        digest: time("08:30"),
        reassure: None,
    };
    let eye = OfficeEye {
        gatherer: Gatherer::new(store.clone(), Arc::clone(&vitals)),
        vitals,
        store: store.clone(),
        book,
        audit: Arc::new(NothingYet),
        refresh: Box::new(|| ()),
        hours,
        people: Vec::new(),
        backup_within: None,
        sources: Mutex::default(),
    };
    (store, eye)
}

/// The record of an inspection of this enterprise, entered at this moment.
async fn enter(store: &MemoryStore, n: u64, uscc: &str, moment: &str) {
    let mut birth = Sample::new(n).newcomer().birth;
    birth.cut_off = at("17:30:00");
    birth.source.first_seen = at("15:00:00");
    let facts = birth.facts.as_mut().unwrap();
    (facts.document_date, facts.inspection_end) = (at("15:00:00").beijing_day(), Some(at("15:00:00")));
    (facts.inspection_id, facts.party_uscc) = (Some(format!("JC-{n}")), Some(uscc.to_owned()));
    let id = birth.id;
    let taken = Entry { at: at("15:00:00"), ..entry(0, Event::Taken { findings: Vec::new(), held: None, supersedes: None }) };
    store.admit(vec![Newcomer { birth, entry: taken, body: Arc::from(*b"<x/>") }]).await.unwrap();
    let receipt = Receipt { receipt_no: "H1".into(), received_at: at("15:10:00") };
    let events = [
        Event::Leased { attempt: 1, request: uuid::Uuid::nil() },
        Event::Acknowledged { receipt, due: at("15:10:00") },
        Event::EntryConfirmed { entry_no: None, entered_at: at(moment) },
    ];
    for event in events {
        apply(store, id, event).await;
    }
}

async fn apply(store: &MemoryStore, id: DocumentId, event: Event) {
    let seen = store.get(id).await.unwrap().unwrap().version;
    let entry = Entry { at: at("17:35:00"), by: Actor::Daemon, event };
    store.apply(vec![Change { id, seen, entry }]).await.unwrap()[0].as_ref().unwrap();
}

#[tokio::test]
async fn all_is_well_is_said_when_every_planned_visit_is_entered_before_the_cut_off() {
    let (store, eye) = office().await;
    enter(&store, 1, ENTERPRISES[0], "16:00:00").await;
    enter(&store, 2, ENTERPRISES[1], "17:29:59").await;
    let said = eye.reassure(at("17:40:00")).await;
    assert!(said.starts_with("今日 2 件全部按时录入。录入摘要 "), "{said}");
    assert!(said.ends_with("，审计日志还没有记录"), "{said}");
}

#[tokio::test]
async fn a_planned_visit_without_a_record_is_not_well() {
    let (store, eye) = office().await;
    enter(&store, 1, ENTERPRISES[0], "16:00:00").await;
    let said = eye.reassure(at("17:40:00")).await;
    assert!(said.starts_with("今日应录入 2 件，按时录入 1 件，计划检查的企业有 1 家还没有记录，请用 dangri day 查看。"), "{said}");
}

#[tokio::test]
async fn what_is_entered_at_the_very_cut_off_is_late() {
    let (store, eye) = office().await;
    enter(&store, 1, ENTERPRISES[0], "16:00:00").await;
    enter(&store, 2, ENTERPRISES[1], "17:30:00").await;
    let said = eye.reassure(at("17:40:00")).await;
    assert!(said.starts_with("今日应录入 2 件，按时录入 1 件，逾期补录 1 件，请用 dangri day 查看。"), "{said}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_well() {
    let (store, eye) = office().await;
    store.break_with(Some(StoreError::Failed("x".into())));
    assert!(eye.reassure(at("17:40:00")).await.contains("数据读不出来"));
}

#[test]
fn a_day_without_documents_or_with_too_many_and_a_gap_in_the_numbers_are_called_what_they_are() {
    let now = at("17:40:00");
    let nothing = DayReport::nothing(now.beijing_day(), now);
    assert_eq!(reassurance(&nothing, "7f3a"), "今日没有应录入的文书，程序运行正常。");
    let full = DayReport { expected: 2, drafted: 2, on_time: 2, ..nothing };
    assert!(!reassurance(&DayReport { at_least: true, ..full.clone() }, "7f3a").contains("全部"));
    let gaps = vec![crate::day::Gap { after: "1".into(), from: 2, to: 3 }];
    let said = reassurance(&DayReport { gaps, ..full }, "7f3a");
    assert_eq!(said, "今日应录入 2 件，按时录入 2 件，文号有 1 处不连续，请用 dangri day 查看。录入摘要 7f3a");
}
