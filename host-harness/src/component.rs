//! A component, checked and compiled, not run yet.

use crate::bindings::exports::tagseal::policy::tag_policy::Guest;
use crate::bindings::{TagPolicyComponent, TagPolicyComponentPre};
use crate::clock::Clock;
use crate::contract::{self, Changed, Converted};
use crate::failure::{CompileError, RulesError};
use crate::instance::Bare;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::world;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, Error, Store};

/// The component that was built together with this library.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tagseal.wasm"));

/// Bytes of a page of memory, by which components count.
const PAGE: u64 = 1 << 16;

/// What every component starts with. A core module has another version there.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component that has the world of the contract and imports nothing: checked and compiled, not run yet. Clones share it.
#[derive(Clone)]
pub struct Component(Arc<Loaded>);

struct Loaded {
    settings: Settings,
    engine: Engine,
    clock: Clock,
    world: TagPolicyComponentPre<Limits>,
    fuel: AtomicU64,
}

impl Component {
    /// The component that was built together with this library.
    ///
    /// # Errors
    ///
    /// When the settings don't fit it (a memory cap under what it starts with), or the host can't run it.
    pub fn embedded(settings: Settings) -> Result<Self, Refusal> {
        Self::from_bytes(COMPONENT, settings)
    }

    /// Reads a component file, in the binary format.
    ///
    /// # Errors
    ///
    /// A file that can't be read, and whatever [`Component::from_bytes`] refuses.
    pub fn from_file(path: &Path, settings: Settings) -> Result<Self, Refusal> {
        let mut bytes = Vec::new();
        let limit = settings.component.saturating_add(1);
        File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| Refusal::Io(path.to_owned(), error))?;
        Self::from_bytes(&bytes, settings)
    }

    /// Checks a component in the binary format, and compiles it or takes it from the cache. Nothing of it runs.
    ///
    /// # Errors
    ///
    /// - text, a core module, a file that was cut: no component
    /// - a component that imports anything at all
    /// - one without the interface of the contract, or with a function of another type
    /// - one that is too large, or starts with more memory than it may hold
    pub fn from_bytes(bytes: &[u8], settings: Settings) -> Result<Self, Refusal> {
        check_bytes(bytes, &settings)?;
        let engine = engine(&settings)?;
        let component = wasmtime::component::Component::from_binary(&engine, bytes)
            .map_err(|error| Refusal::NotAComponent(format!("{error:#}")))?;
        check(&component, &engine, &settings)?;
        let world = Linker::new(&engine)
            .instantiate_pre(&component)
            .and_then(TagPolicyComponentPre::new)
            .map_err(|error| host(&error))?;
        let clock = Clock::start(&engine).map_err(|error| Refusal::Host(error.to_string()))?;
        Ok(Self(Arc::new(Loaded { settings, engine, clock, world, fuel: AtomicU64::new(0) })))
    }

    /// Checks and compiles a policy document, in an instance of its own.
    ///
    /// # Errors
    ///
    /// A document that does not check, with every problem; or the component fails.
    pub fn compile(&self, document: &str) -> Result<Policy, CompileError> {
        Policy::new(self.clone(), document)
    }

    /// Lists the rules of a document, asked and answered in JSON: the query `{}` is for all of them. It is done in an
    /// instance of its own, within the compile deadline.
    ///
    /// # Errors
    ///
    /// The query or the document does not check, or the component fails.
    pub fn list_rules(&self, document: &str, query: &str) -> Result<String, RulesError> {
        self.ask(document.len(), |interface, store| interface.call_list_rules(store, document, query))
    }

    /// Makes a change, which is JSON, to the rules of a document: creates, configures, switches or deletes one. It is done in
    /// an instance of its own, within the compile deadline. To store the new document is the host's business.
    ///
    /// # Errors
    ///
    /// The change can't be made, or the component fails.
    pub fn change_rules(&self, document: &str, change: &str) -> Result<Changed, RulesError> {
        self.ask(document.len(), |interface, store| interface.call_change_rules(store, document, change))
    }

    /// Turns the rules of another registry, as its API answered them, into a policy document. Options are JSON: `{}`, or
    /// `{"namespace": "prod", "instance": "registry-prod"}`. It is done in an instance of its own, within the compile
    /// deadline.
    ///
    /// # Errors
    ///
    /// The format is unknown, the text or the options do not check, or the component fails.
    pub fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Converted, RulesError> {
        self.ask(text.len(), |interface, store| interface.call_import_rules(store, format, text, options))
    }

    /// Turns a policy document into the rules of another registry that say the same. Options are those of an import. It is
    /// done in an instance of its own, within the compile deadline.
    ///
    /// # Errors
    ///
    /// The format is unknown or can't say it, the document or the options do not check, or the component fails.
    pub fn export_rules(&self, format: &str, document: &str, options: &str) -> Result<Converted, RulesError> {
        // Other registries say at length what a preset says in one word.
        let length = document.len().saturating_mul(8);
        self.ask(length, |interface, store| interface.call_export_rules(store, format, document, options))
    }

    /// What all its answers about rules have used so far. Counted only with a limit ([`Settings::fuel`]), else 0; what a
    /// policy uses is counted there.
    pub fn fuel(&self) -> u64 {
        self.0.fuel.load(Relaxed)
    }

    /// Asks an instance of its own, whose answer may be so many bytes longer than the settings allow.
    fn ask<T>(
        &self,
        bytes: usize,
        ask: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<Result<T, contract::Refusal>>,
    ) -> Result<T, RulesError> {
        let mut bare = Bare::start(self)?;
        bare.allow(bytes);
        let answer = bare.ask(ask);
        self.0.fuel.fetch_add(bare.fuel(), Relaxed);
        answer?.map_err(RulesError::Refused)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A store with nothing in it.
    pub(crate) fn store(&self) -> Store<Limits> {
        let Settings { memory, answer, .. } = self.0.settings;
        let mut store = Store::new(&self.0.engine, Limits::new(memory));
        store.limiter(|limits| limits);
        store.set_hostcall_fuel(answer);
        store
    }

    /// Runs the component's start functions in a store, and gives its exports.
    pub(crate) fn start(&self, store: &mut Store<Limits>) -> wasmtime::Result<TagPolicyComponent> {
        self.0.world.instantiate(store)
    }
}

fn check_bytes(bytes: &[u8], settings: &Settings) -> Result<(), Refusal> {
    if bytes.len() as u64 > settings.component {
        return Err(Refusal::Size { bytes: bytes.len() as u64, allowed: settings.component });
    }
    if bytes.starts_with(PREAMBLE) {
        return Ok(());
    }
    let what = match bytes {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => "a core module; build it for a target of the component model",
        _ => "it does not start as one",
    };
    Err(Refusal::NotAComponent(what.to_owned()))
}

fn engine(settings: &Settings) -> Result<Engine, Refusal> {
    let mut config = Config::new();
    config
        .cache(settings.cache.open()?)
        .consume_fuel(settings.fuel.is_some())
        .epoch_interruption(true)
        .max_wasm_stack(settings.stack)
        // Equal components decide equally on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // Only backtraces would need these, and nobody reads them.
        .generate_address_map(false)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None);
    Engine::new(&config).map_err(|error| host(&error))
}

/// Refuses by the component's own type, which says what it wants and has before anything of it runs.
fn check(component: &wasmtime::component::Component, engine: &Engine, settings: &Settings) -> Result<(), Refusal> {
    let own = component.component_type();
    let imports = world::imports(&own, engine);
    if !imports.is_empty() {
        return Err(Refusal::Imports(imports));
    }
    let missing = world::missing(&own, engine);
    if !missing.is_empty() {
        return Err(Refusal::World(missing));
    }
    let required = component.resources_required();
    let starts = required.and_then(|it| it.max_initial_memory_size).unwrap_or(0).saturating_mul(PAGE);
    if starts > settings.memory as u64 {
        return Err(Refusal::Memory { starts, allowed: settings.memory });
    }
    Ok(())
}

fn host(error: &Error) -> Refusal {
    Refusal::Host(format!("{error:#}"))
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Component").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
