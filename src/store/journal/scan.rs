//! Reading a segment from some place to its end, across whatever damage there is.

use std::fs::File;

use super::{
    Segment, Trouble,
    frame::{Frame, HEADER, Header, Pos},
    segment::read_up_to,
};

/// How much is read at once.
const WINDOW: usize = 256 * 1024;

/// What comes next in a segment.
#[derive(Debug)]
pub(in crate::store) enum Found {
    /// A frame that is whole. Its bytes are checked and left out.
    Frame(Frame),
    /// A stretch that is not what was written, and after which there is more.
    Damage {
        /// Where it begins.
        pos: Pos,
        /// How long it is.
        length: u64,
        /// The header of the damaged frame, where that is readable.
        header: Option<Header>,
        /// The frame, where only its bytes are damaged.
        frame: Option<Frame>,
    },
    /// Nothing more was written.
    End {
        /// Where the next frame would go.
        offset: u64,
        /// How many bytes there are from there to the last one that is not zero.
        litter: u64,
    },
}

/// A walk through one segment.
pub(in crate::store) struct Scan {
    file: File,
    salt: u32,
    number: u32,
    length: u64,
    offset: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl Scan {
    /// From `offset` on.
    pub(in crate::store) fn from(segment: &Segment, offset: u64) -> Result<Self, Trouble> {
        let open = |e| Trouble::of(&e, "opening a journal segment");
        let file = File::open(&segment.path).map_err(open)?;
        let length = file.metadata().map_err(open)?.len();
        Ok(Self { file, salt: segment.salt, number: segment.number, length, offset, window: Vec::new(), window_at: 0 })
    }

    /// Where it is.
    pub(in crate::store) fn offset(&self) -> u64 {
        self.offset
    }

    /// What comes next. After [`Found::End`] it stays there.
    pub(in crate::store) fn advance(&mut self) -> Result<Found, Trouble> {
        let begin = self.offset;
        let header = self.header_at(begin)?;
        let whole = header.filter(|h| begin + (HEADER + h.payload()) as u64 <= self.length);
        if let Some(header) = whole {
            let head_at = begin + HEADER as u64;
            let head = self.is_sound(head_at, header.head_len, header.head_crc)?;
            let body = self.is_sound(head_at + u64::from(header.head_len), header.body_len, header.body_crc)?;
            let frame = if head { Some(self.frame(header)?) } else { None };
            // A sound header still says where the next frame is.
            self.offset = begin + header.stride() as u64;
            return Ok(match frame {
                Some(frame) if body => Found::Frame(frame),
                frame => Found::Damage { pos: self.pos(begin), length: header.stride() as u64, header: Some(header), frame },
            });
        }
        let next = self.next_header(begin)?;
        if next < self.length {
            self.offset = next;
            return Ok(Found::Damage { pos: self.pos(begin), length: next - begin, header, frame: None });
        }
        Ok(Found::End { offset: begin, litter: self.litter(begin)? })
    }

    fn pos(&self, offset: u64) -> Pos {
        Pos { segment: self.number, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }

    fn frame(&mut self, header: Header) -> Result<Frame, Trouble> {
        let pos = self.pos(self.offset);
        let head = self.bytes(self.offset + HEADER as u64, header.head_len as usize)?.to_vec();
        Ok(Frame { pos, header, head, body: Vec::new() })
    }

    fn header_at(&mut self, offset: u64) -> Result<Option<Header>, Trouble> {
        let salt = self.salt;
        Ok(Header::read(salt, self.bytes(offset, HEADER)?))
    }

    fn is_sound(&mut self, mut at: u64, length: u32, wanted: u32) -> Result<bool, Trouble> {
        let (mut left, mut crc) = (length as usize, 0);
        while left > 0 {
            let step = left.min(WINDOW);
            crc = crc32c::crc32c_append(crc, self.bytes(at, step)?);
            at += step as u64;
            left -= step;
        }
        Ok(crc == wanted)
    }

    /// The next place, after `offset`, where a header stands; the segment's end when there is none.
    fn next_header(&mut self, offset: u64) -> Result<u64, Trouble> {
        let mut at = (offset + 1).next_multiple_of(8);
        while at < self.length {
            let salt = self.salt;
            let chunk = self.bytes(at, WINDOW)?;
            let whole = chunk.len().saturating_sub(HEADER - 1);
            if let Some(found) = (0..whole).step_by(8).find(|i| chunk[*i] != 0 && Header::read(salt, &chunk[*i..]).is_some()) {
                return Ok(at + found as u64);
            }
            at += (whole as u64).next_multiple_of(8).max(8);
        }
        Ok(self.length)
    }

    /// How many bytes there are from `offset` to the last one that is not zero.
    fn litter(&mut self, offset: u64) -> Result<u64, Trouble> {
        let (mut at, mut last) = (offset, offset);
        while at < self.length {
            let chunk = self.bytes(at, WINDOW)?;
            if let Some(i) = chunk.iter().rposition(|b| *b != 0) {
                last = at + i as u64 + 1;
            }
            at += chunk.len().max(1) as u64;
        }
        Ok(last - offset)
    }

    /// At most `len` bytes at `offset`; fewer at the segment's end.
    fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8], Trouble> {
        let len = len.min(usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX));
        let end = self.window_at + self.window.len() as u64;
        if offset < self.window_at || offset + len as u64 > end {
            self.window.resize(WINDOW.max(len), 0);
            let got = read_up_to(&self.file, &mut self.window, offset)?;
            self.window.truncate(got);
            self.window_at = offset;
        }
        let from = usize::try_from(offset - self.window_at).unwrap_or(usize::MAX);
        let to = from.saturating_add(len).min(self.window.len());
        Ok(self.window.get(from..to).unwrap_or_default())
    }
}
