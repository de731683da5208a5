//! The standard clock under the name that `backoff` and `parking_lot` 0.11 import.
//!
//! The crate `instant` is unmaintained (RUSTSEC-2024-0384); on the platforms dangri runs on it only ever re-exported `std::time`.
pub use std::time::{Duration, Instant, SystemTime};
