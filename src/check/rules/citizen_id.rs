//! Citizen identity numbers: GB 11643—1999 (domain.md §3.2).

use chrono::{Datelike, NaiveDate};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: &[u8; 11] = b"10X98765432";

/// What an identity number says about its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CitizenId {
    /// The day of birth.
    pub birth: NaiveDate,
    /// Whether the holder is male.
    pub male: bool,
}

/// What is wrong with an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadCitizenId {
    /// Not 17 digits and a digit or an upper-case X.
    Shape,
    /// The day of birth does not exist.
    Birth,
    /// The day of birth lies after the day of the document.
    Unborn,
    /// The last character does not fit the others.
    CheckDigit,
}

impl CitizenId {
    /// Reads `number` as of `day`.
    ///
    /// # Errors
    /// The first thing wrong, in the order of [`BadCitizenId`].
    pub fn read(number: &str, day: NaiveDate) -> Result<Self, BadCitizenId> {
        let bytes = number.as_bytes();
        let digits = bytes.get(..17).filter(|d| d.iter().all(u8::is_ascii_digit));
        let (Some(digits), [.., last]) = (digits, bytes) else {
            return Err(BadCitizenId::Shape);
        };
        if bytes.len() != 18 || !(last.is_ascii_digit() || *last == b'X') {
            return Err(BadCitizenId::Shape);
        }
        let part = |from: usize, to: usize| digits[from..to].iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
        let birth = i32::try_from(part(6, 10))
            .ok()
            .filter(|year| *year >= 1850)
            .and_then(|year| NaiveDate::from_ymd_opt(year, part(10, 12), part(12, 14)))
            .ok_or(BadCitizenId::Birth)?;
        if birth > day {
            return Err(BadCitizenId::Unborn);
        }
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
        if CHECK[(sum % 11) as usize] != *last {
            return Err(BadCitizenId::CheckDigit);
        }
        Ok(Self { birth, male: (digits[16] - b'0') % 2 == 1 })
    }

    /// The age in full years on `day` (周岁); the birthday itself counts as the year completed, as the forms reckon.
    pub fn age_on(&self, day: NaiveDate) -> i32 {
        let had_birthday = (day.month(), day.day()) >= (self.birth.month(), self.birth.day());
        day.year() - self.birth.year() - i32::from(!had_birthday)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn read(number: &str) -> Result<CitizenId, BadCitizenId> {
        CitizenId::read(number, day("2023-04-03"))
    }

    #[test]
    fn the_vectors_of_the_domain_reference_come_out() {
        for (number, birth, male) in [
            ("11010519491231002X", "1949-12-31", false),
            ("440524188001010014", "1880-01-01", true),
            ("370302198001010016", "1980-01-01", true),
            ("370302198506151236", "1985-06-15", true),
        ] {
            assert_eq!(read(number), Ok(CitizenId { birth: day(birth), male }), "{number}");
        }
        assert_eq!(read("370302198506151237"), Err(BadCitizenId::CheckDigit));
    }

    #[test]
    fn shape_and_birth_are_checked_first() {
        assert_eq!(read("11010519491231002x"), Err(BadCitizenId::Shape));
        assert_eq!(read("37030219800101001"), Err(BadCitizenId::Shape));
        assert_eq!(read("3703021980010100166"), Err(BadCitizenId::Shape));
        assert_eq!(read("３70302198001010016"), Err(BadCitizenId::Shape));
        assert_eq!(read("370302198002300016"), Err(BadCitizenId::Birth));
        assert_eq!(read("370302202401010016"), Err(BadCitizenId::Unborn));
        assert_eq!(read(""), Err(BadCitizenId::Shape));
    }

    #[test]
    fn age_is_counted_on_the_day_of_the_document() {
        let id = read("370302198506151236").unwrap();
        assert_eq!(id.age_on(day("2023-06-14")), 37);
        assert_eq!(id.age_on(day("2023-06-15")), 38);
    }
}
