//! Whom a client of a registry trusts, and how it identifies itself. Both can be loaded again while the client is in use.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::certificate_file::{CertificateFileError, read_authorities, read_identity};

/// The files that say whom a client trusts, and how it identifies itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustFiles {
    /// The certificates of those who may issue the registry's certificate. Without it, those that the system trusts.
    pub authorities: Option<PathBuf>,
    /// The client's own certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Why nobody can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file can't be used.
    #[error("{0}")]
    File(#[from] CertificateFileError),
    /// The certificates that the system trusts can't be used.
    #[error("{0}")]
    System(String),
}

/// Whom a client trusts, and how it identifies itself. Clones are the same.
#[derive(Clone, Debug)]
pub struct Trust {
    files: TrustFiles,
    current: Arc<RwLock<Current>>,
}

#[derive(Clone, Debug)]
struct Current {
    verifier: Arc<WebPkiServerVerifier>,
    identity: Option<Arc<CertifiedKey>>,
}

impl Trust {
    /// Loads what the files say.
    ///
    /// # Errors
    ///
    /// A file can't be used, or the system has no certificates that it trusts.
    pub fn load(files: TrustFiles) -> Result<Self, TrustError> {
        let current = Arc::new(RwLock::new(load(&files)?));
        Ok(Self { files, current })
    }

    /// Loads the files again, for all connections that are made from now on.
    ///
    /// # Errors
    ///
    /// A file can't be used. What was loaded before stays.
    pub fn reload(&self) -> Result<(), TrustError> {
        let new = load(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Makes the configuration of a client that follows what is loaded.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, Error> {
        let config = ClientConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(self.clone()))
            .with_client_cert_resolver(Arc::new(self.clone()));
        Ok(config)
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Every check is that of the verifier that is loaded.
impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.current().verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current().verifier.supported_verify_schemes()
    }
}

impl ResolvesClientCert for Trust {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.current().identity
    }

    fn has_certs(&self) -> bool {
        self.current().identity.is_some()
    }
}

fn load(files: &TrustFiles) -> Result<Current, TrustError> {
    let roots = match &files.authorities {
        Some(path) => read_authorities(path)?,
        None => system_authorities()?,
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), default_provider().into()).build();
    let verifier = verifier.map_err(|error| TrustError::System(error.to_string()))?;
    let identity = files.identity.as_ref().map(|(certificate, key)| read_identity(certificate, key)).transpose()?;
    Ok(Current { verifier, identity: identity.map(Arc::new) })
}

/// Returns the certificates that the system trusts, or if it has none, those that browsers trust.
fn system_authorities() -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let is_chosen = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    if let (true, true, Some(error)) = (is_chosen, found.certs.is_empty(), found.errors.first()) {
        // Whoever has chosen the certificates does not want others.
        return Err(TrustError::System(format!("SSL_CERT_FILE or SSL_CERT_DIR can't be read: {error}")));
    }
    for error in &found.errors {
        tracing::warn!(%error, "some certificates of the system can't be read");
    }
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(roots)
}
