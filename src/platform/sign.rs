//! The signature at `/token` (contract §2).

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;

/// How the signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    #[default]
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// HMAC with SM3 (GB/T 32905).
    #[serde(rename = "hmac-sm3")]
    HmacSm3,
}

impl Algorithm {
    /// The word on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSm3 => "hmac-sm3",
        }
    }

    /// The keyed hash of `message` as lower-case hexadecimal text.
    pub fn sign(self, secret: &[u8], message: &str) -> String {
        match self {
            Self::HmacSha256 => hex(Hmac::<sha2::Sha256>::new_from_slice(secret).map(|mut mac| {
                mac.update(message.as_bytes());
                mac.finalize().into_bytes()
            })),
            Self::HmacSm3 => hex(Hmac::<sm3::Sm3>::new_from_slice(secret).map(|mut mac| {
                mac.update(message.as_bytes());
                mac.finalize().into_bytes()
            })),
        }
    }
}

/// HMAC takes keys of every length, so the error cannot happen; an empty signature would merely be refused.
fn hex<B: AsRef<[u8]>, E>(bytes: Result<B, E>) -> String {
    bytes.map_or_else(|_| String::new(), |bytes| bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect())
}

/// What is signed: who, when (in seconds), and a nonce that is never used twice.
pub(super) fn message(app_id: &str, timestamp: i64, nonce: &str) -> String {
    format!("{app_id}\n{timestamp}\n{nonce}")
}

#[cfg(test)]
mod tests {
    use sm3::Digest as _;

    use super::*;

    #[test]
    fn sm3_of_abc_is_the_standards_vector() {
        let digest: String = sm3::Sm3::digest(b"abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }

    /// Both values were made with OpenSSL: `openssl dgst -sm3 -hmac secret` and the same with `-sha256`.
    #[test]
    fn both_signatures_agree_with_another_implementation() {
        let text = message("dangri", 1_680_513_611, "0123456789abcdef");
        assert_eq!(Algorithm::HmacSha256.sign(b"secret", &text), "50a3d30e1c9e7dbbd622b973f6d1086348b1296b5af6ddcef00c2d6d73aaf580");
        assert_eq!(Algorithm::HmacSm3.sign(b"secret", &text), "eed8eff89b1273886761980d93b2a6d77ffc996d61202b84224b3815262fb385");
    }

    /// RFC 4231 test case 2.
    #[test]
    fn hmac_sha256_is_the_rfcs() {
        assert_eq!(
            Algorithm::HmacSha256.sign(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
