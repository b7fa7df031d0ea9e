//! How the registry of an artifact is asked.

use clap::Args;

use crate::command::artifact_reference::Transport;

/// How the registry is asked.
#[derive(Args)]
pub(super) struct RegistryOptions {
    /// Ask the registry without TLS. One on this machine is asked so anyway
    #[arg(long)]
    plain_http: bool,
}

impl RegistryOptions {
    pub(super) fn transport(&self) -> Transport {
        if self.plain_http { Transport::Plain } else { Transport::Tls }
    }
}
