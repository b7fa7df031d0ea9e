//! The interface of the contract, as `wit-parser` reads it.

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::{Function, Interface, Resolve, SizeAlign, Type, TypeDefKind};

use crate::text;

/// The interface that a component exports.
pub(crate) struct Contract {
    pub(crate) resolve: Resolve,
    pub(crate) sizes: SizeAlign,
    /// The full name: `tagseal:policy/tag-policy@0.2.0`.
    pub(crate) name: String,
}

impl Contract {
    /// Reads a WIT file with one interface.
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let mut resolve = Resolve::default();
        resolve.push_file(path).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let (id, _) = resolve.interfaces.iter().next().unwrap();
        let name = resolve.id_of(id).unwrap();
        Self { resolve, sizes, name }
    }

    fn interface(&self) -> &Interface {
        let (_, interface) = self.resolve.interfaces.iter().next().unwrap();
        interface
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.interface().functions.values()
    }

    /// The name of the one resource.
    pub(crate) fn resource(&self) -> &str {
        let is_resource = |kind: &TypeDefKind| matches!(kind, TypeDefKind::Resource);
        let mut types = self.interface().types.iter();
        let (name, _) = types.find(|(_, id)| is_resource(&self.resolve.types[**id].kind)).unwrap();
        name
    }

    /// The types that have a name, as the WIT has them, then those without one (`option<u64>`). Each once, in the order
    /// of the WIT, and no resource or handle.
    pub(crate) fn types(&self) -> Vec<Type> {
        let laid_out = |kind: &TypeDefKind| !matches!(kind, TypeDefKind::Resource | TypeDefKind::Handle(_));
        let types = self.resolve.types.iter().filter(|(_, definition)| laid_out(&definition.kind));
        let (named, unnamed): (Vec<_>, Vec<_>) = types.partition(|(_, definition)| definition.name.is_some());
        let mut unique = BTreeMap::new();
        for (place, (id, _)) in named.into_iter().chain(unnamed).enumerate() {
            unique.entry(text::by_name(&self.resolve, &Type::Id(id))).or_insert((place, Type::Id(id)));
        }
        let mut types: Vec<_> = unique.into_values().collect();
        types.sort_by_key(|(place, _)| *place);
        types.into_iter().map(|(_, id)| id).collect()
    }
}
