//! How the values of a type lie in memory, and as which core values they are passed.

use serde_json::{Value, json};
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Int, Type, TypeDefKind};

use crate::contract::Contract;
use crate::signature::word;
use crate::text;

/// The layout of a type that has parts.
pub(crate) struct Layout {
    /// `record`, `variant`, `enum`, `option`, `result`, `tuple` or `list`.
    pub(crate) kind: &'static str,
    pub(crate) size: usize,
    pub(crate) align: usize,
    /// The fields of a record or a tuple, the cases of the others. The element of a list.
    pub(crate) parts: Vec<Part>,
}

/// A field or a case.
pub(crate) struct Part {
    /// Empty for the element of a list.
    pub(crate) name: String,
    /// None for a case without a value.
    pub(crate) ty: Option<String>,
    /// Where its value begins. None where it has no value, or where the value is not in this one (elements of a list).
    pub(crate) offset: Option<usize>,
}

impl Layout {
    /// The layout of a type.
    pub(crate) fn of(contract: &Contract, ty: &Type) -> Self {
        let Type::Id(id) = ty else { panic!("{ty:?} has no parts") };
        let (kind, parts) = match &contract.resolve.types[*id].kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| (field.name.as_str(), &field.ty));
                ("record", fields_of(contract, fields.collect()))
            }
            TypeDefKind::Tuple(tuple) => {
                let names = ["0", "1", "2", "3", "4", "5", "6", "7"];
                ("tuple", fields_of(contract, names.into_iter().zip(&tuple.types).collect()))
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| (case.name.as_str(), case.ty.as_ref()));
                ("variant", cases_of(contract, variant.tag(), cases.collect()))
            }
            TypeDefKind::Enum(all) => {
                let cases = all.cases.iter().map(|case| (case.name.as_str(), None));
                ("enum", cases_of(contract, all.tag(), cases.collect()))
            }
            TypeDefKind::Option(ty) => {
                ("option", cases_of(contract, Int::U8, vec![("none", None), ("some", Some(ty))]))
            }
            TypeDefKind::Result(result) => {
                let cases = vec![("ok", result.ok.as_ref()), ("error", result.err.as_ref())];
                ("result", cases_of(contract, Int::U8, cases))
            }
            TypeDefKind::List(ty) => {
                let ty = Some(text::by_name(&contract.resolve, ty));
                ("list", vec![Part { name: String::new(), ty, offset: None }])
            }
            kind => panic!("a type that no host knows yet: {kind:?}"),
        };
        let (size, align) = (contract.sizes.size(ty).size_wasm32(), contract.sizes.align(ty).align_wasm32());
        Self { kind, size, align, parts }
    }
}

fn fields_of(contract: &Contract, fields: Vec<(&str, &Type)>) -> Vec<Part> {
    let offsets = contract.sizes.field_offsets(fields.iter().map(|(_, ty)| *ty));
    let part = |((name, ty), (offset, _)): ((&str, &Type), (wit_parser::ArchitectureSize, &Type))| Part {
        name: name.to_owned(),
        ty: Some(text::by_name(&contract.resolve, ty)),
        offset: Some(offset.size_wasm32()),
    };
    fields.into_iter().zip(offsets).map(part).collect()
}

/// The first byte (in all types of this contract) is the number of the case; its value, if it has one, is where the values
/// of all cases are.
fn cases_of(contract: &Contract, tag: Int, cases: Vec<(&str, Option<&Type>)>) -> Vec<Part> {
    assert_eq!(tag, Int::U8, "a type with more cases than hosts know");
    let offset = contract.sizes.payload_offset(tag, cases.iter().map(|(_, ty)| *ty)).size_wasm32();
    let part = |(name, ty): (&str, Option<&Type>)| Part {
        name: name.to_owned(),
        ty: ty.map(|ty| text::by_name(&contract.resolve, ty)),
        offset: ty.map(|_| offset),
    };
    cases.into_iter().map(part).collect()
}

/// The layout for the table.
pub(crate) fn describe(contract: &Contract, ty: &Type) -> Value {
    let Layout { kind, size, align, parts } = Layout::of(contract, ty);
    let mut described = json!({ "kind": kind, "size": size, "align": align, "core": flat(contract, ty) });
    let key = match kind {
        "record" | "tuple" => "fields",
        "list" => "element",
        _ => "cases",
    };
    described[key] = match kind {
        "list" => json!(parts.first().and_then(|part| part.ty.as_deref())),
        _ => json!(parts.iter().map(Part::describe).collect::<Vec<_>>()),
    };
    described
}

impl Part {
    fn describe(&self) -> Value {
        match (&self.ty, self.offset) {
            (Some(ty), Some(offset)) => json!({ "name": self.name, "type": ty, "offset": offset }),
            _ => json!({ "name": self.name }),
        }
    }
}

/// The core values that a parameter of the type is passed as.
fn flat(contract: &Contract, ty: &Type) -> Vec<&'static str> {
    let mut storage = [WasmType::I32; 16];
    let mut flat = FlatTypes::new(&mut storage);
    if !contract.resolve.push_flat(ty, &mut flat) {
        return Vec::new();
    }
    flat.to_vec().iter().map(word).collect()
}
