//! The table of operators' manual B6: what is told, when again, and when it is over.

use chrono::Duration;
use serde::{Deserialize, Serialize};

/// How loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not an alarm: the daily word that all is well.
    #[default]
    Info,
    /// 黄.
    Yellow,
    /// 橙.
    Orange,
    /// 红: goes out at any hour.
    Red,
}

impl Level {
    /// The word that stands in front of a message.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "信息",
            Self::Yellow => "黄",
            Self::Orange => "橙",
            Self::Red => "红",
        }
    }
}

/// What is told: one line of the table. The order is that in which messages name them, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The cut-off passed without entry.
    Overdue,
    /// The cut-off nears: the ladder.
    Deadline,
    /// By the present rate some will not make it (contributed by the day).
    Forecast,
    /// Planned for today and without a record (contributed by the day).
    Absent,
    /// A loop of the daemon stands still.
    Stalled,
    /// The store is damaged or cannot write.
    Store,
    /// The platform refuses the account.
    Account,
    /// The platform cannot be reached.
    Platform,
    /// The watched folder cannot be read.
    Folder,
    /// An alert channel does not work.
    Channel,
    /// The daemon on the other machine does not answer, or is not well (`dangri watch`).
    Peer,
    /// A document is in doubt.
    InDoubt,
    /// A document was sent back to its author.
    SentBack,
    /// The platform has other rules in force.
    Rules,
    /// A certificate ends soon.
    Certificate,
    /// The disk fills up.
    Disk,
    /// The clocks differ.
    ClockSkew,
    /// No backup for long.
    Backup,
    /// The working-day calendar of a year is missing.
    Calendar,
    /// A decision is not published (contributed by the publication).
    Unpublished,
    /// A decision is published wrongly, or should not be public any more (contributed by the publication).
    Misprint,
    /// The publication could not be checked (contributed by the publication).
    CheckFailed,
    /// Some other date nears (contributed).
    Reminder,
    /// What the platform shows of an entered document is not what was entered (contributed).
    Drift,
    /// A day was closed and nobody has acknowledged it (contributed by the day).
    DayOpen,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::Overdue,
        Self::Deadline,
        Self::Forecast,
        Self::Absent,
        Self::Stalled,
        Self::Store,
        Self::Account,
        Self::Platform,
        Self::Folder,
        Self::Channel,
        Self::Peer,
        Self::InDoubt,
        Self::SentBack,
        Self::Rules,
        Self::Certificate,
        Self::Disk,
        Self::ClockSkew,
        Self::Backup,
        Self::Calendar,
        Self::Unpublished,
        Self::Misprint,
        Self::CheckFailed,
        Self::Reminder,
        Self::Drift,
        Self::DayOpen,
    ];

    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overdue => "已逾期",
            Self::Deadline => "临近截止",
            Self::Forecast => "预计赶不上",
            Self::Absent => "尚无记录",
            Self::Stalled => "程序停滞",
            Self::Store => "数据故障",
            Self::Account => "账号失效",
            Self::Platform => "平台不可用",
            Self::Folder => "目录不可用",
            Self::Channel => "告警通道失败",
            Self::Peer => "主程序异常",
            Self::InDoubt => "待核实",
            Self::SentBack => "退回待改",
            Self::Rules => "规则变化",
            Self::Certificate => "证书问题",
            Self::Disk => "磁盘不足",
            Self::ClockSkew => "时钟不准",
            Self::Backup => "备份过期",
            Self::Calendar => "工作日历缺失",
            Self::Unpublished => "未公示",
            Self::Misprint => "公示有误",
            Self::CheckFailed => "核对失败",
            Self::Reminder => "期限提醒",
            Self::Drift => "平台内容不符",
            Self::DayOpen => "当日未确认",
        }
    }

    /// What its objects are counted in.
    pub const fn measure(self) -> &'static str {
        match self {
            Self::Overdue | Self::Deadline | Self::Forecast | Self::InDoubt | Self::SentBack | Self::Unpublished | Self::Misprint => "件",
            Self::Absent => "户",
            _ => "项",
        }
    }

    /// Its line of the table.
    pub fn rule(self) -> Rule {
        let at_once = Lasting { looks: 1, span: Duration::zero() };
        let rule = |again| Rule { raise: at_once, clear: at_once, again };
        let steady = Lasting { looks: 1, span: Duration::minutes(10) };
        match self {
            Self::Overdue => rule(Again::Overdue),
            // Its repeats are the ladder's rungs; 退回待改 repeats with them, for they name what was sent back too.
            Self::Deadline | Self::SentBack => rule(Again::Never),
            Self::Forecast | Self::Absent | Self::InDoubt => rule(Again::Every(Duration::hours(1))),
            Self::Platform => Rule { clear: Lasting { looks: 3, span: Duration::zero() }, ..rule(Again::Every(Duration::hours(1))) },
            Self::Folder => Rule { clear: Lasting { looks: 2, span: Duration::zero() }, ..rule(Again::Every(Duration::hours(2))) },
            Self::Channel => rule(Again::Every(Duration::hours(2))),
            // After a leap of the clock, or a night of the machine's, every loop seems to have stood still until its next beat.
            Self::Peer | Self::Stalled => {
                Rule { raise: Lasting { looks: 2, span: Duration::zero() }, ..rule(Again::Every(Duration::hours(1))) }
            }
            Self::Account | Self::Certificate | Self::Rules | Self::Calendar | Self::DayOpen => rule(Again::Every(Duration::days(1))),
            Self::Store | Self::Disk | Self::ClockSkew | Self::Backup => Rule { clear: steady, ..rule(Again::Every(Duration::hours(4))) },
            Self::Unpublished | Self::Misprint => Rule { clear: Lasting { looks: 2, span: Duration::zero() }, ..rule(Again::DailyAtNine) },
            Self::Reminder | Self::Drift => rule(Again::DailyAtNine),
            Self::CheckFailed => Rule { raise: Lasting { looks: 2, span: Duration::zero() }, ..rule(Again::Every(Duration::days(1))) },
        }
    }

    /// Whether an open episode of `other` keeps this one from being told (B6, "Inhibit"). Nothing ever hides 临近截止 and 已逾期.
    pub const fn is_hidden_by(self, other: Self) -> bool {
        matches!((self, other), (Self::InDoubt | Self::CheckFailed, Self::Platform) | (Self::Backup, Self::Disk))
    }

    /// Whether its episodes may be drawn together as one that keeps coming back; never those that nothing may hide.
    pub const fn may_flap(self) -> bool {
        !matches!(self, Self::Overdue | Self::Deadline)
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How long and how often it must have been seen before it counts; a condition's own patience comes on top.
    pub raise: Lasting,
    /// How long and how often it must have been missed before it is over.
    pub clear: Lasting,
    /// When it is told again.
    pub again: Again,
}

/// Seen (or missed) at so many looks, over at least so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// Looks; those that say when they were made count once each.
    pub looks: u8,
    /// How long.
    pub span: Duration,
}

/// When something that goes on is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Never by itself.
    Never,
    /// After each such span.
    Every(Duration),
    /// Each day at 09:00.
    DailyAtNine,
    /// After 30 minutes, after 2 hours, then at 08:30 and 14:00 of each working day.
    Overdue,
}
