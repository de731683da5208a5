//! Accounts and tokens (contract §2).

use std::collections::{HashMap, VecDeque};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use sm3::Sm3;

use crate::answer::{Answer, Part, hex, unhex};
use crate::clock::{Millis, seconds};
use crate::setup::{Account, SignAlgorithm};

/// How long a nonce may not come again, and how far a client's clock may be off.
const NONCE_SECONDS: u64 = 600;
const CLOCK_SECONDS: i64 = 300;
/// Refusals in a row that lock an account.
const MOST_FAILURES: u32 = 5;

struct Standing {
    account: Account,
    failures: u32,
    locked: bool,
    nonces: VecDeque<(Millis, String)>,
}

/// All accounts with what they did.
pub(crate) struct Accounts {
    standing: Vec<Standing>,
    by_name: HashMap<String, usize>,
    key: [u8; 32],
    /// Tokens of another run of the platform are not known to this one.
    run: u64,
    given: u64,
    /// Tokens up to this serial are forgotten.
    forgotten: u64,
}

/// An account as the admin port shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AccountState {
    /// Its name.
    pub app_id: String,
    /// Refusals in a row.
    pub failures: u32,
    /// Whether a person must unlock it.
    pub locked: bool,
}

/// Why a call is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// 02
    Bad,
    /// 03
    Expired,
}

impl Accounts {
    /// `run` is different at each start.
    pub(crate) fn new(accounts: &[Account], run: u64) -> Self {
        let mut secret = hmac_of::<Hmac<Sha256>>(b"dangri mock platform");
        for a in accounts {
            secret.update(a.app_id.as_bytes());
            secret.update(&[0]);
            secret.update(a.secret.as_bytes());
            secret.update(&[0]);
        }
        Self {
            standing: accounts
                .iter()
                .map(|a| Standing { account: a.clone(), failures: 0, locked: false, nonces: VecDeque::new() })
                .collect(),
            by_name: accounts.iter().enumerate().map(|(i, a)| (a.app_id.clone(), i)).collect(),
            key: secret.finalize().into_bytes().into(),
            run,
            given: 0,
            forgotten: 0,
        }
    }

    /// `POST /token`.
    pub(crate) fn token(&mut self, form: &[u8], life: Millis, now: Millis) -> Answer {
        let form = match Form::read(form) {
            Ok(form) => form,
            Err(why) => return Answer::malformed(why),
        };
        let Some(&n) = self.by_name.get(&form.app_id) else {
            return Answer::of("02");
        };
        let account = &mut self.standing[n];
        if account.locked {
            return Answer::of("02").saying("账号已锁定，请联系平台管理员解锁");
        }
        let fresh = account.remember(&form.nonce, now);
        let on_time = (now / 1000 - form.timestamp).abs() <= CLOCK_SECONDS;
        if !fresh || !on_time || !account.signed(&form) {
            account.failures += 1;
            account.locked = account.failures >= MOST_FAILURES;
            return Answer::of("02");
        }
        account.failures = 0;
        self.given += 1;
        let until = now.saturating_add(life);
        let value = self.write(n, self.given, until);
        Answer::of("00").with(Part::Token { value, expires_in: life / 1000 })
    }

    fn write(&self, account: usize, serial: u64, until: Millis) -> String {
        let mut raw = [0_u8; 32];
        raw[..8].copy_from_slice(&u64::try_from(account).unwrap_or(0).to_be_bytes());
        raw[8..16].copy_from_slice(&serial.to_be_bytes());
        raw[16..24].copy_from_slice(&until.to_be_bytes());
        raw[24..].copy_from_slice(&self.run.to_be_bytes());
        let seal = self.seal(&raw);
        format!("{}.{}", hex(&raw), hex(&seal))
    }

    fn seal(&self, raw: &[u8; 32]) -> [u8; 16] {
        let mut mac = hmac_of::<Hmac<Sha256>>(&self.key);
        mac.update(raw);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut out = [0; 16];
        out.copy_from_slice(&full[..16]);
        out
    }

    /// Whose call it is: the `app_id` behind an `Authorization` header.
    pub(crate) fn enter(&self, authorization: Option<&str>, now: Millis) -> Result<&str, Shut> {
        let token = authorization.and_then(|a| a.strip_prefix("Bearer ")).ok_or(Shut::Bad)?;
        let (raw, seal) = token.split_once('.').ok_or(Shut::Bad)?;
        let raw: [u8; 32] = unhex(raw).ok_or(Shut::Bad)?;
        if unhex::<16>(seal) != Some(self.seal(&raw)) {
            return Err(Shut::Bad);
        }
        let word = |at: usize| {
            let mut w = [0; 8];
            w.copy_from_slice(&raw[at..at + 8]);
            u64::from_be_bytes(w)
        };
        let until = i64::try_from(word(16)).unwrap_or(0);
        if word(24) != self.run || word(8) <= self.forgotten || until <= now {
            return Err(Shut::Expired);
        }
        let account = usize::try_from(word(0)).ok().and_then(|n| self.standing.get(n));
        account.map(|a| a.account.app_id.as_str()).ok_or(Shut::Bad)
    }

    /// Forgets every token given out so far.
    pub(crate) fn forget(&mut self) {
        self.forgotten = self.given;
    }

    /// Unlocks an account; `false` when there is none of this name.
    pub(crate) fn unlock(&mut self, app_id: &str) -> bool {
        let Some(&n) = self.by_name.get(app_id) else {
            return false;
        };
        self.standing[n].locked = false;
        self.standing[n].failures = 0;
        true
    }

    pub(crate) fn states(&self) -> Vec<AccountState> {
        self.standing.iter().map(|s| AccountState { app_id: s.account.app_id.clone(), failures: s.failures, locked: s.locked }).collect()
    }
}

impl Standing {
    /// Keeps a nonce; `false` when it was used within the window.
    fn remember(&mut self, nonce: &str, now: Millis) -> bool {
        let from = now - seconds(NONCE_SECONDS);
        self.nonces.retain(|(at, _)| *at > from);
        if self.nonces.iter().any(|(_, n)| n == nonce) {
            return false;
        }
        self.nonces.push_back((now, nonce.to_owned()));
        true
    }

    fn signed(&self, form: &Form) -> bool {
        if self.account.algorithm.is_some_and(|a| a != form.algorithm) {
            return false;
        }
        let text = format!("{}\n{}\n{}", form.app_id, form.timestamp_text, form.nonce);
        form.sign == sign(form.algorithm, &self.account.secret, &text)
    }
}

fn hmac_of<M: hmac::KeyInit>(key: &[u8]) -> M {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    M::new_from_slice(key).expect("a key of any length")
}

/// Lower-case hex of the keyed digest over `text`.
#[must_use]
pub fn sign(algorithm: SignAlgorithm, secret: &str, text: &str) -> String {
    match algorithm {
        SignAlgorithm::HmacSha256 => {
            let mut mac = hmac_of::<Hmac<Sha256>>(secret.as_bytes());
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        }
        SignAlgorithm::HmacSm3 => {
            let mut mac = hmac_of::<Hmac<Sm3>>(secret.as_bytes());
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        }
    }
}

struct Form {
    app_id: String,
    timestamp: i64,
    timestamp_text: String,
    nonce: String,
    sign: String,
    algorithm: SignAlgorithm,
}

impl Form {
    fn read(raw: &[u8]) -> Result<Self, String> {
        let mut fields: HashMap<String, String> = HashMap::new();
        let text = std::str::from_utf8(raw).map_err(|_| "the form is not text")?;
        for pair in text.split('&') {
            let (key, value) = pair.split_once('=').ok_or("a field without a value")?;
            let key = percent(key, true).ok_or("a field that is not URL-encoded")?;
            let key = key.as_str();
            let value = percent(value, true).ok_or("a field that is not URL-encoded")?;
            if !matches!(key, "app_id" | "timestamp" | "nonce" | "sign" | "alg") {
                return Err(format!("unknown field {key}"));
            }
            if fields.insert(key.to_owned(), value).is_some() {
                return Err(format!("{key} twice"));
            }
        }
        let mut take = |key: &str| fields.remove(key).filter(|v| !v.is_empty()).ok_or(format!("{key} is missing"));
        let (app_id, timestamp_text, nonce, sign) = (take("app_id")?, take("timestamp")?, take("nonce")?, take("sign")?);
        let algorithm = match fields.remove("alg").as_deref() {
            None | Some("hmac-sha256") => SignAlgorithm::HmacSha256,
            Some("hmac-sm3") => SignAlgorithm::HmacSm3,
            Some(other) => return Err(format!("alg {other} is not known")),
        };
        if nonce.chars().count() < 16 {
            return Err("nonce is shorter than 16 characters".into());
        }
        let digits = timestamp_text.bytes().all(|b| b.is_ascii_digit());
        let timestamp = timestamp_text.parse().ok().filter(|_| digits).ok_or("timestamp is not in seconds")?;
        Ok(Self { app_id, timestamp, timestamp_text, nonce, sign, algorithm })
    }
}

/// Decodes percent-encoding; `None` where it is broken or not UTF-8.
pub(crate) fn percent(text: &str, plus: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => {
                let pair = [bytes.next()?, bytes.next()?];
                out.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
            }
            b'+' if plus => out.push(b' '),
            b => out.push(b),
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_digests_agree_with_published_vectors() {
        // RFC 4231 test case 2.
        assert_eq!(
            sign(SignAlgorithm::HmacSha256, "Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        // Made with another implementation (OpenSSL 3: openssl dgst -sm3 -hmac Jefe).
        assert_eq!(
            sign(SignAlgorithm::HmacSm3, "Jefe", "what do ya want for nothing?"),
            "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"
        );
    }
}
