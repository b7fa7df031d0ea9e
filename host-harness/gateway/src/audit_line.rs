//! One line of an audit, in the form of `wit/audit.schema.json`.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::actor::{Actor, KnownBy};
use super::event_text::EventText;
use tagseal::contract::{Decision, Event, Outcome};
use tagseal::json::{DecisionText, to_line};

/// The version of the form.
const VERSION: u32 = 1;
/// Which host writes the lines.
const HOST: &str = concat!("tagseal gateway ", env!("CARGO_PKG_VERSION"));

/// What writes the lines about a person who uses the command line.
const COMMAND_LINE: &str = concat!("tagseal ", env!("CARGO_PKG_VERSION"));

/// Who sent the request that a line is about, and how to find it elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who it was, as far as that is known.
    pub actor: Option<Actor>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The name of the request.
    pub request_id: Option<String>,
}

impl Origin {
    /// A person who runs a command on this machine.
    pub fn operator(name: &str) -> Self {
        Self { actor: Actor::new(name, KnownBy::OperatingSystem, false), ..Self::default() }
    }

    fn host(&self) -> &'static str {
        match &self.actor {
            Some(Actor { known_by: KnownBy::OperatingSystem, .. }) => COMMAND_LINE,
            _ => HOST,
        }
    }
}

/// A tag, or a repository, of a line that is not about a decision.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct AuditedTag<'a> {
    pub(crate) repository: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<&'a str>,
    pub(crate) expected: Option<&'a str>,
    pub(crate) found: Option<&'a str>,
    pub(crate) what: &'a str,
}

/// The document that is active.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActiveDocument<'a> {
    pub(crate) instance: Option<&'a str>,
    pub(crate) revision: Option<u64>,
}

/// A line of an audit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Line<'a> {
    version: u32,
    time: String,
    kind: &'static str,
    host: &'static str,
    instance: Option<&'a str>,
    revision: Option<u64>,
    actor: Option<&'a Actor>,
    address: Option<IpAddr>,
    request_id: Option<&'a str>,
    event: Option<EventText<'a>>,
    decision: Option<DecisionText<'a>>,
    rule: Option<u64>,
    /// `None` where the kind has no such field. A change of the rules without a text is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Option<&'a RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [AuditedTag<'a>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn new(kind: &'static str, instance: Option<&'a str>, origin: &'a Origin) -> Self {
        Self {
            version: VERSION,
            time: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            kind,
            host: origin.host(),
            instance,
            revision: None,
            actor: origin.actor.as_ref(),
            address: origin.address,
            request_id: origin.request_id.as_deref(),
            event: None,
            decision: None,
            rule: None,
            change: None,
            tags: None,
            reason: None,
        }
    }
}

/// Writes a denial, or an override that was used with the reason that a person gave. Any other decision has no line.
pub(crate) fn of_decision(
    (event, decision): (&Event, &Decision),
    is_enforced: bool,
    instance: Option<&str>,
    reason: impl FnOnce() -> Option<String>,
    origin: &Origin,
) -> Option<String> {
    let (kind, reason) = match decision.outcome {
        Outcome::Deny if is_enforced => ("denied", None),
        Outcome::Deny => ("monitored", None),
        // A reason that can't be found is an empty one: the line is written all the same.
        Outcome::Allow if decision.code == "override" => ("override", Some(reason().unwrap_or_default())),
        Outcome::Allow => return None,
    };
    let line = Line {
        revision: Some(decision.revision),
        event: Some(event.into()),
        decision: Some(decision.into()),
        rule: decision.rule,
        reason: reason.as_deref(),
        ..Line::new(kind, instance, origin)
    };
    Some(to_line(&line))
}

/// Writes a change of the rules: as it was asked for, or a file that was replaced.
pub(crate) fn of_rules(
    change: Option<&str>,
    rule: Option<u64>,
    revision: u64,
    instance: Option<&str>,
    origin: &Origin,
) -> String {
    // A line break is never inside a text of JSON, and must not be inside a line.
    let change = change.map(|change| change.replace(['\n', '\r'], " "));
    let change = change.as_deref().and_then(|change| serde_json::from_str(change).ok());
    to_line(&Line { revision: Some(revision), rule, change: Some(change), ..Line::new("rules", instance, origin) })
}

/// Writes a release, a drift, or an adoption.
pub(crate) fn of_tags(
    kind: &'static str,
    tags: &[AuditedTag<'_>],
    reason: Option<&str>,
    document: Option<ActiveDocument<'_>>,
    origin: &Origin,
) -> String {
    let instance = document.and_then(|document| document.instance);
    let revision = document.and_then(|document| document.revision);
    to_line(&Line { revision, tags: Some(tags), reason, ..Line::new(kind, instance, origin) })
}
