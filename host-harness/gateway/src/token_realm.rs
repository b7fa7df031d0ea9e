//! The place where the registry issues tokens, by its own challenge.

use std::time::{Duration, Instant};

use hyper::header::HeaderMap;
use hyper::{Method, Uri};
use tokio::sync::Mutex;

use tagseal_distribution::client::RegistryClient;
use tagseal_distribution::inventory::token_realm;

/// How long a realm counts as known. Whoever moves it has to wait for so long.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// The place where the registry issues tokens.
#[derive(Debug, Default)]
pub(crate) struct TokenRealm(Mutex<Option<(Instant, Option<Uri>)>>);

impl TokenRealm {
    /// Returns the place, if the registry issues tokens. It is asked again after a while.
    pub(crate) async fn of(&self, registry: &RegistryClient, limit: Duration) -> Option<Uri> {
        let mut known = self.0.lock().await;
        if let Some((since, realm)) = &*known
            && since.elapsed() < KNOWN_FOR
        {
            return realm.clone();
        }
        let answer = registry.read(Method::GET, "/v2/", HeaderMap::new(), Some(limit)).await.ok()?;
        let realm = token_realm(answer.headers());
        *known = Some((Instant::now(), realm.clone()));
        realm
    }
}
