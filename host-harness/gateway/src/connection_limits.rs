//! The limits of a server's connections.

use std::time::Duration;

use tagseal_distribution::pace::MinRate;

/// The limits of a server's connections. Start from the default, and change what should be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// The greatest number of connections at one time.
    pub max_connections: usize,
    /// How long a new connection may be silent before the first byte of its first request.
    pub first_byte_timeout: Duration,
    /// How long the head of a request may take, from its first byte on.
    pub head_timeout: Duration,
    /// How long a connection may be silent between two requests.
    pub idle_timeout: Duration,
    /// The least rate at which a client must take an answer.
    pub min_rate: MinRate,
}

/// The greatest length of a connection's buffer, and so of the head of a request.
pub(crate) const MAX_BUFFER_BYTES: usize = 64 << 10;

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 5000,
            first_byte_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            min_rate: MinRate::default(),
        }
    }
}

impl ConnectionLimits {
    /// Sets the greatest number of connections at one time.
    pub fn with_max_connections(self, max_connections: usize) -> Self {
        Self { max_connections: max_connections.max(1), ..self }
    }

    /// Sets how long a new connection may be silent before the first byte of its first request.
    pub fn with_first_byte_timeout(self, first_byte_timeout: Duration) -> Self {
        Self { first_byte_timeout, ..self }
    }

    /// Sets how long the head of a request may take, from its first byte on.
    pub fn with_head_timeout(self, head_timeout: Duration) -> Self {
        Self { head_timeout, ..self }
    }

    /// Sets how long a connection may be silent between two requests.
    pub fn with_idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// Sets the least rate at which a client must take an answer.
    pub fn with_min_rate(self, min_rate: MinRate) -> Self {
        Self { min_rate, ..self }
    }
}
