//! What passed.

use std::sync::Arc;

use crate::document::{ContentHash, Facts, Finding};

/// A draft that passed its check. Only the check can make one, so what the queue admits was judged, and what was judged is what is sent (I5).
#[derive(Debug, Clone)]
pub struct CheckedDraft {
    facts: Facts,
    body: Arc<[u8]>,
    digest: ContentHash,
    findings: Vec<Finding>,
}

impl CheckedDraft {
    /// A draft that passed: its facts, its document bytes (contract §3), and the warnings that its author should see.
    pub(in crate::check) fn new(facts: Facts, body: Arc<[u8]>, findings: Vec<Finding>) -> Self {
        let digest = ContentHash::of(&body);
        Self { facts, body, digest, findings }
    }

    /// What it is.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The document's bytes as they will be sent.
    pub const fn body(&self) -> &Arc<[u8]> {
        &self.body
    }

    /// SHA-256 of those bytes.
    pub const fn digest(&self) -> &ContentHash {
        &self.digest
    }

    /// Warnings and remarks; no errors.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// All of it: facts, bytes, digest, findings.
    pub fn into_parts(self) -> (Facts, Arc<[u8]>, ContentHash, Vec<Finding>) {
        (self.facts, self.body, self.digest, self.findings)
    }
}
