//! A look: what is seen raises, feeds and ends episodes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::{Bud, Episode, Ledger, PAST, Rung, episode::mark, telling::Dispatch};
use crate::{
    alert::{Condition, Hours, Key, Kind, Observation},
    document::Timestamp,
};

/// This many episodes within [`FLAPPING_WITHIN`] are drawn together as one.
const FLAPPING: usize = 3;
/// The span that they must begin in, and that such a one must be missed for before it is over.
pub(super) const FLAPPING_WITHIN: Duration = Duration::hours(1);

impl Ledger {
    /// Takes in what is seen at `now`, and answers what is to be told now. `strict` is the stricter of the clocks that count before a cut-off.
    pub fn look(&mut self, seen: &Observation, now: Timestamp, strict: Timestamp, hours: &Hours) -> Vec<Dispatch> {
        self.rest.starts.retain(|(_, at)| now.since(*at) < FLAPPING_WITHIN && *at <= now);
        self.rest.silences.retain(|silence| silence.holds(now));
        let mut by_key: BTreeMap<Key, Vec<&Condition>> = BTreeMap::new();
        for condition in &seen.conditions {
            by_key.entry(condition.key()).or_default().push(condition);
        }
        let ripe = self.ripe(seen, now);
        for (key, conditions) in &by_key {
            let ripe: Vec<&Condition> =
                conditions.iter().zip(0..).filter(|(c, _)| ripe.contains(&(key.clone(), mark(&c.object)))).map(|(c, _)| *c).collect();
            if !ripe.is_empty() {
                self.raise(key, &ripe, now, strict, hours);
            } else if let Some(episode) = self.open.get_mut(key) {
                // Not ripe by itself, but the episode is not over either.
                (episode.missed, episode.missed_since) = (0, None);
            }
        }
        self.miss(&by_key, seen, now, strict, hours);
        self.dispatches(now, hours)
    }

    /// Which conditions have lasted long enough.
    fn ripe(&mut self, seen: &Observation, now: Timestamp) -> BTreeSet<(Key, u32)> {
        let mut ripe = BTreeSet::new();
        let mut buds = Vec::new();
        for condition in &seen.conditions {
            let (key, rule) = (condition.key(), condition.kind.rule());
            let known = condition.since.filter(|since| *since <= now);
            let span = condition.patience.max(rule.raise.span);
            if rule.raise.looks <= 1 && (span <= Duration::zero() || known.is_some_and(|since| now.since(since) >= span)) {
                ripe.insert((key, mark(&condition.object)));
                continue;
            }
            let looked = seen.looked.get(&condition.kind).copied().unwrap_or(now);
            let old = self.rest.budding.iter().find(|bud| bud.key == key && bud.object == condition.object);
            let bud = match old {
                Some(bud) => Bud {
                    since: bud.since.min(now),
                    looks: bud.looks.saturating_add(u8::from(bud.looked != looked)),
                    looked,
                    ..bud.clone()
                },
                None => Bud { key: key.clone(), object: condition.object.clone(), since: now, looks: 1, looked },
            };
            let since = known.map_or(bud.since, |since| since.min(bud.since));
            if bud.looks >= rule.raise.looks && now.since(since) >= span {
                ripe.insert((key, mark(&condition.object)));
            }
            // What is sure to ripen by its own date need not be remembered.
            if known.is_none() || rule.raise.looks > 1 {
                buds.push(bud);
            }
        }
        // What could not be looked at stays as it was.
        buds.extend(self.rest.budding.drain(..).filter(|bud| seen.unseen.contains(&bud.key.kind)));
        self.rest.budding = buds;
        ripe
    }

    fn raise(&mut self, key: &Key, ripe: &[&Condition], now: Timestamp, strict: Timestamp, hours: &Hours) {
        if !self.open.contains_key(key) {
            let mut episode = Episode::begun(self.number(now), key.clone(), now);
            self.rest.starts.push((key.clone(), now));
            let starts = self.rest.starts.iter().filter(|(started, _)| started == key).count();
            episode.flapping = starts >= FLAPPING && key.kind.may_flap();
            self.open.insert(key.clone(), episode);
        }
        if let Some(episode) = self.open.get_mut(key) {
            episode.see(ripe, now);
        }
        self.tell(key, ripe, now, strict, hours);
    }

    /// Ends what has been missed for long enough.
    fn miss(&mut self, present: &BTreeMap<Key, Vec<&Condition>>, seen: &Observation, now: Timestamp, strict: Timestamp, hours: &Hours) {
        let mut over = Vec::new();
        // A clock that is set back to before something could be seen mends nothing: it stays until it is missed without that excuse.
        let set_back = |key: &Key, episode: &Episode| match key.kind {
            Kind::Overdue => episode.cut_off.is_some_and(|cut_off| cut_off > strict),
            Kind::Deadline => episode.cut_off.is_some_and(|cut_off| cut_off.since(strict) > Rung::FourHours.before()),
            Kind::Absent => episode.last_told.is_some_and(|told| told > now),
            _ => false,
        };
        let unseen = |key: &Key| present.contains_key(key) || seen.unseen.contains(&key.kind);
        for (key, episode) in self.open.iter_mut().filter(|(key, episode)| !unseen(key) && !set_back(key, episode)) {
            let since = *episode.missed_since.get_or_insert(now);
            episode.missed_since = Some(since.min(now));
            let looked = seen.looked.get(&key.kind).copied().unwrap_or(now);
            if episode.missed_at != Some(looked) {
                episode.missed = episode.missed.saturating_add(1);
                episode.missed_at = Some(looked);
            }
            let rule = key.kind.rule();
            let span = if episode.flapping { FLAPPING_WITHIN } else { rule.clear.span };
            if episode.missed >= rule.clear.looks && now.since(since.min(now)) >= span {
                over.push(key.clone());
            }
        }
        for key in over {
            let Some(mut episode) = self.open.remove(&key) else { continue };
            episode.end(episode.missed_since.unwrap_or(now), strict);
            if episode.delivered {
                self.tell_resolved(&episode, now, hours);
            }
            self.past.push_back(episode);
            while self.past.len() > PAST {
                self.past.pop_front();
            }
        }
        // Where a cut-off lies well behind, nobody asks any more which rungs were told.
        let old = now.plus(-Duration::days(7)).to_contract();
        self.rest.ladders.retain(|cut_off, _| *cut_off > old);
    }
}
