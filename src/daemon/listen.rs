//! The doors to people: the control socket and the console's port.

use std::{net::SocketAddr, sync::Arc};

use chrono::Duration;

use super::{
    Loops, StartError,
    pulse::Pulse,
    telling::{Fresh, freshness},
};
use crate::{
    audit::{AuditError, AuditLog},
    clock::{SharedClock, Work},
    config::Config,
    console::Console,
    control::{Handler, Server},
    store::Store,
    users::Users,
};

/// How often a listener that could not begin tries again.
const LISTEN_AGAIN: Duration = Duration::seconds(30);

/// The console's users, and the log of acts in the state folder.
///
/// # Errors
/// [`StartError`] when the log cannot be opened: who acts unseen must not begin.
pub(super) async fn people(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &SharedClock,
) -> Result<(Arc<Users>, Arc<AuditLog>), StartError> {
    let machine = |error| StartError::Machine { what: "打开审计日志", error };
    let opened = AuditLog::open(&config.state, Arc::clone(store), Arc::clone(clock)).await;
    let audit = opened.map_err(|error| match error {
        AuditError::Store(error) => error.into(),
        AuditError::Files(error) => machine(error),
        AuditError::Line(error) => machine(error.into()),
    })?;
    Ok((Arc::new(Users::new(Arc::clone(store), Arc::clone(clock))), Arc::new(audit)))
}

/// Opens the doors: the control socket, and the console's port where the configuration wants one.
///
/// # Errors
/// [`StartError`] when the socket cannot be had.
pub(super) fn begin(
    loops: &mut Loops,
    config: &Config,
    desk: Arc<dyn Handler>,
    (users, audit): (Arc<Users>, Arc<AuditLog>),
    (store, pulse): (&Arc<dyn Store>, &Arc<Pulse>),
) -> Result<(), StartError> {
    let server = Server::bind(&config.control_socket, Arc::clone(&desk), Arc::clone(&loops.clock))
        .map_err(|error| StartError::Machine { what: "打开控制接口", error })?;
    loops.run("control", "控制接口", |_, stop| async move {
        server.run(async move { stop.wait().await }).await;
        Ok(())
    });
    if let Some(address) = config.console.listen {
        let console = Console {
            picture: Arc::new(Fresh::new(store, pulse)),
            fresh: freshness(config),
            hosts: config.console.hosts.clone().into(),
            desk,
            users,
            audit,
            sessions: Arc::default(),
            clock: Arc::clone(&loops.clock),
        };
        listen(loops, address, console);
    }
    Ok(())
}

/// The loop that answers over HTTP.
fn listen(loops: &mut Loops, address: SocketAddr, console: Console) {
    let (signal, clock) = (loops.signal(), Arc::clone(&console.clock));
    loops.run("console", "网页", |beat, stop| async move {
        // A port that is taken stops no document; the watcher outside hears that nobody answers.
        let work = Work::begin(&clock);
        let listener = loop {
            beat(clock.now());
            match tokio::net::TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(error) => tracing::error!(%address, %error, "the console's port cannot be had; trying again"),
            }
            if stop.decided() {
                return Ok(());
            }
            work.rest(clock.now().plus(LISTEN_AGAIN), &signal).await;
        };
        drop(work);
        let ended = Arc::clone(&stop);
        let serving = console.serve(listener, async move { ended.wait().await });
        let mut serving = std::pin::pin!(serving);
        let work = Work::begin(&clock);
        loop {
            beat(clock.now());
            tokio::select! {
                served = &mut serving => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the console ended");
                    }
                    return Ok(());
                }
                () = work.rest(clock.now().plus(Duration::minutes(1)), &signal) => {}
            }
        }
    });
}
