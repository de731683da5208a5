//! The feed of results, look-ups by number, publications.
