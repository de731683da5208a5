//! Passwords: what one must be like, and how it is kept.

use std::fmt;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use serde::{Deserialize, Serialize};

/// The fewest characters (faults A8.3).
const SHORTEST: usize = 8;
/// The most, in bytes: hashing takes time for each.
const LONGEST: usize = 256;

/// What somebody typed as a password. Never shown, not even to a debugger's print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl Password {
    /// What was typed.
    pub fn new(typed: impl Into<String>) -> Self {
        Self(typed.into())
    }

    /// Why it will not do for the user `name`, in Chinese; `None` when it will: 8 characters, three of four classes, and not the name.
    pub fn weakness(&self, name: &str) -> Option<&'static str> {
        let classes = [
            self.0.chars().any(char::is_lowercase),
            self.0.chars().any(char::is_uppercase),
            self.0.chars().any(char::is_numeric),
            self.0.chars().any(|c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric()),
        ];
        if self.0.chars().count() < SHORTEST {
            Some("口令太短，至少 8 位")
        } else if self.0.len() > LONGEST {
            Some("口令太长，至多 256 个字节")
        } else if classes.iter().filter(|has| **has).count() < 3 {
            Some("口令太简单，大写字母、小写字母、数字、符号里至少用三种")
        } else if self.0.to_lowercase().contains(&name.to_lowercase()) {
            Some("口令里不能有用户名")
        } else {
            None
        }
    }

    /// Its hash, with a salt of its own. Takes some ten milliseconds and 19 MiB.
    ///
    /// # Errors
    /// When the machine gives no random numbers; in the library's words.
    pub(super) fn hash(&self) -> Result<String, String> {
        Argon2::default().hash_password(self.0.as_bytes()).map(|hash: PasswordHash| hash.to_string()).map_err(|error| error.to_string())
    }

    /// Whether it is the one that `hash` was made of. Takes as long as [`Password::hash`].
    pub(super) fn fits(&self, hash: &str) -> bool {
        self.0.len() <= LONGEST
            && PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_is_told_why() {
        let weakness = |typed: &str| Password::new(typed).weakness("wangfang");
        assert_eq!(weakness("Abc12#"), Some("口令太短，至少 8 位"));
        assert_eq!(weakness("abcdefgh12"), Some("口令太简单，大写字母、小写字母、数字、符号里至少用三种"));
        assert_eq!(weakness("WangFang2023!"), Some("口令里不能有用户名"));
        assert_eq!(weakness("Sanfendangri-3"), None);
        assert_eq!(weakness("三分当日ri-3x"), None);
        assert!(Password::new("a1!".repeat(100)).weakness("x").is_some());
    }

    #[test]
    fn only_the_password_itself_fits_and_nothing_of_it_is_shown() {
        let password = Password::new("Sanfendangri-3");
        let (one, two) = (password.hash().unwrap(), password.hash().unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && one != two, "{one}");
        assert!(password.fits(&one) && password.fits(&two));
        assert!(!Password::new("Sanfendangri-4").fits(&one) && !password.fits("") && !password.fits("$argon2id$"));
        assert_eq!(format!("{password:?}"), "Password(***)");
    }
}
