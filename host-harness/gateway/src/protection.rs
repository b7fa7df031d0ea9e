//! What a rule protects, as the policy's decisions say it.

use std::collections::BTreeSet;

use tagseal::contract::Decision;
use tagseal_distribution::reference::Tag;

/// The digest of no manifest that anybody has, for questions whose answer is the same for every new manifest.
pub(crate) const NO_MANIFEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The codes of what no rule concerns.
const UNPROTECTED: [&str; 2] = ["unprotected", "exempt"];

/// Returns whether a decision with this code is about something that a rule protects.
pub(crate) fn is_protected(code: &str) -> bool {
    !UNPROTECTED.contains(&code)
}

/// Returns the tags of a decision that a rule protects.
pub(crate) fn protected_tags(decision: &Decision) -> BTreeSet<Tag> {
    let protected = decision.tags.iter().filter(|tag| is_protected(&tag.code));
    protected.filter_map(|tag| Tag::parse(&tag.tag).ok()).collect()
}
