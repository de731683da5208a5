//! One document's life in sentences, put together from the desk's answers: the same for the terminal and the console.

use serde::Serialize;

use super::{
    api::{Answer, Life, Row},
    publicity::Notice,
};
use crate::{
    day::Excuse,
    document::{Entry, Event, Facts, Finding, Record, Timestamp},
    platform::Exchange,
    status::{
        story,
        text::{Colour, colour_of},
        words,
    },
};

/// Everything about one document. Fields are only ever added.
#[derive(Debug, Serialize)]
pub struct Told {
    /// The daemon's time.
    pub at: Timestamp,
    /// The record.
    pub record: Record,
    /// How its notice stands, where it is a decision.
    pub notice: Option<Notice>,
    /// What to do.
    pub advice: String,
    /// What happened, oldest first.
    pub history: Vec<Entry>,
    /// The attempts to send it.
    pub attempts: Vec<story::Attempt>,
    /// The exchanges about it.
    pub exchanges: Vec<Exchange>,
    /// Other documents of the same name.
    pub others: Vec<Row>,
    /// Exceptions on record.
    pub excuses: Vec<Excuse>,
    /// What else is to be said, in Chinese.
    pub notes: Vec<String>,
}

/// A line of the head: a label, a word in its colour, and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `状态`.
    pub label: &'static str,
    /// The word that has a colour, where there is one.
    pub word: Option<(Colour, String)>,
    /// The rest.
    pub text: String,
    /// Further lines below it.
    pub below: Vec<String>,
}

impl Said {
    fn new(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, word: None, text: text.into(), below: Vec::new() }
    }
}

impl Told {
    /// Puts the answers together; `None` when they do not tell of a document.
    pub fn of(answers: impl IntoIterator<Item = Answer>) -> Option<Self> {
        let (mut life, mut history, mut exchanges, mut notes) = (None, Vec::new(), Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Answer::Life(told) => life = Some(*told),
                Answer::Event(entry) => history.push(entry),
                Answer::Exchange(exchange) => exchanges.push(*exchange),
                Answer::Note(note) => notes.push(note),
                _ => {}
            }
        }
        let Life { at, record, advice, others, excuses, notice } = life?;
        let attempts = story::attempts(&history, &exchanges);
        Some(Self { at, record, notice, advice, history, attempts, exchanges, others, excuses, notes })
    }

    /// What people call it.
    pub fn title(&self) -> String {
        words::plain(&self.record.title())
    }

    /// Its kind's Chinese name; empty when it could not be read.
    pub fn kind(&self) -> &str {
        self.record.birth.facts.as_ref().map_or("", |facts| facts.kind_name.as_str())
    }

    /// How it stands, line by line.
    pub fn head(&self, now: Timestamp) -> Vec<Said> {
        let record = &self.record;
        let facts = record.birth.facts.as_ref();
        let for_how_long = words::span(now.since(record.since));
        let since = format!("（{} 起，已 {for_how_long}）", words::moment(record.since, now));
        let state = Some((colour_of(record.state), record.state.label().to_owned()));
        let mut lines = vec![Said { word: state, ..Said::new("状态", since) }, Said::new("原因", words::plain(&record.reason))];
        if !record.state.is_at_rest() {
            lines.push(Said::new("怎么办", &*self.advice));
        }
        lines.push(Said::new("截止", cut_off(record, now)));
        lines.extend(facts.map(|facts| Said::new("经办人", people(facts))));
        let source = &record.birth.source;
        let present = if record.draft_present { "" } else { "（已移走）" };
        let draft = format!("{}{present}，首次看到 {}", words::plain(&source.path), words::full(source.first_seen));
        lines.push(Said::new("草稿", draft));
        if let Some(receipt) = &record.receipt {
            lines.push(Said::new("回执", words::receipt(receipt, &words::full(receipt.received_at))));
        }
        if let Some(entry) = &record.entry {
            let number = entry.entry_no.as_deref().unwrap_or("（平台未给编号）");
            lines.push(Said::new("录入", format!("{}，平台时间 {}", words::plain(number), words::full(entry.entered_at))));
        }
        lines.push(Said::new("编号", record.id().to_string()));
        lines.extend(record.birth.digest.map(|digest| Said::new("摘要", format!("SHA-256 {digest}"))));
        lines.extend(self.excuses.iter().map(|excuse| Said::new("例外", excused(excuse))));
        lines.extend(self.notice.as_ref().map(publication));
        lines
    }

    /// The findings of the last judgement.
    pub fn findings(&self) -> &[Finding] {
        let judged = |entry: &'_ Entry| matches!(entry.event, Event::JudgedUnfit { .. } | Event::Taken { .. });
        match self.history.iter().rev().find(|e| judged(e)).map(|e| &e.event) {
            Some(Event::JudgedUnfit { findings } | Event::Taken { findings, .. }) => findings,
            _ => &[],
        }
    }
}

/// An exception from same-day entry, with who and when.
pub fn excused(excuse: &Excuse) -> String {
    format!("{}（{} 由 {} 登记）", words::plain(&excuse.reason), words::full(excuse.at), words::plain(&excuse.by))
}

/// How the notice of a decision stands.
fn publication(notice: &Notice) -> Said {
    let reason = if notice.reason.is_empty() { String::new() } else { format!("：{}", notice.reason) };
    let mut below: Vec<String> = notice.term.iter().map(|term| format!("公示期 {term}")).collect();
    below.extend(notice.published_at.map(|at| format!("平台公示时间 {}", words::full(at))));
    below.extend(notice.first_seen.map(|at| format!("首次看到 {}", words::full(at))));
    below.extend(notice.details());
    below.extend(notice.evidence.map(|hash| format!("所见内容摘要 SHA-256 {hash}")));
    Said { label: "公示", word: Some((notice.colour(), notice.label.clone())), text: reason, below }
}

/// The cut-off and how the document stands to it: the platform's clock counts (DESIGN §4.2).
fn cut_off(record: &Record, now: Timestamp) -> String {
    let at = record.birth.cut_off;
    let day = record.birth.facts.as_ref().map_or_else(|| at.beijing_day(), Facts::inspection_day);
    let when = format!("{} {}", day.format("%Y-%m-%d"), words::cut_off_time(at, day));
    let stands = match &record.entry {
        Some(entry) if entry.entered_at < at => "按时录入".to_owned(),
        Some(entry) => format!("逾期 {}录入", words::span(entry.entered_at.since(at))),
        None if record.state.is_at_rest() => return when,
        None if at <= now => format!("已逾期 {}", words::span(now.since(at))),
        None => format!("还有 {}", words::span(at.since(now))),
    };
    format!("{when}（{stands}）")
}

fn people(facts: &Facts) -> String {
    let case = facts.case_key().map_or_else(String::new, |key| format!("，案件或检查 {}", words::plain(key)));
    format!("{}，当事人: {}{case}", words::plain(&facts.author.0), words::plain(&facts.party.0))
}

/// Where a finding stands in the draft.
pub fn place(finding: &Finding) -> String {
    match (finding.place.line, finding.place.column) {
        (0, _) => "全文".to_owned(),
        (line, 0) => format!("第 {line} 行"),
        (line, column) => format!("第 {line} 行第 {column} 列"),
    }
}

/// What a finding says: the field, what is wrong, what stands there, what should.
pub fn found(finding: &Finding) -> String {
    let value = if finding.value.is_empty() { String::new() } else { format!("，现为“{}”", words::plain(&finding.value)) };
    let wanted = if finding.wanted.is_empty() { String::new() } else { format!("，应为 {}", words::plain(&finding.wanted)) };
    format!("{}{value}{wanted}", words::plain(finding.in_short().trim_end_matches('。')))
}

/// What to do about it, and by which law.
pub fn remedy(finding: &Finding) -> String {
    let law = if finding.law.is_empty() { String::new() } else { format!("（{}）", finding.law) };
    format!("{}{law}", words::plain(&finding.advice))
}

/// An attempt's time and what the platform answered, in figures.
pub fn answered(attempt: &story::Attempt) -> String {
    let took = attempt.took_ms.map_or_else(String::new, |ms| format!("  {} 毫秒", words::thousands(ms)));
    let status = attempt.status.map_or_else(String::new, |s| format!("  HTTP {s}"));
    let code = attempt.code.as_ref().map_or_else(String::new, |c| format!("  代码 {}", words::plain(c)));
    format!("第 {} 次  {}{took}{status}{code}", attempt.no, words::full(attempt.at))
}

/// The platform's own words about an attempt; empty when it said nothing. `--json` has the whole answer.
pub fn said(attempt: &story::Attempt) -> String {
    words::fit(&words::plain(&sentences(&attempt.said)), 300)
}

/// The platform's sentences out of its envelope (contract §2), or the whole answer when it is none.
fn sentences(answer: &str) -> String {
    let sentence = |part: &str| part.split_once("</Message>").map(|(said, _)| said.to_owned());
    let said: Vec<_> = answer.split("<Message>").skip(1).filter_map(sentence).collect();
    if said.is_empty() { answer.to_owned() } else { said.join("；") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_sentences_are_taken_out_of_its_envelope() {
        let answer =
            "<Response><Code>11</Code><Message>不合规则</Message><Errors><Error><Message>期限过短</Message></Error></Errors></Response>";
        assert_eq!(sentences(answer), "不合规则；期限过短");
        assert_eq!(sentences("<html>502 Bad Gateway</html>"), "<html>502 Bad Gateway</html>");
        assert_eq!(sentences("<Message>cut off"), "<Message>cut off");
    }
}
