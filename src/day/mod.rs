//! The day: what must be on the platform before it ends, what is missing, and whether it will come about (S-19, S-28; DESIGN §4.2).
//!
//! Pure where it decides: [`deadline`] says how a document stands to its own cut-off, [`forecast`] what will miss it at the present pace.
//! All days are days of Asia/Shanghai; no clock is read here.

pub mod book;
pub mod deadline;
pub mod difference;
pub mod excuse;
pub mod forecast;
pub mod plan;
pub mod report;
pub mod roster;
#[cfg(test)]
mod samples;
pub mod sheet;
pub mod towns;

pub use deadline::{Deadline, Hours, Standing, strict_now};
pub use excuse::Excuse;
pub use forecast::{Forecast, Outlook};
pub use report::{Absent, Acknowledgement, DayReport, DayRow, Elsewhere, Gap};
