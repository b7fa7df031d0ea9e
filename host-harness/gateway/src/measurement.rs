//! The metrics of a gateway: their names, what they mean, and where they are counted.
//!
//! They go to the recorder that the program has installed, and to nobody if it has none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use tagseal::contract::{Decision, Outcome};

const REQUESTS: &str = "tagseal_requests_total";
const REQUEST_SECONDS: &str = "tagseal_request_duration_seconds";
const DENIALS: &str = "tagseal_denials_total";
const OVERRIDES: &str = "tagseal_overrides_total";
const LOOK_UPS: &str = "tagseal_look_ups_total";
const LOOK_UP_SECONDS: &str = "tagseal_look_up_duration_seconds";
const CONNECTIONS: &str = "tagseal_connections";
const CONNECTIONS_ACCEPTED: &str = "tagseal_connections_accepted_total";
const POLICY_REVISION: &str = "tagseal_policy_revision";
const POLICY_LOADED: &str = "tagseal_policy_loaded_timestamp_seconds";
const POLICY_FILE_IS_VALID: &str = "tagseal_policy_file_valid";
const REGISTRY_ANSWERS: &str = "tagseal_registry_up";
const CERTIFICATE_ENDS: &str = "tagseal_certificate_ends_timestamp_seconds";
const AUDIT_LINES: &str = "tagseal_audit_lines_total";
const LOST_AUDIT_LINES: &str = "tagseal_audit_lost_lines_total";
const LEDGER_OPERATIONS: &str = "tagseal_ledger_operations_total";
const LEDGER_SECONDS: &str = "tagseal_ledger_duration_seconds";
const OPEN_WRITES: &str = "tagseal_open_writes";
const BUILD: &str = "tagseal_build_info";

/// The names of the histograms of times, for a recorder that has to know them.
pub const HISTOGRAMS: [&str; 3] = [REQUEST_SECONDS, LOOK_UP_SECONDS, LEDGER_SECONDS];

/// Describes each metric to the recorder.
pub fn describe() {
    describe_counter!(REQUESTS, "Requests that were answered, by what they are for and how they ended.");
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "Time until the head of the answer to a request, by what it is for."
    );
    describe_counter!(
        DENIALS,
        "Pushes and deletes that a rule denies, by rule and code; enforced=\"false\" in monitor mode."
    );
    describe_counter!(OVERRIDES, "Pushes and deletes that a rule denies and an override allows, by rule.");
    describe_counter!(LOOK_UPS, "Requests that the gateway made of its own to the registry, by their result.");
    describe_histogram!(LOOK_UP_SECONDS, Unit::Seconds, "Time until the head of the registry's answer to a look-up.");
    describe_gauge!(CONNECTIONS, "Connections of clients that are open.");
    describe_counter!(CONNECTIONS_ACCEPTED, "Connections of clients that were accepted.");
    describe_gauge!(POLICY_REVISION, "Revision of the active policy.");
    describe_gauge!(POLICY_LOADED, Unit::Seconds, "When the active policy became active, in seconds since 1970.");
    describe_gauge!(
        POLICY_FILE_IS_VALID,
        "1 if the policy file is the active policy; 0 if it is invalid or unreadable and an older policy is active."
    );
    describe_gauge!(REGISTRY_ANSWERS, "1 if the registry answered the last check.");
    describe_gauge!(
        CERTIFICATE_ENDS,
        Unit::Seconds,
        "When the first of the certificates that clients are shown ends, in seconds since 1970."
    );
    describe_counter!(AUDIT_LINES, "Lines of the audit.");
    describe_counter!(
        LOST_AUDIT_LINES,
        "Lines of the audit that did not come into the file or the ledger, since it could not be written or not fast enough."
    );
    ["file", "ledger"].into_iter().for_each(|place| counter!(LOST_AUDIT_LINES, "place" => place).increment(0));
    describe_counter!(LEDGER_OPERATIONS, "Reads and writes of the ledger, by their result.");
    describe_histogram!(LEDGER_SECONDS, Unit::Seconds, "Time of reads and writes of the ledger.");
    describe_gauge!(
        OPEN_WRITES,
        "Pushes and deletes in the ledger whose outcome is not known, of all gateways that share it."
    );
    describe_gauge!(BUILD, "The version of the gateway; always 1.");
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// What a request is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RequestClass {
    Read,
    Upload,
    Push,
    DeleteTag,
    DeleteManifest,
    DeleteBlob,
    Management,
    /// A path that is passed on without being understood.
    Passed,
    /// A request that is refused before it is understood.
    #[default]
    Other,
}

impl RequestClass {
    /// Returns its label.
    const fn label(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Push => "push",
            Self::DeleteTag => "delete-tag",
            Self::DeleteManifest => "delete-manifest",
            Self::DeleteBlob => "delete-blob",
            Self::Management => "management",
            Self::Passed => "passed",
            Self::Other => "other",
        }
    }
}

/// Counts a request, with the label of how it ended.
pub(crate) fn request(class: RequestClass, outcome: &'static str, took: Duration) {
    counter!(REQUESTS, "class" => class.label(), "outcome" => outcome).increment(1);
    histogram!(REQUEST_SECONDS, "class" => class.label()).record(took.as_secs_f64());
}

/// Counts a decision, if it is a denial or used an override.
pub(crate) fn decision(decision: &Decision, is_enforced: bool) {
    let rule = decision.rule.map_or_else(|| "none".to_owned(), |rule| rule.to_string());
    if decision.outcome == Outcome::Deny {
        let enforced = if is_enforced { "true" } else { "false" };
        counter!(DENIALS, "rule" => rule, "code" => decision.code.clone(), "enforced" => enforced).increment(1);
    } else if decision.code == "override" {
        counter!(OVERRIDES, "rule" => rule).increment(1);
    }
}

/// Counts a request of the gateway's own to the registry.
pub(crate) fn look_up(result: &'static str, took: Duration) {
    counter!(LOOK_UPS, "result" => result).increment(1);
    histogram!(LOOK_UP_SECONDS).record(took.as_secs_f64());
}

/// An open connection of a client, which is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection;

impl OpenConnection {
    /// Counts a connection.
    pub(crate) fn new() -> Self {
        counter!(CONNECTIONS_ACCEPTED).increment(1);
        gauge!(CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}

/// Shows the policy that has become active now.
#[expect(clippy::cast_precision_loss, reason = "a revision is at most 2^53 - 1")]
pub(crate) fn active_policy(revision: u64) {
    gauge!(POLICY_REVISION).set(revision as f64);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!(POLICY_LOADED).set(now.as_secs_f64());
}

/// Shows whether the policy file is the active policy.
pub(crate) fn policy_file(is_valid: bool) {
    gauge!(POLICY_FILE_IS_VALID).set(f64::from(u8::from(is_valid)));
}

/// Shows when the certificate for clients ends.
pub(crate) fn certificate(end: Option<SystemTime>) {
    if let Some(end) = end.and_then(|end| end.duration_since(UNIX_EPOCH).ok()) {
        gauge!(CERTIFICATE_ENDS).set(end.as_secs_f64());
    }
}

/// Counts a line of the audit.
pub(crate) fn audit_line() {
    counter!(AUDIT_LINES).increment(1);
}

/// Counts a line of the audit that is not in the file, or not in the ledger.
pub(crate) fn lost_audit_line(place: &'static str) {
    counter!(LOST_AUDIT_LINES, "place" => place).increment(1);
}

/// Counts a read or a write of the ledger.
pub(crate) fn ledger(operation: &'static str, is_done: bool, took: Duration) {
    let result = if is_done { "done" } else { "failed" };
    counter!(LEDGER_OPERATIONS, "operation" => operation, "result" => result).increment(1);
    histogram!(LEDGER_SECONDS, "operation" => operation).record(took.as_secs_f64());
}

/// Shows how many writes are open.
pub(crate) fn open_writes(writes: usize) {
    gauge!(OPEN_WRITES).set(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
}

/// Shows whether the registry answers.
pub(crate) fn registry(answers: bool) {
    gauge!(REGISTRY_ANSWERS).set(f64::from(u8::from(answers)));
}
