//! The query of a request for the list of rules.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::problem::{INVALID, Problem, ProblemDetails};
use tagseal::contract::{self, Diagnostic};
use tagseal::{Component, RulesError};
use tagseal_distribution::query::Query;

/// The parameters, each with its field in a query of the contract.
const PARAMETERS: [(&str, &str); 3] = [("enabled", "enabled"), ("namespace", "namespaces"), ("id", "ids")];

/// The rules that a request asks for, as a query of the contract.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing(String);

impl Listing {
    /// Parses `?enabled=true&namespace=prod,dev&id=3`. Each parameter is optional. Several namespaces or ids are
    /// separated by commas, or each has a parameter of its own.
    ///
    /// # Errors
    ///
    /// - `?enable=true`: an unknown parameter
    /// - `?enabled=yes`, `?enabled=true&enabled=false`, `?id=one`: an invalid value
    pub(super) fn parse(query: Option<&str>) -> Result<Self, ProblemDetails> {
        let query = Query::parse(query.unwrap_or_default()).map_err(|_| {
            ProblemDetails::request("the query has a `%` that is not part of an escape; write `%25` for it")
        })?;
        for key in query.keys() {
            if !PARAMETERS.iter().any(|(name, _)| name.as_bytes() == key) {
                let message = format!("unknown parameter `{}`", String::from_utf8_lossy(key));
                return Err(invalid(vec![problem(None, message, "write `enabled`, `namespace` or `id`")]));
            }
        }
        let mut fields = serde_json::Map::new();
        for (parameter, field) in PARAMETERS {
            let values: Result<Vec<_>, _> = query.values(parameter).map(std::str::from_utf8).collect();
            let values = values.map_err(|_| one(parameter, "bytes that are not UTF-8", "write ASCII"))?;
            if !values.is_empty() {
                fields.insert(field.to_owned(), read(parameter, &values)?);
            }
        }
        Ok(Self(Value::from(fields).to_string()))
    }

    /// Lists the rules of a document, in the form of the contract.
    pub(super) fn answer(&self, component: &Component, document: &str) -> Result<String, ProblemDetails> {
        component.list_rules(document, &self.0).map_err(|error| match error {
            RulesError::Refused(contract::Refusal { code, diagnostics, .. }) if code == INVALID => {
                invalid(diagnostics.into_iter().map(of_parameter).collect())
            }
            error => error.into(),
        })
    }
}

fn read(parameter: &'static str, values: &[&str]) -> Result<Value, ProblemDetails> {
    let all = || values.iter().flat_map(|value| value.split(','));
    match (parameter, values) {
        ("enabled", ["true"]) => Ok(true.into()),
        ("enabled", ["false"]) => Ok(false.into()),
        ("enabled", [_]) => Err(one(parameter, "neither `true` nor `false`", "write one of them")),
        ("enabled", _) => Err(one(parameter, "given twice", "give it once")),
        ("id", _) => {
            let ids: Result<Vec<u64>, _> = all().map(str::parse).collect();
            ids.map(|ids| json!(ids)).map_err(|_| one(parameter, "not a whole number", "write ids as `3` or `3,7`"))
        }
        _ => Ok(all().collect()),
    }
}

/// Turns a diagnostic of the component about the query into a problem of the parameter.
fn of_parameter(diagnostic: Diagnostic) -> Problem {
    let field = |(_, field): &&(&str, &str)| diagnostic.pointer.trim_start_matches('/').starts_with(field);
    let parameter = PARAMETERS.iter().find(field).map(|(name, _)| *name);
    problem(parameter, diagnostic.message, &diagnostic.help)
}

fn one(parameter: &'static str, message: &str, help: &str) -> ProblemDetails {
    invalid(vec![problem(Some(parameter), message.to_owned(), help)])
}

fn problem(parameter: Option<&'static str>, message: String, help: &str) -> Problem {
    Problem { parameter, place: None, message, help: help.to_owned() }
}

fn invalid(problems: Vec<Problem>) -> ProblemDetails {
    ProblemDetails::problems(StatusCode::BAD_REQUEST, "invalid-query", "the query", problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_parsed() {
        let table = [
            (None, "{}"),
            (Some(""), "{}"),
            (Some("enabled=true"), r#"{"enabled":true}"#),
            (Some("enabled=false&"), r#"{"enabled":false}"#),
            (Some("namespace=prod"), r#"{"namespaces":["prod"]}"#),
            (Some("namespace=prod,*&namespace=d%65v"), r#"{"namespaces":["prod","*","dev"]}"#),
            (Some("namespace="), r#"{"namespaces":[""]}"#),
            (Some("id=3,7&id=4&enabled=true"), r#"{"enabled":true,"ids":[3,7,4]}"#),
        ];
        for (query, expected) in table {
            assert_eq!(Listing::parse(query).unwrap().0, expected, "{query:?}");
        }
    }

    #[test]
    fn an_invalid_query_is_refused() {
        for (query, part) in [
            ("enable=true", "unknown parameter `enable`"),
            ("Enabled=true", "unknown parameter `Enabled`"),
            ("=", "unknown parameter ``"),
            ("rules", "unknown parameter `rules`"),
            ("enabled", "`enabled`: neither"),
            ("enabled=TRUE", "`enabled`: neither"),
            ("enabled=true&enabled=true", "`enabled`: given twice"),
            ("id=", "`id`: not a whole number"),
            ("id=3,", "`id`: not a whole number"),
            ("id=-1", "`id`: not a whole number"),
            ("id=3.5", "`id`: not a whole number"),
            ("namespace=%ff", "`namespace`: bytes"),
            ("namespace=%", "not part of an escape"),
        ] {
            let details = Listing::parse(Some(query)).unwrap_err();
            assert!(details.message().contains(part), "{query}: {}", details.message());
        }
    }
}
