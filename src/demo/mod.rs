//! `dangri demo`: the whole program at work before one's eyes, in about a minute, without touching anything of the office's.
//!
//! Folder, daemon, store and wire are the real ones; only the platform is the mock, the people are a plan ([`week`]), and the clock is fast.
//! The office's list of drawn enterprises is imported ([`drawn`]), alerts go to a robot of the mock's, days are closed and confirmed.
//! What is shown is read from the books ([`eyes`]); at the end the platform's own books decide whether all went well ([`closing`]).

mod bundle;
mod closing;
mod drawn;
mod eyes;
mod face;
mod stage;
mod story;
mod view;
mod visitors;
mod week;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

pub use bundle::unpack_profile;
use tokio::sync::watch;

use crate::{
    clock::{Clock as _, SystemClock},
    document::Timestamp,
    status::{Exit, text::Style},
};
use closing::Closing;
use eyes::Eyes;
use face::Face;
use stage::Stage;
use story::{Broken, Performance};

/// The fastest that it can be shown; beyond it, the machine's own time would be the longest part.
pub const FASTEST: u32 = 20;

/// How the demo is shown.
#[derive(Debug, Clone)]
pub struct Options {
    /// Goes on after the story until it is interrupted, so that the commands can be tried on it.
    pub keep: bool,
    /// How many times as fast as usual, 1 to [`FASTEST`].
    pub speed: u32,
    /// Where everything is put; a new temporary folder when `None`. It is left there.
    pub folder: Option<PathBuf>,
    /// Redrawn in place, on a terminal; else a line an event.
    pub live: bool,
    /// Colours and width of what is written line by line.
    pub style: Style,
}

/// Shows the demo to `out`. Answers the exit code: 0 only if every document that was taken is entered exactly once by the platform's books,
/// every unfit draft has its note, and nothing was late or stuck.
///
/// # Errors
/// When the folder cannot be furnished, a port cannot be had, or nobody reads on.
pub fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(show(options, out))
}

async fn show(options: &Options, out: &mut dyn Write) -> anyhow::Result<u8> {
    let began = SystemClock.now();
    let speed = options.speed.clamp(1, FASTEST);
    let plan = week::Plan::new(speed);
    let start = plan.evenings.first().map_or(Timestamp::from_millis(0), |evening| evening.at).plus(-chrono::Duration::minutes(5));
    let console = options.keep.then(visitors::address).transpose()?;
    let stage = Stage::set(home(options.folder.as_deref())?, start, &plan, console).await?;
    if !options.live {
        writeln!(out, "当日 dangri 演示：假平台、假文书，不碰真实数据；都在 {}", stage.home.display())?;
    }
    let eyes = Eyes::new(&stage, plan.total());
    let face = Face::begin(out, options.style, options.live)?;
    let mut performance = Performance::new(stage, eyes, face, speed, interrupts()?);
    let played = performance.play(&plan.evenings).await;
    let Performance { stage, eyes, mut face, troubles, off, .. } = performance;
    face.go_plain(eyes.picture.told)?;
    let code = match played {
        Ok(()) => {
            let closing = Closing::of(&stage, &eyes, &plan, troubles);
            closing.write(&stage, SystemClock.now().since(began), options.style, face.out())?;
            if let Some(day) = plan.outage_day() {
                closing::close_of(&stage.daemon.book.report(day, None).await?, options.style, face.out())?;
            }
            closing.places(&stage, face.out())?;
            if closing.troubles.is_empty() { Exit::Well } else { Exit::Failed }
        }
        Err(Broken::Off) => {
            writeln!(face.out(), "演示没有放完就结束了；放到一半的都留在 {}", stage.home.display())?;
            Exit::Failed
        }
        Err(Broken::Ended) => {
            writeln!(face.out(), "演示中断：程序自己停了，请把 {} 打包发给技术人员", stage.home.display())?;
            Exit::Failed
        }
        Err(Broken::Io(error)) => return Err(error.into()),
        Err(Broken::Store(error)) => return Err(error.into()),
    };
    let finished = code == Exit::Well;
    if finished && options.keep {
        stay(&stage, &eyes, face.out())?;
        if let Some(address) = console {
            visitors::invite(&stage, address, face.out()).await?;
        }
        let stage = go_on(stage, eyes, face, off).await?;
        return Ok(strike(stage, code).await);
    }
    if finished {
        writeln!(face.out(), "\n接着试：demo --keep 演完不停，可以自己放草稿、用 status、queue、doc 查看")?;
        writeln!(face.out(), "        demo --speed 3 放得快些；正式使用见 README.md")?;
    }
    Ok(strike(stage, code).await)
}

async fn strike(stage: Stage, code: Exit) -> u8 {
    let ended = stage.strike().await;
    if code == Exit::Well { ended } else { code.code() }
}

/// The folder of this demo: the one that was asked for, if it is empty, or a new one.
fn home(wanted: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(wanted) = wanted else {
        return Ok(tempfile::Builder::new().prefix("dangri-demo-").tempdir()?.keep());
    };
    std::fs::create_dir_all(wanted)?;
    anyhow::ensure!(std::fs::read_dir(wanted)?.next().is_none(), "{} 不是空目录，请换一个", wanted.display());
    Ok(std::path::absolute(wanted)?)
}

/// True from the first SIGINT or SIGTERM on.
fn interrupts() -> io::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (off, heard) = watch::channel(false);
    #[expect(clippy::disallowed_methods, reason = "it only waits for a signal, and has nothing that could fail")]
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = term.recv() => {} }
        off.send_replace(true);
        // The sender stays, so that who listens later hears of it too.
        off.closed().await;
    });
    Ok(heard)
}

/// Says what can be tried while it goes on.
fn stay(stage: &Stage, eyes: &Eyes, out: &mut dyn Write) -> io::Result<()> {
    let program = std::env::current_exe().map_or_else(|_| "dangri".to_owned(), |path| path.display().to_string());
    let config = stage.config();
    let number = closing::number(&eyes.records).unwrap_or_default();
    writeln!(out, "\n继续运行，按 Ctrl-C 结束。在另一个窗口里试：")?;
    let commands = ["status", "queue list", "plan show", "day 2023-04-12", "alert history"].map(str::to_owned);
    for command in commands.into_iter().chain([format!("doc '{number}'")]) {
        writeln!(out, "  {program} {command} --config {}", config.display())?;
    }
    writeln!(out, "  cp mocks/drafts/fit/*.xml {}/", stage.drafts().display())?;
    writeln!(out, "  {program} status --watch --config {}\n", config.display())?;
    out.flush()
}

/// Goes on, a line an event, ten times as fast as the wall's clock, until somebody ends it.
async fn go_on(stage: Stage, eyes: Eyes, face: Face<'_>, off: watch::Receiver<bool>) -> anyhow::Result<Stage> {
    stage.clock.set_pace(10);
    let mut performance = Performance::new(stage, eyes, face, 1, off);
    loop {
        match performance.rest(1_000).await {
            Ok(()) => {}
            Err(Broken::Off) => return Ok(performance.stage),
            Err(error) => return Err(error.into()),
        }
    }
}
