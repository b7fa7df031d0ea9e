//! What is most likely not meant about overrides: those that have ended, and those of tags that no rule protects.

use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::contract::{Current, Diagnostic, Event, Outcome, Severity};
use tagseal::{CallError, Policy};

use super::clock::UtcTime;
use super::excerpt::line_and_column;
use super::tag_override::TagOverride;

/// A warning for each override of a document that has ended, and for each one that lifts no rule. The component gives none
/// about ends, since it has no clock.
pub(crate) fn override_warnings(document: &str, policy: &Policy, now: UtcTime) -> Result<Vec<Diagnostic>, CallError> {
    #[derive(Deserialize)]
    struct Overrides<'a> {
        #[serde(borrow, default)]
        overrides: Vec<&'a RawValue>,
    }
    let Ok(Overrides { overrides }) = serde_json::from_str(document) else { return Ok(Vec::new()) };
    let mut warnings = Vec::new();
    for (index, raw) in overrides.into_iter().enumerate() {
        let Ok(tag_override) = serde_json::from_str::<TagOverride>(raw.get()) else { continue };
        let Some((message, help)) = warning(&tag_override, policy, now)? else { continue };
        // The raw value borrows from the document, so its address says where it is.
        let offset = raw.get().as_ptr().addr() - document.as_ptr().addr();
        let (line, column) = line_and_column(document, offset);
        let pointer = format!("/overrides/{index}");
        warnings.push(Diagnostic { severity: Severity::Warning, pointer, line, column, message, help });
    }
    Ok(warnings)
}

/// A message and a help.
fn warning(tag_override: &TagOverride, policy: &Policy, now: UtcTime) -> Result<Option<(String, String)>, CallError> {
    let TagOverride { repository, tag, until, .. } = tag_override;
    let remove = format!("tagseal rules end-override POLICY.json {repository}:{tag}");
    if tag_override.left(now).is_none() {
        let message = format!("the override for `{repository}:{tag}` ended at {until}, and decides nothing any more");
        return Ok(Some((message, format!("remove it: {remove}"))));
    }
    Ok(lifts_nothing(policy, repository, tag)?.then(|| {
        let message = format!("no rule protects `{repository}:{tag}`, so its override changes nothing");
        (message, format!("check the name of the tag, or remove the override: {remove}"))
    }))
}

/// Whether a tag may be overwritten and deleted without any override.
pub(crate) fn lifts_nothing(policy: &Policy, repository: &str, tag: &str) -> Result<bool, CallError> {
    let [current, pushed] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    // Without a time, no override applies.
    let overwritten = policy.try_evaluate(&Event::write(repository, pushed).tag(tag, Current::Digest(current)))?;
    let deleted = policy.try_evaluate(&Event::delete_tag(repository, tag))?;
    Ok([overwritten, deleted].iter().all(|decision| decision.outcome == Outcome::Allow))
}
