//! One line: who, from where, what, to what, what came of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{document::Timestamp, redact};

/// The longest text of a person's that is kept, in characters.
const LONGEST: usize = 500;

/// Who does something, and how it reached the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name: of the console's user, or of the machine's.
    pub name: String,
    /// What the person may do, in Chinese; `本机` for whoever may use the control socket.
    pub role: String,
    /// From where: an address, or `控制接口`.
    pub from: String,
    /// Which session of the console; empty for the control socket. Not the secret itself.
    pub session: String,
}

impl Actor {
    /// Somebody at the control socket, by the login name of the machine.
    pub fn at_the_socket(name: impl Into<String>) -> Self {
        Self { name: name.into(), role: "本机".to_owned(), from: "控制接口".to_owned(), session: String::new() }
    }

    /// Whether this is a user of the console and not of the machine.
    pub fn is_of_the_console(&self) -> bool {
        self.from != "控制接口"
    }

    /// The name as it stands in the history of what was changed: a user of the console must not be taken for one of the machine.
    pub fn signature(&self) -> String {
        if self.is_of_the_console() { format!("{}（网页）", self.name) } else { self.name.clone() }
    }
}

/// What is done: an act's name for machines, what it is done to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// `document.hold`, `login`.
    pub action: &'static str,
    /// What it is done to, as it was named; may be empty.
    pub object: String,
    /// The reason that was given; may be empty.
    pub reason: String,
}

impl Deed {
    /// A deed without a reason.
    pub fn new(action: &'static str, object: impl Into<String>) -> Self {
        Self { action, object: object.into(), reason: String::new() }
    }

    /// The same, with the reason that was given.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not, with the problem's code.
    Refused(String),
}

/// A line of the log. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, from 1.
    pub seq: u64,
    /// When, by dangri's clock.
    pub time: Timestamp,
    /// Who and from where.
    #[serde(flatten)]
    pub actor: Actor,
    /// What, for machines.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// What came of it.
    pub result: Outcome,
    /// The reason that was given.
    pub reason: String,
    /// The SHA-256 of the line before, in hexadecimal; 64 zeros before the first.
    pub prev: String,
}

impl Line {
    /// A line that follows the one whose hash is `prev`.
    pub(super) fn new((seq, prev): (u64, &str), time: Timestamp, actor: &Actor, deed: &Deed, result: Outcome) -> Self {
        let kept = |text: &str| redact::mask(text).chars().take(LONGEST).collect::<String>();
        let actor = Actor { name: kept(&actor.name), ..actor.clone() };
        Self {
            seq,
            time,
            actor,
            action: deed.action.to_owned(),
            object: kept(&deed.object),
            result,
            reason: kept(&deed.reason),
            prev: prev.to_owned(),
        }
    }

    /// The act in a word for people.
    pub fn label(&self) -> &str {
        match self.action.as_str() {
            "login" => "登录",
            "logout" => "退出",
            "user.add" => "添加用户",
            "user.password" => "改口令",
            "user.lock" => "停用用户",
            "user.unlock" => "启用用户",
            "document.retry" => "立即处理",
            "document.hold" => "暂停",
            "document.release" => "解除暂停",
            "document.ignore" => "忽略",
            "document.take_up" => "恢复",
            "day.acknowledge" => "确认当日",
            "day.excuse" => "登记例外",
            "plan.import" => "导入计划",
            "roster.import" => "导入名册",
            "alert.claim" => "认领告警",
            "alert.silence" => "静默告警",
            "alert.duty" => "改值班表",
            "alert.test" => "试发告警",
            "decision.annul" => "登记撤销",
            "paper.export" => "导出报表",
            "decision.export" => "导出处罚决定",
            "store.backup" => "备份",
            "audit.read" => "查看审计日志",
            "audit.verify" => "校验审计日志",
            other => other,
        }
    }

    /// What came of it, in words.
    pub fn outcome(&self) -> String {
        match &self.result {
            Outcome::Done => "成功".to_owned(),
            Outcome::Refused(code) => format!("未成（{code}）"),
        }
    }
}

/// The hash under which a line is named by the next one.
pub(super) fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands before the first line.
pub(super) fn nothing() -> String {
    "0".repeat(64)
}
