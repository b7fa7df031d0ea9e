//! The log of the commands that serve, on standard error.

use std::io::{IsTerminal as _, stderr};
use std::panic;

use jiff::Timestamp;
use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::fault::Fault;
use super::log_field::log_fields;
use super::log_queue::LogQueue;
use super::traces::{TraceEndpoint, Traces};

/// The log, and traces where somebody collects them. The last lines and spans are written when this is dropped.
#[derive(Debug)]
#[must_use = "the last lines are written when this is dropped"]
pub(crate) struct Log {
    queue: LogQueue,
    traces: Option<Traces>,
}

impl Log {
    /// Writes the log to standard error from now on, and sends traces to a collector. Whatever happens to these, nothing waits
    /// for them.
    pub(crate) fn start(collector: Option<&TraceEndpoint>) -> Result<Self, Fault> {
        let queue = LogQueue::start(stderr(), lost)
            .map_err(|error| Fault::usage(format!("no thread could be started for the log: {error}")))?;
        let traces = collector.map(Traces::start).transpose()?;
        let log = tracing_subscriber::fmt::layer()
            .with_writer(queue.clone())
            .with_target(false)
            .with_ansi(stderr().is_terminal())
            // Else a failure would be written to standard error itself.
            .log_internal_errors(false)
            .fmt_fields(log_fields())
            // Its lines say themselves which request they are about.
            .with_filter(
                filter_fn(|it| it.is_event() && *it.level() <= Level::INFO).with_max_level_hint(LevelFilter::INFO),
            );
        let subscriber = tracing_subscriber::registry().with(log).with(traces.as_ref().map(Traces::layer));
        // A log that is there already stays.
        let _ = subscriber.try_init();
        // The usual hook waits for standard error, and with it the thread that failed.
        panic::set_hook(Box::new(|failure| tracing::error!(error = %failure, "a part of the program has failed")));
        Ok(Self { queue, traces })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What it has to say comes into the log.
        drop(self.traces.take());
        self.queue.finish();
    }
}

fn lost(lines: u64) -> String {
    format!("{:.6}  WARN lines of the log were lost lines={lines}\n", Timestamp::now())
}
