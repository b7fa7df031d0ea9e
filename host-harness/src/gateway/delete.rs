//! A tag, a manifest or a blob is deleted: judged, and passed on, under locks that are held until the registry has answered.

use std::collections::BTreeSet;

use hyper::body::Incoming;
use hyper::{Method, Response};
use tokio::time::timeout;

use super::judge::Judge;
use super::lock::Held;
use super::lookup::Stop;
use super::problem::{Body, Problem, full};
use super::push::busy;
use super::query::Query;
use super::reference::{Digest, Reference, Repository, Tag};
use super::route::Route;
use super::upstream::{self, NoAnswer};
use super::{Gateway, Peer, refusal};
use crate::contract::{Decision, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, Outcome};

/// Tags of one event. A manifest with more of them takes several.
const MOST_TAGS: usize = 1000;

impl Gateway {
    /// Deletes a tag.
    pub(crate) async fn delete_tag(
        &self,
        repository: Repository,
        tag: Tag,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, Problem> {
        let tags = BTreeSet::from([tag.clone()]);
        let held = timeout(self.0.settings.lock, self.0.locks.tags(&repository, &tags));
        let held = held.await.map_err(|_| busy(&repository))?;
        let delete = DeleteTag { repository: repository.to_string(), tag: tag.to_string() };
        let event = event(Operation::DeleteTag(delete));
        let decision = self.0.in_force.judge().decide(event.clone()).await?;
        self.0.judgements.tell(|| event, &decision);
        check(&decision, &repository, tag.as_str(), &peer, || refusal::of_delete(&decision, &repository, None))?;
        self.carry_out(Route::Manifest(repository, Reference::Tag(tag)), query, held, peer).await
    }

    /// Deletes a manifest, and all its tags with it.
    pub(crate) async fn delete_manifest(
        &self,
        repository: Repository,
        digest: Digest,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, Problem> {
        let held = timeout(self.0.settings.lock, self.0.locks.repository(&repository));
        let held = held.await.map_err(|_| busy(&repository))?;
        let judge = self.0.in_force.judge();
        let mut tags = ManifestTags::Unknown;
        let mut decision = judge.decide(manifest(&repository, &digest, tags.clone())).await?;
        let mut why_unknown = None;
        // Where no rule keeps anything in the repository, its tags do not matter and are not looked up.
        if decision.outcome == Outcome::Deny {
            match self.needing(&repository, &digest, &peer).await {
                Ok(needing) => {
                    decision = judge_all(&judge, &repository, &digest, &needing).await?;
                    tags = ManifestTags::Known(needing.iter().map(Tag::to_string).collect());
                }
                Err(Stop::Unknown(why)) => why_unknown = Some(why),
                Err(Stop::Refused(problem)) => return Err(problem),
            }
        }
        self.0.judgements.tell(|| manifest(&repository, &digest, tags), &decision);
        let denial = || refusal::of_delete(&decision, &repository, why_unknown.as_deref());
        check(&decision, &repository, digest.as_str(), &peer, denial)?;
        self.carry_out(Route::Manifest(repository, Reference::Digest(digest)), query, held, peer).await
    }

    /// The tags that need a manifest. While a push is in doubt, they are not known: it may set one more.
    async fn needing(&self, repository: &Repository, digest: &Digest, peer: &Peer) -> Result<Vec<Tag>, Stop> {
        if self.0.doubts.any(repository) {
            return Err(Stop::Unknown("a push to the repository has not been answered".to_owned()));
        }
        let look_up = self.look_up(repository, peer);
        let walk = timeout(self.0.settings.walk, look_up.tags_that_need(digest));
        walk.await.unwrap_or_else(|_| Err(Stop::Unknown("the repository's tags took too long to read".to_owned())))
    }

    /// Deletes a blob. Manifests need blobs, so it is judged as a delete of a manifest whose tags nobody knows.
    pub(crate) async fn delete_blob(
        &self,
        repository: Repository,
        digest: Digest,
        query: &Query,
        peer: Peer,
    ) -> Result<Response<Body>, Problem> {
        let held = timeout(self.0.settings.lock, self.0.locks.repository(&repository));
        let held = held.await.map_err(|_| busy(&repository))?;
        let unknown = manifest(&repository, &digest, ManifestTags::Unknown);
        let decision = self.0.in_force.judge().decide(unknown.clone()).await?;
        self.0.judgements.tell(|| unknown, &decision);
        check(&decision, &repository, digest.as_str(), &peer, || refusal::of_blob(&decision, &repository))?;
        self.carry_out(Route::Blob(repository, digest), query, held, peer).await
    }

    /// Passes the delete on, to its end, whether or not the client waits for it.
    async fn carry_out(&self, route: Route, query: &Query, held: Held, peer: Peer) -> Result<Response<Body>, Problem> {
        let (gateway, path) = (self.clone(), route.path() + &query.suffix());
        let commit = self.0.commits.spawn(async move {
            let limit = Some(gateway.0.settings.commit);
            let answer = gateway.0.upstream.ask(Method::DELETE, &path, peer.of_write, full(""), limit).await;
            if !upstream::is_done(&answer) {
                let answer = upstream::told(&answer);
                tracing::warn!(peer = %peer.address, path, answer, "the registry did not take the delete");
            }
            gateway.remember(&route, &answer);
            drop(held);
            gateway.pass_back_write(answer?)
        });
        commit.await.unwrap_or_else(|_| Err(Problem::unavailable("the delete failed inside the gateway; try again")))
    }

    /// Remembers a delete of a manifest that may still be carried out, and forgets it once one has been.
    fn remember(&self, route: &Route, answer: &Result<Response<Incoming>, NoAnswer>) {
        if let Route::Manifest(repository, Reference::Digest(digest)) = route {
            if upstream::is_in_doubt(answer) {
                tracing::warn!(%repository, %digest, "a delete is in doubt");
                self.0.doubts.raise_delete(repository, digest);
            } else if upstream::is_done(answer) {
                self.0.doubts.settle_delete(repository, digest);
            }
        }
    }
}

fn event(operation: Operation) -> Event {
    Event { operation, context: Vec::new() }
}

fn manifest(repository: &Repository, digest: &Digest, tags: ManifestTags) -> Event {
    let (repository, digest) = (repository.to_string(), digest.to_string());
    event(Operation::DeleteManifest(DeleteManifest { repository, digest, tags }))
}

/// Judges the delete of all these tags: the first part of them that is denied denies all.
async fn judge_all(judge: &Judge, repository: &Repository, digest: &Digest, tags: &[Tag]) -> Result<Decision, Problem> {
    let names: Vec<String> = tags.iter().map(Tag::to_string).collect();
    let mut parts = names.chunks(MOST_TAGS);
    let first = parts.next().unwrap_or_default();
    let mut decision = judge.decide(manifest(repository, digest, ManifestTags::Known(first.to_vec()))).await?;
    for part in parts {
        if decision.outcome == Outcome::Deny {
            break;
        }
        decision = judge.decide(manifest(repository, digest, ManifestTags::Known(part.to_vec()))).await?;
    }
    Ok(decision)
}

/// Goes on with what is allowed, and tells either in the log.
fn check(
    decision: &Decision,
    repository: &Repository,
    reference: &str,
    peer: &Peer,
    denial: impl FnOnce() -> Problem,
) -> Result<(), Problem> {
    let (peer, code, rule) = (peer.address, &decision.code, decision.rule);
    if decision.outcome == Outcome::Allow {
        tracing::info!(%peer, %repository, %reference, code, rule, "a delete is allowed");
        return Ok(());
    }
    let denial = denial();
    tracing::warn!(%peer, %repository, %reference, code, rule, why = denial.message(), "a delete is denied");
    Err(denial)
}
