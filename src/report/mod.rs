//! What is reported of the documents as a whole: the ledger of open loops (三到位), reminders of legal terms, and the papers that are handed in.
//!
//! ```text
//! store ─► Archive ─► Readings ─► Ledger ─► reminders
//!                        └──────────┴─────► annexes 1 to 3 (xlsx), the summary (docx)
//! ```
//! [`Archive`] alone reads the store; everything after it is pure, so the same documents on the same day always give the same ledger and
//! the same figures. A leg counts as done only when its document is entered: 不上平台不执法 (S-28).

pub mod annex;
pub mod archive;
pub mod ledger;
pub mod office;
mod published;
pub mod reading;
pub mod remind;
pub mod words;

pub use archive::Archive;
pub use ledger::Ledger;
pub use office::{NoReport, Reports, Settings};
pub use reading::Reading;
