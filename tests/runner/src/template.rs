//! Values of vectors, with a few forms that stand for something longer.
//!
//! - `"sha256:ab…"`: a digest, whose last digit is repeated up to its full length
//! - `{"$join": ["a/", …]}`: several texts as one
//! - `{"$repeat": value, "times": 1000}`, within a list or `$join`: that many values, in which `$n` counts from 1
//!
//! Where a text is expected, a list stands for its lines.

use crate::no_duplicate_keys::NoDuplicateKeys;
use serde::de::{self, Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use tagseal::contract::MAX_DOCUMENT_BYTES;

/// A value of a vector. Every such value can be written out.
#[derive(Clone, Debug)]
pub(crate) struct Template(Value);

/// A template that stands for a text.
#[derive(Clone, Debug)]
pub(crate) struct Text(Template);

/// The greatest length of what a template stands for. A document that is slightly too long for the contract fits.
const MAX_BYTES: u64 = MAX_DOCUMENT_BYTES + (1 << 20);

const JOIN: &str = "$join";
const REPEAT: &str = "$repeat";
const TIMES: &str = "times";
const NUMBER: &str = "$n";

impl Template {
    /// Parses a value. A field that begins with `$` must be one of the forms, in a place where it may be.
    ///
    /// # Errors
    ///
    /// - `{"$jion": []}`: an unknown form
    /// - `{"$join": ["a"], "b": 1}`, `{"$join": [1]}`: this form has no other field, and joins texts
    /// - `{"a": {"$repeat": "b", "times": 2}}`: this form is for lists
    /// - one `$repeat` within another, or with `times` of 0
    /// - more than a document of the greatest length
    pub(crate) fn new(value: Value) -> Result<Self, String> {
        check(&value, Inside::Value)?;
        let size = size(&value);
        if size > MAX_BYTES {
            Err(format!("it stands for {size} bytes, more than {MAX_BYTES}"))
        } else {
            Ok(Self(value))
        }
    }

    /// Writes the JSON that it stands for, on one line.
    pub(crate) fn json(&self) -> String {
        let mut json = String::new();
        write(&self.0, None, &mut json);
        json
    }

    /// Returns the value that it stands for.
    pub(crate) fn value(&self) -> Value {
        // A text that was just written as JSON can be parsed as JSON.
        serde_json::from_str(&self.json()).unwrap_or_default()
    }

    /// Returns the value as the vector writes it.
    pub(crate) fn into_value(self) -> Value {
        self.0
    }

    /// Returns roughly how many bytes it stands for.
    pub(crate) fn size(&self) -> u64 {
        size(&self.0)
    }
}

impl Text {
    /// Returns the text that it stands for.
    pub(crate) fn text(&self) -> String {
        match &self.0.0 {
            Value::Array(lines) => {
                let lines: Vec<_> = elements(lines, None).map(|(line, number)| text(line, number)).collect();
                lines.join("\n")
            }
            value => text(value, None).into_owned(),
        }
    }

    /// Returns it as a value that is not a list of lines.
    pub(crate) fn into_value(self) -> Value {
        match &self.0.0 {
            Value::Array(_) => self.text().into(),
            _ => self.0.0,
        }
    }

    /// Returns roughly how many bytes it stands for.
    pub(crate) fn size(&self) -> u64 {
        match &self.0.0 {
            Value::Array(lines) => sum(lines, |line| text_size(line) + 1),
            value => text_size(value),
        }
    }
}

/// Writes it as the vector does.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.0 {
            Value::String(text) => formatter.write_str(text),
            value => value.fmt(formatter),
        }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let NoDuplicateKeys(value) = NoDuplicateKeys::deserialize(deserializer)?;
        Self::new(value).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let template = Template::deserialize(deserializer)?;
        match &template.0 {
            Value::Array(lines) => lines.iter().try_for_each(check_text),
            value => check_text(value),
        }
        .map_err(de::Error::custom)?;
        Ok(Self(template))
    }
}

/// The surroundings of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Value,
    /// A list, which may have `$repeat` in it.
    List,
    Repeat,
}

fn check(value: &Value, inside: Inside) -> Result<(), String> {
    let within = if inside == Inside::Repeat { Inside::Repeat } else { Inside::Value };
    match value {
        Value::Array(elements) => check_elements(elements, within),
        Value::Object(fields) => match fields.keys().find(|key| key.starts_with('$')).map(String::as_str) {
            None => fields.values().try_for_each(|field| check(field, within)),
            Some(JOIN) => check_join(fields, within),
            Some(REPEAT) if inside == Inside::List => check_repeat(fields),
            Some(REPEAT) => Err("`$repeat` can only be in a list or `$join`, and not inside another one".into()),
            Some(other) => Err(format!("unknown form `{other}`; write `{JOIN}` or `{REPEAT}`")),
        },
        _ => Ok(()),
    }
}

fn check_elements(elements: &[Value], within: Inside) -> Result<(), String> {
    let inside = if within == Inside::Repeat { Inside::Repeat } else { Inside::List };
    elements.iter().try_for_each(|element| check(element, inside))
}

fn check_join(fields: &Map<String, Value>, within: Inside) -> Result<(), String> {
    let Some(Value::Array(parts)) = fields.get(JOIN).filter(|_| fields.len() == 1) else {
        return Err(format!("`{JOIN}` can have no other field, and joins a list of texts"));
    };
    parts.iter().try_for_each(check_text)?;
    check_elements(parts, within)
}

fn check_repeat(fields: &Map<String, Value>) -> Result<(), String> {
    match (fields.get(REPEAT), fields.get(TIMES).and_then(Value::as_u64)) {
        (Some(repeated), Some(1..=MAX_BYTES)) if fields.len() == 2 => check(repeated, Inside::Repeat),
        _ => Err(format!("`{REPEAT}` has exactly one other field, `{TIMES}`, a whole number from 1 to {MAX_BYTES}")),
    }
}

/// Checks that a value stands for a text, or for several texts where `$repeat` is allowed.
fn check_text(value: &Value) -> Result<(), String> {
    match value {
        Value::String(_) => Ok(()),
        Value::Object(fields) if fields.contains_key(JOIN) => Ok(()),
        Value::Object(fields) if fields.contains_key(REPEAT) => fields.get(REPEAT).map_or(Ok(()), check_text),
        _ => Err(format!("expected a text; write a string or `{JOIN}`")),
    }
}

/// Returns roughly how many bytes of JSON a value stands for, without writing them.
fn size(value: &Value) -> u64 {
    match (value, repeat(value)) {
        (_, Some((repeated, times))) => size(repeated).saturating_mul(times),
        (Value::String(_), _) => text_size(value) + 2,
        (Value::Array(elements), _) => sum(elements, |element| size(element) + 1) + 2,
        (Value::Object(fields), _) if fields.contains_key(JOIN) => text_size(value) + 2,
        (Value::Object(fields), _) => sum(fields, |(key, field)| key.len() as u64 + 4 + size(field)) + 2,
        (plain, _) => plain.to_string().len() as u64,
    }
}

/// Returns the same for a part of a text.
fn text_size(value: &Value) -> u64 {
    match (value, repeat(value)) {
        (_, Some((repeated, times))) => text_size(repeated).saturating_mul(times),
        (Value::String(text), _) => text.len() as u64,
        (joined, _) => sum(parts(joined), text_size),
    }
}

fn sum<T>(items: impl IntoIterator<Item = T>, size: impl Fn(T) -> u64) -> u64 {
    items.into_iter().map(size).fold(0, u64::saturating_add)
}

/// Returns the repeated value, and how many times it is repeated.
fn repeat(value: &Value) -> Option<(&Value, u64)> {
    value.get(REPEAT).zip(value.get(TIMES).and_then(Value::as_u64))
}

/// Returns the parts of a `$join`.
fn parts(joined: &Value) -> &[Value] {
    joined.get(JOIN).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Writes a value out. Inside `$repeat`, `$n` stands for the number.
fn write(value: &Value, number: Option<u64>, json: &mut String) {
    match (value, number) {
        (Value::String(text), Some(number)) if text == NUMBER => push(json, &number),
        (Value::String(_), _) => push_quoted(json, &text(value, number)),
        (Value::Array(list), _) => write_each(json, ['[', ']'], elements(list, number), |json, (element, number)| {
            write(element, number, json);
        }),
        (Value::Object(fields), _) if fields.contains_key(JOIN) => push_quoted(json, &text(value, number)),
        (Value::Object(fields), _) => write_each(json, ['{', '}'], fields, |json, (key, field)| {
            push_quoted(json, key);
            json.push(':');
            write(field, number, json);
        }),
        (plain, _) => push(json, plain),
    }
}

fn write_each<T>(
    json: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    json.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(json, item);
    }
    json.push(close);
}

/// Returns the elements that a list stands for, each with its number.
fn elements(list: &[Value], number: Option<u64>) -> impl Iterator<Item = (&Value, Option<u64>)> {
    list.iter().flat_map(move |element| {
        let (value, numbers) = repeat(element).map_or((element, 0..=0), |(value, times)| (value, 1..=times));
        numbers.map(move |counted| (value, if counted == 0 { number } else { Some(counted) }))
    })
}

/// Returns the text that a string or `$join` stands for.
fn text(value: &Value, number: Option<u64>) -> Cow<'_, str> {
    match (value, number) {
        (Value::String(text), None) => lengthen(text),
        (Value::String(text), Some(number)) => lengthen(text).replace(NUMBER, &number.to_string()).into(),
        (joined, _) => join(parts(joined), number).into(),
    }
}

fn join(parts: &[Value], number: Option<u64>) -> String {
    let mut joined = String::new();
    for part in parts {
        match repeat(part) {
            // A document of 256 MiB should not be written space by space.
            Some((Value::String(repeated), times)) if !repeated.contains(NUMBER) => {
                joined.push_str(&lengthen(repeated).repeat(usize::try_from(times).unwrap_or_default()));
            }
            _ => joined.extend(elements(std::slice::from_ref(part), number).map(|(part, number)| text(part, number))),
        }
    }
    joined
}

/// Writes digests out: `sha256:ab…` gets 64 digits, by repeating the last one.
fn lengthen(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split('…');
    let Some(first) = pieces.next().filter(|first| first.len() < text.len()) else { return text.into() };
    let mut long = first.to_owned();
    for piece in pieces {
        match missing(&long) {
            Some((digit, count)) => long.extend(std::iter::repeat_n(digit, count)),
            None => long.push('…'),
        }
        long.push_str(piece);
    }
    long.into()
}

/// Returns the digit to add to the digest at the end of a text, and how many times. Returns `None` if there is no digest.
fn missing(text: &str) -> Option<(char, usize)> {
    let before = text.trim_end_matches(|letter: char| matches!(letter, '0'..='9' | 'a'..='f'));
    let digits = text.len() - before.len();
    let length = match before {
        _ if before.ends_with("sha512:") => 128,
        _ if ["sha256:", "blake3:", "sha256-", "sha512-"].iter().any(|start| before.ends_with(start)) => 64,
        _ => return None,
    };
    let digit = text.chars().last().filter(|_| digits > 0)?;
    Some((digit, length - digits.min(length)))
}

fn push(json: &mut String, value: &impl fmt::Display) {
    // Writing to a string never fails.
    let _ = write!(json, "{value}");
}

fn push_quoted(json: &mut String, text: &str) {
    push(json, &Value::from(text));
}

#[cfg(test)]
mod tests {
    use super::{Template, Text};

    #[track_caller]
    fn assert_json(template: &str, expected: &str) {
        let read = serde_json::from_str::<Template>(template).map(|template| template.json());
        assert_eq!(read.as_deref().map_err(ToString::to_string), Ok(expected), "{template}");
    }

    #[test]
    fn forms_are_written_out() {
        let digest = |start: &str, digit: &str, count| format!("\"{start}{}\"", digit.repeat(count));
        for (template, expected) in [
            (r#"{"b": [1, -2, 0.5, true, null], "a": "é\n"}"#, r#"{"a":"é\n","b":[1,-2,0.5,true,null]}"#),
            (r#""sha256:ab…""#, &digest("sha256:a", "b", 63)),
            (r#""sha512:0…""#, &digest("sha512:", "0", 128)),
            (r#""sha512-0…""#, &digest("sha512-", "0", 64)),
            (r#""sha256:… is cut…""#, r#""sha256:… is cut…""#),
            (r#"{"$join": ["a", {"$repeat": "b$n", "times": 3}]}"#, r#""ab1b2b3""#),
            (
                r#"[0, {"$repeat": {"id": "$n", "of": ["n$n", 7]}, "times": 2}]"#,
                r#"[0,{"id":1,"of":["n1",7]},{"id":2,"of":["n2",7]}]"#,
            ),
            (r#"[{"$repeat": {"$join": ["$n", "x"]}, "times": 2}]"#, r#"["1x","2x"]"#),
            (r#"["$n"]"#, r#"["$n"]"#),
        ] {
            assert_json(template, expected);
        }
        let two = r#"["sha256:a… and sha256:b…."]"#;
        assert_json(two, &format!("[\"sha256:{} and sha256:{}.\"]", "a".repeat(64), "b".repeat(64)));
    }

    #[test]
    fn a_list_stands_for_lines_where_a_text_is_asked_for() {
        for (template, expected) in [
            (r#""{}""#, "{}"),
            (r#"["{", "}"]"#, "{\n}"),
            (r#"["[", {"$repeat": "$n,", "times": 2}, "0]"]"#, "[\n1,\n2,\n0]"),
            (r#"{"$join": ["\ufeff", "{}"]}"#, "\u{feff}{}"),
            (r#"[{"$join": ["a", "b"]}, "c"]"#, "ab\nc"),
        ] {
            assert_eq!(serde_json::from_str::<Text>(template).unwrap().text(), expected, "{template}");
        }
    }

    #[test]
    fn an_invalid_form_is_refused() {
        for (template, error) in [
            (r#"{"$jion": []}"#, "unknown form `$jion`"),
            (r#"{"$join": ["a"], "b": 1}"#, "`$join` can have no other field"),
            (r#"{"$join": "a"}"#, "`$join` can have no other field"),
            (r#"{"$join": [1]}"#, "expected a text"),
            (r#"{"$join": [{"$repeat": 1, "times": 2}]}"#, "expected a text"),
            (r#"{"$repeat": "a", "times": 2}"#, "`$repeat` can only be in a list"),
            (r#"{"a": {"$repeat": "a", "times": 2}}"#, "`$repeat` can only be in a list"),
            (r#"[{"$repeat": [{"$repeat": "a", "times": 2}], "times": 2}]"#, "not inside another one"),
            (r#"[{"$repeat": "a", "times": 0}]"#, "a whole number from 1"),
            (r#"[{"$repeat": "a", "times": "2"}]"#, "a whole number from 1"),
            (r#"[{"$repeat": "a", "times": 2, "b": 1}]"#, "a whole number from 1"),
            (r#"[{"$repeat": "", "times": 999999999999}]"#, "a whole number from 1"),
            (r#"[{"$repeat": "aaa", "times": 99999999}]"#, "more than"),
            (r#"{"a": 1, "a": 2}"#, "field `a` is given twice"),
        ] {
            let read = serde_json::from_str::<Template>(template).map(|template| template.json());
            let message = read.map_err(|error| error.to_string()).expect_err(template);
            assert!(message.contains(error), "{template}: {message}");
        }
        for template in ["1", "{}", "[1]", "null", r#"[["a"]]"#] {
            assert!(serde_json::from_str::<Text>(template).is_err(), "{template}");
        }
    }
}
