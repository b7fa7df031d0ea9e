//! Whether a ledger can be reached, and how many writes are open in it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::health::PartHealth;
use super::ledger::Ledger;
use super::measurement;

/// The time between two looks into the ledger.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Looks into a ledger every ten seconds, for as long as somebody wants to know. Reads are served without it.
pub fn follow_ledger(ledger: Ledger) -> watch::Receiver<PartHealth> {
    let (seen, health) = watch::channel(PartHealth::fine("not asked yet"));
    tokio::spawn(async move {
        loop {
            let part = match ledger.all_writes().await {
                Ok(open) => {
                    measurement::open_writes(open.len());
                    PartHealth::fine(format!("{}, open writes: {}", ledger.place(), open.len()))
                }
                Err(error) => PartHealth::degraded(error.to_string()),
            };
            if seen.send(part).is_err() {
                return;
            }
            sleep(LOOK_INTERVAL).await;
        }
    });
    health
}
