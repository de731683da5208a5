//! Reading the journal on from some place to its end, and finding out where that is.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::Path,
};

use super::{Found, Frame, Header, Pos, Scan, Segment, Trouble, sync_dir};

/// A stretch of the journal that had been acknowledged and is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Damage {
    /// Where it begins.
    pub pos: Pos,
    /// What was found.
    pub what: String,
    /// The header of the frame, where that is readable.
    pub header: Option<Header>,
}

/// What a reading came to.
#[derive(Debug, Default)]
pub(in crate::store) struct Reading {
    /// What was damaged on the way.
    pub damages: Vec<Damage>,
    /// Where the next frame goes.
    pub end: Pos,
    /// The number of the last frame.
    pub last_seq: u64,
    /// How many bytes from the end on are left of a commit that was never acknowledged.
    pub litter: u64,
    /// How many whole frames were read.
    pub frames: u64,
}

/// Reads `segments` from `from` on, of which `from_seq` is the last number before, and shows each whole frame to `visit`. `known` is the
/// highest number that is known to have been acknowledged.
pub(in crate::store) fn read_on(
    segments: &[Segment],
    from: Pos,
    from_seq: u64,
    known: u64,
    visit: &mut dyn FnMut(Frame) -> Result<(), Trouble>,
) -> Result<Reading, Trouble> {
    let mut reading = Reading { last_seq: from_seq, end: from, ..Reading::default() };
    let Some(last) = segments.last().map(|s| s.number) else { return Ok(reading) };
    for segment in segments.iter().filter(|s| s.number >= from.segment) {
        let start = if segment.number == from.segment { from.offset } else { 0 };
        let mut scan = Scan::from(segment, start.into())?;
        loop {
            match scan.advance()? {
                Found::Frame(frame) => {
                    reading.note_gap(&frame, from_seq);
                    reading.last_seq = frame.header.seq;
                    reading.frames += 1;
                    visit(frame)?;
                }
                Found::Damage { pos, length, header, frame } => {
                    let open_end = segment.number == last && reading.last_seq + 1 > known;
                    if open_end && is_torn(segment, scan.offset(), reading.last_seq + 1)? {
                        reading.end = pos;
                        reading.litter = litter(segment, pos)?;
                        break;
                    }
                    let what = format!("{length} bytes are not what was written");
                    reading.damages.push(Damage { pos, what, header });
                    if let Some(frame) = frame {
                        // Its bytes are lost, and the document is still known.
                        reading.last_seq = frame.header.seq;
                        visit(frame)?;
                    }
                }
                Found::End { offset, litter } => {
                    reading.end = Pos { segment: segment.number, offset: u32::try_from(offset).unwrap_or(u32::MAX) };
                    reading.litter = litter;
                    if litter > 0 && segment.number != last {
                        let what = format!("{litter} bytes after the last frame are not zeros");
                        reading.damages.push(Damage { pos: reading.end, what, header: None });
                    }
                    break;
                }
            }
        }
    }
    Ok(reading)
}

impl Reading {
    /// Numbers without a gap are what shows that a whole segment is missing, or a stretch of it became zeros.
    fn note_gap(&mut self, frame: &Frame, from_seq: u64) {
        let nothing_before = self.frames == 0 && from_seq == 0;
        if frame.header.seq != self.last_seq + 1 && !nothing_before {
            let what = format!("frames {} to {} are missing before here", self.last_seq + 1, frame.header.seq.saturating_sub(1));
            self.damages.push(Damage { pos: frame.pos, what, header: None });
        }
    }
}

/// Whether what is damaged before `offset` was never acknowledged: no later commit follows it. `missing` is its first number.
fn is_torn(segment: &Segment, offset: u64, missing: u64) -> Result<bool, Trouble> {
    let mut scan = Scan::from(segment, offset)?;
    loop {
        match scan.advance()? {
            Found::Frame(frame) if frame.header.batch > missing => return Ok(false),
            Found::End { .. } => return Ok(true),
            Found::Frame(_) | Found::Damage { .. } => {}
        }
    }
}

fn litter(segment: &Segment, pos: Pos) -> Result<u64, Trouble> {
    let length = fs::metadata(&segment.path).map_err(|e| Trouble::of(&e, "reading the journal"))?.len();
    Ok(length.saturating_sub(pos.offset.into()))
}

/// Sets `litter` bytes at `pos` aside into `folder` and leaves zeros in their place, durably.
pub(in crate::store) fn cut(segment: &Segment, pos: Pos, litter: u64, folder: &Path) -> Result<(), Trouble> {
    let done = (|| {
        let file = OpenOptions::new().read(true).write(true).open(&segment.path)?;
        let mut bytes = vec![0; usize::try_from(litter).unwrap_or(usize::MAX)];
        let at = u64::from(pos.offset);
        file.read_exact_at(&mut bytes, at)?;
        let used = bytes.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
        fs::create_dir_all(folder)?;
        fs::write(folder.join(format!("torn-{:08}-{}.bytes", pos.segment, pos.offset)), &bytes[..used])?;
        sync_dir(folder)?;
        file.write_all_at(&vec![0; used], at)?;
        file.sync_data()
    })();
    done.map_err(|error: std::io::Error| Trouble::of(&error, "cutting the journal's torn end"))
}
