//! Damaged files: every acknowledged document is found again, or reported; never silently gone or changed.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use dangri::store::{Store as _, samples::change};

use crate::child::{account, life, open, sample};

/// A row of numbers that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below.max(1)
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

async fn fill(dir: &Path) -> BTreeMap<u64, u32> {
    let store = open(dir, "one").unwrap();
    let mut acknowledged = BTreeMap::new();
    for n in 0..150 {
        store.admit(vec![sample(n).newcomer()]).await.unwrap();
        let steps = usize::try_from(n % 4).unwrap();
        for (event, seen) in life().into_iter().take(steps).zip(1..) {
            store.apply(vec![change(&sample(n), seen, event)]).await.unwrap().remove(0).unwrap();
        }
        acknowledged.insert(n, 1 + u32::try_from(steps).unwrap());
    }
    store.close().await.unwrap();
    acknowledged
}

fn damage(file: &Path, dice: &mut Dice) -> String {
    let bytes = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let length = bytes.metadata().unwrap().len();
    // Where something is written; the rest of a segment is zeros.
    let content = fs::read(file).unwrap();
    let used = content.iter().rposition(|b| *b != 0).map_or(0, |i| i as u64 + 1);
    let at = dice.roll(used);
    match dice.roll(3) {
        0 => {
            let byte = content[usize::try_from(at).unwrap()];
            bytes.write_all_at(&[byte ^ (1 << dice.roll(8))], at).unwrap();
            format!("a bit flipped at {at}")
        }
        1 => {
            let page = at & !4095;
            bytes.write_all_at(&vec![0; usize::try_from(4096.min(length - page)).unwrap()], page).unwrap();
            format!("a page of zeros at {page}")
        }
        _ => {
            bytes.set_len(at).unwrap();
            format!("cut off at {at}")
        }
    }
}

async fn every_document_is_found_or_reported(folder: &str, rounds: u64, seed: u64) -> usize {
    let place = tempfile::tempdir().unwrap();
    let origin = place.path().join("origin");
    let acknowledged = fill(&origin).await;
    let mut dice = Dice(seed);
    let mut reported = 0;
    for round in 0..rounds {
        let dir = place.path().join(format!("round-{round}"));
        copy(&origin, &dir);
        let files = files(&dir.join(folder));
        let file = &files[usize::try_from(dice.roll(files.len() as u64)).unwrap()];
        let what = damage(file, &mut dice);
        // Half of the time the index is lost as well.
        if folder == "journal" && round % 2 == 1 {
            fs::remove_dir_all(dir.join("index")).unwrap();
        }
        let store = open(&dir, "one").unwrap_or_else(|e| panic!("round {round}, {what} in {}: {e}", file.display()));
        let found = account(&store, &acknowledged, folder == "journal").await;
        reported += found.reported;
        assert_eq!(found.whole + found.reported, acknowledged.len());
        // Everything else still works.
        store.admit(vec![sample(1_000_000).newcomer()]).await.unwrap_or_else(|e| panic!("round {round}, {what}: {e}"));
        drop(store);
        fs::remove_dir_all(&dir).unwrap();
    }
    reported
}

#[tokio::test]
async fn a_damaged_index_costs_no_document() {
    assert_eq!(every_document_is_found_or_reported("index", 30, 0x5eed_0001).await, 0);
}

#[tokio::test]
async fn a_damaged_journal_is_told_of_document_by_document() {
    assert!(every_document_is_found_or_reported("journal", 40, 0x5eed_0002).await > 0, "no damage was ever met");
}
