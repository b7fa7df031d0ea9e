//! A function of the interface: its type, and the core function that a host calls for it.

use serde_json::{Value, json};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, Type, TypeDefKind};

use crate::contract::Contract;
use crate::text;

/// The function for the table.
pub(crate) fn describe(contract: &Contract, function: &Function) -> Value {
    let resolve = &contract.resolve;
    let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
    assert!(!signature.indirect_params, "{}: no host can pass parameters in memory yet", function.name);
    let core = format!("{}#{}", contract.name, function.name);
    let has_memory = function.result.is_some_and(|ty| needs_memory(resolve, &ty));
    json!({
        "type": in_full(resolve, function),
        "core": {
            "name": core,
            "params": words(&signature.params),
            "results": words(&signature.results),
            "result-in-memory": signature.retptr,
            "post-return": has_memory.then(|| format!("cabi_post_{core}")),
        },
    })
}

/// `(self: borrow<policy>) -> u64`.
fn in_full(resolve: &Resolve, function: &Function) -> String {
    let params = function.params.iter().map(|param| format!("{}: {}", param.name, text::in_full(resolve, &param.ty)));
    let params = params.collect::<Vec<_>>().join(", ");
    match &function.result {
        Some(ty) => format!("({params}) -> {}", text::in_full(resolve, ty)),
        None => format!("({params})"),
    }
}

/// Whether a value has parts that the component allocates, so that its caller must give them back.
fn needs_memory(resolve: &Resolve, ty: &Type) -> bool {
    let of = |ty: &Type| needs_memory(resolve, ty);
    let Type::Id(id) = ty else { return matches!(ty, Type::String) };
    match &resolve.types[*id].kind {
        TypeDefKind::List(_) => true,
        TypeDefKind::Type(ty) | TypeDefKind::Option(ty) => of(ty),
        TypeDefKind::Record(record) => record.fields.iter().any(|field| of(&field.ty)),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().any(of),
        TypeDefKind::Variant(variant) => variant.cases.iter().any(|case| case.ty.as_ref().is_some_and(of)),
        TypeDefKind::Result(result) => [&result.ok, &result.err].into_iter().flatten().any(of),
        _ => false,
    }
}

fn words(types: &[WasmType]) -> Vec<&'static str> {
    types.iter().map(word).collect()
}

/// The type of a core value. Memories have addresses of 32 bits.
pub(crate) fn word(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}
