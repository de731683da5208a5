//! The asking end: blocking, for a command that has nothing else to do.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::api::{Answer, Ask, LINE_LIMIT, Request, VERSION};
use crate::status::{Exit, Problem, words};

/// How long an answer's next line may take for what the daemon knows by heart.
pub const SOON: Option<Duration> = Some(Duration::from_secs(10));
/// The same for what makes the daemon write to the disk many times.
pub const PATIENT: Option<Duration> = Some(Duration::from_secs(120));
/// For what takes as long as it takes.
pub const AS_LONG_AS_IT_TAKES: Option<Duration> = None;

/// Why there is no answer. The texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens at the socket.
    #[error("程序没有运行")]
    NotRunning,
    /// The socket may not be opened.
    #[error("无权连接正在运行的程序")]
    Denied,
    /// The daemon does not answer in time.
    #[error("程序在运行，但没有回应")]
    Silent,
    /// The connection ended before the answer did.
    #[error("程序的回答中断了")]
    CutShort,
    /// The answer is in another language.
    #[error("看不懂程序的回答，命令与正在运行的程序版本不同")]
    Foreign,
    /// The daemon says no.
    #[error("{}", .0.message)]
    Refused(Problem),
    /// The connection failed in another way.
    #[error("连接程序时出错（{}）", words::trouble(*.0))]
    Failed(io::ErrorKind),
    /// What was received could not be passed on.
    #[error("写不出结果（{}）", words::trouble(.0.kind()))]
    Output(io::Error),
}

impl AskError {
    /// The same as a problem with its code and what to do.
    pub fn problem(&self) -> Problem {
        let said = self.to_string();
        match self {
            Self::NotRunning => Problem::new(Exit::NotRunning, 1, said, "启动程序：systemctl start dangri；再用 dangri doctor 检查"),
            Self::Denied => Problem::new(Exit::Failed, 3, said, "请用 sudo 运行，或换用运行本程序的用户"),
            Self::Silent => Problem::new(Exit::NotRunning, 3, said, "稍后再试；仍不回应请重启：systemctl restart dangri"),
            Self::CutShort => Problem::new(Exit::Failed, 6, said, "请重试；仍然如此请查看日志：journalctl -u dangri"),
            Self::Foreign => Problem::new(Exit::Failed, 5, said, "升级后请先重启程序：systemctl restart dangri"),
            Self::Refused(problem) => problem.clone(),
            Self::Failed(_) | Self::Output(_) => Problem::new(Exit::Failed, 1, said, "请重试；仍然如此请查看日志：journalctl -u dangri"),
        }
    }

    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Self::NotRunning,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => Self::CutShort,
            kind => Self::Failed(kind),
        }
    }
}

/// Asks the daemon at `socket` and hands every line of the answer to `each`. No line may take longer than `patience`.
///
/// # Errors
/// [`AskError`] when there is no whole answer; lines that came before are handed over all the same. An error of `each` ends the asking.
pub fn ask(
    socket: &Path,
    ask: Ask,
    on_behalf_of: Option<String>,
    patience: Option<Duration>,
    mut each: impl FnMut(Answer) -> io::Result<()>,
) -> Result<(), AskError> {
    let of = |error: io::Error| AskError::of(&error);
    let mut stream = UnixStream::connect(socket).map_err(of)?;
    stream.set_read_timeout(patience).map_err(of)?;
    stream.set_write_timeout(SOON).map_err(of)?;
    let request = Request { version: VERSION, on_behalf_of, ask };
    let mut line = serde_json::to_vec(&request).map_err(|_| AskError::Foreign)?;
    line.push(b'\n');
    // A server that turns us away may have closed before it read; its reason is in the answer.
    let sent = stream.write_all(&line);
    let mut lines = BufReader::new(stream);
    loop {
        line.clear();
        let read = (&mut lines).take(LINE_LIMIT).read_until(b'\n', &mut line);
        if let (Err(error), true) = (&sent, read.as_ref().map_or(true, |n| *n == 0)) {
            return Err(AskError::of(error));
        }
        if read.map_err(of)? == 0 || line.last() != Some(&b'\n') {
            return Err(AskError::CutShort);
        }
        match serde_json::from_slice(&line).map_err(|_| AskError::Foreign)? {
            Answer::End => return Ok(()),
            Answer::Refused(problem) => return Err(AskError::Refused(problem)),
            answer => each(answer).map_err(AskError::Output)?,
        }
    }
}
