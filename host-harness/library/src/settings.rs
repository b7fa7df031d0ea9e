//! What a component may use, and how many instances of it there are.

use crate::cache::Cache;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

/// What a component may use, and how many instances of it there are. The defaults are enough for a hundred thousand rules.
///
/// Start from the default, and change what should be different:
///
/// ```
/// use std::time::Duration;
/// use tagseal::Settings;
///
/// let settings = Settings::default().with_decision_deadline(Duration::from_millis(100));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How long it may take to start an instance, check a document and compile it.
    pub compile_deadline: Duration,
    /// How long a decision or a batch of decisions may take, and how long a call waits for an instance while all are busy.
    pub decision_deadline: Duration,
    /// The bytes of memory that one instance may hold, with its tables.
    pub max_memory_bytes: usize,
    /// The bytes by which an instance may grow after its document was compiled. An instance that has grown more is replaced
    /// after the call, since the memory of an instance never shrinks.
    pub max_growth_bytes: usize,
    /// The bytes of native stack that a call may use. A thread that asks needs a stack of this size, and a little more.
    pub max_stack_bytes: usize,
    /// The greatest length of one answer.
    pub max_answer_bytes: usize,
    /// The greatest size of a component file.
    pub max_component_bytes: u64,
    /// The number of instances that one policy may have, each with the compiled document in it. The first one is made with
    /// the policy, the others when threads wait for one.
    pub max_instances: NonZeroUsize,
    /// The number of instructions, roughly, that one call may use. They are counted only if there is a limit, since counting
    /// costs time. Equal calls of equal instances use equally many.
    pub fuel: Option<u64>,
    /// Where compiled code is kept from one start to the next.
    pub cache: Cache,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            compile_deadline: Duration::from_secs(30),
            decision_deadline: Duration::from_secs(1),
            max_memory_bytes: 2 << 30,
            max_growth_bytes: 256 << 20,
            max_stack_bytes: 512 << 10,
            max_answer_bytes: 64 << 20,
            max_component_bytes: 64 << 20,
            max_instances: available_parallelism().unwrap_or(NonZeroUsize::MIN),
            fuel: None,
            cache: Cache::User,
        }
    }
}

impl Settings {
    /// Sets how long it may take to start an instance, check a document and compile it.
    pub fn with_compile_deadline(self, compile_deadline: Duration) -> Self {
        Self { compile_deadline, ..self }
    }

    /// Sets how long a decision or a batch of decisions may take, and how long a call waits for an instance.
    pub fn with_decision_deadline(self, decision_deadline: Duration) -> Self {
        Self { decision_deadline, ..self }
    }

    /// Sets the bytes of memory that one instance may hold, with its tables.
    pub fn with_max_memory_bytes(self, max_memory_bytes: usize) -> Self {
        Self { max_memory_bytes, ..self }
    }

    /// Sets the bytes by which an instance may grow after its document was compiled.
    pub fn with_max_growth_bytes(self, max_growth_bytes: usize) -> Self {
        Self { max_growth_bytes, ..self }
    }

    /// Sets the bytes of native stack that a call may use.
    pub fn with_max_stack_bytes(self, max_stack_bytes: usize) -> Self {
        Self { max_stack_bytes, ..self }
    }

    /// Sets the greatest length of one answer.
    pub fn with_max_answer_bytes(self, max_answer_bytes: usize) -> Self {
        Self { max_answer_bytes, ..self }
    }

    /// Sets the greatest size of a component file.
    pub fn with_max_component_bytes(self, max_component_bytes: u64) -> Self {
        Self { max_component_bytes, ..self }
    }

    /// Sets the number of instances that one policy may have.
    pub fn with_max_instances(self, max_instances: NonZeroUsize) -> Self {
        Self { max_instances, ..self }
    }

    /// Limits the instructions that one call may use, and counts them.
    pub fn with_fuel(self, fuel: u64) -> Self {
        Self { fuel: Some(fuel), ..self }
    }

    /// Sets where compiled code is kept from one start to the next.
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }
}
