//! `plugin/README.md`, which describes the policy language, and the vectors of its examples and tables.
//!
//! Every line of its tables is a question with an answer, so it is a vector, and no other vector is in the files
//! `policy-language*.json`. After a change of the README, write the vectors again, and read the difference:
//!
//! ```console
//! $ TAGSEAL_WRITE_VECTORS=1 cargo test --release --test policy_language
//! ```
#![cfg(test)]

mod event;
mod fields;
mod limits;
mod line;
mod patterns;
mod readme;
mod vectors;

use readme::Readme;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn readme() -> Readme {
    Readme::new(&text("plugin/README.md"))
}

#[test]
fn every_line_of_the_readme_is_a_vector_and_every_vector_is_a_line() {
    let expected = line::all(&readme());
    if std::env::var_os("TAGSEAL_WRITE_VECTORS").is_some() {
        vectors::write(&root(), &expected);
    }
    let found = vectors::read(&root());
    let mut differences = Vec::new();
    for (key, vector) in &expected {
        match found.get(key) {
            None => differences.push(format!("no vector for the line: {key:?}")),
            Some(other) if *other != vector.value() => {
                differences.push(format!("{key:?}\n  README: {}\n  vector: {other}", vector.value()));
            }
            Some(_) => {}
        }
    }
    let named: BTreeSet<_> = expected.iter().map(|(key, _)| key).collect();
    assert_eq!(named.len(), expected.len(), "two lines say the same");
    let is_stale = |key: &&vectors::Key| !named.contains(*key);
    differences.extend(found.keys().filter(is_stale).map(|key| format!("no line for the vector: {key:?}")));
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_example_is_a_file_and_every_file_is_an_example() {
    let readme = readme();
    let written: BTreeMap<_, _> = readme.examples().into_iter().collect();
    let folder = root().join("plugin/examples");
    let files = fs::read_dir(&folder).expect("the folder of examples can be read").map(|entry| {
        let path = entry.expect("the folder of examples can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("an example is text"))
    });
    assert_eq!(written, files.collect());
    assert!(written.len() >= 10, "{} examples", written.len());
}

#[test]
fn every_limit_of_the_readme_has_a_vector_at_it_and_one_past_it() {
    let missing = limits::missing(&readme(), &root().join("tests/vectors"));
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_short_form_fits_a_terminal_and_names_every_word_of_the_language() {
    let short = text("plugin/language.txt");
    assert!(short.lines().count() <= 60, "{} lines", short.lines().count());
    let long: Vec<_> = short.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(long, [""; 0]);
    let missing: Vec<_> = readme().words().into_iter().filter(|word| !short.contains(word.as_str())).collect();
    assert_eq!(missing, [""; 0], "words of the README that the short form does not have");
}
