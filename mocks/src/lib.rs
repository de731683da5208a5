//! The mock provincial platform.
