//! What a check ends in.

use super::CheckedDraft;
use crate::document::{Facts, Finding};

/// What a check ends in. A check that failed is its own outcome, and never a good one.
#[derive(Debug)]
pub enum Verdict {
    /// It can be taken and sent. What is left to say are warnings and remarks.
    Fit(CheckedDraft),
    /// It must be mended first; at least one finding is an error.
    Unfit {
        /// What could be read of it.
        facts: Option<Facts>,
        /// What was found, in the order of the text.
        findings: Vec<Finding>,
    },
    /// It fits a schema that comes without a table of kinds: checked, but nothing that dangri could send.
    FitsSchemaOnly {
        /// Warnings and remarks.
        findings: Vec<Finding>,
    },
    /// The check gave no verdict.
    NotChecked {
        /// Why, for developers and the log; holds nothing of the document.
        why: String,
    },
}

impl Verdict {
    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Fit(draft) => draft.findings(),
            Self::Unfit { findings, .. } | Self::FitsSchemaOnly { findings } => findings,
            Self::NotChecked { .. } => &[],
        }
    }

    /// What was read of the document.
    pub const fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Fit(draft) => Some(draft.facts()),
            Self::Unfit { facts, .. } => facts.as_ref(),
            Self::FitsSchemaOnly { .. } | Self::NotChecked { .. } => None,
        }
    }
}
