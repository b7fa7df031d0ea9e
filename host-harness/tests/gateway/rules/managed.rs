//! A gateway whose rules are managed over HTTP. Each answer of them is held against the description.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use serde_json::Value;
use tagseal::gateway::{AdminToken, GatewaySettings, InForce, PolicyFile, Rules};
use tagseal::{Cache, Component, Settings};
use tagseal_tests::hostile::assemble;
use tempfile::TempDir;

use super::description;
use crate::client::Answer;
use crate::stack::{self, Stack};

pub(crate) const TOKEN: &str = "an-administrators-token-of-this-suite";
pub(crate) const RULES: &str = "/tagseal/v1/rules";

/// How long a body may take to come.
pub(crate) const PATIENCE: Duration = Duration::from_millis(300);

/// As people write it, and with a rule that nothing of the suite touches.
pub(crate) const DOCUMENT: &str = r#"{
  "version": 1,
  "instance": "test",
  "revision": 7,
  "rules": [
    { "id": 4,   "namespace": "kept", "note": "by \u0068and",
      "preset": "latest" }
  ]
}
"#;

/// A gateway whose rules are managed over HTTP.
pub(crate) struct Managed {
    pub(crate) stack: Stack,
    pub(crate) path: PathBuf,
    folder: TempDir,
}

impl Managed {
    pub(crate) async fn new(document: &str) -> Self {
        Self::with(document, stack::component()).await
    }

    /// With a component that compiles whatever it is given, and fails when it is asked for rules.
    pub(crate) async fn failing() -> Self {
        let settings = Settings { cache: Cache::Off, ..Settings::default() };
        Self::with("{}", Component::from_bytes(&assemble("trap_in_rules"), settings).unwrap()).await
    }

    async fn with(document: &str, component: Component) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        fs::write(&path, document).unwrap();
        let in_force = InForce::new(component.compile(document).unwrap());
        let file = PolicyFile::new(path.clone(), component, in_force.clone(), document.to_owned());
        let rules = Rules::with_patience(file, AdminToken::parse(TOKEN).unwrap(), PATIENCE);
        let settings = GatewaySettings { rules: Some(rules), ..GatewaySettings::default() };
        Self { stack: Stack::under(in_force, settings).await, path, folder }
    }

    /// The document as it is on disk.
    pub(crate) fn document(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// Edits the document by hand, as an editor does it that writes another file and moves it there.
    pub(crate) fn edit(&self, document: &str) {
        let beside = self.folder.path().join("edited");
        fs::write(&beside, document).unwrap();
        fs::rename(&beside, &self.path).unwrap();
    }

    /// The revision in force.
    pub(crate) fn revision(&self) -> u64 {
        self.stack.in_force.policy().revision()
    }

    /// Asks as the administrator.
    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        let answer = self.stack.client.ask(method.clone(), path, &headers, body.as_bytes()).await;
        description::check(&method, path, &answer);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.ask(Method::POST, RULES, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn patch(&self, id: u64, body: &str) -> Answer {
        let headers = [("content-type", "application/merge-patch+json")];
        self.ask(Method::PATCH, &format!("{RULES}/{id}"), &headers, body).await
    }

    pub(crate) async fn delete(&self, id: u64) -> Answer {
        self.ask(Method::DELETE, &format!("{RULES}/{id}"), &[], "").await
    }

    /// The ids of the rules that are listed for a query.
    pub(crate) async fn ids(&self, query: &str) -> Vec<u64> {
        let listed = self.get(&format!("{RULES}{query}")).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        listed.json()["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_u64().unwrap()).collect()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of a refusal: `409 conflict`.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let refusal = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{refusal}");
        assert_eq!(refusal["status"], self.status.as_u16(), "{refusal}");
        format!("{} {}", self.status.as_u16(), refusal["code"].as_str().unwrap())
    }

    /// What a refusal says to people.
    #[track_caller]
    pub(crate) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

/// Sends bytes as they are, and reads until the other side has nothing more to say.
pub(crate) async fn raw(address: SocketAddr, request: String) -> Answer {
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
