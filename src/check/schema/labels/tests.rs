use std::sync::Arc;

use super::{Labels, XsdSource};
use crate::check::tree::Tree;

const MAIN: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:d="urn:d" targetNamespace="urn:d" elementFormDefault="qualified">
  <xs:complexType name="Base"><xs:sequence>
    <xs:element name="Name" type="d:Text"><xs:annotation><xs:documentation xml:lang="en">Name</xs:documentation><xs:documentation xml:lang="zh-CN">名称</xs:documentation></xs:annotation></xs:element>
  </xs:sequence></xs:complexType>
  <xs:complexType name="More"><xs:complexContent><xs:extension base="d:Base"><xs:sequence>
    <xs:element name="Category" type="d:Category"/>
    <xs:group ref="d:Party"/>
  </xs:sequence><xs:attribute name="no" type="xs:int" use="required"><xs:annotation><xs:documentation>序号</xs:documentation></xs:annotation></xs:attribute></xs:extension></xs:complexContent></xs:complexType>
  <xs:group name="Party"><xs:choice><xs:element ref="d:Person"/><xs:element name="Firm" type="xs:date"/></xs:choice></xs:group>
  <xs:element name="Person"><xs:annotation><xs:documentation>个人</xs:documentation></xs:annotation></xs:element>
  <xs:element name="Doc" type="d:More"><xs:annotation><xs:documentation>文书</xs:documentation></xs:annotation></xs:element>
</xs:schema>"#;
const LENT: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Text"><xs:annotation><xs:appinfo>写全称</xs:appinfo></xs:annotation><xs:restriction base="xs:token"/></xs:simpleType>
  <xs:simpleType name="Category"><xs:annotation><xs:documentation>类型</xs:documentation></xs:annotation><xs:restriction base="Text">
    <xs:enumeration value="a"><xs:annotation><xs:documentation>甲类</xs:documentation></xs:annotation></xs:enumeration><xs:enumeration value="b"/>
  </xs:restriction></xs:simpleType></xs:schema>"#;

fn labels() -> Arc<Labels> {
    let source = |path: &str, text: &str, lent: Option<&str>| XsdSource {
        path: path.into(),
        text: Arc::from(text),
        lent_namespace: lent.map(str::to_owned),
    };
    Arc::new(Labels::of(&[source("main.xsd", MAIN, None), source("lent.xsd", LENT, Some("urn:d"))]))
}

#[test]
fn a_field_is_called_what_its_declaration_its_type_or_its_group_says_in_chinese_first() {
    let text = "<Doc xmlns='urn:d' no='1'><Name>x</Name><Category>c</Category><Person/><Firm/><Odd/></Doc>";
    let tree = Tree::parse(Arc::from(text), labels()).unwrap();
    let label = |path: &str| tree.find(path).unwrap().label();
    assert_eq!(label(""), "文书");
    assert_eq!(label("Name"), "名称");
    assert_eq!(label("Category"), "类型");
    assert_eq!(label("Person"), "个人");
    assert_eq!(label("Firm"), "Firm");
    assert_eq!(label("Odd"), "Odd");
    assert_eq!(tree.root().attribute("no").unwrap().label(), "序号");
}

#[test]
fn a_list_gives_its_values_with_their_labels_and_a_field_its_remark_and_built_in_type() {
    let tree = Tree::parse(Arc::from("<Doc xmlns='urn:d'><Name/><Category/><Firm/></Doc>"), labels()).unwrap();
    let field = |path: &str| tree.labels().field(&tree.find(path).unwrap()).unwrap();
    let choices: Vec<_> = field("Category").choices().iter().map(|c| (c.value.as_str(), c.label.as_str())).collect();
    assert_eq!(choices, [("a", "甲类"), ("b", "")]);
    assert_eq!(field("Category").built_in(), Some("token"));
    assert_eq!(field("Firm").built_in(), Some("date"));
    assert_eq!(field("Name").remark(), Some("写全称"));
    let children: Vec<_> = field("").children().iter().map(|c| (c.name(), c.required())).collect();
    assert_eq!(children, [("Name", true), ("Category", true), ("Person", false), ("Firm", false)]);
}

#[test]
fn definitions_that_go_in_circles_do_not_hang_it() {
    let text = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
      <xs:complexType name="A"><xs:complexContent><xs:extension base="B"/></xs:complexContent></xs:complexType>
      <xs:complexType name="B"><xs:complexContent><xs:extension base="A"/></xs:complexContent></xs:complexType>
      <xs:group name="G"><xs:sequence><xs:group ref="G"/></xs:sequence></xs:group>
      <xs:element name="Doc" type="A"/></xs:schema>"#;
    let labels = Labels::of(&[XsdSource { path: "a.xsd".into(), text: Arc::from(text), lent_namespace: None }]);
    let tree = Tree::parse(Arc::from("<Doc><x/></Doc>"), Arc::new(labels)).unwrap();
    assert_eq!(tree.find("x").unwrap().label(), "x");
}
