//! `dangri doc`: one document's life in sentences.

use std::io::{self, Write as _};

use super::{args::DocArgs, envelope, place::Place, queue, terminal::Terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{
        Ask, AskError,
        api::Row,
        client::PATIENT,
        life::{self, Said, Told},
    },
    document::Finding,
    status::{Exit, story, text::Style, words},
};

const SCHEMA: &str = "dangri.doc/1";

/// Tells it.
pub(super) fn run(args: &DocArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let told = match fetch(&args.name, place) {
        Ok(told) => told,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) if args.json => return envelope::failure(to, true, SCHEMA, SystemClock.now(), &error.problem()),
        Err(error) => return queue::failed(error, false, to),
    };
    if args.json {
        envelope::write(to, SCHEMA, told.at, Exit::Well, Some(&told), &[])?;
    } else {
        to.out.write_all(tell(&told, to.style).as_bytes())?;
    }
    Ok(Exit::Well)
}

fn fetch(name: &str, place: &Place) -> Result<Told, AskError> {
    let mut answers = Vec::new();
    place.ask(Ask::Document { name: name.to_owned() }, PATIENT, |answer| {
        answers.push(answer);
        Ok(())
    })?;
    Told::of(answers).ok_or(AskError::CutShort)
}

fn tell(told: &Told, style: Style) -> String {
    let mut lines = vec![format!("{}  {}", told.title(), told.kind())];
    lines.extend(told.head(told.at).iter().flat_map(|said| said_lines(said, style)));
    lines.push("\n经过:".into());
    lines.extend(told.history.iter().map(|entry| format!("  {}", story::sentence(entry))));
    let findings = told.findings();
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

fn said_lines(said: &Said, style: Style) -> Vec<String> {
    let word = said.word.as_ref().map_or_else(String::new, |(colour, word)| style.paint(*colour, word));
    let mut lines = vec![format!("  {}: {word}{}", said.label, said.text)];
    lines.extend(said.below.iter().map(|line| format!("        {line}")));
    lines
}

fn finding_lines(finding: &Finding) -> Vec<String> {
    vec![
        format!("  {}  {}  {}", words::pad(finding.severity.label(), 6), life::place(finding), life::found(finding)),
        format!("          → {}", life::remedy(finding)),
    ]
}

fn attempt_lines(attempt: &story::Attempt) -> Vec<String> {
    let mut lines = vec![
        format!("  {}", life::answered(attempt)),
        format!("      结果: {}", attempt.result),
        format!("      请求编号: {}", attempt.request),
    ];
    let said = life::said(attempt);
    if !said.is_empty() {
        lines.push(format!("      平台原话: {said}"));
    }
    lines
}

#[cfg(test)]
#[path = "doc_tests.rs"]
mod tests;
