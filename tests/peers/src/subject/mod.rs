//! Who is asked: Tagseal in its forms, and what people would pick instead.

mod cedar;
mod cel;
mod component;
mod globs;
mod native;
mod rego;
mod wasm;

use crate::event::Outcome;
use crate::policy::Policy;
use anyhow::Result;
use tagseal::contract::Event;

pub(crate) use component::{CONSTANT, settings};
pub(crate) use native::{compile, owned};

/// One of those that are compared.
pub(crate) struct Subject {
    /// Its name on the command line of a child.
    pub(crate) word: &'static str,
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// What it was given so that the comparison is fair, and what it was spared.
    pub(crate) note: &'static str,
    /// How many events it is asked at once.
    pub(crate) batch: usize,
    /// Whether its answers mean anything.
    pub(crate) decides: bool,
    /// Bytes of what a host loads, where that is a file of its own.
    pub(crate) size: Option<usize>,
    /// Makes it ready to take a policy.
    pub(crate) load: fn() -> Result<Box<dyn Engine>>,
}

/// What takes policies.
pub(crate) trait Engine {
    /// Makes a policy ready to be asked.
    fn compile(&self, policy: &Policy) -> Result<Box<dyn Judge>>;
}

/// What answers.
pub(crate) trait Judge {
    /// Decides an event.
    fn outcome(&mut self, event: &Event) -> Result<Outcome>;

    /// Decides events, and puts the outcomes behind those that are there: one by one, if nothing else is said.
    fn judge(&mut self, events: &[Event], outcomes: &mut Vec<Outcome>) -> Result<()> {
        for event in events {
            outcomes.push(self.outcome(event)?);
        }
        Ok(())
    }
}

/// How many events a batch has.
const BATCH: usize = 100;

/// The subject that all others are measured by.
pub(crate) const MEASURE: &str = "component";

/// All of them. What decides first is what the others have to agree with.
pub(crate) const SUBJECTS: [Subject; 13] = [
    Subject {
        word: "native",
        name: "Tagseal, engine linked natively",
        note: "The engine without a sandbox, compiled once. It takes events for its own, so each is copied for it.",
        batch: 1,
        decides: true,
        size: None,
        load: native::load,
    },
    Subject {
        word: "component",
        name: "**Tagseal, component**",
        note: "Through the harness, with its deadlines and caps; compiled once, one instance.",
        batch: 1,
        decides: true,
        size: Some(tagseal::COMPONENT.len()),
        load: component::load,
    },
    Subject {
        word: "component-batch",
        name: "Tagseal, component, batches of 100",
        note: "The same, a hundred events a call.",
        batch: BATCH,
        decides: true,
        size: Some(tagseal::COMPONENT.len()),
        load: component::load,
    },
    Subject {
        word: "component-json",
        name: "Tagseal, component, by JSON",
        note: "The same, but the host writes each event as JSON and reads the answer from JSON.",
        batch: 1,
        decides: true,
        size: Some(tagseal::COMPONENT.len()),
        load: component::load_json,
    },
    Subject {
        word: "constant",
        name: "Constant answer",
        note: "A component of the same world, with the same bindings and allocator, that answers every event alike, with \
               as many tags as it has: what a call costs when deciding costs nothing.",
        batch: 1,
        decides: false,
        size: Some(CONSTANT.len()),
        load: component::load_constant,
    },
    Subject {
        word: "constant-batch",
        name: "Constant answer, batches of 100",
        note: "The same, a hundred events a call.",
        batch: BATCH,
        decides: false,
        size: Some(CONSTANT.len()),
        load: component::load_constant,
    },
    Subject {
        word: "rego",
        name: "Rego (`regorus`)",
        note: "Rules as data, found by namespace; compiled once for the crate's virtual machine, which is kept between \
               events; literals in sets; its caches of globs and expressions opened to their limit; the input built as \
               a value, without JSON.",
        batch: 1,
        decides: true,
        size: None,
        load: rego::load,
    },
    Subject {
        word: "cel",
        name: "CEL (`cel`)",
        note: "An expression a rule, compiled once; the host finds it by namespace and binds variables without copies. A \
               release is recognised by `matches`, whose expression the crate compiles at each call.",
        batch: 1,
        decides: true,
        size: None,
        load: cel::load,
    },
    Subject {
        word: "cel-helped",
        name: "CEL, releases recognised by the host",
        note: "The same, but the host says whether a tag is a release, by an expression of its own that it compiled once: \
               that part of the rule is out of the policy's hands.",
        batch: 1,
        decides: true,
        size: None,
        load: cel::load_helped,
    },
    Subject {
        word: "cedar",
        name: "Cedar (`cedar-policy`)",
        note: "A policy a rule, parsed once; a policy set a namespace, since an authorizer tries each policy of a set; the \
               host says whether a tag is a release, since Cedar has no regular expressions.",
        batch: 1,
        decides: true,
        size: None,
        load: cedar::load,
    },
    Subject {
        word: "opa",
        name: "JSON into a core module, OPA's way",
        note: "Tagseal's engine in a core module: JSON in and out through the guest's own heap, the document loaded once, \
               the instance kept; without epochs, deadlines or caps.",
        batch: 1,
        decides: true,
        size: Some(wasm::OPA.len()),
        load: wasm::load_opa,
    },
    Subject {
        word: "kubewarden",
        name: "waPC, Kubewarden's way",
        note: "Tagseal's engine in a core module: by waPC, with request and settings in one JSON text, in an instance that \
               lives for one request, linked beforehand; without epochs, deadlines or caps.",
        batch: 1,
        decides: true,
        size: Some(wasm::KUBEWARDEN.len()),
        load: wasm::load_kubewarden,
    },
    Subject {
        word: "globset",
        name: "`globset`, compiled per request",
        note: "What a service does that keeps patterns as texts: the rule found by namespace, its patterns compiled for \
               each event that they are asked for.",
        batch: 1,
        decides: true,
        size: None,
        load: globs::load,
    },
];

/// A policy of the component, as a judge.
pub(crate) fn component(policy: tagseal::Policy) -> Box<dyn Judge> {
    Box::new(component::TypedPolicy(policy))
}

/// A document's policy by the native engine, as a judge.
pub(crate) fn native(document: String) -> Result<Box<dyn Judge>> {
    Ok(Box::new(native::Compiled(native::compile(document)?)))
}

/// The subject of a word.
pub(crate) fn named(word: &str) -> Option<&'static Subject> {
    SUBJECTS.iter().find(|subject| subject.word == word)
}
