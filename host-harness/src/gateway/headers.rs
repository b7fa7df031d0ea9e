//! Which headers pass, on the way to the registry and on the way back.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, COOKIE, EXPECT, HOST, HeaderName,
    HeaderValue, IF_MATCH, IF_NONE_MATCH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT, VIA,
};
use hyper::{HeaderMap, header};

/// Headers that belong to one connection, and never pass.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
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

/// How the headers begin by which a proxy tells a registry who asks, and for what. A client has no say in that.
const CLAIMS: [&str; 9] = [
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

/// What of a write passes: a fixed list, so that nothing can give the request another meaning.
const OF_A_WRITE: [HeaderName; 9] =
    [ACCEPT, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, COOKIE, IF_MATCH, IF_NONE_MATCH, USER_AGENT, VIA];
/// How other headers of a write begin that pass: those of the protocol, and of tracing.
const BEGINNINGS_OF_A_WRITE: [&str; 4] = ["docker-", "oci-", "trace", "x-request-id"];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The headers of a read for the registry: all but those of the connection, and those that claim something.
pub(crate) fn of_read(headers: &HeaderMap, peer: SocketAddr) -> HeaderMap {
    let named = named_by_connection(headers);
    let passes = |name: &HeaderName| {
        let claims = CLAIMS.iter().any(|beginning| name.as_str().starts_with(beginning));
        !HOP_BY_HOP.contains(name) && !OWN.contains(name) && !claims && !named.contains(name)
    };
    forwarded(headers, passes, peer.ip())
}

/// The headers of a write for the registry.
pub(crate) fn of_write(headers: &HeaderMap, peer: SocketAddr) -> HeaderMap {
    let begins = |name: &HeaderName| BEGINNINGS_OF_A_WRITE.iter().any(|it| name.as_str().starts_with(it));
    forwarded(headers, |name| OF_A_WRITE.contains(name) || begins(name), peer.ip())
}

/// What a look-up needs of the request that it is made for: who asks.
pub(crate) fn of_look_up(headers: &HeaderMap, peer: SocketAddr) -> HeaderMap {
    forwarded(headers, |name| [AUTHORIZATION, COOKIE, USER_AGENT, VIA].contains(name), peer.ip())
}

/// The headers of an answer for the client: all but those of the connection. `Alt-Svc` would show the client another way.
pub(crate) fn of_answer(headers: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(headers);
    copy(headers, |name| !HOP_BY_HOP.contains(name) && *name != header::ALT_SVC && !named.contains(name))
}

fn forwarded(headers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool, peer: IpAddr) -> HeaderMap {
    let mut copied = copy(headers, passes);
    if let Ok(peer) = HeaderValue::from_str(&peer.to_string()) {
        copied.insert(FORWARDED_FOR, peer);
    }
    copied
}

fn copy(headers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| passes(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The headers that `Connection` says are of the connection too.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let lists = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: ([u8; 4], u16) = ([192, 0, 2, 7], 40000);

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    const CLIENT: [(&str, &str); 18] = [
        ("accept", "application/vnd.oci.image.index.v1+json"),
        ("accept", "*/*"),
        ("authorization", "Bearer token"),
        ("connection", "keep-alive, X-Mine"),
        ("content-length", "7"),
        ("content-type", "application/json"),
        ("docker-upload-uuid", "id"),
        ("expect", "100-continue"),
        ("host", "gateway"),
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
    fn a_read_passes_all_that_is_not_of_the_connection_and_claims_nothing() {
        let passed = of_read(&headers(&CLIENT), PEER.into());
        let expected = [
            "accept",
            "authorization",
            "content-type",
            "docker-upload-uuid",
            "range",
            "user-agent",
            "x-forwarded-for",
            "x-other",
        ];
        assert_eq!(names(&passed), expected);
        assert_eq!(passed.get_all("accept").iter().count(), 2);
        assert_eq!(passed["x-forwarded-for"], "192.0.2.7");
    }

    #[test]
    fn a_write_passes_a_fixed_list() {
        let passed = of_write(&headers(&CLIENT), PEER.into());
        let expected =
            ["accept", "authorization", "content-type", "docker-upload-uuid", "user-agent", "x-forwarded-for"];
        assert_eq!(names(&passed), expected);
    }

    #[test]
    fn a_look_up_asks_as_the_client_and_nothing_else() {
        let passed = of_look_up(&headers(&CLIENT), PEER.into());
        assert_eq!(names(&passed), ["authorization", "user-agent", "x-forwarded-for"]);
    }

    #[test]
    fn an_answer_passes_all_that_is_not_of_the_connection() {
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
