//! The instances of a policy. Each is used by one call at a time. Another one is made when calls wait, and an instance that
//! failed is replaced.

use crate::call_error::{CallError, CompileError};
use crate::instance::Instance;
use crate::loaded::Loaded;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Builder;
use std::time::Duration;

/// The instances that hold one document.
pub(crate) struct Pool {
    loaded: Arc<Loaded>,
    /// Kept for further instances.
    document: Box<str>,
    state: Mutex<State>,
    changed: Condvar,
    places: Arc<Places>,
    fuel: AtomicU64,
}

#[derive(Default)]
struct State {
    #[expect(clippy::vec_box, reason = "each is moved in and out for every call, and is large")]
    idle: Vec<Box<Member>>,
    waiting: usize,
    /// Alive only while a thread makes an instance. That thread holds the other end, so this is right however the thread ends.
    making: Weak<()>,
    /// Why the last instance could not be made.
    error: Option<CallError>,
}

/// An instance, with its place in the pool.
pub(crate) struct Member {
    pub(crate) instance: Instance,
    place: Place,
}

/// The number of places that are taken, and the memory of their instances.
#[derive(Default)]
struct Places {
    taken: AtomicUsize,
    memory: AtomicUsize,
}

/// A place in the pool. It becomes free when it is dropped, however its instance ends.
struct Place {
    places: Arc<Places>,
    memory: usize,
}

impl Pool {
    /// Makes a pool with its first instance, and the fuel that it took to make that.
    pub(crate) fn new(loaded: Arc<Loaded>, document: Box<str>, first: Instance, fuel: u64) -> Arc<Self> {
        let places = Arc::new(Places::default());
        let idle = vec![Box::new(Member::new(first, Place::take(&places)))];
        let state = Mutex::new(State { idle, ..State::default() });
        Arc::new(Self { loaded, document, state, changed: Condvar::new(), places, fuel: AtomicU64::new(fuel) })
    }

    /// Takes an instance out of the pool. If all are busy, another one is made, and the first that becomes available is taken.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Box<Member>, CallError> {
        let mut state = self.state();
        if let Some(member) = state.idle.pop() {
            return Ok(member);
        }
        let timeout = self.timeout(&state);
        self.make(&mut state);
        state.waiting += 1;
        let mut state = self.wait(state, timeout);
        state.waiting -= 1;
        let taken = state.idle.pop();
        taken.ok_or_else(|| state.error.clone().unwrap_or(CallError::Busy(timeout)))
    }

    /// Takes an instance out of the pool, if one is idle now.
    pub(crate) fn take_idle(&self) -> Option<Box<Member>> {
        self.state().idle.pop()
    }

    /// Gives an instance back that has answered.
    pub(crate) fn give(self: &Arc<Self>, mut member: Box<Member>) {
        self.count(&member);
        if member.instance.outgrown() {
            return self.replace(member);
        }
        member.weigh();
        let mut state = self.state();
        state.idle.push(member);
        if state.waiting > 0 {
            self.changed.notify_one();
        }
    }

    /// Drops an instance, and has another one made.
    pub(crate) fn replace(self: &Arc<Self>, member: Box<Member>) {
        drop(member);
        self.make(&mut self.state());
    }

    /// Takes all idle instances out of the pool.
    pub(crate) fn drain(&self) -> impl Iterator<Item = Box<Member>> + use<> {
        std::mem::take(&mut self.state().idle).into_iter()
    }

    /// Returns the bytes of memory that the instances hold.
    pub(crate) fn memory(&self) -> usize {
        self.places.memory.load(Relaxed)
    }

    /// Returns the number of instances, with the one that is being made.
    pub(crate) fn instances(&self) -> usize {
        self.places.taken.load(Relaxed)
    }

    /// Returns the fuel that the calls have used.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel.load(Relaxed)
    }

    fn count(&self, member: &Member) {
        if member.instance.fuel() > 0 {
            self.fuel.fetch_add(member.instance.fuel(), Relaxed);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock, and the state would still be consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how long a call waits: for another call to end, or if there is no instance, until one is made.
    fn timeout(&self, state: &State) -> Duration {
        let settings = self.loaded.settings();
        match self.instances().saturating_sub(state.making.strong_count()) {
            0 => settings.decision_deadline.saturating_add(settings.compile_deadline),
            _ => settings.decision_deadline,
        }
    }

    /// Waits until an instance is idle, none can be made, or the time is over.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, timeout: Duration) -> MutexGuard<'a, State> {
        let waiting = |state: &mut State| state.idle.is_empty() && !self.is_dead(state);
        self.changed.wait_timeout_while(state, timeout, waiting).unwrap_or_else(PoisonError::into_inner).0
    }

    fn is_dead(&self, state: &State) -> bool {
        state.error.is_some() && self.instances() == 0
    }

    /// Has an instance made by another thread, unless one is being made or the pool is full.
    fn make(self: &Arc<Self>, state: &mut State) {
        if state.making.strong_count() > 0 || self.instances() >= self.loaded.settings().max_instances.get() {
            return;
        }
        let making = Arc::new(());
        state.making = Arc::downgrade(&making);
        state.error = None;
        let (pool, place) = (self.clone(), Place::take(&self.places));
        let thread = Builder::new().name("tagseal-instance".to_owned());
        let spawned = thread.spawn(move || {
            let result = Instance::new(Arc::clone(&pool.loaded), &pool.document);
            drop(making);
            pool.add(result, place);
        });
        if let Err(error) = spawned {
            state.error = Some(CallError::Start(error.to_string()));
        }
    }

    fn add(self: &Arc<Self>, result: Result<Instance, CompileError>, place: Place) {
        let mut state = self.state();
        match result {
            Ok(instance) => {
                state.idle.push(Box::new(Member::new(instance, place)));
                if state.waiting > state.idle.len() {
                    self.make(&mut state);
                }
            }
            Err(error) => {
                drop(place);
                state.error = Some(match error {
                    CompileError::Call(error) => error,
                    CompileError::Diagnostics(_) => CallError::Inconsistent,
                });
            }
        }
        self.changed.notify_all();
    }
}

impl Member {
    fn new(instance: Instance, place: Place) -> Self {
        let mut member = Self { instance, place };
        member.weigh();
        member
    }

    /// Counts the memory that the instance holds now.
    fn weigh(&mut self) {
        let memory = self.instance.memory();
        if memory > self.place.memory {
            self.place.places.memory.fetch_add(memory - self.place.memory, Relaxed);
            self.place.memory = memory;
        }
    }
}

impl Place {
    fn take(places: &Arc<Places>) -> Self {
        places.taken.fetch_add(1, Relaxed);
        Self { places: places.clone(), memory: 0 }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Relaxed);
        self.places.memory.fetch_sub(self.memory, Relaxed);
    }
}
