//! The daemon's eye on the day: outages are kept, and what the day looks like goes to the vitals.

use std::sync::Arc;

use chrono::Duration;

use super::{pulse::Pulse, stop::Stop};
use crate::{
    check::Checker,
    clock::{SharedClock, Signal, Work},
    config::Config,
    day::{
        Hours,
        book::{DayBook, DaySettings, Outage, PlatformNow},
        towns::Towns,
    },
    document::Timestamp,
    status::{GateState, PlatformFacts},
    store::{Store, StoreError},
};

/// How often it looks: a third of the minute within which a miss must be told of.
const EVERY: Duration = Duration::seconds(20);

/// So many documents cost one second more between two looks.
const A_SECOND: u64 = 200;

/// The book of the day, as `config` wants it.
pub(super) async fn book(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &SharedClock,
    checker: &Checker,
) -> Result<Arc<DayBook>, super::StartError> {
    let settings = DaySettings {
        hours: hours(config),
        calendar: Arc::new(config.day.working_days().map_err(super::StartError::Problems)?),
        campaign: config.campaign.clone(),
        serials: config.day.serials,
        towns: towns(checker),
    };
    let book = DayBook::new(Arc::clone(store), Arc::clone(clock), settings);
    book.open().await?;
    Ok(Arc::new(book))
}

/// When the office's day ends, counted from its midnight.
fn hours(config: &Config) -> Hours {
    let day = chrono::NaiveDate::default();
    let since = |time: crate::config::DayTime| time.on(day).since(Timestamp::start_of(day));
    Hours { cut_off: since(config.day.cut_off), target: since(config.day.target) }
}

/// The district's 镇办, of the newest bundle that lists them.
fn towns(checker: &Checker) -> Towns {
    let list = checker.versions().iter().find_map(|bundle| bundle.lists.get("towns"));
    list.map_or_else(Towns::default, |list| Towns::of_list(list))
}

/// Looks at the day again and again.
pub(super) struct Watch {
    book: Arc<DayBook>,
    pulse: Arc<Pulse>,
    outage: Option<Outage>,
}

impl Watch {
    /// Over `book`; the platform's state is read from the pulse.
    pub(super) fn new(book: Arc<DayBook>, pulse: Arc<Pulse>) -> Self {
        Self { book, pulse, outage: None }
    }

    /// Looks until the daemon stops.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn run(mut self, beat: impl Fn(Timestamp), stop: Arc<Stop>, signal: Arc<Signal>) -> Result<(), StoreError> {
        let clock = Arc::clone(&self.pulse.clock);
        let work = Work::begin(&clock);
        self.outage = self.book.open_outage().await?;
        while !stop.decided() {
            self.pulse.refresh();
            let facts = self.pulse.vitals.platform_facts();
            self.keep_outage(&facts, clock.now()).await?;
            let platform = PlatformNow { down_since: facts.down_since, not_before: facts.next_try, skew_millis: facts.skew_millis };
            let glance = self.book.glance(platform).await?;
            let more = Duration::seconds(i64::try_from(glance.looked_at / A_SECOND).unwrap_or(60));
            self.pulse.vitals.day(glance);
            beat(clock.now());
            work.rest(clock.now().plus(EVERY + more), &signal).await;
        }
        Ok(())
    }

    /// Writes down when an outage begins and when it is over. One that was open at the last end goes on until the platform answers.
    async fn keep_outage(&mut self, facts: &PlatformFacts, now: Timestamp) -> Result<(), StoreError> {
        let answered = |outage: &Outage| facts.gate == GateState::Open && facts.last_success > Some(outage.from);
        match (&mut self.outage, facts.down_since) {
            (None, Some(from)) => {
                let outage = Outage { from, until: None, why: facts.said.clone() };
                self.book.note_outage(&outage).await?;
                self.outage = Some(outage);
            }
            (Some(outage), None) if answered(outage) => {
                outage.until = Some(facts.last_success.unwrap_or(now).min(now));
                self.book.note_outage(outage).await?;
                self.outage = None;
            }
            _ => {}
        }
        Ok(())
    }
}
