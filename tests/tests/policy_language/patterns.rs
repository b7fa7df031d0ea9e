//! Lines about patterns, selectors and exempt sets.

use crate::event::reference;
use crate::fields::of_document;
use crate::line::{Line, both};
use crate::readme::{code, codes, values};
use crate::vectors::Vector;
use serde_json::{Value, json};

type Vectors = Vec<(&'static str, String, Vector)>;

/// `| `v*` | `v1` | `1` |` in a section about repositories or tags.
pub(crate) fn glob(line: &Line<'_>) -> Vectors {
    let of = line.heading.rsplit(' ').next().unwrap_or_default();
    let pattern = code(&line.cells[0]);
    let [matches, misses] = [&line.cells[1], &line.cells[2]].map(|cell| json!(codes(cell)).to_string());
    let vector = Vector::new([
        ("of", json!(of).to_string()),
        ("pattern", json!(pattern).to_string()),
        ("matches", matches),
        ("misses", misses),
    ]);
    vec![("match", line.name(&[&pattern]), vector)]
}

/// `| `[0-9` | tags, repositories | why |`.
pub(crate) fn refused_glob(line: &Line<'_>) -> Vectors {
    let pattern = code(&line.cells[0]);
    let sides = line.cells[1].split(", ");
    sides.map(|of| refused(line, of, &json!(pattern), &pattern)).collect()
}

/// `| `(v1` | why |`.
pub(crate) fn refused_regex(line: &Line<'_>) -> Vectors {
    let pattern = code(&line.cells[0]);
    vec![refused(line, "tags", &json!({ "regex": pattern }), &pattern)]
}

fn refused(line: &Line<'_>, of: &str, pattern: &Value, shown: &str) -> (&'static str, String, Vector) {
    let suffix = if pattern.is_object() { "/regex" } else { "" };
    let pointer = format!("/rules/0/protects/0/{of}/matches{suffix}");
    of_document(&line.name(&[&format!("{shown} is refused"), of]), &with_pattern(of, pattern), Some(pointer))
}

/// A document of one rule with one pattern.
fn with_pattern(of: &str, pattern: &Value) -> Value {
    let mut pair = json!({ "repositories": { "matches": "**" }, "tags": { "matches": "release-*" } });
    pair[of] = json!({ "matches": pattern });
    rule(&pair, &["signatures", "referrers"])
}

/// A document of one rule with one pair.
fn rule(pair: &Value, exempt: &[&str]) -> Value {
    json!({ "version": 1, "rules": [{ "id": 1, "namespace": "prod", "exempt": exempt, "protects": [pair] }] })
}

/// `| tags | `v.*` | what is warned about |`, or what the pattern means, where there is nothing to warn about.
pub(crate) fn doubted(line: &Line<'_>) -> Vectors {
    let (of, pattern) = (line.cells[0].as_str(), code(&line.cells[1]));
    let warnings = match line.header[2].as_str() {
        "warning" => json!([{ "pointer": format!("/rules/0/protects/0/{of}/matches") }]),
        _ => json!([]),
    };
    let document = with_pattern(of, &json!(pattern)).to_string();
    let vector = Vector::new([("document", document), ("policy", json!({ "warnings": warnings }).to_string())]);
    vec![("compile", line.name(&[of, &pattern]), vector)]
}

/// `| `v[0-9]+` | `v1` | `v` |`.
pub(crate) fn regex(line: &Line<'_>) -> Vectors {
    let pattern = code(&line.cells[0]);
    let selector = json!({ "matches": { "regex": pattern } });
    vec![selected(line, &pattern, &selector)]
}

/// `| `{"matches": "v*"}` | `v1` | `1` |`.
pub(crate) fn selector(line: &Line<'_>) -> Vectors {
    vec![selected(line, &code(&line.cells[0]), &values(&line.cells[0])[0])]
}

/// Asks for the delete of a manifest with all the tags that a line names: those that are selected are immutable.
fn selected(line: &Line<'_>, shown: &str, selector: &Value) -> (&'static str, String, Vector) {
    let pair = json!({ "repositories": { "matches": "**" }, "tags": selector });
    let tags = both(&line.cells[1], &line.cells[2]);
    let names: Vec<_> = tags.iter().map(|(tag, _)| tag).collect();
    let decided = tags.iter().map(|(tag, is_selected)| {
        let code = if *is_selected { "immutable" } else { "unprotected" };
        json!({ "tag": tag, "code": code })
    });
    let decided: Vec<_> = decided.collect();
    let event = json!({ "delete-manifest": { "repository": "prod/app", "digest": "sha256:aa…", "tags": names } });
    let vector = Vector::new([
        ("document", rule(&pair, &["signatures", "referrers"]).to_string()),
        ("event", event.to_string()),
        ("decision", json!({ "tags": decided }).to_string()),
    ]);
    ("decide", line.name(&[shown]), vector)
}

/// `| `1.2.3` | `@version`, `@release` |`: asks for an explanation by a rule with a pair for each class.
pub(crate) fn classes(line: &Line<'_>) -> Vectors {
    const CLASSES: [&str; 5] = ["@version", "@release", "@prerelease", "@rolling", "@commit"];
    let (tag, found) = (code(&line.cells[0]), codes(&line.cells[1]));
    let pairs = CLASSES.map(|class| json!({ "repositories": { "matches": "**" }, "tags": { "matches": class } }));
    let tried = CLASSES.map(|class| json!({ "tags": { "holds": found.iter().any(|other| other == class) } }));
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "prod", "protects": pairs }] });
    assert!(found.iter().all(|class| CLASSES.contains(&class.as_str())), "{found:?}");
    let vector = Vector::new([
        ("document", document.to_string()),
        ("question", json!({ "repository": "prod/app", "tag": tag }).to_string()),
        ("explained", json!({ "rules": [{ "pairs": tried }] }).to_string()),
    ]);
    vec![("explain", line.name(&[&tag]), vector)]
}

/// `| `cache` | `prod/app:cache` | `prod/app:Cache` |`.
pub(crate) fn exempt(line: &Line<'_>) -> Vectors {
    let set = code(&line.cells[0]);
    let pair = json!({ "repositories": { "matches": "**" }, "tags": { "matches": "**" } });
    let document = rule(&pair, &[&set]).to_string();
    let of_tag = |(name, is_exempt): (String, bool)| {
        let [repository, tag] = reference(&name);
        let decision = match is_exempt {
            true => json!({ "outcome": "allow", "code": "exempt" }),
            false => json!({ "outcome": "deny", "code": "immutable" }),
        };
        let vector = Vector::new([
            ("document", document.clone()),
            ("event", json!({ "delete-tag": { "repository": repository, "tag": tag } }).to_string()),
            ("decision", decision.to_string()),
        ]);
        ("decide", line.name(&[&set, &name]), vector)
    };
    both(&line.cells[1], &line.cells[2]).into_iter().map(of_tag).collect()
}
