//! Elements that are missing, strange, too many or out of order.

use super::{Words, finding, order, second::Edit};
use crate::{
    check::{schema::Field, tree::Node},
    document::{Finding, Place},
};

/// A finding, where it belongs in the text, and what would mend the text so that the validator can go on.
pub(super) struct Told {
    pub(super) at: usize,
    pub(super) finding: Finding,
    pub(super) edits: Vec<Edit>,
    /// For a missing element, its place among those that the form asks for.
    pub(super) rank: Option<usize>,
}

impl Told {
    pub(super) const fn new(at: usize, finding: Finding) -> Self {
        Self { at, finding, edits: Vec::new(), rank: None }
    }
}

/// Everything to mend among the children of `parent`, which the validator says does not fit its content model; `child` is where it noticed.
///
/// The validator stops at the first child that it has no room for; the form itself tells what else is missing, so that the author hears all
/// of it at once. What is missing, strange or too many explains the rest, unless the children still did not fit with that mended (`still`).
pub(super) fn findings(parent: &Node<'_>, child: Option<Node<'_>>, still: bool) -> Vec<Told> {
    let Some(field) = parent.tree().labels().field(parent) else {
        return vec![unexplained(parent, child)];
    };
    let wanted = field.children();
    let mut told = strangers(parent, field, &wanted);
    told.extend(missing(parent, &wanted));
    told.extend(too_many(parent, &wanted));
    if told.is_empty() || still {
        let misplaced = order::out_of_order(parent, &wanted, &mut told);
        if misplaced.is_empty() {
            told.extend(alternatives(parent, child, &wanted));
        }
        told.extend(misplaced);
    }
    if told.is_empty() {
        told.push(unexplained(parent, child));
    }
    told
}

pub(super) fn is(node: &Node<'_>, field: &Field<'_>) -> bool {
    field.takes(node.namespace(), node.name())
}

fn strangers(parent: &Node<'_>, field: Field<'_>, wanted: &[Field<'_>]) -> Vec<Told> {
    let open = field.open();
    parent
        .children()
        .filter(|child| !(wanted.iter().any(|field| is(child, field)) || open && child.namespace() != parent.namespace()))
        .map(|child| {
            let name = child.name();
            let twin = wanted.iter().find(|field| field.name() == name);
            let near = wanted.iter().find(|field| field.name().eq_ignore_ascii_case(name) || field.label() == Some(name));
            let (message, advice) = match (twin, near) {
                (Some(field), _) => (
                    format!("“{}”（{name}）的命名空间不对", field.label_or_name()),
                    match field.namespace() {
                        "" => "请去掉它的命名空间。".to_owned(),
                        namespace => format!("命名空间应为 {namespace}。"),
                    },
                ),
                (None, Some(field)) => {
                    (format!("没有“{name}”这一项"), format!("请把名称改为 {}（{}）。", field.name(), field.label_or_name()))
                }
                (None, None) => (
                    format!("“{}”里没有“{name}”这一项", parent.label()),
                    "请删去这一项；如果它是新版表单的内容，请核对表单版本。".to_owned(),
                ),
            };
            let words = Words { message, wanted: String::new(), advice };
            let finding = finding("unexpected", child.place(), child.path(), child.label(), child.text(), words);
            Told { at: child.offset(), finding, edits: vec![Edit::Remove(child.span())], rank: None }
        })
        .collect()
}

fn missing(parent: &Node<'_>, wanted: &[Field<'_>]) -> Vec<Told> {
    let mut told = Vec::new();
    for (index, field) in wanted.iter().enumerate() {
        let there = parent.children().any(|child| is(&child, field));
        if !field.required() || there {
            continue;
        }
        let before = wanted[..index].iter().rev().find(|other| parent.children().any(|child| is(&child, other)));
        let advice = match before {
            Some(other) => format!("请在“{}”之后补上“{}”（{}）。", other.label_or_name(), field.label_or_name(), field.name()),
            None => format!("请在“{}”的开头补上“{}”（{}）。", parent.label(), field.label_or_name(), field.name()),
        };
        let words = Words { message: format!("缺少“{}”", field.label_or_name()), wanted: "必填".to_owned(), advice };
        let path = format!("{}/{}", parent.path(), field.name());
        let label = field.label_or_name().to_owned();
        let place = before_place(parent, before.copied());
        let edits = insertion(parent, before.copied(), field).into_iter().collect();
        told.push(Told { at: place.1, finding: finding("missing", place.0, path, label, "", words), edits, rank: Some(index) });
    }
    told
}

/// Where something is missing: at the last element that stands before it, else at the parent.
fn before_place(parent: &Node<'_>, before: Option<Field<'_>>) -> (Place, usize) {
    let last = before.and_then(|field| parent.children().filter(|child| is(child, &field)).last());
    let node = last.unwrap_or(*parent);
    (node.place(), node.offset())
}

/// An empty element in the place of a missing one; what the validator says of it is not told.
fn insertion(parent: &Node<'_>, before: Option<Field<'_>>, field: &Field<'_>) -> Option<Edit> {
    let last = before.and_then(|field| parent.children().filter(|child| is(child, &field)).last());
    // A name of the parent's namespace is written the way the parent's own is.
    if field.namespace() != parent.namespace() {
        return None;
    }
    let tag = parent.tree().source().get(parent.offset() + 1..)?;
    let written = tag.split(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).next()?;
    let prefix = written.strip_suffix(parent.name())?;
    let at = match last {
        Some(node) => node.span().end,
        None => parent.inside()?,
    };
    Some(Edit::Insert { at, text: format!("<{prefix}{}/>", field.name()) })
}

fn too_many(parent: &Node<'_>, wanted: &[Field<'_>]) -> Vec<Told> {
    let mut told = Vec::new();
    for (index, field) in wanted.iter().enumerate() {
        // The same name may be declared at several places of a model; then each may come its own number of times.
        if wanted[..index].iter().any(|other| same_name(other, field)) {
            continue;
        }
        let most = wanted.iter().filter(|other| same_name(other, field)).fold(0_u32, |sum, other| sum.saturating_add(other.most()));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let there = parent.children().filter(|child| is(child, field)).count();
        let Some(extra) = parent.children().filter(|child| is(child, field)).nth(most) else {
            continue;
        };
        let words = Words {
            message: format!("“{}”有 {there} 处，最多 {most} 处", field.label_or_name()),
            wanted: format!("不超过 {most} 处"),
            advice: format!("请删去多余的 {} 处。", there - most),
        };
        let edits = parent.children().filter(|child| is(child, field)).skip(most).map(|child| Edit::Remove(child.span())).collect();
        let finding = finding("repeated", extra.place(), extra.path(), extra.label(), extra.text(), words);
        told.push(Told { at: extra.offset(), finding, edits, rank: None });
    }
    told
}

fn same_name(a: &Field<'_>, b: &Field<'_>) -> bool {
    a.name() == b.name() && a.namespace() == b.namespace()
}

/// One of several fields must stand there and none does, or more than one does.
fn alternatives(parent: &Node<'_>, child: Option<Node<'_>>, wanted: &[Field<'_>]) -> Option<Told> {
    let choices: Vec<&Field<'_>> = wanted.iter().filter(|field| field.alternative()).collect();
    if choices.is_empty() {
        return None;
    }
    let names = choices.iter().map(|field| format!("“{}”", field.label_or_name())).collect::<Vec<_>>().join("、");
    let there: Vec<Node<'_>> = parent.children().filter(|node| choices.iter().any(|field| is(node, field))).collect();
    let (node, message) = match (there.as_slice(), child) {
        ([], _) => (*parent, format!("{names}都没有填")),
        ([_, second, ..], _) => (*second, format!("{names}只能填其中一项")),
        ([_], Some(child)) if choices.iter().any(|field| is(&child, field)) => (child, format!("此处不应有“{}”", child.label())),
        ([_], _) => return None,
    };
    let words = Words {
        message, wanted: format!("填{names}中的一项"), advice: "请按实际情况只保留一项，并填写完整。".to_owned()
    };
    Some(Told::new(node.offset(), finding("choice", node.place(), node.path(), node.label(), node.text(), words)))
}

fn unexplained(parent: &Node<'_>, child: Option<Node<'_>>) -> Told {
    match child {
        Some(child) => {
            let words = Words {
                message: format!("“{}”里此处不应有“{}”", parent.label(), child.label()),
                wanted: String::new(),
                advice: "请对照表单核对这一部分的内容和次序。".to_owned(),
            };
            Told::new(child.offset(), finding("unexpected", child.place(), child.path(), child.label(), child.text(), words))
        }
        None => {
            let words = Words {
                message: format!("“{}”没有填完整", parent.label()),
                wanted: String::new(),
                advice: "请对照表单补全这一部分。".to_owned(),
            };
            Told::new(parent.offset(), finding("incomplete", parent.place(), parent.path(), parent.label(), parent.text(), words))
        }
    }
}
