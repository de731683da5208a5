//! dangri
fn main() {}
