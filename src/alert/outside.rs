//! The watcher on another machine (`dangri watch`): asks the daemon each minute how it is, and alerts by its own channels when it does not
//! answer or is not well (operators' manual B6, "Dead man").
//!
//! And the ping of a service that alerts when it is not visited.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::Duration;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::{ChannelError, Condition, Eye, Hours, Kind, Level, Observation, Sight, channel::http, outbox::Health};
use crate::{
    config::SecretRef,
    document::Timestamp,
    status::{ChannelFacts, words},
};

/// What `/healthz` answers. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// `dangri.health/1`.
    pub schema: String,
    /// By the daemon's clock.
    pub at: Timestamp,
    /// Whether all is well.
    pub ok: bool,
    /// What is not, in Chinese and without personal data.
    pub reasons: Vec<String>,
}

/// What an asking came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// All is well.
    Well,
    /// It answers, and is not well.
    Unwell(Vec<String>),
    /// It does not answer as it should.
    Silent(String),
}

/// Asks a daemon how it is.
pub async fn ask(peer: &str) -> Heard {
    let url = format!("{}/healthz", peer.trim_end_matches('/'));
    let answer = match http::request(None, &url, &[], None).await {
        Ok(answer) => answer,
        Err(ChannelError { said, .. }) => return Heard::Silent(said),
    };
    match (answer.status, serde_json::from_str::<HealthReport>(&answer.body)) {
        (200, Ok(report)) if report.ok => Heard::Well,
        (503, Ok(report)) => Heard::Unwell(report.reasons),
        (421, _) => Heard::Silent("对方不接受这个主机名，请把它写进 [control] hosts".into()),
        (status, _) => Heard::Silent(format!("回答看不懂（HTTP {status}），那里可能不是 dangri")),
    }
}

/// Visits a service that alerts when it is not visited any more: its address while all is well, `…/fail` otherwise.
///
/// # Errors
/// Why it was not reached, in Chinese.
pub async fn ping(address: &SecretRef, well: bool) -> Result<(), ChannelError> {
    let of = address.clone();
    let read = tokio::task::spawn_blocking(move || of.read()).await;
    let address = read.map_err(|_| ChannelError::new("网址读不出来"))??;
    let base = address.expose_secret().trim_end_matches('/');
    let url = if well { base.to_owned() } else { format!("{base}/fail") };
    let answer = http::request(None, &url, &[], None).await?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(ChannelError::new(format!("对方出错（HTTP {}）", answer.status))) }
}

/// The eye of a watcher.
pub struct OutsideEye {
    /// Whom it watches.
    pub peer: String,
    /// How often it asks.
    pub every: Duration,
    /// The hours.
    pub hours: Hours,
    last: Mutex<Option<(Timestamp, Heard)>>,
}

impl OutsideEye {
    /// An eye that has not seen anything yet.
    pub fn new(peer: String, every: Duration, hours: Hours) -> Self {
        Self { peer, every, hours, last: Mutex::default() }
    }

    fn last(&self) -> Option<(Timestamp, Heard)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was heard last; asked anew when it is time.
    async fn hear(&self, now: Timestamp) -> (Timestamp, Heard) {
        if let Some((at, heard)) = self.last().filter(|(at, _)| *at <= now && now.since(*at) < self.every) {
            return (at, heard);
        }
        let heard = ask(&self.peer).await;
        if heard != Heard::Well {
            tracing::warn!(peer = self.peer, heard = ?heard, "the daemon that is watched over is not well");
        }
        self.last.lock().unwrap_or_else(PoisonError::into_inner).replace((now, heard.clone()));
        (now, heard)
    }
}

#[async_trait]
impl Eye for OutsideEye {
    async fn see(&self, now: Timestamp, channels: &BTreeMap<String, Health>) -> Sight {
        let (at, heard) = self.hear(now).await;
        let mut seen = Observation::default();
        seen.looked.insert(Kind::Peer, at);
        match heard {
            Heard::Well => {}
            Heard::Unwell(reasons) => {
                // A reason that only counts on is the same reason.
                let object = |reason: &str| reason.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
                let condition = |reason: &String| Condition::new(Kind::Peer, Level::Red, object(reason), words::plain(reason));
                seen.conditions.extend(reasons.iter().take(20).map(condition));
            }
            Heard::Silent(said) => {
                let line = format!("主程序没有回应：{}", words::plain(&said));
                let advice = "到主机上运行 dangri status，必要时 systemctl restart dangri";
                seen.conditions.push(Condition::new(Kind::Peer, Level::Red, "没有回应", line).advise(advice));
            }
        }
        seen.conditions.extend(super::seen::of_channels(channels, now));
        if let Some(year) = self.hours.calendar_lacks(now) {
            seen.conditions.push(Condition::new(Kind::Calendar, Level::Yellow, year.to_string(), format!("缺 {year} 年的工作日历")));
        }
        Sight { seen, strict: now }
    }

    async fn reassure(&self, now: Timestamp) -> String {
        match self.last() {
            Some((at, Heard::Well)) => format!("看门程序运行正常，主程序 {} 应答正常。", words::moment(at, now)),
            _ => "看门程序运行正常，主程序异常。".to_owned(),
        }
    }

    fn tell_of(&self, _: Vec<ChannelFacts>, _: u64) {}
}
