//! Bytes to text, strictly: a byte order mark first, then the XML declaration, and never a guess that could lose a character.
//!
//! Encodings: UTF-8 with and without mark, UTF-16 with mark, GB18030 with its subsets GBK and GB2312. Bytes that do not fit are an error
//! with a line number; text that was spoilt before it came here is refused by its known patterns (faults 55).

mod bytes;
mod mojibake;
mod sniff;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, sync::Arc};

use encoding_rs::GB18030;

use super::say;
use crate::document::{Finding, Place};

/// How the text of a draft was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// GB18030, which GBK and GB2312 are parts of.
    Gb18030,
}

impl Encoding {
    /// What people are told.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Gb18030 => "GB18030",
        }
    }
}

/// The text of a draft.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// How it was written.
    pub encoding: Encoding,
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What is said of a file of `size` bytes where `most` are taken; nobody reads it.
pub fn too_big(size: u64, most: u64) -> Box<Finding> {
    say::file(
        "FILE-SIZE",
        Place::default(),
        format!("文件有 {}，超过了 {}", say::size(size), say::size(most)),
        format!("不超过 {}", say::size(most)),
        "请检查是否把照片等附件放进了文书；附件应单独存放。".to_owned(),
    )
}

/// Decodes a draft of at most `most` bytes.
///
/// # Errors
/// The one finding that says why the bytes are no text, or no document at all, and what to do.
pub fn decode(bytes: &[u8], most: usize) -> Result<Decoded, Box<Finding>> {
    if bytes.len() > most {
        return Err(too_big(bytes.len() as u64, most as u64));
    }
    if bytes.iter().all(|b| b.is_ascii_whitespace() || *b == 0) || bytes == UTF8_MARK {
        return Err(say::file(
            "FILE-EMPTY",
            Place::default(),
            "这是一个空文件".to_owned(),
            "填好的文书".to_owned(),
            "请重新导出或保存文书；如果不需要这个文件，请把它移走。".to_owned(),
        ));
    }
    if let Some(finding) = sniff::foreign(bytes) {
        return Err(finding);
    }
    if begins_late(bytes) {
        return Err(say::file(
            "FILE-START",
            Place { line: 1, column: 1 },
            "文件开头的“<?xml”前面多了空行或空格".to_owned(),
            "第一行第一个字就是“<?xml”".to_owned(),
            "请删去“<?xml”前面的空行和空格，再保存。".to_owned(),
        ));
    }
    let decoded = by_mark_or_declaration(bytes)?;
    mojibake::refuse(&decoded.text)?;
    Ok(decoded)
}

/// Whether there is white space before the declaration, where none may be: no parser goes on from there, and its encoding would not be heard.
fn begins_late(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let begun = text.trim_ascii_start();
    begun.len() < text.len() && begun.starts_with(b"<?xml")
}

fn by_mark_or_declaration(bytes: &[u8]) -> Result<Decoded, Box<Finding>> {
    if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        agree(declared(rest).as_deref(), Encoding::Utf8, "文件开头的标记是 UTF-8")?;
        return utf8(rest, false);
    }
    let utf32: [&[u8]; 4] = [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF", b"<\0\0\0", b"\0\0\0<"];
    if utf32.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(ill_encoded("文件是 UTF-32 编码，平台不收".to_owned(), "UTF-8 编码"));
    }
    for (mark, encoding) in [(b"\xFF\xFE", Encoding::Utf16Le), (b"\xFE\xFF", Encoding::Utf16Be)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let text = bytes::utf16(rest, encoding == Encoding::Utf16Be)?;
            let named = declared(text.get(..200.min(text.len())).unwrap_or(&text).as_bytes());
            agree(named.as_deref(), encoding, "文件开头的标记是 UTF-16")?;
            return Ok(Decoded { text: Arc::from(text), encoding });
        }
    }
    if bytes.starts_with(b"<\0") || bytes.starts_with(b"\0<") {
        return Err(ill_encoded("文件是 UTF-16 编码，但开头缺少字节序标记（BOM）".to_owned(), "UTF-8 编码"));
    }
    match declared(bytes).as_deref() {
        None => utf8(bytes, false),
        Some(name) => by_name(name, bytes),
    }
}

fn by_name(name: &str, bytes: &[u8]) -> Result<Decoded, Box<Finding>> {
    match encoding_of(name) {
        Some(Encoding::Utf8) => utf8(bytes, true),
        Some(Encoding::Gb18030) => {
            if bytes::surely_utf8(bytes) {
                return Err(disagree(name, "内容实际是 UTF-8"));
            }
            let text = GB18030
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| bytes::garbled(bytes, bytes::first_bad_gb18030(bytes), "GB18030"))?;
            Ok(Decoded { text: shared(text), encoding: Encoding::Gb18030 })
        }
        Some(_) => Err(disagree(name, "开头缺少 UTF-16 的字节序标记（BOM），内容不是 UTF-16")),
        None => {
            let message = format!("文件声明的编码“{}”不受支持", say::shorten(name, 20));
            Err(ill_encoded(message, "UTF-8、GB18030（GBK、GB2312）或带标记的 UTF-16"))
        }
    }
}

const SAVE_AS: &str = "请在制作软件里重新导出；用记事本时请“另存为”，编码选“UTF-8”。";

fn utf8(bytes: &[u8], declared: bool) -> Result<Decoded, Box<Finding>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: Arc::from(text), encoding: Encoding::Utf8 }),
        Err(e) => {
            if bytes::looks_like_gb18030(bytes) {
                let what = if declared {
                    "文件声明的编码是 UTF-8，内容实际是 GBK（GB18030）"
                } else {
                    "文件没有声明编码，内容实际是 GBK（GB18030）"
                };
                let line = bytes::line_of(bytes, e.valid_up_to());
                return Err(say::file(
                    "FILE-ENCODING",
                    Place { line, column: 0 },
                    format!("{what}，从第 {line} 行起读不出汉字"),
                    "声明与实际一致".to_owned(),
                    "请把第一行改为 <?xml version=\"1.0\" encoding=\"GB18030\"?>，或者另存为 UTF-8 编码。".to_owned(),
                ));
            }
            Err(bytes::garbled(bytes, e.valid_up_to(), "UTF-8"))
        }
    }
}

fn shared(text: Cow<'_, str>) -> Arc<str> {
    match text {
        Cow::Borrowed(text) => Arc::from(text),
        Cow::Owned(text) => Arc::from(text),
    }
}

/// The encoding that an XML declaration names, as written.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(200)];
    let rest = head.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&rest[..end]).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = after[1..].split_once(quote)?;
    Some(name.trim().to_owned())
}

fn encoding_of(name: &str) -> Option<Encoding> {
    match name.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Some(Encoding::Utf8),
        "utf-16" | "utf16" | "utf-16le" => Some(Encoding::Utf16Le),
        "utf-16be" => Some(Encoding::Utf16Be),
        "gb18030" | "gb-18030" | "gbk" | "gb2312" | "gb-2312" | "gb2312-80" | "gb-2312-80" | "cp936" | "ms936" | "windows-936"
        | "x-gbk" => Some(Encoding::Gb18030),
        _ => None,
    }
}

/// A declaration beside a mark must say the same.
fn agree(name: Option<&str>, marked: Encoding, mark: &str) -> Result<(), Box<Finding>> {
    let Some(name) = name else {
        return Ok(());
    };
    let family = |encoding: Encoding| matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    match encoding_of(name) {
        Some(named) if named == marked || (family(named) && family(marked)) => Ok(()),
        _ => Err(disagree(name, mark)),
    }
}

fn disagree(name: &str, actual: &str) -> Box<Finding> {
    ill_encoded(format!("文件声明的编码是 {}，但{actual}", say::shorten(name, 20)), "声明与实际一致")
}

/// What is wrong with the encoding of the whole file.
fn ill_encoded(message: String, wanted: &str) -> Box<Finding> {
    say::file("FILE-ENCODING", Place { line: 1, column: 1 }, message, wanted.to_owned(), SAVE_AS.to_owned())
}
