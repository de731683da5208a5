//! Amounts of money: in figures, and in the upper-case characters that decisions print (大写).

use serde::{Deserialize, Serialize};

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// An amount in 分, hundredths of a yuan; serialized as that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Yuan(i64);

/// The largest amount that is read or written: 9,999,999,999,999.99 yuan, more than any form takes.
const MOST_FEN: i64 = 999_999_999_999_999;

impl Yuan {
    /// So many whole yuan; saturates.
    pub const fn whole(yuan: i64) -> Self {
        Self(yuan.saturating_mul(100))
    }

    /// So many 分.
    pub const fn fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in 分.
    pub const fn in_fen(self) -> i64 {
        self.0
    }

    /// This amount `times` over; saturates.
    #[must_use]
    pub const fn times(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }

    /// Reads figures as the schema takes them, `20000`, `20000.5`, `20000.00`, and with thousands separators as texts write them. `None` for
    /// anything else, more than two decimals included.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let mut fen: i64 = 0;
        let mut digits = 0;
        for byte in whole.bytes() {
            match byte {
                b'0'..=b'9' => {
                    fen = fen.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                    digits += 1;
                }
                b',' if digits > 0 => {}
                b'+' if digits == 0 => {}
                _ => return None,
            }
        }
        let decimals = decimals.trim_end_matches('0');
        if digits == 0 || decimals.len() > 2 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut cents: i64 = 0;
        for at in 0..2 {
            let digit = decimals.as_bytes().get(at).map_or(0, |d| d - b'0');
            cents = cents * 10 + i64::from(digit);
        }
        let fen = fen.checked_mul(100)?.checked_add(cents)?;
        (fen <= MOST_FEN).then_some(Self(fen))
    }

    /// In figures: `20000`, or `20000.50` when there are 角 and 分.
    pub fn figures(self) -> String {
        let (yuan, fen) = (self.0 / 100, self.0 % 100);
        if fen == 0 { yuan.to_string() } else { format!("{yuan}.{fen:02}") }
    }

    /// In 万元 for the publication fields, exact and without trailing zeros: 2,000 yuan is `0.2` (AMT-6).
    pub fn wan(self) -> String {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let decimals = format!("{rest:06}");
        let decimals = decimals.trim_end_matches('0');
        if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }
    }

    /// Reads figures in 万元, `0.2` or `1.0185`: exact, never by way of a fraction in binary. `None` for anything else, and for what is no
    /// whole number of 分.
    pub fn parse_wan(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > 6 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // 万元 with six decimals are 分.
        let whole = Self::parse(whole)?.0 / 100;
        let part: i64 = format!("{decimals:0<6}").parse().ok()?;
        let fen = whole.checked_mul(1_000_000)?.checked_add(part)?;
        (fen <= MOST_FEN).then_some(Self(fen))
    }

    /// In upper-case characters: `贰万元整`, `壹仟零伍元伍角`, `叁分`. Amounts below zero do not occur and are written as their distance from it.
    pub fn upper(self) -> String {
        let (yuan, jiao, fen) = {
            let all = self.0.unsigned_abs();
            (all / 100, (all / 10 % 10) as usize, (all % 10) as usize)
        };
        let mut text = String::new();
        if yuan > 0 {
            push_integer(&mut text, yuan);
            text.push('元');
        }
        if jiao > 0 {
            text.push(DIGITS[jiao]);
            text.push('角');
        }
        if fen > 0 {
            if jiao == 0 && yuan > 0 {
                text.push('零');
            }
            text.push(DIGITS[fen]);
            text.push('分');
        }
        if text.is_empty() {
            text.push_str("零元");
        }
        if fen == 0 && jiao == 0 {
            text.push('整');
        }
        text
    }

    /// Reads an amount in upper-case characters, `人民币` and `（…）` around it allowed; 圆 and 正, and 仟 and 佰 left out of nothing, are taken
    /// as people write them. `None` when the text is not such an amount.
    pub fn parse_upper(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let text = before_the_amount(&text);
        let mut rest = text.strip_suffix(['整', '正']).unwrap_or(text);
        let mut fen: i64 = 0;
        let mut any = false;
        if let Some((whole, tail)) = rest.split_once(['元', '圆']) {
            fen = integer(whole)?.checked_mul(100)?;
            rest = tail;
            any = true;
        }
        if let Some((jiao, tail)) = rest.split_once('角') {
            fen += digit(jiao.trim_start_matches('零'))? * 10;
            rest = tail;
            any = true;
        }
        if let Some(last) = rest.strip_suffix('分') {
            fen += digit(last.trim_start_matches('零'))?;
            rest = "";
            any = true;
        }
        (any && rest.is_empty() && fen <= MOST_FEN).then_some(Self(fen))
    }
}

/// The amount without what forms print before it, 人民币（大写）：, and without brackets around it.
fn before_the_amount(text: &str) -> &str {
    let mut rest = text;
    loop {
        let bare = ["人民币", "（大写）", "(大写)", "大写"].iter().fold(rest, |rest, word| rest.trim_start_matches(word));
        let bare = bare.trim_matches(['：', ':', '（', '(', '）', ')']);
        if bare == rest {
            return rest;
        }
        rest = bare;
    }
}

/// Writes a whole number above zero in groups of four digits.
fn push_integer(text: &mut String, number: u64) {
    const GROUPS: [(u64, &str); 4] = [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")];
    let mut skipped = false;
    for (unit, name) in GROUPS {
        let group = number / unit % 10_000;
        if group == 0 {
            skipped = skipped || !text.is_empty();
            continue;
        }
        if !text.is_empty() && (skipped || group < 1000) {
            text.push('零');
        }
        skipped = false;
        push_group(text, group);
        text.push_str(if name == "万亿" && !(number / 100_000_000).is_multiple_of(10_000) { "万" } else { name });
    }
}

fn push_group(text: &mut String, group: u64) {
    let mut skipped = false;
    let mut begun = false;
    for (unit, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = (group / unit % 10) as usize;
        if digit == 0 {
            skipped = begun;
            continue;
        }
        if skipped {
            text.push('零');
            skipped = false;
        }
        text.push(DIGITS[digit]);
        text.push_str(name);
        begun = true;
    }
}

/// The whole number that upper-case characters give; 万 and 亿 may follow one another.
fn integer(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    if text == "零" {
        return Some(0);
    }
    let (mut total, mut section, mut pending): (i64, i64, Option<i64>) = (0, 0, None);
    for c in text.chars() {
        if let Some(digit) = digit_of(c) {
            // Two digits in a row are figures read out, not an amount; a zero only joins.
            if pending.is_some_and(|p| p != 0) {
                return None;
            }
            pending = Some(digit);
            continue;
        }
        let unit = match c {
            '拾' => 10,
            '佰' => 100,
            '仟' => 1000,
            '万' | '萬' => {
                section = section.checked_add(pending.take().unwrap_or(0))?;
                if section == 0 {
                    return None;
                }
                total = total.checked_add(section.checked_mul(10_000)?)?;
                section = 0;
                continue;
            }
            '亿' | '億' => {
                section = section.checked_add(pending.take().unwrap_or(0))?;
                total = total.checked_add(section)?.checked_mul(100_000_000)?;
                section = 0;
                continue;
            }
            _ => return None,
        };
        // 拾 alone is ten, as in 拾元; a zero before a unit is a slip.
        let digit = match pending.take() {
            Some(0) => return None,
            Some(digit) => digit,
            None if unit == 10 => 1,
            None => return None,
        };
        section = section.checked_add(digit * unit)?;
    }
    total.checked_add(section)?.checked_add(pending.unwrap_or(0))
}

fn digit(text: &str) -> Option<i64> {
    let mut chars = text.chars();
    let digit = digit_of(chars.next()?)?;
    chars.next().is_none().then_some(digit)
}

fn digit_of(c: char) -> Option<i64> {
    Some(match c {
        '零' | '〇' => 0,
        '壹' => 1,
        '贰' | '貳' => 2,
        '叁' | '參' => 3,
        '肆' => 4,
        '伍' => 5,
        '陆' | '陸' => 6,
        '柒' => 7,
        '捌' => 8,
        '玖' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_written_as_a_cashier_would() {
        for (figures, upper) in [
            ("0", "零元整"),
            ("20", "贰拾元整"),
            ("10", "壹拾元整"),
            ("3000", "叁仟元整"),
            ("1008", "壹仟零捌元整"),
            ("10500", "壹万零伍佰元整"),
            ("20000", "贰万元整"),
            ("50000.00", "伍万元整"),
            ("100001", "壹拾万零壹元整"),
            ("1005.5", "壹仟零伍元伍角"),
            ("1005.05", "壹仟零伍元零伍分"),
            ("1005.55", "壹仟零伍元伍角伍分"),
            ("0.03", "叁分"),
            ("0.30", "叁角"),
            ("100000010", "壹亿零壹拾元整"),
            ("100010000", "壹亿零壹万元整"),
            ("123456789.12", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
        ] {
            let amount = Yuan::parse(figures).unwrap();
            assert_eq!(amount.upper(), upper);
            assert_eq!(Yuan::parse_upper(upper), Some(amount), "{upper}");
        }
    }

    #[test]
    fn other_ways_of_writing_are_read() {
        for (text, yuan) in [
            ("人民币贰万圆整", 20_000),
            ("人民币：贰万元正", 20_000),
            ("人民币（大写）贰 万 元 整", 20_000),
            ("（大写：贰万元整）", 20_000),
            ("(人民币贰万元整)", 20_000),
            ("贰万元", 20_000),
            ("拾元整", 10),
            ("壹拾万元整", 100_000),
            ("壹佰零伍万元整", 1_050_000),
            ("伍角整", 0),
        ] {
            let wanted = if yuan == 0 { Yuan::fen(50) } else { Yuan::whole(yuan) };
            assert_eq!(Yuan::parse_upper(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_in_upper_case_is_refused() {
        for text in ["", "二万元整", "20000元", "贰万", "贰零零零元整", "元整", "整", "贰万元伍", "零拾元整", "万元整", "贰万元整罚款"]
        {
            assert_eq!(Yuan::parse_upper(text), None, "{text}");
        }
    }

    #[test]
    fn figures_are_read_exactly() {
        assert_eq!(Yuan::parse("20,000.50"), Some(Yuan::fen(2_000_050)));
        assert_eq!(Yuan::parse("20000.500"), Some(Yuan::fen(2_000_050)));
        for text in ["", ".5", "1.005", "-1", "1e3", "１", "999999999999999999999"] {
            assert_eq!(Yuan::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ten_thousands_are_exact() {
        for (yuan, wan) in
            [("2000", "0.2"), ("10185", "1.0185"), ("1", "0.0001"), ("50000", "5"), ("0.01", "0.000001"), ("123456.78", "12.345678")]
        {
            assert_eq!(Yuan::parse(yuan).unwrap().wan(), wan);
        }
    }

    #[test]
    fn amounts_in_ten_thousands_are_exact() {
        for (wan, yuan) in
            [("0.2", "2000"), ("1.0185", "10185"), ("3", "30000"), ("0.000001", "0.01"), ("5.000000", "50000"), ("1,200.5", "12005000")]
        {
            assert_eq!(Yuan::parse_wan(wan), Yuan::parse(yuan), "{wan}");
        }
        for wrong in ["", ".2", "0.0000001", "1e3", "-1", "0.2万", "二"] {
            assert_eq!(Yuan::parse_wan(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn ten_thousands_are_read_as_they_were_written(fen in 0..MOST_FEN) {
            prop_assert_eq!(Yuan::parse_wan(&Yuan::fen(fen).wan()), Some(Yuan::fen(fen)));
        }

        #[test]
        fn an_amount_written_out_is_read_back(fen in 0i64..=MOST_FEN) {
            let amount = Yuan::fen(fen);
            prop_assert_eq!(Yuan::parse_upper(&amount.upper()), Some(amount));
            prop_assert_eq!(Yuan::parse(&amount.figures()), Some(amount));
        }

        #[test]
        fn a_small_amount_written_out_is_read_back(fen in 0i64..=200_000_000) {
            let amount = Yuan::fen(fen);
            prop_assert_eq!(Yuan::parse_upper(&amount.upper()), Some(amount));
        }

        #[test]
        fn any_text_can_be_tried(text in "[零壹贰拾佰仟万亿元角分整a1]{0,12}") {
            // Whatever is read is a whole answer: writing it out and reading it again gives the same.
            if let Some(amount) = Yuan::parse_upper(&text) {
                prop_assert_eq!(Yuan::parse_upper(&amount.upper()), Some(amount));
            }
        }
    }
}
