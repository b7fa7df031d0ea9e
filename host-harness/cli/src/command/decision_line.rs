//! A decision in words for people: what was asked, what was answered, and why.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Deserialize;
use serde_json::Value;

use super::answer::LineAnswer;
use super::json_lines::Line;
use super::terminal::{BAD, GOOD, printable};

/// The most tags of an event that are named.
const NAMED: usize = 3;

/// What a person wants to know of a decision.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    rule: Option<u64>,
    pair: Option<u32>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    tags: Vec<Tag<'a>>,
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    tag: Cow<'a, str>,
}

/// Writes the answer to a line: `deny   push    prod/app:v1  immutable  rule 1, pair 0`, and below it the message.
pub(crate) fn write(number: u64, line: Line<'_>, answer: &LineAnswer, to: &mut impl Write) -> io::Result<()> {
    let decision: Decision<'_> = serde_json::from_str(&answer.decision).unwrap_or_default();
    let asked = asked(line, &decision).unwrap_or_else(|| format!("line {number}"));
    let (style, outcome) = if answer.allowed { (GOOD, "allow") } else { (BAD, "deny ") };
    let row = format!("{:<40}  {:<16}  {}", printable(&asked), printable(&decision.code), by(&decision));
    writeln!(to, "{style}{outcome}{style:#}  {}", row.trim_end())?;
    if !decision.message.is_empty() {
        writeln!(to, "       {}", printable(&decision.message))?;
    }
    Ok(())
}

fn by(decision: &Decision<'_>) -> String {
    match (decision.rule, decision.pair) {
        (Some(rule), Some(pair)) => format!("rule {rule}, pair {pair}"),
        (Some(rule), None) => format!("rule {rule}"),
        _ => String::new(),
    }
}

/// What was asked: `push    prod/app:v1`. `None` if the line is not a valid event.
fn asked(line: Line<'_>, decision: &Decision<'_>) -> Option<String> {
    let Line::Text(line) = line else { return None };
    let event: Value = serde_json::from_str(line).ok()?;
    let field = |pointer| event.pointer(pointer).and_then(Value::as_str);
    if decision.code == "malformed" {
        return None;
    }
    if let Some(repository) = field("/delete-tag/repository") {
        return Some(format!("delete  {repository}{}", tags(decision)));
    }
    let (verb, repository, digest) = match field("/write/repository") {
        Some(repository) => ("push", repository, field("/write/digest")?),
        None => ("delete", field("/delete-manifest/repository")?, field("/delete-manifest/digest")?),
    };
    let target =
        if verb == "push" && !decision.tags.is_empty() { tags(decision) } else { format!("@{}", short(digest)) };
    Some(format!("{verb:<6}  {repository}{target}"))
}

/// The tags of an event: `:v1`, `:v1,v2`, `:v1,v2,v3 and 4 more`.
fn tags(decision: &Decision<'_>) -> String {
    let named: Vec<&str> = decision.tags.iter().take(NAMED).map(|tag| tag.tag.as_ref()).collect();
    let more = match decision.tags.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(":{}{more}", named.join(","))
}

/// As much of a digest as people compare: the algorithm and 12 digits.
fn short(digest: &str) -> &str {
    let end = digest.find(':').map_or(0, |colon| colon + 13);
    digest.get(..end).unwrap_or(digest)
}
