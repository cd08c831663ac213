//! WiFi sensors with sessions on TCP port 14354 (spec wifisensor-tcp; `§` here and below).

mod events;
mod link;
mod registry;
mod tally;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use wifisensor_tcp::frame::PORT;
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::server::Options as MachineOptions;
use wifisensor_tcp::time::{HANDSHAKE_LIMIT, Millis};

pub(super) use tally::Tally;

use self::registry::Registry;
use super::connection::{Seat, Seats};
use super::{Gateway, Stopping};
use crate::Failure;
use crate::secrets::{self, Vault};

/// What `comet serve` is told about sessions.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Address for WiFi sensors with sessions, `host` or `host:port`; the port is 14354 if it is not given. None by default.
    #[arg(id = "tcp", long = "tcp", value_parser = address, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Sessions at a time.
    #[arg(long = "tcp-max-sessions", default_value_t = 1024, value_name = "COUNT")]
    pub(crate) max_sessions: usize,
    /// Sessions at a time from one address.
    #[arg(
        long = "tcp-max-sessions-per-address",
        default_value_t = 256,
        value_name = "COUNT"
    )]
    pub(crate) max_sessions_per_address: usize,
    /// Seconds of a whole session, at most.
    #[arg(long = "tcp-session-s", default_value_t = 300, value_parser = clap::value_parser!(u64).range(60..=300), value_name = "SECONDS")]
    pub(crate) session_s: u64,
    /// Certificate chain in PEM: the same stream inside TLS 1.3.
    #[arg(
        long = "tcp-tls-cert",
        requires = "tls_key",
        requires = "tcp",
        value_name = "FILE"
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate, in PEM.
    #[arg(long = "tcp-tls-key", requires = "tls_cert", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: None,
            max_sessions: 1024,
            max_sessions_per_address: 256,
            session_s: 300,
            tls_cert: None,
            tls_key: None,
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let with_port = text.parse::<SocketAddr>();
    let alone = || text.parse::<IpAddr>().map(|host| SocketAddr::new(host, PORT));
    with_port
        .or_else(|_| alone())
        .map_err(|_| "an address is `host` or `host:port` in numbers".to_owned())
}

/// What all sessions share.
pub(super) struct Shared {
    gateway: Arc<Gateway>,
    vault: Arc<Vault>,
    registry: Arc<Registry>,
    options: MachineOptions,
    /// In place of the secret of an unknown device (§6.1).
    decoy: Secret,
}

/// A listener that does not serve yet.
pub(super) struct Listener {
    listener: TcpListener,
    shared: Shared,
    tls: Option<TlsAcceptor>,
    max_sessions: usize,
    max_sessions_per_address: usize,
}

impl Listener {
    pub(super) async fn bind(
        address: SocketAddr,
        options: &Options,
        gateway: Arc<Gateway>,
        vault: Vault,
    ) -> Result<Self, Failure> {
        let tls = match (&options.tls_cert, &options.tls_key) {
            (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
            _ => None,
        };
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::new(format!("{address}: {error}")))?;
        let shared = Shared {
            gateway,
            vault: Arc::new(vault),
            registry: Arc::default(),
            options: MachineOptions::new().with_session_limit(Millis::from_secs(options.session_s)),
            decoy: Secret::new(secrets::random()?),
        };
        Ok(Self {
            listener,
            shared,
            tls,
            max_sessions: options.max_sessions,
            max_sessions_per_address: options.max_sessions_per_address,
        })
    }

    pub(super) fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::new(error.to_string()))
    }

    /// Takes sessions until the gateway stops; then ends those that are open, with CLOSE, and waits for them up to `grace`.
    pub(super) async fn serve(self, mut stop: Stopping, grace: Duration) {
        let Self {
            listener,
            shared,
            tls,
            max_sessions,
            max_sessions_per_address,
        } = self;
        let shared = Arc::new(shared);
        let seats = Arc::new(Seats::new(max_sessions, max_sessions_per_address));
        // Every session holds a sender; when all are gone, the receiver knows.
        let (running, mut all_ended) = mpsc::channel::<()>(1);
        let (abort, aborted) = watch::channel(false);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.changed() => break,
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
            let tally = &shared.gateway.counters.tcp;
            let Some(seat) = seats.take(peer.ip().to_canonical()) else {
                tally.turned_away.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            if shared.gateway.may_ask(peer.ip()).is_err() {
                continue;
            }
            let session = Accepted {
                stream,
                at: Instant::now(),
                tls: tls.clone(),
                stop: stop.clone(),
                _seat: seat,
            };
            let (shared, running, mut aborted) = (Arc::clone(&shared), running.clone(), aborted.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = session.run(&shared) => {}
                    _ = aborted.changed() => {}
                }
                drop((shared, running));
            });
        }
        drop((listener, running, shared));
        if tokio::time::timeout(grace, all_ended.recv()).await.is_err() {
            eprintln!("comet: some sessions did not end in time");
            let _ = abort.send(true);
        }
    }
}

/// A connection that has a seat.
struct Accepted {
    stream: TcpStream,
    at: Instant,
    tls: Option<TlsAcceptor>,
    stop: Stopping,
    _seat: Seat,
}

impl Accepted {
    async fn run(self, shared: &Shared) {
        let Self {
            stream,
            at,
            tls,
            mut stop,
            ..
        } = self;
        // Frames are small and awaited: no reason to hold them back. A failure shows at the first write.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return link::drive(stream, shared, at, stop).await;
        };
        let limit = at
            .checked_add(Duration::from_millis(HANDSHAKE_LIMIT.0))
            .unwrap_or(at);
        let accepted = tokio::select! {
            accepted = tokio::time::timeout_at(limit, tls.accept(stream)) => accepted,
            _ = stop.changed() => return,
        };
        match accepted {
            Ok(Ok(stream)) => link::drive(stream, shared, at, stop).await,
            Ok(Err(_)) | Err(_) => shared.gateway.counters.tcp.add_tls_failure(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_has_the_one_of_the_specification() {
        let parsed = |text| address(text).map(|address| address.to_string());
        assert_eq!(parsed("0.0.0.0").as_deref(), Ok("0.0.0.0:14354"));
        assert_eq!(parsed("127.0.0.1:5").as_deref(), Ok("127.0.0.1:5"));
        assert_eq!(parsed("::").as_deref(), Ok("[::]:14354"));
        assert!(parsed("sensor").is_err() && parsed("1.2.3.4:").is_err());
    }
}
