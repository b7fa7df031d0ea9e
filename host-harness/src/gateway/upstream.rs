//! The registry behind the gateway: how it is named, asked, and told from what is no registry.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, VIA, WWW_AUTHENTICATE};
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::problem::{Body, full};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept: less than most servers keep theirs, so that it is not closed under a request.
const IDLE: Duration = Duration::from_secs(25);
/// Between signs of life on a connection that says nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long the registry may take to say that it is one.
const CHECK: Duration = Duration::from_secs(5);
/// Most bytes of an answer that is read without waiting for others.
const SMALL: usize = 256 << 10;
/// Larger answers that are read at one time: all together take bounded memory.
static LARGE: Semaphore = Semaphore::const_new(4);

/// The registry behind the gateway. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    scheme: Scheme,
    authority: Authority,
    /// Under which name this gateway tells that a request has come through it.
    via: HeaderValue,
}

/// Why an address is not that of a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL at all.
    #[error("it is not a URL; write `http://HOST:PORT` or `https://HOST`")]
    Url,
    /// Another scheme, or none.
    #[error("it starts with neither `http://` nor `https://`; write `http://HOST:PORT` or `https://HOST`")]
    Scheme,
    /// A user or password: a registry is asked with the credentials of each client.
    #[error("it names a user; leave that out: the registry is asked with the credentials of each client")]
    User,
    /// A path or query: a registry is at the root of its host, since clients look for it there.
    #[error("it has a path; write the host alone: clients look for a registry at its root")]
    Path,
    /// No certificate could be trusted.
    #[error("no secure connection can be made from here: {0}")]
    Trust(String),
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// No connection: nothing was sent, so nothing was done.
    Unreachable(String),
    /// A connection, but not a secure one, as it should be: nothing was sent.
    Insecure(String),
    /// The connection broke, or an answer came that is none. What was asked may have been done.
    Lost(String),
    /// It took too long. What was asked may still be done.
    Late(Duration),
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A registry.
    Registry,
    /// Nothing that answers, or nothing that answers well: a registry may come up there.
    Nothing(String),
    /// Something else: what it answered, and what to do.
    Other(String),
}

/// Whether what was asked may still be carried out, or carried out unseen. An error of the registry itself comes after it has done
/// what it did; one of a proxy before it may come while the registry is still at it.
pub(crate) fn is_in_doubt(answer: &Result<Response<Incoming>, NoAnswer>) -> bool {
    const OF_A_PROXY: [StatusCode; 3] =
        [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    match answer {
        Ok(answer) => OF_A_PROXY.contains(&answer.status()),
        Err(NoAnswer::Unreachable(_) | NoAnswer::Insecure(_)) => false,
        Err(NoAnswer::Lost(_) | NoAnswer::Late(_)) => true,
    }
}

/// Whether it was carried out.
pub(crate) fn is_done(answer: &Result<Response<Incoming>, NoAnswer>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status().is_success())
}

/// What was answered, or why nothing was, in words.
pub(crate) fn told(answer: &Result<Response<Incoming>, NoAnswer>) -> String {
    answer.as_ref().map_or_else(ToString::to_string, |answer| answer.status().to_string())
}

impl Upstream {
    /// The registry at an address: `http://HOST:PORT` or `https://HOST`. It is not asked anything yet.
    ///
    /// A registry behind `https` must have a certificate that the system trusts.
    ///
    /// # Errors
    ///
    /// - `registry:5000`, `ftp://registry`: no scheme, or another one
    /// - `https://user:secret@registry`: a user
    /// - `https://registry/prefix`: a path
    pub fn new(address: &str) -> Result<Self, AddressError> {
        let uri: Uri = address.parse().map_err(|_| AddressError::Url)?;
        let scheme =
            uri.scheme().filter(|it| [Scheme::HTTP, Scheme::HTTPS].contains(it)).ok_or(AddressError::Scheme)?;
        let authority = uri.authority().ok_or(AddressError::Url)?;
        if authority.as_str().contains('@') {
            return Err(AddressError::User);
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(AddressError::Path);
        }
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector(*scheme == Scheme::HTTPS)?);
        Ok(Self { client, scheme: scheme.clone(), authority: authority.clone(), via: name()? })
    }

    /// Whether a request has come through here already, and so would go round in a circle.
    pub(crate) fn has_passed(&self, headers: &HeaderMap) -> bool {
        let mut passed = headers.get_all(VIA).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        passed.any(|hop| hop.trim_ascii() == self.via.as_bytes())
    }

    /// Its host and port, as its address has them.
    pub(crate) fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// Whether it is behind TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Asks with a path and query, and waits for the head of the answer: as long as it takes, or up to a limit.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Body,
        limit: Option<Duration>,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let path = PathAndQuery::try_from(path).map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        request.headers_mut().append(VIA, self.via.clone());
        let parts = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path);
        *request.uri_mut() = parts.build().map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let answer = self.client.request(request);
        let answer = match limit {
            Some(limit) => timeout(limit, answer).await.map_err(|_| NoAnswer::Late(limit))?,
            None => answer.await,
        };
        answer.map_err(|error| match tls_error(&error) {
            Some(cause) if error.is_connect() => NoAnswer::Insecure(cause.to_string()),
            None if error.is_connect() => NoAnswer::Unreachable(causes(&error)),
            _ => NoAnswer::Lost(causes(&error)),
        })
    }

    /// Asks to read something: once more, where the connection broke. One that was idle may have been closed under the request.
    pub(crate) async fn read(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        limit: Option<Duration>,
    ) -> Result<Response<Incoming>, NoAnswer> {
        match self.ask(method.clone(), path, headers.clone(), full(""), limit).await {
            Err(NoAnswer::Lost(_)) => self.ask(method, path, headers, full(""), limit).await,
            answer => answer,
        }
    }

    /// Asks whether it is a registry.
    pub async fn check(&self) -> Reached {
        match self.read(Method::GET, "/v2/", HeaderMap::new(), Some(CHECK)).await {
            Ok(answer) => judge(&answer),
            Err(NoAnswer::Insecure(cause)) => Reached::Other(format!(
                "no secure connection can be made ({cause}); if it has none, write `http://`; \
                 if its certificate is one of your own, name it in SSL_CERT_FILE"
            )),
            Err(error) => Reached::Nothing(error.to_string()),
        }
    }
}

/// A registry answers `/v2/` with 200, or asks who wants to know. Some say which version they are, not all.
fn judge(answer: &Response<Incoming>) -> Reached {
    let (status, headers) = (answer.status(), answer.headers());
    let says_so = headers.contains_key("docker-distribution-api-version");
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_page = text(CONTENT_TYPE).starts_with("text/html");
    match status {
        StatusCode::OK if says_so || !is_page => Reached::Registry,
        StatusCode::UNAUTHORIZED if says_so || headers.contains_key(WWW_AUTHENTICATE) => Reached::Registry,
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if says_so => Reached::Registry,
        _ if status.is_server_error() => Reached::Nothing(format!("it answered {status}")),
        _ if status.is_redirection() => Reached::Other(format!(
            "it answers `/v2/` with {status} to `{}`; name the address where that leads",
            text(LOCATION)
        )),
        StatusCode::OK => Reached::Other("it answers `/v2/` with a web page".to_owned()),
        StatusCode::BAD_REQUEST => {
            Reached::Other(format!("it answers `/v2/` with {status}; if it wants TLS, write `https://`"))
        }
        _ => Reached::Other(format!("it answers `/v2/` with {status}")),
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(cause) => write!(formatter, "the registry can't be reached ({cause})"),
            Self::Insecure(cause) => write!(formatter, "no secure connection to the registry can be made ({cause})"),
            Self::Lost(cause) => write!(formatter, "the registry gave no answer ({cause})"),
            Self::Late(limit) => write!(formatter, "the registry gave no answer in {limit:?}"),
        }
    }
}

/// A name that no other gateway has.
fn name() -> Result<HeaderValue, AddressError> {
    let random = RandomState::new().build_hasher().finish();
    HeaderValue::try_from(format!("1.1 tagseal-{random:016x}")).map_err(|_| AddressError::Url)
}

fn connector(secure: bool) -> Result<HttpsConnector<HttpConnector>, AddressError> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(Some(CONNECT));
    plain.set_keepalive(Some(KEEP_ALIVE));
    let roots = if secure { roots() } else { RootCertStore::empty() };
    let config = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| AddressError::Trust(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().wrap_connector(plain))
}

/// What the system trusts; where it names nothing, what browsers trust.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some certificates of the system can't be read");
    }
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// What caused an error of the client, in one line. The error itself only says that it is one.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = chain(error).skip(1).map(ToString::to_string).collect();
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// What was wrong with a secure connection, if that is what caused an error.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(|cause| carried(cause.downcast_ref()?))
}

/// What an error of the system carries, which is not among its causes: another of them, or one of TLS.
fn carried(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| carried(inner.downcast_ref()?))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Why an answer could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// It has more than these many bytes.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    /// It took longer than this.
    #[error("it took longer than {0:?}")]
    Late(Duration),
    /// The connection broke.
    #[error("it broke off")]
    Broken,
}

/// Reads a body to its end, up to a limit: of bytes, and of time.
pub(crate) async fn read(body: Incoming, most: usize, limit: Duration) -> Result<Content, Unread> {
    timeout(limit, Content::read(body, most)).await.map_err(|_| Unread::Late(limit))?
}

/// The bytes of an answer, and the turn of a large one.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    _turn: Option<SemaphorePermit<'static>>,
}

impl Content {
    async fn read(mut body: Incoming, most: usize) -> Result<Self, Unread> {
        let (mut bytes, mut turn) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Unread::Broken)?;
            bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            if bytes.len() > most {
                return Err(Unread::TooLarge(most));
            }
            if bytes.len() > SMALL && turn.is_none() {
                turn = LARGE.acquire().await.ok();
            }
        }
        Ok(Self { bytes, _turn: turn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_nothing_else() {
        for address in ["http://registry:5000", "http://[::1]:5000/", "https://registry.example"] {
            assert!(Upstream::new(address).is_ok(), "{address}");
        }
        let table = [
            ("", AddressError::Url),
            ("http://", AddressError::Url),
            ("registry:5000", AddressError::Scheme),
            ("registry", AddressError::Scheme),
            ("ftp://registry", AddressError::Scheme),
            ("https://user:secret@registry", AddressError::User),
            ("https://registry/prefix", AddressError::Path),
            ("https://registry/?x", AddressError::Path),
        ];
        for (address, error) in table {
            assert_eq!(Upstream::new(address).map(drop), Err(error), "{address}");
        }
    }

    #[tokio::test]
    async fn a_registry_without_tls_is_not_waited_for_as_one_with_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let plain = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an unknown request.\n";
            tokio::io::AsyncWriteExt::write_all(&mut stream, plain).await.unwrap();
        });
        let reached = Upstream::new(&format!("https://{address}")).unwrap().check().await;
        assert!(matches!(&reached, Reached::Other(what) if what.contains("write `http://`")), "{reached:?}");
    }

    #[tokio::test]
    async fn where_nothing_listens_nothing_is_reached() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let reached = Upstream::new(&format!("http://{free}")).unwrap().check().await;
        assert!(matches!(&reached, Reached::Nothing(cause) if cause.contains("refused")), "{reached:?}");
    }
}
