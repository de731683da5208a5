//! The desk where operators ask: answers over the queue, the vitals, the exchange log and the store's upkeep.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::{
    api::{AT_ONCE, Answer, Ask, LedgerHead, Life, Preview, Row},
    deed,
    publicity::Publicity,
    server::{Answers, Gone, Handler},
};
use crate::{
    alert::{self, Alerter},
    audit::{Actor, AuditLog},
    day::{book::DayBook, excuse},
    document::{DocumentId, Record, State},
    platform::Exchange,
    publication::Annulled,
    queue::{Operation, Queue, Selection},
    report::{
        NoReport, Reports,
        annex::{Made, Wanted},
        ledger::{Loop, Urgency},
    },
    status::{Exit, Gatherer, Problem, Vitals, advice, gather::LAST_BACKUP, problems, words},
    store::{Listing, StoreError},
    users::Users,
};

/// So much of a file goes into one line of an answer, in bytes before base64; well below the limit of a line.
pub(super) const PIECE: usize = 192 * 1024;

/// Where exchanges with the platform are kept.
pub trait Exchanges: Send + Sync + 'static {
    /// All that were kept about a document, oldest first. May read files.
    ///
    /// # Errors
    /// When they cannot be read.
    fn about(&self, document: DocumentId) -> io::Result<Vec<Exchange>>;
}

/// What can be done with the store as a whole while the daemon runs.
#[async_trait]
pub trait Upkeep: Send + Sync + 'static {
    /// Reads everything.
    ///
    /// # Errors
    /// Why it could not be done, in Chinese.
    async fn verify(&self) -> Result<UpkeepReport, String>;

    /// Copies everything into a folder.
    ///
    /// # Errors
    /// Why it could not be done, in Chinese.
    async fn backup(&self, to: &Path) -> Result<UpkeepReport, String>;
}

/// What a verification, a repair, a backup or a restoration came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpkeepReport {
    /// Whether all is well now.
    pub well: bool,
    /// What people are told, a line each, in Chinese.
    pub said: Vec<String>,
    /// The same for machines.
    pub data: serde_json::Value,
}

/// Told which documents an act has changed.
pub type Wake = Arc<dyn Fn(&[DocumentId]) + Send + Sync>;

/// What the desk works with; the daemon puts it together.
pub struct Desk {
    /// The queue.
    pub queue: Arc<Queue>,
    /// What the loops know.
    pub vitals: Arc<Vitals>,
    /// Makes the picture.
    pub gatherer: Gatherer,
    /// Where exchanges are kept.
    pub exchanges: Arc<dyn Exchanges>,
    /// The store's upkeep.
    pub upkeep: Arc<dyn Upkeep>,
    /// The publications.
    pub publicity: Arc<dyn Publicity>,
    /// The reports.
    pub reports: Arc<Reports>,
    /// The day's book.
    pub book: Arc<DayBook>,
    /// The alerts; `None` where nobody is told anything.
    pub alerts: Option<Arc<Alerter>>,
    /// The console's users.
    pub users: Arc<Users>,
    /// Where acts are written down.
    pub audit: Arc<AuditLog>,
    /// Called after an act with the documents that it changed, so that what became due is done at once.
    pub wake: Wake,
}

/// What an operator does, and who it is.
#[derive(Debug, Clone)]
struct Act {
    operation: Operation,
    why: Arc<str>,
    by: Arc<str>,
}

/// Why an answer ends early.
pub(super) enum Stop {
    Gone,
    Refused(Problem),
    /// It was shown what an act would concern; nothing was done.
    Previewed,
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        let message = format!("数据读写失败：{}", problems::in_words(&error));
        Self::Refused(Problem::new(Exit::StoreDamaged, 1, message, "请检查磁盘，再运行 dangri verify"))
    }
}

#[async_trait]
impl Handler for Desk {
    async fn answer(&self, ask: Ask, actor: &Actor, to: &Answers) {
        let deed = deed::of(&ask);
        let by = &*actor.signature();
        let answered = match ask {
            Ask::Status => self.status(to).await,
            Ask::List { wanted, limit, author: None } => self.list(&wanted, limit, to).await,
            Ask::List { wanted, limit, author: Some(author) } => self.list_of(&author, &wanted, limit, to).await,
            Ask::Operate { wanted, operation, why, confirmed } => {
                self.operate(&wanted, confirmed, Act { operation, why: why.into(), by: by.into() }, to).await
            }
            Ask::Document { name } => self.document(&name, to).await,
            Ask::Verify => report(self.upkeep.verify().await, to).await,
            Ask::Alert(ask) => self.alert(ask, by, to).await,
            Ask::Backup { to: folder } => self.backup(&folder, by, to).await,
            Ask::Loop { open } => self.ledger(open, to).await,
            Ask::Reconcile { days } => self.compare(days, by, to).await,
            Ask::Annul { name, annulled } => self.annul(name, annulled, by, to).await,
            Ask::Decisions { from, to: last } => self.decisions((from, last), to).await,
            Ask::Export(wanted) => self.export(wanted, by, to).await,
            Ask::Day(ask) => self.day(ask, by, to).await,
            Ask::Users(ask) => self.users(ask, actor, to).await,
            Ask::Audit(ask) => self.audit(ask, to).await,
        };
        if let (Some(deed), Some(outcome)) = (deed, deed::came_of(&answered)) {
            self.audit.note(actor, &deed, outcome).await;
        }
        if let Err(Stop::Refused(problem)) = answered {
            let told = to.send(Answer::Refused(problem)).await;
            // Going away is the asker's own decision.
            told.unwrap_or_else(|Gone| tracing::debug!("the asker left before it was told why not"));
        }
    }
}

/// How many rows a limit allows.
fn most(limit: Option<u64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

impl Desk {
    async fn status(&self, to: &Answers) -> Result<(), Stop> {
        let status = self.gatherer.gather(self.queue.now()).await;
        Ok(to.send(Answer::Status(Box::new(status))).await?)
    }

    async fn list(&self, wanted: &Selection, limit: Option<u64>, to: &Answers) -> Result<(), Stop> {
        let now = self.queue.now();
        let mut left = most(limit);
        let Selection::InStates(states) = wanted else {
            let records = self.queue.select(wanted, left.min(AT_ONCE)).await?;
            to.send(Answer::Total(records.len() as u64)).await?;
            for record in &records {
                to.send(Answer::Row(Row::of(record, now))).await?;
            }
            return Ok(());
        };
        let counts = self.queue.store().counts().await?;
        to.send(Answer::Total(states.iter().filter_map(|s| counts.get(s)).sum())).await?;
        for state in states {
            let mut after = None;
            while left > 0 {
                let page = self.queue.store().page(&Listing::InState(*state), after.as_ref(), left.min(500)).await?;
                left -= page.records.len().min(left);
                for record in &page.records {
                    to.send(Answer::Row(Row::of(record, now))).await?;
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// The same of one author only.
    async fn list_of(&self, author: &str, wanted: &Selection, limit: Option<u64>, to: &Answers) -> Result<(), Stop> {
        let mut records = self.queue.walk(&Listing::Author(author.to_owned()), usize::MAX).await?;
        match wanted {
            Selection::InStates(states) => {
                let nth = |record: &Record| states.iter().position(|state| *state == record.state);
                records.retain(|record| nth(record).is_some());
                // An author's documents come in the order of their arrival; a list goes by state and urgency.
                records.sort_by_key(|record| (nth(record), record.birth.cut_off, record.birth.facts.as_ref().map(|facts| facts.rank)));
            }
            other => {
                let named: HashSet<_> = self.queue.select(other, usize::MAX).await?.iter().map(Record::id).collect();
                records.retain(|record| named.contains(&record.id()));
            }
        }
        to.send(Answer::Total(records.len() as u64)).await?;
        let now = self.queue.now();
        for record in records.iter().take(most(limit)) {
            to.send(Answer::Row(Row::of(record, now))).await?;
        }
        Ok(())
    }

    async fn operate(&self, wanted: &Selection, confirmed: bool, act: Act, to: &Answers) -> Result<(), Stop> {
        if matches!(act.operation, Operation::Hold | Operation::Ignore) && act.why.trim().is_empty() {
            let message = format!("{}必须写明原因", act.operation.label());
            return Err(Stop::Refused(Problem::new(Exit::Usage, 4, message, "加上 --reason \"原因\"")));
        }
        let mut records = self.queue.select(wanted, AT_ONCE + 1).await?;
        let more = records.len() > AT_ONCE;
        records.truncate(AT_ONCE);
        // Under one name stand all versions; an act on the name means the one that counts.
        if matches!(wanted, Selection::Named(_)) && records.iter().any(|r| r.state != State::Superseded) {
            records.retain(|r| r.state != State::Superseded);
        }
        if records.is_empty() {
            return Err(Stop::Refused(nothing(wanted)));
        }
        if records.len() > 1 && !confirmed {
            to.send(Answer::Preview(self.preview(&records, act.operation, more))).await?;
            return Err(Stop::Previewed);
        }
        tracing::info!(operation = ?act.operation, count = records.len(), operator = %act.by, "an operator acts");
        let mut changed = Vec::new();
        let done = self.act_on_all(records, &act, &mut changed, to).await;
        // What was done before a failure is done all the same.
        (self.wake)(&changed);
        done
    }

    /// Some at a time, so that many acts share a sync of the journal; answers in the order of the records.
    async fn act_on_all(&self, records: Vec<Record>, act: &Act, changed: &mut Vec<DocumentId>, to: &Answers) -> Result<(), Stop> {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let mut under_way = JoinSet::new();
            for (place, record) in records.by_ref().take(64).enumerate() {
                let (queue, act) = (Arc::clone(&self.queue), act.clone());
                under_way.spawn(async move { (place, queue.operate(&record, act.operation, &act.by, &act.why).await) });
            }
            let mut done = under_way.join_all().await;
            done.sort_by_key(|(place, _)| *place);
            changed.extend(done.iter().filter_map(|(_, done)| done.as_ref().ok().filter(|done| done.now.is_some()).map(|done| done.id)));
            for (_, operated) in done {
                to.send(Answer::Done(operated?)).await?;
            }
        }
        Ok(())
    }

    fn preview(&self, records: &[Record], operation: Operation, more: bool) -> Preview {
        let now = self.queue.now();
        let mut by_state = BTreeMap::new();
        records.iter().for_each(|r| *by_state.entry(r.state).or_default() += 1);
        let first = records.iter().take(10).map(|r| Row::of(r, now)).collect();
        Preview { operation, count: records.len() as u64, more, by_state, first }
    }

    async fn compare(&self, days: Option<(NaiveDate, NaiveDate)>, by: &str, to: &Answers) -> Result<(), Stop> {
        tracing::info!(operator = by, "an operator asks for publications to be compared");
        to.send(Answer::Note("正在读取平台的公示清单，读两遍……".to_owned())).await?;
        let mut compared = self.publicity.compare(days).await?;
        for notice in std::mem::take(&mut compared.notices) {
            to.send(Answer::Notice(Box::new(notice))).await?;
        }
        Ok(to.send(Answer::Compared(Box::new(compared))).await?)
    }

    async fn annul(&self, name: String, annulled: Option<(NaiveDate, String)>, by: &str, to: &Answers) -> Result<(), Stop> {
        let wanted = Selection::Named(name);
        let now = self.queue.now();
        if annulled.as_ref().is_some_and(|(on, _)| *on > now.beijing_day()) {
            return Err(Stop::Refused(Problem::new(Exit::Usage, 10, "撤销日期在今天以后", "写撤销决定生效的日期")));
        }
        let mut records = self.queue.select(&wanted, 50).await?;
        records.sort_by_key(|r| matches!(r.state, State::Superseded | State::Ignored));
        let Some(record) = records.first() else { return Err(Stop::Refused(nothing(&wanted))) };
        let annulled = annulled.map(|(on, reason)| Annulled { on, reason, by: by.to_owned(), at: now });
        tracing::info!(document.id = %record.id(), operator = by, undone = annulled.is_none(), "an operator says of a decision that it was annulled");
        let Some(notice) = self.publicity.annul(record, annulled).await? else {
            let problem = Problem::new(Exit::Failed, 13, "这份文书没有要撤下的公示", "只有要公示的处罚决定书才用得上，核对一下文号");
            return Err(Stop::Refused(problem));
        };
        Ok(to.send(Answer::Notice(Box::new(notice))).await?)
    }

    async fn decisions(&self, days: (NaiveDate, NaiveDate), to: &Answers) -> Result<(), Stop> {
        to.send(Answer::Moment(self.queue.now())).await?;
        for decided in self.publicity.decisions(days).await? {
            to.send(Answer::Decision(Box::new(decided))).await?;
        }
        Ok(())
    }

    async fn document(&self, name: &str, to: &Answers) -> Result<(), Stop> {
        let wanted = Selection::Named(name.to_owned());
        let mut records = self.queue.select(&wanted, 50).await?;
        if records.is_empty() {
            return Err(Stop::Refused(nothing(&wanted)));
        }
        // The newest version that still counts; stable, so that otherwise the newest stays in front.
        records.sort_by_key(|r| matches!(r.state, State::Superseded | State::Ignored));
        let now = self.queue.now();
        let record = records.remove(0);
        let id = record.id();
        let others = records.iter().map(|r| Row::of(r, now)).collect();
        let excuses = self.book.excuses_of(&excuse::key(&record)).await?;
        let notice = self.publicity.of(&record).await?;
        let life = Life { at: now, advice: advice::advice(&record).to_owned(), others, excuses, record, notice };
        to.send(Answer::Life(Box::new(life))).await?;
        let (history, archived) = self.queue.store().history_within_reach(id).await?;
        for entry in history {
            to.send(Answer::Event(entry)).await?;
        }
        if let Some(file) = archived {
            let note = format!("更早的经过在归档文件 {} 里，现在读不到；接上归档目录后再看。", words::plain(&file));
            to.send(Answer::Note(note)).await?;
        }
        let log = Arc::clone(&self.exchanges);
        match tokio::task::spawn_blocking(move || log.about(id)).await {
            Ok(Ok(exchanges)) => {
                for exchange in exchanges {
                    to.send(Answer::Exchange(Box::new(exchange))).await?;
                }
            }
            // The life is told all the same; what is missing is said.
            Ok(Err(error)) => to.send(Answer::Note(format!("往来记录读不出来（{}）", words::trouble(error.kind())))).await?,
            Err(_) => to.send(Answer::Note("往来记录读不出来".into())).await?,
        }
        Ok(())
    }

    async fn ledger(&self, open: bool, to: &Answers) -> Result<(), Stop> {
        let ledger = self.reports.ledger(self.queue.now()).await?;
        let count = |wanted: &dyn Fn(&Loop) -> bool| ledger.loops.iter().filter(|one| wanted(one)).count() as u64;
        let head = LedgerHead {
            today: ledger.today,
            loops: ledger.loops.len() as u64,
            open: count(&|one| !one.is_closed()),
            finished: count(&Loop::is_finished),
            late: count(&|one| one.urgency() == Some(Urgency::Late)),
        };
        to.send(Answer::Ledger(head)).await?;
        for reminder in self.reports.reminders_of(&ledger).await? {
            to.send(Answer::Reminder(reminder)).await?;
        }
        for one in ledger.loops.into_iter().filter(|one| !open || !one.is_finished()) {
            to.send(Answer::Loop(Box::new(one))).await?;
        }
        Ok(())
    }

    async fn alert(&self, ask: alert::desk::Ask, by: &str, to: &Answers) -> Result<(), Stop> {
        let Some(alerts) = &self.alerts else {
            return Err(Stop::Refused(Problem::new(Exit::Failed, 8, "这里没有告警", "请在正式运行的程序上使用")));
        };
        let refused = |refusal: alert::desk::Refusal| Stop::Refused(Problem::new(Exit::Usage, 8, refusal.why, refusal.fix));
        for answer in alerts.answer(ask, by).await.map_err(refused)? {
            to.send(Answer::Alert(answer)).await?;
        }
        Ok(())
    }

    async fn export(&self, wanted: Wanted, by: &str, to: &Answers) -> Result<(), Stop> {
        if wanted.from > wanted.to {
            let message = format!("起始日期 {} 晚于截止日期 {}", wanted.from, wanted.to);
            return Err(Stop::Refused(Problem::new(Exit::Usage, 9, message, "把 --from 和 --to 对调")));
        }
        let made = self.reports.make(wanted, self.queue.now()).await?;
        tracing::info!(paper = ?wanted.paper, operator = by, bytes = made.bytes.len(), "a paper was made");
        hand_over(made, to).await
    }

    async fn backup(&self, folder: &Path, by: &str, to: &Answers) -> Result<(), Stop> {
        let done = self.upkeep.backup(folder).await;
        if done.as_ref().is_ok_and(|r| r.well) {
            let now = self.queue.now();
            self.vitals.backed_up(now);
            self.queue.store().remember(LAST_BACKUP, &now.to_string()).await?;
            tracing::info!(operator = by, "the store was backed up");
        }
        report(done, to).await
    }
}

impl From<NoReport> for Stop {
    fn from(error: NoReport) -> Self {
        match error {
            NoReport::Store(error) => error.into(),
            NoReport::NotMade(error) => {
                tracing::error!(%error, "a paper could not be made");
                Self::Refused(Problem::new(Exit::Failed, 11, "文件没有做成", "请查看日志：journalctl -u dangri，并联系技术人员"))
            }
        }
    }
}

/// Sends a file that was made, remarks first.
async fn hand_over(made: Made, to: &Answers) -> Result<(), Stop> {
    for note in made.notes {
        to.send(Answer::Remark(note)).await?;
    }
    to.send(Answer::File { name: made.file_name, bytes: made.bytes.len() as u64 }).await?;
    for piece in made.bytes.chunks(PIECE) {
        to.send(Answer::Piece(BASE64.encode(piece))).await?;
    }
    Ok(())
}

async fn report(done: Result<UpkeepReport, String>, to: &Answers) -> Result<(), Stop> {
    match done {
        Ok(report) => Ok(to.send(Answer::Report(report)).await?),
        Err(why) => Err(Stop::Refused(Problem::new(Exit::Failed, 7, why, "请查看日志：journalctl -u dangri"))),
    }
}

pub(super) fn nothing(wanted: &Selection) -> Problem {
    let message = match wanted {
        Selection::Named(name) => format!("没有找到“{}”", words::plain(name)),
        Selection::InStates(_) => "没有这种状态的文书".to_owned(),
    };
    Problem::new(Exit::Failed, 2, message, "用 dangri queue list 查看文号，或输入编号的前 8 位、草稿的路径")
}
