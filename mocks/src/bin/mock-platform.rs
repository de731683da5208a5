//! The mock platform by hand.
fn main() {}
