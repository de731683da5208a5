//! The files of the journal.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::{
    Trouble,
    frame::{Draft, FORMAT, Frame, HEADER, Header, Matter, Pos},
};

/// How many segments are held open for reading.
const HELD_OPEN: usize = 48;
/// One read fetches this much, so that most documents take one.
const FIRST_READ: usize = 8192;

/// What the first frame of a segment says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct SegmentHead {
    /// The version of the format.
    pub format: u32,
    /// The store that the journal belongs to.
    pub store: uuid::Uuid,
    /// How many documents the store held when the segment was begun: a checkpoint for rebuilding.
    pub documents: u64,
}

/// One file of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Segment {
    /// Its number, from 1.
    pub number: u32,
    /// What its checksums begin with.
    pub salt: u32,
    /// Where it is.
    pub path: PathBuf,
}

impl Segment {
    fn named(path: &Path) -> Option<Self> {
        let (number, salt) = path.file_name()?.to_str()?.strip_suffix(".journal")?.split_once('-')?;
        Some(Self { number: number.parse().ok()?, salt: u32::from_str_radix(salt, 16).ok()?, path: path.to_owned() })
    }

    /// The segments in a folder, in their order.
    pub(in crate::store) fn list(dir: &Path) -> io::Result<BTreeMap<u32, Self>> {
        let mut segments = BTreeMap::new();
        for entry in fs::read_dir(dir)? {
            if let Some(segment) = Self::named(&entry?.path()) {
                segments.insert(segment.number, segment);
            }
        }
        Ok(segments)
    }

    /// Begins a segment of at least `room` bytes, all set aside on the disk, and makes it and its name durable.
    pub(super) fn create(dir: &Path, number: u32, room: u64, seq: u64, head: &SegmentHead) -> Result<(Self, File, usize), Trouble> {
        let salt = uuid::Uuid::new_v4().as_fields().0;
        let path = dir.join(format!("{number:08}-{salt:08x}.journal"));
        let unborn = dir.join("unborn");
        let json = serde_json::to_vec(head).map_err(|e| Trouble::Io(e.to_string()))?;
        let mut bytes = Vec::new();
        Frame::compose(&Draft::about_none(Matter::Segment, json), salt, seq, seq, Pos::NONE, &mut bytes);
        let doing = "beginning a journal segment";
        let made = (|| {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&unborn)?;
            set_aside(&file, room.max(bytes.len() as u64))?;
            file.write_all_at(&bytes, 0)?;
            file.sync_all()?;
            fs::rename(&unborn, &path)?;
            sync_dir(dir)?;
            Ok(file)
        })();
        let file = made.map_err(|error: io::Error| {
            drop(fs::remove_file(&unborn));
            Trouble::of(&error, doing)
        })?;
        Ok((Self { number, salt, path }, file, bytes.len()))
    }

    /// What the segment's first frame says; `None` when it cannot be read.
    pub(in crate::store) fn head(&self) -> Option<SegmentHead> {
        let file = File::open(&self.path).ok()?;
        let frame = Frame::fetch(&file, self.salt, Pos { segment: self.number, offset: 0 }, true).ok()?;
        serde_json::from_slice(&frame.head).ok()
    }
}

/// Sets room aside, so that later writes into it need none; where the file system cannot, later writes may find the disk full.
fn set_aside(file: &File, room: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, room) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => file.set_len(room),
        Err(error) => Err(error.into()),
    }
}

/// Makes the names in a folder durable.
pub(in crate::store) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

impl Frame {
    /// Appends a frame to `out`.
    pub(super) fn compose(draft: &Draft, salt: u32, seq: u64, batch: u64, prev: Pos, out: &mut Vec<u8>) {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let header = Header {
            head_crc: crc32c::crc32c(&draft.head),
            body_crc: crc32c::crc32c(&draft.body),
            head_len: length(&draft.head),
            body_len: length(&draft.body),
            version: draft.version,
            seq,
            batch,
            id: draft.id,
            prev,
            matter: draft.matter,
            was: draft.was,
        };
        let start = out.len();
        header.write(salt, out);
        out.extend_from_slice(&draft.head);
        out.extend_from_slice(&draft.body);
        out.resize(start + header.stride(), 0);
    }

    /// Reads the frame at `pos`, bytes included; where only the JSON is wanted, the bytes need not be whole.
    pub(super) fn fetch(file: &File, salt: u32, pos: Pos, only_head: bool) -> Result<Self, Trouble> {
        let damaged = |what: &str| Trouble::Damaged(format!("{pos}: {what}"));
        let at = u64::from(pos.offset);
        let mut bytes = vec![0; FIRST_READ];
        let got = read_up_to(file, &mut bytes, at)?;
        bytes.truncate(got);
        let header = Header::read(salt, &bytes).ok_or_else(|| damaged("no frame begins here"))?;
        let wanted = HEADER + header.payload();
        if bytes.len() < wanted {
            let there = file.metadata().map_err(|e| Trouble::of(&e, "reading the journal"))?.len();
            if there < at + wanted as u64 {
                return Err(damaged("the segment ends within the frame"));
            }
            bytes.resize(wanted, 0);
            read_up_to(file, &mut bytes[got..], at + got as u64)?;
        }
        bytes.truncate(wanted);
        let body = bytes.split_off(HEADER + header.head_len as usize);
        let head = bytes.split_off(HEADER);
        let whole = crc32c::crc32c(&head) == header.head_crc && (only_head || crc32c::crc32c(&body) == header.body_crc);
        if whole { Ok(Self { pos, header, head, body }) } else { Err(damaged("the checksum is wrong")) }
    }
}

/// Reads until the buffer is full or the file ends; says how much.
pub(super) fn read_up_to(file: &File, buffer: &mut [u8], at: u64) -> Result<usize, Trouble> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read_at(&mut buffer[got..], at + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Trouble::of(&error, "reading the journal")),
        }
    }
    Ok(got)
}

/// A segment, and its file while it is held open.
type Held = (Segment, Option<Arc<File>>);

/// All segments, for reading at any place.
#[derive(Debug)]
pub(in crate::store) struct Segments {
    known: RwLock<BTreeMap<u32, Held>>,
    /// Those in the archive, and where each may be found; opened whenever they are wanted.
    away: RwLock<BTreeMap<u32, Vec<PathBuf>>>,
}

impl Segments {
    /// Those of a folder.
    pub(in crate::store) fn of(list: BTreeMap<u32, Segment>) -> Self {
        Self { known: RwLock::new(list.into_iter().map(|(n, s)| (n, (s, None))).collect()), away: RwLock::default() }
    }

    /// From now on the segment is read at one of `places`, in the archive; one that is still in the journal is read there.
    pub(in crate::store) fn archived_at(&self, number: u32, places: Vec<PathBuf>) {
        self.away.write().unwrap_or_else(PoisonError::into_inner).insert(number, places);
    }

    /// The segment has left the journal for one of `places`.
    pub(in crate::store) fn send_away(&self, number: u32, places: Vec<PathBuf>) {
        self.archived_at(number, places);
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// The archived segments that can be opened now, and the names of those that cannot.
    pub(in crate::store) fn archive(&self) -> (Vec<Segment>, Vec<String>) {
        let away = self.away.read().unwrap_or_else(PoisonError::into_inner).clone();
        let known: Vec<u32> = self.all().into_iter().map(|segment| segment.number).collect();
        let (mut within_reach, mut beyond) = (Vec::new(), Vec::new());
        for (_, places) in away.into_iter().filter(|(number, _)| !known.contains(number)) {
            let there = places.iter().filter(|path| File::open(path).is_ok()).find_map(|path| Segment::named(path));
            match there {
                Some(segment) => within_reach.push(segment),
                None => beyond.extend(places.last().map(|path| path.display().to_string())),
            }
        }
        (within_reach, beyond)
    }

    fn archived_file(&self, number: u32) -> Option<Result<(Arc<File>, u32), Trouble>> {
        let places = self.away.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()?;
        let open = |path: &PathBuf| Some((Arc::new(File::open(path).ok()?), Segment::named(path)?.salt));
        let shown = places.last().map(|path| path.display().to_string()).unwrap_or_default();
        Some(places.iter().find_map(open).ok_or(Trouble::Away(shown)))
    }

    /// One more.
    pub(in crate::store) fn add(&self, segment: Segment) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(segment.number, (segment, None));
    }

    /// All of them, in their order.
    pub(in crate::store) fn all(&self) -> Vec<Segment> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values().map(|(s, _)| s.clone()).collect()
    }

    /// Reads the frame at `pos`, bytes included.
    pub(in crate::store) fn read(&self, pos: Pos) -> Result<Frame, Trouble> {
        let (file, salt) = self.file(pos.segment)?;
        Frame::fetch(&file, salt, pos, false)
    }

    /// Reads the frame at `pos`; its bytes need not be whole.
    pub(in crate::store) fn read_head(&self, pos: Pos) -> Result<Frame, Trouble> {
        let (file, salt) = self.file(pos.segment)?;
        Frame::fetch(&file, salt, pos, true)
    }

    fn file(&self, number: u32) -> Result<(Arc<File>, u32), Trouble> {
        let gone = || Trouble::Damaged(format!("segment {number} is not in the journal"));
        if let Some((segment, Some(file))) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok((Arc::clone(file), segment.salt));
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.values().filter(|(_, file)| file.is_some()).count() >= HELD_OPEN {
            known.values_mut().for_each(|(_, file)| *file = None);
        }
        let Some((segment, held)) = known.get_mut(&number) else {
            drop(known);
            return self.archived_file(number).unwrap_or_else(|| Err(gone()));
        };
        let file = File::open(&segment.path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => gone(),
            _ => Trouble::of(&e, "opening a journal segment"),
        })?;
        let file = Arc::new(file);
        *held = Some(Arc::clone(&file));
        Ok((file, segment.salt))
    }
}

/// Whether the journal's newest readable segment is of a format that this program knows; the newer format's number if not.
pub(in crate::store) fn newer_format(list: &BTreeMap<u32, Segment>) -> Option<u32> {
    list.values().rev().find_map(Segment::head).map(|head| head.format).filter(|format| *format > FORMAT)
}

/// Gives a segment another head of the same length; as a program of another version would have written it.
#[cfg(test)]
pub(in crate::store) fn rewrite_head(segment: &Segment, head: &[u8]) {
    let draft = Draft::about_none(Matter::Segment, head.to_vec());
    let mut bytes = Vec::new();
    Frame::compose(&draft, segment.salt, 1, 1, Pos::NONE, &mut bytes);
    OpenOptions::new().write(true).open(&segment.path).and_then(|file| file.write_all_at(&bytes, 0)).unwrap();
}

/// The header of the frame at `offset` of a segment, if one stands there.
pub(in crate::store) fn header_at(segment: &Segment, offset: u32) -> Result<Option<Header>, Trouble> {
    let file = File::open(&segment.path).map_err(|e| Trouble::of(&e, "opening a journal segment"))?;
    let mut bytes = [0; HEADER];
    let got = read_up_to(&file, &mut bytes, offset.into())?;
    Ok(Header::read(segment.salt, &bytes[..got]))
}
