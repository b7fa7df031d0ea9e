//! A file with the credential for a registry.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use tagseal_distribution::inventory::Login;

use super::fault::Fault;

/// The flag that names a credential for a registry.
#[derive(Args)]
pub(crate) struct CredentialFlag {
    /// Read the registry with the `NAME:PASSWORD` in this file
    ///
    /// A command that looks into the registry takes what docker and podman keep for it where this is not given. `tagseal serve`
    /// finds out with it what became of writes whose answer was lost. A credential that may read is enough, and it never serves
    /// to answer a client.
    #[arg(long, value_name = "FILE")]
    registry_credential: Option<PathBuf>,
}

impl CredentialFlag {
    /// Reads the credential, if the flag is there.
    pub(crate) fn login(&self) -> Result<Option<Login>, Fault> {
        let Some(path) = &self.registry_credential else { return Ok(None) };
        let text = fs::read_to_string(path).map_err(|error| Fault::file("read", path, &error))?;
        let credential = text.trim_end_matches(['\r', '\n']).split_once(':');
        let (name, password) =
            credential.filter(|(name, password)| !name.is_empty() && !password.is_empty()).ok_or_else(|| {
                Fault::usage(format!("`{}` holds no credential", path.display())).help("write `NAME:PASSWORD` in it")
            })?;
        Ok(Some(Login::User { name: name.to_owned(), password: password.to_owned() }))
    }
}
