//! Files that are no XML draft at all, told by their content; names are never trusted.

use super::say;
use crate::document::{Finding, Place};

const TO_XML: &str = "请在制作软件里打开，用“导出”或“另存为”存成 XML 文书后再放进来。";

/// The finding for a file of another kind; `None` when it may be XML text.
pub(super) fn foreign(bytes: &[u8]) -> Option<Box<Finding>> {
    let kind = kind_of(bytes)?;
    let space = if kind.0.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
    Some(say::file(
        "FILE-KIND",
        Place::default(),
        format!("这不是 XML 文书，而是{space}{}", kind.0),
        "XML 文书".to_owned(),
        kind.1.to_owned(),
    ))
}

fn kind_of(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Some(("旧版 Word、Excel 或 WPS 文件（doc、xls、wps、et）", TO_XML));
    }
    if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        return Some(zip_kind(bytes));
    }
    if begins(b"{\\rtf") {
        return Some(("RTF 文件", TO_XML));
    }
    if begins(b"%PDF") {
        return Some(("PDF 文件", "PDF 不能录入。请从制作软件里导出 XML 文书。"));
    }
    if begins(b"\x89PNG") || begins(b"\xFF\xD8\xFF") || begins(b"GIF8") || begins(b"BM") && bytes.len() > 64 {
        return Some(("图片", "扫描件和照片不能录入。请从制作软件里导出 XML 文书，图片作为附件存放。"));
    }
    if begins(b"Rar!") || begins(b"7z\xBC\xAF") || begins(b"\x1F\x8B") {
        return Some(("压缩文件", "请先解压，再把里面的 XML 文书放进来。"));
    }
    text_kind(bytes)
}

fn zip_kind(bytes: &[u8]) -> (&'static str, &'static str) {
    let head = &bytes[..bytes.len().min(1 << 16)];
    let holds = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    if holds(b"word/") {
        ("Word 文档（docx）", TO_XML)
    } else if holds(b"xl/") {
        ("Excel 表格（xlsx）", TO_XML)
    } else if holds(b"[Content_Types].xml") {
        ("Word 或 Excel 文件（docx、xlsx）", TO_XML)
    } else if holds(b"OFD.xml") {
        ("OFD 版式文件", "OFD 不能录入。请从制作软件里导出 XML 文书。")
    } else {
        ("压缩文件（zip）", "请先解压，再把里面的 XML 文书放进来。")
    }
}

/// Whether the beginning of an XML file names one of Microsoft's formats, in whatever case.
fn speaks_of_microsoft(head: &[u8]) -> bool {
    let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    head.contains(&0) || has(b"icrosoft") || has(b"ICROSOFT") || has(b"rogid") || has(b"ROGID")
}

/// XML that is no draft, and text that is no XML. UTF-16 is looked at without its zero bytes.
fn text_kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(b"<?xml") && !speaks_of_microsoft(&bytes[..bytes.len().min(4096)]) {
        return None;
    }
    let head: Vec<u8> = bytes.iter().take(4096).filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    let text = String::from_utf8_lossy(&head);
    let begin = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{fffd}'));
    if begin.starts_with("<!doctype html") || begin.starts_with("<html") {
        return Some(("网页（HTML）", "可能是平台登录页被存成了文件。请从制作软件里导出 XML 文书。"));
    }
    if text.contains("progid=\"word.document\"") || text.contains("schemas.microsoft.com/office/word/2003/wordml") {
        return Some(("Word 2003 XML 文档（扩展名常为 doc）", TO_XML));
    }
    if text.contains("progid=\"excel.sheet\"") || text.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Some(("Excel 2003 XML 表格", TO_XML));
    }
    if !begin.starts_with('<') {
        return Some(("别的文件", "文书应当以 <?xml 或者“<”开头。请从制作软件里重新导出 XML 文书。"));
    }
    None
}
