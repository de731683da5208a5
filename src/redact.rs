//! Masks personal data and credentials in any text (promise P5; domain.md §7.5; faults A8.5).
//!
//! A scan over bytes, for it runs under every log line and every kept answer: text without anything to hide is not copied. What is
//! known by its shape is found: citizen ID numbers, mobile numbers, bank cards, bearer tokens, the keys in robots' addresses. A name
//! has no shape: names must not be handed to the log at all (`document::Name` masks itself).

use std::borrow::Cow;

/// The text with everything that must not leave masked: `370***********1236`, `138****5678`, `************7890`, `Bearer ***`.
pub fn mask(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(skip) = bytes[at..].iter().position(|b| TRIGGER[usize::from(*b)]) {
        at += skip;
        match find(text, at) {
            Found::Nothing(next) => at = next,
            Found::Secret(start, end, shown) => {
                let start = start.max(copied);
                out.push_str(&text[copied..start]);
                out.push_str(&shown);
                copied = end;
                at = end;
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Bytes at which something may begin: digits, the first byte of full-width digits, `=`, `/hook/`, `Bearer`, `<Token>`.
const TRIGGER: [bool; 256] = {
    let mut table = [false; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = true;
        digit += 1;
    }
    table[FULL_WIDTH[0] as usize] = true;
    table[b'=' as usize] = true;
    table[b'/' as usize] = true;
    table[b'B' as usize] = true;
    table[b'b' as usize] = true;
    table[b'<' as usize] = true;
    table
};

/// The first two bytes of ０ to ９ in UTF-8; the third is 0x90 and the digit.
const FULL_WIDTH: [u8; 2] = [0xEF, 0xBC];

enum Found {
    /// From, to, and what is shown instead.
    Secret(usize, usize, String),
    /// Nothing here; where to look on.
    Nothing(usize),
}

fn find(text: &str, at: usize) -> Found {
    match text.as_bytes()[at] {
        b'0'..=b'9' | 0xEF => number(text, at),
        b'=' => parameter(text, at),
        b'/' => after(text, at, "/hook/"),
        b'<' => element(text, at),
        _ => bearer(text, at),
    }
}

/// What follows `name=` when the name is one whose value is a key.
fn parameter(text: &str, at: usize) -> Found {
    const KEYS: [&str; 7] = ["access_token", "key", "sign", "secret", "password", "token", "client_secret"];
    let before = &text.as_bytes()[..at];
    let from = before.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'_'));
    let name = &text[from.map_or(0, |p| p + 1)..at];
    if KEYS.iter().any(|key| name.eq_ignore_ascii_case(key)) { last_four(text, at + 1) } else { Found::Nothing(at + 1) }
}

fn after(text: &str, at: usize, word: &str) -> Found {
    if text[at..].starts_with(word) { last_four(text, at + word.len()) } else { Found::Nothing(at + 1) }
}

fn bearer(text: &str, at: usize) -> Found {
    const WORDS: [&str; 2] = ["bearer ", "basic "];
    let rest = text.as_bytes();
    for word in WORDS {
        let end = at + word.len();
        if rest.get(at..end).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes())) {
            let token = token_end(text, end);
            if token - end >= 6 {
                return Found::Secret(end, token, "***".to_owned());
            }
        }
    }
    Found::Nothing(at + 1)
}

/// The token in the platform's answer (contract §2).
fn element(text: &str, at: usize) -> Found {
    let Some(inside) = text[at..].strip_prefix("<Token>") else {
        return Found::Nothing(at + 1);
    };
    let start = at + "<Token>".len();
    let end = inside.find("</Token>").map_or(text.len(), |p| start + p);
    Found::Secret(start, end, "***".to_owned())
}

/// Masks a token that begins at `start` down to its last four characters, the form in which robots are told apart (faults A8.4).
fn last_four(text: &str, start: usize) -> Found {
    let end = token_end(text, start);
    match end - start {
        0 => Found::Nothing(start.max(1)),
        1..=11 => Found::Secret(start, end, "***".to_owned()),
        _ => Found::Secret(start, end, format!("***{}", &text[end - 4..end])),
    }
}

fn token_end(text: &str, start: usize) -> usize {
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/=%".contains(b);
    let length = text.as_bytes()[start..].iter().take_while(|b| is_token(b)).count();
    start + length
}

/// Digits from one place on, ASCII or full-width, and where each ends.
struct Digits {
    values: Vec<u8>,
    ends: Vec<usize>,
}

/// The digit at `at` and where it ends.
fn digit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at)? {
        b @ b'0'..=b'9' => Some((b - b'0', at + 1)),
        0xEF if bytes.get(at + 1) == Some(&FULL_WIDTH[1]) => {
            let value = bytes.get(at + 2)?.checked_sub(0x90).filter(|v| *v < 10)?;
            Some((value, at + 3))
        }
        _ => None,
    }
}

fn number(text: &str, at: usize) -> Found {
    let bytes = text.as_bytes();
    let mut end = at;
    let mut count = 0;
    while let Some((_, next)) = digit(bytes, end) {
        end = next;
        count += 1;
    }
    match count {
        0 => Found::Nothing(at + 3),
        3 | 4 => grouped(text, at, end),
        1..=10 => Found::Nothing(end),
        _ => long_number(text, at, end),
    }
}

fn collect(bytes: &[u8], mut at: usize, end: usize) -> Digits {
    let mut digits = Digits { values: Vec::with_capacity(end - at), ends: Vec::with_capacity(end - at) };
    while at < end {
        let Some((value, next)) = digit(bytes, at) else {
            break;
        };
        digits.values.push(value);
        digits.ends.push(next);
        at = next;
    }
    digits
}

/// A run of eleven digits or more.
fn long_number(text: &str, at: usize, end: usize) -> Found {
    if is_identity(text, at, end) {
        return Found::Nothing(end);
    }
    let bytes = text.as_bytes();
    let digits = collect(bytes, at, end);
    let d = digits.values.as_slice();
    // Ｘ and ｘ as full-width letters.
    let check_letter = match &bytes[end..] {
        [b'X' | b'x', ..] => Some(end + 1),
        [0xEF, 0xBC, 0xB8, ..] | [0xEF, 0xBD, 0x98, ..] => Some(end + 3),
        _ => None,
    };
    let hidden = |end: usize, first: usize, last: usize, count: usize| Found::Secret(at, end, shown(d, first, last, count));
    match d.len() {
        17 if check_letter.is_some() && is_citizen(d, true) => {
            let mut shown = shown(d, 3, 2, 12);
            shown.push('X');
            Found::Secret(at, check_letter.unwrap_or(end), shown)
        }
        11 if is_mobile(d) => hidden(end, 3, 4, 4),
        12 if d[0] == 0 && is_mobile(&d[1..]) => hidden(end, 4, 4, 4),
        13 if d[..2] == [8, 6] && is_mobile(&d[2..]) => hidden(end, 5, 4, 4),
        15 if d[..4] == [0, 0, 8, 6] && is_mobile(&d[4..]) => hidden(end, 7, 4, 4),
        15 if is_old_citizen(d) => hidden(end, 3, 4, 8),
        18 if is_citizen(d, false) => hidden(end, 3, 4, 11),
        n @ 16..=19 if is_bank_card(d) => hidden(end, 0, 4, n - 4),
        n if n > 18 && d.windows(18).any(|w| is_citizen(w, false) && check_digit(w) == w[17]) => hidden(end, 0, 0, n),
        _ => Found::Nothing(end),
    }
}

/// A mobile number written 3-4-4, or a card in groups of four, with blanks or hyphens.
fn grouped(text: &str, at: usize, first_end: usize) -> Found {
    let bytes = text.as_bytes();
    let Some(gap @ (b' ' | b'-')) = bytes.get(first_end).copied() else {
        return Found::Nothing(first_end);
    };
    let mut digits = collect(bytes, at, first_end).values;
    let first = digits.len();
    let mut end = first_end;
    while bytes.get(end) == Some(&gap) && digits.len() < 19 {
        let group_end = (0..5).fold(end + 1, |p, _| digit(bytes, p).map_or(p, |(_, next)| next));
        let group = collect(bytes, end + 1, group_end).values;
        if !(1..=4).contains(&group.len()) {
            break;
        }
        let whole = group.len() == 4;
        digits.extend(group);
        end = group_end;
        if !whole {
            break;
        }
    }
    if first == 3 && is_mobile(&digits) {
        Found::Secret(at, end, shown(&digits, 3, 4, 4))
    } else if first == 4 && (16..=19).contains(&digits.len()) && is_bank_card(&digits) {
        let hidden = digits.len() - 4;
        Found::Secret(at, end, shown(&digits, 0, 4, hidden))
    } else {
        Found::Nothing(first_end)
    }
}

fn shown(digits: &[u8], first: usize, last: usize, hidden: usize) -> String {
    let as_char = |d: &u8| char::from(b'0' + d);
    let head = digits[..first].iter().map(as_char);
    let tail = digits[digits.len() - last..].iter().map(as_char);
    head.chain(std::iter::repeat_n('*', hidden)).chain(tail).collect()
}

/// Whether the digits belong to an identity in hexadecimal (a hash, a UUID), in which any number can turn up by chance.
fn is_identity(text: &str, at: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let belongs = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    let before = bytes[..at].iter().rev().take_while(|b| belongs(b)).count();
    let behind = bytes[end..].iter().take_while(|b| belongs(b)).count();
    let token = &bytes[at - before..end + behind];
    let hex = token.iter().all(|b| *b == b'-' || b.is_ascii_hexdigit());
    let letters = token.iter().any(u8::is_ascii_lowercase);
    let hyphens = token.iter().filter(|b| **b == b'-').count();
    hex && letters && matches!((token.len(), hyphens), (32 | 40 | 64, 0) | (36, 4))
}

fn is_mobile(d: &[u8]) -> bool {
    d.len() == 11 && d[0] == 1 && d[1] >= 3
}

/// GB 11643-1999: place, day of birth, serial, check digit. One with a slip in its last digit is somebody's all the same; but a serial
/// number of today that is built alike is not, hence the year.
fn is_citizen(d: &[u8], ends_in_x: bool) -> bool {
    let year = digits(&d[6..10]);
    let right = check_digit(d) == if ends_in_x { 10 } else { d[17] };
    is_place(d)
        && is_day(year, digits(&d[10..12]), digits(&d[12..14]))
        && if right { (1900..2100).contains(&year) } else { (1900..2016).contains(&year) && !is_uscc(d) }
}

fn is_old_citizen(d: &[u8]) -> bool {
    is_place(d) && is_day(1900 + digits(&d[6..8]), digits(&d[8..10]), digits(&d[10..12]))
}

fn is_place(d: &[u8]) -> bool {
    (11..=82).contains(&digits(&d[..2]))
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    chrono::NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or_default(), month, day).is_some()
}

fn digits(d: &[u8]) -> u32 {
    d.iter().fold(0, |n, d| n * 10 + u32::from(*d))
}

/// The check digit of the first seventeen; 10 stands for X.
fn check_digit(d: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [u8; 11] = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: u32 = d.iter().zip(WEIGHTS).map(|(d, w)| u32::from(*d) * w).sum();
    CHECKS[sum as usize % 11]
}

/// Luhn's sum, unless it is a unified social credit code of nothing but digits: those may be shown.
fn is_bank_card(d: &[u8]) -> bool {
    let double = |d: u8| if d > 4 { d * 2 - 9 } else { d * 2 };
    let sum: u32 = d.iter().rev().enumerate().map(|(n, d)| u32::from(if n % 2 == 1 { double(*d) } else { *d })).sum();
    sum.is_multiple_of(10) && d.iter().any(|x| *x != d[0]) && !is_uscc(d)
}

/// GB 32100-2015, for codes that happen to have no letters.
fn is_uscc(d: &[u8]) -> bool {
    if d.len() != 18 || !matches!(d[0], 1 | 5 | 9) {
        return false;
    }
    let mut weight = 1;
    let mut sum = 0;
    for digit in &d[..17] {
        sum += u32::from(*digit) * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == u32::from(d[17])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_the_shape_of_a_person_is_masked() {
        for (text, masked) in [
            ("身份证370302199001011238。", "身份证370***********1238。"),
            ("id=11010519491231002X", "id=110************02X"),
            ("１１０１０５１９４９１２３１００２Ｘ", "110************02X"),
            ("130503670401001", "130********1001"),
            ("电话13812345678，", "电话138****5678，"),
            ("+8613812345678", "+86138****5678"),
            ("电话：138 1234 5678", "电话：138****5678"),
            ("138-1234-5678", "138****5678"),
            ("卡号6222021234567890128", "卡号***************0128"),
            ("6222 0212 3456 7890 128", "***************0128"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn credentials_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("Authorization: Bearer eyJhbGciOi.x-y_z\n", "Authorization: Bearer ***\n"),
            (
                "https://qyapi.example/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4&a=1",
                "https://qyapi.example/cgi-bin/webhook/send?key=***4bc4&a=1",
            ),
            ("robot/send?access_token=abcdef0123456789", "robot/send?access_token=***6789"),
            ("/open-apis/bot/v2/hook/xxxxxxxx-1234", "/open-apis/bot/v2/hook/***1234"),
            ("password=abc", "password=***"),
            ("<Response><Token><Value>T0ken</Value></Token></Response>", "<Response><Token>***</Token></Response>"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn what_may_be_shown_is_left_alone() {
        for text in [
            "（淄）应急检记〔2023〕12号",
            "2023-04-03T17:20:11.000+08:00 1680513611000",
            "113703020042700086",
            "91370302MA3CXXXX1K",
            "3f2a13812345678bcdef0123456789ab",
            "018f2a31-1234-7abc-9def-13812345678a",
            "370302202304030014",
            "bearing = 3, key value, ＝＞",
            "attempt.no=2 due_in_secs=3600",
            "",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}: {}", mask(text));
        }
    }

    #[test]
    fn a_canary_between_any_neighbours_is_found() {
        for canary in ["370302199001011238", "13812345678", "6222021234567890128"] {
            for left in ["", "：", "(", "\"", "a", "\\n", ">"] {
                for right in ["", "，", ")", "\"", "号", "<"] {
                    let text = format!("{left}{canary}{right}");
                    assert!(!mask(&text).contains(canary), "{text}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn masking_never_panics_and_twice_is_once(text in "\\PC{0,60}|[0-9０-９Xx=<B/ -]{0,60}") {
            let once = mask(&text).into_owned();
            prop_assert_eq!(mask(&once), once.as_str());
        }

        #[test]
        fn any_mobile_number_is_masked(tail in 3_000_000_000_u64..10_000_000_000) {
            let number = format!("1{tail}");
            let text = format!("联系{number}处");
            prop_assert!(!mask(&text).contains(&number));
        }
    }
}
