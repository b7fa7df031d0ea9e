//! What a registry asks for before it answers: a password, or a token that another server gives out.

use http_auth::{ChallengeRef, parse_challenges};
use hyper::header::WWW_AUTHENTICATE;
use hyper::{HeaderMap, Uri};

use crate::gateway::query::Query;

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token.
    Bearer(Bearer),
}

/// A token, and who gives it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    /// The URL to ask for one.
    pub(super) realm: String,
    pub(super) service: Option<String>,
    /// What the token is to be good for.
    pub(super) scope: Option<String>,
}

impl Challenge {
    /// What an answer asks for: a token, where that is a choice. None where it asks for nothing that is known here.
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

impl Bearer {
    /// Path and query to ask for the token at its realm.
    pub(super) fn target(&self, realm: &Uri) -> String {
        let query = realm.query().map(Query::parse).and_then(Result::ok).unwrap_or_default();
        format!("{}{}", realm.path(), self.added_to(query).suffix())
    }

    /// The query that asks for the token, added to what is there.
    pub(super) fn added_to(&self, query: Query) -> Query {
        let wanted = [("service", &self.service), ("scope", &self.scope)];
        let wanted = wanted.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
        wanted.fold(query, |query, (key, value)| query.with(key, value))
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
    fn a_token_is_preferred_to_a_password_wherever_it_stands() {
        let token = r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push""#;
        let expected = bearer(Some("registry"), Some("repository:a/b:pull,push"));
        assert_eq!(challenge(&[token]), expected);
        assert_eq!(challenge(&["Basic realm=\"r\"", token]), expected);
        assert_eq!(challenge(&[&format!("Basic realm=\"r\", {token}")]), expected);
        assert_eq!(challenge(&["bearer Realm=\"https://auth.example/token\""]), bearer(None, None));
        assert_eq!(challenge(&["Negotiate", "basic realm=\"r\""]), Some(Challenge::Basic));
    }

    #[test]
    fn a_token_is_asked_for_by_what_it_is_good_for() {
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
    fn what_is_not_known_is_no_challenge() {
        for values in
            [&[][..], &["Negotiate"], &["Bearer service=\"registry\""], &["Digest realm=\"r\", nonce=\"n\""], &["\"\""]]
        {
            assert_eq!(challenge(values), None, "{values:?}");
        }
    }
}
