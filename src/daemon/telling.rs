//! The alert room, put together and started, and the picture that others are shown.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::Duration;

use super::{Loops, StartError, notes::blocking, publicity::Publicist, pulse::Pulse, sources};
use crate::{
    alert::{Alerter, Hours, OfficeEye, Settings, Witness, outside},
    audit::AuditLog,
    calendar::Calendar,
    clock::{SharedClock, Signal, Work},
    config::{self, Config, SecretRef},
    console::{Freshness, Picture, report},
    day::book::DayBook,
    document::Timestamp,
    report::Reports,
    status::{Gatherer, Status},
    store::{Store, StoreError},
    watch::notes::Notes,
};

/// A backup may be missed once, with some grace.
const BACKUP_GRACE: Duration = Duration::hours(26);
/// How often the outside service is visited.
const PING: Duration = Duration::minutes(1);

#[async_trait]
impl Witness for AuditLog {
    async fn end(&self) -> (u64, String) {
        self.head().await
    }
}

/// The office's hours.
pub(super) fn hours(alert: &config::Alert, calendar: Calendar) -> Hours {
    Hours { calendar, quiet_from: alert.quiet_from, quiet_to: alert.quiet_to, digest: alert.digest, reassure: alert.reassure }
}

/// Writes how things stand into the watched folder each minute: a line that stops ageing only while the program works, for all to see.
pub(super) fn show_in_folder(loops: &mut Loops, store: &Arc<dyn Store>, pulse: &Arc<Pulse>, notes: &Arc<Notes>) {
    if !notes.wants_status() {
        return;
    }
    let picture = Fresh::new(store, pulse);
    let (notes, signal, clock) = (Arc::clone(notes), loops.signal(), Arc::clone(&pulse.clock));
    loops.run("standing", "写当日状态", |beat, stop| async move {
        let work = Work::begin(&clock);
        while !stop.decided() {
            beat(clock.now());
            let line = standing(&picture.now().await);
            let beside = Arc::clone(&notes);
            let written = blocking(move || beside.write_status(&line)).await;
            if let Err(error) = written {
                tracing::debug!(%error, "the line about the day could not be written");
            }
            work.rest(clock.now().plus(Duration::minutes(1)), &signal).await;
        }
        Ok(())
    });
}

/// `14:05 监视正常；今日应录入 12 件，已录入 8 件，退回 2 件`.
fn standing(status: &Status) -> String {
    let well = if status.problems().is_empty() { "监视正常" } else { "有事需要处理，请看 dangri status" };
    let today = &status.today;
    let sent_back = if today.sent_back > 0 { format!("，退回 {} 件", today.sent_back) } else { String::new() };
    let overdue = if today.overdue > 0 { format!("，逾期 {} 件", today.overdue) } else { String::new() };
    format!(
        "{} {well}；今日应录入 {} 件，已录入 {} 件{sent_back}{overdue}。这一行每分钟更新，时间不动了就是程序停了。\n",
        status.at.beijing().format("%Y-%m-%d %H:%M"),
        today.expected,
        today.entered
    )
}

/// The picture as it is at the moment of asking.
pub(super) struct Fresh {
    gatherer: Gatherer,
    pulse: Arc<Pulse>,
}

impl Fresh {
    /// The picture of `store` and `pulse`.
    pub(super) fn new(store: &Arc<dyn Store>, pulse: &Arc<Pulse>) -> Self {
        Self { gatherer: Gatherer::new(Arc::clone(store), Arc::clone(&pulse.vitals)), pulse: Arc::clone(pulse) }
    }
}

/// How old the last sweep may be before the daemon does not count as well.
pub(super) fn freshness(config: &Config) -> Freshness {
    Freshness::of(config.folder.sweep.max(config.folder.sweep_network))
}

#[async_trait]
impl Picture for Fresh {
    async fn now(&self) -> Status {
        self.pulse.refresh();
        self.gatherer.gather(self.pulse.clock.now()).await
    }
}

/// What the room's parts need of the daemon.
struct Parts<'a> {
    config: &'a Config,
    store: &'a Arc<dyn Store>,
    pulse: &'a Arc<Pulse>,
    book: &'a Arc<DayBook>,
    audit: &'a Arc<AuditLog>,
}

/// Opens the alert room and starts its loops. The eye answers for further sources.
///
/// # Errors
/// [`StartError`] when the store fails or the calendar is damaged.
pub(super) async fn begin(
    loops: &mut Loops,
    config: &Config,
    store: &Arc<dyn Store>,
    pulse: &Arc<Pulse>,
    (reports, book, publicist, audit): (&Arc<Reports>, &Arc<DayBook>, &Arc<Publicist>, &Arc<AuditLog>),
) -> Result<(Arc<Alerter>, Arc<OfficeEye>), StartError> {
    let parts = Parts { config, store, pulse, book, audit };
    let (alerts, eye) = open(&parts).await?;
    sources::all(reports, book, publicist, &eye.hours).into_iter().for_each(|source| eye.hear(source));
    start(loops, &parts, &alerts);
    Ok((alerts, eye))
}

async fn open(parts: &Parts<'_>) -> Result<(Arc<Alerter>, Arc<OfficeEye>), StartError> {
    let Parts { config, store, pulse, book, audit } = parts;
    let calendar = config.day.working_days().map_err(StartError::Problems)?;
    let hours = hours(&config.alert, calendar);
    let beside = Arc::clone(pulse);
    let eye = Arc::new(OfficeEye {
        gatherer: Gatherer::new(Arc::clone(store), Arc::clone(&pulse.vitals)),
        vitals: Arc::clone(&pulse.vitals),
        store: Arc::clone(store),
        book: Arc::clone(book),
        audit: Arc::clone(audit) as _,
        refresh: Box::new(move || beside.refresh()),
        hours: hours.clone(),
        people: config.alert.people.clone(),
        backup_within: (config.backup.path.is_some() && config.schedule.backup.is_some()).then_some(BACKUP_GRACE),
        sources: Mutex::default(),
    });
    let settings = Settings { office: config.office.name.clone(), alert: config.alert.clone(), hours };
    let alerter = Alerter::open(settings, Arc::clone(&eye) as _, Arc::clone(store), Arc::clone(&pulse.clock)).await?;
    Ok((alerter, eye))
}

/// Starts looking, sending and pinging.
fn start(loops: &mut Loops, parts: &Parts<'_>, alerter: &Arc<Alerter>) {
    loops.signals.extend(alerter.signals());
    let (looker, sender) = (Arc::clone(alerter), Arc::clone(alerter));
    loops.run("alert", "告警", |beat, stop| looker.watch(beat, move || stop.decided()));
    loops.run("alert-post", "发送告警", |beat, stop| sender.send(beat, move || stop.decided()));
    let Parts { config, store, pulse, .. } = parts;
    let clock = &pulse.clock;
    let picture: Arc<dyn Picture> = Arc::new(Fresh::new(store, pulse));
    let fresh = freshness(config);
    if let Some(address) = config.alert.ping.clone() {
        let (signal, clock) = (loops.signal(), Arc::clone(clock));
        loops.run("ping", "外部看门", |beat, stop| {
            ping(address, picture, fresh, clock, signal, move |now| (beat(now), stop.decided()).1)
        });
    }
}

/// Visits the outside service each minute, and says whether all is well; `goes_on` beats and answers whether to stop.
async fn ping(
    address: SecretRef,
    picture: Arc<dyn Picture>,
    fresh: Freshness,
    clock: SharedClock,
    signal: Arc<Signal>,
    stopped: impl Fn(Timestamp) -> bool,
) -> Result<(), StoreError> {
    let work = Work::begin(&clock);
    let mut silent = false;
    while !stopped(clock.now()) {
        let well = report(&picture.now().await, fresh).ok;
        let reached = outside::ping(&address, well).await;
        // Told of once, when it begins: the service itself tells the people.
        if let (Err(error), false) = (&reached, silent) {
            tracing::warn!(said = error.said, "the outside service that watches over the daemon was not reached");
        }
        silent = reached.is_err();
        work.rest(clock.now().plus(PING), &signal).await;
    }
    Ok(())
}
