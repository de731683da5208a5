//! Where the configuration and the daemon's socket are.

use std::path::PathBuf;

use crate::{
    config::{self, Config},
    control::{Answer, Ask, AskError, ask},
    status::{Exit, Problem},
};

/// The configuration of an installed daemon.
const INSTALLED: &str = "/etc/dangri/dangri.toml";
/// The configuration of a trial.
const HERE: &str = "dangri.toml";

/// What the arguments and the environment say of places.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    config: Option<PathBuf>,
    socket: Option<PathBuf>,
}

impl Place {
    /// With what the arguments say; the environment fills in.
    pub(super) fn new(config: Option<PathBuf>, socket: Option<PathBuf>) -> Self {
        let from_environment = || std::env::var_os("DANGRI_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from);
        Self { config: config.or_else(from_environment), socket }
    }

    /// The configuration's file: named, or installed, or here.
    pub(super) fn config(&self) -> PathBuf {
        let found = [INSTALLED, HERE].into_iter().find(|path| std::fs::metadata(path).is_ok_and(|about| about.is_file()));
        self.config.clone().unwrap_or_else(|| found.unwrap_or(INSTALLED).into())
    }

    /// The configuration, without asking whether what it names is there.
    pub(super) fn read(&self) -> Result<Config, Problem> {
        let file = self.config();
        config::read(&file).map_err(|problems| {
            let first = problems.0.first().map_or_else(String::new, |p| format!("{}：{}", p.key, p.why));
            let message = format!("配置文件 {} 有问题：{}", file.display(), first.trim_start_matches('：'));
            Problem::new(Exit::Usage, 1, message, "用 dangri config check 查看全部问题；或用 --config 指明配置文件")
        })
    }

    /// The daemon's socket. A configuration with mistakes still leads there if the socket is named.
    pub(super) fn socket(&self) -> Result<PathBuf, Problem> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        self.read().map(|config| config.control_socket)
    }

    /// Asks the daemon; every line of its answer goes to `each`.
    pub(super) fn ask(
        &self,
        question: Ask,
        patience: Option<std::time::Duration>,
        each: impl FnMut(Answer) -> std::io::Result<()>,
    ) -> Result<(), AskError> {
        let socket = self.socket().map_err(AskError::Refused)?;
        ask(&socket, question, on_behalf_of(), patience, each)
    }
}

/// For whom root acts, as `sudo` says.
fn on_behalf_of() -> Option<String> {
    std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty())
}
