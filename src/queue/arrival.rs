//! A judged draft arrives: is it new, a copy, a better version, a change after entry, or somebody else's number?

use std::{collections::BTreeSet, sync::Arc};

use super::Queue;
use crate::{
    check::CheckedDraft,
    document::{
        Actor, Birth, ContentHash, DocumentId, Entry, Event, Facts, Finding, HoldCause, Lane, Place, Record, Severity, Source, State,
        Timestamp,
    },
    store::{Admission, Change, Listing, Newcomer, RESTORED_AT, StoreError},
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
pub struct Arrived {
    /// The record; its state tells where it stands.
    pub record: Record,
    /// Whether it is kept for the first time.
    pub new: bool,
    /// What its author should be told: the check's findings, and those that the queue added.
    pub findings: Vec<Finding>,
    /// Versions that it took the place of.
    pub closed: Vec<Record>,
}

/// How an arrival is to be entered in the books, decided against what stands there.
struct Plan {
    newcomer: Newcomer,
    /// It had been closed, and its author went back to it.
    back: bool,
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

    async fn commit(&self, mut plans: Vec<Plan>, answers: &mut Vec<Arrived>) -> Result<(), StoreError> {
        if plans.is_empty() {
            return Ok(());
        }
        let mut closed = self.close_earlier(&mut plans).await?;
        let restored = self.restored_at().await?;
        for birth in plans.iter_mut().map(|plan| &mut plan.newcomer.birth).filter(|birth| is_older(birth, restored)) {
            // Nobody may send it before it is put in doubt.
            birth.due = self.now().plus(self.settings.visibility_delay);
        }
        let newcomers = plans.iter().map(|plan| plan.newcomer.clone()).collect();
        for ((admission, plan), closed) in self.store.admit(newcomers).await?.into_iter().zip(plans).zip(closed.drain(..)) {
            let findings = plan.findings;
            answers.push(match admission {
                Admission::New(record) => {
                    let record = self.doubted(record, restored).await?;
                    Arrived { record, new: true, findings, closed }
                }
                Admission::Same(record) => {
                    let record = self.met_again(record, plan.newcomer, plan.back).await?;
                    Arrived { record, new: false, findings, closed }
                }
            });
        }
        Ok(())
    }

    /// A draft that is older than the restored books may have been sent by those that were lost: the platform is asked first (P2).
    async fn doubted(&self, record: Record, restored: Option<Timestamp>) -> Result<Record, StoreError> {
        if !is_older(&record.birth, restored) {
            return Ok(record);
        }
        let event = self.doubt();
        if record.state.after(&event).is_err() {
            return Ok(record);
        }
        Ok(self.apply_one(&record, Actor::Daemon, event).await?.unwrap_or(record))
    }

    /// When a backup was restored or the store repaired, if ever.
    async fn restored_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let told = self.store.recall(RESTORED_AT).await?;
        Ok(told.and_then(|millis| millis.parse().ok()).map(Timestamp::from_millis))
    }

    /// Applies what the plans change about earlier versions; answers, plan by plan, the versions that are closed now.
    async fn close_earlier(&self, plans: &mut [Plan]) -> Result<Vec<Vec<Record>>, StoreError> {
        let mut closed = vec![Vec::new(); plans.len()];
        let changes: Vec<(usize, Change)> =
            plans.iter_mut().enumerate().flat_map(|(nth, plan)| plan.before.drain(..).map(move |change| (nth, change))).collect();
        if changes.is_empty() {
            return Ok(closed);
        }
        let applied = self.store.apply(changes.iter().map(|(_, change)| change.clone()).collect()).await?;
        for ((nth, change), applied) in changes.into_iter().zip(applied) {
            match applied {
                Ok(record) if record.state == State::Superseded => closed[nth].push(record),
                Ok(_) => {}
                // It was leased in between: it goes on, and the new version becomes its correction.
                Err(StoreError::Stale { id, .. }) => {
                    if let (Event::ReplacedBy { .. }, Event::Taken { held, supersedes, .. }) =
                        (&change.entry.event, &mut plans[nth].newcomer.entry.event)
                    {
                        (*held, *supersedes) = (Some(HoldCause::Drift), Some(id));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(closed)
    }

    /// A document that was kept before: a copy under another name, the same draft again, or a former version that its author went back to.
    async fn met_again(&self, record: Record, again: Newcomer, back: bool) -> Result<Record, StoreError> {
        let source = again.birth.source;
        let here = self.latest_at(&source.path).await?.is_some_and(|r| r.id() == record.id());
        let event = match record.state {
            State::Corrupt if record.birth.digest.is_some() => {
                self.store.supply(record.id(), again.body).await?;
                Some(Event::Restored { from: "重新放入的草稿".into(), due: self.now() })
            }
            State::Ignored if record.birth.digest.is_some() => Some(Event::TakenUpAgain { why: "草稿又放回了文件夹".into() }),
            State::Ignored => Some(again.entry.event),
            // What was entered once and replaced there cannot be entered again with the same bytes.
            State::Superseded if back && record.entry.is_none() => Some(again.entry.event),
            State::Entered
                if record.drift.is_some_and(|drift| drift != record.birth.source.file) && source.path == record.birth.source.path =>
            {
                Some(Event::Drifted { now: record.birth.source.file })
            }
            _ if !here || (!record.draft_present && source.path == record.birth.source.path) => {
                Some(Event::AlsoSeenAt { path: source.path.clone() })
            }
            _ => None,
        };
        let Some(event) = event.filter(|event| record.state.after(event).is_ok()) else { return Ok(record) };
        Ok(self.apply_one(&record, Actor::Author, event).await?.unwrap_or(record))
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

    /// The record that stands for the draft at `path`: the newest one there that no other version took the place of, else the newest.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest_at(&self, path: &str) -> Result<Option<Record>, StoreError> {
        let listing = Listing::Path(path.to_owned());
        let (mut newest, mut after) = (None, None);
        loop {
            let page = self.store.page(&listing, after.as_ref(), 8).await?;
            for record in page.records {
                if record.state != State::Superseded {
                    return Ok(Some(record));
                }
                newest = newest.or(Some(record));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(newest),
            }
        }
    }

    async fn plan(&self, arrival: Arrival) -> Result<Plan, StoreError> {
        let prior = self.latest_at(&arrival.source.path).await?;
        match arrival.judged {
            Judged::Unfit { facts, findings } => self.plan_unfit(arrival.source, facts, findings, prior).await,
            Judged::Fit(draft) => self.plan_fit(arrival.source, draft, prior).await,
        }
    }

    async fn plan_unfit(
        &self,
        source: Source,
        facts: Option<Facts>,
        findings: Vec<Finding>,
        prior: Option<Record>,
    ) -> Result<Plan, StoreError> {
        let id = DocumentId::of_unfit(&source.path, &source.file);
        let known = self.store.get(id).await?;
        let back = is_back(known.as_ref(), prior.as_ref(), &source.path);
        // A bad version of something under way changes nothing about what is under way; a bad version of something at a stop replaces it.
        let closes = prior.filter(|p| p.id() != id && matches!(p.state, State::Unfit | State::Returned));
        let before = closes.map(|p| self.change(&p, Actor::Author, Event::ReplacedBy { by: id })).into_iter().collect();
        let cut_off = facts.as_ref().map_or_else(|| self.end_of_today(), |f| self.cut_off(f));
        let entry = self.entry(Event::JudgedUnfit { findings: findings.clone() });
        let birth = Birth { id, source, facts, digest: None, cut_off, due: Timestamp::MAX };
        Ok(Plan { newcomer: Newcomer { birth, entry, body: Arc::from([]) }, back, before, findings })
    }

    async fn plan_fit(&self, source: Source, draft: CheckedDraft, prior: Option<Record>) -> Result<Plan, StoreError> {
        let (facts, body, digest, mut findings) = draft.into_parts();
        let id = self.submission_id(&facts, &digest);
        let known = self.store.get(id).await?;
        let back = is_back(known.as_ref(), prior.as_ref(), &source.path);
        let mut earlier = self.earlier_versions(&facts, prior.as_ref(), id).await?;
        if known.is_some() {
            // A copy of what is known already says nothing of versions that stand elsewhere.
            earlier.retain(|e| prior.as_ref().is_some_and(|p| p.id() == e.id()));
        }
        if (known.is_none() || back)
            && let Some(other) = self.holder_of_number(&facts, id, &earlier).await?
        {
            findings.push(number_taken(&facts, &other));
            return self.plan_unfit(source, Some(facts), findings, prior).await;
        }
        let mut before = Vec::new();
        let mut supersedes = None;
        for old in &earlier {
            if old.state.after(&Event::ReplacedBy { by: id }).is_ok() {
                before.push(self.change(old, Actor::Author, Event::ReplacedBy { by: id }));
            } else if old.state.is_moving() || matches!(old.state, State::Entered | State::HeldUnsure | State::HeldReceived) {
                supersedes = Some(old.id());
                if (known.is_none() || back) && old.state == State::Entered && old.drift != Some(source.file) {
                    before.push(self.change(old, Actor::Author, Event::Drifted { now: source.file }));
                }
            }
        }
        if let Some(other) = prior.filter(|p| p.id() != id && p.draft_present && p.birth.source.path == source.path) {
            // A name that was used again for another document: the former one goes on by itself.
            let gone = Event::DraftGone { path: source.path.clone() };
            if earlier.iter().all(|e| e.id() != other.id()) && other.state.after(&gone).is_ok() {
                before.push(self.change(&other, Actor::Author, gone));
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
        Ok(Plan { newcomer: Newcomer { birth, entry, body }, back, before, findings })
    }

    /// Earlier versions of the same draft: at the same path, or with the same draft id.
    async fn earlier_versions(&self, facts: &Facts, prior: Option<&Record>, id: DocumentId) -> Result<Vec<Record>, StoreError> {
        let mut earlier = self.walk(&Listing::Draft(facts.draft_id), 16).await?;
        if let Some(prior) = prior.filter(|p| earlier.iter().all(|e| e.id() != p.id())) {
            earlier.push(prior.clone());
        }
        let here = prior.map(|p| p.id());
        earlier.retain(|e| e.id() != id && e.state != State::Superseded && is_version_of(facts, e, here == Some(e.id())));
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

/// Whether a draft was there before the books were restored.
fn is_older(birth: &Birth, restored: Option<Timestamp>) -> bool {
    birth.digest.is_some() && restored.is_some_and(|restored| birth.source.modified <= restored)
}

/// Whether a version that had been closed stands at `path` again, where another version stood.
fn is_back(known: Option<&Record>, prior: Option<&Record>, path: &str) -> bool {
    known.is_some_and(|k| k.state == State::Superseded && prior.is_some_and(|p| p.id() != k.id() && p.birth.source.path == path))
}

/// Whether `old` is an earlier version of the draft that `facts` were read from. A file name that is used again, and a file that served as
/// the pattern for another document, are everyday things in an office: they must not make one document a correction of another.
fn is_version_of(facts: &Facts, old: &Record, same_path: bool) -> bool {
    let Some(was) = &old.birth.facts else { return same_path };
    let same_draft = was.draft_id == facts.draft_id;
    let same_key = was.kind == facts.kind && was.document_key() == facts.document_key();
    match old.state {
        // Nothing of it was ever sent; whatever stands there now is what its author means.
        State::Unfit => same_path || same_draft,
        _ if was.kind != facts.kind => false,
        _ => same_key || (same_draft && (same_path || !old.draft_present)),
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
