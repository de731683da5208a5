//! What of a penalty decision must be public, by when, and whether what is public is right (行政处罚“双公示”; domain.md §2).
//!
//! Pure: bytes, rows and days go in, findings come out. Who reads the platform's list, and who keeps what was found, is
//! [`reconcile::publication`](crate::reconcile::publication).
//!
//! ```text
//! decision ─ Decision::read ─► Wanted ─┐
//!                                      ├─ Ledger ─► Verdict ─► Standing ─► clock::reminders
//! list, page by page ─────────► Row ───┘
//! ```
//! A decision is *missing* only when the list was read to its end, twice, and was complete up to a moment after the notice should have
//! stood there (contract §5). Whatever else keeps it from being seen is *unseen*, and never missing. What is wrong with a notice that was
//! seen is an alarm only when every one of two readings saw it so: [`Verdict::confirmed`], [`Stray::is_confirmed`].

pub mod clock;
mod columns;
mod compare;
mod decision;
mod differ;
mod fold;
mod leaves;
mod outcome;
mod row;
pub mod sheet;
mod standing;
mod stray;
pub mod template;
mod term;

pub use columns::{Column, Need, ORGANISATION, PERSON, column_of};
pub use compare::{Expect, Ledger, Sight, Verdict, Wanted};
pub use decision::{Category, Decision, DecisionKind};
pub use differ::Difference;
pub use leaves::Leaves;
pub use outcome::{Doubt, Outcome, Reading};
pub use row::{Layout, Row, RowState};
pub use standing::{Annulled, Figures, Standing};
pub use stray::{Extra, Stray};
pub use term::{Exemption, Term, Warnings};
