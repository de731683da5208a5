//! `dangri doc`: one document's life in sentences.

use std::io::{self, Write as _};

use serde::Serialize;

use super::{args::DocArgs, envelope, place::Place, queue, terminal::Terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{
        Answer, Ask, AskError,
        api::{Life, Row},
        client::PATIENT,
        publicity::Notice,
    },
    day::Excuse,
    document::{Entry, Event, Facts, Finding, Record, Timestamp},
    platform::Exchange,
    status::{
        Exit, story,
        text::{Style, colour_of},
        words,
    },
};

const SCHEMA: &str = "dangri.doc/1";

/// Everything about one document.
#[derive(Debug, Serialize)]
struct Told {
    record: Record,
    notice: Option<Notice>,
    advice: String,
    history: Vec<Entry>,
    attempts: Vec<story::Attempt>,
    exchanges: Vec<Exchange>,
    others: Vec<Row>,
    excuses: Vec<Excuse>,
    notes: Vec<String>,
}

/// Tells it.
pub(super) fn run(args: &DocArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let told = match fetch(&args.name, place) {
        Ok(told) => told,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) if args.json => return envelope::failure(to, true, SCHEMA, SystemClock.now(), &error.problem()),
        Err(error) => return queue::failed(error, false, to),
    };
    let now = SystemClock.now();
    if args.json {
        envelope::write(to, SCHEMA, now, Exit::Well, Some(&told), &[])?;
    } else {
        to.out.write_all(tell(&told, now, to.style).as_bytes())?;
    }
    Ok(Exit::Well)
}

fn fetch(name: &str, place: &Place) -> Result<Told, AskError> {
    let (mut life, mut history, mut exchanges, mut notes) = (None::<Life>, Vec::new(), Vec::new(), Vec::new());
    place.ask(Ask::Document { name: name.to_owned() }, PATIENT, |answer| {
        match answer {
            Answer::Life(told) => life = Some(*told),
            Answer::Event(entry) => history.push(entry),
            Answer::Exchange(exchange) => exchanges.push(*exchange),
            Answer::Note(note) => notes.push(note),
            _ => {}
        }
        Ok(())
    })?;
    let Life { record, advice, others, excuses, notice } = life.ok_or(AskError::CutShort)?;
    let attempts = story::attempts(&history, &exchanges);
    Ok(Told { record, notice, advice, history, attempts, exchanges, others, excuses, notes })
}

fn tell(told: &Told, now: Timestamp, style: Style) -> String {
    let mut lines = head(&told.record, &told.advice, now, style);
    lines.extend(told.excuses.iter().map(excuse_line));
    if let Some(notice) = &told.notice {
        lines.extend(publication(notice, style));
    }
    lines.push("\n经过:".into());
    lines.extend(told.history.iter().map(|entry| format!("  {}", story::sentence(entry))));
    let findings = findings(&told.history);
    if !findings.is_empty() {
        lines.push("\n检查结果:".into());
        lines.extend(findings.iter().flat_map(finding_lines));
    }
    if !told.attempts.is_empty() {
        lines.push("\n上传记录:".into());
        lines.extend(told.attempts.iter().flat_map(attempt_lines));
    }
    if !told.others.is_empty() {
        lines.push("\n同名的其他版本:".into());
        let row = |r: &Row| format!("  {}  {}  {}  {}", short(&r.id.to_string()), words::full(r.since), r.label, words::plain(&r.path));
        lines.extend(told.others.iter().map(row));
    }
    lines.extend(told.notes.iter().map(|note| format!("\n提醒: {note}")));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

fn head(record: &Record, advice: &str, now: Timestamp, style: Style) -> Vec<String> {
    let facts = record.birth.facts.as_ref();
    let kind = facts.map_or("", |f| f.kind_name.as_str());
    let state = style.paint(colour_of(record.state), record.state.label());
    let for_how_long = words::span(now.since(record.since));
    let mut lines = vec![
        format!("{}  {kind}", words::plain(&record.title())),
        format!("  状态: {state}（{} 起，已 {for_how_long}）", words::moment(record.since, now)),
        format!("  原因: {}", words::plain(&record.reason)),
    ];
    if !record.state.is_at_rest() {
        lines.push(format!("  怎么办: {advice}"));
    }
    lines.push(format!("  截止: {}", cut_off(record, now)));
    lines.extend(facts.map(people));
    let source = &record.birth.source;
    let present = if record.draft_present { "" } else { "（已移走）" };
    lines.push(format!("  草稿: {}{present}，首次看到 {}", words::plain(&source.path), words::full(source.first_seen)));
    if let Some(receipt) = &record.receipt {
        lines.push(format!("  回执: {}，平台时间 {}", words::plain(&receipt.receipt_no), words::full(receipt.received_at)));
    }
    if let Some(entry) = &record.entry {
        let number = entry.entry_no.as_deref().unwrap_or("（平台未给编号）");
        lines.push(format!("  录入: {}，平台时间 {}", words::plain(number), words::full(entry.entered_at)));
    }
    lines.push(format!("  编号: {}", record.id()));
    lines.extend(record.birth.digest.map(|digest| format!("  摘要: SHA-256 {digest}")));
    lines
}

/// How the notice of a decision stands.
fn publication(notice: &Notice, style: Style) -> Vec<String> {
    let reason = if notice.reason.is_empty() { String::new() } else { format!("：{}", notice.reason) };
    let mut lines = vec![format!("  公示: {}{reason}", style.paint(super::reconcile::colour(notice), &notice.label))];
    lines.extend(notice.term.as_ref().map(|term| format!("        公示期 {term}")));
    lines.extend(notice.published_at.map(|at| format!("        平台公示时间 {}", words::full(at))));
    lines.extend(notice.first_seen.map(|at| format!("        首次看到 {}", words::full(at))));
    lines.extend(super::reconcile::details(notice).into_iter().map(|line| format!("        {line}")));
    lines.extend(notice.evidence.map(|hash| format!("        所见内容摘要 SHA-256 {hash}")));
    lines
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

/// An exception from same-day entry, with who and when.
fn excuse_line(excuse: &Excuse) -> String {
    format!("  例外: {}（{} 由 {} 登记）", words::plain(&excuse.reason), words::full(excuse.at), words::plain(&excuse.by))
}

fn people(facts: &Facts) -> String {
    let case = facts.case_key().map_or_else(String::new, |key| format!("，案件或检查 {}", words::plain(key)));
    format!("  经办人: {}，当事人: {}{case}", words::plain(&facts.author.0), words::plain(&facts.party.0))
}

/// The findings of the last judgement.
fn findings(history: &[Entry]) -> &[Finding] {
    let judged = |entry: &'_ Entry| matches!(entry.event, Event::JudgedUnfit { .. } | Event::Taken { .. });
    match history.iter().rev().find(|e| judged(e)).map(|e| &e.event) {
        Some(Event::JudgedUnfit { findings } | Event::Taken { findings, .. }) => findings,
        _ => &[],
    }
}

fn finding_lines(finding: &Finding) -> Vec<String> {
    let place = match (finding.place.line, finding.place.column) {
        (0, _) => "全文".to_owned(),
        (line, 0) => format!("第 {line} 行"),
        (line, column) => format!("第 {line} 行第 {column} 列"),
    };
    let value = if finding.value.is_empty() { String::new() } else { format!("，现为“{}”", words::plain(&finding.value)) };
    let wanted = if finding.wanted.is_empty() { String::new() } else { format!("，应为 {}", words::plain(&finding.wanted)) };
    let law = if finding.law.is_empty() { String::new() } else { format!("（{}）", finding.law) };
    let what = format!("{}：{}{value}{wanted}", words::plain(&finding.label), words::plain(finding.message.trim_end_matches('。')));
    vec![
        format!("  {}  {place}  {what}", words::pad(finding.severity.label(), 6)),
        format!("          → {}{law}", words::plain(&finding.advice)),
    ]
}

fn attempt_lines(attempt: &story::Attempt) -> Vec<String> {
    let took = attempt.took_ms.map_or_else(String::new, |ms| format!("  {} 毫秒", words::thousands(ms)));
    let status = attempt.status.map_or_else(String::new, |s| format!("  HTTP {s}"));
    let code = attempt.code.as_ref().map_or_else(String::new, |c| format!("  代码 {}", words::plain(c)));
    let mut lines = vec![
        format!("  第 {} 次  {}{took}{status}{code}", attempt.no, words::full(attempt.at)),
        format!("      结果: {}", attempt.result),
        format!("      请求编号: {}", attempt.request),
    ];
    if !attempt.said.is_empty() {
        lines.push(format!("      平台原话: {}", words::fit(&words::plain(&said_in(&attempt.said)), 300)));
    }
    lines
}

/// The platform's sentences out of its envelope (contract §2), or the whole answer when it is none; `--json` has all of it.
fn said_in(answer: &str) -> String {
    let sentence = |part: &str| part.split_once("</Message>").map(|(said, _)| said.to_owned());
    let said: Vec<_> = answer.split("<Message>").skip(1).filter_map(sentence).collect();
    if said.is_empty() { answer.to_owned() } else { said.join("；") }
}

#[cfg(test)]
#[path = "doc_tests.rs"]
mod tests;
