//! The life of a document: one table owns every move.

use serde::{Deserialize, Serialize};

use super::{Cause, ContentHash, DocumentId, Failure, Finding, Receipt, Refusal, Timestamp};

/// Where a taken document stands (DESIGN §3). Before it is taken it is a draft, seen or settling, and only the watcher knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 退改: judged unfit; the author mends the draft, and the new version starts again.
    Unfit,
    /// 待上传: taken, to be sent when due.
    Waiting,
    /// 上传中: the intention to send is on record; bytes may be leaving.
    Sending,
    /// 待核实: nobody knows whether the platform kept it; only a look-up leads on.
    Unsure,
    /// 已接收: the platform acknowledged it; received is not entered.
    Received,
    /// 已录入: entered, on the platform's own word about our digest.
    Entered,
    /// 平台退回: the platform sent it back to its author.
    Returned,
    /// 暂停, to go on as Waiting when released.
    HeldWaiting,
    /// 暂停, to go on as Unsure when released: never straight to a second sending.
    HeldUnsure,
    /// 暂停, to go on as Received when released.
    HeldReceived,
    /// 已更正: a later version took its place.
    Superseded,
    /// 忽略: put aside with a reason.
    Ignored,
    /// 异常件: its bytes cannot be read back; a person must look.
    Corrupt,
}

impl State {
    /// Every state, in the order of a document's life.
    pub const ALL: [Self; 13] = [
        Self::Unfit,
        Self::Waiting,
        Self::Sending,
        Self::Unsure,
        Self::Received,
        Self::Entered,
        Self::Returned,
        Self::HeldWaiting,
        Self::HeldUnsure,
        Self::HeldReceived,
        Self::Superseded,
        Self::Ignored,
        Self::Corrupt,
    ];

    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unfit => "退改",
            Self::Waiting => "待上传",
            Self::Sending => "上传中",
            Self::Unsure => "待核实",
            Self::Received => "已接收",
            Self::Entered => "已录入",
            Self::Returned => "平台退回",
            Self::HeldWaiting | Self::HeldUnsure | Self::HeldReceived => "暂停",
            Self::Superseded => "已更正",
            Self::Ignored => "忽略",
            Self::Corrupt => "异常件",
        }
    }

    /// Whether nothing more happens by itself and nobody need do anything.
    pub const fn is_at_rest(self) -> bool {
        matches!(self, Self::Entered | Self::Superseded | Self::Ignored)
    }

    /// Whether a person must act before it goes on.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Unfit | Self::Returned | Self::HeldWaiting | Self::HeldUnsure | Self::HeldReceived | Self::Corrupt)
    }

    /// Whether it is on its way by itself and therefore has a due time.
    pub const fn is_moving(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending | Self::Unsure | Self::Received)
    }

    /// Whether a document in this state keeps later documents of its case from being sent (DESIGN §3, legal order).
    pub const fn blocks_its_case(self) -> bool {
        self.is_moving() || matches!(self, Self::Returned | Self::HeldWaiting | Self::HeldUnsure | Self::HeldReceived | Self::Corrupt)
    }

    /// The only place where a document changes state; recovery replays through it.
    ///
    /// # Errors
    /// [`IllegalMove`] when the event cannot happen to a document in this state.
    pub fn after(self, event: &Event) -> Result<Self, IllegalMove> {
        use State as S;
        let next = match (self, event) {
            // Intention first: only a waiting document may be leased, and its lease is on record before a byte leaves.
            (S::Waiting, Event::Leased { .. }) => S::Sending,
            // Passing: nothing was kept, so the same bytes may go again when due.
            (S::Sending, Event::Deferred { .. } | Event::Recalled { .. }) => S::Waiting,
            // After a restored backup nobody knows what was sent since: ask first.
            (S::Waiting | S::Received, Event::Doubted { .. }) => S::Unsure,
            (S::HeldWaiting | S::HeldReceived, Event::Doubted { .. }) => S::HeldUnsure,
            // Unknown: from here the only way on is a look-up.
            (S::Sending, Event::NotHeard { .. }) => S::Unsure,
            (S::Unsure, Event::StillUnclear { .. }) => S::Unsure,
            (S::Received, Event::StillUnclear { .. }) => S::Received,
            (S::Sending | S::Unsure, Event::Acknowledged { .. }) => S::Received,
            (S::Sending | S::Unsure | S::Received, Event::EntryConfirmed { .. }) => S::Entered,
            // The platform's word about a document that a person holds counts as well; it changes what release leads to, or ends it.
            (S::HeldUnsure | S::HeldReceived, Event::EntryConfirmed { .. }) => S::Entered,
            (S::HeldUnsure, Event::Acknowledged { .. }) => S::HeldReceived,
            (S::Unsure | S::Received, Event::FoundAbsent { .. }) => S::Waiting,
            (S::Sending | S::Unsure | S::Received | S::HeldUnsure | S::HeldReceived, Event::SentBack { .. }) => S::Returned,
            (S::Sending | S::Waiting, Event::Held { .. }) => S::HeldWaiting,
            (S::Unsure, Event::Held { .. }) => S::HeldUnsure,
            (S::Received, Event::Held { .. }) => S::HeldReceived,
            (S::HeldWaiting, Event::Released { .. }) => S::Waiting,
            (S::HeldUnsure, Event::Released { .. }) => S::Unsure,
            (S::HeldReceived, Event::Released { .. }) => S::Received,
            (S::Waiting | S::Unsure | S::Received, Event::Hurried { .. }) => self,
            (S::Unfit | S::Waiting | S::Returned | S::HeldWaiting | S::Ignored | S::Corrupt, Event::ReplacedBy { .. }) => S::Superseded,
            // The platform says that a later submission took its place.
            (S::Unsure | S::Received | S::Entered, Event::SupersededThere { .. }) => S::Superseded,
            (S::Entered, Event::Drifted { .. }) => S::Entered,
            // A copy, or a draft moved away, is worth a line in the history and moves nothing.
            (_, Event::AlsoSeenAt { .. } | Event::DraftGone { .. }) if self != S::Unfit => self,
            (S::Unfit, Event::AlsoSeenAt { .. }) => S::Unfit,
            (S::Unfit, Event::DraftGone { .. }) => S::Ignored,
            (S::Unfit | S::Returned | S::HeldWaiting | S::Corrupt, Event::PutAside { .. }) => S::Ignored,
            (S::Ignored, Event::TakenUpAgain { .. }) => S::HeldWaiting,
            // The author went back to a version that had been closed, so it is that version again that counts.
            (S::Ignored | S::Superseded, Event::JudgedUnfit { .. }) => S::Unfit,
            (S::Superseded, Event::Taken { held: None, .. }) => S::Waiting,
            (S::Superseded, Event::Taken { held: Some(_), .. }) => S::HeldWaiting,
            (S::Waiting | S::Sending | S::Unsure | S::Received, Event::Damaged { .. }) => S::Corrupt,
            // Of what the platform has nothing need be sent again: its word about our digest counts without the bytes as well.
            (S::Corrupt, Event::EntryConfirmed { .. }) => S::Entered,
            (S::Corrupt, Event::Acknowledged { .. }) => S::Received,
            (S::Corrupt, Event::SentBack { .. }) => S::Returned,
            (S::Corrupt, Event::SupersededThere { .. }) => S::Superseded,
            // The bytes are whole again; whether they were ever kept over there must be asked first.
            (S::Corrupt, Event::Restored { .. }) => S::Unsure,
            // A sighting moves nothing, and does not get in the way of what is on its way.
            (S::Entered | S::Superseded | S::HeldWaiting, Event::PublicationSeen { .. }) => self,
            _ => {
                return Err(IllegalMove { from: self, event: event.name() });
            }
        };
        Ok(next)
    }

    /// The state that a document begins in.
    ///
    /// # Errors
    /// [`IllegalMove`] when the event is not one that begins a life; `from` is then meaningless and reads as Unfit.
    pub fn first(event: &Event) -> Result<Self, IllegalMove> {
        match event {
            Event::JudgedUnfit { .. } => Ok(Self::Unfit),
            Event::Taken { held: None, .. } => Ok(Self::Waiting),
            Event::Taken { held: Some(_), .. } => Ok(Self::HeldWaiting),
            other => Err(IllegalMove { from: Self::Unfit, event: other.name() }),
        }
    }
}

/// An event that cannot happen to a document in its state: a defect, never a user's mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen to a document that is {from:?}")]
pub struct IllegalMove {
    /// The state it was in.
    pub from: State,
    /// The event's name.
    pub event: &'static str,
}

/// Why a document is held (contract codes 12, 13, 17; DESIGN §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldCause {
    /// An operator's decision, with the reason given.
    Operator,
    /// The platform lacks base data (12).
    BaseData,
    /// The number is held by another submission with other content (13).
    Conflict,
    /// The schema version is no longer accepted (17).
    SchemaVersion,
    /// The draft of an entered document was changed: to be sent as a correction once confirmed.
    Drift,
    /// The lane's setting says that this kind is not uploaded (`penalty_lane = "reconcile_only"`).
    Lane,
    /// A defect of ours (01, 16): somebody must look before it is tried again.
    Defect,
}

impl HoldCause {
    /// What people are told, in a few words.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Operator => "人工暂停",
            Self::BaseData => "平台缺少基础数据",
            Self::Conflict => "文号冲突，待人工核对",
            Self::SchemaVersion => "平台格式版本已更换",
            Self::Drift => "录入后又改动，待确认更正",
            Self::Lane => "按设置不由本机上传",
            Self::Defect => "程序报送格式有误",
        }
    }
}

/// Something that happened to a document. Past tense; never changed once written. When and by whom stand in [`super::Entry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The check found it unfit; `findings` in the order of the file. The first event of a life, or the author went back to this version.
    JudgedUnfit {
        /// All that was found.
        findings: Vec<Finding>,
    },
    /// The check passed and dangri is responsible from here on. The first event of a life, whose journal frame holds the bytes as well, or
    /// the author went back to this version before a later one was sent.
    Taken {
        /// Warnings and remarks; nothing here stops the document.
        findings: Vec<Finding>,
        /// When set, it waits for a person before it is sent.
        held: Option<HoldCause>,
        /// The id of the entered document that this one corrects.
        supersedes: Option<DocumentId>,
    },
    /// An attempt is about to be made.
    Leased {
        /// The attempt's number, from 1.
        attempt: u32,
        /// The attempt's `X-Request-Id`.
        request: uuid::Uuid,
    },
    /// The lease was given back before a byte left: the platform went down, or dangri stops. No attempt was made.
    Recalled {
        /// When it is due again.
        due: Timestamp,
    },
    /// The attempt failed in passing; nothing was kept.
    Deferred {
        /// What went wrong.
        failure: Failure,
        /// When to try again.
        due: Timestamp,
    },
    /// The attempt's outcome is unknown.
    NotHeard {
        /// What is known of it.
        failure: Failure,
        /// When to ask the platform: absence counts only once `VisibilityDelay` has passed (contract §4).
        due: Timestamp,
    },
    /// What is on record may be older than what the platform knows: a backup was restored.
    Doubted {
        /// Why, in Chinese.
        why: String,
        /// When to ask the platform.
        due: Timestamp,
    },
    /// A look-up did not settle the matter: it failed, or the platform is still checking.
    StillUnclear {
        /// What went wrong, or nothing when the platform is still at work.
        failure: Option<Failure>,
        /// When to ask again.
        due: Timestamp,
    },
    /// The platform acknowledged the submission: received, not entered.
    Acknowledged {
        /// The platform's receipt.
        receipt: Receipt,
        /// When to ask what became of it, should the results feed not say so before.
        due: Timestamp,
    },
    /// The platform says that it is entered, and its digest is ours.
    EntryConfirmed {
        /// The platform's entry number, if it gives one.
        entry_no: Option<String>,
        /// The platform's clock: the moment that counts for same-day entry.
        entered_at: Timestamp,
    },
    /// A look-up, asked late enough, says that the platform does not have it.
    FoundAbsent {
        /// When to send.
        due: Timestamp,
    },
    /// The platform sent it back.
    SentBack {
        /// Why, by kind.
        cause: Cause,
        /// The platform's code, `10`.
        code: String,
        /// The platform's errors.
        refusals: Vec<Refusal>,
    },
    /// Set aside until a person releases it.
    Held {
        /// The kind of reason.
        cause: HoldCause,
        /// The reason in words.
        why: String,
    },
    /// A person let it go on.
    Released {
        /// The reason given.
        why: String,
        /// When it is due.
        due: Timestamp,
    },
    /// A person asked for the next step now.
    Hurried {
        /// When it is due.
        due: Timestamp,
    },
    /// A newer version of the draft was taken or judged.
    ReplacedBy {
        /// The newer version.
        by: DocumentId,
    },
    /// The platform says that a later submission took its place.
    SupersededThere {
        /// The later one, where it is ours.
        by: Option<DocumentId>,
    },
    /// The draft in the folder no longer is what was entered.
    Drifted {
        /// The hash of what stands there now.
        now: ContentHash,
    },
    /// The same document was found under another name.
    AlsoSeenAt {
        /// The other path, relative to the folder.
        path: String,
    },
    /// The draft is no longer in the folder.
    DraftGone {
        /// The path it had.
        path: String,
    },
    /// A person put it aside for good.
    PutAside {
        /// The reason given.
        why: String,
    },
    /// A person took it up again after all; it waits to be released.
    TakenUpAgain {
        /// The reason given.
        why: String,
    },
    /// Its bytes cannot be read back, or are not what was taken.
    Damaged {
        /// What was found.
        why: String,
    },
    /// Its bytes were found again, whole.
    Restored {
        /// Where they were found.
        from: String,
        /// When to ask the platform.
        due: Timestamp,
    },
    /// The notice of the decision was seen on the platform's list, or seen to stand otherwise than before (P6).
    PublicationSeen {
        /// How it stands, in one Chinese sentence without names.
        said: String,
        /// When it was published, by the platform's clock.
        published_at: Option<Timestamp>,
        /// The SHA-256 of the row as it was read.
        evidence: Option<ContentHash>,
    },
}

impl Event {
    /// The event's name, for logs and the state grid.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::JudgedUnfit { .. } => "judged_unfit",
            Self::Taken { .. } => "taken",
            Self::Leased { .. } => "leased",
            Self::Recalled { .. } => "recalled",
            Self::Deferred { .. } => "deferred",
            Self::NotHeard { .. } => "not_heard",
            Self::Doubted { .. } => "doubted",
            Self::StillUnclear { .. } => "still_unclear",
            Self::Acknowledged { .. } => "acknowledged",
            Self::EntryConfirmed { .. } => "entry_confirmed",
            Self::FoundAbsent { .. } => "found_absent",
            Self::SentBack { .. } => "sent_back",
            Self::Held { .. } => "held",
            Self::Released { .. } => "released",
            Self::Hurried { .. } => "hurried",
            Self::ReplacedBy { .. } => "replaced_by",
            Self::SupersededThere { .. } => "superseded_there",
            Self::Drifted { .. } => "drifted",
            Self::AlsoSeenAt { .. } => "also_seen_at",
            Self::DraftGone { .. } => "draft_gone",
            Self::PutAside { .. } => "put_aside",
            Self::TakenUpAgain { .. } => "taken_up_again",
            Self::Damaged { .. } => "damaged",
            Self::Restored { .. } => "restored",
            Self::PublicationSeen { .. } => "publication_seen",
        }
    }

    /// When the document is due after this event; `None` when the event says nothing of it.
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Recalled { due }
            | Self::Deferred { due, .. }
            | Self::NotHeard { due, .. }
            | Self::Doubted { due, .. }
            | Self::StillUnclear { due, .. }
            | Self::Acknowledged { due, .. }
            | Self::FoundAbsent { due }
            | Self::Released { due, .. }
            | Self::Hurried { due }
            | Self::Restored { due, .. } => Some(*due),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
