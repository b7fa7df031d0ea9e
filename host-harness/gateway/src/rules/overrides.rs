//! Overrides: listed, added and ended.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::Json;
use super::problem::{Problem, ProblemDetails};
use hyper::StatusCode;
use tagseal::Component;
use tagseal_distribution::query::Query;

/// The answer to a query for rules, of which only the overrides matter here.
#[derive(Deserialize)]
struct Listed<'a> {
    revision: u64,
    #[serde(borrow, default)]
    overrides: Vec<&'a RawValue>,
}

/// Lists the overrides of a document, with its revision.
pub(super) fn list(component: &Component, document: &str) -> Result<String, ProblemDetails> {
    let listed = component.list_rules(document, "{}")?;
    let listed: Listed<'_> = serde_json::from_str(&listed).map_err(|_| broken())?;
    let overrides: Vec<&str> = listed.overrides.iter().map(|it| it.get()).collect();
    Ok(format!("{{\"revision\":{},\"overrides\":[{}]}}", listed.revision, overrides.join(",")))
}

/// Writes the change that adds an override. If the body does not say who is responsible, it is who sends it.
pub(super) fn add(body: &Json, sender: &str) -> String {
    format!("{{\"override\":\n{}\n}}", with_author(body.text(), sender))
}

fn with_author(body: &str, sender: &str) -> String {
    #[derive(Deserialize)]
    struct Author {
        by: Option<serde_json::Value>,
    }
    let has_none = serde_json::from_str(body).is_ok_and(|author: Author| author.by.is_none());
    match body.rsplit_once('}') {
        // At the end, so that all places stay as they are.
        Some((fields, after)) if has_none => {
            let comma = if fields.trim_ascii_end().ends_with('{') { "" } else { ", " };
            format!("{fields}{comma}\"by\": {}}}{after}", serde_json::Value::from(sender))
        }
        _ => body.to_owned(),
    }
}

/// Parses `?repository=prod/app&tag=v1` and writes the change that ends the override for that tag.
///
/// # Errors
///
/// A parameter is missing, given twice, or unknown.
pub(super) fn end(query: Option<&str>) -> Result<String, ProblemDetails> {
    const PARAMETERS: [&str; 2] = ["repository", "tag"];
    let invalid = || {
        let help = "write `?repository=NAME&tag=TAG`".to_owned();
        let problem = Problem { message: "it has to name one tag".to_owned(), help, ..Problem::default() };
        ProblemDetails::problems(StatusCode::BAD_REQUEST, "invalid-query", "the query", vec![problem])
    };
    let query = Query::parse(query.unwrap_or_default()).map_err(|_| invalid())?;
    let is_known = query.keys().all(|key| PARAMETERS.iter().any(|name| name.as_bytes() == key));
    let once = PARAMETERS.iter().all(|name| query.values(name).count() == 1);
    match (query.value("repository"), query.value("tag")) {
        (Some(repository), Some(tag)) if is_known && once => {
            Ok(serde_json::json!({"end-override": {"repository": repository, "tag": tag}}).to_string())
        }
        _ => Err(invalid()),
    }
}

fn broken() -> ProblemDetails {
    ProblemDetails::unavailable("unavailable", "the component's answer about the rules can't be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_names_who_is_responsible() {
        let table = [
            (r#"{"tag": "v1"}"#, r#"{"tag": "v1", "by": "alice"}"#),
            (r#"{"tag": "v1", "by": "bob"}"#, r#"{"tag": "v1", "by": "bob"}"#),
            ("{}\n", "{\"by\": \"alice\"}\n"),
            ("[]", "[]"),
            ("7", "7"),
        ];
        for (body, expected) in table {
            assert_eq!(with_author(body, "alice"), expected);
        }
    }

    #[test]
    fn the_end_of_an_override_names_one_tag() {
        let expected = r#"{"end-override":{"repository":"prod/app","tag":"v1"}}"#;
        assert_eq!(end(Some("repository=prod%2Fapp&tag=v1")).unwrap(), expected);
        for query in ["", "repository=a", "tag=v1", "repository=a&tag=v1&tag=v2", "repository=a&tag=v1&x=1", "tag=%"] {
            assert!(end(Some(query)).is_err(), "{query}");
        }
    }
}
