//! Checks whether a component has the world of the contract, by its own type, before it runs.

use crate::contract::{Changed, Converted, Decision, Diagnostic, Event, Refusal};
use wasmtime::Engine;
use wasmtime::component::types::{Component, ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentNamedList, Lift, Lower, ResourceAny};

const INTERFACE: &str = "tagseal:policy/tag-policy@0.2.0";
const RESOURCE: &str = "policy";

type Check = fn(&ComponentFunc, &Component) -> bool;

/// The functions that the host calls, each with the check of its type.
const FUNCTIONS: [(&str, Check); 11] = [
    ("[static]policy.compile", is::<(&str,), (Result<ResourceAny, Vec<Diagnostic>>,)>),
    ("[method]policy.evaluate", is::<(ResourceAny, &Event), (Decision,)>),
    ("[method]policy.evaluate-batch", is::<(ResourceAny, &[Event]), (Vec<Decision>,)>),
    ("[method]policy.evaluate-json", is::<(ResourceAny, &str), (String,)>),
    ("[method]policy.warnings", is::<(ResourceAny,), (Vec<Diagnostic>,)>),
    ("[method]policy.revision", is::<(ResourceAny,), (u64,)>),
    ("[method]policy.explain-json", is::<(ResourceAny, &str), (String,)>),
    ("list-rules", is::<(&str, &str), (Result<String, Refusal>,)>),
    ("change-rules", is::<(&str, &str), (Result<Changed, Refusal>,)>),
    ("import-rules", is::<(&str, &str, &str), (Result<Converted, Refusal>,)>),
    ("export-rules", is::<(&str, &str, &str), (Result<Converted, Refusal>,)>),
];

/// Returns the names that a component imports.
pub(crate) fn imports(component: &Component, engine: &Engine) -> Vec<String> {
    component.imports(engine).map(|(name, _)| name.to_owned()).collect()
}

/// Returns the names of the exports that are missing, or have another type than in the contract.
pub(crate) fn missing(component: &Component, engine: &Engine) -> Vec<String> {
    let export = component.get_export(engine, INTERFACE).map(|export| export.ty);
    let Some(ComponentItem::ComponentInstance(interface)) = export else {
        return vec![INTERFACE.to_owned()];
    };
    let item = |name| interface.get_export(engine, name).map(|export| export.ty);
    let mut missing = Vec::new();
    if !matches!(item(RESOURCE), Some(ComponentItem::Resource(_))) {
        missing.push(RESOURCE.to_owned());
    }
    for (name, check) in FUNCTIONS {
        if !matches!(item(name), Some(ComponentItem::ComponentFunc(function)) if check(&function, component)) {
            missing.push(name.to_owned());
        }
    }
    missing
}

/// Returns whether a function has these parameters and this result. wasmtime makes the same check when it looks up a function
/// in an instance, but then the component's start functions have run already.
fn is<Parameters, Output>(function: &ComponentFunc, component: &Component) -> bool
where
    Parameters: ComponentNamedList + Lower,
    Output: ComponentNamedList + Lift,
{
    !function.async_() && function.typecheck::<Parameters, Output>(&component.instance_type()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::COMPONENT;

    #[test]
    fn every_function_of_the_contract_is_checked() {
        let engine = Engine::default();
        let own = wasmtime::component::Component::from_binary(&engine, COMPONENT).unwrap().component_type();
        let Some(ComponentItem::ComponentInstance(interface)) = own.get_export(&engine, INTERFACE).map(|it| it.ty)
        else {
            panic!("no {INTERFACE}");
        };
        let exports = interface.exports(&engine).filter(|(_, it)| matches!(it.ty, ComponentItem::ComponentFunc(_)));
        let mut exported: Vec<_> = exports.map(|(name, _)| name.to_owned()).collect();
        let mut checked: Vec<_> = FUNCTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        exported.sort();
        checked.sort();
        assert_eq!(exported, checked);
        assert_eq!(own.exports(&engine).len(), 1);
        assert_eq!(imports(&own, &engine), Vec::<String>::new());
    }
}
