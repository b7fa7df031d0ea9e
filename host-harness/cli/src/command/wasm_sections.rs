//! The facts in the sections of a component file, read without running or compiling it.

use serde::Serialize;
use sha2::{Digest, Sha256};
use wasmparser::{BinaryReaderError, ComponentName, CustomSectionReader, KnownCustom, Parser, Payload};

/// The facts in the sections of a component file.
#[derive(Debug, Default, Serialize)]
pub(crate) struct WasmSections {
    /// In bytes.
    pub(crate) size: usize,
    /// Of the file, in lower-case hex digits.
    pub(crate) sha256: String,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) metadata: Metadata,
}

/// The metadata that the makers of a component wrote into it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Metadata {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) licenses: Option<String>,
    pub(crate) source: Option<String>,
}

impl WasmSections {
    /// Reads a component.
    ///
    /// # Errors
    ///
    /// What is wrong with the file:
    ///
    /// - `{"rules": []}`: it is not WebAssembly at all
    /// - `\0asm\1\0\0\0`: it is a core module
    /// - a file that was cut short
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.starts_with(b"\0asm") {
            return Err("it is not WebAssembly in binary form".into());
        }
        if Parser::is_core_wasm(bytes) {
            return Err("it is a core module, not a component".into());
        }
        let mut wasm_sections = Self { size: bytes.len(), sha256: hex(&Sha256::digest(bytes)), ..Self::default() };
        wasm_sections.read_sections(bytes).map_err(|error| format!("it is damaged: {error}"))?;
        Ok(wasm_sections)
    }

    /// Only the outermost component talks to the host. It links the components inside it by itself.
    fn read_sections(&mut self, bytes: &[u8]) -> Result<(), BinaryReaderError> {
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                payload if depth == 1 => self.read_section(payload)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_section(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) => self.metadata.read(&section),
            _ => {}
        }
        Ok(())
    }
}

impl Metadata {
    /// Metadata is optional: what can't be read is left out.
    fn read(&mut self, section: &CustomSectionReader<'_>) {
        let text = || String::from_utf8(section.data().to_vec()).ok();
        match section.name() {
            "component-name" => self.name = component_name(section),
            "version" => self.version = text(),
            "description" => self.description = text(),
            "licenses" => self.licenses = text(),
            "source" => self.source = text(),
            _ => {}
        }
    }
}

fn component_name(section: &CustomSectionReader<'_>) -> Option<String> {
    let KnownCustom::ComponentName(names) = section.as_known() else { return None };
    names.into_iter().find_map(|name| match name {
        Ok(ComponentName::Component { name, .. }) => Some(name.to_owned()),
        _ => None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
