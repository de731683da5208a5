//! The mock provincial platform: the whole exchange contract, in this process or as a program of its own.
//!
//! It speaks the contract from the contract's text alone and shares no code with the daemon. Everything that takes time is
//! worked out from its clock when somebody asks; everything that goes wrong is told to it as a [`Rule`]; what it took and
//! showed stands in its [`Books`], which give a verdict.
//!
//! ```no_run
//! # async fn demo() -> std::io::Result<()> {
//! use dangri_mocks::{Action, Endpoint, Platform, Rule, Setup};
//!
//! let platform = Platform::start(Setup::default()).await?;
//! platform.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: false }).nth(3));
//! // … let a client work against platform.base_url() …
//! let verdict = platform.books().verdict(&[]);
//! assert!(verdict.ok, "{:?}", verdict.faults);
//! platform.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod admin;
mod answer;
mod attachments;
mod books;
mod call;
mod clock;
mod documents;
pub mod drafts;
mod numbers;
mod package;
mod platform;
mod publications;
mod results;
mod schema;
mod script;
mod server;
mod setup;
mod sha1;
pub mod sink;
mod structure;
mod temper;
mod tls;
mod token;
mod wire;
mod world;

pub use answer::{DOCUMENT, EXCHANGE};
pub use books::{Admitted, Books, Counters, Fault, RequestRecord, SubmissionRecord, Verdict};
pub use clock::{Millis, MockClock, stamp};
pub use platform::{Platform, Running};
pub use script::{Action, Endpoint, ErrorItem, Matching, Moment, Publishing, RetryAfter, Rule, Times, Told};
pub use setup::{Account, Processing, Registers, Setup, SignAlgorithm, Tls};
pub use token::{AccountState, sign};
pub use world::State;
