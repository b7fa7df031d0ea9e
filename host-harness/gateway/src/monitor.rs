//! Monitor mode: nothing is refused. What would have been is forwarded as it came, with a warning for the client, a line in
//! the log, one in the audit, and a count.

use hyper::header::{HeaderValue, WARNING};
use hyper::{Method, Response};

use super::answer::unavailable;
use super::gateway::{Gateway, Peer};
use super::push_request::PushRequest;
use super::request_id::text;
use tagseal_distribution::body::{Body, full, streamed};
use tagseal_distribution::error_response::ErrorResponse;

impl Gateway {
    /// Returns whether nothing is refused.
    pub(crate) fn only_monitors(&self) -> bool {
        self.live_settings().monitor
    }

    /// Refuses a push, or forwards it all the same in monitor mode.
    pub(crate) async fn refuse_push(
        &self,
        request: PushRequest,
        peer: Peer,
        refusal: ErrorResponse,
    ) -> Result<Response<Body>, ErrorResponse> {
        if !self.only_monitors() {
            return Err(refusal);
        }
        let (path, content, actor) = (request.push.path(), request.manifest.content.clone(), peer.actor());
        let answer = self.forward_anyway(Method::PUT, &path, content, peer, &refusal).await;
        self.0.push_journal.note(&request.push.repository, &request.push.tags);
        if answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            // What the ledger knows of the tag has to be what it is now: deletes are decided by that.
            self.0.ledger.bind_later(&request.push.repository, &request.push.tags, request.digest(), &actor);
        }
        answer
    }

    /// Refuses a delete, or forwards it all the same in monitor mode. A delete that was forwarded already is not sent again.
    pub(crate) async fn refuse_delete(
        &self,
        path: &str,
        peer: Peer,
        refusal: ErrorResponse,
    ) -> Result<Response<Body>, ErrorResponse> {
        if !self.only_monitors() || peer.is_forwarded() {
            return Err(refusal);
        }
        self.forward_anyway(Method::DELETE, path, Vec::new(), peer, &refusal).await
    }

    async fn forward_anyway(
        &self,
        method: Method,
        path: &str,
        content: impl Into<hyper::body::Bytes>,
        peer: Peer,
        refusal: &ErrorResponse,
    ) -> Result<Response<Body>, ErrorResponse> {
        let (status, reason) = (refusal.status().as_u16(), refusal.message());
        tracing::warn!(
            peer = %peer.address, request_id = text(&peer.request_id), %method, path, status, reason,
            "what would be refused is let through, since this gateway only monitors"
        );
        let limit = Some(self.0.settings.commit_timeout);
        let answer = self.send(method, path, peer.write_headers, full(content), limit).await;
        let mut answer = self.answer_to_write(answer.map_err(unavailable)?.map(streamed))?;
        if let Ok(warning) = HeaderValue::from_str(&warning(reason)) {
            answer.headers_mut().append(WARNING, warning);
        }
        Ok(answer)
    }
}

/// Writes a warning that says what would have been answered.
fn warning(reason: &str) -> String {
    let reason: String = reason.chars().filter(|letter| !matches!(letter, '"' | '\\')).collect();
    format!("299 tagseal \"this would be refused: {reason}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_one_quoted_text() {
        assert_eq!(warning("tag \"v1\" \\ is"), "299 tagseal \"this would be refused: tag v1  is\"");
    }
}
