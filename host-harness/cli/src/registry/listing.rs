//! Lists of tags and repositories, in order, in pages where they are asked for.

use hyper::{Response, StatusCode};
use serde_json::json;

use super::store::Store;
use super::{Ask, is_read, unsupported, with_headers};
use tagseal_distribution::body::Body;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::query::Query;
use tagseal_distribution::reference::Repository;

/// The tags of a repository.
pub(super) fn tags(store: &Store, repository: &Repository, ask: &Ask) -> Result<Response<Body>, ErrorResponse> {
    let contents = store.contents(repository).filter(|contents| !contents.manifests.is_empty());
    let unknown = || ErrorResponse::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is no such repository");
    let names = contents.ok_or_else(unknown)?.tags.keys().map(|tag| tag.as_str());
    let (names, more) = page(names, ask)?;
    let body = json!({"name": repository.as_str(), "tags": names});
    Ok(listed(&ask.route.path(), &body, more.as_deref()))
}

/// All repositories.
pub(super) fn catalogue(store: &Store, ask: &Ask) -> Result<Response<Body>, ErrorResponse> {
    let (names, more) = page(store.repositories.keys().map(|name| name.as_str()), ask)?;
    Ok(listed(&ask.route.path(), &json!({"repositories": names}), more.as_deref()))
}

/// The names that come after `last`, at most `n` of them, and the query for the next ones.
fn page<'a>(names: impl Iterator<Item = &'a str>, ask: &Ask) -> Result<(Vec<&'a str>, Option<String>), ErrorResponse> {
    if !is_read(&ask.method) {
        return Err(unsupported());
    }
    let number = ask.query.value("n").map(str::parse::<usize>).transpose();
    let number =
        number.map_err(|_| ErrorResponse::new(StatusCode::BAD_REQUEST, "UNSUPPORTED", "`n` is not a number"))?;
    let last = ask.query.value("last").unwrap_or_default();
    let mut names: Vec<&str> = names.filter(|name| *name > last).collect();
    let Some(number) = number.filter(|number| *number < names.len()) else { return Ok((names, None)) };
    names.truncate(number);
    let more = names.last().map(|last| Query::default().with("n", &number.to_string()).with("last", last).suffix());
    Ok((names, more))
}

fn listed(path: &str, body: &serde_json::Value, more: Option<&str>) -> Response<Body> {
    let link = more.map(|query| format!("<{path}{query}>; rel=\"next\""));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(link.as_deref().map(|link| ("link", link)));
    with_headers(StatusCode::OK, &headers, body.to_string().into())
}
