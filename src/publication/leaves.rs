//! What stands in a document, by the paths of its elements: no tree is built, and nothing is copied but what is asked for.

use quick_xml::{Reader, XmlVersion, events::Event};

/// Every element's and attribute's own text by its path below the root: `Enterprise/Uscc`, `PenaltyKinds/PenaltyKind/@name`.
#[derive(Debug, Default)]
pub struct Leaves(Vec<(String, String)>);

impl Leaves {
    /// One more, in the order of the document.
    pub fn push(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.push((path.into(), text.into()));
    }

    pub(super) fn get(&self, path: &str) -> String {
        self.0.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    pub(super) fn one(&self, path: &str) -> Option<String> {
        Some(self.get(path)).filter(|text| !text.is_empty())
    }

    /// `《中华人民共和国安全生产法》第四十一条第一款；…`, and what the block says in words.
    pub(super) fn cited(&self, block: &str) -> String {
        let mut said: Vec<String> = Vec::new();
        let (law, article, text) = (format!("{block}/Citation/Law"), format!("{block}/Citation/Article"), format!("{block}/Text"));
        for (path, value) in &self.0 {
            if *path == law {
                said.push(format!("《{value}》"));
            } else if *path == article {
                if let Some(last) = said.last_mut() {
                    last.push_str(value);
                }
            } else if *path == text {
                said.push(value.clone());
            }
        }
        said.join("；")
    }

    /// All of them with their paths, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// The elements that are open, the root left out of the path: where the path of each ends, where its own text begins, and whether that is
/// asked for.
struct Open<'f> {
    asked_for: &'f [&'f str],
    path: String,
    text: String,
    elements: Vec<(usize, usize, bool)>,
}

impl Open<'_> {
    fn enter(&mut self, name: &str) {
        let above = self.path.len();
        if !self.elements.is_empty() {
            self.go_to(name);
        }
        self.elements.push((above, self.text.len(), self.asked_for.contains(&self.path.as_str())));
    }

    fn go_to(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
    }

    /// Text belongs to the innermost element that is open; before the root it is nobody's.
    fn say(&mut self, text: &str) {
        if let Some((_, _, true)) = self.elements.last() {
            self.text.push_str(text);
        }
    }

    fn attribute(&mut self, name: &str, value: &str, found: &mut Leaves) {
        let here = self.path.len();
        self.go_to("@");
        self.path.push_str(name);
        if self.asked_for.contains(&self.path.as_str()) {
            found.push(&*self.path, value.trim());
        }
        self.path.truncate(here);
    }

    fn leave(&mut self, found: &mut Leaves) -> Option<()> {
        let (above, from, asked_for) = self.elements.pop()?;
        if asked_for {
            let text = self.text[from..].split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                found.push(&*self.path, text);
            }
        }
        self.text.truncate(from);
        self.path.truncate(above);
        Some(())
    }
}

/// The root's local name and the leaves below it that are asked for. The bytes passed the check once; what cannot be read now is `None`.
pub(super) fn read(text: &str, asked_for: &[&str]) -> Option<(String, Leaves)> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = Open { asked_for, path: String::new(), text: String::new(), elements: Vec::new() };
    let (mut root, mut found) = (None, Leaves::default());
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                open.enter(tag.local_name().into_inner());
                if root.is_none() {
                    root = Some(tag.local_name().into_inner().to_owned());
                    continue;
                }
                for attribute in tag.attributes().flatten() {
                    if attribute.key.as_namespace_binding().is_none() {
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
                        open.attribute(attribute.key.local_name().into_inner(), &value, &mut found);
                    }
                }
            }
            Event::Text(part) => open.say(&part.xml10_content()),
            Event::CData(part) => open.say(&part.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(c) => open.say(c.encode_utf8(&mut [0; 4])),
                None => open.say(quick_xml::escape::resolve_xml_entity(&entity)?),
            },
            Event::End(_) => open.leave(&mut found)?,
            Event::Eof => return None,
            _ => {}
        }
        // White space between elements has no owner before the root opens.
        if open.elements.is_empty() && root.is_some() {
            return Some((root?, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\"?> <p:A xmlns:p=\"x\" n=\"0\"><p:B>one <C>&lt;<![CDATA[ two ]]>&#x4e8c;</C> more</p:B>\
        <E/><D n=\" 1 \" xmlns=\"y\">  </D><D n=\"2\">3</D><B>\n4  5 </B></p:A> after";

    #[test]
    fn what_is_asked_for_is_found_in_the_order_of_the_document() {
        let (root, leaves) = read(TEXT, &["B", "B/C", "D", "D/@n", "E"]).unwrap();
        let all: Vec<_> = leaves.all().collect();
        assert_eq!(root, "A");
        assert_eq!(all, [("B/C", "< two 二"), ("B", "one more"), ("D/@n", "1"), ("D/@n", "2"), ("D", "3"), ("B", "4 5")]);
        let (_, some) = read(TEXT, &["B"]).unwrap();
        assert_eq!(some.all().collect::<Vec<_>>(), [("B", "one more"), ("B", "4 5")]);
    }

    #[test]
    fn what_is_no_document_has_none() {
        for text in ["", "words", "<A><B>", "<A></B>", "<A>&what;</A>"] {
            assert!(read(text, &["B"]).is_none(), "{text}");
        }
    }
}
