//! Redirects of a registry that keeps its manifests elsewhere: they are followed for look-ups, without the client's credentials.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, HeaderValue, LOCATION, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};

use tagseal_distribution::client::RegistryClient;

/// The greatest number of redirects of one look-up.
const MAX_REDIRECTS: usize = 3;

/// Returns whether an answer leads to another place.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    )
}

/// Follows the redirect of a `GET`, and returns the content that it leads to. At the registry's own host, the request has the
/// same headers; anywhere else, only those that say what is wanted.
///
/// # Errors
///
/// - a redirect without a place, or to one that is not `http` or `https`
/// - one that leads from `https` to `http`
/// - more than three redirects, or an answer other than 200
pub(crate) async fn follow(
    registry: &RegistryClient,
    answer: Response<Incoming>,
    headers: HeaderMap,
    limit: Duration,
) -> Result<Response<Incoming>, String> {
    let (mut client, mut headers, mut answer) = (registry.clone(), headers, answer);
    for _ in 0..MAX_REDIRECTS {
        let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok());
        let place = place.and_then(|place| place.parse::<Uri>().ok()).ok_or("the registry redirects to nowhere")?;
        if let Some(other) = elsewhere(&client, &place)? {
            client = other;
            headers = public(&headers);
        }
        let path = place.path_and_query().map_or("/", |path| path.as_str());
        answer =
            client.read(Method::GET, path, headers.clone(), Some(limit)).await.map_err(|error| error.to_string())?;
        match answer.status() {
            StatusCode::OK => return Ok(answer),
            status if is_redirect(status) => {}
            status => return Err(format!("where the registry redirects to, the answer is {status}")),
        }
    }
    Err(format!("the registry redirects more than {MAX_REDIRECTS} times"))
}

/// Returns a client of the place's host, if that is not the one that was asked.
fn elsewhere(client: &RegistryClient, place: &Uri) -> Result<Option<RegistryClient>, String> {
    let (Some(scheme), Some(authority)) = (place.scheme_str(), place.authority()) else { return Ok(None) };
    let is_secure = scheme == "https";
    if authority.as_str().eq_ignore_ascii_case(client.host()) && is_secure == client.is_secure() {
        return Ok(None);
    }
    if client.is_secure() && !is_secure {
        return Err("the registry redirects to a place without TLS".to_owned());
    }
    let other = RegistryClient::new(&format!("{scheme}://{authority}"));
    other.map(Some).map_err(|error| format!("the registry redirects to a place that can't be asked: {error}"))
}

/// Returns the headers that say what is wanted, and not who asks.
fn public(headers: &HeaderMap) -> HeaderMap {
    let kept = [ACCEPT, USER_AGENT].into_iter();
    let kept = kept.filter_map(|name| headers.get(&name).map(|value: &HeaderValue| (name.clone(), value.clone())));
    kept.collect()
}
