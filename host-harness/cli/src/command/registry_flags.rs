//! The registry that is walked, given by flags: its address, the login, and the repositories.

use std::collections::BTreeSet;
use std::io::{Read as _, stdin};

use clap::Args;
use tagseal_distribution::client::{AddressError, Reached, RegistryClient};
use tagseal_distribution::inventory::{Inventory, Login};
use tagseal_distribution::reference::Repository;

use super::fault::Fault;
use super::registry_credential::CredentialFlag;

/// The most bytes of a password.
const MAX_PASSWORD_BYTES: u64 = 64 << 10;

/// A registry instead of a list of tags.
#[derive(Args)]
#[command(next_help_heading = "A registry to walk")]
pub(crate) struct RegistryFlags {
    /// The registry: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    registry: Option<String>,
    /// Only this repository; can be given many times. Without it, all repositories that the registry lists
    #[arg(long, value_name = "NAME", requires = "registry")]
    repository: Vec<String>,
    /// Log in as this user
    #[arg(long, value_name = "NAME", requires_all = ["registry", "password_stdin"], conflicts_with = "registry_credential")]
    username: Option<String>,
    /// Read the user's password, or a token, from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    #[command(flatten)]
    credential: CredentialFlag,
}

/// A registry, and the repositories of it that were named.
pub(crate) struct NamedRegistry {
    /// The address as people wrote it.
    pub(crate) address: String,
    pub(crate) upstream: RegistryClient,
    pub(crate) inventory: Inventory,
    /// Empty for all repositories that the registry lists.
    pub(crate) named: Vec<Repository>,
}

impl NamedRegistry {
    /// Fails at once if there is no registry at the address.
    pub(crate) async fn check(&self) -> Result<(), Fault> {
        match self.upstream.check().await {
            Reached::Registry => Ok(()),
            Reached::Other(what) => Err(Fault::usage(format!("there is no registry at `{}`: {what}", self.address))
                .help("give the address under which `/v2/` belongs to the registry")),
            Reached::Nothing(why) => Err(Fault::usage(format!("no registry answers at `{}`: {why}", self.address))
                .help("give the address of a registry that answers")),
        }
    }
}

impl RegistryFlags {
    /// The address, if there is one.
    pub(crate) fn address(&self) -> Option<&str> {
        self.registry.as_deref()
    }

    /// Whether a password comes from standard input.
    pub(crate) fn reads_password(&self) -> bool {
        self.password_stdin
    }

    /// Returns the registry that the flags name, or `None` if they name none.
    ///
    /// # Errors
    ///
    /// - `--registry registry:5000`: not an address
    /// - `--repository prod/*`: not a repository
    /// - an empty password, or one that is not UTF-8
    pub(crate) fn open(&self) -> Result<Option<NamedRegistry>, Fault> {
        let Some(address) = self.registry.clone() else { return Ok(None) };
        let upstream = RegistryClient::new(&address).map_err(|error| no_address(&address, &error))?;
        // A repository that is named twice is walked once.
        let mut names = BTreeSet::new();
        let named = self.repository.iter().filter(|name| names.insert(*name)).map(|name| repository(name));
        let named = named.collect::<Result<_, _>>()?;
        let inventory = Inventory::new(upstream.clone(), self.login()?);
        Ok(Some(NamedRegistry { address, upstream, inventory, named }))
    }

    fn login(&self) -> Result<Login, Fault> {
        if let Some(login) = self.credential.login()? {
            return Ok(login);
        }
        let Some(name) = self.username.clone() else { return Ok(Login::Configured) };
        if name.is_empty() || name.contains(':') {
            return Err(Fault::usage("`--username` is not a valid name: it is empty, or has a `:`"));
        }
        let mut password = String::new();
        let read = stdin().take(MAX_PASSWORD_BYTES).read_to_string(&mut password);
        read.map_err(|error| Fault::usage(format!("no password could be read from standard input: {error}")))?;
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() {
            let fault = Fault::usage("standard input holds no password");
            return Err(fault.help("write it there: `tagseal preview … --password-stdin < FILE`"));
        }
        Ok(Login::User { name, password })
    }
}

fn no_address(address: &str, error: &AddressError) -> Fault {
    match error {
        // The address itself is not shown: it may hold a password.
        AddressError::User => Fault::usage("the address of the registry names a user")
            .help("remove the user from it, and give `--username` and `--password-stdin`"),
        error => Fault::usage(format!("`{address}` is not the address of a registry: {error}")),
    }
}

fn repository(name: &str) -> Result<Repository, Fault> {
    Repository::parse(name).map_err(|error| {
        Fault::usage(format!("`{name}` is {error}"))
            .help("leave `--repository` out to walk all repositories that the registry lists")
    })
}
