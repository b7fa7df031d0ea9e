//! Answers of APIs that are errors, and no rules.

use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;

/// Fields that hold an error, or several.
const ERRORS: &[&str] = &["errors", "error", "Error", "Response"];
/// Fields that say which error it is, the shortest first.
const CODES: &[&str] =
    &["code", "Code", "error_type", "__type", "status", "error", "message", "Message", "error_message", "detail"];
/// Fields that only an error has at the top.
const MESSAGES: &[&str] = &["error_message", "__type", "message", "detail"];

/// Reports a text that is an error answer of an API.
pub(super) fn check(root: &Node<'_>, report: &mut Report) {
    let Some(code) = code_of_error(root) else { return };
    let message = format!("this is an error answer of the API (`{}`), not rules", shown(&code));
    report.problem(&root.place, message, "ask again with the right to read the rules");
}

/// The code of an error, or its message where it has no code. `None` where the text is not an error.
fn code_of_error(root: &Node<'_>) -> Option<String> {
    let fields = fields(root, &[ERRORS, CODES].concat())?;
    for name in ERRORS {
        let Some(node) = fields.given(name) else { continue };
        let elements = if node.is_list() { node.elements(&mut Report::default())? } else { vec![node.clone()] };
        match elements.first() {
            Some(response) if *name == "Response" => return code_of_error(response),
            Some(error) if error.is_object() => {
                return self::fields(error, CODES).as_ref().and_then(code).or(Some("?".into()));
            }
            Some(error) => return code(&fields).or_else(|| Some(text(error))),
            None => {}
        }
    }
    let is_error = MESSAGES.iter().any(|name| fields.given(name).is_some_and(is_text));
    is_error.then(|| code(&fields)).flatten()
}

/// Some fields of an object. `None` for what is not an object.
fn fields<'a>(node: &Node<'a>, names: &[&str]) -> Option<Fields<'a>> {
    if node.is_object() { node.some_fields(names, &mut Report::default()) } else { None }
}

fn code(fields: &Fields<'_>) -> Option<String> {
    CODES.iter().filter_map(|name| fields.given(name)).map(text).next()
}

fn text(node: &Node<'_>) -> String {
    node.raw_text().trim_matches('"').to_owned()
}

fn is_text(node: &Node<'_>) -> bool {
    node.raw_text().starts_with('"')
}
