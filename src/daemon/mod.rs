//! The wiring: the only room that names the concrete store, platform and clock, and knows every other.
//!
//! ```text
//! folder ─► Intake ─► Queue ─► Uploader ─► Settler ─► Reconciler
//!                       │          └──────── Gate ────────┘
//!                     Store          Writer (notes) · Recur (cron) · Pulse (vitals, watchdog) · control socket
//! ```
//! A loop that fails ends the daemon: it is started again by the service manager, and recovery is the ordinary way in.

mod build;
mod desk;
mod intake;
mod notes;
mod pulse;
mod recur;
mod stop;
mod upkeep;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use chrono::Duration;
use tokio::task::JoinSet;

use crate::{
    clock::{SharedClock, Signal, SystemClock},
    config::{self, Config},
    control::Server,
    document::Timestamp,
    platform::FileExchangeLog,
    queue::{Queue, QueueSettings},
    reconcile::{Pace, Reconciler, Told},
    status::{Beat, Vitals},
    store::{Store, StoreError},
    upload::{Settler, Shared, Uploader, gate::Gate},
};

pub use build::{Parts, StartError};
pub use stop::Stop;

/// How long what is under way may take to end after the decision to stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

/// The platform's feed is read this seldom while nothing is on its way.
const FEED_IDLE: Duration = Duration::minutes(5);

/// A daemon at work.
pub struct Running {
    stop: Arc<Stop>,
    loops: JoinSet<(&'static str, Result<(), StoreError>)>,
    store: Arc<dyn Store>,
    /// The queue, for operators.
    pub queue: Arc<Queue>,
    /// What can be seen.
    pub vitals: Arc<Vitals>,
    pulse: Arc<pulse::Pulse>,
    gate: Arc<Mutex<Gate>>,
    uploads: Arc<Signal>,
    looks: Arc<Signal>,
    exchanges: Arc<FileExchangeLog>,
}

/// Runs `dangri run`: until SIGTERM or SIGINT, or until the store fails. Answers the exit code of operators' manual B5.
///
/// # Errors
/// When the runtime or the log cannot be started.
pub fn run(path: &Path) -> anyhow::Result<u8> {
    let config = match config::load(path) {
        Ok(config) => config,
        Err(problems) => {
            problems.print(path, &mut std::io::stderr())?;
            return Ok(2);
        }
    };
    let clock: SharedClock = Arc::new(SystemClock);
    crate::telemetry::start(config.log.format, config.log.level, Arc::clone(&clock))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match Running::open(config, clock).await {
            Ok(running) => Ok(running.until_signalled().await),
            Err(error) => Ok(error.told()),
        }
    })
}

/// A beat of `name`, into the vitals.
fn beating(vitals: &Arc<Vitals>, name: &'static str, label: &'static str) -> impl Fn(Timestamp) + Send + use<> {
    let vitals = Arc::clone(vitals);
    let beat = Beat { name, label, longest_silence: Duration::minutes(5) };
    move |at| vitals.beat(beat, at)
}

impl Running {
    /// Opens everything that `config` names and starts.
    ///
    /// # Errors
    /// [`StartError`] with what to tell people and the exit code.
    pub async fn open(config: Config, clock: SharedClock) -> Result<Self, StartError> {
        let parts = build::parts(&config, &clock)?;
        Self::start(config, clock, parts).await
    }

    /// Starts over parts that were opened before.
    ///
    /// # Errors
    /// [`StartError`] with what to tell people and the exit code.
    pub async fn start(config: Config, clock: SharedClock, parts: Parts) -> Result<Self, StartError> {
        let Parts { store: journal, platform, checker, watcher, notes, profile, exchanges, opened } = parts;
        let store: Arc<dyn Store> = Arc::clone(&journal) as _;
        let stop = Stop::new();
        let vitals = build::vitals(&config, &profile, clock.now());
        let queue = Arc::new(Queue::new(Arc::clone(&store), Arc::clone(&clock), settings(&config, &profile)));
        let doubts = queue.recover().await?;
        if doubts > 0 || opened.rebuilt.is_some() {
            tracing::warn!(documents = doubts, rebuilt = opened.rebuilt, "recovered from an end that was not clean");
        }
        let gate = Arc::new(Mutex::new(Gate::default()));
        let shared = Shared::new(Arc::clone(&queue), Arc::clone(&platform), Arc::clone(&clock), Arc::clone(&gate));
        let (follow, looks, ticks, recurs) = (Signal::new(&clock), Signal::new(&clock), Signal::new(&clock), Signal::new(&clock));
        let archive = !matches!(config.folder.after_entry, config::AfterEntry::Leave);
        let board = notes::Board::new(&clock, config.folder.receipt_files, archive);
        let told: Told = {
            let board = Arc::clone(&board);
            Arc::new(move |record| board.tell(record))
        };
        let signals = [&shared.wake(), &shared.settling(), &follow, &looks, &ticks, &recurs, board.signal()];
        signals.iter().for_each(|signal| stop.wakes(signal));

        let mut loops = JoinSet::new();
        let stopping = || {
            let stop = Arc::clone(&stop);
            move || stop.decided()
        };
        let uploader = Uploader::new(Arc::clone(&shared), config.upload.at_once.get());
        let (beat, ends) = (beating(&vitals, "upload", "上传"), stopping());
        loops.spawn(async move { ("upload", uploader.run(beat, ends).await) });
        let settler = Settler::new(Arc::clone(&shared), Arc::clone(&follow), Arc::clone(&told));
        let (beat, ends) = (beating(&vitals, "settle", "登记结果"), stopping());
        loops.spawn(async move { ("settle", settler.run(beat, ends).await) });
        let pace = Pace { feed_every: config.platform.results, feed_idle: FEED_IDLE, at_once: config.upload.at_once.get() };
        let reconciler = Reconciler::new(Arc::clone(&queue), Arc::clone(&platform), Arc::clone(&clock), pace, told, shared.wake());
        let (beat, ends) = (beating(&vitals, "follow", "核实录入"), stopping());
        let follow_signal = Arc::clone(&follow);
        loops.spawn(async move { ("follow", reconciler.run(follow, beat, ends).await) });
        let writer = notes::Writer::new(Arc::clone(&board), Arc::clone(&queue), notes, Arc::clone(&checker), Arc::clone(&clock));
        let (beat, ends) = (beating(&vitals, "notes", "写退回说明"), Arc::clone(&stop));
        loops.spawn(async move { ("notes", writer.run(beat, ends).await) });
        let intake = intake::Intake::new(
            &config,
            Arc::clone(&queue),
            Arc::clone(&checker),
            watcher,
            Arc::clone(&board),
            Arc::clone(&vitals),
            &clock,
        );
        let (beat, ends, wake, signal) = (beating(&vitals, "sweep", "巡视目录"), Arc::clone(&stop), shared.wake(), Arc::clone(&looks));
        loops.spawn(async move { ("sweep", intake.run(signal, wake, beat, ends).await) });
        let pulse = Arc::new(pulse::Pulse {
            vitals: Arc::clone(&vitals),
            gate: Arc::clone(&gate),
            platform: Arc::clone(&platform),
            state: config.state.clone(),
            clock: Arc::clone(&clock),
            at_once: config.upload.at_once.get(),
        });
        let (beater, ends) = (Arc::clone(&pulse), Arc::clone(&stop));
        loops.spawn(async move {
            beater.run(ends, ticks).await;
            ("pulse", Ok(()))
        });
        let keeper = upkeep::Keeper::new(journal, Arc::clone(&clock), Arc::clone(&vitals));
        let mut tasks = build::recurring(&config, &platform, &vitals, &checker);
        tasks.extend(keeper.recurring(&config));
        let (beat, ends) = (beating(&vitals, "recur", "定时任务"), Arc::clone(&stop));
        let (facts, time) = (Arc::clone(&store), Arc::clone(&clock));
        loops.spawn(async move { ("recur", recur::run(tasks, facts, time, recurs, beat, ends).await) });
        let wakes = [shared.wake(), Arc::clone(&looks), Arc::clone(&follow_signal)];
        let desk = desk::desk(&config, &queue, &vitals, &pulse, wakes, &gate, Arc::clone(&keeper) as _);
        let server = Server::bind(&config.control_socket, Arc::new(desk), Arc::clone(&clock))
            .map_err(|error| StartError::Machine { what: "打开控制接口", error })?;
        let ends = Arc::clone(&stop);
        loops.spawn(async move {
            server.run(async move { ends.wait().await }).await;
            ("control", Ok(()))
        });
        Ok(Self { stop, loops, store, queue, vitals, pulse, gate, uploads: shared.wake(), looks, exchanges })
    }

    /// Asks every loop to end.
    pub fn stop(&self) {
        self.stop.decide();
    }

    /// The decision to stop, for those who must hear of it.
    pub fn stopping(&self) -> Arc<Stop> {
        Arc::clone(&self.stop)
    }

    /// Puts what is known this moment into the vitals.
    pub fn refresh(&self) {
        self.pulse.refresh();
    }

    /// A person says that the platform is mended, or that something should go on now.
    pub fn look_again(&self, now: Timestamp) {
        self.gate.lock().unwrap_or_else(std::sync::PoisonError::into_inner).look_again(now);
        self.uploads.raise();
        self.looks.raise();
    }

    /// Waits until every loop has ended; the first that fails ends the others. What is still under way after the grace is recorded as it
    /// stands: Sending, and therefore looked up at the next start. Answers the exit code.
    pub async fn ended(mut self) -> u8 {
        let mut code = 0;
        let mut open: BTreeMap<&str, ()> = BTreeMap::new();
        loop {
            let next = if self.stop.decided() {
                tokio::time::timeout(GRACE, self.loops.join_next()).await.unwrap_or_else(|_| {
                    tracing::warn!("what was under way did not end in time; it will be looked up at the next start");
                    None
                })
            } else {
                tokio::select! { next = self.loops.join_next() => next, () = self.stop.wait() => continue }
            };
            match next {
                None => break,
                Some(Ok((name, Ok(())))) => drop(open.insert(name, ())),
                Some(Ok((name, Err(error)))) => {
                    tracing::error!(task = name, %error, "a loop ended because the store failed; the daemon ends");
                    code = 74;
                    self.stop.decide();
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "a loop broke; the daemon ends");
                    code = 1;
                    self.stop.decide();
                }
            }
        }
        self.loops.abort_all();
        self.exchanges.close();
        if let Err(error) = self.store.close().await {
            tracing::error!(%error, "the store did not close cleanly");
            code = 74;
        }
        code
    }

    /// Ends as a killed process does: every loop is dropped where it stands and nothing is finished. For tests of what the next start finds.
    pub async fn crash(mut self) {
        self.loops.shutdown().await;
        self.exchanges.close();
    }

    async fn until_signalled(self) -> u8 {
        use tokio::signal::unix::{SignalKind, signal};
        pulse::feed(&[sd_notify::NotifyState::Ready]);
        let stop = Arc::clone(&self.stop);
        let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
            tracing::error!("signals cannot be received");
            stop.decide();
            return self.ended().await.max(1);
        };
        let ending = self.ended();
        tokio::pin!(ending);
        tokio::select! {
            code = &mut ending => return code,
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; finishing what is under way");
        pulse::feed(&[sd_notify::NotifyState::Stopping]);
        stop.decide();
        ending.await
    }
}

fn settings(config: &Config, profile: &crate::platform::Profile) -> QueueSettings {
    let seconds = |secs: u64| Duration::seconds(i64::try_from(secs).unwrap_or(i64::MAX / 1_000));
    let day = chrono::NaiveDate::default();
    QueueSettings {
        sender_uscc: config.office.uscc.clone(),
        visibility_delay: seconds(profile.limits.visibility_delay_secs),
        ask_after: Duration::seconds(60),
        cut_off: config.day.cut_off.on(day).since(Timestamp::start_of(day)),
        upload_penalties: config.upload.penalty_lane == config::PenaltyLane::Upload,
    }
}
