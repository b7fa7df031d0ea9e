//! JSON Schema, as far as the description uses it. Every validator is too large to be compiled for this one file. A keyword
//! that is not known here fails the test.

use regex::Regex;
use serde_json::{Map, Value};

/// Returns the problems of a value by a schema of the description, or an empty list if it is valid.
pub(crate) fn problems(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(root, schema, value, "", &mut problems);
    problems
}

/// Returns the target of a reference, or the value itself if it is not a reference.
pub(crate) fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value.get("$ref") else { return value };
    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
    root.pointer(pointer).unwrap_or_else(|| panic!("`{pointer}` leads nowhere"))
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        if !holds(root, schema.as_object().unwrap(), keyword, wanted, value, at, problems) {
            problems.push(format!("{at}: {value} is not by `{keyword}`: {wanted}"));
        }
    }
}

fn holds(
    root: &Value,
    schema: &Map<String, Value>,
    keyword: &str,
    wanted: &Value,
    value: &Value,
    at: &str,
    problems: &mut Vec<String>,
) -> bool {
    let is_valid = |schema| self::problems(root, schema, value).is_empty();
    let (object, list, text) = (value.as_object(), value.as_array(), value.as_str());
    let most = |count: Option<usize>| count.is_none_or(|count| count as u64 <= wanted.as_u64().unwrap());
    let least = |count: Option<usize>| count.is_none_or(|count| count as u64 >= wanted.as_u64().unwrap());
    match keyword {
        "description" | "default" => true,
        "$ref" => {
            check(root, resolve(root, &Value::Object(schema.clone())), value, at, problems);
            true
        }
        "type" => match wanted {
            Value::Array(names) => names.iter().any(|name| is_of_type(value, name)),
            name => is_of_type(value, name),
        },
        "const" => value == wanted,
        "enum" => wanted.as_array().unwrap().contains(value),
        "oneOf" => wanted.as_array().unwrap().iter().filter(|schema| is_valid(schema)).count() == 1,
        "not" => !is_valid(wanted),
        "required" => object
            .is_none_or(|it| wanted.as_array().unwrap().iter().all(|name| it.contains_key(name.as_str().unwrap()))),
        "properties" => {
            for (name, schema) in wanted.as_object().unwrap() {
                if let Some(value) = object.and_then(|it| it.get(name)) {
                    check(root, schema, value, &format!("{at}/{name}"), problems);
                }
            }
            true
        }
        "additionalProperties" => {
            assert_eq!(wanted, false, "no other is used");
            object.is_none_or(|it| it.keys().all(|name| schema["properties"].get(name).is_some()))
        }
        "items" => {
            for (index, value) in list.into_iter().flatten().enumerate() {
                check(root, wanted, value, &format!("{at}/{index}"), problems);
            }
            true
        }
        "minItems" => least(list.map(Vec::len)),
        "maxItems" => most(list.map(Vec::len)),
        "uniqueItems" => list.is_none_or(|it| it.iter().enumerate().all(|(index, item)| !it[..index].contains(item))),
        "minLength" => least(text.map(|it| it.chars().count())),
        "maxLength" => most(text.map(|it| it.chars().count())),
        "pattern" => text.is_none_or(|it| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(it)),
        "minimum" => value.as_f64().is_none_or(|it| it >= wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|it| it <= wanted.as_f64().unwrap()),
        _ => panic!("`{keyword}` is not known here; teach it, or leave it out of the description"),
    }
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => panic!("`{other}` is no type that is used"),
    }
}

#[test]
fn every_keyword_of_a_schema_is_checked() {
    let root: Value = serde_json::json!({"short": {"type": "string", "maxLength": 2}});
    let table = [
        (r##"{"$ref": "#/short"}"##, r#"["ab"]"#, r#"["abc", 1]"#),
        (r#"{"type": ["null", "boolean"]}"#, "[null, true]", r#"[0, "", [], {}]"#),
        (r#"{"type": "integer", "minimum": 1, "maximum": 3}"#, "[1, 3]", "[0, 4, 1.5, true]"),
        (
            r#"{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}"#,
            r#"[{"a": 1, "b": 2}]"#,
            r#"[{}, {"a": 2}, []]"#,
        ),
        (r#"{"properties": {"a": {}}, "additionalProperties": false}"#, r#"[{"a": 1}, {}, 1]"#, r#"[{"b": 1}]"#),
        (
            r#"{"items": {"enum": [1, 2]}, "minItems": 1, "maxItems": 2, "uniqueItems": true}"#,
            "[[1, 2], 1]",
            "[[], [1, 1], [3], [1, 2, 1]]",
        ),
        (
            r#"{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
            r#"[{"a": 1}, {"b": 1}]"#,
            r#"[{}, {"a": 1, "b": 1}]"#,
        ),
        (r#"{"not": {"type": "null"}}"#, "[1]", "[null]"),
        (r#"{"type": "string", "pattern": "^[a-z]+$", "minLength": 2}"#, r#"["ab"]"#, r#"["a", "aB", "é", 1]"#),
    ];
    for (schema, valid, invalid) in table {
        let [schema, valid, invalid] =
            [schema, valid, invalid].map(|text| serde_json::from_str::<Value>(text).unwrap());
        for value in valid.as_array().unwrap() {
            assert_eq!(problems(&root, &schema, value), [""; 0], "{schema} {value}");
        }
        for value in invalid.as_array().unwrap() {
            assert!(!problems(&root, &schema, value).is_empty(), "{schema} {value}");
        }
    }
}
