//! The state of a gateway, which all its requests share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use super::active_policy::ActivePolicy;
use super::actor::Actor;
use super::audit::{Audit, AuditEntry};
use super::audit_line::Origin;
use super::audit_log::AuditLog;
use super::challenge::Action;
use super::headers::Caller;
use super::ledger::Ledger;
use super::live_settings::LiveSettings;
use super::lock::Locks;
use super::push_journal::PushJournal;
use super::pushed_manifest::ManifestReader;
use super::refusal_log::RefusalLog;
use super::request_span;
use super::settings::GatewaySettings;
use super::token_realm::TokenRealm;
use super::unrecorded::Unrecorded;
use tagseal::contract::{Decision, Event};
use tagseal_distribution::client::RegistryClient;

/// A gateway in front of a registry. Clones are the same gateway.
#[derive(Clone, Debug)]
pub struct Gateway(pub(crate) Arc<Shared>);

/// What all requests of a gateway share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) registry: RegistryClient,
    pub(crate) active_policy: ActivePolicy,
    pub(crate) settings: GatewaySettings,
    pub(crate) live_settings: RwLock<Arc<LiveSettings>>,
    pub(crate) locks: Locks,
    pub(crate) ledger: Ledger,
    pub(crate) unrecorded: Unrecorded,
    pub(crate) manifests: ManifestReader,
    pub(crate) refusal_log: RefusalLog,
    pub(crate) push_journal: PushJournal,
    pub(crate) token_realm: TokenRealm,
    /// The turns of clients' addresses to have all tags of a repository read.
    pub(crate) walks: Locks,
    pub(crate) commits: TaskTracker,
    pub(crate) audit: Audit,
}

/// The client that sends a request, and its headers for the registry.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The address of the client, behind the proxies that are trusted.
    pub(crate) address: SocketAddr,
    /// What its request needs besides reading, if it is a push or a delete.
    pub(crate) action: Option<Action>,
    /// The name of the request, by which it is found in other logs too.
    pub(crate) request_id: HeaderValue,
    pub(crate) write_headers: HeaderMap,
    pub(crate) look_up_headers: HeaderMap,
    /// Whether the request was forwarded, by this or by a clone.
    pub(crate) is_forwarded: Arc<AtomicBool>,
}

impl Peer {
    /// Remembers that the request was forwarded.
    pub(crate) fn set_forwarded(&self) {
        self.is_forwarded.store(true, Relaxed);
    }

    /// Returns whether the request was forwarded.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.is_forwarded.load(Relaxed)
    }

    /// Returns who sends the request, for the headers of another one.
    pub(crate) fn caller(&self) -> Caller {
        Caller { address: self.address.ip(), request_id: self.request_id.clone() }
    }

    /// Returns the name that its credentials have, for the log.
    pub(crate) fn user(&self) -> Option<String> {
        let actor = Actor::of(&self.look_up_headers)?;
        let note = if actor.verified { "" } else { " (unverified)" };
        Some(format!("{}{note}", actor.name))
    }

    /// Names the client in the ledger: `alice at 10.0.0.7`, or only its address.
    pub(crate) fn actor(&self) -> String {
        let address = self.address.ip();
        Actor::of(&self.look_up_headers)
            .map_or_else(|| address.to_string(), |actor| format!("{} at {address}", actor.name))
    }

    /// Returns who this is, for an audit.
    pub(crate) fn origin(&self) -> Origin {
        let actor = Actor::of(&self.look_up_headers);
        Origin { actor, address: Some(self.address.ip()), request_id: self.request_id.to_str().ok().map(str::to_owned) }
    }
}

impl Gateway {
    /// Makes a gateway in front of a registry, which asks a policy and remembers its writes in a ledger. The audit is kept there too.
    ///
    /// # Panics
    ///
    /// The ledger is durable, and this thread has no runtime of tokio for the task that writes the audit.
    pub fn new(
        registry: RegistryClient,
        active_policy: ActivePolicy,
        ledger: Ledger,
        settings: GatewaySettings,
    ) -> Self {
        let manifests = ManifestReader::new(settings.max_manifest_bytes, settings.min_rate);
        let (locks, commits) = (Locks::default(), TaskTracker::new());
        let log = settings.audit.clone().unwrap_or_else(AuditLog::in_memory);
        log.keep_in(&ledger);
        let audit = Audit::new(log);
        let unrecorded = Unrecorded::default();
        let (refusal_log, push_journal, walks) = (RefusalLog::default(), PushJournal::default(), Locks::default());
        let live_settings = RwLock::new(Arc::new(LiveSettings::from(&settings)));
        Self(Arc::new(Shared {
            registry,
            active_policy,
            settings,
            live_settings,
            locks,
            ledger,
            unrecorded,
            manifests,
            refusal_log,
            push_journal,
            token_realm: TokenRealm::default(),
            walks,
            commits,
            audit,
        }))
    }

    /// Returns the settings that can be changed.
    pub(crate) fn live_settings(&self) -> Arc<LiveSettings> {
        Arc::clone(&self.0.live_settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the settings that can be changed, from the next request on.
    pub fn set_live_settings(&self, settings: LiveSettings) {
        *self.0.live_settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Counts a decision, and writes it to the audit if it is a denial or used an override.
    pub(crate) fn record(&self, event: impl FnOnce() -> Event, decision: &Decision, peer: &Peer) {
        request_span::note_decision(decision);
        self.0.audit.record(
            event,
            decision,
            &self.0.active_policy.facts(),
            || peer.origin(),
            !self.live_settings().monitor,
        );
    }

    /// Follows what the policy is asked from now on, and what it decides. A slow follower misses some entries.
    pub fn audit(&self) -> broadcast::Receiver<AuditEntry> {
        self.0.audit.follow()
    }

    /// Waits for the pushes and deletes that the registry has not answered yet.
    pub async fn finish(&self) {
        self.0.commits.close();
        self.0.commits.wait().await;
        self.0.audit.finish().await;
        self.0.ledger.flush().await;
    }
}
