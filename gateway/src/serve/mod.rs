//! `comet serve`: takes what sensors send and stores it before it answers.

mod connection;
mod counters;
mod http;
mod push;
mod soap;
mod status;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use clap::Args;
use comet_proto::{Admitted, Guard, Ingest, Reply};
use soap_websensor::entry::EntryKey;
use tokio::net::TcpListener;

pub(crate) use connection::Limits;
pub(crate) use counters::Counters;

use crate::store::{self, Devices, Record, Writer};
use crate::{Failure, clock, secrets};

/// Time for requests under way when the gateway stops.
const GRACE: Duration = Duration::from_secs(10);

/// What `comet serve` is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Database file; made if it is not there.
    #[arg(long, default_value = "comet.db")]
    pub(crate) db: PathBuf,
    /// Address for sensors. Port 80 is what Web Sensors have from the factory.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Address for /health and /metrics; none by default.
    #[arg(long)]
    pub(crate) status: Option<SocketAddr>,
    /// Octets of a message, at most.
    #[arg(long, default_value_t = soap_websensor::limits::MAX_BODY_LEN)]
    pub(crate) max_body: usize,
    /// Connections at a time.
    #[arg(long, default_value_t = 1024)]
    pub(crate) max_connections: usize,
    /// Connections at a time from one address.
    #[arg(long, default_value_t = 256)]
    pub(crate) max_connections_per_address: usize,
    /// Seconds for the head of a request, and again for its body; also how long an idle connection is kept.
    #[arg(long, default_value_t = 10)]
    pub(crate) timeout_s: u64,
    /// Do not say on standard error what is refused.
    #[arg(long)]
    pub(crate) quiet: bool,
}

impl Options {
    fn limits(&self) -> Limits {
        let timeout = Duration::from_secs(self.timeout_s);
        Limits {
            connections: self.max_connections,
            connections_per_address: self.max_connections_per_address,
            head: timeout,
            body: timeout,
            body_len: self.max_body,
        }
    }
}

/// What every request needs.
pub(crate) struct Gateway {
    entry_key: EntryKey,
    devices: Mutex<Devices>,
    writer: Writer,
    pub(crate) counters: Arc<Counters>,
    limits: Limits,
}

impl Gateway {
    fn devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Last stage of the pipeline: store, then answer.
    async fn store<M: Ingest, G: Guard>(&self, admitted: Admitted<M, G>, record: Record) -> Reply {
        match self.writer.store(record).await {
            Ok(()) => {
                self.counters.add_stored();
                admitted.stored(clock::now())
            }
            Err(error) => {
                self.counters.add_refused("not-stored", &error, clock::now());
                admitted.not_stored()
            }
        }
    }
}

/// A gateway that listens but does not serve yet.
pub(crate) struct Server {
    listener: TcpListener,
    status: Option<TcpListener>,
    gateway: Arc<Gateway>,
    writer: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn bind(options: &Options) -> Result<Self, Failure> {
        let bind = |address: SocketAddr| async move {
            TcpListener::bind(address)
                .await
                .map_err(|error| Failure::new(format!("{address}: {error}")))
        };
        let (connection, devices) = (open(&options.db)?, open(&options.db)?);
        let listener = bind(options.listen).await?;
        let status = match options.status {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let (writer, thread) =
            Writer::start(connection).map_err(|error| Failure::new(format!("writer: {error}")))?;
        let gateway = Gateway {
            entry_key: secrets::entry_key(&options.db)?,
            devices: Mutex::new(Devices::new(devices)),
            writer,
            counters: Arc::new(Counters::new(options.quiet)),
            limits: options.limits(),
        };
        Ok(Self {
            listener,
            status,
            gateway: Arc::new(gateway),
            writer: thread,
        })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::new(error.to_string()))
    }

    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.gateway.counters)
    }

    /// Serves until `stop`; then takes no more connections, finishes the requests under way and the last commit.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            listener,
            status,
            gateway,
            writer,
        } = self;
        let status =
            status.map(|listener| tokio::spawn(status::serve(listener, Arc::clone(&gateway.counters))));
        let router = Router::new()
            .route("/soap/{entry}", post(soap::post))
            .route("/json/{entry}", post(push::post))
            .with_state(Arc::clone(&gateway));
        let (limits, counters) = (gateway.limits, Arc::clone(&gateway.counters));
        drop(gateway);
        connection::serve(listener, router, limits, counters, stop, GRACE).await;
        if let Some(status) = status {
            status.abort();
        }
        // The last clone of the sender went with the last connection, so the thread comes to its end.
        let ended = tokio::task::spawn_blocking(move || writer.join());
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            eprintln!("comet: the database did not finish in time");
        }
    }
}

pub(crate) fn open(path: &Path) -> Result<rusqlite::Connection, Failure> {
    store::open(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// Runs until SIGINT or SIGTERM.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let server = Server::bind(options).await?;
    eprintln!(
        "comet: http://{}/ takes /soap/<entry point> and /json/<entry point>, database {}",
        server.address()?,
        options.db.display()
    );
    server.run(stop_signal()).await;
    Ok(())
}

async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => core::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = core::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
