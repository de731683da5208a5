//! What of a value may be shown beside a draft: numbers that name a person are covered (domain.md §7.5).

/// The value as a finding shows it: at most 60 characters, ID numbers as 前6后4, mobile numbers as 前3后4, bank cards by their last 4 digits.
///
/// `path` tells what the field is: the number of a document of identity is covered whatever it looks like, a credit code never.
pub fn shown(value: &str, path: &str) -> String {
    let field = path.rsplit('/').next().unwrap_or(path);
    let covered = match field {
        "IdNumber" => cover(value, 6, 4),
        // Certificates are public, and their eleven digits would pass for a telephone number.
        "CertificateNo" => value.to_owned(),
        _ if field.ends_with("Uscc") => value.to_owned(),
        "Phone" => match covered_runs(value) {
            // No mobile number in it: a landline.
            covered if covered == value => cover(value, value.chars().count().saturating_sub(4), 0),
            covered => covered,
        },
        _ => covered_runs(value),
    };
    super::say::shorten(&covered, 60)
}

/// Covers every number that names a person, wherever it stands in a text.
pub fn covered_runs(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        covered.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        // The check digit of an ID number may be an X, but what goes on in letters is a code of another kind.
        let end = if end == 17 && run[end..].starts_with(['X', 'x']) { end + 1 } else { end };
        let after_letter = covered.ends_with(|c: char| c.is_ascii_alphabetic());
        let before_letter = run[end..].starts_with(|c: char| c.is_ascii_alphabetic());
        if after_letter || before_letter {
            covered.push_str(&run[..end]);
        } else {
            covered.push_str(&covered_number(&run[..end]));
        }
        rest = &run[end..];
    }
    covered.push_str(rest);
    covered
}

fn covered_number(digits: &str) -> String {
    if is_id_number(digits) {
        cover(digits, 6, 4)
    } else if is_mobile(digits) {
        cover(digits, 3, 4)
    } else if (16..=19).contains(&digits.len()) && passes_luhn(digits) {
        cover(digits, 0, 4)
    } else if digits.len() > 19 {
        // Numbers written into one another.
        cover(digits, 3, 4)
    } else {
        digits.to_owned()
    }
}

pub(super) fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]) && bytes.iter().all(u8::is_ascii_digit)
}

/// 18 or 15 characters with a birth date in the middle. The check digit is not asked for: a mistyped number names a person too.
pub(super) fn is_id_number(digits: &str) -> bool {
    let date = match digits.len() {
        18 if ["18", "19", "20"].contains(&&digits[6..8]) => &digits[10..14],
        15 => &digits[8..12],
        _ => return false,
    };
    matches!(date[..2].parse(), Ok(1..=12)) && matches!(date[2..].parse(), Ok(1..=31))
}

/// The check of bank card numbers, ISO/IEC 7812-1 annex B.
pub(super) fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match index % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Leaves `head` and `tail` characters; a text too short for that is covered whole.
fn cover(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    if length <= head + tail {
        return "*".repeat(length);
    }
    text.chars().enumerate().map(|(index, c)| if index < head || index >= length - tail { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{covered_runs, shown};

    #[test]
    fn numbers_that_name_a_person_are_covered_wherever_they_stand() {
        assert_eq!(
            covered_runs("当事人370302198506151236，电话13812345678、0533-5181234。"),
            "当事人370302********1236，电话138****5678、0533-5181234。"
        );
        assert_eq!(covered_runs("11010519491231002X"), "110105********002X");
        assert_eq!(covered_runs("6222021001116245702"), "***************5702");
        assert_eq!(covered_runs("共 12 处，2023-04-03"), "共 12 处，2023-04-03");
    }

    #[test]
    fn a_credit_code_is_shown_and_an_identity_number_never_whatever_it_looks_like() {
        let uscc = "91370302MA3CE5H79R";
        assert_eq!(shown(uscc, "InspectionRecord/Enterprise/Uscc"), uscc);
        assert_eq!(shown("15030200101", "P/Officers/Officer/CertificateNo"), "15030200101");
        assert_eq!(covered_runs(uscc), uscc);
        assert_eq!(covered_runs("113703020042700086"), "113703020042700086");
        assert_eq!(shown("E12345678", "P/Party/IdNumber"), "*********");
        assert_eq!(shown("0533-5181234", "P/Enterprise/Phone"), "0533-518****");
        assert_eq!(shown("13812345678", "P/Enterprise/Phone"), "138****5678");
        assert_eq!(shown("13812345678、13987654321", "P/Enterprise/Phone"), "138****5678、139****4321");
    }
}
