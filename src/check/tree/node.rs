//! Walking the tree.

use std::fmt;

use super::{NONE, Piece, Tree, XMLNS};
use crate::document::Place;

/// One element of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    index: u32,
}

/// One attribute of an element; namespace declarations are not among them.
#[derive(Clone, Copy)]
pub struct Attr<'t> {
    owner: Node<'t>,
    index: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.path())
    }
}

impl fmt::Debug for Attr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attr({})", self.path())
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }
}

impl<'t> Node<'t> {
    pub(super) const fn new(tree: &'t Tree, index: u32) -> Self {
        Self { tree, index }
    }

    fn data(&self) -> &'t super::NodeData {
        &self.tree.nodes[self.index as usize]
    }

    /// The tree it belongs to.
    pub const fn tree(&self) -> &'t Tree {
        self.tree
    }

    /// The local name, `Uscc`.
    pub fn name(&self) -> &'t str {
        self.tree.piece(self.data().name)
    }

    /// The namespace name; empty for none.
    pub fn namespace(&self) -> &'t str {
        &self.tree.namespaces[usize::from(self.data().namespace)]
    }

    /// Its own text, white space collapsed, references resolved; empty when there is none.
    pub fn text(&self) -> &'t str {
        self.tree.piece(self.data().text)
    }

    /// The parent; `None` for the root.
    pub fn parent(&self) -> Option<Node<'t>> {
        let parent = self.data().parent;
        (parent != NONE).then(|| Node::new(self.tree, parent))
    }

    /// The child elements in order.
    pub fn children(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        let first = self.data().first_child;
        std::iter::successors((first != NONE).then(|| Node::new(tree, first)), move |node| {
            let next = node.data().next_sibling;
            (next != NONE).then(|| Node::new(tree, next))
        })
    }

    /// The first child element of this name, of the same namespace as this element.
    pub fn child(&self, name: &str) -> Option<Node<'t>> {
        self.children_named(name).next()
    }

    /// The child elements of this name, of the same namespace as this element.
    pub fn children_named<'n>(&self, name: &'n str) -> impl Iterator<Item = Node<'t>> + use<'t, 'n> {
        let namespace = self.data().namespace;
        self.children().filter(move |child| child.data().namespace == namespace && child.name() == name)
    }

    /// The first element at `path` below this one, `Enterprise/Uscc`; the empty path is the element itself.
    pub fn find(&self, path: &str) -> Option<Node<'t>> {
        let mut node = *self;
        for step in path.split('/').filter(|step| !step.is_empty()) {
            node = node.child(step)?;
        }
        Some(node)
    }

    /// The value of the first element or attribute at `path` below this one: `Enterprise/Uscc`, `Attachment/@name`, `@no`.
    pub fn value(&self, path: &str) -> Option<&'t str> {
        match path.rsplit_once('@') {
            Some((elements, attribute)) => self.find(elements)?.attr(attribute),
            None => self.find(path).map(|node| node.text()),
        }
    }

    /// All elements at `path` below this one, in document order, whatever their parents.
    pub fn all(&self, path: &str) -> Vec<Node<'t>> {
        let mut found = vec![*self];
        for step in path.split('/').filter(|step| !step.is_empty()) {
            found = found.iter().flat_map(|node| node.children_named(step)).collect();
        }
        found
    }

    /// Every element below this one and itself, in document order.
    pub fn descendants(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        let end = self.data().end;
        // Nodes are numbered in document order, so a subtree is a run of numbers.
        (self.index..u32::try_from(tree.nodes.len()).unwrap_or(NONE))
            .map(move |index| Node::new(tree, index))
            .take_while(move |node| node.data().start < end)
    }

    /// The value of the attribute of this name without a namespace.
    pub fn attr(&self, name: &str) -> Option<&'t str> {
        self.attribute(name).map(|attr| attr.value())
    }

    /// The attribute of this name without a namespace.
    pub fn attribute(&self, name: &str) -> Option<Attr<'t>> {
        self.attributes().find(|attr| attr.name() == name && attr.namespace().is_empty())
    }

    /// The attributes in order, namespace declarations left out.
    pub fn attributes(&self) -> impl Iterator<Item = Attr<'t>> + use<'t> {
        let node = *self;
        self.all_attrs()
            .filter(move |index| node.tree.attrs[*index as usize].namespace != XMLNS)
            .map(move |index| Attr { owner: node, index })
    }

    /// The namespace declarations that stand on this element: prefix (empty for the default) and namespace name.
    pub fn declarations(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let tree = self.tree;
        self.all_attrs()
            .map(move |index| &tree.attrs[index as usize])
            .filter(|attr| attr.namespace == XMLNS)
            .map(move |attr| (tree.piece(attr.name), tree.piece(attr.value)))
    }

    /// The namespace name that `prefix` stands for here.
    pub fn resolve(&self, prefix: &str) -> Option<&'t str> {
        let mut here = Some(*self);
        while let Some(node) = here {
            if let Some((_, uri)) = node.declarations().find(|(declared, _)| *declared == prefix) {
                return Some(uri);
            }
            here = node.parent();
        }
        match prefix {
            "xml" => Some(super::build::XML_NAME),
            "" => Some(""),
            _ => None,
        }
    }

    fn all_attrs(&self) -> std::ops::Range<u32> {
        let data = self.data();
        data.first_attr..data.first_attr + data.attrs
    }

    /// Where its start tag begins.
    pub fn place(&self) -> Place {
        self.tree.place_at(self.offset())
    }

    /// Where its own text begins; `None` when there is none, or it is put together from several pieces.
    pub fn text_place(&self) -> Option<Place> {
        let text = self.data().text;
        (!text.cooked && text.start < text.end).then(|| self.tree.place_at(text.start as usize))
    }

    /// Where the byte `at` of its own text stands; `None` as for [`Self::text_place`].
    pub fn place_within(&self, at: usize) -> Option<Place> {
        let text = self.data().text;
        let offset = text.start as usize + at;
        (!text.cooked && offset < text.end as usize).then(|| self.tree.place_at(offset))
    }

    /// Where its start tag begins, in bytes of the text.
    pub fn offset(&self) -> usize {
        self.data().start as usize
    }

    /// Where its content begins, in bytes of the text; `None` for an element written as one empty tag.
    pub fn inside(&self) -> Option<usize> {
        let data = self.data();
        (data.inside < data.end).then_some(data.inside as usize)
    }

    /// Its bytes in the text: from the `<` of its start tag to the `>` of its end tag.
    pub fn span(&self) -> std::ops::Range<usize> {
        self.data().start as usize..self.data().end as usize
    }

    /// Where its text stands as written; `None` when markup or references are mixed in.
    pub fn text_span(&self) -> Option<std::ops::Range<usize>> {
        let data = self.data();
        let inside = data.inside as usize;
        let source = &*self.tree.text;
        let end = inside + source.get(inside..data.end as usize)?.rfind("</")?;
        let plain = !source.get(inside..end)?.contains(['<', '&']);
        plain.then_some(inside..end)
    }

    /// Its label on the printed form; the local name when the schema gives none.
    pub fn label(&self) -> String {
        self.tree.labels.of_node(self).map_or_else(|| self.name().to_owned(), str::to_owned)
    }

    /// Its path of local names from the root: `InspectionRecord/Enterprise/Uscc`.
    pub fn path(&self) -> String {
        let mut names = vec![self.name()];
        let mut here = self.parent();
        while let Some(node) = here {
            names.push(node.name());
            here = node.parent();
        }
        names.reverse();
        names.join("/")
    }

    /// Its number among the siblings of the same name, from 1, and how many there are.
    pub fn number(&self) -> (usize, usize) {
        let Some(parent) = self.parent() else {
            return (1, 1);
        };
        let same = |other: &Node<'_>| other.name() == self.name() && other.data().namespace == self.data().namespace;
        let before = parent.children().take_while(|other| other.index != self.index).filter(same).count();
        (before + 1, parent.children().filter(same).count())
    }
}

impl<'t> Attr<'t> {
    fn data(&self) -> &'t super::AttrData {
        &self.owner.tree.attrs[self.index as usize]
    }

    /// The local name.
    pub fn name(&self) -> &'t str {
        self.owner.tree.piece(self.data().name)
    }

    /// The namespace name; empty for none.
    pub fn namespace(&self) -> &'t str {
        &self.owner.tree.namespaces[usize::from(self.data().namespace)]
    }

    /// The value, references resolved.
    pub fn value(&self) -> &'t str {
        self.owner.tree.piece(self.data().value)
    }

    /// Where its value stands as written, between the quotes; `None` when references are mixed in.
    pub fn value_span(&self) -> Option<std::ops::Range<usize>> {
        let source = &*self.owner.tree.text;
        let at = self.data().at as usize;
        let open = at + source.get(at..)?.find(['"', '\''])?;
        let quote = char::from(*source.as_bytes().get(open)?);
        let start = open + 1;
        let end = start + source.get(start..)?.find(quote)?;
        let plain = !source.get(start..end)?.contains('&');
        plain.then_some(start..end)
    }

    /// The element that carries it.
    pub const fn owner(&self) -> Node<'t> {
        self.owner
    }

    /// Where it begins.
    pub fn place(&self) -> Place {
        self.owner.tree.place_at(self.data().at as usize)
    }

    /// Its label on the printed form; the name when the schema gives none.
    pub fn label(&self) -> String {
        self.owner.tree.labels.of_attribute(&self.owner, self.name()).map_or_else(|| self.name().to_owned(), str::to_owned)
    }

    /// Its path: `Findings/Finding/@no`.
    pub fn path(&self) -> String {
        format!("{}/@{}", self.owner.path(), self.name())
    }
}

impl Piece {
    pub(super) const fn source(start: usize, end: usize) -> Self {
        // Texts of 4 GiB are refused before the first piece is made.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        Self { start: start as u32, end: end as u32, cooked: false }
    }
}
