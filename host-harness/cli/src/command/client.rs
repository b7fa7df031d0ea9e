//! A client that pushes and pulls images, no more than the demo and the load test need.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Connections;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::image::{Image, MANIFEST, digest};

/// What a blob is declared as.
const BLOB: &str = "application/octet-stream";

/// Whatever went wrong between client and server.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// A client of one registry. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    registry: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    location: String,
    pub(crate) body: Bytes,
}

impl Client {
    /// A client of the registry at `http://HOST:PORT`.
    pub(crate) fn new(registry: impl Into<String>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { connections: Connections::builder(TokioExecutor::new()).build(connector), registry: registry.into() }
    }

    /// Uploads an image's blobs, and puts its manifest under a tag: the answer to the last.
    pub(crate) async fn push(&self, repository: &str, tag: &str, image: &Image) -> Result<Answer, Error> {
        self.upload_blobs(repository, image).await?;
        self.put(repository, tag, &image.manifest).await
    }

    /// Uploads an image's configuration and its layer. Each must be accepted.
    pub(crate) async fn upload_blobs(&self, repository: &str, image: &Image) -> Result<(), Error> {
        for blob in &image.blobs {
            let answer = self.upload(repository, blob, &digest(blob)).await?;
            if answer.status != StatusCode::CREATED {
                let said = answer.line().unwrap_or_default();
                return Err(format!("a blob got {} instead of 201: {said}", answer.status).into());
            }
        }
        Ok(())
    }

    /// Uploads a blob as clients do: begins, sends it, and ends with its digest.
    pub(crate) async fn upload(&self, repository: &str, blob: &Bytes, digest: &str) -> Result<Answer, Error> {
        let begun = self.ask(Method::POST, &format!("/v2/{repository}/blobs/uploads/"), BLOB, Bytes::new()).await?;
        let sent = self.ask(Method::PATCH, begun.place()?, BLOB, blob.clone()).await?;
        let place = sent.place()?;
        let join = if place.contains('?') { '&' } else { '?' };
        self.ask(Method::PUT, &format!("{place}{join}digest={digest}"), BLOB, Bytes::new()).await
    }

    /// Puts a manifest under a tag.
    pub(crate) async fn put(&self, repository: &str, tag: &str, manifest: &Bytes) -> Result<Answer, Error> {
        self.ask(Method::PUT, &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, manifest.clone()).await
    }

    /// Pulls the manifest of a tag.
    pub(crate) async fn pull(&self, repository: &str, tag: &str) -> Result<Answer, Error> {
        self.ask(Method::GET, &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, Bytes::new()).await
    }

    /// Deletes a tag by its name. Whether the manifest goes with it is up to the registry.
    pub(crate) async fn delete(&self, repository: &str, tag: &str) -> Result<Answer, Error> {
        self.ask(Method::DELETE, &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, Bytes::new()).await
    }

    /// Downloads a blob and keeps nothing of it: how many bytes came.
    pub(crate) async fn download(&self, repository: &str, digest: &str) -> Result<usize, Error> {
        let path = format!("/v2/{repository}/blobs/{digest}");
        let mut body = self.send(Method::GET, &path, BLOB, Bytes::new()).await?.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(bytes)
    }

    async fn ask(&self, method: Method, place: &str, kind: &str, body: Bytes) -> Result<Answer, Error> {
        let answer = self.send(method, place, kind, body).await?;
        let location = answer.headers().get(LOCATION).map(|value| value.to_str()).transpose()?.unwrap_or_default();
        let (location, status) = (location.to_owned(), answer.status());
        Ok(Answer { status, location, body: answer.into_body().collect().await?.to_bytes() })
    }

    /// Sends a request to a place: a path, or wherever an answer has pointed to.
    async fn send(&self, method: Method, place: &str, kind: &str, body: Bytes) -> Result<Response<Incoming>, Error> {
        let place = if place.starts_with('/') { format!("{}{place}", self.registry) } else { place.to_owned() };
        let request = Request::builder().method(method).uri(place);
        let request = request.header(ACCEPT, kind).header(CONTENT_TYPE, kind);
        Ok(self.connections.request(request.body(Full::new(body))?).await?)
    }
}

impl Answer {
    /// Where to go on.
    fn place(&self) -> Result<&str, Error> {
        let said = self.line().unwrap_or_default();
        if self.location.is_empty() { Err(format!("{} {said}", self.status).into()) } else { Ok(&self.location) }
    }

    /// The line in which clients show a refusal: `denied: …`.
    pub(crate) fn line(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let error = body.pointer("/errors/0")?;
        let code = error.get("code")?.as_str()?.to_ascii_lowercase();
        Some(format!("{code}: {}", error.get("message")?.as_str()?))
    }
}
