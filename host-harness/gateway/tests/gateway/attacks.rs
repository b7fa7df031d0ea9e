//! The page of attacks names tests that are there, and every row has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The rows that the page has, by their letters and how many there are.
const ROWS: [(&str, usize); 3] = [("C", 10), ("H", 11), ("M", 18)];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests of the gateway, and of what it is made of and run by.
fn tests() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders =
        [".", "../cli", "../distribution"].iter().flat_map(|it| ["src", "tests"].map(|part| here.join(it).join(part)));
    let mut files = Vec::new();
    folders.filter(|folder| folder.is_dir()).for_each(|folder| sources(&folder, &mut files));
    let test =
        Regex::new(r"#\[(?:tokio::)?test[^\]]*\][ \n]*(?:#\[[^\]]*\][ \n]*)*(?:async )?fn ([a-z0-9_]+)").unwrap();
    let of_file = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        test.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

#[test]
fn each_attack_has_tests_that_are_there() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks.md")).unwrap();
    let (tests, name) = (tests(), Regex::new("`([a-z0-9]+(?:_[a-z0-9]+){2,})`").unwrap());
    let rows: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter(|(row, _)| *row != "row")
        .collect();
    let expected: Vec<String> =
        ROWS.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}"))).collect();
    assert_eq!(rows.iter().map(|(row, _)| (*row).to_owned()).collect::<Vec<_>>(), expected);
    for (row, text) in rows {
        let named: Vec<_> = name.captures_iter(text).map(|found| found[1].to_owned()).collect();
        assert!(!named.is_empty(), "{row} has no test");
        for test in named {
            assert!(tests.contains(&test), "{row} names `{test}`, and there is no such test");
        }
    }
}
