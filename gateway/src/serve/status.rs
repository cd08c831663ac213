//! `/health` and `/metrics`, on an address of their own.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use super::connection::{self, Limits};
use super::counters::Counters;

pub(super) async fn serve(listener: TcpListener, counters: Arc<Counters>) {
    let router = Router::new().route("/health", get(|| async { "ok\n" })).route(
        "/metrics",
        get(move || core::future::ready(counters.exposition())),
    );
    let timeout = Duration::from_secs(10);
    let limits = Limits {
        connections: 16,
        connections_per_address: 16,
        head: timeout,
        body: timeout,
        answer: timeout,
        body_len: 0,
    };
    // Its own connections are not part of what it reports.
    let own = Arc::new(Counters::default());
    connection::serve(
        (listener, connection::Open),
        router,
        limits,
        own,
        core::future::pending(),
        Duration::ZERO,
    )
    .await;
}
