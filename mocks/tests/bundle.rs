//! The schema bundle against itself: labels everywhere, and code lists that say what the schema says.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use dangri_mocks::drafts::{KINDS, sample_day, single};
use quick_xml::{Reader, events::Event};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/platform/shandong")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(bundle().join(name)).unwrap()
}

fn schemas() -> Vec<(String, String)> {
    let names = std::fs::read_dir(bundle()).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".xsd")).map(|name| (name.clone(), read(&name))).collect()
}

/// A declaration in a schema: what it is, its name or value, and the Chinese label that follows.
struct Declared {
    tag: String,
    name: String,
    label: String,
    /// The named type around it, if any.
    within: String,
}

fn declared(text: &str) -> Vec<Declared> {
    let mut reader = Reader::from_str(text);
    let mut found: Vec<Declared> = Vec::new();
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut within = String::new();
    let mut labelling = false;
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(e) => {
                let tag = e.local_name().as_ref().to_owned();
                let attribute = |name: &str| e.try_get_attribute(name).unwrap().map(|a| a.value.into_owned());
                labelling = tag == "documentation" && attribute("xml:lang").as_deref() == Some("zh-CN");
                let name = attribute("name").or_else(|| attribute("value"));
                if tag == "simpleType" {
                    within = name.clone().unwrap_or_default();
                }
                let wanted = matches!(tag.as_str(), "element" | "attribute" | "enumeration");
                open.push(
                    wanted
                        .then_some(found.len())
                        .or_else(|| if tag == "annotation" || tag == "documentation" { *open.last()? } else { None }),
                );
                if let (true, Some(name)) = (wanted, name) {
                    found.push(Declared { tag, name, label: String::new(), within: within.clone() });
                }
            }
            Event::Empty(e) => {
                let tag = e.local_name().as_ref().to_owned();
                assert!(!matches!(tag.as_str(), "element" | "attribute" | "enumeration"), "a declaration without a label");
            }
            Event::Text(e) if labelling => {
                if let Some(Some(index)) = open.last() {
                    found[*index].label.push_str(&e);
                }
            }
            Event::End(_) => {
                open.pop();
                labelling = false;
            }
            _ => {}
        }
    }
}

/// Code and name of a list.
fn list(name: &str) -> BTreeMap<String, String> {
    let text = read(name);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("code,name"), "{name} lacks its header");
    lines
        .map(|line| {
            let mut cells = line.split(',');
            (cells.next().unwrap().to_owned(), cells.next().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn every_element_attribute_and_code_has_the_label_of_the_printed_form() {
    let mut count = 0;
    for (file, text) in schemas() {
        for d in declared(&text) {
            assert!(!d.label.trim().is_empty(), "{file}: {} {} has no label", d.tag, d.name);
            assert!(d.label.chars().count() <= 20, "{file}: the label of {} is a sentence", d.name);
            count += 1;
        }
    }
    assert!(count > 400, "{count}");
}

#[test]
fn code_lists_and_the_schema_name_the_same_codes() {
    let declared = declared(&read("common.xsd"));
    for (name, file) in
        [("ProblemCategoryCode", "problem-categories.csv"), ("PenaltyKindCode", "penalty-kinds.csv"), ("IdKindCode", "id-kinds.csv")]
    {
        let codes: BTreeMap<_, _> =
            declared.iter().filter(|d| d.within == name && d.tag == "enumeration").map(|d| (d.name.clone(), d.label.clone())).collect();
        assert_eq!(codes, list(file), "{file}");
    }
    assert_eq!(list("towns.csv").len(), 14);
    assert_eq!(list("number-words.csv").len(), 49);
}

#[test]
fn every_kind_of_the_bundle_is_a_root_element_with_its_word() {
    let bundle: toml::Table = read("bundle.toml").parse().unwrap();
    let words = read("number-words.csv");
    let mut kinds = Vec::new();
    for kind in bundle["kind"].as_array().unwrap() {
        let text = |key: &str| kind[key].as_str().unwrap();
        let draft = single(1, text("code"), sample_day()).unwrap();
        let xml = String::from_utf8(draft.bytes).unwrap();
        assert!(xml.contains(&format!("<{} xmlns=\"{}\">", text("root"), bundle["namespace"].as_str().unwrap())), "{}", text("code"));
        assert!(words.contains(&format!("{},{},{},", text("code"), text("name"), text("word"))), "{}", text("code"));
        match draft.number {
            Some(number) => assert!(number.contains(&format!("应急{}〔", text("word")))),
            None => assert_eq!(text("word"), ""),
        }
        kinds.push(text("code").to_owned());
    }
    let ranks: Vec<_> = bundle["kind"].as_array().unwrap().iter().map(|k| k["rank"].as_integer().unwrap()).collect();
    assert!(ranks.is_sorted(), "kinds stand in legal order");
    assert_eq!(kinds, KINDS);
}
