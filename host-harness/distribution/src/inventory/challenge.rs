//! The credentials that a registry asks for: a password, or a token that another server issues.

use http_auth::{ChallengeRef, parse_challenges};
use hyper::header::WWW_AUTHENTICATE;
use hyper::{HeaderMap, Uri};

use crate::query::Query;

/// The credentials that a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token.
    Bearer(Bearer),
}

/// A token, and the server that issues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    /// The URL where it is issued.
    pub(super) realm: String,
    pub(super) service: Option<String>,
    /// What the token must permit.
    pub(super) scope: Option<String>,
}

impl Challenge {
    /// Returns the challenge of an answer: for a token, if there is a choice. Returns `None` if there is no challenge of a known
    /// kind.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let all: Vec<Self> =
            values.filter_map(|value| parse_challenges(value).ok()).flatten().filter_map(|it| Self::new(&it)).collect();
        let token = all.iter().find(|challenge| matches!(challenge, Self::Bearer(_)));
        token.or(all.first()).cloned()
    }

    fn new(challenge: &ChallengeRef<'_>) -> Option<Self> {
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("basic") {
            Some(Self::Basic)
        } else if challenge.scheme.eq_ignore_ascii_case("bearer") {
            let (service, scope) = (parameter("service"), parameter("scope"));
            Some(Self::Bearer(Bearer { realm: parameter("realm")?, service, scope }))
        } else {
            None
        }
    }
}

/// Returns the URL where a registry has tokens issued, by the challenge of one of its answers. `None` if it asks for no token,
/// or the URL is not valid.
pub fn token_realm(headers: &HeaderMap) -> Option<Uri> {
    match Challenge::of(headers)? {
        Challenge::Bearer(bearer) => bearer.realm.parse().ok(),
        Challenge::Basic => None,
    }
}

impl Bearer {
    /// Returns the path and query that ask for the token at its realm.
    pub(super) fn target(&self, realm: &Uri) -> String {
        let query = realm.query().map(Query::parse).and_then(Result::ok).unwrap_or_default();
        format!("{}{}", realm.path(), self.added_to(query).suffix())
    }

    /// Adds the parameters that ask for the token to a query.
    pub(super) fn added_to(&self, query: Query) -> Query {
        let parameters = [("service", &self.service), ("scope", &self.scope)];
        let parameters = parameters.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
        parameters.fold(query, |query, (key, value)| query.with(key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(values: &[&str]) -> Option<Challenge> {
        Challenge::of(&values.iter().map(|value| (WWW_AUTHENTICATE, value.parse().unwrap())).collect())
    }

    fn bearer(service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let realm = "https://auth.example/token".to_owned();
        Some(Challenge::Bearer(Bearer { realm, service: service.map(Into::into), scope: scope.map(Into::into) }))
    }

    #[test]
    fn a_token_is_preferred_to_a_password_in_any_order() {
        let token = r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push""#;
        let expected = bearer(Some("registry"), Some("repository:a/b:pull,push"));
        assert_eq!(challenge(&[token]), expected);
        assert_eq!(challenge(&["Basic realm=\"r\"", token]), expected);
        assert_eq!(challenge(&[&format!("Basic realm=\"r\", {token}")]), expected);
        assert_eq!(challenge(&["bearer Realm=\"https://auth.example/token\""]), bearer(None, None));
        assert_eq!(challenge(&["Negotiate", "basic realm=\"r\""]), Some(Challenge::Basic));
    }

    #[test]
    fn a_token_is_asked_for_by_its_service_and_scope() {
        let realm = "https://auth.example/token".to_owned();
        let scope = Some("repository:a/b:pull".to_owned());
        let bearer = Bearer { realm, service: Some("r&d".to_owned()), scope };
        for (realm, expected) in [
            ("https://auth.example/token", "/token?service=r%26d&scope=repository%3Aa%2Fb%3Apull"),
            ("https://auth.example", "/?service=r%26d&scope=repository%3Aa%2Fb%3Apull"),
            ("https://auth.example/token?x=1", "/token?x=1&service=r%26d&scope=repository%3Aa%2Fb%3Apull"),
        ] {
            assert_eq!(bearer.target(&realm.parse().unwrap()), expected, "{realm}");
        }
    }

    #[test]
    fn a_challenge_of_an_unknown_kind_is_ignored() {
        for values in
            [&[][..], &["Negotiate"], &["Bearer service=\"registry\""], &["Digest realm=\"r\", nonce=\"n\""], &["\"\""]]
        {
            assert_eq!(challenge(values), None, "{values:?}");
        }
    }

    #[test]
    fn m5_a_realm_is_read_from_a_challenge_for_a_token() {
        let table = [
            ("Bearer realm=\"https://auth.example/token\",service=\"r\"", Some("https://auth.example/token")),
            ("bearer service=\"r\", realm=\"http://h/t\"", Some("http://h/t")),
            ("Basic realm=\"https://auth.example/token\"", None),
            ("Bearer realm=\"https://auth.example", None),
            ("Bearer", None),
            ("", None),
            ("Basic realm=\"r\", Bearer realm=\"http://h/t\"", Some("http://h/t")),
            ("Bearer xrealm=\"http://h/t\"", None),
        ];
        for (challenge, expected) in table {
            let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge.parse().unwrap())]);
            assert_eq!(token_realm(&headers).map(|realm| realm.to_string()).as_deref(), expected, "{challenge}");
        }
    }
}
