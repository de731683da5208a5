//! Nothing is lost by archiving, whatever comes between its steps, and all of it can still be read.

use std::collections::BTreeMap;

use super::*;
use crate::{
    document::{Actor, Record, State},
    store::{
        Change, Listing, OpenError, Settings, Store as _, restore,
        samples::{Sample, acknowledged, change, confirmed, leased},
    },
};

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn archive(&self) -> PathBuf {
        self.dir.path().join("archive")
    }

    fn settings(&self) -> Settings {
        let archive = Some(self.archive());
        Settings {
            segment_bytes: 64 << 10,
            low_water_bytes: Some(0),
            ballast_bytes: 0,
            archive,
            boot: Some("one".into()),
            ..Settings::default()
        }
    }

    fn open(&self) -> JournalStore {
        JournalStore::open(&self.state(), self.settings(), at(1_000)).unwrap()
    }

    /// Opened with the index lost, so that only the journal tells.
    fn rebuilt(&self) -> JournalStore {
        fs::remove_dir_all(self.state().join("index")).unwrap();
        self.open()
    }

    fn files(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect());
        let mut names: Vec<String> = entries.unwrap_or_default();
        names.sort();
        names
    }
}

const DAY: i64 = 86_400_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn samples(count: u64) -> Vec<Sample> {
    (0..count).map(|n| Sample { bytes: 3_000, ..Sample::new(n) }).collect()
}

async fn enter(store: &JournalStore, samples: &[Sample]) {
    for (event, seen) in [leased(1), acknowledged(9), confirmed()].into_iter().zip(1..) {
        let changes = samples.iter().map(|sample| change(sample, seen, event.clone())).collect();
        assert!(store.apply(changes).await.unwrap().iter().all(Result::is_ok));
    }
}

/// Fills some segments.
async fn go_on(store: &JournalStore, name: &str) {
    for n in 0..10 {
        let facts = (0..20).map(|m| Fact::new(name, format!("{n}{m:02}{}", "x".repeat(1_000)))).collect();
        store.remember_all(facts).await.unwrap();
    }
}

/// Some hundred kilobytes of 1970: documents entered, one seen at another path, facts, one of them overwritten later; one that still waits
/// close to the end, and a day of 1971.
async fn live(store: &JournalStore, samples: &[Sample]) {
    let (last, rest) = samples.split_last().unwrap();
    for some in rest.chunks(10) {
        store.admit(some.iter().map(Sample::newcomer).collect()).await.unwrap();
        enter(store, some).await;
        store.remember("feed.cursor", &some[0].n.to_string()).await.unwrap();
    }
    let moved = Event::AlsoSeenAt { path: "第二组/副本.xml".into() };
    store.apply(vec![change(&samples[3], 4, moved)]).await.unwrap().remove(0).unwrap();
    store.remember("plan/2023-04/1", "一季度").await.unwrap();
    store.admit(vec![last.newcomer()]).await.unwrap();
    go_on(store, "later").await;
}

type Picture = BTreeMap<DocumentId, (Record, Vec<Entry>, Vec<u8>)>;

async fn picture(store: &JournalStore, samples: &[Sample]) -> Picture {
    let mut all = Picture::new();
    for sample in samples {
        let id = sample.id();
        let record = store.get(id).await.unwrap().unwrap_or_else(|| panic!("document {} is lost", sample.n));
        all.insert(id, (record, store.history(id).await.unwrap(), store.body(id).await.unwrap().to_vec()));
    }
    assert_eq!(store.counts().await.unwrap().values().sum::<u64>(), samples.len() as u64);
    let found = store.page(&Listing::Path("第二组/副本.xml".into()), None, 9).await.unwrap().records;
    assert_eq!(found.iter().map(Record::id).collect::<Vec<_>>(), [samples[3].id()]);
    let listed = store.page(&Listing::All, None, 1_000).await.unwrap().records;
    assert_eq!(
        listed.iter().map(Record::id).collect::<Vec<_>>(),
        samples.iter().map(Sample::id).collect::<Vec<_>>(),
        "in the order of arrival"
    );
    assert_eq!(store.recall("plan/2023-04/1").await.unwrap().as_deref(), Some("一季度"));
    assert!(store.recall("feed.cursor").await.unwrap().is_some());
    assert!(store.recall("later").await.unwrap().unwrap().starts_with("919"));
    assert_eq!(store.damaged().await.unwrap(), []);
    all
}

async fn well(store: &JournalStore) -> crate::store::Verification {
    let found = store.verify().await.unwrap();
    assert_eq!((&found.problems[..], &found.mended[..]), (&[][..], &[][..]));
    found
}

#[tokio::test]
async fn old_segments_are_carried_off_and_everything_can_still_be_read() {
    let (place, samples) = (Place::new(), samples(60));
    let store = place.open();
    live(&store, &samples).await;
    let before = picture(&store, &samples).await;
    let segments = place.files(&place.state().join("journal"));
    assert_eq!(store.archive(at(-1)).await.unwrap().files, Vec::<PathBuf>::new(), "nothing is old enough");
    let done = store.archive(at(400 * DAY)).await.unwrap();
    assert!(done.files.len() >= 3 && done.kept_back.as_ref().unwrap().contains(&samples[59].id().to_string()), "{done:?}");
    let names: Vec<_> = done.files.iter().map(|f| f.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, segments[..names.len()], "the oldest, in their order");
    assert_eq!(place.files(&place.archive()), names);
    assert_eq!(picture(&store, &samples).await, before);
    assert_eq!(well(&store).await.archived, names.len() as u64);
    store.close().await.unwrap();
    drop(store);
    for open in [Place::open, Place::rebuilt] {
        let store = open(&place);
        assert_eq!(store.opened().damages, 0);
        assert_eq!(picture(&store, &samples).await, before);
        well(&store).await;
        store.close().await.unwrap();
    }
    // Once what held it up is through, the next ones go, with the records that were written again among them.
    let store = place.open();
    enter(&store, &samples[59..]).await;
    go_on(&store, "much later").await;
    let again = store.archive(at(400 * DAY)).await.unwrap();
    assert!(again.files.len() >= 3, "{again:?}");
    let before = picture(&store, &samples).await;
    store.close().await.unwrap();
    drop(store);
    let store = place.rebuilt();
    assert_eq!(picture(&store, &samples).await, before);
    well(&store).await;
}

#[tokio::test]
async fn whatever_comes_between_the_steps_nothing_is_lost_and_the_next_run_goes_on() {
    for step in 0..6 {
        let (place, samples) = (Place::new(), samples(40));
        let store = place.open();
        live(&store, &samples).await;
        let before = picture(&store, &samples).await;
        let end = store.ask(|answer| Request::WhereNow { answer }).await.unwrap().unwrap();
        let closed: Vec<_> = end.segments.into_iter().filter(|s| s.number != end.end.segment).collect();
        let (ripe, _) = store.aside(move |shared| ripe(shared, closed, at(400 * DAY))).await.unwrap();
        let segment = ripe[0].segment.clone();
        let target = place.archive().join(segment.path.file_name().unwrap());
        fs::create_dir(place.archive()).unwrap();
        let contents = ripe.into_iter().next().unwrap();
        match step {
            // Half the records were written again.
            0 => {
                let documents = contents.documents.keys().take(5).map(|id| (*id, Vec::new())).collect();
                assert!(store.ask(|answer| Request::Restate { documents, names: vec![], notes: vec![], answer }).await.unwrap().unwrap());
            }
            // All of them.
            1 => assert!(store.restate(contents, &place.archive()).await.unwrap()),
            // Half the file was copied.
            2 => {
                assert!(store.restate(contents, &place.archive()).await.unwrap());
                let bytes = fs::read(&segment.path).unwrap();
                fs::write(target.with_extension("half"), &bytes[..bytes.len() / 2]).unwrap();
            }
            // It was copied, and is still there.
            3 => {
                assert!(store.restate(contents, &place.archive()).await.unwrap());
                copy_over(&segment.path, &target).unwrap();
            }
            // It was moved, and the process knew nothing of it yet.
            4 => {
                assert!(store.restate(contents, &place.archive()).await.unwrap());
                carry_off(&segment.path, &place.archive()).unwrap();
            }
            // Copied and removed, as across file systems.
            _ => {
                assert!(store.restate(contents, &place.archive()).await.unwrap());
                copy_over(&segment.path, &target).unwrap();
                carry_off(&segment.path, &place.archive()).unwrap();
            }
        }
        // Dropped, not closed; and the machine went down, so that the index is not trusted.
        drop(store);
        let elsewhen = Settings { boot: Some("two".into()), ..place.settings() };
        let store = JournalStore::open(&place.state(), elsewhen, at(1_000)).unwrap();
        assert_eq!((store.opened().damages, store.opened().rebuilt.is_some()), (0, true), "step {step}");
        assert_eq!(picture(&store, &samples).await, before, "step {step}");
        well(&store).await;
        let done = store.archive(at(400 * DAY)).await.unwrap();
        assert!(!done.files.is_empty() && place.files(&place.archive()).len() >= done.files.len(), "step {step}: {done:?}");
        assert_eq!(picture(&store, &samples).await, before, "step {step}");
        drop(store);
        assert_eq!(picture(&place.rebuilt(), &samples).await, before, "step {step}");
    }
}

#[tokio::test]
async fn out_of_reach_the_archive_is_named_and_nothing_counts_as_damaged() {
    let (place, samples) = (Place::new(), samples(60));
    let store = place.open();
    live(&store, &samples).await;
    let before = picture(&store, &samples).await;
    let done = store.archive(at(400 * DAY)).await.unwrap();
    let hidden = place.dir.path().join("unplugged");
    fs::rename(place.archive(), &hidden).unwrap();
    let id = samples[0].id();
    let told = |error| matches!(error, StoreError::Archived(file) if done.files.contains(&PathBuf::from(&file)));
    assert!(told(store.body(id).await.unwrap_err()));
    assert!(told(store.history(id).await.unwrap_err()));
    let (kept, file) = store.history_within_reach(id).await.unwrap();
    assert_eq!((kept.len(), file.map(PathBuf::from)), (0, Some(done.files[0].clone())));
    assert_eq!(store.get(id).await.unwrap().unwrap(), before[&id].0);
    assert_eq!(well(&store).await.beyond_reach.len(), done.files.len());
    // A copy of the journal has what is needed without the archive.
    let (copy, again) = (place.dir.path().join("copy"), place.dir.path().join("again"));
    let backup = store.backup(&copy, at(5)).await.unwrap();
    assert_eq!(backup.archived.len(), done.files.len());
    restore(&copy, &again, place.settings(), at(7)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    // Nor does a repair take it for lost.
    let repaired = crate::store::repair(&place.state(), place.settings(), &mut Nothing, at(50)).await.unwrap();
    assert_eq!((repaired.lost.len(), repaired.orphaned.len(), repaired.documents), (0, 0, 60));
    // Somewhere else, with the configuration saying so, it is found again.
    let settings = Settings { archive: Some(hidden), ..place.settings() };
    for state in [place.state(), again] {
        let store = JournalStore::open(&state, settings.clone(), at(1_000)).unwrap();
        assert_eq!(picture(&store, &samples).await, before);
        well(&store).await;
    }
}

struct Nothing;

#[async_trait::async_trait]
impl crate::store::Salvage for Nothing {
    fn bytes(&mut self, _: &Record) -> Option<Vec<u8>> {
        None
    }

    async fn word(&mut self, _: &Record) -> Result<Option<Event>, String> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_missing_segment_that_was_not_archived_is_still_noticed() {
    let (place, samples) = (Place::new(), samples(60));
    let store = place.open();
    live(&store, &samples).await;
    drop(store);
    let first = place.files(&place.state().join("journal")).remove(0);
    fs::remove_file(place.state().join("journal").join(first)).unwrap();
    let store = place.rebuilt();
    let damaged = store.damaged().await.unwrap();
    assert!(damaged.iter().any(|damage| damage.what.contains("documents are missing")), "{damaged:?}");
}

#[tokio::test]
async fn another_file_of_that_name_is_never_written_over_and_the_segment_stays() {
    let (place, samples) = (Place::new(), samples(40));
    let store = place.open();
    live(&store, &samples).await;
    let first = place.files(&place.state().join("journal")).remove(0);
    fs::create_dir(place.archive()).unwrap();
    fs::write(place.archive().join(&first), "somebody's").unwrap();
    assert!(matches!(store.archive(at(400 * DAY)).await, Err(StoreError::Full(_))));
    assert_eq!(fs::read(place.archive().join(&first)).unwrap(), b"somebody's");
    assert!(place.files(&place.state().join("journal")).contains(&first));
    well(&store).await;
}

#[tokio::test]
async fn a_damaged_segment_stays_where_a_repair_finds_it() {
    let (place, samples) = (Place::new(), samples(40));
    let store = place.open();
    live(&store, &samples).await;
    let first = place.state().join("journal").join(place.files(&place.state().join("journal")).remove(0));
    let mut bytes = fs::read(&first).unwrap();
    bytes[4_000] ^= 1;
    fs::write(&first, bytes).unwrap();
    let done = store.archive(at(400 * DAY)).await.unwrap();
    assert_eq!(done.files, Vec::<PathBuf>::new());
    assert!(done.kept_back.unwrap().contains("damaged"));
}

/// A document that comes to life again after its record was written is whole all the same.
#[tokio::test]
async fn what_happens_to_a_document_after_its_record_was_written_again_is_not_lost() {
    let (place, samples) = (Place::new(), samples(60));
    let store = place.open();
    live(&store, &samples).await;
    store.archive(at(400 * DAY)).await.unwrap();
    let gone = Entry { at: at(500 * DAY), by: Actor::Daemon, event: Event::Drifted { now: crate::document::ContentHash::of(b"x") } };
    store.apply(vec![Change { id: samples[0].id(), seen: 4, entry: gone }]).await.unwrap().remove(0).unwrap();
    let before = picture(&store, &samples).await;
    drop(store);
    let store = place.rebuilt();
    assert_eq!(picture(&store, &samples).await, before);
    assert_eq!(store.get(samples[0].id()).await.unwrap().unwrap().state, State::Entered);
    well(&store).await;
}

#[tokio::test]
async fn a_store_without_an_archive_keeps_everything() {
    let (place, samples) = (Place::new(), samples(40));
    let opened: Result<_, OpenError> = JournalStore::open(&place.state(), Settings { archive: None, ..place.settings() }, at(1_000));
    let store = opened.unwrap();
    live(&store, &samples).await;
    assert_eq!(store.archive(at(400 * DAY)).await.unwrap(), Archived::default());
}
