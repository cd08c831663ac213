//! Connections: how many, how long, how slow.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::counters::Counters;

/// Limits on connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Connections at a time from one address.
    pub(crate) connections_per_address: usize,
    /// Time for the head of a request, and between requests of one connection.
    pub(crate) head: Duration,
    /// Time for the body of a request.
    pub(crate) body: Duration,
    /// Octets of a body.
    pub(crate) body_len: usize,
}

/// Octets of the head of a request, at most. The smallest buffer that hyper works with is 8 KiB.
const HEAD_LEN: usize = 16 * 1024;

/// Value of `Connection` that ends it.
pub(super) const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Spec soap-websensor §2: the connection is closed after the answer unless the client asks to keep it.
async fn close_unless_asked(request: Request, next: Next) -> Response {
    let values = request
        .headers()
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let keep = values
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("keep-alive"));
    let mut response = next.run(request).await;
    if !keep {
        response.headers_mut().insert(CONNECTION, CLOSE);
    }
    response
}

/// Counts connections by address; a seat is given back when it is dropped.
#[derive(Debug, Default)]
struct Seats(Mutex<HashMap<IpAddr, usize>>);

struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
    counters: Arc<Counters>,
}

impl Seats {
    fn take(self: &Arc<Self>, address: IpAddr, limits: &Limits, counters: &Arc<Counters>) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = taken
            .values()
            .fold(0_usize, |sum, count| sum.saturating_add(*count));
        let here = taken.get(&address).copied().unwrap_or_default();
        if all >= limits.connections || here >= limits.connections_per_address {
            return None;
        }
        taken.insert(address, here.saturating_add(1));
        counters.connections.fetch_add(1, Ordering::Relaxed);
        Some(Seat {
            seats: Arc::clone(self),
            address,
            counters: Arc::clone(counters),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.address) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            _ => {
                taken.remove(&self.address);
            }
        }
        self.counters.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves until `stop`, then lets requests under way finish for up to `grace`.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    counters: Arc<Counters>,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let router = router.layer(from_fn(close_unless_asked));
    let seats = Arc::new(Seats::default());
    let graceful = GracefulShutdown::new();
    let mut stop = core::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a connection that ended before it was taken: wait, do not spin.
                eprintln!("comet: accept: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(seat) = seats.take(peer.ip().to_canonical(), &limits, &counters) else {
            counters.turned_away.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        spawn(stream, seat, router.clone(), &limits, &graceful);
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        eprintln!("comet: some connections did not end in time");
    }
}

fn spawn(stream: TcpStream, seat: Seat, router: Router, limits: &Limits, graceful: &GracefulShutdown) {
    // Answers are small and awaited: no reason to hold them back. A failure shows at the first write.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_LEN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // Time-outs and resets end here: there is nobody left to tell.
        let _ = connection.await;
        drop(seat);
    });
}
