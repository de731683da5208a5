//! The part of a status that must look at documents one by one: bounded, so that asking never slows the work.

use crate::{
    document::{Record, State, Timestamp},
    store::{Listing, Store, StoreError},
};

use super::{
    AGES, AgeRow, AgeTable, NEEDS_SHOWN, Need, NeedsYou,
    advice::{need, worst_first},
    problems::UNSURE_TOLERATED,
};

/// How many records one page holds.
const PAGE: usize = 500;
/// How many records of one state are looked at one by one.
const STATE_LIMIT: usize = 5_000;
/// How many of today's records are looked at one by one.
const DAY_LIMIT: usize = 20_000;
/// How many rows of one state are kept while the worst are sought; pages come earliest cut-off first, so these are the worst of it.
const NEEDS_KEPT: usize = NEEDS_SHOWN * 2;

/// What the records themselves say.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    pub(super) expected: u64,
    pub(super) entered: u64,
    pub(super) on_the_way: u64,
    pub(super) sent_back: u64,
    pub(super) unsure: u64,
    pub(super) held: u64,
    pub(super) overdue: u64,
    pub(super) at_least: bool,
    pub(super) ages: AgeTable,
    pub(super) needs_you: NeedsYou,
    /// How many records were read.
    pub(super) looked_at: usize,
}

impl Scan {
    /// Looks at today's documents and at all that are still open; `total` says how many of a state there are. What is overdue is so by
    /// `strict`, the stricter of the two clocks.
    pub(super) async fn of(store: &dyn Store, now: Timestamp, strict: Timestamp, total: impl Fn(State) -> u64) -> Result<Self, StoreError> {
        let mut scan = Self::default();
        let mut today = Walk::new(store, Listing::Day(now.beijing_day()), DAY_LIMIT);
        while let Some(records) = today.next().await? {
            records.iter().for_each(|r| scan.count_today(r));
        }
        scan.at_least = today.cut_short;
        scan.looked_at = today.looked_at;
        for state in State::ALL.into_iter().filter(|s| !s.is_at_rest()) {
            if total(state) > 0 {
                scan.look_at_state(store, state, (now, strict), total(state)).await?;
            }
        }
        worst_first(&mut scan.needs_you.rows);
        scan.needs_you.rows.truncate(NEEDS_SHOWN);
        Ok(scan)
    }

    fn count_today(&mut self, record: &Record) {
        let slot = match record.state {
            State::Entered => &mut self.entered,
            State::Waiting | State::Sending | State::Received => &mut self.on_the_way,
            State::Unfit | State::Returned => &mut self.sent_back,
            State::Unsure => &mut self.unsure,
            State::HeldWaiting | State::HeldUnsure | State::HeldReceived | State::Corrupt => &mut self.held,
            State::Superseded | State::Ignored => return,
        };
        *slot += 1;
        self.expected += 1;
    }

    async fn look_at_state(
        &mut self,
        store: &dyn Store,
        state: State,
        (now, strict): (Timestamp, Timestamp),
        total: u64,
    ) -> Result<(), StoreError> {
        let mut row = AgeRow { state, total, by_age: [0; 6], not_sorted: 0 };
        let mut kept: Vec<Need> = Vec::new();
        let mut walk = Walk::new(store, Listing::InState(state), STATE_LIMIT);
        while let Some(records) = walk.next().await? {
            for record in &records {
                let age = now.since(record.since).num_seconds();
                let column = AGES.iter().position(|(_, edge)| age < *edge).unwrap_or(AGES.len() - 1);
                row.by_age[column] += 1;
                let overdue = record.birth.cut_off <= strict;
                let in_doubt = state == State::Unsure && now.since(record.since) > UNSURE_TOLERATED;
                self.overdue += u64::from(overdue);
                self.needs_you.in_doubt += u64::from(in_doubt);
                if overdue || in_doubt || state.needs_a_person() {
                    self.needs_you.total += 1;
                    if kept.len() < NEEDS_KEPT {
                        kept.push(need(record, now));
                    }
                }
            }
        }
        row.not_sorted = total.saturating_sub(row.by_age.iter().sum());
        if state.needs_a_person() {
            self.needs_you.total += row.not_sorted;
        }
        self.at_least |= walk.cut_short;
        self.looked_at += walk.looked_at;
        self.needs_you.rows.extend(kept);
        self.ages.rows.push(row);
        Ok(())
    }
}

/// A listing, page by page, up to a limit.
struct Walk<'a> {
    store: &'a dyn Store,
    listing: Listing,
    limit: usize,
    after: Option<Vec<u8>>,
    begun: bool,
    looked_at: usize,
    cut_short: bool,
}

impl<'a> Walk<'a> {
    fn new(store: &'a dyn Store, listing: Listing, limit: usize) -> Self {
        Self { store, listing, limit, after: None, begun: false, looked_at: 0, cut_short: false }
    }

    async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        if self.begun && self.after.is_none() {
            return Ok(None);
        }
        if self.looked_at >= self.limit {
            self.cut_short = true;
            return Ok(None);
        }
        let page = self.store.page(&self.listing, self.after.as_ref(), PAGE.min(self.limit - self.looked_at)).await?;
        self.begun = true;
        self.looked_at += page.records.len();
        self.after = page.next;
        Ok(Some(page.records))
    }
}
