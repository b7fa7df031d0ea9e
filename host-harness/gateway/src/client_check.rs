//! Whether the registry would answer a client at all, before a rule's text does: who may not read a repository must not learn its
//! rules, and what does not exist can't be protected.

use hyper::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use hyper::{Method, StatusCode};

use super::challenge::widened;
use super::gateway::{Gateway, Peer};
use super::look_up::LookUpError;
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::Repository;
use tagseal_distribution::route::Route;

impl Gateway {
    /// Returns the registry's own refusal of a request that a rule denies: it asks for credentials, does not accept them, or
    /// does not have what the request is for. Where the registry can't say, the denial stands, since it is final.
    pub(crate) async fn registrys_refusal(&self, route: &Route, peer: &Peer) -> Option<ErrorResponse> {
        let (repository, unknown) = match route {
            Route::Manifest(repository, _) => (repository, "MANIFEST_UNKNOWN"),
            Route::Blob(repository, _) => (repository, "BLOB_UNKNOWN"),
            _ => return None,
        };
        match self.look_up(repository, peer).read(Method::HEAD, &route.path()).await {
            Ok(Some(_)) => {}
            Ok(None) => return Some(ErrorResponse::new(StatusCode::NOT_FOUND, unknown, "it does not exist")),
            Err(LookUpError::Refused(refusal)) => return Some(refusal),
            Err(_) => return None,
        }
        self.challenge_to_write(repository, peer).await
    }

    /// Checks that the registry lets a client read a repository, and asks one without credentials for them. While the registry
    /// can't say, nothing is found wrong.
    ///
    /// # Errors
    ///
    /// The registry's own refusal.
    pub(crate) async fn check_reader(&self, repository: &Repository, peer: &Peer) -> Result<(), ErrorResponse> {
        let path = Route::Tags(repository.clone()).path();
        match self.look_up(repository, peer).read(Method::GET, &path).await {
            Err(LookUpError::Refused(refusal)) => Err(refusal),
            Err(_) => Ok(()),
            Ok(_) => self.challenge_to_write(repository, peer).await.map_or(Ok(()), Err),
        }
    }

    /// Returns the registry's challenge for a write without credentials. Some registries let everybody read.
    pub(crate) async fn challenge_to_write(&self, repository: &Repository, peer: &Peer) -> Option<ErrorResponse> {
        if [AUTHORIZATION, COOKIE].iter().any(|name| peer.look_up_headers.contains_key(name)) {
            return None;
        }
        let answer = self.try_upload(repository, &peer.look_up_headers).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return None;
        }
        let message = "the registry asks for credentials";
        let mut refusal = ErrorResponse::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message);
        for challenge in answer.headers().get_all(WWW_AUTHENTICATE) {
            let challenge = peer.action.map_or_else(|| challenge.clone(), |it| widened(challenge, repository, it));
            refusal = refusal.with_header(WWW_AUTHENTICATE, challenge);
        }
        Some(refusal)
    }
}
