//! What the head of every document must say that a schema cannot hold against it: its own kind, and the version of its form.

use super::{
    bundle::Bundle,
    mask,
    tree::{Node, Tree},
};
use crate::document::{Finding, Severity};

/// The findings on the head; none for a bundle without kinds.
pub(super) fn findings(tree: &Tree, bundle: &Bundle) -> Vec<Finding> {
    let mut found = Vec::new();
    if !bundle.has_kinds() {
        return found;
    }
    let root = tree.root();
    let Some(entry) = bundle.kind_of_root(root.name()) else {
        found.push(error("HEAD-KIND", &root, format!("“{}”不是可以录入的文书", root.label()), String::new(), "请核对是不是放错了文件。"));
        return found;
    };
    if let Some(kind) = tree.find("Header/Kind")
        && kind.text() != entry.kind.code()
        && !kind.text().is_empty()
    {
        let named = bundle.kind(kind.text()).map_or(kind.text(), |other| &other.name);
        found.push(error(
            "HEAD-KIND",
            &kind,
            format!("文书种类写的是“{named}”，内容却是“{}”", entry.name),
            format!("{}（{}）", entry.kind, entry.name),
            "请核对是不是用错了模板；种类要与文书内容一致。",
        ));
    }
    if let Some(version) = tree.find("Header/SchemaVersion")
        && !bundle.accepts.iter().any(|accepted| accepted == version.text())
        && !version.text().is_empty()
    {
        found.push(error(
            "HEAD-VERSION",
            &version,
            format!("表单版本 {} 不适用于这个日期的文书", mask::shown(version.text(), "")),
            bundle.accepts.join("、"),
            "请更新制作软件里的表单模板后重新导出。",
        ));
    }
    found
}

fn error(rule: &str, node: &Node<'_>, message: String, wanted: String, advice: &str) -> Finding {
    let path = node.path();
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Error,
        place: node.place(),
        value: mask::shown(node.text(), &path),
        path,
        label: node.label(),
        message,
        wanted,
        advice: advice.to_owned(),
        law: String::new(),
    }
}
