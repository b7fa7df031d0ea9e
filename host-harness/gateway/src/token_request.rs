//! Requests for tokens, where the registry issues them under the gateway's own address.
//!
//! Some clients send them with `POST`. That passes to exactly the path that the registry's challenge names, and no other `POST`
//! that the gateway does not know reaches the registry.

use http_body_util::Either;
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Method, Request, Response, StatusCode, Uri};

use super::answer::unavailable;
use super::gateway::Gateway;
use super::headers::{self, Caller};
use tagseal_distribution::body::{Body, Streamed, streamed};
use tagseal_distribution::error_response::ErrorResponse;

impl Gateway {
    /// Forwards a request for a token.
    ///
    /// # Errors
    ///
    /// The path is not the one where the registry issues tokens, or its realm is at another address. On 404, clients that can
    /// ask in another way do so.
    pub(crate) async fn forward_token_request(
        &self,
        request: Request<Incoming>,
        caller: &Caller,
    ) -> Result<Response<Body>, ErrorResponse> {
        let realm = self.0.token_realm.of(&self.0.registry, self.0.settings.look_up_timeout).await;
        let realm = realm.filter(|realm| is_here(realm, self.0.registry.host(), &request));
        if realm.is_none_or(|realm| realm.path() != request.uri().path()) {
            let message = "this gateway does not know such a request, so it does not forward it";
            return Err(ErrorResponse::new(StatusCode::NOT_FOUND, "UNSUPPORTED", message));
        }
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let (headers, settings) = (headers::of_write(&parts.headers, caller), &self.0.settings);
        let body = Either::Left(Streamed::from(body).with_min_rate(settings.min_rate));
        let answer = self.send(Method::POST, path, headers, body, Some(settings.read_timeout)).await;
        self.answer_to_write(answer.map_err(unavailable)?.map(streamed))
    }
}

/// Returns whether a realm is where this request came: at the registry's own host, or at the name by which the client knows the
/// gateway.
fn is_here(realm: &Uri, registry: &str, request: &Request<Incoming>) -> bool {
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    realm
        .authority()
        .is_some_and(|authority| [registry, named].iter().any(|host| authority.as_str().eq_ignore_ascii_case(host)))
}
