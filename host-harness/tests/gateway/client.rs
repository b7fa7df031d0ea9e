//! A small client of registries: requests, and images to push with them.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

pub(crate) const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Asks one server.
#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) address: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The one error of the answer.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no envelope: {self:?}"));
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
        assert_eq!(self.header("content-type"), "application/json");
        body["errors"][0].clone()
    }

    #[track_caller]
    pub(crate) fn message(&self) -> String {
        self.error()["message"].as_str().unwrap().to_owned()
    }

    /// Status and code: `409 DENIED`.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.error()["code"].as_str().unwrap())
    }
}

/// A manifest to push.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// What it needs to be there first.
    pub(crate) blobs: Vec<Vec<u8>>,
}

impl Image {
    /// An image whose content is that word.
    pub(crate) fn of(media_type: &'static str, word: &str) -> Self {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"word": word}},
                            "rootfs": {"type": "layers", "diff_ids": [sha256(word.as_bytes())]}});
        let blobs = vec![config.to_string().into_bytes(), word.as_bytes().to_vec()];
        let (config_type, layer_type) = match media_type {
            DOCKER_IMAGE => {
                ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar")
            }
            _ => ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"),
        };
        let part = |kind: &str, blob: &[u8]| json!({"mediaType": kind, "digest": sha256(blob), "size": blob.len()});
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type,
                              "config": part(config_type, &blobs[0]), "layers": [part(layer_type, &blobs[1])]});
        Self { media_type, bytes: manifest.to_string().into_bytes(), blobs }
    }

    pub(crate) fn oci(word: &str) -> Self {
        Self::of(OCI_IMAGE, word)
    }

    /// An index or list of these parts.
    pub(crate) fn index(media_type: &'static str, parts: &[&Image]) -> Self {
        let part = |(image, architecture): (&&Image, &str)| {
            json!({"mediaType": image.media_type, "digest": image.digest(), "size": image.bytes.len(),
                   "platform": {"os": "linux", "architecture": architecture}})
        };
        let parts: Vec<_> = parts.iter().zip(["amd64", "arm64", "s390x"]).map(part).collect();
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": parts});
        Self { media_type, bytes: index.to_string().into_bytes(), blobs: Vec::new() }
    }

    /// The same manifest with one more field.
    pub(crate) fn with(&self, field: &str, value: Value) -> Self {
        let mut manifest: Value = serde_json::from_slice(&self.bytes).unwrap();
        manifest[field] = value;
        Self { bytes: manifest.to_string().into_bytes(), ..self.clone() }
    }

    pub(crate) fn digest(&self) -> String {
        sha256(&self.bytes)
    }

    /// Its digest as messages show it.
    pub(crate) fn short(&self) -> String {
        self.digest().chars().take(19).collect()
    }

    pub(crate) fn sha512(&self) -> String {
        format!("sha512:{}", hex(&Sha512::digest(&self.bytes)))
    }

    /// The digest of its configuration, which is a blob.
    pub(crate) fn config(&self) -> String {
        sha256(&self.blobs[0])
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Registry {
    /// The server at `HOST:PORT`.
    pub(crate) fn at(address: impl ToString) -> Self {
        Self { address: address.to_string(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
        let answer = self.client.request(request).await.unwrap_or_else(|e| panic!("{method} {path}: {e:?}"));
        let (parts, body) = answer.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let accept = [OCI_INDEX, OCI_IMAGE, DOCKER_LIST, DOCKER_IMAGE, "*/*"].map(|kind| ("accept", kind));
        self.ask(Method::GET, path, &accept, b"").await
    }

    /// Uploads what an image needs, in two requests a blob, and follows where it is sent.
    pub(crate) async fn upload(&self, repository: &str, image: &Image) {
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

    /// Puts the manifest of an image: under a tag or a digest, and a query if need be.
    pub(crate) async fn put(&self, repository: &str, reference: &str, image: &Image) -> Answer {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.ask(Method::PUT, &path, &[("content-type", image.media_type)], &image.bytes).await
    }

    /// Puts a manifest under so many tags at once, `v0`, `v1` and so on, each of which is taken.
    pub(crate) async fn put_at_once(&self, repository: &'static str, image: &Image, tags: usize) {
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
    pub(crate) async fn push(&self, repository: &str, reference: &str, image: &Image) -> Answer {
        self.upload(repository, image).await;
        self.put(repository, reference, image).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], b"").await
    }

    /// The digest that a tag resolves to, by the bytes that are served. Empty where it does not.
    pub(crate) async fn resolve(&self, repository: &str, tag: &str) -> String {
        let answer = self.get(&format!("/v2/{repository}/manifests/{tag}")).await;
        if answer.status == 200 { sha256(&answer.body) } else { String::new() }
    }
}
