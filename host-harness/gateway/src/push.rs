//! A manifest is pushed: the gateway looks up its tags, asks the policy, and forwards the push, under locks that are held
//! until the registry has answered.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;

use hyper::body::{Body as _, Incoming};
use hyper::{Method, Request, Response};
use tracing::Instrument as _;

use super::admission::{Admission, state_of};
use super::answer::{WriteAnswer, WriteResult, unavailable};
use super::challenge::{Action, widen};
use super::connection_table::network;
use super::denial;
use super::gateway::{Gateway, Peer};
use super::ledger::Claim;
use super::push_request::PushRequest;
use super::pushed_manifest::MAX_MANIFEST_BYTES;
use super::refusal_log::RefusalKind;
use super::request_id::text;
use tagseal::contract::Outcome;
use tagseal_distribution::body::{Body, full};
use tagseal_distribution::error_response::ErrorResponse;
use tagseal_distribution::request::Push;

impl Gateway {
    /// Takes a push, and answers when the registry has answered.
    pub(crate) async fn push(
        &self,
        push: Push,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let (parts, body) = request.into_parts();
        let may_fit = body.size_hint().lower() <= MAX_MANIFEST_BYTES as u64;
        let reading = self.0.manifests.read(&parts.headers, body, network(peer.address.ip()));
        tokio::pin!(reading);
        let at_once = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
        let (manifest, early) = match at_once {
            // Most manifests come with the head of their request.
            Poll::Ready(manifest) => (manifest?, None),
            Poll::Pending => {
                let early = if may_fit { self.look_up_early(&push, &peer) } else { None };
                (reading.await?, early)
            }
        };
        manifest.check(&push.reference)?;
        let request = PushRequest { push, manifest };
        let admission = match self.admit(&request, &peer, early).await {
            Ok(admission) => admission,
            Err(refusal) => return self.refuse_push(request, peer, refusal).await,
        };
        if admission.decision.outcome == Outcome::Deny && request.manifest.is_first_schema() {
            // It was denied without a look-up, so the registry has not seen the client's credentials.
            self.check_reader(&request.push.repository, &peer).await?;
        }
        self.record(|| request.event(&admission.states), &admission.decision, &peer);
        let Push { repository, reference, .. } = &request.push;
        let (digest, code, rule) = (request.digest(), &admission.decision.code, admission.decision.rule);
        let (address, user, request_id) = (peer.address, peer.user(), text(&peer.request_id));
        let user = user.as_deref();
        if admission.decision.outcome == Outcome::Deny {
            let status = self.live_settings().denied_status.code();
            let denial = denial::of_push(&admission.decision, &request, &admission.states, status);
            let reason = denial.message();
            if self.0.refusal_log.admits(RefusalKind::DeniedPush) {
                tracing::warn!(
                    peer = %address, user, request_id, %repository, %reference, %digest, code, rule, reason,
                    "a push is denied"
                );
            }
            // Its locks are not needed any more.
            drop(admission);
            return self.refuse_push(request, peer, denial).await;
        }
        tracing::info!(
            peer = %address, user, request_id, %repository, %reference, %digest, code, rule, "a push is allowed"
        );
        let gateway = self.clone();
        // A client that leaves does not stop the work: the locks are released when the registry has answered.
        let commit = async move { gateway.commit(request, admission, peer).await };
        let commit = self.0.commits.spawn(commit.in_current_span());
        commit
            .await
            .unwrap_or_else(|_| Err(ErrorResponse::unavailable("the push failed inside the gateway; try again")))
    }

    /// Forwards the push. Its locks are held until the registry has answered.
    async fn commit(
        &self,
        request: PushRequest,
        admission: Admission,
        peer: Peer,
    ) -> Result<Response<Body>, ErrorResponse> {
        let Push { repository, reference, tags, .. } = &request.push;
        let Admission { states, mut claim, is_first, locks, .. } = admission;
        self.check_age(claim.as_ref())?;
        if let Some(claim) = &mut claim {
            let before: Vec<_> = tags.iter().map(|tag| state_of(tag, &states)).collect();
            claim.forward(&before);
        }
        let (path, content) = (request.push.path(), full(request.manifest.content.clone()));
        let limit = Some(self.0.settings.commit_timeout);
        let answer = self.send(Method::PUT, &path, peer.write_headers.clone(), content, limit).await;
        let WriteAnswer { result, description, response } = WriteAnswer::read(answer).await;
        if result != WriteResult::Done && self.0.refusal_log.admits(RefusalKind::NotTaken) {
            tracing::warn!(
                peer = %peer.address, request_id = text(&peer.request_id), %repository, %reference, answer = description,
                "the registry did not take the push"
            );
        }
        let left = match (claim, result) {
            (Some(claim), WriteResult::Done) => {
                claim.end(true, &[]).await;
                if is_first {
                    self.0.ledger.adopt_later(repository);
                }
                None
            }
            (Some(claim), WriteResult::Refused) => {
                claim.end(false, &[]).await;
                None
            }
            (Some(claim), WriteResult::Unclear) => {
                let ids = claim.ids().to_vec();
                claim.leave(&description).await;
                Some(ids)
            }
            (None, WriteResult::Unclear) if !tags.is_empty() => {
                tags.iter().for_each(|tag| self.0.unrecorded.add(repository, tag));
                self.0.ledger.keep_abandoned(request.writes(&BTreeSet::new(), &peer.actor()), &description);
                None
            }
            (None, WriteResult::Done) => {
                self.0.ledger.bind_later(repository, tags, request.digest(), &peer.actor());
                None
            }
            (None, _) => None,
        };
        self.0.push_journal.note(repository, tags);
        drop(locks);
        if let Some(ids) = left
            && self.refuses_uploads(repository, &peer.write_headers).await
        {
            tracing::info!(
                peer = %peer.address, request_id = text(&peer.request_id), %repository,
                "the client of an open push may not push, so it is settled"
            );
            self.0.ledger.refuse(&ids).await;
        }
        let mut answer = self.answer_to_write(response.map_err(unavailable)?)?;
        widen(answer.headers_mut(), repository, Action::Push);
        Ok(answer)
    }

    /// Checks that a claim is not so old that others may think it is over, as after a pause of this process.
    pub(crate) fn check_age(&self, claim: Option<&Claim>) -> Result<(), ErrorResponse> {
        let limit = self.0.ledger.late_write_limit().map(|limit| limit / 2);
        if claim.is_some_and(|claim| limit.is_some_and(|limit| claim.age() > limit)) {
            return Err(ErrorResponse::unavailable(
                "the gateway was held up for too long before it could forward this",
            ));
        }
        Ok(())
    }
}
