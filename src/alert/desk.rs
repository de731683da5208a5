//! What operators ask of alerts and do with them (`dangri alert …`, later the console).

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    Alerter, Kind, Level, Silence,
    hours::monday,
    ledger::{Claim, Episode, NotDone, Step},
    outbox::{Delivery, Outcome},
};
use crate::document::Timestamp;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// What goes on: an [`Answer::Episode`] each, [`Answer::Silence`]s, and an [`Answer::Channel`] each.
    List,
    /// What is over, and what was sent: [`Answer::Episode`] and [`Answer::Delivery`], the newest first.
    History {
        /// How many of each at most.
        limit: usize,
    },
    /// Sends the real way: an [`Answer::Delivery`] for each channel once it is known.
    Test {
        /// By this channel; `None` for each.
        channel: Option<String>,
    },
    /// Takes an episode upon oneself: an [`Answer::Episode`].
    Claim {
        /// Its id.
        id: String,
    },
    /// Silences an episode, or all of a kind: an [`Answer::Silence`].
    Silence {
        /// The id, or the kind's word.
        what: String,
        /// Until when.
        until: Timestamp,
        /// Why.
        why: String,
    },
    /// Who is on duty: an [`Answer::Week`] for each of four weeks. With people, the week is set first.
    Duty {
        /// A day of the week that is set; the present one when `None`.
        day: Option<NaiveDate>,
        /// Who is on duty in it; empty to strike it out; `None` only to look.
        people: Option<Vec<String>>,
    },
}

/// One line of an answer. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// An episode.
    Episode(Box<Row>),
    /// How a channel fares.
    Channel(ChannelRow),
    /// What became of a letter.
    Delivery(Delivery),
    /// What is not told of for a while.
    Silence(Silence),
    /// A week of the duty list.
    Week {
        /// Its Monday.
        monday: NaiveDate,
        /// Who is on duty.
        people: Vec<String>,
    },
}

/// An episode in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `A-1123-07`.
    pub id: String,
    /// Which line of the table.
    pub kind: Kind,
    /// Its word.
    pub label: String,
    /// How loud.
    pub level: Level,
    /// How many objects.
    pub count: u64,
    /// The first of them, as messages say it.
    pub lines: Vec<String>,
    /// What to do.
    pub advice: String,
    /// Since when.
    pub began: Timestamp,
    /// Until when.
    pub ended: Option<Timestamp>,
    /// When it was first told; `None` when nobody has been yet.
    pub told: Option<Timestamp>,
    /// Whether any of it was delivered.
    pub delivered: bool,
    /// Up to whom it has gone.
    pub step: Step,
    /// Who has claimed it last.
    pub claim: Option<Claim>,
    /// Whether the claim still holds.
    pub claimed: bool,
    /// Whether it is silenced.
    pub silenced: bool,
    /// When this was looked up, by the daemon's clock.
    #[serde(default)]
    pub at: Timestamp,
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// Its name.
    pub name: String,
    /// Whether it counts as failed.
    pub failed: bool,
    /// What it said last; empty when all is well.
    pub said: String,
    /// When it last delivered.
    pub last_success: Option<Timestamp>,
    /// How many letters wait for it.
    pub waiting: u64,
}

/// Why nothing is done, in Chinese, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Why.
    pub why: String,
    /// What to do.
    pub fix: String,
}

impl Refusal {
    fn new(why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { why: why.into(), fix: fix.into() }
    }
}

impl From<NotDone> for Refusal {
    fn from(not_done: NotDone) -> Self {
        let fix = match not_done {
            NotDone::NoSuch => "用 dangri alert list 查看编号，例如 A-1123-07",
            NotDone::NoReason => "加上 --reason \"原因\"",
            NotDone::Past => "写一个将来的时间，例如 --until 18:00",
            NotDone::Overdue => "把 --until 改到今天之内；逾期的文书请尽快补录，或用 dangri day excuse 写明原因",
        };
        Self::new(not_done.to_string(), fix)
    }
}

/// How many weeks of the duty list are shown.
const WEEKS: u64 = 4;

impl Alerter {
    /// Answers an operator called `by`.
    ///
    /// # Errors
    /// [`Refusal`] when nothing is done.
    pub async fn answer(&self, ask: Ask, by: &str) -> Result<Vec<Answer>, Refusal> {
        match ask {
            Ask::List => Ok(self.list().await),
            Ask::History { limit } => Ok(self.history(limit).await),
            Ask::Test { channel } => self.test(channel).await,
            Ask::Claim { id } => self.claim(&id, by).await,
            Ask::Silence { what, until, why } => self.silence(&what, until, why, by).await,
            Ask::Duty { day, people } => self.duty(day, people, by).await,
        }
    }

    async fn list(&self) -> Vec<Answer> {
        let now = self.clock.now();
        let book = self.book.lock().await;
        let mut open: Vec<&Episode> = book.ledger.open.values().collect();
        open.sort_by_key(|e| (std::cmp::Reverse(e.level), e.key.kind, e.began));
        let row = |e: &Episode| Answer::Episode(Box::new(row(e, book.ledger.is_silenced(&e.key, now), now)));
        let mut answers: Vec<Answer> = open.into_iter().map(row).collect();
        answers.extend(book.ledger.rest.silences.iter().filter(|s| s.holds(now)).cloned().map(Answer::Silence));
        for channel in &self.settings.alert.channels {
            let health = book.outbox.health.get(&channel.name).cloned().unwrap_or_default();
            let waiting = book.outbox.letters.values().filter(|l| l.channel == channel.name).count() as u64;
            let failed = health.fails(now);
            let name = channel.name.clone();
            answers.push(Answer::Channel(ChannelRow { name, failed, said: health.said, last_success: health.last_success, waiting }));
        }
        answers
    }

    async fn history(&self, limit: usize) -> Vec<Answer> {
        let now = self.clock.now();
        let book = self.book.lock().await;
        let past = book.ledger.past.iter().rev().take(limit).map(|e| Answer::Episode(Box::new(row(e, false, now))));
        let sent = book.deliveries.iter().rev().take(limit).cloned().map(Answer::Delivery);
        past.chain(sent).collect()
    }

    /// Through the outbox like everything else, and waits for what becomes of it.
    async fn test(&self, only: Option<String>) -> Result<Vec<Answer>, Refusal> {
        let channels = &self.settings.alert.channels;
        let wanted: Vec<_> = channels.iter().filter(|c| only.as_ref().is_none_or(|name| *name == c.name)).collect();
        if wanted.is_empty() {
            let names: Vec<_> = channels.iter().map(|c| c.name.as_str()).collect();
            let fix = if names.is_empty() {
                "在配置里加上 [[alert.channels]]".to_owned()
            } else {
                format!("可用的有：{}", names.join("、"))
            };
            let why = only.map_or_else(|| "没有配置告警渠道".to_owned(), |name| format!("没有叫“{name}”的渠道"));
            return Err(Refusal::new(why, fix));
        }
        let mut settled = self.settled.subscribe();
        let numbers: Vec<u64> = {
            let mut book = self.book.lock().await;
            let now = self.clock.now();
            let numbers = wanted.iter().map(|c| book.outbox.try_out(c, now)).collect();
            book.save(&self.store).await;
            numbers
        };
        self.send_soon();
        loop {
            {
                let mut book = self.book.lock().await;
                if numbers.iter().all(|no| book.trials.contains_key(no)) {
                    return Ok(numbers.iter().filter_map(|no| book.trials.remove(no)).map(Answer::Delivery).collect());
                }
            }
            if settled.changed().await.is_err() {
                return Err(Refusal::new("程序正在停止", "稍后再试"));
            }
        }
    }

    async fn claim(&self, id: &str, by: &str) -> Result<Vec<Answer>, Refusal> {
        let now = self.clock.now();
        let mut book = self.book.lock().await;
        let episode = book.ledger.claim(plain_id(id), by, now)?.clone();
        tracing::info!(alert = episode.id, operator = by, "an alert was claimed");
        let silenced = book.ledger.is_silenced(&episode.key, now);
        book.save(&self.store).await;
        Ok(vec![Answer::Episode(Box::new(row(&episode, silenced, now)))])
    }

    async fn silence(&self, what: &str, until: Timestamp, why: String, by: &str) -> Result<Vec<Answer>, Refusal> {
        let at = self.clock.now();
        let mut book = self.book.lock().await;
        let of_kind = Kind::ALL.into_iter().find(|kind| kind.label() == what);
        let (kind, scope) = match (of_kind, book.ledger.episode(plain_id(what)).filter(|e| e.ended.is_none())) {
            (Some(kind), _) => (kind, None),
            (None, Some(episode)) => (episode.key.kind, Some(episode.key.scope.clone())),
            (None, None) => return Err(NotDone::NoSuch.into()),
        };
        let silence = Silence { kind, scope, at, until, why, by: by.to_owned() };
        book.ledger.silence(silence.clone())?;
        tracing::info!(kind = ?kind, %until, operator = by, "an alert was silenced");
        book.save(&self.store).await;
        Ok(vec![Answer::Silence(silence)])
    }

    async fn duty(&self, day: Option<NaiveDate>, people: Option<Vec<String>>, by: &str) -> Result<Vec<Answer>, Refusal> {
        let this_week = monday(self.clock.now().beijing_day());
        let mut book = self.book.lock().await;
        if let Some(people) = people {
            let known = &self.settings.alert.people;
            if let Some(unknown) = people.iter().find(|name| !known.iter().any(|p| p.name == **name)) {
                let names: Vec<_> = known.iter().map(|p| p.name.as_str()).collect();
                let fix = if names.is_empty() {
                    "先在配置里加上 [[alert.people]]".to_owned()
                } else {
                    format!("可排的有：{}", names.join("、"))
                };
                return Err(Refusal::new(format!("配置里没有“{unknown}”"), fix));
            }
            let week = day.map_or(this_week, monday);
            tracing::info!(week = %week, people = people.len(), operator = by, "the duty list was changed");
            if people.is_empty() {
                book.duty.remove(&week);
            } else {
                book.duty.insert(week, people);
            }
            // What lies a year back is history of no use.
            book.duty.retain(|monday, _| *monday + Days::new(366) > this_week);
            book.save(&self.store).await;
        }
        let mut weeks: Vec<NaiveDate> = (0..WEEKS).map(|n| this_week + Days::new(7 * n)).collect();
        weeks.extend(day.map(monday));
        weeks.sort();
        weeks.dedup();
        let week = |monday: NaiveDate| Answer::Week { monday, people: book.duty.get(&monday).cloned().unwrap_or_default() };
        Ok(weeks.into_iter().map(week).collect())
    }
}

/// The id without the sign that stands before it in messages.
fn plain_id(text: &str) -> &str {
    text.trim().trim_start_matches('#')
}

fn row(e: &Episode, silenced: bool, now: Timestamp) -> Row {
    Row {
        id: e.id.clone(),
        kind: e.key.kind,
        label: e.key.kind.label().to_owned(),
        level: if e.ended.is_some() { e.peak } else { e.level },
        count: e.count,
        lines: e.lines.iter().map(|l| l.said.clone()).collect(),
        advice: e.advice.clone(),
        began: e.began,
        ended: e.ended,
        told: e.told,
        delivered: e.delivered,
        step: e.step,
        claim: e.claim.clone(),
        claimed: e.is_claimed(now),
        silenced,
        at: now,
    }
}

/// Whether every trial was delivered, some were, or none.
pub fn outcome(tried: &[Delivery]) -> (usize, usize) {
    (tried.iter().filter(|d| d.outcome == Outcome::Delivered).count(), tried.len())
}
