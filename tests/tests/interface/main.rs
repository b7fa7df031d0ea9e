//! The interface as a table, for hosts that read components by themselves: `wit/interface.json` and the layouts in
//! `wit/README.md` are what the WIT gives.
//!
//! With `TAGSEAL_WRITE=1`, the test writes both files instead of comparing them.
#![cfg(test)]

mod contract;
mod layout;
mod markdown;
mod signature;
mod table;
mod text;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use contract::Contract;

/// The variable that asks for the files to be written.
const WRITE: &str = "TAGSEAL_WRITE";

/// How the files are written again, as messages say it.
const COMMAND: &str = "TAGSEAL_WRITE=1 cargo test --release --test interface";

fn wit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit").join(name)
}

/// Reads a file of the folder `wit`. `None` if there is no such file.
#[track_caller]
fn read(name: &str) -> Option<String> {
    match fs::read_to_string(wit(name)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{name}: {error}"),
    }
}

#[track_caller]
fn write_or_compare(name: &str, present: Option<&str>, expected: &str) {
    if std::env::var_os(WRITE).is_some() {
        fs::write(wit(name), expected).unwrap();
        return;
    }
    assert!(present == Some(expected), "wit/{name} is not what the WIT gives; run `{COMMAND}`");
}

#[test]
fn the_table_is_what_the_wit_gives() {
    let table = table::table(&Contract::read(&wit("tag-policy.wit")));
    let expected = format!("{}\n", serde_json::to_string_pretty(&table).unwrap());
    write_or_compare("interface.json", read("interface.json").as_deref(), &expected);
}

/// The README is written by hand, but for the part between the two marks.
#[test]
fn the_layouts_in_the_readme_are_what_the_wit_gives() {
    let readme = read("README.md").expect("there is a wit/README.md");
    let layouts = markdown::layouts(&Contract::read(&wit("tag-policy.wit")));
    let expected = markdown::replace(&readme, &layouts).expect("wit/README.md has both marks of the layouts");
    write_or_compare("README.md", Some(&readme), &expected);
}

#[test]
fn only_the_part_between_the_marks_is_replaced() {
    let layouts = "| a |\n";
    for (readme, expected) in [
        ("no marks\n", None),
        ("<!-- layouts -->\n", None),
        (
            "a\n<!-- layouts -->\nold\n<!-- /layouts -->\nb\n",
            Some("a\n<!-- layouts -->\n\n| a |\n\n<!-- /layouts -->\nb\n"),
        ),
        ("<!-- layouts --><!-- /layouts -->", Some("<!-- layouts -->\n\n| a |\n\n<!-- /layouts -->")),
    ] {
        assert_eq!(markdown::replace(readme, layouts).as_deref(), expected, "{readme}");
    }
}
