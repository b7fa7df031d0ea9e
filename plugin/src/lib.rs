//! The component: translates between WIT and the engine, and does nothing else.
#![cfg_attr(
    target_family = "wasm",
    expect(
        unsafe_code,
        unreachable_pub,
        reason = "the generated exports are raw symbols, and so are libc's in `sealed`"
    )
)]

#[cfg(target_family = "wasm")]
mod sealed;
mod translate;

mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "tag-policy-component", pub_export_macro: true });
}

use bindings::exports::tagseal::policy::tag_policy::{
    Changed, Converted, Decision, Diagnostic, Event, Guest, GuestPolicy, Policy as PolicyHandle, Refusal,
};
use tagseal_engine::{Policy, convert, manage};
use translate::Wit;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: tagseal_allocator::Blocks = tagseal_allocator::Blocks::new(std::alloc::System);

struct Component;

impl Guest for Component {
    type Policy = Policy;

    fn list_rules(document: String, query: String) -> Result<String, Refusal> {
        manage::list(&document, &query).map_err(Wit::wit)
    }

    fn change_rules(document: String, change: String) -> Result<Changed, Refusal> {
        manage::change(&document, &change).map(Wit::wit).map_err(Wit::wit)
    }

    fn import_rules(format: String, text: String, options: String) -> Result<Converted, Refusal> {
        convert::import(&format, &text, &options).map(Wit::wit).map_err(Wit::wit)
    }

    fn export_rules(format: String, document: String, options: String) -> Result<Converted, Refusal> {
        convert::export(&format, &document, &options).map(Wit::wit).map_err(Wit::wit)
    }
}

impl GuestPolicy for Policy {
    fn compile(document: String) -> Result<PolicyHandle, Vec<Diagnostic>> {
        Self::compile(document).map(PolicyHandle::new).map_err(Wit::wit)
    }

    fn evaluate(&self, event: Event) -> Decision {
        decide(self, event)
    }

    fn evaluate_batch(&self, events: Vec<Event>) -> Vec<Decision> {
        events.into_iter().map(|event| decide(self, event)).collect()
    }

    fn evaluate_json(&self, event: String) -> String {
        self.evaluate_json(&event)
    }

    fn warnings(&self) -> Vec<Diagnostic> {
        self.warnings().wit()
    }

    fn revision(&self) -> u64 {
        self.revision()
    }

    fn explain_json(&self, question: String) -> String {
        self.explain_json(&question)
    }
}

/// One copy for one event and for many.
#[inline(never)]
fn decide(policy: &Policy, event: Event) -> Decision {
    policy.evaluate_as(event.into()).wit()
}

// Natively a library with these exports does not link: their names are the component model's.
#[cfg(target_family = "wasm")]
bindings::export!(Component with_types_in bindings);
