//! What the policy was asked and what it decided: counted, followed by those who want to, and written to the audit.

use tokio::sync::broadcast;

use super::audit_line::{self, ActiveDocument, AuditedTag, Origin};
use super::audit_log::AuditLog;
use super::document_facts::DocumentFacts;
use super::measurement;
use tagseal::contract::{Decision, Event, Operation, Outcome};

/// The number of entries that are kept for a slow follower.
const MAX_UNREAD_ENTRIES: usize = 1024;

/// An event that the policy was asked about, and its decision.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// The event.
    pub event: Event,
    /// The decision.
    pub decision: Decision,
}

/// Takes what was decided.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    followers: broadcast::Sender<AuditEntry>,
    log: AuditLog,
}

impl Audit {
    /// Starts without followers. The log gets a line for each denial, each override that was used, and each tag that drifted.
    pub(crate) fn new(log: AuditLog) -> Self {
        Self { followers: broadcast::channel(MAX_UNREAD_ENTRIES).0, log }
    }

    /// Takes a decision. Whether it is enforced only matters where it is a denial.
    pub(crate) fn record(
        &self,
        event: impl FnOnce() -> Event,
        decision: &Decision,
        facts: &DocumentFacts,
        origin: impl FnOnce() -> Origin,
        is_enforced: bool,
    ) {
        measurement::decision(decision, is_enforced);
        let is_logged = decision.outcome == Outcome::Deny || decision.code == "override";
        if !is_logged && self.followers.receiver_count() == 0 {
            return;
        }
        let event = event();
        if is_logged {
            let reason = || reason(&event, decision, facts);
            let line =
                audit_line::of_decision((&event, decision), is_enforced, facts.instance.as_deref(), reason, &origin());
            line.into_iter().for_each(|line| self.log.add(line));
        }
        // The last follower may leave meanwhile.
        let _ = self.followers.send(AuditEntry { event, decision: decision.clone() });
    }

    /// Takes in that a tag moved or vanished without being asked about.
    pub(crate) fn drift(&self, tag: AuditedTag<'_>, document: ActiveDocument<'_>) {
        self.log.add(audit_line::of_tags("drift", &[tag], None, Some(document), &Origin::default()));
    }

    /// Waits a short while until all lines are in the ledger, if there is one.
    pub(crate) async fn finish(&self) {
        self.log.finish_ledger().await;
    }

    /// Follows from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<AuditEntry> {
        self.followers.subscribe()
    }
}

/// Returns the reason of the first override that was used.
fn reason(event: &Event, decision: &Decision, facts: &DocumentFacts) -> Option<String> {
    let repository = match &event.operation {
        Operation::Write(write) => &write.repository,
        Operation::DeleteTag(delete) => &delete.repository,
        Operation::DeleteManifest(delete) => &delete.repository,
    };
    let lifted = decision.tags.iter().find(|tag| tag.code == "override")?;
    facts.reason(repository, &lifted.tag).map(str::to_owned)
}
