//! Which ledger a verb is about.

use clap::Args;
use tagseal_gateway::{Ledger, LedgerError, Origin, Place};

use super::super::fault::Fault;

/// Where the ledger is.
#[derive(Args)]
pub(super) struct LedgerPlace {
    /// The file or the database of the ledger, as `tagseal serve --ledger` names it
    #[arg(long = "ledger", value_name = "FILE|URL", env = "TAGSEAL_LEDGER", hide_env_values = true)]
    place: Place,
}

impl LedgerPlace {
    /// Opens the ledger beside the gateways that use it.
    pub(super) async fn open(&self) -> Result<Ledger, Fault> {
        if let Place::File(path) = &self.place
            && !path.exists()
        {
            return Err(Fault::usage(format!("there is no ledger at `{}`", path.display())));
        }
        Ledger::open_beside(&self.place).await.map_err(|error| self.failed(&error))
    }

    /// Says that the ledger could not be opened or asked.
    pub(super) fn failed(&self, error: &LedgerError) -> Fault {
        Fault::usage(format!("`--ledger {}`: {error}", self.place))
    }
}

/// Names the person who runs this command, for the audit.
pub(super) fn operator() -> Origin {
    Origin::operator(&std::env::var("USER").unwrap_or_else(|_| "operator".to_owned()))
}
