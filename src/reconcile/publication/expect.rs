//! Which decisions there are and what should have become of their notices.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Follower, kept::Kept};
use crate::{
    document::{DocumentId, HoldCause, Record, State, Timestamp},
    publication::{Decision, DecisionKind, Exemption, Expect, Outcome, Standing, Wanted},
    store::{Listing, StoreError},
};

/// A decision that is looked for, beside what it is compared by.
pub(super) struct Sought {
    pub(super) id: DocumentId,
    /// The version of its record.
    pub(super) version: u32,
    /// Whether a sighting may go into its history without getting in the way of its sending.
    pub(super) has_a_history: bool,
    pub(super) number: String,
    pub(super) date: NaiveDate,
    pub(super) exempt: Option<Exemption>,
    pub(super) gone_on: Option<NaiveDate>,
}

impl Sought {
    /// How it stands before anybody has looked.
    pub(super) fn first_standing(&self, now: Timestamp) -> Standing {
        let mut standing = Standing::new(self.id, self.number.clone(), self.date, now);
        self.shape(&mut standing);
        standing
    }

    /// What the document itself says of its notice goes before whatever was kept.
    pub(super) fn shape(&self, standing: &mut Standing) {
        standing.exempt = self.exempt;
        if standing.gone_on.is_none() {
            standing.gone_on = self.gone_on;
        }
        if self.exempt.is_some() && standing.outcome == Outcome::NotYet {
            standing.outcome = Outcome::Exempt;
        }
    }
}

/// A decision document that may have a notice, and what can be said of it without its bytes.
struct Known {
    record: Record,
    number: String,
    date: NaiveDate,
    /// `None` where its bytes must be read, and where they cannot be.
    decision: Option<Decision>,
}

impl Known {
    fn of(record: Record) -> Option<Self> {
        let (number, date) = decided(&record)?;
        let decision = record.birth.facts.as_ref().and_then(Decision::kept);
        Some(Self { record, number, date, decision })
    }
}

/// A decision by its bytes. Those that cannot be read back leave what the record itself knows.
fn read(body: Result<Arc<[u8]>, StoreError>) -> Result<Option<Decision>, StoreError> {
    match body {
        Ok(body) => Ok(Decision::read(&body)),
        Err(error) if error.stands_alone() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The number and the day of a decision document that may have a notice; `None` for every other document.
pub(super) fn decided(record: &Record) -> Option<(String, NaiveDate)> {
    let facts = record.birth.facts.as_ref()?;
    DecisionKind::of(&facts.kind)?;
    let made = match record.state {
        // What was never fit, or is not to be, is no decision that anybody was told of.
        State::Unfit | State::Ignored | State::Corrupt => false,
        State::Superseded => record.entry.is_some(),
        _ => true,
    };
    made.then(|| (facts.number.clone().unwrap_or_default(), facts.document_date))
}

/// The states of documents that are not entered, and may be decisions all the same.
const NOT_ENTERED: [State; 8] = [
    State::Waiting,
    State::Sending,
    State::Unsure,
    State::Received,
    State::Returned,
    State::HeldWaiting,
    State::HeldUnsure,
    State::HeldReceived,
];

impl Follower {
    /// The decisions of these days, both included.
    pub(super) async fn sought(&self, from: NaiveDate, to: NaiveDate, kept: &Kept) -> Result<Vec<(Sought, Wanted)>, StoreError> {
        let mut found = Vec::new();
        for day in from.iter_days().take_while(|day| *day <= to) {
            let mut after = None;
            loop {
                let page = self.queue.store().page(&Listing::Day(day), after.as_ref(), 500).await?;
                found.extend(self.sought_among(page.records, kept).await?);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }

    /// The decisions among these records. The bytes of those of which too little is kept are asked for together.
    async fn sought_among(&self, records: Vec<Record>, kept: &Kept) -> Result<Vec<(Sought, Wanted)>, StoreError> {
        let decisions: Vec<_> = records.into_iter().filter_map(Known::of).collect();
        let ids: Vec<_> = decisions.iter().filter(|known| known.decision.is_none()).map(|known| known.record.id()).collect();
        let bodies = if ids.is_empty() { Vec::new() } else { self.queue.store().bodies(&ids).await };
        let mut bodies = bodies.into_iter();
        let mut found = Vec::with_capacity(decisions.len());
        for mut known in decisions {
            if known.decision.is_none()
                && let Some(body) = bodies.next()
            {
                known.decision = read(body)?;
            }
            found.push(self.looked_for(known, kept));
        }
        Ok(found)
    }

    /// The decision of that number, if one is known.
    pub(super) async fn sought_by_number(&self, number: &str, kept: &Kept) -> Result<Option<(Sought, Wanted)>, StoreError> {
        let page = self.queue.store().page(&Listing::Number(number.to_owned()), None, 20).await?;
        match page.records.into_iter().find_map(Known::of) {
            Some(known) => Ok(Some(self.looked_for(self.read_back(known).await?, kept))),
            None => Ok(None),
        }
    }

    /// Decisions that were made and are not entered: their clocks run all the same.
    pub(super) async fn not_entered(&self, kept: &Kept) -> Result<Vec<Sought>, StoreError> {
        let mut found = Vec::new();
        for state in NOT_ENTERED {
            let mut after = None;
            loop {
                let page = self.queue.store().page(&Listing::InState(state), after.as_ref(), 500).await?;
                for known in page.records.into_iter().filter(|record| !kept.has(record.id())).filter_map(Known::of) {
                    found.push(self.sought_as(self.read_back(known).await?).0);
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }

    /// What is looked for of a decision, by what was kept of its notice too.
    fn looked_for(&self, known: Known, kept: &Kept) -> (Sought, Wanted) {
        let id = known.record.id();
        let (mut sought, mut wanted) = self.sought_as(known);
        (wanted.seen_before, wanted.shown_until) = (kept.was_seen(id), kept.shown_until(id));
        if let (Some(day), None) = (kept.annulled_on(id), sought.exempt) {
            wanted.expect = Expect::Gone;
            sought.gone_on = sought.gone_on.or(Some(day));
        }
        (sought, wanted)
    }

    /// The decision that a record is, whatever was kept of its notice; `None` for every other document.
    pub(super) async fn sought_of(&self, record: Record) -> Result<Option<Sought>, StoreError> {
        match Known::of(record) {
            Some(known) => Ok(Some(self.sought_as(self.read_back(known).await?).0)),
            None => Ok(None),
        }
    }

    /// Where too little is kept of a decision, its bytes are read.
    async fn read_back(&self, mut known: Known) -> Result<Known, StoreError> {
        if known.decision.is_none() {
            known.decision = read(self.queue.store().body(known.record.id()).await)?;
        }
        Ok(known)
    }

    fn sought_as(&self, Known { record, number, date, decision }: Known) -> (Sought, Wanted) {
        let exempt = decision.as_ref().and_then(|decision| Exemption::of(decision, self.settings.warnings));
        let decision = decision.unwrap_or_else(|| bare(&record, number.clone(), date));
        let mut wanted = Wanted::new(record.id(), decision, self.expected_from(&record));
        let gone = record.state == State::Superseded;
        wanted.expect = match exempt {
            _ if gone => Expect::Gone,
            Some(_) => Expect::Exempt,
            None => Expect::Public,
        };
        let gone_on = gone.then(|| record.since.beijing_day());
        let has_a_history = matches!(record.state, State::Entered | State::Superseded | State::HeldWaiting);
        (Sought { id: record.id(), version: record.version, has_a_history, number, date, exempt, gone_on }, wanted)
    }

    /// The moment after which its notice should stand in the list. What is not entered cannot be published by the platform.
    fn expected_from(&self, record: &Record) -> Timestamp {
        let since = match (&record.entry, record.state, &record.hold) {
            (Some(entry), _, _) => entry.entered_at,
            (None, State::HeldWaiting, Some(HoldCause::Lane)) => record.since,
            _ => return Timestamp::MAX,
        };
        since.plus(self.settings.appear_within)
    }
}

/// A decision of which only the record is left.
fn bare(record: &Record, number: String, date: NaiveDate) -> Decision {
    let facts = record.birth.facts.as_ref();
    let kind = facts.and_then(|f| DecisionKind::of(&f.kind)).unwrap_or(DecisionKind::Organisation);
    Decision::bare(kind, number, date, facts.map(|f| f.party.clone()).unwrap_or_default(), facts.and_then(|f| f.party_uscc.clone()))
}
