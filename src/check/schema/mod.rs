//! The platform's schema: what fields are called, and whether a document fits it.

mod labels;

pub use labels::{Choice, Labels, XsdSource};
