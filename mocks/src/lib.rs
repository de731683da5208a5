//! The mock provincial platform.

pub mod drafts;
