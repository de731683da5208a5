//! The check: bytes in, a verdict out. Pure; the same draft always gets the same verdict on the same day.

pub mod bundle;
mod context;
mod draft;
pub mod decode;
mod facts;
pub mod mask;
mod say;
pub mod rules;
pub mod schema;
pub mod tree;

pub use context::{CaseDocument, Context, Holder, Roster};
pub use draft::CheckedDraft;
pub use tree::{Attr, Malformed, Node, Tree};
