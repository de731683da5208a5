//! One document through the validator: limits, positions, and the one known defect worked round.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use base64::Engine as _;
use xsd_schema::{
    SchemaSet,
    validation::{
        DoctypeView, DriveWithError, InstancePath, PathStep, SchemaValidator as Compiled, ValidationError, ValidationEventHandler,
        ValidationSink, ValidationSubject, ValidationWarning, drive_quick_xml_with,
    },
    xml::{NotWellFormed, ParseLimit, ParseLimits, WellFormednessRule},
};

use super::{
    Report,
    validate::{MOST_VIOLATIONS, Obstacle, Unreadable, Violation},
};
use crate::check::tree::{Malformed, Node, Tree};

/// What a document may ask of the validator. A number of 300,000 digits costs 0.15 s and grows with the square, so texts are capped too.
fn limits() -> ParseLimits {
    ParseLimits::none()
        .with_max_depth(256)
        .with_max_name_bytes(512)
        .with_max_attributes(256)
        .with_max_namespace_declarations(64)
        .with_max_attribute_value_bytes(65_536)
        .with_max_text_bytes(4 << 20)
        .with_max_nodes(400_000)
}

/// How often a document with line-wrapped base64 is looked at again, with 100 values mended each time.
const MOST_ROUNDS: usize = 64;

#[derive(Default)]
struct Seen {
    errors: Vec<(usize, ValidationError)>,
    /// Where the start tag read last begins.
    tag: usize,
    stop: bool,
}

struct Sink(Rc<RefCell<Seen>>);

impl ValidationSink for Sink {
    fn on_error(&mut self, error: ValidationError) {
        let mut seen = self.0.borrow_mut();
        if seen.errors.len() < MOST_VIOLATIONS {
            let tag = seen.tag;
            seen.errors.push((tag, error));
        } else {
            seen.stop = true;
        }
    }

    fn on_warning(&mut self, _: ValidationWarning) {}
}

struct Hooks(Rc<RefCell<Seen>>);

enum Stop {
    Doctype(usize),
    Enough,
}

impl ValidationEventHandler for Hooks {
    type Error = Stop;

    fn on_doctype(&mut self, doctype: DoctypeView<'_>) -> Result<(), Stop> {
        Err(Stop::Doctype(doctype.byte_pos))
    }

    fn on_element_start_offset(&mut self, at: usize) -> Result<(), Stop> {
        let mut seen = self.0.borrow_mut();
        seen.tag = at;
        if seen.stop { Err(Stop::Enough) } else { Ok(()) }
    }
}

pub(super) fn run(set: &SchemaSet, validator: &Compiled<'_>, text: &Arc<str>) -> Report {
    let mut text = Arc::clone(text);
    for _ in 0..MOST_ROUNDS {
        let errors = match pass(set, validator, &text) {
            Ok(errors) if errors.is_empty() => return Report::Fits,
            Ok(errors) => errors,
            Err(report) => return report,
        };
        // A document that the validator could read is a tree; were it not, the errors would still stand.
        let tree = match Tree::parse(Arc::clone(&text), Arc::default()) {
            Ok(tree) => tree,
            Err(e) => {
                // The validator had seen enough before it came to this place.
                let why = if e.what == Malformed::TOO_MANY { Obstacle::TooMany } else { Obstacle::Malformed };
                return unreadable(e.at, why, &e.what);
            }
        };
        match unwrap_base64(&tree, &errors) {
            Some(mended) => text = mended,
            None => return Report::Breaks(violations(&tree, errors)),
        }
    }
    Report::NotChecked("too many line-wrapped base64 values".to_owned())
}

/// One pass over the text: its errors, or the report when there can be no list of errors.
fn pass(set: &SchemaSet, validator: &Compiled<'_>, text: &str) -> Result<Vec<(usize, ValidationError)>, Report> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let mut runtime = validator.start_run(Sink(Rc::clone(&seen)));
    runtime.set_parse_limits(limits());
    let mut hooks = Hooks(Rc::clone(&seen));
    let driven = drive_quick_xml_with(text.as_bytes(), &mut runtime, set, &mut hooks);
    match driven {
        Ok(_) => {
            runtime.end_validation().map_err(|e| Report::NotChecked(e.to_string()))?;
        }
        Err(DriveWithError::Hook(Stop::Enough)) => {}
        Err(DriveWithError::Hook(Stop::Doctype(at))) => {
            return Err(unreadable(at, Obstacle::Doctype, "DOCTYPE"));
        }
        Err(DriveWithError::NotWellFormed(e)) => {
            let at = usize::try_from(e.position()).unwrap_or(text.len());
            return Err(unreadable(at, obstacle(&e), e.message()));
        }
        Err(DriveWithError::LimitExceeded(e)) => {
            let why = match e.limit() {
                ParseLimit::Depth => Obstacle::TooDeep,
                ParseLimit::Attributes | ParseLimit::NamespaceDeclarations | ParseLimit::NamespacesInScope | ParseLimit::Nodes => {
                    Obstacle::TooMany
                }
                _ => Obstacle::TooLong,
            };
            let at = usize::try_from(e.position()).unwrap_or(text.len());
            return Err(unreadable(at, why, &e.to_string()));
        }
        Err(e) => return Err(Report::NotChecked(e.to_string())),
    }
    if let Some(failure) = runtime.operational_failure() {
        return Err(Report::NotChecked(failure.to_string()));
    }
    drop(runtime);
    let errors = std::mem::take(&mut seen.borrow_mut().errors);
    Ok(errors)
}

fn unreadable(at: usize, why: Obstacle, detail: &str) -> Report {
    Report::Unreadable(Unreadable { at, why, detail: detail.to_owned() })
}

fn obstacle(error: &NotWellFormed) -> Obstacle {
    use WellFormednessRule as Rule;
    match error.rule() {
        Rule::Truncated => Obstacle::Truncated,
        Rule::ElementTypeMatch => Obstacle::TagMismatch,
        Rule::Document => Obstacle::Roots,
        Rule::Char | Rule::Encoding | Rule::LegalCharacter => Obstacle::Character,
        Rule::Reference | Rule::EntityDeclared | Rule::AttributeValue => Obstacle::Reference,
        Rule::PrefixDeclared => Obstacle::Prefix,
        Rule::UniqueAttSpec | Rule::AttributesUnique => Obstacle::TwiceTheSame,
        Rule::DocumentTypeDeclaration => Obstacle::Doctype,
        _ => Obstacle::Malformed,
    }
}

fn violations(tree: &Tree, errors: Vec<(usize, ValidationError)>) -> Vec<Violation> {
    errors
        .into_iter()
        .map(|(tag, error)| {
            let node = error.instance_path().and_then(|path| follow(tree, path));
            let at = node.map_or(tag, |node| node.offset());
            let attribute = match error.subject() {
                Some(ValidationSubject::Attribute(name)) => Some((name.namespace_uri().to_owned(), name.local_name().to_owned())),
                _ => None,
            };
            // A child that the parent has no room for is reported of the parent, with the child's tag read last.
            let child =
                (error.constraint == "cvc-complex-type.2.4" && error.message.contains("is not allowed at this position")).then_some(tag);
            Violation { constraint: error.constraint.to_owned(), detail: error.message, at, attribute, child }
        })
        .collect()
}

/// The element that a path of the validator names.
fn follow<'t>(tree: &'t Tree, path: &InstancePath) -> Option<Node<'t>> {
    let mut here: Option<Node<'t>> = None;
    for step in path.steps() {
        let PathStep::Element { name, position, .. } = step else {
            break;
        };
        let same = |node: &Node<'_>| node.name() == name.local_name() && node.namespace() == name.namespace_uri();
        here = match here {
            None => Some(tree.root()).filter(same),
            Some(node) => node.children().filter(same).nth(position.checked_sub(1)?),
        };
        here?;
    }
    here
}

/// `xsd-schema` 0.3.0 refuses base64 with white space inside, which the recommendation allows and every line-wrapped attachment has.
///
/// The white space of such values is moved behind them, where it does not count: nothing else changes place, and length rules still apply.
/// `None` when no error is of this kind.
fn unwrap_base64(tree: &Tree, errors: &[(usize, ValidationError)]) -> Option<Arc<str>> {
    let mut bytes = tree.source().as_bytes().to_vec();
    let mut mended = false;
    for (_, error) in errors {
        if !error.message.starts_with("Invalid base64Binary value") {
            continue;
        }
        let Some(node) = error.instance_path().and_then(|path| follow(tree, path)) else {
            continue;
        };
        let span = match error.subject() {
            Some(ValidationSubject::Attribute(name)) => node.attribute(name.local_name()).and_then(|attr| attr.value_span()),
            _ => node.text_span(),
        };
        let Some(value) = span.and_then(|span| bytes.get_mut(span)) else {
            continue;
        };
        mended |= unwrap_value(value);
    }
    let text = mended.then(|| String::from_utf8(bytes).ok()).flatten()?;
    Some(Arc::from(text))
}

/// Moves the white space of one value to its end; false when it has none or is no base64 even then.
fn unwrap_value(value: &mut [u8]) -> bool {
    let (digits, space): (Vec<u8>, Vec<u8>) = value.iter().partition(|byte| !byte.is_ascii_whitespace());
    let trimmed = value.trim_ascii();
    if trimmed.len() == digits.len() || base64::engine::general_purpose::STANDARD.decode(&digits).is_err() {
        return false;
    }
    for (place, byte) in value.iter_mut().zip(digits.into_iter().chain(space)) {
        *place = byte;
    }
    true
}
