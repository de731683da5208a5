//! Publications, as they are asked for and told of over the socket.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    document::{ContentHash, DocumentId, Record, Timestamp},
    publication::{Annulled, Decision, Difference, Extra, Outcome, Standing, Term, clock},
    status::{text::Colour, words},
    store::StoreError,
};

/// What can be asked about publications while the daemon runs.
#[async_trait]
pub trait Publicity: Send + Sync + 'static {
    /// Compares the decisions of these days, or of all days, with the platform's list now.
    ///
    /// # Errors
    /// When the store fails.
    async fn compare(&self, days: Option<(NaiveDate, NaiveDate)>) -> Result<Compared, StoreError>;

    /// How a document's notice stands; `None` for one that has none.
    ///
    /// # Errors
    /// When the store fails.
    async fn of(&self, record: &Record) -> Result<Option<Notice>, StoreError>;

    /// Puts on record that a decision was annulled, or with `None` that it was not after all; `None` for one without a notice to withdraw.
    ///
    /// # Errors
    /// When the store fails.
    async fn annul(&self, record: &Record, annulled: Option<Annulled>) -> Result<Option<Notice>, StoreError>;

    /// The decisions of these days.
    ///
    /// # Errors
    /// When the store fails.
    async fn decisions(&self, days: (NaiveDate, NaiveDate)) -> Result<Vec<Decided>, StoreError>;
}

/// A decision and how its notice stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What it says that is published. A person's number is in it.
    pub decision: Decision,
    /// How its notice stands.
    pub standing: Standing,
}

/// What a comparison came to, its rows aside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Compared {
    /// The days it went over; `None` when there was nothing to look for.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// How each decision stands; sent one by one.
    #[serde(skip)]
    pub notices: Vec<Notice>,
    /// How many there are.
    pub decisions: u64,
    /// Published notices of this office that nobody here knows, the first of them.
    pub extras: Vec<Extra>,
    /// How many there are.
    pub extra_count: usize,
    /// Pages that were read.
    pub pages: u64,
    /// Rows that were read, repeated ones included.
    pub rows: u64,
    /// What kept a reading from coming to its end, in Chinese; empty when nothing did.
    pub trouble: String,
}

/// How one decision's notice stands, in words. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The document.
    pub id: DocumentId,
    /// Its number.
    pub number: String,
    /// The day of the decision.
    pub date: NaiveDate,
    /// How it stands, for machines.
    pub outcome: Outcome,
    /// How it stands, in a word.
    pub label: String,
    /// Who put on record that it was annulled, where that was so.
    #[serde(default)]
    pub annulled: Option<Annulled>,
    /// Why, in a sentence; empty when there is nothing to say.
    pub reason: String,
    /// What to do; empty when nothing is to be done.
    pub advice: String,
    /// Why the last reading could not tell, where it could not.
    pub doubt: Option<String>,
    /// In what the notice differs.
    pub differences: Vec<Difference>,
    /// Working days left until the last day of publication; negative once it has passed.
    pub working_days_left: Option<i64>,
    /// For how long it is public and by which rule, in words (domain.md §2.4); `None` for one that is not public, and before the first rule.
    #[serde(default)]
    pub term: Option<String>,
    /// When it was published, by the platform.
    pub published_at: Option<Timestamp>,
    /// When it was withdrawn or repaired, by the platform.
    pub withdrawn_at: Option<Timestamp>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last looked for.
    pub last_run: Option<Timestamp>,
    /// The SHA-256 of the row as it was seen.
    pub evidence: Option<ContentHash>,
}

impl Notice {
    /// In words, at `now`.
    pub fn of(standing: Standing, now: Timestamp, calendar: &Calendar) -> Self {
        Self {
            label: standing.label(now, calendar),
            reason: standing.reason(),
            advice: standing.advice().to_owned(),
            working_days_left: standing.is_unpublished().then(|| clock::working_days_left(standing.date, now, calendar)).flatten(),
            id: standing.id,
            number: standing.number,
            date: standing.date,
            outcome: standing.outcome,
            term: Term::of(standing.date)
                .filter(|_| standing.exempt.is_none() && standing.gone_on.is_none())
                .and_then(|term| Some(term.words(standing.date, term.last(standing.date)?))),
            annulled: standing.annulled,
            doubt: standing.doubt,
            differences: standing.differences,
            published_at: standing.published_at,
            withdrawn_at: standing.withdrawn_at,
            url: standing.url,
            first_seen: standing.first_seen,
            last_run: standing.last_run,
            evidence: standing.evidence,
        }
    }

    /// Whether a person must do something about it.
    pub fn needs_a_person(&self) -> bool {
        !self.advice.is_empty() && self.outcome != Outcome::Unseen || self.label == "超期"
    }

    /// The colour that it is shown in.
    pub const fn colour(&self) -> Colour {
        match self.outcome {
            Outcome::Matched | Outcome::Repaired | Outcome::Gone | Outcome::Expired => Colour::Green,
            Outcome::Exempt => Colour::Grey,
            Outcome::NotYet => Colour::Blue,
            Outcome::Unseen => Colour::Yellow,
            _ => Colour::Red,
        }
    }

    /// What differs, what kept it from being seen, what to do, and where it is.
    pub fn details(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.differences.iter().map(|difference| words::plain(&difference.words())).collect();
        lines.extend(self.annulled.as_ref().map(|said| words::plain(&format!("{} 撤销：{}（{} 登记）", said.on, said.reason, said.by))));
        lines.extend(self.doubt.as_ref().filter(|doubt| **doubt != self.reason).map(|doubt| format!("最近一次没有核对到：{doubt}")));
        lines.extend((!self.advice.is_empty()).then(|| format!("→ {}", self.advice)));
        lines.extend(self.url.as_ref().map(|url| words::plain(url)));
        lines
    }
}
