//! The pass over the schema files.

use std::sync::Arc;

use super::{Choice, ElementWords, Labels, Name, Particle, TypeWords};
use crate::check::tree::{Node, Tree};

pub(super) const XSD: &str = "http://www.w3.org/2001/XMLSchema";

pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// One file of a schema.
#[derive(Debug, Clone)]
pub struct XsdSource {
    /// Where it lies in the bundle, `common.xsd`.
    pub path: String,
    /// Its text, decoded.
    pub text: Arc<str>,
    /// The namespace that an including file lends to it when it has none of its own.
    pub lent_namespace: Option<String>,
}

struct Reading<'t> {
    target: &'t str,
    elements_qualified: bool,
    attributes_qualified: bool,
}

pub(super) fn read(sources: &[XsdSource]) -> Labels {
    let mut labels = Labels::default();
    for source in sources {
        let Ok(tree) = Tree::parse(Arc::clone(&source.text), Arc::default()) else {
            continue;
        };
        let schema = tree.root();
        let reading = Reading {
            target: schema.attr("targetNamespace").or(source.lent_namespace.as_deref()).unwrap_or_default(),
            elements_qualified: schema.attr("elementFormDefault") == Some("qualified"),
            attributes_qualified: schema.attr("attributeFormDefault") == Some("qualified"),
        };
        for child in schema.children() {
            reading.global(&mut labels, &child);
        }
    }
    labels
}

impl Reading<'_> {
    fn global(&self, labels: &mut Labels, node: &Node<'_>) {
        if matches!(node.name(), "redefine" | "override") {
            for child in node.children() {
                self.global(labels, &child);
            }
        }
        let Some(name) = node.attr("name") else {
            return;
        };
        let name: Name = (self.target.to_owned(), name.to_owned());
        match node.name() {
            "element" => {
                labels.elements.insert(name, self.declaration(node, true));
            }
            "attribute" => {
                labels.attributes.insert(name, self.declaration(node, true));
            }
            "complexType" | "simpleType" => {
                labels.types.insert(name, self.type_words(node));
            }
            "group" | "attributeGroup" => {
                labels.groups.insert(name, self.type_words(node));
            }
            _ => {}
        }
    }

    fn declaration(&self, node: &Node<'_>, global: bool) -> ElementWords {
        let is_element = node.name() == "element";
        let qualified = if is_element { self.elements_qualified } else { self.attributes_qualified };
        let qualified = match node.attr("form") {
            Some(form) => form == "qualified",
            None => qualified,
        };
        let reference = node.attr("ref").map(|name| qname(node, name, self.target));
        let own = node.attr("name").unwrap_or_default().to_owned();
        let own_namespace = if global || qualified { self.target } else { "" };
        let (label, remark) = words_of(node);
        ElementWords {
            reference: reference.is_some(),
            name: reference.unwrap_or_else(|| (own_namespace.to_owned(), own)),
            label,
            remark,
            type_name: node.attr("type").map(|name| qname(node, name, self.target)),
            inline: node
                .children()
                .find(|child| matches!(child.name(), "complexType" | "simpleType"))
                .map(|child| Box::new(self.type_words(&child))),
            required: if is_element { node.attr("minOccurs") != Some("0") } else { node.attr("use") == Some("required") },
            substitutes: node.attr("substitutionGroup").map(|name| qname(node, name, self.target)),
            alternative: false,
            most: most(node),
        }
    }

    fn type_words(&self, node: &Node<'_>) -> TypeWords {
        let (label, remark) = words_of(node);
        let mut words = TypeWords { label, remark, ..TypeWords::default() };
        self.content(node, &mut words, Occurs::Must);
        words
    }

    /// Gathers what stands in a type, however its particles are nested.
    fn content(&self, node: &Node<'_>, words: &mut TypeWords, occurs: Occurs) {
        for child in node.children() {
            let optional = child.attr("minOccurs") == Some("0");
            let inner = match occurs {
                Occurs::Must if optional => Occurs::May,
                other => other,
            };
            match child.name() {
                "element" => {
                    let mut declaration = self.declaration(&child, false);
                    declaration.required &= occurs == Occurs::Must;
                    declaration.alternative = occurs == Occurs::OneOf;
                    words.children.push(Particle::Element(declaration));
                }
                "attribute" => words.attributes.push(self.declaration(&child, false)),
                "group" | "attributeGroup" => {
                    if let Some(name) = child.attr("ref") {
                        let name = qname(&child, name, self.target);
                        let required = inner == Occurs::Must;
                        words.children.push(Particle::Group(name.clone(), required));
                        words.groups.push(name);
                    }
                }
                "enumeration" => words.choices.push(Choice {
                    value: child.attr("value").unwrap_or_default().to_owned(),
                    label: words_of(&child).0.unwrap_or_default(),
                }),
                "any" => words.open = true,
                "pattern" => words.pattern = child.attr("value").map(str::to_owned),
                "restriction" | "extension" => {
                    words.base = child.attr("base").map(|name| qname(&child, name, self.target));
                    words.extends = child.name() == "extension";
                    self.content(&child, words, occurs);
                }
                "sequence" | "all" | "complexContent" | "simpleContent" => {
                    // A sequence that may come again lets each of its elements come again.
                    let from = words.children.len();
                    self.content(&child, words, inner);
                    if most(&child) > 1 {
                        without_end(&mut words.children[from..]);
                    }
                }
                "choice" => {
                    let from = words.children.len();
                    self.content(&child, words, Occurs::OneOf);
                    if most(&child) > 1 {
                        without_end(&mut words.children[from..]);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether what is being read must stand in a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occurs {
    Must,
    May,
    OneOf,
}

fn most(node: &Node<'_>) -> u32 {
    match node.attr("maxOccurs") {
        None => 1,
        Some(number) => number.parse().unwrap_or(u32::MAX),
    }
}

fn without_end(particles: &mut [Particle]) {
    for particle in particles {
        if let Particle::Element(words) = particle {
            words.most = u32::MAX;
        }
    }
}

/// The label (`xs:documentation`, Chinese first) and the remark (`xs:appinfo`) of a component.
fn words_of(node: &Node<'_>) -> (Option<String>, Option<String>) {
    let Some(annotation) = node.children().find(|child| child.name() == "annotation") else {
        return (None, None);
    };
    let of = |name: &str| {
        let said = || annotation.children().filter(|child| child.name() == name && !child.text().is_empty());
        said()
            .find(|child| child.attributes().any(|attr| attr.name() == "lang" && attr.value().starts_with("zh")))
            .or_else(|| said().next())
            .map(|child| child.text().to_owned())
    };
    // A documentation that is a whole paragraph is no label.
    let label = of("documentation").filter(|text| text.chars().count() <= 40);
    (label, of("appinfo"))
}

fn qname(node: &Node<'_>, name: &str, target: &str) -> Name {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let namespace = match node.resolve(prefix) {
        // A file without a namespace takes on that of the file that includes it, and so do its unprefixed names.
        Some("") | None => target,
        Some(namespace) => namespace,
    };
    (namespace.to_owned(), local.to_owned())
}
