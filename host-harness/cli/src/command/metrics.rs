//! Metrics in the text format of Prometheus.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tagseal_gateway::{HISTOGRAMS, describe};
use tokio::time::sleep;

use super::fault::Fault;

/// The upper ends of the buckets of all times, in seconds: from a look-up beside the gateway to the slowest answer that is
/// waited for.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];
/// The time after which samples are sorted into buckets, if nobody asks for them earlier.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Counts from now on. What it returns writes all metrics.
pub(crate) fn install() -> Result<PrometheusHandle, Fault> {
    let failed = |error| Fault::usage(format!("metrics can't be counted: {error}"));
    let builder = HISTOGRAMS.iter().try_fold(PrometheusBuilder::new(), |builder, name| {
        builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), &BUCKETS)
    });
    let handle = builder.and_then(PrometheusBuilder::install_recorder).map_err(failed)?;
    describe();
    Ok(handle)
}

/// Keeps the memory of samples small, for ever.
pub(crate) async fn keep_small(handle: PrometheusHandle) {
    loop {
        sleep(UPKEEP_INTERVAL).await;
        handle.run_upkeep();
    }
}
