//! The certificates of a gateway: its own, and those towards the registry. They are loaded again when their files change.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::trust::{Trust, TrustFiles};
use tagseal_gateway::{Tls, TlsFiles};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::fault::Fault;

/// The time between two looks at the files.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// The files of certificates.
#[derive(Args)]
#[command(next_help_heading = "Certificates")]
pub(crate) struct CertificateFlags {
    /// Speak TLS with clients: the gateway's certificate and those that lead to its issuer, as PEM
    ///
    /// It is loaded again on SIGHUP and within a minute after the file has changed, as all certificates are.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The key of that certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Turn clients away that have no certificate of one of these issuers, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_client_ca: Option<PathBuf>,
    /// Trust a registry whose certificate comes from one of these issuers, as PEM, instead of those that the system trusts
    #[arg(long, value_name = "FILE")]
    upstream_ca: Option<PathBuf>,
    /// Show this certificate to the registry, as PEM
    #[arg(long, value_name = "FILE", requires = "upstream_key")]
    upstream_certificate: Option<PathBuf>,
    /// The key of that certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "upstream_certificate")]
    upstream_key: Option<PathBuf>,
}

/// Certificates that were loaded. Clones are the same.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) tls: Option<Tls>,
    trust: Option<Trust>,
    files: Vec<PathBuf>,
}

impl CertificateFlags {
    /// Loads all certificates.
    pub(crate) fn load(&self) -> Result<Certificates, Fault> {
        let tls = self.tls_certificate.clone().zip(self.tls_key.clone()).map(|(certificate, key)| {
            Tls::load(TlsFiles { certificate, key, client_authorities: self.tls_client_ca.clone() })
        });
        let identity = self.upstream_certificate.clone().zip(self.upstream_key.clone());
        let files = TrustFiles { authorities: self.upstream_ca.clone(), identity };
        let trust = (files != TrustFiles::default()).then(|| Trust::load(files));
        Ok(Certificates {
            tls: tls.transpose().map_err(|error| Fault::usage(error.to_string()))?,
            trust: trust.transpose().map_err(|error| Fault::usage(error.to_string()))?,
            files: self.files(),
        })
    }

    fn files(&self) -> Vec<PathBuf> {
        let own = [&self.tls_certificate, &self.tls_key, &self.tls_client_ca];
        let upstream = [&self.upstream_ca, &self.upstream_certificate, &self.upstream_key];
        own.into_iter().chain(upstream).flatten().cloned().collect()
    }
}

impl Certificates {
    /// Makes a client of the registry at an address.
    pub(crate) fn client(&self, address: &str) -> Result<RegistryClient, Fault> {
        let client = RegistryClient::with_trust(address, self.trust.clone());
        client.map_err(|error| Fault::usage(format!("`{address}` is not the address of a registry: {error}")))
    }

    /// Returns the scheme of the gateway's own address.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Loads all certificates again. What can't be used is in the log, and the old one stays.
    pub(crate) async fn reload(&self) {
        let certificates = self.clone();
        // It does not panic, and nobody cancels it.
        let _ = spawn_blocking(move || certificates.reload_now()).await;
    }

    fn reload_now(&self) {
        if let Some(Err(error)) = self.tls.as_ref().map(Tls::reload) {
            tracing::error!(%error, "the gateway's certificate can't be loaded; the old one stays");
        }
        if let Some(Err(error)) = self.trust.as_ref().map(Trust::reload) {
            tracing::error!(%error, "the certificates towards the registry can't be loaded; the old ones stay");
        }
    }

    /// Loads all certificates again whenever a file has changed, for ever.
    pub(crate) async fn follow(self) {
        let mut known = self.stamps();
        loop {
            sleep(LOOK_INTERVAL).await;
            let now = self.stamps();
            if now != known {
                known = now;
                self.reload().await;
                tracing::info!("the certificates were loaded again, since a file has changed");
            }
        }
    }

    /// Returns what changes when a file is replaced: its length, and when it was written.
    fn stamps(&self) -> Vec<Option<(u64, SystemTime)>> {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.len(), metadata.modified().ok()?))
        };
        self.files.iter().map(stamp).collect()
    }
}
