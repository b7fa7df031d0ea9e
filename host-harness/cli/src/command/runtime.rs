//! Shared by the commands that serve: the threads, the servers, and the signals that end them.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use crate::registry::Registry;
use tagseal_gateway::{Gateway, Server};
use tokio::runtime::{Builder, Runtime};

use super::fault::Fault;

/// The threads that serve.
pub(crate) fn new_runtime() -> Result<Runtime, Fault> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Fault::usage(format!("no threads could be started: {error}")))
}

/// Comes when the process is asked to end: by Ctrl-C, or as service managers do it.
#[cfg(unix)]
pub(crate) fn stopped() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Comes when the process is asked to end, by Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn stopped() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Serves a registry in memory at a free port of this machine alone, until the threads end.
pub(crate) async fn serve_registry() -> Result<SocketAddr, Fault> {
    let (server, address) = bind().await?;
    let registry = Registry::new();
    let answer = move |request, _| {
        let registry = registry.clone();
        async move { registry.answer(request).await }
    };
    tokio::spawn(server.run(answer, pending()));
    Ok(address)
}

/// Serves a gateway at a free port of this machine alone, until the threads end.
pub(crate) async fn serve_gateway(gateway: &Gateway) -> Result<SocketAddr, Fault> {
    let (server, address) = bind().await?;
    let gateway = gateway.clone();
    let answer = move |request, peer| {
        let gateway = gateway.clone();
        async move { gateway.answer(request, peer).await }
    };
    tokio::spawn(server.run(answer, pending()));
    Ok(address)
}

async fn bind() -> Result<(Server, SocketAddr), Fault> {
    let taken = |error| Fault::usage(format!("could not listen on this machine: {error}"));
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).await.map_err(taken)?;
    let address = server.address().map_err(taken)?;
    Ok((server, address))
}
