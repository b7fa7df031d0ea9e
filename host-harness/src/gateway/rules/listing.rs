//! Which rules a request asks for, by its query.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::refusal::{INVALID, Problem, Refusal};
use crate::contract::{self, Diagnostic};
use crate::gateway::query::Query;
use crate::{Component, RulesError};

/// The parameters, each with its field of a query of the contract.
const PARAMETERS: [(&str, &str); 3] = [("enabled", "enabled"), ("namespace", "namespaces"), ("id", "ids")];

/// Which rules are asked for: a query of the contract.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing(String);

impl Listing {
    /// Reads `?enabled=true&namespace=prod,dev&id=3`. Each parameter may be left out; namespaces and ids can be several,
    /// between commas or in a parameter each.
    ///
    /// # Errors
    ///
    /// - `?enable=true`: no such parameter
    /// - `?enabled=yes`, `?enabled=true&enabled=false`, `?id=one`: no such value
    pub(super) fn parse(query: Option<&str>) -> Result<Self, Refusal> {
        let query = Query::parse(query.unwrap_or_default())
            .map_err(|_| Refusal::request("the query has a `%` that begins no escape; write `%25` for it"))?;
        for key in query.keys() {
            if !PARAMETERS.iter().any(|(name, _)| name.as_bytes() == key) {
                let message = format!("unknown parameter `{}`", String::from_utf8_lossy(key));
                return Err(refused(vec![problem(None, message, "write `enabled`, `namespace` or `id`")]));
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

    /// The rules of a document that are asked for, and what else the contract tells of them.
    pub(super) fn answer(&self, component: &Component, document: &str) -> Result<String, Refusal> {
        component.list_rules(document, &self.0).map_err(|error| match error {
            RulesError::Refused(contract::Refusal { code, diagnostics, .. }) if code == INVALID => {
                refused(diagnostics.into_iter().map(of_parameter).collect())
            }
            error => error.into(),
        })
    }
}

fn read(parameter: &'static str, values: &[&str]) -> Result<Value, Refusal> {
    let all = || values.iter().flat_map(|value| value.split(','));
    match (parameter, values) {
        ("enabled", ["true"]) => Ok(true.into()),
        ("enabled", ["false"]) => Ok(false.into()),
        ("enabled", [_]) => Err(one(parameter, "neither `true` nor `false`", "write one of them")),
        ("enabled", _) => Err(one(parameter, "given twice", "give it once")),
        ("id", _) => {
            let ids: Result<Vec<u64>, _> = all().map(str::parse).collect();
            ids.map(|ids| json!(ids)).map_err(|_| one(parameter, "no whole number", "write ids as `3` or `3,7`"))
        }
        _ => Ok(all().collect()),
    }
}

/// What the component says of a query, as it was asked.
fn of_parameter(diagnostic: Diagnostic) -> Problem {
    let field = |(_, field): &&(&str, &str)| diagnostic.pointer.trim_start_matches('/').starts_with(field);
    let parameter = PARAMETERS.iter().find(field).map(|(name, _)| *name);
    problem(parameter, diagnostic.message, &diagnostic.mend)
}

fn one(parameter: &'static str, message: &str, mend: &str) -> Refusal {
    refused(vec![problem(Some(parameter), message.to_owned(), mend)])
}

fn problem(parameter: Option<&'static str>, message: String, mend: &str) -> Problem {
    Problem { parameter, place: None, message, mend: mend.to_owned() }
}

fn refused(problems: Vec<Problem>) -> Refusal {
    Refusal::problems(StatusCode::BAD_REQUEST, "invalid-query", "the query", problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
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
    fn what_is_no_query_is_refused() {
        for (query, told) in [
            ("enable=true", "unknown parameter `enable`"),
            ("Enabled=true", "unknown parameter `Enabled`"),
            ("=", "unknown parameter ``"),
            ("rules", "unknown parameter `rules`"),
            ("enabled", "`enabled`: neither"),
            ("enabled=TRUE", "`enabled`: neither"),
            ("enabled=true&enabled=true", "`enabled`: given twice"),
            ("id=", "`id`: no whole number"),
            ("id=3,", "`id`: no whole number"),
            ("id=-1", "`id`: no whole number"),
            ("id=3.5", "`id`: no whole number"),
            ("namespace=%ff", "`namespace`: bytes"),
            ("namespace=%", "begins no escape"),
        ] {
            let refusal = Listing::parse(Some(query)).unwrap_err();
            assert!(refusal.message().contains(told), "{query}: {}", refusal.message());
        }
    }
}
