//! The gateway: a reverse proxy in front of a registry that asks a policy before a tag moves.
//!
//! It forwards every request as it comes, except those that could change the manifest of a tag. For those, it looks up the
//! current state at the registry, asks the active policy, and forwards the request under locks that are held until the
//! registry has answered. A request that it can't understand, or can't decide, is refused.

mod active_policy;
mod activity;
mod actor;
mod admission;
mod adopt;
mod answer;
mod answer_body;
mod ask;
mod audit;
mod audit_facts;
mod audit_line;
mod audit_log;
mod audit_sink;
mod backlog;
mod challenge;
mod client_check;
mod connection;
mod connection_limits;
mod connection_table;
mod delete;
mod denial;
mod dispatch;
mod document_facts;
mod document_file;
mod early_look_up;
mod event_text;
mod forward;
mod gateway;
mod headers;
mod health;
mod ledger;
mod ledger_health;
mod ledger_json;
mod live_settings;
mod lock;
mod look_up;
mod manifest_room;
mod measurement;
mod monitor;
mod paced_stream;
mod pass_prefix;
mod permission;
mod policy_changes;
mod policy_document;
mod policy_file;
mod policy_store;
mod policy_table;
mod protection;
mod push;
mod push_journal;
mod push_request;
mod pushed_manifest;
mod redirect;
mod refusal_log;
mod request_id;
mod request_span;
mod rules;
mod server;
mod settings;
mod settler;
mod tag_delete;
mod tls;
mod token_realm;
mod token_request;
mod trusted_proxy;
mod unrecorded;
mod utc_time;
mod wide_window;

pub use active_policy::ActivePolicy;
pub use actor::{Actor, KnownBy};
pub use adopt::{AdoptError, adopt};
pub use audit::AuditEntry;
pub use audit_facts::AuditFilter;
pub use audit_line::Origin;
pub use audit_log::AuditLog;
pub use connection_limits::ConnectionLimits;
pub use document_file::{DocumentFile, DocumentFileError, HeldDocumentFile};
pub use gateway::Gateway;
pub use health::{Health, PartHealth, State as HealthState, follow_registry};
pub use ledger::{
    AuditPage, Binding, BindingState, Claim, DatabaseError, Effect, FoundLedger, Ledger, LedgerError, LedgerSettings,
    NewBinding, NewWrite, OpenWrite, Parts, Place, PlaceError, Released, State, Subject, Waiting,
};
pub use ledger_health::follow_ledger;
pub use ledger_json::{binding_json, ledger_time, open_write_json};
pub use live_settings::LiveSettings;
pub use measurement::{HISTOGRAMS, describe};
pub use pass_prefix::{PassPrefix, PassPrefixError};
pub use policy_document::{PolicyDocument, PolicyDocumentError};
pub use policy_store::PolicyStoreError;
pub use rules::{AdminToken, AdminTokenError, Holders, HoldersError, Role, Rules};
pub use server::Server;
pub use settings::{DeniedStatus, GatewaySettings};
pub use settler::Settler;
pub use tag_delete::TagDelete;
pub use tls::{Tls, TlsFiles};
pub use trusted_proxy::{AddressRange, AddressRangeError, TrustedProxies};
