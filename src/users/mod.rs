//! The console's users: who may do what, and whether it is them (DESIGN §4.12; faults A8.3; GB/T 22239-2019, level 2).
//!
//! There is no user and no password to begin with: whoever may use the control socket adds the first (`dangri user add`). Passwords are
//! kept as Argon2id hashes beside everything else that must not be lost, as facts below `user/`; nobody is ever removed, for the audit log
//! names people, but a user can be locked.
//!
//! Too many wrong passwords for one account from one address, or from one address at all, and nothing is accepted from there for
//! [`guard::LOCKED_FOR`], whether it is right or wrong.

mod account;
mod book;
pub mod guard;
mod password;

pub use account::{Account, Role, Shown};
pub use book::{NotAdmitted, NotChanged, Users};
pub use password::Password;
