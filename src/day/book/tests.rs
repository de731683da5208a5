use std::sync::Arc;

use super::*;
use crate::{
    clock::ManualClock,
    day::{Standing, excuse, samples},
    document::{Birth, ContentHash, DocumentId, Entry, Event, Kind, Receipt, State},
    store::{Change, MemoryStore, Newcomer, samples::entry},
};
use samples::at;

/// An office with a book, a memory store and a clock that is moved by hand.
struct Office {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    book: DayBook,
}

const PLAN: &str = "组别,企业名称,统一社会信用代码,镇办,计划检查日期,执法人员\n\
    一,甲机械有限公司,91370302MA3CE5H79R,双杨镇,2023-04-03,张三、李四\n\
    二,乙建材经营部,92370302MA3DEM0196,昆仑镇,2023-04-03,王五、赵六\n\
    二,丙公司,91330000755918469E,昆仑镇,2023-04-04,王五、赵六\n";
const FIRST: &str = "91370302MA3CE5H79R";
const SECOND: &str = "92370302MA3DEM0196";

async fn office(now: &str) -> Office {
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::at(at(now)));
    let book = DayBook::new(store.clone(), clock.clone(), DaySettings::default());
    book.open().await.unwrap();
    Office { store, clock, book }
}

fn instruction() -> Instruction {
    Instruction { file: "计划.csv".into(), keep: false, confirmed: false, dry_run: false }
}

impl Office {
    /// A record of the third of April, of an enterprise, taken at its inspection's end.
    async fn take(&self, n: u64, uscc: &str, change: impl FnOnce(&mut Birth)) -> DocumentId {
        let mut birth = samples::birth(n, at("2023-04-03 16:30:00"));
        birth.facts.as_mut().unwrap().party_uscc = Some(uscc.to_owned());
        change(&mut birth);
        let id = birth.id;
        let event = Event::Taken { findings: Vec::new(), held: None, supersedes: None };
        let taken = Entry { at: birth.source.first_seen, ..entry(0, event) };
        self.store.admit(vec![Newcomer { birth, entry: taken, body: Arc::from(*b"<x/>") }]).await.unwrap();
        id
    }

    async fn event(&self, id: DocumentId, moment: &str, event: Event) {
        let seen = self.store.get(id).await.unwrap().unwrap().version;
        let entry = Entry { at: at(moment), by: crate::document::Actor::Daemon, event };
        self.store.apply(vec![Change { id, seen, entry }]).await.unwrap()[0].as_ref().unwrap();
    }

    async fn enter(&self, id: DocumentId, moment: &str) {
        let lease = Event::Leased { attempt: 1, request: uuid::Uuid::nil() };
        self.event(id, moment, lease).await;
        let receipt = Receipt { receipt_no: "H1".into(), received_at: at(moment) };
        self.event(id, moment, Event::Acknowledged { receipt, due: at(moment) }).await;
        self.event(id, moment, Event::EntryConfirmed { entry_no: None, entered_at: at(moment) }).await;
    }

    async fn report(&self) -> crate::day::DayReport {
        self.book.report("2023-04-03".parse().unwrap(), None).await.unwrap()
    }
}

#[tokio::test]
async fn a_plan_says_which_inspection_has_no_record_yet() {
    let office = office("2023-04-03 18:00:00").await;
    let report = office.book.import_plan(PLAN.as_bytes(), &instruction(), "zhang").await.unwrap().unwrap();
    assert!(report.applied && report.difference.added.len() == 3 && report.total == 3, "{report:?}");
    let first = office.take(1, FIRST, |_| {}).await;
    office.enter(first, "2023-04-03 18:20:00").await;
    office.take(2, "91230500MA1B3N1N2M", |_| {}).await;
    // A scheme alone is no record.
    office.take(3, SECOND, |birth| birth.facts.as_mut().unwrap().kind = Kind::new("insp_plan")).await;
    let report = office.report().await;
    assert_eq!((report.planned, report.recorded, report.recorded_entered, report.outside_plan), (Some(2), 1, 1, 1));
    assert_eq!(
        report.absent.iter().map(|a| (a.enterprise.as_str(), a.officers.len(), a.has.len())).collect::<Vec<_>>(),
        [("乙建材经营部", 2, 1)]
    );
    assert_eq!((report.expected, report.drafted, report.on_time, report.on_the_way), (4, 3, 1, 2));
    // Inspected a day later, it is missed no more.
    office.clock.set(at("2023-04-04 20:00:00"));
    office
        .take(4, SECOND, |birth| {
            let facts = birth.facts.as_mut().unwrap();
            facts.inspection_end = Some(at("2023-04-04 15:00:00"));
        })
        .await;
    let report = office.report().await;
    assert_eq!((report.absent.len(), report.elsewhere[0].day.to_string().as_str()), (0, "2023-04-04"));
    let (progress, rows) = office.book.progress().await.unwrap();
    assert_eq!((progress.planned, progress.inspected, progress.entered, progress.outside_plan), (3, 2, 1, 1));
    let became: Vec<_> = rows.iter().map(|row| row.became).collect();
    assert_eq!(became, [Became::Entered, Became::Recorded, Became::Absent]);
}

#[tokio::test]
async fn the_same_list_again_changes_nothing_and_nothing_goes_without_a_yes() {
    let office = office("2023-04-03 08:00:00").await;
    office.book.import_plan(PLAN.as_bytes(), &instruction(), "zhang").await.unwrap().unwrap();
    let again = office.book.import_plan(PLAN.as_bytes(), &instruction(), "zhang").await.unwrap().unwrap();
    assert!(again.applied && again.difference.is_nothing());
    assert_eq!(office.book.imports(false).await.unwrap().len(), 1, "what changed nothing is no import");
    let shorter: String = PLAN.lines().take(2).map(|line| format!("{line}\n")).collect();
    let held = office.book.import_plan(shorter.as_bytes(), &instruction(), "li").await.unwrap().unwrap();
    assert!(!held.applied && held.held_back.contains("--yes") && held.difference.removed.len() == 2);
    assert_eq!(office.book.plan().await.unwrap().len(), 3);
    let kept = Instruction { keep: true, ..instruction() };
    assert!(office.book.import_plan(shorter.as_bytes(), &kept, "li").await.unwrap().unwrap().applied);
    assert_eq!(office.book.plan().await.unwrap().len(), 3);
    let broken = shorter.replace("2023-04-03", "四月") + "三,丁公司,11230500001755309F,昆仑镇,2023-04-05,\n";
    let partly =
        office.book.import_plan(broken.as_bytes(), &Instruction { confirmed: true, ..instruction() }, "li").await.unwrap().unwrap();
    assert_eq!((partly.applied, partly.skipped, partly.total), (true, 1, 4), "a list with mistakes takes nothing away");
    let sure = Instruction { confirmed: true, ..instruction() };
    assert_eq!(office.book.import_plan(shorter.as_bytes(), &sure, "li").await.unwrap().unwrap().total, 1);
    let last = office.book.imports(false).await.unwrap().pop().unwrap();
    assert_eq!((last.by.as_str(), last.figures, last.digest), ("li", [0, 0, 3, 0], ContentHash::of(shorter.as_bytes())));
}

#[tokio::test]
async fn a_roster_is_asked_by_the_check_from_the_moment_it_is_read() {
    let office = office("2023-04-03 08:00:00").await;
    assert!(office.book.roster().is_none());
    let text = "姓名,工作单位及职务,执法证号,手机号码,备注\n国承业,执法大队监察一室主任,15030200103,,\n";
    office.book.import_roster(text.as_bytes(), &instruction(), "zhang").await.unwrap().unwrap();
    assert_eq!(office.book.roster().unwrap().holders["15030200103"].name, "国承业");
    let reopened = DayBook::new(office.store.clone(), office.clock.clone(), DaySettings::default());
    reopened.open().await.unwrap();
    assert!(reopened.roster().is_some(), "and after a restart");
}

#[tokio::test]
async fn a_late_document_says_why_and_an_exception_stays_with_every_version() {
    let office = office("2023-04-03 21:00:00").await;
    let down = Outage { from: at("2023-04-03 20:42:00"), until: Some(at("2023-04-04 00:20:00")), why: "连不上平台".into() };
    office.book.note_outage(&down).await.unwrap();
    let held_up = office.take(1, FIRST, |birth| birth.source.first_seen = at("2023-04-03 20:30:00")).await;
    let late_comer = office.take(2, SECOND, |birth| birth.source.first_seen = at("2023-04-05 09:00:00")).await;
    office.clock.set(at("2023-04-05 09:10:00"));
    office.enter(held_up, "2023-04-04 00:25:00").await;
    let report = office.report().await;
    assert_eq!((report.missed, report.late, report.excused, report.found_late, report.over), (2, 1, 0, 1, true));
    let reasons: Vec<_> = report.rows.iter().map(|row| (row.id, row.reason.as_str())).collect();
    assert_eq!(reasons[0], (late_comer, "04-05 09:00 才放进文件夹，当天已过"));
    assert_eq!(reasons[1], (held_up, "平台 20:42 起中断（连不上平台），00:20 恢复"));
    assert!(matches!(report.rows[0].standing, Standing::Overdue { .. }));
    let record = office.store.get(late_comer).await.unwrap().unwrap();
    assert!(matches!(office.book.excuse(&record, "zhang", "  ").await, Err(ExcuseError::NoReason)));
    office.book.excuse(&record, "zhang", "检查组在山区，次日才回到办公室").await.unwrap();
    office.book.excuse(&record, "li", "补充：当晚大雪封路").await.unwrap();
    let report = office.report().await;
    assert_eq!((report.excused, report.unexplained()), (1, 1));
    // A corrected version keeps it, and both stay on record.
    office.take(7, SECOND, |birth| birth.facts.as_mut().unwrap().number = record.birth.facts.as_ref().unwrap().number.clone()).await;
    let all = office.book.excuses_of(&excuse::key(&record)).await.unwrap();
    assert_eq!(all.iter().map(|e| e.by.as_str()).collect::<Vec<_>>(), ["zhang", "li"]);
}

#[tokio::test]
async fn what_was_entered_in_time_and_corrected_later_was_entered_in_time() {
    let office = office("2023-04-03 18:00:00").await;
    let first = office.take(1, FIRST, |_| {}).await;
    office.enter(first, "2023-04-03 18:20:00").await;
    let number = office.store.get(first).await.unwrap().unwrap().birth.facts.unwrap().number;
    let second = office.take(2, FIRST, |birth| birth.facts.as_mut().unwrap().number = number).await;
    office.event(first, "2023-04-05 10:00:00", Event::SupersededThere { by: Some(second) }).await;
    office.enter(second, "2023-04-05 10:00:00").await;
    office.clock.set(at("2023-04-06 08:00:00"));
    let report = office.report().await;
    assert_eq!((report.drafted, report.on_time, report.late, report.missed), (1, 1, 0, 0));
}

#[tokio::test]
async fn a_day_is_asked_for_until_somebody_confirms_it_and_again_when_its_figures_change() {
    let office = office("2023-04-03 18:00:00").await;
    let id = office.take(1, FIRST, |_| {}).await;
    let open = async || office.book.unacknowledged(None).await.unwrap();
    assert!(open().await.is_empty(), "a day that is not over is not asked for");
    office.clock.set(at("2023-04-04 00:00:00"));
    assert_eq!(open().await.len(), 1);
    office.book.acknowledge("2023-04-03".parse().unwrap(), None, "ju", "已知").await.unwrap();
    assert!(open().await.is_empty());
    let report = office.report().await;
    assert_eq!((report.acknowledged.as_ref().unwrap().by.as_str(), report.changed_since), ("ju", false));
    office.enter(id, "2023-04-04 09:00:00").await;
    assert!(office.report().await.changed_since);
    // Days without documents, and those before the book was opened, are nobody's to confirm.
    office.clock.set(at("2023-04-20 12:00:00"));
    assert!(open().await.is_empty());
}

#[tokio::test]
async fn a_number_left_out_is_told_of_unless_it_turns_up_elsewhere() {
    let office = office("2023-04-03 18:00:00").await;
    office.take(10, FIRST, |_| {}).await;
    office.take(13, SECOND, |_| {}).await;
    let gaps = office.report().await.gaps;
    assert_eq!((gaps.len(), gaps[0].from, gaps[0].to), (1, 11, 12));
    // Number 11 is of a day long before.
    office.take(11, FIRST, |birth| birth.facts.as_mut().unwrap().inspection_end = Some(at("2023-01-05 10:00:00"))).await;
    assert_eq!(office.report().await.gaps.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(12, 12)]);
}

#[tokio::test]
async fn the_glance_foretells_a_miss_from_the_outage_so_far() {
    let office = office("2023-04-03 21:00:00").await;
    office.take(1, FIRST, |_| {}).await;
    office.take(2, SECOND, |_| {}).await;
    let calm = office.book.glance(PlatformNow::default()).await.unwrap();
    assert_eq!((calm.forecast.will_miss, calm.planned, calm.working_day), (0, None, Some(true)));
    office.clock.set(at("2023-04-03 22:40:00"));
    let silent = office.book.glance(PlatformNow::default()).await.unwrap();
    assert_eq!(silent.forecast.will_miss, 2, "nothing has gone for more than an hour and a half");
    let down = PlatformNow { down_since: Some(at("2023-04-03 22:30:00")), ..PlatformNow::default() };
    assert!(!office.book.glance(down).await.unwrap().forecast.fires());
    let long = PlatformNow { down_since: Some(at("2023-04-03 20:30:00")), ..PlatformNow::default() };
    assert_eq!(office.book.glance(long).await.unwrap().forecast.said().as_deref(), Some("照此速度，2 件将赶不上 24:00"));
}

#[tokio::test]
async fn a_year_without_a_calendar_is_not_guessed() {
    let office = office("2027-02-01 18:00:00").await;
    let report = office.book.report("2027-02-01".parse().unwrap(), None).await.unwrap();
    assert_eq!((report.working_day, report.cut_off), (None, at("2027-02-02 00:00:00")));
}

#[tokio::test]
async fn a_store_that_fails_is_no_empty_day() {
    let office = office("2023-04-03 18:00:00").await;
    office.take(1, FIRST, |_| {}).await;
    office.store.break_with(Some(StoreError::Failed("EIO".into())));
    assert!(office.book.report("2023-04-03".parse().unwrap(), None).await.is_err());
    assert!(office.book.glance(PlatformNow::default()).await.is_err());
}

#[tokio::test]
async fn an_unfit_draft_counts_as_returned_until_it_is_mended() {
    let office = office("2023-04-03 18:00:00").await;
    let mut birth = samples::birth(5, at("2023-04-03 16:30:00"));
    birth.digest = None;
    let entry = entry(0, Event::JudgedUnfit { findings: Vec::new() });
    let id = birth.id;
    office.store.admit(vec![Newcomer { birth, entry, body: Arc::from([]) }]).await.unwrap();
    assert_eq!((office.report().await.returned, office.report().await.expected), (1, 1));
    office.event(id, "2023-04-03 18:30:00", Event::DraftGone { path: "x".into() }).await;
    assert_eq!(office.report().await.expected, 0);
    assert_eq!(office.store.get(id).await.unwrap().unwrap().state, State::Ignored);
}
