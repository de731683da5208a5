//! The accounts, kept as facts in the store.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

use tokio::sync::{Mutex, Semaphore};

use super::{Account, Password, Role, Shown, guard::Guard};
use crate::{
    clock::SharedClock,
    document::Timestamp,
    store::{Store, StoreError},
};

/// Accounts stand below this.
const USERS: &str = "user/";

/// So many passwords are hashed at once: each takes 19 MiB, and a processor for as long as it lasts.
const AT_ONCE: usize = 2;

/// Why a user is not changed. The texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// Something about what was asked, and what to do.
    #[error("{0}")]
    Wrong(String, &'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotChanged {
    fn wrong(why: impl Into<String>, fix: &'static str) -> Self {
        Self::Wrong(why.into(), fix)
    }
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// There is no such user, or the password is wrong; which of the two is not said.
    #[error("wrong name or password")]
    Wrong,
    /// Too many wrong ones; nothing is accepted until then.
    #[error("too many wrong passwords")]
    TooMany {
        /// Until when.
        until: Timestamp,
        /// Whether this one was the last that was looked at.
        just_now: bool,
    },
    /// The password was right, and the account is locked.
    #[error("the account is locked")]
    Locked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The users.
pub struct Users {
    store: Arc<dyn Store>,
    clock: SharedClock,
    guard: Guard,
    hashing: Semaphore,
    /// One change at a time: an account is read, changed and written back.
    changing: Mutex<()>,
    /// A hash that no password fits, so that an unknown name takes as long as a wrong password.
    nobody: std::sync::Mutex<Option<String>>,
}

impl Users {
    /// The users that `store` keeps.
    pub fn new(store: Arc<dyn Store>, clock: SharedClock) -> Self {
        let (hashing, changing) = (Semaphore::new(AT_ONCE), Mutex::new(()));
        Self { store, clock, guard: Guard::default(), hashing, changing, nobody: std::sync::Mutex::default() }
    }

    /// Every user, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all(&self) -> Result<Vec<Shown>, StoreError> {
        let kept = self.store.recall_below(USERS).await?;
        kept.iter().map(|(name, text)| read(name, text).map(Shown::from)).collect()
    }

    /// The account of that name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let name = key(name);
        self.store.recall(&name).await?.map(|text| read(&name, &text)).transpose()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub async fn add(&self, name: &str, roles: &BTreeSet<Role>, password: Password, by: &str) -> Result<Shown, NotChanged> {
        is_name(name)?;
        right(roles)?;
        let hash = self.hash(name, password).await?;
        let _alone = self.changing.lock().await;
        if self.named(name).await?.is_some() {
            return Err(NotChanged::wrong(format!("已有用户 {name}"), "换一个用户名；要改口令用 dangri user passwd"));
        }
        let now = self.clock.now();
        let (name, by) = (name.to_owned(), by.to_owned());
        self.keep(Account { name, roles: roles.clone(), hash, added: now, added_by: by, password_set: now, locked: None }).await
    }

    /// Sets a user's password; whoever is logged in with the old one is not any more.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub async fn set_password(&self, name: &str, password: Password) -> Result<Shown, NotChanged> {
        self.known(name).await?;
        let hash = self.hash(name, password).await?;
        let now = self.clock.now();
        self.change(name, |account| (account.hash, account.password_set) = (hash, now)).await
    }

    /// Locks a user out, or lets one in again.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub async fn lock(&self, name: &str, locked: bool, by: &str) -> Result<Shown, NotChanged> {
        let since = locked.then(|| (self.clock.now(), by.to_owned()));
        self.change(name, |account| account.locked = since).await
    }

    /// The account, if the password is right and everything else allows it.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn admit(&self, name: &str, password: Password, address: &str) -> Result<Account, NotAdmitted> {
        let account = if is_name(name).is_ok() { self.named(name).await? } else { None };
        let hash = match &account {
            Some(account) => account.hash.clone(),
            None => self.nobodys().await,
        };
        // In turn, so that many tries at once are counted like those one after another.
        let turn = self.hashing.acquire().await;
        if let Some(until) = self.guard.locked_until(address, name, self.clock.now()) {
            return Err(NotAdmitted::TooMany { until, just_now: false });
        }
        let fits = tokio::task::spawn_blocking(move || password.fits(&hash)).await.unwrap_or(false);
        let now = self.clock.now();
        let admitted = match account.filter(|_| fits) {
            None => {
                self.guard.wrong(address, name, now);
                match self.guard.locked_until(address, name, now) {
                    Some(until) => Err(NotAdmitted::TooMany { until, just_now: true }),
                    None => Err(NotAdmitted::Wrong),
                }
            }
            Some(account) if account.locked.is_some() => Err(NotAdmitted::Locked),
            Some(account) => {
                self.guard.right(address, name);
                Ok(account)
            }
        };
        drop(turn);
        admitted
    }

    async fn known(&self, name: &str) -> Result<Account, NotChanged> {
        self.named(name).await?.ok_or_else(|| NotChanged::wrong(format!("没有用户 {name}"), "用 dangri user list 查看"))
    }

    async fn change(&self, name: &str, change: impl FnOnce(&mut Account)) -> Result<Shown, NotChanged> {
        let _alone = self.changing.lock().await;
        let mut account = self.known(name).await?;
        change(&mut account);
        self.keep(account).await
    }

    async fn keep(&self, account: Account) -> Result<Shown, NotChanged> {
        let text = serde_json::to_string(&account).map_err(|error| StoreError::Failed(error.to_string()))?;
        self.store.remember(&key(&account.name), &text).await?;
        Ok(account.into())
    }

    async fn hash(&self, name: &str, password: Password) -> Result<String, NotChanged> {
        if let Some(weakness) = password.weakness(name) {
            return Err(NotChanged::wrong(weakness, "换一个口令再试；账号没有改动"));
        }
        let hashed = self.work(move || password.hash()).await.unwrap_or_else(|| Err("the work was cut short".to_owned()));
        hashed.map_err(|error| StoreError::Failed(error).into())
    }

    /// Hashes where it keeps nobody from working, a few at a time; `None` when the daemon ends.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _turn = self.hashing.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }

    async fn nobodys(&self) -> String {
        let known = self.nobody.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hash) = known {
            return hash;
        }
        let made = self.work(|| Password::new(uuid::Uuid::new_v4().to_string()).hash().unwrap_or_default()).await.unwrap_or_default();
        self.nobody.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(made).clone()
    }
}

fn key(name: &str) -> String {
    format!("{USERS}{}", name.to_lowercase())
}

fn read(name: &str, text: &str) -> Result<Account, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("{name}: {error}")))
}

/// A name can be typed on any keyboard and stands in a line: letters of any script, digits, `.`, `-`, `_`.
fn is_name(name: &str) -> Result<(), NotChanged> {
    let length = name.chars().count();
    let right = (1..=32).contains(&length) && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    right.then_some(()).ok_or_else(|| NotChanged::wrong("用户名不合要求", "用 1 到 32 个汉字、字母、数字、点、横线，不要空格"))
}

fn right(roles: &BTreeSet<Role>) -> Result<(), NotChanged> {
    if roles.is_empty() {
        return Err(NotChanged::wrong("没有写明角色", "加上 --role 查看员、经办员、管理员或审计员"));
    }
    if roles.contains(&Role::Auditor) && roles.len() > 1 {
        return Err(NotChanged::wrong("审计员不能兼任别的角色", "另建一个用户；审计员只看审计日志，办事的人不看"));
    }
    Ok(())
}
