//! People are told when something is wrong, in time and not too often (operators' manual B6).
//!
//! ```text
//! status, documents ─┐
//! day, publication ──┴─ conditions ─► Ledger: episodes ─► Outbox: letters ─► AlertChannel (robots, mail, webhook, command)
//! ```
//! What is promised, each with a test that can fail:
//! - A document that is not entered by its cut-off is told of within a minute (P3). A channel that works gets it; if none works, `status`
//!   is red and ends with 12.
//! - Each rung before a cut-off is told once, whatever the clock does and however often the program is started again.
//! - At least once: a letter is durable before it is sent and struck out after it was taken. The id in the text makes twice harmless.
//! - Nothing hides 临近截止 and 已逾期. A look that failed is never good news: what could not be looked at stays as it was.
//! - No personal data in any message: documents are named by number or kind, reasons in the program's own words.
//!
//! **For other rooms.** Whatever knows of something wrong implements [`Source`]: at each look it answers all
//! that is wrong by its knowledge, as plain [`Condition`]s, and what is not said any more is over. The kind chooses the line of the table
//! ([`Kind::rule`]): [`Kind::Reminder`] and [`Kind::Drift`] for the terms of the ledger and the platform's copies; [`Kind::Unpublished`] and
//! [`Kind::CheckFailed`] for the publication. `object` names what it is about, so that one that joins is news; `apart` or `before` sets
//! episodes apart. A kind that could not be looked at goes into [`Observation::unseen`]; for kinds that must be seen or missed on several
//! runs the moment of the last run goes into [`Observation::looked`]. Late documents with a reason on record go into
//! [`Contribution::excused`]. The daemon's sources stand in `daemon::sources`.
//!
//! Everything is kept as facts below `alert/`, in one commit with what follows from it; a crash between sending and that commit sends again.

mod alerter;
mod book;
pub mod channel;
mod condition;
pub mod desk;
mod documents;
mod eye;
mod hours;
mod kind;
mod ledger;
mod message;
mod outbox;
pub mod outside;
mod seen;

pub use alerter::{Alerter, Eye, Settings, Sight};
pub use channel::{AlertChannel, ChannelError};
pub use condition::{Condition, Contribution, Key, Observation, Source};
pub use documents::speakable;
pub use eye::{OfficeEye, Witness};
pub use hours::Hours;
pub use kind::{Again, Kind, Lasting, Level, Rule};
pub use ledger::{Claim, Dispatch, Episode, Form, Ledger, NotDone, Rung, Silence, Step, Told, Why};
pub use message::Message;
pub use outbox::{Delivery, Health, Letter, Outcome};
