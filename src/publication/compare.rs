//! What is public held against what should be: rows go by once, in any order, any number of times; verdicts come at the end.
//!
//! Nothing of a row is kept but what its decision needs, so a list of any length costs no more than the decisions of its window.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    Category, Decision, Difference, Doubt, Layout, Outcome, Reading, Row, RowState, Stray, Term,
    differ::differences,
    fold,
    row::key_of,
    stray::{Strays, all, bit},
};
use crate::document::{ContentHash, DocumentId, Name, Timestamp, Yuan};

/// What should become of a decision's notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It should be public.
    Public,
    /// It was corrected or annulled: it should not be public any more (行政处罚法第四十八条).
    Gone,
    /// It need not be public.
    Exempt,
}

/// A decision that is looked for, as far as it is compared.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The document.
    pub id: DocumentId,
    /// What should have become of it.
    pub expect: Expect,
    /// The moment after which it should stand in the list.
    pub from: Timestamp,
    /// Whether it was seen before.
    pub seen_before: bool,
    /// The 公示截止期 that its notice gave when it was seen.
    pub shown_until: Option<NaiveDate>,
    pub(super) number: String,
    pub(super) key: String,
    pub(super) date: NaiveDate,
    pub(super) category: Category,
    pub(super) party: Name,
    pub(super) uscc: Option<String>,
    pub(super) legal_rep: Name,
    pub(super) kinds: Vec<String>,
    pub(super) fine: Option<Yuan>,
    pub(super) confiscated: Option<Yuan>,
    pub(super) licence: String,
    pub(super) authority: String,
    pub(super) authority_code: String,
}

impl Wanted {
    /// `decision`, the document `id`, which should be public from the moment `from` on.
    pub fn new(id: DocumentId, decision: Decision, from: Timestamp) -> Self {
        Self {
            id,
            expect: Expect::Public,
            from,
            seen_before: false,
            shown_until: None,
            key: key_of(&decision.number).unwrap_or_default(),
            number: decision.number,
            date: decision.date,
            category: decision.category,
            party: decision.party,
            uscc: decision.uscc,
            legal_rep: decision.legal_rep,
            kinds: decision.kinds,
            fine: decision.fine,
            confiscated: decision.confiscated,
            licence: decision.licence,
            authority: decision.authority,
            authority_code: decision.authority_code,
        }
    }

    pub(super) fn calls_for_fine(&self) -> bool {
        self.kinds.iter().any(|kind| kind == "罚款")
    }

    /// The last day on which its notice is public, by what the notice said last; `None` where no rule is known.
    fn end(&self, shown: Option<NaiveDate>) -> Option<NaiveDate> {
        Term::of(self.date)?.end(self.date, shown.or(self.shown_until))
    }

    fn is_of(&self, row: &Row) -> bool {
        match &self.uscc {
            Some(code) if !row.get("CF_XDR_SHXYM").is_empty() => fold::folded(row.get("CF_XDR_SHXYM")).eq_ignore_ascii_case(code),
            _ => fold::same_name(&self.party.0, row.get("CF_XDR_MC")),
        }
    }
}

/// A notice as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Where it stands.
    pub state: RowState,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// When it was withdrawn or repaired.
    pub withdrawn_at: Option<Timestamp>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// What differs from the decision.
    pub differences: Vec<Difference>,
    /// SHA-256 of the row's text.
    pub evidence: ContentHash,
    /// The day of decision that it gives.
    pub decided: Option<NaiveDate>,
    /// The 公示截止期 that it gives.
    pub until: Option<NaiveDate>,
    identity: u64,
    /// In which readings it was seen, one bit each.
    readings: u8,
}

/// What can be said about one decision's notice.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How it stands.
    pub outcome: Outcome,
    /// Why nothing can be said, with [`Outcome::Unseen`].
    pub doubt: Option<Doubt>,
    /// The notice that speaks for it: the public one, the worst if there are several.
    pub sight: Option<Sight>,
    /// How many public rows there are.
    pub rows: usize,
    /// Whether every reading agreed, so that an alarm may be raised.
    pub confirmed: bool,
}

/// A [`Verdict`] in the making.
struct Judgement<'l> {
    outcome: Outcome,
    doubt: Option<Doubt>,
    sight: Option<&'l Sight>,
    rows: usize,
    confirmed: bool,
}

impl From<Judgement<'_>> for Verdict {
    fn from(of: Judgement<'_>) -> Self {
        Self { outcome: of.outcome, doubt: of.doubt, sight: of.sight.cloned(), rows: of.rows, confirmed: of.confirmed }
    }
}

/// The most rows that are remembered for one decision.
const MOST_SIGHTS: usize = 8;

#[derive(Debug, Default)]
struct Seen {
    by_number: Vec<Sight>,
    /// Rows without its number that fit by party, day and amount; each is an unknown notice if the number turns up as well.
    by_party: Vec<(Sight, Row)>,
    /// A row that seems to be its own has its values in wrong columns.
    broken: bool,
}

/// The decisions of a window, and what was seen of them.
#[derive(Debug)]
pub struct Ledger {
    wanted: Vec<Wanted>,
    seen: Vec<Seen>,
    numbers: HashMap<String, Vec<usize>>,
    parties: HashMap<(NaiveDate, Yuan), Vec<usize>>,
    /// Until when one of those that should be public, and was seen before, stays public.
    knows_some_until: Option<NaiveDate>,
    /// How many readings it takes before absence counts.
    needed: usize,
    readings: Vec<Reading>,
    rows: u64,
    /// Rows whose columns cannot be relied on and that are nobody's.
    shifted: bool,
    /// Notices of ours that nobody here waits for.
    strays: Strays,
}

impl Ledger {
    /// A ledger of what is `wanted`; absence counts once `needed` readings agree.
    pub fn new(wanted: Vec<Wanted>, needed: usize) -> Self {
        let (mut numbers, mut parties) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (at, one) in wanted.iter().enumerate() {
            numbers.entry(one.key.clone()).or_default().push(at);
            parties.entry((one.date, one.fine.unwrap_or_default())).or_default().push(at);
        }
        let seen = wanted.iter().map(|_| Seen::default()).collect();
        let known = wanted.iter().filter(|one| one.seen_before && one.expect == Expect::Public);
        let knows_some_until = known.map(|one| one.end(None).unwrap_or(NaiveDate::MAX)).max();
        Self {
            wanted,
            seen,
            numbers,
            parties,
            knows_some_until,
            needed,
            readings: Vec::new(),
            rows: 0,
            shifted: false,
            strays: Strays::default(),
        }
    }

    /// One row of the reading under way. `ours` says whether a row that nobody here waits for would be a notice of this office at all.
    pub fn take(&mut self, row: &Row, ours: bool) {
        self.rows += 1;
        if row.layout() == Layout::Broken {
            match row.number_anywhere().and_then(|number| self.numbers.get(&number)) {
                Some(found) => found.iter().for_each(|at| self.seen[*at].broken = true),
                None => self.shifted = true,
            }
            return;
        }
        let bit = bit(self.readings.len());
        if let Some((at, differences)) = self.by_number(row) {
            note(&mut self.seen[at].by_number, sight(row, differences, bit));
        } else if let Some((at, differences)) = self.by_party(row) {
            let kept = &mut self.seen[at].by_party;
            let seen = sight(row, differences, bit);
            if let Some((known, _)) = kept.iter_mut().find(|(known, _)| known.identity == seen.identity) {
                known.again(seen);
            } else if kept.len() < MOST_SIGHTS {
                kept.push((seen, row.clone()));
            }
        } else if ours {
            self.strays.take(row, bit);
        }
    }

    /// The decision of the row's number: where several carry it, the one that the row fits best, one that counts before one that does not.
    fn by_number(&self, row: &Row) -> Option<(usize, Vec<Difference>)> {
        let found = self.numbers.get(&row.number()?)?;
        let judged = found.iter().map(|at| (*at, differences(&self.wanted[*at], row)));
        judged.min_by_key(|(at, differences)| (differences.len(), self.wanted[*at].expect != Expect::Public))
    }

    /// The decision of the row's party, day and amount (domain.md §2.7).
    fn by_party(&self, row: &Row) -> Option<(usize, Vec<Difference>)> {
        let found = self.parties.get(&(row.decided()?, row.fine().unwrap_or_default()))?;
        let at = *found.iter().find(|at| self.wanted[**at].is_of(row))?;
        Some((at, differences(&self.wanted[at], row)))
    }

    /// The reading under way ended.
    pub fn end(&mut self, reading: Reading) {
        self.readings.push(reading);
    }

    /// Whether a further reading could change what would be told: something is absent, wrong or nobody's, and fewer readings were made than
    /// needed.
    pub fn wants_another(&self, now: Timestamp) -> bool {
        let calm = |at: usize| {
            let outcome = self.judge(at, now, true).outcome;
            matches!(outcome, Outcome::Matched | Outcome::NotYet | Outcome::Exempt | Outcome::Gone | Outcome::Repaired | Outcome::Expired)
        };
        self.readings.len() < self.needed && (self.has_strays() || !(0..self.wanted.len()).all(calm))
    }

    /// Whether there is a notice that nobody waits for, as far as is known yet.
    fn has_strays(&self) -> bool {
        !self.strays.is_empty() || self.seen.iter().any(|seen| !seen.by_number.is_empty() && !seen.by_party.is_empty())
    }

    /// How many rows went by.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What can be said at `now`, decision by decision; the notices that nobody waited for; and how many of these every reading saw.
    pub fn close(mut self, now: Timestamp) -> (Vec<Verdict>, Vec<Stray>, usize) {
        self.give_old_rows_to_old_decisions();
        let spare = self.seen.iter_mut().filter(|seen| !seen.by_number.is_empty()).flat_map(|seen| seen.by_party.drain(..));
        let spare: Vec<_> = spare.map(|(sight, row)| Stray::of(row, sight.readings, &self.readings)).collect();
        let (mut strays, mut count) = std::mem::take(&mut self.strays).close(&self.readings);
        count += spare.iter().filter(|stray| stray.is_confirmed()).count();
        strays.extend(spare);
        let mut verdicts = Vec::with_capacity(self.wanted.len());
        for at in 0..self.wanted.len() {
            verdicts.push(self.judge(at, now, false).into());
            // Thousands of them would stand in memory twice.
            self.seen[at] = Seen::default();
        }
        (verdicts, strays, count)
    }

    /// Where a number stands on several public rows and was decided anew, the earlier rows are the notices of what was corrected; they say
    /// nothing by which they could be told apart when the correction changed no column.
    fn give_old_rows_to_old_decisions(&mut self) {
        for found in self.numbers.values().filter(|found| found.len() > 1) {
            let public = |sight: &Sight| sight.state == RowState::Published;
            let Some(present) = found.iter().copied().find(|at| self.wanted[*at].expect == Expect::Public) else { continue };
            for old in found.iter().copied().filter(|at| self.wanted[*at].expect == Expect::Gone) {
                let rows = &self.seen[present].by_number;
                if rows.iter().filter(|sight| public(sight)).count() < 2 || !self.seen[old].by_number.is_empty() {
                    continue;
                }
                let first = (0..rows.len()).filter(|n| public(&rows[*n])).min_by_key(|n| rows[*n].published_at);
                if let Some(first) = first {
                    let row = self.seen[present].by_number.remove(first);
                    self.seen[old].by_number.push(row);
                }
            }
        }
    }

    /// `provisional` takes the readings made so far for enough.
    fn judge(&self, at: usize, now: Timestamp, provisional: bool) -> Judgement<'_> {
        let (wanted, seen) = (&self.wanted[at], &self.seen[at]);
        let by_party = seen.by_party.iter().map(|(sight, _)| sight).filter(|_| seen.by_number.is_empty());
        let sights = seen.by_number.iter().chain(by_party);
        let public = sights.clone().filter(|sight| sight.state == RowState::Published);
        let ended = sights.filter(|sight| sight.state != RowState::Published).max_by_key(|sight| sight.withdrawn_at);
        let rows = public.clone().count();
        let sight = public.max_by_key(|sight| sight.differences.len()).or(ended);
        let (outcome, doubt) = match (wanted.expect, sight) {
            (Expect::Public, Some(sight)) => (of_sight(sight, rows, wanted, now), None),
            (_, Some(sight)) if sight.state == RowState::Published => (Outcome::Lingering, None),
            (Expect::Gone, Some(_)) => (Outcome::Gone, None),
            (Expect::Exempt, _) => (Outcome::Exempt, None),
            (expect, None) => self.of_nothing(wanted, seen, expect, (now, provisional)),
        };
        let confirmed = sight.is_none_or(|sight| u16::from(sight.readings) == all(self.readings.len())) && self.whole();
        Judgement { outcome, doubt, sight, rows, confirmed }
    }

    fn whole(&self) -> bool {
        self.readings.iter().all(|r| matches!(r, Reading::Whole(_)))
    }

    /// Nothing was seen of it: whether that means anything.
    fn of_nothing(&self, wanted: &Wanted, seen: &Seen, expect: Expect, (now, provisional): (Timestamp, bool)) -> (Outcome, Option<Doubt>) {
        let unseen = |doubt| (Outcome::Unseen, Some(doubt));
        if seen.broken {
            return unseen(Doubt::Columns);
        }
        if expect == Expect::Public && now < wanted.from && !wanted.seen_before {
            return (Outcome::NotYet, None);
        }
        let today = now.beijing_day();
        if let Some(doubt) = self.doubt(wanted, provisional, today) {
            return unseen(doubt);
        }
        let over = wanted.end(None).is_some_and(|last| last < today);
        match expect {
            Expect::Gone => (Outcome::Gone, None),
            Expect::Public if over => (Outcome::Expired, None),
            _ => (Outcome::Missing, None),
        }
    }

    /// Why absence proves nothing, if it does not.
    fn doubt(&self, wanted: &Wanted, provisional: bool, today: NaiveDate) -> Option<Doubt> {
        if let Some(Reading::Broken(doubt)) = self.readings.iter().find(|r| matches!(r, Reading::Broken(_))) {
            return Some(doubt.clone());
        }
        if self.readings.is_empty() || (!provisional && self.readings.len() < self.needed) {
            return Some(Doubt::CutShort);
        }
        if self.shifted {
            return Some(Doubt::Columns);
        }
        if self.rows == 0 && self.knows_some_until.is_some_and(|until| until >= today) {
            return Some(Doubt::KnownOnesGone);
        }
        let behind = self.readings.iter().find_map(|reading| match reading {
            Reading::Whole(to) if to.is_none_or(|to| to <= wanted.from) => Some(*to),
            _ => None,
        });
        behind.map(Doubt::NotCompleteTo)
    }
}

/// What a notice that was seen comes to, where it should be public.
fn of_sight(sight: &Sight, public: usize, wanted: &Wanted, now: Timestamp) -> Outcome {
    let over = wanted.end(sight.until).is_some_and(|last| last < now.beijing_day());
    match sight.state {
        RowState::Published if public > 1 => Outcome::Duplicate,
        RowState::Published if sight.differences.is_empty() => Outcome::Matched,
        RowState::Published => Outcome::Mismatched,
        RowState::Repaired => Outcome::Repaired,
        RowState::Withdrawn if over => Outcome::Expired,
        RowState::Withdrawn => Outcome::Withdrawn,
    }
}

impl Sight {
    /// The same row once more: what it says now counts.
    fn again(&mut self, now: Self) {
        let readings = self.readings | now.readings;
        *self = now;
        self.readings = readings;
    }
}

fn note(kept: &mut Vec<Sight>, seen: Sight) {
    if let Some(known) = kept.iter_mut().find(|known| known.identity == seen.identity) {
        known.again(seen);
    } else if kept.len() < MOST_SIGHTS {
        // Nearly all have one row.
        kept.reserve_exact(1);
        kept.push(seen);
    }
}

fn sight(row: &Row, differences: Vec<Difference>, bit: u8) -> Sight {
    Sight {
        state: row.state,
        published_at: row.published_at,
        withdrawn_at: row.withdrawn_at,
        url: row.url.clone(),
        differences,
        evidence: row.evidence(),
        decided: row.decided(),
        until: fold::day(row.get("CF_GSJZQ")),
        identity: row.identity(),
        readings: bit,
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
