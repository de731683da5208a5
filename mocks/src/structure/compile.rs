//! From XSD text to the few facts that the mock checks.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::bundle::{Attribute, Content, Item, NO_TYPE, Type};
use super::text::{Shape, TextRule};

/// An element of a schema file.
#[derive(Debug, Clone, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

impl Node {
    fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|c| c.name == name)
    }

    fn occurs(&self) -> (u32, u32) {
        let min = self.get("minOccurs").and_then(|v| v.parse().ok()).unwrap_or(1);
        let max = match self.get("maxOccurs") {
            Some("unbounded") => u32::MAX,
            Some(v) => v.parse().unwrap_or(u32::MAX),
            None => 1,
        };
        (min, max)
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, l)| l)
}

fn node(start: &BytesStart<'_>) -> Result<Node, String> {
    let mut out = Node { name: local(start.name().as_ref()).to_owned(), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let key: &str = attribute.key.as_ref();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        out.attributes.push((key.to_owned(), value.into_owned()));
    }
    Ok(out)
}

fn tree(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    let mut stack = vec![Node::default()];
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(s) => stack.push(node(&s)?),
            Event::Empty(s) => {
                let n = node(&s)?;
                if let Some(top) = stack.last_mut() {
                    top.children.push(n);
                }
            }
            Event::End(_) => {
                let Some(n) = stack.pop() else {
                    return Err("an end tag too many".into());
                };
                let Some(top) = stack.last_mut() else {
                    return Err("an end tag too many".into());
                };
                if !matches!(n.name.as_str(), "annotation") {
                    top.children.push(n);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    stack.pop().and_then(|mut top| top.children.pop()).ok_or_else(|| "no schema".to_owned())
}

#[derive(Default)]
struct Compiler {
    /// Global declarations by their own element name and their name.
    globals: HashMap<(String, String), Node>,
    named: HashMap<String, usize>,
    types: Vec<Type>,
}

/// Compiles the texts of a bundle: its types and its global elements.
pub(super) fn compile(texts: &[String]) -> Result<(Vec<Type>, HashMap<String, usize>), String> {
    let mut c = Compiler::default();
    let mut roots = Vec::new();
    for text in texts {
        for n in tree(text)?.children {
            if let Some(name) = n.get("name").map(str::to_owned) {
                if n.name == "element" {
                    roots.push(name.clone());
                }
                c.globals.insert((n.name.clone(), name), n);
            }
        }
    }
    let mut out = HashMap::new();
    for name in roots {
        let ty = c.global_element(&name);
        out.insert(name, ty);
    }
    Ok((c.types, out))
}

impl Compiler {
    fn global(&self, what: &str, name: &str) -> Option<Node> {
        self.globals.get(&(what.to_owned(), local(name).to_owned())).cloned()
    }

    fn add(&mut self, ty: Type) -> usize {
        self.types.push(ty);
        self.types.len() - 1
    }

    fn global_element(&mut self, name: &str) -> usize {
        let key = format!("element {}", local(name));
        if let Some(ty) = self.named.get(&key) {
            return *ty;
        }
        let ty = self.global("element", name).map_or(NO_TYPE, |n| self.element(&n));
        self.named.insert(key, ty);
        ty
    }

    /// The type of an element declaration.
    fn element(&mut self, n: &Node) -> usize {
        if let Some(name) = n.get("type") {
            return self.named_type(name);
        }
        if let Some(t) = n.child("complexType") {
            let ty = self.complex(t);
            return self.add(ty);
        }
        if let Some(t) = n.child("simpleType") {
            let text = self.simple(t);
            return self.add(plain(text));
        }
        NO_TYPE
    }

    fn named_type(&mut self, name: &str) -> usize {
        let own = local(name).to_owned();
        if let Some(ty) = self.named.get(&own) {
            return *ty;
        }
        if let Some(n) = self.global("complexType", name) {
            // The place is taken first, so that a type may hold itself.
            let place = self.add(plain(TextRule::default()));
            self.named.insert(own, place);
            self.types[place] = self.complex(&n);
            return place;
        }
        let text = self.simple_named(name);
        let ty = self.add(plain(text));
        self.named.insert(own, ty);
        ty
    }

    fn simple_named(&self, name: &str) -> TextRule {
        match self.global("simpleType", name) {
            Some(n) => self.simple(&n),
            None => TextRule::builtin(local(name)),
        }
    }

    fn simple(&self, n: &Node) -> TextRule {
        // Lists and unions: any text.
        let Some(r) = n.child("restriction") else {
            return TextRule { shape: Shape::Token, ..TextRule::default() };
        };
        let base = match (r.get("base"), r.child("simpleType")) {
            (Some(name), _) => self.simple_named(name),
            (None, Some(inner)) => self.simple(inner),
            (None, None) => TextRule::default(),
        };
        facets(base, r)
    }

    fn complex(&mut self, n: &Node) -> Type {
        if let Some(simple) = n.child("simpleContent") {
            let Some(d) = simple.children.first() else {
                return anything();
            };
            let base = d.get("base").unwrap_or("xs:string").to_owned();
            let at = self.named_type(&base);
            let mut ty = self.types.get(at).cloned().unwrap_or_else(anything);
            if d.name == "restriction" {
                ty.text = facets(ty.text, d);
            }
            ty.content = Content::Simple;
            self.attributes(d, &mut ty);
            return ty;
        }
        if let Some(complex) = n.child("complexContent") {
            let Some(d) = complex.children.first() else {
                return anything();
            };
            let mut ty = if d.name == "extension" {
                let at = self.named_type(d.get("base").unwrap_or_default());
                self.types.get(at).cloned().unwrap_or_else(anything)
            } else {
                Type { content: Content::Empty, ..anything() }
            };
            let own = self.content(d);
            ty.content = match (ty.content, own) {
                (Content::Sequence(mut a), Content::Sequence(b)) => {
                    a.extend(b);
                    Content::Sequence(a)
                }
                (a, Content::Empty) => a,
                (Content::Empty, b) => b,
                _ => Content::Any,
            };
            ty.any_attribute = d.name == "restriction";
            self.attributes(d, &mut ty);
            return ty;
        }
        let content = if n.get("mixed") == Some("true") { Content::Any } else { self.content(n) };
        let mut ty = Type { content, text: TextRule::default(), attributes: Vec::new(), any_attribute: false };
        self.attributes(n, &mut ty);
        ty
    }

    fn attributes(&self, n: &Node, ty: &mut Type) {
        for a in &n.children {
            match a.name.as_str() {
                "attribute" => {
                    let declared = a.get("ref").and_then(|r| self.global("attribute", r));
                    let d = declared.as_ref().unwrap_or(a);
                    let text = match (d.get("type"), d.child("simpleType")) {
                        (Some(t), _) => self.simple_named(t),
                        (None, Some(t)) => self.simple(t),
                        (None, None) => TextRule::default(),
                    };
                    let name = d.get("name").or(a.get("ref")).map(local).unwrap_or_default().to_owned();
                    ty.attributes.retain(|x| x.name != name);
                    ty.attributes.push(Attribute { name, required: a.get("use") == Some("required"), text });
                }
                "attributeGroup" => {
                    if let Some(g) = a.get("ref").and_then(|r| self.global("attributeGroup", r)) {
                        self.attributes(&g, ty);
                    }
                }
                "anyAttribute" => ty.any_attribute = true,
                _ => {}
            }
        }
    }

    fn content(&mut self, n: &Node) -> Content {
        let Some(p) = n.children.iter().find(|c| matches!(c.name.as_str(), "sequence" | "choice" | "all" | "group")) else {
            return Content::Empty;
        };
        match self.particle(p) {
            Some(items) => Content::Sequence(items),
            None => Content::Any,
        }
    }

    /// A particle as a flat sequence, or `None` where it is more than that.
    fn particle(&mut self, p: &Node) -> Option<Vec<Item>> {
        let (min, max) = p.occurs();
        match p.name.as_str() {
            "element" => {
                let (name, ty) = match p.get("ref") {
                    Some(r) => (local(r).to_owned(), self.global_element(r)),
                    None => (p.get("name")?.to_owned(), self.element(p)),
                };
                Some(vec![Item { names: vec![(name.into(), ty)], min, max }])
            }
            "group" => {
                if (min, max) != (1, 1) {
                    return None;
                }
                let g = self.global("group", p.get("ref")?)?;
                let inner = g.children.iter().find(|c| matches!(c.name.as_str(), "sequence" | "choice" | "all"))?.clone();
                self.particle(&inner)
            }
            "sequence" => {
                let mut items = Vec::new();
                for c in &p.children {
                    items.extend(self.particle(c)?);
                }
                match (min, max, items.len()) {
                    (1, 1, _) => Some(items),
                    (0, 1, 1) => {
                        items[0].min = 0;
                        Some(items)
                    }
                    _ => None,
                }
            }
            "choice" => {
                let mut names = Vec::new();
                let mut least = 1;
                for c in &p.children {
                    let one = self.particle(c)?;
                    let [item] = &one[..] else { return None };
                    if item.max > 1 {
                        return None;
                    }
                    least = least.min(item.min);
                    names.extend(item.names.clone());
                }
                Some(vec![Item { names, min: min.min(least), max }])
            }
            _ => None,
        }
    }
}

fn plain(text: TextRule) -> Type {
    Type { content: Content::Simple, text, attributes: Vec::new(), any_attribute: false }
}

fn anything() -> Type {
    Type { content: Content::Any, text: TextRule::default(), attributes: Vec::new(), any_attribute: true }
}

fn facets(mut rule: TextRule, r: &Node) -> TextRule {
    let mut values = Vec::new();
    for f in &r.children {
        let value = f.get("value").unwrap_or_default();
        match f.name.as_str() {
            "minLength" => rule.shortest = value.parse().ok(),
            "maxLength" => rule.longest = value.parse().ok(),
            "length" => {
                rule.shortest = value.parse().ok();
                rule.longest = rule.shortest;
            }
            "enumeration" => values.push(value.to_owned()),
            "whiteSpace" if rule.shape == Shape::Raw && value != "preserve" => rule.shape = Shape::Token,
            _ => {}
        }
    }
    if !values.is_empty() {
        rule.values = Some(values);
    }
    rule
}
