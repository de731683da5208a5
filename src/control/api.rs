//! What is said over the socket, shared by both ends.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    alert, audit,
    day::{Excuse, excuse},
    document::{DocumentId, Entry, Record, State, Timestamp},
    platform::Exchange,
    queue::{Operated, Operation, Selection},
    report::{
        annex::{Note, Wanted},
        ledger::Loop,
        remind::Reminder,
    },
    status::{Problem, Status, advice},
    users,
};

use super::{
    UpkeepReport,
    people::{AuditAsk, UsersAsk},
    publicity::{Compared, Decided, Notice},
    today::{DayAnswer, DayAsk},
};

/// The version of this language. Both ends come from one binary; they differ only while an upgrade waits for its restart.
pub const VERSION: u16 = 1;

/// The longest line that either end accepts, in bytes.
pub const LINE_LIMIT: u64 = 1024 * 1024;

/// How many documents one act may change at most.
pub const AT_ONCE: usize = 10_000;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`] of the asking end.
    pub version: u16,
    /// For whom root asks, where `sudo` says so; heeded only from root, who could be anybody anyway.
    pub on_behalf_of: Option<String>,
    /// What is asked.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The whole picture: one [`Answer::Status`].
    Status,
    /// Documents: one [`Answer::Total`], then an [`Answer::Row`] each.
    List {
        /// Which.
        wanted: Selection,
        /// How many rows at most; `None` for all.
        limit: Option<u64>,
        /// Only those of whom this name is the author.
        #[serde(default)]
        author: Option<String>,
    },
    /// An operator's act: an [`Answer::Done`] for each document, or one [`Answer::Preview`] when it concerns several and is not confirmed.
    Operate {
        /// On which.
        wanted: Selection,
        /// What.
        operation: Operation,
        /// Why; goes into the history.
        why: String,
        /// Whether it may concern several documents.
        confirmed: bool,
    },
    /// One document's whole life: an [`Answer::Life`], then [`Answer::Event`] and [`Answer::Exchange`] lines.
    Document {
        /// Its number, path, id or the beginning of it.
        name: String,
    },
    /// Read everything in the store and say whether it is whole: [`Answer::Note`] lines, then an [`Answer::Report`].
    Verify,
    /// About alerts: [`Answer::Alert`] lines.
    Alert(alert::desk::Ask),
    /// Copy the store: the same.
    Backup {
        /// Into this folder.
        to: PathBuf,
    },
    /// The ledger of open loops: one [`Answer::Ledger`], an [`Answer::Reminder`] each, then an [`Answer::Loop`] each,
    /// the worst first.
    Loop {
        /// Only those of which something is missing.
        open: bool,
    },
    /// Compare decisions with the platform's publications: an [`Answer::Notice`] each, then an [`Answer::Compared`].
    Reconcile {
        /// Of these days, both included; of all when left out.
        days: Option<(NaiveDate, NaiveDate)>,
    },
    /// Put on record that a decision was annulled, and since which day and why; `None` takes that back. Answers an [`Answer::Notice`].
    Annul {
        /// Its number, id or path.
        name: String,
        /// The day and the reason.
        annulled: Option<(NaiveDate, String)>,
    },
    /// The decisions of these days: an [`Answer::Moment`], then an [`Answer::Decision`] each. Party and number of a person's paper are in it.
    Decisions {
        /// The first day.
        from: NaiveDate,
        /// The last.
        to: NaiveDate,
    },
    /// A paper to print or hand in: an [`Answer::Remark`] each, then one [`Answer::File`] and its [`Answer::Piece`]s.
    Export(Wanted),
    /// Something about the day: one [`Answer::Day`].
    Day(DayAsk),
    /// About the console's users: an [`Answer::User`] each.
    Users(UsersAsk),
    /// About the audit log.
    Audit(AuditAsk),
}

/// One line of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The whole picture.
    Status(Box<Status>),
    /// How many documents are meant.
    Total(u64),
    /// One of them.
    Row(Row),
    /// What an act would concern.
    Preview(Preview),
    /// What it did to one document.
    Done(Operated),
    /// A document.
    Life(Box<Life>),
    /// One line of its history.
    Event(Entry),
    /// One exchange about it.
    Exchange(Box<Exchange>),
    /// A line about the progress of something long, in Chinese.
    Note(String),
    /// What a verification or a backup came to.
    Report(UpkeepReport),
    /// How many loops there are.
    Ledger(LedgerHead),
    /// One of them.
    Loop(Box<Loop>),
    /// A term that ends soon or has passed.
    Reminder(Reminder),
    /// How one decision's notice stands.
    Notice(Box<Notice>),
    /// What a comparison came to.
    Compared(Box<Compared>),
    /// The moment by the daemon's clock.
    Moment(Timestamp),
    /// A decision and how its notice stands.
    Decision(Box<Decided>),
    /// A remark about a paper.
    Remark(Note),
    /// A file follows in pieces.
    File {
        /// A name for it.
        name: String,
        /// How many bytes it has.
        bytes: u64,
    },
    /// The next piece of the file, in base64.
    Piece(String),
    /// What was asked about the day.
    Day(Box<DayAnswer>),
    /// Something about alerts.
    Alert(alert::desk::Answer),
    /// A user of the console.
    User(users::Shown),
    /// A line of the audit log.
    Audited(audit::Line),
    /// What a verification of the audit log came to.
    AuditVerified(audit::Verified),
    /// Nothing, and why. Always the last line.
    Refused(Problem),
    /// All is said. Always the last line.
    End,
}

/// A document in a list. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its id.
    pub id: DocumentId,
    /// What people call it.
    pub title: String,
    /// Its kind's Chinese name; empty when it could not be read.
    pub kind: String,
    /// Its state.
    pub state: State,
    /// The state's word.
    pub label: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
    /// What to do.
    pub advice: String,
    /// When it must be entered at the latest.
    pub cut_off: Timestamp,
    /// Whether that has passed without entry.
    pub overdue: bool,
    /// When its next step is due; `None` when none is.
    pub due: Option<Timestamp>,
    /// How many attempts were made.
    pub attempts: u32,
    /// Where the draft was found, relative to the folder.
    pub path: String,
    /// The key under which its exceptions from same-day entry stand.
    #[serde(default)]
    pub document: String,
}

impl Row {
    /// The row for a record at `now`.
    pub fn of(record: &Record, now: Timestamp) -> Self {
        Self {
            id: record.id(),
            title: record.title(),
            kind: record.birth.facts.as_ref().map_or_else(String::new, |f| f.kind_name.clone()),
            state: record.state,
            label: record.state.label().to_owned(),
            since: record.since,
            reason: advice::brief(record).to_owned(),
            advice: advice::advice(record).to_owned(),
            cut_off: record.birth.cut_off,
            overdue: !record.state.is_at_rest() && record.birth.cut_off <= now,
            due: record.state.is_moving().then_some(record.due),
            attempts: record.attempts,
            path: record.birth.source.path.clone(),
            document: excuse::key(record),
        }
    }
}

/// What a ledger comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// The day that it looks like this on.
    pub today: NaiveDate,
    /// How many loops there are.
    pub loops: u64,
    /// Of how many the 三到位 are not reached.
    pub open: u64,
    /// Of how many nothing at all is left to do.
    pub finished: u64,
    /// In how many a term has passed.
    pub late: u64,
}

/// What an act would concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What would be done.
    pub operation: Operation,
    /// To how many documents.
    pub count: u64,
    /// Whether there are more, for a further act.
    pub more: bool,
    /// How many in each state.
    pub by_state: BTreeMap<State, u64>,
    /// The first of them.
    pub first: Vec<Row>,
}

/// A document and what is known beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// The daemon's time.
    pub at: Timestamp,
    /// The record.
    pub record: Record,
    /// What to do.
    pub advice: String,
    /// Other documents of the same name, newest first.
    pub others: Vec<Row>,
    /// Exceptions from same-day entry that people put on record, oldest first.
    #[serde(default)]
    pub excuses: Vec<Excuse>,
    /// How its notice stands, where it is a decision.
    #[serde(default)]
    pub notice: Option<Notice>,
}
