//! Both ends over a real socket.

use std::{
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate};

use super::{
    api::*,
    client,
    publicity::{Compared, Decided, Notice, Publicity},
    *,
};
use crate::{
    audit::{Actor, AuditLog},
    check::Checker,
    clock::{Clock as _, ManualClock},
    document::{DocumentId, Event, HoldCause, Record, State, Timestamp},
    platform::Exchange,
    queue::{Operation, Queue, QueueSettings, Selection},
    report::{Reports, Settings},
    status::{Exit, Gatherer, Office, Vitals},
    store::{
        MemoryStore, Store as _, StoreError,
        samples::{Sample, change, leased},
    },
    users::Users,
};

struct Kept(Vec<Exchange>);

impl Exchanges for Kept {
    fn about(&self, document: DocumentId) -> std::io::Result<Vec<Exchange>> {
        Ok(self.0.iter().filter(|e| e.document == Some(document)).cloned().collect())
    }
}

/// Under the profile that the project carries.
fn checker() -> Arc<Checker> {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    Arc::new(Checker::load(&profile, crate::check::Settings::default()).unwrap())
}

struct Housekeeper;

#[async_trait]
impl Publicity for Housekeeper {
    async fn compare(&self, _: Option<(NaiveDate, NaiveDate)>) -> Result<Compared, StoreError> {
        Ok(Compared::default())
    }

    async fn of(&self, _: &Record) -> Result<Option<Notice>, StoreError> {
        Ok(None)
    }

    async fn annul(&self, _: &Record, _: Option<crate::publication::Annulled>) -> Result<Option<Notice>, StoreError> {
        Ok(None)
    }

    async fn decisions(&self, _: (NaiveDate, NaiveDate)) -> Result<Vec<Decided>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Upkeep for Housekeeper {
    async fn verify(&self) -> Result<UpkeepReport, String> {
        Ok(UpkeepReport { well: true, said: vec!["数据完好".into()], data: serde_json::json!({ "records": 3 }) })
    }

    async fn backup(&self, to: &Path) -> Result<UpkeepReport, String> {
        if to.is_absolute() {
            Ok(UpkeepReport { well: true, said: vec![], data: serde_json::Value::Null })
        } else {
            Err("备份目录要写全路径".into())
        }
    }
}

/// A daemon's end with a desk over a store in memory: one entered, one in doubt, one held, two waiting.
struct Running {
    _folder: tempfile::TempDir,
    socket: PathBuf,
    store: Arc<MemoryStore>,
    woken: Arc<AtomicUsize>,
}

const NOON: i64 = 4 * 3_600_000;

async fn running() -> Running {
    let clock = ManualClock::at(Timestamp::from_millis(NOON));
    let store = Arc::new(MemoryStore::new());
    let mut held = Sample::new(3);
    held.held = Some(HoldCause::BaseData);
    let samples = [Sample::new(1), Sample::new(2), held, Sample::new(4), Sample::new(5)];
    store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
    let entered = Event::EntryConfirmed { entry_no: None, entered_at: Timestamp::from_millis(5) };
    for moved in [change(&samples[0], 1, leased(1)), change(&samples[0], 2, entered)] {
        store.apply(vec![moved]).await.unwrap()[0].as_ref().unwrap();
    }
    let settings = QueueSettings {
        sender_uscc: "113703020042700086".into(),
        visibility_delay: Duration::seconds(60),
        ask_after: Duration::seconds(60),
        cut_off: Duration::hours(24),
        upload_penalties: true,
    };
    let queue = Arc::new(Queue::new(store.clone(), clock.clone(), settings));
    let office = Office {
        name: "某区".into(),
        version: "1".into(),
        pid: 7,
        started: clock.now(),
        cut_off: Duration::hours(24),
        target: Duration::hours(20),
    };
    let vitals = Arc::new(Vitals::new(office));
    let exchange = Exchange {
        request: uuid::Uuid::from_u64_pair(2, 1),
        document: Some(samples[0].id()),
        call: "PUT /submissions/…".into(),
        at: Timestamp::from_millis(2),
        took_ms: 12,
        status: Some(202),
        code: Some("00".into()),
        answer: "已接收".into(),
    };
    let woken = Arc::new(AtomicUsize::new(0));
    let wake = Arc::clone(&woken);
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk {
        users: Arc::new(Users::new(store.clone(), clock.clone())),
        audit: Arc::new(AuditLog::open(folder.path(), store.clone(), clock.clone()).await.unwrap()),
        alerts: None,
        gatherer: Gatherer::new(store.clone(), vitals.clone()),
        queue,
        vitals,
        exchanges: Arc::new(Kept(vec![exchange])),
        upkeep: Arc::new(Housekeeper),
        book: Arc::new(crate::day::book::DayBook::new(store.clone(), clock.clone(), crate::day::book::DaySettings::default())),
        publicity: Arc::new(Housekeeper),
        reports: Arc::new(Reports::new(store.clone(), checker(), Settings::default())),
        wake: Arc::new(move |_| {
            wake.fetch_add(1, Ordering::Relaxed);
        }),
    };
    let socket = folder.path().join("control.sock");
    let server = Server::bind(&socket, Arc::new(desk), clock).unwrap();
    #[expect(clippy::disallowed_methods, reason = "it serves until the test ends")]
    tokio::spawn(server.run(std::future::pending()));
    Running { _folder: folder, socket, store, woken }
}

impl Running {
    async fn ask(&self, ask: Ask) -> Result<Vec<Answer>, AskError> {
        let socket = self.socket.clone();
        let asking = move || {
            let mut answers = Vec::new();
            client::ask(&socket, ask, None, client::SOON, |a| {
                answers.push(a);
                Ok(())
            })
            .map(|()| answers)
        };
        tokio::task::spawn_blocking(asking).await.unwrap()
    }

    /// Says something that the client never would.
    async fn say(&self, line: Vec<u8>) -> String {
        let socket = self.socket.clone();
        let saying = move || {
            let mut stream = UnixStream::connect(socket).unwrap();
            // A server that has heard enough closes while we are still speaking.
            drop(stream.write_all(&line));
            let mut heard = String::new();
            drop(stream.read_to_string(&mut heard));
            heard
        };
        tokio::task::spawn_blocking(saying).await.unwrap()
    }
}

fn named(sample: u64) -> Selection {
    Selection::Named(Sample::new(sample).id().to_string())
}

fn operate(wanted: Selection, operation: Operation, why: &str, confirmed: bool) -> Ask {
    Ask::Operate { wanted, operation, why: why.into(), confirmed }
}

fn refused(answered: Result<Vec<Answer>, AskError>) -> crate::status::Problem {
    match answered {
        Err(AskError::Refused(problem)) => problem,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_comes_over_the_socket_as_it_is() {
    let running = running().await;
    let answers = running.ask(Ask::Status).await.unwrap();
    let [Answer::Status(status)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((status.today.expected, status.today.entered, status.pid), (5, 1, 7));
    assert_eq!(status.exit(), Exit::NeedsPerson);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_how_many_there_are_and_gives_as_many_as_were_asked_for() {
    let running = running().await;
    let wanted = Selection::InStates(vec![State::HeldWaiting, State::Waiting]);
    let answers = running.ask(Ask::List { wanted, limit: Some(2), author: None }).await.unwrap();
    assert_eq!(answers[0], Answer::Total(4));
    let states: Vec<_> = answers[1..].iter().map(|a| if let Answer::Row(row) = a { row.state } else { panic!("{a:?}") }).collect();
    assert_eq!(states, [State::HeldWaiting, State::Waiting]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_goes_into_the_history_under_the_operators_name() {
    let running = running().await;
    let answers = running.ask(operate(named(4), Operation::Hold, "企业正在补录", false)).await.unwrap();
    let [Answer::Done(done)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(done.now, Some(State::HeldWaiting));
    assert_eq!(running.woken.load(Ordering::Relaxed), 1);
    let history = running.store.history(Sample::new(4).id()).await.unwrap();
    let me = peer::operator(rustix::process::geteuid().as_raw(), None, &peer::passwd());
    assert_eq!(history.last().unwrap().by, crate::document::Actor::Operator(me));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_without_a_reason_is_refused() {
    let running = running().await;
    let problem = refused(running.ask(operate(named(4), Operation::Hold, " ", false)).await);
    assert_eq!((problem.exit(), problem.message.as_str()), (Exit::Usage, "暂停必须写明原因"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_several_changes_nothing_until_it_is_confirmed() {
    let running = running().await;
    let waiting = Selection::InStates(vec![State::Waiting]);
    let answers = running.ask(operate(waiting.clone(), Operation::Hold, "系统演练", false)).await.unwrap();
    let [Answer::Preview(preview)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((preview.count, preview.more, preview.first.len()), (3, false, 3));
    assert_eq!(running.store.counts().await.unwrap().get(&State::HeldWaiting), Some(&1));
    let answers = running.ask(operate(waiting, Operation::Hold, "系统演练", true)).await.unwrap();
    assert_eq!(answers.len(), 3);
    assert_eq!(running.store.counts().await.unwrap().get(&State::HeldWaiting), Some(&4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documents_life_comes_with_its_history_and_the_platforms_words() {
    let running = running().await;
    let answers = running.ask(Ask::Document { name: Sample::new(1).id().to_string() }).await.unwrap();
    assert!(matches!(&answers[0], Answer::Life(life) if life.record.state == State::Entered));
    assert_eq!(answers.iter().filter(|a| matches!(a, Answer::Event(_))).count(), 3);
    assert!(matches!(answers.last(), Some(Answer::Exchange(e)) if e.answer == "已接收"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_bears_is_told_with_what_to_do() {
    let running = running().await;
    let problem = refused(running.ask(Ask::Document { name: "市监罚〔2026〕999号".into() }).await);
    assert_eq!(problem.message, "没有找到“市监罚〔2026〕999号”");
    assert!(problem.hint.contains("queue list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_remembered_and_a_failed_one_is_told() {
    let running = running().await;
    let problem = refused(running.ask(Ask::Backup { to: "b".into() }).await);
    assert_eq!(problem.message, "备份目录要写全路径");
    assert!(matches!(running.ask(Ask::Verify).await.unwrap()[..], [Answer::Report(UpkeepReport { well: true, .. })]));
    running.ask(Ask::Backup { to: "/b".into() }).await.unwrap();
    let answers = running.ask(Ask::Status).await.unwrap();
    let [Answer::Status(status)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(status.store.last_backup, Some(Timestamp::from_millis(NOON)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_another_version_and_too_long_a_line_are_refused_and_harm_nobody() {
    let running = running().await;
    assert!(running.say(b"GET / HTTP/1.1\r\n\n".to_vec()).await.contains("看不懂的请求"));
    assert!(running.say(b"{\"version\":99,\"ask\":\"dance\"}\n".to_vec()).await.contains("版本不同"));
    let mut long = vec![b'a'; usize::try_from(LINE_LIMIT).unwrap() + 10];
    long.push(b'\n');
    assert!(running.say(long).await.contains("请求过长"));
    assert_eq!(running.ask(Ask::Status).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_daemons_user_can_open_the_socket() {
    let running = running().await;
    let mode = std::fs::metadata(&running.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_left_by_a_dead_daemon_is_cleared_away_and_a_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(Timestamp::from_millis(0));
    let path = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(client::ask(&path, Ask::Status, None, client::SOON, |_| Ok(())), Err(AskError::NotRunning)));
    let server = Server::bind(&path, Arc::new(Nobody), clock.clone()).unwrap();
    drop(server);
    assert!(!path.try_exists().unwrap());
    std::fs::write(&path, "not a socket").unwrap();
    assert!(Server::bind(&path, Arc::new(Nobody), clock).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a socket");
}

/// One who takes questions and never answers, or dies of them.
struct Nobody;

#[async_trait]
impl Handler for Nobody {
    async fn answer(&self, ask: Ask, _: &Actor, _: &Answers) {
        match ask {
            Ask::Status => std::future::pending().await,
            _ => panic!("a handler that fails"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_says_nothing_or_dies_over_a_question_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let server = Server::bind(&path, Arc::new(Nobody), ManualClock::at(Timestamp::from_millis(0))).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test holds it")]
    let serving = tokio::spawn(server.run(std::future::pending()));
    let asking = move |ask, patience| {
        let path = path.clone();
        tokio::task::spawn_blocking(move || client::ask(&path, ask, None, patience, |_| Ok(())))
    };
    let silent = asking(Ask::Status, Some(std::time::Duration::from_millis(50))).await.unwrap().unwrap_err();
    assert!(matches!(silent, AskError::Silent), "{silent:?}");
    assert_eq!(silent.problem().exit(), Exit::NotRunning);
    let died = asking(Ask::Verify, client::SOON).await.unwrap().unwrap_err();
    assert!(matches!(died, AskError::CutShort), "{died:?}");
    serving.abort();
}

#[test]
fn every_failure_to_ask_says_what_to_do() {
    let errors = [
        AskError::NotRunning,
        AskError::Denied,
        AskError::Silent,
        AskError::CutShort,
        AskError::Foreign,
        AskError::Failed(std::io::ErrorKind::Other),
    ];
    let told: Vec<_> = errors.iter().map(|e| e.problem()).map(|p| format!("{}  {} → {}", p.code, p.message, p.hint)).collect();
    insta::assert_snapshot!(told.join("\n"));
}
