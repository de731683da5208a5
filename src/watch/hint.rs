//! Hints from the system that something may have changed. They may come late, twice, or not at all (dependencies.md §6): a sweep
//! follows on its timer all the same.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind},
};

use super::name::{Shape, shape};
use crate::clock::Signal;

/// Raises a signal when the system says that something changed in the folder.
pub struct Hints {
    folder: PathBuf,
    signal: Arc<Signal>,
    watcher: Option<RecommendedWatcher>,
}

impl Hints {
    /// Begins to listen; without success there are no hints, which costs nothing but time.
    pub fn new(folder: &Path, signal: Arc<Signal>) -> Self {
        let mut hints = Self { folder: folder.to_owned(), signal, watcher: None };
        hints.listen();
        hints
    }

    /// Listens anew: after the folder was away, the system says nothing of the one that took its place.
    pub fn listen(&mut self) {
        let signal = Arc::clone(&self.signal);
        let told = move |event: notify::Result<Event>| {
            if event.map_or(true, |event| is_news(&event)) {
                signal.raise();
            }
        };
        self.watcher = notify::recommended_watcher(told)
            .and_then(|mut watcher| watcher.watch(&self.folder, RecursiveMode::Recursive).map(|()| watcher))
            .inspect_err(|error| tracing::info!(%error, "系统不提供目录变化通知，按定时查看"))
            .ok();
    }

    /// Stops listening, for while many drafts are read: the system tells of each that we open ourselves, and a look follows anyway.
    pub fn stop(&mut self) {
        self.watcher = None;
    }

    /// Whether the system is listening.
    pub fn are_heard(&self) -> bool {
        self.watcher.is_some()
    }
}

/// Whether an event may mean a new draft. Reading a file is an event too, and so are our own notes: they must not wake us.
fn is_news(event: &Event) -> bool {
    if event.need_rescan() {
        return true;
    }
    let of_interest = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    };
    let drafts = |path: &PathBuf| {
        use std::os::unix::ffi::OsStrExt as _;
        path.file_name().is_none_or(|name| shape(name.as_bytes()) != Shape::Litter)
    };
    of_interest && (event.paths.is_empty() || event.paths.iter().any(drafts))
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, Flag};

    use super::*;

    #[test]
    fn reading_and_our_own_notes_do_not_wake_the_sweeper() {
        let draft = PathBuf::from("/srv/wenshu/a.xml");
        let note = PathBuf::from("/srv/wenshu/a.xml.退回原因.txt");
        let created = EventKind::Create(CreateKind::File);
        assert!(is_news(&Event::new(created).add_path(draft.clone())));
        assert!(!is_news(&Event::new(created).add_path(note)));
        let read = EventKind::Access(AccessKind::Close(AccessMode::Read));
        assert!(!is_news(&Event::new(read).add_path(draft.clone())));
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert!(is_news(&Event::new(written).add_path(draft)));
        assert!(is_news(&Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    }
}
