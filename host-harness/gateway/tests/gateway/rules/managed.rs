//! A gateway whose rules are managed over HTTP. Each answer is compared with the description.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Method;
use tagseal::{Cache, Component, Settings};
use tagseal_gateway::{
    ActivePolicy, AuditLog, GatewaySettings, Holders, Ledger, LedgerSettings, Place, PolicyDocument, Rules,
};
use tagseal_test_support::hostile::assemble;
use tempfile::TempDir;

use super::openapi;
use tagseal_test_support::registry::Answer;
use tagseal_test_support::stack::{self, Stack};

pub(crate) const TOKEN: &str = "an-administrators-token-of-this-suite";
/// The token of somebody who may only read.
pub(crate) const READER: &str = "the-token-of-a-reader-of-this-suite";
pub(crate) const RULES: &str = "/tagseal/v1/rules";

/// How long a body may take to come.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_millis(300);

/// A document as people write it, with a rule that the suite does not change.
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
        Self::with(document, stack::component(), Ledger::in_memory().await.unwrap()).await
    }

    /// Starts it with a component that compiles every document, and fails when it is asked about rules.
    pub(crate) async fn failing() -> Self {
        let settings = Settings::default().with_cache(Cache::Off);
        let component = Component::from_bytes(&assemble("trap_in_rules"), settings).unwrap();
        Self::with("{}", component, Ledger::in_memory().await.unwrap()).await
    }

    /// Starts it with a policy in a database that can't be reached.
    pub(crate) async fn without_policy() -> Self {
        let nowhere = Place::Postgres("postgres://nobody@127.0.0.1:1/none".to_owned());
        let ledger = Ledger::open(&nowhere, LedgerSettings::default()).await.unwrap();
        let active_policy = ActivePolicy::unknown();
        let document = PolicyDocument::in_ledger(&ledger, stack::component(), active_policy.clone(), None).unwrap();
        Self::managing(document, active_policy, tempfile::tempdir().unwrap(), ledger).await
    }

    /// Starts it with a ledger.
    pub(crate) async fn remembering(document: &str, ledger: Ledger) -> Self {
        Self::with(document, stack::component(), ledger).await
    }

    async fn with(document: &str, component: Component, ledger: Ledger) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        fs::write(&path, document).unwrap();
        let active_policy = ActivePolicy::new(component.compile(document).unwrap());
        let file = PolicyDocument::in_file(path, component, active_policy.clone(), document.to_owned());
        Self::managing(file, active_policy, folder, ledger).await
    }

    async fn managing(document: PolicyDocument, active_policy: ActivePolicy, folder: TempDir, ledger: Ledger) -> Self {
        let holders = folder.path().join("tokens");
        fs::write(&holders, format!("alice change {TOKEN}\nreader read {READER}\n")).unwrap();
        fs::set_permissions(&holders, Permissions::from_mode(0o600)).unwrap();
        let audit = AuditLog::in_memory();
        document.set_audit(audit.clone());
        let rules = Rules::with_body_timeout(document, Holders::from_file(&holders).unwrap(), BODY_TIMEOUT);
        let settings = GatewaySettings::default().with_rules(rules).with_audit(audit);
        let path = folder.path().join("policy.json");
        Self { stack: Stack::remembering(active_policy, settings, ledger).await, path, folder }
    }

    /// Returns the document on disk.
    pub(crate) fn document(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// Edits the document by hand, like an editor that writes another file and moves it to its place.
    pub(crate) fn edit(&self, document: &str) {
        let beside = self.folder.path().join("edited");
        fs::write(&beside, document).unwrap();
        fs::rename(&beside, &self.path).unwrap();
    }

    /// Returns the revision of the active policy.
    pub(crate) fn revision(&self) -> u64 {
        self.stack.active_policy.policy().unwrap().revision()
    }

    /// Sends a request as the administrator.
    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        let answer = self.stack.client.ask(method.clone(), path, &headers, body.as_bytes()).await;
        openapi::check(&method, path, &answer);
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

    /// Returns the ids of the rules that are listed for a query.
    pub(crate) async fn ids(&self, query: &str) -> Vec<u64> {
        let listed = self.get(&format!("{RULES}{query}")).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        listed.json()["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_u64().unwrap()).collect()
    }
}
