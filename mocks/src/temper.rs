//! A believable temper for demonstrations: faulty now and then, and always the same way for the same seed.

use std::time::Duration;

use crate::script::{Action, Endpoint, ErrorItem, RetryAfter, Rule, unit};
use crate::setup::{Processing, Setup};

impl Setup {
    /// A platform as an office knows it: slow now and then, seconds of processing, one outage of six seconds with
    /// `Retry-After`, one answer that is lost after the document was kept, one document that is returned later. Which calls
    /// are met depends on the seed and on counts alone; after about thirty documents it behaves.
    #[must_use]
    pub fn believable(seed: u64) -> Self {
        // A document of the seed's choosing between the given ones.
        let pick = |salt: u64, from: u32, to: u32| {
            let width = f64::from(to - from);
            let n = unit(seed, salt) * width;
            u64::from(from) + (0..to - from).filter(|i| f64::from(*i) < n).count() as u64
        };
        let outage = Action::Status { status: 503, code: Some("05".into()), retry_after: Some(RetryAfter::Remaining), committing: false };
        let returned = ErrorItem::new("E2107", "检查时间与平台登记的检查计划不一致，请核对后重新报送").at("/d:InspectionRecord/d:Start", 1);
        Self {
            processing: Processing {
                received: (Duration::from_millis(500), Duration::from_millis(1500)),
                checking: (Duration::from_secs(1), Duration::from_secs(4)),
                seed,
            },
            visibility_delay: Duration::from_secs(1),
            publish_after: Duration::from_secs(2),
            // The client does not upload attachments yet; documents that list some must not wait for ever.
            wait_for_attachments: false,
            rules: vec![
                Rule::new(Endpoint::Put, outage.clone()).nth(pick(1, 12, 18)).lasting(6),
                Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: false }).nth(pick(2, 5, 9)),
                Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![returned] }).of_kind("insp_record").nth(pick(3, 3, 6)),
                Rule::new(Endpoint::Put, Action::Delay { ms: 1200 }).rate(0.08, seed),
                Rule::new(Endpoint::Results, Action::Delay { ms: 400 }).rate(0.15, seed ^ 1),
            ],
            ..Self::default()
        }
    }
}
