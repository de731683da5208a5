//! `dangri watch`: the alert room over another eye, on another machine.

use std::{path::Path, sync::Arc};

use super::{Stop, stop::Asked, telling};
use crate::{
    alert::{
        Alerter, Settings,
        outside::{Heard, OutsideEye, ask},
    },
    calendar::Calendar,
    clock::{SharedClock, SystemClock},
    config::{self, Outside},
    store::{JournalStore, Store},
    telemetry::LogFormat,
};

fn read(path: &Path, peer: Option<String>) -> anyhow::Result<(Outside, String)> {
    let outside = config::read_outside(path).map_err(|problems| anyhow::anyhow!("配置有误：\n{problems}"))?;
    let peer = peer.or_else(|| outside.peer.clone());
    let peer = peer.ok_or_else(|| anyhow::anyhow!("没有写主程序的地址，请加上 --peer http://主机:8420"))?;
    Ok((outside, peer))
}

/// Asks once and says what was heard; with an address no configuration is needed.
///
/// # Errors
/// When the configuration has mistakes or names nobody, or the runtime cannot be started.
pub fn ask_once(path: &Path, peer: Option<String>) -> anyhow::Result<Heard> {
    let peer = match peer {
        Some(peer) => peer,
        None => read(path, None)?.1,
    };
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(ask(&peer)))
}

/// The alert room over a watcher's eye, and where it keeps what it has still to say; nothing looks before its loops are run.
///
/// # Errors
/// When the calendar is damaged or the store cannot be opened.
pub async fn station(outside: Outside, peer: String, clock: &SharedClock) -> anyhow::Result<(Arc<Alerter>, Arc<dyn Store>)> {
    let mut calendar = Calendar::embedded()?;
    if let Some(folder) = &outside.calendar {
        calendar = calendar.with_folder(folder)?;
    }
    let store: Arc<dyn Store> = Arc::new(JournalStore::open(&outside.state, crate::store::Settings::default(), clock.now())?);
    let hours = telling::hours(&outside.alert, calendar);
    let eye = OutsideEye::new(peer, outside.every, hours.clone());
    let settings = Settings { office: outside.office, alert: outside.alert, hours };
    let alerter = Alerter::open(settings, Arc::new(eye), Arc::clone(&store), Arc::clone(clock)).await?;
    Ok((alerter, store))
}

/// Watches until SIGTERM or SIGINT. Answers the exit code.
///
/// # Errors
/// When the configuration has mistakes, or store, log or runtime cannot be started.
pub fn watch(path: &Path, peer: Option<String>) -> anyhow::Result<u8> {
    let (outside, peer) = read(path, peer)?;
    let clock: SharedClock = Arc::new(SystemClock);
    crate::telemetry::start(LogFormat::Text, tracing::Level::INFO, Arc::clone(&clock))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut asked = Asked::listen()?;
        let (alerter, store) = station(outside, peer, &clock).await?;
        let stop = Stop::new();
        alerter.signals().iter().for_each(|signal| stop.wakes(signal));
        let (looking, sending) = (Arc::clone(&stop), Arc::clone(&stop));
        #[expect(clippy::disallowed_methods, reason = "it is awaited below, and its failure ends the watcher")]
        let look = tokio::spawn(Arc::clone(&alerter).watch(|_| {}, move || looking.decided()));
        #[expect(clippy::disallowed_methods, reason = "it is awaited below, and its failure ends the watcher")]
        let send = tokio::spawn(alerter.send(|_| {}, move || sending.decided()));
        asked.heard().await;
        stop.decide();
        look.await??;
        send.await??;
        store.close().await?;
        Ok(0)
    })
}
