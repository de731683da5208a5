//! What a store must survive: kills, power cuts, full and failing disks, damaged files.
//!
//! The processes that are killed are this same program, started anew with the name of [`child::a_process_to_be_killed`].

#![expect(clippy::unwrap_used, reason = "the whole program is a test")]

mod child;
mod damage;
mod disk;
mod kill;
#[path = "../shared/not_shown.rs"]
mod not_shown;
mod power_cut;
