//! Days: which of them are worked, and when periods end.
//!
//! All days are calendar days of Asia/Shanghai; nothing here reads a clock.

mod working_days;

pub use working_days::{BadCalendar, BadCalendarCause, Calendar, Coverage, Uncovered};
