//! The signals that a gateway obeys. None of them ends it in the middle of a push.

use std::io;
use std::time::Duration;

use rustix::process::Signal;
use tagseal_gateway::PartHealth;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// The signals that ask a gateway to end: Ctrl-C, service managers, and what some containers have as `STOPSIGNAL`.
const ENDING: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::QUIT];
/// The signals that mean nothing to a gateway, and would kill it if nobody listened to them.
const MEANINGLESS: [Signal; 9] = [
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::VTALARM,
    Signal::PROF,
    Signal::IO,
    Signal::POWER,
    Signal::XCPU,
    Signal::XFSZ,
];

/// How often a gateway was asked to end, and to load its files again. Clones hear the same.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    ends: watch::Receiver<u32>,
    reloads: watch::Receiver<u32>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// The system does not let the process listen.
    pub(crate) fn listen() -> io::Result<Self> {
        let (ended, ends) = watch::channel(0);
        let (reloaded, reloads) = watch::channel(0);
        ENDING.into_iter().try_for_each(|it| count(it, ended.clone()))?;
        count(Signal::HUP, reloaded)?;
        MEANINGLESS.into_iter().try_for_each(ignore)?;
        Ok(Self { ends, reloads })
    }

    /// Comes when the process is asked to end.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        asked_to_end(self.ends.clone(), 1)
    }

    /// Comes when the process must end though it has not finished: a while after it was asked to, or when it is asked again.
    pub(crate) async fn overdue(&self, grace: Duration) {
        self.stopped().await;
        tracing::info!("asked to end; requests that have begun may take {grace:?}");
        tokio::select! {
            () = sleep(grace) => tracing::warn!("what did not end within {grace:?} is cut"),
            () = asked_to_end(self.ends.clone(), 2) => tracing::warn!("asked to end a second time; what is not done is cut"),
        }
    }

    /// Returns whether the process was asked to end.
    pub(crate) fn health(&self) -> PartHealth {
        match *self.ends.borrow() {
            0 => PartHealth::fine("serves"),
            _ => PartHealth::failed("asked to end; finishes the requests that have begun"),
        }
    }

    /// Comes when the process is asked to load its files again.
    pub(crate) async fn reload(&mut self) {
        if self.reloads.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

async fn asked_to_end(mut ends: watch::Receiver<u32>, times: u32) {
    if ends.wait_for(|asked| *asked >= times).await.is_err() {
        std::future::pending().await
    }
}

fn count(kind: Signal, times: watch::Sender<u32>) -> io::Result<()> {
    let mut signal = signal(SignalKind::from_raw(kind.as_raw()))?;
    tokio::spawn(async move {
        while signal.recv().await.is_some() {
            times.send_modify(|times| *times = times.saturating_add(1));
        }
    });
    Ok(())
}

fn ignore(kind: Signal) -> io::Result<()> {
    let mut signal = signal(SignalKind::from_raw(kind.as_raw()))?;
    tokio::spawn(async move {
        while signal.recv().await.is_some() {
            tracing::info!(signal = kind.as_raw(), "a signal that means nothing to the gateway is ignored");
        }
    });
    Ok(())
}
