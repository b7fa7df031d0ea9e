//! The query of a request for lines of the audit.

use serde_json::json;
use serde_json::value::RawValue;

use super::parameters::{MAX_NUMBER, Parameters};
use super::problem::ProblemDetails;
use crate::audit_facts::AuditFilter;
use crate::audit_log::AuditLog;

/// The parameters of a query.
const PARAMETERS: [&str; 7] = ["kind", "rule", "repository", "tag", "actor", "limit", "before"];

/// The lines that a request asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AuditQuery {
    pub(super) filter: AuditFilter,
    pub(super) limit: usize,
    pub(super) before: Option<u64>,
}

impl AuditQuery {
    /// Parses `?rule=1&repository=prod/app&tag=v1&actor=alice&kind=denied&limit=10&before=7`. Each parameter is optional, and
    /// all that are given have to match.
    ///
    /// # Errors
    ///
    /// - `?rules=1`: an unknown parameter
    /// - `?rule=one`, `?limit=0`, `?limit=5000`, `?kind=denied&kind=rules`: an invalid value
    pub(super) fn parse(query: Option<&str>) -> Result<Self, ProblemDetails> {
        let parameters = Parameters::parse(query, &PARAMETERS)?;
        let text = |name| parameters.text(name);
        let filter = AuditFilter {
            kind: text("kind")?,
            rule: parameters.number("rule", MAX_NUMBER)?,
            repository: text("repository")?,
            tag: text("tag")?,
            actor: text("actor")?,
        };
        Ok(Self { filter, limit: parameters.limit()?, before: parameters.number("before", MAX_NUMBER)? })
    }

    /// Writes the newest lines that match, newest first, and the number to ask before for older ones.
    pub(super) async fn answer(&self, log: &AuditLog) -> Result<String, ProblemDetails> {
        let page = log.page(&self.filter, self.before, self.limit).await?;
        let lines: Vec<_> =
            page.lines.iter().filter_map(|(_, line)| serde_json::from_str::<&RawValue>(line).ok()).collect();
        Ok(json!({"lines": lines, "next": page.next()}).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn log() -> AuditLog {
        let log = AuditLog::in_memory();
        for line in [
            json!({"kind": "denied", "rule": 1, "actor": {"name": "alice"},
                   "event": {"write": {"repository": "prod/app", "tags": [{"tag": "v1"}, {"tag": "v2"}]}}}),
            json!({"kind": "rules", "rule": 1, "actor": null, "change": {"create": {"namespace": "prod"}}}),
            json!({"kind": "denied", "rule": 2, "actor": null,
                   "event": {"delete-manifest": {"repository": "prod/app", "tags": ["v1"]}}}),
            json!({"kind": "override", "rule": 1, "actor": null,
                   "event": {"delete-tag": {"repository": "team/app", "tag": "v1"}}}),
            json!({"kind": "drift", "rule": null, "tags": [{"repository": "prod/app", "tag": "v3"}]}),
        ] {
            log.add(line.to_string());
        }
        log.add("not json".to_owned());
        log
    }

    async fn kinds(query: &str) -> (Vec<String>, Value) {
        let answer: Value =
            serde_json::from_str(&AuditQuery::parse(Some(query)).unwrap().answer(&log()).await.unwrap()).unwrap();
        let lines = answer["lines"].as_array().unwrap().iter();
        (lines.map(|line| line["kind"].as_str().unwrap().to_owned()).collect(), answer["next"].clone())
    }

    #[tokio::test]
    async fn the_newest_lines_that_match_come_first() {
        let table: [(&str, &[&str]); 9] = [
            ("", &["drift", "override", "denied", "rules", "denied"]),
            ("kind=denied", &["denied", "denied"]),
            ("rule=1", &["override", "rules", "denied"]),
            ("actor=alice", &["denied"]),
            ("repository=prod/app", &["drift", "denied", "denied"]),
            ("repository=prod%2Fapp&tag=v1", &["denied", "denied"]),
            ("tag=v2", &["denied"]),
            ("tag=v3", &["drift"]),
            ("tag=v9", &[]),
        ];
        for (query, expected) in table {
            assert_eq!(
                kinds(query).await,
                (expected.iter().map(|it| (*it).to_owned()).collect(), Value::Null),
                "{query}"
            );
        }
    }

    #[tokio::test]
    async fn a_long_list_comes_in_parts() {
        let (first, next) = kinds("limit=2").await;
        assert_eq!((first.join(" "), next.clone()), ("drift override".to_owned(), json!(4)));
        let (second, next) = kinds(&format!("limit=2&before={next}")).await;
        assert_eq!((second.join(" "), next.clone()), ("denied rules".to_owned(), json!(2)));
        assert_eq!(kinds(&format!("limit=2&before={next}")).await, (vec!["denied".to_owned()], Value::Null));
    }

    #[test]
    fn an_invalid_query_is_refused() {
        for (query, part) in [
            ("rules=1", "unknown parameter `rules`"),
            ("rule=one", "`rule`: not a whole number"),
            ("rule=0", "`rule`: not a whole number"),
            ("limit=1001", "`limit`: not a whole number"),
            ("before=-1", "`before`: not a whole number"),
            ("kind=denied&kind=rules", "`kind`: given twice"),
            ("actor=%ff", "`actor`: bytes"),
            ("actor=%", "not part of an escape"),
        ] {
            let details = AuditQuery::parse(Some(query)).unwrap_err();
            assert!(details.message().contains(part), "{query}: {}", details.message());
        }
    }
}
