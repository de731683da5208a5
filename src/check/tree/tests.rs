use std::sync::Arc;

use super::{Malformed, Tree, place};
use crate::document::Place;

fn tree(text: &str) -> Tree {
    Tree::parse(Arc::from(text), Arc::default()).unwrap()
}

const RECORD: &str = "<r:记录 xmlns:r=\"urn:a\" xmlns:x='urn:b' 编号=\"一\n二\" x:k='v&amp;w'>\r\n  <r:单位><r:名称> 淄川\n  某某  &lt;厂&gt; </r:名称><x:名称>别处</x:名称></r:单位>\n\
  <r:项><r:甲>1</r:甲></r:项>\n  <r:项><r:甲>2</r:甲><r:甲><![CDATA[3 < 4]]></r:甲></r:项>\n  <r:空/>\n</r:记录>";

#[test]
fn values_are_found_by_path_with_white_space_collapsed_and_references_resolved() {
    let tree = tree(RECORD);
    assert_eq!(tree.root().name(), "记录");
    assert_eq!(tree.text("单位/名称"), Some("淄川 某某 <厂>"));
    assert_eq!(tree.text("空"), Some(""));
    assert_eq!(tree.text("没有"), None);
    assert_eq!(tree.text("@编号"), Some("一 二"));
    assert_eq!(tree.root().attr("k"), None, "it has a namespace");
    let values: Vec<_> = tree.all("项/甲").iter().map(|n| n.text()).collect();
    assert_eq!(values, ["1", "2", "3 < 4"]);
}

#[test]
fn a_field_of_another_namespace_is_not_taken_for_ours() {
    let tree = tree(RECORD);
    let unit = tree.find("单位").unwrap();
    assert_eq!(unit.children().count(), 2);
    assert_eq!(unit.children_named("名称").count(), 1);
    let other = unit.children().nth(1).unwrap();
    assert_eq!((other.namespace(), other.text()), ("urn:b", "别处"));
}

#[test]
fn places_count_lines_from_one_and_columns_in_characters() {
    let tree = tree(RECORD);
    let name = tree.find("单位/名称").unwrap();
    assert_eq!(name.place(), Place { line: 3, column: 9 });
    assert_eq!(name.path(), "记录/单位/名称");
    let attr = tree.root().attribute("编号").unwrap();
    assert_eq!(attr.place(), Place { line: 1, column: 39 });
    assert_eq!(place("一二", 4), Place { line: 1, column: 2 });
    assert_eq!(place("", 9), Place { line: 1, column: 1 });
    assert_eq!(tree.all("项")[1].number(), (2, 2));
}

#[test]
fn a_node_gives_back_its_own_bytes_and_its_descendants() {
    let tree = tree(RECORD);
    let item = tree.all("项")[1];
    let names: Vec<_> = item.descendants().map(|n| n.name()).collect();
    assert_eq!(names, ["项", "甲", "甲"]);
    let bytes = &RECORD[item.span()];
    assert!(bytes.starts_with("<r:项>") && bytes.ends_with("</r:项>"), "{bytes}");
    assert_eq!(item.resolve("x"), Some("urn:b"));
    assert_eq!(item.resolve("nobody"), None);
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    for (text, at) in [
        ("", 0),
        ("<a/><b/>", 4),
        ("<a>", 0),
        ("<a></b>", 3),
        ("<p:a/>", 0),
        ("<a p:k='1'/>", 3),
        ("<a>&nbsp;</a>", 3),
        ("文字<a/>", 0),
        ("<a/>文字", 4),
    ] {
        let refused = Tree::parse(Arc::from(text), Arc::default()).unwrap_err();
        assert_eq!(refused.at, at, "{text}: {refused}");
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_makes_the_tree_panic(text in "[<>/a&;'\"= !\\[\\]?:x年\\-CDATxmlns]{0,80}") {
        if let Ok(tree) = Tree::parse(Arc::from(text.as_str()), Arc::default()) {
            for node in tree.root().descendants() {
                let _seen = (node.path(), node.text().len(), node.place(), node.attributes().count());
            }
        }
    }
}

/// Each is gone through one by one, so that a file of ten megabytes full of them kept a processor for a minute.
#[test]
fn no_more_attributes_and_namespaces_are_noted_than_an_element_can_have() {
    let declared = |number: usize| format!("xmlns:n{number}=\"u{number}\" ");
    let nested: String = (0..400).map(|number| format!("<a {}>", declared(number))).collect();
    let in_turn: String = (0..400).map(|number| format!("<a {}/>", declared(number))).collect();
    let many = |of: &dyn Fn(usize) -> String| format!("<a {}/>", (0..300).map(of).collect::<String>());
    for text in [many(&declared), many(&|n| format!("k{n}=\"\" ")), nested, format!("<r>{in_turn}</r>")] {
        let refused = Tree::parse(text.as_str().into(), Arc::default()).unwrap_err();
        assert_eq!(refused.what, Malformed::TOO_MANY, "{}", &text[..40]);
    }
    let again: String = (0..400).map(|_| format!("<a {}/>", declared(1))).collect();
    assert!(Tree::parse(format!("<r>{again}</r>").as_str().into(), Arc::default()).is_ok(), "the same one is no more than one");
}
