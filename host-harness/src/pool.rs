//! The instances of a policy: lent to one call each, made when calls wait, replaced when they failed.

use crate::component::Component;
use crate::failure::{CompileError, Failure};
use crate::instance::Instance;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Builder;
use std::time::Duration;

/// The instances that hold one document.
pub(crate) struct Pool {
    component: Component,
    /// Kept for the instances to come.
    document: Box<str>,
    stock: Mutex<Stock>,
    changed: Condvar,
    seats: Arc<Seats>,
    fuel: AtomicU64,
}

#[derive(Default)]
struct Stock {
    #[expect(clippy::vec_box, reason = "each is moved in and out for every call, and is large")]
    idle: Vec<Box<Member>>,
    waiting: usize,
    /// Dead unless a thread is making an instance. That thread holds the other end, so however it ends, this is true.
    making: Weak<()>,
    /// Why the last instance could not be made.
    failure: Option<Failure>,
}

/// An instance and its place in the pool.
pub(crate) struct Member {
    pub(crate) instance: Instance,
    seat: Seat,
}

/// How many places are taken, and by how much memory.
#[derive(Default)]
struct Seats {
    taken: AtomicUsize,
    memory: AtomicUsize,
}

/// A place in the pool. It is free again however its instance ends.
struct Seat {
    seats: Arc<Seats>,
    memory: usize,
}

impl Pool {
    /// A pool with its first instance in it, and what it took to make it.
    pub(crate) fn new(component: Component, document: Box<str>, first: Instance, fuel: u64) -> Arc<Self> {
        let seats = Arc::new(Seats::default());
        let idle = vec![Box::new(Member::new(first, Seat::take(&seats)))];
        let stock = Mutex::new(Stock { idle, ..Stock::default() });
        Arc::new(Self { component, document, stock, changed: Condvar::new(), seats, fuel: AtomicU64::new(fuel) })
    }

    /// An instance that nobody else has. When all are busy, another one is made beside, and whichever is there first is
    /// taken.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Box<Member>, Failure> {
        let mut stock = self.stock();
        if let Some(member) = stock.idle.pop() {
            return Ok(member);
        }
        let patience = self.patience(&stock);
        self.make(&mut stock);
        stock.waiting += 1;
        let mut stock = self.wait(stock, patience);
        stock.waiting -= 1;
        let taken = stock.idle.pop();
        taken.ok_or_else(|| stock.failure.clone().unwrap_or(Failure::Busy(patience)))
    }

    /// An instance that nobody else has, if there is one now.
    pub(crate) fn take_idle(&self) -> Option<Box<Member>> {
        self.stock().idle.pop()
    }

    /// Takes back an instance that answered.
    pub(crate) fn give(self: &Arc<Self>, mut member: Box<Member>) {
        self.count(&member);
        if member.instance.outgrown() {
            return self.replace(member);
        }
        member.weigh();
        let mut stock = self.stock();
        stock.idle.push(member);
        if stock.waiting > 0 {
            self.changed.notify_one();
        }
    }

    /// Drops an instance, and has another one made beside.
    pub(crate) fn replace(self: &Arc<Self>, member: Box<Member>) {
        drop(member);
        self.make(&mut self.stock());
    }

    /// All idle instances, which are no longer in the pool.
    pub(crate) fn drain(&self) -> impl Iterator<Item = Box<Member>> + use<> {
        std::mem::take(&mut self.stock().idle).into_iter()
    }

    /// Bytes of memory that the instances hold.
    pub(crate) fn memory(&self) -> usize {
        self.seats.memory.load(Relaxed)
    }

    /// Instances that are there or in the making.
    pub(crate) fn instances(&self) -> usize {
        self.seats.taken.load(Relaxed)
    }

    /// What the calls have used.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel.load(Relaxed)
    }

    fn count(&self, member: &Member) {
        if member.instance.fuel() > 0 {
            self.fuel.fetch_add(member.instance.fuel(), Relaxed);
        }
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        // Nothing panics under the lock, and if it did, the stock would still be one.
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a call waits: for another call to end, or while no instance is left, for one to be made.
    fn patience(&self, stock: &Stock) -> Duration {
        let settings = self.component.settings();
        match self.instances().saturating_sub(stock.making.strong_count()) {
            0 => settings.decision_deadline.saturating_add(settings.compile_deadline),
            _ => settings.decision_deadline,
        }
    }

    /// Waits until an instance is idle, there is none to hope for, or patience ends.
    fn wait<'a>(&self, stock: MutexGuard<'a, Stock>, patience: Duration) -> MutexGuard<'a, Stock> {
        let waiting = |stock: &mut Stock| stock.idle.is_empty() && !self.hopeless(stock);
        self.changed.wait_timeout_while(stock, patience, waiting).unwrap_or_else(PoisonError::into_inner).0
    }

    fn hopeless(&self, stock: &Stock) -> bool {
        stock.failure.is_some() && self.instances() == 0
    }

    /// Has an instance made by a thread, unless one is being made or the pool is full.
    fn make(self: &Arc<Self>, stock: &mut Stock) {
        if stock.making.strong_count() > 0 || self.instances() >= self.component.settings().instances.get() {
            return;
        }
        let making = Arc::new(());
        stock.making = Arc::downgrade(&making);
        stock.failure = None;
        let (pool, seat) = (self.clone(), Seat::take(&self.seats));
        let thread = Builder::new().name("tagseal-instance".to_owned());
        let spawned = thread.spawn(move || {
            let made = Instance::new(pool.component.clone(), &pool.document);
            drop(making);
            pool.made(made, seat);
        });
        if let Err(error) = spawned {
            stock.failure = Some(Failure::Start(error.to_string()));
        }
    }

    fn made(self: &Arc<Self>, made: Result<Instance, CompileError>, seat: Seat) {
        let mut stock = self.stock();
        match made {
            Ok(instance) => {
                stock.idle.push(Box::new(Member::new(instance, seat)));
                if stock.waiting > stock.idle.len() {
                    self.make(&mut stock);
                }
            }
            Err(error) => {
                drop(seat);
                stock.failure = Some(match error {
                    CompileError::Failure(failure) => failure,
                    CompileError::Diagnostics(_) => Failure::Changed,
                });
            }
        }
        self.changed.notify_all();
    }
}

impl Member {
    fn new(instance: Instance, seat: Seat) -> Self {
        let mut member = Self { instance, seat };
        member.weigh();
        member
    }

    /// Counts what the instance holds by now.
    fn weigh(&mut self) {
        let memory = self.instance.memory();
        if memory > self.seat.memory {
            self.seat.seats.memory.fetch_add(memory - self.seat.memory, Relaxed);
            self.seat.memory = memory;
        }
    }
}

impl Seat {
    fn take(seats: &Arc<Seats>) -> Self {
        seats.taken.fetch_add(1, Relaxed);
        Self { seats: seats.clone(), memory: 0 }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.fetch_sub(1, Relaxed);
        self.seats.memory.fetch_sub(self.memory, Relaxed);
    }
}
