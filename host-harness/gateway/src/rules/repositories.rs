//! The repositories and tags that the ledger knows.

use serde_json::{Value, json};

use super::parameters::Parameters;
use super::problem::ProblemDetails;
use crate::ledger::{Binding, BindingState, KnownRepository, Ledger};
use crate::ledger_json::binding_json;
use crate::protection::NO_MANIFEST;
use crate::utc_time;
use tagseal::contract::{Current, Decision, Event, Outcome};
use tagseal::{CallError, Policy};
use tagseal_distribution::reference::Repository;

/// The parameters of a query.
const PARAMETERS: [&str; 2] = ["after", "limit"];

/// A part of a list: so many entries after a name.
#[derive(Debug)]
pub(super) struct PageQuery {
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

impl PageQuery {
    /// Parses `?after=NAME&limit=10`.
    ///
    /// # Errors
    ///
    /// - `?from=a`: an unknown parameter
    /// - `?limit=0`: an invalid value
    pub(super) fn parse(query: Option<&str>) -> Result<Self, ProblemDetails> {
        let parameters = Parameters::parse(query, &PARAMETERS)?;
        Ok(Self { after: parameters.text("after")?, limit: parameters.limit()? })
    }
}

/// Lists repositories, in the order of their names.
pub(super) async fn repositories(ledger: &Ledger, query: PageQuery) -> Result<String, ProblemDetails> {
    let page = ledger.repositories(&query.after.unwrap_or_default(), query.limit).await?;
    let entry = |known: &KnownRepository| {
        json!({
            "name": known.repository.as_str(),
            "bound": known.bound,
            "retired": known.retired,
            "complete": known.is_complete,
        })
    };
    let entries: Vec<Value> = page.entries.iter().map(entry).collect();
    let next = page.last().map(|known| known.repository.as_str());
    Ok(json!({"repositories": entries, "durable": ledger.is_durable(), "next": next}).to_string())
}

/// The tags of a repository, as far as the ledger knows them.
#[derive(Debug)]
pub(super) struct KnownTags {
    repository: Repository,
    bindings: Vec<Binding>,
    next: Option<String>,
    is_complete: bool,
    is_durable: bool,
}

impl KnownTags {
    /// Reads them, in the order of their names.
    ///
    /// # Errors
    ///
    /// The ledger failed, or knows no such repository.
    pub(super) async fn read(
        ledger: &Ledger,
        repository: Repository,
        query: PageQuery,
    ) -> Result<Self, ProblemDetails> {
        let is_first = query.after.is_none();
        let page = ledger.tags(&repository, &query.after.unwrap_or_default(), query.limit).await?;
        let is_complete = ledger.is_adopted(&repository).await?;
        if is_first && page.entries.is_empty() && !is_complete {
            return Err(ProblemDetails::not_found(format!("the ledger knows no tag of a repository `{repository}`")));
        }
        let next = page.last().map(|binding| binding.tag.to_string());
        let (bindings, is_durable) = (page.entries, ledger.is_durable());
        Ok(Self { repository, bindings, next, is_complete, is_durable })
    }

    /// Writes them, each with what a policy says about it now.
    ///
    /// # Errors
    ///
    /// The policy could not be asked.
    pub(super) fn answer(&self, policy: &Policy) -> Result<String, ProblemDetails> {
        let time = utc_time::now();
        let events: Vec<Event> = self.bindings.iter().map(|binding| moved(binding).context("time", &time)).collect();
        let decisions = decisions(policy, &events)?;
        let tags: Vec<Value> =
            self.bindings.iter().zip(&decisions).map(|(binding, decision)| tag(binding, decision)).collect();
        Ok(json!({
            "repository": self.repository.as_str(),
            "complete": self.is_complete,
            "durable": self.is_durable,
            "revision": policy.revision(),
            "tags": tags,
            "next": self.next,
        })
        .to_string())
    }
}

/// A push of other content under a tag.
fn moved(binding: &Binding) -> Event {
    let digest = binding.digest.to_string();
    let current = match binding.state {
        BindingState::Bound => Current::Digest(digest),
        BindingState::Retired => Current::Retired(digest),
    };
    Event::write(binding.repository.as_str(), NO_MANIFEST).tag(binding.tag.as_str(), current)
}

/// Decides all at once. If that takes too long for one call, decides each in its own call.
fn decisions(policy: &Policy, events: &[Event]) -> Result<Vec<Decision>, CallError> {
    match policy.evaluate_batch(events) {
        Err(_) => events.iter().map(|event| policy.try_evaluate(event)).collect(),
        decided => decided,
    }
}

fn tag(binding: &Binding, decision: &Decision) -> Value {
    let mut tag = binding_json(binding);
    // A rule that exempts the tag, say, does not protect it.
    let protects = decision.outcome == Outcome::Deny || decision.code == "override";
    if let Some(fields) = tag.as_object_mut() {
        fields.remove("repository");
        fields.insert("code".to_owned(), decision.code.clone().into());
        fields.insert("rule".to_owned(), decision.rule.filter(|_| protects).into());
        fields.insert("namespace".to_owned(), decision.namespace.clone().filter(|_| protects).into());
    }
    tag
}
