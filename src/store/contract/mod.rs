//! The laws of [`Store`], as tests that every backend passes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Admission, FACT_LIMIT, FACTS_PAGE, Fact, Listing, Store, StoreError,
    samples::{Sample, acknowledged, change, confirmed, deferred, entry, held, leased, not_heard, released},
};
use crate::document::{DocumentId, Event, Record, State, Timestamp};

mod lives;
pub(crate) use lives::any_life;

/// A place to keep records, that can be closed and opened again.
pub(crate) trait Backend: Send {
    /// An empty one.
    fn new() -> Self
    where
        Self: Sized;

    /// Opens it; when it had been opened before, as the next process would after a kill.
    fn open(&mut self) -> Arc<dyn Store>;

    /// Damages the bytes of one document, behind the open store's back.
    fn damage(&mut self, id: DocumentId);
}

/// Runs the contract over a backend.
macro_rules! store_contract {
    ($name:ident, $backend:ty) => {
        mod $name {
            use super::*;
            use $crate::store::contract as laws;

            $crate::store::contract::store_contract!(@each $backend,
                what_was_acknowledged_is_there_after_a_kill,
                a_second_admission_changes_nothing,
                an_impossible_newcomer_keeps_all_of_its_batch_out,
                a_stale_change_fails_alone,
                of_two_concurrent_changes_one_wins,
                what_moves_is_due_once_and_nothing_else,
                the_earliest_cut_off_goes_first,
                an_earlier_document_of_the_case_goes_first,
                a_held_predecessor_counts_until_the_last_two_hours,
                a_hundred_blocked_documents_do_not_hide_a_free_one,
                history_replays_to_the_record,
                the_bytes_are_those_that_were_taken,
                a_damaged_document_stands_alone,
                a_listing_is_stable_while_others_write,
                names_lead_to_records,
                facts_are_remembered,
                facts_are_kept_together_and_listed_by_name,
            );

            #[test]
            fn any_life_of_a_few_documents_reads_as_the_plain_store_tells_it() {
                laws::any_life::<$backend>();
            }
        }
    };
    (@each $backend:ty, $($law:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            laws::$law(<$backend as laws::Backend>::new()).await;
        })*
    };
}
pub(crate) use store_contract;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn admit(store: &dyn Store, samples: &[Sample]) -> Vec<Admission> {
    let newcomers = samples.iter().map(Sample::newcomer).collect();
    store.admit(newcomers).await.unwrap()
}

async fn happen(store: &dyn Store, sample: &Sample, event: Event) -> Record {
    let seen = store.get(sample.id()).await.unwrap().unwrap().version;
    let mut outcomes = store.apply(vec![change(sample, seen, event)]).await.unwrap();
    outcomes.remove(0).unwrap()
}

async fn due(store: &dyn Store, state: State, now: i64) -> Vec<DocumentId> {
    let due = store.due(state, at(now), 1000).await.unwrap();
    due.into_iter().map(|d| d.id).collect()
}

fn ids(samples: &[&Sample]) -> Vec<DocumentId> {
    samples.iter().map(|s| s.id()).collect()
}

pub(crate) async fn what_was_acknowledged_is_there_after_a_kill(mut backend: impl Backend) {
    let samples: Vec<Sample> = (0..20).map(Sample::new).collect();
    let store = backend.open();
    admit(&*store, &samples).await;
    happen(&*store, &samples[3], leased(1)).await;
    happen(&*store, &samples[4], leased(1)).await;
    happen(&*store, &samples[4], acknowledged(77)).await;
    let mut before = Vec::new();
    for sample in &samples {
        before.push(store.get(sample.id()).await.unwrap().unwrap());
    }
    drop(store);
    let store = backend.open();
    for (sample, record) in samples.iter().zip(before) {
        assert_eq!(store.get(sample.id()).await.unwrap(), Some(record));
        assert_eq!(*store.body(sample.id()).await.unwrap(), *sample.body());
    }
    let counts = store.counts().await.unwrap();
    let wanted = [(State::Waiting, 18), (State::Sending, 1), (State::Received, 1)];
    assert_eq!(counts, BTreeMap::from(wanted));
    assert_eq!(due(&*store, State::Waiting, 0).await.len(), 18);
    // And it goes on from there.
    happen(&*store, &samples[3], not_heard(5)).await;
    assert_eq!(due(&*store, State::Unsure, 5).await, ids(&[&samples[3]]));
}

pub(crate) async fn a_second_admission_changes_nothing(mut backend: impl Backend) {
    let store = backend.open();
    let sample = Sample::new(1);
    let first = admit(&*store, &[sample.clone(), sample.clone()]).await;
    assert!(matches!(&first[..], [Admission::New(a), Admission::Same(b)] if a == b));
    let leased = happen(&*store, &sample, leased(1)).await;
    assert_eq!(admit(&*store, std::slice::from_ref(&sample)).await, [Admission::Same(leased)]);
    assert_eq!(store.history(sample.id()).await.unwrap().len(), 2);
}

pub(crate) async fn an_impossible_newcomer_keeps_all_of_its_batch_out(mut backend: impl Backend) {
    let store = backend.open();
    let (good, bad) = (Sample::new(1), Sample::new(2));
    let mut impossible = bad.newcomer();
    impossible.entry = entry(0, confirmed());
    let outcome = store.admit(vec![good.newcomer(), impossible]).await;
    assert!(matches!(outcome, Err(StoreError::Illegal(_))));
    assert_eq!(store.get(good.id()).await.unwrap(), None);
    assert!(matches!(store.body(bad.id()).await, Err(StoreError::Unknown(_))));
}

pub(crate) async fn a_stale_change_fails_alone(mut backend: impl Backend) {
    let store = backend.open();
    let samples: Vec<Sample> = (0..3).map(Sample::new).collect();
    admit(&*store, &samples).await;
    let stranger = Sample::new(99);
    let outcomes = store
        .apply(vec![
            change(&samples[0], 1, leased(1)),
            change(&samples[1], 7, leased(1)),
            change(&samples[2], 1, confirmed()),
            change(&stranger, 1, leased(1)),
            // A batch sees its own changes.
            change(&samples[0], 2, deferred(9)),
        ])
        .await
        .unwrap();
    assert!(matches!(&outcomes[0], Ok(r) if r.state == State::Sending && r.version == 2));
    assert!(matches!(&outcomes[1], Err(StoreError::Stale { seen: 7, now: 1, .. })));
    assert!(matches!(&outcomes[2], Err(StoreError::Illegal(_))));
    assert!(matches!(&outcomes[3], Err(StoreError::Unknown(_))));
    assert!(matches!(&outcomes[4], Ok(r) if r.state == State::Waiting && r.version == 3));
    for untouched in &samples[1..] {
        let record = store.get(untouched.id()).await.unwrap().unwrap();
        assert_eq!((record.version, record.state), (1, State::Waiting));
    }
}

pub(crate) async fn of_two_concurrent_changes_one_wins(mut backend: impl Backend) {
    let store = backend.open();
    let sample = Sample::new(1);
    admit(&*store, std::slice::from_ref(&sample)).await;
    #[expect(clippy::disallowed_methods, reason = "the test awaits them all")]
    let rivals: Vec<_> = (0..16)
        .map(|n| {
            let (store, sample) = (store.clone(), sample.clone());
            tokio::spawn(async move {
                let mine = change(&sample, 1, leased(n));
                store.apply(vec![mine]).await.unwrap().remove(0)
            })
        })
        .collect();
    let mut winners = 0;
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(_) => winners += 1,
            Err(error) => assert!(matches!(error, StoreError::Stale { .. })),
        }
    }
    assert_eq!(winners, 1);
}

pub(crate) async fn what_moves_is_due_once_and_nothing_else(mut backend: impl Backend) {
    let store = backend.open();
    let mut samples: Vec<Sample> = (0..6).map(Sample::new).collect();
    samples[1].due = 50;
    samples[2].held = Some(crate::document::HoldCause::Lane);
    admit(&*store, &samples).await;
    happen(&*store, &samples[3], leased(1)).await;
    happen(&*store, &samples[4], leased(1)).await;
    happen(&*store, &samples[4], not_heard(30)).await;
    happen(&*store, &samples[5], leased(1)).await;
    happen(&*store, &samples[5], acknowledged(40)).await;
    let [a, b, _, _, unsure, received] = &samples[..] else { unreachable!("six samples") };
    assert_eq!(due(&*store, State::Waiting, 49).await, ids(&[a]));
    assert_eq!(store.next_due(State::Waiting).await.unwrap(), Some(at(50)));
    assert_eq!(due(&*store, State::Waiting, 50).await, ids(&[a, b]));
    assert_eq!(store.next_due(State::Waiting).await.unwrap(), None);
    // The clock may step back.
    assert_eq!(due(&*store, State::Waiting, 10).await, ids(&[a]));
    assert_eq!(store.next_due(State::Waiting).await.unwrap(), Some(at(50)));
    assert_eq!(store.due(State::Waiting, at(50), 1).await.unwrap().len(), 1);
    assert!(due(&*store, State::Unsure, 29).await.is_empty());
    assert_eq!(due(&*store, State::Unsure, 30).await, ids(&[unsure]));
    assert_eq!(due(&*store, State::Received, 40).await, ids(&[received]));
    happen(&*store, unsure, Event::FoundAbsent { due: at(60) }).await;
    assert!(due(&*store, State::Unsure, 99).await.is_empty());
    assert_eq!(due(&*store, State::Waiting, 60).await, ids(&[a, b, unsure]));
}

pub(crate) async fn the_earliest_cut_off_goes_first(mut backend: impl Backend) {
    let store = backend.open();
    let mut samples: Vec<Sample> = (0..5).map(Sample::new).collect();
    (samples[0].cut_off, samples[0].rank) = (300, 1);
    (samples[1].cut_off, samples[1].rank) = (200, 9);
    (samples[2].cut_off, samples[2].rank) = (200, 1);
    (samples[3].cut_off, samples[3].rank) = (-100, 5);
    (samples[4].cut_off, samples[4].rank) = (200, 1);
    admit(&*store, &samples).await;
    let order = [3, 2, 4, 1, 0].map(|n: usize| &samples[n]);
    assert_eq!(due(&*store, State::Waiting, 0).await, ids(&order));
    let two = store.due(State::Waiting, at(0), 2).await.unwrap();
    assert_eq!(two.len(), 2);
    assert_eq!((two[0].id, two[0].cut_off), (samples[3].id(), at(-100)));
    let page = store.page(&Listing::InState(State::Waiting), None, 10).await.unwrap();
    let listed: Vec<_> = page.records.iter().map(Record::id).collect();
    assert_eq!(listed, ids(&order));
}

pub(crate) async fn an_earlier_document_of_the_case_goes_first(mut backend: impl Backend) {
    let mut store = backend.open();
    let first = Sample::new(1).in_case("C-1", 10);
    let twin = Sample::new(2).in_case("C-1", 20);
    let other_twin = Sample::new(3).in_case("C-1", 20);
    let last = Sample::new(4).in_case("C-1", 30);
    let elsewhere = Sample::new(5).in_case("C-2", 30);
    admit(&*store, &[last.clone(), twin.clone(), other_twin.clone(), elsewhere.clone()]).await;
    assert_eq!(due(&*store, State::Waiting, 0).await, ids(&[&twin, &other_twin, &elsewhere]));
    // A predecessor that comes late keeps back what has not gone yet.
    admit(&*store, std::slice::from_ref(&first)).await;
    assert_eq!(due(&*store, State::Waiting, 0).await, ids(&[&first, &elsewhere]));
    happen(&*store, &first, leased(1)).await;
    assert_eq!(due(&*store, State::Waiting, 0).await, ids(&[&elsewhere]));
    happen(&*store, &first, acknowledged(5)).await;
    assert_eq!(due(&*store, State::Waiting, 9).await, ids(&[&elsewhere]));
    drop(store);
    store = backend.open();
    assert_eq!(due(&*store, State::Waiting, 9).await, ids(&[&elsewhere]));
    happen(&*store, &first, confirmed()).await;
    assert_eq!(due(&*store, State::Waiting, 9).await, ids(&[&twin, &other_twin, &elsewhere]));
    for sample in [&twin, &other_twin] {
        happen(&*store, sample, leased(1)).await;
        happen(&*store, sample, confirmed()).await;
    }
    assert_eq!(due(&*store, State::Waiting, 9).await, ids(&[&last, &elsewhere]));
}

pub(crate) async fn a_held_predecessor_counts_until_the_last_two_hours(mut backend: impl Backend) {
    const HOUR: i64 = 3_600_000;
    let store = backend.open();
    let first = Sample::new(1).in_case("C-1", 10);
    let mut second = Sample::new(2).in_case("C-1", 20);
    second.cut_off = 10 * HOUR;
    admit(&*store, &[first.clone(), second.clone()]).await;
    assert_eq!(due(&*store, State::Waiting, 9 * HOUR).await, ids(&[&first]));
    happen(&*store, &first, held()).await;
    assert!(due(&*store, State::Waiting, 8 * HOUR).await.is_empty());
    assert_eq!(store.next_due(State::Waiting).await.unwrap(), Some(at(8 * HOUR + 1)));
    assert_eq!(due(&*store, State::Waiting, 8 * HOUR + 1).await, ids(&[&second]));
    happen(&*store, &first, released(9 * HOUR)).await;
    // It is on its way again, and once more goes first.
    assert!(due(&*store, State::Waiting, 9 * HOUR - 1).await.is_empty());
    assert_eq!(due(&*store, State::Waiting, 11 * HOUR).await, ids(&[&first]));
}

pub(crate) async fn a_hundred_blocked_documents_do_not_hide_a_free_one(mut backend: impl Backend) {
    let store = backend.open();
    let mut samples = vec![Sample::new(0).in_case("C-1", 1)];
    samples.extend((1..=100).map(|n| Sample::new(n).in_case("C-1", 2)));
    samples[0].due = 1000;
    let mut free = Sample::new(200);
    free.cut_off += 1;
    samples.push(free.clone());
    admit(&*store, &samples).await;
    let found = store.due(State::Waiting, at(0), 1).await.unwrap();
    assert_eq!(found.iter().map(|d| d.id).collect::<Vec<_>>(), ids(&[&free]));
    happen(&*store, &samples[0], Event::ReplacedBy { by: free.id() }).await;
    assert_eq!(due(&*store, State::Waiting, 0).await.len(), 101);
}

pub(crate) async fn history_replays_to_the_record(mut backend: impl Backend) {
    let store = backend.open();
    let sample = Sample::new(1);
    admit(&*store, std::slice::from_ref(&sample)).await;
    let life = [leased(1), deferred(3), leased(2), not_heard(4), acknowledged(5), confirmed()];
    for event in life.clone() {
        happen(&*store, &sample, event).await;
    }
    let history = store.history(sample.id()).await.unwrap();
    assert_eq!(history.len(), 1 + life.len());
    let record = store.get(sample.id()).await.unwrap().unwrap();
    assert_eq!(replay(&sample, &history), record);
}

fn replay(sample: &Sample, history: &[crate::document::Entry]) -> Record {
    let (first, rest) = history.split_first().unwrap();
    let born = Record::begin(sample.newcomer().birth, first).unwrap();
    rest.iter().fold(born, |r, e| r.after(e).unwrap())
}

pub(crate) async fn the_bytes_are_those_that_were_taken(mut backend: impl Backend) {
    let store = backend.open();
    let mut samples: Vec<Sample> = (0..4).map(Sample::new).collect();
    samples[1].bytes = 100_000;
    samples[2].bytes = 1;
    // Larger than any room set aside for ordinary ones.
    samples[3].bytes = 3_000_000;
    admit(&*store, &samples).await;
    for sample in &samples {
        assert_eq!(*store.body(sample.id()).await.unwrap(), *sample.body());
    }
    let mut unfit = Sample::new(9).newcomer();
    (unfit.birth.facts, unfit.birth.digest) = (None, None);
    (unfit.entry.event, unfit.body) = (Event::JudgedUnfit { findings: vec![] }, Arc::from([]));
    let id = unfit.birth.id;
    store.admit(vec![unfit]).await.unwrap();
    assert!(store.body(id).await.unwrap().is_empty());
    assert_eq!(store.get(id).await.unwrap().unwrap().state, State::Unfit);
}

pub(crate) async fn a_damaged_document_stands_alone(mut backend: impl Backend) {
    let store = backend.open();
    let samples: Vec<Sample> = (0..5).map(Sample::new).collect();
    admit(&*store, &samples).await;
    assert!(store.damaged().await.unwrap().is_empty());
    backend.damage(samples[2].id());
    assert!(matches!(store.body(samples[2].id()).await, Err(StoreError::Damaged(_))));
    let reports = store.damaged().await.unwrap();
    assert!(reports.iter().any(|r| r.id == Some(samples[2].id())), "{reports:?}");
    let stranger = Sample::new(7).id();
    let asked: Vec<_> = samples.iter().rev().map(Sample::id).chain([stranger]).collect();
    let bodies = store.bodies(&asked).await;
    assert_eq!(bodies.len(), 6);
    for (sample, body) in samples.iter().rev().zip(&bodies).filter(|(sample, _)| sample.id() != samples[2].id()) {
        assert_eq!(**body.as_ref().unwrap(), *sample.body());
    }
    assert!(matches!(bodies[2], Err(StoreError::Damaged(_))));
    assert!(matches!(bodies[5], Err(StoreError::Unknown(_))));
    for n in [0, 1, 3, 4] {
        let sample = &samples[n];
        assert_eq!(*store.body(sample.id()).await.unwrap(), *sample.body());
        happen(&*store, sample, leased(1)).await;
    }
    // Only the bytes that were taken can be put back.
    let (id, supplied) = (samples[2].id(), |sample: &Sample| Arc::from(sample.body()));
    assert!(matches!(store.supply(id, supplied(&samples[1])).await, Err(StoreError::Damaged(_))));
    assert!(matches!(store.body(id).await, Err(StoreError::Damaged(_))));
    store.supply(id, supplied(&samples[2])).await.unwrap();
    assert_eq!(*store.body(id).await.unwrap(), *samples[2].body());
    assert!(matches!(store.supply(stranger, supplied(&samples[2])).await, Err(StoreError::Unknown(_))));
}

pub(crate) async fn a_listing_is_stable_while_others_write(mut backend: impl Backend) {
    let store = backend.open();
    let samples: Vec<Sample> = (0..60).map(Sample::new).collect();
    admit(&*store, &samples).await;
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut fresh = 100;
    let listing = Listing::InState(State::Waiting);
    loop {
        let page = store.page(&listing, cursor.as_ref(), 7).await.unwrap();
        assert!(page.records.len() <= 7);
        seen.extend(page.records.iter().map(Record::id));
        let Some(next) = page.next else { break };
        cursor = Some(next);
        // One comes and one leaves while the page is turned.
        if fresh < 110 {
            admit(&*store, &[Sample::new(fresh)]).await;
            let leaving = usize::try_from(fresh - 100).unwrap() * 6;
            happen(&*store, &samples[leaving], leased(1)).await;
            fresh += 1;
        }
    }
    let unique: BTreeSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "a record was listed twice");
    for (n, sample) in samples.iter().enumerate() {
        assert!(n % 6 == 0 && n < 60 || unique.contains(&sample.id()), "{n} was missed");
    }
}

pub(crate) async fn names_lead_to_records(mut backend: impl Backend) {
    let mut store = backend.open();
    let samples: Vec<Sample> = [30, 10, 20].into_iter().zip(1..).map(|(rank, n)| Sample::new(n).in_case("C-1", rank)).collect();
    let mut newcomers: Vec<_> = samples.iter().map(Sample::newcomer).collect();
    let facts = newcomers[0].birth.facts.clone().unwrap();
    for newcomer in &mut newcomers[1..] {
        newcomer.birth.source.path = "另一份.xml".into();
        let theirs = newcomer.birth.facts.as_mut().unwrap();
        theirs.number.clone_from(&facts.number);
        theirs.draft_id = facts.draft_id;
    }
    store.admit(newcomers).await.unwrap();
    let also = Event::AlsoSeenAt { path: "副本.xml".into() };
    happen(&*store, &samples[0], also).await;
    let [a, b, c] = &samples[..] else { unreachable!("three samples") };
    for reopened in [false, true] {
        if reopened {
            drop(store);
            store = backend.open();
        }
        let number = facts.number.clone().unwrap();
        for (listing, wanted) in [
            // Whatever names the same document leads to it.
            (Listing::Number(number.replace("检记", "检记字").replace('〔', "[").replace('〕', "]")), ids(&[c, b, a])),
            (Listing::Number(number), ids(&[c, b, a])),
            (Listing::Number("无".into()), vec![]),
            (Listing::Author(facts.author.0.clone()), ids(&[a, b, c])),
            (Listing::Author("无".into()), vec![]),
            (Listing::Path("另一份.xml".into()), ids(&[c, b])),
            (Listing::Path("副本.xml".into()), ids(&[a])),
            (Listing::Case("C-1".into()), ids(&[b, c, a])),
            (Listing::Draft(facts.draft_id), ids(&[c, b, a])),
            (Listing::Day(facts.document_date), ids(&[a, b, c])),
            (Listing::All, ids(&[a, b, c])),
        ] {
            let page = store.page(&listing, None, 10).await.unwrap();
            let found: Vec<_> = page.records.iter().map(Record::id).collect();
            assert_eq!(found, wanted, "{listing:?}");
            assert_eq!(page.next, None);
        }
    }
}

pub(crate) async fn facts_are_remembered(mut backend: impl Backend) {
    let store = backend.open();
    assert_eq!(store.recall("feed").await.unwrap(), None);
    store.remember("feed", "17").await.unwrap();
    store.remember("feed", "18").await.unwrap();
    store.remember("last", "").await.unwrap();
    let long = "x".repeat(FACT_LIMIT);
    assert!(store.remember("feed", &long).await.is_err());
    drop(store);
    let store = backend.open();
    assert_eq!(store.recall("feed").await.unwrap(), Some("18".into()));
    assert_eq!(store.recall("last").await.unwrap(), Some(String::new()));
}

pub(crate) async fn facts_are_kept_together_and_listed_by_name(mut backend: impl Backend) {
    let store = backend.open();
    let lines = |lines: &[(&str, &str)]| lines.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
    let all = vec![
        Fact::new("plan/2", "b"),
        Fact::new("plan/1", "a"),
        Fact::new("planet", "x"),
        Fact::new("plan/3", "c"),
        Fact::new("plan", "y"),
    ];
    store.remember_all(all).await.unwrap();
    assert_eq!(store.recall_all("plan/", None, 9).await.unwrap(), lines(&[("plan/1", "a"), ("plan/2", "b"), ("plan/3", "c")]));
    assert_eq!(store.recall_all("plan/", Some("plan/1"), 1).await.unwrap(), lines(&[("plan/2", "b")]));
    assert_eq!(store.recall_all("other/", None, 9).await.unwrap(), lines(&[]));
    // One that cannot be kept keeps the others of its call out.
    let impossible = vec![Fact::new("plan/4", "d"), Fact::new("plan/5", "x".repeat(FACT_LIMIT))];
    assert!(matches!(store.remember_all(impossible).await, Err(StoreError::TooLarge(_))));
    drop(store);
    // Now they are old, and what is struck out or said anew lies over them.
    let store = backend.open();
    store.remember_all(vec![Fact::struck_out("plan/2"), Fact::new("plan/3", "C"), Fact::new("plan/15", "z")]).await.unwrap();
    let left = lines(&[("plan/1", "a"), ("plan/15", "z"), ("plan/3", "C")]);
    assert_eq!(store.recall_all("plan/", None, 9).await.unwrap(), left);
    assert_eq!(store.recall_all("plan/", Some("plan/1"), 1).await.unwrap(), lines(&[("plan/15", "z")]));
    assert_eq!(store.recall("plan/2").await.unwrap(), None);
    drop(store);
    let store = backend.open();
    assert_eq!(store.recall_all("plan/", None, 9).await.unwrap(), left);
    assert_eq!(store.recall_below("plan/").await.unwrap(), left);
    // One full page and none, several, and none at all.
    for (prefix, count) in [("page/", FACTS_PAGE), ("pages/", 2 * FACTS_PAGE + 1), ("nothing/", 0)] {
        let names: Vec<_> = (0..count).map(|n| (format!("{prefix}{n:04}"), n.to_string())).collect();
        store.remember_all(names.iter().map(|(name, value)| Fact::new(name.clone(), value.clone())).collect()).await.unwrap();
        assert_eq!(store.recall_below(prefix).await.unwrap(), names);
    }
}
