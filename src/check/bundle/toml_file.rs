//! `bundle.toml`, with all its mistakes told at once.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use toml::{Table, Value};

use super::{BundleProblem, KindEntry, files, problem};
use crate::document::{Kind, Lane};

pub(super) const NAME: &str = "bundle.toml";

/// What the bundle says of itself.
pub(super) struct Plan {
    /// The file that says it.
    pub(super) file: PathBuf,
    pub(super) version: String,
    pub(super) effective_from: NaiveDate,
    pub(super) accepts: Vec<String>,
    pub(super) namespace: String,
    pub(super) entry: PathBuf,
    pub(super) kinds: Vec<KindEntry>,
    /// Name and file of each code list.
    pub(super) lists: Vec<(String, String)>,
}

/// The plan of a bundle in `path`; `None` when nothing can be done with it.
pub(super) fn plan(path: &Path, problems: &mut Vec<BundleProblem>) -> Option<Plan> {
    let file = path.join(NAME);
    if path.is_file() || !file.is_file() {
        return alone(path, problems);
    }
    let text = files::text(&file, problems)?;
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(e) => {
            let e: toml::de::Error = e;
            let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            problems.push(problem(&file, format!("第 {line} 行写法有误：{}", e.message()), "请对照样例改正这一行。"));
            return None;
        }
    };
    let mut form = Form { file: &file, problems };
    let version = form.text(&table, "version").unwrap_or_default();
    let effective_from = form.date(&table, "effective_from");
    let namespace = form.text(&table, "namespace").unwrap_or_default();
    let entry = form.text(&table, "entry");
    let accepts = form.texts(&table, "accepts");
    let kinds = form.kinds(&table);
    let lists = form.lists(&table);
    Some(Plan {
        accepts: accepts.unwrap_or_else(|| vec![version.clone()]),
        version,
        effective_from: effective_from.unwrap_or_default(),
        namespace,
        entry: path.join(entry?),
        kinds,
        lists,
        file,
    })
}

/// A schema without `bundle.toml`.
fn alone(path: &Path, problems: &mut Vec<BundleProblem>) -> Option<Plan> {
    let entry = if path.is_file() { path.to_path_buf() } else { files::only_root(path, problems)? };
    Some(Plan {
        file: entry.clone(),
        version: String::new(),
        effective_from: NaiveDate::MIN,
        accepts: Vec::new(),
        namespace: String::new(),
        entry,
        kinds: Vec::new(),
        lists: Vec::new(),
    })
}

/// Reads keys and notes what is wrong with them.
struct Form<'f> {
    file: &'f Path,
    problems: &'f mut Vec<BundleProblem>,
}

impl Form<'_> {
    fn wrong(&mut self, what: String, advice: &str) {
        self.problems.push(problem(self.file, what, advice));
    }

    fn text(&mut self, table: &Table, key: &str) -> Option<String> {
        match table.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
            Some(_) => {
                self.wrong(format!("{key} 应为不空的文字"), "请用引号写上文字。");
                None
            }
            None => {
                self.wrong(format!("缺少 {key}"), "请补上这一项。");
                None
            }
        }
    }

    fn texts(&mut self, table: &Table, key: &str) -> Option<Vec<String>> {
        let texts = table
            .get(key)?
            .as_array()
            .and_then(|values| values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
        if texts.is_none() {
            self.wrong(format!("{key} 应为一组文字"), "请写成 [\"…\", \"…\"]。");
        }
        texts
    }

    fn date(&mut self, table: &Table, key: &str) -> Option<NaiveDate> {
        let text = match table.get(key) {
            Some(Value::Datetime(date)) => date.to_string(),
            _ => self.text(table, key)?,
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.wrong(format!("{key} 不是日期：{text}"), "请写成 2023-04-03 这样的日期。");
        }
        date
    }

    fn lists(&mut self, table: &Table) -> Vec<(String, String)> {
        let Some(lists) = table.get("lists") else {
            return Vec::new();
        };
        let Some(lists) = lists.as_table() else {
            self.wrong("lists 应为一个表".to_owned(), "请写成 [lists]，每行一个代码表。");
            return Vec::new();
        };
        lists.keys().filter_map(|name| Some((name.clone(), self.text(lists, name)?))).collect()
    }

    fn kinds(&mut self, table: &Table) -> Vec<KindEntry> {
        let Some(tables) = table.get("kind").and_then(Value::as_array).filter(|tables| !tables.is_empty()) else {
            self.wrong("没有文书种类".to_owned(), "请为每种文书写一个 [[kind]]。");
            return Vec::new();
        };
        let mut kinds: Vec<KindEntry> = Vec::new();
        let (mut codes, mut roots) = (HashSet::new(), HashSet::new());
        for (index, value) in tables.iter().enumerate() {
            let Some(table) = value.as_table() else {
                self.wrong(format!("第 {} 个 kind 不是一个表", index + 1), "请写成 [[kind]]。");
                continue;
            };
            let Some(entry) = self.kind(table, index + 1) else {
                continue;
            };
            for (key, value, seen) in [("code", entry.kind.code(), &mut codes), ("root", &entry.root, &mut roots)] {
                if !seen.insert(value.to_owned()) {
                    self.problems.push(problem(self.file, format!("{key} 重复：{value}"), "每种文书要有自己的代码和根元素。"));
                }
            }
            kinds.push(entry);
        }
        kinds
    }

    fn kind(&mut self, table: &Table, number: usize) -> Option<KindEntry> {
        let before = self.problems.len();
        let code = self.text(table, "code");
        let root = self.text(table, "root");
        let name = self.text(table, "name");
        let lane = match table.get("lane").and_then(Value::as_str) {
            Some("A") => Some(Lane::Inspection),
            Some("B") => Some(Lane::Penalty),
            _ => {
                self.wrong("lane 应为 \"A\"（检查）或 \"B\"（处罚）".to_owned(), "请改正。");
                None
            }
        };
        let rank = table.get("rank").and_then(Value::as_integer).and_then(|rank| u16::try_from(rank).ok());
        if rank.is_none() {
            self.wrong("rank 应为 0 到 65535 的整数".to_owned(), "请按办案的先后填写。");
        }
        let word = match table.get("word") {
            None => String::new(),
            Some(Value::String(word)) => word.clone(),
            Some(_) => {
                self.wrong("word 应为文字".to_owned(), "没有编号的文书写 \"\"。");
                String::new()
            }
        };
        let named = code.as_deref().map_or_else(|| format!("第 {number} 个 kind"), |code| format!("kind {code}"));
        for problem in &mut self.problems[before..] {
            problem.what = format!("{named}：{}", problem.what);
        }
        Some(KindEntry { kind: Kind::new(code?), root: root?, name: name?, word, lane: lane?, rank: rank? })
    }
}
