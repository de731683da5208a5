//! What the operator wrote, read key by key so that one mistake does not hide the next.
//!
//! Serde stops at the first error; here each key is taken with its type, bounds and default, what is wrong is noted, and whatever
//! nobody took is an unknown key.

use std::{
    borrow::Cow,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    problem::{Problem, nearest},
    schedule::Schedule,
    secret::SecretRef,
};

/// One effective setting, for `config show`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// The section, `folder`; of several alike `alert.channels[2]`.
    pub section: Cow<'static, str>,
    /// The key, `settle_secs`.
    pub key: &'static str,
    /// The value as TOML; a secret is named, never shown.
    pub value: String,
    /// The line that sets it; `None` for a default.
    pub line: Option<usize>,
}

/// The file while it is being read.
pub(super) struct File<'t> {
    text: &'t str,
    root: &'t DeTable<'t>,
    base: &'t Path,
    /// Lines that are not TOML may have held anything: then nothing is called missing.
    whole: bool,
    sections: Vec<&'static str>,
    pub(super) problems: Vec<Problem>,
    pub(super) settings: Vec<Setting>,
    pub(super) warnings: Vec<Problem>,
}

impl<'t> File<'t> {
    pub(super) fn new(text: &'t str, root: &'t DeTable<'t>, whole: bool, base: &'t Path) -> Self {
        Self { text, root, base, whole, sections: Vec::new(), problems: Vec::new(), settings: Vec::new(), warnings: Vec::new() }
    }

    /// Reads one section with `read` and notes the keys in it that nobody knows.
    pub(super) fn section<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Section<'_, 't>) -> T) -> T {
        self.sections.push(name);
        let found = self.root.get_key_value(name);
        let table = found.and_then(|(_, v)| v.get_ref().as_table());
        if let (Some((key, _)), None) = (found, table) {
            let line = line_of(self.text, key.span().start);
            self.problems
                .push(Problem::new(name, "这是一节，不是一个值", format!("写成单独一行 [{name}]，下面逐行写各个键")).at(Some(line)));
        }
        let mut section = Section { file: self, name: name.into(), table, known: Vec::new() };
        let value = read(&mut section);
        section.note_unknown();
        value
    }

    /// Notes the sections that nobody knows.
    pub(super) fn note_unknown(&mut self) {
        let root = self.root;
        for (key, value) in root {
            let name: &str = key.get_ref();
            if self.sections.contains(&name) {
                continue;
            }
            let line = line_of(self.text, key.span().start);
            let known = self.sections.iter().copied();
            let home = self.settings.iter().find(|s| s.key == name);
            let fix = match (value.get_ref().is_table(), nearest(name, known), home) {
                (true, Some(near), _) => format!("是不是 [{near}]？"),
                (false, _, Some(home)) => {
                    format!("这个键属于 [{}] 一节，请移到那一节里", home.section)
                }
                (true, ..) => format!("删去这一节；可用的有 [{}]", self.sections.join("] [")),
                (false, ..) => "每个键都要写在某一节（如 [folder]）之下".to_owned(),
            };
            self.problems.push(Problem::new(name, "没有这个名字", fix).at(Some(line)));
        }
    }

    /// The number of the line that sets a key, if the file does.
    pub(super) fn line(&self, section: &str, key: &str) -> Option<usize> {
        let (key, _) = self.root.get(section)?.get_ref().as_table()?.get_key_value(key)?;
        Some(line_of(self.text, key.span().start))
    }

    /// Notes two settings that cannot both stand; the line is that of `key`.
    pub(super) fn contradiction(&mut self, section: &str, key: &str, why: &str, fix: &str) {
        let line = self.line(section, key);
        self.problems.push(Problem::new(format!("{section}.{key}"), why, fix).at(line));
    }
}

/// The number of the line that `offset` lies on, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// Why a value cannot stand, and what to write.
pub(super) struct Wrong {
    pub(super) why: String,
    pub(super) fix: String,
}

impl Wrong {
    pub(super) fn new(why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { why: why.into(), fix: fix.into() }
    }

    fn kind(value: &DeValue<'_>, wanted: &str, fix: &str) -> Self {
        let is = match value {
            DeValue::String(_) => "文字",
            DeValue::Integer(_) => "整数",
            DeValue::Float(_) => "小数",
            DeValue::Boolean(_) => "是非值",
            DeValue::Datetime(_) => "日期",
            DeValue::Array(_) => "列表",
            DeValue::Table(_) => "表",
        };
        Self::new(format!("要写{wanted}，这里写的是{is}"), fix)
    }
}

/// One section while it is being read.
pub(super) struct Section<'f, 't> {
    file: &'f mut File<'t>,
    name: Cow<'static, str>,
    table: Option<&'t DeTable<'t>>,
    known: Vec<&'static str>,
}

impl<'t> Section<'_, 't> {
    /// Takes one key. A value that cannot stand is noted, and the default goes on in its place so that the rest is read too.
    fn take<T>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, Wrong>,
        show: impl FnOnce(&T) -> String,
    ) -> T {
        self.known.push(key);
        let (value, line) = match self.table.and_then(|t| t.get_key_value(key)) {
            None => (default, None),
            Some((name, value)) => {
                let line = Some(line_of(self.file.text, name.span().start));
                match read(value.get_ref()) {
                    Ok(value) => (value, line),
                    Err(wrong) => {
                        let written = &self.file.text[value.span()];
                        let name = format!("{}.{key}", self.name);
                        let mut problem = Problem::new(name, wrong.why, wrong.fix).at(line);
                        if !secretive(key) {
                            problem = problem.saying(written);
                        }
                        self.file.problems.push(problem);
                        (default, line)
                    }
                }
            }
        };
        self.file.settings.push(Setting { section: self.name.clone(), key, value: show(&value), line });
        value
    }

    /// Reads each of an array of tables, `[[alert.channels]]`.
    pub(super) fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'_, 't>) -> T) -> Vec<T> {
        self.known.push(key);
        let Some((written, value)) = self.table.and_then(|t| t.get_key_value(key)) else { return Vec::new() };
        let whole = format!("{}.{key}", self.name);
        let tables = value.get_ref().as_array().map(|list| list.iter().map(|item| item.get_ref().as_table()).collect::<Vec<_>>());
        let Some(tables) = tables.and_then(|tables| tables.into_iter().collect::<Option<Vec<_>>>()) else {
            let line = Some(line_of(self.file.text, written.span().start));
            let fix = format!("每一个写成单独一节：一行 [[{whole}]]，下面逐行写各个键");
            self.file.problems.push(Problem::new(whole, "要写成若干节", fix).at(line));
            return Vec::new();
        };
        let each = |(nth, table): (usize, &'t DeTable<'t>)| {
            let name = Cow::Owned(format!("{whole}[{}]", nth + 1));
            let mut section = Section { file: &mut *self.file, name, table: Some(table), known: Vec::new() };
            let value = read(&mut section);
            section.note_unknown();
            value
        };
        tables.into_iter().enumerate().map(each).collect()
    }

    /// Notes that a key of this section cannot stand as it is, beside the others.
    pub(super) fn wrong(&mut self, key: &str, why: &str, fix: &str) {
        let line = self.table.and_then(|t| t.get_key_value(key)).map(|(key, _)| line_of(self.file.text, key.span().start));
        self.file.problems.push(Problem::new(format!("{}.{key}", self.name), why, fix).at(line));
    }

    /// Notes what does not stand in the way but deserves a look.
    pub(super) fn warn(&mut self, key: &str, why: &str, fix: &str) {
        let line = self.table.and_then(|t| t.get_key_value(key)).map(|(key, _)| line_of(self.file.text, key.span().start));
        self.file.warnings.push(Problem::new(format!("{}.{key}", self.name), why, fix).at(line));
    }

    fn need(&mut self, key: &'static str, fix: &str) {
        let missing = self.table.is_none_or(|t| t.get(key).is_none());
        if missing && self.file.whole {
            self.file.problems.push(Problem::new(format!("{}.{key}", self.name), "没有填写", fix));
        }
    }

    /// Text that passes `check`; without one in the file, `default`.
    pub(super) fn text(&mut self, key: &'static str, default: &str, check: impl FnOnce(&str) -> Result<(), Wrong>) -> String {
        let read = |value: &DeValue<'t>| {
            let text = string(value)?;
            check(text).map(|()| text.to_owned())
        };
        self.take(key, default.to_owned(), read, |v| quoted(v))
    }

    /// Text that must be there.
    pub(super) fn needed_text(&mut self, key: &'static str, fix: &str, check: impl FnOnce(&str) -> Result<(), Wrong>) -> String {
        self.need(key, fix);
        self.text(key, "", |text| {
            if text.trim().is_empty() {
                return Err(Wrong::new("是空的", fix));
            }
            check(text)
        })
    }

    /// A whole number within `range`; `what` names the unit.
    pub(super) fn number(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>, what: &str) -> u64 {
        let (low, high) = (*range.start(), *range.end());
        let fix = format!("写 {low} 到 {high} 之间的整数（单位：{what}），例如 {default}");
        let read = |value: &DeValue<'t>| {
            let Some(written) = value.as_integer() else {
                return Err(Wrong::kind(value, "整数，不加引号", &fix));
            };
            i128::from_str_radix(written.as_str(), written.radix())
                .ok()
                .and_then(|n| u64::try_from(n).ok())
                .filter(|n| range.contains(n))
                .ok_or_else(|| Wrong::new(format!("超出范围，要在 {low} 到 {high} 之间"), &fix))
        };
        self.take(key, default, read, u64::to_string)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let read = |value: &DeValue<'t>| {
            value.as_bool().ok_or_else(|| Wrong::kind(value, " true 或 false，不加引号", "要就写 true，不要就写 false"))
        };
        self.take(key, default, read, bool::to_string)
    }

    /// One of some words that must be there; the first goes on in its place if it is not.
    pub(super) fn needed_choice<T: Copy + PartialEq>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> T {
        let list: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
        self.need(key, &format!("写 {} 之一", list.join("、")));
        self.choice(key, words)
    }

    /// One of some words; the first is the default.
    pub(super) fn choice<T: Copy + PartialEq>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> T {
        let list: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
        let fix = format!("写 {} 之一", list.join("、"));
        let read = |value: &DeValue<'t>| {
            let text = string(value)?;
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, t)| *t).ok_or_else(|| {
                let near = nearest(text, words.iter().map(|(word, _)| *word));
                Wrong::new("没有这个选项", near.map_or(fix.clone(), |near| format!("{fix}；是不是 {}？", quoted(near))))
            })
        };
        let show = |v: &T| {
            let word = words.iter().find(|(_, t)| t == v);
            word.map_or_else(String::new, |(word, _)| quoted(word))
        };
        self.take(key, words[0].1, read, show)
    }

    /// Short words without repeats.
    pub(super) fn words(&mut self, key: &'static str, default: &[&str], fix: &str, check: impl Fn(&str) -> bool) -> Vec<String> {
        let read = |value: &DeValue<'t>| {
            let Some(list) = value.as_array() else {
                return Err(Wrong::kind(value, "列表，放在方括号里", fix));
            };
            let mut words = Vec::new();
            for item in list {
                let word = string(item.get_ref())?;
                if !check(word) {
                    return Err(Wrong::new(format!("其中的 {} 不能用", quoted(word)), fix));
                }
                if words.iter().any(|w| w == word) {
                    return Err(Wrong::new(format!("其中的 {} 写了两遍", quoted(word)), fix));
                }
                words.push(word.to_owned());
            }
            Ok(words)
        };
        let default = default.iter().map(|w| (*w).to_owned()).collect();
        self.take(key, default, read, |list| {
            let list: Vec<String> = list.iter().map(|w| quoted(w)).collect();
            format!("[{}]", list.join(", "))
        })
    }

    /// A path; a relative one is relative to the configuration file.
    pub(super) fn needed_path(&mut self, key: &'static str, fix: &str) -> PathBuf {
        self.need(key, fix);
        let base = self.file.base;
        let read = |value: &DeValue<'t>| match path(value, base)? {
            Some(path) => Ok(path),
            None => Err(Wrong::new("是空的", fix)),
        };
        self.take(key, PathBuf::new(), read, |p| quoted(&p.to_string_lossy()))
    }

    /// A path with a default; both are relative to the configuration file.
    pub(super) fn path(&mut self, key: &'static str, default: &str) -> PathBuf {
        let base = self.file.base;
        let fix = format!("写一个目录，例如 {}", quoted(default));
        let read = |value: &DeValue<'t>| path(value, base)?.ok_or_else(|| Wrong::new("是空的", &fix));
        let show = |p: &PathBuf| quoted(&p.to_string_lossy());
        self.take(key, base.join(default), read, show)
    }

    /// A path that may be left empty.
    pub(super) fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        let base = self.file.base;
        let show = |p: &Option<PathBuf>| quoted(&p.as_ref().map_or_else(String::new, |p| p.to_string_lossy().into_owned()));
        self.take(key, None, |value| path(value, base), show)
    }

    /// When something happens; empty for never.
    pub(super) fn schedule(&mut self, key: &'static str, default: &str) -> Option<Schedule> {
        let read = |value: &DeValue<'t>| {
            let text = string(value)?;
            if text.is_empty() {
                return Ok(None);
            }
            Schedule::parse(text).map(Some).map_err(|wrong| Wrong::new(wrong.why, wrong.fix))
        };
        let default = Schedule::parse(default).ok();
        self.take(key, default, read, |s| quoted(s.as_ref().map_or("", Schedule::source)))
    }

    /// A secret, by reference only; `{}` for none.
    pub(super) fn secret(&mut self, key: &'static str, needed: Option<&str>) -> Option<SecretRef> {
        if let Some(fix) = needed {
            self.need(key, fix);
        }
        let base = self.file.base;
        let read = |value: &DeValue<'t>| {
            let secret = SecretRef::read_toml(value, base)?;
            match (needed, secret) {
                (Some(fix), None) => Err(Wrong::new("是空的", fix)),
                (_, secret) => Ok(secret),
            }
        };
        let secret = self.take(key, None, read, |s| s.as_ref().map_or_else(|| "{}".to_owned(), SecretRef::to_string));
        if let Some(SecretRef::Env(name)) = &secret {
            let line = self.file.line(&self.name, key);
            self.file.warnings.push(
                Problem::new(
                    format!("{}.{key}", self.name),
                    "口令放在环境变量里，同机的其他程序可能看到",
                    "正式使用请改成 { credential = \"platform\" } 或 { file = \"…\" }",
                )
                .at(line)
                .saying(name),
            );
        }
        secret
    }

    fn note_unknown(&mut self) {
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let fix = match nearest(name, self.known.iter().copied()) {
                Some(near) => format!("是不是 {near}？"),
                None => format!("删去这一行；[{}] 可用的有 {}", self.name, self.known.join("、")),
            };
            let line = line_of(self.file.text, key.span().start);
            // What stands behind an unknown key may be a password: it is never repeated.
            self.file.problems.push(Problem::new(format!("{}.{name}", self.name), "没有这个键", fix).at(Some(line)));
        }
    }
}

fn string<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Wrong> {
    value.as_str().ok_or_else(|| Wrong::kind(value, "文字，用英文双引号括起来", "加上英文双引号"))
}

fn path(value: &DeValue<'_>, base: &Path) -> Result<Option<PathBuf>, Wrong> {
    let text = string(value)?;
    if text.contains('\0') {
        return Err(Wrong::new("路径里有不能用的字符", "写普通的目录或文件路径"));
    }
    Ok((!text.is_empty()).then(|| base.join(text)))
}

/// Whether a value of this key is not to be repeated anywhere.
fn secretive(key: &str) -> bool {
    ["secret", "password", "token", "client_key", "proxy", "key", "sign", "ping"].contains(&key)
}

/// As TOML text.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
