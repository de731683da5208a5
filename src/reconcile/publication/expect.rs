//! Which decisions there are and what should have become of their notices.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Follower, kept::Kept};
use crate::{
    document::{DocumentNumber, HoldCause, Record, State, Timestamp},
    publication::{Decision, DecisionKind, Exemption, Expect, Outcome, Standing, Wanted},
    store::{Listing, StoreError},
};

/// A decision that is looked for.
pub(super) struct Sought {
    pub(super) record: Record,
    pub(super) wanted: Wanted,
    pub(super) number: String,
    pub(super) date: NaiveDate,
    pub(super) exempt: Option<Exemption>,
    pub(super) gone_on: Option<NaiveDate>,
}

impl Sought {
    /// How it stands before anybody has looked.
    pub(super) fn first_standing(&self, now: Timestamp) -> Standing {
        let mut standing = Standing::new(self.record.id(), self.number.clone(), self.date, now);
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

/// What is kept of a decision document that may have a notice: its number and day; `None` for every other document.
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

/// Whether a sighting may go into its history without getting in the way of its sending.
pub(super) const fn has_a_history(record: &Record) -> bool {
    matches!(record.state, State::Entered | State::Superseded | State::HeldWaiting)
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
    pub(super) async fn sought(&self, from: NaiveDate, to: NaiveDate, kept: &Kept) -> Result<Vec<Sought>, StoreError> {
        let mut found = Vec::new();
        for day in from.iter_days().take_while(|day| *day <= to) {
            let mut after = None;
            loop {
                let page = self.queue.store().page(&Listing::Day(day), after.as_ref(), 500).await?;
                found.extend(self.sought_among(&page.records, kept).await?);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }

    /// The decisions among these records. Their bytes are asked for together.
    async fn sought_among(&self, records: &[Record], kept: &Kept) -> Result<Vec<Sought>, StoreError> {
        let decisions: Vec<_> = records.iter().filter_map(|record| Some((record, decided(record)?))).collect();
        let ids: Vec<_> = decisions.iter().map(|(record, _)| record.id()).collect();
        let bodies = self.queue.store().bodies(&ids).await;
        let each = decisions.into_iter().zip(bodies);
        each.map(|((record, decided), body)| self.sought_with(record, decided, body, kept)).collect()
    }

    /// The decision of that number, if one is known.
    pub(super) async fn sought_by_number(&self, number: &str, kept: &Kept) -> Result<Option<Sought>, StoreError> {
        let reading = DocumentNumber::read(number);
        let number = reading.number.map_or(reading.text, |number| number.to_string());
        let page = self.queue.store().page(&Listing::Number(number), None, 20).await?;
        let found = page.records.iter().find_map(|record| Some((record, decided(record)?)));
        match found {
            Some((record, decided)) => {
                let body = self.queue.store().body(record.id()).await;
                Ok(Some(self.sought_with(record, decided, body, kept)?))
            }
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
                for record in page.records.iter().filter(|record| !kept.has(record.id())) {
                    if let Some(decided) = decided(record) {
                        found.push(self.sought_of(record, decided, false).await?);
                    }
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }

    /// What is looked for of a decision, by what is kept of it too.
    fn sought_with(
        &self,
        record: &Record,
        decided: (String, NaiveDate),
        body: Result<Arc<[u8]>, StoreError>,
        kept: &Kept,
    ) -> Result<Sought, StoreError> {
        let mut sought = self.sought_as(record, decided, body, kept.was_seen(record.id()))?;
        if let (Some(day), None) = (kept.annulled_on(record.id()), sought.exempt) {
            sought.wanted.expect = Expect::Gone;
            sought.gone_on = sought.gone_on.or(Some(day));
        }
        Ok(sought)
    }

    /// What is looked for of a decision.
    pub(super) async fn sought_of(&self, record: &Record, decided: (String, NaiveDate), seen: bool) -> Result<Sought, StoreError> {
        let body = self.queue.store().body(record.id()).await;
        self.sought_as(record, decided, body, seen)
    }

    /// The same by its bytes. Bytes that cannot be read back leave what the record itself knows.
    fn sought_as(
        &self,
        record: &Record,
        (number, date): (String, NaiveDate),
        body: Result<Arc<[u8]>, StoreError>,
        seen: bool,
    ) -> Result<Sought, StoreError> {
        let decision = match body {
            Ok(body) => Decision::read(&body),
            Err(StoreError::Damaged(_) | StoreError::Unknown(_)) => None,
            Err(error) => return Err(error),
        };
        let exempt = decision.as_ref().and_then(|decision| Exemption::of(decision, self.settings.warnings));
        let decision = decision.unwrap_or_else(|| bare(record, number.clone(), date));
        let mut wanted = Wanted::new(record.id(), decision, self.expected_from(record));
        wanted.seen_before = seen;
        let gone = record.state == State::Superseded;
        wanted.expect = match exempt {
            _ if gone => Expect::Gone,
            Some(_) => Expect::Exempt,
            None => Expect::Public,
        };
        Ok(Sought { record: record.clone(), wanted, number, date, exempt, gone_on: gone.then(|| record.since.beijing_day()) })
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
