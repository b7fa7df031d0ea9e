//! The registry that is walked, as flags name it: where it is, who asks, and what of it.

use std::collections::BTreeSet;
use std::io::{Read as _, stdin};

use clap::Args;
use tagseal::gateway::{AddressError, Upstream};
use tagseal::inventory::{Inventory, Login, Repository};

use super::walk::Walk;
use crate::command::fault::Fault;

/// Most bytes of a password.
const MOST_PASSWORD: u64 = 64 << 10;

/// A registry instead of a list of tags.
#[derive(Args)]
#[command(next_help_heading = "A registry to walk")]
pub(super) struct Flags {
    /// The registry: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    registry: Option<String>,
    /// This repository alone; can be given many times. Without it, all that the registry lists
    #[arg(long, value_name = "NAME", requires = "registry")]
    repository: Vec<String>,
    /// Ask as this user
    #[arg(long, value_name = "NAME", requires_all = ["registry", "password_stdin"])]
    username: Option<String>,
    /// Read the user's password from standard input, or the token that stands for one
    #[arg(long, requires = "username")]
    password_stdin: bool,
}

impl Flags {
    /// The address, if there is one.
    pub(super) fn address(&self) -> Option<&str> {
        self.registry.as_deref()
    }

    /// Whether a password comes from standard input.
    pub(super) fn reads_password(&self) -> bool {
        self.password_stdin
    }

    /// What is to be walked. None without a registry.
    ///
    /// # Errors
    ///
    /// - `--registry registry:5000`: no address
    /// - `--repository prod/*`: no repository
    /// - an empty password, or one that is no text
    pub(super) fn walk(&self) -> Result<Option<Walk>, Fault> {
        let Some(address) = self.registry.clone() else { return Ok(None) };
        let upstream = Upstream::new(&address).map_err(|error| no_address(&address, &error))?;
        // Named twice, it is still one.
        let mut names = BTreeSet::new();
        let named = self.repository.iter().filter(|name| names.insert(*name)).map(|name| repository(name));
        let named = named.collect::<Result<_, _>>()?;
        let inventory = Inventory::new(upstream.clone(), self.login()?);
        Ok(Some(Walk { address, upstream, inventory, named }))
    }

    fn login(&self) -> Result<Login, Fault> {
        let Some(name) = self.username.clone() else { return Ok(Login::Configured) };
        if name.is_empty() || name.contains(':') {
            return Err(Fault::usage("`--username` names no user: it is empty, or has a `:`"));
        }
        let mut password = String::new();
        let read = stdin().take(MOST_PASSWORD).read_to_string(&mut password);
        read.map_err(|error| Fault::usage(format!("no password could be read from standard input: {error}")))?;
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() {
            let fault = Fault::usage("standard input holds no password");
            return Err(fault.mend("write it there: `tagseal preview … --password-stdin < FILE`"));
        }
        Ok(Login::User { name, password })
    }
}

fn no_address(address: &str, error: &AddressError) -> Fault {
    match error {
        // The address itself is not shown: it may hold a password.
        AddressError::User => Fault::usage("the address of the registry names a user")
            .mend("leave that out, and give `--username` and `--password-stdin`"),
        error => Fault::usage(format!("`{address}` is not the address of a registry: {error}")),
    }
}

fn repository(name: &str) -> Result<Repository, Fault> {
    Repository::parse(name).map_err(|error| {
        Fault::usage(format!("`{name}` is {error}"))
            .mend("leave `--repository` out to walk all that the registry lists")
    })
}
