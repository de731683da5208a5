//! What the validator said yes to before, so that it need not be asked again for every draft of the same form.
//!
//! In a regular schema ([`is_regular`]) whether an element fits hangs on its type alone, piece by piece: on which attributes stand there, on
//! the order of its children, on its text. So a document is known to fit when each of its elements has a row of attributes and a row of
//! children that stood in a document the validator passed, under the same type, and each value fits its simple type by the validator's own
//! word. Rows are compared whole, never by a digest. What is not known is shown to the validator, and learned if it passes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use quick_xml::{Reader, events::Event};
use xsd_schema::{
    SchemaSet, TypeKey,
    validation::{ContentType, validate_simple_type},
};

use super::xsd_sure::{DEEPEST, characters, is_blank};
use crate::check::tree::Node;

/// No more rows are learned than these steps hold; at some twenty bytes each. The forms of a province have a few thousand.
const MOST_STEPS: usize = 20_000;
/// No more rows of attributes than this are learned of one type: they may stand in any order.
const MOST_ROWS: usize = 64;
/// So many of the values last met are remembered, each in the place that its digest gives it.
const VALUES: usize = 4096;
/// Longer values are not remembered, in bytes.
const LONGEST_VALUE: usize = 96;

/// Elements of a schema under which validity does not fall into pieces, or not by type.
const IRREGULAR_ELEMENTS: &[&str] = &[
    "alternative",
    "any",
    "anyAttribute",
    "assert",
    "assertion",
    "key",
    "keyref",
    "notation",
    "openContent",
    "override",
    "redefine",
    "unique",
];
/// Attributes of the same kind, whatever they say.
const IRREGULAR_ATTRIBUTES: &[&str] = &["abstract", "default", "fixed", "mixed", "nillable", "substitutionGroup"];
/// Types whose values hang on the rest of the document.
const IRREGULAR_TYPES: &[&str] = &["ENTITIES", "ENTITY", "ID", "IDREF", "IDREFS", "NOTATION", "QName", "anySimpleType", "anyType"];

/// Whether a schema document leaves the validity of an element to its type, attributes, row of children and text. `false` costs only time.
pub(super) fn is_regular(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    loop {
        let (Event::Start(tag) | Event::Empty(tag)) = (match reader.read_event() {
            Ok(Event::Eof) => return true,
            Ok(event) => event,
            Err(_) => return false,
        }) else {
            continue;
        };
        if IRREGULAR_ELEMENTS.contains(&tag.local_name().into_inner()) {
            return false;
        }
        for attribute in tag.attributes() {
            let Ok(attribute) = attribute else { return false };
            let named =
                |value: &str| value.split_whitespace().any(|name| IRREGULAR_TYPES.contains(&name.rsplit(':').next().unwrap_or(name)));
            let irregular = match attribute.key.into_inner() {
                "base" | "itemType" | "memberTypes" | "type" => named(&attribute.value),
                name => IRREGULAR_ATTRIBUTES.contains(&name),
            };
            if irregular {
                return false;
            }
        }
    }
}

/// What the validator said of one element as it passed.
pub(super) struct Met {
    pub(super) of: TypeKey,
    pub(super) content: ContentType,
    /// The types of its attributes, in their order.
    pub(super) attributes: Vec<TypeKey>,
}

/// A type as far as it was met.
struct Known {
    of: TypeKey,
    content: ContentType,
    /// Rows of attributes that passed: name and type of each.
    attributes: Vec<Vec<(u32, TypeKey)>>,
    /// Where rows of children begin.
    first: u32,
}

/// A place in rows of children.
#[derive(Default)]
struct Step {
    may_end: bool,
    next: Vec<Next>,
}

/// A child that may follow.
#[derive(Clone, Copy)]
struct Next {
    name: u32,
    known: u32,
    step: u32,
}

/// What was met under one schema.
#[derive(Default)]
pub(super) struct Seen {
    /// Namespaces and local names.
    names: Vec<(Box<str>, Box<str>)>,
    known: Vec<Known>,
    steps: Vec<Step>,
    roots: Vec<Next>,
    values: Vec<Option<(TypeKey, Box<str>)>>,
}

impl Seen {
    /// Whether the document at `root` certainly fits.
    pub(super) fn fits(&mut self, set: &SchemaSet, root: Node<'_>) -> bool {
        let Some(next) = self.find(&self.roots, root) else { return false };
        self.element(set, root, next.known, DEEPEST).is_some()
    }

    fn find(&self, among: &[Next], node: Node<'_>) -> Option<Next> {
        let is = |name: u32| {
            let (namespace, local) = &self.names[name as usize];
            **local == *node.name() && **namespace == *node.namespace()
        };
        among.iter().find(|next| is(next.name)).copied()
    }

    fn element(&mut self, set: &SchemaSet, node: Node<'_>, known: u32, deeper: usize) -> Option<()> {
        // A type may hold itself, and then what was learned has no bottom.
        let deeper = deeper.checked_sub(1)?;
        self.attributes(set, node, known)?;
        let Known { of, content, first, .. } = self.known[known as usize];
        let (source, end) = (&**node.tree().source(), node.span().end);
        let inside = node.inside();
        match content {
            ContentType::ElementOnly => {
                let mut step = first;
                let mut at = inside.unwrap_or(end);
                for child in node.children() {
                    is_blank(source.get(at..child.offset())?).then_some(())?;
                    let next = self.find(&self.steps[step as usize].next, child)?;
                    self.element(set, child, next.known, deeper)?;
                    (step, at) = (next.step, child.span().end);
                }
                let rest = inside.map_or(Some(""), |_| before_end_tag(source.get(at..end)?))?;
                (self.steps[step as usize].may_end && is_blank(rest)).then_some(())
            }
            ContentType::TextOnly | ContentType::Empty => {
                if node.children().next().is_some() {
                    return None;
                }
                let raw = inside.map_or(Some(""), |inside| before_end_tag(source.get(inside..end)?))?;
                if content == ContentType::Empty {
                    return raw.is_empty().then_some(());
                }
                self.value(set, of, &characters(raw)?)
            }
            ContentType::Mixed => None,
        }
    }

    fn attributes(&mut self, set: &SchemaSet, node: Node<'_>, known: u32) -> Option<()> {
        let names = |(name, _): &(u32, TypeKey)| &*self.names[*name as usize].1;
        let rows = &self.known[known as usize].attributes;
        let nth = rows.iter().position(|row| row.iter().map(names).eq(node.attributes().map(|attribute| attribute.name())))?;
        for (at, attribute) in node.attributes().enumerate() {
            let (_, of) = self.known[known as usize].attributes[nth][at];
            self.value(set, of, attribute.value())?;
        }
        Some(())
    }

    /// Whether a value fits a simple type, or a complex one's simple content.
    fn value(&mut self, set: &SchemaSet, of: TypeKey, value: &str) -> Option<()> {
        let mut hasher = DefaultHasher::new();
        (of, value).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % VALUES as u64).ok()?;
        self.values.resize_with(VALUES, || None);
        if self.values[place].as_ref().is_some_and(|(known, text)| *known == of && **text == *value) {
            return Some(());
        }
        validate_simple_type(value, of, set).ok()?;
        if value.len() <= LONGEST_VALUE {
            self.values[place] = Some((of, value.into()));
        }
        Some(())
    }

    /// Takes in a document that passed, with what was said of its elements in their order.
    pub(super) fn learn(&mut self, root: Node<'_>, met: Vec<Met>) {
        let mut met = met.into_iter();
        let Some(known) = self.learn_element(root, &mut met) else { return };
        if self.find(&self.roots, root).is_none() {
            let name = self.name(root.namespace(), root.name());
            self.roots.push(Next { name, known, step: 0 });
        }
    }

    fn learn_element(&mut self, node: Node<'_>, met: &mut impl Iterator<Item = Met>) -> Option<u32> {
        let Met { of, content, attributes } = met.next()?;
        let known = self.known(of, content)?;
        let mut row = Vec::with_capacity(attributes.len());
        for (attribute, of) in node.attributes().zip(attributes) {
            row.push((self.name("", attribute.name()), of));
        }
        let rows = &mut self.known[known as usize].attributes;
        if !rows.contains(&row) && rows.len() < MOST_ROWS {
            rows.push(row);
        }
        let mut step = self.known[known as usize].first;
        for child in node.children() {
            let of_child = self.learn_element(child, met)?;
            step = match self.find(&self.steps[step as usize].next, child) {
                Some(next) => next.step,
                None => {
                    let (name, to) = (self.name(child.namespace(), child.name()), self.step()?);
                    self.steps[step as usize].next.push(Next { name, known: of_child, step: to });
                    to
                }
            };
        }
        self.steps[step as usize].may_end = true;
        Some(known)
    }

    fn known(&mut self, of: TypeKey, content: ContentType) -> Option<u32> {
        if let Some(known) = self.known.iter().position(|known| known.of == of && known.content == content) {
            return u32::try_from(known).ok();
        }
        let first = self.step()?;
        self.known.push(Known { of, content, attributes: Vec::new(), first });
        u32::try_from(self.known.len() - 1).ok()
    }

    fn step(&mut self) -> Option<u32> {
        let here = u32::try_from(self.steps.len()).ok()?;
        (self.steps.len() < MOST_STEPS).then(|| self.steps.push(Step::default()))?;
        Some(here)
    }

    fn name(&mut self, namespace: &str, local: &str) -> u32 {
        let known = self.names.iter().position(|(n, l)| **n == *namespace && **l == *local).unwrap_or_else(|| {
            self.names.push((namespace.into(), local.into()));
            self.names.len() - 1
        });
        u32::try_from(known).unwrap_or(u32::MAX)
    }
}

/// What stands before the end tag that closes `rest`.
pub(super) fn before_end_tag(rest: &str) -> Option<&str> {
    let close = memchr::memrchr(b'<', rest.as_bytes()).filter(|close| rest[*close..].starts_with("</"))?;
    rest.get(..close)
}
