//! The contract over the durable store, and what only it can show.

use std::{fs::OpenOptions, os::unix::fs::FileExt as _, path::Path};

use super::*;
use crate::store::contract::{Backend, store_contract};

fn settings() -> Settings {
    Settings { segment_bytes: 1 << 20, index_cache_bytes: 4 << 20, low_water_bytes: Some(0), ballast_bytes: 0, boot: Some("one".into()) }
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
