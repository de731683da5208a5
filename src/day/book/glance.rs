//! What `status` shows of the day: the plan's figures, the forecast, and days that nobody confirmed.

use std::{collections::BTreeMap, sync::PoisonError};

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{DayBook, PlatformNow};
use crate::{
    day::{Absent, Forecast, Outlook, strict_now},
    document::{State, Timestamp},
    store::StoreError,
};

/// How many absent inspections a glance names one by one.
const NAMED: usize = 5;

/// After so long the documents are looked at again, though none seems to have moved.
const LOOK_AGAIN: Duration = Duration::minutes(5);

/// The day at a glance. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// The day.
    pub day: NaiveDate,
    /// Whether it is a working day; `None` where the calendar does not reach.
    pub working_day: Option<bool>,
    /// 应检查: planned inspections of the day; `None` without a plan.
    pub planned: Option<u64>,
    /// Planned ones whose record is known.
    pub recorded: u64,
    /// Planned ones whose record is entered.
    pub recorded_entered: u64,
    /// 无记录: planned ones without a record, also on no other day.
    pub absent: u64,
    /// The first of them.
    pub absent_named: Vec<Absent>,
    /// What is to be expected of the day.
    pub forecast: Forecast,
    /// Days that are over and that nobody confirmed.
    pub unacknowledged: Vec<NaiveDate>,
    /// Documents of the day that missed it and have a reason on record.
    pub excused: u64,
    /// How many documents were read for it; whoever asks often may ask more seldom then.
    pub looked_at: u64,
}

/// A look at the day, good for as long as no document moves.
pub(super) struct Look {
    at: Timestamp,
    counts: BTreeMap<State, u64>,
    outlook: Outlook,
    glance: Glance,
}

impl DayBook {
    /// The day that counts now, at a glance. While no document moves, only time and the platform are looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn glance(&self, platform: PlatformNow) -> Result<Glance, StoreError> {
        let now = self.now();
        let strict = strict_now(now, platform.skew_millis);
        let day = strict.beijing_day();
        let counts = self.store.counts().await?;
        if let Some(look) = &mut *self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            let age = now.since(look.at);
            if look.glance.day == day && look.counts == counts && Duration::zero() <= age && age < LOOK_AGAIN {
                (look.outlook.now, look.outlook.down_since, look.outlook.not_before) = (strict, platform.down_since, platform.not_before);
                look.glance.forecast = Forecast::of(&look.outlook);
                return Ok(look.glance.clone());
            }
        }
        let evidence = self.evidence(day, platform.skew_millis).await?;
        let looked_at = evidence.records.len() as u64;
        let outlook = self.outlook(day, platform, &evidence.records).await?;
        let mut report = evidence.report();
        let absent = report.absent.len() as u64;
        report.absent.truncate(NAMED);
        let glance = Glance {
            day,
            working_day: report.working_day,
            planned: report.planned,
            recorded: report.recorded,
            recorded_entered: report.recorded_entered,
            absent,
            absent_named: report.absent,
            forecast: Forecast::of(&outlook),
            unacknowledged: self.unacknowledged(platform.skew_millis).await?,
            excused: report.excused,
            looked_at,
        };
        let look = Look { at: now, counts, outlook, glance: glance.clone() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
        Ok(glance)
    }
}
