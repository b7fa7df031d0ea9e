//! A server that listens, and hands each request to the function that answers it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::connection_limits::ConnectionLimits;
use super::connection_table::ConnectionTable;
use super::measurement::OpenConnection;
use super::paced_stream::PacedStream;
use super::tls::{Tls, has_chosen_http2};
use super::wide_window::{Window, Windows};
use tagseal_distribution::body::Body;

/// How long to wait if the system can't accept another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// The time between two lines of the log about connections that were turned away.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// A server that listens, but does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    limits: ConnectionLimits,
    tls: Option<Tls>,
    windows: Windows,
    connections: TaskTracker,
}

impl Server {
    /// Listens at an address. Port 0 takes any free port.
    ///
    /// # Errors
    ///
    /// The address is in use, or is not an address of this machine.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            listener,
            limits: ConnectionLimits::default(),
            tls: None,
            windows: Windows::default(),
            connections: TaskTracker::new(),
        })
    }

    /// Sets the limits of its connections.
    pub fn with_limits(self, limits: ConnectionLimits) -> Self {
        Self { limits, ..self }
    }

    /// Speaks TLS, and nothing else, where there is a certificate.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Returns the address where it listens.
    ///
    /// # Errors
    ///
    /// The system can't say it.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until `stop` ends. Then it accepts no more, and finishes those that it has, however long they take.
    /// Whoever can't wait for that drops the future.
    ///
    /// Requests are HTTP/1.1 or HTTP/2. With TLS, client and server agree on one; without, a client that knows that it will
    /// speak HTTP/2 begins with it. No connection is upgraded to another protocol.
    pub async fn run<A, F>(self, answer: A, stop: impl Future<Output = ()>)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let ending = CancellationToken::new();
        let table = ConnectionTable::new(self.limits.max_connections);
        let (mut ids, mut refused) = (0, Refused::default());
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    ids += 1;
                    match table.admit(ids, peer.ip()) {
                        Some(place) => {
                            let (place, stop) = (Arc::new(place), ending.child_token());
                            let connection = Connection { peer, place, limits: self.limits, stop };
                            self.connect(stream, connection, answer.clone());
                        }
                        // Dropping the stream closes it.
                        None => refused.count(peer),
                    }
                }
                Err(error) => {
                    refused.fail(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        ending.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}

/// Logs connections that were turned away: one line a second, with their number.
#[derive(Debug, Default)]
struct Refused {
    connections: u64,
    reported: Option<Instant>,
}

impl Refused {
    fn count(&mut self, peer: SocketAddr) {
        self.connections += 1;
        if self.is_due() {
            tracing::warn!(%peer, connections = self.connections, "connections were closed at once: there are too many");
            self.connections = 0;
        }
    }

    fn fail(&mut self, error: &io::Error) {
        if self.is_due() {
            tracing::warn!(%error, "a connection could not be accepted");
        }
    }

    fn is_due(&mut self) -> bool {
        let is_due = self.reported.is_none_or(|reported| reported.elapsed() >= REPORT_INTERVAL);
        if is_due {
            self.reported = Some(Instant::now());
        }
        is_due
    }
}

impl Server {
    /// Serves a connection in a task of its own.
    fn connect<A, F>(&self, stream: TcpStream, connection: Connection, answer: A)
    where
        A: Fn(Request<Incoming>, SocketAddr) -> F + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        // Answers are sent at once. If the system refuses that, they are sent a little later.
        let _ = stream.set_nodelay(true);
        let (open, tls, windows) = (OpenConnection::new(), self.tls.clone(), self.windows.clone());
        let stream = PacedStream::new(stream, Arc::clone(&connection.place.activity), self.limits.min_rate);
        self.connections.spawn(async move {
            let _open = open;
            let served = async {
                let Some(tls) = tls else { return connection.serve(stream, Window::narrow(), answer).await };
                match tls.accept(stream).await {
                    Ok(stream) => {
                        let window = if has_chosen_http2(&stream) { windows.wide() } else { Window::narrow() };
                        connection.serve(stream, window, answer).await;
                    }
                    Err(error) => tracing::debug!(peer = %connection.peer, %error, "no secure connection was made"),
                }
            };
            connection.run(served).await;
        });
    }
}
