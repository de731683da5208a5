//! An account: a name, what it may do, and the hash of its password.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::document::Timestamp;

/// What a user may do. Several can be had at once, but not together with [`Role::Auditor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 查看员: sees the day and the documents.
    Viewer,
    /// 经办员: also acts on them; the only one who does.
    Operator,
    /// 管理员: sees what a viewer sees, and who the users are.
    Admin,
    /// 审计员: sees the audit log, and nothing else.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Auditor];

    /// The word that people are shown and type.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Viewer => "查看员",
            Self::Operator => "经办员",
            Self::Admin => "管理员",
            Self::Auditor => "审计员",
        }
    }

    /// The role of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.label() == word)
    }
}

/// An account as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// The name.
    pub name: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// The Argon2id hash in PHC's form.
    pub(super) hash: String,
    /// When it was added.
    pub added: Timestamp,
    /// By whom.
    pub added_by: String,
    /// When the password was set last; sessions from before it end.
    pub password_set: Timestamp,
    /// Since when it is locked, and by whom.
    pub locked: Option<(Timestamp, String)>,
}

impl Account {
    /// Whether it sees the day and the documents.
    pub fn may_look(&self) -> bool {
        self.roles.iter().any(|role| !matches!(role, Role::Auditor))
    }

    /// Whether it acts on them.
    pub fn may_act(&self) -> bool {
        self.roles.contains(&Role::Operator)
    }

    /// Whether it sees who the users are.
    pub fn may_see_users(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether it sees the audit log.
    pub fn may_audit(&self) -> bool {
        self.roles.contains(&Role::Auditor)
    }

    /// Its roles in words.
    pub fn roles_in_words(&self) -> String {
        in_words(&self.roles)
    }
}

/// Roles in words: `经办员、管理员`.
pub(super) fn in_words(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")
}

/// An account as it is shown: without the hash. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The name.
    pub name: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// The same in words.
    pub label: String,
    /// When it was added.
    pub added: Timestamp,
    /// By whom.
    pub added_by: String,
    /// When the password was set last.
    pub password_set: Timestamp,
    /// Since when it is locked, and by whom.
    pub locked: Option<(Timestamp, String)>,
}

impl From<Account> for Shown {
    fn from(account: Account) -> Self {
        let Account { name, roles, added, added_by, password_set, locked, .. } = account;
        Self { label: in_words(&roles), name, roles, added, added_by, password_set, locked }
    }
}
