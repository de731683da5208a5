//! The clocks of publication: at once (the notice), within seven working days (安全生产法第七十八条), and withdrawal within three
//! (行政处罚法第四十八条、第八十五条). Domain.md §2.3, §3.7 DAT-14.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Outcome, Standing};
use crate::{calendar::Calendar, document::Timestamp};

/// Working days from the decision to the last day of publication.
pub const STATUTORY_DAYS: u32 = 7;
/// The working day from which on what is missing is red.
pub const WARNING_DAYS: u32 = 5;
/// Working days from the correction or annulment to the last day of withdrawal.
pub const WITHDRAWAL_DAYS: u32 = 3;

/// How grave a reminder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Somebody should see to it.
    Amber,
    /// A term of the law is about to run out, or has.
    Red,
}

/// Something that people must be reminded of while it lasts. No party's name is in it, and no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// What it is about, the same as long as it is the same: `publication/due/<document id>`.
    pub key: String,
    /// How grave it is.
    pub level: Level,
    /// Since when it is so.
    pub since: Timestamp,
    /// The decision's number.
    pub number: String,
    /// What is wrong, in Chinese.
    pub said: String,
    /// What to do, in Chinese.
    pub advice: String,
}

impl Reminder {
    /// One of `what` about a decision.
    fn new(standing: &Standing, what: &str, (level, since): (Level, Timestamp), said: String, advice: &str) -> Self {
        let key = format!("publication/{what}/{}", standing.id);
        Self { key, level, since, number: standing.number.clone(), said, advice: advice.to_owned() }
    }

    /// All of it in a line.
    pub fn text(&self) -> String {
        format!("{} {}。{}。", self.number, self.said, self.advice)
    }

    /// Whether it is about something that is public and should be otherwise; else nothing is public that should be.
    pub fn is_about_what_is_public(&self) -> bool {
        self.key.starts_with("publication/wrong/") || self.key.starts_with("publication/withdraw/")
    }
}

/// Working days that are left until the last day of publication, that day included as 0; negative once it has passed. `None` where the
/// calendar does not reach.
pub fn working_days_left(decided: NaiveDate, now: Timestamp, calendar: &Calendar) -> Option<i64> {
    left(calendar.plus_working_days(decided, STATUTORY_DAYS).ok()?, now, calendar)
}

/// The same of a withdrawal; `None` also where nothing must be withdrawn.
pub(super) fn withdrawal_left(standing: &Standing, now: Timestamp, calendar: &Calendar) -> Option<i64> {
    left(calendar.plus_working_days(standing.gone_on?, WITHDRAWAL_DAYS).ok()?, now, calendar)
}

fn left(last: NaiveDate, now: Timestamp, calendar: &Calendar) -> Option<i64> {
    let today = now.beijing_day();
    if today <= last {
        return calendar.working_days_between(today, last).ok().map(i64::from);
    }
    // A day late is late even on a holiday.
    calendar.working_days_between(last, today).ok().map(|days| -i64::from(days.max(1)))
}

/// What people must be reminded of about one decision at `now`; empty while all is well.
///
/// What is wrong with a notice that was seen counts only once it is confirmed; the terms of what was never seen to be public run by the day, whatever a reading could tell.
pub fn reminders(standing: &Standing, now: Timestamp, calendar: &Calendar) -> Vec<Reminder> {
    let mut found = Vec::new();
    let wrong = |said: String| Reminder::new(standing, "wrong", (Level::Amber, standing.since), said, standing.advice());
    match standing.outcome {
        Outcome::Mismatched | Outcome::Duplicate | Outcome::Lingering if !standing.confirmed => {}
        Outcome::Mismatched | Outcome::Duplicate => found.push(wrong(standing.reason())),
        Outcome::Lingering if standing.exempt.is_some() => {
            found.push(wrong(format!("不应公示却已公示：{}", standing.reason())));
        }
        Outcome::Lingering => found.extend(withdrawal(standing, now, calendar)),
        _ if standing.is_only_said_to_be_withdrawn() => {}
        _ if standing.is_unpublished() && standing.exempt.is_none() && standing.gone_on.is_none() => {
            found.extend(immediate(standing, now, calendar));
            found.extend(statutory(standing, now, calendar));
        }
        _ => {}
    }
    found
}

/// Not public: what is known of that.
fn unpublished(standing: &Standing) -> String {
    match (standing.outcome, standing.doubt.as_deref()) {
        (_, Some(doubt)) => format!("还没有核对到公示（{doubt}）"),
        (Outcome::Withdrawn, None) if standing.confirmed => "的公示被撤下".to_owned(),
        (Outcome::Withdrawn, None) => "还没有核对到公示（只有一遍读到它已被撤下）".to_owned(),
        (Outcome::Missing, None) => "平台上没有公示".to_owned(),
        (_, None) => "还没有公示".to_owned(),
    }
}

/// What to do about that: what could not be seen is to be looked for, not published a second time.
fn to_do(standing: &Standing) -> &'static str {
    match (standing.outcome, &standing.doubt) {
        (Outcome::Withdrawn, None) if standing.confirmed => "请向平台问明原因，仍应公示的重新发布",
        (Outcome::Withdrawn, _) | (_, Some(_)) => "请到公示网站上人工核对，没有公示的立即公示",
        _ => "请在平台上公示",
    }
}

/// The notice asks for publication at once: amber from the end of the decision's day, until the law's own term takes over.
fn immediate(standing: &Standing, now: Timestamp, calendar: &Calendar) -> Option<Reminder> {
    let over = Timestamp::start_of(standing.date.checked_add_days(Days::new(1))?);
    let red = calendar.plus_working_days(standing.date, WARNING_DAYS).ok();
    if now < over || red.is_some_and(|day| day <= now.beijing_day()) {
        return None;
    }
    let term = match calendar.plus_working_days(standing.date, STATUTORY_DAYS) {
        Ok(last) => format!("法定期限到 {} 为止", spoken(last)),
        Err(uncovered) => format!("工作日历里没有 {} 年，法定期限算不出来", uncovered.day.format("%Y")),
    };
    let said = format!("已过作出之日，{}，{term}", unpublished(standing));
    Some(Reminder::new(standing, "immediate", (Level::Amber, over), said, to_do(standing)))
}

/// The law's own term: red from its fifth working day, and said otherwise on the seventh and after it.
fn statutory(standing: &Standing, now: Timestamp, calendar: &Calendar) -> Option<Reminder> {
    let today = now.beijing_day();
    let first = calendar.plus_working_days(standing.date, WARNING_DAYS).ok()?;
    let last = calendar.plus_working_days(standing.date, STATUTORY_DAYS).ok()?;
    if today < first {
        return None;
    }
    let left = working_days_left(standing.date, now, calendar);
    let (since, term) = if today > last {
        (last.succ_opt()?, format!("法定的七个工作日已于 {} 届满", spoken(last)))
    } else if today == last {
        (last, "今天是法定七个工作日的最后一天".to_owned())
    } else {
        (first, format!("法定期限到 {} 为止，还剩 {} 个工作日", spoken(last), left.unwrap_or_default()))
    };
    let said = format!("{}，{term}", unpublished(standing));
    Some(Reminder::new(standing, "due", (Level::Red, Timestamp::start_of(since)), said, to_do(standing)))
}

/// A corrected decision's notice must go within three working days: amber at once, red on the last day and after it.
fn withdrawal(standing: &Standing, now: Timestamp, calendar: &Calendar) -> Option<Reminder> {
    let gone = standing.gone_on?;
    let last = calendar.plus_working_days(gone, WITHDRAWAL_DAYS).ok();
    let today = now.beijing_day();
    let term = match last {
        Some(last) if today > last => format!("法定的三个工作日已于 {} 届满", spoken(last)),
        Some(last) => format!("最迟 {} 撤下", spoken(last)),
        None => "三个工作日的期限超出工作日历，算不出来".to_owned(),
    };
    let level = if last.is_some_and(|last| today >= last) { Level::Red } else { Level::Amber };
    let since = match (level, last) {
        (Level::Red, Some(last)) => Timestamp::start_of(last),
        _ => standing.since,
    };
    let said = format!("{}，{term}", if standing.annulled.is_some() { "已撤销，公示还在" } else { "已更正，原来的公示还在" });
    Some(Reminder::new(standing, "withdraw", (level, since), said, standing.advice()))
}

fn spoken(day: NaiveDate) -> String {
    day.format("%-m月%-d日").to_string()
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
