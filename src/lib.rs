//! dangri 当日
