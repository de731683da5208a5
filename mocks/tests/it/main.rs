//! The mock platform seen from outside: raw HTTP over TCP, the contract's text in hand.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod admin;
mod attachments;
mod binary;
mod contract;
mod drafts;
mod faults;
mod feeds;
mod harness;
mod publications;
mod refusals;
mod sending;
mod tls;
mod tokens;
mod verdicts;
