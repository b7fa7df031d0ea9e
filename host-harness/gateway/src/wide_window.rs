//! How much of a request's body a client may send over HTTP/2 before the gateway has read it.
//!
//! A wide window makes uploads from far away fast. What a client has sent lies in memory until it is read, so few connections
//! have a wide one at one time: together they hold 64 MiB at most. The others have as much as a connection with HTTP/1.1.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection_limits::MAX_BUFFER_BYTES;

/// The bytes of a wide window, as servers of registries have it.
const WIDE_BYTES: usize = 1 << 20;
/// The number of connections that have one at one time.
const MAX_WIDE: usize = 64;

/// The windows of all connections of a server. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Windows(Arc<Semaphore>);

/// The window of one connection. It is free for another when this is dropped.
#[derive(Debug)]
pub(crate) struct Window(Option<OwnedSemaphorePermit>);

impl Default for Windows {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_WIDE)))
    }
}

impl Windows {
    /// Returns a wide window, if one is left.
    pub(crate) fn wide(&self) -> Window {
        Window(Arc::clone(&self.0).try_acquire_owned().ok())
    }
}

impl Window {
    /// Returns a window that is not wide.
    pub(crate) fn narrow() -> Self {
        Self(None)
    }

    /// Returns its length.
    pub(crate) fn bytes(&self) -> u32 {
        let bytes = if self.0.is_some() { WIDE_BYTES } else { MAX_BUFFER_BYTES };
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_connections_have_a_wide_window_at_one_time() {
        let windows = Windows::default();
        let mut held: Vec<_> = (0..MAX_WIDE).map(|_| windows.wide()).collect();
        assert!(held.iter().all(|window| window.bytes() == 1 << 20));
        assert_eq!(windows.wide().bytes(), 64 << 10);
        held.pop();
        assert_eq!(windows.wide().bytes(), 1 << 20);
    }
}
