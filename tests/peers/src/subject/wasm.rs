//! Core modules that are asked as other policy systems ask theirs: with texts in JSON, through the module's memory.

use super::{Engine, Judge};
use crate::event::{Outcome, json};
use crate::policy::Policy;
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use tagseal::contract::Event;
use wasmtime::{Caller, Extern, Instance, InstancePre, Linker, Memory, Module, Store, TypedFunc};

/// The module that is asked as those that OPA compiles.
pub(super) const OPA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/opa.wasm"));
/// The module that is asked as Kubewarden's.
pub(super) const KUBEWARDEN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kubewarden.wasm"));

/// wasmtime's errors are no errors of std.
trait Reported<T> {
    fn reported(self) -> Result<T>;
}

impl<T> Reported<T> for wasmtime::Result<T> {
    fn reported(self) -> Result<T> {
        self.map_err(|error| anyhow!("{error:#}"))
    }
}

/// A module, linked.
struct Guest<T: 'static> {
    module: InstancePre<T>,
}

impl<T: 'static> Guest<T> {
    fn new(bytes: &[u8], define: impl FnOnce(&mut Linker<T>) -> wasmtime::Result<()>) -> Result<Self> {
        let engine = wasmtime::Engine::default();
        let module = Module::new(&engine, bytes).reported()?;
        let mut linker = Linker::new(&engine);
        // What std asks for the keys of its hash maps. As the product's component has it: equal everywhere.
        linker
            .func_wrap("wasi:random/insecure-seed@0.2.4", "insecure-seed", |mut caller: Caller<'_, T>, at: u32| {
                memory(&mut caller)?.write(&mut caller, at as usize, &[0x5a; 16])?;
                wasmtime::Result::Ok(())
            })
            .and_then(define)
            .reported()?;
        Ok(Self { module: linker.instantiate_pre(&module).reported()? })
    }

    fn start(&self, data: T) -> Result<(Store<T>, Instance)> {
        let mut store = Store::new(self.module.module().engine(), data);
        let instance = self.module.instantiate(&mut store).reported()?;
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).reported()?;
        }
        Ok((store, instance))
    }
}

fn memory<T>(caller: &mut Caller<'_, T>) -> wasmtime::Result<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("the module has no memory")),
    }
}

struct Opa(Guest<()>);

struct Loaded {
    store: Store<()>,
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    release: TypedFunc<(u32, u32), ()>,
    evaluate: TypedFunc<(u32, u32), u64>,
    answer: Vec<u8>,
}

pub(super) fn load_opa() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Opa(Guest::new(OPA, |_| Ok(()))?)))
}

impl Engine for Opa {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let (mut store, instance) = self.0.start(())?;
        let memory = instance.get_memory(&mut store, "memory").context("the module has no memory")?;
        let load = instance.get_typed_func::<(u32, u32), u32>(&mut store, "load").reported()?;
        let mut loaded = Loaded {
            memory,
            allocate: instance.get_typed_func(&mut store, "allocate").reported()?,
            release: instance.get_typed_func(&mut store, "release").reported()?,
            evaluate: instance.get_typed_func(&mut store, "evaluate").reported()?,
            answer: Vec::new(),
            store,
        };
        let document = loaded.put(&policy.document())?;
        ensure!(load.call(&mut loaded.store, document).reported()? == 1, "the module refuses the document");
        Ok(Box::new(loaded))
    }
}

impl Judge for Loaded {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        let event = self.put(&json(event)?)?;
        let answer = self.evaluate.call(&mut self.store, event).reported()?;
        let (address, size) = ((answer >> 32) as u32, answer as u32);
        self.answer.resize(size as usize, 0);
        self.memory.read(&self.store, address as usize, &mut self.answer)?;
        self.release.call(&mut self.store, (address, size)).reported()?;
        super::component::read(std::str::from_utf8(&self.answer)?)
    }
}

impl Loaded {
    /// Writes a text into memory that the guest gives for it.
    fn put(&mut self, text: &str) -> Result<(u32, u32)> {
        let size = u32::try_from(text.len())?;
        let address = self.allocate.call(&mut self.store, size).reported()?;
        self.memory.write(&mut self.store, address as usize, text.as_bytes())?;
        Ok((address, size))
    }
}

struct Kubewarden(Guest<Exchange>);

/// What a request brings, and what comes back.
#[derive(Default)]
struct Exchange {
    payload: String,
    response: Vec<u8>,
}

struct Settings {
    guest: Guest<Exchange>,
    document: String,
}

pub(super) fn load_kubewarden() -> Result<Box<dyn Engine>> {
    Ok(Box::new(Kubewarden(kubewarden()?)))
}

const OPERATION: &str = "validate";

fn kubewarden() -> Result<Guest<Exchange>> {
    Guest::new(KUBEWARDEN, |linker| {
        linker.func_wrap(
            "wapc",
            "__guest_request",
            |mut caller: Caller<'_, Exchange>, operation: u32, payload: u32| {
                let memory = memory(&mut caller)?;
                memory.write(&mut caller, operation as usize, OPERATION.as_bytes())?;
                let (bytes, exchange) = memory.data_and_store_mut(&mut caller);
                let place = bytes.get_mut(payload as usize..).and_then(|rest| rest.get_mut(..exchange.payload.len()));
                let place = place.ok_or_else(|| wasmtime::Error::msg("the payload does not fit"))?;
                place.copy_from_slice(exchange.payload.as_bytes());
                wasmtime::Result::Ok(())
            },
        )?;
        linker.func_wrap("wapc", "__guest_response", |mut caller: Caller<'_, Exchange>, address: u32, size: u32| {
            let memory = memory(&mut caller)?;
            let mut response = vec![0; size as usize];
            memory.read(&caller, address as usize, &mut response)?;
            caller.data_mut().response = response;
            wasmtime::Result::Ok(())
        })?;
        Ok(())
    })
}

impl Engine for Kubewarden {
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>> {
        let guest = Guest { module: self.0.module.clone() };
        Ok(Box::new(Settings { guest, document: policy.document() }))
    }
}

impl Judge for Settings {
    fn outcome(&mut self, event: &Event) -> Result<Outcome> {
        let payload = format!(r#"{{"settings":{},"request":{}}}"#, self.document, json(event)?);
        let size = u32::try_from(payload.len())?;
        let (mut store, instance) = self.guest.start(Exchange { payload, response: Vec::new() })?;
        let call = instance.get_typed_func::<(u32, u32), i32>(&mut store, "__guest_call").reported()?;
        if call.call(&mut store, (u32::try_from(OPERATION.len())?, size)).reported()? != 1 {
            bail!("the module refuses the request");
        }
        let response: Response = serde_json::from_slice(&store.data().response)?;
        let outcome = super::component::read(&response.message)?;
        ensure!(response.accepted == (outcome == Outcome::Allow), "the module contradicts itself");
        Ok(outcome)
    }
}

#[derive(Deserialize)]
struct Response {
    accepted: bool,
    message: String,
}
