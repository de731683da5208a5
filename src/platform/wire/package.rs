//! Writing a package.

use std::sync::Arc;

use bytes::Bytes;
use quick_xml::escape::escape;

use super::EXCHANGE;
use crate::document::{ContentHash, DocumentId, Facts, Timestamp};

const TAIL: &[u8] = b"</Body></Package>";

/// What stands in `Head` (contract §3).
#[derive(Debug, Clone, Copy)]
pub struct HeadParts<'a> {
    /// The submission id.
    pub id: DocumentId,
    /// The sender's unified social credit code.
    pub sender_uscc: &'a str,
    /// The application's id on the platform.
    pub app_id: &'a str,
    /// What the check read.
    pub facts: &'a Facts,
    /// The digest of the document's bytes.
    pub digest: ContentHash,
    /// The submission that this one corrects.
    pub supersedes: Option<DocumentId>,
    /// When this attempt is made.
    pub sent_at: Timestamp,
}

/// A request body in three pieces, so that the document's bytes go from where they lie to the socket without a copy in between.
#[derive(Debug, Clone)]
pub struct Package([Bytes; 3]);

/// Lets [`Bytes`] share the document's allocation.
struct Shared(Arc<[u8]>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Package {
    /// The package of one attempt.
    pub fn new(head: &HeadParts<'_>, document: &Arc<[u8]>) -> Self {
        Self([Bytes::from(opening(head)), Bytes::from_owner(Shared(Arc::clone(document))), Bytes::from_static(TAIL)])
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Bytes; 3] {
        &self.0
    }

    /// How many bytes the body has.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }
}

/// Everything before the document, the elements in the contract's order.
fn opening(head: &HeadParts<'_>) -> String {
    let facts = head.facts;
    let number = facts.number.as_deref().map_or_else(String::new, |number| format!("<DocumentNumber>{}</DocumentNumber>", escape(number)));
    let supersedes = head.supersedes.map_or_else(String::new, |older| format!("<Supersedes>{older}</Supersedes>"));
    format!(
        "<Package xmlns=\"{EXCHANGE}\"><Head><SubmissionId>{id}</SubmissionId><SenderUscc>{sender}</SenderUscc><AppId>{app}</AppId>\
         <Kind>{kind}</Kind>{number}<DraftId>{draft}</DraftId><SchemaVersion>{version}</SchemaVersion>{supersedes}\
         <AuthorLevel>{level}</AuthorLevel><Digest alg=\"sha-256\">{digest}</Digest><SentAt>{sent_at}</SentAt></Head><Body>",
        id = head.id,
        sender = escape(head.sender_uscc),
        app = escape(head.app_id),
        kind = escape(facts.kind.code()),
        draft = facts.draft_id,
        version = escape(facts.schema_version.as_str()),
        level = facts.author_level.code(),
        digest = head.digest,
        sent_at = head.sent_at.to_contract(),
    )
}
