//! Certificates and keys in PEM files.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Why a file of certificates or a key can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFileError {
    /// It can't be read.
    #[error("could not read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, String),
    /// It has no certificate.
    #[error("`{}` has no certificate; give a PEM file with `-----BEGIN CERTIFICATE-----`", .0.display())]
    NoCertificate(PathBuf),
    /// It has no private key.
    #[error("`{}` has no private key; give a PEM file with `-----BEGIN PRIVATE KEY-----`", .0.display())]
    NoKey(PathBuf),
    /// It is not valid, or does not belong to the other file.
    #[error("`{}` can't be used: {}", .0.display(), .1)]
    Invalid(PathBuf, String),
}

/// Reads all certificates of a file.
///
/// # Errors
///
/// The file can't be read, or has no certificate, or one that is broken.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateFileError> {
    let bytes = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(CertificateFileError::NoCertificate(path.to_owned())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(invalid(path, &error)),
    }
}

/// Reads a certificate with its chain, and its key.
///
/// # Errors
///
/// A file can't be read or has nothing in it that is needed, or the key does not belong to the certificate.
pub fn read_identity(certificate: &Path, key: &Path) -> Result<CertifiedKey, CertificateFileError> {
    let chain = read_certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => CertificateFileError::NoKey(key.to_owned()),
        error => invalid(key, &error),
    })?;
    CertifiedKey::from_der(chain, private, &default_provider()).map_err(|error| invalid(key, &error))
}

/// Reads the certificates of those who may issue others.
///
/// # Errors
///
/// The file can't be read, or has a certificate that can't issue others.
pub fn read_authorities(path: &Path) -> Result<RootCertStore, CertificateFileError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        roots.add(certificate).map_err(|error| invalid(path, &error))?;
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateFileError> {
    fs::read(path).map_err(|error| CertificateFileError::Read(path.to_owned(), error.to_string()))
}

fn invalid(path: &Path, error: &impl ToString) -> CertificateFileError {
    CertificateFileError::Invalid(path.to_owned(), error.to_string())
}
