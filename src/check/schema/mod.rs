//! The platform's schema: what fields are called, and whether a document fits it.

mod labels;
pub(in crate::check) mod message;
mod validate;
mod xsd;
mod xsd_names;
mod xsd_run;
mod xsd_seen;
mod xsd_sure;

pub(in crate::check) use labels::Field;
pub use labels::{Choice, Labels, XsdSource};
pub use validate::{MOST_VIOLATIONS, Obstacle, Report, SchemaValidator, Unreadable, Violation};
pub use xsd::{XsdFiles, XsdValidator};
pub(in crate::check) use xsd_sure::SureSchema;
