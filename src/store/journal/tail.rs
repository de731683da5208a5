//! The end of the journal, where frames are added.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::PathBuf,
};

use super::{
    Draft, Frame, Pos, Prev, Segment, SegmentHead, Trouble,
    frame::{HEADER, stride},
};

/// Where the next commit goes. One thread holds it.
#[derive(Debug)]
pub(in crate::store) struct Tail {
    dir: PathBuf,
    room: u64,
    store: uuid::Uuid,
    segment: Segment,
    file: File,
    length: u64,
    offset: u64,
    next_seq: u64,
    buffer: Vec<u8>,
}

/// Segments smaller than this are not worth a file, unless the disk has no room for more.
const LEAST_ROOM: u64 = 256 * 1024;

impl Tail {
    /// Begins a journal in an empty folder.
    pub(in crate::store) fn begin(dir: PathBuf, room: u64, store: uuid::Uuid) -> Result<Self, Trouble> {
        let head = SegmentHead { format: super::FORMAT, store, documents: 0 };
        let (segment, file, used) = Segment::create(&dir, 1, room, 1, &head)?;
        let length = length(&file)?;
        Ok(Self { dir, room, store, segment, file, length, offset: used as u64, next_seq: 2, buffer: Vec::new() })
    }

    /// Goes on at `offset` of the last segment, all of which beyond is zeros; `next_seq` is the first number not yet given.
    pub(in crate::store) fn resume(
        dir: PathBuf,
        room: u64,
        store: uuid::Uuid,
        segment: Segment,
        offset: u64,
        next_seq: u64,
    ) -> Result<Self, Trouble> {
        let file =
            OpenOptions::new().read(true).write(true).open(&segment.path).map_err(|e| Trouble::of(&e, "opening the journal's end"))?;
        let length = length(&file)?;
        Ok(Self { dir, room, store, segment, file, length, offset, next_seq, buffer: Vec::new() })
    }

    /// Where the next frame would go.
    pub(in crate::store) fn end(&self) -> Pos {
        Pos { segment: self.segment.number, offset: u32::try_from(self.offset).unwrap_or(u32::MAX) }
    }

    /// The last number given.
    pub(in crate::store) fn last_seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// The segment that is written to.
    pub(in crate::store) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// The store's identity.
    pub(in crate::store) fn store(&self) -> uuid::Uuid {
        self.store
    }

    /// Whether frames of this size in total fit without a new segment.
    pub(in crate::store) fn has_room_for(&self, bytes: usize) -> bool {
        self.offset + bytes as u64 <= self.length
    }

    /// Closes the segment and begins the next one, with room for at least `bytes`; a smaller one than usual where the disk is nearly full.
    pub(in crate::store) fn roll(&mut self, bytes: usize, documents: u64) -> Result<Segment, Trouble> {
        let head = SegmentHead { format: super::FORMAT, store: self.store, documents };
        let least = bytes as u64 + stride(256) as u64 + HEADER as u64;
        let mut room = self.room.max(least);
        let (segment, file, used) = loop {
            match Segment::create(&self.dir, self.segment.number + 1, room, self.next_seq, &head) {
                Err(Trouble::Full(_)) if room > least.max(LEAST_ROOM) => room = (room / 4).max(least).max(LEAST_ROOM),
                other => break other?,
            }
        };
        self.length = length(&file)?;
        (self.segment, self.file, self.offset) = (segment.clone(), file, used as u64);
        self.next_seq += 1;
        Ok(segment)
    }

    /// Writes frames and makes them durable, all in one sync; says where each stands. They must fit ([`Tail::has_room_for`]).
    ///
    /// [`Trouble::Full`] means that nothing of them is left; after any other error the journal must not be written to again.
    pub(in crate::store) fn append(&mut self, drafts: &[Draft]) -> Result<Vec<Pos>, Trouble> {
        let batch = self.next_seq;
        let mut places = Vec::with_capacity(drafts.len());
        self.buffer.clear();
        for (draft, seq) in drafts.iter().zip(batch..) {
            let offset = self.offset + self.buffer.len() as u64;
            let at = Pos { segment: self.segment.number, offset: u32::try_from(offset).unwrap_or(u32::MAX) };
            let prev = match draft.prev {
                Prev::At(pos) => pos,
                Prev::Here(index) => places.get(index).copied().unwrap_or_default(),
            };
            Frame::compose(draft, self.segment.salt, seq, batch, prev, &mut self.buffer);
            places.push(at);
        }
        if let Err(error) = self.file.write_all_at(&self.buffer, self.offset) {
            let trouble = Trouble::of(&error, "writing the journal");
            if matches!(trouble, Trouble::Full(_)) {
                self.take_back().map_err(|e| Trouble::Io(format!("taking back what did not fit: {e}")))?;
            }
            return Err(trouble);
        }
        self.file.sync_data().map_err(|error| Trouble::Io(format!("syncing the journal: {error}")))?;
        self.offset += self.buffer.len() as u64;
        self.next_seq += drafts.len() as u64;
        // A large body must not keep its room for ever.
        self.buffer.shrink_to(1 << 20);
        Ok(places)
    }

    /// Leaves zeros where a write stopped half-way. The room set aside is given up for it, so the next commit begins a new segment.
    fn take_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.offset)?;
        self.length = self.offset;
        self.file.sync_data()
    }
}

fn length(file: &File) -> Result<u64, Trouble> {
    Ok(file.metadata().map_err(|e| Trouble::of(&e, "looking at the journal's end"))?.len())
}
