//! The parameters of a query, each of which is given once at most.

use hyper::StatusCode;

use super::problem::{Problem, ProblemDetails};
use tagseal_distribution::query::Query;

/// The greatest number that a line, or a rule, can have.
pub(super) const MAX_NUMBER: u64 = (1 << 53) - 1;
/// The code of a query that is invalid.
const INVALID_QUERY: &str = "invalid-query";
/// The number of entries of a list, unless the query says another.
const USUAL_ENTRIES: usize = 100;
/// The greatest number of entries of a list.
const MAX_ENTRIES: u64 = 1000;

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Parameters(Query);

impl Parameters {
    /// Parses a query that may have these parameters.
    ///
    /// # Errors
    ///
    /// - `?rules=1`: an unknown parameter
    /// - `?tag=%`: not a query
    pub(super) fn parse(query: Option<&str>, known: &[&'static str]) -> Result<Self, ProblemDetails> {
        let query = Query::parse(query.unwrap_or_default()).map_err(|_| {
            ProblemDetails::request("the query has a `%` that is not part of an escape; write `%25` for it")
        })?;
        if let Some(key) = query.keys().find(|key| !known.iter().any(|name| name.as_bytes() == *key)) {
            let message = format!("unknown parameter `{}`", String::from_utf8_lossy(key));
            return Err(invalid(None, message, &format!("write one of {}", known.join(", "))));
        }
        Ok(Self(query))
    }

    /// Returns the text of a parameter.
    ///
    /// # Errors
    ///
    /// `?tag=v1&tag=v2`, `?tag=%ff`
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, ProblemDetails> {
        match self.0.values(name).count() {
            0 => Ok(None),
            1 => match self.0.value(name) {
                Some(text) if !text.contains('\0') => Ok(Some(text.to_owned())),
                Some(_) => Err(one(name, "a text with a zero byte", "leave it out")),
                None => Err(one(name, "bytes that are not UTF-8", "write UTF-8")),
            },
            _ => Err(one(name, "given twice", "give it once")),
        }
    }

    /// Returns the number of a parameter, from 1 to this.
    ///
    /// # Errors
    ///
    /// `?limit=0`, `?limit=many`
    pub(super) fn number(&self, name: &'static str, most: u64) -> Result<Option<u64>, ProblemDetails> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(one(name, "not a whole number in its range", &format!("write a number from 1 to {most}"))),
        }
    }

    /// Returns the greatest number of entries of the answer.
    ///
    /// # Errors
    ///
    /// `?limit=1001`
    pub(super) fn limit(&self) -> Result<usize, ProblemDetails> {
        let limit = self.number("limit", MAX_ENTRIES)?;
        Ok(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(USUAL_ENTRIES))
    }
}

/// Makes problem details of one parameter.
pub(super) fn one(parameter: &'static str, message: &str, help: &str) -> ProblemDetails {
    invalid(Some(parameter), message.to_owned(), help)
}

fn invalid(parameter: Option<&'static str>, message: String, help: &str) -> ProblemDetails {
    let problem = Problem { parameter, place: None, message, help: help.to_owned() };
    ProblemDetails::problems(StatusCode::BAD_REQUEST, INVALID_QUERY, "the query", vec![problem])
}
