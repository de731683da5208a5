//! The schemas of what programs are told, in `schemas/`: JSON Schema, of which only `type`, `properties`, `required` and `items` are used.
//!
//! Fields are only ever added within a version (operators.md B5): what a schema requires is in every answer, of the type that it says, and a
//! field that it does not name is no mistake. `DANGRI_TEST_SCHEMAS=1` writes a schema for an answer that has none, from what was answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

/// Where the schema of an answer lies: `dangri.status/1` in `dangri.status-1.json`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{}.json", name.replace('/', "-")))
}

/// Holds answers against their schemas.
pub(crate) fn hold(answers: &[Value]) {
    let mut by_schema: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for answer in answers {
        by_schema.entry(answer["schema"].as_str().unwrap()).or_default().push(answer);
    }
    let mut wrong = Vec::new();
    for (name, answers) in by_schema {
        if std::env::var_os("DANGRI_TEST_SCHEMAS").is_some() && !file(name).try_exists().unwrap() {
            let mut schema = described(&answers);
            schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
            schema["title"] = name.into();
            std::fs::write(file(name), format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
        }
        let text = std::fs::read(file(name)).unwrap_or_else(|error| panic!("{name} has no schema in schemas/: {error}"));
        let schema: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(schema["title"], name);
        answers.iter().for_each(|answer| check(answer, &schema, name, &mut wrong));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check(value: &Value, schema: &Value, at: &str, wrong: &mut Vec<String>) {
    let allowed: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        _ => Vec::new(),
    };
    if !allowed.is_empty() && !allowed.contains(&type_of(value)) {
        wrong.push(format!("{at} is {}, not {allowed:?}", type_of(value)));
    }
    if let Value::Object(fields) = value {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                wrong.push(format!("{at}/{name} is missing"));
            }
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            fields.get(name).into_iter().for_each(|field| check(field, inner, &format!("{at}/{name}"), wrong));
        }
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        check(item, &schema["items"], &format!("{at}/{n}"), wrong);
    }
}

/// A schema that these values fit. What was only ever null may be anything.
fn described(values: &[&Value]) -> Value {
    let types: BTreeSet<&str> = values.iter().map(|value| type_of(value)).collect();
    let types: Vec<&str> = types.into_iter().collect();
    let mut schema = match types.as_slice() {
        [] | ["null"] => return json!({}),
        [one] => json!({ "type": one }),
        several => json!({ "type": several }),
    };
    let objects: Vec<_> = values.iter().filter_map(|value| value.as_object()).collect();
    let names: BTreeSet<&String> = objects.iter().flat_map(|object| object.keys()).collect();
    let field = |name: &str| objects.iter().filter_map(|object| object.get(name)).collect::<Vec<_>>();
    // A map by states, days or numbers has no fields of its own; an event is one of many, and names itself.
    let required: Vec<_> = names.iter().filter(|name| field(name).len() == objects.len()).collect();
    if !names.is_empty() {
        schema["properties"] = names.iter().map(|name| ((*name).clone(), described(&field(name)))).collect();
        schema["required"] = json!(required);
    }
    let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
    if !items.is_empty() {
        schema["items"] = described(&items);
    }
    schema
}

#[test]
fn a_field_that_is_gone_or_changed_is_noticed_and_one_that_is_new_is_not() {
    let schema = described(&[&json!({ "a": 1, "b": [{ "c": null }, { "c": "x" }] })]);
    let wrong = |value: Value| {
        let mut wrong = Vec::new();
        check(&value, &schema, "", &mut wrong);
        wrong
    };
    assert_eq!(wrong(json!({ "a": 2, "b": [], "new": true })), Vec::<String>::new());
    assert_eq!(wrong(json!({ "b": [{ "c": 1 }, {}] })).len(), 3);
    assert_eq!(wrong(json!({ "a": "1", "b": {} })).len(), 2);
}
