//! How a gateway answers, and how long it waits.

use std::time::Duration;

use hyper::StatusCode;

use super::audit_log::AuditLog;
use super::pass_prefix::PassPrefix;
use super::rules::Rules;
use super::tag_delete::TagDelete;
use super::trusted_proxy::TrustedProxies;
use tagseal_distribution::pace::MinRate;

/// The status of the answer to a denied push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeniedStatus {
    /// 403, for clients or dashboards that expect it.
    Forbidden,
    /// 409, which says best what is wrong.
    #[default]
    Conflict,
    /// 412, for clients or dashboards that expect it.
    PreconditionFailed,
}

/// How a gateway answers, and how long it waits.
///
/// Start from the default, and change what should be different:
///
/// ```
/// use std::time::Duration;
/// use tagseal_gateway::GatewaySettings;
///
/// let settings = GatewaySettings::default().with_look_up_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GatewaySettings {
    /// The status of the answer to a denied push.
    pub denied_status: DeniedStatus,
    /// The greatest size of the manifests that are held in memory at one time, all together.
    pub max_manifest_bytes: usize,
    /// The least rate at which a client must send the body of a request.
    pub min_rate: MinRate,
    /// How long the registry may take to begin the answer to a read.
    pub read_timeout: Duration,
    /// How long an answer to a look-up may take.
    pub look_up_timeout: Duration,
    /// How long all look-ups for a push may take.
    pub look_up_limit: Duration,
    /// How long all look-ups for a delete may take.
    pub walk_timeout: Duration,
    /// How long the registry may take to answer a push or a delete.
    pub commit_timeout: Duration,
    /// How long a write waits for other writes to the same tag or repository.
    pub lock_timeout: Duration,
    /// What the registry does when a tag is deleted, if that is known.
    pub tag_delete: Option<TagDelete>,
    /// The proxies that are trusted to say for whom they ask.
    pub trusted_proxies: TrustedProxies,
    /// The rules that can be managed over HTTP, or `None` where they can't.
    pub rules: Option<Rules>,
    /// Whether nothing is refused, but only logged, counted and audited.
    pub monitor: bool,
    /// The paths outside of the registry's API that are passed on as they come, with every method.
    pub pass_prefixes: Vec<PassPrefix>,
    /// Where a line for each denial and override goes, besides the ledger.
    pub audit: Option<AuditLog>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            denied_status: DeniedStatus::default(),
            max_manifest_bytes: 128 << 20,
            min_rate: MinRate::default(),
            read_timeout: Duration::from_secs(60),
            look_up_timeout: Duration::from_secs(10),
            look_up_limit: Duration::from_secs(30),
            walk_timeout: Duration::from_secs(60),
            commit_timeout: Duration::from_secs(60),
            lock_timeout: Duration::from_secs(120),
            tag_delete: None,
            trusted_proxies: TrustedProxies::default(),
            rules: None,
            monitor: false,
            pass_prefixes: Vec::new(),
            audit: None,
        }
    }
}

impl GatewaySettings {
    /// Sets the status of the answer to a denied push.
    pub fn with_denied_status(self, denied_status: DeniedStatus) -> Self {
        Self { denied_status, ..self }
    }

    /// Sets the greatest size of the manifests that are held in memory at one time, all together.
    pub fn with_max_manifest_bytes(self, max_manifest_bytes: usize) -> Self {
        Self { max_manifest_bytes, ..self }
    }

    /// Sets the least rate at which a client must send the body of a request.
    pub fn with_min_rate(self, min_rate: MinRate) -> Self {
        Self { min_rate, ..self }
    }

    /// Sets how long the registry may take to begin the answer to a read.
    pub fn with_read_timeout(self, read_timeout: Duration) -> Self {
        Self { read_timeout, ..self }
    }

    /// Sets how long an answer to a look-up may take.
    pub fn with_look_up_timeout(self, look_up_timeout: Duration) -> Self {
        Self { look_up_timeout, ..self }
    }

    /// Sets how long all look-ups for a push may take.
    pub fn with_look_up_limit(self, look_up_limit: Duration) -> Self {
        Self { look_up_limit, ..self }
    }

    /// Sets how long all look-ups for a delete may take.
    pub fn with_walk_timeout(self, walk_timeout: Duration) -> Self {
        Self { walk_timeout, ..self }
    }

    /// Sets how long the registry may take to answer a push or a delete.
    pub fn with_commit_timeout(self, commit_timeout: Duration) -> Self {
        Self { commit_timeout, ..self }
    }

    /// Sets how long a write waits for other writes to the same tag or repository.
    pub fn with_lock_timeout(self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self }
    }

    /// Sets what the registry does when a tag is deleted, if that is known.
    pub fn with_tag_delete(self, tag_delete: impl Into<Option<TagDelete>>) -> Self {
        Self { tag_delete: tag_delete.into(), ..self }
    }

    /// Sets whether nothing is refused, but only logged, counted and audited.
    pub fn with_monitor(self, monitor: bool) -> Self {
        Self { monitor, ..self }
    }

    /// Sets the paths outside of the registry's API that are passed on as they come.
    pub fn with_pass_prefixes(self, pass_prefixes: Vec<PassPrefix>) -> Self {
        Self { pass_prefixes, ..self }
    }

    /// Sets where a line for each denial and override goes, besides the ledger.
    pub fn with_audit(self, audit: impl Into<Option<AuditLog>>) -> Self {
        Self { audit: audit.into(), ..self }
    }

    /// Sets the proxies that are trusted to say for whom they ask.
    pub fn with_trusted_proxies(self, trusted_proxies: TrustedProxies) -> Self {
        Self { trusted_proxies, ..self }
    }

    /// Sets the rules that can be managed over HTTP, if any.
    pub fn with_rules(self, rules: impl Into<Option<Rules>>) -> Self {
        Self { rules: rules.into(), ..self }
    }
}

impl DeniedStatus {
    pub(crate) fn code(self) -> StatusCode {
        match self {
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        }
    }
}
