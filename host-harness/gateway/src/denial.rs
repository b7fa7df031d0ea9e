//! The answers to requests that the policy denied.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue};
use serde_json::json;

use super::look_up::TagState;
use super::push_request::PushRequest;
use tagseal::contract::{Decision, Outcome, TagDecision};
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Repository, Tag};

/// The code of a tag that a rule protects.
const IMMUTABLE: &str = "immutable";
/// The code of a tag that was deleted and whose name is used up.
const RETIRED: &str = "retired";
/// The code of a tag whose state is not known.
const STATE_UNKNOWN: &str = "state-unknown";
/// The reason of a refused delete of a blob, as data. It is final.
const BLOB_PROTECTED: &str = "BLOB_PROTECTED";

/// Makes the answer to a denied push: 503 if the registry may know more in a moment, else the status of the settings.
pub(crate) fn of_push(
    decision: &Decision,
    request: &PushRequest,
    states: &[(Tag, TagState)],
    status: StatusCode,
) -> ErrorResponse {
    let denied = decision.tags.iter().find(|tag| tag.outcome == Outcome::Deny);
    let state = denied.and_then(|denied| states.iter().find(|(tag, _)| tag.as_str() == denied.tag));
    let state = state.map(|(_, state)| state);
    let mut detail = detail(decision, &request.push.repository);
    if let (Some(fields), Some(denied)) = (detail.as_object_mut(), denied) {
        fields.insert("tag".to_owned(), json!(denied.tag));
        fields.insert("pushed".to_owned(), json!(request.digest().as_str()));
        if let Some(TagState::Manifest { digest, .. } | TagState::Remembered(digest)) = state {
            fields.insert("current".to_owned(), json!(digest.as_str()));
        }
    }
    let answer = match (decision.code.as_str(), denied, state) {
        (STATE_UNKNOWN, Some(denied), _) if request.manifest.is_first_schema() => {
            ErrorResponse::new(status, "DENIED", first_schema(denied, request))
        }
        (STATE_UNKNOWN, Some(denied), Some(TagState::Manifest { media_type, .. })) => {
            ErrorResponse::new(status, "DENIED", other_type(denied, request, media_type.as_deref()))
        }
        (STATE_UNKNOWN, _, Some(TagState::Unknown(reason) | TagState::Unreadable(reason))) => {
            ErrorResponse::unavailable(format!("{} ({reason})", decision.message))
        }
        (IMMUTABLE | RETIRED, ..) => ErrorResponse::new(status, "DENIED", &decision.message),
        _ => not_decided(decision),
    };
    answer.with_detail(detail)
}

/// Makes the answer to a denied delete: 503 if something could not be found out, else 405, as from a registry that does not
/// support deletes.
pub(crate) fn of_delete(decision: &Decision, repository: &Repository, why_unknown: Option<&str>) -> ErrorResponse {
    let answer = match (decision.code.as_str(), why_unknown) {
        (STATE_UNKNOWN, Some(reason)) => ErrorResponse::unavailable(format!("{} ({reason})", decision.message)),
        (IMMUTABLE | RETIRED, _) => not_deletable(&decision.message),
        _ => not_decided(decision),
    };
    answer.with_detail(detail(decision, repository))
}

/// Makes the answer to a delete of a tag that is denied for the other tags of its manifest.
pub(crate) fn of_tag_delete(decision: &Decision, repository: &Repository, tag: &Tag) -> ErrorResponse {
    let message = format!(
        "{}; the delete of tag {tag} may remove its manifest: if this registry keeps the manifest, start the gateway with \
         `--tag-delete untags`",
        decision.message
    );
    not_deletable(&message).with_detail(detail(decision, repository))
}

/// Makes the answer to a denied delete of a blob. The gateway does not know which manifests need a blob, so no blob of a
/// repository with protected tags can be deleted.
pub(crate) fn of_blob(decision: &Decision, repository: &Repository) -> ErrorResponse {
    if decision.code != STATE_UNKNOWN {
        return not_decided(decision);
    }
    let message = format!(
        "blobs of {repository} may be needed by tags that {} protects, so none of them can be deleted; the registry's own \
         garbage collection removes blobs that nothing needs",
        rule(decision.rule, decision.namespace.as_deref())
    );
    let mut detail = detail(decision, repository);
    if let Some(fields) = detail.as_object_mut() {
        fields.insert("reason".to_owned(), json!(BLOB_PROTECTED));
    }
    refused_delete(&message, "GET, HEAD").with_detail(detail)
}

fn not_deletable(message: &str) -> ErrorResponse {
    refused_delete(message, "GET, HEAD, PUT")
}

fn refused_delete(message: &str, allowed: &'static str) -> ErrorResponse {
    ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, "DENIED", message)
        .with_header(ALLOW, HeaderValue::from_static(allowed))
}

/// Makes the answer if the policy did not decide: its component failed, or the event was malformed.
fn not_decided(decision: &Decision) -> ErrorResponse {
    ErrorResponse::unavailable(&decision.message)
}

fn detail(decision: &Decision, repository: &Repository) -> serde_json::Value {
    let reason = match decision.code.as_str() {
        IMMUTABLE => "TAG_IMMUTABLE".to_owned(),
        code => code.replace('-', "_").to_ascii_uppercase(),
    };
    // Some clients print all of it after the message, so it has only what programs need.
    json!({"reason": reason, "rule": decision.rule, "namespace": decision.namespace, "repository": repository.as_str()})
}

fn first_schema(denied: &TagDecision, request: &PushRequest) -> String {
    format!(
        "tag {} of {} is protected by {}: manifests of the first schema can't be compared and are not accepted; \
         push an OCI or Docker schema 2 image",
        denied.tag,
        request.push.repository,
        rule(denied.rule, denied.namespace.as_deref())
    )
}

fn other_type(denied: &TagDecision, request: &PushRequest, media_type: Option<&str>) -> String {
    let kind = |media_type: Option<&str>| media_type.unwrap_or("no media type").to_owned();
    format!(
        "tag {} of {} cannot be overwritten because the tag is immutable ({}): its manifest is served as {}, \
         the push is {}; {}",
        denied.tag,
        request.push.repository,
        rule(denied.rule, denied.namespace.as_deref()),
        kind(media_type),
        kind(request.manifest.media_type.as_deref()),
        advice(&denied.tag),
    )
}

/// Says what a person can do about a push that was denied. Some tags are named by a tool, and nobody can choose another one.
fn advice(tag: &str) -> &'static str {
    if [".sig", ".att", ".sbom"].iter().any(|suffix| tag.ends_with(suffix)) {
        "let the rule exempt `signatures`"
    } else if tag.starts_with("sha256-") || tag.starts_with("sha512-") {
        "let the rule exempt `referrers`"
    } else {
        "push under a new tag"
    }
}

fn rule(id: Option<u64>, namespace: Option<&str>) -> String {
    match (id, namespace) {
        (Some(id), Some(namespace)) => format!("rule {id}, namespace {namespace}"),
        (Some(id), None) => format!("rule {id}"),
        (None, _) => "a rule".to_owned(),
    }
}
