//! What is asked about the console's users and of the audit log.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use super::{
    api::Answer,
    handler::{Desk, PIECE, Stop},
    server::Answers,
};
use crate::{
    audit::{Actor, AuditError},
    status::{Exit, Problem},
    users::{NotChanged, Password, Role},
};

/// The most lines of the audit log that are shown at once.
const MOST_LINES: usize = 2_000;

/// What can be asked about users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsersAsk {
    /// All of them.
    List,
    /// Adds one.
    Add {
        /// The name.
        name: String,
        /// What it may do.
        roles: BTreeSet<Role>,
        /// The password.
        password: Password,
    },
    /// Sets a password.
    SetPassword {
        /// Whose.
        name: String,
        /// The new one.
        password: Password,
    },
    /// Locks a user out, or lets one in again.
    Lock {
        /// Whom.
        name: String,
        /// Whether it is locked from now on.
        locked: bool,
    },
}

/// What can be asked of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAsk {
    /// The last lines, newest first: an [`Answer::Audited`] each.
    Latest(usize),
    /// Follows the chain: one [`Answer::AuditVerified`].
    Verify,
    /// All lines as they stand: an [`Answer::File`] and its [`Answer::Piece`]s.
    Export,
}

impl From<NotChanged> for Stop {
    fn from(error: NotChanged) -> Self {
        match error {
            NotChanged::Wrong(why, fix) => Self::Refused(Problem::new(Exit::Usage, 12, why, fix)),
            NotChanged::Store(error) => error.into(),
        }
    }
}

impl From<AuditError> for Stop {
    fn from(error: AuditError) -> Self {
        tracing::error!(%error, "the audit log cannot be read");
        Self::Refused(Problem::new(Exit::Failed, 14, "审计日志读不出来", "请检查数据目录里的 audit 和磁盘，再试一次"))
    }
}

impl Desk {
    pub(super) async fn users(&self, ask: UsersAsk, by: &Actor, to: &Answers) -> Result<(), Stop> {
        let changed = match ask {
            UsersAsk::List => self.users.all().await?,
            UsersAsk::Add { name, roles, password } => vec![self.users.add(&name, &roles, password, &by.signature()).await?],
            UsersAsk::SetPassword { name, password } => vec![self.users.set_password(&name, password).await?],
            UsersAsk::Lock { name, locked } => vec![self.users.lock(&name, locked, &by.signature()).await?],
        };
        for user in changed {
            to.send(Answer::User(user)).await?;
        }
        Ok(())
    }

    pub(super) async fn audit(&self, ask: AuditAsk, to: &Answers) -> Result<(), Stop> {
        match ask {
            AuditAsk::Latest(limit) => {
                for line in self.audit.latest(limit.min(MOST_LINES)).await? {
                    to.send(Answer::Audited(line)).await?;
                }
            }
            AuditAsk::Verify => to.send(Answer::AuditVerified(self.audit.verify().await?)).await?,
            AuditAsk::Export => {
                let bytes = self.audit.text().await?;
                to.send(Answer::File { name: "审计日志.jsonl".to_owned(), bytes: bytes.len() as u64 }).await?;
                for piece in bytes.chunks(PIECE) {
                    to.send(Answer::Piece(BASE64.encode(piece))).await?;
                }
            }
        }
        Ok(())
    }
}
