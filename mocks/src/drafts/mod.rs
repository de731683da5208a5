//! Sample documents of an invented inspection campaign: deterministic, realistic, and fit to be entered unless a defect is asked for.
//!
//! The same seed and day give the same bytes on every machine. Enterprises and people are invented; their credit codes and
//! citizens' numbers carry valid check digits. Nothing here looks at a clock: days are parameters, and no document names a
//! day after its own, terms and deadlines aside.

mod bulk;
mod calendar;
mod case;
mod case_files;
mod codes;
mod defects;
mod encode;
mod enterprises;
mod findings;
mod inspection;
mod orders;
mod parts;
mod penalty;
mod people;
mod pieces;
mod random;
mod record;
mod samples;
mod surgery;
mod thread;
mod week;
mod xml;
mod yuan;

pub use bulk::{Bulk, bulk};
pub use codes::{citizen_check, credit_code_check, organisation_check};
pub use defects::{Defect, Expect, all as defects, unfit};
pub use enterprises::Office;
pub use pieces::{Draft, KINDS, single};
pub use samples::{Sample, sample_day, samples};
pub use thread::Thread;
pub use week::Week;
pub use yuan::upper as yuan_upper;
