//! TLS for clients: the gateway's own certificate, and whose certificates clients need. The files can be replaced while the
//! gateway runs.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::health::PartHealth;
use super::measurement;
use tagseal_distribution::certificate_file::{CertificateFileError, read_authorities, read_identity};

/// How long a client may take to agree on a secure connection.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The name of HTTP/2, by which clients choose it.
const HTTP2: &[u8] = b"h2";

/// The files of a gateway's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those that lead to its issuer.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// The certificates of those who may issue certificates of clients. With it, a client without one is turned away.
    pub client_authorities: Option<PathBuf>,
}

/// TLS for clients. Clones are the same.
#[derive(Clone, Debug)]
pub struct Tls(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
    /// When the first of the certificates that clients are shown ends.
    end: Mutex<Option<SystemTime>>,
    problem: Mutex<Option<CertificateFileError>>,
}

impl Tls {
    /// Loads the files.
    ///
    /// # Errors
    ///
    /// A file can't be used, or the key does not belong to the certificate.
    pub fn load(files: TlsFiles) -> Result<Self, CertificateFileError> {
        let (config, end) = config(&files)?;
        measurement::certificate(end);
        let (config, end) = (RwLock::new(Arc::new(config)), Mutex::new(end));
        Ok(Self(Arc::new(Parts { files, config, end, problem: Mutex::default() })))
    }

    /// Loads the files again, for all connections that are made from now on.
    ///
    /// # Errors
    ///
    /// A file can't be used. What was loaded before stays.
    pub fn reload(&self) -> Result<(), CertificateFileError> {
        let config = config(&self.0.files);
        *self.0.problem.lock().unwrap_or_else(PoisonError::into_inner) = config.as_ref().err().cloned();
        let (config, end) = config?;
        measurement::certificate(end);
        *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
        Ok(())
    }

    /// Returns whether the files could be used when they were loaded last, and whether the certificate is still valid.
    pub fn health(&self) -> PartHealth {
        let end = *self.0.end.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*self.0.problem.lock().unwrap_or_else(PoisonError::into_inner), end) {
            (Some(problem), _) => PartHealth::degraded(format!("the old certificate stays: {problem}")),
            (None, Some(end)) if end <= SystemTime::now() => PartHealth::degraded("the certificate has ended"),
            (None, _) => PartHealth::fine(self.0.files.certificate.display().to_string()),
        }
    }

    /// Agrees with a client on a secure connection.
    pub(crate) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = Arc::clone(&self.0.config.read().unwrap_or_else(PoisonError::into_inner));
        let accepted = timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(config).accept(stream)).await;
        accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn config(files: &TlsFiles) -> Result<(ServerConfig, Option<SystemTime>), CertificateFileError> {
    let identity = read_identity(&files.certificate, &files.key)?;
    let end = identity.cert.iter().filter_map(|certificate| end(certificate)).min();
    let invalid = |path: &PathBuf, error: String| CertificateFileError::Invalid(path.clone(), error);
    let clients: Arc<dyn ClientCertVerifier> = match &files.client_authorities {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(path) => {
            let roots = Arc::new(read_authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, default_provider().into()).build();
            verifier.map_err(|error| invalid(path, error.to_string()))?
        }
    };
    let mut config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&files.certificate, error.to_string()))?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    Ok((config, end))
}

/// Returns when a certificate ends.
fn end(certificate: &[u8]) -> Option<SystemTime> {
    let certificate = Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate.validity.not_after.to_system_time())
}

/// Returns whether a client has chosen HTTP/2.
pub(crate) fn has_chosen_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}
