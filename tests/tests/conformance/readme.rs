//! That the README is enough for a port: its Python writes vectors out as the reader does, and passes what the reader passes.

use crate::native::Native;
use crate::python;
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use std::sync::Arc;
use tagseal::CallError;
use tagseal::contract::{Changed, Converted, Diagnostic, Refusal};
use tagseal_vectors::{Event, File, Subject, SubjectPolicy, Vector};

pub(crate) fn trials(files: &[Arc<File>]) -> Vec<Trial> {
    let files = files.to_vec();
    vec![Trial::ignorable_test("README: its Python writes vectors out and compares as the reader does", move || {
        port(&files)
    })]
}

/// Reads the README, and of each vector the text of its file, what a subject was given for it, and what the engine answered.
/// Returns the names of those that the README's Python makes something else of.
const PORT: &str = r#"
import json, re, sys
readme, vectors = json.load(sys.stdin)
for block in re.findall("```python\n(.*?)```", readme, re.S):
    exec(block)

def given(kind, vector, head, texts):
    def said(names, otherwise, came):
        if names[1] in vector:
            return text(vector[names[1]]) == came
        return json.loads(came) == expand(vector.get(names[0], otherwise))
    def document():
        return said(("document", "document-text"), head, texts[0])
    asked = {"decide": "event", "change": "change", "list": "query", "explain": "question"}.get(kind)
    if asked:
        return document() and said((asked, "text"), None, texts[1])
    if kind in ("import", "export"):
        fields = ("rules", "text") if kind == "import" else ("document", "document-text")
        same = [said(fields, head, texts[1]), said(("options", "options-text"), {}, texts[2])]
        return vector["format"] == texts[0] and all(same)
    if kind == "match":
        pair = json.loads(texts[0])["rules"][0]["protects"][0]
        deleted = [json.loads(event)["delete-tag"] for event in texts[2::2]]
        names = [event["tag" if vector["of"] == "tags" else "repository"] for event in deleted]
        return pair[vector["of"]]["matches"] == text(vector["pattern"]) and names == expand(vector["matches"] + vector["misses"])
    return text(vector["text"]) == texts[0] if "text" in vector else document()

def expected(kind, vector):
    if kind == "decide":
        return vector["decision"]
    for answer, name in (("changed", "document-text"), ("imported", "document-text"), ("exported", "text")):
        if name in vector.get(answer, {}):
            vector[answer][name] = text(vector[answer][name])
    fields = ("policy", "problems", "matches", "misses", "changed", "listed", "imported", "exported", "refused", "explained")
    return {key: vector[key] for key in fields if key in vector}

def whole(kind, vector, came):
    answer = vector.get(kind + "ed", {})
    fields = [field for field in ("document", "rules", "back") if field in answer]
    return kind not in ("import", "export") or all(expand(answer[field]) == came[kind + "ed"][field] for field in fields)

wrong = []
for kind, vector, head, texts, answer in vectors:
    if not given(kind, vector, head, texts):
        wrong.append(vector["name"] + ": given otherwise")
    came = json.loads(answer)
    if not passes(expand(expected(kind, vector)), came) or not whole(kind, vector, came):
        wrong.append(vector["name"] + ": compared otherwise")
print(json.dumps([len(vectors), wrong]))
"#;

fn port(files: &[Arc<File>]) -> Result<Completion, Failed> {
    let readme = fs::read_to_string(crate::folder().join("README.md"))?;
    let mut vectors = Vec::new();
    for file in files {
        let written: Value = serde_json::from_str(&fs::read_to_string(crate::folder().join(file.name()))?)?;
        let each = written["vectors"].as_array().ok_or("no vectors")?;
        for (vector, one) in file.vectors().iter().zip(each).filter(|(vector, _)| !vector.is_large()) {
            vectors.push(json!([written["kind"], one, written["document"], given(vector)?, vector.ask(&Native)?]));
        }
    }
    let count = vectors.len();
    match python::run("json", PORT, &json!([readme, vectors]))? {
        None => Ok(Completion::ignored_with("there is no Python")),
        Some(answer) if answer == json!([count, []]) => Ok(Completion::Completed),
        Some(answer) => Err(answer.to_string().into()),
    }
}

/// The documents, events and other texts that a subject is given for a vector.
fn given(vector: &Vector) -> Result<Vec<String>, CallError> {
    let recorder = Recorder::default();
    vector.ask(&recorder)?;
    Ok(recorder.0.take())
}

/// Keeps what it is given.
#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Vec<String>>>);

impl Subject for Recorder {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn SubjectPolicy>, Vec<Diagnostic>>, CallError> {
        self.keep(&[document]);
        Ok(Ok(Box::new(self.clone())))
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, Refusal>, CallError> {
        Ok(Err(self.refuse(&[document, query])))
    }

    fn change_rules(&self, document: &str, change: &str) -> Result<Result<Changed, Refusal>, CallError> {
        Ok(Err(self.refuse(&[document, change])))
    }

    fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Result<Converted, Refusal>, CallError> {
        Ok(Err(self.refuse(&[format, text, options])))
    }

    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<Converted, Refusal>, CallError> {
        Ok(Err(self.refuse(&[format, document, options])))
    }
}

impl Recorder {
    fn keep(&self, texts: &[&str]) {
        self.0.borrow_mut().extend(texts.iter().map(|text| (*text).to_owned()));
    }

    /// Refuses what it keeps, so that nothing is asked about an answer.
    fn refuse(&self, texts: &[&str]) -> Refusal {
        self.keep(texts);
        Refusal { code: String::new(), message: String::new(), rule: None, diagnostics: Vec::new() }
    }
}

impl SubjectPolicy for Recorder {
    fn decide(&self, event: &Event) -> Result<String, CallError> {
        self.keep(&[event.text()]);
        Ok("{}".to_owned())
    }

    fn explain(&self, question: &str) -> Result<String, CallError> {
        self.keep(&[question]);
        Ok("{}".to_owned())
    }

    fn warnings(&self) -> Result<Vec<Diagnostic>, CallError> {
        Ok(Vec::new())
    }

    fn revision(&self) -> u64 {
        0
    }
}
