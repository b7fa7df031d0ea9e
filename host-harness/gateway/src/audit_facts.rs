//! What a line of the audit is about, so that it can be found.

use serde_json::Value;

/// What a line of the audit is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditFacts {
    /// The kind of the line, or an empty text.
    pub(crate) kind: String,
    /// The rule, if there is a single one.
    pub(crate) rule: Option<u64>,
    /// The name of the actor, or an empty text.
    pub(crate) actor: String,
    /// Each repository, and each tag of it, between spaces: ` prod/app: prod/app:v1 `. Neither name can have a space or a colon.
    pub(crate) subjects: String,
}

/// A line of the audit, and how it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditRow {
    pub(crate) facts: AuditFacts,
    pub(crate) line: String,
}

/// The lines that somebody asks for. What is not given can be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The kind of the lines.
    pub kind: Option<String>,
    /// The rule.
    pub rule: Option<u64>,
    /// The repository.
    pub repository: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// The name of the actor.
    pub actor: Option<String>,
}

impl AuditFacts {
    /// Reads a line. One that is not JSON is about nothing.
    pub(crate) fn of(line: &str) -> Self {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |path: &[&str]| field(&line, path).as_str().unwrap_or_default().to_owned();
        let mut subjects = String::from(" ");
        let operations = ["write", "delete-tag", "delete-manifest"].map(|kind| field(&line, &["event", kind]));
        let changes = ["override", "end-override"].map(|kind| field(&line, &["change", kind]));
        let listed = field(&line, &["tags"]).as_array().into_iter().flatten();
        for object in operations.into_iter().chain(changes).chain(listed) {
            let Some(repository) = field(object, &["repository"]).as_str() else { continue };
            subjects.extend([repository, ": "]);
            let several = field(object, &["tags"]).as_array().into_iter().flatten();
            let several = several.map(|tag| if tag.is_string() { tag } else { field(tag, &["tag"]) });
            for tag in several.chain([field(object, &["tag"])]).filter_map(Value::as_str) {
                subjects.extend([repository, ":", tag, " "]);
            }
        }
        let rule = field(&line, &["rule"]).as_u64();
        Self { kind: text(&["kind"]), rule, actor: text(&["actor", "name"]), subjects }
    }
}

impl AuditRow {
    /// Reads how a line is found.
    pub(crate) fn of(line: &str) -> Self {
        Self { facts: AuditFacts::of(line), line: line.to_owned() }
    }
}

impl AuditFilter {
    /// Returns the part of [`AuditFacts::subjects`] that a line must have, if any.
    pub(crate) fn subject(&self) -> Option<String> {
        match (&self.repository, &self.tag) {
            (None, None) => None,
            (Some(repository), None) => Some(format!(" {repository}:")),
            (None, Some(tag)) => Some(format!(":{tag} ")),
            (Some(repository), Some(tag)) => Some(format!(" {repository}:{tag} ")),
        }
    }

    /// Returns whether a line is one of those. What has no kind is not a line of an audit.
    pub(crate) fn admits(&self, facts: &AuditFacts) -> bool {
        let is = |found: &String, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| found == wanted);
        !facts.kind.is_empty()
            && is(&facts.kind, &self.kind)
            && is(&facts.actor, &self.actor)
            && self.rule.is_none_or(|rule| facts.rule == Some(rule))
            && self.subject().is_none_or(|subject| facts.subjects.contains(&subject))
    }
}

/// Returns a field inside fields, or null.
fn field<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().try_fold(value, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_subjects_of_a_line_are_its_repositories_and_their_tags() {
        let table = [
            (
                json!({"event": {"write": {"repository": "a/b", "tags": [{"tag": "v1"}, {"tag": "v2"}]}}}),
                " a/b: a/b:v1 a/b:v2 ",
            ),
            (json!({"event": {"delete-tag": {"repository": "a/b", "tag": "v1"}}}), " a/b: a/b:v1 "),
            (json!({"event": {"delete-manifest": {"repository": "a/b", "tags": ["v1"]}}}), " a/b: a/b:v1 "),
            (json!({"event": {"delete-manifest": {"repository": "a/b", "tags": "unknown"}}}), " a/b: "),
            (json!({"change": {"end-override": {"repository": "a/b", "tag": "v1"}}}), " a/b: a/b:v1 "),
            (json!({"tags": [{"repository": "a", "tag": "v1"}, {"repository": "b"}]}), " a: a:v1 b: "),
            (json!({"change": null}), " "),
        ];
        for (line, expected) in table {
            assert_eq!(AuditFacts::of(&line.to_string()).subjects, expected, "{line}");
        }
        assert_eq!(AuditFacts::of("not json").subjects, " ");
    }

    #[test]
    fn a_repository_or_tag_that_is_a_part_of_another_one_is_not_found() {
        let facts =
            AuditFacts::of(&json!({"kind": "drift", "tags": [{"repository": "prod/app", "tag": "v1.0"}]}).to_string());
        let admits = |repository: Option<&str>, tag: Option<&str>| {
            let (repository, tag) = (repository.map(str::to_owned), tag.map(str::to_owned));
            AuditFilter { repository, tag, ..AuditFilter::default() }.admits(&facts)
        };
        assert!(admits(None, None) && admits(Some("prod/app"), None) && admits(None, Some("v1.0")));
        assert!(admits(Some("prod/app"), Some("v1.0")));
        for (repository, tag) in [(Some("app"), None), (Some("prod/ap"), None), (None, Some("v1")), (None, Some("0"))] {
            assert!(!admits(repository, tag), "{repository:?} {tag:?}");
        }
        assert!(!admits(Some("prod/app"), Some("v1")));
    }
}
