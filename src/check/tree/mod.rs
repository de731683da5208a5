//! A document as a light tree over its own text, for rules and messages.
//!
//! The tree keeps byte offsets instead of copies; lines and columns are counted only when a finding needs them. Values are what a
//! form holds: white space collapsed as `xs:token` does, character references resolved.

mod build;
mod node;
mod plain;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use node::{Attr, Node};

use super::schema::Labels;
use crate::document::Place;

/// A piece of the source, or of the side buffer for values that do not stand in the source as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    start: u32,
    end: u32,
    cooked: bool,
}

#[derive(Debug)]
struct NodeData {
    /// The local name, in the source.
    name: Piece,
    namespace: u16,
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    /// Where the `<` of its start tag stands.
    start: u32,
    /// Just past the `>` of its start tag.
    inside: u32,
    /// Just past the `>` of its end tag.
    end: u32,
    first_attr: u32,
    attrs: u32,
    text: Piece,
}

#[derive(Debug)]
struct AttrData {
    name: Piece,
    namespace: u16,
    at: u32,
    value: Piece,
}

/// No node; the root has index 0, and nobody's child or sibling.
const NONE: u32 = u32::MAX;
/// The namespace names that every tree begins with.
const NO_NAMESPACE: u16 = 0;
const XML: u16 = 1;
const XMLNS: u16 = 2;

/// Text that is not a well-formed document, or one too large for a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed document, at byte {at}: {what}")]
pub struct Malformed {
    /// Where, in bytes of the text.
    pub at: usize,
    /// What the parser says; for developers.
    pub what: String,
}

impl Malformed {
    /// What is said of a document with more than [`MOST_NODES`] elements, or more attributes or namespaces than one can have.
    pub const TOO_MANY: &'static str = "too many elements, attributes or namespaces";
}

/// The most elements of a tree; an honest document has some hundreds.
pub const MOST_NODES: usize = 200_000;

/// The most attributes of an element, as for the validator.
const MOST_ATTRIBUTES: usize = 256;

/// The most namespaces, and the most of their declarations in force at one place. Both are gone through one by one, so that tens of
/// thousands of them would keep a processor for a minute.
const MOST_NAMESPACES: usize = 256;

/// A well-formed document.
#[derive(Debug)]
pub struct Tree {
    text: Arc<str>,
    labels: Arc<Labels>,
    nodes: Vec<NodeData>,
    attrs: Vec<AttrData>,
    namespaces: Vec<String>,
    cooked: String,
    plain: bool,
}

impl Tree {
    /// The tree of `text`; `labels` says what its fields are called on the form.
    ///
    /// Names, references and nesting are checked; what else well-formedness asks for is the schema check's to say.
    ///
    /// # Errors
    /// [`Malformed`] when the text has no single root, tags do not match, a prefix is not declared, or it is 4 GiB or more.
    pub fn parse(text: Arc<str>, labels: Arc<Labels>) -> Result<Self, Malformed> {
        build::build(text, labels)
    }

    /// The document element.
    pub fn root(&self) -> Node<'_> {
        Node::new(self, 0)
    }

    /// The decoded text that the tree stands on.
    pub fn source(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether it is well-formed beyond doubt: `false` only means that a strict parser has to say so.
    pub const fn is_plain(&self) -> bool {
        self.plain
    }

    /// How many elements it has.
    #[expect(clippy::len_without_is_empty, reason = "a document has a root element")]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The names of the fields.
    pub fn labels(&self) -> &Arc<Labels> {
        &self.labels
    }

    /// The first element or attribute under the root at `path`: see [`Node::find`].
    pub fn find(&self, path: &str) -> Option<Node<'_>> {
        self.root().find(path)
    }

    /// The value at `path` under the root, `Enterprise/Uscc` or `Enterprise/@id`; `None` when nothing stands there.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.root().value(path)
    }

    /// All elements at `path` under the root, in document order: `Findings/Finding` gives every finding.
    pub fn all(&self, path: &str) -> Vec<Node<'_>> {
        self.root().all(path)
    }

    /// The element whose start tag begins at this byte of the text.
    pub fn node_at(&self, offset: usize) -> Option<Node<'_>> {
        let index = self.nodes.binary_search_by_key(&offset, |node| node.start as usize).ok()?;
        Some(Node::new(self, u32::try_from(index).ok()?))
    }

    /// Line and column of a byte offset into the text, both from 1, the column in characters.
    pub fn place_at(&self, offset: usize) -> Place {
        place(&self.text, offset)
    }

    fn piece(&self, piece: Piece) -> &str {
        let from = if piece.cooked { &self.cooked } else { &*self.text };
        from.get(piece.start as usize..piece.end as usize).unwrap_or_default()
    }
}

/// Line and column of a byte offset into `text`, both from 1, the column in characters.
pub fn place(text: &str, offset: usize) -> Place {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[begin..].chars().count() + 1;
    Place { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
}
