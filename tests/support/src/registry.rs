//! A small client of registries, and of what is in front of them.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::image::{DOCKER_IMAGE, DOCKER_LIST, Image, OCI_IMAGE, OCI_INDEX, sha256};

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Registry {
    /// `HOST:PORT`.
    pub address: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// The answer of a server.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Returns a header, or an empty text if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the one error of a registry's answer.
    #[track_caller]
    pub fn error(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no envelope: {self:?}"));
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
        assert_eq!(self.header("content-type"), "application/json");
        body["errors"][0].clone()
    }

    /// Returns the message of that error.
    #[track_caller]
    pub fn message(&self) -> String {
        self.error()["message"].as_str().unwrap().to_owned()
    }

    /// Returns status and code of that error: `409 DENIED`.
    #[track_caller]
    pub fn refusal(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.error()["code"].as_str().unwrap())
    }

    /// Returns the answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns status and code of a refusal of the rules' own interface: `409 conflict`.
    #[track_caller]
    pub fn refused(&self) -> String {
        let refusal = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{refusal}");
        assert_eq!(refusal["status"], self.status.as_u16(), "{refusal}");
        format!("{} {}", self.status.as_u16(), refusal["code"].as_str().unwrap())
    }

    /// Returns the text for people of such a refusal.
    #[track_caller]
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

impl Registry {
    /// Makes a client of the server at `HOST:PORT`.
    pub fn at(address: impl ToString) -> Self {
        Self { address: address.to_string(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request, and reads the whole answer.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.try_ask(method.clone(), path, headers, body).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a request to a server that may be killed meanwhile.
    pub async fn try_ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
        let answer = self.client.request(request).await.map_err(|error| format!("{error:?}"))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    /// Reads a path, and accepts every kind of manifest.
    pub async fn get(&self, path: &str) -> Answer {
        let accept = [OCI_INDEX, OCI_IMAGE, DOCKER_LIST, DOCKER_IMAGE, "*/*"].map(|kind| ("accept", kind));
        self.ask(Method::GET, path, &accept, b"").await
    }

    /// Uploads the blobs of an image, in two requests for each, and follows the registry's locations.
    pub async fn upload(&self, repository: &str, image: &Image) {
        for blob in &image.blobs {
            let begun = self.ask(Method::POST, &format!("/v2/{repository}/blobs/uploads/"), &[], b"").await;
            assert_eq!(begun.status, 202, "{begun:?}");
            let place = begun.header("location");
            let place = place.strip_prefix(&format!("http://{}", self.address)).unwrap_or(place);
            let join = if place.contains('?') { '&' } else { '?' };
            let done = self.ask(Method::PUT, &format!("{place}{join}digest={}", sha256(blob)), &[], blob).await;
            assert_eq!(done.status, 201, "{done:?}");
        }
    }

    /// Puts the manifest of an image under a tag or a digest, perhaps with a query after it.
    pub async fn put(&self, repository: &str, reference: &str, image: &Image) -> Answer {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.ask(Method::PUT, &path, &[("content-type", image.media_type)], &image.bytes).await
    }

    /// Puts the manifest of an image under a tag. Returns the status, or `None` if no answer comes.
    pub async fn try_put(&self, repository: &str, tag: &str, image: &Image) -> Option<StatusCode> {
        let uri = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        let request = Request::put(uri).header("content-type", image.media_type);
        let answer =
            self.client.request(request.body(Full::new(Bytes::from(image.bytes.clone()))).unwrap()).await.ok()?;
        let status = answer.status();
        answer.into_body().collect().await.ok().map(|_| status)
    }

    /// Puts a manifest under this many tags at the same time, `v0`, `v1` and so on. Each must be accepted.
    pub async fn put_at_once(&self, repository: &'static str, image: &Image, tags: usize) {
        let pushes: Vec<_> = (0..tags)
            .map(|number| {
                let (client, image) = (self.clone(), image.clone());
                tokio::spawn(async move { client.put(repository, &format!("v{number}"), &image).await })
            })
            .collect();
        for push in pushes {
            let pushed = push.await.unwrap();
            assert_eq!(pushed.status, 201, "{pushed:?}");
        }
    }

    /// Uploads an image and puts its manifest.
    pub async fn push(&self, repository: &str, reference: &str, image: &Image) -> Answer {
        self.upload(repository, image).await;
        self.put(repository, reference, image).await
    }

    /// Deletes a path.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], b"").await
    }

    /// Returns the digest of a tag, by the bytes that are served, or an empty text if there is no manifest.
    pub async fn resolve(&self, repository: &str, tag: &str) -> String {
        let answer = self.get(&format!("/v2/{repository}/manifests/{tag}")).await;
        if answer.status == 200 { sha256(&answer.body) } else { String::new() }
    }
}

/// Sends bytes as they are, and reads until the other side closes the connection.
pub async fn raw(address: SocketAddr, request: String) -> Answer {
    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let text = tokio::task::spawn_blocking(exchange).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
    Answer { status, headers, body: body.to_owned().into() }
}
