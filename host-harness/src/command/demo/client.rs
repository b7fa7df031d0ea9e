//! A client that pushes images, no more than the demo needs.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Connections;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::image::{Image, MANIFEST, digest};

/// Whatever went wrong between client and gateway.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// A client of one registry.
pub(super) struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    location: String,
    body: Bytes,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { connections: Connections::builder(TokioExecutor::new()).build_http(), address }
    }

    /// Uploads an image's blobs, and puts its manifest under a tag: the answer to the last.
    pub(super) async fn push(&self, repository: &str, tag: &str, image: &Image) -> Result<Answer, Error> {
        for blob in &image.blobs {
            let begun = self.ask(Method::POST, &format!("/v2/{repository}/blobs/uploads/"), &[]).await?;
            self.ask(Method::PUT, &format!("{}?digest={}", begun.location, digest(blob)), blob).await?;
        }
        self.ask(Method::PUT, &format!("/v2/{repository}/manifests/{tag}"), &image.manifest).await
    }

    pub(super) async fn delete(&self, repository: &str, tag: &str) -> Result<Answer, Error> {
        self.ask(Method::DELETE, &format!("/v2/{repository}/manifests/{tag}"), &[]).await
    }

    /// The digest of what is pulled under a tag.
    pub(super) async fn pull(&self, repository: &str, tag: &str) -> Result<String, Error> {
        let answer = self.ask(Method::GET, &format!("/v2/{repository}/manifests/{tag}"), &[]).await?;
        Ok(digest(&answer.body))
    }

    async fn ask(&self, method: Method, path: &str, body: &[u8]) -> Result<Answer, Error> {
        let request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = request.header(ACCEPT, MANIFEST).header(CONTENT_TYPE, MANIFEST);
        let answer = self.connections.request(request.body(Full::new(Bytes::copy_from_slice(body)))?).await?;
        let location = answer.headers().get(LOCATION).map(|value| value.to_str()).transpose()?.unwrap_or_default();
        let (location, status) = (location.to_owned(), answer.status());
        Ok(Answer { status, location, body: answer.into_body().collect().await?.to_bytes() })
    }
}

impl Answer {
    /// The line in which clients show a refusal: `denied: …`.
    pub(super) fn line(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let error = body.pointer("/errors/0")?;
        let code = error.get("code")?.as_str()?.to_ascii_lowercase();
        Some(format!("{code}: {}", error.get("message")?.as_str()?))
    }
}
