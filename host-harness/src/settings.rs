//! What a component may use, and how many instances of it there are.

use crate::cache::Cache;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

/// What a component may use, and how many instances of it there are. The defaults fit a hundred thousand rules, with
/// room.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long it may take to check and compile a document, its instance included.
    pub compile_deadline: Duration,
    /// How long a decision may take, or a batch of them, and how long one waits for an instance while all are busy.
    pub decision_deadline: Duration,
    /// Bytes of memory that one instance may hold, tables included.
    pub memory: usize,
    /// Bytes by which an instance may outgrow what it held once its document was compiled. One that holds more after a
    /// call is replaced: the memory of an instance never shrinks.
    pub growth: usize,
    /// Bytes of native stack that a call may use. The threads that ask need as much, and a little more.
    pub stack: usize,
    /// Bytes that one answer may take.
    pub answer: usize,
    /// Bytes of a component file.
    pub component: u64,
    /// Instances that one policy may have, each with the compiled document in it. The first is made with the policy,
    /// the others when threads wait for one.
    pub instances: NonZeroUsize,
    /// Instructions, roughly, that one call may use. They are counted only if there is a limit, since counting costs
    /// time; equal calls of equal instances use equally many.
    pub fuel: Option<u64>,
    /// Where compiled code is kept from one start to the next.
    pub cache: Cache,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            compile_deadline: Duration::from_secs(30),
            decision_deadline: Duration::from_secs(1),
            memory: 2 << 30,
            growth: 256 << 20,
            stack: 512 << 10,
            answer: 64 << 20,
            component: 64 << 20,
            instances: available_parallelism().unwrap_or(NonZeroUsize::MIN),
            fuel: None,
            cache: Cache::User,
        }
    }
}
