//! One instance of a component: alone, or with one compiled document in it.

use crate::bindings::TagPolicyComponent;
use crate::bindings::exports::tagseal::policy::tag_policy::{Guest, GuestPolicy};
use crate::clock::{Running, ticks};
use crate::component::Component;
use crate::contract::{Decision, Diagnostic, Event};
use crate::failure::{CompileError, Failure};
use crate::limits::Limits;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// One instance of a component with nothing in it yet. All that it is asked, its start included, has to be answered within
/// one compile deadline.
pub(crate) struct Bare<'a> {
    component: &'a Component,
    store: Store<Limits>,
    world: TagPolicyComponent,
    _running: Running<'a>,
}

impl<'a> Bare<'a> {
    /// Starts an instance.
    pub(crate) fn start(component: &'a Component) -> Result<Self, Failure> {
        let settings = component.settings();
        let mut store = component.store();
        let running = component.clock().run();
        limit(&mut store, settings.compile_deadline, settings.fuel);
        let world = component.start(&mut store).map_err(|error| {
            match Failure::new(&error, settings.compile_deadline, settings) {
                // There was no answer yet that could be too large.
                Failure::Answer(_) => Failure::Start(format!("{error:#}")),
                failure => failure,
            }
        })?;
        Ok(Self { component, store, world, _running: running })
    }

    /// Lets answers be so many bytes longer than the settings allow.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.store.set_hostcall_fuel(self.component.settings().answer.saturating_add(bytes));
    }

    /// Asks what needs no policy.
    pub(crate) fn ask<T>(
        &mut self,
        ask: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let settings = self.component.settings();
        let answer = ask(self.world.tagseal_policy_tag_policy(), &mut self.store);
        answer.map_err(|error| Failure::new(&error, settings.compile_deadline, settings))
    }

    /// What it used so far, its start included, 0 if that is not counted.
    pub(crate) fn fuel(&self) -> u64 {
        burnt(&self.store, self.component.settings().fuel)
    }

    /// What it consists of, once it has answered.
    fn finish(self) -> (Store<Limits>, TagPolicyComponent) {
        (self.store, self.world)
    }
}

/// One instance of a component, with one compiled document in it. After a call that failed it is of no more use: whatever
/// it was asked, it would trap.
pub(crate) struct Instance {
    component: Component,
    store: Store<Limits>,
    world: TagPolicyComponent,
    policy: ResourceAny,
    /// Bytes that it held when the document was compiled.
    compiled: usize,
    fuel: u64,
}

impl Instance {
    /// Starts an instance and compiles a document in it, both within the compile deadline.
    pub(crate) fn new(component: Component, document: &str) -> Result<Self, CompileError> {
        let mut bare = Bare::start(&component)?;
        let compiled = bare.ask(|interface, store| interface.policy().call_compile(store, document))?;
        let policy = compiled.map_err(CompileError::Diagnostics)?;
        let (store, world) = bare.finish();
        let (held, fuel) = (store.data().held(), burnt(&store, component.settings().fuel));
        Ok(Self { component, store, world, policy, compiled: held, fuel })
    }

    /// Decides an event.
    pub(crate) fn evaluate(&mut self, event: &Event) -> Result<Decision, Failure> {
        self.call(|policy, store, handle| policy.call_evaluate(store, handle, event))
    }

    /// Decides each event by itself.
    pub(crate) fn evaluate_batch(&mut self, events: &[Event]) -> Result<Vec<Decision>, Failure> {
        self.call(|policy, store, handle| policy.call_evaluate_batch(store, handle, events))
    }

    /// Decides an event in JSON.
    pub(crate) fn evaluate_json(&mut self, event: &str) -> Result<String, Failure> {
        self.call(|policy, store, handle| policy.call_evaluate_json(store, handle, event))
    }

    /// Explains what is decided for one tag. The document is read again for it.
    pub(crate) fn explain_json(&mut self, question: &str) -> Result<String, Failure> {
        let deadline = self.component.settings().compile_deadline;
        self.call_within(deadline, |policy, store, handle| policy.call_explain_json(store, handle, question))
    }

    /// What the document's warnings are.
    pub(crate) fn warnings(&mut self) -> Result<Vec<Diagnostic>, Failure> {
        let deadline = self.component.settings().compile_deadline;
        self.call_within(deadline, |policy, store, handle| policy.call_warnings(store, handle))
    }

    /// The document's revision.
    pub(crate) fn revision(&mut self) -> Result<u64, Failure> {
        self.call(|policy, store, handle| policy.call_revision(store, handle))
    }

    /// Lets the component drop the policy by itself.
    pub(crate) fn close(mut self) -> Result<(), Failure> {
        self.call(|_, store, handle| handle.resource_drop(store))
    }

    /// Bytes of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().held()
    }

    /// What the last call used, 0 if that is not counted.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Whether it holds so much more than at first that it should be replaced.
    pub(crate) fn outgrown(&self) -> bool {
        self.memory().saturating_sub(self.compiled) > self.component.settings().growth
    }

    fn call<T>(
        &mut self,
        ask: impl FnOnce(GuestPolicy<'_>, &mut Store<Limits>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        self.call_within(self.component.settings().decision_deadline, ask)
    }

    fn call_within<T>(
        &mut self,
        deadline: Duration,
        ask: impl FnOnce(GuestPolicy<'_>, &mut Store<Limits>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let settings = self.component.settings();
        let _running = self.component.clock().run();
        limit(&mut self.store, deadline, settings.fuel);
        let answer = ask(self.world.tagseal_policy_tag_policy().policy(), &mut self.store, self.policy);
        self.fuel = burnt(&self.store, settings.fuel);
        answer.map_err(|error| Failure::new(&error, deadline, settings))
    }
}

/// Sets what the next calls of a store may use, all together.
fn limit(store: &mut Store<Limits>, deadline: Duration, fuel: Option<u64>) {
    store.set_epoch_deadline(ticks(deadline));
    if let Some(fuel) = fuel {
        // It fails only where fuel is not counted.
        drop(store.set_fuel(fuel));
    }
}

/// What the calls since used, 0 if that is not counted.
fn burnt(store: &Store<Limits>, fuel: Option<u64>) -> u64 {
    fuel.map_or(0, |fuel| fuel.saturating_sub(store.get_fuel().unwrap_or_default()))
}
