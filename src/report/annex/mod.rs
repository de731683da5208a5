//! The papers that the notice asks for by 26 April (S-35), and the roster before them (S-14), as files to print and hand in.
//!
//! Only what is entered is counted (S-28); what is on its way is named beside the paper, so that nobody hands in a figure that grows
//! tomorrow without knowing.

pub mod form;
pub mod one;
pub mod summary;
pub mod three;
pub mod two;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::document::Timestamp;

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 附件1, who was named by each 镇办; the period does not matter to it.
    Annex1,
    /// 附件2, what was inspected and found.
    Annex2,
    /// 附件3, cases intended or filed.
    Annex3,
    /// The summary's skeleton.
    Summary,
}

impl Paper {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Annex1 => "附件1 抽调执法人员统计表",
            Self::Annex2 => "附件2 执法检查活动情况统计表",
            Self::Annex3 => "附件3 拟立案行政处罚案件统计表",
            Self::Summary => "工作总结",
        }
    }
}

/// A paper that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Which.
    pub paper: Paper,
    /// The first day of the inspections that count.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// What stands at the head of every paper.
#[derive(Debug, Clone)]
pub struct Heading {
    /// The unit that fills it in.
    pub unit: String,
    /// The first day that counts.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether the period is said.
    pub dated: bool,
}

/// A paper that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// A name for the file.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What was found when it was made: sums, what is missing, what was left out. Chinese, one sentence each.
    pub notes: Vec<Note>,
}

/// One remark about a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Whether all is as it should be.
    pub well: bool,
    /// The remark.
    pub said: String,
}

impl Note {
    /// All is well.
    pub fn well(said: impl Into<String>) -> Self {
        Self { well: true, said: said.into() }
    }

    /// Somebody should look.
    pub fn look(said: impl Into<String>) -> Self {
        Self { well: false, said: said.into() }
    }
}

/// A file could not be put together; a defect of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The spreadsheet's writer refused.
    #[error("the spreadsheet could not be written: {0}")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    /// The text document's container could not be written.
    #[error("the document could not be written: {0}")]
    Container(#[from] zip::result::ZipError),
    /// The same, from below.
    #[error("the document could not be written: {0}")]
    Io(#[from] std::io::Error),
}
