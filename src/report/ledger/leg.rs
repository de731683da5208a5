//! The legs of a loop, and where each stands.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A leg, in the order of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 现场检查记录.
    Record,
    /// 责令限期整改指令书 or 现场处理措施决定书.
    Order,
    /// 整改复查意见书.
    Review,
    /// 立案审批表.
    Filing,
    /// 行政处罚告知书.
    Notice,
    /// 行政处罚听证告知书.
    Hearing,
    /// 行政处罚决定书.
    Decision,
    /// 文书送达回执.
    Service,
    /// The decision's publication.
    Publication,
    /// The fine's payment, or the end of its enforcement.
    Payment,
    /// 结案审批表.
    Close,
}

impl Step {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Record => "检查记录",
            Self::Order => "责令整改",
            Self::Review => "复查",
            Self::Filing => "立案",
            Self::Notice => "处罚告知",
            Self::Hearing => "听证告知",
            Self::Decision => "处罚决定",
            Self::Service => "送达",
            Self::Publication => "公示",
            Self::Payment => "缴款",
            Self::Close => "结案",
        }
    }
}

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its document is entered, or the platform shows it.
    Done,
    /// The law or the case asks for none.
    NotNeeded,
    /// A later leg is done, so it must have been; its document is not here.
    Elsewhere,
    /// Its turn has not come.
    Later,
    /// Its document is here and not entered.
    OnTheWay,
    /// It is the next thing to do.
    Missing,
}

impl Standing {
    /// Whether nothing is left to do.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::NotNeeded | Self::Elsewhere)
    }

    /// The mark that people are shown.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Done => "✔",
            Self::NotNeeded | Self::Elsewhere => "–",
            Self::Later => "·",
            Self::OnTheWay => "…",
            Self::Missing => "✘",
        }
    }
}

/// One leg of a finding or of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Which.
    pub step: Step,
    /// Where it stands.
    pub standing: Standing,
    /// The number of its document, where there is one.
    pub document: Option<String>,
    /// Done: when. Open: since when it is the next thing to do.
    pub since: Option<NaiveDate>,
    /// Until when it must be done, where law or order says so.
    pub due: Option<NaiveDate>,
    /// Why it stands so, in Chinese; may be empty.
    pub said: String,
    /// What to do, in Chinese; empty when nothing is left to do.
    pub advice: String,
}

impl Leg {
    /// A leg without more to say.
    pub(super) const fn new(step: Step, standing: Standing) -> Self {
        Self { step, standing, document: None, since: None, due: None, said: String::new(), advice: String::new() }
    }

    /// Done on a day by a document.
    pub(super) fn done(step: Step, day: NaiveDate, document: Option<String>) -> Self {
        Self { since: Some(day), document, ..Self::new(step, Standing::Done) }
    }

    /// Not asked for.
    pub(super) fn not_needed(step: Step, why: impl Into<String>) -> Self {
        Self { said: why.into(), ..Self::new(step, Standing::NotNeeded) }
    }

    /// Missing since a day.
    pub(super) fn missing(step: Step, since: NaiveDate, due: Option<NaiveDate>) -> Self {
        Self { since: Some(since), due, ..Self::new(step, Standing::Missing) }
    }

    /// With a reason.
    pub(super) fn because(mut self, said: impl Into<String>) -> Self {
        self.said = said.into();
        self
    }

    /// With what to do.
    pub(super) fn then(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Whether it is this one's turn and it is not done.
    pub const fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Missing | Standing::OnTheWay)
    }
}

/// How pressing an open leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// There is time, or no term.
    Open,
    /// The term ends within the warning days.
    Soon,
    /// The term has passed.
    Late,
}

impl Urgency {
    /// Of a leg that is due on `due` and warned of `warn_days` before.
    pub fn of(due: Option<NaiveDate>, today: NaiveDate, warn_days: i64) -> Self {
        match due.map(|due| (due - today).num_days()) {
            Some(left) if left < 0 => Self::Late,
            Some(left) if left <= warn_days => Self::Soon,
            _ => Self::Open,
        }
    }

    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "待办",
            Self::Soon => "将到期",
            Self::Late => "已超期",
        }
    }
}
