//! The two loops: one looks and decides what is to be told, the other sends. They meet in the [`Book`].

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::Duration;
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};

use super::{
    AlertChannel, Hours, Kind, Observation,
    book::Book,
    channel,
    hours::monday,
    ledger::Form,
    message::Writer,
    outbox::{Health, Letter, Outbox, Refused},
};
use crate::{
    clock::{SharedClock, Signal, Work},
    config,
    document::Timestamp,
    status::ChannelFacts,
    store::{Store, StoreError},
};

/// A look is made at least this often: a cut-off that nobody knew of is noticed within it, and told within a minute.
const EVERY: Duration = Duration::seconds(20);
/// After a gap between two looks that is longer than this the clock leapt, or the machine slept: the other loops slept as well.
const SLEPT: Duration = Duration::minutes(2);
/// The sender looks at least this often whether something is to be sent.
const IDLE: Duration = Duration::minutes(1);

/// What sees.
#[async_trait]
pub trait Eye: Send + Sync + 'static {
    /// Everything that is wrong at `now`; `channels` is how the alert channels themselves fare.
    async fn see(&self, now: Timestamp, channels: &BTreeMap<String, Health>) -> Sight;

    /// The words of the daily message that all is well (or how things stand), a line or two.
    async fn reassure(&self, now: Timestamp) -> String;

    /// Told how the channels fare and how many alerts there are, whenever that may have changed.
    fn tell_of(&self, channels: Vec<ChannelFacts>, open: u64);
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// Everything that is wrong.
    pub seen: Observation,
    /// The moment that counts before a cut-off.
    pub strict: Timestamp,
}

/// What the office has decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The office's name.
    pub office: String,
    /// Channels, people, link.
    pub alert: config::Alert,
    /// The hours.
    pub hours: Hours,
}

/// The alert room at work.
pub struct Alerter {
    pub(super) settings: Settings,
    pub(super) clock: SharedClock,
    pub(super) book: Mutex<Book>,
    pub(super) store: Arc<dyn Store>,
    eye: Arc<dyn Eye>,
    ways: BTreeMap<String, Arc<dyn AlertChannel>>,
    looks: Arc<Signal>,
    sends: Arc<Signal>,
    /// Counts what was settled, for those who wait for a trial.
    pub(super) settled: watch::Sender<u64>,
}

impl Alerter {
    /// One that goes on where the last one ended.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(settings: Settings, eye: Arc<dyn Eye>, store: Arc<dyn Store>, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        let mut book = Book::open(&store).await?;
        book.outbox.know_only(&settings.alert.channels);
        for channel in &settings.alert.channels {
            book.outbox.health.entry(channel.name.clone()).or_default();
        }
        let ways = settings.alert.channels.iter().map(|c| (c.name.clone(), channel::channel(c, &settings.office))).collect();
        let (looks, sends) = (Signal::new(&clock), Signal::new(&clock));
        let settled = watch::Sender::new(0);
        let open = Self { settings, clock, book: Mutex::new(book), store, eye, ways, looks, sends, settled };
        open.show(&*open.book.lock().await);
        Ok(Arc::new(open))
    }

    /// Puts how the channels fare where it can be seen.
    fn show(&self, book: &Book) {
        let now = self.clock.now();
        let facts = |channel: &config::Channel| {
            let health = book.outbox.health.get(&channel.name).cloned().unwrap_or_default();
            ChannelFacts { name: channel.name.clone(), failed: health.fails(now), said: health.said, last_success: health.last_success }
        };
        let told = |e: &&super::Episode| e.told.is_some();
        let open = book.ledger.open.values().filter(told).count() as u64;
        self.eye.tell_of(self.settings.alert.channels.iter().map(facts).collect(), open);
    }

    /// The signals of both loops, to be raised when the daemon stops.
    pub fn signals(&self) -> [Arc<Signal>; 2] {
        [Arc::clone(&self.looks), Arc::clone(&self.sends)]
    }

    /// Makes the looking loop look now.
    pub fn look_soon(&self) {
        self.looks.raise();
    }

    pub(super) fn send_soon(&self) {
        self.sends.raise();
    }

    /// Looks until the daemon stops.
    ///
    /// # Errors
    /// None of its own: a store that fails is told of, not ended for.
    pub async fn watch(self: Arc<Self>, beat: impl Fn(Timestamp), stop: impl Fn() -> bool) -> Result<(), StoreError> {
        let work = Work::begin(&self.clock);
        while !stop() {
            beat(self.clock.now());
            let next = self.look().await;
            work.rest(next, &self.looks).await;
        }
        Ok(())
    }

    /// Looks once, and answers when to look again.
    async fn look(&self) -> Timestamp {
        let now = self.clock.now();
        let health = self.book.lock().await.outbox.health.clone();
        let mut sight = self.eye.see(now, &health).await;
        let hours = &self.settings.hours;
        let mut book = self.book.lock().await;
        let strict = sight.strict.max(now);
        let gap = book.looked.replace(now).map(|before| now.since(before));
        if gap.is_none_or(|gap| gap < Duration::zero() || gap > SLEPT) {
            sight.seen.conditions.retain(|condition| condition.kind != Kind::Stalled);
            sight.seen.unseen.insert(Kind::Stalled);
        }
        for dispatch in book.ledger.look(&sight.seen, now, strict, hours) {
            let words = if dispatch.form == Form::Reassure { Some(self.eye.reassure(now).await) } else { None };
            let kinds = dispatch.episodes.iter().filter_map(|told| book.ledger.episode(&told.id)).map(|e| e.key.kind);
            // By the other channels, as long as there are others.
            let of_channels = kinds.into_iter().any(|kind| kind == Kind::Channel);
            let fails = |(name, health): (&String, &Health)| health.fails(now).then(|| name.clone());
            let failed = if of_channels { health.iter().filter_map(fails).collect() } else { Vec::new() };
            tracing::info!(alert.form = ?dispatch.form, alert.level = ?dispatch.level, count = dispatch.episodes.len(), "something is to be told");
            let merged = book.outbox.post(&dispatch, words.as_deref(), &self.settings.alert.channels, &failed, now);
            book.log(merged);
        }
        book.outbox.pass_on(&self.settings.alert.channels, now);
        book.save(&self.store).await;
        self.show(&book);
        let more = book.outbox.next_due(&self.settings.alert.channels, now).is_some_and(|due| due <= now);
        let next = book.ledger.next_look(now, now.plus(EVERY), hours);
        drop(book);
        if more {
            self.sends.raise();
        }
        next
    }

    /// Sends until the daemon stops.
    ///
    /// # Errors
    /// None of its own.
    pub async fn send(self: Arc<Self>, beat: impl Fn(Timestamp), stop: impl Fn() -> bool) -> Result<(), StoreError> {
        let work = Work::begin(&self.clock);
        while !stop() {
            let now = self.clock.now();
            beat(now);
            if self.send_due(now).await {
                continue;
            }
            let next = self.book.lock().await.outbox.next_due(&self.settings.alert.channels, now);
            work.rest(next.unwrap_or(Timestamp::MAX).min(now.plus(IDLE)), &self.sends).await;
        }
        Ok(())
    }

    /// Sends what is due, one letter a channel; whether there was any.
    async fn send_due(&self, now: Timestamp) -> bool {
        let due = self.book.lock().await.outbox.take_due(&self.settings.alert.channels, now);
        let any = !due.is_empty();
        let mut under_way = JoinSet::new();
        for letter in due {
            let Some(message) = self.write(&letter, now).await else { continue };
            let Some(way) = self.ways.get(&letter.channel).map(Arc::clone) else { continue };
            under_way.spawn(async move {
                let sent = way.send(&message, now).await;
                (
                    letter,
                    sent.map(|()| message.title.clone()).map_err(|e| Refused {
                        title: message.title,
                        said: e.said,
                        not_before: e.not_before,
                    }),
                )
            });
        }
        // Each is settled as soon as it is known: a slow channel keeps no other waiting for its place in the log.
        while let Some(ended) = under_way.join_next().await {
            match ended {
                Ok((letter, tried)) => self.settle(&letter, tried).await,
                Err(error) => tracing::error!(%error, "a channel broke while sending"),
            }
        }
        any
    }

    /// The words of a letter; one that has nothing to say any more is let go.
    async fn write(&self, letter: &Letter, now: Timestamp) -> Option<super::message::Message> {
        let mut book = self.book.lock().await;
        let alert = &self.settings.alert;
        let week = monday(now.beijing_day());
        let on_duty = book.duty.get(&week).cloned().unwrap_or_default();
        let writer =
            Writer { ledger: &book.ledger, office: &self.settings.office, link: &alert.link, people: &alert.people, on_duty: &on_duty };
        let message = if Outbox::is_stale(letter, now) { None } else { writer.write(letter, now) };
        if message.is_none() {
            let ended = book.outbox.drop_needless(letter.no, now);
            book.log(ended);
            book.save(&self.store).await;
        }
        message
    }

    async fn settle(&self, letter: &Letter, tried: Result<String, Refused>) {
        let now = self.clock.now();
        match &tried {
            Ok(_) => tracing::info!(channel = letter.channel, form = ?letter.form, "a message was delivered"),
            Err(refused) => {
                tracing::warn!(channel = letter.channel, form = ?letter.form, said = refused.said, "a message was not delivered")
            }
        }
        let delivered = tried.is_ok();
        let mut book = self.book.lock().await;
        let ended = book.outbox.settle(letter.no, tried, now);
        if delivered && letter.form != Form::Test {
            let ids: Vec<String> = letter.episodes.iter().map(|t| t.id.clone()).collect();
            book.ledger.delivered(&ids, now, &self.settings.hours);
        }
        if letter.form == Form::Test
            && let Some(ended) = &ended
        {
            book.trials.insert(letter.no, ended.clone());
        }
        book.log(ended);
        book.outbox.pass_on(&self.settings.alert.channels, now);
        book.save(&self.store).await;
        self.show(&book);
        drop(book);
        self.settled.send_modify(|n| *n += 1);
    }
}
