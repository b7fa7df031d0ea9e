//! What looks like the syntax of another language in a pattern.

use crate::document::located_json::quote::shown;
use crate::pattern::glob::Glob;
use crate::pattern::subject::Subject;
use serde_json::Value;

/// A message and its help.
pub(crate) type Suspicion = (String, String);

/// What looks like the syntax of another language in a glob: the first of what fits.
pub(super) fn suspicion_of_syntax(glob: &Glob, text: &str, subject: Subject) -> Option<Suspicion> {
    let pattern = shown(text);
    if is_template(text) {
        return Some((format!("`{pattern}` looks like a template that was not filled in"), "write its value".into()));
    }
    if text.starts_with(is_quote) || text.ends_with(is_quote) {
        return Some((format!("the quotes of `{pattern}` are part of the pattern"), "write it without them".into()));
    }
    if text.starts_with('!') {
        let message = format!("`!` at the start of `{pattern}` is the character itself, and no name holds it");
        return Some((message, "write the rest of it under `excludes`".into()));
    }
    if let Some(count) = repetition(text) {
        let message = format!("`{{{count}}}` in `{pattern}` repeats nothing: {}", meaning(count));
        return Some((message, regex_hint("write out what is repeated", text)));
    }
    if looks_like_regex(text) {
        let message = format!("`{pattern}` looks like a regular expression");
        return Some((message, regex_hint(&glob_hint(text, subject), text)));
    }
    glob.literals().any(|byte| byte == b',').then(|| {
        let message = format!("a comma outside braces in `{pattern}` is the character itself");
        (message, "write a JSON list of patterns, or braces: `{a,b}`".into())
    })
}

/// What looks like a glob in a regular expression: a `*` after what nobody repeats, as in `rel-*`.
pub(crate) fn suspicion_of_regex(text: &str) -> Option<Suspicion> {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '/' | '.' | '*');
    let is_glob = text.contains('*') && !text.contains(".*") && text.chars().all(is_plain);
    is_glob.then(|| {
        let message = format!("`{}` looks like a glob; here `*` repeats the character before it", shown(text));
        (message, "write the glob without `regex`, or `.*` for any text".into())
    })
}

/// Whether a text holds a place for a value: `{{.Version}}`, `${VERSION}`, `$(VERSION)` or `$VERSION`. Braces in braces that
/// hold a comma are alternatives.
fn is_template(text: &str) -> bool {
    let holds_name = |text: &str| !text.is_empty() && !text.contains([',', '{', '}']);
    text.split("{{").skip(1).any(|rest| rest.split_once("}}").is_some_and(|(name, _)| holds_name(name)))
        || text
            .split('$')
            .skip(1)
            .any(|rest| rest.starts_with(|first: char| matches!(first, '{' | '(' | '_') || first.is_ascii_alphabetic()))
}

fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '"' | '`')
}

/// The inside of braces that a regular expression would read as a count: `8` in `[0-9]{8}`.
fn repetition(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(at, _)| {
        let is_repeated = text.get(..at)?.ends_with([']', ')']);
        let (count, _) = text.get(at + 1..)?.split_once('}')?;
        let is_count = count.starts_with(|first: char| first.is_ascii_digit())
            && count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
            && count.matches(',').count() <= 1;
        (is_repeated && is_count).then_some(count)
    })
}

/// What braces around a count mean in a glob.
fn meaning(count: &str) -> String {
    match count.split_once(',') {
        None => format!("a brace with one alternative is `{count}` itself"),
        Some((least, "")) => format!("the brace means `{least}` or nothing"),
        Some((least, most)) => format!("the brace means `{least}` or `{most}`"),
    }
}

/// Whether a text has signs of a regular expression that globs don't have.
fn looks_like_regex(text: &str) -> bool {
    let signs = ["(", "|", "\\d", "\\w", "\\s", "\\b", "\\.", ".+", "]+"];
    text.starts_with('^')
        || text.ends_with('$')
        || signs.iter().any(|sign| text.contains(sign))
        || text.match_indices(".*").any(|(at, _)| text.get(..at).is_some_and(repeats_any))
}

/// Whether `.*` after a text is the any text of a regular expression. A glob may well mean it after a digit, a capital or a
/// brace (`1.*`, `RELEASE.*`), and after the word for a pre-release: `*-rc.*`.
fn repeats_any(before: &str) -> bool {
    let stem = before.trim_end_matches(|character: char| character.is_ascii_lowercase());
    let word = before.strip_prefix(stem).unwrap_or_default();
    let is_prerelease = matches!(word, "alpha" | "beta" | "rc" | "pre" | "preview" | "dev" | "canary" | "next")
        && stem.strip_suffix('-').is_some_and(|version| {
            version.ends_with(|last: char| last.is_ascii_digit() || matches!(last, '*' | ']' | '}'))
                && !version.ends_with(".*")
        });
    !is_prerelease && (!word.is_empty() || stem.is_empty() || stem.ends_with(['-', '/']))
}

/// What to write in the place of a regular expression: the glob that it was for, where only `.*` is in the way.
fn glob_hint(text: &str, subject: Subject) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.' | b'*');
    if !text.contains(".*") || text.contains(".+") || !text.bytes().all(is_plain) {
        return "write a glob (`*` is any text, `?` one character, `{a,b}` either)".into();
    }
    let glob = text.replace(".*", "*");
    match (subject, text.strip_suffix(".*")) {
        (Subject::Repository, Some(before)) if before.is_empty() || before.ends_with('/') => {
            format!("write the glob `{}*`", shown(&glob))
        }
        (Subject::Repository, Some(before)) if before.ends_with(|last: char| last.is_ascii_lowercase()) => {
            format!("write the glob `{}` or `{}-*`", shown(&glob), shown(&before.replace(".*", "*")))
        }
        _ => format!("write the glob `{}`", shown(&glob)),
    }
}

/// A hint, and the pattern as one that says that it is a regular expression.
fn regex_hint(hint: &str, text: &str) -> String {
    let is_short = shown(text) == text;
    let written = if is_short { Value::from(text).to_string() } else { "…".into() };
    format!("{hint}, or {{\"regex\": {written}}}")
}
