//! A client of one registry: where it is, what is asked of it, and whether it is a registry at all.

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

use crate::body::{Body, full};
use crate::pace::TooSlow;
use crate::trust::{Trust, TrustFiles};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept: less than most servers keep theirs, so that it is not closed under a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(25);
/// The greatest number of idle connections that are kept.
const MAX_IDLE_CONNECTIONS: usize = 64;
/// The greatest length of a connection's buffer, and so of the head of an answer.
const MAX_BUFFER_BYTES: usize = 16 << 10;
/// The time between two signs of life on a connection without traffic.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a registry may take to say that it is one.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// The greatest length of an answer that is read without waiting for a turn.
const MAX_SMALL_BYTES: usize = 256 << 10;
/// The turns of larger answers. Few of them are read at one time, so all together take bounded memory.
static LARGE_TURNS: Semaphore = Semaphore::const_new(4);

/// A client of one registry. Clones share its connections.
#[derive(Clone, Debug)]
pub struct RegistryClient {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    /// The client for writes of manifests. It makes a connection for each: a registry may close one that is idle at the very
    /// moment when a write goes out on it, and then nobody knows whether the write was carried out.
    writer: Client<HttpsConnector<HttpConnector>, Body>,
    scheme: Scheme,
    authority: Authority,
    /// The name in `Via` by which this client knows a request that has come through it.
    via: HeaderValue,
}

/// Why an address can't be the address of a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not a URL.
    #[error("it is not a URL; write `http://HOST:PORT` or `https://HOST`")]
    Url,
    /// It has another scheme, or no scheme.
    #[error("it starts with neither `http://` nor `https://`; write `http://HOST:PORT` or `https://HOST`")]
    Scheme,
    /// It has a user or a password. A registry is asked with the credentials of each client.
    #[error("it names a user; leave that out: the registry is asked with the credentials of each client")]
    User,
    /// It has a path or a query. A registry is at the root of its host, since clients look for it there.
    #[error("it has a path; write the host alone: clients look for a registry at its root")]
    Path,
    /// No trusted certificates could be loaded.
    #[error("no secure connection can be made from here: {0}")]
    Trust(String),
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection was made. Nothing was sent, so nothing was done.
    Unreachable(String),
    /// The connection could not be made secure, as it should be. Nothing was sent.
    Insecure(String),
    /// The connection broke, or the answer was not HTTP. The request may have been carried out.
    Lost(String),
    /// The answer took longer than this. The request may still be carried out.
    Late(Duration),
    /// The client sent its own body too slowly, so the registry has not got all of it.
    SlowBody(TooSlow),
}

/// What was found at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A registry.
    Registry,
    /// Nothing that answers, or a server with an error. It may become a registry.
    Nothing(String),
    /// Something else: what it answered, and what to do.
    Other(String),
}

impl RegistryClient {
    /// Makes a client of the registry at an address: `http://HOST:PORT` or `https://HOST`. Nothing is sent yet.
    ///
    /// A registry behind `https` must have a certificate that the system trusts.
    ///
    /// # Errors
    ///
    /// - `registry:5000`, `ftp://registry`: no scheme, or another one
    /// - `https://user:secret@registry`: a user
    /// - `https://registry/prefix`: a path
    pub fn new(address: &str) -> Result<Self, AddressError> {
        Self::with_trust(address, None)
    }

    /// Does the same, for a registry that is trusted otherwise, or that wants to know who its client is.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_trust(address: &str, trust: Option<Trust>) -> Result<Self, AddressError> {
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
        let connector = connector(*scheme == Scheme::HTTPS, trust)?;
        let writer = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(MAX_BUFFER_BYTES)
            .build(connector.clone());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .http1_max_buf_size(MAX_BUFFER_BYTES)
            .build(connector);
        Ok(Self { client, writer, scheme: scheme.clone(), authority: authority.clone(), via: name()? })
    }

    /// Returns whether a request has come through this client already, and so would go round in a circle.
    pub fn has_passed(&self, headers: &HeaderMap) -> bool {
        let mut passed = headers.get_all(VIA).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        passed.any(|hop| hop.trim_ascii() == self.via.as_bytes())
    }

    /// Returns its host and port, as its address has them.
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// Returns whether it is asked over TLS.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Returns whether another client asks the same server, in the same way.
    pub fn is_same(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.authority == other.authority
    }

    /// Returns the path and query of a place that is at this registry: a path, or a URL with its host and port. Not every
    /// registry knows that it is behind TLS, so the scheme does not matter. `None` for any other place.
    pub fn own_target(&self, place: &str) -> Option<String> {
        if place.starts_with('/') && !place.starts_with("//") {
            return Some(place.to_owned());
        }
        let uri: Uri = place.parse().ok()?;
        let is_own = uri.scheme().is_some() && uri.authority().is_some_and(|it| *it == self.authority);
        is_own.then(|| uri.path_and_query().map_or("/", |target| target.as_str()).to_owned())
    }

    /// Sends a request for a path and query, and waits for the head of the answer: as long as it takes, or up to a limit.
    ///
    /// # Errors
    ///
    /// No answer comes. Whether the request was carried out, is what the error says.
    pub async fn send(
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
        let answer = if is_write_of_manifest(request.method(), request.uri().path()) {
            self.writer.request(request)
        } else {
            self.client.request(request)
        };
        let answer = match limit {
            Some(limit) => timeout(limit, answer).await.map_err(|_| NoAnswer::Late(limit))?,
            None => answer.await,
        };
        answer.map_err(|error| match (tls_error(&error), too_slow(&error)) {
            (_, Some(too_slow)) => NoAnswer::SlowBody(*too_slow),
            (Some(cause), None) if error.is_connect() || is_refusal(cause) => NoAnswer::Insecure(cause.to_string()),
            (None, None) if error.is_connect() => NoAnswer::Unreachable(causes(&error)),
            _ => NoAnswer::Lost(causes(&error)),
        })
    }

    /// Sends a request that reads something. It is sent a second time if the connection breaks, since an idle connection may
    /// be closed at that very moment.
    ///
    /// # Errors
    ///
    /// No answer comes.
    pub async fn read(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        limit: Option<Duration>,
    ) -> Result<Response<Incoming>, NoAnswer> {
        match self.send(method.clone(), path, headers.clone(), full(""), limit).await {
            Err(NoAnswer::Lost(_)) => self.send(method, path, headers, full(""), limit).await,
            answer => answer,
        }
    }

    /// Finds out whether it is a registry.
    pub async fn check(&self) -> Reached {
        match self.read(Method::GET, "/v2/", HeaderMap::new(), Some(CHECK_TIMEOUT)).await {
            Ok(answer) => reached(&answer),
            Err(NoAnswer::Insecure(cause)) => Reached::Other(format!(
                "no secure connection can be made ({cause}); if it has none, write `http://`; \
                 if its certificate is one of your own, name its issuer in SSL_CERT_FILE, or with `--upstream-ca` of `tagseal serve`"
            )),
            Err(error) => Reached::Nothing(error.to_string()),
        }
    }
}

/// Returns whether the result of a request matters to a policy, so that it must not be lost with an old connection.
fn is_write_of_manifest(method: &Method, path: &str) -> bool {
    *method == Method::DELETE || *method == Method::PUT && path.contains("/manifests/")
}

/// Returns what has given an answer to `/v2/`. A registry answers 200, or asks for credentials. Some name their version too,
/// not all.
fn reached(answer: &Response<Incoming>) -> Reached {
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
            Self::SlowBody(too_slow) => write!(formatter, "the body of the request came too slowly: {too_slow}"),
        }
    }
}

/// Makes a name that no other client has.
fn name() -> Result<HeaderValue, AddressError> {
    let random = RandomState::new().build_hasher().finish();
    HeaderValue::try_from(format!("1.1 tagseal-{random:016x}")).map_err(|_| AddressError::Url)
}

fn connector(secure: bool, trust: Option<Trust>) -> Result<HttpsConnector<HttpConnector>, AddressError> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(Some(CONNECT_TIMEOUT));
    plain.set_keepalive(Some(KEEP_ALIVE_INTERVAL));
    let config = if secure {
        let trust = trust.map_or_else(|| Trust::load(TrustFiles::default()), Ok);
        trust.map_err(|error| AddressError::Trust(error.to_string()))?.client_config()
    } else {
        trusting_nobody()
    };
    let config = config.map_err(|error| AddressError::Trust(error.to_string()))?;
    Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().wrap_connector(plain))
}

/// Makes the configuration of a client that makes no secure connection.
fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Returns the causes of an error of the client, in one line. The error itself only says that it is an error.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = chain(error).skip(1).map(ToString::to_string).collect();
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// Returns the error of TLS that caused another error, if one did.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(|cause| carried(cause.downcast_ref()?))
}

/// Returns how slow the body of the request was, if that ended it.
fn too_slow<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TooSlow> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// Returns whether the other side refuses this client by its certificate, or for the lack of one. With TLS 1.3 this comes
/// after the client has begun to send, but before anything of it is read.
fn is_refusal(error: &rustls::Error) -> bool {
    use rustls::AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        UnknownCA, UnsupportedCertificate,
    };
    let rustls::Error::AlertReceived(alert) = error else { return false };
    let refusals = [
        AccessDenied,
        BadCertificate,
        CertificateExpired,
        CertificateRequired,
        CertificateRevoked,
        CertificateUnknown,
        UnknownCA,
        UnsupportedCertificate,
    ];
    refusals.contains(alert)
}

/// Returns the error of TLS inside an error of the system. It is not among the causes of that error.
fn carried(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| carried(inner.downcast_ref()?))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Why an answer could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is longer than this many bytes.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    /// It took longer than this.
    #[error("it took longer than {0:?}")]
    Late(Duration),
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
}

/// Reads a body to its end, within limits of its length and of the time that it takes.
///
/// # Errors
///
/// A limit is reached, or the connection breaks.
pub async fn read(body: Incoming, most: usize, limit: Duration) -> Result<Content, ReadError> {
    timeout(limit, Content::read(body, most)).await.map_err(|_| ReadError::Late(limit))?
}

/// The bytes of an answer. Those of a large one hold one of few turns.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    _turn: Option<SemaphorePermit<'static>>,
}

impl Content {
    async fn read(mut body: Incoming, most: usize) -> Result<Self, ReadError> {
        let (mut bytes, mut turn) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ReadError::Broken)?;
            bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            if bytes.len() > most {
                return Err(ReadError::TooLarge(most));
            }
            if bytes.len() > MAX_SMALL_BYTES && turn.is_none() {
                turn = LARGE_TURNS.acquire().await.ok();
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
            assert!(RegistryClient::new(address).is_ok(), "{address}");
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
            assert_eq!(RegistryClient::new(address).map(drop), Err(error), "{address}");
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
        let reached = RegistryClient::new(&format!("https://{address}")).unwrap().check().await;
        assert!(matches!(&reached, Reached::Other(what) if what.contains("write `http://`")), "{reached:?}");
    }

    #[tokio::test]
    async fn where_nothing_listens_nothing_is_reached() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let reached = RegistryClient::new(&format!("http://{free}")).unwrap().check().await;
        assert!(matches!(&reached, Reached::Nothing(cause) if cause.contains("refused")), "{reached:?}");
    }
}
