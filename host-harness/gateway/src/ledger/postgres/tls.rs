//! TLS towards a PostgreSQL server: its certificate must be valid for its name.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::super::error::DatabaseError;

/// The settings of TLS. The server's certificate must be signed by one of this file, or by one that the system trusts.
pub(super) fn client_config(trusted: Option<&Path>) -> Result<ClientConfig, DatabaseError> {
    let mut roots = RootCertStore::empty();
    match trusted {
        Some(path) => {
            let unreadable = |error| DatabaseError::new(format!("`{}` can't be read: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                let added = roots.add(certificate.map_err(unreadable)?);
                added.map_err(|error| DatabaseError::new(format!("`{}`: {error}", path.display())))?;
            }
        }
        None => _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    }
    let config = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| DatabaseError::new(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
