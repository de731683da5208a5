//! Store and vitals become a [`Status`].

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use tokio::sync::Mutex;

use super::{Status, StoreStatus, Today, Vitals, problems::in_words, scan::Scan};
use crate::{
    day::strict_now,
    document::{State, Timestamp},
    reconcile::drift::Drift,
    store::{Store, StoreError},
};

/// The name under which the moment of the last backup is remembered in the store.
pub const LAST_BACKUP: &str = "backup.last";

/// The longest time for which a look is used again, in milliseconds.
const LONGEST_REUSE_MS: i64 = 30_000;

/// Makes statuses. Asking often is cheap: a look at many records is used again for about as many milliseconds as it read records.
pub struct Gatherer {
    store: Arc<dyn Store>,
    vitals: Arc<Vitals>,
    last: Mutex<Option<(Timestamp, Scan)>>,
}

impl Gatherer {
    /// One over `store` and `vitals`.
    pub fn new(store: Arc<dyn Store>, vitals: Arc<Vitals>) -> Self {
        Self { store, vitals, last: Mutex::default() }
    }

    /// The picture at `now`. A store that cannot be read is part of the picture, never an empty one (law 11).
    pub async fn gather(&self, now: Timestamp) -> Status {
        let skew = self.vitals.platform_facts().skew_millis;
        let (counts, scan, damage, backup, error) = match self.read(now, strict_now(now, skew)).await {
            Ok((counts, scan, damage, backup)) => (counts, scan, damage, backup, None),
            Err(error) => (BTreeMap::new(), Scan::default(), 0, None, Some(error)),
        };
        let (drift, error) = match Drift::known(&*self.store).await {
            Ok(drift) => (drift, error),
            Err(failed) => (Drift::default(), error.or(Some(failed))),
        };
        let office = self.vitals.office();
        let facts = self.vitals.facts();
        let day = now.beijing_day();
        Status {
            at: now,
            version: office.version.clone(),
            office: office.name.clone(),
            pid: office.pid,
            started: office.started,
            today: Today {
                day,
                expected: scan.expected,
                entered: scan.entered,
                on_the_way: scan.on_the_way,
                sent_back: scan.sent_back,
                unsure: scan.unsure,
                held: scan.held,
                overdue: scan.overdue,
                cut_off: Timestamp::start_of(day).plus(office.cut_off),
                target: Timestamp::start_of(day).plus(office.target),
                at_least: scan.at_least,
            },
            folder: facts.folder,
            platform: facts.platform,
            disk_free_bytes: facts.disk_free_bytes,
            store: self.store_status(error.as_ref(), damage, facts.last_backup.max(backup)),
            counts: counts.into_iter().filter(|(_, n)| *n > 0).collect(),
            ages: scan.ages,
            needs_you: scan.needs_you,
            drift,
            publication: facts.publication,
            loops: self.vitals.loops(now),
            day: facts.day,
            channels: facts.channels,
            alerts: facts.alerts,
        }
    }

    fn store_status(&self, error: Option<&StoreError>, damage: u64, last_backup: Option<Timestamp>) -> StoreStatus {
        let detail = error.map(ToString::to_string).or_else(|| self.store.unwell());
        let unwell = error.map(in_words).or_else(|| detail.as_ref().map(|_| "写不进磁盘".to_owned()));
        StoreStatus { unwell, unwell_detail: detail, damage, last_backup }
    }

    async fn read(&self, now: Timestamp, strict: Timestamp) -> Result<(BTreeMap<State, u64>, Scan, u64, Option<Timestamp>), StoreError> {
        let counts = self.store.counts().await?;
        let damage = u64::try_from(self.store.damaged().await?.len()).unwrap_or(u64::MAX);
        let backup = self.store.recall(LAST_BACKUP).await?.and_then(|t| Timestamp::parse(&t).ok());
        let mut last = self.last.lock().await;
        let fresh = last.as_ref().filter(|(at, scan)| {
            let age = now.since(*at);
            let good_for = i64::try_from(scan.looked_at).unwrap_or(0) - 1_000;
            age >= Duration::zero() && age < Duration::milliseconds(good_for.min(LONGEST_REUSE_MS))
        });
        let scan = match fresh {
            Some((_, scan)) => scan.clone(),
            None => {
                let scan = Scan::of(&*self.store, now, strict, |state| counts.get(&state).copied().unwrap_or(0)).await?;
                last.insert((now, scan)).1.clone()
            }
        };
        Ok((counts, scan, damage, backup))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Exit, Office};
    use super::*;
    use crate::{
        document::{Event, HoldCause},
        store::{
            MemoryStore,
            samples::{Sample, change, leased},
        },
    };

    const DAY: i64 = 86_400_000;

    fn vitals(now: Timestamp) -> Arc<Vitals> {
        let office = Office {
            name: "某区".into(),
            version: "1".into(),
            pid: 7,
            started: now,
            cut_off: Duration::hours(24),
            target: Duration::hours(20),
        };
        Arc::new(Vitals::new(office))
    }

    fn unsure() -> Event {
        let failure = crate::document::Failure::new(crate::document::Class::Unknown, crate::document::Cause::NoAnswer, "timeout");
        Event::NotHeard { failure, due: Timestamp::from_millis(0) }
    }

    /// Every sample's inspection day is 1 January 1970, its events happen within its first milliseconds, and its cut-off is a day later.
    async fn store() -> Arc<MemoryStore> {
        let store = Arc::new(MemoryStore::new());
        let mut held = Sample::new(3);
        held.held = Some(HoldCause::BaseData);
        let samples = [Sample::new(1), Sample::new(2), held, Sample::new(4)];
        store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
        let moves = [
            change(&samples[0], 1, leased(1)),
            change(&samples[0], 2, Event::EntryConfirmed { entry_no: None, entered_at: Timestamp::from_millis(5) }),
            change(&samples[1], 1, leased(1)),
            change(&samples[1], 2, unsure()),
        ];
        for moved in moves {
            store.apply(vec![moved]).await.unwrap()[0].as_ref().unwrap();
        }
        store
    }

    #[tokio::test]
    async fn the_figures_are_those_of_the_documents() {
        let noon = Timestamp::from_millis(4 * 3_600_000);
        let status = Gatherer::new(store().await, vitals(noon)).gather(noon).await;
        let today = &status.today;
        assert_eq!((today.expected, today.entered, today.on_the_way, today.unsure, today.held), (4, 1, 1, 1, 1));
        assert_eq!((today.overdue, today.at_least), (0, false));
        assert_eq!(today.cut_off, Timestamp::from_millis(16 * 3_600_000));
        let waiting = &status.ages.rows[0];
        assert_eq!((waiting.state, waiting.total, waiting.by_age), (State::Waiting, 1, [0, 0, 0, 1, 0, 0]));
        let needs: Vec<_> = status.needs_you.rows.iter().map(|n| (n.state, n.overdue)).collect();
        assert_eq!(needs, [(State::HeldWaiting, false), (State::Unsure, false)]);
        assert_eq!((status.needs_you.total, status.needs_you.in_doubt), (2, 1));
        assert_eq!(status.exit(), Exit::NeedsPerson);
    }

    #[tokio::test]
    async fn what_is_not_entered_after_its_cut_off_is_overdue_on_every_later_day() {
        let later = Timestamp::from_millis(3 * DAY);
        let status = Gatherer::new(store().await, vitals(later)).gather(later).await;
        assert_eq!((status.today.expected, status.today.overdue), (0, 3));
        assert!(status.needs_you.rows.iter().all(|n| n.overdue));
        assert_eq!(status.needs_you.rows.len(), 3);
        assert_eq!(status.exit(), Exit::Overdue);
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_read_is_told_of_and_never_looks_empty() {
        let store = store().await;
        store.break_with(Some(StoreError::Failed("EIO".into())));
        let now = Timestamp::from_millis(1_000);
        let status = Gatherer::new(store, vitals(now)).gather(now).await;
        assert!(status.store.unwell.is_some());
        assert_eq!(status.exit(), Exit::StoreDamaged);
    }

    #[tokio::test]
    async fn a_look_at_few_records_is_made_anew_each_time() {
        let store = store().await;
        let now = Timestamp::from_millis(1_000);
        let gatherer = Gatherer::new(store.clone(), vitals(now));
        assert_eq!(gatherer.gather(now).await.today.expected, 4);
        store.admit(vec![Sample::new(9).newcomer()]).await.unwrap();
        assert_eq!(gatherer.gather(now).await.today.expected, 5);
    }

    #[tokio::test]
    async fn a_look_at_many_records_is_used_again_for_a_while() {
        let store = Arc::new(MemoryStore::new());
        store.admit((0..1_500).map(|n| Sample::new(n).newcomer()).collect()).await.unwrap();
        let now = Timestamp::from_millis(1_000);
        let gatherer = Gatherer::new(store.clone(), vitals(now));
        assert_eq!(gatherer.gather(now).await.today.expected, 1_500);
        store.admit(vec![Sample::new(9_000).newcomer()]).await.unwrap();
        assert_eq!(gatherer.gather(now).await.today.expected, 1_500);
        let later = now.plus(Duration::seconds(3));
        assert_eq!(gatherer.gather(later).await.today.expected, 1_501);
    }
}
