//! Other ways to write the same JSON, and ways to spoil it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// The text of a value with the keys of each object in an order drawn from `seed`.
pub fn shuffled(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| scatter(key, seed));
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), shuffled(value, seed)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shuffled(item, seed)).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}

/// A number that depends on every letter of the key, and differs from seed to seed.
fn scatter(key: &str, seed: u64) -> u64 {
    key.bytes().fold(seed | 1, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29))
}

/// One thing done to a text.
#[derive(Clone, Debug)]
pub enum Change {
    /// What stands here is dropped.
    Drop(Index, usize),
    /// This is put here.
    Insert(Index, String),
    /// What stands between the two places stands there twice.
    Double(Index, Index),
    /// The text ends here.
    Cut(Index),
}

/// A change to a text in JSON.
pub fn change() -> impl Strategy<Value = Change> {
    let piece = select(
        &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "null",
            "0",
            "1",
            "-1",
            "1.0",
            "1e0",
            "18446744073709551616",
            "true",
            "\"\"",
            "\"write\":{}",
            "\\u0000",
            "\\ud800",
            "\u{feff}",
            "\u{0}",
            "\n",
            " ",
            "é",
            "@",
            "*",
            "{\"a\":1}",
            "[[[[",
            "\\",
            "\\u0061",
        ][..],
    );
    prop_oneof![
        (any::<Index>(), 1..9_usize).prop_map(|(at, length)| Change::Drop(at, length)),
        (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece.to_owned())),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Double(from, to)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

/// The text after some changes.
pub fn changed(text: &str, changes: &[Change]) -> String {
    let characters = text.chars().collect();
    changes.iter().fold(characters, apply).into_iter().collect()
}

fn apply(mut characters: Vec<char>, change: &Change) -> Vec<char> {
    let place = |index: &Index| index.index(characters.len() + 1);
    match change {
        Change::Drop(at, length) => {
            let from = place(at);
            let to = (from + length).min(characters.len());
            characters.drain(from..to);
        }
        Change::Insert(at, piece) => {
            let at = place(at);
            characters.splice(at..at, piece.chars());
        }
        Change::Double(from, to) => {
            let (from, to) = (place(from), place(to));
            let (from, to) = (from.min(to), from.max(to));
            let copy: Vec<char> = characters.iter().skip(from).take(to - from).copied().collect();
            characters.splice(to..to, copy);
        }
        Change::Cut(at) => {
            let at = place(at);
            characters.truncate(at);
        }
    }
    characters
}
