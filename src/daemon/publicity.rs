//! When publications are compared: by schedule, soon after a decision was entered, and when an operator asks.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate};

use super::{
    recur::{Recurring, Task},
    stop::Stop,
};
use crate::{
    clock::{SharedClock, Signal, Work},
    config::Config,
    control::publicity::{Compared, Decided, Notice, Publicity},
    document::{Record, State, Timestamp},
    publication::{
        Annulled, DecisionKind, Figures, Standing,
        clock::{self, Reminder},
    },
    reconcile::publication::{Follower, Run, Span},
    status::Vitals,
    store::StoreError,
};

/// How soon after an entry the list is looked at for the first time.
const AT_FIRST: Duration = Duration::seconds(60);
/// How long after the moment at which a notice should stand there the list is looked at again.
const THEN: Duration = Duration::seconds(90);
/// How often the figures and reminders are reckoned anew, for days pass by themselves.
const RECKON: Duration = Duration::minutes(15);
/// The longest rest, so that silence means something.
const LONGEST_REST: Duration = Duration::seconds(60);

/// Looks after publications.
pub(super) struct Publicist {
    follower: Arc<Follower>,
    clock: SharedClock,
    vitals: Arc<Vitals>,
    appear_within: Duration,
    plan: Mutex<Plan>,
    /// Raised when something was planned.
    signal: Arc<Signal>,
    /// How it stands, as reckoned last.
    picture: Mutex<Picture>,
}

/// How publication stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Picture {
    /// The figures; `None` before the first reckoning.
    pub(super) figures: Option<Figures>,
    /// The decisions of which something is left to be done, waited for or found out.
    pub(super) open: Vec<Standing>,
}

/// What is to be looked at, and when.
#[derive(Debug, Default)]
struct Plan {
    /// Moments, each with the day of the decisions that it is about.
    days: BTreeSet<(Timestamp, NaiveDate)>,
    /// What a schedule asked for.
    spans: Vec<Span>,
    /// Something changed that figures count.
    reckon: bool,
}

impl Publicist {
    /// One that runs `follower`; `signal` wakes its loop.
    pub(super) fn new(
        config: &Config,
        follower: Arc<Follower>,
        clock: &SharedClock,
        vitals: &Arc<Vitals>,
        signal: Arc<Signal>,
    ) -> Arc<Self> {
        Arc::new(Self {
            follower,
            clock: Arc::clone(clock),
            vitals: Arc::clone(vitals),
            appear_within: config.publication.appear_within,
            plan: Mutex::new(Plan { reckon: true, ..Plan::default() }),
            signal,
            picture: Mutex::default(),
        })
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of every record that changed: an entered decision is looked for soon, and again when it should be public; a corrected one's
    /// notice should go.
    pub(super) fn told(&self, record: &Record) {
        let Some(facts) = record.birth.facts.as_ref().filter(|facts| DecisionKind::of(&facts.kind).is_some()) else { return };
        let mut plan = self.plan();
        plan.reckon = true;
        if matches!(record.state, State::Entered | State::Superseded) {
            let now = self.clock.now();
            plan.days.insert((now.plus(AT_FIRST), facts.document_date));
            plan.days.insert((now.plus(self.appear_within).plus(THEN), facts.document_date));
            drop(plan);
            self.signal.raise();
        }
    }

    /// How publication stands, as reckoned last; never waits.
    pub(super) fn picture(&self) -> Picture {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What people must be reminded of at `now`, by how publication stood when it was reckoned last.
    pub(super) fn reminders(&self, now: Timestamp) -> Vec<Reminder> {
        let calendar = self.follower.calendar();
        self.picture().open.iter().flat_map(|standing| clock::reminders(standing, now, calendar)).collect()
    }

    /// Works until the daemon stops.
    ///
    /// # Errors
    /// When the store fails: the daemon must end.
    pub(super) async fn run(self: Arc<Self>, beat: impl Fn(Timestamp) + Send + Sync, stop: Arc<Stop>) -> Result<(), StoreError> {
        let work = Work::begin(&self.clock);
        self.resume().await?;
        let mut reckoned = Timestamp::MIN;
        while !stop.decided() {
            beat(self.clock.now());
            if let Some(span) = self.due() {
                self.follower.run(span, &beat).await?;
                self.plan().reckon = true;
            }
            let now = self.clock.now();
            let another_day = reckoned.beijing_day() != now.beijing_day();
            if std::mem::take(&mut self.plan().reckon) || another_day || now.since(reckoned) >= RECKON {
                self.reckon().await?;
                reckoned = now;
            }
            let soonest = self.plan().days.first().map_or(Timestamp::MAX, |(at, _)| *at);
            let rest = if self.plan().spans.is_empty() { soonest.min(now.plus(LONGEST_REST)) } else { now };
            work.rest(rest, &self.signal).await;
        }
        Ok(())
    }

    /// After a start nobody remembers what was planned: whatever is still waited for is looked at soon.
    async fn resume(&self) -> Result<(), StoreError> {
        let soon = self.clock.now().plus(AT_FIRST);
        let days = self.follower.waiting_days().await?;
        self.plan().days.extend(days.into_iter().map(|day| (soon, day)));
        Ok(())
    }

    /// What is due now: a schedule's span before single days, and of these all that are due in one.
    fn due(&self) -> Option<Span> {
        let now = self.clock.now();
        let mut plan = self.plan();
        if let Some(span) = plan.spans.pop() {
            return Some(span);
        }
        let due: Vec<_> = plan.days.iter().take_while(|(at, _)| *at <= now).copied().collect();
        plan.days.retain(|one| !due.contains(one));
        let days = due.iter().map(|(_, day)| *day);
        days.clone().min().zip(days.max()).map(|(first, last)| Span::Days(first, last))
    }

    async fn reckon(&self) -> Result<(), StoreError> {
        let (figures, open) = self.follower.picture().await?;
        self.vitals.publication(figures.clone());
        *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = Picture { figures: Some(figures), open };
        Ok(())
    }

    /// What recurs of this, as `config` wants it.
    pub(super) fn recurring(self: &Arc<Self>, config: &Config) -> Vec<Recurring> {
        let schedules = [
            ("publication", config.schedule.publication.clone(), Span::Recent),
            ("publication_full", config.schedule.publication_full.clone(), Span::All),
        ];
        let wanted = schedules.into_iter().filter_map(|(name, schedule, span)| Some((name, schedule?, span)));
        let recurring = |(name, schedule, span): (&'static str, _, Span)| {
            let publicist = Arc::clone(self);
            let task: Task = Box::new(move || {
                let publicist = Arc::clone(&publicist);
                Box::pin(async move {
                    let mut plan = publicist.plan();
                    if !plan.spans.contains(&span) {
                        plan.spans.push(span);
                    }
                    drop(plan);
                    publicist.signal.raise();
                })
            });
            Recurring { name, schedule, task }
        };
        wanted.map(recurring).collect()
    }
}

#[async_trait]
impl Publicity for Publicist {
    async fn compare(&self, days: Option<(NaiveDate, NaiveDate)>) -> Result<Compared, StoreError> {
        let span = days.map_or(Span::All, |(from, to)| Span::Days(from, to));
        let Run { days, standings, extras, extra_count, pages, rows, trouble } = self.follower.run(span, &|_| ()).await?;
        self.plan().reckon = true;
        self.signal.raise();
        let (now, calendar) = (self.clock.now(), self.follower.calendar());
        let notices: Vec<_> = standings.into_iter().map(|standing| Notice::of(standing, now, calendar)).collect();
        Ok(Compared { days, decisions: notices.len() as u64, notices, extras, extra_count, pages, rows, trouble })
    }

    async fn of(&self, record: &Record) -> Result<Option<Notice>, StoreError> {
        let (now, calendar) = (self.clock.now(), self.follower.calendar());
        Ok(self.follower.standing(record).await?.map(|standing| Notice::of(standing, now, calendar)))
    }

    async fn annul(&self, record: &Record, annulled: Option<Annulled>) -> Result<Option<Notice>, StoreError> {
        let Some(standing) = self.follower.annul(record, annulled).await? else { return Ok(None) };
        let now = self.clock.now();
        {
            let mut plan = self.plan();
            plan.reckon = true;
            plan.days.insert((now.plus(AT_FIRST), standing.date));
        }
        self.signal.raise();
        Ok(Some(Notice::of(standing, now, self.follower.calendar())))
    }

    async fn decisions(&self, days: (NaiveDate, NaiveDate)) -> Result<Vec<Decided>, StoreError> {
        let found = self.follower.decisions(days.0, days.1).await?;
        Ok(found.into_iter().map(|(decision, standing)| Decided { decision, standing }).collect())
    }
}
