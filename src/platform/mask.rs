//! Personal data out of a text that is kept: identity numbers, mobile numbers, bank cards, tokens (domain.md §7.5).

/// The text with personal data masked, at most `most` bytes, cut at a character.
pub fn masked(text: &str, most: usize) -> String {
    let text = without_token(cut(text, most));
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |n| start + n);
        // An identity number may end in X.
        let x_follows = end - start == 17 && rest[end..].starts_with(['X', 'x']);
        let end = if x_follows { end + 1 } else { end };
        let alone = !ends_with_word(&rest[..start], &out) && !begins_with_word(&rest[end..]);
        out.push_str(&rest[..start]);
        let run = &rest[start..end];
        match shown(run).filter(|_| alone) {
            Some((head, tail)) => {
                out.push_str(&run[..head]);
                out.extend(std::iter::repeat_n('*', run.len() - head - tail));
                out.push_str(&run[run.len() - tail..]);
            }
            None => out.push_str(run),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// How many digits at the head and the tail of a personal number may be seen; `None` when it is not one.
fn shown(run: &str) -> Option<(usize, usize)> {
    let digits = run.as_bytes();
    match digits.len() {
        11 if digits[0] == b'1' && digits[1] >= b'3' => Some((3, 4)),
        18 if is_day(&run[6..14]) => Some((6, 4)),
        15 if is_day(&format!("19{}", &run[6..12])) => Some((6, 3)),
        16..=19 if passes_luhn(digits) => Some((0, 4)),
        _ => None,
    }
}

/// `YYYYMMDD` of a person's life.
fn is_day(text: &str) -> bool {
    let number = |range| text.get(range).and_then(|t: &str| t.parse::<u32>().ok());
    matches!((number(0..4), number(4..6), number(6..8)), (Some(1880..=2100), Some(1..=12), Some(1..=31)))
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.saturating_sub(b'0'));
            match (place % 2, value * 2) {
                (0, _) => value,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Digits inside a longer word (a hexadecimal digest, a receipt's number) are no personal number.
fn ends_with_word(before: &str, earlier: &str) -> bool {
    before.chars().next_back().or_else(|| earlier.chars().next_back()).is_some_and(|c| c.is_ascii_alphanumeric())
}

fn begins_with_word(after: &str) -> bool {
    after.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A token's value, in whatever prefix its element stands: everything up to the next tag.
fn without_token(text: &str) -> String {
    let Some(at) = text.find("Token>") else {
        return text.to_owned();
    };
    let (before, after) = text.split_at(at);
    let end = after.find("ExpiresIn").unwrap_or(after.len());
    format!("{before}Token>***{}", &after[end..])
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn personal_numbers_are_masked_and_others_are_not() {
        for (text, shown) in [
            ("身份证370302199001011236已登记", "身份证370302********1236已登记"),
            ("37030219900101123X", "370302********123X"),
            ("370302900101123", "370302******123"),
            ("电话13812345678。", "电话138****5678。"),
            ("卡号6222021001116245702", "卡号***************5702"),
            ("统一社会信用代码113703020042700086", "统一社会信用代码113703020042700086"),
            ("SD13812345678", "SD13812345678"),
            ("2023-04-03T17:20:11+08:00", "2023-04-03T17:20:11+08:00"),
            ("<Token><Value>abc.def</Value><ExpiresIn>7200</ExpiresIn></Token>", "<Token>***ExpiresIn>7200</ExpiresIn></Token>"),
        ] {
            assert_eq!(masked(text, 8_192), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(masked("文书文书", 7), "文书");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_masked(text in "\\PC*", most in 0_usize..200) {
            proptest::prop_assert!(masked(&text, most).len() <= most.max(200) + 20);
        }

        #[test]
        fn no_identity_number_survives(before in "[^0-9A-Za-z]{0,9}", after in "[^0-9A-Za-z]{0,9}", serial in 0_u32..1000) {
            let number = format!("37030219850615{serial:03}X");
            let masked = masked(&format!("{before}{number}{after}"), 8_192);
            proptest::prop_assert!(!masked.contains(&number));
        }
    }
}
