//! Asking a registry with a login: its challenges are answered, and its requests to wait are followed.

use std::sync::OnceLock;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::sleep;

use super::challenge::{Bearer, Challenge};
use super::credential::Credential;
use super::error::InventoryError;
use crate::body::full;
use crate::client::{self, NoAnswer, RegistryClient};
use crate::query::Query;

/// The name of this program, as registries see it.
const USER_AGENT_NAME: &str = concat!("tagseal/", env!("CARGO_PKG_VERSION"));
/// How long an answer may take to begin.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request that writes may take until its answer begins: the time to send its content is part of it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(300);
/// How many times a registry may ask to wait.
const MAX_WAITS: u32 = 5;
/// How long a registry may ask to wait each time.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The greatest length of an answer with a token, or of a refusal.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// The greatest length, in characters, of a registry's text that is shown to people.
const MAX_REASON_LENGTH: usize = 200;

/// The problem of a token server whose address can not be used.
const INVALID_URL: &str = "its URL is invalid";

/// The credentials for a registry that asks for them.
#[derive(Clone)]
pub enum Login {
    /// Those that docker or podman keep, if there are any.
    ///
    /// Their files are read, and their credential helpers run, only when the registry asks for credentials.
    Configured,
    /// Those of this user.
    User {
        /// The name.
        name: String,
        /// The password, or a token in its place.
        password: String,
    },
}

/// A registry, and the login for it.
pub(crate) struct Access {
    registry: RegistryClient,
    login: Login,
    /// The credential, once the registry has asked for one.
    credential: OnceCell<Option<Credential>>,
    /// The value of `Authorization` for a registry that has asked for a password. It is sent with every request from then on.
    password: OnceLock<HeaderValue>,
    /// The server that issued the last token, and its scheme, host and port.
    tokens: Mutex<Option<(String, RegistryClient)>>,
}

/// What a registry is asked.
pub(crate) struct Question<'a> {
    pub(crate) method: Method,
    /// The path and the query.
    pub(crate) target: &'a str,
    pub(crate) accept: &'static str,
    /// What is sent with it. `None` for a question that reads.
    pub(crate) content: Option<SentContent>,
}

/// What is sent to a registry.
#[derive(Clone)]
pub(crate) struct SentContent {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
}

impl<'a> Question<'a> {
    /// Asks for a document of JSON.
    pub(super) fn json(target: &'a str) -> Self {
        Self { method: Method::GET, target, accept: "application/json", content: None }
    }
}

impl Access {
    pub(crate) fn new(registry: RegistryClient, login: Login) -> Self {
        let (credential, password) = (OnceCell::new(), OnceLock::new());
        Self { registry, login, credential, password, tokens: Mutex::new(None) }
    }

    /// Returns the registry.
    pub(crate) fn registry(&self) -> &RegistryClient {
        &self.registry
    }

    /// Returns whether a credential was found.
    pub(crate) fn has_credential(&self) -> bool {
        self.credential.get().is_some_and(Option::is_some)
    }

    /// Asks a question. A challenge of the registry is answered once, and its requests to wait are followed.
    pub(crate) async fn read(
        &self,
        question: &Question<'_>,
        authorization: &mut Option<HeaderValue>,
    ) -> Result<Response<Incoming>, InventoryError> {
        let (mut is_answered, mut waits) = (false, 0);
        loop {
            if authorization.is_none() {
                *authorization = self.password.get().cloned();
            }
            let answer = ask(&self.registry, question, authorization.as_ref()).await;
            let answer = answer.map_err(|error| InventoryError::NoAnswer(error.to_string()))?;
            if answer.status() == StatusCode::UNAUTHORIZED && !is_answered {
                let Some(value) = self.authorize(Challenge::of(answer.headers())).await? else { return Ok(answer) };
                (is_answered, *authorization) = (true, Some(value));
            } else if let Some(wait) = wait(&answer).filter(|_| waits < MAX_WAITS) {
                waits += 1;
                sleep(wait).await;
            } else {
                return Ok(answer);
            }
        }
    }

    /// Returns the value of `Authorization` that answers a challenge, or `None` if there is no credential for it.
    async fn authorize(&self, challenge: Option<Challenge>) -> Result<Option<HeaderValue>, InventoryError> {
        let Some(challenge) = challenge else { return Ok(None) };
        let credential = self.credential().await?;
        match (challenge, credential) {
            (Challenge::Bearer(bearer), credential) => self.token(&bearer, credential).await.map(Some),
            (Challenge::Basic, Some(Credential::Password { user, password })) => {
                let value = basic(user, password);
                Ok(value.map(|value| self.password.get_or_init(|| value).clone()))
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

    /// Asks for a token, without a credential if there are no credentials.
    async fn token(&self, bearer: &Bearer, credential: Option<&Credential>) -> Result<HeaderValue, InventoryError> {
        let failed = |why: String| InventoryError::Token(bearer.realm.chars().take(MAX_REASON_LENGTH).collect(), why);
        let (server, realm) = self.server(bearer).await.map_err(failed)?;
        let answer = match credential {
            Some(Credential::Identity(identity)) => exchange(&server, &realm, bearer, identity).await,
            Some(Credential::Password { user, password }) => {
                get(&server, &bearer.target(&realm), basic(user, password).as_ref()).await
            }
            None => get(&server, &bearer.target(&realm), None).await,
        };
        let answer = answer.map_err(|error| failed(no_answer(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(failed(format!("it answered {}", answer.status())));
        }
        let text = client::read(answer.into_body(), MAX_ANSWER_BYTES, ANSWER_TIMEOUT).await;
        let text = text.map_err(|error| failed(format!("its answer could not be read: {error}")))?;
        token(&text.bytes).ok_or_else(|| failed("its answer has no token".to_owned()))
    }

    /// Returns a client of the server that issues tokens. It gets the password, so it must use TLS if the registry does.
    async fn server(&self, bearer: &Bearer) -> Result<(RegistryClient, Uri), String> {
        let realm: Uri = bearer.realm.parse().map_err(|_| INVALID_URL.to_owned())?;
        let (Some(scheme), Some(authority)) = (realm.scheme_str(), realm.authority()) else {
            return Err(INVALID_URL.to_owned());
        };
        if self.registry.is_secure() && scheme != "https" {
            return Err("it does not use TLS, though the registry does".to_owned());
        }
        let origin = format!("{scheme}://{authority}");
        let mut tokens = self.tokens.lock().await;
        if let Some((_, server)) = tokens.as_ref().filter(|(known, _)| *known == origin) {
            return Ok((server.clone(), realm));
        }
        let server = RegistryClient::new(&origin).map_err(|error| error.to_string())?;
        *tokens = Some((origin, server.clone()));
        Ok((server, realm))
    }
}

/// Looks for credentials on a thread of its own, since a credential helper may take long.
async fn configured(host: String) -> Result<Option<Credential>, InventoryError> {
    let found = tokio::task::spawn_blocking(move || Credential::configured(&host)).await;
    Ok(found.map_err(|error| InventoryError::NoAnswer(error.to_string()))??)
}

async fn get(
    server: &RegistryClient,
    target: &str,
    authorization: Option<&HeaderValue>,
) -> Result<Response<Incoming>, NoAnswer> {
    ask(server, &Question::json(target), authorization).await
}

async fn ask(
    server: &RegistryClient,
    Question { method, target, accept, content }: &Question<'_>,
    authorization: Option<&HeaderValue>,
) -> Result<Response<Incoming>, NoAnswer> {
    let mut headers = headers(authorization);
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    let Some(SentContent { media_type, bytes }) = content else {
        return server.read(method.clone(), target, headers, Some(ANSWER_TIMEOUT)).await;
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    server.send(method.clone(), target, headers, full(bytes.clone()), Some(WRITE_TIMEOUT)).await
}

/// Exchanges an identity token for a token of the registry.
async fn exchange(
    server: &RegistryClient,
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
    server.send(Method::POST, target, headers, body, Some(ANSWER_TIMEOUT)).await
}

/// Says why the server that issues tokens gave no answer.
fn no_answer(error: &NoAnswer) -> String {
    match error {
        NoAnswer::Unreachable(cause) => format!("it can't be reached ({cause})"),
        NoAnswer::Insecure(cause) => format!("no secure connection to it can be made ({cause})"),
        NoAnswer::Lost(cause) => format!("it gave no answer ({cause})"),
        NoAnswer::Late(limit) => format!("it gave no answer in {limit:?}"),
        NoAnswer::SlowBody(too_slow) => too_slow.to_string(),
    }
}

fn headers(authorization: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(USER_AGENT_NAME)),
    ]);
    headers.extend(authorization.map(|value| (AUTHORIZATION, value.clone())));
    headers
}

/// Returns how long the registry asks to wait, or `None` if it does not ask.
fn wait(answer: &Response<Incoming>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(seconds.unwrap_or(1)).min(MAX_WAIT)),
        StatusCode::SERVICE_UNAVAILABLE => seconds.map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT)),
        _ => None,
    }
}

/// Makes an error of an answer that is not a page, with the registry's own reason if it gives one.
pub(crate) async fn refusal(answer: Response<Incoming>, has_credential: bool) -> InventoryError {
    let status = answer.status();
    let text = client::read(answer.into_body(), MAX_ANSWER_BYTES, ANSWER_TIMEOUT).await;
    InventoryError::Answer { status, reason: text.ok().and_then(|text| reason(&text.bytes)), has_credential }
}

/// Returns the first reason of a registry's refusal: `DENIED: you may not`.
fn reason(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        code: String,
        #[serde(default)]
        message: String,
    }
    let envelope: Envelope = serde_json::from_slice(text).ok()?;
    let Entry { code, message } = envelope.errors.into_iter().next()?;
    let reason = if message.is_empty() { code } else { format!("{code}: {message}") };
    Some(reason.chars().take(MAX_REASON_LENGTH).collect())
}

/// Returns the token of an answer, as a value of `Authorization`.
fn token(text: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Issued {
        token: Option<String>,
        access_token: Option<String>,
    }
    let Issued { token, access_token } = serde_json::from_slice(text).ok()?;
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

/// Shows the registry, and no secrets.
impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Access").field("registry", &self.registry.host()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_of_two_names() {
        for (text, expected) in [
            (r#"{"token": "a", "access_token": "b"}"#, Some("Bearer a")),
            (r#"{"access_token": "b", "expires_in": 300}"#, Some("Bearer b")),
            (r#"{"token": "", "access_token": "b"}"#, Some("Bearer b")),
            (r#"{"token": "a\nb"}"#, None),
            (r#"{"token": 1}"#, None),
            ("{}", None),
            ("<html>", None),
        ] {
            assert_eq!(token(text.as_bytes()).as_ref().map(|it| it.to_str().unwrap()), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_registry_with_tls_can_not_have_a_password_sent_without_tls() {
        for (registry, realm, expected) in [
            ("https://registry.example", "https://auth.example/token", Ok(())),
            (
                "https://registry.example",
                "http://auth.example/token",
                Err("it does not use TLS, though the registry does"),
            ),
            ("http://registry.example", "http://auth.example/token", Ok(())),
            ("http://registry.example", "/token", Err("its URL is invalid")),
        ] {
            let access = Access::new(RegistryClient::new(registry).unwrap(), Login::Configured);
            let bearer = Bearer { realm: realm.to_owned(), service: None, scope: None };
            let server = access.server(&bearer).await.map(drop);
            assert_eq!(server, expected.map_err(str::to_owned), "{registry} to {realm}");
        }
    }

    #[test]
    fn a_refusal_is_shown_with_its_first_reason() {
        let long = format!(r#"{{"errors": [{{"code": "DENIED", "message": "{}"}}]}}"#, "é".repeat(500));
        for (text, expected) in [
            (r#"{"errors": [{"code": "DENIED", "message": "no"}, {"code": "OTHER"}]}"#, Some("DENIED: no".to_owned())),
            (r#"{"errors": [{"code": "UNSUPPORTED"}]}"#, Some("UNSUPPORTED".to_owned())),
            (&long, Some(format!("DENIED: {}", "é".repeat(192)))),
            (r#"{"errors": []}"#, None),
            ("404 page not found", None),
        ] {
            assert_eq!(reason(text.as_bytes()), expected, "{text}");
        }
    }
}
