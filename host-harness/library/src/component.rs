//! A component that was checked and compiled, and is asked without a policy here.

use crate::bindings::exports::tagseal::policy::tag_policy::Guest;
use crate::call_error::{CompileError, RulesError};
use crate::contract::{Changed, Converted, Refusal};
use crate::embedded::COMPONENT;
use crate::instance::Bare;
use crate::limits::Limits;
use crate::load_error::LoadError;
use crate::loaded::Loaded;
use crate::policy::Policy;
use crate::settings::Settings;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use wasmtime::Store;

/// A component that has the world of the contract and imports nothing. It was checked and compiled, and does not run until it
/// is asked. Clones share it.
#[derive(Clone)]
pub struct Component(Arc<Loaded>);

impl Component {
    /// Loads the component that was built together with this library.
    ///
    /// # Errors
    ///
    /// The settings are too small for it (less memory than it starts with), or the host can't run it.
    pub fn embedded(settings: Settings) -> Result<Self, LoadError> {
        Self::from_bytes(COMPONENT, settings)
    }

    /// Loads a component from a file in the binary format.
    ///
    /// # Errors
    ///
    /// The file can't be read, or [`Component::from_bytes`] refuses it.
    pub fn from_file(path: &Path, settings: Settings) -> Result<Self, LoadError> {
        let mut bytes = Vec::new();
        let limit = settings.max_component_bytes.saturating_add(1);
        File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| LoadError::Io(path.to_owned(), error))?;
        Self::from_bytes(&bytes, settings)
    }

    /// Loads a component in the binary format: checks it, and compiles it or takes the compiled code from the cache. The component
    /// does not run yet.
    ///
    /// # Errors
    ///
    /// - text, a core module, a truncated file: not a component
    /// - a component that imports anything at all
    /// - a component without the interface of the contract, or with a function of another type
    /// - a component that is too large, or starts with more memory than it may hold
    pub fn from_bytes(bytes: &[u8], settings: Settings) -> Result<Self, LoadError> {
        Loaded::new(bytes, settings).map(|loaded| Self(Arc::new(loaded)))
    }

    /// Checks and compiles a policy document, in an instance of its own.
    ///
    /// # Errors
    ///
    /// The document is invalid, with every problem in it; or the component fails.
    pub fn compile(&self, document: &str) -> Result<Policy, CompileError> {
        Policy::new(Arc::clone(&self.0), document)
    }

    /// Lists the rules of a document. The query and the answer are JSON, and the query `{}` selects all rules. This takes an
    /// instance of its own, within the compile deadline.
    ///
    /// # Errors
    ///
    /// The query or the document is invalid, or the component fails.
    pub fn list_rules(&self, document: &str, query: &str) -> Result<String, RulesError> {
        // The answer has each rule twice, the second time with its defaults, which may take more than the rule itself.
        let length = document.len().saturating_mul(8);
        self.ask(length, |interface, store| interface.call_list_rules(store, document, query))
    }

    /// Makes a change of a document's rules. The change is JSON: it creates, configures, switches, deletes or merges rules, or
    /// adds or ends an override. This takes an instance of its own, within the compile deadline. The caller stores the new
    /// document.
    ///
    /// # Errors
    ///
    /// The change can't be made, or the component fails.
    pub fn change_rules(&self, document: &str, change: &str) -> Result<Changed, RulesError> {
        self.ask(document.len(), |interface, store| interface.call_change_rules(store, document, change))
    }

    /// Imports the rules of another registry, as its API sends them, into a new policy document. The options are JSON: `{}`, or
    /// `{"namespace": "prod", "instance": "registry-prod"}`. This takes an instance of its own, within the compile deadline.
    ///
    /// # Errors
    ///
    /// The format is unknown, the text or the options are invalid, or the component fails.
    pub fn import_rules(&self, format: &str, text: &str, options: &str) -> Result<Converted, RulesError> {
        self.ask(text.len(), |interface, store| interface.call_import_rules(store, format, text, options))
    }

    /// Exports a policy document as the same rules for another registry. The options are those of an import. This takes an
    /// instance of its own, within the compile deadline.
    ///
    /// # Errors
    ///
    /// The format is unknown or can't express the rules, the document or the options are invalid, or the component fails.
    pub fn export_rules(&self, format: &str, document: &str, options: &str) -> Result<Converted, RulesError> {
        // Other registries need many words for what a preset says in one.
        let length = document.len().saturating_mul(8);
        self.ask(length, |interface, store| interface.call_export_rules(store, format, document, options))
    }

    /// Returns the fuel that all its answers about rules have used so far, or 0 without a limit ([`Settings::fuel`]). The fuel of
    /// a policy is counted there.
    pub fn fuel(&self) -> u64 {
        self.0.fuel()
    }

    /// Asks an instance of its own. The answer may be longer than the settings allow, by this many bytes.
    fn ask<T>(
        &self,
        bytes: usize,
        ask: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<Result<T, Refusal>>,
    ) -> Result<T, RulesError> {
        let mut bare = Bare::start(&self.0)?;
        bare.allow(bytes);
        let answer = bare.ask(ask);
        self.0.add_fuel(bare.fuel());
        answer?.map_err(RulesError::Refused)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Component").field("settings", self.0.settings()).finish_non_exhaustive()
    }
}
