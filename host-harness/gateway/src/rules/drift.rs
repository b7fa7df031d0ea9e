//! Tags that moved or vanished without passing a gateway, as the gateways have found them.

use serde_json::{Value, json};

use super::parameters::{MAX_NUMBER, Parameters};
use super::problem::ProblemDetails;
use crate::audit_facts::AuditFilter;
use crate::audit_log::AuditLog;

/// The parameters of a query.
const PARAMETERS: [&str; 4] = ["repository", "tag", "limit", "before"];
/// The kind of the lines of an audit that have them.
const KIND: &str = "drift";

/// Writes what was found, newest first. `?repository=prod/app&tag=v1&limit=10&before=7`: each parameter is optional, and all that
/// are given have to match.
///
/// # Errors
///
/// The query is invalid, or the ledger failed.
pub(super) async fn list(log: &AuditLog, query: Option<&str>) -> Result<String, ProblemDetails> {
    let parameters = Parameters::parse(query, &PARAMETERS)?;
    let (repository, tag) = (parameters.text("repository")?, parameters.text("tag")?);
    let filter = AuditFilter { kind: Some(KIND.to_owned()), repository, tag, ..AuditFilter::default() };
    let page = log.page(&filter, parameters.number("before", MAX_NUMBER)?, parameters.limit()?).await?;
    let lines = page.lines.iter().filter_map(|(_, line)| serde_json::from_str(line).ok());
    let tags: Vec<Value> = lines.flat_map(|line: Value| tags(&line)).collect();
    Ok(json!({"tags": tags, "next": page.next()}).to_string())
}

/// Returns the tags of a line, each with the time.
fn tags(line: &Value) -> Vec<Value> {
    let time = line.get("time").cloned().unwrap_or_default();
    let tags = line.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| {
        let mut fields = tag.as_object()?.clone();
        fields.insert("time".to_owned(), time.clone());
        Some(Value::Object(fields))
    })
    .collect()
}
