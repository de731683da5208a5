//! dangri 当日: drafted enforcement documents become entries on the provincial platform the same day.
//!
//! The rooms, in the order a document travels; knowledge points downward only (ARCHITECTURE.md).

pub mod alert;
pub mod audit;
pub mod calendar;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod control;
pub mod daemon;
pub mod day;
pub mod demo;
pub mod document;
#[cfg(test)]
#[path = "../tests/shared/not_shown.rs"]
mod not_shown;
pub mod platform;
pub mod publication;
pub mod queue;
pub mod reconcile;
pub mod redact;
pub mod report;
pub mod status;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod upload;
pub mod users;
pub mod watch;
