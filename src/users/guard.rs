//! Who has typed too many wrong passwords. Kept in memory: a restart forgives, and restarts are not to be had from outside.

use std::{collections::HashMap, sync::Mutex};

use chrono::Duration;

use crate::document::Timestamp;

/// So many wrong passwords for one account from one address (faults A8.3).
pub const ACCOUNT_TRIES: usize = 5;
/// So many from one address, whatever the account: an office may sit behind one address.
pub const ADDRESS_TRIES: usize = 30;
/// Within this time.
pub const WITHIN: Duration = Duration::minutes(10);
/// For so long nothing is accepted then.
pub const LOCKED_FOR: Duration = Duration::minutes(10);

/// How many pairs are remembered at most; whoever makes up names does not fill the memory.
const REMEMBERED: usize = 10_000;

/// An address, and an account where it is about one.
type Key = (String, Option<String>);

#[derive(Debug, Default)]
struct Tries {
    /// When the wrong ones were, within the time that counts.
    wrong: Vec<Timestamp>,
    locked_until: Option<Timestamp>,
}

impl Tries {
    fn is_over(&self, now: Timestamp) -> bool {
        self.locked_until.is_none_or(|until| until <= now) && self.wrong.iter().all(|at| now.since(*at) >= WITHIN)
    }
}

/// Counts wrong passwords.
#[derive(Debug, Default)]
pub struct Guard {
    tries: Mutex<HashMap<Key, Tries>>,
}

fn keys(address: &str, account: &str) -> [(Key, usize); 2] {
    [((address.to_owned(), Some(account.to_lowercase())), ACCOUNT_TRIES), ((address.to_owned(), None), ADDRESS_TRIES)]
}

impl Guard {
    /// Until when nothing is accepted for `account` from `address`, if that is so.
    pub fn locked_until(&self, address: &str, account: &str, now: Timestamp) -> Option<Timestamp> {
        let tries = self.lock();
        let until = keys(address, account).into_iter().filter_map(|(key, _)| tries.get(&key)?.locked_until);
        until.filter(|until| *until > now).max()
    }

    /// A password was wrong.
    pub fn wrong(&self, address: &str, account: &str, now: Timestamp) {
        let mut tries = self.lock();
        if tries.len() >= REMEMBERED {
            tries.retain(|_, tries| !tries.is_over(now));
        }
        for (key, most) in keys(address, account) {
            if tries.len() >= REMEMBERED && !tries.contains_key(&key) && key.1.is_some() {
                continue;
            }
            let tries = tries.entry(key).or_default();
            tries.wrong.retain(|at| now.since(*at) < WITHIN);
            tries.wrong.push(now);
            if tries.wrong.len() >= most {
                tries.locked_until = Some(now.plus(LOCKED_FOR));
                tries.wrong.clear();
            }
        }
    }

    /// A password was right: what was typed wrongly for this account before is forgotten, but not what the address tried on others.
    pub fn right(&self, address: &str, account: &str) {
        self.lock().remove(&(address.to_owned(), Some(account.to_lowercase())));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Tries>> {
        self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn five_wrong_ones_lock_the_account_for_that_address_and_time_opens_it() {
        let guard = Guard::default();
        for n in 0..5 {
            assert_eq!(guard.locked_until("a", "wang", at(n)), None);
            guard.wrong("a", if n % 2 == 0 { "wang" } else { "Wang" }, at(n));
        }
        assert_eq!(guard.locked_until("a", "wang", at(5)), Some(at(14)));
        assert_eq!(guard.locked_until("b", "wang", at(5)), None, "another address is another matter");
        assert_eq!(guard.locked_until("a", "li", at(5)), None);
        assert_eq!(guard.locked_until("a", "wang", at(14)), None);
    }

    #[test]
    fn slow_mistakes_and_mistakes_before_a_right_one_do_not_lock() {
        let guard = Guard::default();
        (0..20).for_each(|n| guard.wrong("a", "wang", at(n * 3)));
        assert_eq!(guard.locked_until("a", "wang", at(60)), None);
        let guard = Guard::default();
        (0..4).for_each(|_| guard.wrong("a", "wang", at(0)));
        guard.right("a", "wang");
        guard.wrong("a", "wang", at(1));
        assert_eq!(guard.locked_until("a", "wang", at(1)), None);
    }

    #[test]
    fn whoever_tries_many_accounts_is_locked_out_of_all() {
        let guard = Guard::default();
        (0..30).for_each(|n| guard.wrong("a", &format!("user{n}"), at(0)));
        assert!(guard.locked_until("a", "never tried", at(1)).is_some());
    }
}
