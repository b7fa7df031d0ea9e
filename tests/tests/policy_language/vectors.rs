//! The files of vectors that the README's lines stand in, one for each kind.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The kind and the name of a vector.
pub(crate) type Key = (&'static str, String);

/// A vector: its fields in their order, each as JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Vector(Vec<(&'static str, String)>);

/// Each kind, its file, and what the file is about.
const FILES: [(&str, &str, &str); 4] = [
    ("decide", "policy-language.json", "What the examples and tables of `plugin/README.md` say of pushes and deletes."),
    ("match", "policy-language-patterns.json", "What the tables of `plugin/README.md` say of globs."),
    ("compile", "policy-language-documents.json", "What the tables of `plugin/README.md` say of fields and patterns."),
    (
        "explain",
        "policy-language-explanations.json",
        "What the tables of `plugin/README.md` say of names and versions.",
    ),
];

impl Vector {
    pub(crate) fn new<const COUNT: usize>(fields: [(&'static str, String); COUNT]) -> Self {
        Self(fields.into())
    }

    /// All of it but its name.
    pub(crate) fn value(&self) -> Value {
        let field = |(name, text): &(&str, String)| {
            let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            ((*name).to_owned(), value)
        };
        Value::Object(self.0.iter().map(field).collect())
    }
}

/// All vectors of the files, without their names.
pub(crate) fn read(root: &Path) -> BTreeMap<Key, Value> {
    let mut vectors = BTreeMap::new();
    for (kind, name, _) in FILES {
        let text =
            fs::read_to_string(root.join("tests/vectors").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(file["kind"], kind, "{name}");
        for vector in file["vectors"].as_array().expect("a file has vectors") {
            let mut fields = vector.as_object().expect("a vector is an object").clone();
            let sentence = fields.remove("name").expect("a vector has a name");
            let key = (kind, sentence.as_str().expect("a name is text").to_owned());
            vectors.insert(key, Value::Object(fields));
        }
    }
    vectors
}

/// Writes the files again.
pub(crate) fn write(root: &Path, vectors: &[(Key, Vector)]) {
    for (kind, name, about) in FILES {
        let of_kind = vectors.iter().filter(|((other, _), _)| *other == kind);
        let written: Vec<_> = of_kind.map(|((_, sentence), vector)| text(sentence, vector)).collect();
        let head = format!("{{\n  \"$schema\": \"schema.json\",\n  \"kind\": \"{kind}\",\n  \"about\": \"{about}\",\n");
        let text = format!("{head}  \"vectors\": [\n{}\n  ]\n}}\n", written.join(",\n"));
        fs::write(root.join("tests/vectors").join(name), text).expect("a file of vectors can be written");
    }
}

fn text(sentence: &str, vector: &Vector) -> String {
    let field = |(name, text): &(&str, String)| format!(",\n      \"{name}\": {}", spaced(text));
    let fields: String = vector.0.iter().map(field).collect();
    format!("    {{ \"name\": {}{fields} }}", Value::from(sentence))
}

/// JSON with a space after each `:` and `,` that is not in a string.
fn spaced(json: &str) -> String {
    let mut text = String::new();
    let (mut is_in_string, mut is_escaped) = (false, false);
    for character in json.chars() {
        let was_space = text.ends_with(": ") || text.ends_with(", ");
        match character {
            '"' if !is_escaped => is_in_string = !is_in_string,
            ' ' if !is_in_string && was_space => continue,
            _ => {}
        }
        is_escaped = is_in_string && character == '\\' && !is_escaped;
        text.push(character);
        if !is_in_string && matches!(character, ':' | ',') {
            text.push(' ');
        }
    }
    text
}
