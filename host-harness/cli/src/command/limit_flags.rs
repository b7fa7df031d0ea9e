//! The limits of a gateway, given by flags: who may take how much, and who waits how long.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use tagseal_distribution::pace::MinRate;
use tagseal_gateway::{AddressRange, ConnectionLimits, GatewaySettings};

/// The open files that are neither a client's nor the registry's: the policy, the log, the ledger.
const OTHER_FILES: u64 = 64;
/// The greatest number of connections without a flag.
const MAX_CONNECTIONS: u64 = 5000;

/// The limits of a gateway. A time is written `500ms`, `10s`, `2m`.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitFlags {
    /// Clients' connections at one time; more are closed at once. Without it, half of the open files that the system allows,
    /// and 5000 at most: each may need a connection to the registry
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    max_connections: Option<u64>,
    /// How long a new connection may be silent, and how long a client may wait with the first byte of a body
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    first_byte_timeout: Duration,
    /// How long the head of a request may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    head_timeout: Duration,
    /// How long a connection may be silent between two requests
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    idle_timeout: Duration,
    /// The bytes a second that a client must send or take, at least
    #[arg(long, value_name = "BYTES", default_value_t = MinRate::default().bytes_per_second)]
    min_rate: u64,
    /// How long a client may be slower than that
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    min_rate_window: Duration,
    /// The memory for the manifests that are being pushed, in MiB
    #[arg(long, value_name = "MIB", default_value = "128", value_parser = clap::value_parser!(u16).range(5..))]
    manifest_memory: u16,
    /// How long the registry may take to begin the answer to a read
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    read_timeout: Duration,
    /// How long each look-up before a push may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    look_up_timeout: Duration,
    /// How long all look-ups before a push may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    look_up_limit: Duration,
    /// How long the look-ups before a delete may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    walk_timeout: Duration,
    /// How long the registry may take to answer a push or a delete
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    commit_timeout: Duration,
    /// How long a write waits for other writes to the same tag or repository
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = time)]
    lock_timeout: Duration,
    /// Believe proxies in this range of addresses whom they ask for, by `X-Forwarded-For` or `Forwarded`: `10.0.0.0/8`. Can be
    /// given many times
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<AddressRange>,
}

impl LimitFlags {
    /// Returns the limits of connections for a process that may have this many files open. `None` is no limit.
    pub(crate) fn connections(&self, open_files: Option<u64>) -> ConnectionLimits {
        let half = open_files.map_or(MAX_CONNECTIONS, |files| files.saturating_sub(OTHER_FILES) / 2);
        let connections = self.max_connections.unwrap_or(half.min(MAX_CONNECTIONS));
        if connections > half {
            tracing::warn!(
                connections,
                open_files,
                "the system allows too few open files for that many connections and the registry's"
            );
        }
        ConnectionLimits::default()
            .with_max_connections(usize::try_from(connections).unwrap_or(usize::MAX))
            .with_first_byte_timeout(self.first_byte_timeout)
            .with_head_timeout(self.head_timeout)
            .with_idle_timeout(self.idle_timeout)
            .with_min_rate(self.rate())
    }

    /// Returns settings with these limits.
    pub(crate) fn settings(&self) -> GatewaySettings {
        GatewaySettings::default()
            .with_min_rate(self.rate())
            .with_max_manifest_bytes(usize::from(self.manifest_memory) << 20)
            .with_read_timeout(self.read_timeout)
            .with_look_up_timeout(self.look_up_timeout)
            .with_look_up_limit(self.look_up_limit)
            .with_walk_timeout(self.walk_timeout)
            .with_commit_timeout(self.commit_timeout)
            .with_lock_timeout(self.lock_timeout)
            .with_trusted_proxies(self.trusted_proxy.iter().copied().collect())
    }

    fn rate(&self) -> MinRate {
        MinRate { bytes_per_second: self.min_rate, window: self.min_rate_window, first_byte: self.first_byte_timeout }
    }
}

fn time(text: &str) -> Result<Duration, &'static str> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| !time.is_zero()).ok_or("write a time: `500ms`, `10s`, `2m`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_not_zero() {
        assert_eq!(time("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(time("1m 30s"), Ok(Duration::from_secs(90)));
        for text in ["", "10", "0s", "-1s", "soon"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
