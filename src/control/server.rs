//! The daemon's end of the socket.

use std::{
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::Duration;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::mpsc,
    task::JoinSet,
};

use super::{
    api::{Answer, Ask, LINE_LIMIT, Request, VERSION},
    peer,
};
use crate::{
    audit::Actor,
    clock::SharedClock,
    status::{Exit, Problem},
};

/// How many connections are served at once; one more is told to come again.
const CONNECTIONS: usize = 16;
/// How long a connected asker may take to say what it wants.
const PATIENCE: Duration = Duration::seconds(10);
/// How long the server rests when connections cannot be accepted (no descriptors left).
const REST: Duration = Duration::milliseconds(200);

/// Answers requests.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Answers one request of `by`. What is sent after a [`Answer::Refused`] or [`Answer::End`] is nobody's; the server adds the
    /// end.
    async fn answer(&self, ask: Ask, by: &Actor, to: &Answers);
}

/// Where answers go, one by one; waits while the asker is slow.
#[derive(Debug)]
pub struct Answers(mpsc::Sender<Answer>);

/// The asker has gone; there is nobody to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the asker has gone")]
pub struct Gone;

impl Answers {
    /// Sends one line.
    ///
    /// # Errors
    /// [`Gone`] when nobody listens any more.
    pub async fn send(&self, answer: Answer) -> Result<(), Gone> {
        self.0.send(answer).await.map_err(|_| Gone)
    }
}

/// Asks a handler within the daemon, as the console does, and answers all that it said before the end.
///
/// # Errors
/// The problem for which it refused.
pub async fn ask_within(handler: &dyn Handler, ask: Ask, by: &Actor) -> Result<Vec<Answer>, Problem> {
    let (sender, mut receiver) = mpsc::channel(64);
    let answers = Answers(sender);
    let answering = async {
        handler.answer(ask, by, &answers).await;
        drop(answers);
    };
    let hearing = async {
        let mut heard = Vec::new();
        while let Some(answer) = receiver.recv().await {
            heard.push(answer);
        }
        heard
    };
    let ((), mut heard) = tokio::join!(answering, hearing);
    match heard.pop() {
        Some(Answer::Refused(problem)) => Err(problem),
        last => {
            heard.extend(last);
            Ok(heard)
        }
    }
}

/// The listening socket.
pub struct Server {
    listener: UnixListener,
    path: PathBuf,
    handler: Arc<dyn Handler>,
    clock: SharedClock,
}

impl Server {
    /// Listens at `path`, which only the daemon's user and root can open. A socket left by a dead daemon is cleared away: whoever calls
    /// this holds the store's lock, so no other daemon can be listening there.
    ///
    /// # Errors
    /// When something that is not a socket stands there, or the path is longer than the system allows (107 bytes).
    pub fn bind(path: &Path, handler: Arc<dyn Handler>, clock: SharedClock) -> io::Result<Self> {
        match std::fs::symlink_metadata(path) {
            Ok(about) if about.file_type().is_socket() => std::fs::remove_file(path)?,
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is not a socket stands at the socket's path"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        // Until this takes effect others might connect; they are turned away by their uid all the same.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned(), handler, clock })
    }

    /// Serves until `stop` resolves; requests under way then are dropped where they stand.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, _)) => {
                    let busy = connections.len() >= CONNECTIONS;
                    let (handler, clock) = (Arc::clone(&self.handler), Arc::clone(&self.clock));
                    connections.spawn(async move {
                        if let Err(error) = serve(stream, busy, &*handler, &clock).await {
                            tracing::debug!(error = %error, "a connection to the control socket ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(error = %error, "no connection to the control socket can be accepted");
                    rest(&self.clock, REST).await;
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(error = %error, "the control socket was gone already");
        }
    }
}

async fn rest(clock: &SharedClock, span: Duration) {
    clock.sleep_until(clock.now().plus(span)).await;
    // A sleeper counts as at work when it wakes; a server that waits for askers is not.
    clock.end_work();
}

async fn serve(stream: UnixStream, busy: bool, handler: &dyn Handler, clock: &SharedClock) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let (reader, writer) = stream.into_split();
    let mut writer = BufWriter::new(writer);
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        let problem = Problem::new(Exit::Failed, 3, "这个用户无权操作本程序", "请用 sudo 运行，或换用运行本程序的用户");
        return refuse(&mut writer, problem).await;
    }
    if busy {
        let problem = Problem::new(Exit::Failed, 4, "同时查询的人太多", "请稍后再试");
        return refuse(&mut writer, problem).await;
    }
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader).take(LINE_LIMIT + 1);
    tokio::select! {
        read = reader.read_until(b'\n', &mut line) => drop(read?),
        () = rest(clock, PATIENCE) => return Err(io::ErrorKind::TimedOut.into()),
    }
    let request = match understood(&line) {
        Ok(request) => request,
        Err(problem) => return refuse(&mut writer, problem).await,
    };
    let by = Actor::at_the_socket(peer::operator(uid, request.on_behalf_of.as_deref(), &peer::passwd()));
    let (sender, receiver) = mpsc::channel(64);
    let answers = Answers(sender);
    let answering = async {
        handler.answer(request.ask, &by, &answers).await;
        drop(answers);
    };
    let ((), written) = tokio::join!(answering, forward(receiver, &mut writer));
    written
}

/// Reads a request's line.
fn understood(line: &[u8]) -> Result<Request, Problem> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u16,
    }
    if line.len() as u64 > LINE_LIMIT {
        return Err(Problem::new(Exit::Usage, 2, "请求过长", "请缩短 --reason 或筛选条件"));
    }
    let other_version = || Problem::new(Exit::Failed, 5, "命令与正在运行的程序版本不同", "升级后请先重启程序：systemctl restart dangri");
    // An unknown request of another version is told of as that, not as nonsense.
    match serde_json::from_slice::<Version>(line) {
        Ok(Version { version }) if version != VERSION => Err(other_version()),
        Ok(_) => serde_json::from_slice(line).map_err(|_| other_version()),
        Err(_) => Err(Problem::new(Exit::Usage, 3, "看不懂的请求", "请用 dangri 命令操作")),
    }
}

async fn forward(mut answers: mpsc::Receiver<Answer>, to: &mut BufWriter<OwnedWriteHalf>) -> io::Result<()> {
    let (mut ended, mut line) = (false, Vec::new());
    while let Some(answer) = answers.recv().await {
        ended = matches!(answer, Answer::Refused(_) | Answer::End);
        line.clear();
        serde_json::to_writer(&mut line, &answer)?;
        line.push(b'\n');
        to.write_all(&line).await?;
        if ended {
            break;
        }
        if answers.is_empty() {
            to.flush().await?;
        }
    }
    if !ended {
        write(to, &Answer::End).await?;
    }
    to.flush().await
}

async fn refuse(to: &mut BufWriter<OwnedWriteHalf>, problem: Problem) -> io::Result<()> {
    write(to, &Answer::Refused(problem)).await?;
    to.flush().await
}

async fn write(to: &mut BufWriter<OwnedWriteHalf>, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    to.write_all(&line).await
}
