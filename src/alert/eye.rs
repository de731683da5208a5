//! The daemon's own eye: the status, the open documents, and what the other rooms contribute.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate};
use sha2::{Digest as _, Sha256};

use super::{Contribution, Eye, Hours, Sight, Source, documents::Documents, outbox::Health, seen::Seen};
use crate::{
    config::Person,
    day::{DayReport, book::DayBook},
    document::{State, Timestamp},
    status::{ChannelFacts, Gatherer, Vitals, words},
    store::{Listing, Store, StoreError},
};

/// The audit log as 平安报 needs it.
#[async_trait]
pub trait Witness: Send + Sync + 'static {
    /// The number of the last line and its hash in hexadecimal; number 0 before the first.
    async fn end(&self) -> (u64, String);
}

/// What looks after an office.
pub struct OfficeEye {
    /// Makes the picture.
    pub gatherer: Gatherer,
    /// Where the channels' state is put for the picture.
    pub vitals: Arc<Vitals>,
    /// Where the documents are.
    pub store: Arc<dyn Store>,
    /// What the day comes to: its documents and its plan.
    pub book: Arc<DayBook>,
    /// Whose end 平安报 carries away: who keeps the message can show later that nothing before it was changed.
    pub audit: Arc<dyn Witness>,
    /// Looks at gate, clocks and disk before the picture is made.
    pub refresh: Box<dyn Fn() + Send + Sync>,
    /// The hours.
    pub hours: Hours,
    /// Who can be told.
    pub people: Vec<Person>,
    /// How old a backup may grow; `None` where none are made.
    pub backup_within: Option<Duration>,
    /// The other rooms.
    pub sources: Mutex<Vec<Arc<dyn Source>>>,
}

impl OfficeEye {
    /// From now on this room is heard too.
    pub fn hear(&self, source: Arc<dyn Source>) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    async fn contributed(&self, now: Timestamp) -> Contribution {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all = Contribution::default();
        for source in sources {
            let Contribution { seen, excused } = source.contribute(now).await;
            all.seen.conditions.extend(seen.conditions);
            all.seen.unseen.extend(seen.unseen);
            all.seen.looked.extend(seen.looked);
            all.excused.extend(excused);
        }
        all
    }

    /// The documents with an exception on record (`excuse/<kind>/<number>/<when>`). One that cannot be read excuses nobody.
    async fn excused(&self) -> BTreeSet<String> {
        let key = |name: &str| name.strip_prefix("excuse/")?.rsplit_once('/').map(|(key, _)| key.to_owned());
        let facts = self.store.recall_below("excuse/").await.unwrap_or_default();
        facts.iter().filter_map(|(name, _)| key(name)).collect()
    }

    /// The end of the audit log: its last line's number, and enough of its hash to be compared.
    async fn witness(&self) -> String {
        match self.audit.end().await {
            (0, _) => "审计日志还没有记录".to_owned(),
            (seq, hash) => format!("审计摘要 {}（第 {} 条）", hash.get(..16).unwrap_or(&hash), words::thousands(seq)),
        }
    }

    /// A digest over what the platform confirmed of a day's documents: whoever compares it with another copy sees whether they agree.
    async fn confirmed(&self, day: NaiveDate) -> Result<String, StoreError> {
        let (mut confirmed, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.page(&Listing::Day(day), after.as_ref(), 500).await?;
            for record in page.records.iter().filter(|r| r.state == State::Entered) {
                confirmed.extend(record.entry.as_ref().map(|entry| format!("{} {}", record.id(), entry.entered_at)));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        confirmed.sort();
        let digest = Sha256::digest(confirmed.join("\n").as_bytes());
        Ok(digest.iter().take(4).map(|b| format!("{b:02x}")).collect())
    }
}

/// The words of 平安报 (B6) for a day that stands like this. That all is well is said only where the day's own figures say so.
pub(super) fn reassurance(report: &DayReport, digest: &str) -> String {
    let n = words::thousands;
    if report.at_least {
        return format!("今日文书太多，没有逐件核对：已核对的按时录入 {} 件，请用 dangri day 查看。录入摘要 {digest}", n(report.on_time));
    }
    if report.clean() && report.expected == 0 {
        return "今日没有应录入的文书，程序运行正常。".to_owned();
    }
    if report.clean() {
        return format!("今日 {} 件全部按时录入。录入摘要 {digest}", n(report.expected));
    }
    let of = |count: u64, said: String| (count > 0).then_some(said);
    let absent = report.absent.len() as u64;
    let gaps = report.gaps.len() as u64;
    let left = [
        of(report.late, format!("逾期补录 {} 件", n(report.late))),
        of(report.open(), format!("还有 {} 件在办", n(report.open()))),
        of(absent, format!("计划检查的企业有 {} 家还没有记录", n(absent))),
        of(gaps, format!("文号有 {} 处不连续", n(gaps))),
    ];
    let left: Vec<String> = left.into_iter().flatten().collect();
    format!(
        "今日应录入 {} 件，按时录入 {} 件，{}，请用 dangri day 查看。录入摘要 {digest}",
        n(report.expected),
        n(report.on_time),
        left.join("，")
    )
}

#[async_trait]
impl Eye for OfficeEye {
    async fn see(&self, now: Timestamp, channels: &BTreeMap<String, Health>) -> Sight {
        (self.refresh)();
        let status = self.gatherer.gather(now).await;
        let documents = Documents::of(&*self.store).await;
        if let Err(error) = &documents {
            tracing::error!(%error, "the open documents could not be looked at; what was known of them stays");
        }
        let contributed = self.contributed(now).await;
        let excused = self.excused().await;
        let seen = Seen {
            excused: &excused,
            status: &status,
            documents: documents.as_ref().ok(),
            contributed: &contributed,
            channels,
            hours: &self.hours,
            people: &self.people,
            backup_within: self.backup_within,
        };
        Sight { seen: seen.observation(), strict: seen.strict() }
    }

    async fn reassure(&self, now: Timestamp) -> String {
        let day = now.beijing_day();
        let report = self.book.report(day, self.vitals.platform_facts().skew_millis).await;
        let said = match (report, self.confirmed(day).await) {
            (Ok(report), Ok(digest)) => reassurance(&report, &digest),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "the day could not be read for the daily message");
                "程序在运行，但数据读不出来，请查看 dangri status。".to_owned()
            }
        };
        let gap = if said.ends_with('。') { "" } else { "，" };
        format!("{said}{gap}{}", self.witness().await)
    }

    fn tell_of(&self, channels: Vec<ChannelFacts>, open: u64) {
        self.vitals.alerts(channels, open);
    }
}

#[cfg(test)]
#[path = "eye_tests.rs"]
mod tests;
