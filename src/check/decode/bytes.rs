//! Where bytes stop being text.

use encoding_rs::{DecoderResult, GB18030};

use super::say;
use crate::document::{Finding, Place};

/// The line, from 1, that a byte lies in; for encodings in which a newline is always the byte 0x0A.
pub(super) fn line_of(bytes: &[u8], at: usize) -> u32 {
    let newlines = bytes[..at.min(bytes.len())].iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(newlines + 1).unwrap_or(u32::MAX)
}

pub(super) fn garbled(bytes: &[u8], at: usize, encoding: &str) -> Box<Finding> {
    garbled_at(line_of(bytes, at), encoding)
}

fn garbled_at(line: u32, encoding: &str) -> Box<Finding> {
    say::file(
        "FILE-GARBLED",
        Place { line, column: 0 },
        format!("第 {line} 行有乱码：这里的字节不是 {encoding} 文字"),
        "完整的文字".to_owned(),
        "文件可能没有保存完整，或者保存时选错了编码。请打开原件核对这一行，另存为 UTF-8 编码后再放回来。".to_owned(),
    )
}

/// UTF-16 after its mark.
pub(super) fn utf16(bytes: &[u8], high_first: bool) -> Result<String, Box<Finding>> {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if high_first { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    });
    let mut text = String::with_capacity(bytes.len());
    let mut line = 1;
    for unit in char::decode_utf16(units) {
        let Ok(c) = unit else {
            return Err(garbled_at(line, "UTF-16"));
        };
        line += u32::from(c == '\n');
        text.push(c);
    }
    if bytes.len() % 2 == 1 {
        return Err(garbled_at(line, "UTF-16"));
    }
    Ok(text)
}

/// The first byte that is not GB18030.
pub(super) fn first_bad_gb18030(bytes: &[u8]) -> usize {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut room = vec![0; 4096];
    let mut at = 0;
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(&bytes[at..], &mut room, true);
        at += read;
        match result {
            DecoderResult::OutputFull => {}
            DecoderResult::InputEmpty => return bytes.len(),
            DecoderResult::Malformed(bad, after) => {
                return at.saturating_sub(usize::from(bad) + usize::from(after));
            }
        }
    }
}

/// Whether bytes that are no UTF-8 make good GB18030 with Chinese text in it.
pub(super) fn looks_like_gb18030(bytes: &[u8]) -> bool {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some_and(|text| {
        let (mut common, mut odd) = (0_usize, 0_usize);
        for c in text.chars().filter(|c| !c.is_ascii()) {
            match c {
                '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' => common += 1,
                _ => odd += 1,
            }
        }
        common > 1 && odd * 4 <= common
    })
}

/// Whether bytes declared as something else can only be UTF-8: all of them fit, and there is enough Chinese for it to be no accident.
pub(super) fn surely_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        let (mut han, mut other) = (0_usize, 0_usize);
        for c in text.chars().filter(|c| !c.is_ascii()) {
            match c {
                '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' => han += 1,
                _ => other += 1,
            }
        }
        han >= 2 && other <= han
    })
}
