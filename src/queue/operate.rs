//! What operators may do to a document, and only where it is legal.

use serde::{Deserialize, Serialize};

use super::Queue;
use crate::{
    document::{Actor, DocumentId, Event, HoldCause, Record, State, Timestamp},
    store::{Listing, StoreError},
};

/// An operator's act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// 立即处理: make the next step due now.
    Retry,
    /// 暂停; a reason is mandatory.
    Hold,
    /// 解除暂停, also the confirmation that a changed draft is sent as a correction.
    Release,
    /// 忽略: put aside for good; a reason is mandatory.
    Ignore,
    /// 恢复: take up again what was put aside; it waits to be released.
    TakeUp,
}

impl Operation {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Retry => "立即处理",
            Self::Hold => "暂停",
            Self::Release => "解除暂停",
            Self::Ignore => "忽略",
            Self::TakeUp => "恢复",
        }
    }

    /// The state that a document in `state` would be in after it; why not, with the way out, where it is not legal.
    ///
    /// # Errors
    /// The words that people are shown.
    pub fn would(self, state: State) -> Result<State, &'static str> {
        let event = self.event("", Timestamp::from_millis(0));
        state.after(&event).ok().filter(|_| state != State::Sending).ok_or_else(|| refusal(state, self))
    }

    /// What happens to a document by it.
    fn event(self, why: &str, now: Timestamp) -> Event {
        let why = why.to_owned();
        match self {
            Self::Retry => Event::Hurried { due: now },
            Self::Hold => Event::Held { cause: HoldCause::Operator, why },
            Self::Release => Event::Released { why, due: now },
            Self::Ignore => Event::PutAside { why },
            Self::TakeUp => Event::TakenUpAgain { why },
        }
    }
}

/// Which documents an operator means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// By number, id (or its first 8 characters or more), or path: whatever a person has at hand.
    Named(String),
    /// All in these states.
    InStates(Vec<State>),
}

/// What an act did to one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operated {
    /// The document.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// The state it was in.
    pub was: State,
    /// The state it is in now; `None` when nothing was done.
    pub now: Option<State>,
    /// Why nothing was done, in Chinese; empty otherwise.
    pub refused: String,
}

impl Queue {
    /// The records that a person means by `selection`; at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn select(&self, selection: &Selection, limit: usize) -> Result<Vec<Record>, StoreError> {
        match selection {
            Selection::Named(name) => self.named(name, limit).await,
            Selection::InStates(states) => {
                let mut found = Vec::new();
                for state in states {
                    let left = limit.saturating_sub(found.len());
                    found.extend(self.walk(&Listing::InState(*state), left).await?);
                }
                Ok(found)
            }
        }
    }

    async fn named(&self, name: &str, limit: usize) -> Result<Vec<Record>, StoreError> {
        let name = name.trim();
        if let Ok(id) = name.parse::<DocumentId>() {
            return Ok(self.store.get(id).await?.into_iter().collect());
        }
        let by_number = self.walk(&Listing::Number(name.to_owned()), limit).await?;
        if !by_number.is_empty() {
            return Ok(by_number);
        }
        let by_path = self.walk(&Listing::Path(name.to_owned()), limit).await?;
        if !by_path.is_empty() {
            return Ok(by_path);
        }
        if let Ok(draft) = name.parse::<uuid::Uuid>() {
            return self.walk(&Listing::Draft(draft), limit).await;
        }
        let is_prefix = name.len() >= 8 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_prefix {
            return Ok(Vec::new());
        }
        let mut all = self.walk(&Listing::All, usize::MAX).await?;
        all.retain(|r| r.id().to_string().starts_with(name));
        all.truncate(limit);
        Ok(all)
    }

    /// Up to `limit` records of a listing, page by page.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn walk(&self, listing: &Listing, limit: usize) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        let mut after = None;
        while found.len() < limit {
            let page = self.store.page(listing, after.as_ref(), (limit - found.len()).min(500)).await?;
            found.extend(page.records);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// Holds every waiting document of a schema version that the platform no longer accepts (17); returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hold_version(&self, version: &str, why: &str) -> Result<usize, StoreError> {
        let mut waiting = self.walk(&Listing::InState(State::Waiting), usize::MAX).await?;
        waiting.retain(|r| r.birth.facts.as_ref().is_some_and(|f| f.schema_version == version));
        let held = Event::Held { cause: HoldCause::SchemaVersion, why: why.to_owned() };
        let changes: Vec<_> = waiting.iter().map(|r| self.change(r, Actor::Daemon, held.clone())).collect();
        let mut count = 0;
        for batch in changes.chunks(256) {
            count += self.store.apply(batch.to_vec()).await?.iter().filter(|applied| applied.is_ok()).count();
        }
        Ok(count)
    }

    /// Does `operation` to one record, where it is legal; says why not where it is not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operate(&self, record: &Record, operation: Operation, by: &str, why: &str) -> Result<Operated, StoreError> {
        let answer =
            |now, refused: &str| Operated { id: record.id(), title: record.title(), was: record.state, now, refused: refused.to_owned() };
        if matches!(operation, Operation::Hold | Operation::Ignore) && why.trim().is_empty() {
            return Ok(answer(None, "必须写明原因（--reason）"));
        }
        let now = self.now();
        let event = operation.event(why, now);
        if operation == Operation::TakeUp && record.birth.digest.is_none() {
            // What was judged unfit has nothing to send; it stands again when its draft does.
            return Ok(answer(None, "这份草稿没有通过检查：改好后放回文件夹，会自动重新检查"));
        }
        if let Err(why) = operation.would(record.state) {
            return Ok(answer(None, why));
        }
        match self.apply_one(record, Actor::Operator(by.to_owned()), event).await? {
            Some(after) => Ok(answer(Some(after.state), "")),
            None => Ok(answer(None, "状态刚刚变化，请重新查看后再操作")),
        }
    }
}

/// Why an act is not legal in a state, with the way out.
fn refusal(state: State, operation: Operation) -> &'static str {
    match (state, operation) {
        (State::Sending, _) => "正在上传，请等几秒有结果后再操作",
        (State::Unfit | State::Returned, Operation::Retry | Operation::Release | Operation::Hold) => {
            "文书需要先修改：改好草稿并保存后会自动重新提交"
        }
        (State::Entered, _) => "已经录入，无需操作",
        (State::Superseded, _) => "已有新版本，请对新版本操作",
        (State::HeldWaiting | State::HeldUnsure | State::HeldReceived, Operation::Retry) => "已暂停，请先解除暂停（dangri queue release）",
        (State::HeldWaiting | State::HeldUnsure | State::HeldReceived, Operation::Hold) => "本来就是暂停状态",
        (State::HeldUnsure | State::HeldReceived | State::Unsure | State::Received, Operation::Ignore) => {
            "平台可能已收下此件，核实之前不能忽略"
        }
        (State::Waiting, Operation::Ignore) => "请先暂停（dangri queue hold），再忽略",
        (_, Operation::Release) => "没有暂停，无需解除",
        (_, Operation::TakeUp) => "没有被忽略，无需恢复",
        (State::Ignored, _) => "已忽略；如需继续办理请先恢复",
        (State::Corrupt, _) => "存件损坏，请运行 dangri repair",
        _ => "当前状态不能这样操作",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_may_do_in_each_state_and_why_not_reads_like_this() {
        let acts = [Operation::Retry, Operation::Hold, Operation::Release, Operation::Ignore, Operation::TakeUp];
        let mut lines = Vec::new();
        for state in State::ALL {
            lines.push(format!("{state:?} {}", state.label()));
            for act in acts {
                let told = act.would(state).map_or_else(str::to_owned, |after| format!("→ {}", after.label()));
                lines.push(format!("    {}　{told}", act.label()));
            }
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
