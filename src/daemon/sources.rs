//! What the rooms above the alerts know of, in the form in which alerts take it: terms of law, drift, publication.
//!
//! A source more is one struct here that implements [`Source`], and one line in [`all`].

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::Duration;
use tokio::sync::Mutex;

use super::publicity::{Picture, Publicist};
use crate::{
    alert::{Condition, Contribution, Hours, Kind, Level, Source, speakable},
    day::book::DayBook,
    document::Timestamp,
    publication::{Figures, Standing, clock},
    report::{
        Reports,
        remind::{Reminder, Subject, Weight},
    },
};

/// How often all documents are gone through; a term counts by days.
const EVERY: Duration = Duration::minutes(10);
/// So many decisions of a kind are told by name.
const NAMED: usize = 30;
/// So many terms are told by name.
const TERMS: usize = 200;
/// How long a list may be behind before anybody is told.
const BEHIND: Duration = Duration::days(1);

/// Every source that is not the alert room's own.
pub(super) fn all(reports: &Arc<Reports>, book: &Arc<DayBook>, publicist: &Arc<Publicist>, hours: &Hours) -> Vec<Arc<dyn Source>> {
    let terms = Terms { reports: Arc::clone(reports), book: Arc::clone(book), hours: hours.clone(), known: Mutex::default() };
    vec![Arc::new(terms), Arc::new(Publications { publicist: Arc::clone(publicist), hours: hours.clone() })]
}

/// The moment whose terms count: a day's begin with the office's morning, for nobody can do anything about them in the night.
fn morning(hours: &Hours, now: Timestamp) -> Timestamp {
    let today = Timestamp::start_of(now.beijing_day());
    if now < hours.digest.on(now.beijing_day()) { today.plus(-Duration::hours(12)) } else { today.plus(Duration::hours(12)) }
}

/// Terms of law and order that end (domain.md §3.7), drift, and a list of drawn enterprises that is not known to be published (S-08).
struct Terms {
    reports: Arc<Reports>,
    book: Arc<DayBook>,
    hours: Hours,
    known: Mutex<Option<Known>>,
}

/// What was found when the documents were last gone through.
struct Known {
    at: Timestamp,
    /// By the terms of this moment.
    day: Timestamp,
    said: Contribution,
}

#[async_trait]
impl Source for Terms {
    async fn contribute(&self, now: Timestamp) -> Contribution {
        let day = morning(&self.hours, now);
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.day == day && (known.at..known.at.plus(EVERY)).contains(&now)) {
            return known.said.clone();
        }
        let mut said = Contribution::default();
        // Publication has a source of its own, which knows more of it.
        let wanted = |one: &Reminder| !is_of_today(one) && !one.key.starts_with("publication/");
        match self.reports.reminders(day, TERMS, wanted).await {
            Ok((reminders, more)) => {
                said.seen.conditions = reminders.iter().map(condition).collect();
                said.seen.conditions.extend(others(&reminders, more));
            }
            Err(error) => {
                tracing::error!(%error, "the terms could not be looked at; what was known of them stays");
                said.seen.unseen = BTreeSet::from([Kind::Reminder, Kind::Drift, Kind::Rules]);
            }
        }
        match self.book.not_published(day.beijing_day()).await {
            Ok(0) => {}
            Ok(count) => said.seen.conditions.push(unpublished(count)),
            Err(error) => {
                tracing::error!(%error, "the plan could not be looked at");
                said.seen.unseen.insert(Kind::Reminder);
            }
        }
        *known = Some(Known { at: now, day, said: said.clone() });
        said
    }
}

/// The terms that are not told by name; no louder than the last that is.
fn others(named: &[Reminder], more: u64) -> Option<Condition> {
    let last = condition(named.last().filter(|_| more > 0)?);
    let rest = Condition::new(Kind::Reminder, last.level, "其余", "其余期限").counting(more);
    Some(rest.advise("用 dangri loop 查看全部，先办到期的"))
}

fn unpublished(count: u64) -> Condition {
    let line = format!("集中检查已经开始，计划里有 {count} 家没有写名单的公布日期");
    let condition = Condition::new(Kind::Reminder, Level::Yellow, "list", line);
    let advice = "公布抽取名单后，在“公布日期”一列写上日期再导入一次（dangri plan import）";
    Condition { can_wait: true, ..condition.advise(advice) }
}

/// Whether a term begins and ends today: until it has passed it is the ladder's own matter, for the papers of a visit come one by one.
fn is_of_today(reminder: &Reminder) -> bool {
    reminder.weight < Weight::Urgent && reminder.due == Some(reminder.since)
}

/// A reminder as a condition. One that comes to weigh more is news.
fn condition(reminder: &Reminder) -> Condition {
    let (kind, scope) = match reminder.subject() {
        Subject::Term => (Kind::Reminder, ""),
        Subject::Copy => (Kind::Drift, ""),
        Subject::Schema => (Kind::Rules, "announced"),
    };
    let level = match reminder.weight {
        Weight::Notice | Weight::Warning => Level::Yellow,
        // Red is for what goes out by night: a day is the least that any of these leaves.
        Weight::Urgent => Level::Orange,
    };
    let line = if reminder.number.is_empty() || speakable(&reminder.number) {
        reminder.text.clone()
    } else {
        // A file's name, or a number that is none, may hold a party's.
        reminder.text.replacen(&*reminder.number, "（文号不规范的文书）", 1)
    };
    let object = format!("{}@{:?}", reminder.key, reminder.weight);
    let condition = Condition::new(kind, level, object, line).advise(&*reminder.advice).apart(scope);
    Condition { can_wait: reminder.weight == Weight::Notice, since: Some(Timestamp::start_of(reminder.since)), ..condition }
}

/// Decisions that are not public, or not as they should be, and a list that cannot be read (operators' manual B6).
struct Publications {
    publicist: Arc<Publicist>,
    hours: Hours,
}

#[async_trait]
impl Source for Publications {
    async fn contribute(&self, now: Timestamp) -> Contribution {
        let Picture { figures, open } = self.publicist.picture();
        let mut said = Contribution::default();
        let Some(figures) = figures else {
            said.seen.unseen = BTreeSet::from([Kind::Unpublished, Kind::Misprint, Kind::CheckFailed]);
            return said;
        };
        // Red goes out at any hour, so it begins with the morning; what is less waits for it by itself.
        let mut reminders = self.publicist.reminders(morning(&self.hours, now));
        let known: BTreeSet<String> = reminders.iter().map(|one| one.key.clone()).collect();
        let at_once = self.publicist.reminders(now).into_iter();
        reminders.extend(at_once.filter(|one| one.level == clock::Level::Amber && !known.contains(&one.key)));
        said.seen.conditions = few(reminders.iter().map(notice).collect());
        said.seen.conditions.extend(not_checked(&figures, &open, now));
        if let Some(at) = figures.last_run {
            said.seen.looked.extend([Kind::Unpublished, Kind::Misprint, Kind::CheckFailed].map(|kind| (kind, at)));
        }
        said
    }
}

/// A decision's notice as a condition. Another term, or another finding, is news.
fn notice(reminder: &clock::Reminder) -> Condition {
    let kind = if reminder.is_about_what_is_public() { Kind::Misprint } else { Kind::Unpublished };
    let level = match reminder.level {
        clock::Level::Amber => Level::Yellow,
        clock::Level::Red => Level::Red,
    };
    let name = if speakable(&reminder.number) { &*reminder.number } else { "（文号不规范的决定书）" };
    let object = format!("{}@{}", reminder.key, reminder.since.beijing_day());
    Condition::new(kind, level, object, format!("{name} {}", reminder.said)).advise(&*reminder.advice).since(reminder.since)
}

/// The gravest by name, the others of each kind in one: after a long outage there are more than anybody reads.
fn few(mut all: Vec<Condition>) -> Vec<Condition> {
    all.sort_by_key(|one| (one.kind, Reverse(one.level)));
    let mut kept: Vec<Condition> = Vec::new();
    let mut named = BTreeMap::<Kind, usize>::new();
    for one in all {
        let count = named.entry(one.kind).or_default();
        *count += 1;
        match kept.last_mut() {
            Some(rest) if *count > NAMED + 1 => rest.count += 1,
            _ if *count == NAMED + 1 => kept.push(Condition { object: "其余".into(), line: "其余处罚决定".into(), ..one }),
            _ => kept.push(one),
        }
    }
    kept
}

/// What keeps the list from telling anything: two runs that failed, or decisions that cannot be told of though it was read.
fn not_checked(figures: &Figures, open: &[Standing], now: Timestamp) -> Option<Condition> {
    let what = Condition::new(Kind::CheckFailed, Level::Orange, "list", "");
    if !figures.last_trouble.is_empty() {
        let line = format!("处罚公示没有核对成：{}", figures.last_trouble);
        return Some(Condition { line, ..what }.advise("请在浏览器里打开平台的公示清单看看；程序会继续核对"));
    }
    let lasting = |one: &&Standing| !one.behind || one.doubt_since.is_some_and(|since| now.since(since) >= BEHIND);
    let doubted: Vec<_> = open.iter().filter(|one| one.doubt.is_some()).filter(lasting).collect();
    let why = doubted.first()?.doubt.as_deref().unwrap_or_default();
    let line = format!("{} 件处罚决定核对不出是否公示：{why}", doubted.len());
    Some(Condition { line, ..what }.advise("请到公示网站上人工核对；平台改版的，请联系程序维护人员"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder(key: &str, number: &str, weight: Weight) -> Reminder {
        let since = "2023-05-10".parse().unwrap();
        let text = format!("{number} 决定书应在5月19日前送达");
        Reminder { key: key.into(), number: number.into(), weight, since, due: None, text, advice: "送达后录入回执".into() }
    }

    #[test]
    fn a_term_is_told_by_number_and_a_name_in_its_place_is_not() {
        let said = condition(&reminder("service/x", "（淄）应急罚〔2023〕3号", Weight::Urgent));
        assert_eq!((said.kind, said.level, said.can_wait), (Kind::Reminder, Level::Orange, false));
        assert_eq!(said.line, "（淄）应急罚〔2023〕3号 决定书应在5月19日前送达");
        for name in ["王大锤询问笔录.xml", "某某铸造有限公司", "370302199001011236"] {
            let said = condition(&reminder("service/x", name, Weight::Warning));
            assert!(!said.line.contains(name) && said.line.contains("决定书应在"), "{}", said.line);
        }
    }

    #[test]
    fn a_term_of_the_very_day_is_told_of_only_once_it_has_passed() {
        let of = |weight| Reminder { due: "2023-05-10".parse().ok(), ..reminder("order/x", "", weight) };
        assert!(is_of_today(&of(Weight::Warning)) && !is_of_today(&of(Weight::Urgent)));
        assert!(!is_of_today(&Reminder { due: "2023-05-12".parse().ok(), ..of(Weight::Warning) }));
    }

    #[test]
    fn what_comes_to_weigh_more_is_another_object_and_drift_has_episodes_of_its_own() {
        let of = |weight| condition(&reminder("review/x", "（淄）应急责改〔2023〕3号", weight));
        assert_ne!(of(Weight::Warning).object, of(Weight::Urgent).object);
        assert!(of(Weight::Notice).can_wait);
        assert_eq!(condition(&reminder("copy/1", "", Weight::Urgent)).kind, Kind::Drift);
        assert_eq!(condition(&reminder("schema/bundle/2023.5", "", Weight::Urgent)).kind, Kind::Rules);
    }

    fn standing(number: &str) -> Standing {
        let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
        Standing::new(id, number, "2023-04-21".parse().unwrap(), Timestamp::parse("2023-04-21T15:00:00+08:00").unwrap())
    }

    #[test]
    fn a_decision_that_is_not_public_is_told_by_number_and_what_comes_next_is_news() {
        let calendar = crate::calendar::Calendar::embedded().unwrap();
        let of = |number: &str, at: &str| {
            let reminders = clock::reminders(&standing(number), Timestamp::parse(at).unwrap(), &calendar);
            notice(&reminders[0])
        };
        let (amber, red, last) = (
            of("（淄）应急罚〔2023〕3号", "2023-04-22T12:00:00+08:00"),
            of("（淄）应急罚〔2023〕3号", "2023-04-27T12:00:00+08:00"),
            of("（淄）应急罚〔2023〕3号", "2023-05-04T12:00:00+08:00"),
        );
        assert_eq!([&amber, &red, &last].map(|one| one.level), [Level::Yellow, Level::Red, Level::Red]);
        assert!(amber.line.starts_with("（淄）应急罚〔2023〕3号 已过作出之日"), "{}", amber.line);
        assert!(amber.object != red.object && red.object != last.object);
        assert!(!of("某某公司（淄）应急罚〔2023〕3号", "2023-04-22T12:00:00+08:00").line.contains("某某"));
    }

    #[test]
    fn a_list_that_is_only_behind_is_no_failure_for_a_day() {
        let now = Timestamp::parse("2023-04-22T12:00:00+08:00").unwrap();
        let doubted = |behind, hours| {
            let doubt_since = Some(now.plus(-Duration::hours(hours)));
            vec![Standing { doubt: Some("公示清单的栏目错位".into()), behind, doubt_since, ..standing("") }]
        };
        assert_eq!(not_checked(&Figures::default(), &[], now), None);
        assert_eq!(not_checked(&Figures::default(), &doubted(true, 23), now), None);
        assert!(not_checked(&Figures::default(), &doubted(true, 24), now).is_some());
        assert!(
            not_checked(&Figures::default(), &doubted(false, 0), now)
                .unwrap()
                .line
                .contains("1 件处罚决定核对不出是否公示：公示清单的栏目错位")
        );
        let figures = Figures { last_trouble: "公示清单没有读到：超时".into(), ..Figures::default() };
        assert!(not_checked(&figures, &[], now).unwrap().line.contains("超时"));
    }

    #[test]
    fn the_gravest_are_named_and_the_others_counted() {
        let of = |kind, level, n: usize| (0..n).map(move |at| Condition::new(kind, level, format!("{at}"), "x"));
        let all: Vec<_> = of(Kind::Unpublished, Level::Yellow, 100)
            .chain(of(Kind::Unpublished, Level::Red, 2))
            .chain(of(Kind::Misprint, Level::Yellow, 3))
            .collect();
        let told = few(all);
        assert_eq!(told.len(), NAMED + 1 + 3);
        assert_eq!(told.iter().map(|one| one.count).sum::<u64>(), 105);
        assert!(told[..2].iter().all(|one| one.level == Level::Red) && told[NAMED].count == 72);
    }
}
