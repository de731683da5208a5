//! Findings for people: on the terminal, in the note beside a draft, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Tree, Verdict, mask, say};
use crate::document::{Facts, Finding, Place, Refusal, Severity, Timestamp};

/// What the findings are about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The draft's file name, as people see it.
    pub file: &'a str,
    /// What could be read of it.
    pub facts: Option<&'a Facts>,
}

impl About<'_> {
    fn document(&self) -> Option<String> {
        self.facts.map(|facts| match &facts.number {
            Some(number) => format!("{}　{number}", facts.kind_name),
            None => facts.title(),
        })
    }
}

/// How many findings there are of each weight: errors, warnings, remarks.
pub fn count(findings: &[Finding]) -> [usize; 3] {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    [of(Severity::Error), of(Severity::Warning), of(Severity::Info)]
}

/// One line that sums findings up: `2 处必须改，1 处提醒`.
pub fn tally(findings: &[Finding]) -> String {
    let parts: Vec<String> = count(findings)
        .into_iter()
        .zip(["必须改", "提醒", "提示"])
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} 处{word}"))
        .collect();
    if parts.is_empty() { "没有问题".to_owned() } else { parts.join("，") }
}

/// The verdict on one file for the terminal, with a line feed at its end.
pub fn terminal(about: About<'_>, verdict: &Verdict) -> String {
    let findings = verdict.findings();
    let (mark, outcome) = match verdict {
        Verdict::Fit(_) if findings.is_empty() => ("✓", "可以录入".to_owned()),
        Verdict::Fit(_) => ("✓", format!("可以录入，{}", tally(findings))),
        Verdict::FitsSchemaOnly { .. } => ("✓", "符合表单".to_owned()),
        Verdict::Unfit { .. } => ("✗", format!("不能录入：{}", tally(findings))),
        Verdict::NotChecked { .. } => ("？", "没有查成：检查程序没有得出结论，请把文件发给系统管理员".to_owned()),
    };
    let mut text = format!("{mark} {}", about.file);
    if let Some(document) = about.document() {
        append(&mut text, format_args!("　{document}"));
    }
    append(&mut text, format_args!("\n  {outcome}\n"));
    for (index, finding) in findings.iter().enumerate() {
        entry(&mut text, index + 1, finding, "\n", true);
    }
    text
}

/// On what occasion a note is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The check found the draft unfit.
    Check,
    /// The platform returned the document.
    Platform,
}

/// The bytes of `<name>.退回原因.txt`: UTF-8 with a byte order mark, lines ended as Windows ends them.
pub fn note(about: About<'_>, occasion: Occasion, findings: &[Finding], at: Timestamp) -> Vec<u8> {
    let mut text = String::from("退回原因\n\n");
    append(&mut text, format_args!("文件：{}\n", about.file));
    if let Some(document) = about.document() {
        append(&mut text, format_args!("文书：{document}\n"));
    }
    append(&mut text, format_args!("时间：{}（北京时间）\n", at.beijing().format("%Y-%m-%d %H:%M")));
    let who = match occasion {
        Occasion::Check => "没有录入：检查发现问题",
        Occasion::Platform => "没有录入：平台退回",
    };
    append(&mut text, format_args!("结果：{who}，{}。\n", tally(findings)));
    text.push_str(
        "\n怎么办：\n  1. 按下面逐条改好这份文书。\n  2. 用原来的文件名保存在原来的文件夹里。\n  \
         3. 不用再做别的：保存后会自动重新检查、自动录入，这份说明也会自动消失。\n",
    );
    let mut number = 0;
    for (severity, heading) in
        [(Severity::Error, "必须改的"), (Severity::Warning, "提醒（不改也能录入，请核对）"), (Severity::Info, "提示")]
    {
        let of_weight: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == severity).collect();
        if of_weight.is_empty() {
            continue;
        }
        append(&mut text, format_args!("\n—— {heading} ——\n"));
        for finding in of_weight {
            number += 1;
            entry(&mut text, number, finding, "\n", false);
        }
    }
    text.push_str("\n看不明白，或者认为这里说得不对，请联系系统管理员，并告诉他方括号里的编号。\n");
    let mut bytes = b"\xEF\xBB\xBF".to_vec();
    bytes.extend(text.replace('\n', "\r\n").into_bytes());
    bytes
}

fn entry(text: &mut String, number: usize, finding: &Finding, newline: &str, indented: bool) {
    let indent = if indented { "  " } else { "" };
    let place = match finding.place {
        Place { line: 0, .. } => "整个文件".to_owned(),
        Place { line, column: 0 } => format!("第 {line} 行"),
        Place { line, column } => format!("第 {line} 行第 {column} 列"),
    };
    let weight = if finding.severity == Severity::Error { String::new() } else { format!("（{}）", finding.severity.label()) };
    append(text, format_args!("{newline}{indent}{number}. {place}　{}{weight}　[{}]\n", finding.label, finding.rule));
    for (what, words) in [
        ("现值", &finding.value),
        ("问题", &finding.message),
        ("要求", &finding.wanted),
        ("怎么改", &finding.advice),
        ("依据", &finding.law),
    ] {
        if !words.is_empty() {
            append(text, format_args!("{indent}   {what}：{words}\n"));
        }
    }
}

/// The verdict on one file for programs.
pub fn json(about: About<'_>, verdict: &Verdict) -> Value {
    let (word, why) = match verdict {
        Verdict::Fit(_) => ("fit", None),
        Verdict::Unfit { .. } => ("unfit", None),
        Verdict::FitsSchemaOnly { .. } => ("fits_schema", None),
        Verdict::NotChecked { why } => ("not_checked", Some(why)),
    };
    let [errors, warnings, infos] = count(verdict.findings());
    json!({
        "file": about.file,
        "verdict": word,
        "why": why,
        "kind": about.facts.map(|facts| facts.kind.code()),
        "kind_name": about.facts.map(|facts| &facts.kind_name),
        "number": about.facts.and_then(|facts| facts.number.as_ref()),
        "draft_id": about.facts.map(|facts| facts.draft_id),
        "schema_version": about.facts.map(|facts| &facts.schema_version),
        "errors": errors,
        "warnings": warnings,
        "infos": infos,
        "findings": verdict.findings(),
    })
}

/// What the platform objects to, in the form of findings: its paths become labels and places of the document that was sent.
pub fn refusals(refusals: &[Refusal], tree: Option<&Tree>) -> Vec<Finding> {
    refusals
        .iter()
        .map(|refusal| {
            let path = local_path(refusal.path.as_deref().unwrap_or_default());
            let below_root = path.split_once('/').map_or("", |(_, below)| below);
            let node = tree.and_then(|tree| tree.find(below_root)).filter(|_| !path.is_empty());
            let line = refusal.line.unwrap_or(0);
            Finding {
                rule: refusal.code.clone(),
                severity: Severity::Error,
                place: node.map_or(Place { line, column: 0 }, |node| node.place()),
                label: node.map_or_else(|| "平台意见".to_owned(), |node| node.label()),
                value: node.map_or_else(String::new, |node| mask::shown(node.text(), &path)),
                path,
                message: say::shorten(&mask::covered_runs(&refusal.message), 300),
                wanted: String::new(),
                advice: "请按平台的意见改好后保存。".to_owned(),
                law: String::new(),
            }
        })
        .collect()
}

/// `/d:InspectionRecord/d:Enterprise[1]/d:Uscc` without prefixes and positions.
fn local_path(path: &str) -> String {
    path.split('/')
        .filter(|step| !step.is_empty())
        .map(|step| {
            let step = step.split('[').next().unwrap_or(step);
            step.rsplit(':').next().unwrap_or(step)
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Writing to a string does not fail.
fn append(text: &mut String, words: std::fmt::Arguments<'_>) {
    if text.write_fmt(words).is_err() {
        text.push('…');
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
