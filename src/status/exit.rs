//! Exit codes: one table for every command (operators.md B5). An unknown code is a failure.

use serde::{Deserialize, Serialize};

/// What a command ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Well = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Done in part; something needs a person.
    NeedsPerson = 3,
    /// The check rejected documents.
    Unfit = 4,
    /// The platform or the network cannot be reached.
    Unreachable = 5,
    /// The platform refused our credentials.
    Credentials = 6,
    /// Another process uses the store.
    StoreInUse = 7,
    /// A newer version wrote the store.
    StoreNewer = 8,
    /// The store is damaged or cannot work.
    StoreDamaged = 9,
    /// Overdue documents exist.
    Overdue = 10,
    /// The daemon does not run, or stalls.
    NotRunning = 11,
    /// An alert channel does not work (B6; B5 has it for when none does, which the message then says).
    NoAlert = 12,
    /// The disk failed while writing; the daemon ends itself.
    DiskFailed = 74,
}

/// What `status` may end with, from the mildest to the most severe; it ends with the last that applies.
///
/// Nothing running comes last because then nobody watches the rest; a damaged store next because what is taken is in danger; then silence:
/// where an alert channel fails, whatever else is wrong may go wrong unheard (P3); then what has already gone wrong (overdue), then what stops
/// every document (credentials, platform).
pub const SEVERITY: [Exit; 9] = [
    Exit::Well,
    Exit::NeedsPerson,
    Exit::Unreachable,
    Exit::Credentials,
    Exit::Overdue,
    Exit::NoAlert,
    Exit::StoreDamaged,
    Exit::NotRunning,
    // Not a state of the daemon, but of asking: whatever else fails outranks all.
    Exit::Failed,
];

impl Exit {
    /// Every code.
    pub const ALL: [Self; 14] = [
        Self::Well,
        Self::Failed,
        Self::Usage,
        Self::NeedsPerson,
        Self::Unfit,
        Self::Unreachable,
        Self::Credentials,
        Self::StoreInUse,
        Self::StoreNewer,
        Self::StoreDamaged,
        Self::Overdue,
        Self::NotRunning,
        Self::NoAlert,
        Self::DiskFailed,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the manual says of it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Well => "一切正常",
            Self::Failed => "失败",
            Self::Usage => "用法或配置有误",
            Self::NeedsPerson => "部分完成，有事项需要人工处理",
            Self::Unfit => "文书检查不通过",
            Self::Unreachable => "连不上平台或网络",
            Self::Credentials => "平台不认账号",
            Self::StoreInUse => "数据正被另一进程使用",
            Self::StoreNewer => "数据由较新版本写入",
            Self::StoreDamaged => "数据损坏或不可用",
            Self::Overdue => "有文书逾期",
            Self::NotRunning => "程序没有运行，或已停滞",
            Self::NoAlert => "有告警渠道不可用",
            Self::DiskFailed => "磁盘写入失败",
        }
    }

    /// How severe it is beside the others of [`SEVERITY`]; a code that is not in the table outranks them all.
    pub fn severity(self) -> usize {
        SEVERITY.iter().position(|e| *e == self).unwrap_or(SEVERITY.len())
    }

    /// The more severe of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.severity() > self.severity() { other } else { self }
    }
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        exit.code()
    }
}

impl TryFrom<u8> for Exit {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        Self::ALL.into_iter().find(|e| e.code() == code).ok_or_else(|| format!("unknown exit code {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_manual() {
        let table: Vec<_> = Exit::ALL.iter().map(|e| format!("{:>2}  {}", e.code(), e.meaning())).collect();
        insta::assert_snapshot!(table.join("\n"));
        for exit in Exit::ALL {
            assert_eq!(Exit::try_from(exit.code()), Ok(exit));
        }
        assert!(Exit::try_from(13).is_err());
    }

    #[test]
    fn the_order_of_severity_is_fixed() {
        let order = SEVERITY.map(Exit::code);
        assert_eq!(order, [0, 3, 5, 6, 10, 12, 9, 11, 1]);
        for pair in SEVERITY.windows(2) {
            assert_eq!(pair[0].worse(pair[1]), pair[1]);
            assert_eq!(pair[1].worse(pair[0]), pair[1]);
        }
    }
}
