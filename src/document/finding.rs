//! What a check has to say about a draft.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// Should be looked at; the document goes on.
    Warning,
    /// Must be mended before the document can be entered.
    Error,
}

impl Severity {
    /// The word that people are shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "提示",
            Self::Warning => "提醒",
            Self::Error => "必须改",
        }
    }
}

/// Where in a draft: line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// The line, from 1; 0 when the finding concerns the file as a whole.
    pub line: u32,
    /// The column, from 1, in characters; 0 when unknown.
    pub column: u32,
}

/// One thing found in a draft, said so that its author can mend it. Everything but `rule` and `path` is shown to people and is Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that speaks: an id of the catalogue (`USCC-1`, `DAT-8`), of the schema check (`XSD-…`) or of decoding (`FILE-…`).
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Where in the file.
    pub place: Place,
    /// The element's path, for machines: `InspectionRecord/Enterprise/Uscc`.
    pub path: String,
    /// The label printed on the form: `统一社会信用代码`.
    pub label: String,
    /// The value found, shortened, personal data masked; empty when there is none.
    pub value: String,
    /// What is wrong, one sentence.
    pub message: String,
    /// What is wanted instead, short; may be empty.
    pub wanted: String,
    /// What to do, one sentence.
    pub advice: String,
    /// The law or standard behind the rule; empty when there is none.
    pub law: String,
}

impl Finding {
    /// It in a line: the field and what is wrong with it, the field only once.
    pub fn in_short(&self) -> String {
        let Self { label, message, .. } = self;
        if message.contains(label.as_str()) { message.clone() } else { format!("{label}：{message}") }
    }
}
