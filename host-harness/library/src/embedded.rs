//! The component that was built together with this library.

/// The component that was built together with this library.
pub const COMPONENT: &[u8] = tagseal_component::COMPONENT;
