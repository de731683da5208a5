//! The story, evening by evening: people come and mend, the platform goes away and returns, and dangri does the rest by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use chrono::Duration;
use tokio::sync::watch;

use super::{
    eyes::{self, Eyes, Happening},
    face::Face,
    stage::Stage,
    view::weekday,
    week::{Evening, Planned},
};
use crate::{
    clock::{Clock as _, SystemClock},
    document::{DocumentId, State, Timestamp},
    status::{text::Colour, words},
    store::StoreError,
};

/// So many times as fast as the wall's runs the clock when nothing special is to be seen.
const PACE: u32 = 600;

/// Real time between two looks, in milliseconds: about twelve a second.
const LOOK: i64 = 80;

/// How long an author takes to mend a draft, by the demo's clock.
const MENDING: Duration = Duration::minutes(22);

/// How long an evening may take in real time, in seconds, before the story goes on without what is missing; and each one after that, so
/// that it all ends within two minutes even then.
const PATIENCE: [i64; 2] = [30, 20];

/// Why the story ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Off,
    /// The daemon ended by itself.
    #[error("the daemon ended")]
    Ended,
    /// Nobody reads on, or the folder cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What happens at a moment that is known beforehand.
enum Act {
    /// A draft comes.
    Put(Planned),
    /// Its author has mended it.
    Mend(Planned),
    /// The platform goes away.
    Down,
    /// It is back.
    Up,
}

/// A story that is being shown.
pub(super) struct Performance<'o> {
    /// Where it is set.
    pub stage: Stage,
    /// Who looks.
    pub eyes: Eyes,
    /// Where it is shown.
    pub face: Face<'o>,
    /// How many times as fast as usual it is shown.
    pub speed: u32,
    /// Set when somebody wants it to end.
    pub off: watch::Receiver<bool>,
    /// What did not come to its end in time.
    pub troubles: Vec<String>,
    down: bool,
    /// Versions in the folder that the books do not know yet, each with the record that stood at its path before.
    unread: BTreeMap<String, Option<DocumentId>>,
}

impl<'o> Performance<'o> {
    /// One that has not begun.
    pub(super) fn new(stage: Stage, eyes: Eyes, face: Face<'o>, speed: u32, off: watch::Receiver<bool>) -> Self {
        Self { stage, eyes, face, speed, off, troubles: Vec::new(), down: false, unread: BTreeMap::new() }
    }

    /// Plays all evenings.
    ///
    /// # Errors
    /// [`Broken`] when it does not come to its end.
    pub(super) async fn play(&mut self, evenings: &[Evening]) -> Result<(), Broken> {
        for evening in evenings {
            self.night(evening.at).await?;
            self.evening(evening).await?;
            self.rest(1_000).await?;
        }
        self.eyes.picture.caption = "一周演完了".into();
        self.stage.clock.set_pace(1);
        self.rest(1_200).await
    }

    /// Shows for so many milliseconds of the onlooker's time.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) async fn rest(&mut self, ms: i64) -> Result<(), Broken> {
        let until = SystemClock.now().plus(Duration::milliseconds(ms / i64::from(self.speed)));
        loop {
            self.look().await?;
            if SystemClock.now() >= until {
                return Ok(());
            }
        }
    }

    /// Waits a moment, looks, and shows.
    async fn look(&mut self) -> Result<(), Broken> {
        let soon = SystemClock.now().plus(Duration::milliseconds((LOOK / i64::from(self.speed)).max(20)));
        tokio::select! {
            () = SystemClock.sleep_until(soon) => {}
            _ = self.off.wait_for(|off| *off) => return Err(Broken::Off),
        }
        if self.stage.daemon.stopping().decided() {
            return Err(Broken::Ended);
        }
        self.eyes.look(&self.stage).await?;
        let latest = &self.eyes.latest;
        self.unread.retain(|path, before| latest.get(path).map(|record| record.id()) == *before);
        self.eyes.picture.unread = self.unread.len();
        self.face.show(&self.eyes.picture)?;
        Ok(())
    }

    /// Leaps to `until` by way of midnight and morning. The clock stands still while what is under way ends, so that nobody's question
    /// and answer lie hours apart.
    async fn night(&mut self, until: Timestamp) -> Result<(), Broken> {
        let first = self.eyes.picture.placed.0 == 0;
        self.eyes.picture.caption = if first { "三个检查组快回来了" } else { "今天办完了，下一个傍晚见" }.into();
        let midnight = |days| Timestamp::start_of(until.beijing_day()).plus(Duration::days(days));
        let ways = [midnight(0), midnight(0).plus(Duration::minutes(7 * 60 + 8)), midnight(0).plus(Duration::hours(13)), until];
        for moment in ways {
            if moment <= self.stage.clock.now() {
                continue;
            }
            self.stage.clock.set_pace(0);
            self.rest(120).await?;
            self.stage.clock.leap(moment);
            self.stage.clock.set_pace(1);
            self.rest(300).await?;
        }
        Ok(())
    }

    async fn evening(&mut self, evening: &Evening) -> Result<(), Broken> {
        let now = self.stage.clock.now();
        self.eyes.picture.caption = evening.caption.into();
        self.face.heading(&self.eyes.picture)?;
        let count = evening.drafts.len();
        self.say(format!("{}，三个检查组回来了，今天 {count} 份草稿陆续放进文件夹", weekday(now.beijing_day())));
        let mut acts: BTreeMap<(Timestamp, usize), Act> = BTreeMap::new();
        acts.extend((0..).zip(&evening.drafts).map(|(nth, planned)| ((planned.at, nth), Act::Put(planned.clone()))));
        if let Some(outage) = evening.outage {
            acts.insert((outage.from, count), Act::Down);
            acts.insert((outage.until, count), Act::Up);
        }
        let mut mending = BTreeSet::new();
        let patience = SystemClock.now().plus(Duration::seconds(PATIENCE[usize::from(!self.troubles.is_empty())]));
        loop {
            while let Some(first) = acts.first_entry().filter(|first| first.key().0 <= self.stage.clock.now()) {
                self.perform(first.remove()).await?;
            }
            self.look().await?;
            for (nth, planned) in evening.drafts.iter().enumerate() {
                if planned.mended.is_some() && self.came_back(planned) && mending.insert(nth) {
                    acts.insert((self.stage.clock.now().plus(MENDING), nth), Act::Mend(planned.clone()));
                }
            }
            let done = acts.is_empty() && evening.drafts.iter().all(|planned| self.is_done(planned));
            if done {
                return Ok(());
            }
            if SystemClock.now() > patience {
                self.troubles.push(format!("{} 的文书没有在预计的时间里办完", evening.day.format("%-m月%-d日")));
                if self.down {
                    self.perform(Act::Up).await?;
                }
                return Ok(());
            }
            self.keep_pace();
        }
    }

    async fn perform(&mut self, act: Act) -> io::Result<()> {
        match act {
            Act::Put(planned) => {
                self.stage.put(&planned.path, &planned.draft.bytes)?;
                self.unread.insert(planned.path, None);
                self.eyes.picture.placed.0 += 1;
            }
            Act::Mend(planned) => {
                let before = self.eyes.latest.get(&planned.path);
                let name = before.map_or_else(|| planned.path.clone(), eyes::name);
                self.unread.insert(planned.path.clone(), before.map(|record| record.id()));
                self.stage.put(&planned.path, planned.mended.as_deref().unwrap_or_default())?;
                self.say(format!("经办人按说明改好并保存：{name}"));
            }
            Act::Down => {
                self.down = true;
                self.stage.mock.refuse_connections().await;
                self.say("平台突然连不上了（演示安排的中断）".into());
            }
            Act::Up => {
                self.down = false;
                self.stage.mock.accept_connections().await;
                let left = Timestamp::start_of(self.stage.clock.now().beijing_day()).plus(Duration::hours(24));
                let left = words::span(left.since(self.stage.clock.now()));
                self.say(format!("平台又能连上了，离截止还有 {left}"));
            }
        }
        Ok(())
    }

    fn say(&mut self, text: String) {
        let at = self.stage.clock.now();
        self.eyes.picture.tell(Happening { at, colour: Colour::Grey, word: "旁白", kind: String::new(), text });
    }

    /// Whether a draft lies there with its note, waiting for its author.
    fn came_back(&self, planned: &Planned) -> bool {
        let back = |record: &crate::document::Record| matches!(record.state, State::Unfit | State::Returned);
        self.eyes.latest.get(&planned.path).is_some_and(back) && self.stage.note(&planned.path).is_some()
    }

    /// Whether nothing more will happen to a draft by itself.
    fn is_done(&self, planned: &Planned) -> bool {
        let noted = self.stage.note(&planned.path).is_some();
        match self.eyes.latest.get(&planned.path).map(|record| record.state) {
            Some(State::Entered) => !noted,
            Some(State::Unfit) => noted && planned.mended.is_none(),
            _ => false,
        }
    }

    /// Slower when there is something to see, and near the cut-off: the story must not be late only because the machine is busy.
    fn keep_pace(&mut self) {
        let now = self.stage.clock.now();
        let left = Timestamp::start_of(now.beijing_day()).plus(Duration::hours(24)).since(now);
        let doubt = !self.down && self.eyes.picture.count(&[State::Unsure]) > 0;
        let pace = match left.num_minutes() {
            ..8 => 4,
            8..25 => PACE / 20 * self.speed,
            _ if doubt => PACE / 6 * self.speed,
            25..60 => PACE / 3 * self.speed,
            _ => PACE * self.speed,
        };
        if self.stage.clock.pace() != pace {
            self.stage.clock.set_pace(pace);
        }
    }
}
