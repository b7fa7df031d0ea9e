//! What can be wrong with a pattern, and what is almost certainly not meant in one.

use super::suspicion::{Suspicion, suspicion_of_regex, suspicion_of_syntax};
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::pattern::glob::Glob;
use crate::pattern::parse::shape;
use crate::pattern::regex::Regex;
use crate::pattern::shape::Shape;
use crate::pattern::subject::Subject;
use crate::pattern::written::PatternField;
use crate::reference::{Repository, Tag, is_repository_byte, is_tag_byte};
use crate::rule::field::WHOLE_INSTANCE;
use crate::words::Word;

/// Reads a pattern. Reports one that is invalid, and warns of one that is almost certainly not meant.
pub(super) fn read_pattern(
    node: &Node<'_>,
    subject: Subject,
    namespace: Option<&str>,
    report: &mut Report,
) -> Option<Shape> {
    if node.is_object() {
        return read_regex(node, report);
    }
    let text = node.text(report)?;
    let shape = match shape(&text, subject) {
        Ok(shape) => shape,
        Err(fault) => {
            report.problem(&node.place, fault.message(), fault.help());
            return None;
        }
    };
    let suspicion = match &shape {
        Shape::Version(_) | Shape::Regex(_) => None,
        Shape::Literal(_)
        | Shape::Everything
        | Shape::Prefix(_)
        | Shape::PrefixSuffix(..)
        | Shape::PathSuffix(_)
        | Shape::AnyOf(_)
        | Shape::Expression(_) => suspicion_of_glob(&shape, &text, subject, namespace),
    };
    if let Some((message, help)) = suspicion {
        report.warning(&node.place, message, &help);
    }
    Some(shape)
}

/// Reads a regular expression: `{"regex": "v[0-9]+"}`.
fn read_regex(node: &Node<'_>, report: &mut Report) -> Option<Shape> {
    let fields = node.fields::<PatternField>(report)?;
    let node = fields.required(PatternField::Regex.text(), report)?;
    let text = node.text(report)?;
    match Regex::compile(&text) {
        Ok(_) => {
            if let Some((message, help)) = suspicion_of_regex(&text) {
                report.warning(&node.place, message, &help);
            }
            Some(Shape::Regex(text.into_owned()))
        }
        Err(fault) => {
            report.problem(&node.place, fault.message(), fault.help());
            None
        }
    }
}

/// What is valid in a glob but almost certainly not meant: the first of what fits.
fn suspicion_of_glob(shape: &Shape, text: &str, subject: Subject, namespace: Option<&str>) -> Option<Suspicion> {
    // The rule for the whole instance sees full names, in which its own namespace does not occur.
    let namespace = namespace.filter(|name| *name != WHOLE_INSTANCE);
    let glob = Glob::parse(text, subject).ok()?;
    suspicion_of_syntax(&glob, text, subject)
        .or_else(|| suspicion_of_name(&glob, shape, text, subject, namespace))
        .or_else(|| stray_stars(&glob, text))
}

/// What no valid name of a repository and no valid tag can match.
fn suspicion_of_name(
    glob: &Glob,
    shape: &Shape,
    text: &str,
    subject: Subject,
    namespace: Option<&str>,
) -> Option<Suspicion> {
    let pattern = shown(text);
    let (what, help) = match subject {
        Subject::Repository => ("repository name", "write lower-case components with `/` between them"),
        Subject::Tag => ("tag", "write only what a tag can hold: [a-zA-Z0-9._-]"),
    };
    if is_empty(shape) {
        let message = format!("`{pattern}` matches only the empty text, which is not a valid {what}");
        return Some((message, "write `**` for everything".into()));
    }
    if subject == Subject::Repository && begins_with_host(text) {
        let message =
            format!("`{pattern}` begins with a registry's host, which the name of a repository does not hold");
        return Some((message, "leave the host out".into()));
    }
    if let Some(byte) = illegal(glob, subject) {
        let byte = shown(&char::from(byte).to_string());
        return Some((format!("no valid {what} has `{byte}` where `{pattern}` has it"), help.into()));
    }
    if let Shape::Literal(name) = shape
        && !is_legal(name, subject, namespace)
    {
        return Some((format!("`{pattern}` is not a valid {what}"), help.into()));
    }
    (subject == Subject::Repository && namespace.is_some_and(|name| repeats(text, name))).then(|| {
        let message = format!("`{pattern}` repeats the namespace, which the rule's patterns do not see");
        (message, "write the rest of the name alone".into())
    })
}

fn stray_stars(glob: &Glob, text: &str) -> Option<Suspicion> {
    glob.has_stray_stars().then(|| {
        let message = format!("`**` in `{}` is not a whole component, so it means `*`", shown(text));
        (message, "write `*`, or `**` between `/`".into())
    })
}

/// Whether a pattern matches no text but the empty one, as `{}` does.
fn is_empty(shape: &Shape) -> bool {
    match shape {
        Shape::Literal(text) => text.is_empty(),
        Shape::AnyOf(shapes) => shapes.iter().all(is_empty),
        _ => false,
    }
}

/// Whether the first component of a pattern looks like the host of a registry: `localhost`, one with a port, an address,
/// or a name with dots whose last label can be a top-level domain.
fn begins_with_host(pattern: &str) -> bool {
    let Some((first, _)) = pattern.split_once('/') else { return false };
    let (host, port) = first.split_once(':').map_or((first, None), |(host, port)| (host, Some(port)));
    if port.is_some() || host == "localhost" {
        return true;
    }
    let mut labels: Vec<_> = host.split('.').collect();
    let is_address = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let is_top = |label: &str| label.len() > 1 && label.bytes().all(|byte| byte.is_ascii_lowercase());
    is_address || labels.pop().is_some_and(is_top) && labels.iter().all(|label| !label.is_empty()) && !labels.is_empty()
}

/// Returns a literal where no valid subject can have it.
fn illegal(glob: &Glob, subject: Subject) -> Option<u8> {
    let mut literals = glob.literals();
    match subject {
        Subject::Repository => literals
            .find(|byte| !is_repository_byte(*byte))
            .or_else(|| glob.first_literals().into_iter().chain(glob.last()).find(|byte| is_separator(*byte))),
        Subject::Tag => literals
            .find(|byte| !is_tag_byte(*byte))
            .or_else(|| glob.first_literals().into_iter().find(|byte| matches!(byte, b'.' | b'-'))),
    }
}

/// Whether a literal is a valid name, after the namespace of its rule if there is one.
fn is_legal(name: &str, subject: Subject, namespace: Option<&str>) -> bool {
    match subject {
        Subject::Repository => {
            let before = namespace.map_or(0, |namespace| namespace.len() + 1);
            before + name.len() <= Repository::BYTES && Repository::parse(name).is_some()
        }
        Subject::Tag => Tag::parse(name).is_some(),
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'.' | b'_' | b'-')
}

fn repeats(pattern: &str, namespace: &str) -> bool {
    pattern.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
