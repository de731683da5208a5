//! The check: bytes in, a verdict out. Pure; the same draft always gets the same verdict on the same day.

pub mod bundle;
mod checker;
mod context;
pub mod decode;
mod draft;
pub mod explain;
mod facts;
mod header;
pub mod mask;
pub mod rules;
#[cfg(test)]
mod said;
mod say;
pub mod schema;
pub mod tree;
mod verdict;

pub use bundle::{Bundle, BundleProblem, KindEntry};
pub use checker::{Checker, Draft, Settings, Worker};
pub use context::{CaseDocument, Context, Holder, Roster};
pub use decode::too_big;
pub use draft::CheckedDraft;
pub use tree::{Attr, Malformed, Node, Tree};
pub use verdict::Verdict;
