//! Journeys from outside, in the order a document travels: a real folder, the whole daemon, the mock platform over HTTP, one clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod harness;

mod annexes;
mod archiving;
mod cli;
mod comparing;
mod console;
mod console_reads;
mod demo;
mod drifting;
mod filing;
mod foretelling;
mod formats;
mod journey;
mod judging;
mod keeping;
mod loop_closing;
mod losing_answers;
mod model;
#[path = "../shared/not_shown.rs"]
mod not_shown;
mod noticing;
mod outage;
mod process;
mod publishing;
mod reminding;
mod running;
mod schemas;
mod sending;
mod telling;
mod terminal;
mod tidy;
mod today;
