//! Kills: at any moment of work, and while the store opens.

use dangri::store::{OpenError, Store as _};

use crate::child::{Worker, account, open};

#[tokio::test]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = std::collections::BTreeMap::new();
    for round in 0..12 {
        let mut worker = Worker::start(dir.path());
        worker.until("open", 1);
        worker.until("never", 40 + round * 23);
        worker.kill();
        acknowledged.append(&mut worker.acknowledged);
        if round % 4 == 3 {
            // The index may be lost at any time.
            std::fs::remove_dir_all(dir.path().join("index")).unwrap();
        }
        let store = open(dir.path(), "one").unwrap();
        assert_eq!(store.opened().rebuilt.is_some(), round % 4 == 3, "{:?}", store.opened());
        let found = account(&store, &acknowledged, false).await;
        assert_eq!(found.whole, acknowledged.len());
        assert!(store.damaged().await.unwrap().is_empty());
        if round % 3 == 0 {
            assert_eq!(store.verify().await.unwrap().problems, []);
            store.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_kill_during_open_never_leaves_it_unopenable() {
    let dir = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(dir.path());
    worker.until("open", 1);
    worker.until("never", 300);
    worker.kill();
    let acknowledged = worker.acknowledged.clone();
    for round in 0..100_u32 {
        let mut worker = Worker::start(dir.path());
        worker.until("opening", 1);
        // Further into the opening each time, as far as the machine lets us choose.
        for _ in 0..round * 20_000 {
            std::hint::spin_loop();
        }
        worker.kill();
    }
    let store = open(dir.path(), "one").unwrap();
    assert_eq!(account(&store, &acknowledged, false).await.whole, acknowledged.len());
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(dir.path());
    worker.until("open", 1);
    let refused = open(dir.path(), "one").map(|_| ()).unwrap_err();
    let OpenError::Held { holder } = refused else { panic!("{refused:?}") };
    assert!(holder.starts_with(&format!("{} 1970-01-01T08:00", worker.child.id())), "{holder}");
    worker.kill();
    open(dir.path(), "one").unwrap();
}
