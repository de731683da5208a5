//! The rules of a bundle: its `rules.toml`, its lists, and the office's allow-list.

use std::{collections::HashMap, fmt, fs, io, path::Path, sync::Arc};

use super::{AllowList, Catalogue, CodeList, Exceptions, Ground, KindWords, RuleSet};
use crate::{
    calendar::Calendar,
    check::{Bundle, BundleProblem},
};

/// The catalogue's file in a bundle's folder.
const CATALOGUE: &str = "rules.toml";
/// Credit codes that the office has confirmed, beside it; may be absent.
const ALLOWED: &str = "uscc-allow.csv";
/// Documents that may break a soft rule, beside it; may be absent.
const EXCEPTIONS: &str = "exceptions.csv";

impl RuleSet {
    /// The rules that lie in a bundle's folder; `None` for a bundle without a `rules.toml` or without kinds, which has nothing but its schema.
    ///
    /// # Errors
    /// All mistakes of the files, in Chinese.
    pub fn of_bundle(bundle: &Bundle, calendar: Arc<Calendar>) -> Result<Option<Self>, Vec<BundleProblem>> {
        let mut problems = Vec::new();
        let file = bundle.folder.join(CATALOGUE);
        if !bundle.has_kinds() {
            return Ok(None);
        }
        let Some(text) = read(&file, &mut problems) else {
            return if problems.is_empty() { Ok(None) } else { Err(problems) };
        };
        let ground = ground(bundle, calendar, &mut problems);
        let loaded = Catalogue::parse(&text).map_err(|fault| vec![fault]).and_then(|catalogue| Self::new(catalogue, ground));
        match loaded {
            Ok(rules) if problems.is_empty() => Ok(Some(rules)),
            Ok(_) => Err(problems),
            Err(faults) => {
                problems.extend(faults.iter().map(|fault| problem(&file, fault, "请对照程序自带的 rules.toml 改正。")));
                Err(problems)
            }
        }
    }
}

fn ground(bundle: &Bundle, calendar: Arc<Calendar>, problems: &mut Vec<BundleProblem>) -> Ground {
    let kinds = bundle.kinds.iter().map(|entry| {
        let words = KindWords { name: entry.name.clone(), word: entry.word.clone(), lane: entry.lane };
        (entry.kind.code().to_owned(), words)
    });
    let mut lists = HashMap::new();
    for (name, text) in &bundle.lists {
        match CodeList::parse(text) {
            Ok(list) => {
                lists.insert(name.clone(), list);
            }
            Err(bad) => problems.push(problem(&bundle.folder.join(name), bad, "请核对引号和逗号。")),
        }
    }
    let file = bundle.folder.join(ALLOWED);
    let allowed = read(&file, problems).map(|text| AllowList::parse(&text));
    let allowed_codes = match allowed {
        Some(Ok(allowed)) => allowed,
        Some(Err(bad)) => {
            problems.push(problem(&file, bad, "每行写代码和理由，用逗号分开，存为 UTF-8。"));
            AllowList::default()
        }
        None => AllowList::default(),
    };
    let file = bundle.folder.join(EXCEPTIONS);
    let exceptions = read(&file, problems).map_or_else(Exceptions::default, |text| {
        Exceptions::parse(&text).unwrap_or_else(|bad| {
            problems.push(problem(&file, bad, "每行写规则、文号和理由，用逗号分开，存为 UTF-8。"));
            Exceptions::default()
        })
    });
    Ground { kinds: kinds.collect(), lists, allowed_codes, exceptions, calendar }
}

/// The file's text; `None` when there is no such file, or when it cannot be read, which is then a problem.
fn read(file: &Path, problems: &mut Vec<BundleProblem>) -> Option<String> {
    match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            problems.push(problem(file, "有乱码", "请另存为 UTF-8 编码。"));
            None
        }
        Err(e) => {
            problems.push(problem(file, format!("读不出来（{e}）"), "请核对文件的权限。"));
            None
        }
    }
}

fn problem(file: &Path, what: impl fmt::Display, advice: &str) -> BundleProblem {
    BundleProblem { file: file.to_path_buf(), what: what.to_string(), advice: advice.to_owned() }
}
