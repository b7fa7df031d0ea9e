//! `tagseal serve`: the gateway in front of a registry.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hyper::StatusCode;
use tagseal::gateway::{AdminToken, Gateway, GatewaySettings, InForce, PolicyFile, Reached, Rules, Server, Upstream};
use tokio::time::sleep;

use super::Ending;
use super::document::{Document, component, is_standard_input};
use super::excerpt;
use super::fault::Fault;
use super::service::{runtime, start_log, stopped};

/// Between looks at a registry that is not there yet.
const LOOK: Duration = Duration::from_secs(2);

/// Guards a registry: passes everything on, but asks the policy before a tag moves or goes
///
/// Clients push to the gateway instead of the registry, and use the credentials that they have there. Nobody else should be able
/// to reach the registry: what goes around the gateway is not guarded.
///
/// The policy file is read again whenever it changes. If it does not check, the old policy stays and the log says why.
/// A registry behind https must have a certificate that the system trusts; SSL_CERT_FILE names another file of
/// certificates. The log goes to standard error. Ends on SIGTERM or Ctrl-C, once what has begun is done.
#[derive(Args)]
#[command(after_help = "\
Examples:
  tagseal serve --policy policy.json --upstream http://127.0.0.1:5000
  tagseal serve --policy policy.json --upstream https://registry.internal --listen 0.0.0.0:5050
  tagseal serve --policy policy.json --upstream http://127.0.0.1:5000 --admin-token-file token")]
pub(crate) struct Arguments {
    /// The policy document
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The registry to guard: `http://HOST:PORT` or `https://HOST`
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// Where to listen. Port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5050", value_parser = address)]
    listen: SocketAddr,
    /// The HTTP status of a denied push
    #[arg(long, value_name = "STATUS", default_value = "409", value_parser = ["409", "403", "412"])]
    denied_status: String,
    /// Let whoever has the token in this file manage the rules over HTTP, at `/tagseal/v1/rules`
    ///
    /// The token is 32 characters or more, and the file closed to others: `(umask 077; openssl rand -hex 32 > token)`. It is
    /// sent as `Authorization: Bearer TOKEN`. `/tagseal/v1/openapi.json` describes what can be asked. A change is written
    /// to the policy file before it is answered, so the gateway has to be let write it and make files beside it.
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<Ending, Fault> {
    if is_standard_input(&arguments.policy) {
        let fault = Fault::usage("the policy of a gateway can't be standard input, since it is read again");
        return Err(fault.mend("name a file"));
    }
    start_log();
    let upstream = Upstream::new(&arguments.upstream)
        .map_err(|error| Fault::usage(format!("`{}` is not the address of a registry: {error}", arguments.upstream)))?;
    let token = arguments.admin_token_file.as_deref().map(admin_token).transpose()?;
    let component = component(file)?;
    let document = Document::read(&arguments.policy)?;
    let policy = document.compile(&component)?;
    if let Ok(warnings) = policy.warnings() {
        // Should standard error be gone, the policy is in force all the same.
        let _ = excerpt::show(&document.name, &document.text, &warnings, &mut anstream::stderr().lock());
    }
    let in_force = InForce::new(policy);
    let file = PolicyFile::new(arguments.policy.clone(), component, in_force.clone(), document.text);
    runtime()?.block_on(serve(arguments, upstream, in_force, file, token))
}

async fn serve(
    arguments: &Arguments,
    upstream: Upstream,
    in_force: InForce,
    file: PolicyFile,
    token: Option<AdminToken>,
) -> Result<Ending, Fault> {
    let server = Server::bind(arguments.listen).await.map_err(|error| taken(arguments.listen, &error))?;
    let address = server.address().map_err(|error| taken(arguments.listen, &error))?;
    let stop = stopped().map_err(|error| Fault::usage(format!("signals can't be heard: {error}")))?;
    check(&upstream, &arguments.upstream).await?;
    let revision = in_force.policy().revision();
    let rules = token.map(|token| manage(&file, token, address));
    let settings = GatewaySettings { denied: denied(&arguments.denied_status), rules, ..GatewaySettings::default() };
    let gateway = Gateway::new(upstream, in_force, settings);
    tokio::spawn(file.follow());
    let (policy, guarded) = (arguments.policy.display(), &arguments.upstream);
    writeln!(anstream::stdout(), "http://{address} guards {guarded} by {policy}, revision {revision}")?;
    let answering = gateway.clone();
    let answer = move |request, peer| {
        let gateway = answering.clone();
        async move { gateway.answer(request, peer).await }
    };
    server.run(answer, stop).await;
    gateway.finish().await;
    Ok(Ending::Fine)
}

fn admin_token(path: &Path) -> Result<AdminToken, Fault> {
    AdminToken::from_file(path).map_err(|error| Fault::usage(error.to_string()))
}

/// Lets rules be managed over HTTP, and says where.
fn manage(file: &PolicyFile, token: AdminToken, address: SocketAddr) -> Rules {
    tracing::info!("who has the administrator's token manages the rules at http://{address}/tagseal/v1/rules");
    if !address.ip().is_loopback() {
        tracing::warn!("what is sent to {address} can be read on its way, tokens too; put a proxy with TLS before it");
    }
    Rules::new(file.clone(), token)
}

/// What is no registry is a mistake. What is not there may come: a gateway may start before its registry.
async fn check(upstream: &Upstream, address: &str) -> Result<(), Fault> {
    match upstream.check().await {
        Reached::Registry => Ok(()),
        Reached::Other(what) => Err(Fault::usage(format!("there is no registry at `{address}`: {what}"))
            .mend("name the address under which `/v2/` is the registry's")),
        Reached::Nothing(why) => {
            tracing::warn!(%why, "the registry is not there yet; until it is, clients are answered 503");
            tokio::spawn(wait(upstream.clone()));
            Ok(())
        }
    }
}

/// Tells when the registry comes, or that what came is none.
async fn wait(upstream: Upstream) {
    loop {
        sleep(LOOK).await;
        match upstream.check().await {
            Reached::Nothing(_) => {}
            Reached::Registry => return tracing::info!("the registry is there"),
            Reached::Other(what) => return tracing::error!(what, "what is there is no registry"),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address and a port: `127.0.0.1:5050`, `0.0.0.0:5050`, `[::]:5050`")
}

fn taken(address: SocketAddr, error: &io::Error) -> Fault {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "something else listens there".to_owned(),
        ErrorKind::AddrNotAvailable => "it is not an address of this machine".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Fault::usage(format!("could not listen at {address}: {why}")).mend("name another address with `--listen`")
}

fn denied(status: &str) -> StatusCode {
    status.parse().unwrap_or(StatusCode::CONFLICT)
}
