//! What is kept of a document: its facts, its history, and where it stands.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuthorLevel, Cause, ContentHash, DocumentId, Event, HoldCause, IllegalMove, Kind, Lane, Ruling, State, Timestamp};

/// A name that must not reach a log: of a party or a person. Its debug form is masked.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub String);

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"***\"" })
    }
}

/// What the check read out of a document; all that queue, upload and status need to know of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The kind.
    pub kind: Kind,
    /// The kind's Chinese name, `现场检查记录`.
    pub kind_name: String,
    /// Which stream it belongs to.
    pub lane: Lane,
    /// Its place in the legal order of a case: lower goes first (domain.md §1.2).
    pub rank: u16,
    /// The canonical number (domain.md §1.3); `None` for kinds without one.
    pub number: Option<String>,
    /// The number as it stands in the document, when that differs.
    pub number_as_written: Option<String>,
    /// The draft's own id.
    pub draft_id: Uuid,
    /// The schema version that the document was checked under.
    pub schema_version: String,
    /// The level of the author's office.
    pub author_level: AuthorLevel,
    /// The drafting officer.
    pub author: Name,
    /// The party or enterprise.
    pub party: Name,
    /// The enterprise's unified social credit code, where there is one.
    pub party_uscc: Option<String>,
    /// The document's date.
    pub document_date: NaiveDate,
    /// The inspection that it belongs to.
    pub inspection_id: Option<String>,
    /// The case that it belongs to.
    pub case_id: Option<String>,
    /// The inspection that the document belongs to, where it says when: its end, the planned time of a scheme, or the last second of the day
    /// where only the day is named. The same-day clock is one of this day (S-19).
    pub inspection_end: Option<Timestamp>,
    /// What a penalty decision orders; `None` for every other document, and for one that was taken before this was kept.
    #[serde(default)]
    pub ruling: Option<Box<Ruling>>,
}

impl Facts {
    /// Contract §3 `document-key`: the canonical number, or the draft's id for kinds without a number.
    pub fn document_key(&self) -> String {
        self.number.clone().unwrap_or_else(|| self.draft_id.to_string())
    }

    /// What people call the document: its number, or its kind and the first letters of its draft id.
    pub fn title(&self) -> String {
        match &self.number {
            Some(number) => number.clone(),
            None => format!("{}（{}）", self.kind_name, &self.draft_id.to_string()[..8]),
        }
    }

    /// The key under which documents go in legal order: the case, else the inspection.
    pub fn case_key(&self) -> Option<&str> {
        self.case_id.as_deref().or(self.inspection_id.as_deref())
    }

    /// The day whose end is the cut-off for same-day entry: of the inspection, else of the document.
    pub fn inspection_day(&self) -> NaiveDate {
        self.inspection_end.map_or(self.document_date, Timestamp::beijing_day)
    }
}

/// Where a draft was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The path relative to the watched folder, `/` between parts, escaped where it is not UTF-8.
    pub path: String,
    /// The hash of the file as it stood.
    pub file: ContentHash,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The file's modification time by its own clock; evidence, not truth.
    pub modified: Timestamp,
    /// When dangri first saw the file, by its own clock.
    pub first_seen: Timestamp,
}

/// Who made something happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// dangri itself.
    Daemon,
    /// The platform's answer.
    Platform,
    /// The author, by what stands in the folder.
    Author,
    /// An operator at the command line or the console, by login name.
    Operator(String),
}

impl Actor {
    /// The word that people are shown.
    pub fn label(&self) -> String {
        match self {
            Self::Daemon => "本程序".into(),
            Self::Platform => "平台".into(),
            Self::Author => "经办人".into(),
            Self::Operator(name) => name.clone(),
        }
    }
}

/// One line of a document's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, by dangri's clock.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub event: Event,
}

/// The platform's acknowledgement (contract §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The receipt's number; empty where the receipt was lost on the way, and a look-up said that the document was received.
    pub receipt_no: String,
    /// When the platform took it, by its clock; for a lost receipt when we heard of it, by ours.
    pub received_at: Timestamp,
}

impl Receipt {
    /// That the document was received is known from a look-up at `now` alone.
    pub const fn lost(now: Timestamp) -> Self {
        Self { receipt_no: String::new(), received_at: now }
    }

    /// Whether the receipt itself never came.
    pub const fn is_lost(&self) -> bool {
        self.receipt_no.is_empty()
    }
}

/// The platform's word that the document is entered (contract §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryMark {
    /// The entry's number.
    pub entry_no: Option<String>,
    /// The moment that counts for same-day entry, by the platform's clock.
    pub entered_at: Timestamp,
}

/// Everything that begins a document's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// Its identity.
    pub id: DocumentId,
    /// Where it was found.
    pub source: Source,
    /// What the check read; `None` when the draft could not be read that far.
    pub facts: Option<Facts>,
    /// The SHA-256 of the document's bytes as they will be sent; `None` for an unfit draft.
    pub digest: Option<ContentHash>,
    /// When it must be entered at the latest.
    pub cut_off: Timestamp,
    /// The first due time.
    pub due: Timestamp,
}

/// Where a document stands now: what its history adds up to. At most 4 KiB in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How it began.
    pub birth: Birth,
    /// How many events it has seen; a change names the version that it saw (compare-and-set).
    pub version: u32,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// When the next step is due; meaningful while [`State::is_moving`].
    pub due: Timestamp,
    /// Attempts made so far.
    pub attempts: u32,
    /// Failures since the last step forward; backoff counts with this.
    pub setbacks: u32,
    /// When the last attempt ended in doubt; absence counts only `VisibilityDelay` after it (contract §4).
    pub doubt_since: Option<Timestamp>,
    /// The platform's acknowledgement.
    pub receipt: Option<Receipt>,
    /// The platform's word that it is entered.
    pub entry: Option<EntryMark>,
    /// Why it is held.
    pub hold: Option<HoldCause>,
    /// The entered document that this one corrects.
    pub supersedes: Option<DocumentId>,
    /// The version that took its place.
    pub replaced_by: Option<DocumentId>,
    /// The hash of the changed draft, when it drifted after entry.
    pub drift: Option<ContentHash>,
    /// The last cause of trouble, while it lasts.
    pub trouble: Option<Cause>,
    /// The reason for the present state in one Chinese sentence, at most 300 characters; never a party's name.
    pub reason: String,
    /// How many findings of each weight the check made: errors, warnings, remarks.
    pub findings: [u16; 3],
    /// Whether the draft is still in the folder.
    pub draft_present: bool,
}

impl Record {
    /// The record that a first entry makes.
    ///
    /// # Errors
    /// [`IllegalMove`] when the entry is not one that begins a life.
    pub fn begin(birth: Birth, entry: &Entry) -> Result<Self, IllegalMove> {
        let state = State::first(&entry.event)?;
        let mut record = Self {
            version: 1,
            state,
            since: entry.at,
            due: birth.due,
            attempts: 0,
            setbacks: 0,
            doubt_since: None,
            receipt: None,
            entry: None,
            hold: None,
            supersedes: None,
            replaced_by: None,
            drift: None,
            trouble: None,
            reason: String::new(),
            findings: [0; 3],
            draft_present: true,
            birth,
        };
        record.note(entry);
        Ok(record)
    }

    /// The record after one more entry of its history. Pure, so that replay and life agree.
    ///
    /// # Errors
    /// [`IllegalMove`] when the event cannot happen now.
    pub fn after(&self, entry: &Entry) -> Result<Self, IllegalMove> {
        let state = self.state.after(&entry.event)?;
        let mut next = self.clone();
        next.version = self.version.saturating_add(1);
        if state != self.state {
            next.since = entry.at;
            next.state = state;
        }
        if let Some(due) = entry.event.due() {
            next.due = due;
        }
        next.note(entry);
        Ok(next)
    }

    /// The identity.
    pub const fn id(&self) -> DocumentId {
        self.birth.id
    }

    /// What people call it: its number or kind, else its file's name.
    pub fn title(&self) -> String {
        match &self.birth.facts {
            Some(facts) => facts.title(),
            None => self.birth.source.path.clone(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm an event: a table is read in one piece")]
    fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::JudgedUnfit { findings } => {
                self.stand_again();
                self.count(findings);
                let first = findings.iter().find(|f| f.severity == super::Severity::Error);
                self.reason = shorten(&first.map_or_else(|| "检查未通过".to_owned(), super::Finding::in_short));
            }
            Event::Taken { findings, held, supersedes } => {
                self.stand_again();
                self.count(findings);
                self.hold = held.clone();
                self.supersedes = *supersedes;
                self.reason = held.as_ref().map_or_else(|| "检查通过，等待上传".to_owned(), |h| h.label().to_owned());
            }
            Event::Leased { attempt, .. } => {
                self.attempts = *attempt;
                self.reason = format!("第 {attempt} 次上传");
            }
            Event::Recalled { .. } => {
                self.attempts = self.attempts.saturating_sub(1);
                self.reason = "等待上传".into();
            }
            Event::Deferred { failure, .. } => self.set_back(failure),
            Event::NotHeard { failure, .. } => {
                self.doubt_since = Some(entry.at);
                self.set_back(failure);
            }
            Event::Doubted { why, .. } => {
                self.doubt_since = Some(entry.at);
                self.reason = shorten(why);
            }
            Event::StillUnclear { failure: Some(failure), .. } => self.set_back(failure),
            Event::StillUnclear { failure: None, .. } => {
                self.setbacks = self.setbacks.saturating_add(1);
                self.trouble = None;
                self.reason = "平台正在审核".into();
            }
            Event::Acknowledged { receipt, .. } => {
                self.receipt = Some(receipt.clone());
                self.step_forward("平台已接收，等待录入");
            }
            Event::EntryConfirmed { entry_no, entered_at } => {
                self.entry = Some(EntryMark { entry_no: entry_no.clone(), entered_at: *entered_at });
                self.hold = None;
                self.step_forward("平台已录入");
            }
            Event::FoundAbsent { .. } => self.step_forward("平台查无此件，重新上传"),
            Event::SentBack { cause, code, refusals } => {
                self.trouble = Some(*cause);
                self.hold = None;
                let said = refusals.first().map_or_else(String::new, |r| format!("：{}", r.message));
                self.reason = shorten(&format!("平台退回（{code} {}）{said}", cause.label()));
            }
            Event::Held { cause, why } => {
                self.hold = Some(cause.clone());
                self.reason = shorten(&if why.is_empty() { cause.label().to_owned() } else { format!("{}：{why}", cause.label()) });
            }
            Event::Released { why, .. } => {
                self.hold = None;
                self.setbacks = 0;
                self.trouble = None;
                self.reason = shorten(&if why.is_empty() { "已解除暂停".to_owned() } else { format!("已解除暂停：{why}") });
            }
            Event::Hurried { .. } => {
                self.setbacks = 0;
                self.reason = "人工要求立即处理".into();
            }
            Event::ReplacedBy { by } => {
                self.replaced_by = Some(*by);
                self.reason = "已有新版本".into();
            }
            Event::SupersededThere { by } => {
                self.replaced_by = by.or(self.replaced_by);
                self.reason = "平台上已被更正件取代".into();
            }
            Event::Drifted { now } => {
                self.drift = (*now != self.birth.source.file).then_some(*now);
                self.reason = if self.drift.is_some() { "录入后草稿又有改动" } else { "草稿已改回录入时的内容" }.into();
            }
            Event::AlsoSeenAt { path } => self.draft_present |= *path == self.birth.source.path,
            Event::DraftGone { .. } => {
                self.draft_present = false;
                if self.state == State::Ignored {
                    self.reason = "草稿已移走".into();
                }
            }
            Event::PutAside { why } | Event::TakenUpAgain { why } => {
                self.hold = (self.state == State::HeldWaiting).then_some(HoldCause::Operator);
                self.reason = shorten(why);
            }
            Event::Damaged { why } => {
                self.trouble = Some(Cause::Unreadable);
                self.reason = shorten(why);
            }
            // How a notice stands is kept beside the record; where the document stands is its own matter.
            Event::PublicationSeen { .. } => {}
            Event::Restored { .. } => {
                self.doubt_since = Some(entry.at);
                self.step_forward("存件已恢复，先向平台核实");
            }
        }
    }

    /// This version is the one that counts: at its birth, and again when the author goes back to it.
    fn stand_again(&mut self) {
        self.findings = [0; 3];
        self.setbacks = 0;
        self.trouble = None;
        self.replaced_by = None;
        self.draft_present = true;
    }

    fn count(&mut self, findings: &[super::Finding]) {
        for finding in findings {
            let slot = match finding.severity {
                super::Severity::Error => 0,
                super::Severity::Warning => 1,
                super::Severity::Info => 2,
            };
            self.findings[slot] = self.findings[slot].saturating_add(1);
        }
    }

    fn set_back(&mut self, failure: &super::Failure) {
        self.setbacks = self.setbacks.saturating_add(1);
        self.trouble = Some(failure.cause);
        self.reason = shorten(&format!("{}（{}）", failure.cause.label(), failure.code));
    }

    fn step_forward(&mut self, reason: &str) {
        self.setbacks = 0;
        self.trouble = None;
        self.reason = reason.to_owned();
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(300).collect()
}
