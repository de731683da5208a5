//! The mock's own reading of a document: well-formedness, namespaces, and a light check against a schema bundle.
//!
//! It is not a schema validator and shares nothing with the daemon's: it knows element names and order, how often an
//! element may come, attributes, lengths, enumerations and the shapes of dates and numbers. Patterns are left alone. What
//! it cannot read in a schema it accepts, so that it never refuses what a real validator takes.

mod bundle;
mod compile;
mod text;

pub(crate) use bundle::Bundle;
use bundle::{Content, Item, NO_TYPE};

use quick_xml::Reader;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};

use crate::answer::DOCUMENT;
use crate::script::ErrorItem;

/// As many errors of one document as the platform tells.
const MOST_ERRORS: usize = 50;
/// Deeper than any form, shallow enough for every stack.
const MOST_DEPTH: usize = 64;

/// What was read of a document element.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Where the element ends, from its start.
    pub(crate) end: usize,
    /// Local name of the element.
    pub(crate) root: String,
    /// What does not fit the schema.
    pub(crate) errors: Vec<ErrorItem>,
    pub(crate) facts: Facts,
}

/// What the platform takes from a document besides its bytes.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Credit code of the enterprise, if it names one.
    pub(crate) enterprise: Option<String>,
    /// Officers' certificate numbers.
    pub(crate) officers: Vec<String>,
    /// Case and inspection, whichever it names.
    pub(crate) affairs: Vec<String>,
    /// Digests of the attachments, lower-case hex.
    pub(crate) attachments: Vec<String>,
    /// `Header/DocumentNumber` and so on with their texts, when asked for.
    pub(crate) leaves: Vec<(String, String)>,
}

/// What to read and against what.
pub(crate) struct Wanted<'a> {
    pub(crate) bundle: Option<&'a Bundle>,
    /// Keep all leaves.
    pub(crate) leaves: bool,
}

struct Open<'t> {
    name: &'t str,
    ty: usize,
    item: usize,
    count: u32,
    /// Where its start tag begins; lines are counted only when an error needs one.
    at: usize,
}

/// A namespace declaration in force.
struct Scope<'t> {
    /// How many elements were open before the one that carries it.
    depth: usize,
    /// Empty for the default namespace.
    prefix: &'t str,
    /// Whether it is the documents' namespace.
    home: bool,
}

struct Pass<'t, 'w> {
    text: &'t str,
    wanted: &'w Wanted<'w>,
    stack: Vec<Open<'t>>,
    scopes: Vec<Scope<'t>>,
    value: String,
    is_leaf: bool,
    out: Reading,
}

/// Reads the element at the start of `text`, and no further.
///
/// # Errors
/// What makes the text no well-formed element of the documents' namespace; the contract's code 01.
pub(crate) fn read(text: &str, wanted: &Wanted<'_>) -> Result<Reading, String> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    let mut pass = Pass {
        text,
        wanted,
        stack: Vec::with_capacity(12),
        scopes: Vec::new(),
        value: String::with_capacity(256),
        is_leaf: false,
        out: Reading::default(),
    };
    loop {
        let at = position(reader.buffer_position());
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(start) => pass.open(&start, at)?,
            Event::End(_) => {
                pass.close();
                if pass.stack.is_empty() {
                    pass.out.end = position(reader.buffer_position());
                    return Ok(pass.out);
                }
            }
            Event::Text(t) => {
                let t = t.into_inner();
                if t.contains("]]>") {
                    return Err("]]> in text".into());
                }
                pass.value.push_str(&t);
            }
            Event::CData(t) => pass.value.push_str(&t.into_inner()),
            Event::GeneralRef(r) => pass.value.push(reference(&r)?),
            Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) | Event::Decl(_) => return Err("a declaration inside Body".into()),
            Event::Eof => return Err("the document element is not closed".into()),
            Event::Empty(_) => return Err("unexpected event".into()),
        }
    }
}

/// The character that a reference stands for.
pub(crate) fn reference(r: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Some(c) = r.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(c);
    }
    match r.borrow().into_inner().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("entity {other} is not declared")),
    }
}

pub(crate) fn position(p: u64) -> usize {
    usize::try_from(p).unwrap_or(usize::MAX)
}

impl<'t> Pass<'t, '_> {
    fn open(&mut self, start: &BytesStart<'t>, at: usize) -> Result<(), String> {
        if self.stack.len() >= MOST_DEPTH {
            return Err("nested too deeply".into());
        }
        let length = AsRef::<str>::as_ref(&start.name()).len();
        let raw = self.text.get(at + 1..at + 1 + length).unwrap_or("");
        let (prefix, name) = raw.split_once(':').unwrap_or(("", raw));
        let attributes = self.text.get(at + 1 + length..at + 1 + start.len()).unwrap_or("").trim_ascii();
        if attributes.contains("xmlns") {
            self.declare(attributes)?;
        }
        let home = self.resolve(prefix)?;
        let ty = if self.stack.is_empty() {
            if !home {
                return Err("the document element is not of urn:dangri:document:1".into());
            }
            name.clone_into(&mut self.out.root);
            self.wanted.bundle.map_or(NO_TYPE, |b| b.root(name))
        } else {
            self.child(name, home, at)
        };
        self.stack.push(Open { name, ty, item: 0, count: 0, at });
        self.value.clear();
        self.is_leaf = true;
        if attributes.is_empty() {
            self.required(ty, 0)
        } else {
            self.attributes(start, ty)?
        }
        Ok(())
    }

    /// Notes the namespaces that a start tag declares.
    fn declare(&mut self, attributes: &'t str) -> Result<(), String> {
        for attribute in Attributes::new(attributes, 0) {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let key = attribute.key.0;
            if let Some(rest) = key.strip_prefix("xmlns")
                && (rest.is_empty() || rest.starts_with(':'))
            {
                let prefix = rest.get(1..).unwrap_or("");
                self.scopes.push(Scope { depth: self.stack.len(), prefix, home: attribute.value == DOCUMENT });
            }
        }
        Ok(())
    }

    /// Whether a prefix stands for the documents' namespace.
    fn resolve(&self, prefix: &str) -> Result<bool, String> {
        match self.scopes.iter().rev().find(|s| s.prefix == prefix) {
            Some(scope) => Ok(scope.home),
            None if prefix.is_empty() => Ok(false),
            None => Err(format!("prefix {prefix} is not declared on the document element")),
        }
    }

    /// Finds the place of a child in its parent's content and answers its type.
    fn child(&mut self, name: &str, home: bool, at: usize) -> usize {
        let Some(bundle) = self.wanted.bundle else {
            return NO_TYPE;
        };
        let Some(parent) = self.stack.last_mut() else {
            return NO_TYPE;
        };
        let Some(ty) = bundle.get(parent.ty) else {
            return NO_TYPE;
        };
        let items = match &ty.content {
            Content::Any => return NO_TYPE,
            Content::Simple | Content::Empty => &[][..],
            Content::Sequence(items) => items,
        };
        if home {
            match advance(items, parent, name) {
                Step::Fits(ty) => return ty,
                Step::Missing(want) => {
                    self.error("E1102", Some(name), at, format!("此处应为 {want}，却是 {name}"));
                    return NO_TYPE;
                }
                Step::Unknown => {}
            }
        }
        self.error("E1101", Some(name), at, format!("不应出现元素 {name}"));
        NO_TYPE
    }

    fn attributes(&mut self, start: &BytesStart<'t>, ty: usize) -> Result<(), String> {
        let declared = self.wanted.bundle.and_then(|b| b.get(ty));
        let mut seen = 0_u64;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let key: &str = attribute.key.as_ref();
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            if attribute.value.contains('<') {
                return Err("< in an attribute".into());
            }
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
            if key == "digest" && self.stack.last().is_some_and(|o| o.name == "Attachment") {
                self.out.facts.attachments.push(value.clone().into_owned());
            }
            if let Some((prefix, _)) = key.split_once(':') {
                if prefix != "xml" {
                    self.resolve(prefix)?;
                }
                continue;
            }
            let Some(declared) = declared else { continue };
            let Some(n) = declared.attributes.iter().position(|a| a.name == key) else {
                if !declared.any_attribute {
                    let at = self.here();
                    self.error("E1301", None, at, format!("不应出现属性 {key}"));
                }
                continue;
            };
            seen |= 1 << n.min(63);
            if let Some(why) = declared.attributes[n].text.fault(&value) {
                let at = self.here();
                self.error(why.code, None, at, format!("属性 {key}：{}", why.message));
            }
        }
        self.required(ty, seen);
        Ok(())
    }

    /// Tells the required attributes that were not seen.
    fn required(&mut self, ty: usize, seen: u64) {
        let Some(declared) = self.wanted.bundle.and_then(|b| b.get(ty)) else { return };
        for (n, a) in declared.attributes.iter().enumerate() {
            if a.required && seen & (1 << n.min(63)) == 0 {
                let at = self.here();
                self.error("E1302", None, at, format!("缺少属性 {}", a.name));
            }
        }
    }

    fn close(&mut self) {
        let declared = self.stack.last().and_then(|o| self.wanted.bundle.and_then(|b| b.get(o.ty)));
        if let (Some(declared), Some(open)) = (declared, self.stack.last()) {
            let at = open.at;
            match &declared.content {
                Content::Sequence(items) => {
                    if let Some(want) = missing(items, open.item, open.count) {
                        let want = want.to_owned();
                        self.error("E1102", None, at, format!("缺少 {want}"));
                    }
                }
                Content::Simple => {
                    if let Some(why) = declared.text.fault(&self.value) {
                        self.error(why.code, None, at, why.message);
                    }
                }
                Content::Empty | Content::Any => {}
            }
        }
        if self.is_leaf {
            self.leaf();
        }
        self.is_leaf = false;
        self.stack.pop();
        while self.scopes.last().is_some_and(|s| s.depth >= self.stack.len()) {
            self.scopes.pop();
        }
    }

    fn leaf(&mut self) {
        let [.., parent, own] = &self.stack[..] else {
            return;
        };
        let facts = &mut self.out.facts;
        let value = self.value.trim();
        match (parent.name, own.name) {
            ("Enterprise", "Uscc") => facts.enterprise = Some(value.to_owned()),
            ("Officer", "CertificateNo") => facts.officers.push(value.to_owned()),
            ("Header", "CaseId" | "InspectionId") => facts.affairs.push(value.to_owned()),
            _ => {}
        }
        if self.wanted.leaves {
            let path: Vec<&str> = self.stack.iter().skip(1).map(|o| o.name).collect();
            facts.leaves.push((path.join("/"), value.to_owned()));
        }
    }

    fn here(&self) -> usize {
        self.stack.last().map_or(0, |o| o.at)
    }

    fn error(&mut self, code: &str, child: Option<&str>, at: usize, message: String) {
        if self.out.errors.len() >= MOST_ERRORS {
            return;
        }
        let mut path = String::new();
        for name in self.stack.iter().map(|o| o.name).chain(child) {
            path.push_str("/d:");
            path.push_str(name);
        }
        let line = 1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count();
        self.out.errors.push(ErrorItem::new(code, message).at(path, u32::try_from(line).unwrap_or(u32::MAX)));
    }
}

enum Step<'b> {
    Fits(usize),
    /// A required element should stand here.
    Missing(&'b str),
    Unknown,
}

/// Moves the parent on to the item that takes `name`. Deterministic content models (XSD's own demand) need no looking back.
fn advance<'b>(items: &'b [Item], parent: &mut Open<'_>, name: &str) -> Step<'b> {
    let (mut i, mut count) = (parent.item, parent.count);
    while let Some(item) = items.get(i) {
        if count < item.max
            && let Some((_, ty)) = item.names.iter().find(|(n, _)| &**n == name)
        {
            parent.item = i;
            parent.count = count + 1;
            return Step::Fits(*ty);
        }
        if count < item.min {
            // Go on behind the missing element when the child belongs there, so that one gap is one error.
            let later = items.iter().enumerate().skip(i + 1).find(|(_, it)| it.names.iter().any(|(n, _)| &**n == name));
            return match later {
                Some((n, _)) => {
                    parent.item = n;
                    parent.count = 1;
                    Step::Missing(item.names.first().map_or("", |(n, _)| n))
                }
                None => Step::Unknown,
            };
        }
        i += 1;
        count = 0;
    }
    Step::Unknown
}

/// The first required element that has not come when the parent ends.
fn missing(items: &[Item], item: usize, count: u32) -> Option<&str> {
    let mut count = count;
    for it in items.get(item..).unwrap_or(&[]) {
        if count < it.min {
            return it.names.first().map(|(n, _)| &**n);
        }
        count = 0;
    }
    None
}
