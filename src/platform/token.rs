//! The token: fetched once for all workers, renewed before it runs out, and never asked for where that could lock the account.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use chrono::Duration;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{
    login::{LoginBook, MayLogIn},
    sign::{self, Algorithm},
    wire::Grant,
};
use crate::{
    clock::SharedClock,
    document::{Cause, Class, Failure, Timestamp},
};

/// A token in hand.
pub(super) struct Token {
    pub(super) value: SecretString,
    /// Milliseconds since the epoch; later when a renewal failed.
    renew_at: AtomicI64,
    expires_at: Timestamp,
    expired_while_fresh: AtomicBool,
}

/// How long a failed renewal is left alone while the token still holds.
const RENEWAL_REST: Duration = Duration::seconds(30);

/// Who makes the request to `/token`.
#[async_trait]
pub(super) trait Desk: Sync {
    /// Posts the form.
    async fn ask(&self, form: String) -> Result<Grant, Failure>;

    /// Platform minus local, as measured last.
    fn skew(&self) -> Option<Duration>;
}

/// Who we are, as the profile says.
pub(super) struct Account {
    pub(super) app_id: String,
    pub(super) alg: Algorithm,
    pub(super) secret: SecretString,
}

/// The token that all workers share.
pub(super) struct Tokens {
    account: Account,
    clock: SharedClock,
    current: RwLock<Option<Arc<Token>>>,
    /// Held while a login is under way, so that there is one.
    turn: tokio::sync::Mutex<()>,
    expired_in_a_row: AtomicU32,
    book: Mutex<LoginBook>,
    book_file: Option<PathBuf>,
}

impl Tokens {
    pub(super) fn new(account: Account, clock: SharedClock, book_file: Option<PathBuf>) -> Self {
        // Names the account and secret without telling anything of the secret that could be used.
        let mark =
            account.alg.sign(account.secret.expose_secret().as_bytes(), &format!("dangri login book\n{}", account.app_id))[..16].to_owned();
        let book = book_file
            .as_ref()
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| serde_json::from_slice::<LoginBook>(&bytes).ok())
            .filter(|book| book.account == mark)
            .unwrap_or_else(|| LoginBook::of(mark));
        Self {
            account,
            clock,
            current: RwLock::new(None),
            turn: tokio::sync::Mutex::new(()),
            expired_in_a_row: AtomicU32::new(0),
            book: Mutex::new(book),
            book_file,
        }
    }

    /// A token that holds, from the desk if need be.
    pub(super) async fn get(&self, desk: &dyn Desk) -> Result<Arc<Token>, Failure> {
        let now = self.clock.now();
        match self.held(now) {
            Some(token) if now.millis() < token.renew_at.load(Relaxed) => Ok(token),
            // It still holds: one worker renews it, the others go on; if the desk is closed, it holds all the same.
            Some(token) => {
                let Ok(_turn) = self.turn.try_lock() else {
                    return Ok(token);
                };
                match self.held(now) {
                    Some(newer) if !Arc::ptr_eq(&newer, &token) => Ok(newer),
                    _ => match self.log_in(desk).await {
                        Err(failure) if failure.cause != Cause::Credential => {
                            token.renew_at.store(now.plus(RENEWAL_REST).millis(), Relaxed);
                            Ok(token)
                        }
                        fresh_or_refused => fresh_or_refused,
                    },
                }
            }
            None => self.replace(None, desk).await,
        }
    }

    /// A token other than `stale`, which the platform called expired.
    pub(super) async fn replace(&self, stale: Option<&Arc<Token>>, desk: &dyn Desk) -> Result<Arc<Token>, Failure> {
        let turn = self.turn.lock().await;
        // Whoever had the turn before may have fetched it already.
        let token = match self.held(self.clock.now()) {
            Some(token) if !stale.is_some_and(|stale| Arc::ptr_eq(stale, &token)) => Ok(token),
            _ => self.log_in(desk).await,
        };
        drop(turn);
        token
    }

    /// The platform refused `token` (02): it is dropped, and counted once however many requests carried it.
    pub(super) fn refused(&self, token: &Arc<Token>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|now| Arc::ptr_eq(now, token)) {
            *current = None;
            drop(current);
            self.note(|book, now| book.refused(now, None));
        }
    }

    /// The platform called a token expired that it had only just given (03 twice). Once may be chance; twice in a row is a refusal, or every
    /// attempt would cost a login.
    pub(super) fn expired_while_fresh(&self, token: &Arc<Token>) {
        let holds = self.current.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|now| Arc::ptr_eq(now, token));
        // Only the first of many requests that carried it counts.
        if !holds || token.expired_while_fresh.swap(true, Relaxed) {
            return;
        }
        if self.expired_in_a_row.fetch_add(1, Relaxed) >= 1 {
            self.refused(token);
        }
    }

    /// The platform did something for us.
    pub(super) fn worked(&self) {
        self.expired_in_a_row.store(0, Relaxed);
    }

    /// Why nothing can be sent, if the credential was refused and that is not mended.
    pub(super) fn trouble(&self) -> Option<Failure> {
        match self.book().may_log_in(self.clock.now()) {
            MayLogIn::Yes => None,
            MayLogIn::NotBefore(at) => Some(self.shut(Some(at))),
            MayLogIn::AskAPerson => Some(self.shut(None)),
        }
    }

    /// A person looked into it.
    pub(super) fn release(&self) {
        self.note(|book, _| book.release());
    }

    fn held(&self, now: Timestamp) -> Option<Arc<Token>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|token| now < token.expires_at).cloned()
    }

    /// Logs in; at most once more at once, where the platform's clock explains the refusal. To be called with the turn held.
    async fn log_in(&self, desk: &dyn Desk) -> Result<Arc<Token>, Failure> {
        loop {
            if let Some(failure) = self.trouble() {
                return Err(failure);
            }
            let by_their_clock = self.book().clocks_apart;
            self.note(LoginBook::tried);
            let skew = desk.skew().filter(|_| by_their_clock);
            let now = self.clock.now();
            match desk.ask(self.form(now.plus(skew.unwrap_or_default()))).await {
                Ok(grant) => return Ok(self.keep(grant, now)),
                Err(failure) if failure.cause == Cause::Credential => {
                    self.note(|book, now| book.refused(now, desk.skew()));
                    if self.trouble().is_some() {
                        return Err(Failure {
                            class: Class::Passing,
                            retry_after_secs: self.trouble().and_then(|f| f.retry_after_secs),
                            ..failure
                        });
                    }
                }
                // Nothing of a document left, so whatever happened at the desk is passing for it; a malformed login (01) is the
                // account's affair like a refused one, for the profile says how to log in.
                Err(failure) => {
                    return Err(Failure {
                        class: Class::Passing,
                        cause: match failure.cause {
                            Cause::Defect => Cause::Credential,
                            other => other,
                        },
                        ..failure
                    });
                }
            }
        }
    }

    fn form(&self, at: Timestamp) -> String {
        let nonce = Uuid::new_v4().simple().to_string();
        let Account { app_id, alg, secret } = &self.account;
        let sign = alg.sign(secret.expose_secret().as_bytes(), &sign::message(app_id, at.secs(), &nonce));
        format!("app_id={}&timestamp={}&nonce={nonce}&sign={sign}&alg={}", form_encoded(app_id), at.secs(), alg.code())
    }

    fn keep(&self, grant: Grant, asked: Timestamp) -> Arc<Token> {
        // At most a week, so that a wild number cannot overflow or keep a dead token for ever.
        let life = Duration::seconds(grant.expires_in.min(7 * 86_400).cast_signed());
        let margin = (life / 10).min(Duration::minutes(5));
        let token = Arc::new(Token {
            value: SecretString::from(grant.value),
            renew_at: AtomicI64::new(asked.plus(life - margin).millis()),
            expires_at: asked.plus(life),
            expired_while_fresh: AtomicBool::new(false),
        });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
        if self.book().refused_in_a_row > 0 {
            self.note(|book, _| book.accepted());
        }
        token
    }

    fn shut(&self, until: Option<Timestamp>) -> Failure {
        let wait = until.map(|at| at.since(self.clock.now()).num_seconds().max(1));
        Failure {
            said: match until {
                Some(at) => format!("平台拒绝了账号，为免锁定，{} 后再登录", at.beijing().format("%H:%M")),
                None => "平台两次拒绝账号，已停止登录；请核对 app_id 和密钥后解除".into(),
            },
            retry_after_secs: wait.and_then(|secs| u64::try_from(secs).ok()),
            ..Failure::new(Class::Passing, Cause::Credential, "02")
        }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, LoginBook> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes in the book, and to disk whenever the book speaks of a refusal.
    fn note(&self, write: impl FnOnce(&mut LoginBook, Timestamp)) {
        let mut book = self.book();
        write(&mut book, self.clock.now());
        if book.last_refusal.is_none() {
            return;
        }
        let Some(path) = &self.book_file else { return };
        let kept = serde_json::to_vec(&*book).map_err(std::io::Error::other).and_then(|bytes| {
            let beside = path.with_extension("new");
            std::fs::write(&beside, bytes)?;
            std::fs::rename(&beside, path)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the book of refused logins could not be written");
        }
    }
}

/// Percent-encoding of a form's value (everything but unreserved characters).
pub(super) fn form_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}
