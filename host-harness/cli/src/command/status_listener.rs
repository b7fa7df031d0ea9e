//! The listener for questions about health and metrics.

use std::future::pending;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tagseal_gateway::{Health, Server};

use super::metrics;

/// Answers questions until the process ends, also while it waits for its last requests.
pub(crate) async fn serve(server: Server, health: Health, metrics: PrometheusHandle) {
    tokio::spawn(metrics::keep_small(metrics.clone()));
    let health = Arc::new(health.with_metrics(move || metrics.render()));
    let answer = move |request, _| {
        let health = Arc::clone(&health);
        async move { health.answer(&request) }
    };
    server.run(answer, pending()).await;
}
