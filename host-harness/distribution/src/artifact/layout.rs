//! How a WebAssembly component is laid out as an artifact, after the guide of the CNCF's working group.

use serde::{Deserialize, Serialize};

use super::descriptor::Descriptor;
use crate::reference::Digest;

/// The type of the manifest.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The type of the configuration.
pub(super) const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// The type of the layer.
pub(super) const LAYER_TYPE: &str = "application/wasm";
/// The architecture that every configuration names.
pub(super) const ARCHITECTURE: &str = "wasm";
/// The system that the configuration of a component names, and that of a core module does not.
pub(super) const SYSTEM: &str = "wasip2";

/// The parts of a component's artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasmManifest {
    /// The configuration, which describes the component.
    pub config: Descriptor,
    /// The component itself.
    pub layer: Descriptor,
}

/// The configuration of a component's artifact. Unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WasmConfig {
    /// When the component was made.
    pub created: Option<String>,
    /// Always `wasm`.
    pub architecture: String,
    /// Always `wasip2` for a component.
    pub os: String,
    /// The digests of the layers.
    pub layer_digests: Vec<String>,
    /// What the component exports and imports, as its maker says.
    pub component: Option<WasmInterface>,
}

/// What a component exports and imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WasmInterface {
    /// The names of its exports.
    pub exports: Vec<String>,
    /// The names of its imports.
    pub imports: Vec<String>,
    /// The world that it is made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// Why a manifest or a configuration is not that of one component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It is not JSON of the expected form, for this reason.
    #[error("it is not the manifest of an artifact: {0}")]
    Manifest(String),
    /// It lists other manifests.
    #[error("it is an index of several manifests, and a component has one; name the manifest of the component")]
    Index,
    /// Its configuration is of another type: it is a container image, or another artifact.
    #[error("its configuration is of the type `{0}`, and that of a component is `application/vnd.wasm.config.v0+json`")]
    ConfigType(String),
    /// It has no layer, or several.
    #[error("it has {0} layers, and a component has one")]
    Layers(usize),
    /// Its layer is of another type.
    #[error("its layer is of the type `{0}`, and that of a component is `application/wasm`")]
    LayerType(String),
    /// The configuration is not JSON of the expected form, for this reason.
    #[error("its configuration is invalid: {0}")]
    Config(String),
    /// The configuration describes something else than a component.
    #[error(
        "its configuration is of the architecture `{0}` and the system `{1}`, and that of a component is of `wasm` and `wasip2`"
    )]
    Platform(String, String),
    /// The configuration describes other layers than the manifest has.
    #[error("its configuration describes another layer than its manifest has: `{0}`")]
    OtherLayer(String),
}

impl WasmManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// - `[]`, a manifest without a configuration, a digest that is invalid: not the manifest of an artifact
    /// - an index, a container image, an artifact of another type
    /// - no layer, or two
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields {
            schema_version: u32,
            manifests: Option<serde::de::IgnoredAny>,
            config: Option<Descriptor>,
            #[serde(default)]
            layers: Vec<Descriptor>,
        }
        let fields: Fields = serde_json::from_slice(bytes).map_err(|error| LayoutError::Manifest(error.to_string()))?;
        let Fields { schema_version, manifests, config, layers } = fields;
        if schema_version != 2 {
            return Err(LayoutError::Manifest(format!("its `schemaVersion` is {schema_version}, and not 2")));
        }
        if manifests.is_some() {
            return Err(LayoutError::Index);
        }
        let config = config.ok_or_else(|| LayoutError::Manifest("it has no configuration".to_owned()))?;
        if config.media_type != CONFIG_TYPE {
            return Err(LayoutError::ConfigType(config.media_type));
        }
        let [layer] = <[Descriptor; 1]>::try_from(layers).map_err(|layers| LayoutError::Layers(layers.len()))?;
        if layer.media_type != LAYER_TYPE {
            return Err(LayoutError::LayerType(layer.media_type));
        }
        Ok(Self { config, layer })
    }

    /// Reads the configuration of this artifact.
    ///
    /// # Errors
    ///
    /// - `{}`, `[]`: not a configuration
    /// - the architecture `amd64`, the system `wasip1`
    /// - other layers than the manifest has
    pub fn config(&self, bytes: &[u8]) -> Result<WasmConfig, LayoutError> {
        let config: WasmConfig =
            serde_json::from_slice(bytes).map_err(|error| LayoutError::Config(error.to_string()))?;
        if config.architecture != ARCHITECTURE || config.os != SYSTEM {
            return Err(LayoutError::Platform(config.architecture, config.os));
        }
        if config.layer_digests != [self.layer.digest.as_str()] {
            return Err(LayoutError::OtherLayer(config.layer_digests.join(", ")));
        }
        Ok(config)
    }

    /// Returns the digest of the component.
    pub fn component_digest(&self) -> &Digest {
        &self.layer.digest
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest() -> Value {
        let config = Descriptor::of(CONFIG_TYPE, b"{}");
        let layer = Descriptor::of(LAYER_TYPE, b"component");
        json!({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer]})
    }

    #[test]
    fn a_manifest_has_the_configuration_of_a_component_and_one_layer() {
        let parsed = WasmManifest::parse(manifest().to_string().as_bytes()).unwrap();
        assert_eq!(parsed.layer, Descriptor::of(LAYER_TYPE, b"component"));
        let digest = |parsed: &WasmManifest| parsed.component_digest().as_str().to_owned();
        assert!(digest(&parsed).starts_with("sha256:"));
        type Row = (&'static str, fn(&mut Value), &'static str);
        let table: [Row; 11] = [
            ("an index", |it| it["manifests"] = json!([]), "index"),
            ("no version", |it| drop(it.as_object_mut().unwrap().remove("schemaVersion")), "schemaVersion"),
            ("version 1", |it| it["schemaVersion"] = json!(1), "`schemaVersion` is 1"),
            ("no configuration", |it| drop(it.as_object_mut().unwrap().remove("config")), "no configuration"),
            ("an image", |it| it["config"]["mediaType"] = json!("application/x"), "of the type `application/x`"),
            ("no layers", |it| drop(it.as_object_mut().unwrap().remove("layers")), "it has 0 layers"),
            ("two layers", |it| it["layers"] = json!([it["layers"][0], it["layers"][0]]), "it has 2 layers"),
            ("a tar", |it| it["layers"][0]["mediaType"] = json!("application/tar"), "`application/tar`"),
            ("no digest", |it| it["layers"][0]["digest"] = json!("sha256:1"), "not a valid digest"),
            ("a negative size", |it| it["layers"][0]["size"] = json!(-1), "invalid value"),
            ("a list", |it| *it = json!([]), "not the manifest of an artifact"),
        ];
        for (name, change, expected) in table {
            let mut manifest = manifest();
            change(&mut manifest);
            let error = WasmManifest::parse(manifest.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_field_that_comes_twice_is_refused() {
        let twice = manifest().to_string().replacen('{', r#"{"layers": [], "#, 1);
        let error = WasmManifest::parse(twice.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("duplicate field `layers`"), "{error}");
    }

    #[test]
    fn a_configuration_describes_the_layer_of_its_manifest() {
        let parsed = WasmManifest::parse(manifest().to_string().as_bytes()).unwrap();
        let digest = parsed.component_digest().as_str();
        let config = |architecture: &str, os: &str, digests: &[&str]| {
            let config = json!({"architecture": architecture, "os": os, "layerDigests": digests, "author": "x"});
            parsed.config(config.to_string().as_bytes())
        };
        assert_eq!(config("wasm", "wasip2", &[digest]).unwrap().component, None);
        for (result, expected) in [
            (config("amd64", "wasip2", &[digest]), "`amd64`"),
            (config("wasm", "wasip1", &[digest]), "`wasip1`"),
            (config("wasm", "wasip2", &[]), "another layer"),
            (config("wasm", "wasip2", &[digest, digest]), "another layer"),
            (config("wasm", "wasip2", &["sha256:1"]), "`sha256:1`"),
            (parsed.config(b"{}"), "missing field"),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
