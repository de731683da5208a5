//! What the rooms above the alerts know of, in the form in which alerts take it: terms of law, drift, publication.
//!
//! A source more is one struct here that implements [`Source`], and one line in [`all`].

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use chrono::Duration;
use tokio::sync::Mutex;

use super::publicity::Publicist;
use crate::{
    alert::{Condition, Contribution, Hours, Kind, Level, Source, speakable},
    document::Timestamp,
    publication::{Figures, clock},
    report::{
        Reports,
        remind::{Reminder, Subject, Weight},
    },
};

/// How often all documents are gone through; a term counts by days.
const EVERY: Duration = Duration::minutes(10);

/// Every source that is not the alert room's own.
pub(super) fn all(reports: &Arc<Reports>, publicist: &Arc<Publicist>, hours: &Hours) -> Vec<Arc<dyn Source>> {
    let terms = Terms { reports: Arc::clone(reports), hours: hours.clone(), known: Mutex::default() };
    vec![Arc::new(terms), Arc::new(Publications { publicist: Arc::clone(publicist), hours: hours.clone() })]
}

/// Terms of law and order that end (domain.md §3.7), and drift.
struct Terms {
    reports: Arc<Reports>,
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

impl Terms {
    /// The moment whose terms count: a day's begin with the office's morning, for nobody can do anything about them in the night.
    fn morning(&self, now: Timestamp) -> Timestamp {
        let today = Timestamp::start_of(now.beijing_day());
        if now < self.hours.digest.on(now.beijing_day()) { today.plus(-Duration::hours(12)) } else { today.plus(Duration::hours(12)) }
    }
}

#[async_trait]
impl Source for Terms {
    async fn contribute(&self, now: Timestamp) -> Contribution {
        let day = self.morning(now);
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.day == day && (known.at..known.at.plus(EVERY)).contains(&now)) {
            return known.said.clone();
        }
        let mut said = Contribution::default();
        match self.reports.reminders(day).await {
            Ok(reminders) => said.seen.conditions = reminders.iter().filter(|one| !is_of_today(one)).map(condition).collect(),
            Err(error) => {
                tracing::error!(%error, "the terms could not be looked at; what was known of them stays");
                said.seen.unseen = BTreeSet::from([Kind::Reminder, Kind::Drift, Kind::Rules]);
            }
        }
        *known = Some(Known { at: now, day, said: said.clone() });
        said
    }
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

/// Decisions that are not public as they should be (domain.md §2.3).
struct Publications {
    publicist: Arc<Publicist>,
    hours: Hours,
}

#[async_trait]
impl Source for Publications {
    async fn contribute(&self, now: Timestamp) -> Contribution {
        let mut said = Contribution::default();
        let kinds = [Kind::Unpublished, Kind::Misprint, Kind::CheckFailed];
        let Some((figures, reminders)) = self.publicist.picture() else {
            said.seen.unseen = BTreeSet::from(kinds);
            return said;
        };
        let morning = self.hours.digest.on(now.beijing_day());
        said.seen.conditions = reminders.iter().map(|reminder| notice(reminder, now, morning)).collect();
        said.seen.conditions.extend(not_compared(&figures));
        // What a run found is over only once two further runs do not find it.
        let last = figures.last_run.unwrap_or(Timestamp::MIN);
        said.seen.looked.extend(kinds.map(|kind| (kind, last)));
        said
    }
}

/// What people are reminded of about a decision's notice. Each step of a clock is news; a day of the law begins with the `morning`.
fn notice(reminder: &clock::Reminder, now: Timestamp, morning: Timestamp) -> Condition {
    let kind = match reminder.key.split('/').nth(1) {
        Some("immediate" | "due") => Kind::Unpublished,
        _ => Kind::Misprint,
    };
    let began_today = reminder.since == Timestamp::start_of(now.beijing_day());
    let level = match reminder.level {
        clock::Level::Red if began_today && now < morning => Level::Orange,
        clock::Level::Red => Level::Red,
        clock::Level::Amber => Level::Yellow,
    };
    let number = reminder.text.split_inclusive('号').next().unwrap_or_default();
    let line = if speakable(number) {
        reminder.text.trim_end_matches('。').to_owned()
    } else {
        "一件文号不规范的处罚决定书，公示需要处理".to_owned()
    };
    let object = format!("{}@{}", reminder.key, reminder.since);
    Condition::new(kind, level, object, line).advise("逐件核对见 dangri reconcile").since(reminder.since)
}

/// That publications could not be compared; told once it has lasted over two runs.
fn not_compared(figures: &Figures) -> Option<Condition> {
    let trouble = Some(&figures.last_trouble).filter(|trouble| !trouble.is_empty())?;
    let more = if figures.unseen > 0 { format!("，{} 件决定没有核对到", figures.unseen) } else { String::new() };
    let condition = Condition::new(Kind::CheckFailed, Level::Orange, "", format!("公示清单没有读完：{trouble}{more}"));
    Some(condition.advise("到公示网站上人工核对；恢复后自动再核对，也可运行 dangri reconcile"))
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

    fn of(text: &str, level: clock::Level, since: &str) -> clock::Reminder {
        clock::Reminder { key: "publication/due/x".into(), level, since: Timestamp::parse(since).unwrap(), text: text.into() }
    }

    #[test]
    fn a_day_of_the_law_turns_red_in_the_morning_and_each_step_is_news() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let morning = at("2023-05-04T08:30:00+08:00");
        let last = of("（淄）应急罚〔2023〕3号 平台上没有公示。请在平台上公示。", clock::Level::Red, "2023-05-04T00:00:00+08:00");
        let level = |now: &str| notice(&last, at(now), morning).level;
        assert_eq!([level("2023-05-04T00:00:10+08:00"), level("2023-05-04T08:30:00+08:00")], [Level::Orange, Level::Red]);
        let before = of(&last.text, clock::Level::Red, "2023-04-28T00:00:00+08:00");
        assert_eq!(notice(&before, at("2023-05-03T02:00:00+08:00"), morning).level, Level::Red, "what was red stays so");
        assert_ne!(notice(&before, morning, morning).object, notice(&last, morning, morning).object);
        assert_eq!(notice(&last, morning, morning).line, "（淄）应急罚〔2023〕3号 平台上没有公示。请在平台上公示");
    }

    #[test]
    fn a_number_that_is_none_is_not_said() {
        let at = Timestamp::parse("2023-05-04T09:00:00+08:00").unwrap();
        for text in ["王大锤处罚决定 平台上没有公示。", "王大锤3号 平台上没有公示。", "某某公司（淄）应急罚〔2023〕3号"]
        {
            let said = notice(&of(text, clock::Level::Amber, "2023-05-04T00:00:00+08:00"), at, at);
            assert!(!said.line.contains("王大锤") && !said.line.contains("某某"), "{}", said.line);
        }
    }

    #[test]
    fn what_was_compared_well_says_nothing() {
        assert_eq!(not_compared(&Figures::default()), None);
        let figures = Figures { last_trouble: "平台没有回应".into(), unseen: 2, ..Figures::default() };
        assert_eq!(not_compared(&figures).unwrap().line, "公示清单没有读完：平台没有回应，2 件决定没有核对到");
    }
}
