//! What an onlooker sees: figures and happenings, read from the books ten times a second. Nothing in the daemon knows that it is watched.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use dangri_mocks::sink::Taken;

use super::stage::{OFFICE, Stage};
use crate::{
    clock::Clock as _,
    day::book::Glance,
    document::{DocumentId, Entry, Event, Record, Severity, State, Timestamp},
    status::{Gatherer, PlatformFacts, story, text::Colour, words},
    store::{Listing, StoreError},
};

/// So many happenings are kept for the live view.
const KEPT: usize = 60;

/// A sending that takes longer than this shows that the platform is slow.
const SLOW: chrono::Duration = chrono::Duration::seconds(90);

/// Something worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happening {
    /// When, by the demo's clock.
    pub at: Timestamp,
    /// What it means.
    pub colour: Colour,
    /// One word for it.
    pub word: &'static str,
    /// The kind of the document it happened to; left out where there is no room.
    pub kind: String,
    /// What the document is called, and what happened; no party's name in it.
    pub text: String,
}

/// Everything that is shown.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    /// The demo's clock.
    pub now: Timestamp,
    /// How many times as fast as the wall's it runs.
    pub pace: u32,
    /// What there is to see at present.
    pub caption: String,
    /// How many drafts were put into the folder, and how many there will be.
    pub placed: (usize, usize),
    /// How many of them wait to be written out and checked.
    pub unread: usize,
    /// How many documents are in each state.
    pub counts: BTreeMap<State, u64>,
    /// How many notes were mended away.
    pub mended: usize,
    /// What the day lacks and what is to be expected of it.
    pub day: Option<Glance>,
    /// The platform, and whether it is slow.
    pub platform: (PlatformFacts, bool),
    /// What happened last, oldest first.
    pub happenings: VecDeque<Happening>,
    /// How many happenings there have been.
    pub told: usize,
}

impl Picture {
    /// How many documents are in any of `states`.
    pub(super) fn count(&self, states: &[State]) -> u64 {
        states.iter().filter_map(|state| self.counts.get(state)).sum()
    }

    /// Adds a happening.
    pub(super) fn tell(&mut self, happening: Happening) {
        self.happenings.push_back(happening);
        self.told += 1;
        if self.happenings.len() > KEPT {
            self.happenings.pop_front();
        }
    }
}

/// Whoever looks.
pub(super) struct Eyes {
    gatherer: Gatherer,
    seen: BTreeMap<DocumentId, usize>,
    /// How many messages of the robot have been shown.
    heard: usize,
    /// The newest record at each path.
    pub latest: BTreeMap<String, Record>,
    /// Every record.
    pub records: Vec<Record>,
    /// What is shown.
    pub picture: Picture,
}

impl Eyes {
    /// Eyes that have seen nothing yet.
    pub(super) fn new(stage: &Stage, total: usize) -> Self {
        let picture = Picture {
            now: stage.clock.now(),
            pace: 1,
            caption: String::new(),
            placed: (0, total),
            unread: 0,
            counts: BTreeMap::new(),
            mended: 0,
            day: None,
            platform: (PlatformFacts::default(), false),
            happenings: VecDeque::new(),
            told: 0,
        };
        let gatherer = Gatherer::new(Arc::clone(stage.daemon.queue.store()), Arc::clone(&stage.daemon.vitals));
        Self { gatherer, seen: BTreeMap::new(), heard: 0, latest: BTreeMap::new(), records: Vec::new(), picture }
    }

    /// Looks once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn look(&mut self, stage: &Stage) -> Result<(), StoreError> {
        stage.daemon.refresh();
        let now = stage.clock.now();
        self.records = stage.daemon.queue.walk(&Listing::All, usize::MAX).await?;
        let mut fresh = Vec::new();
        for record in &self.records {
            let path = &record.birth.source.path;
            let before = self.latest.get(path).filter(|before| before.id() != record.id()).map(|before| before.state);
            let seen = self.seen.get(&record.id()).copied().unwrap_or(0);
            if usize::try_from(record.version).unwrap_or(usize::MAX) > seen {
                let history = stage.daemon.queue.store().history(record.id()).await?;
                for nth in seen..history.len() {
                    let (past, rest) = history.split_at(nth);
                    let Some(entry) = rest.first() else { continue };
                    if before.is_some() && matches!(entry.event, Event::Taken { .. }) {
                        self.picture.mended += 1;
                    }
                    fresh.extend(sentence(record, past, entry, before.is_some()));
                }
                self.seen.insert(record.id(), history.len());
            }
        }
        self.latest = self.records.iter().map(|record| (record.birth.source.path.clone(), record.clone())).collect();
        fresh.sort_by_key(|happening: &Happening| happening.at);
        // While the platform is known to be down, each further try that fails is no news.
        let down = self.picture.platform.0.down_since.is_some();
        for happening in fresh.into_iter().filter(|happening| !down || happening.word != NOT_SENT) {
            self.picture.tell(happening);
        }
        let taken = stage.robot.taken();
        for message in taken.iter().skip(self.heard) {
            alarm(message).into_iter().for_each(|happening| self.picture.tell(happening));
        }
        self.heard = taken.len();
        let status = self.gatherer.gather(now).await;
        let slow = self.records.iter().any(|record| record.state == State::Sending && now.since(record.since) > SLOW);
        self.gate(&status.platform, now);
        self.picture.platform = (status.platform, slow);
        self.picture.counts = status.counts;
        self.picture.day = status.day;
        self.picture.now = now;
        self.picture.pace = stage.clock.pace();
        Ok(())
    }

    /// Tells of the platform's going and coming.
    fn gate(&mut self, facts: &PlatformFacts, now: Timestamp) {
        let before = self.picture.platform.0.down_since;
        match (before, facts.down_since) {
            (None, Some(_)) => {
                let said = format!("{}，暂停上传，只偶尔试一件；收件和检查照常，文书都在队列里", facts.said);
                self.picture.tell(Happening { at: now, colour: Colour::Red, word: "平台中断", kind: String::new(), text: said });
            }
            (Some(since), None) => {
                let said = format!("断了 {}；先试一件，通了再逐步放开", words::span(now.since(since)));
                self.picture.tell(Happening { at: now, colour: Colour::Green, word: "平台恢复", kind: String::new(), text: said });
            }
            _ => {}
        }
    }
}

/// The word for an attempt that failed and left nothing behind.
const NOT_SENT: &str = "没传成";

/// A document as people call it: its number, else its file.
pub(super) fn name(record: &Record) -> String {
    let name = match &record.birth.facts {
        Some(facts) => facts.title(),
        None => record.birth.source.path.rsplit('/').next().unwrap_or_default().to_owned(),
    };
    words::plain(&name)
}

/// The name of its kind, where it has a number beside it.
pub(super) fn kind(record: &Record) -> String {
    let named = record.birth.facts.as_ref().filter(|facts| facts.number.is_some());
    named.map_or_else(String::new, |facts| facts.kind_name.clone())
}

/// `label：message` without saying the label twice, and without a full stop.
pub(super) fn reason(text: &str) -> String {
    let text = text.trim_end_matches('。');
    match text.split_once('：') {
        Some((label, message)) if message.contains(label) => message.to_owned(),
        _ => text.to_owned(),
    }
}

/// What an entry of a history is worth telling; `past` came before it, and `again` says that an earlier version stood at the same path.
fn sentence(record: &Record, past: &[Entry], entry: &Entry, again: bool) -> Option<Happening> {
    let doubted = past.iter().rev().find(|e| !matches!(e.event, Event::StillUnclear { .. }));
    let doubted = doubted.is_some_and(|e| matches!(e.event, Event::NotHeard { .. } | Event::Doubted { .. }));
    let (colour, word, said) = match &entry.event {
        Event::JudgedUnfit { findings } => {
            let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
            let first = errors.first().map(|finding| reason(&finding.in_short()));
            let more = if errors.len() > 1 { format!("等 {} 处", errors.len()) } else { String::new() };
            (Colour::Yellow, "退改", first.unwrap_or_else(|| "检查未通过".into()) + &more)
        }
        Event::Taken { .. } if again => (Colour::Green, "改好", "重新检查通过，退回说明自动收走".into()),
        Event::Taken { .. } => (Colour::Blue, "收下", "检查通过，等待上传".into()),
        Event::Deferred { .. } if past.iter().any(|e| matches!(e.event, Event::Deferred { .. })) => return None,
        Event::Deferred { failure, .. } => (Colour::Yellow, NOT_SENT, format!("{}，稍后自动再传", failure.cause.label())),
        Event::NotHeard { .. } => (Colour::Yellow, "没有回音", "待核实：先问平台，不重发".into()),
        Event::Acknowledged { .. } if doubted => (Colour::Green, "核实", "平台其实已经收到，不用重发".into()),
        Event::FoundAbsent { .. } => (Colour::Green, "核实", "平台没有收到，重新上传".into()),
        Event::PublicationSeen { said, .. } => (Colour::Green, "公示", said.clone()),
        Event::EntryConfirmed { .. } if past.iter().any(|e| matches!(e.event, Event::NotHeard { .. })) => {
            (Colour::Green, "录入", "平台已录入，只有一份，没有重复".into())
        }
        Event::EntryConfirmed { entered_at, .. } => {
            (Colour::Green, "录入", format!("用了 {}", words::span(entered_at.since(record.birth.source.first_seen))))
        }
        Event::SentBack { refusals, .. } => {
            (Colour::Red, "平台退回", refusals.first().map_or_else(|| "平台未说明原因".into(), |refusal| refusal.message.clone()))
        }
        Event::Leased { .. }
        | Event::Recalled { .. }
        | Event::StillUnclear { .. }
        | Event::Acknowledged { .. }
        | Event::ReplacedBy { .. } => {
            return None;
        }
        _ => (Colour::Yellow, record.state.label(), story::what(entry)),
    };
    let text = words::plain(&format!("{} → {said}", name(record)));
    Some(Happening { at: entry.at, colour, word, kind: kind(record), text })
}

/// A message that the group has got: its first line, and the first line of each thing that it tells of.
fn alarm(message: &Taken) -> Vec<Happening> {
    let at = Timestamp::from_millis(message.at);
    let mut lines = message.text.lines();
    let title = lines.next().unwrap_or_default().trim_start_matches("【当日】");
    let (colour, word) = match title.split_whitespace().next() {
        Some("红") => (Colour::Red, "告警"),
        Some("橙" | "黄") => (Colour::Yellow, "告警"),
        _ => (Colour::Green, "值班群"),
    };
    let rest: Vec<_> = lines.map(str::trim).collect();
    let why = rest.first().and_then(|line| line.strip_prefix(OFFICE)).unwrap_or_default();
    let mut said = Vec::new();
    let mut first = true;
    for line in rest.iter().skip(1) {
        if let Some(heading) = line.strip_prefix("■ ") {
            said.push(heading);
            first = true;
        } else if first && let Some((_, object)) = line.split_once(". ") {
            said.push(object);
            // Of what is over each is named.
            first = title.starts_with("已恢复");
        } else if first && !line.starts_with(['→', '处']) {
            said.push(line);
            first = false;
        }
    }
    let texts = std::iter::once(format!("值班群收到：{title}{why}")).chain(said.into_iter().map(|line| format!("    {line}")));
    texts.map(|text| Happening { at, colour, word, kind: String::new(), text: words::fit(&text, 200) }).collect()
}
