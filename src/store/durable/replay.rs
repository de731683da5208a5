//! Telling the index what the journal says: after a kill a little, after the loss of the index everything.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    document::{Birth, DocumentId, Entry, Event, IllegalMove, Record, State},
    store::{
        DamageReport, Fact,
        agenda::Item,
        index::{Changes, GATHER, Index, Slot, Summary, Told},
        journal::{Frame, Matter, Pos, SegmentHead, Trouble},
        keys::{self, Arrival},
    },
};

/// So many documents are gathered before the index is told: each telling touches nearly every block of keys, so few and large ones are
/// quicker, and what is gathered stands in memory meanwhile.
const GATHERED: usize = 2 * GATHER;

/// The JSON of a birth.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct BirthHead {
    pub birth: Birth,
    pub entry: Entry,
}

/// The JSON of a record written again because the segment of its life was archived.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct SummaryHead {
    #[serde(flatten)]
    pub slot: Slot,
    /// Further paths at which it was seen.
    #[serde(default)]
    pub paths: Vec<String>,
}

/// A count of documents at the beginning of a segment, to be compared once all archived ones were told of.
struct Checkpoint {
    pos: Pos,
    seq: u64,
    wanted: u64,
    counted: u64,
}

/// A replay under way.
pub(in crate::store) struct Replay<'a> {
    index: &'a Index,
    summary: Summary,
    slots: HashMap<DocumentId, (Option<State>, Slot)>,
    paths: Vec<(DocumentId, Arrival, String)>,
    facts: Vec<Fact>,
    /// Whether the journal's beginning is in the archive: documents are entered again only later on.
    headless: bool,
    checkpoints: Vec<Checkpoint>,
    /// When documents arrived that were told of by their summary.
    summarised: Vec<Arrival>,
    /// Lines of documents whose beginning was not seen; their summary may come.
    orphans: HashMap<DocumentId, Vec<DamageReport>>,
    /// What did not fit together.
    pub damages: Vec<DamageReport>,
}

impl<'a> Replay<'a> {
    pub(in crate::store) fn over(index: &'a Index, summary: Summary) -> Self {
        Self {
            index,
            summary,
            slots: HashMap::new(),
            paths: Vec::new(),
            facts: Vec::new(),
            headless: false,
            checkpoints: Vec::new(),
            summarised: Vec::new(),
            orphans: HashMap::new(),
            damages: Vec::new(),
        }
    }

    /// Takes in the next frame.
    pub(in crate::store) fn take(&mut self, frame: &Frame) -> Result<(), Trouble> {
        match frame.header.matter {
            Matter::Segment => self.checkpoint(frame),
            Matter::Birth => self.birth(frame)?,
            Matter::Entry => self.entry(frame)?,
            Matter::Fact => {
                let fact = self.parse::<Fact>(frame);
                self.facts.extend(fact);
            }
            Matter::Bytes => {
                if let Some((was, mut slot)) = self.slot(frame.header.id)? {
                    slot.bytes = (frame.pos.segment, frame.pos.offset);
                    self.slots.insert(frame.header.id, (was, slot));
                }
            }
            Matter::Summary => self.summary_of_archived(frame)?,
        }
        self.summary.seq = frame.header.seq;
        self.summary.last = (frame.pos.segment, frame.pos.offset);
        let end = u64::from(frame.pos.offset) + frame.stride();
        self.summary.end = (frame.pos.segment, u32::try_from(end).unwrap_or(u32::MAX));
        if self.slots.len() >= GATHERED {
            self.tell();
            self.index.flush()?;
        }
        Ok(())
    }

    /// Tells the index all that was gathered; what it reflects now.
    pub(in crate::store) fn finish(mut self) -> (Summary, Vec<DamageReport>) {
        self.tell();
        self.summarised.sort_unstable();
        for Checkpoint { pos, seq, wanted, counted } in std::mem::take(&mut self.checkpoints) {
            let there = counted + self.summarised.partition_point(|arrival| *arrival < seq) as u64;
            if there < wanted {
                let what = format!("{} documents are missing from the journal before here", wanted - there);
                self.damages.push(DamageReport { place: pos.to_string(), what, id: None });
            }
        }
        let mut orphans: Vec<_> = std::mem::take(&mut self.orphans).into_values().flatten().collect();
        orphans.sort_by(|a, b| a.place.cmp(&b.place));
        self.damages.extend(orphans);
        (self.summary, self.damages)
    }

    fn tell(&mut self) {
        let changes = Changes {
            slots: self
                .slots
                .drain()
                .map(|(_, (was, slot))| Told { was: was.map(|state| Item { state, ..slot.item() }), slot, stays: false })
                .collect(),
            paths: std::mem::take(&mut self.paths),
            facts: std::mem::take(&mut self.facts),
        };
        self.index.commit(changes, &self.summary);
    }

    /// The record as gathered or as in the index, with the state that the index still has it in.
    fn slot(&self, id: DocumentId) -> Result<Option<(Option<State>, Slot)>, Trouble> {
        if let Some(gathered) = self.slots.get(&id) {
            return Ok(Some(gathered.clone()));
        }
        Ok(self.index.slot(id)?.map(|slot| (Some(slot.record.state), slot)))
    }

    fn parse<T: for<'de> Deserialize<'de>>(&mut self, frame: &Frame) -> Option<T> {
        match serde_json::from_slice(&frame.head) {
            Ok(head) => Some(head),
            Err(error) => {
                self.report(frame, format!("the frame is whole but makes no sense: {error}"));
                None
            }
        }
    }

    fn report(&mut self, frame: &Frame, what: String) {
        let id = Some(frame.header.id).filter(|_| frame.header.version > 0);
        self.damages.push(DamageReport { place: frame.pos.to_string(), what, id });
    }

    fn checkpoint(&mut self, frame: &Frame) {
        let Some(head) = self.parse::<SegmentHead>(frame) else { return };
        let here = self.summary.counts.total();
        self.headless |= self.summary.seq == 0 && frame.pos.segment > 1;
        if self.headless {
            self.checkpoints.push(Checkpoint { pos: frame.pos, seq: frame.header.seq, wanted: head.documents, counted: here });
            return;
        }
        if here < head.documents {
            let what = format!("{} documents are missing from the journal before here", head.documents - here);
            self.report(frame, what);
        }
    }

    fn birth(&mut self, frame: &Frame) -> Result<(), Trouble> {
        if self.slot(frame.header.id)?.is_some() {
            return Ok(());
        }
        let Some(head) = self.parse::<BirthHead>(frame) else { return Ok(()) };
        match Record::begin(head.birth, &head.entry) {
            Ok(record) => self.keep(None, born(record, frame.pos, frame.header.seq)),
            Err(error) => self.report(frame, error.to_string()),
        }
        Ok(())
    }

    fn keep(&mut self, was: Option<State>, slot: Slot) {
        let before = self.slots.get(&slot.record.id()).map(|(_, slot)| slot.record.state).or(was);
        self.summary.counts.change(before, slot.record.state);
        self.slots.insert(slot.record.id(), (was, slot));
    }

    fn entry(&mut self, frame: &Frame) -> Result<(), Trouble> {
        let Some((was, slot)) = self.slot(frame.header.id)? else {
            let id = frame.header.id;
            let what = "a document's entry without its beginning".to_owned();
            self.orphans.entry(id).or_default().push(DamageReport { place: frame.pos.to_string(), what, id: Some(id) });
            return Ok(());
        };
        if frame.header.version <= slot.record.version {
            return Ok(());
        }
        if frame.header.version != slot.record.version + 1 {
            let what = format!("entries {} to {} of a document are missing", slot.record.version + 1, frame.header.version - 1);
            self.report(frame, what);
        }
        let Some(entry) = self.parse::<Entry>(frame) else { return Ok(()) };
        match step(&slot.record, &entry, frame) {
            Ok(record) => {
                if let Event::AlsoSeenAt { path } = entry.event {
                    self.paths.push((record.id(), slot.arrival, path));
                }
                self.keep(was, Slot { record, last: (frame.pos.segment, frame.pos.offset), ..slot });
            }
            Err(error) => self.report(frame, error.to_string()),
        }
        Ok(())
    }

    fn summary_of_archived(&mut self, frame: &Frame) -> Result<(), Trouble> {
        let Some(SummaryHead { slot, paths }) = self.parse::<SummaryHead>(frame) else { return Ok(()) };
        let id = slot.record.id();
        let was = match self.slot(id)? {
            Some((_, known)) if known.record.version >= slot.record.version => return Ok(()),
            Some((was, _)) => was,
            None => {
                self.summarised.push(slot.arrival);
                None
            }
        };
        self.orphans.remove(&id);
        self.paths.extend(paths.into_iter().map(|path| (id, slot.arrival, path)));
        self.keep(was, slot);
        Ok(())
    }
}

/// The slot of a record just begun: its frame holds its bytes, and the frame's number is its arrival.
pub(in crate::store) fn born(record: Record, pos: Pos, seq: u64) -> Slot {
    let place = (pos.segment, pos.offset);
    Slot { last: place, bytes: place, arrival: seq, record }
}

/// The record after a frame's entry. Where entries before it are lost, it is taken to have been in the state that the frame says.
fn step(record: &Record, entry: &Entry, frame: &Frame) -> Result<Record, IllegalMove> {
    if frame.header.version == record.version + 1 {
        return record.after(entry);
    }
    let mut record = record.clone();
    record.version = frame.header.version - 1;
    record.state = keys::state_of(frame.header.was).unwrap_or(record.state);
    record.after(entry)
}

/// One document's slot after a frame of its own; `None` where the frame does not make one.
pub(in crate::store) fn tell(slot: Option<Slot>, frame: &Frame) -> Option<Slot> {
    let place = (frame.pos.segment, frame.pos.offset);
    match (frame.header.matter, slot) {
        (Matter::Birth, None) => {
            let head: BirthHead = serde_json::from_slice(&frame.head).ok()?;
            Some(born(Record::begin(head.birth, &head.entry).ok()?, frame.pos, frame.header.seq))
        }
        (Matter::Entry, Some(slot)) if frame.header.version > slot.record.version => {
            let whole = serde_json::from_slice(&frame.head).ok().and_then(|entry| step(&slot.record, &entry, frame).ok());
            Some(match whole {
                Some(record) => Slot { record, last: place, ..slot },
                None => slot,
            })
        }
        (Matter::Bytes, Some(slot)) => Some(Slot { bytes: place, ..slot }),
        (Matter::Summary, slot) => {
            let told: Option<Slot> = serde_json::from_slice(&frame.head).ok();
            told.filter(|told| slot.as_ref().is_none_or(|s| s.record.version < told.record.version)).or(slot)
        }
        (_, slot) => slot,
    }
}
