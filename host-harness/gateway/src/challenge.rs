//! The challenge of a registry that asks for a token, widened so that one token serves a look-up and the write after it.
//!
//! A registry may ask for `pull` where the gateway looks up a tag, and for `push` or `delete` where the client's own request
//! comes. A client that got a token for one of them would be asked for the other, again and again.

use hyper::HeaderMap;
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};

use tagseal_distribution::reference::Repository;

/// What a request needs besides the right to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A push of a manifest.
    Push,
    /// A delete of a tag, a manifest or a blob.
    Delete,
}

impl Action {
    const fn scopes(self) -> [&'static str; 2] {
        match self {
            Self::Push => ["pull", "push"],
            Self::Delete => ["pull", "delete"],
        }
    }
}

/// Adds to a challenge for a token of a repository what a look-up and a write need together. A challenge without such a scope
/// stays as it is.
pub(crate) fn widened(challenge: &HeaderValue, repository: &Repository, action: Action) -> HeaderValue {
    let widened = challenge.to_str().ok().and_then(|text| with_scopes(text, repository, action));
    widened.and_then(|text| HeaderValue::try_from(text).ok()).unwrap_or_else(|| challenge.clone())
}

/// Adds the same to all challenges of an answer.
pub(crate) fn widen(headers: &mut HeaderMap, repository: &Repository, action: Action) {
    let challenges: Vec<_> =
        headers.get_all(WWW_AUTHENTICATE).iter().map(|it| widened(it, repository, action)).collect();
    headers.remove(WWW_AUTHENTICATE);
    headers.extend(challenges.into_iter().map(|challenge| (WWW_AUTHENTICATE, challenge)));
}

fn with_scopes(challenge: &str, repository: &Repository, action: Action) -> Option<String> {
    let start = scope_start(challenge)?;
    let (before, rest) = challenge.split_at_checked(start)?;
    let (scopes, after) = rest.split_once('"')?;
    let prefix = format!("repository:{repository}:");
    let mut found = false;
    let scopes: Vec<String> = scopes
        .split(' ')
        .map(|scope| match scope.strip_prefix(&prefix) {
            Some(actions) => {
                found = true;
                prefix.clone() + &joined(actions, action)
            }
            None => scope.to_owned(),
        })
        .collect();
    found.then(|| format!("{before}{}\"{after}", scopes.join(" ")))
}

/// Returns where the text of the parameter `scope="…"` begins.
fn scope_start(challenge: &str) -> Option<usize> {
    const NAME: &str = "scope=\"";
    let lower = challenge.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = from + lower.get(from..)?.find(NAME)?;
        let before = lower.get(..at)?.chars().next_back();
        if before.is_none_or(|letter| matches!(letter, ',' | ' ')) {
            return Some(at + NAME.len());
        }
        from = at + NAME.len();
    }
}

fn joined(actions: &str, action: Action) -> String {
    let mut all: Vec<&str> = actions.split(',').filter(|action| !action.is_empty()).collect();
    for needed in action.scopes() {
        if !all.contains(&needed) && !all.contains(&"*") {
            all.push(needed);
        }
    }
    all.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m5_a_challenge_asks_for_all_that_a_look_up_and_the_write_need() {
        let repository = Repository::parse("prod/app").unwrap();
        let realm = "Bearer realm=\"https://auth.example/token\",service=\"registry\"";
        let table = [
            ("scope=\"repository:prod/app:pull\"", Action::Push, "scope=\"repository:prod/app:pull,push\""),
            ("scope=\"repository:prod/app:pull,push\"", Action::Push, "scope=\"repository:prod/app:pull,push\""),
            ("scope=\"repository:prod/app:delete\"", Action::Delete, "scope=\"repository:prod/app:delete,pull\""),
            ("scope=\"repository:prod/app:*\"", Action::Delete, "scope=\"repository:prod/app:*\""),
            (
                "Scope=\"repository:base:pull repository:prod/app:pull\",error=\"invalid_token\"",
                Action::Delete,
                "Scope=\"repository:base:pull repository:prod/app:pull,delete\",error=\"invalid_token\"",
            ),
            ("scope=\"repository:prod/app2:pull\"", Action::Push, "scope=\"repository:prod/app2:pull\""),
            ("telescope=\"repository:prod/app:pull\"", Action::Push, "telescope=\"repository:prod/app:pull\""),
            ("scope=\"repository:prod/app:pull", Action::Push, "scope=\"repository:prod/app:pull"),
        ];
        for (scope, action, expected) in table {
            let challenge = HeaderValue::try_from(format!("{realm},{scope}")).unwrap();
            assert_eq!(widened(&challenge, &repository, action), format!("{realm},{expected}"), "{scope}");
        }
        let basic = HeaderValue::from_static("Basic realm=\"registry\"");
        assert_eq!(widened(&basic, &repository, Action::Push), basic);
    }
}
