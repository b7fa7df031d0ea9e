//! The settings of a gateway that can be changed while it runs.

use super::pass_prefix::PassPrefix;
use super::settings::{DeniedStatus, GatewaySettings};

/// The settings of a gateway that can be changed while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSettings {
    /// The status of the answer to a denied push.
    pub denied_status: DeniedStatus,
    /// Whether nothing is refused, but only logged, counted and audited.
    pub monitor: bool,
    /// The paths outside of the registry's API that are passed on as they come, with every method.
    pub pass_prefixes: Vec<PassPrefix>,
}

/// Those that a gateway starts with.
impl From<&GatewaySettings> for LiveSettings {
    fn from(settings: &GatewaySettings) -> Self {
        let GatewaySettings { denied_status, monitor, pass_prefixes, .. } = settings;
        Self { denied_status: *denied_status, monitor: *monitor, pass_prefixes: pass_prefixes.clone() }
    }
}
