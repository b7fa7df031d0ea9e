//! The headers that are forwarded, to the registry and back.

use std::net::IpAddr;

use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, COOKIE, EXPECT, HOST, HeaderName,
    HeaderValue, IF_MATCH, IF_NONE_MATCH, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT, VIA,
};
use hyper::{HeaderMap, header};

use super::request_id::REQUEST_ID;

/// Headers that belong to one connection, and are never forwarded.
const HOP_BY_HOP: [HeaderName; 10] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers of a request that the gateway writes itself.
const OWN: [HeaderName; 3] = [CONTENT_LENGTH, EXPECT, HOST];

/// How those headers begin by which a proxy informs a registry who asks, and for what. Clients must not set them.
const PROXY_PREFIXES: [&str; 9] = [
    "forwarded",
    "remote-user",
    "x-auth-request-",
    "x-forwarded-",
    "x-http-method",
    "x-original-",
    "x-real-ip",
    "x-remote-",
    "x-rewrite-",
];

/// The headers of a write that are forwarded: a fixed list, so that no other header can give the request another meaning.
const WRITE_HEADERS: [HeaderName; 9] =
    [ACCEPT, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, COOKIE, IF_MATCH, IF_NONE_MATCH, USER_AGENT, VIA];
/// How other headers of a write begin that are forwarded: those of the protocol, and of tracing.
const WRITE_PREFIXES: [&str; 3] = ["docker-", "oci-", "trace"];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who sends a request, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The address of the client, behind the proxies that are trusted.
    pub(crate) address: IpAddr,
    pub(crate) request_id: HeaderValue,
}

/// Returns the headers of a read for the registry: all except those of the connection, and those that only a proxy may set.
pub(crate) fn of_read(headers: &HeaderMap, caller: &Caller) -> HeaderMap {
    let named = named_by_connection(headers);
    let passes = |name: &HeaderName| {
        let claims = PROXY_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
        !HOP_BY_HOP.contains(name) && !OWN.contains(name) && !claims && !named.contains(name)
    };
    forwarded(headers, passes, caller)
}

/// Returns the headers of a write for the registry.
pub(crate) fn of_write(headers: &HeaderMap, caller: &Caller) -> HeaderMap {
    let begins = |name: &HeaderName| WRITE_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    forwarded(headers, |name| WRITE_HEADERS.contains(name) || begins(name), caller)
}

/// Returns the headers of a look-up: those of the client's request that say who asks.
pub(crate) fn of_look_up(headers: &HeaderMap, caller: &Caller) -> HeaderMap {
    forwarded(headers, |name| [AUTHORIZATION, COOKIE, USER_AGENT, VIA].contains(name), caller)
}

/// Returns the headers of an answer for the client: all except those of the connection, and `Alt-Svc`, which would lead the
/// client around the gateway.
pub(crate) fn of_answer(headers: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(headers);
    copy(headers, |name| !HOP_BY_HOP.contains(name) && *name != header::ALT_SVC && !named.contains(name))
}

fn forwarded(headers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool, caller: &Caller) -> HeaderMap {
    let mut copied = copy(headers, passes);
    if let Ok(address) = HeaderValue::from_str(&caller.address.to_string()) {
        copied.insert(FORWARDED_FOR, address);
    }
    copied.insert(REQUEST_ID, caller.request_id.clone());
    copied
}

fn copy(headers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| passes(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns the headers that `Connection` says belong to the connection too.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let lists = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller { address: [192, 0, 2, 7].into(), request_id: HeaderValue::from_static("id") }
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    const CLIENT: [(&str, &str); 19] = [
        ("accept", "application/vnd.oci.image.index.v1+json"),
        ("accept", "*/*"),
        ("authorization", "Bearer token"),
        ("connection", "keep-alive, X-Mine"),
        ("content-length", "7"),
        ("content-type", "application/json"),
        ("docker-upload-uuid", "id"),
        ("expect", "100-continue"),
        ("host", "gateway"),
        ("proxy-authorization", "Basic eDp5"),
        ("range", "bytes=0-9"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("user-agent", "client"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-user", "admin"),
        ("x-mine", "1"),
        ("x-original-url", "/v2/other/manifests/v1"),
        ("x-other", "1"),
    ];

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_read_is_forwarded_without_the_headers_of_the_connection_and_of_proxies() {
        let passed = of_read(&headers(&CLIENT), &caller());
        let expected = [
            "accept",
            "authorization",
            "content-type",
            "docker-upload-uuid",
            "range",
            "user-agent",
            "x-forwarded-for",
            "x-other",
            "x-request-id",
        ];
        assert_eq!(names(&passed), expected);
        assert_eq!(passed.get_all("accept").iter().count(), 2);
        assert_eq!(passed["x-forwarded-for"], "192.0.2.7");
    }

    #[test]
    fn a_write_is_forwarded_with_a_fixed_list_of_headers() {
        let passed = of_write(&headers(&CLIENT), &caller());
        let expected = [
            "accept",
            "authorization",
            "content-type",
            "docker-upload-uuid",
            "user-agent",
            "x-forwarded-for",
            "x-request-id",
        ];
        assert_eq!(names(&passed), expected);
    }

    #[test]
    fn a_look_up_has_the_credentials_of_the_client_and_nothing_else() {
        let passed = of_look_up(&headers(&CLIENT), &caller());
        assert_eq!(names(&passed), ["authorization", "user-agent", "x-forwarded-for", "x-request-id"]);
    }

    #[test]
    fn an_answer_is_forwarded_without_the_headers_of_the_connection() {
        let answer = [
            ("alt-svc", "h2=\"elsewhere:443\""),
            ("connection", "close"),
            ("content-length", "7"),
            ("docker-content-digest", "sha256:1"),
            ("keep-alive", "timeout=5"),
            ("www-authenticate", "Bearer realm=\"r\""),
        ];
        let passed = of_answer(&headers(&answer));
        assert_eq!(names(&passed), ["content-length", "docker-content-digest", "www-authenticate"]);
    }
}
