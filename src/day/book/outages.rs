//! When the platform could not be reached: kept, so that a later page can prove why a document was late.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{DayBook, json};
use crate::{
    document::Timestamp,
    store::{Fact, StoreError},
};

const PREFIX: &str = "day/outage/";

/// A time during which the platform could not be reached. By dangri's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// From when on.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// Why, in a few Chinese words.
    pub why: String,
}

impl Outage {
    /// The part of it that lies between two moments; one that lasts counts up to `to`.
    pub fn within(&self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let (from, to) = (self.from.max(from), self.until.unwrap_or(to).min(to));
        (from < to).then_some((from, to))
    }

    fn name(&self) -> String {
        format!("{PREFIX}{:020}", self.from.millis())
    }
}

impl DayBook {
    /// Every outage that touched the time from `from` to `to`, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outages(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Outage>, StoreError> {
        let mut all: Vec<Outage> = self.facts(PREFIX).await?;
        all.retain(|outage| outage.within(from, to).is_some());
        Ok(all)
    }

    /// The outage that was not over when it was last heard of.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_outage(&self) -> Result<Option<Outage>, StoreError> {
        let all: Vec<Outage> = self.facts(PREFIX).await?;
        Ok(all.into_iter().rev().find(|outage| outage.until.is_none()))
    }

    /// Keeps an outage as it is known now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_outage(&self, outage: &Outage) -> Result<(), StoreError> {
        self.store.remember_all(vec![Fact::new(outage.name(), json(outage)?)]).await
    }

    pub(super) async fn outages_of(&self, day: NaiveDate) -> Result<Vec<Outage>, StoreError> {
        let begin = Timestamp::start_of(day);
        self.outages(begin, begin.plus(chrono::Duration::hours(24))).await
    }
}
