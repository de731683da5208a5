//! What a test says when this machine cannot show what the test is for. All test programs share this file.

use std::io::Write as _;

/// Set to `1` where everything must be shown: there a test that cannot show its point fails. `test.sh` sets it when it runs as root.
const EVERYTHING: &str = "DANGRI_TEST_EVERYTHING";

/// Says, where nobody can overlook it, that a test did not show its point, and why; panics where everything must be shown.
#[expect(clippy::let_underscore_must_use, reason = "where stderr is closed nobody listens")]
pub(crate) fn not_shown(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let must = std::env::var_os(EVERYTHING).is_some_and(|value| value == "1");
    assert!(!must, "not shown: {why}; set {EVERYTHING}=0 to go without what this machine cannot show");
    // Not by a macro: the words of a test that passes are kept back.
    let _ = writeln!(std::io::stderr().lock(), "\nNOT SHOWN by {test}: {why}\n");
}
