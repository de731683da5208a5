//! The schema check against schemas that others made, and against another validator.
//!
//! See `tests/conformance/README.md`. Any XSD 1.0 bundle is data to dangri; nothing here knows a kind of document.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance {
    mod chinese;
    mod foreign;
    mod hostile;
    mod mutate;
    mod quick;

    use std::{path::Path, sync::Arc};

    use chrono::NaiveDate;
    use dangri::check::{Checker, Context, Settings, Verdict, Worker};

    /// Someone who checks by one of the schemas in `tests/conformance`.
    fn worker(folder: &str) -> Worker<'static> {
        checker(&format!("tests/conformance/{folder}")).worker()
    }

    fn checker(folder: &str) -> Arc<Checker> {
        Arc::new(Checker::load(Path::new(folder), Settings::default()).unwrap())
    }

    fn verdict(worker: &Worker<'_>, bytes: &[u8]) -> Verdict {
        worker.check(bytes, &Context::alone(NaiveDate::from_ymd_opt(2024, 6, 3).unwrap()))
    }

    /// Whether a document fits; a check without a verdict fails the test.
    fn fits(worker: &Worker<'_>, bytes: &[u8]) -> bool {
        match verdict(worker, bytes) {
            Verdict::FitsSchemaOnly { .. } => true,
            Verdict::Unfit { findings, .. } => {
                assert!(!findings.is_empty());
                false
            }
            other => panic!("{other:?}"),
        }
    }
}
