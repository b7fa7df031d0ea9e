//! `tagseal ledger adopt`: takes the tags of a repository that was there before the gateway into its ledger.

use std::io::Write as _;

use clap::Args;
use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::inventory::{Inventory, Login};
use tagseal_distribution::reference::Repository;
use tagseal_gateway::{AdoptError, adopt};

use super::super::Ending;
use super::super::fault::Fault;
use super::super::registry_credential::CredentialFlag;
use super::ledger_place::{LedgerPlace, operator};

/// Takes the tags of a repository into the ledger, as the registry has them now
///
/// Nobody should push to it meanwhile but through the gateway. From then on, the gateway knows every tag of the repository.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: LedgerPlace,
    /// The registry: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    upstream: String,
    #[command(flatten)]
    credential: CredentialFlag,
    /// The repository: `prod/app`
    #[arg(value_name = "REPOSITORY", value_parser = repository)]
    repository: Repository,
}

pub(super) async fn run(arguments: &Arguments) -> Result<Ending, Fault> {
    let login = arguments.credential.login()?.unwrap_or(Login::Configured);
    let registry = RegistryClient::new(&arguments.upstream)
        .map_err(|error| Fault::usage(format!("`{}` is not the address of a registry: {error}", arguments.upstream)))?;
    let ledger = arguments.place.open().await?;
    let adopted = adopt(&ledger, &Inventory::new(registry, login), &arguments.repository, &operator()).await;
    let tags = adopted.map_err(|error| match error {
        AdoptError::Ledger(error) => arguments.place.failed(&error),
        error => Fault::failed(format!("the tags of {} could not be read: {error}", arguments.repository)),
    })?;
    writeln!(anstream::stdout(), "adopted {} with {tags} tags", arguments.repository)?;
    Ok(Ending::Fine)
}

fn repository(name: &str) -> Result<Repository, &'static str> {
    Repository::parse(name).map_err(|_| "write the full name of a repository, such as `prod/app`")
}
