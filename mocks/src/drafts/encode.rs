//! The encodings that office software saves in.

use encoding_rs::{GB18030, GBK, WINDOWS_1252};

/// The document with another name in its declaration.
fn declare(xml: &str, name: &str) -> String {
    xml.replacen("encoding=\"UTF-8\"", &format!("encoding=\"{name}\""), 1)
}

/// UTF-8 with a byte order mark.
pub(super) fn utf8_bom(xml: &str) -> Vec<u8> {
    [b"\xEF\xBB\xBF", xml.as_bytes()].concat()
}

/// GB18030, declared.
pub(super) fn gb18030(xml: &str) -> Vec<u8> {
    GB18030.encode(&declare(xml, "GB18030")).0.into_owned()
}

/// GBK, declared.
pub(super) fn gbk(xml: &str) -> Vec<u8> {
    GBK.encode(&declare(xml, "GBK")).0.into_owned()
}

/// Bytes of GBK under a declaration of UTF-8.
pub(super) fn gbk_declared_utf8(xml: &str) -> Vec<u8> {
    GBK.encode(xml).0.into_owned()
}

/// UTF-16 with a byte order mark, declared.
pub(super) fn utf16(xml: &str, big_endian: bool) -> Vec<u8> {
    let text = declare(xml, "UTF-16");
    let unit = |unit: u16| {
        if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }
    };
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect()
}

/// Text whose UTF-8 was once read as if it were Western European.
pub(super) fn as_western(text: &str) -> String {
    WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
}
