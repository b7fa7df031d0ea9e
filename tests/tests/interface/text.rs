//! Types as text: `option<u64>`, by the names that the WIT gives, or with every name replaced by what it stands for.

use wit_parser::{Handle, Resolve, Type, TypeDefKind};

/// The type, with the names of the WIT: `list<tag-write>`.
pub(crate) fn by_name(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => name.clone(),
            None => of_kind(resolve, &resolve.types[*id].kind, by_name),
        },
        _ => primitive(ty).to_owned(),
    }
}

/// The type with no name but those of resources, fields and cases: `list<record { tag: string, current: variant { … } }>`.
///
/// Two types are equal for a component exactly if these texts are.
pub(crate) fn in_full(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Id(id) => of_kind(resolve, &resolve.types[*id].kind, in_full),
        _ => primitive(ty).to_owned(),
    }
}

fn of_kind(resolve: &Resolve, kind: &TypeDefKind, text: fn(&Resolve, &Type) -> String) -> String {
    let of = |ty: &Type| text(resolve, ty);
    match kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", list(tuple.types.iter().map(of))),
        TypeDefKind::Result(result) => {
            let side = |ty: Option<&Type>| ty.map_or_else(|| "_".to_owned(), of);
            format!("result<{}, {}>", side(result.ok.as_ref()), side(result.err.as_ref()))
        }
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, of(&field.ty)));
            format!("record {{ {} }}", list(fields))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                Some(ty) => format!("{}({})", case.name, of(ty)),
                None => case.name.clone(),
            });
            format!("variant {{ {} }}", list(cases))
        }
        TypeDefKind::Enum(all) => format!("enum {{ {} }}", list(all.cases.iter().map(|case| case.name.clone()))),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", by_name(resolve, &Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", by_name(resolve, &Type::Id(*id))),
        kind => panic!("a type that no host knows yet: {kind:?}"),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::String => "string",
        ty => panic!("a type that no host knows yet: {ty:?}"),
    }
}
