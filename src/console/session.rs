//! Who is logged in. In memory: a restart logs everybody out.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use crate::document::Timestamp;

/// A session that nobody uses ends after this (faults A8.2).
pub(super) const IDLE: Duration = Duration::minutes(30);
/// And in any case after this.
pub(super) const LONGEST: Duration = Duration::hours(8);
/// How many there are at once; the one used least lately gives way.
const MOST: usize = 500;
/// How many forms that were sent are remembered, so that none is heeded twice.
const SENT: usize = 100;

/// A random secret of 256 bits, in hexadecimal.
///
/// # Errors
/// When the machine gives no random numbers.
pub(super) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A secret is known by its hash alone, so that comparing takes as long whatever is wrong with it.
type Key = [u8; 32];

fn key(secret: &str) -> Key {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two secrets are the same, in a time that says nothing of where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// A session as its requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whose.
    pub(super) user: String,
    /// What every form of it must carry.
    pub(super) token: String,
    /// What it is called in the audit log; not its secret.
    pub(super) name: String,
    /// When it began.
    pub(super) began: Timestamp,
}

struct Session {
    seen: Seen,
    last: Timestamp,
    sent: Vec<String>,
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.last) >= IDLE || now.since(self.seen.began) >= LONGEST
    }
}

/// The sessions.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Key, Session>>);

impl Sessions {
    /// Begins one; answers its secret.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub(super) fn begin(&self, user: &str, now: Timestamp) -> Result<(String, Seen), getrandom::Error> {
        let (secret, token) = (secret()?, secret()?);
        let key = key(&secret);
        let name = key.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let seen = Seen { user: user.to_owned(), token, name, began: now };
        let mut all = self.lock();
        all.retain(|_, session| !session.is_over(now));
        while all.len() >= MOST {
            let Some(oldest) = all.iter().min_by_key(|(_, session)| session.last).map(|(key, _)| *key) else { break };
            all.remove(&oldest);
        }
        all.insert(key, Session { seen: seen.clone(), last: now, sent: Vec::new() });
        Ok((secret, seen))
    }

    /// The session of that secret, if it is not over. `used` says whether a person has done something, which keeps it alive.
    pub(super) fn find(&self, secret: &str, now: Timestamp, used: bool) -> Option<Seen> {
        let mut all = self.lock();
        let key = key(secret);
        let session = all.get_mut(&key)?;
        if session.is_over(now) {
            all.remove(&key);
            return None;
        }
        if used {
            session.last = now;
        }
        Some(session.seen.clone())
    }

    /// Ends one.
    pub(super) fn end(&self, secret: &str) {
        self.lock().remove(&key(secret));
    }

    /// Whether the form with this mark comes for the first time. One without a session never does.
    pub(super) fn first_time(&self, secret: &str, mark: &str) -> bool {
        let mut all = self.lock();
        let Some(session) = all.get_mut(&key(secret)) else { return false };
        if mark.is_empty() || session.sent.iter().any(|sent| sent == mark) {
            return false;
        }
        if session.sent.len() >= SENT {
            session.sent.remove(0);
        }
        session.sent.push(mark.chars().take(64).collect());
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_session_lives_while_it_is_used_and_eight_hours_at_most() {
        let sessions = Sessions::default();
        let (secret, seen) = sessions.begin("王芳", at(0)).unwrap();
        assert_eq!((secret.len(), seen.token.len()), (64, 64));
        assert_ne!(secret, seen.token);
        assert_eq!(sessions.find(&secret, at(29), false), Some(seen.clone()));
        assert_eq!(sessions.find(&secret, at(30), true), None, "looking on is not using");
        let (secret, _) = sessions.begin("王芳", at(0)).unwrap();
        for minutes in (0..480).step_by(29) {
            assert!(sessions.find(&secret, at(minutes), true).is_some(), "{minutes}");
        }
        assert_eq!(sessions.find(&secret, at(480), true), None);
        assert_eq!(sessions.find("", at(0), true), None);
    }

    #[test]
    fn one_that_was_ended_is_over_and_a_form_is_heeded_once() {
        let sessions = Sessions::default();
        let (secret, _) = sessions.begin("王芳", at(0)).unwrap();
        assert!(sessions.first_time(&secret, "a") && !sessions.first_time(&secret, "a") && sessions.first_time(&secret, "b"));
        assert!(!sessions.first_time(&secret, ""));
        sessions.end(&secret);
        assert_eq!(sessions.find(&secret, at(1), true), None);
        assert!(!sessions.first_time(&secret, "c"));
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let sessions = Sessions::default();
        let (first, _) = sessions.begin("王芳", at(0)).unwrap();
        (0..MOST).for_each(|_| drop(sessions.begin("李明", at(1)).unwrap()));
        assert_eq!(sessions.find(&first, at(1), true), None);
        assert_eq!(sessions.lock().len(), MOST);
    }
}
