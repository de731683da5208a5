//! Journeys from outside, in the order a document travels: a real folder, the whole daemon, the mock platform over HTTP, one clock.

mod harness;

mod cli;
mod demo;
mod journey;
mod judging;
mod noticing;
