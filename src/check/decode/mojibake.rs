//! Text that was spoilt before it came here: decoded once with the wrong encoding and saved again.

use encoding_rs::GBK;

use super::say;
use crate::{check::tree::place, document::Finding};

/// Refuses text that shows a known pattern of damage, with the first place.
pub(super) fn refuse(text: &str) -> Result<(), Box<Finding>> {
    if text.is_ascii() {
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
    let telltale = text
        .chars()
        .filter(|c| {
            matches!(
                c,
                '锛' | '銆'
                    | '鐨'
                    | '鍦'
                    | '鏂'
                    | '鎵'
                    | '鐢'
                    | '鍏'
                    | '鍙'
                    | '鏈'
                    | '鏃'
                    | '鏄'
                    | '鍗'
                    | '鍥'
                    | '鍚'
                    | '琛'
                    | '妫'
                    | '鏌'
                    | '绠'
                    | '瀹'
                    | '寮'
                    | '姣'
                    | '鎴'
                    | '涓'
                    | '浜'
                    | '缁'
                    | '闂'
                    | '璁'
                    | '澶'
                    | '娣'
                    | '勭'
                    | '悊'
                    | '屾'
                    | '斂'
                    | '囦'
                    | '搴'
                    | '璐'
                    | '鍒'
                    | '鏁'
                    | '缃'
            )
        })
        .take(2)
        .count();
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
