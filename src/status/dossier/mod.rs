//! The delay dossier: one printable page that proves why a document was late, from the books alone (S-19).
//!
//! [`Dossier::of`] gathers, [`page`] draws: A4, in one file without anything from outside, for a signature and the archive.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{
    story::{self, Attempt},
    words,
};
use crate::{
    day::{Deadline, Excuse, Hours, Standing, book::Outage},
    document::{Entry, Record, Timestamp},
    platform::Exchange,
};

mod page;

pub use page::page;

/// What is known beside the document.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The office's name.
    pub office: &'a str,
    /// The program's version.
    pub version: &'a str,
    /// When the dossier is made, by dangri's clock.
    pub now: Timestamp,
    /// When the office's day ends.
    pub hours: &'a Hours,
    /// The platform's clock minus ours, where it is known.
    pub skew_millis: Option<i64>,
    /// When the draft was first seen, in whatever version.
    pub first_seen: Timestamp,
}

/// Everything that the page says. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// The office's name.
    pub office: String,
    /// The program's version.
    pub version: String,
    /// When it was made, by dangri's clock.
    pub made_at: Timestamp,
    /// What people call the document.
    pub title: String,
    /// Its kind's Chinese name.
    pub kind: String,
    /// The record as it stands.
    pub record: Record,
    /// When it had to be entered.
    pub deadline: Deadline,
    /// How it stands to that.
    pub standing: Standing,
    /// When its draft was first seen, by dangri's clock.
    pub first_seen: Timestamp,
    /// Whether it was found only after its day was over.
    pub found_late: bool,
    /// What follows from all below, in Chinese sentences.
    pub conclusion: Vec<String>,
    /// Exceptions that people put on record, oldest first.
    pub excuses: Vec<Excuse>,
    /// Outages of the platform between the draft's coming and its entry, or now.
    pub outages: Vec<Outage>,
    /// Its whole history.
    pub steps: Vec<Step>,
    /// Every attempt to send it.
    pub attempts: Vec<Attempt>,
    /// The platform's clock minus ours, in milliseconds, whenever an answer about this document bore a time.
    pub clock: Vec<(Timestamp, i64)>,
    /// The platform's clock minus ours at the time of making, in milliseconds.
    pub skew_millis: Option<i64>,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Who, in Chinese.
    pub by: String,
    /// What, in one Chinese sentence.
    pub what: String,
}

impl Dossier {
    /// The dossier of a record. `outages` are those of the whole time; `excuses` oldest first.
    pub fn of(
        record: &Record,
        history: &[Entry],
        exchanges: &[Exchange],
        outages: Vec<Outage>,
        excuses: Vec<Excuse>,
        beside: Beside<'_>,
    ) -> Self {
        let deadline = Deadline::of(record, beside.hours);
        let until = record.entry.as_ref().map_or(beside.now, |entry| entry.entered_at);
        let within = |outage: &Outage| outage.within(beside.first_seen, until.max(deadline.cut_off)).is_some();
        let mut dossier = Self {
            office: beside.office.to_owned(),
            version: beside.version.to_owned(),
            made_at: beside.now,
            title: words::plain(&record.title()),
            kind: record.birth.facts.as_ref().map_or_else(String::new, |facts| facts.kind_name.clone()),
            standing: deadline.standing(record, beside.now, beside.skew_millis),
            deadline,
            first_seen: beside.first_seen,
            found_late: deadline.found_late(beside.first_seen),
            conclusion: Vec::new(),
            excuses,
            outages: outages.into_iter().filter(within).collect(),
            steps: history.iter().map(|entry| Step { at: entry.at, by: entry.by.label(), what: story::what(entry) }).collect(),
            attempts: story::attempts(history, exchanges),
            clock: exchanges.iter().filter_map(difference).collect(),
            skew_millis: beside.skew_millis,
            record: record.clone(),
        };
        dossier.conclusion = dossier.conclude();
        dossier
    }

    fn conclude(&self) -> Vec<String> {
        let Deadline { day, cut_off, .. } = self.deadline;
        let end = format!("{} {}", on_paper(day), words::cut_off_time(cut_off, day));
        let mut said = vec![match self.standing {
            Standing::OnTime { entered_at } => {
                format!("本件应于 {end} 前录入；平台于 {} 录入，没有逾期（以平台时间为准）。", moment(entered_at))
            }
            Standing::Late { entered_at, late_secs } => {
                format!("本件应于 {end} 前录入；平台于 {} 录入，逾期 {}（以平台时间为准）。", moment(entered_at), length(late_secs))
            }
            Standing::Overdue { late_secs } => format!("本件应于 {end} 前录入；至制表时没有录入，已逾期 {}。", length(late_secs)),
            Standing::Open { left_secs } | Standing::PastTarget { left_secs } => {
                format!("本件应于 {end} 前录入；至制表时没有录入，还有 {}。", length(left_secs))
            }
            Standing::Dropped => format!("本件应于 {end} 前录入；已有新版本或者已忽略，不再要求录入。"),
        }];
        let left = cut_off.since(self.first_seen);
        said.push(if self.found_late {
            format!("草稿于 {} 才放进文件夹，当天已过，自始逾期。", moment(self.first_seen))
        } else {
            format!("草稿于 {} 放进文件夹，距截止有 {}。", moment(self.first_seen), length(left.num_seconds()))
        });
        said.extend(self.of_outages());
        said.push(self.of_attempts());
        said.extend(self.of_clocks());
        said
    }

    fn of_outages(&self) -> Option<String> {
        let parts: Vec<_> = self.outages.iter().filter_map(|outage| outage.within(self.first_seen, self.deadline.cut_off)).collect();
        let whole = parts.iter().fold(Duration::zero(), |sum, (from, to)| sum + to.since(*from));
        let list: Vec<_> = parts.iter().take(4).map(|(from, to)| format!("{} 至 {}", time(*from), time(*to))).collect();
        let more = if parts.len() > 4 { format!("等 {} 次", parts.len()) } else { String::new() };
        (!parts.is_empty())
            .then(|| format!("截止之前平台共有 {} 连不上（{}{more}），其间不能上传。", length(whole.num_seconds()), list.join("，")))
    }

    fn of_attempts(&self) -> String {
        let before = self.attempts.iter().filter(|attempt| attempt.at < self.deadline.cut_off).count();
        match (self.attempts.len(), before) {
            (0, _) => "至制表时没有开始上传。".to_owned(),
            (all, before) if all == before => format!("共上传 {all} 次，都在截止之前开始。"),
            (all, before) => format!("共上传 {all} 次，其中截止之前 {before} 次。"),
        }
    }

    /// Clocks only matter where their difference could have decided.
    fn of_clocks(&self) -> Option<String> {
        let worst = self.clock.iter().map(|(_, skew)| *skew).chain(self.skew_millis).max_by_key(|skew| skew.unsigned_abs())?;
        let margin = match self.standing {
            Standing::Late { late_secs, .. } | Standing::Overdue { late_secs } => late_secs,
            Standing::OnTime { entered_at } => self.deadline.cut_off.since(entered_at).num_seconds(),
            _ => i64::MAX,
        };
        let decides = worst.abs() / 1_000 >= margin;
        let verdict = if decides { "可能影响是否逾期的判断，以平台时间为准" } else { "不影响判断" };
        Some(format!("本机时钟与平台最多相差 {}，{verdict}。", difference_of(worst)))
    }
}

/// The platform's clock minus ours, where an answer bore its time.
fn difference(exchange: &Exchange) -> Option<(Timestamp, i64)> {
    let (_, rest) = exchange.answer.split_once("<ServerTime>")?;
    let (said, _) = rest.split_once("</ServerTime>")?;
    let theirs = Timestamp::parse(said).ok()?;
    let half = i64::try_from(exchange.took_ms / 2).ok()?;
    let middle = exchange.at.plus(Duration::milliseconds(half));
    Some((exchange.at, theirs.since(middle).num_milliseconds()))
}

/// `2023年4月3日` (GB/T 9704-2012, 7.3.5.4).
fn on_paper(day: chrono::NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

fn moment(at: Timestamp) -> String {
    at.beijing().format("%Y年%-m月%-d日 %H:%M:%S").to_string()
}

fn time(at: Timestamp) -> String {
    at.beijing().format("%-m月%-d日 %H:%M").to_string()
}

/// A span to the second where seconds matter: `12分33秒`.
fn length(secs: i64) -> String {
    match secs.unsigned_abs() {
        secs @ 60..3_600 => format!("{}分{}秒", secs / 60, secs % 60),
        _ => words::span(Duration::seconds(secs)),
    }
}

fn difference_of(skew_millis: i64) -> String {
    let way = if skew_millis > 0 { "本机慢" } else { "本机快" };
    match skew_millis.unsigned_abs() {
        ms @ 0..60_000 => format!("{}.{} 秒（{way}）", ms / 1_000, ms / 100 % 10),
        _ => format!("{}（{way}）", words::span(Duration::milliseconds(skew_millis))),
    }
}

#[cfg(test)]
mod tests;
