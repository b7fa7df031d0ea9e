//! Writes whose outcome is not known: listed, and released.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Json;
use super::parameters::one;
use super::problem::{INVALID, Problem, ProblemDetails};
use super::repositories::PageQuery;
use crate::audit_line::Origin;
use crate::ledger::{Ledger, OpenWrite, Released, Subject};
use crate::ledger_json::open_write_json;
use tagseal_distribution::reference::{Digest, Repository, Tag};

/// The greatest length of a reason, in characters.
const MAX_REASON_LENGTH: usize = 500;

/// Lists open writes, the oldest first.
pub(super) async fn list(ledger: &Ledger, query: PageQuery) -> Result<String, ProblemDetails> {
    let after = query.after.map_or(Ok((i64::MIN, 0)), |text| {
        cursor(&text).ok_or_else(|| one("after", "not the `next` of an answer", "write what an answer had as `next`"))
    })?;
    let page = ledger.open_writes_after(after, query.limit).await?;
    let entries: Vec<Value> = page.entries.iter().map(open_write_json).collect();
    let next = page.last().map(|OpenWrite { begun, id, .. }| format!("{begun}-{id}"));
    Ok(json!({"writes": entries, "durable": ledger.is_durable(), "next": next}).to_string())
}

/// Reads where a list goes on.
fn cursor(text: &str) -> Option<(i64, i64)> {
    let (begun, id) = text.split_once('-')?;
    Some((begun.parse().ok()?, id.parse().ok()?))
}

/// What is to be released, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
    reason: String,
}

/// A release that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) subject: Subject,
    pub(super) reason: String,
}

impl Release {
    /// Parses `{"repository": "prod/app", "tag": "v1", "reason": "the registry was restored"}`, or the same with a `digest`.
    ///
    /// # Errors
    ///
    /// - both `tag` and `digest`, or none of them
    /// - a name that is not valid, a reason that is empty or too long
    pub(super) fn parse(body: &Json) -> Result<Self, ProblemDetails> {
        let request: Request = serde_json::from_str(body.text()).map_err(|error| {
            let message = error.to_string();
            invalid(message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message), FORM)
        })?;
        let repository = Repository::parse(&request.repository);
        let repository = repository.map_err(|error| invalid(&format!("`repository` is {error}"), FORM))?;
        let subject = match (&request.tag, &request.digest) {
            (Some(tag), None) => {
                let tag = Tag::parse(tag).map_err(|error| invalid(&format!("`tag` is {error}"), FORM))?;
                Subject::Tag(repository, tag)
            }
            (None, Some(digest)) => {
                let digest = Digest::parse(digest).map_err(|error| invalid(&format!("`digest` is {error}"), FORM))?;
                Subject::Manifest(repository, digest)
            }
            _ => return Err(invalid("it has to name either a `tag` or a `digest`", FORM)),
        };
        let reason = request.reason;
        let length = reason.chars().count();
        if reason.trim().is_empty() || length > MAX_REASON_LENGTH || reason.chars().any(char::is_control) {
            return Err(invalid("`reason` is not valid", "write 1 to 500 characters without control characters"));
        }
        Ok(Self { subject, reason })
    }

    /// Carries it out, and writes what was released.
    ///
    /// # Errors
    ///
    /// The ledger failed, or there is nothing to release.
    pub(super) async fn make(&self, ledger: &Ledger, origin: &Origin) -> Result<(Released, String), ProblemDetails> {
        let released = ledger.release(&self.subject, origin, &self.reason).await?;
        if released.line.is_none() {
            return Err(ProblemDetails::not_found(
                "there is nothing to release: no write of it is open, and it is not a tag whose name is used up",
            ));
        }
        let json = json!({"writes": released.writes, "freed": released.is_free}).to_string();
        Ok((released, json))
    }
}

/// The form of a request.
const FORM: &str = "send `repository`, `tag` or `digest`, and `reason`";

fn invalid(message: &str, help: &str) -> ProblemDetails {
    let problem = Problem { message: message.to_owned(), help: help.to_owned(), ..Problem::default() };
    ProblemDetails::problems(StatusCode::UNPROCESSABLE_ENTITY, INVALID, "the body", vec![problem])
}
