//! Going through the index once after opening, beside the work.

use std::sync::{Arc, Weak, atomic::Ordering, mpsc};

use super::{Request, Shared};
use crate::store::{index::Index, journal::Trouble};

/// Looks at every record of the index once, beside the work: has damaged ones mended, and missing ones noticed. Begins again when the index
/// was opened anew meanwhile.
pub(super) fn walk_index(shared: &Shared, mend: &mpsc::Sender<Request>) {
    while let Ok(index) = shared.index() {
        // Held only from slice to slice: sled cannot be opened again while somebody has it.
        let index = Arc::downgrade(&index);
        match walk_one(shared, &index, mend) {
            Err(Trouble::Damaged(why)) => return drop(mend.send(Request::Distrust { why })),
            Err(_) | Ok(true) => return,
            Ok(false) if shared.closing.load(Ordering::Acquire) => return,
            Ok(false) => std::thread::yield_now(),
        }
    }
}

/// Walks through one index; `false` when it was given up meanwhile.
fn walk_one(shared: &Shared, index: &Weak<Index>, mend: &mpsc::Sender<Request>) -> Result<bool, Trouble> {
    let here = || index.upgrade().filter(|_| !shared.closing.load(Ordering::Acquire));
    let Some(wanted) = here().map(|index| index.written()) else { return Ok(false) };
    let (mut seen, mut after) = (0, None);
    loop {
        let Some(index) = here() else { return Ok(false) };
        let slice = index.walk(after, 256)?;
        let Some((last, _)) = slice.last() else { break };
        (seen, after) = (seen + slice.len() as u64, Some(*last));
        for (id, _) in slice.iter().filter(|(_, whole)| !whole) {
            drop(mend.send(Request::Mend { id: *id, answer: None }));
        }
        std::thread::yield_now();
    }
    if seen < wanted {
        return Err(Trouble::Damaged(format!("the index has {seen} records and should have {wanted}")));
    }
    let mut after = None;
    loop {
        let Some(index) = here() else { return Ok(false) };
        match index.recall(after.as_deref(), 64)? {
            Some(last) => after = Some(last),
            None => {
                index.recalled();
                return Ok(true);
            }
        }
        std::thread::yield_now();
    }
}
