//! Citations of law in free text: `依据《中华人民共和国行政处罚法》第四十二条、第五十五条的规定`.

/// One article of one law, as a text cites it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation<'t> {
    /// What stands between 《 and 》; empty when the text names no law before the article.
    pub law: &'t str,
    /// The article.
    pub article: u16,
    /// Where `第` stands, in bytes of the text.
    pub at: usize,
}

/// A law's name without the marks around it and the year of its version behind it: `《行政处罚法》（2021年修订）` is `行政处罚法`.
pub fn law_name(law: &str) -> &str {
    let name = law.trim();
    let name = name.split_once(['（', '(']).map_or(name, |(name, _)| name.trim_end());
    name.trim_start_matches('《').trim_end_matches('》')
}

/// The articles that `text` cites, each with the last law named before it in the same sentence.
pub fn citations(text: &str) -> impl Iterator<Item = Citation<'_>> {
    let mut law = "";
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let here = at;
            at += c.len_utf8();
            match c {
                '《' => {
                    let rest = &text[at..];
                    if let Some(end) = rest.find('》') {
                        law = &rest[..end];
                        at += end + '》'.len_utf8();
                    }
                }
                '。' => law = "",
                '第' => {
                    if let Some((article, length)) = article_at(&text[here..]) {
                        at = here + length;
                        return Some(Citation { law, article, at: here });
                    }
                }
                _ => {}
            }
        }
        None
    })
}

/// The article that a field `第四十四条第一款第二项` names first.
pub fn article(text: &str) -> Option<u16> {
    citations(text).next().map(|citation| citation.article)
}

/// Reads `第…条` at the start of `text`: the number and how many bytes it takes.
fn article_at(text: &str) -> Option<(u16, usize)> {
    let rest = text.strip_prefix('第')?;
    // The longest number, 第一千二百六十条, has seven characters.
    let end = rest.char_indices().take(10).find(|(_, c)| *c == '条')?.0;
    let number = number(rest[..end].trim_matches(' '))?;
    Some((number, '第'.len_utf8() + end + '条'.len_utf8()))
}

/// A number up to 9999 in Chinese characters (`四十二`, `一百零一`, `十`), in digits, or in full-width digits.
pub fn number(text: &str) -> Option<u16> {
    if text.is_empty() {
        return None;
    }
    if let Some(figures) = figures(text) {
        return Some(figures);
    }
    let (mut total, mut pending): (u16, Option<u16>) = (0, None);
    let mut last_unit = u16::MAX;
    for c in text.chars() {
        if let Some(digit) = chinese_digit(c) {
            if pending.is_some_and(|p| p != 0) {
                return None;
            }
            pending = Some(digit);
            continue;
        }
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => return None,
        };
        let digit = match pending.take() {
            // 一百零十 is no number, and 十 alone is ten.
            Some(0) => return None,
            Some(digit) => digit,
            None if unit == 10 => 1,
            None => return None,
        };
        if unit >= last_unit {
            return None;
        }
        last_unit = unit;
        total += digit * unit;
    }
    Some(total + pending.unwrap_or(0)).filter(|n| *n > 0)
}

/// A digit, half-width or full-width, as a half-width one; `None` for every other character.
pub fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => None,
    }
}

fn figures(text: &str) -> Option<u16> {
    let mut value: u16 = 0;
    for c in text.chars() {
        let digit = digit(c)?.to_digit(10)?;
        value = value.checked_mul(10)?.checked_add(u16::try_from(digit).ok()?)?;
    }
    Some(value).filter(|n| (1..=9999).contains(n))
}

fn chinese_digit(c: char) -> Option<u16> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// A number below 10,000 as laws write it: 101 is `一百零一`.
pub fn written(number: u16) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let mut text = String::new();
    let mut skipped = false;
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = usize::from(number / unit % 10);
        if digit == 0 {
            skipped = !text.is_empty();
            continue;
        }
        if skipped {
            text.push('零');
            skipped = false;
        }
        // 十二, not 一十二.
        if !(unit == 10 && digit == 1 && text.is_empty()) {
            text.push(DIGITS[digit]);
        }
        text.push_str(name);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(&str, u16)> {
        citations(text).map(|c| (c.law, c.article)).collect()
    }

    #[test]
    fn articles_are_found_with_their_law() {
        assert_eq!(
            found("依据《中华人民共和国行政处罚法》第四十二条、第55条第一款，《安全生产法》第一百零一条第（四）项的规定"),
            [("中华人民共和国行政处罚法", 42), ("中华人民共和国行政处罚法", 55), ("安全生产法", 101)]
        );
        assert_eq!(found("《行政处罚法》第 ３１ 条"), [("行政处罚法", 31)]);
    }

    #[test]
    fn a_law_holds_to_the_end_of_its_sentence() {
        assert_eq!(found("违反《安全生产法》第三十条。依据第五条处理"), [("安全生产法", 30), ("", 5)]);
    }

    #[test]
    fn other_uses_of_the_same_characters_are_no_articles() {
        assert_eq!(found("第一次询问，第2项，第三款，共十条，第条，第十一百条，《未完"), []);
        assert_eq!(found("第二车间检修、条件不具备"), []);
    }

    #[test]
    fn numbers_are_read_as_laws_write_them() {
        for (text, value) in [
            ("一", 1),
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("四十二", 42),
            ("一百", 100),
            ("一百零一", 101),
            ("一百一十四", 114),
            ("一千二百六十", 1260),
            ("42", 42),
            ("４２", 42),
            ("一百〇三", 103),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "零", "0", "百", "十百", "一二", "四十二个", "99999", "廿"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(article("第四十四条第一款第二项"), Some(44));
    }

    proptest! {
        #[test]
        fn a_number_written_is_read_back(n in 1u16..10_000) {
            prop_assert_eq!(number(&written(n)), Some(n));
        }

        #[test]
        fn any_text_can_be_searched(text in "[《》第条一二十百0-9。a中]{0,40}") {
            for citation in citations(&text) {
                prop_assert!(text[citation.at..].starts_with('第'));
            }
        }
    }
}
