//! Asking a registry as somebody: its challenges are answered, and its requests to wait are heeded.

use std::sync::OnceLock;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::sleep;

use super::InventoryError;
use super::challenge::{Bearer, Challenge};
use super::credential::Credential;
use crate::gateway::Upstream;
use crate::gateway::problem::full;
use crate::gateway::query::Query;
use crate::gateway::upstream::{self, NoAnswer};

/// Who we are, as far as a registry needs to know.
const AGENT: &str = concat!("tagseal/", env!("CARGO_PKG_VERSION"));
/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a registry may ask to wait, and how long at most.
const WAITS: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Most bytes of a token's answer, or of a refusal.
const MOST_WORDS: usize = 1 << 20;
/// Most characters that are passed on of what a registry writes.
const MOST_REASON: usize = 200;

/// As whom a registry is asked, once it wants to know.
#[derive(Clone)]
pub enum Login {
    /// Whoever has logged in with docker or podman, if anybody has.
    ///
    /// Their files are looked at, and their credential helpers run, when a registry wants to know and not before.
    Configured,
    /// This user.
    User {
        /// The name.
        name: String,
        /// The password, or a token that stands for it.
        password: String,
    },
}

/// A registry, and who asks it.
pub(super) struct Access {
    registry: Upstream,
    login: Login,
    /// Who asks, once the registry wanted to know.
    credential: OnceCell<Option<Credential>>,
    /// What a registry that wants a password is told at once from then on.
    password: OnceLock<HeaderValue>,
    /// The server that was asked for a token last, and its scheme, host and port.
    tokens: Mutex<Option<(String, Upstream)>>,
}

impl Access {
    pub(super) fn new(registry: Upstream, login: Login) -> Self {
        let (credential, password) = (OnceCell::new(), OnceLock::new());
        Self { registry, login, credential, password, tokens: Mutex::new(None) }
    }

    /// Whether it is known who asks.
    pub(super) fn knows(&self) -> bool {
        self.credential.get().is_some_and(Option::is_some)
    }

    /// Asks for a path and query, as often as it takes to know who asks and to wait where the registry wants that.
    pub(super) async fn read(
        &self,
        target: &str,
        pass: &mut Option<HeaderValue>,
    ) -> Result<Response<Incoming>, InventoryError> {
        let (mut introduced, mut waits) = (false, 0);
        loop {
            if pass.is_none() {
                *pass = self.password.get().cloned();
            }
            let answer = ask(&self.registry, target, pass.as_ref()).await;
            let answer = answer.map_err(|error| InventoryError::NoAnswer(error.to_string()))?;
            if answer.status() == StatusCode::UNAUTHORIZED && !introduced {
                let Some(shown) = self.introduce(Challenge::of(answer.headers())).await? else { return Ok(answer) };
                (introduced, *pass) = (true, Some(shown));
            } else if let Some(wait) = wait(&answer).filter(|_| waits < WAITS) {
                waits += 1;
                sleep(wait).await;
            } else {
                return Ok(answer);
            }
        }
    }

    /// What answers a challenge. None where there is nothing to answer it with.
    async fn introduce(&self, challenge: Option<Challenge>) -> Result<Option<HeaderValue>, InventoryError> {
        let Some(challenge) = challenge else { return Ok(None) };
        let credential = self.credential().await?;
        match (challenge, credential) {
            (Challenge::Bearer(bearer), credential) => self.token(&bearer, credential).await.map(Some),
            (Challenge::Basic, Some(Credential::Password { user, password })) => {
                let shown = basic(user, password);
                Ok(shown.map(|shown| self.password.get_or_init(|| shown).clone()))
            }
            (Challenge::Basic, _) => Ok(None),
        }
    }

    async fn credential(&self) -> Result<Option<&Credential>, InventoryError> {
        let found = self.credential.get_or_try_init(|| async {
            match &self.login {
                Login::User { name, password } => {
                    Ok(Some(Credential::Password { user: name.clone(), password: password.clone() }))
                }
                Login::Configured => configured(self.registry.host().to_owned()).await,
            }
        });
        Ok(found.await?.as_ref())
    }

    /// Asks for a token: as nobody, where nobody has logged in.
    async fn token(&self, bearer: &Bearer, credential: Option<&Credential>) -> Result<HeaderValue, InventoryError> {
        let failed = |why: String| InventoryError::Token(bearer.realm.chars().take(MOST_REASON).collect(), why);
        let (server, realm) = self.server(bearer).await.map_err(failed)?;
        let answer = match credential {
            Some(Credential::Identity(identity)) => exchange(&server, &realm, bearer, identity).await,
            Some(Credential::Password { user, password }) => {
                ask(&server, &bearer.target(&realm), basic(user, password).as_ref()).await
            }
            None => ask(&server, &bearer.target(&realm), None).await,
        };
        let answer = answer.map_err(|error| failed(unanswered(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(failed(format!("it answered {}", answer.status())));
        }
        let words = upstream::read(answer.into_body(), MOST_WORDS, PATIENCE).await;
        let words = words.map_err(|unread| failed(format!("its answer could not be read: {unread}")))?;
        token(&words.bytes).ok_or_else(|| failed("its answer holds none".to_owned()))
    }

    /// The server that gives out tokens. Never one in the clear for a registry behind TLS: it is told a password.
    async fn server(&self, bearer: &Bearer) -> Result<(Upstream, Uri), String> {
        let realm: Uri = bearer.realm.parse().map_err(|_| "its URL is none".to_owned())?;
        let (Some(scheme), Some(authority)) = (realm.scheme_str(), realm.authority()) else {
            return Err("its URL is none".to_owned());
        };
        if self.registry.is_secure() && scheme != "https" {
            return Err("it is not behind TLS, though the registry is".to_owned());
        }
        let origin = format!("{scheme}://{authority}");
        let mut tokens = self.tokens.lock().await;
        if let Some((_, server)) = tokens.as_ref().filter(|(known, _)| *known == origin) {
            return Ok((server.clone(), realm));
        }
        let server = Upstream::new(&origin).map_err(|error| error.to_string())?;
        *tokens = Some((origin, server.clone()));
        Ok((server, realm))
    }
}

/// Looks for credentials without holding up whoever else asks: a helper may take its time.
async fn configured(host: String) -> Result<Option<Credential>, InventoryError> {
    let found = tokio::task::spawn_blocking(move || Credential::configured(&host)).await;
    Ok(found.map_err(|error| InventoryError::NoAnswer(error.to_string()))??)
}

async fn ask(server: &Upstream, target: &str, pass: Option<&HeaderValue>) -> Result<Response<Incoming>, NoAnswer> {
    server.read(Method::GET, target, headers(pass), Some(PATIENCE)).await
}

/// Exchanges a token that is good for others.
async fn exchange(
    server: &Upstream,
    realm: &Uri,
    bearer: &Bearer,
    identity: &str,
) -> Result<Response<Incoming>, NoAnswer> {
    let form = Query::default().with("grant_type", "refresh_token").with("client_id", "tagseal");
    let form = bearer.added_to(form.with("refresh_token", identity)).suffix();
    let mut headers = headers(None);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let target = realm.path_and_query().map_or("/", |target| target.as_str());
    let body = full(form.trim_start_matches('?').to_owned());
    server.ask(Method::POST, target, headers, body, Some(PATIENCE)).await
}

/// Why no answer came, of a server that is not the registry.
fn unanswered(error: &NoAnswer) -> String {
    match error {
        NoAnswer::Unreachable(cause) => format!("it can't be reached ({cause})"),
        NoAnswer::Insecure(cause) => format!("no secure connection to it can be made ({cause})"),
        NoAnswer::Lost(cause) => format!("it gave no answer ({cause})"),
        NoAnswer::Late(limit) => format!("it gave no answer in {limit:?}"),
    }
}

fn headers(pass: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(AGENT)),
    ]);
    headers.extend(pass.map(|pass| (AUTHORIZATION, pass.clone())));
    headers
}

/// How long the registry asks to wait. None where it does not.
fn wait(answer: &Response<Incoming>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(seconds.unwrap_or(1)).min(LONGEST_WAIT)),
        StatusCode::SERVICE_UNAVAILABLE => seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT)),
        _ => None,
    }
}

/// The answer that is no page, with the registry's own reason where it gives one.
pub(super) async fn refusal(answer: Response<Incoming>, knows: bool) -> InventoryError {
    let status = answer.status();
    let words = upstream::read(answer.into_body(), MOST_WORDS, PATIENCE).await;
    InventoryError::Answer { status, reason: words.ok().and_then(|words| reason(&words.bytes)), knows }
}

/// The first reason of a registry's refusal: `DENIED: you may not`.
fn reason(words: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Refused>,
    }
    #[derive(Deserialize)]
    struct Refused {
        code: String,
        #[serde(default)]
        message: String,
    }
    let envelope: Envelope = serde_json::from_slice(words).ok()?;
    let Refused { code, message } = envelope.errors.into_iter().next()?;
    let reason = if message.is_empty() { code } else { format!("{code}: {message}") };
    Some(reason.chars().take(MOST_REASON).collect())
}

/// The token of an answer, as the registry wants to see it.
fn token(words: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Given {
        token: Option<String>,
        access_token: Option<String>,
    }
    let Given { token, access_token } = serde_json::from_slice(words).ok()?;
    let token = token.filter(|token| !token.is_empty()).or(access_token)?;
    secret(format!("Bearer {token}"))
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(http_auth::basic::encode_credentials(user, password))
}

fn secret(text: impl Into<Bytes>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(text.into()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Says what is asked, and keeps the secrets.
impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Access").field("registry", &self.registry.host()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_by_two_names() {
        for (words, expected) in [
            (r#"{"token": "a", "access_token": "b"}"#, Some("Bearer a")),
            (r#"{"access_token": "b", "expires_in": 300}"#, Some("Bearer b")),
            (r#"{"token": "", "access_token": "b"}"#, Some("Bearer b")),
            (r#"{"token": "a\nb"}"#, None),
            (r#"{"token": 1}"#, None),
            ("{}", None),
            ("<html>", None),
        ] {
            assert_eq!(token(words.as_bytes()).as_ref().map(|it| it.to_str().unwrap()), expected, "{words}");
        }
    }

    #[tokio::test]
    async fn a_registry_behind_tls_sends_nobody_where_a_password_could_be_overheard() {
        for (registry, realm, expected) in [
            ("https://registry.example", "https://auth.example/token", Ok(())),
            (
                "https://registry.example",
                "http://auth.example/token",
                Err("it is not behind TLS, though the registry is"),
            ),
            ("http://registry.example", "http://auth.example/token", Ok(())),
            ("http://registry.example", "/token", Err("its URL is none")),
        ] {
            let access = Access::new(Upstream::new(registry).unwrap(), Login::Configured);
            let bearer = Bearer { realm: realm.to_owned(), service: None, scope: None };
            let server = access.server(&bearer).await.map(drop);
            assert_eq!(server, expected.map_err(str::to_owned), "{registry} to {realm}");
        }
    }

    #[test]
    fn a_refusal_is_told_by_its_first_reason() {
        let long = format!(r#"{{"errors": [{{"code": "DENIED", "message": "{}"}}]}}"#, "é".repeat(500));
        for (words, expected) in [
            (r#"{"errors": [{"code": "DENIED", "message": "no"}, {"code": "OTHER"}]}"#, Some("DENIED: no".to_owned())),
            (r#"{"errors": [{"code": "UNSUPPORTED"}]}"#, Some("UNSUPPORTED".to_owned())),
            (&long, Some(format!("DENIED: {}", "é".repeat(192)))),
            (r#"{"errors": []}"#, None),
            ("404 page not found", None),
        ] {
            assert_eq!(reason(words.as_bytes()), expected, "{words}");
        }
    }
}
