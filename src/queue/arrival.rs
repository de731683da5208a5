//! A judged draft arrives: is it new, a copy, a better version, a change after entry, or somebody else's number?

use std::{collections::BTreeSet, sync::Arc};

use super::Queue;
use crate::{
    check::CheckedDraft,
    document::{
        Actor, Birth, ContentHash, DocumentId, Entry, Event, Facts, Finding, HoldCause, Lane, Place, Record, Severity, Source, State,
        Timestamp,
    },
    store::{Admission, Change, Listing, Newcomer, StoreError},
};

/// What the check said of a draft.
#[derive(Debug)]
pub enum Judged {
    /// It may be entered.
    Fit(CheckedDraft),
    /// Its author must mend it.
    Unfit {
        /// What could be read of it.
        facts: Option<Facts>,
        /// What was found.
        findings: Vec<Finding>,
    },
}

/// A draft that was read and judged.
#[derive(Debug)]
pub struct Arrival {
    /// Where it was found.
    pub source: Source,
    /// What the check said.
    pub judged: Judged,
}

/// What became of an arrival.
#[derive(Debug, Clone)]
pub enum Arrived {
    /// It is kept; `record` tells in which state. `findings` is what its author should be told.
    Kept {
        /// The record.
        record: Box<Record>,
        /// All findings, its own and those that the queue added.
        findings: Vec<Finding>,
    },
    /// It had been kept before, under this record.
    Known(Box<Record>),
}

/// How an arrival is to be entered in the books, decided against what stands there.
struct Plan {
    newcomer: Newcomer,
    before: Vec<Change>,
    findings: Vec<Finding>,
}

impl Queue {
    /// Takes arrivals: from the moment this returns, dangri is responsible for the fit ones (P1). Answers in order.
    ///
    /// An older version at the same path is closed first; a crash in between leaves the draft in the folder, where the next sweep finds it.
    ///
    /// # Errors
    /// When the store fails or is full; nothing was taken then that is not found again by the next sweep.
    pub async fn admit(&self, arrivals: Vec<Arrival>) -> Result<Vec<Arrived>, StoreError> {
        let mut answers = Vec::with_capacity(arrivals.len());
        let mut batch = Vec::new();
        let mut names = BTreeSet::new();
        for arrival in arrivals {
            // Two drafts of one number or one draft id in one batch must see each other.
            if !names.is_disjoint(&names_of(&arrival)) {
                self.commit(std::mem::take(&mut batch), &mut answers).await?;
                names.clear();
            }
            names.extend(names_of(&arrival));
            batch.push(self.plan(arrival).await?);
        }
        self.commit(batch, &mut answers).await?;
        Ok(answers)
    }

    async fn commit(&self, plans: Vec<Plan>, answers: &mut Vec<Arrived>) -> Result<(), StoreError> {
        let mut before = Vec::new();
        let mut newcomers = Vec::with_capacity(plans.len());
        let mut told = Vec::with_capacity(plans.len());
        for plan in plans {
            before.extend(plan.before);
            told.push((plan.newcomer.birth.source.clone(), plan.findings));
            newcomers.push(plan.newcomer);
        }
        if !before.is_empty() {
            // One that went stale was leased or looked up in between; it is then drift, which the next look at the folder finds.
            for applied in self.store.apply(before).await? {
                match applied {
                    Ok(_) | Err(StoreError::Stale { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if newcomers.is_empty() {
            return Ok(());
        }
        for (admission, (source, findings)) in self.store.admit(newcomers).await?.into_iter().zip(told) {
            answers.push(match admission {
                Admission::New(record) => Arrived::Kept { record: Box::new(record), findings },
                Admission::Same(record) => self.met_again(record, &source).await?,
            });
        }
        Ok(())
    }

    /// A document that was kept before: perhaps a copy under another name, perhaps a version that the author went back to.
    async fn met_again(&self, record: Record, source: &Source) -> Result<Arrived, StoreError> {
        let known_here = self.latest_at(&source.path).await?.is_some_and(|r| r.id() == record.id());
        let event = match record.state {
            State::Ignored | State::Superseded if record.replaced_by.is_none() => {
                Some(Event::TakenUpAgain { why: "草稿又放回了文件夹".into() })
            }
            _ if !known_here => Some(Event::AlsoSeenAt { path: source.path.clone() }),
            _ => None,
        };
        let record = match event {
            Some(event) if record.state.after(&event).is_ok() => self.apply_one(&record, Actor::Author, event).await?.unwrap_or(record),
            _ => record,
        };
        Ok(Arrived::Known(Box::new(record)))
    }

    /// The draft of a record is no longer at `path`; `None` when that changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn draft_gone(&self, record: &Record, path: &str) -> Result<Option<Record>, StoreError> {
        if !record.draft_present || record.birth.source.path != path {
            return Ok(None);
        }
        self.apply_one(record, Actor::Author, Event::DraftGone { path: path.to_owned() }).await
    }

    /// The newest record found at `path`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest_at(&self, path: &str) -> Result<Option<Record>, StoreError> {
        let page = self.store.page(&Listing::Path(path.to_owned()), None, 1).await?;
        Ok(page.records.into_iter().next())
    }

    async fn plan(&self, arrival: Arrival) -> Result<Plan, StoreError> {
        let prior = self.latest_at(&arrival.source.path).await?;
        match arrival.judged {
            Judged::Unfit { facts, findings } => Ok(self.plan_unfit(arrival.source, facts, findings, prior)),
            Judged::Fit(draft) => self.plan_fit(arrival.source, draft, prior).await,
        }
    }

    fn plan_unfit(&self, source: Source, facts: Option<Facts>, findings: Vec<Finding>, prior: Option<Record>) -> Plan {
        let id = DocumentId::of_unfit(&source.path, &source.file);
        // A bad version of something under way changes nothing about what is under way; a bad version of something at a stop replaces it.
        let closes = prior.filter(|p| p.id() != id && matches!(p.state, State::Unfit | State::Returned));
        let before = closes.map(|p| self.change(&p, Actor::Author, Event::ReplacedBy { by: id })).into_iter().collect();
        let cut_off = facts.as_ref().map_or_else(|| self.end_of_today(), |f| self.cut_off(f));
        let entry = self.entry(Event::JudgedUnfit { findings: findings.clone() });
        let birth = Birth { id, source, facts, digest: None, cut_off, due: Timestamp::MAX };
        Plan { newcomer: Newcomer { birth, entry, body: Arc::from([]) }, before, findings }
    }

    async fn plan_fit(&self, source: Source, draft: CheckedDraft, prior: Option<Record>) -> Result<Plan, StoreError> {
        let (facts, body, digest, mut findings) = draft.into_parts();
        let id = self.submission_id(&facts, &digest);
        let earlier = self.earlier_versions(&facts, prior, id).await?;
        if let Some(other) = self.holder_of_number(&facts, id, &earlier).await? {
            findings.push(number_taken(&facts, &other));
            return Ok(self.plan_unfit(source, Some(facts), findings, None));
        }
        let mut before = Vec::new();
        let mut supersedes = None;
        for old in &earlier {
            if old.state.after(&Event::ReplacedBy { by: id }).is_ok() {
                before.push(self.change(old, Actor::Author, Event::ReplacedBy { by: id }));
            } else if old.state.is_moving() || matches!(old.state, State::Entered | State::HeldUnsure | State::HeldReceived) {
                supersedes = Some(old.id());
                if old.state == State::Entered && old.drift != Some(source.file) {
                    before.push(self.change(old, Actor::Author, Event::Drifted { now: source.file }));
                }
            }
        }
        let held = match facts.lane {
            _ if supersedes.is_some() => Some(HoldCause::Drift),
            Lane::Penalty if !self.settings.upload_penalties => Some(HoldCause::Lane),
            _ => None,
        };
        let cut_off = self.cut_off(&facts);
        let entry = self.entry(Event::Taken { findings: findings.clone(), held, supersedes });
        let birth = Birth { id, source, facts: Some(facts), digest: Some(digest), cut_off, due: self.now() };
        Ok(Plan { newcomer: Newcomer { birth, entry, body }, before, findings })
    }

    /// Earlier versions of the same draft: at the same path, or with the same draft id.
    async fn earlier_versions(&self, facts: &Facts, prior: Option<Record>, id: DocumentId) -> Result<Vec<Record>, StoreError> {
        let mut earlier = self.walk(&Listing::Draft(facts.draft_id), 16).await?;
        if let Some(prior) = prior.filter(|p| earlier.iter().all(|e| e.id() != p.id())) {
            earlier.push(prior);
        }
        earlier.retain(|e| e.id() != id && e.state != State::Superseded);
        Ok(earlier)
    }

    /// Another draft's document that holds this one's number, kind by kind; one that was returned or replaced no longer does (contract, code 13).
    async fn holder_of_number(&self, facts: &Facts, id: DocumentId, earlier: &[Record]) -> Result<Option<Record>, StoreError> {
        let Some(number) = &facts.number else { return Ok(None) };
        let same = self.walk(&Listing::Number(number.clone()), 16).await?;
        Ok(same.into_iter().find(|other| {
            let same_kind = other.birth.facts.as_ref().is_some_and(|f| f.kind == facts.kind);
            let holds = other.state.is_moving() || other.state == State::Entered || other.hold.is_some();
            same_kind && holds && other.id() != id && earlier.iter().all(|e| e.id() != other.id())
        }))
    }

    /// The submission id of contract §3 for a document of ours.
    pub fn submission_id(&self, facts: &Facts, digest: &ContentHash) -> DocumentId {
        DocumentId::of_submission(&self.settings.sender_uscc, &facts.kind, &facts.document_key(), digest)
    }

    /// When a document must be entered at the latest: the office's cut-off on the inspection day, or on a penalty document's own day (S-19, S-29).
    fn cut_off(&self, facts: &Facts) -> Timestamp {
        let day = match facts.lane {
            Lane::Inspection => facts.inspection_day(),
            Lane::Penalty => facts.document_date,
        };
        Timestamp::start_of(day).plus(self.settings.cut_off)
    }

    fn end_of_today(&self) -> Timestamp {
        Timestamp::start_of(self.now().beijing_day()).plus(self.settings.cut_off)
    }

    fn entry(&self, event: Event) -> Entry {
        Entry { at: self.now(), by: Actor::Daemon, event }
    }
}

fn names_of(arrival: &Arrival) -> BTreeSet<String> {
    let facts = match &arrival.judged {
        Judged::Fit(draft) => Some(draft.facts()),
        Judged::Unfit { facts, .. } => facts.as_ref(),
    };
    let mut names = BTreeSet::from([arrival.source.path.clone()]);
    if let Some(facts) = facts {
        names.insert(facts.draft_id.to_string());
        names.extend(facts.number.clone());
    }
    names
}

fn number_taken(facts: &Facts, other: &Record) -> Finding {
    let number = facts.number.clone().unwrap_or_default();
    Finding {
        rule: "NUM-TAKEN".into(),
        severity: Severity::Error,
        place: Place::default(),
        path: "Header/DocumentNumber".into(),
        label: "文号".into(),
        message: format!("文号已经用在另一份{}上（文件 {}，{}）", facts.kind_name, other.birth.source.path, other.state.label()),
        value: number,
        wanted: "一个文号只用于一份文书".into(),
        advice: "如果是修改那一份，请在原文件上改；如果是另一份文书，请换一个文号后保存".into(),
        law: String::new(),
    }
}
