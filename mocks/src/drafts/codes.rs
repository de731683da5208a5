//! Check digits of invented enterprises and people: GB 32100-2015, GB 11714-1997, GB 11643-1999.

use super::random::Random;
use chrono::{Datelike, NaiveDate};

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
const CITIZEN_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The 18th character of a unified social credit code, from its first 17 (GB 32100-2015); `None` for a foreign character or length.
pub fn credit_code_check(first17: &str) -> Option<char> {
    let bytes = first17.as_bytes();
    if bytes.len() != 17 {
        return None;
    }
    let (mut sum, mut weight) = (0, 1);
    for byte in bytes {
        sum += weight * CREDIT_ALPHABET.iter().position(|c| c == byte)?;
        weight = weight * 3 % 31;
    }
    Some(char::from(CREDIT_ALPHABET[(31 - sum % 31) % 31]))
}

/// The ninth character of an organisation code, from its first eight (GB 11714-1997).
pub fn organisation_check(first8: &str) -> Option<char> {
    let bytes = first8.as_bytes();
    if bytes.len() != 8 {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(ORGANISATION_WEIGHTS) {
        sum += weight * char::from(*byte).to_digit(36)?;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

/// The 18th character of a citizen's number, from its first 17 (GB 11643-1999).
pub fn citizen_check(first17: &str) -> Option<char> {
    let bytes = first17.as_bytes();
    if bytes.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(CITIZEN_WEIGHTS) {
        sum += weight * char::from(*byte).to_digit(10)?;
    }
    Some(char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// A valid code of an enterprise (`head` 91370302…) or sole trader (92370302…); `head` has eight characters.
pub(super) fn credit_code(random: &mut Random, head: &str) -> String {
    loop {
        let mut organisation = String::from("MA");
        for _ in 0..6 {
            organisation.push(char::from(*random.pick(CREDIT_ALPHABET)));
        }
        let Some(check) = organisation_check(&organisation) else {
            continue;
        };
        let first17 = format!("{head}{organisation}{check}");
        if let Some(last) = credit_code_check(&first17) {
            return format!("{first17}{last}");
        }
    }
}

/// A valid number of a citizen registered in the district, born on `birth`.
pub(super) fn citizen_number(random: &mut Random, birth: NaiveDate, male: bool) -> String {
    let order = 100 + random.below(400) * 2 + u32::from(male);
    let first17 = format!("370302{:04}{:02}{:02}{order:03}", birth.year(), birth.month(), birth.day());
    let check = citizen_check(&first17).unwrap_or('0');
    format!("{first17}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_of_the_reference_table_check() {
        for code in [
            "91330000755918469E",
            "11230500001755309F",
            "91230500MA1B3N1N2M",
            "91370302MA3CE5H79R",
            "92370302MA3DEM0196",
            "113703020042700086",
        ] {
            assert_eq!(credit_code_check(&code[..17]), code.chars().last(), "{code}");
            assert_eq!(organisation_check(&code[8..16]), code[16..17].chars().next(), "{code}");
        }
        for (code, right) in [("91370302MA3CE5H79X", 'R'), ("91350100M0001TGQXM", '1')] {
            assert_eq!(credit_code_check(&code[..17]), Some(right), "{code}");
            assert_ne!(code.chars().last(), Some(right), "{code}");
        }
        assert_eq!(credit_code_check("9137030OMA3CE5H79"), None, "the letter O is not in the alphabet");
    }

    #[test]
    fn citizens_numbers_of_the_reference_table_check() {
        for number in ["11010519491231002X", "440524188001010014", "370302198001010016", "370302198506151236"] {
            assert_eq!(citizen_check(&number[..17]), number.chars().last(), "{number}");
        }
        assert_ne!(citizen_check("37030219850615123"), Some('7'));
    }

    #[test]
    fn invented_codes_check_and_carry_sex_and_birth() {
        let mut random = Random::new(3);
        let birth = NaiveDate::from_ymd_opt(1979, 2, 28).unwrap_or_default();
        for round in 0..500 {
            let code = credit_code(&mut random, "91370302");
            assert_eq!(credit_code_check(&code[..17]), code.chars().last());
            assert_eq!(organisation_check(&code[8..16]), code[16..17].chars().next());
            let number = citizen_number(&mut random, birth, round % 2 == 0);
            assert_eq!(citizen_check(&number[..17]), number.chars().last());
            assert_eq!(&number[6..14], "19790228");
            assert_eq!((number.as_bytes()[16] - b'0') % 2 == 1, round % 2 == 0);
        }
    }
}
