//! Whether the daemon is well enough to be trusted with the day: pure.

use chrono::Duration;

use crate::{
    alert::outside::HealthReport,
    status::{Status, words},
};

/// How old the last sweep may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness(pub Duration);

impl Freshness {
    /// Three sweeps, and five minutes at least.
    pub fn of(sweep: Duration) -> Self {
        Self((sweep * 3).max(Duration::minutes(5)))
    }
}

/// All that keeps the daemon from its work, in the program's own words.
pub fn report(status: &Status, fresh: Freshness) -> HealthReport {
    let mut reasons = Vec::new();
    for stalled in status.loops.iter().filter(|l| l.stalled) {
        reasons.push(format!("{}已停滞 {}", stalled.label, words::span(status.at.since(stalled.last))));
    }
    if status.store.unwell.is_some() {
        reasons.push("数据写不进去".to_owned());
    }
    match status.folder.last_sweep {
        None if status.at.since(status.started) > fresh.0 => reasons.push("启动后还没有巡视过目录".to_owned()),
        Some(swept) if status.at.since(swept) > fresh.0 => {
            reasons.push(format!("已 {} 没有巡视目录", words::span(status.at.since(swept))));
        }
        _ => {}
    }
    if status.channels.is_empty() {
        reasons.push("没有配置告警渠道".to_owned());
    } else if status.channels.iter().all(|c| c.failed) {
        reasons.push("没有一个告警渠道可用".to_owned());
    }
    HealthReport { schema: "dangri.health/1".to_owned(), at: status.at, ok: reasons.is_empty(), reasons }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::samples;

    #[test]
    fn a_good_day_is_well_and_each_trouble_says_what_it_is() {
        let fresh = Freshness::of(Duration::seconds(30));
        assert_eq!(report(&samples::good_day(), fresh).reasons, [""; 0]);
        let mut status = samples::bad_day();
        assert!(report(&status, fresh).ok, "documents that wait for people are no illness of the program");
        status.loops[0].stalled = true;
        status.store.unwell = Some("数据盘变为只读".into());
        status.folder.last_sweep = Some(samples::at("2026-11-23T14:08:00+08:00"));
        status.channels.iter_mut().for_each(|c| c.failed = true);
        let found = report(&status, fresh);
        assert!(!found.ok);
        assert_eq!(found.reasons, ["巡视目录已停滞 5 秒", "数据写不进去", "已 10 分钟 没有巡视目录", "没有一个告警渠道可用"]);
        status.channels.clear();
        assert_eq!(report(&status, fresh).reasons[3], "没有配置告警渠道");
    }
}
