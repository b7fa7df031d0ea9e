//! What can be wrong with a selector and its patterns.

use crate::glob::{Glob, Shape, Subject, shape};
use crate::policy::Tally;
use crate::reference::{Repository, Tag, is_repository_byte, is_tag_byte};
use crate::selector::Packer;
use crate::source::{Node, Report, shown};

/// A selector, and its patterns.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) excludes: bool,
    pub(super) shapes: Vec<Shape>,
}

impl Selected {
    /// Whether it selects nothing at all.
    pub(super) fn is_nothing(&self) -> bool {
        self.excludes && self.shapes.contains(&Shape::Everything)
    }

    /// Which of some sets of subjects it selects a member of.
    pub(super) fn selects<const SETS: usize>(&self, sets: [&[String]; SETS]) -> [bool; SETS] {
        let mut packer = Packer::default();
        let Some(selector) = packer.add(self.excludes, self.shapes.clone()) else { return [true; SETS] };
        let patterns = packer.finish();
        sets.map(|set| set.iter().any(|subject| selector.holds(&patterns, subject)))
    }
}

/// Reads a selector. None, and a problem, where it can't be.
pub(super) fn read_selector(
    node: &Node<'_>,
    subject: Subject,
    namespace: Option<&str>,
    tally: &mut Tally,
    report: &mut Report,
) -> Option<Selected> {
    let fields = node.fields(&["matches", "excludes"], report)?;
    let (name, node) = fields.either(["matches", "excludes"], report)?;
    let excludes = name == "excludes";
    if !node.is_list() {
        let shape = read_pattern(node, subject, namespace, report)?;
        tally.add(&shape);
        return Some(Selected { excludes, shapes: vec![shape] });
    }
    let nodes = node.elements(report)?;
    if nodes.is_empty() {
        report.problem(&node.place, "an empty list of patterns".into(), "add a pattern: `**` is everything");
        return None;
    }
    // All patterns are read before one that failed ends it, so that all their problems are told.
    let shapes: Vec<_> = nodes.iter().map(|node| read_pattern(node, subject, namespace, report)).collect();
    shapes.iter().flatten().for_each(|shape| tally.add(shape));
    shapes.into_iter().collect::<Option<_>>().map(|shapes| Selected { excludes, shapes })
}

fn read_pattern(node: &Node<'_>, subject: Subject, namespace: Option<&str>, report: &mut Report) -> Option<Shape> {
    let text = node.text(report)?;
    match shape(&text, subject) {
        Ok(Shape::Version(class)) => Some(Shape::Version(class)),
        Ok(shape) => {
            let glob = Glob::parse(&text, subject).ok()?;
            if let Some((message, mend)) = doubt(&glob, &shape, &text, subject, namespace) {
                report.warning(&node.place, message, mend);
            }
            Some(shape)
        }
        Err(fault) => {
            report.problem(&node.place, fault.message(), fault.mend());
            None
        }
    }
}

/// What is legal in a pattern but surely not meant: the first of what fits.
fn doubt(
    glob: &Glob,
    shape: &Shape,
    text: &str,
    subject: Subject,
    namespace: Option<&str>,
) -> Option<(String, &'static str)> {
    // The rule for `*` sees full names, which have its namespace nowhere.
    let namespace = namespace.filter(|name| *name != "*");
    let pattern = shown(text);
    if looks_like_expression(text) {
        let message = format!("`{pattern}` looks like a regular expression");
        return Some((message, "write a glob: `*` is any text, `?` one character, `{a,b}` either"));
    }
    if glob.literals().any(|byte| byte == b',') {
        let message = format!("a comma outside braces in `{pattern}` is the character itself");
        return Some((message, "write a JSON list of patterns, or braces: `{a,b}`"));
    }
    let (what, mend) = match subject {
        Subject::Repository => ("repository", "write lower-case components with `/` between them"),
        Subject::Tag => ("tag", "write only what a tag can hold: [a-zA-Z0-9._-]"),
    };
    if let Some(byte) = illegal(glob, subject) {
        let byte = char::from(byte).escape_default();
        return Some((format!("no legal {what} fits `{byte}` where `{pattern}` has it"), mend));
    }
    if let Shape::Literal(name) = shape
        && !is_legal(name, subject, namespace)
    {
        return Some((format!("`{pattern}` is the name of no legal {what}"), mend));
    }
    if subject == Subject::Repository && namespace.is_some_and(|name| repeats(text, name)) {
        let message = format!("`{pattern}` repeats the namespace, which the rule's patterns do not see");
        return Some((message, "write the rest of the name alone"));
    }
    glob.has_stray_stars().then(|| {
        let message = format!("`**` in `{pattern}` is no whole component, so it is `*`");
        (message, "write `*`, or `**` between `/`")
    })
}

/// Signs that globs don't have and regular expressions do. `.*` within a pattern may well be meant: `v1.*`.
fn looks_like_expression(text: &str) -> bool {
    let signs = ["(", "|", "\\d", "\\w", "\\s", "\\b", "\\.", ".+", "]+"];
    text.starts_with('^')
        || text.starts_with(".*")
        || text.ends_with('$')
        || signs.iter().any(|sign| text.contains(sign))
}

/// A literal that stands where no legal subject can have it.
fn illegal(glob: &Glob, subject: Subject) -> Option<u8> {
    let mut literals = glob.literals();
    match subject {
        Subject::Repository => literals
            .find(|byte| !is_repository_byte(*byte))
            .or_else(|| glob.first().into_iter().chain(glob.last()).find(|byte| is_separator(*byte))),
        Subject::Tag => literals
            .find(|byte| !is_tag_byte(*byte))
            .or_else(|| glob.first().filter(|byte| matches!(byte, b'.' | b'-'))),
    }
}

/// Whether a literal, behind the namespace of its rule if there is one, is the name of something legal.
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
