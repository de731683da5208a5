//! Invented documents, for the tests and benchmarks of stores; nobody's real data.

use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Change, Newcomer};
use crate::document::{
    Actor, AuthorLevel, Birth, Cause, Class, ContentHash, DocumentId, Entry, Event, Facts, Failure, HoldCause, Kind, Lane, Name, Receipt,
    Source, Timestamp,
};

/// What matters to a store about an invented document.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Tells it from the others; its id is drawn from it.
    pub n: u64,
    /// Its case, if it has one.
    pub case: Option<String>,
    /// Its place in the legal order.
    pub rank: u16,
    /// Its cut-off, in milliseconds since 1970.
    pub cut_off: i64,
    /// Its first due time, in milliseconds since 1970.
    pub due: i64,
    /// Why it is held from the start, if it is.
    pub held: Option<HoldCause>,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Sample {
    /// An inspection record of its own, due at once, with a day to go.
    pub fn new(n: u64) -> Self {
        Self { n, case: None, rank: 10, cut_off: 86_400_000, due: 0, held: None, bytes: 200 }
    }

    /// The same as part of a case.
    #[must_use]
    pub fn in_case(mut self, case: &str, rank: u16) -> Self {
        self.case = Some(case.to_owned());
        self.rank = rank;
        self
    }

    /// Its id.
    pub fn id(&self) -> DocumentId {
        DocumentId::of_unfit("sample", &ContentHash::of(&self.n.to_be_bytes()))
    }

    /// Its bytes: the same for the same `n` and length.
    pub fn body(&self) -> Vec<u8> {
        let mut body = format!("<InspectionRecord n=\"{}\">", self.n).into_bytes();
        let mut x = self.n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        while body.len() < self.bytes {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            body.push(b'a' + u8::try_from(x % 26).unwrap_or(0));
        }
        body
    }

    /// It, on arrival.
    pub fn newcomer(&self) -> Newcomer {
        let body: Arc<[u8]> = self.body().into();
        let birth = Birth {
            id: self.id(),
            source: Source {
                path: format!("第一组/现场检查记录 {}.xml", self.n),
                file: ContentHash::of(&body),
                bytes: body.len() as u64,
                modified: Timestamp::from_millis(0),
                first_seen: Timestamp::from_millis(0),
            },
            facts: Some(self.facts()),
            digest: Some(ContentHash::of(&body)),
            cut_off: Timestamp::from_millis(self.cut_off),
            due: Timestamp::from_millis(self.due),
        };
        let event = Event::Taken { findings: Vec::new(), held: self.held.clone(), supersedes: None };
        Newcomer { birth, entry: entry(0, event), body }
    }

    fn facts(&self) -> Facts {
        Facts {
            kind: Kind::new("insp_record"),
            kind_name: "现场检查记录".into(),
            lane: Lane::Inspection,
            rank: self.rank,
            number: Some(format!("（淄）应急检记〔2023〕{}号", self.n)),
            number_as_written: None,
            draft_id: Uuid::from_u64_pair(1, self.n),
            schema_version: "2023.1".into(),
            author_level: AuthorLevel::District,
            author: Name("王样例".into()),
            party: Name("淄博样例化工有限公司".into()),
            party_uscc: None,
            document_date: NaiveDate::default(),
            inspection_id: None,
            case_id: self.case.clone(),
            inspection_end: None,
            ruling: None,
        }
    }
}

/// A line of history at `at` milliseconds.
pub fn entry(at: i64, event: Event) -> Entry {
    Entry { at: Timestamp::from_millis(at), by: Actor::Daemon, event }
}

/// A change to the sample's record at the version `seen`.
pub fn change(sample: &Sample, seen: u32, event: Event) -> Change {
    Change { id: sample.id(), seen, entry: entry(1, event) }
}

/// The intention to send.
pub fn leased(attempt: u32) -> Event {
    Event::Leased { attempt, request: Uuid::from_u64_pair(2, attempt.into()) }
}

/// A passing failure, to be tried again at `due` milliseconds.
pub fn deferred(due: i64) -> Event {
    Event::Deferred { failure: Failure::new(Class::Passing, Cause::Busy, "05"), due: Timestamp::from_millis(due) }
}

/// No answer; to be asked at `due` milliseconds.
pub fn not_heard(due: i64) -> Event {
    Event::NotHeard { failure: Failure::new(Class::Unknown, Cause::NoAnswer, "timeout"), due: Timestamp::from_millis(due) }
}

/// Received; to be asked at `due` milliseconds.
pub fn acknowledged(due: i64) -> Event {
    Event::Acknowledged {
        receipt: Receipt { receipt_no: "R1".into(), received_at: Timestamp::from_millis(1) },
        due: Timestamp::from_millis(due),
    }
}

/// Entered.
pub fn confirmed() -> Event {
    Event::EntryConfirmed { entry_no: None, entered_at: Timestamp::from_millis(2) }
}

/// Held by an operator.
pub fn held() -> Event {
    Event::Held { cause: HoldCause::Operator, why: "样例".into() }
}

/// Released, due at `due` milliseconds.
pub fn released(due: i64) -> Event {
    Event::Released { why: "样例".into(), due: Timestamp::from_millis(due) }
}
