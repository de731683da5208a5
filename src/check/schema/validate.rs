//! The seam to the XSD validator.

use std::sync::Arc;

/// Judges documents by one schema. One a thread; whoever checks on two cores holds two.
pub trait SchemaValidator: Send {
    /// Judges `text`, a decoded document. Takes a text of its own so that it may be judged on another thread.
    fn validate(&self, text: &Arc<str>) -> Report;
}

/// What the validator found. A validator that failed has found nothing: that is never [`Report::Fits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The document fits the schema.
    Fits,
    /// It is well-formed and does not fit; at least one violation, at most [`MOST_VIOLATIONS`].
    Breaks(Vec<Violation>),
    /// It is not a document that can be judged at all.
    Unreadable(Unreadable),
    /// The validator gave no verdict; why, for developers.
    NotChecked(String),
}

/// How many violations are gathered before the validator stops looking.
pub const MOST_VIOLATIONS: usize = 100;

/// One way in which a document does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The constraint of the XSD recommendation, `cvc-maxLength-valid`.
    pub constraint: String,
    /// What the validator says, in English; numbers are read from it, people never see it.
    pub detail: String,
    /// Where the start tag of the element concerned begins, in bytes.
    pub at: usize,
    /// The attribute concerned: namespace and local name.
    pub attribute: Option<(String, String)>,
    /// Where the start tag of the child that should not stand there begins.
    pub child: Option<usize>,
}

/// Why a text is no document that can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where, in bytes of the text.
    pub at: usize,
    /// What is wrong.
    pub why: Obstacle,
    /// What the parser says, in English.
    pub detail: String,
}

/// The kinds of [`Unreadable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It has a document type declaration.
    Doctype,
    /// It ends before its root element does.
    Truncated,
    /// An end tag does not belong to the element that is open.
    TagMismatch,
    /// It has no root element, or something stands beside it.
    Roots,
    /// A character that XML does not allow.
    Character,
    /// A bare `&` or `<`, or an entity that is not declared.
    Reference,
    /// A prefix that is not declared.
    Prefix,
    /// The same attribute twice.
    TwiceTheSame,
    /// Any other break of well-formedness.
    Malformed,
    /// Nested too deep.
    TooDeep,
    /// A text or attribute is too long.
    TooLong,
    /// Too many attributes, declarations or elements.
    TooMany,
}
