//! The open documents as alerts may speak of them: by number or kind, in fixed words, never by file, party or person (promise P5).

use std::collections::BTreeMap;

use crate::{
    day::excuse,
    document::{Cause, DocumentId, DocumentNumber, HoldCause, Name, Record, State, Timestamp},
    redact::mask,
    store::{Listing, Store, StoreError},
};

/// How many records of one state are looked at one by one, earliest cut-off first.
const STATE_LIMIT: usize = 5_000;
/// How many records one page holds.
const PAGE: usize = 500;

/// One document that is not entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenDocument {
    /// Its id.
    pub(super) id: DocumentId,
    /// What it may be called: its number, else its kind and the first letters of its id.
    pub(super) title: String,
    /// Where it stands.
    pub(super) state: State,
    /// Since when.
    pub(super) since: Timestamp,
    /// Why, in fixed words.
    pub(super) said: String,
    /// When it must be entered at the latest.
    pub(super) cut_off: Timestamp,
    /// When dangri first saw it.
    pub(super) seen: Timestamp,
    /// Under which its excuses stand.
    pub(super) excuses: String,
    /// Who drafted it; never said, only looked up among `[[alert.people]]`.
    pub(super) author: Name,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Documents {
    /// Each that was looked at, earliest cut-off first within a state.
    pub(super) open: Vec<OpenDocument>,
    /// How many there are besides.
    pub(super) more: u64,
}

impl Documents {
    /// Looks at all that are open.
    ///
    /// # Errors
    /// Those of the store: then nothing is known, which is not the same as nothing being open.
    pub(super) async fn of(store: &dyn Store) -> Result<Self, StoreError> {
        let counts: BTreeMap<State, u64> = store.counts().await?;
        let mut found = Self::default();
        for state in State::ALL.into_iter().filter(|s| !s.is_at_rest()) {
            let total = counts.get(&state).copied().unwrap_or(0);
            let mut after = None;
            let mut looked = 0;
            while total > 0 && looked < STATE_LIMIT {
                let page = store.page(&Listing::InState(state), after.as_ref(), PAGE).await?;
                looked += page.records.len();
                found.open.extend(page.records.iter().map(OpenDocument::of));
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            found.more += total.saturating_sub(looked as u64);
        }
        Ok(found)
    }
}

impl OpenDocument {
    fn of(record: &Record) -> Self {
        let facts = record.birth.facts.as_ref();
        Self {
            id: record.id(),
            title: title(record),
            state: record.state,
            since: record.since,
            said: said(record),
            cut_off: record.birth.cut_off,
            seen: record.birth.source.first_seen,
            excuses: excuse::key(record),
            author: facts.map(|f| f.author.clone()).unwrap_or_default(),
        }
    }
}

/// A number that looks like one may be said; a file's name may hold a party's and is not.
fn title(record: &Record) -> String {
    let facts = record.birth.facts.as_ref();
    let number = facts.and_then(|f| f.number.as_deref()).filter(|number| speakable(number));
    match (number, facts) {
        (Some(number), _) => mask(number).into_owned(),
        (None, facts) => {
            let id = record.id().to_string();
            let kind = facts.map_or("未识别的草稿", |f| &*f.kind_name);
            format!("{kind}（编号 {}）", id.get(..8).unwrap_or(&id))
        }
    }
}

/// Whether a document's number may be said: it is one, in canonical form, `（淄）应急检记〔2026〕31号`.
///
/// What stands in its place otherwise, a file's name above all, may hold a party's name.
pub fn speakable(text: &str) -> bool {
    DocumentNumber::strict(text).is_some()
}

/// Why it is where it is. Only the program's own words: what the platform or a person wrote may hold a name.
fn said(record: &Record) -> String {
    let trouble = record.trouble.map(Cause::label);
    let tried = if record.attempts > 0 { format!("，已试 {} 次", record.attempts) } else { String::new() };
    match record.state {
        State::Unfit => "检查未通过，待经办人改".into(),
        State::Returned => trouble.unwrap_or("平台审核未通过").into(),
        State::HeldWaiting | State::HeldUnsure | State::HeldReceived => record.hold.as_ref().map_or("人工暂停", HoldCause::label).into(),
        State::Corrupt => "本机存件损坏".into(),
        State::Unsure => format!("{}，正在向平台查询", trouble.unwrap_or("平台没有回音")),
        State::Received => "平台已接收，尚未录入".into(),
        State::Waiting | State::Sending => match trouble {
            Some(trouble) => format!("{trouble}{tried}"),
            None => "等待上传".into(),
        },
        State::Entered | State::Superseded | State::Ignored => record.state.label().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_number_is_said() {
        assert!(speakable("（淄）应急检记〔2026〕31号"));
        for text in [
            "张三",
            "某某公司现场检查记录",
            "370302199001011236",
            "〔2026〕",
            "某某公司（淄）应急罚〔2026〕1号",
            "王大锤案〔2026〕1号",
            "〔20x6〕1号",
            "（淄）〔2026〕1",
        ] {
            assert!(!speakable(text), "{text}");
        }
    }
}
