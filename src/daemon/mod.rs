//! The wiring: the only room that names the concrete store, platform and clock, and knows every other.
//!
//! ```text
//! folder ─► Intake ─► Queue ─► Uploader ─► Settler ─► Reconciler
//!                       │          └─── Gate ◄─ Prober ───┘
//!                     Store          Writer (notes) · Recur (cron) · Pulse (vitals, watchdog) · control socket
//! ```
//! A loop that fails ends the daemon: it is started again by the service manager, and recovery is the ordinary way in.

mod build;
mod day;
mod desk;
mod intake;
mod judges;
mod listen;
mod notes;
mod outside;
mod publicity;
mod pulse;
mod recheck;
mod recur;
mod sources;
mod stop;
mod telling;
mod upkeep;

use std::{future::Future, path::Path, sync::Arc, task::Poll};

use chrono::Duration;
use tokio::task::JoinSet;

use crate::{
    alert::{Alerter, OfficeEye},
    clock::{SharedClock, Signal, SystemClock, Work},
    config::{self, Config},
    day::book::DayBook,
    document::Timestamp,
    platform::{FileExchangeLog, Gated, SharedGate, gate::Prober},
    publication::clock::Reminder,
    queue::{Queue, QueueSettings, Told},
    reconcile::{Pace, Reconciler},
    status::{Beat, Vitals},
    store::{Store, StoreError},
    upload::{Settler, Shared, Uploader},
};

pub use build::{Parts, StartError, rehearse};
pub use outside::{ask_once, station, watch};
pub use stop::Stop;

/// How long what is under way may take to end after the decision to stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(8);

/// The platform's feed is read this seldom while nothing is on its way.
const FEED_IDLE: Duration = Duration::minutes(5);

/// A daemon at work.
pub struct Running {
    stop: Arc<Stop>,
    publicist: Arc<publicity::Publicist>,
    loops: JoinSet<(&'static str, Result<(), StoreError>)>,
    store: Arc<dyn Store>,
    /// The queue, for operators.
    pub queue: Arc<Queue>,
    /// What can be seen.
    pub vitals: Arc<Vitals>,
    /// The day's book.
    pub book: Arc<DayBook>,
    pulse: Arc<pulse::Pulse>,
    gate: Arc<SharedGate>,
    uploads: Arc<Signal>,
    looks: Arc<Signal>,
    exchanges: Arc<FileExchangeLog>,
    /// The alerts.
    pub alerts: Arc<Alerter>,
    /// What sees for them; further rooms are handed to it.
    pub eye: Arc<OfficeEye>,
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
        let asked = stop::Asked::listen()?;
        match Running::open(config, clock).await {
            Ok(running) => Ok(running.until_asked(asked).await),
            Err(error) => Ok(error.told()),
        }
    })
}

/// The loops as they are started.
struct Loops {
    stop: Arc<Stop>,
    running: JoinSet<(&'static str, Result<(), StoreError>)>,
    /// Raised when the daemon is to stop.
    signals: Vec<Arc<Signal>>,
    clock: SharedClock,
    vitals: Arc<Vitals>,
}

/// Where a loop shows that it is alive.
type Beats = Box<dyn Fn(Timestamp) + Send + Sync>;

impl Loops {
    fn new(clock: &SharedClock, vitals: &Arc<Vitals>) -> Self {
        let (clock, vitals) = (Arc::clone(clock), Arc::clone(vitals));
        Self { stop: Stop::new(), running: JoinSet::new(), signals: Vec::new(), clock, vitals }
    }

    /// A signal that is also raised when the daemon is to stop.
    fn signal(&mut self) -> Arc<Signal> {
        let signal = Signal::new(&self.clock);
        self.signals.push(Arc::clone(&signal));
        signal
    }

    /// Starts a loop that beats under `name`.
    fn run<F>(&mut self, name: &'static str, label: &'static str, begin: impl FnOnce(Beats, Arc<Stop>) -> F)
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let vitals = Arc::clone(&self.vitals);
        let beat = Beat { name, label, longest_silence: Duration::minutes(5) };
        let beats: Beats = Box::new(move |at| vitals.beat(beat, at));
        let ended = begin(beats, Arc::clone(&self.stop));
        // It counts as at work from now on and not from when the runtime gets round to it: then it counts itself.
        let work = Work::begin(&self.clock);
        self.running.spawn(async move {
            let mut ended = std::pin::pin!(ended);
            let first = std::future::poll_fn(|context| Poll::Ready(ended.as_mut().poll(context))).await;
            drop(work);
            match first {
                Poll::Ready(end) => (name, end),
                Poll::Pending => (name, ended.await),
            }
        });
    }

    /// The loop that finds out when a platform that counts as down is back.
    fn probe(&mut self, gate: &Arc<SharedGate>, prober: Prober) {
        self.signals.push(gate.probing());
        self.run("probe", "探测平台", |beat, stop| async move {
            prober.run(beat, move || stop.decided()).await;
            Ok(())
        });
    }

    /// The loops that move documents: upload, settle, follow. Answers the signal that makes the last look again.
    fn move_documents(
        &mut self,
        config: &Config,
        queue: &Arc<Queue>,
        platform: &Arc<Gated>,
        shared: &Arc<Shared>,
        (board, publicist): (&Arc<notes::Board>, &Arc<publicity::Publicist>),
    ) -> Arc<Signal> {
        let told: Told = {
            let (board, publicist) = (Arc::clone(board), Arc::clone(publicist));
            Arc::new(move |record| {
                board.tell(record);
                publicist.told(record);
            })
        };
        let at_once = config.upload.at_once.get();
        let follow = self.signal();
        platform.gate().wakes(&follow);
        self.signals.extend([shared.wake(), shared.settling()]);
        let uploader = Uploader::new(Arc::clone(shared), at_once);
        self.run("upload", "上传", |beat, stop| uploader.run(beat, move || stop.decided()));
        let settler = Settler::new(Arc::clone(shared), Arc::clone(&follow), Arc::clone(&told));
        self.run("settle", "登记结果", |beat, stop| settler.run(beat, move || stop.decided()));
        let pace = Pace { feed_every: config.platform.results, feed_idle: FEED_IDLE, at_once };
        let reconciler = Reconciler::new(Arc::clone(queue), Arc::clone(platform), Arc::clone(&self.clock), pace, told, shared.wake());
        let signal = Arc::clone(&follow);
        self.run("follow", "核实录入", |beat, stop| reconciler.run(signal, beat, move || stop.decided()));
        follow
    }

    /// The loop that compares decisions with what the platform has published.
    fn follow_publications(
        &mut self,
        config: &Config,
        queue: &Arc<Queue>,
        platform: &Arc<Gated>,
    ) -> Result<Arc<publicity::Publicist>, StartError> {
        let follower = build::follower(config, queue, platform)?;
        let signal = self.signal();
        let publicist = publicity::Publicist::new(config, follower, &self.clock, &self.vitals, signal);
        let publicity = Arc::clone(&publicist);
        self.run("publicity", "核对公示", |beat, stop| publicity.run(beat, stop));
        Ok(publicist)
    }
}

impl Running {
    /// Opens everything that `config` names and starts.
    ///
    /// # Errors
    /// [`StartError`] with what to tell people and the exit code.
    pub async fn open(config: Config, clock: SharedClock) -> Result<Self, StartError> {
        let parts = build::parts(&config, &clock)?;
        let (version, folder) = (env!("CARGO_PKG_VERSION"), config.folder.path.display());
        let address = config.platform.base_url.as_deref().unwrap_or(&parts.profile.address);
        tracing::info!(version, %folder, platform.address = address, "the daemon is at work");
        Self::start(config, clock, parts).await
    }

    /// Starts over parts that were opened before.
    ///
    /// # Errors
    /// [`StartError`] with what to tell people and the exit code.
    pub async fn start(config: Config, clock: SharedClock, parts: Parts) -> Result<Self, StartError> {
        let Parts { store: journal, vitals, platform, checker, watcher, notes, profile, exchanges, opened } = parts;
        let store: Arc<dyn Store> = Arc::clone(&journal) as _;
        let queue = Arc::new(Queue::new(Arc::clone(&store), Arc::clone(&clock), settings(&config, &profile)));
        let doubts = queue.recover().await?;
        if doubts > 0 || opened.rebuilt.is_some() {
            tracing::warn!(count = doubts, rebuilt = opened.rebuilt, "recovered from an end that was not clean");
        }
        let book = day::book(&config, &store, &clock, &checker).await?;
        let gate = SharedGate::new(&clock);
        let prober = Prober::new(Arc::clone(&gate), Arc::clone(&platform));
        let platform = Gated::new(platform, Arc::clone(&gate));
        let shared = Shared::new(Arc::clone(&queue), Arc::clone(&platform), Arc::clone(&clock));
        let archive = !matches!(config.folder.after_entry, config::AfterEntry::Leave);
        let board = notes::Board::new(&clock, config.folder.receipt_files, archive);
        let mut loops = Loops::new(&clock, &vitals);
        loops.probe(&gate, prober);
        let looks = Signal::new(&clock);
        let publicist = loops.follow_publications(&config, &queue, &platform)?;
        let follow = loops.move_documents(&config, &queue, &platform, &shared, (&board, &publicist));
        loops.signals.extend([Arc::clone(&looks), Arc::clone(board.signal())]);
        let writer =
            notes::Writer::new(Arc::clone(&board), Arc::clone(&queue), Arc::clone(&notes), Arc::clone(&checker), Arc::clone(&clock));
        loops.run("notes", "写退回说明", |beat, stop| writer.run(beat, stop));
        let keeper = upkeep::Keeper::new(journal, &config.state, Arc::clone(&clock), Arc::clone(&vitals));
        let guard = recheck::Guard::new(&store, &platform, &checker, &vitals, &clock);
        guard.resume().await?;
        let mut tasks = guard.recurring(&config);
        tasks.extend(keeper.recurring(&config));
        tasks.extend(publicist.recurring(&config));
        let recurs = loops.signal();
        let (facts, time) = (Arc::clone(&store), Arc::clone(&clock));
        loops.run("recur", "定时任务", |beat, stop| recur::run(tasks, facts, time, recurs, beat, stop));
        let intake = intake::Intake::new(
            &config,
            Arc::clone(&queue),
            (Arc::clone(&checker), Arc::clone(&book)),
            watcher,
            Arc::clone(&board),
            Arc::clone(&vitals),
        );
        let (signal, onward) = (Arc::clone(&looks), intake::Onward { upload: shared.wake(), follow: Arc::clone(&follow) });
        loops.run("sweep", "巡视目录", |beat, stop| intake.run(signal, onward, beat, stop));
        let pulse = Arc::new(pulse::Pulse {
            vitals: Arc::clone(&vitals),
            platform,
            state: config.state.clone(),
            clock: Arc::clone(&clock),
            at_once: config.upload.at_once.get(),
        });
        let (beater, ticks) = (Arc::clone(&pulse), loops.signal());
        loops.run("pulse", "自检", |_, stop| beater.run(stop, ticks));
        let (watch, ticks) = (day::Watch::new(Arc::clone(&book), Arc::clone(&pulse)), loops.signal());
        loops.run("day", "看当日", |beat, stop| watch.run(beat, stop, ticks));
        let reports = build::reports(&config, &store, &checker);
        telling::show_in_folder(&mut loops, &store, &pulse, &notes);
        let (users, audit) = listen::people(&config, &store, &clock).await?;
        let (alerts, eye) = telling::begin(&mut loops, &config, &store, &pulse, (&reports, &book, &publicist, &audit)).await?;
        let wakes = [shared.wake(), Arc::clone(&looks), follow];
        let seams = (keeper as _, &alerts, Arc::clone(&publicist) as _);
        let books = (reports, Arc::clone(&book), Arc::clone(&users), Arc::clone(&audit));
        let desk = desk::desk(&config, &queue, &pulse, (wakes, board), seams, books);
        listen::begin(&mut loops, &config, Arc::new(desk), (users, audit), (&store, &pulse))?;
        let Loops { stop, running, signals, .. } = loops;
        signals.iter().for_each(|signal| stop.wakes(signal));
        let uploads = shared.wake();
        Ok(Self { stop, publicist, loops: running, store, queue, vitals, book, pulse, gate, uploads, looks, exchanges, alerts, eye })
    }

    /// What people must be reminded of about the publication of decisions, as it stood at the last reckoning.
    pub fn publication_reminders(&self) -> Vec<Reminder> {
        self.publicist.reminders(self.queue.clock().now())
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
    pub fn look_again(&self) {
        self.gate.look_again();
        self.uploads.raise();
        self.looks.raise();
    }

    /// Waits until every loop has ended; the first that fails ends the others. What is still under way after the grace is recorded as it
    /// stands: Sending, and therefore looked up at the next start. Answers the exit code.
    pub async fn ended(mut self) -> u8 {
        let mut code = 0;
        let stop = Arc::clone(&self.stop);
        // One grace for all of them, from the decision on, not one for each.
        let mut over = std::pin::pin!(async move {
            stop.wait().await;
            // Real time: whoever told the process to stop waits in it.
            drop(tokio::time::timeout(GRACE, std::future::pending::<()>()).await);
        });
        loop {
            let next = tokio::select! {
                next = self.loops.join_next() => next,
                () = &mut over => {
                    tracing::warn!("what was under way did not end in time; it will be looked up at the next start");
                    None
                }
            };
            match next {
                None => break,
                Some(Ok((_, Ok(())))) => {}
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
    /// Answers once nothing holds the store any more, a thread in the middle of a judgement included, as nothing of a killed process does.
    pub async fn crash(mut self) {
        self.loops.shutdown().await;
        self.exchanges.close();
        let store = Arc::downgrade(&self.store);
        drop(self);
        while store.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn until_asked(self, mut asked: stop::Asked) -> u8 {
        pulse::feed(&[sd_notify::NotifyState::Ready]);
        let stop = Arc::clone(&self.stop);
        let ending = self.ended();
        tokio::pin!(ending);
        tokio::select! {
            code = &mut ending => return code,
            () = asked.heard() => {}
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
