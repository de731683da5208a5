//! Lines that are not TOML, told in words of the office: what the parser says of them is English and knows nothing of Chinese input.

use super::{problem::Problem, raw::line_of};

/// One problem for each line that the parser stumbled over.
pub(super) fn problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let offset = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = line_of(text, offset);
        if problems.iter().any(|p| p.line == Some(line)) {
            continue;
        }
        let content = text.lines().nth(line - 1).unwrap_or_default();
        // Only the key is repeated: behind the equals sign a password may stand.
        let key = content.split(['=', '＝']).next().unwrap_or_default().trim();
        let (why, fix) = explain(content, error.message());
        problems.push(Problem::new(short(key), why, fix).at(Some(line)));
    }
    problems
}

fn explain(line: &str, said: &str) -> (&'static str, &'static str) {
    let value = line.split_once('=').map_or("", |(_, v)| v.trim());
    if said.contains("duplicate key") {
        ("这个名字写了两遍", "只留一处")
    } else if line.contains(['“', '”', '‘', '’', '＂']) {
        ("用了中文引号", "改成英文双引号 \"…\"")
    } else if line.contains('＝') {
        ("用了全角等号", "改成英文等号 =")
    } else if line.contains(['【', '】', '［', '］']) {
        ("用了全角方括号", "改成英文方括号 [ ]")
    } else if line.contains('，') && value.starts_with(['[', '{']) {
        ("用了全角逗号", "改成英文逗号 ,")
    } else if value.starts_with('"') && value.contains('\\') {
        ("双引号里不能直接写反斜杠", "路径改用单引号 '…'，或把 \\ 写成 /")
    } else if value.starts_with('"') && !value[1..].contains('"') {
        ("引号没有配对", "在末尾补上英文双引号")
    } else if line.trim_start().starts_with('[') && !line.contains(']') {
        ("方括号没有配对", "写成 [名字]")
    } else if !line.contains('=') && !line.trim_start().starts_with('[') {
        ("不是“键 = 值”的写法", "写成 键 = 值；说明文字前面加 #")
    } else if value.is_empty() {
        ("等号后面是空的", "写上值；不用这个键就删去这一行")
    } else if value.starts_with(|c: char| c.is_alphabetic() || c == '/') {
        ("文字没有加引号", "用英文双引号括起来")
    } else {
        ("这一行的写法不对", "对照 config/dangri.toml 里同名的一行改")
    }
}

fn short(key: &str) -> String {
    crate::telemetry::escape(&key.chars().take(40).collect::<String>()).into_owned()
}
