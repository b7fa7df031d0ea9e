//! The fields of an object, and what has to hold for them.

use serde_json::{Map, Value};

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// The fields of a value that is an object, has these fields, and none but these and those.
pub(super) fn object(value: &Value, required: &[&str], optional: &[&str]) -> Result<Fields, String> {
    let fields = value.as_object().ok_or("no object")?;
    require(required.iter().all(|name| fields.contains_key(*name)), "a field is missing")?;
    let known = |name: &String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
    require(fields.keys().all(known), "an unknown field")?;
    Ok(fields.clone())
}

/// The list that a field holds.
pub(super) fn list<'fields>(fields: &'fields Fields, name: &str) -> Result<&'fields Vec<Value>, String> {
    fields.get(name).and_then(Value::as_array).ok_or_else(|| format!("no list `{name}`"))
}

/// An error unless something holds.
pub(super) fn require(holds: bool, error: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(error.to_owned()) }
}
