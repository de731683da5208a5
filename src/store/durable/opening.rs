//! Opening: hold the folder, find the journal's end, bring the index up to it.

use std::path::Path;

use super::{
    OpenError, Opened, Settings, Shared,
    replay::{Replay, tell},
};
use crate::{
    document::{DocumentId, State, Timestamp},
    store::{
        DamageReport, StoreError,
        agenda::Agenda,
        archive::PLACES,
        folder::{Folder, Left, Lock, this_boot},
        index::{Index, Slot, Summary},
        journal::{Damage, FORMAT, Pos, Reading, Segment, Segments, Tail, Trouble, cut, header_at, newer_format, read_on},
        verify::mended_fact,
        volume,
    },
};

/// Everything that an open store is made of.
pub(super) struct Parts {
    pub folder: Folder,
    pub lock: Lock,
    pub tail: Tail,
    pub segments: Segments,
    pub index: Index,
    pub summary: Summary,
    pub agenda: Agenda,
    pub damages: Vec<DamageReport>,
    pub boot: Option<String>,
    pub opened: Opened,
}

pub(super) fn open(dir: &Path, settings: &Settings, now: Timestamp) -> Result<Parts, OpenError> {
    let io = |doing: &'static str| move |error| OpenError::Store(Trouble::of(&error, doing).into());
    let folder = Folder::make(dir).map_err(io("making the state folder"))?;
    if let Some(kind) = volume::remote(dir).map_err(io("looking at the volume"))? {
        return Err(OpenError::NotLocal { kind });
    }
    let lock = Lock::take(dir, now)?;
    let list = Segment::list(&folder.journal()).map_err(io("listing the journal"))?;
    if let Some(found) = newer_format(&list) {
        return Err(OpenError::NewerFormat { found, known: FORMAT });
    }
    let boot = settings.boot.clone().or_else(this_boot);
    let left = folder.read_left();
    let mut opened = Opened { clean: left.as_ref().is_some_and(|l| l.clean.is_some()), ..Opened::default() };
    let whole = left.as_ref().is_some_and(|left| left.index_is_whole(boot.as_deref()));
    if left.is_some() && !whole {
        opened.rebuilt = Some("the machine went down without a clean end".into());
        folder.drop_index().map_err(io("dropping the index"))?;
    }
    // From here on a crash of the machine leaves an index that must not be trusted.
    folder.write_left(&Left { boot: boot.clone(), clean: None }).map_err(io("marking the state folder as in use"))?;
    let list: Vec<Segment> = list.into_values().collect();
    let mut run = Run { folder: &folder, settings, list: &list, opened, damages: Vec::new() };
    let promised = left.and_then(|left| left.clean).unwrap_or(0);
    let (index, summary, reading) = run.index_up_to_date(promised)?;
    let (opened, damages) = (run.opened, run.damages);
    let (tail, fresh) = go_on(&folder, settings, &list, &reading)?;
    let agenda = load(&index, &summary)?;
    let mut segments = list;
    segments.extend(fresh);
    let segments = Segments::of(segments.into_iter().map(|s| (s.number, s)).collect());
    let places = index.facts(PLACES, None, usize::MAX)?;
    Shared::places(settings.archive.as_deref(), &places).into_iter().for_each(|(number, at)| segments.archived_at(number, at));
    Ok(Parts { folder, lock, tail, segments, index, summary, agenda, damages, boot, opened })
}

struct Run<'a> {
    folder: &'a Folder,
    settings: &'a Settings,
    list: &'a [Segment],
    opened: Opened,
    damages: Vec<DamageReport>,
}

impl Run<'_> {
    /// The index, reflecting all of the journal. `promised` is the number of the last frame that a clean end left behind.
    fn index_up_to_date(&mut self, promised: u64) -> Result<(Index, Summary, Reading), Trouble> {
        match self.try_index(promised) {
            Err(Trouble::Damaged(what)) => {
                tracing::warn!(%what, "the index cannot be used and is rebuilt from the journal");
                self.opened.rebuilt = Some(what);
                self.damages.clear();
                self.folder.set_index_aside().map_err(|e| Trouble::of(&e, "setting the index aside"))?;
                self.try_index(promised)
            }
            other => other,
        }
    }

    fn try_index(&mut self, promised: u64) -> Result<(Index, Summary, Reading), Trouble> {
        let there = std::fs::metadata(self.folder.index().join("db")).is_ok();
        let index = Index::open(&self.folder.index(), self.settings.index_cache_bytes)?;
        let summary = index.summary();
        if !there && !self.list.is_empty() && self.opened.rebuilt.is_none() {
            self.opened.rebuilt = Some("the index is missing".into());
        }
        if !self.journal_reaches(&summary) {
            return self.behind_the_index(&index, summary.seq);
        }
        self.read_into(index, summary, promised)
    }

    fn read_into(&mut self, index: Index, from: Summary, promised: u64) -> Result<(Index, Summary, Reading), Trouble> {
        let known = promised.max(from.seq);
        let (start, start_seq) = (Pos { segment: from.end.0, offset: from.end.1 }, from.seq);
        let mut replay = Replay::over(&index, from);
        let reading = read_on(self.list, start, start_seq, known, &mut |frame| replay.take(&frame))?;
        let (mut summary, unfit) = replay.finish();
        self.opened.replayed = reading.frames;
        self.opened.cut_bytes = reading.litter;
        self.damages.extend(unfit);
        self.damages.extend(reading.damages.iter().map(report));
        if reading.last_seq < promised {
            let what = format!("frames {} to {promised} are missing at the end of the journal", reading.last_seq + 1);
            self.damages.push(DamageReport { place: reading.end.to_string(), what, id: None });
        }
        check_counts(&index, &summary)?;
        summary.end = (reading.end.segment, reading.end.offset);
        Ok((index, summary, reading))
    }

    /// Whether the frame that the index knows as the last one is there.
    fn journal_reaches(&self, summary: &Summary) -> bool {
        let at = Pos { segment: summary.last.0, offset: summary.last.1 };
        if summary.seq == 0 {
            return true;
        }
        let Some(segment) = self.list.iter().find(|s| s.number == at.segment) else { return false };
        header_at(segment, at.offset).is_ok_and(|header| header.is_some_and(|h| h.seq == summary.seq))
    }

    /// The journal lost its end, and the index remembers more: what it knew is reported, document by document.
    fn behind_the_index(&mut self, old: &Index, promised: u64) -> Result<(Index, Summary, Reading), Trouble> {
        self.opened.rebuilt = Some("the journal ends before the index".into());
        let fresh_dir = self.folder.dir().join("index.new");
        drop(std::fs::remove_dir_all(&fresh_dir));
        let fresh = Index::open(&fresh_dir, self.settings.index_cache_bytes)?;
        let (fresh, ..) = self.read_into(fresh, Summary::default(), promised)?;
        let mut after = None;
        loop {
            let slice = old.walk(after, 512)?;
            let Some((last, _)) = slice.last() else { break };
            after = Some(*last);
            for (id, _) in slice {
                let Ok(Some(before)) = old.slot(id) else { continue };
                let now = fresh.slot(id)?.map_or(0, |slot| slot.record.version);
                if now < before.record.version {
                    let what = format!("entries {} to {} are missing at the end of the journal", now + 1, before.record.version);
                    self.damages.push(DamageReport { place: before.last().to_string(), what, id: Some(id) });
                }
            }
        }
        drop(fresh);
        drop(std::fs::remove_dir_all(&fresh_dir));
        // The caller sets the old index aside and rebuilds; what was just found must outlive that.
        let found = std::mem::take(&mut self.damages);
        for damage in found.iter().filter(|damage| damage.id.is_some()) {
            self.folder.note_damage(damage).map_err(|e| Trouble::of(&e, "noting a damage"))?;
        }
        Err(Trouble::Damaged("the journal ends before the index".into()))
    }
}

fn report(damage: &Damage) -> DamageReport {
    let id = damage.header.filter(|h| h.version > 0).map(|h| h.id);
    DamageReport { place: damage.pos.to_string(), what: damage.what.clone(), id }
}

/// Truncation is silent in sled: what it holds must be counted.
fn check_counts(index: &Index, summary: &Summary) -> Result<(), Trouble> {
    for state in State::ALL.into_iter().filter(|s| s.blocks_its_case()) {
        let (mut held, counted) = (0, summary.counts.of(state));
        index.items(state, &mut |_| held += 1)?;
        if held != counted {
            return Err(Trouble::Damaged(format!("the index has {held} records in state {state:?} and should have {counted}")));
        }
    }
    Ok(())
}

/// The agenda of what the index holds.
pub(super) fn load(index: &Index, summary: &Summary) -> Result<Agenda, Trouble> {
    let capacity: u64 = State::ALL.into_iter().filter(|s| s.blocks_its_case()).map(|s| summary.counts.of(s)).sum();
    let mut items = Vec::with_capacity(usize::try_from(capacity).unwrap_or(0));
    for state in State::ALL.into_iter().filter(|s| s.blocks_its_case()) {
        index.items(state, &mut |item| items.push(item))?;
    }
    Ok(Agenda::load(items))
}

/// The journal's end, ready to be written to, and its segment if that is new.
fn go_on(folder: &Folder, settings: &Settings, list: &[Segment], reading: &Reading) -> Result<(Tail, Option<Segment>), OpenError> {
    let store = list.iter().rev().find_map(Segment::head).map_or_else(uuid::Uuid::new_v4, |head| head.store);
    let Some(last) = list.last() else {
        let tail = Tail::begin(folder.journal(), settings.segment_bytes, store)?;
        let segment = tail.segment().clone();
        return Ok((tail, Some(segment)));
    };
    if reading.litter > 0 {
        tracing::warn!(place = %reading.end, bytes = reading.litter, "the journal's torn end is cut; nothing of it was acknowledged");
        cut(last, reading.end, reading.litter, &folder.set_aside())?;
    }
    let tail =
        Tail::resume(folder.journal(), settings.segment_bytes, store, last.clone(), reading.end.offset.into(), reading.last_seq + 1)?;
    Ok((tail, None))
}

/// The index of an open store, opened once more after it had failed.
pub(super) fn reopen(shared: &Shared, last_seq: u64) -> Result<(Index, Summary), StoreError> {
    let list = shared.segments.all();
    let mut run = Run { folder: &shared.folder, settings: &shared.settings, list: &list, opened: Opened::default(), damages: Vec::new() };
    let (index, summary, _) = run.index_up_to_date(last_seq)?;
    for damage in run.damages {
        if index.fact(&mended_fact(&damage).name)?.is_none() {
            shared.report(damage);
        }
    }
    Ok((index, summary))
}

/// One document as the journal tells it.
pub(super) fn find(list: &[Segment], id: DocumentId) -> Result<Option<Slot>, StoreError> {
    let mut found: Option<Slot> = None;
    read_on(list, Pos::NONE, 0, u64::MAX, &mut |frame| {
        if frame.header.id == id {
            found = tell(found.take(), &frame);
        }
        Ok(())
    })?;
    Ok(found)
}
