//! The places that an answer of a registry names for the next request, rewritten so that a client stays with the proxy
//! that it asks.

use hyper::HeaderMap;
use hyper::header::{HeaderValue, LINK, LOCATION};

use crate::route::Route;

/// Rewrites the places in an answer to a **read** that are at the registry's own host. Other places stay as they are, since
/// a registry may have its blobs fetched from its storage.
pub fn of_read(headers: &mut HeaderMap, host: &str) {
    rewrite(headers, |place| is_at(place, host).then(|| path(place).to_owned()));
}

/// Rewrites the places in an answer to a **write**, where the write continues.
///
/// A path of the distribution specification is taken from any host, since not every registry knows its own.
///
/// # Errors
///
/// `/artifacts-uploads/1`, a path at the registry's host that the specification does not have. A client can't continue
/// there through a proxy. Returns the place.
pub fn of_write(headers: &mut HeaderMap, host: &str) -> Result<(), String> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let bare = path(&location).split('?').next().unwrap_or_default();
    let known = Route::parse(bare).is_ok();
    if !known && bare.starts_with('/') && (is_at(&location, host) || location.starts_with(bare)) {
        return Err(location);
    }
    rewrite(headers, |place| (known || is_at(place, host)).then(|| path(place).to_owned()));
    Ok(())
}

/// Rewrites the location and the link of an answer, where there is a new place for it.
fn rewrite(headers: &mut HeaderMap, place: impl Fn(&str) -> Option<String>) {
    let location = headers.get(LOCATION).and_then(|value| place(value.to_str().ok()?));
    if let Some(location) = location.and_then(|it| HeaderValue::try_from(it).ok()) {
        headers.insert(LOCATION, location);
    }
    let link = headers.get(LINK).and_then(|value| linked(value.to_str().ok()?, place));
    if let Some(link) = link.and_then(|it| HeaderValue::try_from(it).ok()) {
        headers.insert(LINK, link);
    }
}

fn linked(link: &str, place: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    Some(format!("<{}>{rest}", place(target)?))
}

/// Returns a place without its scheme and host.
pub fn path(place: &str) -> &str {
    match after_scheme(place) {
        Some(after) => after.find('/').and_then(|start| after.get(start..)).unwrap_or("/"),
        None => place,
    }
}

/// Returns whether a place is at a host. Its scheme does not matter: not every registry knows that it is behind TLS.
fn is_at(place: &str, host: &str) -> bool {
    let named = after_scheme(place).and_then(|after| after.split(['/', '?']).next());
    named.is_some_and(|named| named.eq_ignore_ascii_case(host))
}

/// Returns host and path, where a place names a host: `http://host/path`, `//host/path`.
fn after_scheme(place: &str) -> Option<&str> {
    let (scheme, after) = place.split_once("//")?;
    (scheme.is_empty() || scheme.ends_with(':') && !scheme.contains(['/', '?'])).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "registry:5000";

    fn located(place: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(place))])
    }

    #[test]
    fn a_write_continues_at_the_proxy() {
        let table = [
            ("http://registry:5000/v2/foo/blobs/uploads/id?_state=a%3D", "/v2/foo/blobs/uploads/id?_state=a%3D"),
            ("https://registry:5000/v2/foo/manifests/v1", "/v2/foo/manifests/v1"),
            ("http://evil.example/v2/foo/blobs/uploads/id", "/v2/foo/blobs/uploads/id"),
            ("//evil.example/v2/foo/blobs/uploads/id", "/v2/foo/blobs/uploads/id"),
            (
                "/v2/foo/blobs/uploads/id?_state=http://registry:5000/x",
                "/v2/foo/blobs/uploads/id?_state=http://registry:5000/x",
            ),
            ("https://storage.example/bucket/id?signature=1", "https://storage.example/bucket/id?signature=1"),
        ];
        for (place, expected) in table {
            let mut headers = located(place);
            assert_eq!(of_write(&mut headers, HOST), Ok(()), "{place}");
            assert_eq!(headers[LOCATION], expected, "{place}");
        }
    }

    #[test]
    fn a_write_can_not_continue_at_a_path_that_the_specification_does_not_have() {
        for place in ["http://registry:5000/artifacts-uploads/1", "/artifacts-uploads/1?x=1", "https://REGISTRY:5000/"]
        {
            assert_eq!(of_write(&mut located(place), HOST), Err(place.to_owned()));
        }
        assert_eq!(of_write(&mut HeaderMap::new(), HOST), Ok(()));
    }

    #[test]
    fn a_read_is_sent_to_the_registrys_storage_but_not_to_the_registry_itself() {
        let table = [
            ("http://registry:5000/v2/foo/blobs/x", "/v2/foo/blobs/x"),
            ("http://registry:5000", "/"),
            ("http://registry:50001/v2/", "http://registry:50001/v2/"),
            (
                "https://storage.example/v2/foo/blobs/x?signature=1",
                "https://storage.example/v2/foo/blobs/x?signature=1",
            ),
            ("/v2/foo/blobs/x", "/v2/foo/blobs/x"),
        ];
        for (place, expected) in table {
            let mut headers = located(place);
            of_read(&mut headers, HOST);
            assert_eq!(headers[LOCATION], expected, "{place}");
        }
    }

    #[test]
    fn the_link_to_the_next_page_is_followed_at_the_proxy() {
        let link = "<http://registry:5000/v2/foo/tags/list?n=1&last=a>; rel=\"next\"";
        let mut headers = HeaderMap::from_iter([(LINK, HeaderValue::from_static(link))]);
        of_read(&mut headers, HOST);
        assert_eq!(headers[LINK], "</v2/foo/tags/list?n=1&last=a>; rel=\"next\"");
    }
}
