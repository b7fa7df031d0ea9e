//! `tagseal serve`: the gateway in front of a registry.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use tagseal_distribution::client::{Reached, RegistryClient};
use tagseal_distribution::inventory::{Inventory, Login};
use tagseal_gateway::{
    AuditLog, DeniedStatus, FoundLedger, Gateway, Health, Holders, Ledger, LedgerSettings, LiveSettings, PassPrefix,
    Place, PolicyDocument, Rules, Server, Settler, TagDelete, follow_ledger, follow_registry,
};
use tokio::time::sleep;

use super::Ending;
use super::certificates::{CertificateFlags, Certificates};
use super::clock::Length;
use super::configuration;
use super::fault::Fault;
use super::limit_flags::LimitFlags;
use super::log::Log;
use super::metrics;
use super::open_files;
use super::registry_credential::CredentialFlag;
use super::runtime::new_runtime;
use super::served_policy::{PolicyFlags, ServedPolicy, with_revision};
use super::signals::Signals;
use super::status_listener;
use super::traces::TraceEndpoint;

/// The time between two attempts to reach a registry that does not answer yet.
const LOOK: Duration = Duration::from_secs(2);

/// Guards a registry: forwards every request, but asks the policy before a tag is moved or deleted
///
/// Clients push to the gateway instead of the registry, with the same credentials. Nobody else should be able to reach the
/// registry: requests that do not go through the gateway are not checked.
///
/// The policy file is read again whenever it changes. If the new document is invalid, the old policy stays active and the log
/// says why. A registry with an https address must have a certificate that the system trusts, or one of an issuer in the file of
/// `--upstream-ca`. The log goes to standard error.
///
/// SIGTERM and Ctrl-C end the gateway once the requests that have begun are answered, but within the time of `--grace`. A second
/// signal ends it at once. SIGHUP makes it load its files again. Other signals are ignored.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal serve --policy policy.json --upstream http://127.0.0.1:5000
  tagseal serve --policy policy.json --upstream https://registry.internal --listen 0.0.0.0:5050
  tagseal serve --policy policy.json --upstream http://127.0.0.1:5000 --admin-token-file token
  tagseal serve --config gateway.toml --check")]
pub(crate) struct Arguments {
    #[command(flatten)]
    policy: PolicyFlags,
    /// The registry to guard: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// Where to listen. Port 0 takes a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5050", value_parser = address)]
    listen: SocketAddr,
    /// The HTTP status of a denied push
    ///
    /// With 403, some clients say that the credentials are wrong: regctl shows `unauthorized`, and oras for Python tries for
    /// two minutes. With 409 and 412 all show the reason.
    #[arg(long, value_name = "STATUS", default_value = "409", value_parser = ["409", "403", "412"])]
    denied_status: String,
    /// Let whoever has a token in this file manage the rules over HTTP, at `/tagseal/v1/rules`
    ///
    /// The file has one token, or a line for each person and machine: a name, `read` or `change`, and a token. A token has 32
    /// characters or more, and only its owner may read the file: `(umask 077; openssl rand -hex 32 > token)`. Clients send it as `Authorization: Bearer TOKEN`. `/tagseal/v1/openapi.json` describes the interface. A change is written
    /// to the policy file before it is answered, so the gateway needs permission to write that file and to make files next to it.
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Remember pushes and deletes in this file, or in a PostgreSQL database: `postgres://USER@HOST/DATABASE`
    ///
    /// A gateway that is killed leaves writes behind that the registry may still carry out, and its successor has to know of
    /// them. Without this, they are remembered in memory only. One gateway uses a file at a time; several share a database.
    #[arg(long, value_name = "FILE|URL", env = "TAGSEAL_LEDGER", hide_env_values = true)]
    ledger: Option<Place>,
    /// How long the registry may still carry out a write that it has not answered clearly: `10m`, `90s`, `2h`, or `never`
    ///
    /// Until then, the tag takes only what was pushed. With `never`, it takes an operator to release it.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = late_write_limit)]
    late_write_limit: LateWriteLimit,
    /// What the registry does when a tag is deleted. Found out at a harmless delete where it is not said
    #[arg(long, value_name = "KIND", value_parser = tag_delete)]
    tag_delete: Option<TagDelete>,
    #[command(flatten)]
    credential: CredentialFlag,
    #[command(flatten)]
    limits: LimitFlags,
    /// How long requests that have begun may take after SIGTERM: `20s`, `1m`
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = Length::parse)]
    grace: Length,
    /// Answer questions about health and metrics at this address too: `/tagseal/livez`, `/tagseal/readyz` and `/metrics`
    ///
    /// Whoever reaches the address may read them. `/tagseal/readyz` answers 200 while reads can be served, and lists each part;
    /// with `?strict`, it answers 503 also when a part needs a person.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    status_listen: Option<SocketAddr>,
    /// Send traces of requests to this collector, by OTLP over HTTP: `http://HOST:4318`, perhaps with a path
    ///
    /// A trace that a client has begun goes on, and reaches the registry. Spans that can't be sent fast enough are
    /// thrown away. The environment variables of OpenTelemetry for headers, sampling and batches apply.
    #[arg(long, value_name = "URL", value_parser = TraceEndpoint::parse)]
    trace_endpoint: Option<TraceEndpoint>,
    /// Append a line of JSON to this file for each denial, each override that is used, and each change of the rules
    ///
    /// The form is that of `wit/audit.schema.json`. The file is opened again on SIGHUP, so that it can be rotated.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// How long the ledger keeps lines of the audit, those of all gateways that share it: `90d`, `12h`
    ///
    /// It keeps 1,000,000 lines at most. The file of `--audit` is not shortened.
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = Length::parse)]
    audit_keep: Length,
    /// Refuse nothing: let through what would be refused, with a header `Warning: 299`, and log, count and audit it
    #[arg(long)]
    monitor: bool,
    /// Pass this path and all below it on to the registry as they come, with every method; can be given many times
    ///
    /// For what is not the registry's API: a web page, or Harbor's `/api/v2.0` and `/c`. Whoever may use them can perhaps move
    /// or delete tags there, and no rule applies to that. Without this, such paths can be read, and everything else is refused.
    #[arg(long, value_name = "PATH")]
    pass_prefix: Vec<PassPrefix>,
    #[command(flatten)]
    certificates: CertificateFlags,
    /// Take flags from this file too, in TOML: `listen = "0.0.0.0:5050"`; `[tls]` and `key = "FILE"` in it are `--tls-key`
    ///
    /// A flag that is given here comes before the same one in the file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the flags, the configuration, the policy, the certificates and the ledger, and end without serving or changing anything
    #[arg(long)]
    check: bool,
}

/// The late-write limit, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LateWriteLimit(Option<Duration>);

/// The flags that can be changed in the configuration file while the gateway runs.
const LIVE_FLAGS: [&str; 3] = ["denied-status", "monitor", "pass-prefix"];

/// Reads the flags again, with the command line that has them.
type ReadFlags = fn() -> Result<(Vec<OsString>, Arguments), Fault>;

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>, read_flags: ReadFlags) -> Result<Ending, Fault> {
    let _log = Log::start(arguments.trace_endpoint.as_ref())?;
    if let Some(config) = &arguments.config {
        tracing::info!(config = %config.display(), "a configuration file has flags too");
    }
    let prepared = Prepared::load(arguments, file)?;
    if arguments.check {
        let ledger = new_runtime()?.block_on(found_ledger(arguments))?;
        writeln!(anstream::stdout(), "all is valid: {}{ledger}", prepared.policy.describe())?;
        return Ok(Ending::Fine);
    }
    let audit = prepared.audit.clone();
    let runtime = new_runtime()?;
    let ended = runtime.block_on(serve(arguments, prepared, read_flags));
    audit.finish();
    // A thread that hangs in the file system, say, must not keep the process alive.
    runtime.shutdown_background();
    ended
}

/// What a gateway needs, read from all its files.
struct Prepared {
    metrics: Option<PrometheusHandle>,
    certificates: Certificates,
    upstream: RegistryClient,
    token: Option<Holders>,
    audit: AuditLog,
    policy: ServedPolicy,
    login: Option<Login>,
}

impl Prepared {
    fn load(arguments: &Arguments, component_file: Option<&Path>) -> Result<Self, Fault> {
        // Before anything can be counted.
        let metrics = arguments.status_listen.map(|_| metrics::install()).transpose()?;
        let certificates = arguments.certificates.load()?;
        let upstream = certificates.client(&arguments.upstream)?;
        let token = arguments.admin_token_file.as_deref().map(admin_token).transpose()?;
        let policy = ServedPolicy::read(&arguments.policy, component_file)?;
        let audit = audit(arguments.audit.as_deref())?;
        let login = arguments.credential.login()?;
        Ok(Self { metrics, certificates, upstream, token, audit, policy, login })
    }
}

async fn serve(arguments: &Arguments, prepared: Prepared, read_flags: ReadFlags) -> Result<Ending, Fault> {
    let Prepared { metrics, certificates, upstream, token, audit, policy, login } = prepared;
    let server = Server::bind(arguments.listen).await.map_err(|error| taken("--listen", arguments.listen, &error))?;
    let server = server.with_limits(arguments.limits.connections(open_files::raise()));
    let address = server.address().map_err(|error| taken("--listen", arguments.listen, &error))?;
    let signals = Signals::listen().map_err(|error| Fault::usage(format!("signals can't be heard: {error}")))?;
    let status = status_server(arguments.status_listen).await?;
    check(&upstream, &arguments.upstream).await?;
    let ledger = ledger(arguments, address).await?;
    let (active_policy, document) = policy.open(&ledger).await?;
    document.set_audit(audit.clone());
    if let (Some(server), Some(metrics)) = (status, metrics) {
        let (ledger, health) =
            (follow_ledger(ledger.clone()), health(&upstream, &signals, &document, &audit, &certificates));
        let health = health.with_part("ledger", move || ledger.borrow().clone());
        tokio::spawn(status_listener::serve(server, health, metrics));
    }
    let policy = with_revision(&document.place(), &active_policy);
    let holders = token.clone();
    let rules = token.map(|token| manage(&document, token, &certificates, address));
    let settings = arguments
        .limits
        .settings()
        .with_denied_status(denied(&arguments.denied_status))
        .with_rules(rules)
        .with_tag_delete(arguments.tag_delete)
        .with_audit(audit.clone())
        .with_monitor(arguments.monitor)
        .with_pass_prefixes(arguments.pass_prefix.clone());
    if let Some(login) = login {
        tokio::spawn(Settler::new(ledger.clone(), Inventory::new(upstream.clone(), login)).run());
    }
    let gateway = Gateway::new(upstream, active_policy, ledger, settings);
    tokio::spawn(document.clone().follow());
    tokio::spawn(certificates.clone().follow());
    let server = server.with_tls(certificates.tls.clone());
    let (guarded, scheme) = (&arguments.upstream, certificates.scheme());
    writeln!(anstream::stdout(), "{scheme}://{address} guards {guarded} by {policy}")?;
    let reloading = Reloading { gateway: gateway.clone(), document, audit, certificates, holders, read_flags };
    tokio::spawn(reloading.run(signals.clone()));
    let answering = gateway.clone();
    let answer = move |request, peer| {
        let gateway = answering.clone();
        async move { gateway.answer(request, peer).await }
    };
    let finished = async {
        server.run(answer, signals.stopped()).await;
        gateway.finish().await;
    };
    tokio::select! {
        () = finished => {}
        () = signals.overdue(arguments.grace.duration()) => {}
    }
    Ok(Ending::Fine)
}

/// Opens the ledger.
async fn ledger(arguments: &Arguments, address: SocketAddr) -> Result<Ledger, Fault> {
    let place = arguments.ledger.clone().unwrap_or(Place::Memory);
    if place == Place::Memory {
        tracing::warn!(
            "writes are remembered in memory only: if this gateway is killed, a push that the registry carries out later can \
             move a protected tag; name a file with --ledger"
        );
    }
    let (late_write_limit, audit_keep) = (arguments.late_write_limit.0, arguments.audit_keep.duration());
    let settings = LedgerSettings { late_write_limit, name: address.to_string(), audit_keep };
    Ledger::open(&place, settings).await.map_err(|error| Fault::usage(format!("`--ledger {place}`: {error}")))
}

/// Looks at the ledger, and describes what is there.
async fn found_ledger(arguments: &Arguments) -> Result<String, Fault> {
    let Some(place) = &arguments.ledger else { return Ok(String::new()) };
    let found = FoundLedger::at(place).await;
    let found = match found.map_err(|error| Fault::usage(format!("`--ledger {place}`: {error}")))? {
        FoundLedger::Nothing => "a new one will be made".to_owned(),
        FoundLedger::Current => "it has the current version".to_owned(),
        FoundLedger::Earlier(version) => format!("it has version {version}, and will be brought to the current one"),
    };
    Ok(format!("\nthe ledger {place} can be used: {found}"))
}

fn late_write_limit(text: &str) -> Result<LateWriteLimit, &'static str> {
    const FORM: &str = "write a time such as `10m`, `90s` or `2h`, or `never`";
    if text == "never" {
        return Ok(LateWriteLimit(None));
    }
    let (number, seconds) = match text.char_indices().next_back() {
        Some((end, 's')) => (text.get(..end), 1),
        Some((end, 'm')) => (text.get(..end), 60),
        Some((end, 'h')) => (text.get(..end), 3600),
        _ => return Err(FORM),
    };
    let number: Option<u64> = number.and_then(|number| number.parse().ok());
    let seconds = number.and_then(|number| number.checked_mul(seconds)).filter(|seconds| *seconds > 0);
    seconds.map(|seconds| LateWriteLimit(Some(Duration::from_secs(seconds)))).ok_or(FORM)
}

fn tag_delete(text: &str) -> Result<TagDelete, &'static str> {
    TagDelete::parse(text).ok_or("write `untags` or `deletes-manifest`")
}

/// Listens where questions about health and metrics come. The log has the address.
async fn status_server(listen: Option<SocketAddr>) -> Result<Option<Server>, Fault> {
    let Some(listen) = listen else { return Ok(None) };
    let failed = |error: io::Error| taken("--status-listen", listen, &error);
    let server = Server::bind(listen).await.map_err(failed)?;
    tracing::info!("health and metrics are at http://{}", server.address().map_err(failed)?);
    Ok(Some(server))
}

/// Lists the parts of a gateway that have a health.
fn health(
    upstream: &RegistryClient,
    signals: &Signals,
    document: &PolicyDocument,
    audit: &AuditLog,
    certificates: &Certificates,
) -> Health {
    let (signals, document, audit) = (signals.clone(), document.clone(), audit.clone());
    let health = Health::default()
        .with_part("process", move || signals.health())
        .with_part("policy", move || document.health())
        .with_part("audit", move || audit.health())
        .with_registry(follow_registry(upstream.clone()));
    match certificates.tls.clone() {
        Some(tls) => health.with_part("certificate", move || tls.health()),
        None => health,
    }
}

/// What is loaded again when the process is asked to.
struct Reloading {
    gateway: Gateway,
    document: PolicyDocument,
    audit: AuditLog,
    certificates: Certificates,
    holders: Option<Holders>,
    read_flags: ReadFlags,
}

impl Reloading {
    /// Loads everything again whenever the process is asked to. What is invalid is in the log, and the old one stays.
    async fn run(self, mut signals: Signals) {
        // Those that it was started with.
        let mut known = (self.read_flags)().map(|(arguments, _)| arguments).unwrap_or_default();
        loop {
            signals.reload().await;
            self.audit.reopen();
            self.certificates.reload().await;
            self.document.load().await;
            if let Some(Err(error)) = self.holders.as_ref().map(Holders::reload) {
                tracing::error!(%error, "the tokens can't be loaded; the old ones stay");
            }
            match (self.read_flags)() {
                Ok((arguments, flags)) => {
                    self.configure(&flags, &known, &arguments);
                    known = arguments;
                }
                Err(fault) => {
                    tracing::error!(error = fault.in_one_line(), "the configuration is invalid; the old one stays")
                }
            }
            tracing::info!("the files were loaded again");
        }
    }

    fn configure(&self, flags: &Arguments, old: &[OsString], new: &[OsString]) {
        self.gateway.set_live_settings(flags.live_settings());
        for name in configuration::differences(old, new) {
            if LIVE_FLAGS.contains(&name.as_str()) {
                tracing::info!(name, "a setting has changed");
            } else {
                tracing::warn!(name, "a setting has changed in the configuration; start the gateway again for it");
            }
        }
    }
}

impl Arguments {
    fn live_settings(&self) -> LiveSettings {
        LiveSettings {
            denied_status: denied(&self.denied_status),
            monitor: self.monitor,
            pass_prefixes: self.pass_prefix.clone(),
        }
    }
}

fn audit(path: Option<&Path>) -> Result<AuditLog, Fault> {
    let Some(path) = path else { return Ok(AuditLog::in_memory()) };
    AuditLog::open(path).map_err(|error| Fault::file("open", path, &error))
}

fn admin_token(path: &Path) -> Result<Holders, Fault> {
    Holders::from_file(path).map_err(|error| Fault::usage(error.to_string()))
}

/// Starts the management of rules over HTTP, and logs its address.
fn manage(document: &PolicyDocument, token: Holders, certificates: &Certificates, address: SocketAddr) -> Rules {
    let scheme = certificates.scheme();
    tracing::info!("the administrator's token gives access to the rules at {scheme}://{address}/tagseal/v1/rules");
    if certificates.tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            "requests to {address} are not encrypted, tokens included; name a certificate with --tls-certificate, or put a \
             proxy with TLS in front of it"
        );
    }
    Rules::new(document.clone(), token)
}

/// Something else than a registry at the address is an error. No answer is not: a gateway may start before its registry.
async fn check(upstream: &RegistryClient, address: &str) -> Result<(), Fault> {
    match upstream.check().await {
        Reached::Registry => Ok(()),
        Reached::Other(what) => Err(Fault::usage(format!("there is no registry at `{address}`: {what}"))
            .help("give the address under which `/v2/` belongs to the registry")),
        Reached::Nothing(why) => {
            tracing::warn!(%why, "the registry does not answer yet; until it does, clients get 503");
            tokio::spawn(wait(upstream.clone()));
            Ok(())
        }
    }
}

/// Logs when the registry starts to answer, or that something else answers at its address.
async fn wait(upstream: RegistryClient) {
    loop {
        sleep(LOOK).await;
        match upstream.check().await {
            Reached::Nothing(_) => {}
            Reached::Registry => return tracing::info!("the registry answers now"),
            Reached::Other(what) => return tracing::error!(what, "what answers at the address is not a registry"),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address and a port: `127.0.0.1:5050`, `0.0.0.0:5050`, `[::]:5050`")
}

fn taken(flag: &str, address: SocketAddr, error: &io::Error) -> Fault {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there".to_owned(),
        ErrorKind::AddrNotAvailable => "it is not an address of this machine".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Fault::usage(format!("could not listen at {address}: {why}")).help(format!("name another address with `{flag}`"))
}

fn denied(status: &str) -> DeniedStatus {
    match status {
        "403" => DeniedStatus::Forbidden,
        "412" => DeniedStatus::PreconditionFailed,
        _ => DeniedStatus::Conflict,
    }
}
