//! A day is read out, excused and confirmed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::{
    DayBook,
    evidence::{Evidence, inspected},
    json,
    series::{self, Seen},
};
use crate::{
    day::{Acknowledgement, DayReport, Excuse, Gap, excuse, plan::PlanLine, strict_now},
    document::{DocumentNumber, Record, State, Timestamp},
    store::{Fact, Listing, StoreError},
};

const EXCUSES: &str = "excuse/";
const ACKNOWLEDGED: &str = "day/ack/";
const SINCE: &str = "day/since";

/// How many days back the series of numbers begins.
const SERIES_DAYS: u64 = 14;
/// How many days before and after the planned one an inspection is looked for, where no campaign says otherwise.
const NEAR_DAYS: u64 = 14;
/// How many documents are read at most while it is looked for.
const NEAR_LIMIT: usize = 5_000;
/// How many numbers are asked for before a gap is told of.
const LOOKUPS: usize = 200;
/// How far back unconfirmed days are told of.
const LOOK_BACK: u64 = 31;

/// Why an exception is not put on record.
#[derive(Debug, thiserror::Error)]
pub enum ExcuseError {
    /// No reason was given.
    #[error("必须写明原因")]
    NoReason,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DayBook {
    /// What a day came to so far. `skew_millis` is the platform's clock minus ours, where it is known.
    ///
    /// # Errors
    /// When the store fails: a day that cannot be read is no empty day.
    pub async fn report(&self, day: NaiveDate, skew_millis: Option<i64>) -> Result<DayReport, StoreError> {
        let mut evidence = self.evidence(day, skew_millis).await?;
        evidence.gaps = self.gaps(day, &evidence.records).await?;
        Ok(evidence.report())
    }

    /// Everything about a day but the series of its numbers.
    pub(super) async fn evidence(&self, day: NaiveDate, skew_millis: Option<i64>) -> Result<Evidence<'_>, StoreError> {
        let (records, at_least) = self.documents(day).await?;
        let plan = self.plan_of(day).await?;
        let plan = if plan.is_empty() && !self.has_plan().await? { None } else { Some(plan) };
        let elsewhere = self.elsewhere(day, plan.as_deref().unwrap_or_default(), &records).await?;
        // They are few, and mostly none: one look at all of them is cheaper than one for each document. The last of a document stays.
        let all: Vec<Excuse> = self.facts(EXCUSES).await?;
        let excuses = all.into_iter().map(|excuse| (excuse.document.clone(), excuse)).collect();
        Ok(Evidence {
            settings: &self.settings,
            day,
            now: self.now(),
            skew_millis,
            records,
            at_least,
            plan,
            elsewhere,
            excuses,
            outages: self.outages_of(day).await?,
            acknowledged: self.acknowledgements(day).await?.pop(),
            gaps: Vec::new(),
        })
    }

    /// Where planned enterprises without a record of the day were inspected instead.
    async fn elsewhere(&self, day: NaiveDate, plan: &[PlanLine], records: &[Record]) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
        let there: BTreeSet<&str> = records.iter().filter_map(inspected).collect();
        let mut wanted: BTreeSet<String> =
            plan.iter().filter(|line| !there.contains(line.uscc.as_str())).map(|line| line.uscc.clone()).collect();
        let mut found = BTreeMap::new();
        let near = (day.checked_sub_days(Days::new(NEAR_DAYS)), day.checked_add_days(Days::new(NEAR_DAYS)));
        let near = near.0.zip(near.1).unwrap_or((day, day));
        let (from, to) = self.settings.campaign.inspect.filter(|(from, to)| (*from..=*to).contains(&day)).unwrap_or(near);
        let mut left = NEAR_LIMIT;
        let days = from.iter_days().take_while(|other| *other <= to.min(self.now().beijing_day()));
        for other in days.filter(|other| *other != day) {
            if wanted.is_empty() || left == 0 {
                break;
            }
            let (records, _) = self.walk(&Listing::Day(other), left).await?;
            left -= records.len().min(left);
            for record in records.iter().filter(|record| !matches!(record.state, State::Superseded | State::Ignored)) {
                if let Some(uscc) = inspected(record).filter(|uscc| wanted.remove(*uscc)) {
                    found.insert(uscc.to_owned(), other);
                }
            }
        }
        Ok(found)
    }

    /// The serials that are missing right before those of the day.
    async fn gaps(&self, day: NaiveDate, records: &[Record]) -> Result<Vec<Gap>, StoreError> {
        let mut seen: Vec<Seen> = records.iter().filter_map(|record| number(record, true)).collect();
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        for back in 1..=SERIES_DAYS {
            let Some(before) = day.checked_sub_days(Days::new(back)) else { break };
            seen.extend(self.documents(before).await?.0.iter().filter_map(|record| number(record, false)));
        }
        let policy = self.settings.serials;
        let (mut left, mut lookups) = (Vec::new(), LOOKUPS);
        for gap in series::gaps(&seen, policy) {
            let mut found = BTreeSet::new();
            for (seq, numbers) in series::candidates(&gap, &seen, policy) {
                for number in numbers.into_iter().take(lookups) {
                    lookups -= 1;
                    if !self.walk(&Listing::Number(number), 1).await?.0.is_empty() {
                        found.insert(seq);
                        break;
                    }
                }
            }
            left.extend(series::without(&gap, &found));
        }
        Ok(left)
    }

    /// Puts an exception on record: who, when and why, for ever.
    ///
    /// # Errors
    /// [`ExcuseError`].
    pub async fn excuse(&self, record: &Record, by: &str, reason: &str) -> Result<Excuse, ExcuseError> {
        let Some(reason) = excuse::reason(reason) else { return Err(ExcuseError::NoReason) };
        let document = excuse::key(record);
        let excuse = Excuse { title: record.title(), document, at: self.now(), by: by.to_owned(), reason };
        // Two within one millisecond must not take each other's place.
        let nth = self.excuses_of(&excuse.document).await?.len();
        let name = format!("{EXCUSES}{}/{:020}-{nth}", excuse.document, excuse.at.millis());
        self.store.remember_all(vec![Fact::new(name, json(&excuse)?)]).await?;
        self.changed();
        tracing::info!(document.id = %record.id(), operator = by, "an exception from same-day entry was put on record");
        Ok(excuse)
    }

    /// Every exception of a document, oldest first; `key` is [`excuse::key`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn excuses_of(&self, key: &str) -> Result<Vec<Excuse>, StoreError> {
        self.facts(&format!("{EXCUSES}{key}/")).await
    }

    /// The exceptions on record for all documents, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn excuses(&self, limit: usize) -> Result<Vec<Excuse>, StoreError> {
        let mut all: Vec<Excuse> = self.facts(EXCUSES).await?;
        all.sort_by_key(|excuse| std::cmp::Reverse(excuse.at));
        all.truncate(limit);
        Ok(all)
    }

    /// Somebody has looked at a day and confirms it as it stands.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acknowledge(&self, day: NaiveDate, skew_millis: Option<i64>, by: &str, note: &str) -> Result<DayReport, StoreError> {
        let mut report = self.report(day, skew_millis).await?;
        let at = self.now();
        let note = note.trim().chars().take(500).collect();
        let ack = Acknowledgement { day, at, by: by.to_owned(), note, figures: report.figures() };
        let name = format!("{ACKNOWLEDGED}{day}/{:020}", at.millis());
        self.store.remember_all(vec![Fact::new(name, json(&ack)?)]).await?;
        self.changed();
        tracing::info!(day = %day, operator = by, "a day was confirmed");
        (report.acknowledged, report.changed_since) = (Some(ack), false);
        Ok(report)
    }

    /// Every confirmation of a day, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acknowledgements(&self, day: NaiveDate) -> Result<Vec<Acknowledgement>, StoreError> {
        self.facts(&format!("{ACKNOWLEDGED}{day}/")).await
    }

    /// Days that are over, had something to enter, and that nobody has confirmed; the oldest first, a month back at most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unacknowledged(&self, skew_millis: Option<i64>) -> Result<Vec<NaiveDate>, StoreError> {
        let now = strict_now(self.now(), skew_millis);
        let today = now.beijing_day();
        let since = self.store.recall(SINCE).await?.and_then(|day| day.parse().ok()).unwrap_or(today);
        let since = today.checked_sub_days(Days::new(LOOK_BACK)).map_or(since, |earliest| since.max(earliest));
        let mut open = Vec::new();
        for day in since.iter_days().take_while(|day| *day <= today) {
            if now < self.settings.hours.cut_off(day) || !self.acknowledgements(day).await?.is_empty() {
                continue;
            }
            let something = !self.walk(&Listing::Day(day), 1).await?.0.is_empty() || !self.plan_of(day).await?.is_empty();
            if something {
                open.push(day);
            }
        }
        Ok(open)
    }

    /// From which day on days are to be confirmed: the one on which this was first asked.
    pub(super) async fn begin(&self) -> Result<(), StoreError> {
        if self.store.recall(SINCE).await?.is_none() {
            self.store.remember(SINCE, &self.now().beijing_day().to_string()).await?;
        }
        Ok(())
    }

    /// Whether a day is over by the stricter clock.
    pub fn is_over(&self, day: NaiveDate, now: Timestamp, skew_millis: Option<i64>) -> bool {
        strict_now(now, skew_millis) >= self.settings.hours.cut_off(day)
    }
}

fn number(record: &Record, of_the_day: bool) -> Option<Seen> {
    let facts = record.birth.facts.as_ref()?;
    Some(Seen { number: DocumentNumber::strict(facts.number.as_ref()?)?, lane: facts.lane, of_the_day })
}
