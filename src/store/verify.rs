//! Reading everything: the slow answer to whether all is well.

use std::collections::BTreeSet;

use super::{
    Cursor, DamageReport, Fact, JournalStore, Listing, Store as _, StoreError,
    durable::{Extent, Request, Shared},
    index::Slot,
    journal::{Damage, Matter, Pos, read_on},
};
use crate::document::{ContentHash, DocumentId, Record};

/// How many records are looked at between two questions to the index.
const SLICE: usize = 256;

/// What reading everything found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Whole frames of the journal.
    pub frames: u64,
    /// Documents whose history and bytes were read.
    pub documents: u64,
    /// What is not as it was written; also in [`Store::damaged`](super::Store::damaged) from now on.
    pub problems: Vec<DamageReport>,
    /// Damage that stays in its place, for a closed segment is never changed, and is made good elsewhere.
    pub mended: Vec<DamageReport>,
    /// Archived segments that were read.
    pub archived: u64,
    /// Archived segments that cannot be reached now, by file; no damage.
    pub beyond_reach: Vec<String>,
}

/// Facts below this name remember damages that a repair made good.
const MENDED: &str = "mended/";

/// The fact that a damage was made good.
pub(super) fn mended_fact(damage: &DamageReport) -> Fact {
    let what = format!("{}\n{}", damage.place, damage.what);
    let name = ContentHash::of(what.as_bytes()).to_string();
    Fact::new(format!("{MENDED}{name}"), what)
}

impl Shared {
    /// Whether a repair made this damage good.
    pub(super) fn is_mended(&self, damage: &DamageReport) -> Result<bool, StoreError> {
        Ok(self.index()?.fact(&mended_fact(damage).name)?.is_some())
    }

    /// Whether the damage is made good elsewhere: by a repair, or because the bytes that stood there, `of_bytes`, are whole in another place
    /// (taken anew). A lost line of a history is never made good by what is left of it.
    fn is_made_good(&self, damage: &DamageReport, of_bytes: bool) -> Result<bool, StoreError> {
        if self.is_mended(damage)? {
            return Ok(true);
        }
        let Some(id) = damage.id.filter(|_| of_bytes) else { return Ok(false) };
        Ok(self.index()?.slot(id)?.is_some_and(|slot| check(self, &slot).is_none()))
    }
}

impl JournalStore {
    /// Reads every frame of the journal, replays every document's history, and reads its bytes, against the index.
    ///
    /// Work goes on meanwhile; what happens after the beginning is not looked at.
    ///
    /// # Errors
    /// Those of a read; damage is not an error but a finding.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let _turn = self.upkeep.lock().await;
        let extent = self.ask(|answer| Request::WhereNow { answer }).await??;
        let reading = extent.clone();
        let (mut found, of_bytes) = self.aside(move |shared| read_journal(shared, &reading)).await?;
        let counted: u64 = self.counts().await?.values().sum();
        let mut after: Option<Cursor> = None;
        loop {
            let from = after.clone();
            let slice = self.aside(move |shared| Ok(shared.index()?.ids(&Listing::All, from.as_ref(), SLICE)?)).await?;
            let Some((last, _)) = slice.last() else { break };
            after = Some(last.clone());
            for (_, id) in slice {
                let problem = match self.slot(id).await {
                    Ok(Some(slot)) if slot.last() >= extent.end => None,
                    Ok(Some(slot)) => self.aside(move |shared| Ok(check(shared, &slot))).await?,
                    Ok(None) => Some("the index lists a document that it does not have".into()),
                    Err(StoreError::Damaged(what)) => Some(what),
                    Err(error) => return Err(error),
                };
                found.documents += 1;
                found.problems.extend(problem.map(|what| report(id, what)));
            }
        }
        if found.documents < counted {
            let what = format!("{} documents are listed, and {counted} counted", found.documents);
            found.problems.push(DamageReport { place: "index".into(), what, id: None });
        }
        // What opening found is not seen again by reading what is left: a journal that is gone reads as a whole and empty one.
        for known in self.damaged().await? {
            if found.problems.iter().all(|problem| problem.place != known.place) {
                found.problems.push(known);
            }
        }
        self.aside(move |shared| {
            for problem in std::mem::take(&mut found.problems) {
                if shared.is_made_good(&problem, of_bytes.contains(&problem.place))? {
                    found.mended.push(problem);
                } else {
                    shared.report(problem.clone());
                    found.problems.push(problem);
                }
            }
            Ok(found)
        })
        .await
    }
}

fn report(id: DocumentId, what: String) -> DamageReport {
    DamageReport { place: format!("document {id}"), what, id: Some(id) }
}

/// What reading the journal finds, and the damaged places at which a document's bytes stood.
fn read_journal(shared: &Shared, extent: &Extent) -> Result<(Verification, BTreeSet<String>), StoreError> {
    let (mut found, mut of_bytes) = (Verification::default(), BTreeSet::new());
    let (archived, beyond_reach) = shared.segments.archive();
    found.beyond_reach = beyond_reach;
    for segment in archived {
        let reading = read_on(std::slice::from_ref(&segment), Pos::NONE, 0, u64::MAX, &mut |_| Ok(()))?;
        (found.archived, found.frames) = (found.archived + 1, found.frames + reading.frames);
        found.note(reading.damages, &mut of_bytes);
    }
    let reading = read_on(&extent.segments, Pos::NONE, 0, extent.last_seq, &mut |_| Ok(()))?;
    found.frames = reading.frames;
    // What lies beyond the extent is being written at this moment.
    found.note(reading.damages.into_iter().filter(|damage| damage.pos < extent.end), &mut of_bytes);
    if reading.last_seq < extent.last_seq {
        let what = format!("frames {} to {} are missing at the end", reading.last_seq + 1, extent.last_seq);
        found.problems.push(DamageReport { place: reading.end.to_string(), what, id: None });
    }
    Ok((found, of_bytes))
}

impl Verification {
    fn note(&mut self, damages: impl IntoIterator<Item = Damage>, of_bytes: &mut BTreeSet<String>) {
        self.problems.extend(damages.into_iter().map(|damage| {
            if damage.header.is_some_and(|header| matches!(header.matter, Matter::Birth | Matter::Bytes)) {
                of_bytes.insert(damage.pos.to_string());
            }
            let id = damage.header.filter(|header| header.version > 0).map(|header| header.id);
            DamageReport { place: damage.pos.to_string(), what: damage.what, id }
        }));
    }
}

/// What is wrong, if a document's history does not add up to its record or its bytes are not those that were taken.
fn check(shared: &Shared, slot: &Slot) -> Option<String> {
    let history = match shared.read_history(slot) {
        Ok((history, None)) => history,
        // The older part is in the archive, out of reach: nothing that can be said of it.
        Ok((_, Some(_))) => return None,
        Err(error) => return Some(error.to_string()),
    };
    let Some((first, rest)) = history.split_first() else { return Some("there is no history".into()) };
    let born = Record::begin(slot.record.birth.clone(), first);
    match born.and_then(|born| rest.iter().try_fold(born, |record, entry| record.after(entry))) {
        Ok(record) if record == slot.record => {}
        Ok(_) => return Some("the history does not add up to the record".into()),
        Err(error) => return Some(error.to_string()),
    }
    match shared.read_body(slot) {
        Ok(_) | Err(StoreError::Archived(_)) => None,
        Err(error) => Some(error.to_string()),
    }
}
