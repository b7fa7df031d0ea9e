//! A component that was checked and compiled, with the settings under which it runs.

use crate::bindings::{TagPolicyComponent, TagPolicyComponentPre};
use crate::clock::Clock;
use crate::limits::Limits;
use crate::load_error::LoadError;
use crate::settings::Settings;
use crate::world;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Error, Store};

/// The size of a page of memory, the unit in which components count memory.
const PAGE_BYTES: u64 = 1 << 16;

/// The first bytes of every component. A core module has another version in them.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component that was checked and compiled, with the settings under which it runs.
pub(crate) struct Loaded {
    settings: Settings,
    engine: Engine,
    clock: Clock,
    world: TagPolicyComponentPre<Limits>,
    fuel: AtomicU64,
}

impl Loaded {
    /// Checks a component in the binary format, and compiles it or takes it from the cache. It does not run yet.
    pub(crate) fn new(bytes: &[u8], settings: Settings) -> Result<Self, LoadError> {
        check_bytes(bytes, &settings)?;
        let engine = engine(&settings)?;
        let component =
            Component::from_binary(&engine, bytes).map_err(|error| LoadError::NotAComponent(format!("{error:#}")))?;
        check(&component, &engine, &settings)?;
        let world = Linker::new(&engine)
            .instantiate_pre(&component)
            .and_then(TagPolicyComponentPre::new)
            .map_err(|error| host(&error))?;
        let clock = Clock::start(&engine).map_err(|error| LoadError::Host(error.to_string()))?;
        Ok(Self { settings, engine, clock, world, fuel: AtomicU64::new(0) })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Makes an empty store.
    pub(crate) fn store(&self) -> Store<Limits> {
        let mut store = Store::new(&self.engine, Limits::new(self.settings.max_memory_bytes));
        store.limiter(|limits| limits);
        store.set_hostcall_fuel(self.settings.max_answer_bytes);
        store
    }

    /// Runs the component's start functions in a store, and returns its exports.
    pub(crate) fn start(&self, store: &mut Store<Limits>) -> wasmtime::Result<TagPolicyComponent> {
        self.world.instantiate(store)
    }

    /// Returns the fuel that the calls without a policy have used.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel.load(Relaxed)
    }

    /// Counts the fuel of a call without a policy.
    pub(crate) fn add_fuel(&self, fuel: u64) {
        self.fuel.fetch_add(fuel, Relaxed);
    }
}

fn check_bytes(bytes: &[u8], settings: &Settings) -> Result<(), LoadError> {
    if bytes.len() as u64 > settings.max_component_bytes {
        return Err(LoadError::Size { bytes: bytes.len() as u64, allowed: settings.max_component_bytes });
    }
    if bytes.starts_with(PREAMBLE) {
        return Ok(());
    }
    let what = match bytes {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => "a core module; build it for a target of the component model",
        _ => "it does not start like one",
    };
    Err(LoadError::NotAComponent(what.to_owned()))
}

fn engine(settings: &Settings) -> Result<Engine, LoadError> {
    let mut config = Config::new();
    config
        .cache(settings.cache.open()?)
        .consume_fuel(settings.fuel.is_some())
        .epoch_interruption(true)
        .max_wasm_stack(settings.max_stack_bytes)
        // Equal components decide equally on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // Only backtraces would need these, and they are not used.
        .generate_address_map(false)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None);
    Engine::new(&config).map_err(|error| host(&error))
}

/// Checks the component by its own type, which lists its imports and exports before it runs.
fn check(component: &Component, engine: &Engine, settings: &Settings) -> Result<(), LoadError> {
    let own = component.component_type();
    let imports = world::imports(&own, engine);
    if !imports.is_empty() {
        return Err(LoadError::Imports(imports));
    }
    let missing = world::missing(&own, engine);
    if !missing.is_empty() {
        return Err(LoadError::World(missing));
    }
    let required = component.resources_required();
    let starts = required.and_then(|it| it.max_initial_memory_size).unwrap_or(0).saturating_mul(PAGE_BYTES);
    if starts > settings.max_memory_bytes as u64 {
        return Err(LoadError::Memory { starts, allowed: settings.max_memory_bytes });
    }
    Ok(())
}

fn host(error: &Error) -> LoadError {
    LoadError::Host(format!("{error:#}"))
}
