//! A manifest is pushed: looked up, judged and passed on, under locks that are held until the registry has answered.

use std::collections::BTreeSet;

use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use tokio::time::timeout;

use super::doubt::Doubts;
use super::lock::Held;
use super::lookup::{Found, LookUp, Stop};
use super::manifest::Manifest;
use super::problem::{Body, Problem, full};
use super::reference::{Algorithm, Digest, Reference, Repository, Tag};
use super::target::Push;
use super::{Gateway, Peer, refusal, upstream};
use crate::contract::{Current, Decision, Event, Operation, Outcome, Precondition, TagWrite, Write};

/// A manifest that was pushed, and what it is to be stored as.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) repository: Repository,
    pub(crate) reference: Reference,
    pub(crate) manifest: Manifest,
    target: Push,
}

/// What was found and decided, and the locks under which it holds.
struct Judged {
    decision: Decision,
    found: Vec<(Tag, Found)>,
    held: Held,
}

impl Pushed {
    /// Its digest, in the algorithm of its path.
    pub(crate) fn digest(&self) -> &Digest {
        match &self.reference {
            Reference::Digest(digest) => digest,
            Reference::Tag(_) => self.manifest.digest(Algorithm::Sha256),
        }
    }

    /// What happens to its tags, as far as is known.
    fn event(&self, found: &[(Tag, Found)]) -> Event {
        let current_one = found.iter().find_map(|(_, found)| match found {
            Found::Manifest { digest, .. } => Some(digest.algorithm()),
            _ => None,
        });
        // Digests compare as strings, so the pushed content is named as the registry would name it.
        let digest = current_one.map_or_else(|| self.digest(), |algorithm| self.manifest.digest(algorithm));
        let current = |tag: &Tag| match found.iter().find(|(named, _)| named == tag) {
            Some((_, found)) => self.current(found, digest),
            None => Current::Unknown,
        };
        let tags = self.target.tags.iter();
        let tags = tags.map(|tag| TagWrite { tag: tag.to_string(), current: current(tag) }).collect();
        let write = Write { repository: self.repository.to_string(), digest: digest.to_string(), tags };
        Event { operation: Operation::Write(write), context: Vec::new() }
    }

    /// What a tag is now, in terms of the pushed content, whose digest is given.
    fn current(&self, found: &Found, pushed: &Digest) -> Current {
        match found {
            Found::Absent => Current::Absent,
            Found::Unknown(_) => Current::Unknown,
            Found::Manifest { digest, media_type } if self.manifest.is(digest) => {
                // The same bytes under another type are another image to those who pull it.
                let same = self.manifest.is_declared_as(media_type.as_deref());
                if same { Current::Digest(pushed.to_string()) } else { Current::Unknown }
            }
            Found::Manifest { digest, .. } => Current::Digest(digest.to_string()),
        }
    }
}

impl Gateway {
    /// Takes a pushed manifest, and answers when the registry has.
    pub(crate) async fn push(
        &self,
        push: Push,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, Problem> {
        let (parts, body) = request.into_parts();
        let manifest = self.0.room.read(&parts.headers, body).await?;
        manifest.check(&push.reference)?;
        let (repository, reference) = (push.repository.clone(), push.reference.clone());
        let pushed = Pushed { repository, reference, manifest, target: push };
        let judged = self.judge(&pushed, &peer).await?;
        self.0.judgements.tell(|| pushed.event(&judged.found), &judged.decision);
        let (repository, digest) = (&pushed.repository, pushed.digest());
        let (reference, code, rule) = (&pushed.reference, &judged.decision.code, judged.decision.rule);
        if judged.decision.outcome == Outcome::Deny {
            let denial = refusal::of_push(&judged.decision, &pushed, &judged.found, self.0.settings.denied);
            let why = denial.message();
            tracing::warn!(peer = %peer.address, %repository, %reference, %digest, code, rule, why, "a push is denied");
            return Err(denial);
        }
        tracing::info!(peer = %peer.address, %repository, %reference, %digest, code, rule, "a push is allowed");
        let gateway = self.clone();
        // A client that leaves does not stop what has begun: the locks go when the registry has answered.
        let commit = self.0.commits.spawn(async move { gateway.commit(pushed, judged, peer).await });
        commit.await.unwrap_or_else(|_| Err(Problem::unavailable("the push failed inside the gateway; try again")))
    }

    /// Locks, looks up what the decision needs, and decides.
    async fn judge(&self, pushed: &Pushed, peer: &Peer) -> Result<Judged, Problem> {
        let held = self.0.locks.tags(&pushed.repository, &pushed.target.tags);
        let held = timeout(self.0.settings.lock, held).await.map_err(|_| busy(&pushed.repository))?;
        let judge = self.0.in_force.judge();
        // Where nothing is protected, what the tags are now does not matter, and is not looked up.
        let decision = judge.decide(pushed.event(&[])).await?;
        // What is of the first schema is stored under another digest than that of its bytes: there is nothing to compare.
        if decision.outcome == Outcome::Allow || pushed.manifest.is_first_schema() {
            return Ok(Judged { decision, found: Vec::new(), held });
        }
        let found = self.look_up(&pushed.repository, peer).tags_now(&pushed.target.tags).await?;
        self.check_doubts(pushed, &found)?;
        self.check_deletes(pushed, peer).await?;
        let decision = judge.decide(pushed.event(&found)).await?;
        Ok(Judged { decision, found, held })
    }

    /// As the client, with its own credentials.
    pub(crate) fn look_up<'a>(&'a self, repository: &'a Repository, peer: &Peer) -> LookUp<'a> {
        let headers = peer.of_look_up.clone();
        LookUp { upstream: &self.0.upstream, repository, headers, limit: self.0.settings.look_up }
    }

    /// While an earlier push may still be carried out, only the same content may follow.
    fn check_doubts(&self, pushed: &Pushed, found: &[(Tag, Found)]) -> Result<(), Problem> {
        for (tag, found) in found {
            let doubt = self.0.doubts.about(&pushed.repository, tag, found);
            if let Some([digest, _]) = doubt.filter(|digests| *digests != pushed.manifest.digests()) {
                return Err(Problem::unavailable(format!(
                    "tag {tag} of {} may still become {digest}, by a push that the registry has not answered; try again",
                    pushed.repository
                )));
            }
        }
        Ok(())
    }

    /// While a delete of a manifest may still be carried out, nothing is tagged that needs it: the delete was judged without that.
    async fn check_deletes(&self, pushed: &Pushed, peer: &Peer) -> Result<(), Problem> {
        let repository = &pushed.repository;
        for digest in self.0.doubts.deleted(repository) {
            if !pushed.manifest.may_need(&digest) {
                continue;
            }
            let is_there = self.look_up(repository, peer).has(&digest).await;
            if matches!(is_there, Ok(false)) {
                self.0.doubts.settle_delete(repository, &digest);
                continue;
            }
            return Err(match is_there {
                Err(Stop::Refused(problem)) => problem,
                _ => Problem::unavailable(format!(
                    "{digest} of {repository}, which the push needs, may still be deleted: the registry has not answered; \
                     try again"
                )),
            });
        }
        Ok(())
    }

    /// Passes the push on. Its locks are held until the registry has answered, or until it is known what it did.
    async fn commit(&self, pushed: Pushed, judged: Judged, peer: Peer) -> Result<Response<Body>, Problem> {
        let (path, content) = (pushed.target.path(), full(pushed.manifest.content.clone()));
        let limit = Some(self.0.settings.commit);
        let answer = self.0.upstream.ask(Method::PUT, &path, peer.of_write.clone(), content, limit).await;
        if upstream::is_done(&answer) {
            settle(&self.0.doubts, &pushed);
        } else {
            let (repository, reference, answer) = (&pushed.repository, &pushed.reference, upstream::told(&answer));
            tracing::warn!(peer = %peer.address, %repository, %reference, answer, "the registry did not take the push");
        }
        if upstream::is_in_doubt(&answer) {
            self.doubt(&pushed, &judged, &peer).await;
        }
        drop(judged.held);
        self.pass_back_write(answer?)
    }

    /// No answer came: looks whether the push was carried out, and where that can't be seen, remembers that it may be.
    async fn doubt(&self, pushed: &Pushed, judged: &Judged, peer: &Peer) {
        let absent = judged.decision.tags.iter().filter(|tag| tag.precondition == Precondition::Absent);
        let absent: BTreeSet<Tag> = absent.filter_map(|tag| Tag::parse(&tag.tag).ok()).collect();
        let seen = self.look_up(&pushed.repository, peer).tags_now(&absent).await.unwrap_or_default();
        for tag in &absent {
            let now = seen.iter().find(|(named, _)| named == tag).map(|(_, found)| found);
            if !matches!(now, Some(Found::Manifest { .. })) {
                tracing::warn!(repository = %pushed.repository, %tag, digest = %pushed.digest(), "a push is in doubt");
                self.0.doubts.raise(&pushed.repository, tag, pushed.manifest.digests());
            }
        }
    }
}

/// Where others keep a lock for too long.
pub(crate) fn busy(repository: &Repository) -> Problem {
    Problem::unavailable(format!("other writes to {repository} are still under way; try again"))
}

fn settle(doubts: &Doubts, pushed: &Pushed) {
    pushed.target.tags.iter().for_each(|tag| doubts.settle(&pushed.repository, tag));
}
