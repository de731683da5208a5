//! A fit draft is kept: through crashes at any moment, a lost index, an operator's hand, and an author who goes on writing.

use chrono::Duration;
use dangri::{
    clock::Clock as _,
    document::{Actor, HoldCause, State},
    queue::Operation,
    store::{JournalStore, Settings, Store as _},
};
use dangri_mocks::{Action, Endpoint, ErrorItem, RetryAfter, Rule, State as There, drafts};

use crate::{
    harness::{CASE_SIX, Furnishing, Office, edited, element, record, reworded, samples},
    running::break_bytes,
};

fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

fn busy(seconds: u64) -> Rule {
    let status =
        Action::Status { status: 503, code: Some("05".into()), retry_after: Some(RetryAfter::Seconds(seconds)), committing: false };
    Rule::new(Endpoint::Any, status).times(1)
}

/// Six drafts of which one is unfit, before a platform that loses an answer, takes its time and returns one document.
async fn busy_office() -> Office {
    let office = Office::open().await;
    office.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).nth(2).times(1));
    office.script(Rule::new(Endpoint::Put, Action::DropWithoutCommit).nth(3).times(1));
    let error = ErrorItem::new("E2107", "检查时间与平台登记的检查计划不一致");
    let returned = element(&record(3), "DocumentNumber");
    office.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![error] }).numbered(returned).always());
    office.script(Rule::new(Endpoint::Put, Action::Process { received: 3, checking: 4 }).always());
    for seed in 0..5 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    office.put("坏的.xml", &edited(&record(5), "<Uscc>9", "<Uscc>8"));
    office
}

/// The table of what a kill leaves behind and who mends it: killed after so many steps of the clock, whatever they led to.
async fn killed_after(step: usize) {
    let mut office = busy_office().await;
    let far = office.clock.now().plus(minutes(30));
    for _ in 0..step {
        office.clock.step(far).await;
    }
    office.crash().await;
    office.start().await;
    office.pass(minutes(20)).await;
    let records = office.records().await;
    let count = |state| records.iter().filter(|record| record.state == state).count();
    let found = (records.len(), count(State::Entered), count(State::Returned), count(State::Unfit));
    assert_eq!(found, (6, 4, 1, 1), "killed after step {step}: {:?}", records.iter().map(|r| (r.state, &r.reason)).collect::<Vec<_>>());
    let returned = records.iter().find(|record| record.state == State::Returned).unwrap();
    assert!(office.note(&returned.birth.source.path).is_some(), "killed after step {step}: no note beside what was returned");
    assert!(office.note("坏的.xml").is_some(), "killed after step {step}: no note beside what is unfit");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_of_its_first_steps_the_office_ends_where_it_would_have() {
    for step in 0..14 {
        killed_after(step).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_later_step_the_office_ends_where_it_would_have() {
    for step in (14..60).step_by(4) {
        killed_after(step).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_uploads_are_under_way_nothing_is_lost_and_nothing_is_doubled() {
    // A repeated sending would double an entry on this platform.
    let mut office = Furnishing::default().platform(|setup| setup.idempotent = false).open().await;
    for seed in 0..24 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    for killed_at in [1, 5, 9, 14, 20] {
        let books = office.mock.books();
        let seen = async {
            while books.counters().puts < killed_at {
                tokio::task::yield_now().await;
            }
        };
        // Between two steps of the clock: it only moves once what is under way has ended.
        tokio::select! {
            () = seen => {}
            () = office.pass(Duration::hours(1)) => panic!("not so many uploads in an hour"),
        }
        office.crash().await;
        office.start().await;
    }
    office.drain().await;
    office.all_are(State::Entered).await;
    assert_eq!(office.records().await.len(), 24);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_index_is_built_again_from_the_journal() {
    let mut office = busy_office().await;
    office.pass(Duration::seconds(4)).await;
    for _ in 0..3 {
        assert_eq!(office.stop().await, 0);
        std::fs::remove_dir_all(office.state_folder().join("index")).unwrap();
        office.start().await;
        office.pass(Duration::seconds(40)).await;
    }
    let before = office.records().await;
    office.pass(minutes(20)).await;
    assert_eq!(before.len(), 6);
    assert_eq!(office.records().await.iter().filter(|record| record.state == State::Entered).count(), 4);
    office.crash().await;
    std::fs::remove_dir_all(office.state_folder().join("index")).unwrap();
    office.start().await;
    assert_eq!(office.records().await.len(), 6);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_holds_releases_hurries_and_puts_aside_with_reasons_on_record() {
    // Busy before the daemon says its first word, or it might have logged in and been served already.
    let office = Furnishing::default().platform(|setup| setup.rules.push(busy(600))).open().await;
    for name in ["甲.xml", "乙.xml"] {
        office.put(name, &record(u64::from(name.as_bytes()[2])));
    }
    office.pass(minutes(1)).await;
    let refused = office.operate("甲.xml", Operation::Hold, " ").await.unwrap_err();
    assert!(refused.contains("原因"), "{refused:?}");
    assert_eq!(office.operate("甲.xml", Operation::Hold, "当事人要求核对").await, Ok(State::HeldWaiting));
    assert_eq!(office.operate("乙.xml", Operation::Hold, "重复建档").await, Ok(State::HeldWaiting));
    let refused = office.operate("甲.xml", Operation::Retry, "").await.unwrap_err();
    assert!(refused.contains("解除暂停"), "{refused:?}");
    office.pass(Duration::hours(1)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::HeldWaiting), "a held document stays");
    assert_eq!(office.mock.books().counters().calls.get("put 00"), None);
    assert_eq!(office.operate("甲.xml", Operation::Release, "已核对").await, Ok(State::Waiting));
    assert_eq!(office.operate("乙.xml", Operation::Ignore, "确认重复").await, Ok(State::Ignored));
    office.pass(minutes(2)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::Entered));
    assert_eq!(office.state("乙.xml").await, Some(State::Ignored));
    let life = office.life("甲.xml").await;
    for act in ["held", "released"] {
        let entry = life.iter().find(|entry| entry.event.name() == act).unwrap();
        assert!(matches!(&entry.by, Actor::Operator(name) if !name.is_empty()), "{entry:?}");
    }
    assert!(office.operate("甲.xml", Operation::Hold, "晚了").await.is_err(), "what is entered is entered");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_makes_the_next_step_due_now_and_tries_the_platform_again() {
    let office = Office::open().await;
    office.mock.refuse_connections().await;
    office.put("记录.xml", &record(1));
    office.pass(minutes(12)).await;
    office.mock.accept_connections().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Waiting));
    assert_eq!(office.operate("记录.xml", Operation::Retry, "网络已修好").await, Ok(State::Waiting));
    office.pass(Duration::seconds(8)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_aside_can_be_taken_up_again_unless_it_was_unfit() {
    let office = Office::open().await;
    office.script(busy(300));
    office.put("记录.xml", &record(2));
    office.put("坏的.xml", &edited(&record(3), "<Uscc>9", "<Uscc>8"));
    office.pass(minutes(1)).await;
    office.operate("记录.xml", Operation::Hold, "待查").await.unwrap();
    office.operate("记录.xml", Operation::Ignore, "不报").await.unwrap();
    assert_eq!(office.operate("坏的.xml", Operation::Ignore, "不是我们的").await, Ok(State::Ignored));
    office.pass(minutes(1)).await;
    assert_eq!(office.note("坏的.xml"), None);
    assert_eq!(office.operate("记录.xml", Operation::TakeUp, "还是要报").await, Ok(State::HeldWaiting));
    let refused = office.operate("坏的.xml", Operation::TakeUp, "还是要报").await.unwrap_err();
    assert!(refused.contains("改好"), "there is nothing fit to send: {refused:?}");
    assert_eq!(office.operate("记录.xml", Operation::Release, "报").await, Ok(State::Waiting));
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_edited_before_it_is_sent_is_sent_once_as_it_is_last() {
    let office = Office::open().await;
    office.script(busy(900));
    let mut text = record(4);
    for _ in 0..3 {
        office.put("记录.xml", &text);
        office.pass(minutes(2)).await;
        text = reworded(&text);
    }
    let names: Vec<_> = office.records().await.iter().map(|record| record.state).collect();
    assert_eq!(names, [State::Superseded, State::Superseded, State::Waiting]);
    office.drain().await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.mock.books().submissions().len(), 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_edited_after_entry_waits_for_a_person_and_goes_as_a_correction() {
    let office = Office::open().await;
    office.put("记录.xml", &record(5));
    office.pass(minutes(2)).await;
    let first = office.record("记录.xml").await;
    assert_eq!(first.state, State::Entered);
    office.put("记录.xml", &reworded(&record(5)));
    office.pass(minutes(2)).await;
    let second = office.record("记录.xml").await;
    assert_eq!((second.state, second.hold.clone(), second.supersedes), (State::HeldWaiting, Some(HoldCause::Drift), Some(first.id())));
    let drift = office.daemon().queue.store().get(first.id()).await.unwrap().unwrap().drift;
    assert_eq!(drift, Some(second.birth.source.file));
    office.pass(Duration::hours(2)).await;
    assert_eq!(office.mock.books().submissions().len(), 1, "nothing goes without a word");
    office.operate("记录.xml", Operation::Release, "经核对，更正检查地点").await.unwrap();
    office.pass(minutes(5)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    let first_now = office.daemon().queue.store().get(first.id()).await.unwrap().unwrap();
    assert_eq!(first_now.state, State::Superseded);
    let there = office.mock.books().submissions();
    assert_eq!(there.iter().map(|s| s.state).collect::<Vec<_>>(), [There::Superseded, There::Entered]);
    assert_eq!(there[1].supersedes, Some(first.id().to_string()));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_is_undone_after_entry_leaves_nothing_to_confirm() {
    let office = Office::open().await;
    for text in [record(6), reworded(&record(6)), record(6)] {
        office.put("记录.xml", &text);
        office.pass(minutes(2)).await;
    }
    let here = office.record("记录.xml").await;
    assert_eq!((here.state, here.drift), (State::Entered, None));
    assert_eq!(office.status().await.needs_you.total, 0);
    assert_eq!(office.mock.books().submissions().len(), 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_number_on_two_drafts_sends_the_second_back_to_its_author() {
    let office = Office::open().await;
    let (first, second) = (record(7), record(8));
    let taken = edited(&second, &element(&second, "DocumentNumber"), &element(&first, "DocumentNumber"));
    office.put("甲.xml", &first);
    office.pass(minutes(2)).await;
    office.put("乙.xml", &taken);
    office.pass(minutes(2)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::Entered));
    assert_eq!(office.state("乙.xml").await, Some(State::Unfit));
    let note = office.note("乙.xml").unwrap();
    assert!(note.contains(&element(&first, "DocumentNumber")) && note.contains("编号已经用在"), "{note}");
    office.put("乙.xml", &second);
    office.pass(minutes(2)).await;
    assert_eq!(office.state("乙.xml").await, Some(State::Entered));
    assert_eq!(office.note("乙.xml"), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_name_that_is_used_again_corrects_nothing() {
    let office = Office::open().await;
    // Today's record is written over yesterday's file; both are documents.
    office.put("检查记录.xml", &record(9));
    office.pass(minutes(2)).await;
    office.put("检查记录.xml", &record(10));
    office.pass(minutes(2)).await;
    // And once more while the former one is still waiting.
    office.script(busy(600));
    office.put("检查记录.xml", &record(11));
    office.pass(minutes(1)).await;
    office.put("检查记录.xml", &record(12));
    office.drain().await;
    office.all_are(State::Entered).await;
    let there = office.mock.books().submissions();
    assert_eq!(there.len(), 4);
    assert!(there.iter().all(|s| s.state == There::Entered && s.supersedes.is_none()), "{there:#?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_served_as_the_pattern_for_another_document_is_not_corrected_by_it() {
    let office = Office::open().await;
    let first = record(13);
    office.put("三月.xml", &first);
    office.pass(minutes(2)).await;
    // Saved under another name and edited: the drawing program kept the draft's id.
    let other = record(14);
    let copied = edited(&other, &element(&other, "DraftId"), &element(&first, "DraftId"));
    office.put("四月.xml", &copied);
    office.pass(minutes(2)).await;
    assert_eq!(office.state("三月.xml").await, Some(State::Entered));
    assert_eq!(office.state("四月.xml").await, Some(State::Entered));
    assert!(office.mock.books().submissions().iter().all(|s| s.state == There::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_that_is_touched_does_not_undo_a_newer_version() {
    let mut office = Office::open().await;
    office.script(busy(1_200));
    office.put("记录.xml", &record(15));
    office.put("旧的副本.xml", &record(15));
    office.pass(minutes(1)).await;
    office.put("记录.xml", &reworded(&record(15)));
    office.pass(minutes(1)).await;
    office.put("旧的副本.xml", &record(15));
    office.pass(minutes(1)).await;
    assert_eq!(office.stop().await, 0);
    office.start().await;
    office.pass(minutes(1)).await;
    office.drain().await;
    let there = office.mock.books().submissions();
    assert_eq!(there.len(), 1);
    let entered = office.record("记录.xml").await;
    assert_eq!(entered.state, State::Entered);
    assert_eq!(entered.birth.source.file, dangri::document::ContentHash::of(&reworded(&record(15))));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn penalty_documents_stay_here_where_they_are_only_reconciled() {
    let office = Furnishing::at(CASE_SIX).with("[upload]\npenalty_lane = \"reconcile_only\"\n").open().await;
    for (name, bytes) in samples("case").into_iter().chain(samples("inspection")) {
        office.put(&name, &bytes);
    }
    office.pass(Duration::hours(1)).await;
    for (name, _) in samples("case") {
        let record = office.record(&name).await;
        assert_eq!((record.state, record.hold), (State::HeldWaiting, Some(HoldCause::Lane)), "{name}");
    }
    for (name, _) in samples("inspection") {
        assert_eq!(office.state(&name).await, Some(State::Entered), "{name}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_who_changes_the_number_after_entry_corrects_the_entry() {
    let office = Office::open().await;
    let wrong = record(16);
    let right = drafts::single(900, "insp_record", "2023-04-03".parse().unwrap()).unwrap().number.unwrap();
    office.put("记录.xml", &wrong);
    office.pass(minutes(2)).await;
    office.put("记录.xml", &edited(&wrong, &element(&wrong, "DocumentNumber"), &right));
    office.pass(minutes(2)).await;
    assert_eq!(office.record("记录.xml").await.hold, Some(HoldCause::Drift));
    office.operate("记录.xml", Operation::Release, "文号写错").await.unwrap();
    office.pass(minutes(3)).await;
    assert_eq!(office.mock.books().submissions().iter().map(|s| s.state).collect::<Vec<_>>(), [There::Superseded, There::Entered]);
    office.close().await;
}

/// A history that cannot be read stands alone too: the note beside the draft stays, and others are written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_are_written_though_the_history_of_one_draft_is_damaged() {
    let mut office = Furnishing::at(CASE_SIX).open().await;
    let unfit = samples("unfit").into_iter().find(|(name, _)| name == "处置意见为空.xml").unwrap().1;
    office.put("一.xml", &unfit);
    office.drain().await;
    let note = office.note("一.xml").unwrap();
    office.stop().await;
    break_bytes(&office.state_folder().join("journal"), "judged_unfit");
    office.start().await;
    office.put("二.xml", &reworded(&unfit));
    office.drain().await;
    assert_eq!((office.state("二.xml").await, office.note("二.xml").is_some()), (Some(State::Unfit), true));
    assert_eq!(office.note("一.xml"), Some(note));
    office.close().await;
}

/// A damaged document stands alone: neither the daemon nor the rest of its case goes down with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_of_a_case_goes_on_when_an_earlier_document_of_it_is_damaged() {
    let mut office = Furnishing::at(CASE_SIX).open().await;
    let inspection = samples("inspection");
    let (first, rest) = inspection.split_first().unwrap();
    office.put(&first.0, &first.1);
    office.drain().await;
    assert_eq!(office.state(&first.0).await, Some(State::Entered));
    office.stop().await;
    break_bytes(&office.state_folder().join("journal"), &format!("<DraftId>{}<", element(&first.1, "DraftId")));
    office.start().await;
    rest.iter().for_each(|(name, bytes)| office.put(name, bytes));
    office.drain().await;
    office.all_are(State::Entered).await;
    assert_eq!(office.records().await.len(), inspection.len());
    office.close().await;
}

/// What was entered after the backup is not in it, and its draft still lies in the folder: it must be looked up, not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_was_entered_after_the_backup_is_looked_up_before_it_is_sent() {
    let mut office = Furnishing::default().platform(|setup| setup.idempotent = false).open().await;
    let (state, copy) = (office.state_folder(), office.home().join("copy"));
    let settings = || Settings { ballast_bytes: 0, ..Settings::default() };
    office.stop().await;
    let store = JournalStore::open(&state, settings(), office.clock_now()).unwrap();
    store.backup(&copy, office.clock_now()).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    office.start().await;
    office.put("记录.xml", &record(1));
    office.drain().await;
    office.all_are(State::Entered).await;
    office.stop().await;
    std::fs::remove_dir_all(&state).unwrap();
    // The file's time is the machine's, the books' that of the test.
    let now = dangri::document::Timestamp::from_millis(i64::MAX / 2);
    dangri::store::restore(&copy, &state, settings(), now).await.unwrap();
    office.start().await;
    office.drain().await;
    office.all_are(State::Entered).await;
    assert_eq!((office.records().await.len(), office.mock.books().counters().puts), (1, 1));
    office.close().await;
}
