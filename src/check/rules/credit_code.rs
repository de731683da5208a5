//! Unified social credit codes: GB 32100—2015, and the organisation code of GB 11714 inside (domain.md §3.1).

/// The 31 symbols in order of value: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// What is wrong with a credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadCreditCode {
    /// Not 18 characters; how many there are.
    Length(usize),
    /// A character outside the alphabet.
    Symbol(char),
    /// The last character should be this.
    CheckDigit(char),
    /// The organisation code's own check character, the 17th, should be this.
    OrganisationDigit(char),
}

/// Checks shape and both check characters.
///
/// # Errors
/// The first thing wrong, in the order of [`BadCreditCode`]. Some codes of the early pilot areas fail their check and are real all the same.
pub fn check(code: &str) -> Result<(), BadCreditCode> {
    let bytes = code.as_bytes();
    if bytes.len() != 18 || !code.is_ascii() {
        let length = code.chars().count();
        let symbol = code.chars().find(|c| !c.is_ascii()).filter(|_| length == 18);
        return Err(symbol.map_or(BadCreditCode::Length(length), BadCreditCode::Symbol));
    }
    if let Some(symbol) = bytes.iter().find(|b| value(**b).is_none()) {
        return Err(BadCreditCode::Symbol(char::from(*symbol)));
    }
    let sum: u32 = bytes.iter().filter_map(|b| value(*b)).zip(WEIGHTS).map(|(v, w)| v * w).sum();
    let wanted = ALPHABET[((31 - sum % 31) % 31) as usize];
    if bytes[17] != wanted {
        return Err(BadCreditCode::CheckDigit(char::from(wanted)));
    }
    let wanted = organisation_digit(&code[8..16]);
    if char::from(bytes[16]) != wanted {
        return Err(BadCreditCode::OrganisationDigit(wanted));
    }
    Ok(())
}

/// The check character of an organisation code's first eight characters; letters count from A = 10.
fn organisation_digit(eight: &str) -> char {
    let sum: u32 = eight.chars().filter_map(|c| c.to_digit(36)).zip(ORGANISATION_WEIGHTS).map(|(v, w)| v * w).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// The values of the ASCII characters; 255 for those outside the alphabet.
const VALUES: [u8; 128] = {
    let mut values = [255; 128];
    let mut at: u8 = 0;
    while at < 31 {
        values[ALPHABET[at as usize] as usize] = at;
        at += 1;
    }
    values
};

fn value(symbol: u8) -> Option<u32> {
    VALUES.get(usize::from(symbol)).filter(|value| **value != 255).map(|value| u32::from(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain_reference_come_out() {
        for (code, result) in [
            ("91330000755918469E", Ok(())),
            ("11230500001755309F", Ok(())),
            ("91230500MA1B3N1N2M", Ok(())),
            ("91370302MA3CE5H79R", Ok(())),
            ("92370302MA3DEM0196", Ok(())),
            ("113703020042700086", Ok(())),
            ("91370302MA3CE5H79X", Err(BadCreditCode::CheckDigit('R'))),
            ("91350100M0001TGQXM", Err(BadCreditCode::CheckDigit('1'))),
        ] {
            assert_eq!(check(code), result, "{code}");
        }
    }

    #[test]
    fn shape_comes_before_check_digits() {
        assert_eq!(check("91370302MA3CE5H79"), Err(BadCreditCode::Length(17)));
        assert_eq!(check("9137O302MA3CE5H79R"), Err(BadCreditCode::Symbol('O')));
        assert_eq!(check("91370302ma3ce5h79r"), Err(BadCreditCode::Symbol('m')));
        assert_eq!(check("信用代码"), Err(BadCreditCode::Length(4)));
        assert_eq!(check(""), Err(BadCreditCode::Length(0)));
    }

    #[test]
    fn a_wrong_organisation_digit_shows_when_the_last_one_was_fitted_to_it() {
        // 91370302MA3CE5H78 with a last character that fits: only the organisation code gives it away.
        let fitted = ALPHABET
            .iter()
            .map(|c| format!("91370302MA3CE5H78{}", char::from(*c)))
            .find(|code| !matches!(check(code), Err(BadCreditCode::CheckDigit(_))))
            .unwrap();
        assert_eq!(check(&fitted), Err(BadCreditCode::OrganisationDigit('9')));
    }

    #[test]
    fn one_changed_character_never_passes() {
        let code = "91370302MA3CE5H79R";
        for at in 0..18 {
            for symbol in ALPHABET.iter().map(|s| char::from(*s)) {
                let changed: String = code.chars().enumerate().map(|(i, c)| if i == at { symbol } else { c }).collect();
                assert_eq!(check(&changed).is_ok(), changed == code, "{changed}");
            }
        }
    }
}
