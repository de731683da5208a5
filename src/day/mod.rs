//! Days: which of them are worked, and when periods end.
//!
//! All days are calendar days of Asia/Shanghai; nothing here reads a clock.

mod calendar;

pub use calendar::{BadCalendar, BadCalendarCause, Calendar, Coverage, Uncovered};
