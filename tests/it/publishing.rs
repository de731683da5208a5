//! A decision is followed until it is public, and public as it was decided: seen at once, late, never, wrong, taken away, not to be seen.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};
use dangri::{
    clock::Clock as _,
    control::{self, Answer, Ask, publicity::Notice},
    document::{Event, State, Timestamp},
    publication::{
        Decision, Outcome,
        clock::{Level, Reminder},
    },
};
use dangri_mocks::{Action, Endpoint, Publishing, Rule, drafts};

use crate::{
    harness::{Furnishing, Office, edited, element},
    telling,
};

/// The afternoon of a Friday; the seven working days after it run over the May holiday to 4 May.
pub(crate) const FRIDAY: &str = "2023-04-21T15:00:00+08:00";
pub(crate) const NAME: &str = "决定书.xml";

fn day() -> NaiveDate {
    FRIDAY[..10].parse().unwrap()
}

/// A fit decision of that Friday against an enterprise.
pub(crate) fn decision(seed: u64) -> Vec<u8> {
    drafts::single(seed, "penalty_org", day()).unwrap().bytes
}

pub(crate) fn hours(n: i64) -> Duration {
    Duration::hours(n)
}

/// An office on that Friday with a platform that publishes as `how` says.
pub(crate) async fn office(how: Publishing) -> Office {
    let office = Furnishing::at(FRIDAY).open().await;
    office.script(Rule::new(Endpoint::Put, Action::Publish(how)).of_kind("penalty_org").always());
    office
}

impl Office {
    /// How the notice of the decision at [`NAME`] stands, as `dangri doc` tells.
    pub(crate) async fn notice(&self) -> Notice {
        let name = self.record(NAME).await.id().to_string();
        let found = self.answers(Ask::Document { name }).await;
        found.into_iter().find_map(|answer| if let Answer::Life(life) = answer { life.notice } else { None }).unwrap()
    }

    /// What `dangri reconcile` finds.
    pub(crate) async fn reconcile(&self) -> Vec<Notice> {
        let found = self.answers(Ask::Reconcile { days: None }).await;
        found.into_iter().filter_map(|answer| if let Answer::Notice(notice) = answer { Some(*notice) } else { None }).collect()
    }

    async fn answers(&self, ask: Ask) -> Vec<Answer> {
        let socket = self.config().control_socket;
        tokio::task::spawn_blocking(move || {
            let mut found = Vec::new();
            control::ask(&socket, ask, None, None, |answer| {
                found.push(answer);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{:?}", error.problem()));
            found
        })
        .await
        .unwrap()
    }

    /// Lets time pass until the moment `at`.
    pub(crate) async fn until(&self, at: &str) {
        let left = Timestamp::parse(&format!("{at}:00+08:00")).unwrap().since(self.clock.now());
        assert!(left > Duration::zero(), "{at} has passed");
        self.pass(left).await;
    }

    /// The same with the daemon down meanwhile: days pass at once, and it finds itself in another week.
    pub(crate) async fn sleep_until(&mut self, at: &str) {
        assert_eq!(self.stop().await, 0);
        let at = Timestamp::parse(&format!("{at}:00+08:00")).unwrap();
        while self.clock.step(at).await < at {}
        self.start().await;
        self.pass(Duration::minutes(3)).await;
    }

    pub(crate) fn reminders(&self) -> Vec<Reminder> {
        self.daemon().publication_reminders()
    }

    /// How often its history says that a notice was seen.
    async fn sightings(&self) -> usize {
        self.life(NAME).await.iter().filter(|entry| matches!(entry.event, Event::PublicationSeen { .. })).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_is_published_at_once_is_seen_within_minutes_and_only_then() {
    let mut office = office(Publishing { after: 30, ..Publishing::default() }).await;
    office.put(NAME, &decision(1));
    office.pass(Duration::seconds(20)).await;
    assert_eq!(office.state(NAME).await, Some(State::Entered));
    assert_eq!(office.notice().await.label, "应公示");
    office.pass(Duration::minutes(3)).await;
    let notice = office.notice().await;
    assert_eq!((notice.label.as_str(), notice.outcome), ("已公示", Outcome::Matched), "{notice:?}");
    assert!(notice.term.unwrap().contains("最迟到 2026-04-21 自行期满"));
    assert!(notice.evidence.is_some() && notice.url.is_some() && notice.first_seen.is_some());
    assert_eq!(office.sightings().await, 1, "the history says so once");
    office.sleep_until("2023-04-24T09:00").await;
    assert_eq!(office.sightings().await, 1, "and not again while nothing changes");
    assert!(office.reminders().is_empty());
    let figures = office.status().await.publication.unwrap();
    assert_eq!((figures.due, figures.published, figures.waiting), (1, 1, 0));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_a_decision_is_what_its_bytes_say() {
    let mut office = Furnishing::at(FRIDAY).open().await;
    for kind in ["penalty_org", "penalty_person", "spot_penalty_org", "spot_penalty_person", "penalty_notice"] {
        office.put(&format!("{kind}.xml"), &drafts::single(7, kind, day()).unwrap().bytes);
    }
    office.pass(Duration::seconds(20)).await;
    // Another program, that finds it in the journal.
    assert_eq!(office.stop().await, 0);
    office.start().await;
    for kind in ["penalty_org", "penalty_person", "spot_penalty_org", "spot_penalty_person"] {
        let record = office.record(&format!("{kind}.xml")).await;
        let read = Decision::read(&office.daemon().queue.store().body(record.id()).await.unwrap()).unwrap();
        let kept = Decision::kept(record.birth.facts.as_ref().unwrap()).unwrap();
        let shown = |decision: &Decision| {
            let Decision { kind, number, date, category, party, uscc, .. } = decision.clone();
            (kind, number, date, category, party, uscc)
        };
        assert_eq!(shown(&kept), shown(&read), "{kind}");
        assert_eq!(kept.ruling(), read.ruling(), "{kind}");
    }
    assert_eq!(office.record("penalty_notice.xml").await.birth.facts.unwrap().ruling, None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_is_never_published_turns_amber_then_red_over_the_holiday() {
    let mut office = office(Publishing { never: true, ..Publishing::default() }).await;
    office.put(NAME, &decision(2));
    office.until("2023-04-21T15:40").await;
    assert_eq!(office.notice().await.outcome, Outcome::NotYet, "too early to be missed");
    office.until("2023-04-21T16:30").await;
    let notice = office.notice().await;
    assert_eq!((notice.outcome, notice.label.as_str()), (Outcome::Missing, "未公示（剩 7 个工作日）"));
    assert!(office.reminders().is_empty(), "the day is not over");
    let told = |office: &Office| office.reminders().iter().map(|r| (r.level, r.text())).collect::<Vec<_>>();
    for (at, level, word) in [
        ("2023-04-22T00:30", Level::Amber, "已过作出之日"),
        ("2023-04-26T23:50", Level::Amber, "已过作出之日"),
        ("2023-04-27T00:30", Level::Red, "还剩 2 个工作日"),
        ("2023-05-01T12:00", Level::Red, "还剩 1 个工作日"),
        ("2023-05-04T12:00", Level::Red, "最后一天"),
        ("2023-05-05T00:30", Level::Red, "届满"),
    ] {
        office.sleep_until(at).await;
        let told = told(&office);
        assert!(told.len() == 1 && told[0].0 == level && told[0].1.contains(word), "{at}: {told:?}");
    }
    assert_eq!(office.notice().await.label, "超期");
    assert_eq!(office.status().await.publication.unwrap().overdue, 1);
    assert_eq!(office.sightings().await, 0, "nothing was seen");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_is_published_late_is_seen_after_a_restart_in_between() {
    let mut office = office(Publishing { after: 2 * 86_400, ..Publishing::default() }).await;
    office.put(NAME, &decision(3));
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.outcome, Outcome::Missing);
    office.crash().await;
    let later = office.clock.now().plus(hours(50));
    while office.clock.step(later).await < later {}
    office.start().await;
    assert_eq!(office.notice().await.outcome, Outcome::Missing, "what was found before is kept");
    office.pass(Duration::minutes(5)).await;
    assert_eq!(office.notice().await.label, "已公示");
    assert!(office.reminders().is_empty());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_otherwise_than_decided_is_told_field_by_field() {
    let bytes = decision(4);
    let yuan = element(&bytes, "FineYuan");
    let alter = BTreeMap::from([
        ("CF_NR_FK".to_owned(), yuan.trim_end_matches(".00").to_owned()),
        ("CF_XDR_MC".to_owned(), "另一家（淄博）有限公司".to_owned()),
    ]);
    let office = office(Publishing { alter, ..Publishing::default() }).await;
    office.put(NAME, &bytes);
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    assert_eq!(notice.outcome, Outcome::Mismatched);
    let fields: Vec<&str> = notice.differences.iter().map(|d| d.field.as_str()).collect();
    assert_eq!(fields, ["CF_XDR_MC", "CF_NR_FK"], "the amount is off by ten thousand");
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].text().contains("罚款金额（万元）"), "{reminders:?}");
    assert!(!reminders[0].text().contains("另一家"), "no party's name in what is sent on");
    assert_eq!(office.status().await.publication.unwrap().wrong, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_is_doubled_taken_away_or_repaired_is_told_as_that() {
    let office = office(Publishing { twice: true, ..Publishing::default() }).await;
    let bytes = decision(5);
    office.put(NAME, &bytes);
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.label, "重复公示（2 条）");
    let number = element(&bytes, "DocumentNumber");
    office.mock.end_publication(&number, false);
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.outcome, Outcome::Withdrawn);
    assert_eq!(office.sightings().await, 2);
    office.close().await;

    let office = self::office(Publishing { repaired_after: Some(1_800), ..Publishing::default() }).await;
    office.put(NAME, &decision(16));
    office.pass(Duration::minutes(5)).await;
    assert_eq!(office.notice().await.label, "已公示");
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.label, "已信用修复");
    assert!(office.reminders().is_empty(), "a lawful early end");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_seen_is_never_called_missing() {
    let login = Action::Html { committing: false };
    let cut = Action::Rows { repeat: 0, skip: 1 };
    let late = Action::Status { status: 503, code: None, retry_after: None, committing: false };
    for (seed, action, word) in [(6, login, "答非所问"), (7, late, "没有读到"), (8, Action::Truncate { after: 200 }, "没有读到")]
    {
        let mut office = office(Publishing { never: true, ..Publishing::default() }).await;
        office.script(Rule::new(Endpoint::Publications, action).always());
        office.put(NAME, &decision(seed));
        office.pass(hours(2)).await;
        let notice = office.notice().await;
        assert_eq!((notice.outcome, notice.label.as_str()), (Outcome::Unseen, "核对失败"), "{word}");
        assert!(notice.reason.contains(word), "{}", notice.reason);
        office.sleep_until("2023-04-22T08:00").await;
        let reminders = office.reminders();
        assert!(reminders.len() == 1 && reminders[0].text().contains("没有核对到"), "{reminders:?}");
        assert!(office.status().await.publication.unwrap().unseen == 1);
        office.close().await;
    }
    // A moving list that skips the only row in one reading shows it in the other.
    let office = office(Publishing { after: 3_500, ..Publishing::default() }).await;
    office.put(NAME, &decision(9));
    office.until("2023-04-21T16:00").await;
    assert_eq!(office.notice().await.outcome, Outcome::NotYet);
    office.script(Rule::new(Endpoint::Publications, cut).times(1));
    office.pass(Duration::minutes(5)).await;
    assert_eq!(office.notice().await.label, "已公示");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_not_complete_or_has_its_columns_shifted_proves_nothing() {
    let office = office(Publishing { never: true, ..Publishing::default() }).await;
    office.mock.set_complete_to(Some(chrono::DateTime::parse_from_rfc3339(FRIDAY).unwrap().to_utc()));
    office.put(NAME, &decision(10));
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    assert!(notice.outcome == Outcome::Unseen && notice.reason.contains("只完整到 2023-04-21 15:00"), "{notice:?}");
    office.mock.set_complete_to(None);
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.outcome, Outcome::Missing);
    office.close().await;

    let office = self::office(Publishing { shifted: true, ..Publishing::default() }).await;
    office.put(NAME, &decision(11));
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    assert!(notice.outcome == Outcome::Unseen && notice.reason.contains("错位"), "{notice:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_seen_and_cannot_be_seen_now_stays_what_it_was() {
    let office = office(Publishing::default()).await;
    office.put(NAME, &decision(12));
    office.pass(Duration::minutes(5)).await;
    assert_eq!(office.notice().await.label, "已公示");
    office.script(Rule::new(Endpoint::Publications, Action::Html { committing: false }).always());
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    assert_eq!(notice.label, "已公示");
    assert!(notice.doubt.unwrap().contains("没有读到"));
    assert!(office.reminders().is_empty());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_was_taken_away_alarms_nobody_until_two_readings_saw_it() {
    let (mut office, desk) = (office(Publishing::default()).await, tempfile::tempdir().unwrap());
    let bytes = decision(23);
    office.put(NAME, &bytes);
    office.until("2023-04-21T16:40").await;
    assert_eq!(office.notice().await.label, "已公示");
    office.mock.end_publication(&element(&bytes, "DocumentNumber"), false);
    // One reading comes to its end, and none after it.
    office.script(Rule::new(Endpoint::Publications, Action::Html { committing: false }).nth(2).always());
    office.dangri(desk.path(), &["reconcile", "--from", "2023-04-20", "--to", "2023-04-22"]).await;
    assert_eq!(office.notice().await.outcome, Outcome::Withdrawn);
    office.sleep_until("2023-04-22T09:00").await;
    assert!(office.reminders().is_empty(), "{:?}", office.reminders());
    office.mock.be_good();
    office.reconcile().await;
    office.pass(Duration::minutes(20)).await;
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].said.contains("的公示被撤下"), "{reminders:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notice_of_a_corrected_decision_must_go() {
    let mut office = office(Publishing::default()).await;
    let bytes = decision(13);
    office.put(NAME, &bytes);
    office.pass(Duration::minutes(5)).await;
    let first = office.record(NAME).await;
    office.put(NAME, &edited(&bytes, "进行执法检查时", "进行安全生产执法检查时"));
    office.pass(Duration::minutes(5)).await;
    office.operate(NAME, dangri::queue::Operation::Release, "更正文字").await.unwrap();
    office.pass(hours(2)).await;
    assert_eq!(office.state(NAME).await, Some(State::Entered));
    let both = office.reconcile().await;
    let old = both.iter().find(|notice| notice.id == first.id()).unwrap();
    let new = both.iter().find(|notice| notice.id != first.id()).unwrap();
    // Both rows say the same of every field that is compared; the earlier is that of what was corrected.
    assert_eq!((new.label.as_str(), old.label.as_str()), ("已公示", "应撤下（剩 3 个工作日）"), "{both:#?}");
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].level == Level::Amber && reminders[0].said.contains("最迟 4月25日 撤下"), "{reminders:?}");
    office.sleep_until("2023-04-25T09:00").await;
    assert_eq!(office.reminders()[0].level, Level::Red);
    office.mock.end_publication(&element(&bytes, "DocumentNumber"), false);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_on_the_spot_is_lawfully_not_public() {
    let mut office = office(Publishing::default()).await;
    office.put(NAME, &drafts::single(14, "spot_penalty_org", day()).unwrap().bytes);
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    assert_eq!((notice.label.as_str(), notice.outcome), ("不公示", Outcome::Exempt));
    assert!(notice.reason.contains("简易程序"));
    office.sleep_until("2023-05-08T09:00").await;
    assert!(office.reminders().is_empty());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_the_platform_does_not_take_is_missed_by_its_clock_all_the_same() {
    let mut office = office(Publishing::default()).await;
    office.mock.refuse_connections().await;
    office.put(NAME, &decision(15));
    office.pass(Duration::minutes(2)).await;
    office.sleep_until("2023-04-22T01:00").await;
    assert_ne!(office.state(NAME).await, Some(State::Entered));
    assert_eq!(office.notice().await.label, "应公示");
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].level == Level::Amber, "{reminders:?}");
    office.mock.accept_connections().await;
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.label, "已公示");
    assert!(office.reminders().is_empty());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_what_is_not_public_in_the_morning_and_when_it_is_over() {
    let time = telling::Time::default();
    let (sink, channel) = telling::group(&time, "值班群", "group").await;
    let mut office = telling::open(telling::office(FRIDAY, &[&channel]), &time).await;
    // It comes on the fifth working day at ten o'clock.
    let late = Publishing { after: (5 * 24 + 19) * 3_600, ..Publishing::default() };
    office.script(Rule::new(Endpoint::Put, Action::Publish(late)).of_kind("penalty_org").always());
    let bytes = decision(17);
    office.put(NAME, &bytes);
    office.pass(hours(2)).await;
    let told = |word: &str| sink.texts().into_iter().filter(|text| text.contains("未公示") && text.contains(word)).collect::<Vec<_>>();
    assert!(told("").is_empty(), "the day is not over");
    office.sleep_until("2023-04-27T00:30").await;
    assert!(told("还剩 2 个工作日").is_empty(), "nobody is woken: {:#?}", sink.texts());
    office.sleep_until("2023-04-27T08:40").await;
    let red = told("还剩 2 个工作日");
    assert!(red.len() == 1 && red[0].contains("红") && red[0].contains(&element(&bytes, "DocumentNumber")), "{:#?}", sink.texts());
    assert!(!sink.texts().iter().any(|text| text.contains(&element(&bytes, "LegalRep"))), "no names");
    office.until("2023-04-27T10:20").await;
    assert_eq!(office.notice().await.label, "已公示");
    assert!(told("已恢复").is_empty(), "one run is not enough");
    office.until("2023-04-27T11:00").await;
    assert_eq!(told("已恢复").len(), 1, "{:#?}", sink.texts());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_a_wrong_notice_and_of_a_list_that_cannot_be_read_twice() {
    let time = telling::Time::default();
    let (sink, channel) = telling::group(&time, "值班群", "group").await;
    let office = telling::open(telling::office("2023-04-21T09:00:00+08:00", &[&channel]), &time).await;
    let alter = BTreeMap::from([("CF_NR_FK".to_owned(), "1".to_owned())]);
    let wrong = Publishing { alter, ..Publishing::default() };
    office.script(Rule::new(Endpoint::Put, Action::Publish(wrong)).of_kind("penalty_org").always());
    office.put(NAME, &decision(18));
    office.pass(hours(2)).await;
    let goes_up = |text: &String| text.contains("无人认领");
    let told = |word: &str| sink.texts().iter().filter(|text| text.contains(word) && !goes_up(text)).count();
    assert_eq!((told("公示有误 1 件"), told("罚款金额（万元）"), told("核对失败")), (1, 1, 0), "{:#?}", sink.texts());
    // Nobody claims it for two hours: to the head of the section, and to the leader.
    assert_eq!(sink.texts().iter().filter(|text| goes_up(text)).count(), 2, "{:#?}", sink.texts());
    office.script(Rule::new(Endpoint::Publications, Action::Html { committing: false }).always());
    office.pass(Duration::minutes(30)).await;
    assert_eq!(told("核对失败"), 0, "once may be chance");
    office.pass(Duration::minutes(40)).await;
    assert_eq!(told("核对失败"), 1, "{:#?}", sink.texts());
    office.mock.be_good();
    office.pass(Duration::minutes(40)).await;
    assert!(sink.texts().iter().any(|text| text.contains("已恢复") && text.contains("核对失败")), "{:#?}", sink.texts());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notice_of_an_annulled_decision_must_go_within_three_working_days() {
    let (mut office, desk) = (office(Publishing::default()).await, tempfile::tempdir().unwrap());
    let bytes = decision(19);
    let number = element(&bytes, "DocumentNumber");
    office.put(NAME, &bytes);
    office.pass(Duration::minutes(5)).await;
    let refused = office.dangri(desk.path(), &["reconcile", "--annul", &number]).await;
    assert!(refused.code == 2 && refused.err.contains("--reason"), "{}", refused.err);
    let annul = ["reconcile", "--annul", &number, "--on", "2023-04-21", "--reason", "行政复议决定撤销"];
    let said = office.dangri(desk.path(), &annul).await;
    assert!(
        said.code == 0 && said.out.contains("应撤下（剩 3 个工作日）") && said.out.contains("行政复议决定撤销"),
        "{}{}",
        said.out,
        said.err
    );
    // The Sunday is worked.
    office.sleep_until("2023-04-24T09:00").await;
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].level == Level::Amber && reminders[0].said.contains("已撤销"), "{reminders:?}");
    office.sleep_until("2023-04-27T09:00").await;
    let reminders = office.reminders();
    assert!(reminders[0].level == Level::Red && reminders[0].said.contains("届满"), "{reminders:?}");
    office.mock.end_publication(&number, false);
    office.pass(hours(1)).await;
    assert_eq!((office.notice().await.label.as_str(), office.reminders().len()), ("已撤下", 0));
    let said = office.dangri(desk.path(), &["reconcile", "--annul", &number, "--undo"]).await;
    assert!(said.code == 0, "{}", said.err);
    office.pass(hours(1)).await;
    assert_eq!(office.notice().await.outcome, Outcome::Withdrawn, "it holds after all, and its notice was taken away");
    office.close().await;
}
