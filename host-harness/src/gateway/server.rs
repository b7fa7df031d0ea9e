//! Listens, and hands each request to whoever answers it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::problem::Body;

/// How long the head of a request may take, and a connection be idle.
const HEAD: Duration = Duration::from_secs(60);
/// How long connections may take to end what they are at, once the server stops.
const FAREWELL: Duration = Duration::from_secs(30);
/// How long to wait when no connection can be taken on, since the system has no room for one.
const RESPITE: Duration = Duration::from_millis(100);

/// A server that listens, and does not answer yet.
#[derive(Debug)]
pub struct Server(TcpListener);

impl Server {
    /// Listens at an address. Port 0 takes one that is free.
    ///
    /// # Errors
    ///
    /// The address is in use, or not this machine's.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers requests until told to stop; then takes no more, and ends those that it has.
    ///
    /// There is one parser of requests, that of HTTP/1, and no way out of it: nothing is upgraded.
    pub async fn run<A, F>(self, answer: A, stop: impl Future<Output = ()>)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let graceful = GracefulShutdown::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.0.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => connect(stream, peer, answer.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken on");
                    sleep(RESPITE).await;
                }
            }
        }
        drop(self.0);
        if timeout(FAREWELL, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections were cut that did not end in {FAREWELL:?}");
        }
    }
}

fn connect<A, F>(stream: TcpStream, peer: SocketAddr, answer: A, graceful: &GracefulShutdown)
where
    A: Fn(Request<Incoming>, SocketAddr) -> F + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // An answer goes out when it is there. Where the system refuses, it goes out a little later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answered = answer(request, peer);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    });
}
