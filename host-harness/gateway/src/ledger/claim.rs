//! Writes that a gateway has claimed. A claim that is forgotten ends by itself, in the way that is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tagseal_distribution::reference::Tag;
use tokio::time::timeout;

use super::change::{Change, Ended};
use super::write::State;
use super::writer::Writer;

/// How long the end of a claim may keep a request waiting. What takes longer is made all the same.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Writes that were claimed, and are about to be forwarded, or are under way.
///
/// Dropped before anything was forwarded, it takes the claim back. Dropped later, it leaves the writes open: nobody knows
/// then what becomes of them.
#[derive(Debug)]
#[must_use = "a claim ends when it is dropped"]
pub struct Claim {
    ids: Vec<i64>,
    writer: Writer,
    /// Claims of this gateway that are not over.
    waiting: Arc<AtomicI64>,
    /// Whether other gateways use the same ledger, which must see the end before the locks are given back.
    is_shared: bool,
    since: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Claimed,
    Forwarded,
    Over,
}

impl Claim {
    /// A claim of writes with these numbers, which are written at the same time.
    pub(crate) fn new(ids: Vec<i64>, writer: Writer, waiting: Arc<AtomicI64>, is_shared: bool) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self { ids, writer, waiting, is_shared, since: Instant::now(), stage: Stage::Claimed }
    }

    /// The numbers of its writes, in order.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// How old it is.
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Says that its writes are forwarded now, and what their tags or manifests were, as far as that is known. What is not
    /// known can be settled by time alone.
    pub fn forward(&mut self, before: &[State]) {
        self.stage = Stage::Forwarded;
        let states = self.ids.iter().copied().zip(before.iter().cloned()).collect();
        self.writer.try_write(Change::Before(states));
    }

    /// Ends it: its writes were carried out, or never will be. `removed` are the tags that went with a manifest, and whether a
    /// rule protects each. The next claim sees it.
    pub async fn end(mut self, is_done: bool, removed: &[(Tag, bool)]) {
        let ended = |id| Ended { id, is_done, most_rivals: i64::MAX, removed: removed.to_vec() };
        let change = Change::End(self.ids.iter().copied().map(ended).collect());
        self.finish(change).await;
    }

    /// Ends it: so many of its writes, the first ones, were carried out, and the others never will be.
    pub async fn end_partly(mut self, done: usize) {
        let ended = |(place, id)| Ended { id, is_done: place < done, most_rivals: i64::MAX, removed: Vec::new() };
        let change = Change::End(self.ids.iter().copied().enumerate().map(ended).collect());
        self.finish(change).await;
    }

    /// Stops waiting for its writes, without knowing what becomes of them.
    pub async fn leave(mut self, answer: &str) {
        let change = Change::Leave(self.ids.clone(), answer.to_owned());
        self.finish(change).await;
    }

    async fn finish(&mut self, change: Change) {
        self.stage = Stage::Over;
        if self.is_shared {
            // What fails is tried again. Until then, the writes are open for everybody, which is safe.
            let _ = timeout(END_TIMEOUT, self.writer.write_surely(change)).await;
        } else {
            self.writer.write_later(change);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Relaxed);
        let ids = std::mem::take(&mut self.ids);
        match self.stage {
            Stage::Over => {}
            Stage::Claimed => {
                let ended = |id| Ended { id, is_done: false, most_rivals: i64::MAX, removed: Vec::new() };
                self.writer.write_later(Change::End(ids.into_iter().map(ended).collect()));
            }
            Stage::Forwarded => {
                self.writer.write_later(Change::Leave(ids, "the request broke off inside the gateway".to_owned()));
            }
        }
    }
}
