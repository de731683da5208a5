//! The schema bundle of a platform: which documents there are, how they are written, and in which order they go. Data, not code.
//!
//! A bundle is a folder with `bundle.toml`, XSD 1.0 files and code lists. A folder without `bundle.toml` and with one XSD file that no
//! other includes is a bundle of that schema alone: documents are checked against it, but not taken, for it has no table of kinds.

mod files;
#[cfg(test)]
mod tests;
mod toml_file;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::NaiveDate;

use super::schema::{Labels, XsdFiles};
use crate::document::{Kind, Lane};

/// Something wrong with a bundle, for whoever keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleProblem {
    /// The file concerned.
    pub file: PathBuf,
    /// What is wrong, one sentence.
    pub what: String,
    /// What to do, one sentence.
    pub advice: String,
}

impl fmt::Display for BundleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}。{}", self.file.display(), self.what, self.advice)
    }
}

/// One kind of document that the bundle knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindEntry {
    /// Its code.
    pub kind: Kind,
    /// Its document element.
    pub root: String,
    /// Its Chinese name.
    pub name: String,
    /// The word between 应急 and 〔 of its numbers; empty for kinds without a number.
    pub word: String,
    /// Which stream it belongs to.
    pub lane: Lane,
    /// Its place in the legal order of a case.
    pub rank: u16,
}

/// One version of a platform's schema bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Where it was read from.
    pub folder: PathBuf,
    /// Its version.
    pub version: String,
    /// Documents dated on or after this day are checked under it, until a later bundle takes over.
    pub effective_from: NaiveDate,
    /// Values of `Header/SchemaVersion` that it checks.
    pub accepts: Vec<String>,
    /// The namespace of its documents; empty when it does not say.
    pub namespace: String,
    /// The kinds, in the order of the table; empty for a schema alone.
    pub kinds: Vec<KindEntry>,
    /// The code lists by name, as CSV text with a header line.
    pub lists: BTreeMap<String, Arc<str>>,
    /// The schema.
    pub schema: XsdFiles,
    /// The schema's words.
    pub labels: Arc<Labels>,
    by_root: HashMap<String, usize>,
}

impl Bundle {
    /// Reads a bundle, or the schema that begins with an XSD file.
    ///
    /// # Errors
    /// All problems found, in Chinese.
    pub fn load(path: &Path) -> Result<Self, Vec<BundleProblem>> {
        let mut problems = Vec::new();
        let bundle = read(path, &mut problems);
        match bundle {
            Some(bundle) if problems.is_empty() => Ok(bundle),
            _ => Err(problems),
        }
    }

    /// All versions of a bundle that lie in `path`: in itself, and in the folders directly below that have a `bundle.toml`. Newest first.
    ///
    /// # Errors
    /// All problems of all versions.
    pub fn load_all(path: &Path) -> Result<Vec<Self>, Vec<BundleProblem>> {
        let mut problems = Vec::new();
        let below = files::folders_with(path, toml_file::NAME);
        let itself = path.join(toml_file::NAME).is_file() || below.is_empty();
        let paths = itself.then(|| path.to_path_buf()).into_iter().chain(below);
        let mut bundles: Vec<Self> = paths.filter_map(|path| read(&path, &mut problems)).collect();
        bundles.sort_by_key(|bundle| std::cmp::Reverse(bundle.effective_from));
        for pair in bundles.windows(2) {
            if pair[0].effective_from == pair[1].effective_from {
                problems.push(problem(
                    &pair[1].folder.join(toml_file::NAME),
                    format!("与 {} 的生效日期相同（{}）", pair[0].folder.display(), pair[0].effective_from),
                    "请让每个版本有自己的生效日期。",
                ));
            }
        }
        if problems.is_empty() { Ok(bundles) } else { Err(problems) }
    }

    /// The kind that a document element stands for.
    pub fn kind_of_root(&self, root: &str) -> Option<&KindEntry> {
        self.kinds.get(*self.by_root.get(root)?)
    }

    /// The kind of a code.
    pub fn kind(&self, code: &str) -> Option<&KindEntry> {
        self.kinds.iter().find(|entry| entry.kind.code() == code)
    }

    /// Whether it can tell what a document is, and not only whether it fits.
    pub fn has_kinds(&self) -> bool {
        !self.kinds.is_empty()
    }
}

fn read(path: &Path, problems: &mut Vec<BundleProblem>) -> Option<Bundle> {
    let plan = toml_file::plan(path, problems)?;
    let schema = files::schema(&plan.entry, problems)?;
    let labels = Arc::new(Labels::of(&schema.files));
    prove(&plan, &schema, &labels, problems);
    let lists = files::lists(path, &plan.lists, problems);
    let by_root = plan.kinds.iter().enumerate().map(|(index, entry)| (entry.root.clone(), index)).collect();
    Some(Bundle {
        folder: path.to_path_buf(),
        version: plan.version,
        effective_from: plan.effective_from,
        accepts: plan.accepts,
        namespace: plan.namespace,
        kinds: plan.kinds,
        lists,
        schema,
        labels,
        by_root,
    })
}

fn prove(plan: &toml_file::Plan, schema: &XsdFiles, labels: &Labels, problems: &mut Vec<BundleProblem>) {
    if let Err(faults) = schema.prove() {
        problems.extend(
            faults
                .into_iter()
                .map(|fault| problem(&plan.entry, format!("表单定义（XSD）有错：{fault}"), "请向提供表单的单位索取正确的文件。")),
        );
    }
    for entry in &plan.kinds {
        if labels.namespace_of_root(&entry.root) != Some(plan.namespace.as_str()) {
            problems.push(problem(
                &plan.file,
                format!("文书“{}”的根元素 {} 在表单定义里找不到（命名空间 {}）", entry.name, entry.root, plan.namespace),
                "请核对 root 和 namespace。",
            ));
        }
    }
}

fn problem(file: &Path, what: impl Into<String>, advice: impl Into<String>) -> BundleProblem {
    BundleProblem { file: file.to_path_buf(), what: what.into(), advice: advice.into() }
}
