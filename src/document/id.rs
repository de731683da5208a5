//! Identities: of a document, and of bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::Kind;

/// Text that is not the hexadecimal form of an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} lower-case hexadecimal characters")]
pub struct NotHex {
    /// How many characters the identity has.
    pub expected: usize,
}

macro_rules! hex_identity {
    ($name:ident, $bytes:literal) => {
        impl $name {
            /// From raw bytes.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; $bytes * 2];
                for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    pair.copy_from_slice(&[b"0123456789abcdef"[usize::from(byte >> 4)], b"0123456789abcdef"[usize::from(byte & 15)]]);
                }
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotHex;

            fn from_str(text: &str) -> Result<Self, NotHex> {
                let wrong = NotHex { expected: $bytes * 2 };
                let digits = text.as_bytes();
                if digits.len() != $bytes * 2 {
                    return Err(wrong);
                }
                let mut bytes = [0; $bytes];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = (nibble(pair[0]).ok_or_else(|| wrong.clone())? << 4) | nibble(pair[1]).ok_or_else(|| wrong.clone())?;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; $bytes]>::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The identity of one version of one document: 16 bytes, shown as 32 lower-case hexadecimal characters.
///
/// For a fit document it *is* the submission id of the exchange contract §3, so every attempt of one document carries the same id by
/// construction. A document that was judged unfit is never sent; its id is drawn from its path and bytes instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId([u8; 16]);

hex_identity!(DocumentId, 16);

impl DocumentId {
    /// The submission id of contract §3: the first 32 hexadecimal characters of SHA-256 over sender, kind, document key and digest.
    pub fn of_submission(sender_uscc: &str, kind: &Kind, document_key: &str, digest: &ContentHash) -> Self {
        Self::first_half(Sha256::digest(format!("{sender_uscc}\n{kind}\n{document_key}\n{digest}")).as_slice())
    }

    /// The id of a draft that was judged unfit at `path`, so that two bad copies of one file are told of separately.
    pub fn of_unfit(path: &str, file: &ContentHash) -> Self {
        Self::first_half(Sha256::digest(format!("unfit\n{path}\n{file}")).as_slice())
    }

    fn first_half(digest: &[u8]) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }
}

/// SHA-256 of some bytes: 32 bytes, shown as 64 lower-case hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

hex_identity!(ContentHash, 32);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_submission_id_is_the_contracts_formula() {
        let digest = ContentHash::of(b"<d/>");
        let text = format!("113703020042700086\ninsp_record\n（淄）应急检记〔2023〕1号\n{digest}");
        let whole = ContentHash::of(text.as_bytes()).to_string();
        let id = DocumentId::of_submission("113703020042700086", &Kind::new("insp_record"), "（淄）应急检记〔2023〕1号", &digest);
        assert_eq!(id.to_string(), whole[..32]);
    }

    #[test]
    fn an_identity_survives_text_and_binary_formats() {
        let id = DocumentId::of_unfit("a.xml", &ContentHash::of(b""));
        assert_eq!(id.to_string().parse::<DocumentId>().unwrap(), id);
        let bytes = postcard::to_stdvec(&id).unwrap();
        assert_eq!(bytes.len(), 16);
        assert_eq!(postcard::from_bytes::<DocumentId>(&bytes).unwrap(), id);
        assert!("ABCDEF".parse::<DocumentId>().is_err());
        assert!("0123456789ABCDEF0123456789ABCDEF".parse::<DocumentId>().is_err());
    }
}
