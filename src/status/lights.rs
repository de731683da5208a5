//! The five lights of a status: each a word and a colour, for the colour is never the only sign (operators.md B4).

use chrono::Duration;

use super::{
    FolderState, GateState, Status,
    problems::{DISK_LOW, SKEW_TOLERATED_MS},
    text::Colour,
    words,
};

/// A light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Light {
    /// What it is about.
    pub name: &'static str,
    /// How that stands.
    pub word: String,
    /// The same as a colour.
    pub colour: Colour,
}

/// All five, in the order in which they are shown.
pub fn all(status: &Status) -> [Light; 5] {
    [folder(status), platform(status), clock(status), disk(status), alerts(status)]
}

/// The watched folder.
pub fn folder(status: &Status) -> Light {
    let state = status.folder.state;
    let colour = match state {
        FolderState::Watched => Colour::Green,
        FolderState::NotSeen => Colour::Grey,
        FolderState::NoMarker | FolderState::Unavailable => Colour::Red,
    };
    Light { name: "监视目录", word: state.label().to_owned(), colour }
}

/// The platform.
pub fn platform(status: &Status) -> Light {
    let gate = status.platform.gate;
    let colour = match gate {
        GateState::Open => Colour::Green,
        GateState::Untried => Colour::Grey,
        GateState::Probing => Colour::Yellow,
        GateState::Down | GateState::Refused => Colour::Red,
    };
    Light { name: "平台", word: gate.label().to_owned(), colour }
}

/// The machine's clock beside the platform's.
pub fn clock(status: &Status) -> Light {
    let (word, colour) = match status.platform.skew_millis {
        None => ("尚未比对".to_owned(), Colour::Grey),
        Some(ms) if ms.unsigned_abs() < SKEW_TOLERATED_MS => ("正常".to_owned(), Colour::Green),
        Some(ms) => {
            let slow = if ms > 0 { "慢" } else { "快" };
            (format!("本机比平台{slow} {}", words::span(Duration::milliseconds(ms))), Colour::Red)
        }
    };
    Light { name: "时钟", word, colour }
}

/// The disk that holds the state folder.
pub fn disk(status: &Status) -> Light {
    let (word, colour) = match status.disk_free_bytes {
        None => ("尚未查看".to_owned(), Colour::Grey),
        Some(n) => (format!("剩 {}", words::bytes(n)), if n < DISK_LOW { Colour::Red } else { Colour::Green }),
    };
    Light { name: "磁盘", word, colour }
}

/// The ways by which people are told.
pub fn alerts(status: &Status) -> Light {
    let failed = status.channels.iter().filter(|channel| channel.failed).count();
    let (word, colour) = match (status.channels.len(), failed, status.alerts) {
        (0, ..) => ("没有配置渠道".to_owned(), Colour::Grey),
        (all, failed, _) if failed == all => ("渠道全部失败".to_owned(), Colour::Red),
        (_, failed, _) if failed > 0 => (format!("{failed} 个渠道失败"), Colour::Red),
        (_, _, 0) => ("正常".to_owned(), Colour::Green),
        (_, _, alerts) => (format!("{} 项告警", words::thousands(alerts)), Colour::Yellow),
    };
    Light { name: "告警", word, colour }
}
