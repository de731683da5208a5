//! A strict walk over an answer's elements. quick-xml does not check everything that well-formedness asks for (two roots, text outside the
//! root, `]]>`, forbidden characters, attributes run together), so this does.

use std::borrow::Cow;

use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use super::{EXCHANGE, NotAnAnswer};

/// One step of the walk.
#[derive(Debug)]
enum Step<'i> {
    Open(BytesStart<'i>),
    Close,
    /// Character data that is more than white space.
    Words,
    End,
}

/// Where in an answer the reader stands. Every method moves past what it names or says why the answer is none.
pub(super) struct Cursor<'i> {
    reader: NsReader<&'i [u8]>,
    ahead: Option<Step<'i>>,
    begun: bool,
}

/// An element's attributes, taken out by name; what is left over at the end is unknown.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    pub(super) fn need(&mut self, name: &str) -> Result<String, NotAnAnswer> {
        self.take(name).ok_or_else(|| NotAnAnswer(format!("attribute {name} is missing")))
    }

    pub(super) fn none_left(&self) -> Result<(), NotAnAnswer> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(NotAnAnswer(format!("unknown attribute {name:?}"))),
        }
    }
}

impl<'i> Cursor<'i> {
    pub(super) fn over(text: &'i str) -> Result<Self, NotAnAnswer> {
        if may_hold_forbidden(text)
            && let Some(odd) = text.chars().find(|c| !may_stand(*c))
        {
            return Err(NotAnAnswer(format!("the character {odd:?} is forbidden")));
        }
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Self { reader, ahead: None, begun: false })
    }

    /// The next element's local name, if an element opens here.
    pub(super) fn opens(&mut self) -> Result<Option<&str>, NotAnAnswer> {
        if self.ahead.is_none() {
            self.ahead = Some(self.step()?);
        }
        Ok(match &self.ahead {
            Some(Step::Open(tag)) => Some(tag.local_name().into_inner()),
            _ => None,
        })
    }

    /// Enters an element that must be `name`.
    pub(super) fn open(&mut self, name: &str) -> Result<Attributes, NotAnAnswer> {
        match self.next()? {
            Step::Open(tag) if tag.local_name().as_ref() == name => attributes(&tag),
            other => Err(NotAnAnswer(format!("{name} expected, {other:?} found"))),
        }
    }

    /// Leaves the element.
    pub(super) fn close(&mut self) -> Result<(), NotAnAnswer> {
        match self.next()? {
            Step::Close => Ok(()),
            other => Err(NotAnAnswer(format!("an end tag expected, {other:?} found"))),
        }
    }

    /// Nothing may follow but white space and comments.
    pub(super) fn end(&mut self) -> Result<(), NotAnAnswer> {
        match self.next()? {
            Step::End => Ok(()),
            other => Err(NotAnAnswer(format!("{other:?} after the end"))),
        }
    }

    /// The value of an element that must be `name` and must not be empty.
    pub(super) fn value(&mut self, name: &str) -> Result<String, NotAnAnswer> {
        let text = self.text(name)?;
        if text.is_empty() || text.trim() != text {
            return Err(NotAnAnswer(format!("{name} is empty or has white space around it")));
        }
        Ok(text)
    }

    /// The value of an element that may be left out. One that stands there empty is as good as left out.
    pub(super) fn value_if(&mut self, name: &str) -> Result<Option<String>, NotAnAnswer> {
        if self.opens()? != Some(name) {
            return Ok(None);
        }
        let text = self.text(name)?;
        if text.trim() != text {
            return Err(NotAnAnswer(format!("{name} has white space around it")));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// The text of an element that must be `name`, without children or attributes.
    pub(super) fn text(&mut self, name: &str) -> Result<String, NotAnAnswer> {
        self.open(name)?.none_left()?;
        let mut text = String::new();
        loop {
            match self.reader.read_event().map_err(ill_formed)? {
                Event::Text(part) => text.push_str(&plain(&part)?),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(entity) => {
                    if let Some(c) = entity.resolve_char_ref().map_err(ill_formed)? {
                        if !may_stand(c) {
                            return Err(NotAnAnswer(format!("the character {c:?} is forbidden")));
                        }
                        text.push(c);
                    } else {
                        text.push_str(
                            resolve_xml_entity(&entity).ok_or_else(|| NotAnAnswer(format!("the entity {:?} is unknown", &*entity)))?,
                        );
                    }
                }
                Event::Comment(_) => {}
                Event::End(_) => return Ok(text),
                other => return Err(NotAnAnswer(format!("{other:?} inside {name}"))),
            }
        }
    }

    fn next(&mut self) -> Result<Step<'i>, NotAnAnswer> {
        match self.ahead.take() {
            Some(step) => Ok(step),
            None => self.step(),
        }
    }

    fn step(&mut self) -> Result<Step<'i>, NotAnAnswer> {
        loop {
            let first = !std::mem::replace(&mut self.begun, true);
            let (namespace, event) = self.reader.read_resolved_event().map_err(ill_formed)?;
            match event {
                Event::Start(tag) => {
                    if namespace != ResolveResult::Bound(Namespace(EXCHANGE)) {
                        return Err(NotAnAnswer(format!("{:?} is not of the exchange's namespace", tag.name().into_inner())));
                    }
                    return Ok(Step::Open(tag));
                }
                Event::End(_) => return Ok(Step::Close),
                Event::Eof => return Ok(Step::End),
                Event::Text(text) if is_blank(&text) => {}
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => return Ok(Step::Words),
                Event::Comment(_) => {}
                Event::Decl(decl) if first => {
                    let encoding = decl.encoding().transpose().map_err(ill_formed)?;
                    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                        return Err(NotAnAnswer("the declared encoding is not UTF-8".into()));
                    }
                }
                // No DTD, no processing instructions: the contract knows neither, and the first is an attack.
                other => return Err(NotAnAnswer(format!("{other:?} does not belong here"))),
            }
        }
    }
}

/// The attributes of a start tag, namespace declarations and those of other namespaces left out.
fn attributes(tag: &BytesStart<'_>) -> Result<Attributes, NotAnAnswer> {
    if !set_apart(tag.attributes_raw()) {
        return Err(NotAnAnswer("attributes run together".into()));
    }
    let mut found = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(ill_formed)?;
        if attribute.key.as_namespace_binding().is_some() || attribute.key.prefix().is_some() {
            continue;
        }
        if attribute.value.contains('<') {
            return Err(NotAnAnswer("< inside an attribute".into()));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(ill_formed)?;
        if !value.chars().all(may_stand) {
            return Err(NotAnAnswer("a forbidden character in an attribute".into()));
        }
        found.push((attribute.key.into_inner().to_owned(), value.trim().to_owned()));
    }
    Ok(Attributes(found))
}

/// Whether white space follows every closing quote.
fn set_apart(raw: &str) -> bool {
    let mut quote = None;
    let mut closed = false;
    for c in raw.chars() {
        if closed && !c.is_ascii_whitespace() {
            return false;
        }
        closed = false;
        match quote {
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if c == open => {
                quote = None;
                closed = true;
            }
            _ => {}
        }
    }
    quote.is_none()
}

fn plain<'t>(text: &'t quick_xml::events::BytesText<'_>) -> Result<Cow<'t, str>, NotAnAnswer> {
    let text = text.xml10_content();
    if text.contains("]]>") {
        return Err(NotAnAnswer("]]> in character data".into()));
    }
    Ok(text)
}

/// XML 1.0 §2.3 S: these four and no other blanks.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// A quick look at the bytes, for a page has a million characters: whether one of them may begin a character that [`may_stand`] forbids.
/// Of what is longer than a byte only U+FFFE and U+FFFF are forbidden, `EF BF BE` and `EF BF BF`.
fn may_hold_forbidden(text: &str) -> bool {
    let controls = text.as_bytes().chunks(4096).any(|some| {
        let found = |odd, byte: &u8| odd | (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'));
        some.iter().fold(false, found)
    });
    controls
        || memchr::memmem::find(text.as_bytes(), b"\xef\xbf\xbe").is_some()
        || memchr::memmem::find(text.as_bytes(), b"\xef\xbf\xbf").is_some()
}

/// XML 1.0 §2.2 Char.
fn may_stand(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

fn ill_formed(error: impl std::fmt::Display) -> NotAnAnswer {
    NotAnAnswer(error.to_string())
}
