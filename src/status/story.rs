//! A document's life in sentences (examples-to-follow 10: every move has a reason that stays with the document).

use crate::{
    document::{Entry, Event, Failure, Severity, Timestamp},
    platform::Exchange,
};

use super::words;

/// One line of a history: when, who, what.
pub fn sentence(entry: &Entry) -> String {
    format!("{}  {}  {}", words::full(entry.at), entry.by.label(), what(entry))
}

/// What happened, in one Chinese sentence without the time.
pub fn what(entry: &Entry) -> String {
    let text = match &entry.event {
        Event::JudgedUnfit { findings } => {
            let count = findings.iter().filter(|f| f.severity == Severity::Error).count();
            format!("检查未通过：{count} 处必须改")
        }
        Event::Taken { findings, held, supersedes } => {
            let warned = if findings.is_empty() { String::new() } else { format!("，有 {} 条提醒", findings.len()) };
            let corrects = if supersedes.is_some() { "，作为更正件" } else { "" };
            let held = held.as_ref().map_or_else(String::new, |h| format!("；暂停：{}", h.label()));
            format!("检查通过并收存{corrects}{warned}{held}")
        }
        Event::Leased { attempt, request } => format!("开始第 {attempt} 次上传（请求编号 {request}）"),
        Event::Recalled { .. } => "上传尚未开始就收回了，不算一次".into(),
        Event::Deferred { failure, due } => format!("没有传成：{}，{}再试", said(failure), when(*due, entry.at)),
        Event::NotHeard { failure, due } => format!("不知平台收到没有：{}，{}向平台查询", said(failure), when(*due, entry.at)),
        Event::Doubted { why, due } => format!("转为待核实：{why}，{}向平台查询", when(*due, entry.at)),
        Event::StillUnclear { failure: Some(failure), due } => format!("没有查清：{}，{}再查", said(failure), when(*due, entry.at)),
        Event::StillUnclear { failure: None, due } => format!("平台正在审核，{}再查", when(*due, entry.at)),
        Event::Acknowledged { receipt, .. } => {
            let gap = if receipt.is_lost() { "" } else { " " };
            format!("平台已接收，回执{gap}{}", words::receipt(receipt, &words::full(receipt.received_at)))
        }
        Event::EntryConfirmed { entry_no, entered_at } => {
            let number = entry_no.as_ref().map_or_else(String::new, |n| format!("，录入编号 {n}"));
            format!("平台已录入{number}，平台时间 {}", words::full(*entered_at))
        }
        Event::FoundAbsent { due } => format!("查明平台没有此件，{}重新上传", when(*due, entry.at)),
        Event::SentBack { cause, code, refusals } => {
            let errors: Vec<_> = refusals.iter().map(|r| format!("{} {}", r.code, r.message)).collect();
            let errors = if errors.is_empty() { String::new() } else { format!("：{}", errors.join("；")) };
            format!("平台退回（{code} {}）{errors}", cause.label())
        }
        Event::Held { cause, why } if why.is_empty() => format!("暂停：{}", cause.label()),
        Event::Held { cause, why } => format!("暂停：{}，{why}", cause.label()),
        Event::Released { why, .. } if why.is_empty() => "解除暂停".into(),
        Event::Released { why, .. } => format!("解除暂停：{why}"),
        Event::Hurried { .. } => "要求立即处理".into(),
        Event::ReplacedBy { by } => format!("被新版本取代（{}）", short(by)),
        Event::SupersededThere { by: Some(by) } => format!("平台上已被更正件取代（{}）", short(by)),
        Event::SupersededThere { by: None } => "平台上已被另一次提交取代".into(),
        Event::Drifted { .. } => "录入后草稿又有改动".into(),
        Event::AlsoSeenAt { path } => format!("同一份文书又出现在 {path}"),
        Event::DraftGone { path } => format!("草稿已移走：{path}"),
        Event::PutAside { why } => format!("忽略：{why}"),
        Event::TakenUpAgain { why } if why.is_empty() => "恢复办理，等待解除暂停".into(),
        Event::TakenUpAgain { why } => format!("恢复办理：{why}，等待解除暂停"),
        Event::Damaged { why } => format!("存件损坏：{why}"),
        Event::PublicationSeen { said, published_at: Some(at), .. } => format!("公示：{said}，平台公示时间 {}", words::full(*at)),
        Event::PublicationSeen { said, published_at: None, .. } => format!("公示：{said}"),
        Event::Restored { from, due } => format!("存件已从 {from} 找回，{}向平台核实", when(*due, entry.at)),
    };
    words::plain(&text)
}

fn short(id: &crate::document::DocumentId) -> String {
    id.to_string().chars().take(8).collect()
}

/// `连不上平台（ECONNREFUSED）`, with the platform's own words where there are any.
fn said(failure: &Failure) -> String {
    let words = if failure.said.is_empty() { String::new() } else { format!("“{}”", failure.said) };
    format!("{}（{}）{words}", failure.cause.label(), failure.code)
}

/// A due time beside its event: `立即`, `14:05:30 `, `11-24 08:00:00 `; with a space where a word follows a number.
fn when(due: Timestamp, at: Timestamp) -> String {
    if due <= at {
        return "立即".into();
    }
    let format = if due.beijing_day() == at.beijing_day() { "%H:%M:%S " } else { "%m-%d %H:%M:%S " };
    due.beijing().format(format).to_string()
}

/// One attempt to send, put together from the history and the exchanges that were kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attempt {
    /// Its number, from 1.
    pub no: u32,
    /// When it began.
    pub at: Timestamp,
    /// Its request id, as the platform's operators know it.
    pub request: uuid::Uuid,
    /// What came of it, in Chinese.
    pub result: String,
    /// How long the platform took, in milliseconds.
    pub took_ms: Option<u64>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The platform's code.
    pub code: Option<String>,
    /// The platform's words, masked.
    pub said: String,
}

/// The attempts of a history, oldest first.
pub fn attempts(history: &[Entry], exchanges: &[Exchange]) -> Vec<Attempt> {
    let mut found = Vec::new();
    for (i, entry) in history.iter().enumerate() {
        let Event::Leased { attempt, request } = &entry.event else { continue };
        // What settled the lease is the next entry that is more than a remark about the draft.
        let settled = history.iter().skip(i + 1).find(|e| !matches!(e.event, Event::AlsoSeenAt { .. } | Event::DraftGone { .. }));
        let exchange = exchanges.iter().find(|e| e.request == *request);
        found.push(Attempt {
            no: *attempt,
            at: entry.at,
            request: *request,
            result: settled.map_or_else(|| "正在上传".to_owned(), what),
            took_ms: exchange.map(|e| e.took_ms),
            status: exchange.and_then(|e| e.status),
            code: exchange.and_then(|e| e.code.clone()),
            said: exchange.map_or_else(String::new, |e| e.answer.clone()),
        });
    }
    found
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
