//! Huawei SWR Enterprise: the rules of an instance, which are those of Harbor.

use super::harbor_rules::Projects;
use crate::convert::draft::Draft;
use crate::convert::listing::Listing;
use crate::convert::options::Options;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;

const RULES: Listing = Listing { list: "immutable_rules", total: &["total"], more: &[] };

/// Reads the rules of an instance of SWR: a list, alone or as `immutable_rules`, in which each rule names its namespace.
pub(in crate::convert) fn read(root: Node<'_>, options: &Options, report: &mut Report) -> Option<Draft> {
    let mut projects = Projects::default();
    for rule in RULES.elements(root, report)? {
        let Some(fields) = rule.some_fields(&["namespace_name"], report) else { continue };
        let namespace = options.namespace(fields.given("namespace_name"), &rule.place, report);
        projects.read(&rule, namespace.as_deref(), report);
    }
    Some(projects.finish(report))
}

#[cfg(test)]
mod tests {
    use crate::convert::sample::{assert_deletes, assert_refused, imported};

    const RULE: &str = r#"{"disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
        "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]}}"#;

    #[test]
    fn swr_names_its_namespaces() {
        let named = |name: &str| RULE.replacen('{', &format!(r#"{{"namespace_name": "{name}","#), 1);
        let list = format!("[{},{},{}]", named("a"), named("b"), named("a"));
        let converted = imported("swr", &format!(r#"{{"immutable_rules": {list}, "total": 3}}"#), "{}");
        assert_eq!(converted.text.matches("namespace").count(), 2, "{}", converted.text);
        assert_deletes(&converted.text, &[("a/x:v1", "immutable"), ("b/x:v1", "immutable"), ("c/x:v1", "unprotected")]);
        let page = format!(r#"{{"immutable_rules": {list}, "total": 4}}"#);
        assert_refused("swr", &page, "{}", &[("/total", "the text holds 3 elements of a longer list, as `4` says")]);
        imported("swr", &format!("[{RULE}]"), r#"{"namespace": "prod"}"#);
        assert_refused("swr", &format!("[{RULE}]"), "{}", &[("/0", "does not say which namespace")]);
    }
}
