//! Whether every name that a schema refers to is defined in its files: the compiler passes over names that it does not find, and then
//! nothing of what stands there is checked (XSD 1.0 Part 1, §3.15.3: such a schema must be refused).

use std::{collections::HashSet, sync::Arc};

use super::{XsdSource, labels::Labels};
use crate::check::{Node, Tree};

/// The language of schemas.
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Namespaces whose schemas the compiler brings along.
const BROUGHT: [&str; 2] = ["http://www.w3.org/XML/1998/namespace", "http://www.w3.org/1999/xlink"];
/// The types that every schema has (XSD 1.0 Part 2, §3).
const BUILT_IN: &str = "anyType anySimpleType string boolean decimal float double duration dateTime time date gYearMonth gYear gMonthDay \
    gDay gMonth hexBinary base64Binary anyURI QName NOTATION normalizedString token language NMTOKEN NMTOKENS Name NCName ID IDREF IDREFS \
    ENTITY ENTITIES integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt \
    unsignedShort unsignedByte positiveInteger";
/// Where names are defined at the top of a file, and what they are then.
const DEFINING: [(&str, Sort); 6] = [
    ("simpleType", Sort::Type),
    ("complexType", Sort::Type),
    ("element", Sort::Element),
    ("attribute", Sort::Attribute),
    ("group", Sort::Group),
    ("attributeGroup", Sort::AttributeGroup),
];
/// Where names are referred to: element (`*` for any), attribute, and what is referred to.
const REFERRING: [(&str, &str, Sort); 9] = [
    ("*", "type", Sort::Type),
    ("*", "base", Sort::Type),
    ("*", "itemType", Sort::Type),
    ("*", "memberTypes", Sort::Type),
    ("*", "substitutionGroup", Sort::Element),
    ("element", "ref", Sort::Element),
    ("attribute", "ref", Sort::Attribute),
    ("group", "ref", Sort::Group),
    ("attributeGroup", "ref", Sort::AttributeGroup),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Type,
    Element,
    Attribute,
    Group,
    AttributeGroup,
}

impl Sort {
    const fn label(self) -> &'static str {
        match self {
            Self::Type => "类型",
            Self::Element => "元素",
            Self::Attribute => "属性",
            Self::Group => "元素组",
            Self::AttributeGroup => "属性组",
        }
    }
}

/// A namespace and a name in it.
type Known = HashSet<(Sort, String, String)>;

/// What the files refer to and none of them defines, a Chinese sentence each, with file and line. A file that is not well-formed is the
/// compiler's to refuse.
pub(in crate::check) fn unknown(files: &[XsdSource]) -> Vec<String> {
    let labels = Arc::new(Labels::default());
    let tree = |file: &XsdSource| Tree::parse(Arc::clone(&file.text), Arc::clone(&labels)).ok();
    let read = |file| Some((file, tree(file)?));
    let Some(trees) = files.iter().map(read).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let mut known: Known = BUILT_IN.split_whitespace().map(|name| (Sort::Type, XSD.to_owned(), name.to_owned())).collect();
    for (file, tree) in &trees {
        defined(&tree.root(), home(file, tree), &mut known);
    }
    let mut found = Vec::new();
    for (file, tree) in &trees {
        for node in tree.root().descendants().filter(|node| node.namespace() == XSD) {
            referred(&node, (file, home(file, tree)), &known, &mut found);
        }
    }
    found
}

/// The namespace that a file defines names in: its own, or the one that is lent to it.
fn home<'f>(file: &'f XsdSource, tree: &'f Tree) -> &'f str {
    tree.root().attr("targetNamespace").or(file.lent_namespace.as_deref()).unwrap_or_default()
}

fn defined(node: &Node<'_>, home: &str, known: &mut Known) {
    for child in node.children().filter(|child| child.namespace() == XSD) {
        if child.name() == "redefine" {
            defined(&child, home, known);
        }
        let sort = DEFINING.iter().find(|(element, _)| *element == child.name());
        if let (Some((_, sort)), Some(name)) = (sort, child.attr("name")) {
            known.insert((*sort, home.to_owned(), name.trim().to_owned()));
        }
    }
}

fn referred(node: &Node<'_>, (file, home): (&XsdSource, &str), known: &Known, found: &mut Vec<String>) {
    for (_, attribute, sort) in REFERRING.iter().filter(|(element, ..)| *element == "*" || *element == node.name()) {
        for name in node.attr(attribute).into_iter().flat_map(str::split_whitespace) {
            let (prefix, local) = name.split_once(':').unwrap_or(("", name));
            let namespace = match node.resolve(prefix) {
                // What a file without a namespace leaves unsaid is in the one that is lent to it.
                Some("") => file.lent_namespace.as_deref().map_or("", |_| home),
                Some(namespace) => namespace,
                None => "",
            };
            let is_known = known.contains(&(*sort, namespace.to_owned(), local.to_owned()));
            if !is_known && !BROUGHT.contains(&namespace) {
                let (path, line) = (&file.path, node.place().line);
                found.push(format!("{path} 第 {line} 行用到的{}“{name}”没有定义", sort.label()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, target: &str, lent: Option<&str>, body: &str) -> XsdSource {
        let target = if target.is_empty() { String::new() } else { format!(" targetNamespace=\"{target}\"") };
        let text = format!("<xs:schema xmlns:xs=\"{XSD}\" xmlns:a=\"urn:a\" xmlns:b=\"urn:b\"{target}>\n{body}\n</xs:schema>");
        XsdSource { path: path.to_owned(), text: text.into(), lent_namespace: lent.map(str::to_owned) }
    }

    #[test]
    fn each_way_of_referring_to_a_name_is_looked_at() {
        for (body, missing) in [
            (r#"<xs:element name="E" type="a:T"/>"#, "类型“a:T”"),
            (r#"<xs:element name="E" type="xs:sting"/>"#, "类型“xs:sting”"),
            (r#"<xs:simpleType name="S"><xs:restriction base="a:T"/></xs:simpleType>"#, "类型“a:T”"),
            (r#"<xs:simpleType name="S"><xs:list itemType="a:T"/></xs:simpleType>"#, "类型“a:T”"),
            (r#"<xs:simpleType name="S"><xs:union memberTypes="xs:int a:T"/></xs:simpleType>"#, "类型“a:T”"),
            (r#"<xs:element name="E" substitutionGroup="a:H"/>"#, "元素“a:H”"),
            (r#"<xs:group name="G"><xs:sequence><xs:element ref="a:E"/></xs:sequence></xs:group>"#, "元素“a:E”"),
            (r#"<xs:complexType name="C"><xs:group ref="a:G"/></xs:complexType>"#, "元素组“a:G”"),
            (r#"<xs:complexType name="C"><xs:attribute ref="a:A"/></xs:complexType>"#, "属性“a:A”"),
            (r#"<xs:complexType name="C"><xs:attributeGroup ref="a:N"/></xs:complexType>"#, "属性组“a:N”"),
            // Of the same name, and of another sort.
            (r#"<xs:element name="T"/><xs:element name="E" type="a:T"/>"#, "类型“a:T”"),
        ] {
            assert_eq!(unknown(&[file("甲.xsd", "urn:a", None, body)]), [format!("甲.xsd 第 2 行用到的{missing}没有定义")], "{body}");
        }
    }

    #[test]
    fn names_are_found_in_whichever_file_defines_them() {
        let types = r#"<xs:simpleType name="T"><xs:restriction base="xs:string"/></xs:simpleType>"#;
        let uses = r#"<xs:element name="E" type="b:T"/><xs:complexType name="C"><xs:attribute ref="xml:lang"/></xs:complexType>"#;
        let ours = file("甲.xsd", "urn:a", None, uses);
        assert_eq!(unknown(&[ours.clone(), file("乙.xsd", "urn:b", None, types)]), [""; 0]);
        // One without a namespace takes that of the file that includes it, for what it refers to as well.
        let lent = format!("{types}<xs:element name=\"F\" type=\"T\"/>");
        assert_eq!(unknown(&[ours.clone(), file("丙.xsd", "", Some("urn:b"), &lent)]), [""; 0]);
        assert_eq!(unknown(&[ours]).len(), 1);
    }
}
