//! What of an episode is told, when, and together with what.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Episode, Ledger, Rung, Step, episode::mark};
use crate::{
    alert::{Condition, Hours, Key, Kind, Level},
    document::Timestamp,
};

/// How long news waits for company (B6, "Group").
pub(super) const TOGETHER: Duration = Duration::seconds(30);
/// How long after a message of an episode further objects that join it wait (faults 61).
const JOINING: Duration = Duration::minutes(5);
/// When nobody has claimed an episode it goes to the head of the section, and then to the leader.
const ESCALATE: [(Step, Duration); 2] = [(Step::Leader, Duration::minutes(90)), (Step::Head, Duration::minutes(30))];

/// Why an episode is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It goes on and is told again.
    Again,
    /// Nobody has claimed it.
    Escalated,
    /// Further objects have joined it.
    Joined,
    /// It has become worse.
    Rose,
    /// It has begun.
    Begun,
    /// The cut-off is so near.
    Rung(Rung),
    /// It keeps coming back.
    Flapping,
    /// It is over.
    Resolved,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Something is wrong.
    Alert,
    /// Something is over.
    Resolved,
    /// What waited for the morning.
    Digest,
    /// All is well.
    Reassure,
    /// Somebody tries a channel.
    Test,
}

impl Form {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Alert => "告警",
            Self::Resolved => "恢复",
            Self::Digest => "晨报",
            Self::Reassure => "平安报",
            Self::Test => "试发",
        }
    }
}

/// One episode within a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Why it is told.
    pub why: Why,
}

/// One message to be sent to every channel whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// What it is.
    pub form: Form,
    /// How loud.
    pub level: Level,
    /// Up to whom.
    pub step: Step,
    /// Of what.
    pub episodes: Vec<Told>,
}

/// News of one form and level that waits for company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    form: Form,
    level: Level,
    pub(super) since: Timestamp,
    step: Step,
    episodes: Vec<Told>,
}

impl Ledger {
    /// Tells of an episode what is due to be told.
    pub(super) fn tell(&mut self, key: &Key, ripe: &[&Condition], now: Timestamp, strict: Timestamp, hours: &Hours) {
        if self.is_hidden(key) || self.is_silenced(key, now) {
            return;
        }
        let why = if key.kind == Kind::Deadline {
            self.rung(key, ripe, now, strict).or_else(|| self.goes_up(key, now, hours))
        } else {
            self.why(key, ripe, now, hours)
        };
        let (Some(why), Some(episode)) = (why, self.open.get_mut(key)) else { return };
        if let Why::Rung(rung) = why {
            episode.level = episode.cut_off.map_or(Level::Red, |cut_off| rung.level(cut_off));
            episode.peak = episode.peak.max(episode.level);
        }
        let waits = episode.level < Level::Red && (episode.can_wait || hours.quiet(now) || self.rest.digest.contains(&episode.id));
        if waits {
            self.rest.digest.insert(episode.id.clone());
            return;
        }
        self.rest.digest.remove(&episode.id);
        if let Some(step) = step_due(episode, now) {
            episode.step = episode.step.max(step);
        }
        episode.repeats += u32::from(why == Why::Again);
        episode.mark_told(now, ripe.iter().map(|c| mark(&c.object)));
        let (level, step, told) = (episode.level, episode.step, Told { id: episode.id.clone(), why });
        if let (Why::Rung(rung), scope) = (why, &key.scope) {
            self.climb(scope, rung);
        }
        self.gather(Form::Alert, level, step, told, now);
    }

    /// Whether an open episode hides this one.
    fn is_hidden(&self, key: &Key) -> bool {
        self.open.keys().any(|other| key.kind.is_hidden_by(other.kind))
    }

    /// Why an episode is to be told now, if it is.
    fn why(&self, key: &Key, ripe: &[&Condition], now: Timestamp, hours: &Hours) -> Option<Why> {
        let episode = self.open.get(key)?;
        let (Some(told), Some(last)) = (episode.told, episode.last_told) else {
            return Some(if episode.flapping { Why::Flapping } else { Why::Begun });
        };
        if episode.level > episode.told_level {
            return Some(Why::Rose);
        }
        let joined = ripe.iter().any(|c| !episode.known.contains(&mark(&c.object)));
        let fresh = key.kind == Kind::Overdue && episode.cut_off.is_some_and(|cut_off| now.since(cut_off) < JOINING);
        if joined && !episode.flapping && (fresh || now.since(last) >= JOINING) {
            return Some(Why::Joined);
        }
        if episode.is_claimed(now) {
            return None;
        }
        self.goes_up(key, now, hours).or_else(|| {
            let due = hours.again(key.kind.rule().again, told, last).is_some_and(|due| due <= now);
            due.then_some(Why::Again)
        })
    }

    /// Whether nobody has claimed an episode for so long that it goes further up.
    fn goes_up(&self, key: &Key, now: Timestamp, hours: &Hours) -> Option<Why> {
        let episode = self.open.get(key)?;
        let higher = step_due(episode, now).is_some_and(|step| step > episode.step);
        (higher && episode.told.is_some() && !episode.is_claimed(now) && !hours.holds_back(episode.level, now)).then_some(Why::Escalated)
    }

    /// The rung that is to be told now, if one is: the last that has come, once for each cut-off, of documents that were there by then.
    fn rung(&mut self, key: &Key, ripe: &[&Condition], now: Timestamp, strict: Timestamp) -> Option<Why> {
        let episode = self.open.get(key)?;
        let cut_off = episode.cut_off?;
        let told = self.rest.ladders.get(&key.scope);
        let rung = Rung::ALL.into_iter().rev().find(|rung| cut_off.since(strict) <= rung.before())?;
        if told.is_some_and(|told| told.contains(&rung)) {
            return None;
        }
        let moment = cut_off.plus(-rung.before());
        // A document that bears a time to come was seen before the clock was set back.
        let was_there = |c: &&Condition| c.since.is_none_or(|since| since <= moment || since > now);
        if !ripe.iter().any(was_there) {
            return None;
        }
        if episode.is_claimed(now) && rung != Rung::HalfHour {
            let scope = key.scope.clone();
            self.climb(&scope, rung);
            return None;
        }
        Some(Why::Rung(rung))
    }

    /// From now on this rung and those below it count as told.
    fn climb(&mut self, scope: &str, rung: Rung) {
        let told = self.rest.ladders.entry(scope.to_owned()).or_default();
        told.extend(Rung::ALL.into_iter().filter(|below| *below <= rung));
    }

    /// Says that an episode is over, to those who heard of it; never of one that its cut-off ended, whenever they heard.
    pub(super) fn tell_resolved(&mut self, episode: &Episode, now: Timestamp, hours: &Hours) {
        if episode.lapsed {
            return;
        }
        if hours.holds_back(episode.peak, now) || self.rest.digest.contains(&episode.id) || episode.can_wait {
            self.rest.digest.insert(episode.id.clone());
            return;
        }
        let told = Told { id: episode.id.clone(), why: Why::Resolved };
        self.gather(Form::Resolved, episode.peak, episode.step, told, now);
    }

    fn gather(&mut self, form: Form, level: Level, step: Step, told: Told, now: Timestamp) {
        match self.rest.waiting.iter_mut().find(|group| (group.form, group.level) == (form, level)) {
            Some(group) => {
                group.step = group.step.max(step);
                match group.episodes.iter_mut().find(|t| t.id == told.id) {
                    Some(there) => there.why = there.why.max(told.why),
                    None => group.episodes.push(told),
                }
            }
            None => self.rest.waiting.push(Group { form, level, since: now, step, episodes: vec![told] }),
        }
    }

    /// What has waited long enough, the morning's digest, and the daily word that all is well.
    pub(super) fn dispatches(&mut self, now: Timestamp, hours: &Hours) -> Vec<Dispatch> {
        let mut out = Vec::new();
        for mut group in std::mem::take(&mut self.rest.waiting) {
            group.since = group.since.min(now);
            if now.since(group.since) < TOGETHER {
                self.rest.waiting.push(group);
                continue;
            }
            if group.form == Form::Alert {
                // What is over before anybody heard of it is not told at all.
                group.episodes.retain(|told| self.open.values().any(|e| e.id == told.id));
            }
            if !group.episodes.is_empty() {
                let Group { form, level, step, episodes, .. } = group;
                out.push(Dispatch { form, level, step, episodes });
            }
        }
        out.extend(self.digest(now, hours));
        let today = now.beijing_day();
        if hours.reassure.is_some_and(|time| now >= time.on(today)) && self.rest.reassured != Some(today) {
            self.rest.reassured = Some(today);
            out.push(Dispatch { form: Form::Reassure, level: Level::Info, step: Step::Group, episodes: Vec::new() });
        }
        out
    }

    fn digest(&mut self, now: Timestamp, hours: &Hours) -> Option<Dispatch> {
        let today = now.beijing_day();
        if hours.quiet(now) || hours.digest_today(now).is_none_or(|due| now < due) || self.rest.digested == Some(today) {
            return None;
        }
        self.rest.digested = Some(today);
        let (mut episodes, mut level, mut step, mut climbed) = (Vec::new(), Level::Info, Step::Group, Vec::new());
        for id in std::mem::take(&mut self.rest.digest) {
            if let Some(episode) = self.open.values_mut().find(|e| e.id == id) {
                let why = if episode.told.is_some() { Why::Again } else { Why::Begun };
                episode.repeats += u32::from(why == Why::Again);
                let objects: Vec<u32> = episode.lines.iter().map(|line| mark(&line.object)).collect();
                episode.mark_told(now, objects.into_iter());
                (level, step) = (level.max(episode.level), step.max(episode.step));
                if let (Kind::Deadline, Some(cut_off)) = (episode.key.kind, episode.cut_off) {
                    let come = Rung::ALL.into_iter().rev().find(|rung| cut_off.since(now) <= rung.before());
                    climbed.extend(come.map(|rung| (episode.key.scope.clone(), rung)));
                }
                episodes.push(Told { id, why });
            } else if self.past.iter().any(|e| e.id == id && e.delivered && !e.lapsed) {
                episodes.push(Told { id, why: Why::Resolved });
            }
        }
        climbed.into_iter().for_each(|(scope, rung)| self.climb(&scope, rung));
        (!episodes.is_empty()).then_some(Dispatch { form: Form::Digest, level, step, episodes })
    }

    /// A channel has delivered a message about these episodes. One that was over meanwhile is now also told to be over.
    pub fn delivered(&mut self, ids: &[String], now: Timestamp, hours: &Hours) {
        for id in ids {
            if let Some(episode) = self.open_mut(id) {
                episode.delivered = true;
            } else if let Some(place) = self.past.iter().position(|e| e.id == *id && !e.delivered) {
                self.past[place].delivered = true;
                let episode = self.past[place].clone();
                self.tell_resolved(&episode, now, hours);
            }
        }
    }
}

/// Up to whom an episode should have gone by `now`, whatever its level (B6, "Escalate"): overdue at once to the leader; one that can wait for
/// the morning's digest never further than the group, for nobody need act on it within the hour.
fn step_due(episode: &Episode, now: Timestamp) -> Option<Step> {
    if episode.key.kind == Kind::Overdue {
        return Some(Step::Leader);
    }
    if episode.can_wait {
        return None;
    }
    let from = episode.told?.max(episode.claimed_until().unwrap_or(Timestamp::MIN));
    ESCALATE.into_iter().find(|(_, after)| now.since(from) >= *after).map(|(step, _)| step)
}
