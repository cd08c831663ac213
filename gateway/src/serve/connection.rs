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
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::counters::Counters;
use super::pace::Paced;
use super::shed::Peer;

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
    /// Time in which the other side takes something of an answer.
    pub(crate) answer: Duration,
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

/// Counts connections in all and by address; a seat is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Mutex<Taken>,
    most: usize,
    most_per_address: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    pub(super) fn new(most: usize, most_per_address: usize) -> Self {
        Self {
            taken: Mutex::default(),
            most,
            most_per_address,
        }
    }

    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= self.most || here >= self.most_per_address {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        taken.by_address.insert(address, here.saturating_add(1));
        Some(Seat {
            seats: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        match taken.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            _ => {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// A connection in the numbers; counted until it is dropped.
struct Counted(Arc<Counters>);

impl Counted {
    fn new(counters: &Arc<Counters>) -> Self {
        counters.connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counters))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a connection goes through before its first request.
pub(super) trait Door: Clone + Send + 'static {
    /// What requests are read from.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What each request carries of it.
    type Guest: Clone + Send + Sync + 'static;

    /// `None` if the connection is over.
    fn enter(
        &self,
        stream: TcpStream,
        peer: Peer,
    ) -> impl Future<Output = Option<(Self::Stream, Self::Guest)>> + Send;
}

/// Plain HTTP: everybody may knock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open;

impl Door for Open {
    type Stream = TcpStream;
    type Guest = ();

    async fn enter(&self, stream: TcpStream, _: Peer) -> Option<(TcpStream, ())> {
        Some((stream, ()))
    }
}

/// Serves until `stop`, then lets requests under way finish for up to `grace`.
pub(super) async fn serve<D: Door>(
    (listener, door): (TcpListener, D),
    router: Router,
    limits: Limits,
    counters: Arc<Counters>,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let router = router.layer(from_fn(close_unless_asked));
    let seats = Arc::new(Seats::new(limits.connections, limits.connections_per_address));
    let graceful = GracefulShutdown::new();
    // Who has not come in when the listener ends stays out.
    let (closing, closed) = watch::channel(false);
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
        let Some(seat) = seats.take(peer.ip().to_canonical()) else {
            counters.turned_away.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let accepted = Accepted {
            stream,
            peer: Peer(peer.ip()),
            closed: closed.clone(),
            watcher: graceful.watcher(),
            _place: (seat, Counted::new(&counters)),
        };
        tokio::spawn(accepted.run(door.clone(), router.clone(), limits));
    }
    drop((listener, door));
    let _ = closing.send(true);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        eprintln!("comet: some connections did not end in time");
    }
}

/// A connection that has a seat.
struct Accepted {
    stream: TcpStream,
    peer: Peer,
    closed: watch::Receiver<bool>,
    watcher: Watcher,
    _place: (Seat, Counted),
}

impl Accepted {
    async fn run<D: Door>(self, door: D, router: Router, limits: Limits) {
        let Self {
            stream,
            peer,
            mut closed,
            watcher,
            _place,
        } = self;
        // Answers are small and awaited: no reason to hold them back. A failure shows at the first write.
        let _ = stream.set_nodelay(true);
        let entered = tokio::select! {
            entered = door.enter(stream, peer) => entered,
            _ = closed.changed() => None,
        };
        let Some((stream, guest)) = entered else {
            return;
        };
        let service = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(guest.clone());
            service.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(HEAD_LEN)
            .serve_connection(TokioIo::new(Paced::new(stream, limits.answer)), service);
        // Time-outs and resets end here: there is nobody left to tell.
        let _ = watcher.watch(connection).await;
    }
}
