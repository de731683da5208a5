//! What a check ends in.

use std::sync::Arc;

use crate::document::{ContentHash, Facts, Finding};

use super::Tree;

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
            Self::Fit(draft) => Some(&draft.facts),
            Self::Unfit { facts, .. } => facts.as_ref(),
            Self::FitsSchemaOnly { .. } | Self::NotChecked { .. } => None,
        }
    }
}

/// A draft that passed its check. Only the check makes one, so whoever holds it need not ask again.
#[derive(Debug, Clone)]
pub struct CheckedDraft {
    facts: Facts,
    body: Arc<[u8]>,
    digest: ContentHash,
    findings: Vec<Finding>,
    tree: Arc<Tree>,
}

impl CheckedDraft {
    /// Takes the document bytes of contract §3 out of the text: from the `<` of the root's start tag to the `>` of its end tag. The root has
    /// nothing round it to inherit from, so every namespace that it needs is declared on itself or below.
    pub(super) fn new(facts: Facts, tree: Arc<Tree>, findings: Vec<Finding>) -> Self {
        let body: Arc<[u8]> = Arc::from(&tree.source().as_bytes()[tree.root().span()]);
        Self { facts, digest: ContentHash::of(&body), body, findings, tree }
    }

    /// What queue, upload and status need to know of it.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The document bytes of contract §3: UTF-8, no declaration; the same on every attempt.
    pub const fn body(&self) -> &Arc<[u8]> {
        &self.body
    }

    /// SHA-256 of the body.
    pub const fn digest(&self) -> ContentHash {
        self.digest
    }

    /// Warnings and remarks.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The document, for judging others of its case.
    pub const fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }
}
