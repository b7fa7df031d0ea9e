//! Whether a push is let through: by the policy, and by the writes that may still be carried out.
//!
//! The order is what the promise depends on, and `tests/model` explores it: take the locks, claim, read the registry, decide.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::ask::Evaluator;
use super::audit_line::{ActiveDocument, AuditedTag};
use super::early_look_up::EarlyLookUp;
use super::gateway::{Gateway, Peer};
use super::ledger::{BindingState, Claim, Effect, LedgerError, Locked, NewBinding, NewWrite, OpenWrite, State};
use super::lock::{HeldLocks, busy};
use super::look_up::{KnownTag, LookUp, TagState};
use super::protection::protected_tags;
use super::push_request::PushRequest;
use tagseal::contract::{Decision, Outcome};
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::reference::{Digest, Repository, Tag};

/// How many times a push is claimed, because the rules changed or a write in its way was settled.
const MAX_ROUNDS: u32 = 4;
/// How long a write waits for one that is under way in another gateway.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// How often it looks whether that one is over.
const POLL: Duration = Duration::from_millis(50);
/// The code of a tag whose state is not known.
const STATE_UNKNOWN: &str = "state-unknown";

/// A decision, the states that it was made for, and what keeps others away.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) decision: Decision,
    pub(crate) states: Vec<(Tag, TagState)>,
    /// None for a push that is denied, one without tags, and one that no rule concerns while the ledger can't be reached.
    pub(crate) claim: Option<Claim>,
    /// Whether the repository had no tag before, so that the ledger will know all of them.
    pub(crate) is_first: bool,
    pub(crate) locks: HeldLocks,
}

/// What was found out about a push that claims its tags.
struct Reading {
    claim: Option<Claim>,
    states: Vec<(Tag, TagState)>,
    /// The writes that are still open, without its own.
    open: Vec<OpenWrite>,
    /// Whether the repository has no tag.
    is_first: bool,
}

impl Gateway {
    /// Takes the locks and a claim, looks up what the decision needs, and asks the policy.
    pub(crate) async fn admit(
        &self,
        request: &PushRequest,
        peer: &Peer,
        mut early: Option<EarlyLookUp>,
    ) -> Result<Admission, ErrorResponse> {
        let (repository, tags) = (&request.push.repository, &request.push.tags);
        // A push by digest alone moves no tag, so it waits for nobody.
        let locks = if tags.is_empty() { HeldLocks::default() } else { self.lock_tags(repository, tags).await? };
        let (mut rounds, begun) = (0, Instant::now());
        while rounds < MAX_ROUNDS {
            rounds += 1;
            let evaluator = self.0.active_policy.evaluator()?;
            // If no rule protects the tags, their state does not matter and is not looked up.
            let decision = evaluator.decide(request.event(&[])).await?;
            let protected = protected_tags(&decision);
            let is_final = decision.outcome == Outcome::Deny && decision.code != STATE_UNKNOWN;
            // A manifest of the first schema is stored under another digest than that of its bytes, so it can't be compared.
            if tags.is_empty() || is_final || request.manifest.is_first_schema() && !protected.is_empty() {
                return Ok(Admission { decision, states: Vec::new(), claim: None, is_first: false, locks });
            }
            let writes = request.writes(&protected, &peer.actor());
            if protected.is_empty() {
                let claim = self.0.ledger.claim(writes).await;
                let claim =
                    claim.inspect_err(|error| tracing::warn!(%error, "a push is not in the ledger")).ok().flatten();
                if self.still_applies(&evaluator, request, &protected).await? {
                    return Ok(Admission { decision, states: Vec::new(), claim, is_first: false, locks });
                }
                continue;
            }
            let Reading { claim, states, open, is_first } =
                self.claim_and_read(request, &writes, peer, early.take()).await?;
            if !self.still_applies(&evaluator, request, &protected).await? {
                continue;
            }
            let decision = evaluator.decide(request.event(&states)).await?;
            if decision.outcome == Outcome::Deny {
                return Ok(Admission { decision, states, claim: None, is_first: false, locks });
            }
            match open.iter().find(|open| writes.iter().any(|write| !open.admits(write))) {
                // Another gateway is at it. Once that is over, this one is judged by what is there then.
                Some(open) if open.is_under_way() && begun.elapsed() < MAX_WAIT => {
                    drop(claim);
                    rounds -= 1;
                    sleep(POLL).await;
                }
                Some(open) => return Err(in_doubt(open)),
                None if claim.is_some() => return Ok(Admission { decision, states, claim, is_first, locks }),
                // What held a tag was settled just now.
                None => {}
            }
        }
        Err(busy(repository))
    }

    /// Takes the locks for a write of these tags.
    pub(crate) async fn lock_tags(
        &self,
        repository: &Repository,
        tags: &BTreeSet<Tag>,
    ) -> Result<HeldLocks, ErrorResponse> {
        let patience = self.0.settings.lock_timeout;
        let locks = timeout(patience, self.0.locks.tags(repository, tags)).await.map_err(|_| busy(repository))?;
        with_lock(locks, self.0.ledger.share(repository, patience).await, repository)
    }

    /// Returns whether the rules protect the same tags now, once the claim is there. A rule that came before it must count: who
    /// asks later sees the claim.
    async fn still_applies(
        &self,
        evaluator: &Evaluator,
        request: &PushRequest,
        protected: &BTreeSet<Tag>,
    ) -> Result<bool, ErrorResponse> {
        let now = self.0.active_policy.evaluator()?;
        Ok(now.is(evaluator) || protected_tags(&now.decide(request.event(&[])).await?) == *protected)
    }

    /// Claims, and reads: the open writes, the registry, and what the ledger knows of the tags.
    async fn claim_and_read(
        &self,
        request: &PushRequest,
        writes: &[NewWrite],
        peer: &Peer,
        early: Option<EarlyLookUp>,
    ) -> Result<Reading, ErrorResponse> {
        let (repository, tags, ledger) = (&request.push.repository, &request.push.tags, &self.0.ledger);
        let claim =
            if ledger.is_shared() { Some(ledger.claim(writes.to_vec()).await.map_err(out_of_reach)?) } else { None };
        // In this order: a push that ends meanwhile is still among the open writes, or already among the bindings.
        let mut open = ledger.open_writes(repository, Some(tags)).await.map_err(out_of_reach)?;
        if let Some(Some(claim)) = &claim {
            open.retain(|write| !claim.ids().contains(&write.id));
        }
        let known = tokio::try_join!(self.known_digests(repository, tags), ledger.is_adopted(repository));
        let (known, is_adopted) = known.map_err(out_of_reach)?;
        let look_up = LookUp { known: known_tags(&known, &open), is_adopted, ..self.look_up(repository, peer) };
        let (claim, states) = match claim {
            Some(claim) => (claim, look_up.states(tags).await?),
            None => {
                let early = early.filter(|_| known.is_empty() && open.is_empty());
                let states = async {
                    let early = match early {
                        Some(early) => early.states().await,
                        None => None,
                    };
                    match early {
                        Some(states) => Ok(states),
                        None => look_up.states(tags).await,
                    }
                };
                // Nobody else writes these tags while this gateway has its locks, so the claim can wait for the disk meanwhile.
                let (claim, states) = tokio::join!(ledger.claim(writes.to_vec()), states);
                (claim.map_err(out_of_reach)?, states?)
            }
        };
        let open = self.settle_by(&open, &states, writes, claim.is_some(), &look_up).await?;
        let is_protected = |tag: &Tag| writes.iter().any(|write| write.is_protected && write.effect.tag() == Some(tag));
        let (protected, others) = states.into_iter().partition(|(tag, _)| is_protected(tag));
        let states: Vec<_> = self.with_memory(repository, protected, &known, &open).into_iter().chain(others).collect();
        let is_first = open.is_empty() && look_up.saw_no_tags.load(Relaxed);
        Ok(Reading { claim, states, open, is_first })
    }

    /// Settles what these states settle, and returns the writes that are still open.
    async fn settle_by(
        &self,
        open: &[OpenWrite],
        states: &[(Tag, TagState)],
        writes: &[NewWrite],
        has_claim: bool,
        look_up: &LookUp<'_>,
    ) -> Result<Vec<OpenWrite>, ErrorResponse> {
        let mut manifests = HashMap::new();
        for open in open {
            if let (Effect::DeleteManifest(digest), true) =
                (&open.write.effect, writes.iter().any(|it| !open.admits(it)))
            {
                let state = match look_up.has(digest).await {
                    Ok(true) => State::Digest(digest.clone()),
                    Ok(false) => State::Absent,
                    Err(error) => error.reason().map(|_| State::Unknown)?,
                };
                manifests.insert(digest.clone(), state);
            }
        }
        let found = |open: &OpenWrite| match &open.write.effect {
            Effect::Push { tag, .. } | Effect::DeleteTag(tag) => state_of(tag, states),
            Effect::DeleteManifest(digest) => manifests.get(digest).cloned().unwrap_or(State::Unknown),
        };
        let is_shared = self.0.ledger.is_shared();
        let own_rivals = |open: &OpenWrite| {
            let is_rival = has_claim && writes.iter().any(|write| write.effect == open.write.effect);
            (i64::from(is_rival && is_shared), i64::from(is_rival))
        };
        self.0.ledger.settle(open.to_vec(), found, own_rivals).await.map_err(out_of_reach)
    }

    /// Returns the digests that the ledger's bindings have of these tags.
    pub(crate) async fn known_digests(
        &self,
        repository: &Repository,
        tags: &BTreeSet<Tag>,
    ) -> Result<HashMap<Tag, (Digest, BindingState)>, LedgerError> {
        let mut known = HashMap::new();
        for tag in tags {
            if let Some(binding) = self.0.ledger.binding(repository, tag).await? {
                known.insert(tag.clone(), (binding.digest, binding.state));
            }
        }
        Ok(known)
    }

    /// Adds what the ledger knows to the states: of a tag that the registry lists but does not show, and of one that is gone.
    fn with_memory(
        &self,
        repository: &Repository,
        states: Vec<(Tag, TagState)>,
        known: &HashMap<Tag, (Digest, BindingState)>,
        open: &[OpenWrite],
    ) -> Vec<(Tag, TagState)> {
        let with_memory = |(tag, state): (Tag, TagState)| {
            let meant = open.iter().find_map(|open| match &open.write.effect {
                Effect::Push { tag: pushed, digests: [digest, _], .. } if *pushed == tag => Some(digest),
                _ => None,
            });
            let limit = self.0.ledger.late_write_limit();
            let state = match (state, known.get(&tag)) {
                _ if self.0.unrecorded.may_come(repository, &tag, limit) => {
                    TagState::Unknown("it was written while the gateway's ledger could not be reached".to_owned())
                }
                (TagState::Unreadable(_), Some((digest, BindingState::Bound))) => {
                    TagState::Remembered(meant.unwrap_or(digest).clone())
                }
                (state @ TagState::Unreadable(_), _) => {
                    meant.map_or(state, |digest| TagState::Remembered(digest.clone()))
                }
                (TagState::Absent, Some((digest, binding))) if self.0.ledger.is_durable() => {
                    if *binding == BindingState::Bound {
                        self.note(repository, &tag, "vanished", digest, None);
                    }
                    TagState::Retired(digest.clone())
                }
                (TagState::Manifest { digest, media_type }, Some((bound, BindingState::Bound)))
                    if meant.is_none() && bound.algorithm() == digest.algorithm() && *bound != digest =>
                {
                    self.note(repository, &tag, "moved", bound, Some(&digest));
                    TagState::Manifest { digest, media_type }
                }
                (state, _) => state,
            };
            (tag, state)
        };
        states.into_iter().map(with_memory).collect()
    }

    /// Takes in that a tag was deleted or moved, and not through a gateway.
    pub(crate) fn note(&self, repository: &Repository, tag: &Tag, what: &str, bound: &Digest, now: Option<&Digest>) {
        tracing::warn!(%repository, %tag, %bound, ?now, "a protected tag has {what} without a gateway");
        let binding = NewBinding {
            repository: repository.clone(),
            tag: tag.clone(),
            digest: now.unwrap_or(bound).clone(),
            state: if now.is_some() { BindingState::Bound } else { BindingState::Retired },
            actor: "found".to_owned(),
        };
        self.0.ledger.note_found(binding);
        let facts = self.0.active_policy.facts();
        let revision = self.0.active_policy.policy().map(|policy| policy.revision());
        let (repository, tag, found) = (repository.as_str(), Some(tag.as_str()), now.map(Digest::as_str));
        let tag = AuditedTag { repository, tag, expected: Some(bound.as_str()), found, what };
        self.0.audit.drift(tag, ActiveDocument { instance: facts.instance.as_deref(), revision });
    }

    /// Returns a look-up in a repository, with the client's own credentials.
    pub(crate) fn look_up<'a>(&'a self, repository: &'a Repository, peer: &Peer) -> LookUp<'a> {
        let (headers, settings) = (peer.look_up_headers.clone(), &self.0.settings);
        LookUp {
            registry: &self.0.registry,
            repository,
            headers,
            timeout: settings.look_up_timeout,
            limit: settings.look_up_limit,
            action: peer.action,
            known: HashMap::new(),
            is_adopted: false,
            saw_no_tags: Arc::default(),
        }
    }
}

/// Returns the tags that the ledger knows: by a binding, or by a push whose outcome is not known.
fn known_tags(known: &HashMap<Tag, (Digest, BindingState)>, open: &[OpenWrite]) -> HashMap<Tag, KnownTag> {
    let pushed = open.iter().filter_map(|open| match &open.write.effect {
        Effect::Push { tag, digests: [digest, _], .. } => Some((tag, digest)),
        Effect::DeleteTag(_) | Effect::DeleteManifest(_) => None,
    });
    let bound = known.iter().map(|(tag, (digest, _))| (tag, digest));
    let known_tag =
        |(tag, digest): (&Tag, &Digest)| (tag.clone(), KnownTag { digest: digest.clone(), is_plain: false });
    pushed.chain(bound).map(known_tag).collect()
}

/// Adds a lock that other gateways respect. While it can't be had, the ledger alone keeps writes apart: then some are refused that
/// would only have waited.
pub(crate) fn with_lock(
    locks: HeldLocks,
    locked: Result<Locked, LedgerError>,
    repository: &Repository,
) -> Result<HeldLocks, ErrorResponse> {
    match locked {
        Ok(Locked::Granted(lock)) => Ok(locks.with(lock)),
        Ok(Locked::Busy) => Err(busy(repository)),
        Err(error) => {
            tracing::warn!(%error, "a lock for all gateways can't be had");
            Ok(locks)
        }
    }
}

/// Returns the state of a tag for the ledger. What is not read plainly is unknown.
pub(crate) fn state_of(tag: &Tag, states: &[(Tag, TagState)]) -> State {
    match states.iter().find(|(named, _)| named == tag).map(|(_, state)| state) {
        Some(TagState::Absent | TagState::Retired(_)) => State::Absent,
        Some(TagState::Manifest { digest, .. }) => State::Digest(digest.clone()),
        Some(TagState::Unreadable(_) | TagState::Remembered(_) | TagState::Unknown(_)) | None => State::Unknown,
    }
}

/// Makes the answer for a write that is in the way of an open one.
pub(crate) fn in_doubt(open: &OpenWrite) -> ErrorResponse {
    let repository = &open.write.repository;
    let what = match &open.write.effect {
        Effect::Push { tag, digests: [digest, _], .. } => {
            format!("tag {tag} of {repository} may still become {digest}, by a push")
        }
        Effect::DeleteTag(tag) => format!("tag {tag} of {repository} may still be deleted, by a request"),
        Effect::DeleteManifest(digest) => {
            format!("{digest} of {repository}, which the push needs, may still be deleted, by a request")
        }
    };
    let advice = if open.is_under_way() {
        "has not answered yet; try again"
    } else {
        "has not answered clearly; try again later, or have an operator end it with `tagseal ledger release`"
    };
    ErrorResponse::unavailable(format!("{what} that the registry {advice}"))
}

/// Makes the answer for a protected write while the ledger can't be asked.
pub(crate) fn out_of_reach(error: LedgerError) -> ErrorResponse {
    tracing::warn!(%error, "the ledger failed");
    ErrorResponse::unavailable(
        "the gateway's ledger can't be reached, so protected tags can't be written now; try again",
    )
}
