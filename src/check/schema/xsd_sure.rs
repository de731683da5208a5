//! The quick way to a yes: a plain document is told to the validator from its tree, by the numbers of its names, without being read again.
//!
//! Only a yes is ever said here. What is not plain, and what the validator has anything against, goes the long way ([`super::xsd_run`]),
//! which knows positions and limits; so whatever an author is told comes from there.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use quick_xml::escape::unescape;
use xsd_schema::{
    NameId, SchemaSet,
    namespace::context::NamespaceContextSnapshot,
    validation::{
        ContentType, SchemaInfo, SchemaValidator as Compiled, TypeSource, ValidationError, ValidationFlags, ValidationRuntime,
        ValidationSink, ValidationWarning,
    },
};

use super::xsd_seen::{Met, Seen, before_end_tag};
use crate::check::tree::{Node, Tree};

/// Deeper than this, nothing is sure.
pub(super) const DEEPEST: usize = 64;
/// With more elements than this, nothing is sure: the long way counts against limits.
const MOST_NODES: usize = 20_000;
/// With a longer text than this, nothing is sure.
const LONGEST_TEXT: usize = 64 << 10;

/// A schema on the thread of one who checks. It meets no new names, so it never grows.
pub(in crate::check) struct SureSchema<'s> {
    set: &'s SchemaSet,
    validator: Compiled<'s>,
    /// What it passed before; `None` where that says nothing of another document.
    seen: Option<RefCell<Seen>>,
}

impl<'s> SureSchema<'s> {
    /// Over a compiled schema; `regular` says whether what passed once will pass again ([`super::XsdFiles::is_regular`]).
    pub(in crate::check) fn of(set: &'s SchemaSet, regular: bool) -> Self {
        Self { set, validator: Compiled::new(set, ValidationFlags::empty()), seen: regular.then(RefCell::default) }
    }

    /// Whether the document certainly fits the schema. `false` says nothing.
    pub(in crate::check) fn fits(&self, tree: &Tree) -> bool {
        let plain = tree.is_plain() && tree.len() <= MOST_NODES;
        plain && catch_unwind(AssertUnwindSafe(|| self.walk(tree))).unwrap_or(false)
    }

    fn walk(&self, tree: &Tree) -> bool {
        if let Some(seen) = &self.seen
            && seen.borrow_mut().fits(self.set, tree.root())
        {
            return true;
        }
        let Some(context) = bindings(self.set, tree.root()) else { return false };
        let objected = Rc::new(Cell::new(false));
        let run = self.validator.start_run(Objections(Rc::clone(&objected)));
        let mut walk = Walk { set: self.set, run, context, objected, met: Some(Vec::with_capacity(tree.len())) };
        let fits = walk.element(tree.root(), DEEPEST).is_some() && walk.run.end_validation().is_ok() && walk.is_well();
        if let (true, Some(seen), Some(met)) = (fits, &self.seen, walk.met) {
            seen.borrow_mut().learn(tree.root(), met);
        }
        fits
    }
}

impl std::fmt::Debug for SureSchema<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SureSchema")
    }
}

/// Hears that there is something against the document; what, the long way will say.
struct Objections(Rc<Cell<bool>>);

impl ValidationSink for Objections {
    fn on_error(&mut self, _: ValidationError) {
        self.0.set(true);
    }

    fn on_warning(&mut self, _: ValidationWarning) {}
}

/// The bindings of the root, which hold throughout a plain document.
fn bindings(set: &SchemaSet, root: Node<'_>) -> Option<NamespaceContextSnapshot> {
    let mut context = NamespaceContextSnapshot::default();
    for (prefix, namespace) in root.declarations() {
        let namespace = set.name_table.get(namespace)?;
        if prefix.is_empty() {
            context.default_ns = Some(namespace);
        } else {
            context.bindings.push((set.name_table.get(prefix)?, namespace));
        }
    }
    Some(context)
}

struct Walk<'v> {
    set: &'v SchemaSet,
    run: ValidationRuntime<'v, Objections>,
    context: NamespaceContextSnapshot,
    objected: Rc<Cell<bool>>,
    /// What was said of the elements so far; `None` once something else than their declarations decided.
    met: Option<Vec<Met>>,
}

impl Walk<'_> {
    fn is_well(&self) -> bool {
        !self.objected.get() && self.run.operational_failure().is_none()
    }

    fn name(&self, namespace: &str) -> Option<Option<NameId>> {
        if namespace.is_empty() { Some(None) } else { self.set.name_table.get(namespace).map(Some) }
    }

    /// Tells of one element and all below it; `None` as soon as something is not sure.
    fn element(&mut self, node: Node<'_>, deeper: usize) -> Option<()> {
        let deeper = deeper.checked_sub(1)?;
        let (name, namespace) = (self.set.name_table.get(node.name())?, self.name(node.namespace())?);
        let said = self.run.validate_element_by_id(name, namespace, None, None, &self.context);
        let mut attributes = Vec::new();
        for attr in node.attributes() {
            let said = self.run.validate_attribute_by_id(self.set.name_table.get(attr.name())?, None, attr.value());
            attributes.push(said.schema_type);
        }
        self.run.validate_end_of_attributes_novalue();
        if !self.is_well() {
            return None;
        }
        self.met = self.met.take().and_then(|mut met| {
            met.push(of_declaration(&said, attributes)?);
            Some(met)
        });
        let (source, end) = (node.tree().source(), node.span().end);
        if let Some(mut at) = node.inside() {
            for child in node.children() {
                self.text(source.get(at..child.offset())?)?;
                self.element(child, deeper)?;
                at = child.span().end;
            }
            self.text(before_end_tag(source.get(at..end)?)?)?;
        }
        self.run.validate_end_element_novalue();
        self.is_well().then_some(())
    }

    /// Tells of the characters between two tags.
    fn text(&mut self, raw: &str) -> Option<()> {
        if is_blank(raw) {
            if !raw.is_empty() {
                self.run.validate_whitespace(&characters(raw)?);
            }
        } else {
            self.run.validate_text(&characters(raw)?);
        }
        Some(())
    }
}

/// What the validator said of an element, if it is the word of its declaration.
fn of_declaration(said: &SchemaInfo, attributes: Vec<Option<xsd_schema::TypeKey>>) -> Option<Met> {
    let declared = said.type_source == Some(TypeSource::Declaration) && !said.is_nil;
    let content = said.content_type.filter(|content| declared && *content != ContentType::Mixed)?;
    Some(Met { of: said.schema_type?, content, attributes: attributes.into_iter().collect::<Option<_>>()? })
}

/// Whether there is nothing but what XML takes for white space; an ideographic space is none.
pub(super) fn is_blank(raw: &str) -> bool {
    raw.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// The characters that stand between two tags: line ends first (XML 1.0 §2.11), then references. `None` when there is more than characters.
pub(super) fn characters(raw: &str) -> Option<Cow<'_, str>> {
    if raw.len() > LONGEST_TEXT {
        return None;
    }
    if memchr::memchr3(b'<', b'&', b'\r', raw.as_bytes()).is_none() {
        return Some(Cow::Borrowed(raw));
    }
    if raw.contains('<') {
        return None;
    }
    let lines = if raw.contains('\r') { raw.replace("\r\n", "\n").replace('\r', "\n") } else { raw.to_owned() };
    Some(Cow::Owned(unescape(&lines).ok()?.into_owned()))
}
