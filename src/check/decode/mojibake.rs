//! Text that was spoilt before it came here: decoded once with the wrong encoding and saved again.

use encoding_rs::GBK;

use super::say;
use crate::{check::tree::place, document::Finding};

/// Characters that UTF-8 read as GBK brings along, whatever it said.
static TELLTALE: Characters = Characters::of("锛銆鐨鍦鏂鎵鐢鍏鍙鏈鏃鏄鍗鍥鍚琛妫鏌绠瀹寮姣鎴涓浜缁闂璁澶娣勭悊屾斂囦搴璐鍒鏁缃");

/// Every other character that a known pattern of damage begins with.
static FIRST: Characters = Characters::of("\u{fffd}锟烫");

/// A set of characters of three bytes in UTF-8, asked for each character of every draft.
struct Characters([u64; 1024]);

impl Characters {
    const fn of(listed: &str) -> Self {
        let (bytes, mut set, mut at) = (listed.as_bytes(), [0; 1024], 0);
        while at + 2 < bytes.len() {
            let code = code(bytes[at], bytes[at + 1], bytes[at + 2]);
            set[code / 64] |= 1 << (code % 64);
            at += 3;
        }
        Self(set)
    }

    const fn has(&self, code: usize) -> bool {
        self.0[code / 64] >> (code % 64) & 1 == 1
    }

    const fn contains(&self, c: char) -> bool {
        (c as usize) < 0x1_0000 && self.has(c as usize)
    }
}

/// The number of a character of three bytes.
const fn code(first: u8, second: u8, third: u8) -> usize {
    (first as usize & 0x0F) << 12 | (second as usize & 0x3F) << 6 | (third as usize & 0x3F)
}

/// Whether anything of the known patterns stands in the text at all; one look at each character, where each pattern by itself would take one.
fn arouses_suspicion(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let mut telltale = 0;
    loop {
        rest = &rest[encoding_rs::Encoding::ascii_valid_up_to(rest)..];
        match rest {
            [] => return false,
            // A letter such as ä: see `as_latin`.
            [0xC3, ..] => return true,
            [first @ 0xE0..=0xEF, second, third, more @ ..] => {
                let code = code(*first, *second, *third);
                telltale += usize::from(TELLTALE.has(code));
                if telltale == 2 || FIRST.has(code) {
                    return true;
                }
                rest = more;
            }
            [_, more @ ..] => rest = more,
        }
    }
}

/// Refuses text that shows a known pattern of damage, with the first place.
pub(super) fn refuse(text: &str) -> Result<(), Box<Finding>> {
    if !arouses_suspicion(text) {
        return Ok(());
    }
    let found = text
        .find('\u{fffd}')
        .map(|at| (at, "有无法还原的字符“\u{fffd}”"))
        .or_else(|| {
            // U+FFFD in UTF-8, read as GBK.
            text.find("锟斤拷").map(|at| (at, "出现“锟斤拷”"))
        })
        .or_else(|| text.find("烫烫烫").map(|at| (at, "出现“烫烫烫”")))
        .or_else(|| twice_decoded(text).map(|at| (at, "汉字成了“琛屾斂”一类的乱码")))
        .or_else(|| as_latin(text).map(|at| (at, "汉字成了“å®‰å…¨”一类的乱码")));
    let Some((at, what)) = found else {
        return Ok(());
    };
    let place = place(text, at);
    Err(say::file(
        "FILE-MOJIBAKE",
        place,
        format!("第 {} 行出现乱码：{what}", place.line),
        "原来的文字".to_owned(),
        "文件曾用错误的编码保存过，丢失的字无法自动还原。请从原件重新导出，另存为 UTF-8 编码。".to_owned(),
    ))
}

/// UTF-8 read as GBK: the runs of characters turn back into good UTF-8 when written as GBK again.
///
/// Encoding every run would cost more than the whole check, so a few characters that such damage always brings along are looked for first.
fn twice_decoded(text: &str) -> Option<usize> {
    let telltale = text.chars().filter(|c| TELLTALE.contains(*c)).take(2).count();
    if telltale < 2 {
        return None;
    }
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, c.is_ascii()) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                if turns_back(&text[from..at]) {
                    return Some(from);
                }
                start = None;
            }
            _ => {}
        }
    }
    None
}

/// At least three characters that, written as GBK and read as UTF-8, give at least two Chinese ones and nothing but such.
///
/// The last byte of a run is often lost in such damage, so up to two bytes may be left over.
fn turns_back(run: &str) -> bool {
    if run.chars().count() < 3 {
        return false;
    }
    let (bytes, _, unmappable) = GBK.encode(run);
    if unmappable {
        return false;
    }
    let good = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(e) if bytes.len() - e.valid_up_to() <= 2 => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    good.chars().count() >= 2
        && good
            .chars()
            .all(|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' | '\u{2010}'..='\u{2026}'))
}

/// UTF-8 read as Latin-1 or Windows-1252: `å®‰å…¨`. Three or more lead bytes of Chinese characters, each followed by a continuation byte.
fn as_latin(text: &str) -> Option<usize> {
    // All of these lead bytes are written with this byte, which Chinese text never has.
    memchr::memchr(0xC3, text.as_bytes())?;
    let mut before: Option<(usize, char)> = None;
    let mut pairs = 0;
    let mut first = None;
    for (at, c) in text.char_indices() {
        if let Some((lead_at, lead)) = before
            && matches!(lead, 'ä'..='é' | 'ï')
            && matches!(c, '\u{80}'..='\u{bf}' | 'Œ' | 'œ' | 'Š' | 'š' | 'Ž' | 'ž' | 'Ÿ' | 'ƒ' | 'ˆ' | '˜' | '–' | '—' | '‘'..='”' | '†'..='•' | '…' | '‰' | '‹' | '›' | '€' | '™')
        {
            first.get_or_insert(lead_at);
            pairs += 1;
            if pairs >= 3 {
                return first;
            }
        }
        before = Some((at, c));
    }
    None
}
