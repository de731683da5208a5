//! How days and amounts are written on paper.

use chrono::{Datelike as _, NaiveDate};

/// A day as documents write it, without leading zeros: `2023年4月3日` (GB/T 9704-2012, 7.3.5.4).
pub fn spoken(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// A span of days, its end included: `2023年4月1日至21日`, `2023年4月1日至5月6日`, `2023年12月1日至2024年1月9日`.
pub fn period(from: NaiveDate, to: NaiveDate) -> String {
    let end = if from.year() != to.year() {
        spoken(to)
    } else if from.month() != to.month() {
        format!("{}月{}日", to.month(), to.day())
    } else {
        format!("{}日", to.day())
    };
    if from == to { spoken(from) } else { format!("{}至{end}", spoken(from)) }
}

/// Text without white space and without the stop at its end, for comparing what one document repeats of another.
pub fn folded(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    kept.trim_end_matches(['。', '.', '；', ';', '，']).to_owned()
}

/// What is wrong with a law's name or article that is to be compared: book marks and white space.
pub fn law(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '《' | '》')).collect()
}

/// The article of `第二十八条第一款`: `第二十八条`, with an inserted one's 之一 kept.
pub fn article(text: &str) -> String {
    let bare = law(text);
    let Some(at) = bare.find('条') else { return bare };
    let end = at + '条'.len_utf8();
    let inserted = bare[end..].strip_prefix('之').map_or(0, |rest| '之'.len_utf8() + rest.chars().next().map_or(0, char::len_utf8));
    bare[..end + inserted].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_written_without_leading_zeros() {
        assert_eq!(spoken(day("2023-04-03")), "2023年4月3日");
        assert_eq!(period(day("2023-04-01"), day("2023-04-21")), "2023年4月1日至21日");
        assert_eq!(period(day("2023-04-01"), day("2023-05-06")), "2023年4月1日至5月6日");
        assert_eq!(period(day("2023-12-01"), day("2024-01-09")), "2023年12月1日至2024年1月9日");
        assert_eq!(period(day("2023-04-01"), day("2023-04-01")), "2023年4月1日");
    }

    #[test]
    fn an_article_is_compared_without_its_paragraphs() {
        assert_eq!(article("第二十八条第一款"), "第二十八条");
        assert_eq!(article("第 二十八 条"), "第二十八条");
        assert_eq!(article("第一百三十四条之一第二项"), "第一百三十四条之一");
        assert_eq!(article("附则"), "附则");
        assert_eq!(law("《中华人民共和国安全生产法》"), "中华人民共和国安全生产法");
    }

    #[test]
    fn what_an_order_repeats_of_a_record_is_the_same_text() {
        assert_eq!(folded("空压机房储气罐安全阀 未校验。"), folded("空压机房储气罐安全阀未校验"));
    }
}
