//! The story, evening by evening: people come and mend, the platform goes away and returns, and dangri does the rest by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

use chrono::{Duration, NaiveDate};
use tokio::sync::watch;

use super::{
    drawn,
    eyes::{self, Eyes, Happening},
    face::Face,
    stage::Stage,
    view::weekday,
    week::{Evening, Planned},
};
use crate::{
    alert::{Kind, desk::Ask},
    clock::{Clock as _, SystemClock},
    day::book::Instruction,
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
const PATIENCE: [i64; 2] = [40, 20];

/// Who imports, confirms and gives reasons.
const OFFICE: &str = "办公室";

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
        self.import().await?;
        for evening in evenings {
            self.night(evening.at).await?;
            self.evening(evening).await?;
            self.rest(1_000).await?;
        }
        if let Some(last) = evenings.last() {
            self.night(Timestamp::start_of(last.day).plus(Duration::hours(33))).await?;
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

    /// The office reads the published list of drawn enterprises in, and is not told of what only the demo's clock brings about.
    async fn import(&mut self) -> Result<(), Broken> {
        let until = self.stage.clock.now().plus(Duration::days(30));
        for kind in [Kind::ClockSkew, Kind::Stalled] {
            let silence = Ask::Silence { what: kind.label().to_owned(), until, why: "演示的钟走得快，还会跳".to_owned() };
            if let Err(refusal) = self.stage.daemon.alerts.answer(silence, OFFICE).await {
                self.troubles.push(format!("{}没有静默：{refusal:?}", kind.label()));
            }
        }
        let bytes = std::fs::read(self.stage.home.join(drawn::FILE))?;
        let wanted = Instruction { file: drawn::FILE.to_owned(), keep: false, confirmed: false, dry_run: false };
        match self.stage.daemon.book.import_plan(&bytes, &wanted, OFFICE).await? {
            Ok(report) if report.applied => {
                let groups: BTreeSet<_> = report.difference.added.iter().map(|line| &line.group).collect();
                let text = format!("导入检查计划：{} 个检查组，{} 家企业（{}）", groups.len(), report.total, drawn::FILE);
                self.tell(Colour::Blue, "计划", text);
            }
            Ok(report) => self.troubles.push(format!("检查计划没有导入：{}", report.held_back)),
            Err(error) => self.troubles.push(format!("检查计划没有导入：{error}")),
        }
        Ok(())
    }

    /// A day that is over is read out.
    async fn close(&mut self, day: NaiveDate) -> Result<(), Broken> {
        let report = self.stage.daemon.book.report(day, None).await?;
        if report.expected == 0 {
            return Ok(());
        }
        let absent =
            report.absent.first().map_or_else(String::new, |absent| format!("，{}（{}）尚无记录", absent.enterprise, absent.group));
        let text = format!(
            "{} 应录入 {}，按时录入 {}，还没录入 {}{absent}",
            day.format("%-m月%-d日"),
            report.expected,
            report.on_time,
            report.open()
        );
        self.tell(if report.clean() { Colour::Green } else { Colour::Yellow }, "小结", text);
        Ok(())
    }

    /// In the morning the office says why something was late, and confirms the day before.
    async fn confirm(&mut self, day: NaiveDate) -> Result<(), Broken> {
        let book = Arc::clone(&self.stage.daemon.book);
        let report = book.report(day, None).await?;
        if report.expected == 0 || report.acknowledged.is_some() {
            return Ok(());
        }
        for row in report.rows.iter().filter(|row| row.standing.missed() && row.excuse.is_none()) {
            let Some(record) = self.eyes.records.iter().find(|record| record.id() == row.id) else { continue };
            if book.excuse(record, OFFICE, "等企业补正材料后补录").await.is_ok() {
                self.tell(Colour::Grey, "原因", format!("{} → 登记原因：等企业补正材料后补录", eyes::name(record)));
            }
        }
        book.acknowledge(day, None, OFFICE, "").await?;
        self.tell(Colour::Green, "确认", format!("办公室看过 {} 的小结并确认", day.format("%-m月%-d日")));
        Ok(())
    }

    /// Leaps to `until` by way of midnight and morning. The clock stands still while what is under way ends, so that nobody's question
    /// and answer lie hours apart.
    async fn night(&mut self, until: Timestamp) -> Result<(), Broken> {
        let first = self.eyes.picture.placed.0 == 0;
        self.eyes.picture.caption = if first { "三个检查组快回来了" } else { "今天办完了，下一个傍晚见" }.into();
        let midnight = Timestamp::start_of(until.beijing_day());
        let minutes = |minutes| midnight.plus(Duration::minutes(minutes));
        let (reassured, morning) = (minutes(-9), minutes(7 * 60 + 8));
        let yesterday = midnight.plus(Duration::minutes(-1)).beijing_day();
        for moment in [reassured, midnight, morning, minutes(13 * 60 + 5), until] {
            if moment <= self.stage.clock.now() {
                continue;
            }
            if moment == morning && !first {
                self.close(yesterday).await?;
            }
            self.stage.clock.set_pace(0);
            self.rest(120).await?;
            self.stage.clock.leap(moment);
            // What is to be told is told within a minute.
            self.stage.clock.set_pace(if moment == midnight || moment == reassured { 120 * self.speed } else { 1 });
            self.rest(if moment == midnight { 700 } else { 300 }).await?;
            if moment == morning && !first {
                self.confirm(yesterday).await?;
                self.stage.clock.set_pace(120 * self.speed);
                self.rest(500).await?;
            }
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
        self.tell(Colour::Grey, "旁白", text);
    }

    fn tell(&mut self, colour: Colour, word: &'static str, text: String) {
        let at = self.stage.clock.now();
        self.eyes.picture.tell(Happening { at, colour, word, kind: String::new(), text });
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
        let fires = self.eyes.picture.day.as_ref().is_some_and(|day| day.forecast.fires());
        let pace = match left.num_minutes() {
            ..8 => 4,
            8..25 => PACE / 20 * self.speed,
            _ if doubt => PACE / 6 * self.speed,
            _ if fires => PACE / 3 * self.speed,
            25..60 => PACE / 3 * self.speed,
            _ => PACE * self.speed,
        };
        if self.stage.clock.pace() != pace {
            self.stage.clock.set_pace(pace);
        }
    }
}
