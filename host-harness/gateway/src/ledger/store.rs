//! The ledger of a gateway: what may still happen to tags, and what they were bound to.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use tagseal_distribution::reference::{Digest, Repository, Tag};
use tokio::time::timeout;

use super::binding::{Binding, BindingState};
use super::breaker::Breaker;
use super::change::{Change, Ended, NewBinding};
use super::claim::Claim;
use super::database::{Database, Locked};
use super::error::{DatabaseError, LedgerError};
use super::number;
use super::place::Place;
use super::postgres::Postgres;
use super::row::{COLUMNS, open_write, parts};
use super::statement::{Row, Value};
use super::write::{NewWrite, OpenWrite, State};
use super::writer::Writer;

/// How long a question to the database may take.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bindings that are read at one time, so that others can ask something in between.
const PAGE: i64 = 5000;
/// No transaction takes longer than this, from its begin to its end. The writer gives up much earlier.
const MAX_TRANSACTION_MILLIS: i64 = 60_000;
/// How often a gateway with open writes says that it is alive.
const BEAT: Duration = Duration::from_secs(5);
/// How often what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long lines of the audit are kept, unless somebody says otherwise.
const AUDIT_KEEP: Duration = Duration::from_secs(90 * 24 * 3600);
/// How often older ones are looked for.
const EXPIRY: Duration = Duration::from_secs(3600);

/// How a ledger is used.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// How long after its gateway stopped waiting the registry may still carry a write out. None: for ever.
    pub late_write_limit: Option<Duration>,
    /// What this gateway is called in the ledger.
    pub name: String,
    /// How long lines of the audit are kept.
    pub audit_keep: Duration,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        let (late_write_limit, audit_keep) = (Some(Duration::from_secs(600)), AUDIT_KEEP);
        Self { late_write_limit, name: "tagseal".to_owned(), audit_keep }
    }
}

/// A ledger. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    place: Place,
    database: Database,
    writer: Writer,
    /// The number of this gateway, of this process.
    gateway: i64,
    settings: LedgerSettings,
    /// Claims of this gateway that are not over.
    waiting: Arc<AtomicI64>,
    breaker: Breaker,
    /// Held for as long as this process uses the file.
    _lock: Option<File>,
}

impl Ledger {
    /// Opens a ledger for a gateway. A server that can't be reached now is tried again every second: until it can be, the ledger
    /// answers with errors.
    ///
    /// # Errors
    ///
    /// - a file that another gateway uses, or that can't be made
    /// - a database that refuses
    /// - a ledger that a later version of this program has written
    pub async fn open(place: &Place, settings: LedgerSettings) -> Result<Self, LedgerError> {
        let lock = lock_file(place)?;
        let ledger = Self::connect(place, settings, lock).await?;
        match ledger.0.database.prepare().await {
            Ok(()) => ledger.beat().await?,
            Err(error) if error.is_unreachable() => {
                tracing::warn!(%place, %error, "until the ledger can be reached, writes of protected tags get 503");
            }
            Err(error) => return Err(error),
        }
        tokio::spawn(ledger.clone().stay_alive());
        Ok(ledger)
    }

    /// Opens a ledger beside the gateways that use it, to look into it or to release something.
    ///
    /// # Errors
    ///
    /// As [`Ledger::open`], but for a file that is in use.
    pub async fn open_beside(place: &Place) -> Result<Self, LedgerError> {
        let ledger = Self::connect(place, LedgerSettings::default(), None).await?;
        ledger.0.database.prepare().await?;
        Ok(ledger)
    }

    async fn connect(place: &Place, settings: LedgerSettings, lock: Option<File>) -> Result<Self, LedgerError> {
        let database = Database::open(place).await?;
        let writer = Writer::start(&database);
        let (gateway, waiting) = (number::random(), Arc::default());
        let (place, breaker) = (place.clone(), Breaker::default());
        let parts = Parts { place, database, writer, gateway, settings, waiting, breaker, _lock: lock };
        Ok(Self(Arc::new(parts)))
    }

    /// Opens a ledger in memory.
    ///
    /// # Errors
    ///
    /// SQLite does not start.
    pub async fn in_memory() -> Result<Self, LedgerError> {
        Self::open(&Place::Memory, LedgerSettings::default()).await
    }

    /// Where it is kept.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Whether it outlives the gateway.
    pub fn is_durable(&self) -> bool {
        self.0.place != Place::Memory
    }

    /// Whether other gateways may use it at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.0.place, Place::Postgres(_))
    }

    /// How long after its gateway stopped waiting the registry may still carry a write out. None: for ever.
    pub fn late_write_limit(&self) -> Option<Duration> {
        // A gateway was alive for up to a beat after it was last seen.
        self.0.settings.late_write_limit.map(|limit| if self.is_durable() { limit + BEAT } else { limit })
    }

    /// The database in which it is, if that is one that several gateways can share.
    pub(crate) fn postgres(&self) -> Option<&Postgres> {
        match &self.0.database {
            Database::Sqlite(_) => None,
            Database::Postgres(postgres) => Some(postgres),
        }
    }

    /// Claims writes that are about to be forwarded: all or none. None, where another open write holds one of their tags.
    ///
    /// Once this returns, they are durable. They are admitted only if no write of [`Ledger::open_writes`] stands in the way:
    /// asked after this, or under locks that nobody loses.
    ///
    /// # Errors
    ///
    /// The database failed. What was claimed all the same is taken back as soon as it can be.
    #[tracing::instrument(skip_all)]
    pub async fn claim(&self, writes: Vec<NewWrite>) -> Result<Option<Claim>, LedgerError> {
        self.0.breaker.check()?;
        let ids: Vec<i64> = writes.iter().map(|_| number::random()).collect();
        let numbered = ids.iter().copied().zip(writes).collect();
        // From here on, the claim takes itself back, also when this request is dropped.
        let claim = Claim::new(ids, self.0.writer.clone(), Arc::clone(&self.0.waiting), self.is_shared());
        let claimed = timeout(QUERY_TIMEOUT, self.0.writer.write(Change::Claim(numbered, self.0.gateway))).await;
        let changed = self.0.breaker.note(claimed.unwrap_or(Err(LedgerError::TooLate)))?;
        Ok((changed > 0).then_some(claim))
    }

    /// The open writes of a repository that concern these tags, or manifests. Without tags, all of them.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn open_writes(
        &self,
        repository: &Repository,
        tags: Option<&BTreeSet<Tag>>,
    ) -> Result<Vec<OpenWrite>, LedgerError> {
        let one = tags.filter(|tags| tags.len() == 1).and_then(BTreeSet::first);
        let of_tag = if one.is_some() { " AND w.tag IN ($2, '')" } else { "" };
        let text = format!(
            "SELECT {COLUMNS} FROM writes w LEFT JOIN gateways g ON g.id = w.gateway WHERE w.repository = $1{of_tag}"
        );
        let names = [Some(repository.as_str()), one.map(Tag::as_str)];
        let mut writes = self.writes(&text, names.into_iter().flatten().map(Value::from).collect()).await?;
        writes.retain(|write| match (write.write.effect.tag(), tags) {
            (Some(tag), Some(tags)) => tags.contains(tag),
            (None, _) | (_, None) => true,
        });
        Ok(writes)
    }

    /// All open writes.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn all_writes(&self) -> Result<Vec<OpenWrite>, LedgerError> {
        let text =
            format!("SELECT {COLUMNS} FROM writes w LEFT JOIN gateways g ON g.id = w.gateway ORDER BY w.begun, w.id");
        self.writes(&text, Vec::new()).await
    }

    /// Reads open writes.
    pub(super) async fn writes(&self, text: &str, values: Vec<Value>) -> Result<Vec<OpenWrite>, LedgerError> {
        let rows = self.rows_of(text, values).await?;
        Ok(rows.iter().map(|row| open_write(row, self.0.gateway)).collect::<Result<_, _>>()?)
    }

    /// Reads rows.
    pub(super) async fn rows_of(&self, text: &str, values: Vec<Value>) -> Result<Vec<Row>, LedgerError> {
        self.0.breaker.check()?;
        let rows = timeout(QUERY_TIMEOUT, self.0.database.rows(text, values)).await;
        self.0.breaker.note(rows.unwrap_or(Err(LedgerError::TooLate)))
    }

    /// Shares a repository with the writes of other gateways, so that none of them deletes in it meanwhile.
    pub(crate) async fn share(&self, repository: &Repository, patience: Duration) -> Result<Locked, LedgerError> {
        self.0.breaker.check()?;
        self.0.breaker.note(self.0.database.share(repository, patience).await)
    }

    /// Has a repository alone, so that no other gateway writes in it meanwhile.
    pub(crate) async fn alone(&self, repository: &Repository, patience: Duration) -> Result<Locked, LedgerError> {
        self.0.breaker.check()?;
        self.0.breaker.note(self.0.database.alone(repository, patience).await)
    }

    /// Settles what a read settles among open writes that were known before it, and returns those that are still open.
    ///
    /// `found` is what the tag or manifest of a write was found to be. `own_rivals` is how many rivals of a write are claims of
    /// the reader itself, which were not forwarded yet: among those that the write had, and at all.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn settle(
        &self,
        writes: Vec<OpenWrite>,
        found: impl Fn(&OpenWrite) -> State,
        own_rivals: impl Fn(&OpenWrite) -> (i64, i64),
    ) -> Result<Vec<OpenWrite>, LedgerError> {
        let (limit, mut open) = (self.late_write_limit(), Vec::new());
        for write in writes {
            let (state, (known_rivals, all_rivals)) = (found(&write), own_rivals(&write));
            let (is_old, is_shown) =
                (write.is_old(limit) && state != State::Unknown, write.is_shown_by(&state, known_rivals));
            if !is_old && !is_shown {
                open.push(write);
                continue;
            }
            let is_done = write.write.effect.makes(&state);
            let most_rivals = if is_old { i64::MAX } else { all_rivals };
            let change = Change::End(vec![Ended { most_rivals, ..ended(write.id, is_done) }]);
            if timeout(QUERY_TIMEOUT, self.0.writer.write(change)).await.map_err(|_| LedgerError::TooLate)?? == 0 {
                // It has met another rival since, or somebody else has settled it.
                open.push(write);
            }
        }
        Ok(open)
    }

    /// Keeps a write that no rule protects and that was forwarded while the ledger could not be reached: as one that was left.
    pub fn keep_abandoned(&self, writes: Vec<NewWrite>, answer: &str) {
        let ids: Vec<i64> = writes.iter().map(|_| number::random()).collect();
        let numbered = ids.into_iter().zip(writes).collect();
        self.0.writer.write_later(Change::Abandoned(numbered, self.0.gateway, answer.to_owned()));
    }

    /// Takes in what was found to have happened without a gateway, as soon as it can be.
    pub fn note_found(&self, binding: NewBinding) {
        self.0.writer.write_later(Change::Bind(vec![binding]));
    }

    /// Binds tags that were pushed while the ledger could not be reached, as soon as it can be.
    pub fn bind_later(&self, repository: &Repository, tags: &BTreeSet<Tag>, digest: &Digest, actor: &str) {
        let binding = |tag: &Tag| NewBinding {
            repository: repository.clone(),
            tag: tag.clone(),
            digest: digest.clone(),
            state: BindingState::Bound,
            actor: actor.to_owned(),
        };
        if !tags.is_empty() {
            self.0.writer.write_later(Change::Bind(tags.iter().map(binding).collect()));
        }
    }

    /// Says that every tag of a repository has a binding, as soon as it can be.
    pub fn adopt_later(&self, repository: &Repository) {
        self.0.writer.write_later(Change::Adopt(repository.clone()));
    }

    /// Ends writes that never will be carried out.
    pub async fn refuse(&self, ids: &[i64]) {
        let change = Change::End(ids.iter().map(|id| ended(*id, false)).collect());
        // What fails is tried again.
        let _ = timeout(QUERY_TIMEOUT, self.0.writer.write_surely(change)).await;
    }

    /// What a tag was bound to last.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn binding(&self, repository: &Repository, tag: &Tag) -> Result<Option<Binding>, LedgerError> {
        let values = vec![repository.as_str().into(), tag.as_str().into()];
        let found = self.bindings("WHERE repository = $1 AND tag = $2", values).await?;
        Ok(found.into_iter().next())
    }

    /// What the tags of a repository were bound to last.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn bindings_of(&self, repository: &Repository) -> Result<Vec<Binding>, LedgerError> {
        let mut bindings: Vec<Binding> = Vec::new();
        loop {
            let after = bindings.last().map_or("", |binding| binding.tag.as_str());
            let values = vec![repository.as_str().into(), after.into(), PAGE.into()];
            let page = self.bindings("WHERE repository = $1 AND tag > $2 ORDER BY tag LIMIT $3", values).await?;
            let is_last = i64::try_from(page.len()).is_ok_and(|rows| rows < PAGE);
            bindings.extend(page);
            if is_last {
                return Ok(bindings);
            }
        }
    }

    /// The bindings of a repository that may have changed since a time of [`Ledger::now`]: those that were made up to a minute
    /// before it too.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn bound_since(&self, repository: &Repository, since: i64) -> Result<Vec<Binding>, LedgerError> {
        // What was bound in a transaction has the time at which that began.
        let began = since.saturating_sub(MAX_TRANSACTION_MILLIS);
        self.bindings("WHERE repository = $1 AND since >= $2", vec![repository.as_str().into(), began.into()]).await
    }

    /// The time by the clock of the database: milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn now(&self) -> Result<i64, LedgerError> {
        let rows = self.rows_of("SELECT NOW()", Vec::new()).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.number(0))?)
    }

    /// What all tags were bound to last.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn all_bindings(&self) -> Result<Vec<Binding>, LedgerError> {
        self.bindings("ORDER BY repository, tag", Vec::new()).await
    }

    /// Reads bindings.
    pub(super) async fn bindings(&self, condition: &str, values: Vec<Value>) -> Result<Vec<Binding>, LedgerError> {
        let text = format!("SELECT repository, tag, digest, state, since, actor, parts FROM bindings {condition}");
        let rows = self.rows_of(&text, values).await?;
        Ok(rows.iter().map(binding).collect::<Result<_, _>>()?)
    }

    /// Binds tags of which nothing is known yet, as they were found.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn bind_new(
        &self,
        repository: &Repository,
        tags: &[(Tag, Digest, BindingState)],
        actor: &str,
    ) -> Result<(), LedgerError> {
        let binding = |(tag, digest, state): &(Tag, Digest, BindingState)| {
            let (repository, tag, digest) = (repository.clone(), tag.clone(), digest.clone());
            NewBinding { repository, tag, digest, state: *state, actor: actor.to_owned() }
        };
        self.change(Change::BindNew(tags.iter().map(binding).collect())).await.map(drop)
    }

    /// Says that these manifests of a repository refer to no others, as soon as it can be.
    pub fn plain_later(&self, repository: &Repository, digests: Vec<Digest>) {
        if !digests.is_empty() {
            self.0.writer.write_later(Change::Plain(repository.clone(), digests));
        }
    }

    /// Whether every tag of a repository has a binding.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn is_adopted(&self, repository: &Repository) -> Result<bool, LedgerError> {
        let text = "SELECT repository FROM adopted_repositories WHERE repository = $1";
        Ok(!self.rows_of(text, vec![repository.as_str().into()]).await?.is_empty())
    }

    /// Says that every tag of a repository has a binding.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn adopt(&self, repository: &Repository) -> Result<(), LedgerError> {
        self.change(Change::Adopt(repository.clone())).await.map(drop)
    }

    /// What was learned about the registry under a name.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn fact(&self, name: &'static str) -> Result<Option<String>, LedgerError> {
        let rows = self.rows_of("SELECT value FROM facts WHERE name = $1", vec![name.into()]).await?;
        Ok(rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()?)
    }

    /// Keeps what was learned about the registry.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn learn(&self, name: &'static str, value: &str) -> Result<(), LedgerError> {
        self.change(Change::Learn(name, value.to_owned())).await.map(drop)
    }

    /// Makes a change, and returns how many rows it changed.
    pub(super) async fn change(&self, change: Change) -> Result<u64, LedgerError> {
        timeout(QUERY_TIMEOUT, self.0.writer.write(change)).await.map_err(|_| LedgerError::TooLate)?
    }

    /// Waits until what was to be written later is written, or can't be for now. For a gateway that ends.
    pub async fn flush(&self) {
        self.0.writer.retry();
        // Changes are made in order, so what came before this one is made too. What is lost stays open, which is safe.
        let _ = self.beat().await;
    }

    async fn beat(&self) -> Result<(), LedgerError> {
        self.change(Change::Beat(self.0.gateway, self.0.settings.name.clone())).await.map(drop)
    }

    /// Tries once more to reach a server that could not be reached at the start.
    async fn prepare_late(&self) {
        match self.0.database.prepare().await {
            Ok(()) => {
                tracing::info!(place = %self.0.place, "the ledger can be reached now");
                let _ = self.beat().await;
            }
            Err(error) if error.is_unreachable() => {}
            Err(error) => tracing::error!(place = %self.0.place, %error, "the ledger can't be used"),
        }
    }

    /// Says again and again that this gateway is alive, while somebody could ask.
    async fn stay_alive(self) {
        let weak = Arc::downgrade(&self.0);
        drop(self);
        let (mut since_beat, mut since_expiry) = (Duration::ZERO, EXPIRY);
        loop {
            tokio::time::sleep(RETRY).await;
            let Some(parts) = weak.upgrade() else { return };
            let ledger = Self(parts);
            if !ledger.0.database.is_prepared() {
                ledger.prepare_late().await;
                continue;
            }
            ledger.0.writer.retry();
            since_expiry += RETRY;
            if since_expiry >= EXPIRY {
                since_expiry = Duration::ZERO;
                let ledger = ledger.clone();
                // It may take long, and must not hold up the beats. What fails is tried again in an hour.
                tokio::spawn(async move { ledger.expire_audit(ledger.0.settings.audit_keep).await });
            }
            since_beat += RETRY;
            if since_beat >= BEAT && ledger.0.waiting.load(Relaxed) > 0 {
                since_beat = Duration::ZERO;
                ledger.0.writer.try_write(Change::Beat(ledger.0.gateway, ledger.0.settings.name.clone()));
            }
        }
    }
}

fn ended(id: i64, is_done: bool) -> Ended {
    Ended { id, is_done, most_rivals: i64::MAX, removed: Vec::new() }
}

fn binding(row: &Row) -> Result<Binding, DatabaseError> {
    Ok(Binding {
        repository: Repository::parse(row.text(0)?).map_err(|_| DatabaseError::invalid("repository"))?,
        tag: Tag::parse(row.text(1)?).map_err(|_| DatabaseError::invalid("tag"))?,
        digest: Digest::parse(row.text(2)?).map_err(|_| DatabaseError::invalid("digest"))?,
        state: BindingState::parse(row.text(3)?).ok_or_else(|| DatabaseError::invalid("state"))?,
        since: row.number(4)?,
        actor: row.text(5)?.to_owned(),
        parts: parts(row.text(6)?),
    })
}

/// Locks the file beside a ledger's own. It is not removed afterwards: whoever waits for it would hold another one.
fn lock_file(place: &Place) -> Result<Option<File>, LedgerError> {
    let Place::File(path) = place else { return Ok(None) };
    let mut name = path.clone().into_os_string();
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
