//! Building the tree in one pass.

use std::sync::Arc;

use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesRef, BytesStart, Event},
};

use super::{
    AttrData, MOST_ATTRIBUTES, MOST_NAMESPACES, MOST_NODES, Malformed, NO_NAMESPACE, NONE, NodeData, Piece, Tree, XML, XMLNS, plain,
};
use crate::check::schema::Labels;

pub(super) const XML_NAME: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAME: &str = "http://www.w3.org/2000/xmlns/";

/// The text gathered for an open element.
enum Gathered {
    Nothing,
    Slice(usize, usize),
    Own(String),
}

struct Open {
    node: u32,
    last_child: u32,
    /// How many namespace bindings were in force before it.
    bindings: usize,
    text: Gathered,
}

struct Builder {
    tree: Tree,
    open: Vec<Open>,
    /// Prefix and namespace in force, innermost last.
    bindings: Vec<(String, u16)>,
    rooted: bool,
}

pub(super) fn build(text: Arc<str>, labels: Arc<Labels>) -> Result<Tree, Malformed> {
    if u32::try_from(text.len()).map_or(true, |length| length == NONE) {
        return Err(malformed(0, "too large"));
    }
    let source = Arc::clone(&text);
    let mut builder = Builder {
        tree: Tree {
            nodes: Vec::with_capacity((source.len() / 64 + 1).min(1 << 16)),
            attrs: Vec::new(),
            namespaces: vec![String::new(), XML_NAME.to_owned(), XMLNS_NAME.to_owned()],
            cooked: String::new(),
            plain: plain::characters(&source),
            text,
            labels,
        },
        open: Vec::new(),
        bindings: vec![(String::new(), NO_NAMESPACE), ("xml".to_owned(), XML), ("xmlns".to_owned(), XMLNS)],
        rooted: false,
    };
    builder.read(&source)?;
    Ok(builder.tree)
}

impl Builder {
    fn read(&mut self, source: &str) -> Result<(), Malformed> {
        let mut reader = Reader::from_str(source);
        loop {
            let start = position(reader.buffer_position());
            let event = reader.read_event().map_err(|e| malformed(position(reader.error_position()), &e.to_string()))?;
            let end = position(reader.buffer_position());
            self.tree.plain = self.tree.plain && self.is_plain(&event, source.get(start..end).unwrap_or_default(), start);
            match event {
                Event::Start(tag) => self.begin(source, &tag, start, end)?,
                Event::Empty(tag) => {
                    self.begin(source, &tag, start, end)?;
                    self.finish(source, end)?;
                }
                Event::End(_) => self.finish(source, end)?,
                Event::Text(_) => self.slice(source, start, end)?,
                // Past `<![CDATA[`, before `]]>`.
                Event::CData(_) => self.slice(source, start + 9, end.saturating_sub(3))?,
                Event::GeneralRef(reference) => self.reference(&reference, start)?,
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        if let Some(open) = self.open.last() {
            let start = self.tree.nodes[open.node as usize].start as usize;
            return Err(malformed(start, "the element is not closed"));
        }
        if !self.rooted {
            return Err(malformed(source.len(), "no element"));
        }
        Ok(())
    }

    fn is_plain(&self, event: &Event<'_>, raw: &str, start: usize) -> bool {
        match event {
            Event::Start(_) | Event::Empty(_) => plain::tag(raw, self.open.is_empty()),
            Event::End(_) | Event::Eof => true,
            Event::Text(_) => plain::text(raw),
            Event::GeneralRef(reference) => plain::reference(reference),
            Event::Decl(_) => plain::declaration(raw, start),
            Event::Comment(_) => plain::comment(raw, self.open.is_empty()),
            Event::CData(_) | Event::PI(_) | Event::DocType(_) => false,
        }
    }

    fn begin(&mut self, source: &str, tag: &BytesStart<'_>, start: usize, inside: usize) -> Result<(), Malformed> {
        let bindings = self.bindings.len();
        let first_attr = self.tree.attrs.len();
        // The tag's content begins just past the `<`.
        let content = start + 1;
        self.attributes(source, tag, content)?;
        let qname = tag.name().0;
        let (prefix, local) = qname.split_once(':').unwrap_or(("", qname));
        let namespace = self.namespace(prefix).ok_or_else(|| malformed(start, &format!("the prefix {prefix} is not declared")))?;
        for attr in first_attr..self.tree.attrs.len() {
            self.place_attribute(attr)?;
        }
        let name_end = content + qname.len();
        let index = count(self.tree.nodes.len());
        if self.tree.nodes.len() >= MOST_NODES {
            return Err(malformed(start, Malformed::TOO_MANY));
        }
        let parent = self.open.last().map_or(NONE, |open| open.node);
        if parent == NONE && self.rooted {
            return Err(malformed(start, "a second root element"));
        }
        self.rooted = true;
        if let Some(open) = self.open.last_mut() {
            if open.last_child == NONE {
                self.tree.nodes[open.node as usize].first_child = index;
            } else {
                self.tree.nodes[open.last_child as usize].next_sibling = index;
            }
            open.last_child = index;
        }
        self.tree.nodes.push(NodeData {
            name: Piece::source(name_end - local.len(), name_end),
            namespace,
            parent,
            first_child: NONE,
            next_sibling: NONE,
            start: count(start),
            inside: count(inside),
            end: count(start),
            first_attr: count(first_attr),
            attrs: count(self.tree.attrs.len() - first_attr),
            text: Piece::default(),
        });
        self.open.push(Open { node: index, last_child: NONE, bindings, text: Gathered::Nothing });
        Ok(())
    }

    /// Notes the attributes with their prefixes still unresolved, and the declarations among them.
    fn attributes(&mut self, source: &str, tag: &BytesStart<'_>, content: usize) -> Result<(), Malformed> {
        if tag.attributes_raw().is_empty() {
            return Ok(());
        }
        let base = tag.as_ptr() as usize;
        let most = self.tree.attrs.len() + MOST_ATTRIBUTES;
        for attr in tag.attributes().with_checks(false) {
            let attr = attr.map_err(|e| malformed(content, &e.to_string()))?;
            if self.tree.attrs.len() >= most {
                return Err(malformed(content, Malformed::TOO_MANY));
            }
            let key = attr.key.0;
            // The key is a slice of the tag, and the tag one of the source.
            let at = content + (key.as_ptr() as usize).saturating_sub(base);
            let (prefix, local) = key.split_once(':').unwrap_or(("", key));
            let declares = prefix == "xmlns" || key == "xmlns";
            let value = unescape(&attr.value).map_err(|e| malformed(at, &e.to_string()))?;
            if declares {
                let bound = if prefix.is_empty() { "" } else { local };
                let namespace = self.intern(&value, at)?;
                self.bindings.push((bound.to_owned(), namespace));
            }
            let end = at + key.len();
            let name = if key == "xmlns" { Piece::source(at, at) } else { Piece::source(end - local.len(), end) };
            let value = self.attribute_value(source, &attr.value, &value, content, base);
            self.tree.attrs.push(AttrData { name, namespace: if declares { XMLNS } else { NO_NAMESPACE }, at: count(at), value });
        }
        Ok(())
    }

    fn attribute_value(&mut self, source: &str, raw: &str, value: &str, content: usize, base: usize) -> Piece {
        let start = content + (raw.as_ptr() as usize).saturating_sub(base);
        let plain = !value.bytes().any(|b| matches!(b, b'\t' | b'\n' | b'\r'));
        if plain && source.get(start..start + value.len()) == Some(value) {
            Piece::source(start, start + value.len())
        } else {
            self.cook(&value.replace(['\t', '\n', '\r'], " "))
        }
    }

    /// Gives an attribute with a prefix its namespace, once all declarations of its element are known.
    fn place_attribute(&mut self, index: usize) -> Result<(), Malformed> {
        let (at, end, declared) = {
            let attr = &self.tree.attrs[index];
            (attr.at, attr.name.start, attr.namespace == XMLNS)
        };
        if declared || at == end {
            return Ok(());
        }
        let text = Arc::clone(&self.tree.text);
        let prefix = text.get(at as usize..(end as usize).saturating_sub(1)).unwrap_or_default();
        let namespace = self.namespace(prefix).ok_or_else(|| malformed(at as usize, &format!("the prefix {prefix} is not declared")))?;
        self.tree.attrs[index].namespace = namespace;
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Option<u16> {
        self.bindings.iter().rev().find(|(bound, _)| bound == prefix).map(|(_, namespace)| *namespace)
    }

    fn intern(&mut self, uri: &str, at: usize) -> Result<u16, Malformed> {
        if self.bindings.len() >= MOST_NAMESPACES {
            return Err(malformed(at, Malformed::TOO_MANY));
        }
        let known = self.tree.namespaces.iter().position(|known| known == uri);
        let index = known.unwrap_or_else(|| {
            self.tree.namespaces.push(uri.to_owned());
            self.tree.namespaces.len() - 1
        });
        u16::try_from(index).ok().filter(|_| index < MOST_NAMESPACES).ok_or_else(|| malformed(at, Malformed::TOO_MANY))
    }

    fn slice(&mut self, source: &str, start: usize, end: usize) -> Result<(), Malformed> {
        let piece = source.get(start..end).unwrap_or_default();
        let Some(open) = self.open.last_mut() else {
            if piece.bytes().all(|b| b.is_ascii_whitespace()) || piece == "\u{feff}" {
                return Ok(());
            }
            return Err(malformed(start, "text outside the root element"));
        };
        match &mut open.text {
            Gathered::Nothing if piece.bytes().all(|b| b.is_ascii_whitespace()) => {}
            // Between child elements white space is layout.
            Gathered::Slice(..) if open.last_child != NONE && piece.bytes().all(|b| b.is_ascii_whitespace()) => {}
            Gathered::Nothing => open.text = Gathered::Slice(start, end),
            Gathered::Slice(from, to) => {
                let mut own = source.get(*from..*to).unwrap_or_default().to_owned();
                own.push_str(piece);
                open.text = Gathered::Own(own);
            }
            Gathered::Own(own) => own.push_str(piece),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>, at: usize) -> Result<(), Malformed> {
        let name: &str = reference;
        let resolved = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => reference.resolve_char_ref().ok().flatten().ok_or_else(|| malformed(at, &format!("the entity {name} is not declared")))?,
        };
        let text = Arc::clone(&self.tree.text);
        let Some(open) = self.open.last_mut() else {
            return Err(malformed(at, "text outside the root element"));
        };
        let mut own = match std::mem::replace(&mut open.text, Gathered::Nothing) {
            Gathered::Nothing => String::new(),
            Gathered::Slice(from, to) => text.get(from..to).unwrap_or_default().to_owned(),
            Gathered::Own(own) => own,
        };
        own.push(resolved);
        open.text = Gathered::Own(own);
        Ok(())
    }

    fn finish(&mut self, source: &str, end: usize) -> Result<(), Malformed> {
        let open = self.open.pop().ok_or_else(|| malformed(end, "an end tag without a start tag"))?;
        self.bindings.truncate(open.bindings);
        let text = match open.text {
            Gathered::Nothing => Piece::default(),
            Gathered::Slice(start, end) => self.slice_text(source, start, end),
            Gathered::Own(own) => self.cook(&collapse(&own)),
        };
        let node = &mut self.tree.nodes[open.node as usize];
        node.end = count(end);
        node.text = text;
        Ok(())
    }

    fn slice_text(&mut self, source: &str, start: usize, end: usize) -> Piece {
        let raw = source.get(start..end).unwrap_or_default();
        let trimmed = raw.trim_matches(is_space);
        let is_plain = !trimmed.as_bytes().windows(2).any(|pair| is_space(char::from(pair[0])) && (pair[0] != b' ' || pair[1] == b' '));
        if is_plain {
            let start = start + (raw.len() - raw.trim_start_matches(is_space).len());
            Piece::source(start, start + trimmed.len())
        } else {
            self.cook(&collapse(trimmed))
        }
    }

    fn cook(&mut self, value: &str) -> Piece {
        let start = self.tree.cooked.len();
        self.tree.cooked.push_str(value);
        Piece { start: count(start), end: count(self.tree.cooked.len()), cooked: true }
    }
}

/// XML white space; U+3000 and U+00A0 are not, and stay where they are.
pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn collapse(text: &str) -> String {
    let mut words = text.split(is_space).filter(|word| !word.is_empty());
    let mut collapsed = String::with_capacity(text.len());
    collapsed.extend(words.next());
    for word in words {
        collapsed.push(' ');
        collapsed.push_str(word);
    }
    collapsed
}

fn malformed(at: usize, what: &str) -> Malformed {
    Malformed { at, what: what.to_owned() }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Counts and offsets fit: the text is shorter than 4 GiB, and each node, attribute and cooked byte stands for at least one byte of it.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
