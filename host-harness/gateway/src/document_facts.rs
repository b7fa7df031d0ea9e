//! What an audit has to know of a policy document besides its decisions.

use serde::Deserialize;

/// What an audit has to know of a policy document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct DocumentFacts {
    pub(crate) instance: Option<String>,
    #[serde(default)]
    overrides: Vec<TagOverride>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct TagOverride {
    repository: String,
    tag: String,
    reason: String,
}

impl DocumentFacts {
    /// Reads them from a document that was compiled, so it can be read.
    pub(crate) fn of(document: &str) -> Self {
        serde_json::from_str(document).unwrap_or_default()
    }

    /// Returns the reason of the override for a tag.
    pub(crate) fn reason(&self, repository: &str, tag: &str) -> Option<&str> {
        let found = self.overrides.iter().find(|it| it.repository == repository && it.tag == tag);
        found.map(|found| found.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_and_reasons_are_found() {
        let document = r#"{"version": 1, "instance": "a", "rules": [{"id": 1}], "overrides": [
            {"repository": "prod/app", "tag": "v1", "until": "2026-12-01T18:00:00Z", "reason": "rebuilt"}]}"#;
        let facts = DocumentFacts::of(document);
        assert_eq!(facts.instance.as_deref(), Some("a"));
        assert_eq!(facts.reason("prod/app", "v1"), Some("rebuilt"));
        assert_eq!(facts.reason("prod/app", "v2"), None);
        assert_eq!(DocumentFacts::of("{\"version\": 1}"), DocumentFacts::default());
    }
}
