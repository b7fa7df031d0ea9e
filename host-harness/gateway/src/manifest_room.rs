//! The memory for manifests that are being pushed. Each takes its room as its bytes arrive, so that nobody gets any by a
//! promise.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

use tagseal_distribution::error_response::ErrorResponse;

/// The part of a manifest that needs no large room. Nearly all manifests are smaller.
const SMALL_BYTES: usize = 64 << 10;
/// The room that only small manifests get, as a part of the whole: one in this many.
const SMALL_SHARE: usize = 8;
/// How long a client must have been silent before it must leave, where others wait for room.
const MIN_SILENCE: Duration = Duration::from_secs(2);
/// How long a manifest may wait for room.
const ROOM_TIMEOUT: Duration = Duration::from_secs(30);

/// The memory for all manifests that are held at one time.
#[derive(Clone, Debug)]
pub(crate) struct ManifestRoom(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bytes: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    next: u64,
    /// The manifests that are still coming, in the order of their beginnings.
    coming: BTreeMap<u64, Coming>,
}

#[derive(Debug)]
struct Coming {
    address: IpAddr,
    bytes: usize,
    /// Since when its client has sent nothing. `None` while it waits for room itself.
    silent_since: Option<Instant>,
    leave: Arc<Notify>,
}

/// The room of one manifest. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    shared: Arc<Shared>,
    id: u64,
    bytes: usize,
    leave: Arc<Notify>,
}

impl ManifestRoom {
    /// Provides this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Shared { bytes, state: Mutex::default(), freed: Notify::new() }))
    }

    /// Begins with a manifest of which no byte has come, from a client at this address.
    pub(crate) fn begin(&self, address: IpAddr) -> Room {
        let mut state = self.0.state();
        let id = state.next;
        state.next += 1;
        let leave = Arc::new(Notify::new());
        let coming = Coming { address, bytes: 0, silent_since: Some(Instant::now()), leave: Arc::clone(&leave) };
        state.coming.insert(id, coming);
        Room { shared: Arc::clone(&self.0), id, bytes: 0, leave }
    }
}

impl Room {
    /// Takes room for bytes that have come, and waits for it where it is full.
    ///
    /// # Errors
    ///
    /// There is still none after a while.
    pub(crate) async fn grow(&mut self, bytes: usize) -> Result<(), ErrorResponse> {
        if self.try_grow(bytes) {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let wait = async {
            loop {
                let freed = shared.freed.notified();
                tokio::pin!(freed);
                // From here on, no notice is missed.
                freed.as_mut().enable();
                if self.try_grow(bytes) {
                    return;
                }
                shared.displace(self.id);
                // A client that is silent now may have been silent for long enough in a moment.
                let _ = timeout(MIN_SILENCE, freed).await;
            }
        };
        timeout(ROOM_TIMEOUT, wait).await.map_err(|_| full())
    }

    /// Waits until this manifest must leave, since its client is silent while others wait for room.
    pub(crate) async fn must_leave(&self) -> ErrorResponse {
        self.leave.notified().await;
        full()
    }

    /// Notes that the manifest is complete. It stays until it is dropped.
    pub(crate) fn complete(&self) {
        self.shared.state().coming.remove(&self.id);
        self.shared.freed.notify_waiters();
    }

    fn try_grow(&mut self, bytes: usize) -> bool {
        let mut state = self.shared.state();
        let small = if self.bytes + bytes <= SMALL_BYTES { self.shared.bytes / SMALL_SHARE + SMALL_BYTES } else { 0 };
        let fits = state.used + bytes <= self.shared.bytes + small;
        // The one that began first goes on in any case: else all could wait for each other.
        let is_first = || {
            let mut large = state.coming.iter().filter(|(id, coming)| coming.bytes > SMALL_BYTES || **id == self.id);
            large.next().is_some_and(|(id, _)| *id == self.id)
        };
        let may_grow = fits || is_first();
        if let Some(coming) = state.coming.get_mut(&self.id) {
            coming.silent_since = may_grow.then(Instant::now);
            coming.bytes += if may_grow { bytes } else { 0 };
        }
        if may_grow {
            state.used += bytes;
            self.bytes += bytes;
        }
        may_grow
    }
}

impl Shared {
    /// Makes the client leave that has been silent longest and holds more than a small manifest: one of the address that holds
    /// most, or if that is the address of the one that waits, any that has been silent for a while.
    fn displace(&self, waiting: u64) {
        let state = self.state();
        let large = || state.coming.values().filter(|coming| coming.bytes > SMALL_BYTES);
        let mut held: HashMap<IpAddr, usize> = HashMap::new();
        large().for_each(|coming| *held.entry(coming.address).or_default() += coming.bytes);
        let most = held.iter().max_by_key(|(_, bytes)| **bytes).map(|(address, _)| *address);
        let own = state.coming.get(&waiting).map(|coming| coming.address);
        let must_leave = |coming: &&Coming, since: &Instant| {
            since.elapsed() >= MIN_SILENCE || most == Some(coming.address) && own != most
        };
        let silent = large().filter_map(|coming| Some((coming.silent_since?, coming)));
        let silent = silent.filter(|(since, coming)| must_leave(coming, since));
        if let Some((_, coming)) = silent.min_by_key(|(since, _)| *since) {
            coming.leave.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.coming.remove(&self.id);
        state.used = state.used.saturating_sub(self.bytes);
        drop(state);
        self.shared.freed.notify_waiters();
    }
}

fn full() -> ErrorResponse {
    ErrorResponse::unavailable("too many manifests are being pushed; try again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const BYTES: usize = 1 << 20;
    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    async fn grows(room: &mut Room, bytes: usize) -> bool {
        timeout(Duration::from_millis(300), room.grow(bytes)).await.is_ok_and(|grown| grown.is_ok())
    }

    #[tokio::test]
    async fn h4_small_manifests_have_room_though_large_ones_fill_it() {
        let room = ManifestRoom::new(BYTES);
        let [mut large, mut other, mut small] = [(); 3].map(|()| room.begin(ADDRESS));
        assert!(grows(&mut large, BYTES).await);
        large.complete();
        assert!(grows(&mut small, 2 << 10).await);
        assert!(grows(&mut other, SMALL_BYTES * 2).await, "the first one goes on in any case");
        let mut late = room.begin(ADDRESS);
        assert!(!grows(&mut late, SMALL_BYTES * 2).await, "and no other");
    }

    #[tokio::test]
    async fn h4_who_is_silent_longest_leaves_when_others_wait() {
        let room = ManifestRoom::new(BYTES);
        let [mut silent, mut honest] = [(); 2].map(|()| room.begin(ADDRESS));
        assert!(grows(&mut silent, BYTES - 10).await);
        let waiting = tokio::spawn(async move { honest.grow(SMALL_BYTES * 4).await });
        let left = timeout(Duration::from_secs(5), silent.must_leave()).await;
        assert_eq!(left.unwrap().status(), 503);
        drop(silent);
        assert!(waiting.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn h4_the_address_that_holds_most_makes_room_for_others_at_once() {
        let room = ManifestRoom::new(BYTES);
        let mut greedy = room.begin(ADDRESS);
        let mut modest = room.begin(IpAddr::from([127, 0, 0, 2]));
        assert!(grows(&mut greedy, BYTES - 10).await);
        let waiting = tokio::spawn(async move { modest.grow(SMALL_BYTES * 4).await });
        let left = timeout(MIN_SILENCE / 2, greedy.must_leave()).await;
        assert!(left.is_ok());
        drop(greedy);
        assert!(waiting.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn those_that_wait_do_not_wait_for_each_other() {
        let room = ManifestRoom::new(BYTES);
        let pushes: Vec<_> = (0..8)
            .map(|_| {
                let mut room = room.begin(ADDRESS);
                tokio::spawn(async move {
                    for _ in 0..24 {
                        room.grow(32 << 10).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                    room.complete();
                })
            })
            .collect();
        for push in pushes {
            push.await.unwrap();
        }
        assert_eq!(room.0.state().used, 0);
    }
}
