use std::{fs, path::Path};

use super::Bundle;

const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:d="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
  <xs:include schemaLocation="types.xsd"/><xs:element name="Doc" type="d:Text"/></xs:schema>"#;
const TYPES: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Text"><xs:restriction base="xs:token"><xs:maxLength value="5"/></xs:restriction></xs:simpleType></xs:schema>"#;
const TOML: &str = "version = \"1\"\neffective_from = \"2023-01-01\"\nentry = \"main.xsd\"\nnamespace = \"urn:t\"\n\
    [lists]\ntowns = \"towns.csv\"\n[[kind]]\ncode = \"doc\"\nroot = \"Doc\"\nname = \"文书\"\nword = \"\"\nlane = \"A\"\nrank = 1\n";

fn lay(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn problems(folder: &Path) -> String {
    let home = folder.display().to_string();
    let problems = Bundle::load_all(folder).unwrap_err();
    problems.iter().map(|problem| problem.to_string().replace(&home, "…") + "\n").collect()
}

#[test]
fn a_bundle_is_read_with_its_kinds_lists_and_schema() {
    let home = tempfile::tempdir().unwrap();
    lay(home.path(), &[("bundle.toml", TOML), ("main.xsd", SCHEMA), ("types.xsd", TYPES), ("towns.csv", "code,name\n1,镇\n")]);
    let bundles = Bundle::load_all(home.path()).unwrap();
    assert_eq!(bundles.len(), 1);
    assert_eq!(bundles[0].kind_of_root("Doc").unwrap().name, "文书");
    assert_eq!(bundles[0].accepts, ["1"], "without a list of its own it checks its own version");
    assert!(bundles[0].lists.contains_key("towns"));
}

#[test]
fn everything_wrong_with_a_bundle_is_told_at_once() {
    let home = tempfile::tempdir().unwrap();
    let toml = TOML
        .replace("effective_from = \"2023-01-01\"", "effective_from = \"2023年\"")
        .replace("lane = \"A\"", "lane = \"C\"")
        .replace("version = \"1\"\n", "")
        + "[[kind]]\ncode = \"other\"\nroot = \"Nowhere\"\nname = \"无\"\nlane = \"B\"\nrank = 2\n";
    lay(home.path(), &[("bundle.toml", &toml), ("main.xsd", SCHEMA), ("types.xsd", TYPES), ("towns.csv", "code,name\n1,镇\n1,镇\n,无\n")]);
    insta::assert_snapshot!(problems(home.path()));
}

#[test]
fn a_schema_that_lacks_a_file_or_does_not_compile_is_named() {
    let home = tempfile::tempdir().unwrap();
    lay(home.path(), &[("main.xsd", SCHEMA)]);
    assert!(problems(home.path()).contains("types.xsd：文件不存在"), "{}", problems(home.path()));
    lay(home.path(), &[("types.xsd", &TYPES.replace("xs:maxLength", "xs:fractionDigits"))]);
    assert!(problems(home.path()).contains("表单定义（XSD）有错"), "{}", problems(home.path()));
    lay(home.path(), &[("types.xsd", "<xs:schema")]);
    assert!(problems(home.path()).contains("不是完整的 XML"), "{}", problems(home.path()));
}

#[test]
fn a_schema_alone_is_found_by_the_file_that_no_other_includes() {
    let home = tempfile::tempdir().unwrap();
    lay(home.path(), &[("main.xsd", SCHEMA), ("types.xsd", TYPES)]);
    let bundle = Bundle::load(home.path()).unwrap();
    assert_eq!((bundle.schema.entry.as_str(), bundle.has_kinds()), ("main.xsd", false));
    let named = Bundle::load(&home.path().join("main.xsd")).unwrap();
    assert_eq!(named.schema.files.len(), 2);
    lay(home.path(), &[("other.xsd", &SCHEMA.replace("urn:t", "urn:u"))]);
    assert!(problems(home.path()).contains("几个并列的 XSD 文件"));
    let empty = tempfile::tempdir().unwrap();
    assert!(problems(empty.path()).contains("没有表单定义"));
}

#[test]
fn two_versions_that_begin_on_one_day_are_refused_and_others_come_newest_first() {
    let home = tempfile::tempdir().unwrap();
    let files = |toml: &str, folder: &Path| {
        lay(folder, &[("bundle.toml", toml), ("main.xsd", SCHEMA), ("types.xsd", TYPES), ("towns.csv", "code,name\n1,镇\n")]);
    };
    files(TOML, home.path());
    files(&TOML.replace("2023-01-01", "2024-01-01").replace("version = \"1\"", "version = \"2\""), &home.path().join("2024"));
    let versions: Vec<String> = Bundle::load_all(home.path()).unwrap().into_iter().map(|bundle| bundle.version).collect();
    assert_eq!(versions, ["2", "1"]);
    files(TOML, &home.path().join("2024"));
    assert!(problems(home.path()).contains("生效日期相同"));
}
