//! The files of a bundle.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use encoding_rs::GB18030;

use super::{BundleProblem, problem};
use crate::check::{
    schema::{XsdFiles, XsdSource},
    tree::Tree,
};

/// The most files that a schema may consist of.
const MOST_FILES: usize = 2000;

/// The text of a file: by its mark, else UTF-8, else GB18030, as offices save it.
pub(super) fn text(file: &Path, problems: &mut Vec<BundleProblem>) -> Option<String> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(e) => {
            let why = match e.kind() {
                std::io::ErrorKind::NotFound => "文件不存在".to_owned(),
                std::io::ErrorKind::PermissionDenied => "没有读取的权限".to_owned(),
                _ => format!("读不出来（{e}）"),
            };
            problems.push(problem(file, why, "请核对文件名和权限。"));
            return None;
        }
    };
    let text = decode(&bytes);
    if text.is_none() {
        problems.push(problem(file, "有乱码", "请另存为 UTF-8 编码。"));
    }
    text
}

fn decode(bytes: &[u8]) -> Option<String> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return std::str::from_utf8(rest).ok().map(str::to_owned);
    }
    for (mark, encoding) in [(b"\xFF\xFE", encoding_rs::UTF_16LE), (b"\xFE\xFF", encoding_rs::UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return encoding.decode_without_bom_handling_and_without_replacement(rest).map(std::borrow::Cow::into_owned);
        }
    }
    std::str::from_utf8(bytes)
        .ok()
        .map(str::to_owned)
        .or_else(|| GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned))
}

/// The folders directly below `path` that hold a file of this name, by name.
pub(super) fn folders_with(path: &Path, name: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join(name).is_file())
        .collect();
    found.sort();
    found
}

/// The one XSD file in a folder that no other of them includes or imports.
pub(super) fn only_root(folder: &Path, problems: &mut Vec<BundleProblem>) -> Option<PathBuf> {
    let mut files: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xsd")))
            .collect(),
        Err(e) => {
            let why = match e.kind() {
                std::io::ErrorKind::NotFound => "没有这个目录".to_owned(),
                std::io::ErrorKind::NotADirectory => "不是目录".to_owned(),
                std::io::ErrorKind::PermissionDenied => "没有读取的权限".to_owned(),
                _ => format!("目录读不出来（{e}）"),
            };
            problems.push(problem(folder, why, "请核对目录（--profile，或配置中的 platform.profile）。"));
            return None;
        }
    };
    files.sort();
    let mut included = HashSet::new();
    for file in &files {
        let Some(text) = text(file, problems) else { continue };
        let Ok(tree) = Tree::parse(Arc::from(text), Arc::default()) else { continue };
        included.extend(locations(&tree).into_iter().map(|(location, _)| resolve(file, &location)));
    }
    let mut roots = files.iter().filter(|file| !included.contains(&tidy(file)));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Some(root.clone()),
        (None, _) => {
            problems.push(problem(folder, "目录里没有表单定义（XSD）", "请核对 --profile 后面的目录。"));
            None
        }
        (Some(_), Some(_)) => {
            problems.push(problem(
                folder,
                "目录里有几个并列的 XSD 文件，不知道从哪一个开始",
                "请在 bundle.toml 里用 entry 指明，或者在 --profile 后面直接写那个 XSD 文件。",
            ));
            None
        }
    }
}

/// The schema that begins with `entry`: it and all that it includes, imports and redefines.
pub(super) fn schema(entry: &Path, problems: &mut Vec<BundleProblem>) -> Option<XsdFiles> {
    let entry = tidy(entry);
    let before = problems.len();
    let mut read: Vec<(PathBuf, Arc<str>, Option<String>)> = Vec::new();
    let mut seen: HashSet<PathBuf> = HashSet::from([entry.clone()]);
    let mut waiting: Vec<(PathBuf, Option<String>)> = vec![(entry.clone(), None)];
    while let Some((file, lent)) = waiting.pop() {
        let Some(text) = text(&file, problems) else { continue };
        let text: Arc<str> = Arc::from(text);
        match Tree::parse(Arc::clone(&text), Arc::default()) {
            Ok(tree) => {
                let own = tree.root().attr("targetNamespace").map(str::to_owned).or(lent.clone());
                for (location, is_import) in locations(&tree) {
                    let next = resolve(&file, &location);
                    if seen.len() < MOST_FILES && seen.insert(next.clone()) {
                        waiting.push((next, own.clone().filter(|_| !is_import)));
                    }
                }
            }
            Err(e) => {
                let line = crate::check::tree::place(&text, e.at).line;
                problems.push(problem(&file, format!("第 {line} 行：不是完整的 XML（{}）", e.what), "请向提供表单的单位索取正确的文件。"));
            }
        }
        read.push((file, text, lent));
    }
    if problems.len() > before {
        return None;
    }
    let home = common_folder(read.iter().map(|(file, ..)| file.as_path()));
    let within = |file: &Path| {
        let below = file.strip_prefix(&home).unwrap_or(file);
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
    };
    Some(XsdFiles {
        entry: within(&entry),
        files: Arc::new(
            read.iter()
                .map(|(file, text, lent)| XsdSource { path: within(file), text: Arc::clone(text), lent_namespace: lent.clone() })
                .collect(),
        ),
    })
}

/// The local files that a schema file names, and whether it imports them. Addresses with a scheme are left to the compiler's catalogue.
fn locations(tree: &Tree) -> Vec<(String, bool)> {
    tree.root()
        .children()
        .filter(|child| matches!(child.name(), "include" | "import" | "redefine"))
        .filter_map(|child| {
            let location = child.attr("schemaLocation")?;
            let local = !location.contains("://") && !location.starts_with("urn:") && !location.is_empty();
            local.then(|| (location.to_owned(), child.name() == "import"))
        })
        .collect()
}

fn resolve(from: &Path, location: &str) -> PathBuf {
    let folder = from.parent().unwrap_or(Path::new(""));
    let location = location.split('#').next().unwrap_or(location);
    tidy(&folder.join(location))
}

/// The path without `.` and `..`, absolute where that can be known.
fn tidy(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                tidy.pop();
            }
            Component::CurDir => {}
            other => tidy.push(other),
        }
    }
    tidy
}

fn common_folder<'p>(mut files: impl Iterator<Item = &'p Path>) -> PathBuf {
    let Some(first) = files.next() else {
        return PathBuf::new();
    };
    let mut home = first.parent().unwrap_or(first).to_path_buf();
    for file in files {
        while !file.starts_with(&home) && home.pop() {}
    }
    home
}

/// The code lists: CSV with a header line whose first two columns are `code` and `name`.
pub(super) fn lists(folder: &Path, lists: &[(String, String)], problems: &mut Vec<BundleProblem>) -> BTreeMap<String, Arc<str>> {
    let mut read = BTreeMap::new();
    for (name, file) in lists {
        let file = folder.join(file);
        let Some(text) = text(&file, problems) else { continue };
        let text = text.trim_start_matches('\u{feff}').to_owned();
        prove_list(&file, &text, problems);
        read.insert(name.clone(), Arc::from(text));
    }
    read
}

fn prove_list(file: &Path, text: &str, problems: &mut Vec<BundleProblem>) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map(|row| row.iter().map(str::to_owned).collect()).unwrap_or_default();
    if header.first().map(String::as_str) != Some("code") || header.get(1).map(String::as_str) != Some("name") {
        problems.push(problem(file, "第一行应为表头，前两列是 code,name", "请补上表头。"));
        return;
    }
    let mut codes = HashSet::new();
    for (index, row) in reader.records().enumerate() {
        let line = index + 2;
        let Ok(row) = row else {
            problems.push(problem(file, format!("第 {line} 行不是 CSV"), "请核对引号和逗号。"));
            return;
        };
        let code = row.get(0).unwrap_or_default();
        if code.is_empty() || row.get(1).unwrap_or_default().is_empty() {
            problems.push(problem(file, format!("第 {line} 行的代码或名称为空"), "请补上或删去这一行。"));
        } else if !codes.insert(code.to_owned()) {
            problems.push(problem(file, format!("第 {line} 行的代码重复：{code}"), "请删去重复的一行。"));
        }
    }
    if codes.is_empty() {
        problems.push(problem(file, "代码表是空的", "请填上代码。"));
    }
}
