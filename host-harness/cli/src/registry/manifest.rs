//! Manifests: stored under the digest of their bytes, found by it or by a tag.

use hyper::header::CONTENT_TYPE;
use hyper::{Method, Response, StatusCode};
use serde_json::Value;

use super::store::{Contents, Manifest, Store};
use super::{Ask, empty, is_read, unsupported, with_headers};
use tagseal_distribution::body::Body;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Algorithm, Digest, Reference, Repository, Tag};
use tagseal_distribution::route::Route;

/// Most bytes of a manifest: what the specification asks registries to take, and most take no more.
const MAX_MANIFEST_BYTES: usize = 4 << 20;

/// Reads, stores or removes a manifest or tag.
pub(super) fn answer(
    store: &mut Store,
    repository: &Repository,
    reference: &Reference,
    ask: &Ask,
) -> Result<Response<Body>, ErrorResponse> {
    match ask.method {
        Method::PUT => put(store, repository, reference, ask),
        Method::DELETE => delete(store, repository, reference),
        ref method if is_read(method) => {
            let contents = store.contents(repository).ok_or_else(unknown)?;
            let (digest, manifest) = contents.manifest(reference).ok_or_else(unknown)?;
            let headers = [("content-type", manifest.media_type.as_str()), ("docker-content-digest", digest.as_str())];
            Ok(with_headers(StatusCode::OK, &headers, manifest.content.clone()))
        }
        _ => Err(unsupported()),
    }
}

fn put(
    store: &mut Store,
    repository: &Repository,
    reference: &Reference,
    ask: &Ask,
) -> Result<Response<Body>, ErrorResponse> {
    let digest = checked_digest(reference, ask)?;
    let tags = tags(reference, ask)?;
    store.take_in(ask.body.len())?;
    let contents = store.repositories.entry(repository.clone()).or_default();
    check_parts(contents, &ask.body)?;
    let media_type = ask.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let media_type = media_type.ok_or_else(|| invalid("the request has no content type"))?.to_owned();
    contents.manifests.insert(digest.clone(), Manifest { media_type, content: ask.body.clone() });
    let location = Route::Manifest(repository.clone(), Reference::Digest(digest.clone())).path();
    let mut headers = vec![("location", location.as_str()), ("docker-content-digest", digest.as_str())];
    if matches!(reference, Reference::Digest(_)) {
        headers.extend(tags.iter().map(|tag| ("oci-tag", tag.as_str())));
    }
    contents.tags.extend(tags.iter().map(|tag| (tag.clone(), digest.clone())));
    Ok(empty(StatusCode::CREATED, &headers))
}

/// The digest to store under: the one of the path, if the bytes have it.
fn checked_digest(reference: &Reference, ask: &Ask) -> Result<Digest, ErrorResponse> {
    if ask.body.len() > MAX_MANIFEST_BYTES {
        return Err(ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", "a manifest has at most 4 MiB"));
    }
    match reference {
        Reference::Tag(_) => Ok(Algorithm::Sha256.digest(&ask.body)),
        Reference::Digest(digest) if digest.is_of(&ask.body) => Ok(digest.clone()),
        Reference::Digest(_) => Err(ErrorResponse::new(
            StatusCode::BAD_REQUEST,
            "DIGEST_INVALID",
            "the manifest is not what its digest says",
        )),
    }
}

fn tags(reference: &Reference, ask: &Ask) -> Result<Vec<Tag>, ErrorResponse> {
    let named =
        ask.query.values("tag").map(|value| std::str::from_utf8(value).ok().and_then(|tag| Tag::parse(tag).ok()));
    let named: Option<Vec<Tag>> = named.collect();
    let named =
        named.ok_or_else(|| ErrorResponse::new(StatusCode::BAD_REQUEST, "NAME_INVALID", "the query names no tag"))?;
    match reference {
        Reference::Tag(tag) => Ok(vec![tag.clone()]),
        Reference::Digest(_) => Ok(named),
    }
}

/// A manifest is JSON, and what it needs is there. What it only points to from elsewhere (`urls`) need not be.
fn check_parts(contents: &Contents, body: &[u8]) -> Result<(), ErrorResponse> {
    let manifest: Value = serde_json::from_slice(body).map_err(|_| invalid("the manifest is not JSON"))?;
    if manifest.get("schemaVersion") != Some(&Value::from(2)) {
        return Err(invalid("the manifest's `schemaVersion` is not 2"));
    }
    let list = |field: &str| manifest.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let has_blob =
        |part: &Value| part.get("urls").is_some() || digest(part).is_some_and(|it| contents.blobs.contains_key(&it));
    let has_manifest = |part: &Value| digest(part).is_some_and(|it| contents.manifests.contains_key(&it));
    let parts_are_there = manifest.get("config").is_none_or(has_blob)
        && list("layers").iter().all(has_blob)
        && list("manifests").iter().all(has_manifest);
    if parts_are_there {
        Ok(())
    } else {
        let message = "the manifest needs a blob or manifest that is not here";
        Err(ErrorResponse::new(StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN", message))
    }
}

fn digest(descriptor: &Value) -> Option<Digest> {
    Digest::parse(descriptor.get("digest")?.as_str()?).ok()
}

fn delete(store: &mut Store, repository: &Repository, reference: &Reference) -> Result<Response<Body>, ErrorResponse> {
    let contents = store.repositories.get_mut(repository).ok_or_else(unknown)?;
    match reference {
        Reference::Tag(tag) => drop(contents.tags.remove(tag).ok_or_else(unknown)?),
        Reference::Digest(digest) => {
            contents.manifests.remove(digest).ok_or_else(unknown)?;
            contents.tags.retain(|_, resolved| resolved != digest);
        }
    }
    Ok(empty(StatusCode::ACCEPTED, &[]))
}

fn unknown() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "there is no such manifest in this repository")
}

fn invalid(message: &str) -> ErrorResponse {
    ErrorResponse::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", message)
}
