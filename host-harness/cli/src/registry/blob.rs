//! Blobs, and how they are uploaded: in one request, in two, in parts, or mounted from another repository.

use hyper::body::Bytes;
use hyper::header::CONTENT_RANGE;
use hyper::{Method, Response, StatusCode};

use super::store::Store;
use super::{Ask, empty, is_read, unsupported, with_headers};
use tagseal_distribution::body::Body;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Digest, Repository};
use tagseal_distribution::route::Route;

/// Reads or removes a blob.
pub(super) fn answer(
    store: &mut Store,
    repository: &Repository,
    digest: &Digest,
    ask: &Ask,
) -> Result<Response<Body>, ErrorResponse> {
    let contents = store.repositories.get_mut(repository).ok_or_else(unknown)?;
    match ask.method {
        Method::DELETE => {
            contents.blobs.remove(digest).ok_or_else(unknown)?;
            Ok(empty(StatusCode::ACCEPTED, &[]))
        }
        ref method if is_read(method) => {
            let bytes = contents.blobs.get(digest).ok_or_else(unknown)?.clone();
            let headers = [("content-type", "application/octet-stream"), ("docker-content-digest", digest.as_str())];
            Ok(with_headers(StatusCode::OK, &headers, bytes))
        }
        _ => Err(unsupported()),
    }
}

/// Begins an upload; or ends it at once, with the whole blob, or with one of another repository.
pub(super) fn begin(store: &mut Store, repository: &Repository, ask: &Ask) -> Result<Response<Body>, ErrorResponse> {
    if ask.method != Method::POST {
        return Err(unsupported());
    }
    if let Some((digest, bytes)) = mounted(store, ask) {
        store.store_blob(repository, digest.clone(), bytes);
        return Ok(stored(repository, &digest));
    }
    if ask.query.value("digest").is_some() {
        store.take_in(ask.body.len())?;
        return complete(store, repository, ask.body.clone(), ask);
    }
    let id = store.begin(repository);
    Ok(under_way(StatusCode::ACCEPTED, repository, &id, 0))
}

/// Adds to an upload, ends it, cancels it, or answers how far it is.
pub(super) fn go_on(
    store: &mut Store,
    repository: &Repository,
    id: &str,
    ask: &Ask,
) -> Result<Response<Body>, ErrorResponse> {
    let length = store.upload(repository, id)?.len();
    match ask.method {
        Method::GET => Ok(under_way(StatusCode::NO_CONTENT, repository, id, length)),
        Method::DELETE => {
            store.end(repository, id)?;
            Ok(empty(StatusCode::NO_CONTENT, &[]))
        }
        Method::PATCH => {
            let length = add(store, repository, id, ask)?;
            Ok(under_way(StatusCode::ACCEPTED, repository, id, length))
        }
        Method::PUT => {
            add(store, repository, id, ask)?;
            let bytes = store.end(repository, id)?;
            complete(store, repository, bytes.into(), ask)
        }
        _ => Err(unsupported()),
    }
}

/// Adds what came to an upload, and gives its length. A part that says where it belongs must belong at the end.
fn add(store: &mut Store, repository: &Repository, id: &str, ask: &Ask) -> Result<usize, ErrorResponse> {
    let length = store.upload(repository, id)?.len();
    let range = ask.headers.get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| range.trim_start_matches("bytes ").split('-').next());
    if start.is_some_and(|start| start.parse() != Ok(length)) {
        let message = format!("the upload has {length} bytes; go on there");
        return Err(ErrorResponse::new(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", message));
    }
    store.take_in(ask.body.len())?;
    let bytes = store.upload(repository, id)?;
    bytes.extend_from_slice(&ask.body);
    Ok(bytes.len())
}

/// Stores what was uploaded, if it is what its digest says.
fn complete(
    store: &mut Store,
    repository: &Repository,
    bytes: Bytes,
    ask: &Ask,
) -> Result<Response<Body>, ErrorResponse> {
    let digest = ask.query.value("digest").and_then(|digest| Digest::parse(digest).ok());
    match digest.filter(|digest| digest.is_of(&bytes)) {
        Some(digest) => {
            store.store_blob(repository, digest.clone(), bytes);
            Ok(stored(repository, &digest))
        }
        None => {
            Err(ErrorResponse::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "the blob is not what its digest says"))
        }
    }
}

/// The blob that is to be mounted, if it exists there. If it does not, the client uploads it.
fn mounted(store: &Store, ask: &Ask) -> Option<(Digest, Bytes)> {
    let digest = Digest::parse(ask.query.value("mount")?).ok()?;
    let from = Repository::parse(ask.query.value("from")?).ok()?;
    let bytes = store.contents(&from)?.blobs.get(&digest)?.clone();
    Some((digest, bytes))
}

fn stored(repository: &Repository, digest: &Digest) -> Response<Body> {
    let location = Route::Blob(repository.clone(), digest.clone()).path();
    empty(StatusCode::CREATED, &[("location", &location), ("docker-content-digest", digest.as_str())])
}

fn under_way(status: StatusCode, repository: &Repository, id: &str, length: usize) -> Response<Body> {
    let location = Route::Upload(repository.clone(), id.to_owned()).path();
    let range = format!("0-{}", length.saturating_sub(1));
    empty(status, &[("location", &location), ("range", &range), ("docker-upload-uuid", id)])
}

fn unknown() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "there is no such blob in this repository")
}
