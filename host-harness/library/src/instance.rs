//! One instance of a component: without a policy, or with one compiled document in it.

use crate::bindings::TagPolicyComponent;
use crate::bindings::exports::tagseal::policy::tag_policy::{Guest, GuestPolicy};
use crate::call_error::{CallError, CompileError};
use crate::clock::{Running, ticks};
use crate::contract::{Decision, Diagnostic, Event};
use crate::limits::Limits;
use crate::loaded::Loaded;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// One instance of a component without a policy. Its start and all its answers together have to fit into one compile
/// deadline.
pub(crate) struct Bare<'a> {
    loaded: &'a Loaded,
    store: Store<Limits>,
    world: TagPolicyComponent,
    _running: Running<'a>,
}

impl<'a> Bare<'a> {
    /// Starts an instance.
    pub(crate) fn start(loaded: &'a Loaded) -> Result<Self, CallError> {
        let settings = loaded.settings();
        let mut store = loaded.store();
        let running = loaded.clock().run();
        limit(&mut store, settings.compile_deadline, settings.fuel);
        let world = loaded.start(&mut store).map_err(|error| {
            match CallError::new(&error, settings.compile_deadline, settings) {
                // There was no answer yet that could be too long.
                CallError::Answer(_) => CallError::Start(format!("{error:#}")),
                error => error,
            }
        })?;
        Ok(Self { loaded, store, world, _running: running })
    }

    /// Lets answers be longer than the settings allow, by this many bytes.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.store.set_hostcall_fuel(self.loaded.settings().max_answer_bytes.saturating_add(bytes));
    }

    /// Asks a question that needs no policy.
    pub(crate) fn ask<T>(
        &mut self,
        ask: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let settings = self.loaded.settings();
        let answer = ask(self.world.tagseal_policy_tag_policy(), &mut self.store);
        answer.map_err(|error| CallError::new(&error, settings.compile_deadline, settings))
    }

    /// Returns the fuel that it used so far, with its start, or 0 if that is not counted.
    pub(crate) fn fuel(&self) -> u64 {
        burnt(&self.store, self.loaded.settings().fuel)
    }

    /// Takes it apart, once it has answered.
    fn finish(self) -> (Store<Limits>, TagPolicyComponent) {
        (self.store, self.world)
    }
}

/// One instance of a component, with one compiled document in it. After a call that failed it can't be used any more: it would
/// trap at every call.
pub(crate) struct Instance {
    loaded: Arc<Loaded>,
    store: Store<Limits>,
    world: TagPolicyComponent,
    policy: ResourceAny,
    /// The bytes of memory that it held when the document was compiled.
    compiled_bytes: usize,
    fuel: u64,
}

impl Instance {
    /// Starts an instance and compiles a document in it, both within the compile deadline.
    pub(crate) fn new(loaded: Arc<Loaded>, document: &str) -> Result<Self, CompileError> {
        let mut bare = Bare::start(&loaded)?;
        let compiled = bare.ask(|interface, store| interface.policy().call_compile(store, document))?;
        let policy = compiled.map_err(CompileError::Diagnostics)?;
        let (store, world) = bare.finish();
        let (compiled_bytes, fuel) = (store.data().held(), burnt(&store, loaded.settings().fuel));
        Ok(Self { loaded, store, world, policy, compiled_bytes, fuel })
    }

    /// Decides an event.
    pub(crate) fn evaluate(&mut self, event: &Event) -> Result<Decision, CallError> {
        self.call(|policy, store, handle| policy.call_evaluate(store, handle, event))
    }

    /// Decides each event by itself.
    pub(crate) fn evaluate_batch(&mut self, events: &[Event]) -> Result<Vec<Decision>, CallError> {
        self.call(|policy, store, handle| policy.call_evaluate_batch(store, handle, events))
    }

    /// Decides an event in JSON.
    pub(crate) fn evaluate_json(&mut self, event: &str) -> Result<String, CallError> {
        self.call(|policy, store, handle| policy.call_evaluate_json(store, handle, event))
    }

    /// Explains what is decided for one tag. The document is parsed again for it.
    pub(crate) fn explain_json(&mut self, question: &str) -> Result<String, CallError> {
        let deadline = self.loaded.settings().compile_deadline;
        self.call_within(deadline, |policy, store, handle| policy.call_explain_json(store, handle, question))
    }

    /// Returns the warnings about the document.
    pub(crate) fn warnings(&mut self) -> Result<Vec<Diagnostic>, CallError> {
        let deadline = self.loaded.settings().compile_deadline;
        self.call_within(deadline, |policy, store, handle| policy.call_warnings(store, handle))
    }

    /// Returns the document's revision.
    pub(crate) fn revision(&mut self) -> Result<u64, CallError> {
        self.call(|policy, store, handle| policy.call_revision(store, handle))
    }

    /// Lets the component drop the policy by its own destructor.
    pub(crate) fn close(mut self) -> Result<(), CallError> {
        self.call(|_, store, handle| handle.resource_drop(store))
    }

    /// Returns the bytes of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().held()
    }

    /// Returns the fuel that the last call used, or 0 if that is not counted.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Returns whether it holds so much more memory than at first that it should be replaced.
    pub(crate) fn outgrown(&self) -> bool {
        self.memory().saturating_sub(self.compiled_bytes) > self.loaded.settings().max_growth_bytes
    }

    fn call<T>(
        &mut self,
        ask: impl FnOnce(GuestPolicy<'_>, &mut Store<Limits>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        self.call_within(self.loaded.settings().decision_deadline, ask)
    }

    fn call_within<T>(
        &mut self,
        deadline: Duration,
        ask: impl FnOnce(GuestPolicy<'_>, &mut Store<Limits>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let settings = self.loaded.settings();
        let _running = self.loaded.clock().run();
        limit(&mut self.store, deadline, settings.fuel);
        let answer = ask(self.world.tagseal_policy_tag_policy().policy(), &mut self.store, self.policy);
        self.fuel = burnt(&self.store, settings.fuel);
        answer.map_err(|error| CallError::new(&error, deadline, settings))
    }
}

/// Sets how much time and fuel the next calls of a store may use, all together.
fn limit(store: &mut Store<Limits>, deadline: Duration, fuel: Option<u64>) {
    store.set_epoch_deadline(ticks(deadline));
    if let Some(fuel) = fuel {
        // This fails only if fuel is not counted.
        drop(store.set_fuel(fuel));
    }
}

/// Returns the fuel that was used since it was set, or 0 if that is not counted.
fn burnt(store: &Store<Limits>, fuel: Option<u64>) -> u64 {
    fuel.map_or(0, |fuel| fuel.saturating_sub(store.get_fuel().unwrap_or_default()))
}
