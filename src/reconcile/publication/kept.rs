//! What is kept of publication from one run to the next, as facts below `publication/`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Run, expect::Sought};
use crate::{
    document::{DocumentId, Timestamp},
    publication::{Extra, Figures, Outcome, Standing},
    store::{Fact, Store, StoreError},
};

const DECISIONS: &str = "publication/decision/";
const LAST_RUN: &str = "publication/run";
/// The most unknown notices that are kept one by one.
const MOST_EXTRAS: usize = 200;

/// The last run. Fields are only ever added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct LastRun {
    at: Option<Timestamp>,
    /// The last that went over everything.
    #[serde(default)]
    full_at: Option<Timestamp>,
    #[serde(default)]
    trouble: String,
    /// The unknown notices of the last full run, the first of them, and how many there are.
    #[serde(default)]
    extras: Vec<Extra>,
    #[serde(default)]
    extra_count: usize,
    /// The day of the earliest decision that was ever followed.
    #[serde(default)]
    earliest: Option<NaiveDate>,
}

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    loaded: bool,
    standings: BTreeMap<DocumentId, Standing>,
    /// Those that are not on the disk yet as they are here.
    changed: BTreeSet<DocumentId>,
    last: LastRun,
    last_changed: bool,
    /// The day of the earliest decision that is known.
    pub(super) earliest: Option<NaiveDate>,
}

/// How a decision was kept.
pub(super) async fn recall(store: &dyn Store, id: DocumentId) -> Result<Option<Standing>, StoreError> {
    Ok(store.recall(&format!("{DECISIONS}{id}")).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

impl Kept {
    /// Reads everything, once.
    pub(super) async fn load(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        if self.loaded {
            return Ok(());
        }
        for (name, value) in store.recall_below(DECISIONS).await? {
            match serde_json::from_str::<Standing>(&value) {
                Ok(standing) => drop(self.standings.insert(standing.id, standing)),
                // It is found anew by the next run.
                Err(error) => tracing::warn!(fact = name, %error, "what was kept of a publication cannot be read"),
            }
        }
        self.last = store.recall(LAST_RUN).await?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        self.earliest = self.last.earliest.into_iter().chain(self.standings.values().map(|s| s.date)).min();
        self.loaded = true;
        Ok(())
    }

    /// How a decision stands, by what was kept.
    pub(super) fn of(&self, sought: &Sought, now: Timestamp) -> Standing {
        match self.standings.get(&sought.id) {
            Some(standing) => {
                let mut standing = standing.clone();
                sought.shape(&mut standing);
                standing
            }
            None => sought.first_standing(now),
        }
    }

    /// The day on which a decision was annulled, if it was.
    pub(super) fn annulled_on(&self, id: DocumentId) -> Option<NaiveDate> {
        Some(self.standings.get(&id)?.annulled.as_ref()?.on)
    }

    pub(super) fn has(&self, id: DocumentId) -> bool {
        self.standings.contains_key(&id)
    }

    pub(super) fn was_seen(&self, id: DocumentId) -> bool {
        self.standings.get(&id).is_some_and(|standing| standing.last_seen.is_some() && standing.outcome != Outcome::Missing)
    }

    /// The 公示截止期 that the notice of a decision gave when it was last seen.
    pub(super) fn shown_until(&self, id: DocumentId) -> Option<NaiveDate> {
        self.standings.get(&id)?.shown_until
    }

    /// Puts a standing in the place of the one before. When it was last looked for is no reason to write it down again.
    pub(super) fn put(&mut self, standing: &Standing) {
        self.earliest = self.earliest.into_iter().chain([standing.date]).min();
        let before = self.standings.insert(standing.id, standing.clone());
        let same = before.is_some_and(|mut before| {
            (before.last_run, before.last_seen) = (standing.last_run, standing.last_seen);
            before == *standing
        });
        if !same {
            self.changed.insert(standing.id);
        }
    }

    /// A run ended at `now`.
    pub(super) fn ran(&mut self, now: Timestamp, run: &Run, full: bool) {
        self.last.at = Some(now);
        self.last.trouble.clone_from(&run.trouble);
        self.last.earliest = self.earliest;
        if full && run.trouble.is_empty() {
            self.last.full_at = Some(now);
            self.last.extras = run.extras.iter().take(MOST_EXTRAS).cloned().collect();
            self.last.extra_count = run.extra_count;
        }
        self.last_changed = true;
    }

    /// Writes down what changed.
    pub(super) async fn save(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let changed: Vec<DocumentId> = std::mem::take(&mut self.changed).into_iter().collect();
        for ids in changed.chunks(512) {
            let facts = ids.iter().filter_map(|id| Some(Fact::new(format!("{DECISIONS}{id}"), json(self.standings.get(id)?))));
            store.remember_all(facts.collect()).await?;
        }
        if std::mem::take(&mut self.last_changed) {
            store.remember(LAST_RUN, &json(&self.last)).await?;
        }
        Ok(())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Standing> {
        self.standings.values()
    }

    /// The day of the earliest decision whose notice is still waited for.
    pub(super) fn earliest_open(&self) -> Option<NaiveDate> {
        self.standings.values().filter(|standing| !standing.is_settled()).map(|standing| standing.date).min()
    }

    /// Figures that say only how the last run went.
    pub(super) fn figures(&self) -> Figures {
        Figures {
            extra: self.last.extra_count as u64,
            last_run: self.last.at,
            last_trouble: self.last.trouble.clone(),
            ..Figures::default()
        }
    }
}

/// Neither type can fail to be written: names are strings and numbers finite.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
