//! Whether a client may push, where the answer to its push does not show it.
//!
//! A push that was left open keeps others away from its tag. A client that may not push must not be able to do that, so an
//! upload is begun with its credentials, and cancelled.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::gateway::Gateway;
use tagseal_distribution::body::full;
use tagseal_distribution::location;
use tagseal_distribution::reference::Repository;
use tagseal_distribution::route::Route;

/// How long each answer may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

impl Gateway {
    /// Returns whether the registry refuses a client's uploads to a repository. Where it says neither, it does not.
    pub(crate) async fn refuses_uploads(&self, repository: &Repository, headers: &HeaderMap) -> bool {
        let answer = self.try_upload(repository, headers).await;
        answer.is_some_and(|answer| matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
    }

    /// Begins an upload to a repository, cancels it, and returns the answer to its beginning.
    pub(crate) async fn try_upload(&self, repository: &Repository, headers: &HeaderMap) -> Option<Response<Incoming>> {
        let mut headers = headers.clone();
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let path = Route::Uploads(repository.clone()).path();
        let begun = self.0.registry.send(Method::POST, &path, headers.clone(), full(""), Some(PROBE_TIMEOUT)).await;
        let begun = begun.ok()?;
        if begun.status() == StatusCode::ACCEPTED {
            let place = begun.headers().get(LOCATION).and_then(|place| place.to_str().ok()).map(location::path);
            if let Some(place) = place.filter(|place| place.starts_with(&path)) {
                // An upload that is not cancelled is removed by the registry one day.
                let _ = self.0.registry.send(Method::DELETE, place, headers, full(""), Some(PROBE_TIMEOUT)).await;
            }
        }
        Some(begun)
    }
}
