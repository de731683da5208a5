//! The vocabulary: what a document is, what can happen to it, and what is kept of it.
//!
//! Pure: no I/O, no async, no clock, no configuration. The life of a document (DESIGN §3):
//!
//! ```text
//! seen ─ settling ─ judged ──unfit──► Unfit 退改 (a new version starts again)
//!                     └─fit─► Waiting 待上传 ─► Sending 上传中 ─► Received 已接收 ─► Entered 已录入
//!                               ▲   ▲                │    │              │
//!                               │   └── absent ── Unsure 待核实          └► Returned 平台退回
//!                               └─ released ─ Held 暂停
//! Superseded 已更正 · Ignored 忽略 · Corrupt 异常件
//! ```

mod failure;
mod finding;
mod id;
mod kind;
mod number;
mod record;
mod ruling;
mod state;
mod time;
pub mod yuan;

pub use failure::{Cause, Class, Failure, Refusal};
pub use finding::{Finding, Place, Severity};
pub use id::{ContentHash, DocumentId, NotHex};
pub use kind::{AuthorLevel, Kind, Lane};
pub use number::{DocumentNumber, Mend, Reading};
pub use record::{Actor, Birth, Entry, EntryMark, Facts, Name, Receipt, Record, Source};
pub use ruling::Ruling;
pub use state::{Event, HoldCause, IllegalMove, State};
pub use time::Timestamp;
pub use yuan::Yuan;
