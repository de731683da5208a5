//! What can be done to a call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The value of a `Retry-After` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date this many seconds from the platform's now.
    Date(u64),
    /// Seconds until the rule's own `For` window ends (at least 1).
    Remaining,
    /// Any text, for what real platforms send: `-5`, `soon`, ten years.
    Text(String),
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// After the head, before the body is read.
    BeforeBody,
    /// After some of the body.
    DuringBody,
    /// After the whole body, nothing kept.
    AfterBody,
}

/// One entry of `Errors` (contract §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorItem {
    /// The platform's own code, such as `E1203`.
    pub code: String,
    /// Where: an XPath with the prefix `d`; may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Line inside the document's bytes, from 1; may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong, in Chinese.
    pub message: String,
}

impl ErrorItem {
    /// An error without a place.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), path: None, line: None, message: message.into() }
    }

    /// The same error at a place.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, line: u32) -> Self {
        self.path = Some(path.into());
        self.line = Some(line);
        self
    }
}

/// How a penalty decision is published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publishing {
    /// Seconds after entry.
    pub after: u64,
    /// Never published at all.
    pub never: bool,
    /// Two rows for one decision.
    pub twice: bool,
    /// CF_ fields that are shown with another value; an empty value leaves the field out.
    pub alter: BTreeMap<String, String>,
    /// Amounts in yuan where 万元 should stand: off by a factor of 10,000.
    pub in_yuan: bool,
    /// Values moved by one column, as an insert statement with shifted columns does it.
    pub shifted: bool,
    /// Withdrawn this many seconds after publication.
    pub withdrawn_after: Option<u64>,
    /// Ended by credit repair this many seconds after publication.
    pub repaired_after: Option<u64>,
}

/// What happens to a call that a rule fits. In JSON: `{"do": "reset", "at": "before_body"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Wait in real time before anything else (at most 60,000 ms).
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Close the listening socket and every connection, and open again after a while of real time (at most 60,000 ms).
    RefuseConnections {
        /// Milliseconds; 0 stays closed until told otherwise.
        ms: u64,
    },
    /// Reset the connection (RST); nothing is kept.
    Reset {
        /// When.
        at: Moment,
    },
    /// Answer with a status of the transport.
    Status {
        /// 429, 500, 502, 503, 504 …
        status: u16,
        /// With this code in an envelope, or a bare text page when left out.
        #[serde(default)]
        code: Option<String>,
        /// The header, if any.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Keep the document, then drop the answer.
    CommitThenDrop {
        /// With RST instead of a plain close.
        #[serde(default)]
        reset: bool,
    },
    /// Read it all, keep nothing, close without an answer.
    DropWithoutCommit,
    /// 200 with the login page of an expired session.
    Html {
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// 200 without a body.
    Empty {
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Any other page, such as another proxy's.
    Page {
        /// HTTP status.
        status: u16,
        /// Content-Type.
        content_type: String,
        /// Body as is.
        body: String,
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Refuse with a code of the table. On a PUT it takes its place in the contract's order of precedence.
    Refuse {
        /// `01` to `18`.
        code: String,
        /// The message; the table's own when left out.
        #[serde(default)]
        message: Option<String>,
        /// For 10, 11 and 12.
        #[serde(default)]
        errors: Vec<ErrorItem>,
    },
    /// Send the whole answer twice on the same connection.
    AnswerTwice,
    /// Write the code in another way: `0`, `200`, `成功`.
    CodeAs {
        /// Text of `Code`.
        text: String,
    },
    /// Name another document in the answer's receipt or result.
    NameAnother {
        /// Its submission id.
        id: String,
    },
    /// Send the answer's body in small pieces.
    SlowDrip {
        /// Bytes at a time.
        bytes: usize,
        /// Real milliseconds between them.
        every_ms: u64,
    },
    /// Promise the whole answer, send this many bytes of it, close.
    Truncate {
        /// Bytes of the body.
        after: usize,
    },
    /// Show another `ServerTime`.
    ServerTime {
        /// Seconds off the platform's clock; negative is behind.
        offset: i64,
    },
    /// Forget every token given out so far.
    ExpireTokens,
    /// Give out tokens that live this long.
    TokenLife {
        /// Seconds.
        seconds: u64,
    },
    /// Take it, but show it only after a while.
    VisibleLate {
        /// Seconds after it was taken.
        seconds: u64,
    },
    /// Take it, then return it with errors once it was checked.
    ReturnLater {
        /// The reasons.
        errors: Vec<ErrorItem>,
    },
    /// Take it, and leave it in `checking` until somebody releases it.
    HoldInChecking,
    /// Take it and process it at this pace.
    Process {
        /// Seconds in `received`.
        received: u64,
        /// Seconds in `checking`.
        checking: u64,
    },
    /// How the decision is published.
    Publish(Publishing),
    /// Pages over a moving list: begin this many rows too early, or this many too late.
    Rows {
        /// Rows of the page before shown again.
        #[serde(default)]
        repeat: usize,
        /// Rows that are never shown.
        #[serde(default)]
        skip: usize,
    },
    /// From now on the schema has this version.
    ChangeSchema {
        /// The current version.
        version: String,
        /// The versions still taken.
        accepts: Vec<String>,
    },
}

impl Action {
    /// Two actions of one slot exclude each other; the first rule that fits wins and the other is not used up.
    pub(super) fn slot(&self) -> u8 {
        match self {
            Self::Reset { .. }
            | Self::Status { .. }
            | Self::CommitThenDrop { .. }
            | Self::DropWithoutCommit
            | Self::Html { .. }
            | Self::Empty { .. }
            | Self::Page { .. }
            | Self::Refuse { .. }
            | Self::RefuseConnections { .. } => 0,
            Self::Delay { .. } => 1,
            Self::AnswerTwice => 2,
            Self::CodeAs { .. } => 3,
            Self::NameAnother { .. } => 4,
            Self::SlowDrip { .. } | Self::Truncate { .. } => 5,
            Self::ServerTime { .. } => 6,
            Self::ExpireTokens => 7,
            Self::TokenLife { .. } => 8,
            Self::VisibleLate { .. } => 9,
            Self::ReturnLater { .. } => 10,
            Self::HoldInChecking => 11,
            Self::Process { .. } => 12,
            Self::Publish(_) => 13,
            Self::Rows { .. } => 14,
            Self::ChangeSchema { .. } => 15,
        }
    }
}
