//! The platform's schema is asked for; when it is another than our documents were checked under, what waits and what was entered lately is
//! held against it, so that whatever would fail is known before it does (contract §6).

use std::sync::Arc;

use chrono::{Duration, NaiveDate};

use super::{
    notes::blocking,
    recur::{Recurring, Task},
};
use crate::{
    check::{Checker, Context, Verdict},
    clock::SharedClock,
    config::Config,
    document::{Finding, Record, Severity, State, Timestamp},
    platform::{Gated, Platform, SchemaInForce},
    reconcile::drift::{self, RECENT_DAYS, ReadBack, SchemaDrift, WouldFail},
    status::{SchemaFacts, Vitals},
    store::{Listing, Store, StoreError},
};

/// How many that would fail are named one by one.
const NAMED: usize = 50;
/// How many documents are held against the new schema at most; an office has some hundreds in a month.
const MOST: usize = 20_000;

/// Watches over drift.
pub(super) struct Guard {
    store: Arc<dyn Store>,
    platform: Arc<dyn Platform>,
    checker: Arc<Checker>,
    /// Where what is learnt can be seen at once.
    vitals: Arc<Vitals>,
    clock: SharedClock,
}

/// What holding documents against a schema came to.
#[derive(Default)]
struct Held {
    checked: u64,
    old_heads: u64,
    failing: Vec<WouldFail>,
}

impl Guard {
    /// A guard over what is in `store`, as `platform` and `checker` see it.
    pub(super) fn new(
        store: &Arc<dyn Store>,
        platform: &Arc<Gated>,
        checker: &Arc<Checker>,
        vitals: &Arc<Vitals>,
        clock: &SharedClock,
    ) -> Arc<Self> {
        let (store, checker, vitals, clock) = (Arc::clone(store), Arc::clone(checker), Arc::clone(vitals), Arc::clone(clock));
        Arc::new(Self { store, platform: Arc::clone(platform) as _, checker, vitals, clock })
    }

    /// Asks the platform, compares, and remembers. A platform that does not answer leaves everything as it was.
    async fn ask(&self) -> Result<(), StoreError> {
        let theirs = match self.platform.schema().await {
            Ok(theirs) => theirs,
            Err(failure) => {
                tracing::info!(cause = ?failure.cause, platform.code = failure.code, "the schema in force could not be asked for");
                return Ok(());
            }
        };
        let ours: Vec<_> = self.checker.versions().iter().map(|bundle| bundle.version.clone()).collect();
        let accepted = ours.iter().any(|version| *version == theirs.version || theirs.accepts.contains(version));
        if !accepted {
            tracing::error!(schema.ours = ?ours, schema.theirs = theirs.version, "the platform does not accept our schema version any more");
        }
        let facts = SchemaFacts { ours: ours.first().cloned().unwrap_or_default(), theirs: Some(theirs.version.clone()), accepted };
        self.vitals.platform(|platform| platform.schema = Some(facts));
        let before = drift::schema(&*self.store).await?;
        let same_version = before.as_ref().filter(|known| known.version == theirs.version);
        let changed = same_version.is_some_and(|known| known.digest != theirs.digest);
        let rewritten = if changed { Some(self.clock.now()) } else { same_version.and_then(|known| known.rewritten) };
        self.hold_against(theirs, rewritten).await
    }

    /// After a start: the office may have put the bundle in place that was missing.
    pub(super) async fn resume(&self) -> Result<(), StoreError> {
        let Some(known) = drift::schema(&*self.store).await? else { return Ok(()) };
        if known.has_bundle == self.bundle_from(&known.version).is_some() {
            return Ok(());
        }
        let theirs =
            SchemaInForce { version: known.version, effective_from: known.effective_from, digest: known.digest, accepts: Vec::new() };
        self.hold_against(theirs, known.rewritten).await
    }

    fn bundle_from(&self, version: &str) -> Option<NaiveDate> {
        self.checker.versions().iter().find(|bundle| bundle.version == version).map(|bundle| bundle.effective_from)
    }

    async fn hold_against(&self, theirs: SchemaInForce, rewritten: Option<Timestamp>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let bundle_from = self.bundle_from(&theirs.version);
        let held = match bundle_from {
            Some(_) => self.hold_all(&theirs.version, now).await?,
            None => Held::default(),
        };
        if !held.failing.is_empty() {
            tracing::warn!(schema.version = theirs.version, count = held.failing.len(), "documents would fail under the platform's schema");
        }
        let drift = SchemaDrift {
            version: theirs.version,
            effective_from: theirs.effective_from,
            digest: theirs.digest,
            rewritten,
            has_bundle: bundle_from.is_some(),
            bundle_from,
            checked_at: now,
            checked: held.checked,
            old_heads: held.old_heads,
            would_fail: held.failing.len() as u64,
            failing: held.failing.into_iter().take(NAMED).collect(),
        };
        drift::remember_schema(&*self.store, &drift).await
    }

    /// Holds everything against `version` that was checked under another.
    async fn hold_all(&self, version: &str, now: Timestamp) -> Result<Held, StoreError> {
        let mut bodies = Vec::new();
        let concerned = self.concerned(version, now).await?;
        let ids: Vec<_> = concerned.iter().map(Record::id).collect();
        for (record, body) in concerned.into_iter().zip(self.store.bodies(&ids).await) {
            match body {
                Ok(body) => bodies.push((record, body)),
                // Damaged bytes are told of elsewhere.
                Err(error) if error.stands_alone() => {}
                Err(error) => return Err(error),
            }
        }
        let (checker, version, today) = (Arc::clone(&self.checker), version.to_owned(), now.beijing_day());
        let judged = blocking(move || {
            let worker = checker.worker();
            let mut held = Held::default();
            for (record, body) in bodies {
                let Some(verdict) = worker.check_under(&version, &body, &Context::alone(today)) else { break };
                held.checked += 1;
                let Verdict::Unfit { findings, .. } = verdict else { continue };
                let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
                let of_head = |finding: &&Finding| finding.path.ends_with("Header/SchemaVersion");
                held.old_heads += u64::from(errors.iter().any(of_head));
                if let Some(first) = errors.iter().find(|finding| !of_head(finding)) {
                    held.failing.push(WouldFail {
                        id: record.id(),
                        title: record.title(),
                        entered: record.state == State::Entered,
                        finding: first.in_short(),
                    });
                }
            }
            // What waits must be mended; what is entered only teaches.
            held.failing.sort_by_key(|one| one.entered);
            Ok(held)
        });
        judged.await.map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// What waits, and what was entered lately.
    async fn concerned(&self, version: &str, now: Timestamp) -> Result<Vec<Record>, StoreError> {
        let since = now.plus(Duration::days(-RECENT_DAYS));
        let mut found = Vec::new();
        for state in [State::Waiting, State::HeldWaiting, State::Entered] {
            let mut after = None;
            loop {
                let page = self.store.page(&Listing::InState(state), after.as_ref(), 500).await?;
                found.extend(page.records.into_iter().filter(|record| {
                    let lately = record.entry.as_ref().is_none_or(|entry| entry.entered_at >= since);
                    lately && record.birth.facts.as_ref().is_some_and(|facts| facts.schema_version != version)
                }));
                match page.next {
                    Some(next) if found.len() < MOST => after = Some(next),
                    _ => break,
                }
            }
        }
        found.truncate(MOST);
        Ok(found)
    }

    /// What recurs of this, as `config` wants it.
    pub(super) fn recurring(self: &Arc<Self>, config: &Config) -> Vec<Recurring> {
        let mut tasks = Vec::new();
        if let Some(schedule) = config.schedule.schema_check.clone() {
            let guard = Arc::clone(self);
            let task: Task = Box::new(move || {
                let guard = Arc::clone(&guard);
                Box::pin(async move {
                    if let Err(error) = guard.ask().await {
                        tracing::error!(%error, "the platform's schema could not be compared with ours");
                    }
                })
            });
            tasks.push(Recurring { name: "schema_check", schedule, task });
        }
        if let Some(schedule) = config.schedule.read_back.clone() {
            let at_once = config.upload.at_once.get();
            let reader = Arc::new(ReadBack::new(Arc::clone(&self.store), Arc::clone(&self.platform), Arc::clone(&self.clock), at_once));
            let task: Task = Box::new(move || {
                let reader = Arc::clone(&reader);
                Box::pin(async move {
                    match reader.activate().await {
                        Ok(done) => tracing::info!(
                            compared = done.compared,
                            differ = done.differ,
                            whole = done.whole,
                            "the platform's copies were read back"
                        ),
                        Err(error) => tracing::error!(%error, "the platform's copies could not be read back"),
                    }
                })
            });
            tasks.push(Recurring { name: "read_back", schedule, task });
        }
        tasks
    }
}
