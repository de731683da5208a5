//! Who did what, kept so that nobody can change it unseen (DESIGN §4.11; faults A8.9; GB/T 22239-2019, level 2).
//!
//! Lines of JSON in `audit/2023-04.jsonl` of the state folder, one file a month. Each line names the SHA-256 of the line before it, over
//! the border of months too, so that a line that was altered, left out or put elsewhere breaks the chain at a line that can be named. The
//! end of the chain is also kept as a fact in the store, so that lines cut off at the end are missed.
//!
//! A line is on the disk before [`AuditLog::write`] returns. Nothing here ever deletes: what an office carries off after more than
//! [`KEPT_DAYS`] days, it carries off by hand, and a verification says where the chain begins; less than that is told of as missing.
//! What people typed is masked as in any log (P5).

mod chain;
mod line;
mod log;

pub use chain::{Break, Verified};
pub use line::{Actor, Deed, Line, Outcome};
pub use log::{AuditError, AuditLog, copy};

/// For how long lines must be there, in days: not less than six months (Cybersecurity Law).
pub const KEPT_DAYS: i64 = 180;
