//! What counts as the same text: blanks, and the full-width and half-width forms of letters, digits and brackets, make no difference
//! (domain.md §2.7).

use chrono::NaiveDate;

/// A text with its blanks dropped and every full-width ASCII character in its half-width form; kinds of brackets and dashes become one.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| !blank(*c)).map(half).collect()
}

/// Whether two names are one. A published name may be masked (`张*`, `张某某`): then what stands open must agree.
pub(super) fn same_name(ours: &str, theirs: &str) -> bool {
    if ours == theirs {
        return true;
    }
    let (ours, theirs) = (folded(ours), folded(theirs));
    if ours == theirs {
        return true;
    }
    let masked = |c: char| matches!(c, '*' | '某' | '×' | '○' | 'X');
    let length = ours.chars().count();
    // Only a person's name is ever masked, and its first character stays.
    let first = theirs.chars().next();
    (2..=4).contains(&length)
        && theirs.chars().any(masked)
        && first == ours.chars().next()
        && theirs.chars().skip(1).all(|c| masked(c) || ours.contains(c))
}

/// A day as sites write it: `2023-04-14`, `2023/4/14`, `2023.04.14`, `2023_04_14`, `20230414`, `2023年4月14日`, also with a time behind it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Some(day) = plain(text) {
        return day;
    }
    let text = folded(text.split([' ', 'T', '\u{3000}']).next()?);
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::parse_from_str(&text, "%Y%m%d").ok();
    }
    let mut parts = text.split(['-', '/', '.', '_', '年', '月', '日']).filter(|part| !part.is_empty());
    let mut number = |most: usize| parts.next().filter(|p| p.len() <= most && p.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok();
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || year < 1000 {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// `2023-04-14`, as nearly all write it: the day, or that there is no such day; `None` for a text of any other form.
fn plain(text: &str) -> Option<Option<NaiveDate>> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let number = |at: std::ops::Range<usize>| {
        bytes[at].iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let joined = bytes[4] == b'-' && bytes[7] == b'-' && year >= 1000;
    joined.then(|| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day))
}

/// The kinds of penalty in a cell, in no order: `罚款；没收违法所得`, joined by any of the marks that were seen.
pub(super) fn kinds(text: &str) -> Vec<String> {
    let text = folded(text);
    let mut kinds: Vec<String> =
        text.split([';', ',', '、', '|', '+']).map(|kind| kind.trim_start_matches("其他-").to_owned()).filter(|k| !k.is_empty()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

const fn blank(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}' | '\u{a0}' | '\u{3000}') || c.is_ascii_whitespace()
}

fn half(c: char) -> char {
    match c {
        '〔' | '［' | '【' | '﹝' | '〖' => '[',
        '〕' | '］' | '】' | '﹞' | '〗' => ']',
        '—' | '–' | '－' | '―' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_blanks_make_no_difference_to_a_name() {
        assert!(same_name("淄博（中德）机械有限公司", "淄博 (中德)机械有限公司"));
        assert!(same_name("ＡＢＣ精铸有限公司", "ABC精铸有限公司"));
        assert!(!same_name("淄博盛泉纺织有限公司", "淄博盛泉纺织厂"));
    }

    #[test]
    fn a_masked_name_agrees_where_it_stands_open() {
        for masked in ["赵*", "赵**", "赵某", "赵某某", "赵*亮"] {
            assert!(same_name("赵宗亮", masked), "{masked}");
        }
        for other in ["钱*", "赵宗", "*宗亮", "赵*明"] {
            assert!(!same_name("赵宗亮", other), "{other}");
        }
        assert!(!same_name("淄博盛泉纺织有限公司", "淄*"), "an enterprise is never masked");
    }

    #[test]
    fn days_are_read_however_sites_write_them() {
        let wanted = NaiveDate::from_ymd_opt(2023, 4, 14);
        for text in
            ["2023-04-14", "2023/4/14", "2023.04.14", "2023_04_14", "20230414", "2023年4月14日", "2023-04-14 00:00:00", "２０２３-04-14"]
        {
            assert_eq!(day(text), wanted, "{text}");
        }
        for wrong in ["", "2023-02-30", "23-04-14", "2023-04", "罚款", "12000", "2023-04-14-1"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn kinds_are_a_set() {
        assert_eq!(kinds("罚款；警告"), kinds("警告;罚款"));
        assert_eq!(kinds("警告、 罚款"), kinds("罚款，警告"));
        assert_ne!(kinds("罚款"), kinds("警告；罚款"));
    }
}
