//! The catalogue: what is said of each rule, as data that an office may edit (domain.md §8).
//!
//! The code holds a predicate for each id; severity, dates of effect, kinds, thresholds and every word that people read stand in the profile's
//! `rules.toml`, so that they change without a new build.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

use crate::document::Severity;

const EMBEDDED: &str = include_str!("../../../config/platform/shandong/rules.toml");

/// Every rule of a profile, in the order of its file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule as the catalogue describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `DAT-8`; the predicate is found by it.
    pub id: String,
    /// What it is about, in a few words.
    pub title_zh: String,
    /// How much its findings weigh.
    pub severity: Severity,
    /// Whether it is judged at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Codes of kinds, `lane:A`, `lane:B`, or `*` for all.
    pub applies_to: Vec<String>,
    /// The notice says 原则上: what breaks it is let pass where a reason is on record (domain.md §4). Law is never soft.
    #[serde(default)]
    pub soft: bool,
    /// The first document date that it holds for; no bound when absent.
    #[serde(default, deserialize_with = "day")]
    pub effective_from: Option<NaiveDate>,
    /// The last document date that it holds for; no bound when absent.
    #[serde(default, deserialize_with = "day")]
    pub effective_to: Option<NaiveDate>,
    /// The law, standard or sentence of the notice behind it; may be empty.
    #[serde(default)]
    pub law_ref: String,
    /// What is wrong, one sentence; `{value}`, `{wanted}` and the predicate's own words are filled in.
    pub message_zh: String,
    /// What to do, one sentence; filled in likewise.
    pub fix_zh: String,
    /// Thresholds and lists of words.
    #[serde(default)]
    pub params: Params,
}

/// The thresholds and word lists of a rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Params(toml::Table);

/// What a parameter of a rule must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A whole number, zero or more.
    Count,
    /// A list of texts.
    Texts,
    /// A list of tables; the predicate's own business.
    Tables,
    /// A list of some of these words, at least one.
    OneOf(&'static [&'static str]),
}

/// A catalogue that cannot be used; one of these for each mistake, said in Chinese to whoever keeps the profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCatalogue {
    /// The file is not TOML of the format.
    #[error("格式不对：{0}")]
    Format(String),
    /// A rule that the program has no predicate for.
    #[error("规则 {0} 这个版本的程序不认识")]
    UnknownRule(String),
    /// The same id twice.
    #[error("规则 {0} 写了两遍")]
    Twice(String),
    /// `applies_to` names something that is no kind of the profile.
    #[error("规则 {rule} 的 applies_to 写了“{kind}”，没有这种文书")]
    UnknownKind {
        /// The rule.
        rule: String,
        /// The word.
        kind: String,
    },
    /// The office's exceptions name a rule that is not soft.
    #[error("规则 {0} 不是“原则上”的规则（rules.toml 里没有写 soft = true），exceptions.csv 里不能给它破例")]
    NotSoft(String),
    /// A parameter is missing, unknown or of the wrong type.
    #[error("规则 {rule} 的参数 {param} {what}")]
    Param {
        /// The rule.
        rule: String,
        /// The parameter.
        param: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Catalogue {
    /// Reads a `rules.toml`.
    ///
    /// # Errors
    /// [`BadCatalogue::Format`] with the parser's words and place.
    pub fn parse(text: &str) -> Result<Self, BadCatalogue> {
        toml::from_str(text).map_err(|e| BadCatalogue::Format(e.to_string()))
    }

    /// The catalogue that ships with the program.
    ///
    /// # Errors
    /// Only if the shipped data were damaged, which a test rules out.
    pub fn embedded() -> Result<Self, BadCatalogue> {
        Self::parse(EMBEDDED)
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            writeln!(f, "{rule}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.enabled { self.severity.label() } else { "停用" };
        write!(f, "{}\t{state}\t{}", self.id, self.title_zh)?;
        if let Some(from) = self.effective_from {
            write!(f, "\t自{from}")?;
        }
        if let Some(to) = self.effective_to {
            write!(f, "\t至{to}")?;
        }
        if !self.law_ref.is_empty() {
            write!(f, "\t{}", self.law_ref)?;
        }
        Ok(())
    }
}

impl Rule {
    /// Whether the rule holds for a document of `day`.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.effective_from.is_none_or(|from| from <= day) && self.effective_to.is_none_or(|to| day <= to)
    }
}

impl Params {
    /// A whole number. The catalogue was checked to have it when it was loaded.
    pub fn count(&self, name: &str) -> u32 {
        self.0.get(name).and_then(toml::Value::as_integer).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.list(name).iter().filter_map(toml::Value::as_str)
    }

    /// A list of tables.
    pub fn tables(&self, name: &str) -> impl Iterator<Item = &toml::Table> {
        self.list(name).iter().filter_map(toml::Value::as_table)
    }

    fn list(&self, name: &str) -> &[toml::Value] {
        self.0.get(name).and_then(toml::Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Compares what stands here with what the predicate of `rule` wants.
    pub(super) fn check(&self, rule: &str, wanted: &[(&'static str, ParamKind)], faults: &mut Vec<BadCatalogue>) {
        let mut fault = |param: &str, what| faults.push(BadCatalogue::Param { rule: rule.to_owned(), param: param.to_owned(), what });
        for (name, kind) in wanted {
            match self.0.get(*name) {
                None => fault(name, "没有写"),
                Some(value) if !kind.fits(value) => fault(name, kind.complaint()),
                Some(_) => {}
            }
        }
        for name in self.0.keys().filter(|name| !wanted.iter().any(|(known, _)| known == name)) {
            fault(name, "是多余的");
        }
    }
}

impl ParamKind {
    fn fits(self, value: &toml::Value) -> bool {
        let all = |fits: fn(&toml::Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(fits));
        match self {
            Self::Count => value.as_integer().is_some_and(|n| u32::try_from(n).is_ok()),
            Self::Texts => all(toml::Value::is_str),
            Self::Tables => all(toml::Value::is_table),
            Self::OneOf(words) => value
                .as_array()
                .is_some_and(|list| !list.is_empty() && list.iter().all(|word| word.as_str().is_some_and(|word| words.contains(&word)))),
        }
    }

    const fn complaint(self) -> &'static str {
        match self {
            Self::Count => "应为不小于 0 的整数",
            Self::Texts => "应为一列文字",
            Self::Tables => "应为一列表格",
            Self::OneOf(_) => "里有不认识的词，或者一个也没有写",
        }
    }
}

const fn yes() -> bool {
    true
}

/// A date as text, `"2021-07-15"`.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
