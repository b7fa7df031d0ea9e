//! The name of a request, by which its lines in the gateway's log, its audit and the registry's log are found together.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

/// The header that carries it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The greatest length of a client's own name of a request.
const MAX_LENGTH: usize = 128;

/// Returns the name that a client or a proxy gave to a request, or makes one.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut named = headers.get_all(REQUEST_ID).iter();
    match (named.next(), named.next()) {
        (Some(name), None) if is_plain(name.as_bytes()) => name.clone(),
        _ => new_id(),
    }
}

/// Returns the name for the log.
pub(crate) fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

fn is_plain(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(byte);
    (1..=MAX_LENGTH).contains(&name.len()) && name.iter().all(plain)
}

fn new_id() -> HeaderValue {
    let [one, other] = [(); 2].map(|()| RandomState::new().build_hasher().finish());
    HeaderValue::try_from(format!("{one:016x}{other:016x}")).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m12_a_request_keeps_its_name_if_that_is_plain_and_short() {
        let named = |names: &[&str]| {
            let headers = names.iter().map(|name| (REQUEST_ID, name.parse().unwrap())).collect();
            request_id(&headers).to_str().unwrap().to_owned()
        };
        for name in ["7", "build-1234.step:5", &"a".repeat(128)] {
            assert_eq!(named(&[name]), name);
        }
        for names in [vec![], vec![""], vec!["a b"], vec!["a\"b"], vec!["a", "b"], vec![&*"a".repeat(129)]] {
            let made = named(&names);
            assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{names:?}: {made}");
        }
        assert_ne!(named(&[]), named(&[]));
    }
}
