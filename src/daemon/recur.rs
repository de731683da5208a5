//! What recurs: asking which schema is in force, backups, verification. Cron expressions in Beijing time.
//!
//! The last run of each is remembered, so that one that fell into a time when dangri was not running is made up for once.

use std::{future::Future, pin::Pin, sync::Arc};

use chrono::Duration;

use super::stop::Stop;
use crate::{
    clock::{SharedClock, Signal, Work},
    config::Schedule,
    document::Timestamp,
    store::{Store, StoreError},
};

/// A task that recurs. A failure is its own to report; it simply runs again at its next time.
pub(super) type Task = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// One recurring task.
pub(super) struct Recurring {
    /// Its name in the configuration, in logs and in the store.
    pub(super) name: &'static str,
    /// When.
    pub(super) schedule: Schedule,
    /// What.
    pub(super) task: Task,
}

/// Runs `tasks` at their times until the daemon stops.
///
/// # Errors
/// When the store fails: the daemon must end.
pub(super) async fn run(
    tasks: Vec<Recurring>,
    store: Arc<dyn Store>,
    clock: SharedClock,
    signal: Arc<Signal>,
    beat: impl Fn(Timestamp),
    stop: Arc<Stop>,
) -> Result<(), StoreError> {
    let work = Work::begin(&clock);
    let mut times = Vec::with_capacity(tasks.len());
    for task in &tasks {
        times.push(first_time(task, store.as_ref(), clock.now()).await?);
    }
    while !stop.decided() {
        beat(clock.now());
        for (task, time) in tasks.iter().zip(&mut times) {
            let now = clock.now();
            if time.is_none_or(|time| time > now) {
                continue;
            }
            tracing::info!(task.name = task.name, "a recurring task begins");
            (task.task)().await;
            store.remember(&fact_name(task.name), &now.to_string()).await?;
            *time = task.schedule.next_after(clock.now());
        }
        let soon = clock.now().plus(Duration::minutes(1));
        let wake = times.iter().flatten().min().map_or(soon, |next| soon.min(*next));
        work.rest(wake, &signal).await;
    }
    Ok(())
}

fn fact_name(task: &str) -> String {
    format!("recur.{task}")
}

/// The first time from now on; at once when a time passed since the last run that is on record.
async fn first_time(task: &Recurring, store: &dyn Store, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let last = store.recall(&fact_name(task.name)).await?.and_then(|text| Timestamp::parse(&text).ok());
    Ok(match last {
        Some(last) => task.schedule.next_after(last),
        None => task.schedule.next_after(now),
    })
}
