//! A tag, a manifest or a blob is deleted: the gateway asks the policy and forwards the delete, under locks that are held
//! until the registry has answered.

use std::collections::{BTreeSet, HashMap};

use hyper::{Method, Response};
use tokio::time::timeout;

use super::admission::{in_doubt, out_of_reach, state_of, with_lock};
use super::answer::{WriteAnswer, WriteResult, unavailable};
use super::ask::Evaluator;
use super::challenge::{Action, widen};
use super::connection_table::network;
use super::denial;
use super::gateway::{Gateway, Peer};
use super::ledger::{Binding, BindingState, Claim, Effect, NewWrite, OpenWrite, Parts, State};
use super::lock::{HeldLocks, busy};
use super::look_up::{KnownTag, LookUp, LookUpError, TagState, Walk};
use super::protection::{self, NO_MANIFEST, protected_tags};
use super::push_journal::Watch;
use super::refusal_log::{RefusalKind, RefusalLog};
use super::request_id::text;
use super::tag_delete::TagDelete;
use tagseal::contract::{Decision, Event, ManifestTags, Outcome};
use tagseal_distribution::body::{Body, full};
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::query::Query;
use tagseal_distribution::reference::{Digest, Reference, Repository, Tag};
use tagseal_distribution::route::Route;

/// The greatest number of tags of one event. A manifest with more tags takes several events.
const MAX_EVENT_TAGS: usize = 1000;
/// Where the ledger keeps what was learned about deletes of tags.
const TAG_DELETE: &str = "tag-delete";

/// A delete that is let through, and what keeps others away.
struct AdmittedDelete {
    route: Route,
    claim: Option<Claim>,
    /// What the tag or manifest of each claimed write is now.
    before: Vec<State>,
    /// The tags that go with a manifest, and whether a rule protects each.
    removed: Vec<(Tag, bool)>,
    /// The manifest that goes with a tag, if this registry is one that removes both.
    may_go: Option<(Repository, Digest)>,
    locks: HeldLocks,
}

/// What was read of a repository before it was locked.
struct Ahead {
    walk: Walk,
    watch: Watch,
    /// When it began, by the clock of the ledger.
    since: i64,
    /// What the ledger knew of the tags then.
    known: HashMap<Tag, KnownTag>,
}

/// The decision about a delete of a manifest, with its tags.
struct Judged {
    decision: Decision,
    tags: Vec<Tag>,
    protected: BTreeSet<Tag>,
}

impl Gateway {
    /// Deletes a tag.
    pub(crate) async fn delete_tag(
        &self,
        repository: Repository,
        tag: Tag,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let evaluator = self.0.active_policy.evaluator()?;
        let event = self.remembered(Event::delete_tag(repository.as_str(), tag.as_str()));
        let decision = evaluator.decide(event.clone()).await?;
        if decision.outcome == Outcome::Deny && decision.rule.is_some() {
            let route = Route::Manifest(repository.clone(), Reference::Tag(tag.clone()));
            self.registrys_refusal(&route, &peer).await.map_or(Ok(()), Err)?;
        }
        self.record(|| event, &decision, &peer);
        check(&self.0.refusal_log, &decision, &repository, tag.as_str(), &peer, || {
            denial::of_delete(&decision, &repository, None)
        })?;
        let is_protected = protection::is_protected(&decision.code);
        let kind = self.tag_delete().await;
        let endangers_others = kind != Some(TagDelete::Untags) && may_protect(&evaluator, &repository).await?;
        let tags = BTreeSet::from([tag.clone()]);
        let ahead = match endangers_others {
            true => self.ahead_of_tag(&evaluator, &repository, &tags, &peer).await?,
            false => None,
        };
        let locks = if endangers_others {
            self.lock_repository(&repository).await?
        } else {
            self.lock_tags(&repository, &tags).await?
        };
        let write = |effect, is_protected| {
            let (repository, actor) = (repository.clone(), peer.actor());
            NewWrite { repository, effect, is_protected, actor }
        };
        let look_up = self.look_up(&repository, &peer);
        let mut writes = vec![write(Effect::DeleteTag(tag.clone()), is_protected)];
        let mut state = TagState::Unknown(String::new());
        if endangers_others || is_protected {
            state = look_up.states(&tags).await?.into_iter().next().map_or(state, |(_, state)| state);
        }
        let digest = match &state {
            TagState::Manifest { digest, .. } if endangers_others => Some(digest.clone()),
            _ => None,
        };
        if let Some(digest) = &digest {
            writes.push(write(Effect::DeleteManifest(digest.clone()), true));
        }
        let needs_ledger = is_protected || endangers_others;
        let (claim, open) = self.claim_delete(&repository, &writes, needs_ledger).await?;
        if !self.0.active_policy.evaluator()?.is(&evaluator) {
            return Err(ErrorResponse::unavailable("the rules have changed meanwhile; try again"));
        }
        // What a protected tag was has to be known, so that it can be remembered.
        match &state {
            TagState::Unknown(reason) if needs_ledger => return Err(unreadable(&repository, &tag, reason)),
            TagState::Unreadable(reason) if endangers_others => return Err(unreadable(&repository, &tag, reason)),
            _ => {}
        }
        // Read again under the claim: before it, another gateway or a late write may have changed the tag.
        if needs_ledger && (self.0.ledger.is_shared() || !open.is_empty()) {
            state = look_up.states(&tags).await?.into_iter().next().map_or(state, |(_, state)| state);
        }
        let states = [(tag.clone(), state)];
        let open = self.settle_before_delete(open, &states, &writes).await?;
        let moves_tag = |open: &OpenWrite| match &open.write.effect {
            Effect::Push { tag: pushed, digests, .. } => {
                endangers_others && *pushed == tag && digest.as_ref().is_none_or(|digest| !digests.contains(digest))
            }
            Effect::DeleteTag(_) | Effect::DeleteManifest(_) => false,
        };
        let is_in_the_way = |open: &&OpenWrite| moves_tag(open) || writes.iter().any(|write| !open.admits(write));
        if let Some(open) = open.iter().find(is_in_the_way) {
            return Err(in_doubt(open));
        }
        if needs_ledger && claim.is_none() {
            return Err(ErrorResponse::unavailable(format!(
                "an earlier write of tag {tag} was settled just now; try again"
            )));
        }
        if digest.as_ref().is_some_and(|digest| state_of(&tag, &states) != State::Digest(digest.clone())) {
            return Err(ErrorResponse::unavailable(format!(
                "tag {tag} of {repository} has changed meanwhile; try again"
            )));
        }
        let mut removed = Vec::new();
        if let Some(digest) = &digest {
            let (pushes, seen) = self.open_pushes(&look_up, digest, open).await?;
            let ahead = ahead.filter(|(read, _)| read == digest).map(|(_, ahead)| ahead);
            let judged = self.judge_manifest(&evaluator, &look_up, digest, ahead, seen).await;
            let judged = judged.map_err(LookUpError::into_response)?;
            if judged.decision.outcome == Outcome::Deny {
                return Err(denial::of_tag_delete(&judged.decision, &repository, &tag));
            }
            self.check_open_pushes(&evaluator, &repository, digest, &pushes).await?;
            removed = with_protection(judged);
        }
        let mut before = vec![state_of(&tag, &states)];
        before.extend(digest.clone().map(State::Digest));
        let route = Route::Manifest(repository.clone(), Reference::Tag(tag));
        let may_go = digest.filter(|_| kind.is_none()).map(|digest| (repository, digest));
        self.commit_delete(AdmittedDelete { route, claim, before, removed, may_go, locks }, query, peer).await
    }

    /// Returns what the registry does when a tag is deleted, if that is known.
    async fn tag_delete(&self) -> Option<TagDelete> {
        match self.0.settings.tag_delete {
            Some(kind) => Some(kind),
            None => self.0.ledger.fact(TAG_DELETE).await.ok().flatten().and_then(|kind| TagDelete::parse(&kind)),
        }
    }

    /// Learns what the registry does when a tag is deleted: whether the manifest is still there.
    async fn learn_tag_delete(&self, repository: &Repository, digest: &Digest, peer: &Peer) -> Option<TagDelete> {
        let kind = match self.look_up(repository, peer).has(digest).await.ok()? {
            true => TagDelete::Untags,
            false => TagDelete::DeletesManifest,
        };
        if self.0.ledger.learn(TAG_DELETE, kind.as_str()).await.is_ok() {
            tracing::info!(kind = kind.as_str(), "learned what this registry does when a tag is deleted");
        }
        Some(kind)
    }

    /// Says in an event that the digests of deleted tags are remembered, if they are.
    fn remembered(&self, event: Event) -> Event {
        if self.0.ledger.is_durable() { event.remembered() } else { event }
    }

    async fn lock_repository(&self, repository: &Repository) -> Result<HeldLocks, ErrorResponse> {
        let patience = self.0.settings.lock_timeout;
        let locks = timeout(patience, self.0.locks.repository(repository)).await.map_err(|_| busy(repository))?;
        with_lock(locks, self.0.ledger.alone(repository, patience).await, repository)
    }

    /// Claims a delete, and returns the open writes of others in the repository. A delete that endangers no protected tag goes on
    /// without the ledger if that can't be reached, and needs no open writes.
    async fn claim_delete(
        &self,
        repository: &Repository,
        writes: &[NewWrite],
        needs_ledger: bool,
    ) -> Result<(Option<Claim>, Vec<OpenWrite>), ErrorResponse> {
        let claim = match self.0.ledger.claim(writes.to_vec()).await {
            Err(error) if !needs_ledger => {
                tracing::warn!(%error, "a delete is not in the ledger");
                return Ok((None, Vec::new()));
            }
            claim => claim.map_err(out_of_reach)?,
        };
        if !needs_ledger {
            return Ok((claim, Vec::new()));
        }
        let mut open = self.0.ledger.open_writes(repository, None).await.map_err(out_of_reach)?;
        open.retain(|open| claim.as_ref().is_none_or(|claim| !claim.ids().contains(&open.id)));
        Ok((claim, open))
    }

    /// Settles what the states of tags settle, and returns the writes that are still open.
    async fn settle_before_delete(
        &self,
        open: Vec<OpenWrite>,
        states: &[(Tag, TagState)],
        writes: &[NewWrite],
    ) -> Result<Vec<OpenWrite>, ErrorResponse> {
        let found = |open: &OpenWrite| open.write.effect.tag().map_or(State::Unknown, |tag| state_of(tag, states));
        let is_delete = |effect: &Effect| !matches!(effect, Effect::Push { .. });
        let own_rivals = |open: &OpenWrite| {
            let rivals =
                writes.iter().filter(|write| is_delete(&open.write.effect) && is_delete(&write.effect)).count();
            let rivals = i64::try_from(rivals).unwrap_or(i64::MAX);
            (rivals, rivals)
        };
        self.0.ledger.settle(open, found, own_rivals).await.map_err(out_of_reach)
    }

    /// Deletes a manifest, and all its tags with it.
    pub(crate) async fn delete_manifest(
        &self,
        repository: Repository,
        digest: Digest,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let evaluator = self.0.active_policy.evaluator()?;
        let mut decision = evaluator.decide(self.event(&repository, &digest, ManifestTags::Unknown)).await?;
        // If no rule protects a tag of the repository, its tags do not matter and are not looked up.
        let is_protected = decision.outcome == Outcome::Deny;
        let ahead = match is_protected {
            true => Some(self.ahead_of_manifest(&evaluator, &repository, &digest, &peer).await?),
            false => None,
        };
        let locks = self.lock_repository(&repository).await?;
        let (effect, actor) = (Effect::DeleteManifest(digest.clone()), peer.actor());
        let write = NewWrite { repository: repository.clone(), effect, is_protected, actor };
        let (claim, open) = self.claim_delete(&repository, &[write], true).await?;
        if !self.0.active_policy.evaluator()?.is(&evaluator) {
            return Err(ErrorResponse::unavailable("the rules have changed meanwhile; try again"));
        }
        let look_up = self.look_up(&repository, &peer);
        let (pushes, seen) = self.open_pushes(&look_up, &digest, open).await?;
        let (mut tags, mut why_unknown) = (ManifestTags::Unknown, None);
        let judged = if is_protected {
            self.judge_manifest(&evaluator, &look_up, &digest, ahead, seen).await
        } else {
            self.bound_tags(&evaluator, &repository, &digest).await.map_err(LookUpError::Refused)
        };
        let mut removed = Vec::new();
        match judged {
            Ok(judged) => {
                if is_protected {
                    decision = judged.decision.clone();
                    tags = ManifestTags::Known(judged.tags.iter().map(Tag::to_string).collect());
                }
                removed = with_protection(judged);
            }
            Err(LookUpError::Refused(refusal)) => return Err(refusal),
            Err(error) => why_unknown = error.reason().ok(),
        }
        self.record(|| self.event(&repository, &digest, tags), &decision, &peer);
        let denial = || denial::of_delete(&decision, &repository, why_unknown.as_deref());
        check(&self.0.refusal_log, &decision, &repository, digest.as_str(), &peer, denial)?;
        let route = Route::Manifest(repository.clone(), Reference::Digest(digest.clone()));
        if let Err(in_doubt) = self.check_open_pushes(&evaluator, &repository, &digest, &pushes).await {
            // What does not exist needs no delete, and nothing is forwarded.
            return Err(self.registrys_refusal(&route, &peer).await.unwrap_or(in_doubt));
        }
        let before = match look_up.has(&digest).await {
            Ok(true) => State::Digest(digest),
            Ok(false) => State::Absent,
            Err(_) => State::Unknown,
        };
        let admitted = AdmittedDelete { route, claim, before: vec![before], removed, may_go: None, locks };
        self.commit_delete(admitted, query, peer).await
    }

    /// Returns the open pushes that need a manifest, but for those that a look at their tags settles. Returns the tags of all, too.
    async fn open_pushes(
        &self,
        look_up: &LookUp<'_>,
        digest: &Digest,
        mut open: Vec<OpenWrite>,
    ) -> Result<(Vec<OpenWrite>, BTreeSet<Tag>), ErrorResponse> {
        open.retain(|open| open.may_bind(digest).is_some());
        let pushed: BTreeSet<Tag> = open.iter().filter_map(|open| open.may_bind(digest).cloned()).collect();
        if pushed.is_empty() {
            return Ok((open, pushed));
        }
        let states = look_up.states(&pushed).await?;
        Ok((self.settle_before_delete(open, &states, &[]).await?, pushed))
    }

    /// Checks that no open push of a protected tag needs a manifest: what it brings would vanish, also where deletes are allowed.
    async fn check_open_pushes(
        &self,
        evaluator: &Evaluator,
        repository: &Repository,
        digest: &Digest,
        pushes: &[OpenWrite],
    ) -> Result<(), ErrorResponse> {
        let tags: Vec<Tag> = pushes.iter().filter_map(|open| open.may_bind(digest).cloned()).collect();
        let judged = self.decide_all(evaluator, repository, digest, tags).await?;
        let is_protected = |open: &&OpenWrite| {
            judged.decision.outcome == Outcome::Deny
                || open.may_bind(digest).is_some_and(|tag| judged.protected.contains(tag))
        };
        pushes.iter().find(is_protected).map_or(Ok(()), |open| Err(in_doubt(open)))
    }

    /// Returns the tags that the ledger knows of a manifest.
    async fn bound_tags(
        &self,
        evaluator: &Evaluator,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Judged, ErrorResponse> {
        let bindings = self.0.ledger.bindings_of(repository).await.map_err(out_of_reach)?;
        let is_it = |binding: &Binding| binding.state == BindingState::Bound && binding.digest == *digest;
        let tags = bindings.into_iter().filter(is_it).map(|binding| binding.tag).collect();
        self.decide_all(evaluator, repository, digest, tags).await
    }

    /// Looks up the tags that need a manifest, and asks the policy about its delete. What was read ahead is confirmed: only the
    /// tags that were pushed or settled meanwhile, here or by another gateway, are read again, with those that were `seen`.
    async fn judge_manifest(
        &self,
        evaluator: &Evaluator,
        look_up: &LookUp<'_>,
        digest: &Digest,
        ahead: Option<Ahead>,
        mut seen: BTreeSet<Tag>,
    ) -> Result<Judged, LookUpError> {
        let walk = match ahead {
            Some(Ahead { mut walk, watch, since, known }) => {
                let unreachable = |error| LookUpError::Refused(out_of_reach(error));
                let is_as_before = |now: &Binding| {
                    now.state == BindingState::Bound && known.get(&now.tag).is_some_and(|it| it.digest == now.digest)
                };
                let bound = self.0.ledger.bound_since(look_up.repository, since).await.map_err(unreachable)?;
                seen.extend(watch.pushed());
                seen.extend(bound.into_iter().filter(|now| !is_as_before(now)).map(|now| now.tag));
                let known = self.known_digests(look_up.repository, &seen).await.map_err(unreachable)?;
                let confirmed = look_up.confirm(&mut walk, digest, &seen, &known);
                let confirmed = timeout(self.0.settings.walk_timeout, confirmed).await;
                confirmed.unwrap_or_else(|_| Err(read_too_slowly()))?;
                walk
            }
            None => {
                let look_up = self.informed(look_up).await.map_err(LookUpError::Refused)?;
                self.walk(&look_up, digest).await?
            }
        };
        let judged = self.decide_all(evaluator, look_up.repository, digest, walk.needing()).await;
        judged.map_err(LookUpError::Refused)
    }

    /// Adds to a look-up what the ledger knows of the repository.
    async fn informed<'a>(&self, look_up: &LookUp<'a>) -> Result<LookUp<'a>, ErrorResponse> {
        let bindings = self.0.ledger.bindings_of(look_up.repository).await.map_err(out_of_reach)?;
        let known = bindings.into_iter().filter(|binding| binding.state == BindingState::Bound).map(|binding| {
            let is_plain = binding.parts == Parts::Listed(Vec::new());
            (binding.tag, KnownTag { digest: binding.digest, is_plain })
        });
        let is_adopted = self.0.ledger.is_adopted(look_up.repository).await.map_err(out_of_reach)?;
        Ok(LookUp { known: known.collect(), is_adopted, ..look_up.clone() })
    }

    /// Reads the repository's tags before anybody is kept waiting, so that under the lock only those are read that were pushed
    /// meanwhile. One client's address has one turn at a time, so that nobody takes all of them.
    ///
    /// # Errors
    ///
    /// The tags can't be read, or the registry refuses the client.
    async fn read_ahead(&self, repository: &Repository, digest: &Digest, peer: &Peer) -> Result<Ahead, LookUpError> {
        let turn = self.0.walks.named(network(peer.address.ip()).to_string());
        let turn = timeout(self.0.settings.walk_timeout, turn).await;
        let _turn = turn.map_err(|_| LookUpError::Refused(busy(repository)))?;
        let watch = self.0.push_journal.watch(repository);
        let since = self.0.ledger.now().await.map_err(|error| LookUpError::Refused(out_of_reach(error)))?;
        let look_up = self.informed(&self.look_up(repository, peer)).await.map_err(LookUpError::Refused)?;
        let walk = self.walk(&look_up, digest).await?;
        Ok(Ahead { walk, watch, since, known: look_up.known })
    }

    /// Reads the repository's tags before it is locked for a delete of a manifest.
    ///
    /// # Errors
    ///
    /// The tags can't be read, a rule denies the delete by what was read, or the registry refuses the client.
    async fn ahead_of_manifest(
        &self,
        evaluator: &Evaluator,
        repository: &Repository,
        digest: &Digest,
        peer: &Peer,
    ) -> Result<Ahead, ErrorResponse> {
        let (ahead, decision, tags, why_unknown) = match self.read_ahead(repository, digest, peer).await {
            Ok(ahead) => {
                let needing = ahead.walk.needing();
                let Judged { decision, tags, .. } = self.decide_all(evaluator, repository, digest, needing).await?;
                (Some(ahead), decision, ManifestTags::Known(tags.iter().map(Tag::to_string).collect()), None)
            }
            // What can't be read now is not read under the lock either.
            Err(error) => {
                let reason = error.reason()?;
                let event = self.event(repository, digest, ManifestTags::Unknown);
                (None, evaluator.decide(event).await?, ManifestTags::Unknown, Some(reason))
            }
        };
        match ahead {
            Some(ahead) if decision.outcome == Outcome::Allow => Ok(ahead),
            _ => {
                self.record(|| self.event(repository, digest, tags), &decision, peer);
                let denial = || denial::of_delete(&decision, repository, why_unknown.as_deref());
                check(&self.0.refusal_log, &decision, repository, digest.as_str(), peer, denial)?;
                Err(ErrorResponse::unavailable("the rules have changed meanwhile; try again"))
            }
        }
    }

    /// Reads the repository's tags before it is locked for a delete of a tag that may take its manifest along. There is nothing
    /// to read for a tag without one.
    ///
    /// # Errors
    ///
    /// The tags can't be read, a rule denies the delete for another tag, or the registry refuses the client.
    async fn ahead_of_tag(
        &self,
        evaluator: &Evaluator,
        repository: &Repository,
        tags: &BTreeSet<Tag>,
        peer: &Peer,
    ) -> Result<Option<(Digest, Ahead)>, ErrorResponse> {
        let states = self.look_up(repository, peer).states(tags).await?;
        let Some((tag, TagState::Manifest { digest, .. })) = states.into_iter().next() else { return Ok(None) };
        let ahead = self.read_ahead(repository, &digest, peer).await.map_err(LookUpError::into_response)?;
        let needing = ahead.walk.needing();
        let judged = self.decide_all(evaluator, repository, &digest, needing).await?;
        if judged.decision.outcome == Outcome::Deny {
            return Err(denial::of_tag_delete(&judged.decision, repository, &tag));
        }
        Ok(Some((digest, ahead)))
    }

    /// Looks up the tags that need a manifest, within the limit of its time.
    async fn walk(&self, look_up: &LookUp<'_>, digest: &Digest) -> Result<Walk, LookUpError> {
        let walk = timeout(self.0.settings.walk_timeout, look_up.tags_that_need(digest)).await;
        let walk = walk.unwrap_or_else(|_| Err(read_too_slowly()))?;
        if look_up.is_adopted {
            self.0.ledger.plain_later(look_up.repository, walk.plain());
        }
        Ok(walk)
    }

    /// Deletes a blob. Manifests need blobs, so the policy is asked about a delete of a manifest with unknown tags.
    pub(crate) async fn delete_blob(
        &self,
        repository: Repository,
        digest: Digest,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let event = Event::delete_manifest(repository.as_str(), digest.as_str(), ManifestTags::Unknown);
        let evaluator = self.0.active_policy.evaluator()?;
        let decision = evaluator.decide(event.clone()).await?;
        // What is denied anyway is denied before anybody is kept waiting.
        if decision.outcome == Outcome::Deny && decision.rule.is_some() {
            let route = Route::Blob(repository.clone(), digest.clone());
            self.registrys_refusal(&route, &peer).await.map_or(Ok(()), Err)?;
        }
        self.record(|| event, &decision, &peer);
        check(&self.0.refusal_log, &decision, &repository, digest.as_str(), &peer, || {
            denial::of_blob(&decision, &repository)
        })?;
        let locks = self.lock_repository(&repository).await?;
        if !self.0.active_policy.evaluator()?.is(&evaluator) {
            return Err(ErrorResponse::unavailable("the rules have changed meanwhile; try again"));
        }
        let route = Route::Blob(repository, digest);
        let (before, removed) = (Vec::new(), Vec::new());
        let admitted = AdmittedDelete { route, claim: None, before, removed, may_go: None, locks };
        self.commit_delete(admitted, query, peer).await
    }

    /// Forwards the delete, and waits for its end, whether or not the client still waits.
    async fn commit_delete(
        &self,
        admitted: AdmittedDelete,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let AdmittedDelete { route, mut claim, before, removed, may_go, locks } = admitted;
        self.check_age(claim.as_ref())?;
        let (gateway, path) = (self.clone(), route.path() + &query.suffix());
        peer.set_forwarded();
        let commit = self.0.commits.spawn(async move {
            if let Some(claim) = &mut claim {
                claim.forward(&before);
            }
            let limit = Some(gateway.0.settings.commit_timeout);
            let answer = gateway.send(Method::DELETE, &path, peer.write_headers.clone(), full(""), limit).await;
            let WriteAnswer { result, description, response } = WriteAnswer::read(answer).await;
            if result != WriteResult::Done && gateway.0.refusal_log.admits(RefusalKind::NotTaken) {
                tracing::warn!(
                    peer = %peer.address, request_id = text(&peer.request_id), path, answer = description,
                    "the registry did not take the delete"
                );
            }
            let kind = match (&may_go, result) {
                (Some((repository, digest)), WriteResult::Done) => {
                    gateway.learn_tag_delete(repository, digest, &peer).await
                }
                _ => Some(TagDelete::DeletesManifest),
            };
            match (claim, result) {
                // The manifest is there, or may be: the tag alone is gone.
                (Some(claim), WriteResult::Done) if kind != Some(TagDelete::DeletesManifest) => {
                    claim.end_partly(1).await
                }
                (Some(claim), WriteResult::Done) => claim.end(true, &removed).await,
                (Some(claim), WriteResult::Refused) => claim.end(false, &[]).await,
                (Some(claim), WriteResult::Unclear) => claim.leave(&description).await,
                (None, _) => {}
            }
            drop(locks);
            let mut answer = gateway.answer_to_write(response.map_err(unavailable)?)?;
            if let Route::Manifest(repository, _) | Route::Blob(repository, _) = &route {
                widen(answer.headers_mut(), repository, Action::Delete);
            }
            Ok(answer)
        });
        let failed = || ErrorResponse::unavailable("the delete failed inside the gateway; try again");
        commit.await.unwrap_or_else(|_| Err(failed()))
    }

    fn event(&self, repository: &Repository, digest: &Digest, tags: ManifestTags) -> Event {
        self.remembered(Event::delete_manifest(repository.as_str(), digest.as_str(), tags))
    }

    /// Decides the delete of all these tags, in as many events as it takes. The first denial denies all.
    async fn decide_all(
        &self,
        evaluator: &Evaluator,
        repository: &Repository,
        digest: &Digest,
        tags: Vec<Tag>,
    ) -> Result<Judged, ErrorResponse> {
        let names: Vec<String> = tags.iter().map(Tag::to_string).collect();
        let mut parts = names.chunks(MAX_EVENT_TAGS);
        let first = parts.next().unwrap_or_default();
        let known = |part: &[String]| self.event(repository, digest, ManifestTags::Known(part.to_vec()));
        let mut decision = evaluator.decide(known(first)).await?;
        let mut protected = protected_tags(&decision);
        for part in parts {
            if decision.outcome == Outcome::Deny {
                break;
            }
            decision = evaluator.decide(known(part)).await?;
            protected.extend(protected_tags(&decision));
        }
        Ok(Judged { decision, tags, protected })
    }
}

/// Returns whether any tag of a repository may be protected.
async fn may_protect(evaluator: &Evaluator, repository: &Repository) -> Result<bool, ErrorResponse> {
    // The policy does not know which tags have a digest.
    let event = Event::delete_manifest(repository.as_str(), NO_MANIFEST, ManifestTags::Unknown);
    Ok(evaluator.decide(event).await?.outcome == Outcome::Deny)
}

fn with_protection(judged: Judged) -> Vec<(Tag, bool)> {
    let Judged { tags, protected, .. } = judged;
    tags.into_iter().map(|tag| (tag.clone(), protected.contains(&tag))).collect()
}

fn read_too_slowly() -> LookUpError {
    LookUpError::Unknown("the repository's tags took too long to read".to_owned())
}

fn unreadable(repository: &Repository, tag: &Tag, reason: &str) -> ErrorResponse {
    ErrorResponse::unavailable(format!("tag {tag} of {repository} can't be looked up ({reason}); try again"))
}

/// Logs a decision, and makes an error of a denial.
fn check(
    log: &RefusalLog,
    decision: &Decision,
    repository: &Repository,
    reference: &str,
    peer: &Peer,
    denial: impl FnOnce() -> ErrorResponse,
) -> Result<(), ErrorResponse> {
    let (user, request_id, peer) = (peer.user(), text(&peer.request_id), peer.address);
    let (user, code, rule) = (user.as_deref(), &decision.code, decision.rule);
    if decision.outcome == Outcome::Allow {
        tracing::info!(%peer, user, request_id, %repository, %reference, code, rule, "a delete is allowed");
        return Ok(());
    }
    let denial = denial();
    if log.admits(RefusalKind::DeniedDelete) {
        let reason = denial.message();
        tracing::warn!(%peer, user, request_id, %repository, %reference, code, rule, reason, "a delete is denied");
    }
    Err(denial)
}
