//! What verbs that serve share: the log, the threads, and the signals that end them.

use std::io::{self, IsTerminal as _, stderr};

use tokio::runtime::{Builder, Runtime};

use super::fault::Fault;

/// Writes the log to standard error from now on.
pub(crate) fn start_log() {
    let log = tracing_subscriber::fmt().with_writer(stderr).with_target(false).with_ansi(stderr().is_terminal());
    // A log that is there already stays.
    let _ = log.try_init();
}

/// The threads that serve.
pub(crate) fn runtime() -> Result<Runtime, Fault> {
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
