//! Why an attempt did not succeed, and what follows.

use serde::{Deserialize, Serialize};

/// What a failure means for what happens next (contract §1; `platform::classify` is the one table that decides it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing was kept; try again later.
    Passing,
    /// Refused for good: back to the author, or a defect of ours.
    Final,
    /// Something may have been kept: look up before anything else.
    Unknown,
    /// A person must clear something first.
    Held,
}

/// The one word for what went wrong; the domain's error classes (domain.md §5) and the contract's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No connection: refused, no route, name not found, TLS refused.
    Unreachable,
    /// The connection broke or timed out after the body had begun to leave.
    NoAnswer,
    /// An answer that is not the platform's: HTML, empty, another envelope, an unknown code.
    Nonsense,
    /// The platform's own error (04, 5xx).
    PlatformError,
    /// Busy or in maintenance (05, 429, 503).
    Busy,
    /// The credential was refused (02).
    Credential,
    /// The token ran out twice in a row (03).
    Token,
    /// Malformed by us, or our bytes changed (01, 16).
    Defect,
    /// Does not fit the schema (10).
    Schema,
    /// Breaks a rule of the platform (11).
    Rule,
    /// Base data missing on the platform (12).
    BaseData,
    /// The number is held by another submission (13).
    Conflict,
    /// An earlier document of the case is not entered yet (14).
    Order,
    /// This author may not send this kind (15).
    Permission,
    /// The schema version is no longer accepted (17).
    SchemaVersion,
    /// The daemon stopped while the request was under way.
    Interrupted,
    /// The platform no longer knows what it once acknowledged.
    Vanished,
    /// Our own bytes could not be read back.
    Unreadable,
}

impl Cause {
    /// What people are told, in a few words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "连不上平台",
            Self::NoAnswer => "平台没有回音",
            Self::Nonsense => "平台答非所问",
            Self::PlatformError => "平台出错",
            Self::Busy => "平台繁忙或维护",
            Self::Credential => "平台账号被拒",
            Self::Token => "平台登录失效",
            Self::Defect => "程序报送格式有误",
            Self::Schema => "不符合平台格式",
            Self::Rule => "不符合平台规则",
            Self::BaseData => "平台缺少基础数据",
            Self::Conflict => "文号已被占用",
            Self::Order => "前序文书尚未录入",
            Self::Permission => "无权录入此类文书",
            Self::SchemaVersion => "平台格式版本已更换",
            Self::Interrupted => "上传中程序停止",
            Self::Vanished => "平台查无此件",
            Self::Unreadable => "本机存件读不出",
        }
    }
}

/// One failed attempt: what it was, what it means, and the platform's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What follows from it.
    pub class: Class,
    /// What it was.
    pub cause: Cause,
    /// The platform's code (`05`), the HTTP status (`HTTP 502`) or the transport's short name; for people on the telephone.
    pub code: String,
    /// What was said, masked and shortened to 300 characters; empty when nothing was.
    pub said: String,
    /// Seconds that the platform asked us to stay away (`Retry-After`), a minimum.
    pub retry_after_secs: Option<u64>,
}

impl Failure {
    /// The code of a request that was not made because the platform counts as down.
    pub const GATE: &str = "gate";
    /// The code of a request that was not made because the platform asked to be left alone.
    pub const QUIET: &str = "retry_after";

    /// Whether nothing left at all, so that it counts as no attempt.
    pub fn never_left(&self) -> bool {
        [Self::GATE, Self::QUIET].contains(&self.code.as_str())
    }

    /// A failure without words or a waiting time.
    pub fn new(class: Class, cause: Cause, code: impl Into<String>) -> Self {
        Self { class, cause, code: code.into(), said: String::new(), retry_after_secs: None }
    }
}

/// One error that the platform names in a refusal (contract §3, `Errors`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The platform's error code, `E1203`.
    pub code: String,
    /// The element's path as the platform writes it, if it does.
    pub path: Option<String>,
    /// The line in the document's bytes, if it says so.
    pub line: Option<u32>,
    /// The platform's sentence.
    pub message: String,
}
