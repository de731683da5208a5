//! The mock platform seen from outside: raw HTTP over TCP, the contract's text in hand.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod feeds;
mod harness;
mod sending;
