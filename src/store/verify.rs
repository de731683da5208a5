//! Reading everything: the slow answer to whether all is well.

use super::{
    Cursor, DamageReport, JournalStore, Listing, Store as _, StoreError,
    durable::{Extent, Request, Shared},
    index::Slot,
    journal::{Pos, read_on},
};
use crate::document::{DocumentId, Record};

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
}

impl JournalStore {
    /// Reads every frame of the journal, replays every document's history, and reads its bytes, against the index.
    ///
    /// Work goes on meanwhile; what happens after the beginning is not looked at.
    ///
    /// # Errors
    /// Those of a read; damage is not an error but a finding.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let extent = self.ask(|answer| Request::WhereNow { answer }).await??;
        let reading = extent.clone();
        let mut found = self.aside(move |_| read_journal(&reading)).await?;
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
        let problems = found.problems.clone();
        self.aside(move |shared| {
            problems.into_iter().for_each(|problem| shared.report(problem));
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

fn report(id: DocumentId, what: String) -> DamageReport {
    DamageReport { place: format!("document {id}"), what, id: Some(id) }
}

fn read_journal(extent: &Extent) -> Result<Verification, StoreError> {
    let mut found = Verification::default();
    let reading = read_on(&extent.segments, Pos::NONE, 0, extent.last_seq, &mut |_| Ok(()))?;
    found.frames = reading.frames;
    // What lies beyond the extent is being written at this moment.
    for damage in reading.damages.into_iter().filter(|damage| damage.pos < extent.end) {
        let id = damage.header.filter(|header| header.version > 0).map(|header| header.id);
        found.problems.push(DamageReport { place: damage.pos.to_string(), what: damage.what, id });
    }
    if reading.last_seq < extent.last_seq {
        let what = format!("frames {} to {} are missing at the end", reading.last_seq + 1, extent.last_seq);
        found.problems.push(DamageReport { place: reading.end.to_string(), what, id: None });
    }
    Ok(found)
}

/// What is wrong, if a document's history does not add up to its record or its bytes are not those that were taken.
fn check(shared: &Shared, slot: &Slot) -> Option<String> {
    let history = match shared.read_history(slot) {
        Ok(history) => history,
        Err(error) => return Some(error.to_string()),
    };
    let Some((first, rest)) = history.split_first() else { return Some("there is no history".into()) };
    let born = Record::begin(slot.record.birth.clone(), first);
    match born.and_then(|born| rest.iter().try_fold(born, |record, entry| record.after(entry))) {
        Ok(record) if record == slot.record => {}
        Ok(_) => return Some("the history does not add up to the record".into()),
        Err(error) => return Some(error.to_string()),
    }
    shared.read_body(slot).err().map(|error| error.to_string())
}
