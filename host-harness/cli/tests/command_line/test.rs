use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tagseal_test_support::hostile;

use crate::{file, tagseal};

/// Two vectors, of which the second expects what is not so.
const VECTORS: &str = r#"{
  "kind": "decide",
  "about": "The preset.",
  "document": { "version": 1, "rules": [{ "id": 1, "namespace": "prod", "preset": "latest" }] },
  "vectors": [
    { "name": "latest may be deleted",
      "event": { "delete-tag": { "repository": "prod/app", "tag": "latest" } },
      "decision": { "outcome": "allow" } },
    { "name": "everything may be deleted",
      "event": { "delete-tag": { "repository": "prod/app", "tag": "v1" } },
      "decision": { "outcome": "allow" } }
  ]
}
"#;

/// The first of them alone.
fn good() -> String {
    let mut vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors["vectors"].as_array_mut().unwrap().truncate(1);
    vectors.to_string()
}

/// A folder with these vectors in it, next to other files.
fn folder(name: &str, vectors: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line").join(name);
    fs::create_dir_all(&folder).unwrap();
    for (file, contents) in [("preset.json", vectors), ("schema.json", "{}"), ("README.md", "no vectors")] {
        fs::write(folder.join(file), contents).unwrap();
    }
    folder.into_os_string().into_string().unwrap()
}

#[test]
fn the_built_in_component_passes_the_built_in_vectors() {
    let ended = tagseal(&["test"]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{}", ended.out);
    let files = tagseal_vectors::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")).unwrap();
    let count: usize = files.iter().map(|file| file.vectors().len()).sum();
    assert!(ended.out.ends_with(&format!("\n{count} vectors passed\n")), "{}", ended.out);
    assert_eq!(ended.out.lines().count(), files.len() + 1);
}

#[test]
fn vectors_of_a_folder_or_a_file_are_run() {
    let folder = folder("good", &good());
    for path in [&folder, &format!("{folder}/preset.json")] {
        let ended = tagseal(&["test", path]);
        assert_eq!(ended.out, "preset.json: 1 vector passed\n1 vector passed\n");
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""), "{path}");
    }
}

#[test]
fn a_vector_that_fails_is_shown_with_its_input_the_expected_and_the_actual_answer() {
    let ended = tagseal(&["test", &folder("wrong", VECTORS)]);
    let failure = r#"preset.json: 1 of 2 vectors failed
  everything may be deleted (in JSON)
  question: event {"delete-tag":{"repository":"prod/app","tag":"v1"}}
            document {"rules":[{"id":1,"namespace":"prod","preset":"latest"}],"version":1}
  expected: {"outcome":"allow"}
    answer: {"outcome":"deny","code":"immutable","rule":1,"namespace":"prod","pair":0,"#;
    assert!(ended.out.starts_with(failure), "{}", ended.out);
    for shown in ["  everything may be deleted (typed)\n", "  everything may be deleted (in a batch)\n"] {
        assert!(ended.out.contains(shown), "{}", ended.out);
    }
    let difference = "\n            /outcome: expected \"allow\", found \"deny\"\n";
    assert_eq!(ended.out.matches(difference).count(), 3, "{}", ended.out);
    assert!(ended.out.ends_with("\n1 vector passed, 1 failed\n"), "{}", ended.out);
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), ""));
}

#[test]
fn machines_get_json() {
    let ended = tagseal(&["test", "--format", "json", &folder("json", VECTORS)]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&report["passed"], &report["failed"], &report["unanswered"]), (&json!(1), &json!(1), &json!(0)));
    let file = json!({ "file": "preset.json", "about": "The preset.", "passed": 1, "failed": 1 });
    assert_eq!(report["files"], json!([file]));
    let failure = &report["failures"][0];
    assert_eq!((&failure["vector"], &failure["way"]), (&json!("everything may be deleted"), &json!("in JSON")));
    assert_eq!(failure["differences"], json!([r#"/outcome: expected "allow", found "deny""#]));
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_component_that_answers_wrongly_fails() {
    let component = file("behaved.wasm", hostile::assemble("behaved"));
    let ended = tagseal(&["test", &folder("behaved", &good()), "--component", &component]);
    // It allows everything, and in JSON it says nothing.
    assert!(ended.out.contains("  latest may be deleted (in JSON)\n"), "{}", ended.out);
    assert!(ended.out.contains("the answer is not JSON"), "{}", ended.out);
    assert!(ended.out.contains("  latest may be deleted (typed)\n"), "{}", ended.out);
    assert!(ended.out.contains("not the same answer as in JSON, byte for byte"), "{}", ended.out);
    assert!(ended.out.ends_with("\n0 vectors passed, 1 failed\n"), "{}", ended.out);
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), ""));
}

#[test]
fn invalid_vectors_exit_2_with_their_place() {
    let cut = folder("cut", VECTORS.split("document").next().unwrap());
    let field = folder("field", &VECTORS.replace("\"about\"", "\"abuot\""));
    let kind = folder("kind", &VECTORS.replace("\"decide\"", "\"guess\""));
    let twice = folder("twice", &VECTORS.replace("everything may", "latest may"));
    let empty = folder("empty", r#"{ "kind": "match", "about": "Nothing at all.", "vectors": [] }"#);
    for (path, error) in [
        (&cut, "error: `preset.json` (4:3): EOF while parsing a string"),
        (&field, "error: `preset.json` (3:9): unknown field `abuot`"),
        (&kind, "error: `preset.json` (/kind): unknown kind `guess`; write one of `change`, `compile`, `decide`, "),
        (&twice, "error: `preset.json` (/vectors/1/name): the name `latest may be deleted` is given twice"),
        (&empty, "error: there are no vectors in `"),
        (&"nowhere".to_owned(), "error: could not read `nowhere`: there is no such file"),
    ] {
        let ended = tagseal(&["test", path]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{path}");
        assert!(ended.error.starts_with(error), "{path}: {}", ended.error);
    }
}

#[test]
fn a_component_that_traps_exits_4() {
    let component = file("trap.wasm", hostile::assemble("trap"));
    let ended = tagseal(&["test", &folder("trap", &good()), "--component", &component]);
    assert!(ended.out.contains("came: no answer: the component failed"), "{}", ended.out);
    // Each way to ask it typed deletes a tag, but the batch is answered with nothing.
    assert_eq!(ended.error, "error: 1 call got no answer\n");
    assert_eq!(ended.code, Some(4));
}

#[test]
fn a_component_that_never_answers_is_not_asked_for_ever() {
    let component = file("trap_in_compile.wasm", hostile::assemble("trap_in_compile"));
    let ended = tagseal(&["test", "--component", &component]);
    assert_eq!(ended.error, "error: 10 calls got no answer, and the rest was not asked\n");
    assert_eq!(ended.code, Some(4));
}
