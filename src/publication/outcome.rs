//! What can be said of a decision's notice, and why nothing can be said.

use serde::{Deserialize, Serialize};

use crate::document::Timestamp;

/// How it stands with a decision's notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not looked for yet, or too early to be expected.
    #[default]
    NotYet,
    /// Public, and as decided.
    Matched,
    /// Public, and otherwise than decided.
    Mismatched,
    /// Public more than once.
    Duplicate,
    /// Not public though it should be: the whole list was read, twice.
    Missing,
    /// Taken away though it should be public.
    Withdrawn,
    /// Ended early by credit repair, which is lawful.
    Repaired,
    /// The longest term has run out; it stops being public by itself.
    Expired,
    /// Still public though it was corrected, or though it need not be public at all.
    Lingering,
    /// Not public any more, as it should be after a correction.
    Gone,
    /// Lawfully not public.
    Exempt,
    /// Nobody knows: the list could not be read so that its absence would mean something.
    Unseen,
}

/// Why nothing can be said about a decision's notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A page could not be had, or was none: what happened, in a few Chinese words.
    NotRead(String),
    /// The list did not come to its end.
    CutShort,
    /// The list is complete only up to a moment before the notice should have stood there; `None` when it does not say.
    NotCompleteTo(Option<Timestamp>),
    /// Values stand in wrong columns, or the columns have other names.
    Columns,
    /// Nothing stands in a list in which notices were seen before.
    KnownOnesGone,
}

impl Doubt {
    /// What people are told.
    pub fn words(&self) -> String {
        match self {
            Self::NotRead(why) => format!("公示清单没有读到：{why}"),
            Self::CutShort => "公示清单没有读完，翻页中断".to_owned(),
            Self::NotCompleteTo(Some(to)) => format!("平台的公示清单只完整到 {}", to.beijing().format("%Y-%m-%d %H:%M")),
            Self::NotCompleteTo(None) => "平台没有说明公示清单完整到何时".to_owned(),
            Self::Columns => "公示清单的栏目错位或改版，认不出内容".to_owned(),
            Self::KnownOnesGone => "以前见过的公示一条也不见了，清单不可信".to_owned(),
        }
    }
}

/// How one reading of the list ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It came to the end; the list is complete up to this moment.
    Whole(Option<Timestamp>),
    /// It did not.
    Broken(Doubt),
}
