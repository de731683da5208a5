//! What is asked of the day at the control socket: its close, exceptions, the dossier, plan and roster.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    api::Answer,
    handler::{Desk, Stop, nothing},
    server::Answers,
};
use crate::{
    day::{
        DayReport, Excuse,
        book::{ExcuseError, Import, ImportReport, Instruction, PlanRow, Progress},
        excuse,
        plan::PlanLine,
        roster::{self, RosterLine},
        sheet::BadSheet,
    },
    document::{Record, State, Timestamp},
    queue::Selection,
    status::{
        Exit, Problem,
        dossier::{Beside, Dossier},
        words,
    },
};

/// The largest list that goes through the socket, in bytes before base64.
pub const LIST_LIMIT: usize = 700 << 10;

/// How many exceptions go into one answer.
const EXCUSES: usize = 200;

/// How many lines of a plan go into one answer.
const LINES: usize = 1_500;

/// A day as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayName {
    /// The daemon's today.
    Today,
    /// The day before it.
    Yesterday,
    /// The last day that is over.
    LastOver,
    /// This day.
    On(NaiveDate),
}

impl DayName {
    /// As people say it.
    pub fn words(self) -> String {
        match self {
            Self::Today => "今日".to_owned(),
            Self::Yesterday => "昨日".to_owned(),
            Self::LastOver => "最近截止的一天".to_owned(),
            Self::On(day) => day.to_string(),
        }
    }
}

/// What can be asked of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayAsk {
    /// What a day came to: [`DayAnswer::Report`].
    Report(DayName),
    /// Confirm a day that is over: [`DayAnswer::Report`].
    Acknowledge {
        /// Which.
        day: DayName,
        /// A remark; may be empty.
        note: String,
    },
    /// Put an exception on record: [`DayAnswer::Excused`].
    Excuse {
        /// The document.
        name: String,
        /// Why.
        why: String,
    },
    /// The exceptions on record, the newest first: [`DayAnswer::Excuses`].
    Excuses,
    /// The exceptions on record for these documents, by [`excuse::key`]: [`DayAnswer::Excuses`].
    ExcusesOf(Vec<String>),
    /// Everything that proves why a document was late: [`DayAnswer::Dossier`].
    Dossier {
        /// The document.
        name: String,
    },
    /// The plan, or a day's part of it, and how it stands: [`DayAnswer::Plan`].
    Plan(Option<DayName>),
    /// The roster: [`DayAnswer::Roster`].
    Roster,
    /// Read a plan: [`DayAnswer::PlanImported`].
    ImportPlan {
        /// The file, in base64.
        file: String,
        /// What is wanted of it.
        wanted: Instruction,
    },
    /// Read a roster: [`DayAnswer::RosterImported`].
    ImportRoster {
        /// The file, in base64.
        file: String,
        /// What is wanted of it.
        wanted: Instruction,
    },
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayAnswer {
    /// A day.
    Report(DayReport),
    /// An exception that stands on record now.
    Excused(Excuse),
    /// Exceptions.
    Excuses(Vec<Excuse>),
    /// A dossier.
    Dossier(Box<Dossier>),
    /// The plan.
    Plan(PlanShown),
    /// The roster.
    Roster(RosterShown),
    /// What came of a plan.
    PlanImported(ImportReport<PlanLine>),
    /// What came of a roster.
    RosterImported(ImportReport<RosterLine>),
}

/// The plan as it is shown. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanShown {
    /// When it was read, by dangri's clock.
    pub at: Timestamp,
    /// The day that was asked for; `None` for all.
    pub day: Option<NaiveDate>,
    /// How the campaign stands.
    pub progress: Progress,
    /// The lines, by day.
    pub rows: Vec<PlanRow>,
    /// How many there are in all.
    pub total: u64,
    /// The last imports, oldest first.
    pub imports: Vec<Import>,
}

/// The roster as it is shown. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterShown {
    /// When it was read, by dangri's clock.
    pub at: Timestamp,
    /// The holders; telephone numbers are masked.
    pub lines: Vec<RosterLine>,
    /// How many lines annex 1 is expected to have: one a 镇办.
    pub expected: u64,
    /// 镇办 that named nobody.
    pub missing: Vec<String>,
    /// What is to be said of it, in Chinese.
    pub notes: Vec<String>,
    /// The last imports, oldest first.
    pub imports: Vec<Import>,
}

impl Desk {
    /// Answers what is asked of the day.
    pub(super) async fn day(&self, ask: DayAsk, by: &str, to: &Answers) -> Result<(), Stop> {
        let answer = match ask {
            DayAsk::Report(day) => DayAnswer::Report(self.book.report(self.day_named(day), self.skew()).await?),
            DayAsk::Acknowledge { day, note } => DayAnswer::Report(self.acknowledge(self.day_named(day), &note, by).await?),
            DayAsk::Excuse { name, why } => DayAnswer::Excused(self.excuse(&name, &why, by).await?),
            DayAsk::Excuses => DayAnswer::Excuses(self.book.excuses(EXCUSES).await?),
            DayAsk::ExcusesOf(keys) => DayAnswer::Excuses(self.excuses_of(&keys).await?),
            DayAsk::Dossier { name } => DayAnswer::Dossier(Box::new(self.dossier(&name).await?)),
            DayAsk::Plan(day) => DayAnswer::Plan(self.plan(day.map(|day| self.day_named(day))).await?),
            DayAsk::Roster => DayAnswer::Roster(self.roster().await?),
            DayAsk::ImportPlan { file, wanted } => {
                DayAnswer::PlanImported(self.book.import_plan(&bytes(&file)?, &wanted, by).await?.map_err(|bad| no_list(&bad))?)
            }
            DayAsk::ImportRoster { file, wanted } => {
                let mut report = self.book.import_roster(&bytes(&file)?, &wanted, by).await?.map_err(|bad| no_list(&bad))?;
                for line in report.difference.added.iter_mut().chain(&mut report.difference.removed) {
                    line.phone = line.masked_phone();
                }
                report.difference.changed.iter_mut().for_each(|change| change.line.phone = change.line.masked_phone());
                DayAnswer::RosterImported(report)
            }
        };
        Ok(to.send(Answer::Day(Box::new(answer))).await?)
    }

    fn skew(&self) -> Option<i64> {
        self.vitals.platform_facts().skew_millis
    }

    fn day_named(&self, day: DayName) -> NaiveDate {
        let now = self.queue.now();
        let today = now.beijing_day();
        let yesterday = today.pred_opt().unwrap_or(today);
        match day {
            DayName::Today => today,
            DayName::Yesterday => yesterday,
            DayName::LastOver if self.book.is_over(today, now, self.skew()) => today,
            DayName::LastOver => yesterday,
            DayName::On(day) => day,
        }
    }

    async fn acknowledge(&self, day: NaiveDate, note: &str, by: &str) -> Result<DayReport, Stop> {
        let now = self.queue.now();
        if !self.book.is_over(day, now, self.skew()) {
            let cut_off = self.book.settings().hours.cut_off(day);
            let message = format!("{day} 还没有截止（{}），截止之后再确认", words::cut_off_time(cut_off, day));
            return Err(Stop::Refused(Problem::new(Exit::Usage, 6, message, "先用 dangri day 查看；要确认前一天请写明日期")));
        }
        Ok(self.book.acknowledge(day, self.skew(), by, note).await?)
    }

    async fn excuse(&self, name: &str, why: &str, by: &str) -> Result<Excuse, Stop> {
        let (record, _) = self.document_named(name).await?;
        match self.book.excuse(&record, by, why).await {
            Ok(excuse) => Ok(excuse),
            Err(ExcuseError::NoReason) => {
                Err(Stop::Refused(Problem::new(Exit::Usage, 4, "登记例外必须写明原因", "加上 --reason \"原因\"")))
            }
            Err(ExcuseError::Store(error)) => Err(error.into()),
        }
    }

    async fn excuses_of(&self, keys: &[String]) -> Result<Vec<Excuse>, Stop> {
        let mut found = Vec::new();
        for key in keys.iter().take(EXCUSES) {
            found.extend(self.book.excuses_of(key).await?);
        }
        found.sort_by_key(|excuse| std::cmp::Reverse(excuse.at));
        Ok(found)
    }

    /// The document that counts under a name, and all that bear it.
    async fn document_named(&self, name: &str) -> Result<(Record, Vec<Record>), Stop> {
        let wanted = Selection::Named(name.to_owned());
        let records = self.queue.select(&wanted, 50).await?;
        let counts = records.iter().find(|record| !matches!(record.state, State::Superseded | State::Ignored)).or(records.first());
        match counts.cloned() {
            Some(record) => Ok((record, records)),
            None => Err(Stop::Refused(nothing(&wanted))),
        }
    }

    async fn dossier(&self, name: &str) -> Result<Dossier, Stop> {
        let (record, versions) = self.document_named(name).await?;
        let id = record.id();
        let history = self.queue.store().history(id).await?;
        let log = std::sync::Arc::clone(&self.exchanges);
        let exchanges = match tokio::task::spawn_blocking(move || log.about(id)).await {
            Ok(Ok(exchanges)) => exchanges,
            _ => {
                let message = "往来记录读不出来，不能证明上传经过";
                return Err(Stop::Refused(Problem::new(Exit::Failed, 8, message, "请检查数据目录里的 exchanges，再试一次")));
            }
        };
        let key = excuse::key(&record);
        let same = versions.iter().filter(|version| excuse::key(version) == key);
        let first_seen = same.map(|version| version.birth.source.first_seen).min().unwrap_or(record.birth.source.first_seen);
        let now = self.queue.now();
        let office = self.vitals.office();
        let beside = Beside {
            office: &office.name,
            version: &office.version,
            now,
            hours: &self.book.settings().hours,
            skew_millis: self.skew(),
            first_seen,
        };
        let outages = self.book.outages(first_seen, now).await?;
        Ok(Dossier::of(&record, &history, &exchanges, outages, self.book.excuses_of(&key).await?, beside))
    }

    async fn plan(&self, day: Option<NaiveDate>) -> Result<PlanShown, Stop> {
        let (progress, mut rows) = self.book.progress().await?;
        rows.retain(|row| day.is_none_or(|day| row.line.day == day));
        let total = rows.len() as u64;
        rows.truncate(LINES);
        Ok(PlanShown { at: self.queue.now(), day, progress, rows, total, imports: last(self.book.imports(false).await?) })
    }

    async fn roster(&self) -> Result<RosterShown, Stop> {
        let mut lines = self.book.roster_lines().await?;
        let towns = &self.book.settings().towns;
        let missing = roster::missing_towns(&lines, towns);
        let notes = self.book.about_the_roster(&lines);
        lines.iter_mut().for_each(|line| line.phone = line.masked_phone());
        let imports = last(self.book.imports(true).await?);
        Ok(RosterShown { at: self.queue.now(), lines, expected: towns.0.len() as u64, missing, notes, imports })
    }
}

fn last(mut imports: Vec<Import>) -> Vec<Import> {
    imports.split_off(imports.len().saturating_sub(5))
}

fn bytes(base64: &str) -> Result<Vec<u8>, Stop> {
    BASE64.decode(base64).map_err(|_| Stop::Refused(Problem::new(Exit::Failed, 5, "文件没有传完整", "请再导入一次")))
}

fn no_list(bad: &BadSheet) -> Stop {
    let said = bad.to_string();
    let (message, hint) = said.split_once('；').unwrap_or((&said, "请对照模板：dangri plan template、dangri roster template"));
    Stop::Refused(Problem::new(Exit::Usage, 7, message, hint))
}
