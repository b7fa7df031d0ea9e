//! Addresses of this machine where nobody listens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// The first port that is tried.
const FIRST: u16 = 10_000;
/// How many are tried: all are below those that Linux gives to connections and to listeners at port 0.
const PORTS: u16 = 20_000;

/// How many ports this process has tried.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// Returns an address where nobody listens, and which no connection takes before somebody does, or while a server starts again.
///
/// # Panics
///
/// There is no such address.
#[track_caller]
pub fn free_address() -> SocketAddr {
    // Processes that run at the same time begin at places that are far from each other.
    let begin = u16::try_from(process::id().wrapping_mul(997) % u32::from(PORTS)).unwrap();
    for _ in 0..PORTS {
        let port = FIRST + (begin + TRIED.fetch_add(1, Relaxed) % PORTS) % PORTS;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port from {FIRST} on is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_given_twice_and_none_is_one_that_connections_get() {
        let addresses: std::collections::HashSet<_> = (0..100).map(|_| free_address()).collect();
        assert_eq!(addresses.len(), 100);
        assert!(addresses.iter().all(|address| (10_000..30_000).contains(&address.port())));
    }
}
