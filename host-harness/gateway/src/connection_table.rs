//! The connections that a server has, and who must leave when there are too many.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::activity::Activity;

/// How long a connection must have been silent before another one of the same address may take its place.
const MIN_SILENCE: Duration = Duration::from_secs(1);

/// The connections that a server has.
///
/// A connection with HTTP/2 takes a place for each of its requests: each takes memory and a connection to the registry, as one
/// on a connection of its own does. Where all places are taken, the address with the most connections gives one up: the one that
/// was silent longest, and of those that wait for an answer none while there is another. So a stranger who opens many
/// connections displaces his own.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionTable {
    rows: Arc<Mutex<Rows>>,
    max: usize,
}

/// The connections of all addresses.
#[derive(Debug, Default)]
struct Rows {
    addresses: HashMap<IpAddr, Address>,
    /// The places that are taken.
    taken: usize,
}

/// The connections of one address, and the places that they take.
#[derive(Debug, Default)]
struct Address {
    connections: HashMap<u64, Row>,
    taken: usize,
}

/// A connection, and its requests that are under way, where it may have several at one time.
#[derive(Debug)]
struct Row {
    activity: Arc<Activity>,
    streams: usize,
}

impl Row {
    /// Returns the places that it takes: one, and one more for each request beyond the first.
    fn taken(&self) -> usize {
        self.streams.max(1)
    }
}

/// A place in the table. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) activity: Arc<Activity>,
    id: u64,
    peer: IpAddr,
    table: ConnectionTable,
}

/// A place of a request on a connection with several. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    id: u64,
    peer: IpAddr,
    table: ConnectionTable,
}

impl ConnectionTable {
    /// Starts without connections.
    pub(crate) fn new(max: usize) -> Self {
        Self { rows: Arc::default(), max: max.max(1) }
    }

    /// Takes a place for a new connection, or returns `None` if its address gets no place.
    pub(crate) fn admit(&self, id: u64, address: IpAddr) -> Option<Place> {
        let peer = network(address);
        let mut rows = self.rows();
        rows.make_room(self.max, peer, id)?;
        let activity = Arc::new(Activity::new());
        let row = Row { activity: Arc::clone(&activity), streams: 0 };
        let of_address = rows.addresses.entry(peer).or_default();
        of_address.connections.insert(id, row);
        of_address.taken += 1;
        rows.taken += 1;
        Some(Place { activity, id, peer, table: self.clone() })
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Makes sure that a place is free for a connection of this address, or for one of its requests. Another connection may
    /// have to leave. Returns `None` if no other has to.
    fn make_room(&mut self, max: usize, peer: IpAddr, id: u64) -> Option<()> {
        if self.taken < max {
            return Some(());
        }
        let (from, leaving) = self.leaving(peer).filter(|leaving| *leaving != (peer, id))?;
        // It is gone at once for the table, and a moment later for the system.
        self.remove(from, leaving).map(|activity| activity.displace())
    }

    /// Returns the connection that must leave for a new one of this address.
    fn leaving(&self, newcomer: IpAddr) -> Option<(IpAddr, u64)> {
        let own = self.addresses.get(&newcomer).map_or(0, |it| it.taken) + 1;
        let (most, address) =
            self.addresses.iter().max_by_key(|(address, it)| it.taken + usize::from(**address == newcomer))?;
        let (id, row) = address
            .connections
            .iter()
            .max_by_key(|(_, row)| (!row.activity.is_answering(), row.activity.silence(), row.streams))?;
        // An address that has as many as any other gets only a place that nobody uses.
        (own < address.taken || row.activity.silence() >= MIN_SILENCE).then_some((*most, *id))
    }

    fn remove(&mut self, peer: IpAddr, id: u64) -> Option<Arc<Activity>> {
        let address = self.addresses.get_mut(&peer)?;
        let row = address.connections.remove(&id)?;
        address.taken -= row.taken();
        self.taken -= row.taken();
        if address.connections.is_empty() {
            self.addresses.remove(&peer);
        }
        Some(row.activity)
    }

    /// Counts a request of a connection, or one less.
    fn set_streams(&mut self, peer: IpAddr, id: u64, change: impl FnOnce(usize) -> usize) -> Option<()> {
        let address = self.addresses.get_mut(&peer)?;
        let row = address.connections.get_mut(&id)?;
        let before = row.taken();
        row.streams = change(row.streams);
        address.taken = address.taken - before + row.taken();
        self.taken = self.taken - before + row.taken();
        Some(())
    }

    fn has_stream(&self, peer: IpAddr, id: u64) -> bool {
        let row = self.addresses.get(&peer).and_then(|address| address.connections.get(&id));
        row.is_some_and(|row| row.streams > 0)
    }
}

impl Place {
    /// Takes a place for a request, where others may be under way on the same connection. The first needs none of its own.
    /// Returns `None` if its address gets no place.
    pub(crate) fn admit_stream(&self) -> Option<StreamPlace> {
        let Self { id, peer, table, .. } = self;
        let mut rows = table.rows();
        if rows.has_stream(*peer, *id) {
            rows.make_room(table.max, *peer, *id)?;
        }
        rows.set_streams(*peer, *id, |streams| streams + 1)?;
        Some(StreamPlace { id: *id, peer: *peer, table: table.clone() })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        // The connection may be gone already.
        self.table.rows().set_streams(self.peer, self.id, |streams| streams.saturating_sub(1));
    }
}

/// Returns what counts as one address: of IPv6, the network of 64 bits that one customer gets.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.rows().remove(self.peer, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::CloseReason;
    use crate::connection_limits::ConnectionLimits;

    #[tokio::test]
    async fn h7_the_address_with_the_most_connections_loses_the_one_that_was_silent_longest() {
        let table = ConnectionTable::new(4);
        let [greedy, modest] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let places: Vec<_> = (0..4).map(|id| table.admit(id, greedy).unwrap()).collect();
        assert!(table.admit(4, greedy).is_none(), "all of its own are in use");
        tokio::time::sleep(Duration::from_millis(20)).await;
        for place in [&places[0], &places[2], &places[3]] {
            place.activity.has_read();
        }
        let place = table.admit(5, modest).expect("it has fewer connections");
        let limits = ConnectionLimits::default();
        let closed = places[1].activity.must_close(&limits);
        let closed = tokio::time::timeout(Duration::from_millis(100), closed).await;
        assert_eq!(closed, Ok(CloseReason::Displaced));
        let second = table.admit(6, modest).expect("still fewer");
        assert!(table.admit(7, modest).is_none(), "now as many");
        drop((place, second, places));
        assert!(table.rows().addresses.is_empty() && table.rows().taken == 0);
    }

    #[test]
    fn a_connection_that_waits_for_its_answer_leaves_last() {
        let table = ConnectionTable::new(2);
        let [greedy, modest] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let [waiting, idle] = [0, 1].map(|id| table.admit(id, greedy).unwrap());
        let _answer = waiting.activity.answer(false);
        idle.activity.has_read();
        let _modest = table.admit(2, modest).unwrap();
        let left: Vec<_> = table.rows().addresses[&greedy].connections.keys().copied().collect();
        assert_eq!(left, [0]);
    }

    #[test]
    fn a_connection_takes_a_place_for_each_of_its_requests_but_the_first() {
        let table = ConnectionTable::new(4);
        let [greedy, modest] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let shared = table.admit(0, greedy).unwrap();
        let mut streams: Vec<_> = (0..4).map(|_| shared.admit_stream().unwrap()).collect();
        assert_eq!(table.rows().taken, 4);
        assert!(shared.admit_stream().is_none(), "its own requests have all places");
        assert!(table.admit(1, greedy).is_none(), "so has its address");
        streams.pop();
        assert_eq!(table.rows().taken, 3);
        streams.extend(shared.admit_stream());
        let _modest = table.admit(2, modest).expect("one with fewer displaces it");
        assert_eq!(table.rows().taken, 1);
        drop((streams, shared));
        assert_eq!(table.rows().taken, 1);
    }
}
