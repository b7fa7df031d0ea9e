//! Sonatype Nexus Repository: repositories of format `docker` and type `hosted`.
//!
//! One is a registry of its own, with a port or a host name of its own, unless it is reached by its path: then its name is
//! the first component of the names that clients write. With `allow_once` no tag is written twice, but, where
//! `latestPolicy` says so, `latest`.

use crate::convert::draft::{Draft, Pair, Rule, Selector};
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};
use std::collections::BTreeMap;

/// Never wrapped.
const REPOSITORIES: Listing = Listing { list: "", total: &[], more: &[] };

/// Reads repositories: a list, or one alone. Those of other formats hold no tags, and those of other types take no pushes.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut draft = Draft::default();
    // Where the repository of each namespace is.
    let mut namespaces = BTreeMap::new();
    for entry in REPOSITORIES.elements(root, report)? {
        let Some(rule) = read_repository(&entry, options, report) else { continue };
        if let Some(other) = namespaces.get(&rule.namespace) {
            let message =
                format!("conflict: namespace `{}` is that of the repository at {other} already", rule.namespace);
            report.problem(&rule.place, message, "import each repository that has a port of its own by itself");
            continue;
        }
        namespaces.insert(rule.namespace.clone(), rule.place.pointer.clone());
        draft.rules.push(rule);
    }
    draft.warn_of_deletion(report);
    Some(draft)
}

fn read_repository(entry: &Node<'_>, options: &Options, report: &mut Report) -> Option<Rule> {
    let fields = entry.some_fields(&["name", "format", "type", "storage", "docker"], report)?;
    for (name, only) in [("format", "docker"), ("type", "hosted")] {
        if let Some(node) = fields.given(name)
            && node.text(report)? != only
        {
            return None;
        }
    }
    let namespace = namespace(&fields, options, report);
    let Some(storage) = fields.given("storage") else {
        let message = "this list does not say whether tags may be overwritten".into();
        report.problem(&entry.place, message, "ask for `/service/rest/v1/repositorySettings`, which does");
        return None;
    };
    let storage = storage.some_fields(&["writePolicy", "latestPolicy"], report)?;
    let latest = storage.given("latestPolicy").is_some_and(|latest| latest.boolean(report) == Some(true));
    let policy = storage.required("writePolicy", report)?;
    let may_move = match &*policy.text(report)?.to_ascii_lowercase() {
        "allow" => return None,
        "allow_once" => latest,
        "deny" => {
            let message =
                "the repository accepts no pushes at all; here its tags can't move, but new ones can be pushed".into();
            report.warning(&policy.place, message, "take the right to push away from everybody");
            false
        }
        other => {
            let message = format!("unknown value `{}`", shown(other));
            report.problem(&policy.place, message, "write `allow`, `allow_once` or `deny`");
            return None;
        }
    };
    let repositories = Selector::implied(&policy.place, SelectorField::Matches, "**");
    let (side, pattern) = if may_move { (SelectorField::Excludes, "latest") } else { (SelectorField::Matches, "**") };
    let tags = Selector::implied(&policy.place, side, pattern);
    let pair = Pair { place: entry.place.clone(), repositories, tags };
    Some(Rule { pairs: vec![pair], ..Rule::new(&entry.place, namespace?) })
}

/// What the names of a repository's images begin with.
fn namespace(fields: &Fields<'_>, options: &Options, report: &mut Report) -> Option<String> {
    let docker = fields.given("docker").and_then(|docker| docker.some_fields(&["pathEnabled"], report));
    let by_path = docker.as_ref().and_then(|docker| docker.given("pathEnabled"));
    if by_path.is_some_and(|by_path| by_path.boolean(report) == Some(true)) {
        let name = fields.required("name", report)?;
        return options.namespace(Some(name), &name.place, report);
    }
    Some(options.namespace.clone().unwrap_or_else(|| WHOLE_INSTANCE.into()))
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, assert_reported, imported};

    const DELETES: (&str, &str) = ("", "tags can't be deleted here");

    fn repository(name: &str, storage: &str, docker: &str) -> String {
        format!(
            r#"{{"name": "{name}", "format": "docker", "type": "hosted", "storage": {{{storage}}}, "docker": {{{docker}}}}}"#
        )
    }

    #[test]
    fn a_repository_with_a_port_is_a_registry() {
        let text = repository("images", r#""writePolicy": "allow_once", "latestPolicy": true"#, r#""httpPort": 5000"#);
        let converted = imported("nexus", &text, "{}");
        assert!(converted.text.contains(r#"{ "id": 1, "namespace": "*", "preset": "latest" }"#), "{}", converted.text);
        assert_reported(&converted.losses, &[DELETES]);
        assert_deletes(
            &converted.text,
            &[("app:v1", "immutable"), ("team/app:v1", "immutable"), ("app:latest", "unprotected")],
        );
        let converted = imported("nexus", &text, r#"{"namespace": "prod"}"#);
        assert_deletes(&converted.text, &[("prod/app:v1", "immutable"), ("team/app:v1", "unprotected")]);
    }

    #[test]
    fn a_repository_with_a_path_is_a_namespace() {
        let text = format!(
            r#"[{}, {}, {}, {{"name": "maven", "format": "maven2", "storage": {{"writePolicy": "ALLOW_ONCE"}}}},
                {{"name": "hub", "format": "docker", "type": "proxy", "storage": {{}}}}]"#,
            repository("a", r#""writePolicy": "ALLOW_ONCE""#, r#""pathEnabled": true"#),
            repository("b", r#""writePolicy": "ALLOW", "latestPolicy": true"#, r#""pathEnabled": true"#),
            repository("c", r#""writePolicy": "DENY""#, r#""pathEnabled": true"#),
        );
        let converted = imported("nexus", &text, "{}");
        assert_reported(
            &converted.losses,
            &[DELETES, ("/2/storage/writePolicy", "the repository accepts no pushes at all")],
        );
        assert_deletes(
            &converted.text,
            &[
                ("a/app:v1", "immutable"),
                ("a/app:latest", "immutable"),
                ("b/app:v1", "unprotected"),
                ("c/app:v1", "immutable"),
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place() {
        let text = format!(
            r#"[{}, {}, {}, {}, {{"name": "d"}}]"#,
            repository("a", r#""writePolicy": "allow_once""#, ""),
            repository("b", r#""writePolicy": "allow_once", "latestPolicy": 1"#, ""),
            repository("c", r#""writePolicy": "replication_only""#, ""),
            repository("C", r#""writePolicy": "allow_once""#, r#""pathEnabled": true"#),
        );
        let expected = [
            ("/1", "conflict: namespace `*` is that of the repository at /0 already"),
            ("/1/storage/latestPolicy", "expected `true` or `false`"),
            ("/2/storage/writePolicy", "unknown value `replication_only`"),
            ("/3/name", "`C` is not a valid namespace"),
            ("/4", "this list does not say whether tags may be overwritten"),
        ];
        assert_refused("nexus", &text, "{}", &expected);
    }
}
