//! How the gateway says no to what the policy denied.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue};
use serde_json::json;

use super::lookup::Found;
use super::problem::Problem;
use super::push::Pushed;
use super::reference::{Repository, Tag};
use crate::contract::{Decision, Outcome, TagDecision};

/// The word of the contract for what a rule keeps.
const IMMUTABLE: &str = "immutable";
/// The word of the contract for what is not known now.
const STATE_UNKNOWN: &str = "state-unknown";

/// A denied push. What the registry may know in a moment is 503; what stays denied has the status of the settings.
pub(crate) fn of_push(decision: &Decision, pushed: &Pushed, found: &[(Tag, Found)], status: StatusCode) -> Problem {
    let denied = decision.tags.iter().find(|tag| tag.outcome == Outcome::Deny);
    let now = denied.and_then(|denied| found.iter().find(|(tag, _)| tag.as_str() == denied.tag));
    let mut detail = detail(decision, &pushed.repository);
    if let (Some(fields), Some(denied)) = (detail.as_object_mut(), denied) {
        fields.insert("tag".to_owned(), json!(denied.tag));
        fields.insert("pushed".to_owned(), json!(pushed.digest().as_str()));
        if let Some((_, Found::Manifest { digest, .. })) = now {
            fields.insert("current".to_owned(), json!(digest.as_str()));
        }
    }
    let problem = match (decision.code.as_str(), denied, now) {
        (STATE_UNKNOWN, Some(denied), _) if pushed.manifest.is_first_schema() => {
            Problem::new(status, "DENIED", first_schema(denied, pushed))
        }
        (STATE_UNKNOWN, Some(denied), Some((_, Found::Manifest { media_type, .. }))) => {
            Problem::new(status, "DENIED", retyped(denied, pushed, media_type.as_deref()))
        }
        (STATE_UNKNOWN, _, Some((_, Found::Unknown(why)))) => {
            Problem::unavailable(format!("{} ({why})", decision.message))
        }
        (IMMUTABLE, ..) => Problem::new(status, "DENIED", &decision.message),
        _ => not_decided(decision),
    };
    problem.detail(detail)
}

/// A denied delete: 405, since a registry whose deletes are off says so too. What was not known is 503.
pub(crate) fn of_delete(decision: &Decision, repository: &Repository, why_unknown: Option<&str>) -> Problem {
    let problem = match (decision.code.as_str(), why_unknown) {
        (STATE_UNKNOWN, Some(why)) => Problem::unavailable(format!("{} ({why})", decision.message)),
        (IMMUTABLE, _) => not_deletable(&decision.message),
        _ => not_decided(decision),
    };
    problem.detail(detail(decision, repository))
}

/// A denied delete of a blob: which manifests need it is not looked at, so none of a repository with kept tags goes.
pub(crate) fn of_blob(decision: &Decision, repository: &Repository) -> Problem {
    if decision.code != STATE_UNKNOWN {
        return not_decided(decision);
    }
    let message = format!(
        "blobs of {repository} may be needed by tags that {} keeps, so none of them can be deleted",
        rule(decision.rule)
    );
    not_deletable(&message).detail(detail(decision, repository))
}

fn not_deletable(message: &str) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "DENIED", message)
        .header(ALLOW, HeaderValue::from_static("GET, HEAD, PUT"))
}

/// What the policy did not decide at all: its component failed, or the gateway asked it what is no question.
fn not_decided(decision: &Decision) -> Problem {
    Problem::unavailable(&decision.message)
}

fn detail(decision: &Decision, repository: &Repository) -> serde_json::Value {
    let reason = match decision.code.as_str() {
        IMMUTABLE => "TAG_IMMUTABLE".to_owned(),
        code => code.replace('-', "_").to_ascii_uppercase(),
    };
    json!({
        "reason": reason,
        "rule": decision.rule,
        "pair": decision.pair,
        "revision": decision.revision,
        "repository": repository.as_str(),
    })
}

fn first_schema(denied: &TagDecision, pushed: &Pushed) -> String {
    format!(
        "tag {} of {} is kept by {}: manifests of the first schema can't be compared and are not taken; \
         push an OCI or Docker schema 2 image",
        denied.tag,
        pushed.repository,
        rule(denied.rule)
    )
}

fn retyped(denied: &TagDecision, pushed: &Pushed, media_type: Option<&str>) -> String {
    let kind = |media_type: Option<&str>| media_type.unwrap_or("no media type").to_owned();
    format!(
        "tag {} of {} is immutable by {}: its manifest is served as {} and cannot become {}; push under a new tag",
        denied.tag,
        pushed.repository,
        rule(denied.rule),
        kind(media_type),
        kind(pushed.manifest.media_type.as_deref()),
    )
}

fn rule(id: Option<u64>) -> String {
    id.map_or_else(|| "a rule".to_owned(), |id| format!("rule {id}"))
}
