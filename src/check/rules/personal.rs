//! Numbers in a text that lead to a person: identity numbers, telephones, bank accounts (domain.md §2.6). However they are grouped and
//! whatever their width: `138 1234 5678`, `３７０３０２…`, `6222-0210-0111-6245-702`.

use super::{citation::digit, credit_code};
use crate::check::mask;

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// 身份证号码.
    Identity,
    /// A mobile or a telephone with its area code.
    Phone,
    /// A bank card or account.
    Account,
}

/// A number that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) what: What,
    /// Where it begins, in bytes of the text.
    pub(super) at: usize,
    /// Its digits alone, half-width; the last may be an X.
    pub(super) digits: String,
}

impl Number {
    /// As it may be shown.
    pub(super) fn covered(&self) -> String {
        let (head, tail) = match self.what {
            What::Identity => (6, 4),
            What::Phone => (3, 4),
            What::Account => (0, 4),
        };
        let length = self.digits.len();
        self.digits.chars().enumerate().map(|(n, c)| if n < head || n + tail >= length { c } else { '*' }).collect()
    }
}

/// A run of digits and where it begins and ends, in bytes.
#[derive(Debug, Clone)]
struct Run {
    digits: String,
    from: usize,
    to: usize,
}

/// The digits of a text, half-width.
pub(super) fn digits(text: &str) -> String {
    text.chars().filter_map(digit).collect()
}

/// Every such number, in the order of the text.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    for chain in chains(text) {
        let mut rest = chain.as_slice();
        while let Some(first) = rest.first() {
            let (taken, what) = grouped(rest).or_else(|| alone(text, first).map(|what| (1, what))).map_or((1, None), |(n, w)| (n, Some(w)));
            let digits: String = rest[..taken].iter().map(|run| run.digits.as_str()).collect();
            found.extend(what.map(|what| Number { what, at: first.from, digits }));
            rest = &rest[taken..];
        }
    }
    found
}

/// Runs of digits that hang together by single blanks or dashes.
fn chains(text: &str) -> Vec<Vec<Run>> {
    let mut chains: Vec<Vec<Run>> = Vec::new();
    for run in runs(text) {
        let joined = |last: &Run| {
            let mut between = text[last.to..run.from].chars();
            matches!((between.next(), between.next()), (Some(' ' | '-' | '－' | '—' | '\u{3000}'), None))
        };
        match chains.last_mut() {
            Some(chain) if chain.last().is_some_and(joined) => chain.push(run),
            _ => chains.push(vec![run]),
        }
    }
    chains
}

/// Runs of digits that are no part of a code with letters.
fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut before, mut open) = (None::<char>, false);
    for (at, c) in text.char_indices() {
        let to = at + c.len_utf8();
        let letter = |c: char| c.is_ascii_alphabetic() || ('Ａ'..='ｚ').contains(&c);
        match (digit(c), open) {
            (Some(d), true) => {
                if let Some(run) = runs.last_mut() {
                    run.digits.push(d);
                    run.to = to;
                }
            }
            (Some(d), false) => {
                open = true;
                let digits = if before.is_some_and(letter) { format!("?{d}") } else { d.to_string() };
                runs.push(Run { digits, from: at, to });
            }
            (None, true) => {
                open = false;
                if let Some(run) = runs.last_mut() {
                    match c {
                        'x' | 'X' | 'ｘ' | 'Ｘ' if run.digits.len() == 17 || run.digits.len() == 4 => {
                            run.digits.push('X');
                            run.to = to;
                        }
                        c if letter(c) => run.digits.push('?'),
                        _ => {}
                    }
                }
            }
            (None, false) => {}
        }
        before = Some(c);
    }
    runs.retain(|run| !run.digits.contains('?'));
    runs
}

/// A number written in groups, and how many runs it takes.
fn grouped(runs: &[Run]) -> Option<(usize, What)> {
    let lengths: Vec<usize> = runs.iter().take(5).map(|run| run.digits.len()).collect();
    let joined = |n: usize| runs[..n].iter().map(|run| run.digits.as_str()).collect::<String>();
    match lengths[..] {
        [3, 4, 4, ..] if is_mobile(&joined(3)) => Some((3, What::Phone)),
        [6, 8, 4, ..] if is_identity(&joined(3)) => Some((3, What::Identity)),
        [3 | 4, 7 | 8, ..] if is_area(&runs[0].digits) => Some((2, What::Phone)),
        [4, 4, 4, 4, 1..=3] if is_card(&joined(5)) => Some((5, What::Account)),
        [4, 4, 4, 4, ..] if is_card(&joined(4)) => Some((4, What::Account)),
        _ => None,
    }
}

/// A number written in one.
fn alone(text: &str, run: &Run) -> Option<What> {
    let digits = run.digits.as_str();
    let said = |words: &[&str]| {
        let before: String = text[..run.from].chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        words.iter().any(|word| before.contains(word))
    };
    if is_identity(digits) || digits.len() == 15 && said(&["身份证", "证件号"]) {
        return Some(What::Identity);
    }
    if is_mobile(digits) || digits.strip_prefix("86").is_some_and(is_mobile) {
        return Some(What::Phone);
    }
    if matches!(digits.len(), 10..=12) && is_area(&digits[..3]) && !said(&["号码为", "编号"]) {
        return Some(What::Phone);
    }
    (is_card(digits) || digits.len() >= 9 && said(&["账号", "帐号", "卡号", "账户", "帐户"])).then_some(What::Account)
}

/// Eighteen with a birth date in them that are not an organisation's code. The check digit is not asked for: a mistyped number names a
/// person too.
fn is_identity(digits: &str) -> bool {
    digits.len() == 18 && mask::is_id_number(digits) && credit_code::check(digits).is_err()
}

fn is_mobile(digits: &str) -> bool {
    mask::is_mobile(digits)
}

/// An area code: 0 and what no mobile begins with.
fn is_area(digits: &str) -> bool {
    digits.starts_with('0') && !digits.starts_with("00")
}

/// Sixteen to nineteen that pass the check of ISO/IEC 7812-1 and begin as cards do.
fn is_card(digits: &str) -> bool {
    (16..=19).contains(&digits.len())
        && digits.starts_with(['3', '4', '5', '6', '9'])
        && digits.bytes().all(|b| b.is_ascii_digit())
        && mask::passes_luhn(digits)
        && credit_code::check(digits).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(What, String)> {
        numbers(text).into_iter().map(|number| (number.what, number.digits)).collect()
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in ["370302198506151236", "370302 19850615 1236", "３７０３０２１９８５０６１５１２３６", "（370302198506151236）"]
        {
            assert_eq!(found(text), [(What::Identity, "370302198506151236".to_owned())], "{text}");
        }
        assert_eq!(found("证件11010519491231002x。"), [(What::Identity, "11010519491231002X".to_owned())]);
        assert_eq!(found("身份证号370302850615123"), [(What::Identity, "370302850615123".to_owned())]);
        for text in ["13812345678", "138 1234 5678", "138-1234-5678", "１３８１２３４５６７８"] {
            assert_eq!(found(text), [(What::Phone, "13812345678".to_owned())], "{text}");
        }
        assert_eq!(found("电话0533-5181234或者05335181234").len(), 2);
        for text in ["6222021001116245702", "6222 0210 0111 6245 702", "6222-0210-0111-6245-702"] {
            assert_eq!(found(text), [(What::Account, "6222021001116245702".to_owned())], "{text}");
        }
        assert_eq!(found("对公账号：801100201421000066"), [(What::Account, "801100201421000066".to_owned())]);
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "2023年4月3日，2023-04-03 2023-04-10",
            "91370302MAR40AT52G",
            "113703020042700086",
            "（淄）应急罚〔2023〕1205号",
            "人民币捌万元整（¥80000.00）",
            "型号GB2760-2014，出厂编号20230403001",
            "370302850615123",
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn the_place_is_that_of_the_number_and_what_is_shown_is_covered() {
        let text = "证人张某，电话13812345678。";
        let number = &numbers(text)[0];
        assert_eq!(&text[number.at..number.at + 3], "138");
        assert_eq!(number.covered(), "138****5678");
        assert_eq!(numbers("370302198506151236")[0].covered(), "370302********1236");
        assert_eq!(numbers("卡号6222021001116245702")[0].covered(), "***************5702");
    }
}
