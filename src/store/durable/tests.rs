//! The contract over the durable store, and what only it can show.

use std::{collections::BTreeMap, fs::OpenOptions, os::unix::fs::FileExt as _, path::Path};

use super::*;
use crate::{
    document::{Record, State},
    store::{
        Listing, Store,
        contract::{Backend, store_contract},
        samples::{Sample, acknowledged, change, confirmed, leased},
    },
};

fn settings() -> Settings {
    Settings {
        segment_bytes: 1 << 20,
        index_cache_bytes: 4 << 20,
        low_water_bytes: Some(0),
        ballast_bytes: 0,
        archive: None,
        boot: Some("one".into()),
    }
}

fn open_in(dir: &Path) -> JournalStore {
    JournalStore::open(dir, settings(), Timestamp::from_millis(1_000)).unwrap()
}

struct OnDisk {
    dir: tempfile::TempDir,
    open: Option<std::sync::Weak<JournalStore>>,
}

impl Backend for OnDisk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), open: None }
    }

    fn open(&mut self) -> Arc<dyn Store> {
        let store = Arc::new(open_in(self.dir.path()));
        self.open = Some(Arc::downgrade(&store));
        store
    }

    fn damage(&mut self, id: DocumentId) {
        let store = self.open.as_ref().unwrap().upgrade().unwrap();
        let slot = store.shared.index().unwrap().slot(id).unwrap().unwrap();
        flip(self.dir.path(), slot.bytes(), 200);
    }
}

store_contract!(on_disk, OnDisk);

/// Changes one byte, `within` bytes into the frame at `pos`.
fn flip(dir: &Path, pos: Pos, within: u64) {
    let segment = crate::store::journal::Segment::list(&dir.join("journal")).unwrap()[&pos.segment].clone();
    let file = OpenOptions::new().read(true).write(true).open(segment.path).unwrap();
    let at = u64::from(pos.offset) + within;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x40], at).unwrap();
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn live(store: &JournalStore, samples: &[Sample]) {
    store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
    for (event, seen) in [leased(1), acknowledged(9), confirmed()].into_iter().zip(1..) {
        for sample in &samples[..samples.len() / 2] {
            store.apply(vec![change(sample, seen, event.clone())]).await.unwrap().remove(0).unwrap();
        }
    }
}

/// What every name that leads to a sample leads to, and its id.
fn found(index: &Index, sample: &Sample) -> Vec<bool> {
    let facts = sample.newcomer().birth.facts.unwrap();
    let named = [
        Listing::Path(sample.newcomer().birth.source.path),
        Listing::Draft(facts.draft_id),
        Listing::Number(facts.number.clone().unwrap()),
        Listing::Case(facts.case_key().unwrap().to_owned()),
    ];
    let leads = |listing: &Listing| index.ids(listing, None, 9).unwrap().iter().any(|(_, id)| *id == sample.id());
    named.iter().map(leads).chain([index.slot(sample.id()).unwrap().is_some()]).collect()
}

#[tokio::test]
async fn an_index_that_was_found_knows_what_is_new_only_once_it_met_all_that_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let samples: Vec<_> = (0..2_000).map(|n| Sample::new(n).in_case(&format!("案 {}", n % 300), 10)).collect();
    let store = open_in(dir.path());
    store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let index = Index::open(&dir.path().join("index"), 4 << 20).unwrap();
    assert!(samples.iter().flat_map(|sample| found(&index, sample)).all(|found| found));
    let (mut after, mut last) = (None, None);
    while let Some((id, _)) = index.walk(after, 100).unwrap().last() {
        after = Some(*id);
    }
    while let Some(block) = index.recall(last.as_deref(), 3).unwrap() {
        last = Some(block);
    }
    index.recalled();
    assert!(samples.iter().flat_map(|sample| found(&index, sample)).all(|found| found), "what was met is not new");
    assert!(found(&index, &Sample::new(5_000).in_case("别的案", 10)).iter().all(|found| !found));
}

fn some(count: u64) -> Vec<Sample> {
    (0..count).map(Sample::new).collect()
}

#[tokio::test]
async fn a_backup_taken_at_work_restores_as_a_store_that_asks_before_it_sends() {
    let place = tempfile::tempdir().unwrap();
    let (dir, copy, again) = (place.path().join("state"), place.path().join("copy"), place.path().join("again"));
    let samples = some(40);
    let store = open_in(&dir);
    live(&store, &samples[..30]).await;
    let backup = store.backup(&copy, at(5)).await.unwrap();
    assert!(store.backup(&copy, at(6)).await.is_err(), "a backup must not go over another");
    live(&store, &samples[30..]).await;
    assert_eq!(store.verify().await.unwrap().problems, []);
    let restored = crate::store::restore(&copy, &again, settings(), at(77)).await.unwrap();
    assert_eq!(restored, backup);
    let over = crate::store::restore(&copy, &again, settings(), at(78)).await;
    assert!(matches!(over, Err(OpenError::NotEmpty(_))));
    let second = open_in(&again);
    assert_eq!(second.recall(RESTORED_AT).await.unwrap(), Some("77".into()));
    assert_eq!(second.recall(GENERATION).await.unwrap(), Some("1".into()));
    assert_eq!(second.counts().await.unwrap().values().sum::<u64>(), 30);
    for sample in &samples[..30] {
        assert_eq!(second.get(sample.id()).await.unwrap(), store.get(sample.id()).await.unwrap());
        assert_eq!(*second.body(sample.id()).await.unwrap(), *sample.body());
    }
    // A restored store can be backed up and restored in turn.
    let (next, third) = (place.path().join("next"), place.path().join("third"));
    second.backup(&next, at(80)).await.unwrap();
    crate::store::restore(&next, &third, settings(), at(90)).await.unwrap();
    let third = open_in(&third);
    assert_eq!(third.recall(GENERATION).await.unwrap(), Some("2".into()));
    assert_eq!(third.recall(RESTORED_AT).await.unwrap(), Some("90".into()));
}

#[tokio::test]
async fn what_is_kept_copied_and_restored_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let (dir, copy, again) = (place.path().join("state"), place.path().join("copy"), place.path().join("again"));
    // An administrator made it beforehand, open to all.
    std::fs::create_dir(&dir).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = open_in(&dir);
    live(&store, &some(3)).await;
    store.backup(&copy, at(5)).await.unwrap();
    crate::store::restore(&copy, &again, settings(), at(77)).await.unwrap();
    for folder in [&dir, &copy, &again] {
        assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
    }
    for file in std::fs::read_dir(&copy).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() {
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy");
    let store = open_in(&place.path().join("state"));
    live(&store, &some(4)).await;
    let backup = store.backup(&copy, at(5)).await.unwrap();
    let file = OpenOptions::new().write(true).open(copy.join(&backup.files[0].name)).unwrap();
    file.write_all_at(b"?", 300).unwrap();
    let again = place.path().join("again");
    let refused = crate::store::restore(&copy, &again, settings(), at(7)).await;
    assert!(matches!(refused, Err(OpenError::Store(StoreError::Damaged(_)))), "{refused:?}");
    assert!(std::fs::metadata(&again).is_err());
}

#[tokio::test]
async fn a_store_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    live(&store, &some(2)).await;
    store.close().await.unwrap();
    drop(store);
    let segment = crate::store::journal::Segment::list(&dir.path().join("journal")).unwrap()[&1].clone();
    let head = serde_json::to_vec(&segment.head().unwrap()).unwrap();
    let newer = String::from_utf8(head).unwrap().replace("\"format\":1", "\"format\":7");
    crate::store::journal::rewrite_head(&segment, newer.as_bytes());
    let before = std::fs::read(&segment.path).unwrap();
    let refused = JournalStore::open(dir.path(), settings(), at(0)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::NewerFormat { found: 7, known: 1 }), "{refused:?}");
    assert_eq!(std::fs::read(&segment.path).unwrap(), before);
}

#[tokio::test]
async fn verify_finds_a_flipped_bit_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    let samples = some(6);
    live(&store, &samples).await;
    let fine = store.verify().await.unwrap();
    assert_eq!((fine.problems.len(), fine.documents), (0, 6));
    // The segment's head, six births, three changes each for three of them.
    assert_eq!(fine.frames, 1 + 6 + 9);
    let slot = store.shared.index().unwrap().slot(samples[0].id()).unwrap().unwrap();
    flip(dir.path(), slot.last(), 80);
    let found = store.verify().await.unwrap();
    assert!(found.problems.iter().any(|problem| problem.id == Some(samples[0].id())), "{found:?}");
    assert_eq!(store.get(samples[0].id()).await.unwrap().unwrap().state, State::Entered);
}

#[tokio::test]
async fn a_journal_that_is_gone_is_no_whole_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    live(&store, &some(4)).await;
    store.close().await.unwrap();
    drop(store);
    std::fs::read_dir(dir.path().join("journal")).unwrap().for_each(|file| std::fs::remove_file(file.unwrap().path()).unwrap());
    for _ in 0..2 {
        let found = open_in(dir.path()).verify().await.unwrap();
        assert!(!found.problems.is_empty(), "{found:?}");
    }
}

/// Drafts that are still there, and what a platform says of documents; an empty one does not answer.
struct Drawer {
    drafts: Vec<Sample>,
    platform: Vec<(Sample, crate::document::Event)>,
}

#[async_trait::async_trait]
impl crate::store::Salvage for Drawer {
    fn bytes(&mut self, record: &Record) -> Option<Vec<u8>> {
        self.drafts.iter().find(|sample| sample.id() == record.id()).map(Sample::body)
    }

    async fn word(&mut self, record: &Record) -> Result<Option<crate::document::Event>, String> {
        match self.platform.iter().find(|(sample, _)| sample.id() == record.id()) {
            Some((_, word)) => Ok(Some(word.clone())),
            None if self.platform.is_empty() => Err("连不上平台".into()),
            None => Ok(None),
        }
    }
}

#[tokio::test]
async fn repair_puts_back_what_is_found_and_marks_what_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    let samples = some(6);
    live(&store, &samples).await;
    let places: Vec<Pos> = samples.iter().map(|s| store.shared.index().unwrap().slot(s.id()).unwrap().unwrap().bytes()).collect();
    store.close().await.unwrap();
    drop(store);
    // Two lose their bytes, behind the JSON, one its birth; the drawer has the bytes of all but the first.
    let whole = open_in(dir.path());
    let behind = |n: usize| whole.shared.segments.read(places[n]).unwrap().head.len() as u64 + 80;
    let within = [(3, behind(3)), (4, behind(4)), (5, 80)];
    drop(whole);
    for (n, within) in within {
        flip(dir.path(), places[n], within);
    }
    let salvage = &mut Drawer { drafts: samples[4..].to_vec(), platform: vec![] };
    let done = crate::store::repair(dir.path(), settings(), salvage, at(50)).await.unwrap();
    let [lost, mended, orphaned] = [3, 4, 5].map(|n: usize| vec![samples[n].id()]);
    let unasked = Some("连不上平台".into());
    assert_eq!(done, crate::store::Repaired { documents: 5, mended, settled: vec![], lost, unasked, orphaned, made_good: 2 });
    let store = open_in(dir.path());
    assert_eq!(store.recall(RESTORED_AT).await.unwrap(), Some("50".into()));
    assert_eq!(store.damaged().await.unwrap(), []);
    let state = async |n: usize| store.get(samples[n].id()).await.unwrap().map(|record| record.state);
    assert_eq!([state(3).await, state(4).await, state(5).await], [Some(State::Corrupt), Some(State::Unsure), None]);
    // What is not known any more is taken anew.
    store.admit(vec![samples[5].newcomer()]).await.unwrap();
    for n in [4, 5] {
        assert_eq!(*store.body(samples[n].id()).await.unwrap(), *samples[n].body());
    }
}

/// What the platform has need not be sent again; only what nobody has is lost.
#[tokio::test]
async fn repair_asks_the_platform_about_what_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    let samples = some(8);
    live(&store, &samples).await;
    let slot = |n: usize| store.shared.index().unwrap().slot(samples[n].id()).unwrap().unwrap();
    let states: Vec<_> = (0..8).map(|n| slot(n).record.state).collect();
    assert_eq!(states, [[State::Entered; 4], [State::Waiting; 4]].concat());
    let places: Vec<Pos> = [0, 4, 5, 6, 7].iter().map(|n| slot(*n).bytes()).collect();
    let behind: Vec<_> = places.iter().map(|pos| store.shared.segments.read(*pos).unwrap().head.len() as u64 + 80).collect();
    store.close().await.unwrap();
    drop(store);
    for (place, within) in places.iter().zip(behind) {
        flip(dir.path(), *place, within);
    }
    let mut nobody = Drawer { drafts: vec![], platform: vec![] };
    let done = crate::store::repair(dir.path(), settings(), &mut nobody, at(50)).await.unwrap();
    let ids = |of: &[usize]| of.iter().map(|n| samples[*n].id()).collect::<std::collections::BTreeSet<_>>();
    let found = |of: &[DocumentId]| of.iter().copied().collect::<std::collections::BTreeSet<_>>();
    assert_eq!((found(&done.settled), found(&done.lost)), (ids(&[0]), ids(&[4, 5, 6, 7])), "{done:?}");
    let back = crate::document::Event::SentBack { cause: crate::document::Cause::Rule, code: "10".into(), refusals: vec![] };
    let platform = [(4, confirmed()), (5, acknowledged(60)), (6, back)].map(|(n, word)| (samples[n].clone(), word)).to_vec();
    let mut reached = Drawer { drafts: vec![], platform };
    let done = crate::store::repair(dir.path(), settings(), &mut reached, at(51)).await.unwrap();
    assert_eq!((found(&done.settled), found(&done.lost), done.unasked), (ids(&[0, 4, 5, 6]), ids(&[7]), None));
    let store = open_in(dir.path());
    let state = async |n: usize| store.get(samples[n].id()).await.unwrap().unwrap().state;
    let now = [state(4).await, state(5).await, state(6).await, state(7).await];
    assert_eq!(now, [State::Entered, State::Received, State::Returned, State::Corrupt]);
    let lines = store.history(samples[4].id()).await.unwrap();
    assert_eq!(lines.last().unwrap().by, crate::document::Actor::Platform);
    let left = store.verify().await.unwrap().problems;
    assert!(!left.is_empty() && left.iter().all(|problem| problem.id == Some(samples[7].id())), "{left:?}");
}

/// Closed segments are never changed, so the damage stays where it is; it must not be raised for ever.
#[tokio::test]
async fn after_a_repair_what_stays_damaged_counts_as_mended_for_good_and_new_damage_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    let samples = some(8);
    live(&store, &samples).await;
    let slot = |n: usize| store.shared.index().unwrap().slot(samples[n].id()).unwrap().unwrap();
    let (line, bytes, later) = (slot(0).last(), slot(5).bytes(), slot(1).last());
    let behind = store.shared.segments.read(bytes).unwrap().head.len() as u64 + 80;
    store.close().await.unwrap();
    drop(store);
    // The last line of one that is entered, and the bytes of one that waits; the drawer has those.
    flip(dir.path(), line, 80);
    flip(dir.path(), bytes, behind);
    let done =
        crate::store::repair(dir.path(), settings(), &mut Drawer { drafts: samples.clone(), platform: vec![] }, at(50)).await.unwrap();
    assert_eq!((&done.mended[..], done.lost.len(), done.orphaned.len()), (&[samples[5].id()][..], 0, 0));
    assert!(done.made_good > 0);
    for boot in ["one", "two"] {
        let store = JournalStore::open(dir.path(), Settings { boot: Some(boot.into()), ..settings() }, at(60)).unwrap();
        assert_eq!((store.opened().damages, store.damaged().await.unwrap()), (0, vec![]), "boot {boot}");
        assert_eq!(store.recall(RESTORED_AT).await.unwrap(), Some("50".into()), "nothing is put in doubt again");
        let found = store.verify().await.unwrap();
        assert_eq!(found.problems, [], "boot {boot}");
        assert!(found.mended.iter().any(|m| m.place == line.to_string()) && found.mended.iter().any(|m| m.place == bytes.to_string()));
        assert_eq!(*store.body(samples[5].id()).await.unwrap(), *samples[5].body());
    }
    flip(dir.path(), later, 80);
    let found = open_in(dir.path()).verify().await.unwrap();
    assert!(found.problems.iter().any(|problem| problem.place == later.to_string()), "{found:?}");
}

#[tokio::test]
async fn bytes_supplied_again_outlive_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample::new(1);
    let store = open_in(dir.path());
    store.admit(vec![sample.newcomer()]).await.unwrap();
    let slot = store.shared.index().unwrap().slot(sample.id()).unwrap().unwrap();
    flip(dir.path(), slot.bytes(), 900);
    assert!(store.body(sample.id()).await.is_err());
    let body: Arc<[u8]> = sample.body().into();
    store.supply(sample.id(), body).await.unwrap();
    assert_eq!(*store.body(sample.id()).await.unwrap(), *sample.body());
    store.close().await.unwrap();
    drop(store);
    let store = open_in(dir.path());
    assert_eq!(*store.body(sample.id()).await.unwrap(), *sample.body());
}

#[tokio::test]
async fn an_index_that_the_machine_went_down_with_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path());
    live(&store, &some(10)).await;
    drop(store);
    let elsewhen = Settings { boot: Some("two".into()), ..settings() };
    let store = JournalStore::open(dir.path(), elsewhen.clone(), at(0)).unwrap();
    assert!(store.opened().rebuilt.is_some());
    assert_eq!(store.counts().await.unwrap(), BTreeMap::from([(State::Waiting, 5), (State::Entered, 5)]));
    store.close().await.unwrap();
    drop(store);
    // After a clean end it is, under any boot.
    let store = open_in(dir.path());
    assert_eq!(store.opened(), &Opened { clean: true, ..Opened::default() });
    assert_eq!(store.counts().await.unwrap().values().sum::<u64>(), 10);
}
