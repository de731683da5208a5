//! What is still to be sent, channel by channel: at least once, within each channel's limits, merged and not replayed. Pure.

use std::collections::{BTreeMap, VecDeque};

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{
    Level,
    hours::beside_the_rush,
    ledger::{Dispatch, Form, Step, Told},
};
use crate::{
    config::{Channel, Least, Means, Turn},
    document::Timestamp,
};

/// A message that a channel has not delivered for so long goes to the next channel too.
const PASS_ON: Duration = Duration::minutes(2);
/// So many messages a minute at most: half of what robots allow (B3).
const A_MINUTE: usize = 10;
/// A message that says that something is over, or that all is well, is not worth sending after so long.
const STALE: Duration = Duration::hours(12);
/// So many failures in a row, or the second for so long, make a channel count as failed.
const FAILED: (u32, Duration) = (3, Duration::minutes(10));
/// The first wait after a failure, and the longest.
const WAITS: (u64, u64) = (5, 300);
/// No wait is longer: the longest block of a robot, and a minute.
const LONGEST: Duration = Duration::minutes(11);

/// One message for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its number.
    pub no: u64,
    /// The message that it belongs to; the same for every channel that gets it.
    pub dispatch: u64,
    /// The channel's name.
    pub channel: String,
    /// What it is.
    pub form: Form,
    /// How loud.
    pub level: Level,
    /// Up to whom.
    pub step: Step,
    /// Of what; the words are made when it is sent, so that they are of that moment.
    pub episodes: Vec<Told>,
    /// Words of its own, where it is not about episodes.
    pub words: Option<String>,
    /// When it was made.
    pub made: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this moment.
    pub next_try: Timestamp,
    /// Every channel that has or had this message.
    pub addressed: Vec<String>,
    /// Whether it has been given to the next channel as well.
    pub passed_on: bool,
}

/// What became of a message at a channel, for the log of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// The letter.
    pub no: u64,
    /// The channel.
    pub channel: String,
    /// What it was.
    pub form: Form,
    /// How loud.
    pub level: Level,
    /// Of which episodes.
    pub episodes: Vec<String>,
    /// The first line of the message.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the channel said, in Chinese; empty when it was delivered.
    pub said: String,
    /// How many tries it took.
    pub attempts: u32,
}

/// How a letter ended, or a try of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The channel took it.
    Delivered,
    /// This try failed; it is tried again, unless it was a test.
    Failed,
    /// What it was about was over before it could be sent.
    Needless,
    /// A later message says it too.
    Merged,
}

impl Outcome {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Delivered => "已送达",
            Self::Failed => "失败",
            Self::Needless => "已恢复，未发",
            Self::Merged => "并入后一条",
        }
    }
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    /// Failures since the last success.
    pub failures: u32,
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// What it said last, in Chinese.
    pub said: String,
    /// When it last delivered.
    pub last_success: Option<Timestamp>,
    /// Until when it wants to be left alone: whatever is sent to a robot that blocks prolongs the block (B3).
    #[serde(default)]
    pub not_before: Option<Timestamp>,
}

impl Health {
    /// Whether it counts as failed: three times in a row, or for ten minutes.
    pub fn fails(&self, now: Timestamp) -> bool {
        let long = self.failing_since.is_some_and(|since| now.since(since) >= FAILED.1);
        self.failures >= FAILED.0 || self.failures > 0 && long
    }

    /// Until when nothing is to be sent to it, if it asked for that and the moment lies ahead.
    fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.not_before.map(|until| sane(until, now)).filter(|until| *until > now)
    }
}

/// Everything still to be sent, and how the channels fare.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    /// By number.
    pub(super) letters: BTreeMap<u64, Letter>,
    /// By channel.
    pub(super) health: BTreeMap<String, Health>,
    /// The last number given.
    pub(super) last_no: u64,
    /// Letters that are being sent at this moment; never merged, never sent twice at once. A restart forgets them and sends again.
    under_way: Vec<u64>,
    /// When each channel was last visited, within the last minute.
    visits: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Outbox {
    /// Addresses a message to every channel whose turn it is. Channels that `failed` names are left out as long as others remain.
    pub(super) fn post(
        &mut self,
        dispatch: &Dispatch,
        words: Option<&str>,
        channels: &[Channel],
        failed: &[String],
        now: Timestamp,
    ) -> Vec<Delivery> {
        let turn = |c: &&Channel| takes(c, dispatch);
        let mut to: Vec<&Channel> = channels.iter().filter(turn).filter(|c| !failed.contains(&c.name)).collect();
        if to.is_empty() {
            to = channels.iter().filter(turn).collect();
        }
        if to.is_empty() && dispatch.form == Form::Alert {
            // Nobody is there for this level: then whoever is there.
            to = channels.iter().filter(|c| c.least != Least::Red || dispatch.level == Level::Red).take(1).collect();
        }
        let addressed: Vec<String> = to.iter().map(|c| c.name.clone()).collect();
        let number = self.last_no + 1;
        let mut merged = Vec::new();
        for channel in to {
            let mut letter = self.letter(number, channel, dispatch, words, now);
            letter.addressed.clone_from(&addressed);
            merged.extend(self.merge(&mut letter, now));
            self.letters.insert(letter.no, letter);
        }
        merged
    }

    /// Addresses a trial to one channel.
    pub(super) fn try_out(&mut self, channel: &Channel, now: Timestamp) -> u64 {
        let dispatch = Dispatch { form: Form::Test, level: Level::Info, step: Step::Group, episodes: Vec::new() };
        let letter = self.letter(self.last_no + 1, channel, &dispatch, None, now);
        let no = letter.no;
        self.letters.insert(no, letter);
        no
    }

    fn letter(&mut self, dispatch_no: u64, channel: &Channel, dispatch: &Dispatch, words: Option<&str>, now: Timestamp) -> Letter {
        self.last_no += 1;
        Letter {
            no: self.last_no,
            dispatch: dispatch_no,
            channel: channel.name.clone(),
            form: dispatch.form,
            level: dispatch.level,
            step: dispatch.step,
            episodes: dispatch.episodes.clone(),
            words: words.map(str::to_owned),
            made: now,
            attempts: 0,
            next_try: now,
            addressed: vec![channel.name.clone()],
            passed_on: false,
        }
    }

    /// What has not gone out yet to the same channel goes with the new letter: one message when the channel is back, not forty.
    fn merge(&mut self, letter: &mut Letter, now: Timestamp) -> Vec<Delivery> {
        let alike = |form: Form| matches!(form, Form::Alert | Form::Digest);
        let old: Vec<u64> = self
            .letters
            .values()
            .filter(|old| old.channel == letter.channel && !self.under_way.contains(&old.no))
            .filter(|old| (alike(old.form) && alike(letter.form)) || (old.form == letter.form && old.form != Form::Test))
            // An urgent message is not put off by going with one that is not; the other way round it would be too loud.
            .filter(|old| old.level == letter.level || old.attempts > 0 && letter.level >= old.level)
            .map(|old| old.no)
            .collect();
        let mut merged = Vec::new();
        for no in old {
            let Some(old) = self.letters.remove(&no) else { continue };
            merged.push(old.clone().ended(now, Outcome::Merged, String::new(), String::new()));
            for told in old.episodes {
                if !letter.episodes.iter().any(|t| t.id == told.id) {
                    letter.episodes.push(told);
                }
            }
            letter.step = letter.step.max(old.step);
            letter.attempts = letter.attempts.max(old.attempts);
            letter.next_try = letter.next_try.max(old.next_try.min(now.plus(Duration::seconds(WAITS.1.cast_signed()))));
            if !old.passed_on {
                letter.made = letter.made.min(old.made);
            }
        }
        merged
    }

    /// Gives what a channel has not delivered for two minutes to the next channel too.
    pub(super) fn pass_on(&mut self, channels: &[Channel], now: Timestamp) -> bool {
        let blocked = |name: &str| self.health.get(name).is_some_and(|h| h.blocked_until(now).is_some());
        let stuck: Vec<Letter> = self
            .letters
            .values()
            .filter(|l| l.form != Form::Test && !l.passed_on && (l.attempts > 0 || blocked(&l.channel)))
            // One that is known to fail is not waited for.
            .filter(|l| now.since(l.made) >= PASS_ON || self.health.get(&l.channel).is_some_and(|h| h.fails(now)))
            .cloned()
            .collect();
        for letter in &stuck {
            let from = channels.iter().position(|c| c.name == letter.channel).map_or(0, |at| at + 1);
            let order = channels.iter().cycle().skip(from).take(channels.len());
            let siblings = self.letters.values().filter(|l| l.dispatch == letter.dispatch).flat_map(|l| l.addressed.clone());
            let addressed: Vec<String> = siblings.chain(letter.addressed.clone()).collect();
            let next = order.into_iter().find(|c| !addressed.contains(&c.name) && carries(c, letter.level));
            if let Some(channel) = next {
                self.last_no += 1;
                let mut addressed = addressed;
                addressed.push(channel.name.clone());
                let copy = Letter {
                    no: self.last_no,
                    channel: channel.name.clone(),
                    made: now,
                    attempts: 0,
                    next_try: now,
                    addressed,
                    ..letter.clone()
                };
                self.letters.insert(copy.no, copy);
            }
            if let Some(letter) = self.letters.get_mut(&letter.no) {
                letter.passed_on = true;
            }
        }
        !stuck.is_empty()
    }

    /// Takes the letters that may be sent now, the loudest first; they are under way until they are settled.
    pub(super) fn take_due(&mut self, channels: &[Channel], now: Timestamp) -> Vec<Letter> {
        let mut due: Vec<&Letter> = self.letters.values().filter(|l| !self.under_way.contains(&l.no)).collect();
        due.sort_by_key(|l| (std::cmp::Reverse(l.level), l.no));
        let mut taken: Vec<Letter> = Vec::new();
        for letter in due {
            let Some(channel) = channels.iter().find(|c| c.name == letter.channel) else { continue };
            let busy = taken.iter().any(|t| t.channel == letter.channel) || self.busy(&letter.channel);
            if !busy && self.when(letter, channel, now) <= now {
                taken.push(letter.clone());
            }
        }
        for letter in &taken {
            self.under_way.push(letter.no);
            self.visits.entry(letter.channel.clone()).or_default().push_back(now);
        }
        taken
    }

    fn busy(&self, channel: &str) -> bool {
        self.under_way.iter().any(|no| self.letters.get(no).is_some_and(|l| l.channel == channel))
    }

    /// When a letter may go: its own time, the channel's block and limit, and beside the rush unless it is urgent.
    fn when(&self, letter: &Letter, channel: &Channel, now: Timestamp) -> Timestamp {
        let mut when = sane(letter.next_try, now).max(now);
        let blocked = self.health.get(&channel.name).and_then(|health| health.blocked_until(now));
        // A person waits for a trial: it goes at once.
        if let Some(until) = blocked.filter(|_| letter.form != Form::Test) {
            when = when.max(until);
        }
        let minute = now.plus(-Duration::minutes(1));
        let recent: Vec<Timestamp> =
            self.visits.get(&channel.name).into_iter().flatten().copied().filter(|at| *at > minute && *at <= now).collect();
        if recent.len() >= A_MINUTE {
            let free = recent[recent.len() - A_MINUTE].plus(Duration::minutes(1));
            when = when.max(free);
        }
        let urgent = letter.level == Level::Red || letter.form == Form::Test;
        if matches!(channel.means, Means::Robot(_)) && !urgent {
            when = beside_the_rush(when);
        }
        when
    }

    /// When the next letter may go; `None` when there is none.
    pub(super) fn next_due(&self, channels: &[Channel], now: Timestamp) -> Option<Timestamp> {
        let when = |l: &Letter| channels.iter().find(|c| c.name == l.channel).map(|c| self.when(l, c, now));
        self.letters.values().filter(|l| !self.under_way.contains(&l.no)).filter_map(when).min()
    }

    /// What became of a try. A letter that failed is tried again, but for a trial.
    pub(super) fn settle(&mut self, no: u64, tried: Result<String, Refused>, now: Timestamp) -> Option<Delivery> {
        self.under_way.retain(|under_way| *under_way != no);
        let minute = now.plus(-Duration::minutes(1));
        let letter = self.letters.get_mut(&no)?;
        let health = self.health.entry(letter.channel.clone()).or_default();
        if let Some(visits) = self.visits.get_mut(&letter.channel) {
            visits.retain(|at| *at > minute);
        }
        letter.attempts = letter.attempts.saturating_add(1);
        match tried {
            Ok(title) => {
                *health = Health { last_success: Some(now), ..Health::default() };
                let letter = self.letters.remove(&no)?;
                Some(letter.ended(now, Outcome::Delivered, title, String::new()))
            }
            Err(refused) => {
                health.failures = health.failures.saturating_add(1);
                health.failing_since = Some(health.failing_since.unwrap_or(now).min(now));
                health.said.clone_from(&refused.said);
                // The block is the channel's: letters that are made meanwhile wait for its end too.
                health.not_before = refused.not_before.map(|wait| now.plus(wait)).or(health.not_before);
                letter.next_try = now.plus(interval(letter.attempts - 1));
                let ended = letter.clone().ended(now, Outcome::Failed, refused.title, refused.said);
                if letter.form == Form::Test {
                    self.letters.remove(&no);
                }
                Some(ended)
            }
        }
    }

    /// Lets a letter go whose words are not worth sending any more.
    pub(super) fn drop_needless(&mut self, no: u64, now: Timestamp) -> Option<Delivery> {
        self.under_way.retain(|under_way| *under_way != no);
        self.letters.remove(&no).map(|letter| letter.ended(now, Outcome::Needless, String::new(), String::new()))
    }

    /// Whether a letter's time is over.
    pub(super) fn is_stale(letter: &Letter, now: Timestamp) -> bool {
        matches!(letter.form, Form::Resolved | Form::Reassure) && now.since(letter.made) > STALE
    }

    /// Forgets channels that are no longer configured, and what was for them.
    pub(super) fn know_only(&mut self, channels: &[Channel]) {
        let known = |name: &String| channels.iter().any(|c| c.name == *name);
        self.health.retain(|name, _| known(name));
        self.letters.retain(|_, letter| known(&letter.channel));
    }
}

/// Why a try failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The first line of the message.
    pub(super) title: String,
    /// What to tell people, in Chinese.
    pub(super) said: String,
    /// How long the channel wants to be left alone.
    pub(super) not_before: Option<Duration>,
}

impl Letter {
    fn ended(self, at: Timestamp, outcome: Outcome, title: String, said: String) -> Delivery {
        let episodes = self.episodes.into_iter().map(|t| t.id).collect();
        let Self { no, channel, form, level, attempts, .. } = self;
        Delivery { at, no, channel, form, level, episodes, title, outcome, said, attempts }
    }
}

/// The moment, unless it lies further ahead than any wait: a clock that was set back must not put a letter off for long.
fn sane(at: Timestamp, now: Timestamp) -> Timestamp {
    if at > now.plus(LONGEST) { now } else { at }
}

/// Whether it is a channel's turn.
fn takes(channel: &Channel, dispatch: &Dispatch) -> bool {
    let turn = match channel.turn {
        Turn::Group => true,
        Turn::Head => dispatch.step >= Step::Head,
        Turn::Leader => dispatch.step >= Step::Leader,
        Turn::Spare => false,
    };
    turn && carries(channel, dispatch.level)
}

/// Whether a channel carries messages of this level.
fn carries(channel: &Channel, level: Level) -> bool {
    match channel.least {
        Least::Everything => true,
        Least::Yellow => level >= Level::Yellow,
        Least::Orange => level >= Level::Orange,
        Least::Red => level >= Level::Red,
    }
}

/// The wait after `setbacks` others: 5 s, 10 s … 5 min, by the backoff crate as a calculator.
fn interval(setbacks: u32) -> Duration {
    let (first, longest) = (std::time::Duration::from_secs(WAITS.0), std::time::Duration::from_secs(WAITS.1));
    let mut policy: ExponentialBackoff = ExponentialBackoffBuilder::new()
        .with_initial_interval(first)
        .with_multiplier(2.0)
        .with_randomization_factor(0.0)
        .with_max_interval(longest)
        .with_max_elapsed_time(None)
        .build();
    policy.current_interval = (first * (1 << setbacks.min(20))).min(longest);
    let wait = policy.next_backoff().unwrap_or(longest).min(longest);
    Duration::from_std(wait).unwrap_or_else(|_| Duration::minutes(5))
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
