//! What people do with episodes: claim them, and silence them for a while.

use serde::{Deserialize, Serialize};

use super::{Claim, Episode, Ledger};
use crate::{
    alert::{Key, Kind},
    document::Timestamp,
};

/// Something that is not to be told of for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Which line of the table.
    pub kind: Kind,
    /// Which episodes of it; `None` for all.
    pub scope: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Why.
    pub why: String,
    /// Who asked for it.
    pub by: String,
}

impl Silence {
    /// Whether it still holds: never for 已逾期 beyond the day on which it was asked for.
    pub fn holds(&self, now: Timestamp) -> bool {
        let same_day = self.kind != Kind::Overdue || now.beijing_day() == self.at.beijing_day();
        now < self.until && same_day
    }

    fn covers(&self, key: &Key) -> bool {
        self.kind == key.kind && self.scope.as_ref().is_none_or(|scope| *scope == key.scope)
    }
}

/// Why an act is refused, in Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// No such episode goes on.
    #[error("没有这条告警，或者已经恢复")]
    NoSuch,
    /// A silence without a reason.
    #[error("静默必须写明原因")]
    NoReason,
    /// A silence that has ended already.
    #[error("静默的结束时间已经过去")]
    Past,
    /// 已逾期 beyond the same day.
    #[error("“已逾期”只能静默到当天结束，不能跨天")]
    Overdue,
}

impl Ledger {
    /// Somebody takes an episode upon himself: repeats and escalation rest for two hours.
    ///
    /// # Errors
    /// [`NotDone::NoSuch`].
    pub fn claim(&mut self, id: &str, by: &str, now: Timestamp) -> Result<&Episode, NotDone> {
        let episode = self.open_mut(id).ok_or(NotDone::NoSuch)?;
        episode.claim = Some(Claim { by: by.to_owned(), at: now });
        Ok(episode)
    }

    /// Something is not to be told of until a moment.
    ///
    /// # Errors
    /// [`NotDone`]: a reason and an end are needed, and 已逾期 is never silent beyond the same day.
    pub fn silence(&mut self, silence: Silence) -> Result<(), NotDone> {
        if silence.why.trim().is_empty() {
            return Err(NotDone::NoReason);
        }
        if silence.until <= silence.at {
            return Err(NotDone::Past);
        }
        let midnight = Timestamp::start_of(silence.at.beijing_day() + chrono::Days::new(1));
        if silence.kind == Kind::Overdue && silence.until > midnight {
            return Err(NotDone::Overdue);
        }
        self.rest.silences.retain(|s| (s.kind, &s.scope) != (silence.kind, &silence.scope));
        self.rest.silences.push(silence);
        Ok(())
    }

    /// Whether an episode is not to be told of at `now`.
    pub fn is_silenced(&self, key: &Key, now: Timestamp) -> bool {
        self.rest.silences.iter().any(|silence| silence.holds(now) && silence.covers(key))
    }
}
