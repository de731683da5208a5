//! Each penalty decision is followed until it is public, and public as it was decided (contract §5; domain.md §2).
//!
//! A run reads the platform's list window by window, each a little wider than the decisions that it is about, to its end, and twice before
//! anything is called missing or wrong. It takes no input but the days and is safe to repeat: what was found before is only ever replaced by
//! what a reading could tell, and what it could not tell is kept as that.
//!
//! What is kept, below `publication/`: the [`Standing`] of each decision, the notices of ours that nobody here knows, the last run. What
//! was seen goes into the document's history as well, and only a sighting does (P6).

mod expect;
mod kept;
mod windows;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Duration, NaiveDate};
use tokio::sync::Mutex;

use crate::{
    calendar::Calendar,
    clock::SharedClock,
    document::{Event, Record, Timestamp},
    platform::{
        Platform,
        wire::{Publication, PublicationState},
    },
    publication::{
        Annulled, Decision, Doubt, Extra, Figures, Ledger, Outcome, Reading, Row, RowState, Standing, Stray, Verdict, Wanted, Warnings,
    },
    queue::Queue,
    store::StoreError,
};

use expect::Sought;
use kept::Kept;
pub use windows::Window;

/// How often the list is read before anything is called missing or wrong.
const READINGS: usize = 2;
/// More pages than this of one window are no list any more.
const MOST_PAGES: usize = 100_000;
/// How many decisions are put on record together.
const BATCH: usize = 512;
/// How far back a run looks that names no days: past the law's seven working days whatever the holidays.
const RECENT: Duration = Duration::days(45);

/// What the follower must know of its surroundings; from the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own credit code: a notice of it that nobody here knows is told of.
    pub uscc: String,
    /// Our own name, where a list shows no codes.
    pub office: String,
    /// How long after its entry a decision should be public; before that nobody is told that it is not.
    pub appear_within: Duration,
    /// Whether decisions of nothing but a warning are public.
    pub warnings: Warnings,
}

/// Over which decisions a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Those of the last weeks, where there are any.
    Recent,
    /// All that can still be public.
    All,
    /// Those of these days, both included.
    Days(NaiveDate, NaiveDate),
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The days it went over; `None` when there was nothing to look for.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// How each decision of these days stands now, in the order of their days.
    pub standings: Vec<Standing>,
    /// Published notices of ours that nobody here knows, the first of them; only those that every reading saw.
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

/// Follows decisions to their publication.
pub struct Follower {
    queue: Arc<Queue>,
    platform: Arc<dyn Platform>,
    clock: SharedClock,
    calendar: Arc<Calendar>,
    settings: Settings,
    kept: Mutex<Kept>,
}

impl Follower {
    /// A follower over the queue and the platform.
    pub fn new(queue: Arc<Queue>, platform: Arc<dyn Platform>, clock: SharedClock, calendar: Arc<Calendar>, settings: Settings) -> Self {
        Self { queue, platform, clock, calendar, settings, kept: Mutex::default() }
    }

    /// Goes over the decisions of `span`. `beat` hears that it is alive after every page; only one run goes on at a time.
    ///
    /// # Errors
    /// When the store fails. A platform that does not answer is no error: what it left open is told of as that.
    pub async fn run(&self, span: Span, beat: &(dyn Fn(Timestamp) + Sync)) -> Result<Run, StoreError> {
        let mut kept = self.kept.lock().await;
        kept.load(&**self.queue.store()).await?;
        let now = self.clock.now();
        let (first, last) = self.days(span, now, &kept);
        let mut run = Run::default();
        let mut strays = Vec::new();
        for window in windows::of(first, last) {
            let (wide_from, wide_to) = window.wide();
            let sought = self.sought(wide_from, wide_to, &kept).await?;
            // Where nothing was decided lately there is nothing to look for; a full run looks for what nobody here knows.
            if span == Span::Recent && !sought.iter().any(|(s, _)| window.holds(s.date)) {
                continue;
            }
            run.days = Some((run.days.map_or(window.from, |days| days.0), window.to));
            let (sought, wanted): (Vec<_>, Vec<_>) = sought.into_iter().unzip();
            let ledger = self.read(window, wanted, &mut run, beat).await;
            strays.extend(self.settle((window, span), ledger, sought, &mut kept, &mut run).await?);
        }
        self.settle_strays(strays, &mut kept, &mut run).await?;
        run.standings.sort_by(|a, b| (a.date, &a.number).cmp(&(b.date, &b.number)));
        if run.days.is_some() {
            kept.ran(self.clock.now(), &run, span == Span::All);
            kept.save(&**self.queue.store()).await?;
        }
        tracing::info!(
            decisions = run.standings.len(),
            publications.rows = run.rows,
            publications.pages = run.pages,
            extra = run.extra_count,
            whole = run.trouble.is_empty(),
            "publications were compared with decisions"
        );
        Ok(run)
    }

    fn days(&self, span: Span, now: Timestamp, kept: &Kept) -> (NaiveDate, NaiveDate) {
        let today = now.beijing_day();
        let back = |span: Duration| now.plus(-span).beijing_day();
        match span {
            Span::Days(from, to) => (from, to),
            // What is older and not settled yet is looked for as well, as far back as the longest term.
            Span::Recent => (kept.earliest_open().map_or(back(RECENT), |open| open.min(back(RECENT))).max(back(windows::LONGEST)), today),
            Span::All => (kept.earliest.unwrap_or(today).min(back(RECENT)).max(back(windows::LONGEST)), today),
        }
    }

    /// Reads a window, and once more where something is absent, wrong or nobody's.
    async fn read(&self, window: Window, wanted: Vec<Wanted>, run: &mut Run, beat: &(dyn Fn(Timestamp) + Sync)) -> Ledger {
        let mut ledger = Ledger::new(wanted, READINGS);
        loop {
            let reading = self.read_once(window, &mut ledger, run, beat).await;
            if let Reading::Broken(doubt) = &reading {
                run.trouble = doubt.words();
            }
            let broken = matches!(reading, Reading::Broken(_));
            ledger.end(reading);
            if broken || !ledger.wants_another(self.clock.now()) {
                return ledger;
            }
        }
    }

    /// One reading, page by page; nothing of a page is kept but what the ledger takes from it.
    async fn read_once(&self, window: Window, ledger: &mut Ledger, run: &mut Run, beat: &(dyn Fn(Timestamp) + Sync)) -> Reading {
        let (from, to) = window.wide();
        let (mut after, mut complete_to) = (None::<String>, None);
        for nth in 0..MOST_PAGES {
            let page = match self.platform.publications(from, to, after.as_deref()).await {
                Ok(page) => page,
                Err(failure) => {
                    tracing::info!(cause = ?failure.cause, platform.code = failure.code, "a page of publications could not be read");
                    return Reading::Broken(Doubt::NotRead(format!("{}（{}）", failure.cause.label(), failure.code)));
                }
            };
            beat(self.clock.now());
            // The first page's counts: what came later may be missing from it (contract §5).
            if nth == 0 {
                complete_to = page.complete_to;
            }
            run.pages += 1;
            run.rows += page.publications.len() as u64;
            for publication in page.publications {
                let row = row(publication);
                let ours = self.is_ours(&row) && window.holds_row(&row);
                ledger.take(&row, ours);
            }
            if !page.more {
                return Reading::Whole(complete_to);
            }
            if page.next.is_empty() || after.as_ref() == Some(&page.next) {
                break;
            }
            after = Some(page.next);
        }
        Reading::Broken(Doubt::CutShort)
    }

    /// Whether a notice is one of this office: by code, else by name; a list that shows neither is taken for the office's own.
    fn is_ours(&self, row: &Row) -> bool {
        match (row.get("CF_CFJGDM"), row.get("CF_CFJG")) {
            ("", "") => true,
            ("", name) => name == self.settings.office,
            (code, _) => code.eq_ignore_ascii_case(&self.settings.uscc),
        }
    }

    /// What the ledger came to goes on record; answers the notices of ours that nobody waited for.
    async fn settle(
        &self,
        (window, span): (Window, Span),
        ledger: Ledger,
        sought: Vec<Sought>,
        kept: &mut Kept,
        run: &mut Run,
    ) -> Result<Vec<Stray>, StoreError> {
        let now = self.clock.now();
        let (verdicts, extras, count) = ledger.close(now);
        run.extra_count += count;
        let mut judged: Vec<(Sought, Verdict)> = sought.into_iter().zip(verdicts).filter(|(sought, _)| window.holds(sought.date)).collect();
        // In the store's own order what changes together lies together.
        judged.sort_by_cached_key(|(sought, _)| sought.id);
        let mut judged = judged.into_iter();
        while judged.len() > 0 {
            let mut news = Vec::with_capacity(BATCH);
            for (sought, verdict) in judged.by_ref().take(BATCH) {
                let before = kept.of(&sought, now);
                let elsewhere = before.seen_under.is_some_and(|day| span != Span::All && !window.holds(day));
                let after = if elsewhere && verdict.sight.is_none() { before.clone() } else { before.after(&verdict, now) };
                news.push((sought, before, after));
            }
            self.put_on_record(news, kept, run).await?;
        }
        Ok(extras)
    }

    /// A notice that nobody of its day waited for may be a decision of another day, published under a wrong one.
    async fn settle_strays(&self, strays: Vec<Stray>, kept: &mut Kept, run: &mut Run) -> Result<(), StoreError> {
        let now = self.clock.now();
        for stray in strays {
            let confirmed = stray.is_confirmed();
            let Some((sought, wanted)) = self.sought_by_number(&stray.extra.number, kept).await? else {
                // What one reading alone saw is looked for again by the next run.
                run.extras.extend(confirmed.then_some(stray.extra));
                continue;
            };
            run.extra_count = run.extra_count.saturating_sub(usize::from(confirmed));
            let before = kept.of(&sought, now);
            if let Some(verdict) = stray.verdict_on(wanted, now) {
                let after = before.after(&verdict, now);
                run.standings.retain(|standing| standing.id != after.id);
                self.put_on_record(vec![(sought, before, after)], kept, run).await?;
            }
        }
        Ok(())
    }

    /// Histories first, then what is kept: a sighting that could not be written into its history is news again next time.
    async fn put_on_record(&self, news: Vec<(Sought, Standing, Standing)>, kept: &mut Kept, run: &mut Run) -> Result<(), StoreError> {
        let sightings = news.iter().filter(|(sought, before, after)| sought.has_a_history && after.is_news_after(before));
        let changes: Vec<_> = sightings.map(|(sought, _, after)| self.queue.sighting(sought.id, sought.version, sighted(after))).collect();
        let ids: Vec<_> = changes.iter().map(|change| change.id).collect();
        let mut stale = BTreeSet::new();
        let applied = if changes.is_empty() { Vec::new() } else { self.queue.store().apply(changes).await? };
        for (applied, id) in applied.into_iter().zip(ids) {
            match applied {
                Ok(_) => {}
                Err(StoreError::Stale { .. }) => drop(stale.insert(id)),
                Err(error) => return Err(error),
            }
        }
        for (_, _, after) in news {
            if !stale.contains(&after.id) {
                kept.put(&after);
            }
            run.standings.push(after);
        }
        kept.save(&**self.queue.store()).await
    }

    /// How one decision stands; `None` for a document that is no decision. Does not wait for a run that goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing(&self, record: &Record) -> Result<Option<Standing>, StoreError> {
        let now = self.clock.now();
        let store = &**self.queue.store();
        if expect::decided(record).is_none() {
            return Ok(None);
        }
        match kept::recall(store, record.id()).await? {
            Some(standing) => Ok(Some(standing)),
            None => Ok(self.sought_of(record.clone()).await?.map(|sought| sought.first_standing(now))),
        }
    }

    /// Puts on record that a decision was annulled, or, with `None`, that this was a mistake. Answers how its notice stands; `None` for a
    /// document that is no decision, or whose notice is nobody's business.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn annul(&self, record: &Record, annulled: Option<Annulled>) -> Result<Option<Standing>, StoreError> {
        let mut kept = self.kept.lock().await;
        kept.load(&**self.queue.store()).await?;
        let Some(sought) = self.sought_of(record.clone()).await? else { return Ok(None) };
        if sought.exempt.is_some() {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut standing = kept.of(&sought, now);
        standing.gone_on = sought.gone_on.or(annulled.as_ref().map(|annulled| annulled.on));
        standing.annulled = annulled;
        // What it comes to is found by the next run; until then the clock of the withdrawal counts, or that of the publication again.
        standing.outcome = match (standing.outcome, standing.gone_on) {
            (Outcome::Matched | Outcome::Mismatched | Outcome::Duplicate, Some(_)) => Outcome::Lingering,
            (Outcome::Lingering, None) if standing.differences.is_empty() => Outcome::Matched,
            (Outcome::Lingering, None) => Outcome::Mismatched,
            (Outcome::Gone, None) => Outcome::NotYet,
            (outcome, _) => outcome,
        };
        standing.since = now;
        kept.put(&standing);
        kept.save(&**self.queue.store()).await?;
        Ok(Some(standing))
    }

    /// The days of decisions whose notices are still waited for, and of those that nobody has looked for yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting_days(&self) -> Result<BTreeSet<NaiveDate>, StoreError> {
        let mut kept = self.kept.lock().await;
        kept.load(&**self.queue.store()).await?;
        let now = self.clock.now();
        let mut days: BTreeSet<NaiveDate> = kept.all().filter(|standing| !standing.is_settled()).map(|standing| standing.date).collect();
        let recent = self.sought(now.plus(-RECENT).beijing_day(), now.beijing_day(), &kept).await?;
        days.extend(recent.iter().filter(|(sought, _)| !kept.has(sought.id)).map(|(sought, _)| sought.date));
        Ok(days)
    }

    /// The decisions of these days that can be read back, and how the notice of each stands, by their days and numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decisions(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<(Decision, Standing)>, StoreError> {
        let mut kept = self.kept.lock().await;
        kept.load(&**self.queue.store()).await?;
        let now = self.clock.now();
        let mut found = Vec::new();
        for (sought, _) in self.sought(from, to, &kept).await? {
            match self.queue.store().body(sought.id).await {
                Ok(body) => found.extend(Decision::read(&body).map(|decision| (decision, kept.of(&sought, now)))),
                Err(StoreError::Damaged(_) | StoreError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_by(|(a, _), (b, _)| (a.date, &a.number).cmp(&(b.date, &b.number)));
        Ok(found)
    }

    /// The figures at this moment, and every decision of which something is left to be done, waited for or found out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn picture(&self) -> Result<(Figures, Vec<Standing>), StoreError> {
        let mut kept = self.kept.lock().await;
        kept.load(&**self.queue.store()).await?;
        let now = self.clock.now();
        for sought in self.not_entered(&kept).await? {
            let standing = kept.of(&sought, now);
            kept.put(&standing);
        }
        let (mut figures, mut open) = (kept.figures(), Vec::new());
        for standing in kept.all() {
            let ended = standing.is_unpublished().then(|| standing.clone().at_its_end(now));
            let standing = ended.as_ref().unwrap_or(standing);
            figures.count(standing, now, &self.calendar);
            if !standing.is_settled() || standing.doubt.is_some() {
                open.push(standing.clone());
            }
        }
        Ok((figures, open))
    }

    /// The working days it counts by.
    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }
}

/// What goes into the history of a document whose notice stands so.
fn sighted(standing: &Standing) -> Event {
    let said = match standing.outcome {
        Outcome::Matched => "已公示，与决定书一致".to_owned(),
        Outcome::Repaired => "公示因信用修复提前结束".to_owned(),
        Outcome::Expired => "公示期满".to_owned(),
        Outcome::Gone => "更正前的公示已撤下".to_owned(),
        _ => standing.reason(),
    };
    Event::PublicationSeen { said, published_at: standing.published_at, evidence: standing.evidence }
}

fn row(publication: Publication) -> Row {
    let state = match publication.state {
        PublicationState::Published => RowState::Published,
        PublicationState::Withdrawn => RowState::Withdrawn,
        PublicationState::Repaired => RowState::Repaired,
    };
    Row {
        state,
        published_at: publication.published_at,
        withdrawn_at: publication.withdrawn_at,
        url: publication.url,
        fields: publication.fields,
    }
}

#[cfg(test)]
mod tests;
