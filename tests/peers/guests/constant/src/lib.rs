//! Answers every event with the same decision, in the shape of a real one.
//!
//! It takes whatever event the contract knows, by the same bindings and with the same allocator as the product, looks at
//! the number of its tags and at nothing else, and answers with as many tag decisions. What is left is what any component
//! of this contract costs.
#![cfg_attr(
    target_family = "wasm",
    expect(
        unsafe_code,
        unreachable_pub,
        reason = "the generated exports are raw symbols, and so are libc's in `sealed`"
    )
)]

#[cfg(target_family = "wasm")]
#[path = "../../../../../plugin/src/sealed.rs"]
mod sealed;

mod bindings {
    wit_bindgen::generate!({ path: "../../../../wit", world: "tag-policy-component", pub_export_macro: true });
}

use bindings::exports::tagseal::policy::tag_policy::{
    Changed, Converted, Decision, Diagnostic, Event, Guest, GuestPolicy, ManifestTags, Operation, Outcome,
    Policy as PolicyHandle, Precondition, Refusal, TagDecision,
};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: tagseal_allocator::Blocks = tagseal_allocator::Blocks::new(std::alloc::System);

struct Component;

struct Constant;

impl Guest for Component {
    type Policy = Constant;

    fn list_rules(_document: String, _query: String) -> Result<String, Refusal> {
        Ok(String::new())
    }

    fn change_rules(document: String, _change: String) -> Result<Changed, Refusal> {
        Ok(Changed { document, rule: 1, revision: 1 })
    }

    fn import_rules(_format: String, text: String, _options: String) -> Result<Converted, Refusal> {
        Ok(Converted { text, losses: Vec::new() })
    }

    fn export_rules(_format: String, document: String, _options: String) -> Result<Converted, Refusal> {
        Ok(Converted { text: document, losses: Vec::new() })
    }
}

impl GuestPolicy for Constant {
    fn compile(_document: String) -> Result<PolicyHandle, Vec<Diagnostic>> {
        Ok(PolicyHandle::new(Self))
    }

    fn evaluate(&self, event: Event) -> Decision {
        answer(&event)
    }

    fn evaluate_batch(&self, events: Vec<Event>) -> Vec<Decision> {
        events.iter().map(answer).collect()
    }

    fn evaluate_json(&self, _event: String) -> String {
        String::from(r#"{"outcome":"allow","code":"first-push","rule":1,"pair":0,"revision":1,"message":"","tags":[]}"#)
    }

    fn explain_json(&self, question: String) -> String {
        question
    }

    fn warnings(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    fn revision(&self) -> u64 {
        1
    }
}

fn answer(event: &Event) -> Decision {
    let tags = match &event.operation {
        Operation::Write(write) => write.tags.len(),
        Operation::DeleteManifest(delete) => match &delete.tags {
            ManifestTags::Known(tags) => tags.len(),
            ManifestTags::Unknown => 0,
        },
        Operation::DeleteTag(_) => 1,
    };
    Decision {
        outcome: Outcome::Allow,
        code: String::from("first-push"),
        rule: Some(1),
        pair: Some(0),
        revision: 1,
        message: String::new(),
        tags: (0..tags).map(|_| tag()).collect(),
    }
}

fn tag() -> TagDecision {
    TagDecision {
        tag: String::from("v1.0.0"),
        outcome: Outcome::Allow,
        code: String::from("first-push"),
        rule: Some(1),
        pair: Some(0),
        precondition: Precondition::Absent,
    }
}

// Natively a library with these exports does not link: their names are the component model's.
#[cfg(target_family = "wasm")]
bindings::export!(Component with_types_in bindings);
