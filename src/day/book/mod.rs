//! The day's book: plan, roster, exceptions, confirmations and outages as they are kept beside the documents, and what they add up to.
//!
//! Kept as facts: `plan/<campaign>/line/<day>/<code>`, `roster/holder/<certificate>`, `excuse/<kind>/<number>/<when>`, `day/ack/<day>/<when>`,
//! `day/outage/<when>`, `day/since`. Lists are struck out and written in one commit; exceptions and confirmations are only ever added.

mod closing;
mod evidence;
mod glance;
mod lists;
mod outages;
mod outlook;
mod rows;
mod series;
mod standing;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{Duration, NaiveDate};
use serde::{Serialize, de::DeserializeOwned};

pub use closing::ExcuseError;
pub use glance::Glance;
pub use lists::{Import, ImportReport, Instruction};
pub use outages::Outage;
pub use outlook::PlatformNow;
pub use rows::{Became, PlanRow};
pub use standing::{GroupProgress, Progress};

use super::{Hours, towns::Towns};
use crate::{
    calendar::Calendar,
    check::Roster,
    clock::SharedClock,
    config::{Campaign, Serials},
    document::{Record, Timestamp},
    store::{Listing, Store, StoreError},
};

/// How many documents of a day are looked at one by one.
const DAY_LIMIT: usize = 20_000;
/// How many facts one page holds.
const PAGE: usize = 500;

/// What the book must know of the office. By default, of one that set nothing.
#[derive(Debug, Clone)]
pub struct DaySettings {
    /// When its day ends.
    pub hours: Hours,
    /// Which days are worked.
    pub calendar: Arc<Calendar>,
    /// The campaign that is on.
    pub campaign: Campaign,
    /// How it counts its documents.
    pub serials: Serials,
    /// The district's 镇办.
    pub towns: Towns,
}

impl Default for DaySettings {
    fn default() -> Self {
        Self {
            hours: Hours { cut_off: Duration::hours(24), target: Duration::hours(20) },
            // The shipped calendar is read back by a test; an empty one answers for no day.
            calendar: Arc::new(Calendar::embedded().unwrap_or_default()),
            campaign: Campaign::default(),
            serials: Serials::Shared,
            towns: Towns::default(),
        }
    }
}

/// The day's book.
pub struct DayBook {
    store: Arc<dyn Store>,
    clock: SharedClock,
    /// When it was opened: before that nobody could have been silent.
    opened: Timestamp,
    settings: DaySettings,
    /// The last look at the day, while nothing has moved since.
    last: Mutex<Option<glance::Look>>,
    roster: RwLock<Option<Arc<Roster>>>,
}

impl DayBook {
    /// The book over `store`.
    pub fn new(store: Arc<dyn Store>, clock: SharedClock, settings: DaySettings) -> Self {
        Self { opened: clock.now(), store, clock, settings, last: Mutex::default(), roster: RwLock::default() }
    }

    /// Reads what is kept in memory, and begins to ask for the confirmation of days from today on, if nobody did before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(&self) -> Result<(), StoreError> {
        self.read_roster().await?;
        self.begin().await
    }

    /// What the office set.
    pub const fn settings(&self) -> &DaySettings {
        &self.settings
    }

    /// The roster as the check asks it; `None` while the office keeps none here.
    pub fn roster(&self) -> Option<Arc<Roster>> {
        self.roster.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something beside the documents changed: the next look is a new one.
    fn changed(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The documents of a day, and whether there were more than are looked at.
    async fn documents(&self, day: NaiveDate) -> Result<(Vec<Record>, bool), StoreError> {
        self.walk(&Listing::Day(day), DAY_LIMIT).await
    }

    async fn walk(&self, listing: &Listing, limit: usize) -> Result<(Vec<Record>, bool), StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.page(listing, after.as_ref(), PAGE.min(limit - found.len())).await?;
            found.extend(page.records);
            match page.next {
                Some(_) if found.len() >= limit => return Ok((found, true)),
                Some(next) => after = Some(next),
                None => return Ok((found, false)),
            }
        }
    }

    /// Every fact below `prefix` that can be read, in the order of their names.
    async fn facts<F: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<F>, StoreError> {
        let mut found = Vec::new();
        for (name, value) in self.store.recall_below(prefix).await? {
            match serde_json::from_str(&value) {
                Ok(fact) => found.push(fact),
                Err(error) => tracing::warn!(fact.name = name, %error, "a fact of the day's book cannot be read"),
            }
        }
        Ok(found)
    }
}

/// A fact's value. What this room keeps is always plain JSON.
fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests;
