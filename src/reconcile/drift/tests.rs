use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::NaiveDate;

use super::*;
use crate::{
    clock::{ManualClock, SharedClock},
    document::{Cause, Class, Event, Failure, Kind},
    platform::{FeedPage, Platform, PublicationPage, SchemaInForce, SightedState, Sighting, Skew, Submission, Submitted},
    store::{
        MemoryStore,
        samples::{Sample, change, leased},
    },
};

/// A platform that answers look-ups from a table.
#[derive(Default)]
struct Shows(Mutex<HashMap<DocumentId, Result<Option<Sighting>, Failure>>>);

#[async_trait]
impl Platform for Shows {
    async fn submit(&self, _: &Submission) -> Submitted {
        unreachable!("reading back sends nothing")
    }

    async fn look_up(&self, id: DocumentId) -> Result<Option<Sighting>, Failure> {
        self.0.lock().unwrap().get(&id).cloned().unwrap_or(Ok(None))
    }

    async fn look_up_number(&self, _: &str, _: &Kind) -> Result<Vec<Sighting>, Failure> {
        unreachable!("reading back asks by id")
    }

    async fn feed(&self, _: Option<&str>) -> Result<FeedPage, Failure> {
        unreachable!("reading back reads no feed")
    }

    async fn schema(&self) -> Result<SchemaInForce, Failure> {
        unreachable!("reading back asks for no schema")
    }

    async fn publications(&self, _: NaiveDate, _: NaiveDate, _: Option<&str>) -> Result<PublicationPage, Failure> {
        unreachable!("reading back asks for no publications")
    }

    fn skew(&self) -> Option<Skew> {
        None
    }
}

/// Two entered documents, and a platform that shows both as they are.
async fn entered() -> (Arc<MemoryStore>, Arc<Shows>, ReadBack, [crate::document::Record; 2]) {
    let store = Arc::new(MemoryStore::new());
    let samples = [Sample::new(1), Sample::new(2)];
    store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
    for sample in &samples {
        let at = Timestamp::from_millis(1_000);
        for moved in [change(sample, 1, leased(1)), change(sample, 2, Event::EntryConfirmed { entry_no: None, entered_at: at })] {
            store.apply(vec![moved]).await.unwrap()[0].as_ref().unwrap();
        }
    }
    let all = store.page(&crate::store::Listing::All, None, 9).await.unwrap().records;
    let records: [_; 2] = all.try_into().unwrap();
    let shows = Arc::new(Shows::default());
    for record in &records {
        shows.0.lock().unwrap().insert(record.id(), Ok(Some(sighting(record, SightedState::Entered))));
    }
    let clock: SharedClock = ManualClock::at(Timestamp::from_millis(60_000));
    let reader = ReadBack::new(store.clone(), shows.clone(), clock, 4);
    (store, shows, reader, records)
}

fn sighting(record: &crate::document::Record, state: SightedState) -> Sighting {
    let digest = record.birth.digest;
    Sighting { id: record.id(), state, entry_no: None, entered_at: None, digest, refusals: Vec::new() }
}

#[tokio::test]
async fn a_copy_that_is_not_what_was_entered_is_told_of_until_it_is_right_again() {
    let (store, shows, reader, [one, two]) = entered().await;
    assert_eq!(reader.activate().await.unwrap(), Done { compared: 2, differ: 0, whole: true });
    assert_eq!(Drift::known(&*store).await.unwrap().copies, []);
    let mut other = sighting(&one, SightedState::Entered);
    other.digest = Some(ContentHash::of(b"other"));
    shows.0.lock().unwrap().insert(one.id(), Ok(Some(other)));
    shows.0.lock().unwrap().insert(two.id(), Ok(Some(sighting(&two, SightedState::Returned))));
    assert_eq!(reader.activate().await.unwrap(), Done { compared: 2, differ: 2, whole: true });
    let mut copies = Drift::known(&*store).await.unwrap().copies;
    copies.sort_by_key(|copy| copy.id != one.id());
    assert_eq!(copies.iter().map(|c| c.what).collect::<Vec<_>>(), [Differs::Content, Differs::Returned]);
    assert_eq!(copies[0].theirs, Some(ContentHash::of(b"other")));
    shows.0.lock().unwrap().insert(one.id(), Ok(Some(sighting(&one, SightedState::Entered))));
    reader.activate().await.unwrap();
    assert_eq!(Drift::known(&*store).await.unwrap().copies.iter().map(|c| c.id).collect::<Vec<_>>(), [two.id()]);
}

#[tokio::test]
async fn unknown_here_counts_only_while_the_platform_shows_something_else() {
    let (store, shows, reader, [one, two]) = entered().await;
    shows.0.lock().unwrap().insert(one.id(), Ok(None));
    reader.activate().await.unwrap();
    assert_eq!(Drift::known(&*store).await.unwrap().copies[0].what, Differs::Gone);
    // One that has lost sight of everything has not lost ours alone.
    let (store, shows, reader, _) = entered().await;
    shows.0.lock().unwrap().clear();
    assert_eq!(reader.activate().await.unwrap(), Done { compared: 0, differ: 0, whole: true });
    assert_eq!(Drift::known(&*store).await.unwrap().copies, []);
    drop(two);
}

#[tokio::test]
async fn a_platform_that_does_not_answer_is_no_word_about_any_copy() {
    let (store, shows, reader, [one, _]) = entered().await;
    let failure = Failure::new(Class::Unknown, Cause::NoAnswer, "timeout");
    shows.0.lock().unwrap().insert(one.id(), Err(failure));
    assert!(!reader.activate().await.unwrap().whole);
    let drift = Drift::known(&*store).await.unwrap();
    assert_eq!(drift.copies, []);
    assert_eq!(drift.run.unwrap().unfinished, "平台没有回音");
}
