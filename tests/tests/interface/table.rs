//! The table of the interface.

use serde_json::{Map, Value, json};

use crate::contract::Contract;
use crate::layout;
use crate::signature;
use crate::text;

/// All that a host must know, as JSON.
pub(crate) fn table(contract: &Contract) -> Value {
    let functions = contract.functions().map(|it| (it.name.clone(), signature::describe(contract, it)));
    let types = contract.types().into_iter();
    let types = types.map(|ty| (text::by_name(&contract.resolve, &ty), layout::describe(contract, &ty)));
    json!({
        "about": "What a component exports, and how its values lie in memory. Written from tag-policy.wit by a test.",
        "interface": contract.name,
        "resource": contract.resource(),
        "destructor": format!("{}#[dtor]{}", contract.name, contract.resource()),
        "functions": functions.collect::<Map<_, _>>(),
        "types": types.collect::<Map<_, _>>(),
    })
}
