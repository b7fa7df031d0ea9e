//! A component that is packed as an artifact.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use serde::Serialize;

use super::descriptor::Descriptor;
use super::layout::{ARCHITECTURE, CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, SYSTEM, WasmConfig, WasmInterface};
use crate::reference::{Algorithm, Digest};

/// The annotation of the layer that tools take as the name of the file.
const TITLE: &str = "org.opencontainers.image.title";

/// A component that is packed as an artifact. Equal components with equal descriptions have equal bytes.
#[derive(Clone, Debug)]
pub struct PackedComponent {
    /// The component.
    pub layer: Bytes,
    /// The configuration.
    pub config: Bytes,
    /// The manifest.
    pub manifest: Bytes,
}

/// A manifest, with its fields in the order in which they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u32,
    media_type: &'a str,
    config: Descriptor,
    layers: [Descriptor; 1],
    annotations: &'a BTreeMap<String, String>,
}

impl PackedComponent {
    /// Packs a component: when it was made, what it exports and imports, the name of its file, and the annotations of its
    /// manifest.
    ///
    /// # Errors
    ///
    /// None is known: what is written can be written as JSON.
    pub fn new(
        component: Bytes,
        created: &str,
        interface: WasmInterface,
        file_name: &str,
        annotations: &BTreeMap<String, String>,
    ) -> serde_json::Result<Self> {
        let mut layer = Descriptor::of(LAYER_TYPE, &component);
        layer.annotations.insert(TITLE.to_owned(), file_name.to_owned());
        let config = WasmConfig {
            created: Some(created.to_owned()),
            architecture: ARCHITECTURE.to_owned(),
            os: SYSTEM.to_owned(),
            layer_digests: vec![layer.digest.as_str().to_owned()],
            component: Some(interface),
        };
        let config = serde_json::to_vec(&config)?;
        let manifest = serde_json::to_vec(&Manifest {
            schema_version: 2,
            media_type: MANIFEST_TYPE,
            config: Descriptor::of(CONFIG_TYPE, &config),
            layers: [layer],
            annotations,
        })?;
        Ok(Self { layer: component, config: config.into(), manifest: manifest.into() })
    }

    /// Returns the digest of the artifact: that of its manifest.
    pub fn digest(&self) -> Digest {
        Algorithm::Sha256.digest(&self.manifest)
    }

    /// Returns the type of its manifest.
    pub fn media_type(&self) -> &'static str {
        MANIFEST_TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::WasmManifest;

    #[test]
    fn an_equal_component_is_packed_to_equal_bytes_and_read_back() {
        let pack = |created: &str| {
            let interface = WasmInterface { exports: vec!["a:b/c@0.1.0".to_owned()], ..WasmInterface::default() };
            let annotations = BTreeMap::from([("org.opencontainers.image.version".to_owned(), "0.1.0".to_owned())]);
            PackedComponent::new(Bytes::from_static(b"\0asm"), created, interface, "component.wasm", &annotations)
                .unwrap()
        };
        let packed = pack("1970-01-01T00:00:00Z");
        assert_eq!(packed.digest(), pack("1970-01-01T00:00:00Z").digest());
        assert_ne!(packed.digest(), pack("1970-01-01T00:00:01Z").digest());
        assert_eq!(
            String::from_utf8_lossy(&packed.config),
            "{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"wasm\",\"os\":\"wasip2\",\"layerDigests\":\
             [\"sha256:cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f\"],\
             \"component\":{\"exports\":[\"a:b/c@0.1.0\"],\"imports\":[]}}"
        );
        let manifest = WasmManifest::parse(&packed.manifest).unwrap();
        assert!(manifest.layer.digest.is_of(&packed.layer) && manifest.config.digest.is_of(&packed.config));
        let config = manifest.config(&packed.config).unwrap();
        assert_eq!(config.created.as_deref(), Some("1970-01-01T00:00:00Z"));
    }
}
