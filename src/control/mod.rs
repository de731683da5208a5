//! How the command line reaches the running daemon: a Unix socket in the state folder. The console asks the same [`Desk`] from within.
//!
//! One request a connection, one JSON line each way; long answers are several lines, and the last is always `end` or `refused`, so that an
//! answer that was cut short is seen as such. Only the daemon's own user and root may ask; who asked is known from the socket (faults A8.3)
//! and stands in the history of what they changed. Every act, done or refused, is a line of the audit log, written in one place: [`Desk`].

pub mod api;
pub mod client;
mod deed;
pub mod handler;
pub mod life;
pub mod peer;
pub mod people;
pub mod publicity;
pub mod reports;
pub mod server;
#[cfg(test)]
mod tests;
pub mod today;

pub use api::{Answer, Ask, Request};
pub use client::{AskError, ask};
pub use handler::{Desk, Exchanges, Upkeep, UpkeepReport};
pub use server::{Answers, Handler, Server, ask_within};
