use encoding_rs::{GB18030, GBK};

use super::{Encoding, decode};

const MOST: usize = 10 << 20;

fn rule_of(bytes: &[u8]) -> (String, u32) {
    let finding = decode(bytes, MOST).unwrap_err();
    assert!(!finding.message.is_empty() && !finding.advice.is_empty());
    (finding.rule.clone(), finding.place.line)
}

fn document(declared: &str) -> String {
    let declaration = if declared.is_empty() { String::new() } else { format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\n") };
    format!("{declaration}<文书>\n  <单位>淄川某某机械厂，㛃䶮</单位>\n</文书>\n")
}

fn utf16(text: &str, high_first: bool) -> Vec<u8> {
    let mut bytes = if high_first { vec![0xFE, 0xFF] } else { vec![0xFF, 0xFE] };
    for unit in text.encode_utf16() {
        bytes.extend(if high_first { unit.to_be_bytes() } else { unit.to_le_bytes() });
    }
    bytes
}

#[test]
fn each_encoding_gives_the_same_text() {
    let marked = |text: String| [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
    let gb = |name: &str| GB18030.encode(&document(name)).0.into_owned();
    let cases: Vec<(Vec<u8>, String, Encoding)> = vec![
        (document("").into_bytes(), document(""), Encoding::Utf8),
        (document("utf-8").into_bytes(), document("utf-8"), Encoding::Utf8),
        (marked(document("UTF-8")), document("UTF-8"), Encoding::Utf8),
        (marked(document("")), document(""), Encoding::Utf8),
        (gb("GB18030"), document("GB18030"), Encoding::Gb18030),
        (gb("GBK"), document("GBK"), Encoding::Gb18030),
        (gb("gb2312"), document("gb2312"), Encoding::Gb18030),
        (utf16(&document("UTF-16"), false), document("UTF-16"), Encoding::Utf16Le),
        (utf16(&document(""), true), document(""), Encoding::Utf16Be),
        (utf16(&document("utf-16"), true), document("utf-16"), Encoding::Utf16Be),
    ];
    for (bytes, text, encoding) in cases {
        let decoded = decode(&bytes, MOST).unwrap();
        assert_eq!((&*decoded.text, decoded.encoding), (text.as_str(), encoding));
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let mut broken = document("utf-8").into_bytes();
    let at = broken.len() - 12;
    broken.splice(at..at, *b"\xC0\xFF");
    assert_eq!(rule_of(&broken), ("FILE-GARBLED".into(), 3));

    let mut broken = GB18030.encode(&document("GBK")).0.into_owned();
    let at = broken.iter().rposition(|b| *b == b'\n').unwrap();
    broken.insert(at, 0xFF);
    assert_eq!(rule_of(&broken), ("FILE-GARBLED".into(), 4));

    let mut broken = utf16(&document(""), false);
    broken.push(0);
    assert_eq!(rule_of(&broken).0, "FILE-GARBLED");
    let lone = [0xFF, 0xFE, b'<', 0, b'\n', 0, 0x00, 0xD8, b'a', 0];
    assert_eq!(rule_of(&lone), ("FILE-GARBLED".into(), 2));
}

#[test]
fn a_declaration_that_does_not_tell_the_truth_is_named() {
    let gbk = |name: &str| GB18030.encode(&document(name)).0.into_owned();
    assert_eq!(rule_of(&gbk("utf-8")), ("FILE-ENCODING".into(), 2));
    assert_eq!(rule_of(&gbk("")), ("FILE-ENCODING".into(), 1));
    for lie in ["GBK", "UTF-16", "Big5", "windows-1252"] {
        assert_eq!(rule_of(document(lie).as_bytes()).0, "FILE-ENCODING", "{lie}");
    }
    let marked = [b"\xEF\xBB\xBF".as_slice(), &gbk("GBK")].concat();
    assert_eq!(rule_of(&marked).0, "FILE-ENCODING");
    assert_eq!(rule_of(&utf16(&document("utf-8"), false)).0, "FILE-ENCODING");
    assert_eq!(rule_of(&utf16(&document(""), true)[2..]).0, "FILE-ENCODING");
}

#[test]
fn text_that_was_spoilt_before_is_refused_by_its_patterns() {
    // UTF-8 read as GBK and saved again.
    let twice = GBK.decode_without_bom_handling("<文书>行政处罚文件，管理执法检查</文书>".as_bytes()).0.into_owned();
    assert_eq!(rule_of(format!("<a>\n{twice}</a>").as_bytes()), ("FILE-MOJIBAKE".into(), 2));
    let latin: String = "<a>安全生产</a>".bytes().map(char::from).collect();
    for spoilt in ["<a>某\u{fffd}厂</a>", "<a>锟斤拷</a>", "<a>烫烫烫烫</a>", &latin] {
        assert_eq!(rule_of(spoilt.as_bytes()).0, "FILE-MOJIBAKE", "{spoilt}");
    }
}

#[test]
fn honest_text_with_rare_characters_is_not_taken_for_damage() {
    for honest in [
        "<a>行政处罚决定书：未按规定设置安全警示标志，责令限期改正。</a>",
        "<a>鏂鎵 绠 瀹（姓氏用字），妫某、琛某</a>",
        "<a>café “naïve” über – 3 €</a>",
        "<a>烫伤</a>",
        "<a>\u{20bb7}野家</a>",
    ] {
        assert!(decode(honest.as_bytes(), MOST).is_ok(), "{honest}");
    }
}

#[test]
fn files_of_another_kind_get_their_own_advice() {
    let zip = |name: &str| [b"PK\x03\x04....".as_slice(), name.as_bytes()].concat();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest".to_vec(), "旧版 Word"),
        (zip("word/document.xml"), "docx"),
        (zip("xl/workbook.xml"), "xlsx"),
        (zip("OFD.xml"), "OFD"),
        (zip("a.txt"), "zip"),
        (b"{\\rtf1\\ansi".to_vec(), "RTF"),
        (b"%PDF-1.7".to_vec(), "PDF"),
        (b"\r\n<!DOCTYPE HTML><html>".to_vec(), "网页"),
        (b"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Word.Document\"?><w:wordDocument/>".to_vec(), "Word 2003"),
        ("姓名,单位\n".as_bytes().to_vec(), "别的文件"),
    ];
    for (bytes, words) in cases {
        let finding = decode(&bytes, MOST).unwrap_err();
        assert_eq!(finding.rule, "FILE-KIND");
        assert!(finding.message.contains(words), "{}", finding.message);
    }
}

#[test]
fn empty_and_oversized_files_are_refused() {
    for empty in [b"".as_slice(), b" \r\n\t", b"\xEF\xBB\xBF", &[0; 4096]] {
        assert_eq!(rule_of(empty).0, "FILE-EMPTY");
    }
    let finding = decode(b"<a>12345</a>", 11).unwrap_err();
    assert_eq!(finding.rule, "FILE-SIZE");
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _seen = decode(&bytes, 150).is_ok();
        let declared = [b"<?xml version='1.0' encoding='GBK'?>".as_slice(), &bytes].concat();
        let _seen = decode(&declared, MOST).is_ok();
        for mark in [b"\xFF\xFE".as_slice(), b"\xFE\xFF", b"\xEF\xBB\xBF"] {
            let _seen = decode(&[mark, &bytes].concat(), MOST).is_ok();
        }
    }
}

#[test]
fn white_space_before_the_declaration_and_four_bytes_a_character_are_named_as_that() {
    let refused = |bytes: &[u8]| decode(bytes, 1 << 20).unwrap_err();
    let declared = "<?xml version=\"1.0\" encoding=\"GB18030\"?>\n<a>\u{6dc4}</a>";
    let (in_gb, ..) = encoding_rs::GB18030.encode(declared);
    for early in [b"\n".as_slice(), b"  ", b"\xEF\xBB\xBF\r\n"] {
        let finding = refused(&[early, &in_gb].concat());
        assert_eq!((finding.rule.as_str(), finding.place.line), ("FILE-START", 1), "{finding:?}");
    }
    assert!(decode(b"\n<a/>", 1 << 20).is_ok(), "without a declaration it is no fault");
    let wide = |text: &str, mark: &[u8]| [mark, &text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<_>>()].concat();
    for mark in [b"\xFF\xFE\0\0".as_slice(), b""] {
        let finding = refused(&wide("<a/>", mark));
        assert!(finding.message.contains("UTF-32"), "{finding:?}");
    }
}
