//! Generated from the contract.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "tag-policy-component",
    additional_derives: [PartialEq, Eq],
});
