//! What the schema calls its fields, read by a light pass of our own over its files.
//!
//! The validator decides; this only finds words for it: the `xs:documentation` of an element, of the type behind it, the values of a list
//! with their labels, the remark for whoever fills it in. What the pass does not understand costs a label, never a verdict.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use read::XsdSource;

use super::super::tree::Node;

/// An expanded name: namespace and local name.
type Name = (String, String);

/// Guards against definitions that go in circles.
const DEEPEST: usize = 32;

/// One allowed value of a list, with its label where the schema gives one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value as it stands in the document, `facility`.
    pub value: String,
    /// What it is called, `设施设备类`; empty when the schema does not say.
    pub label: String,
}

/// What a type says of itself, as far as messages need it.
#[derive(Debug, Default, Clone)]
struct TypeWords {
    label: Option<String>,
    remark: Option<String>,
    base: Option<Name>,
    extends: bool,
    children: Vec<Particle>,
    /// Groups whose attributes stand here as well.
    groups: Vec<Name>,
    attributes: Vec<ElementWords>,
    /// It lets elements of other namespaces stand in it.
    open: bool,
    choices: Vec<Choice>,
    pattern: Option<String>,
}

/// What may stand in an element, in the schema's order.
#[derive(Debug, Clone)]
enum Particle {
    Element(ElementWords),
    /// The elements of a group; whether they must stand there.
    Group(Name, bool),
}

/// What a declaration says: of an element, or of an attribute.
#[derive(Debug, Default, Clone)]
struct ElementWords {
    name: Name,
    label: Option<String>,
    remark: Option<String>,
    type_name: Option<Name>,
    inline: Option<Box<TypeWords>>,
    /// A reference to a global declaration of this name.
    reference: bool,
    /// At least one must stand there.
    required: bool,
    /// The head of the group of which it may take the place.
    substitutes: Option<Name>,
    /// One of several of which only one may stand there.
    alternative: bool,
    /// At most so many may stand there.
    most: u32,
}

/// The words of a schema.
#[derive(Debug, Default)]
pub struct Labels {
    elements: HashMap<Name, ElementWords>,
    attributes: HashMap<Name, ElementWords>,
    types: HashMap<Name, TypeWords>,
    groups: HashMap<Name, TypeWords>,
}

/// What is known of the field that an element or attribute stands for.
#[derive(Debug, Clone, Copy)]
pub(in crate::check) struct Field<'l> {
    labels: &'l Labels,
    words: &'l ElementWords,
    /// False where an optional group stands round it.
    wanted: bool,
    /// The type that the document gives it with `xsi:type`.
    given: Option<&'l TypeWords>,
}

impl Labels {
    /// The words of the schema that these files make up together.
    pub fn of(sources: &[XsdSource]) -> Self {
        read::read(sources)
    }

    /// The label of an element; `None` when the schema does not know it or gives none.
    pub fn of_node(&self, node: &Node<'_>) -> Option<&str> {
        self.field(node)?.label()
    }

    /// The label of an attribute of an element.
    pub fn of_attribute(&self, owner: &Node<'_>, name: &str) -> Option<&str> {
        self.field(owner)?.attribute(name)?.label()
    }

    /// The global elements that a document may have as its root: local name and label.
    pub fn roots(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.elements.values().map(|words| (words.name.1.as_str(), words.label.as_deref()))
    }

    /// The namespace in which a global element of this name is declared.
    pub(in crate::check) fn namespace_of_root(&self, name: &str) -> Option<&str> {
        self.elements.keys().find(|(_, local)| local == name).map(|(namespace, _)| namespace.as_str())
    }

    /// The field that an element stands for, found by walking down from the root.
    pub(in crate::check) fn field(&self, node: &Node<'_>) -> Option<Field<'_>> {
        let mut line = vec![*node];
        while let Some(parent) = line[line.len() - 1].parent() {
            line.push(parent);
        }
        let root = line.pop()?;
        let mut field = self.global(root.namespace(), root.name())?.with_type_given_by(&root);
        for node in line.iter().rev() {
            field = field.child(node.namespace(), node.name()).or_else(|| self.global(node.namespace(), node.name()))?;
            field = field.with_type_given_by(node);
        }
        Some(field)
    }

    fn global(&self, namespace: &str, name: &str) -> Option<Field<'_>> {
        let words = self.elements.get(&(namespace.to_owned(), name.to_owned()))?;
        Some(Field { labels: self, words, wanted: true, given: None })
    }
}

impl<'l> Field<'l> {
    /// The field with the type that `xsi:type` on the element names, where it names a known one.
    fn with_type_given_by(self, node: &Node<'_>) -> Self {
        let named = node.attributes().find(|attr| attr.name() == "type" && attr.namespace() == read::XSI);
        let given = named.and_then(|attr| {
            let (prefix, local) = attr.value().split_once(':').unwrap_or(("", attr.value()));
            let name = (node.resolve(prefix)?.to_owned(), local.to_owned());
            self.labels.types.get(&name)
        });
        Self { given: given.or(self.given), ..self }
    }

    /// The local name.
    pub(in crate::check) fn name(self) -> &'l str {
        &self.words.name.1
    }

    /// The label on the form: of the declaration, else of the type.
    pub(in crate::check) fn label(self) -> Option<&'l str> {
        let declared = self.declaration();
        declared.label.as_deref().or_else(|| self.types().find_map(|words| words.label.as_deref()))
    }

    /// The label, or the local name.
    pub(in crate::check) fn label_or_name(self) -> &'l str {
        self.label().unwrap_or(self.name())
    }

    /// The remark for whoever fills it in: of the declaration, else of the type.
    pub(in crate::check) fn remark(self) -> Option<&'l str> {
        let declared = self.declaration();
        declared.remark.as_deref().or_else(|| self.types().find_map(|words| words.remark.as_deref()))
    }

    /// The allowed values, when it is a list.
    pub(in crate::check) fn choices(self) -> &'l [Choice] {
        self.types().map(|words| words.choices.as_slice()).find(|choices| !choices.is_empty()).unwrap_or_default()
    }

    /// The name of the built-in type at the bottom, `date`, `decimal`, `token`.
    pub(in crate::check) fn built_in(self) -> Option<&'l str> {
        let declared = self.declaration();
        let last = self.types().last();
        let name = match last {
            Some(words) => words.base.as_ref()?,
            None => declared.type_name.as_ref()?,
        };
        (name.0 == read::XSD).then_some(name.1.as_str())
    }

    /// Whether the document must hold at least one.
    pub(in crate::check) const fn required(self) -> bool {
        self.words.required && self.wanted
    }

    /// Whether it is one of several of which only one may stand there.
    pub(in crate::check) const fn alternative(self) -> bool {
        self.words.alternative
    }

    /// At most so many may stand there.
    pub(in crate::check) const fn most(self) -> u32 {
        self.words.most
    }

    /// The pattern of its values, when it has one.
    pub(in crate::check) fn pattern(self) -> Option<&'l str> {
        self.types().find_map(|words| words.pattern.as_deref())
    }

    /// What the schema says of that pattern in words: the remark of the type that has it.
    pub(in crate::check) fn pattern_remark(self) -> Option<&'l str> {
        self.types().find(|words| words.pattern.is_some())?.remark.as_deref()
    }

    /// The namespace name; empty for none.
    pub(in crate::check) fn namespace(self) -> &'l str {
        &self.words.name.0
    }

    /// The child of this name.
    pub(in crate::check) fn child(self, namespace: &str, name: &str) -> Option<Field<'l>> {
        self.children().into_iter().find(|child| child.words.name.0 == namespace && child.name() == name)
    }

    /// The attribute of this name.
    pub(in crate::check) fn attribute(self, name: &str) -> Option<Field<'l>> {
        let labels = self.labels;
        self.types()
            .flat_map(|words| labels.with_groups(words))
            .flat_map(|words| &words.attributes)
            .find(|words| words.name.1 == name)
            .map(|words| Field { labels, words, wanted: true, given: None })
    }

    /// Whether elements that no form knows may stand in it.
    pub(in crate::check) fn open(self) -> bool {
        let labels = self.labels;
        self.types().flat_map(|words| labels.with_groups(words)).any(|words| words.open)
    }

    /// Whether an element of this name may stand for it: it has the name, or is of its substitution group.
    pub(in crate::check) fn takes(self, namespace: &str, name: &str) -> bool {
        let mut here = (namespace.to_owned(), name.to_owned());
        for _ in 0..DEEPEST {
            if here == self.words.name {
                return true;
            }
            let Some(head) = self.labels.elements.get(&here).and_then(|words| words.substitutes.clone()) else {
                return false;
            };
            here = head;
        }
        false
    }

    /// The children in the schema's order, those of the base type first.
    pub(in crate::check) fn children(self) -> Vec<Field<'l>> {
        let labels = self.labels;
        let mut line: Vec<&TypeWords> = Vec::new();
        for words in self.types() {
            line.push(words);
            if !words.extends {
                break;
            }
        }
        let mut children = Vec::new();
        for words in line.iter().rev() {
            labels.gather(&words.children, true, DEEPEST, &mut children);
        }
        children
    }

    fn declaration(self) -> &'l ElementWords {
        if self.words.reference {
            let labels = self.labels;
            let global = labels.elements.get(&self.words.name).or_else(|| labels.attributes.get(&self.words.name));
            global.unwrap_or(self.words)
        } else {
            self.words
        }
    }

    /// The type and those that it is derived from.
    fn types(self) -> impl Iterator<Item = &'l TypeWords> {
        let labels = self.labels;
        let declared = self.declaration();
        let first = self.given.or(declared.inline.as_deref()).or_else(|| labels.types.get(declared.type_name.as_ref()?));
        std::iter::successors(first, move |words| labels.types.get(words.base.as_ref()?)).take(DEEPEST)
    }
}

impl Labels {
    /// The elements of some particles in order, those of groups in their place.
    fn gather<'l>(&'l self, particles: &'l [Particle], wanted: bool, depth: usize, children: &mut Vec<Field<'l>>) {
        for particle in particles {
            match particle {
                Particle::Element(words) => children.push(Field { labels: self, words, wanted, given: None }),
                Particle::Group(name, required) if depth > 0 => {
                    if let Some(group) = self.groups.get(name) {
                        self.gather(&group.children, wanted && *required, depth - 1, children);
                    }
                }
                Particle::Group(..) => {}
            }
        }
    }

    /// A type's words and those of the groups it names, each once.
    fn with_groups<'l>(&'l self, words: &'l TypeWords) -> Vec<&'l TypeWords> {
        let mut all = vec![words];
        let mut next = 0;
        while next < all.len() && all.len() < DEEPEST {
            let more = all[next]
                .groups
                .iter()
                .filter_map(|name| self.groups.get(name))
                .filter(|group| !all.iter().any(|known| std::ptr::eq(*known, *group)))
                .collect::<Vec<_>>();
            all.extend(more);
            next += 1;
        }
        all
    }
}
