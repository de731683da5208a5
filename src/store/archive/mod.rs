//! Old segments are carried off to the archive: never deleted, and nothing that the index needs goes with them (DESIGN §4.6).
//!
//! A segment is ripe once every document with a line in it has stood still for long enough and nothing in it is damaged. Only the oldest
//! segments go, in their order, so that what is left is one stretch without a gap. Before one goes, the record of each of its documents
//! ([`Matter::Summary`]) and each fact in it are written once more at the journal's end, with a note where the segment is to be found; then
//! the file is moved. What a crash leaves:
//!
//! | killed | left behind |
//! | --- | --- |
//! | after the records were written again | the segment where it was; the next run writes them again |
//! | while the file was copied to another file system | half a copy under another name; the next run begins it anew |
//! | after the copy, before the original went | both; the next run finds them equal and removes the original |
//! | after it | the segment in the archive, as the note says |

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Fact, JournalStore, StoreError,
    durable::{BirthHead, Request, Shared, SummaryHead},
    journal::{Frame, Matter, Pos, Segment, Trouble, read_on, sync_dir},
};
use crate::document::{DocumentId, Entry, Event, State, Timestamp};

/// Facts below this name say where an archived segment is: `archive/00000003`.
pub(super) const PLACES: &str = "archive/";

/// So many records are written again in one commit.
const TOGETHER: usize = 256;

/// What one run archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// The segments' files, where they lie now.
    pub files: Vec<PathBuf>,
    /// How many documents have the older part of their life there.
    pub documents: u64,
    /// Why the next closed segment stayed, in a few words for the log; `None` when there is none.
    pub kept_back: Option<String>,
}

/// Where an archived segment is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlaceOf {
    /// The file.
    pub file: PathBuf,
    /// Its newest line.
    pub through: Option<Timestamp>,
}

/// A document that is written again, with the further paths at which it was seen.
pub(super) type Again = (DocumentId, Vec<String>);

/// What stands in a segment.
#[derive(Debug)]
struct Contents {
    segment: Segment,
    newest: Option<Timestamp>,
    documents: BTreeMap<DocumentId, BTreeSet<String>>,
    facts: BTreeSet<String>,
}

impl JournalStore {
    /// Carries off the oldest segments of which everything has stood still since before `before`, if there is an archive.
    ///
    /// # Errors
    /// Those of reads and writes, and [`StoreError::Full`] when the archive cannot be written; whatever was not moved stays where it was.
    pub async fn archive(&self, before: Timestamp) -> Result<Archived, StoreError> {
        let _turn = self.upkeep.lock().await;
        let Some(folder) = self.shared().settings.archive.clone() else { return Ok(Archived::default()) };
        let end = self.ask(|answer| Request::WhereNow { answer }).await??;
        let closed: Vec<_> = end.segments.into_iter().filter(|segment| segment.number != end.end.segment).collect();
        let (ripe, kept_back) = self.aside(move |shared| ripe(shared, closed, before)).await?;
        let mut done = Archived { kept_back, ..Archived::default() };
        for contents in ripe {
            let (segment, documents) = (contents.segment.clone(), contents.documents.len() as u64);
            if !self.restate(contents, &folder).await? {
                done.kept_back = Some(format!("a document in segment {} came to life again", segment.number));
                break;
            }
            let to = folder.clone();
            done.files.push(self.aside(move |shared| shared.carry_off(&segment, &to)).await?);
            done.documents += documents;
        }
        Ok(done)
    }

    /// Writes the records and facts of a segment once more at the journal's end; says whether it may go.
    async fn restate(&self, contents: Contents, folder: &Path) -> Result<bool, StoreError> {
        let Contents { segment, newest, documents, facts } = contents;
        let documents: Vec<Again> = documents.into_iter().map(|(id, paths)| (id, paths.into_iter().collect())).collect();
        for some in documents.chunks(TOGETHER) {
            let documents = some.to_vec();
            if !self.ask(|answer| Request::Restate { documents, names: Vec::new(), notes: Vec::new(), answer }).await?? {
                return Ok(false);
            }
        }
        let names: Vec<_> = facts.into_iter().collect();
        for some in names.chunks(TOGETHER) {
            let names = some.to_vec();
            self.ask(|answer| Request::Restate { documents: Vec::new(), names, notes: Vec::new(), answer }).await??;
        }
        let place = PlaceOf { file: folder.join(segment.path.file_name().unwrap_or_default()), through: newest };
        let value = serde_json::to_string(&place).map_err(|error| StoreError::Failed(error.to_string()))?;
        let notes = vec![Fact::new(format!("{PLACES}{:08}", segment.number), value)];
        self.ask(|answer| Request::Restate { documents: Vec::new(), names: Vec::new(), notes, answer }).await?
    }
}

/// The segments that may go, and why the next one may not.
fn ripe(shared: &Shared, closed: Vec<Segment>, before: Timestamp) -> Result<(Vec<Contents>, Option<String>), StoreError> {
    // Those without a date of their own are as old as the next one that has one.
    let (mut ripe, mut undated) = (Vec::new(), Vec::new());
    for segment in closed {
        let number = segment.number;
        let contents = match contents(shared, segment, before)? {
            Ok(contents) => contents,
            Err(why) => return Ok((ripe, Some(format!("segment {number}: {why}")))),
        };
        let dated = contents.newest.is_some();
        undated.push(contents);
        if dated {
            ripe.append(&mut undated);
        }
    }
    Ok((ripe, None))
}

/// What stands in a segment, or why it must stay.
fn contents(shared: &Shared, segment: Segment, before: Timestamp) -> Result<Result<Contents, String>, StoreError> {
    let mut found = Contents { segment: segment.clone(), newest: None, documents: BTreeMap::new(), facts: BTreeSet::new() };
    let reading = read_on(&[segment], Pos::NONE, 0, u64::MAX, &mut |frame| {
        found.take(&frame);
        Ok(())
    })?;
    if let Some(damage) = reading.damages.first() {
        return Ok(Err(format!("damaged at {}", damage.pos)));
    }
    if found.newest > Some(before) {
        return Ok(Err("too young".into()));
    }
    let index = shared.index()?;
    for (id, paths) in &mut found.documents {
        let Some(slot) = index.slot(*id)? else { continue };
        if !may_go(slot.record.state) || slot.record.since > before {
            return Ok(Err(format!("document {id} does not stand still, or not for long enough")));
        }
        // Whatever of its life can be read; what was archived before stands in the record written then.
        let (history, _) = shared.read_history(&slot)?;
        paths.extend(history.into_iter().filter_map(|entry| match entry.event {
            Event::AlsoSeenAt { path } => Some(path),
            _ => None,
        }));
    }
    Ok(Ok(found))
}

/// Whether the bytes of a document in this state may lie in the archive: it is not on its way, and nobody keeps it back for a while only.
pub(super) const fn may_go(state: State) -> bool {
    !state.is_moving() && !matches!(state, State::HeldWaiting | State::HeldUnsure | State::HeldReceived)
}

impl Contents {
    fn take(&mut self, frame: &Frame) {
        let head = &frame.head;
        let at = match frame.header.matter {
            Matter::Segment => return,
            Matter::Fact => {
                self.facts.extend(serde_json::from_slice::<Fact>(head).ok().map(|fact| fact.name));
                return;
            }
            Matter::Birth => serde_json::from_slice::<BirthHead>(head).ok().map(|head| head.entry.at),
            Matter::Entry => serde_json::from_slice::<Entry>(head).ok().map(|entry| entry.at),
            Matter::Bytes | Matter::Summary => None,
        };
        self.newest = self.newest.max(at);
        let paths = self.documents.entry(frame.header.id).or_default();
        if frame.header.matter == Matter::Summary {
            paths.extend(serde_json::from_slice::<SummaryHead>(head).ok().map(|told| told.paths).unwrap_or_default());
        }
    }
}

impl Shared {
    /// Moves a segment into the archive and reads it there from now on; answers where it is.
    fn carry_off(&self, segment: &Segment, folder: &Path) -> Result<PathBuf, StoreError> {
        let moved = carry_off(&segment.path, folder).map_err(|error| match Trouble::of(&error, "archiving a segment") {
            // Nothing of the journal itself failed.
            Trouble::Io(what) | Trouble::Full(what) => StoreError::Full(what),
            other => other.into(),
        })?;
        self.segments.send_away(segment.number, vec![moved.clone()]);
        Ok(moved)
    }

    /// Where archived segments may be found: under the folder that counts now, or where they were put.
    pub(super) fn places(archive: Option<&Path>, facts: &[(String, String)]) -> Vec<(u32, Vec<PathBuf>)> {
        let of = |(name, value): &(String, String)| {
            let number = name.strip_prefix(PLACES)?.parse().ok()?;
            let place: PlaceOf = serde_json::from_str(value).ok()?;
            let here = archive.and_then(|folder| Some(folder.join(place.file.file_name()?)));
            let mut places: Vec<_> = here.into_iter().chain([place.file]).collect();
            places.dedup();
            Some((number, places))
        };
        facts.iter().filter_map(of).collect()
    }
}

/// Moves a file into a folder, durably at every moment.
pub(super) fn carry_off(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let target = folder.join(file.file_name().unwrap_or_default());
    match fs::metadata(&target) {
        // A crash came between the copy and the removal.
        Ok(_) if is_same(file, &target)? => return remove(file).map(|()| target),
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("another {} is there", target.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match fs::rename(file, &target) {
        Ok(()) => {
            sync_dir(folder)?;
            sync_parent(file)?;
        }
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::XDEV.raw_os_error()) => {
            copy_over(file, &target)?;
            remove(file)?;
        }
        Err(error) => return Err(error),
    }
    Ok(target)
}

/// A copy on another file system, which shows only once it is whole and has been read back.
pub(super) fn copy_over(file: &Path, target: &Path) -> io::Result<()> {
    let half = target.with_extension("half");
    fs::copy(file, &half)?;
    File::open(&half)?.sync_all()?;
    if !is_same(file, &half)? {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} does not read back as it was written", half.display())));
    }
    fs::rename(&half, target)?;
    sync_parent(target)
}

fn remove(file: &Path) -> io::Result<()> {
    fs::remove_file(file)?;
    sync_parent(file)
}

fn sync_parent(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), sync_dir)
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (vec![0; 1 << 18], vec![0; 1 << 18]);
    loop {
        let got = one.read(&mut a)?;
        if got == 0 {
            return Ok(true);
        }
        other.read_exact(&mut b[..got])?;
        if a[..got] != b[..got] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests;
